#include <string.h>

#include "formats.h"
#include "memory.h"

typedef bool write_report(const struct pp_report *report, const struct pp_report_options *options, struct text *out,
                          const struct pp_sink *sink);

static const struct format {
    const char *name;
    write_report *write;
} formats[] = {
    {"text", write_text},         {"json", write_json},   {"html", write_html},   {"csv", write_csv},
    {"csv-rows", write_csv_rows}, {"junit", write_junit}, {"sarif", write_sarif}, {"markdown", write_markdown},
};

const char *pp_report_format(unsigned i) { return i < sizeof formats / sizeof *formats ? formats[i].name : NULL; }

static bool send_all(struct text *out, const struct pp_sink *sink)
{
    bool ok = !out->failed && (!out->length || sink->write(sink->context, out->bytes, out->length));
    out->length = 0;
    return ok;
}

bool hand_over(struct text *out, const struct pp_sink *sink)
{
    return sink && out->length >= REPORT_PIECE_BYTES ? send_all(out, sink) : !out->failed;
}

bool send_and_finish(struct text *text, const struct pp_sink *sink)
{
    bool ok = send_all(text, sink);
    text_finish(text);
    return ok;
}

static bool write_format(const struct pp_report *report, const char *format, const struct pp_report_options *options, struct text *out,
                         const struct pp_sink *sink)
{
    const unsigned failures = memory_failures(); /* a report is made of many small texts, each of which may have lost something */
    for (size_t i = 0; i < sizeof formats / sizeof *formats; i++)
        if (strcmp(formats[i].name, format) == 0)
            return formats[i].write(report, options, out, sink) && !out->failed && memory_failures() == failures;
    return false;
}

bool pp_report_send(const struct pp_report *report, const char *format, const struct pp_report_options *options, const struct pp_sink *sink)
{
    struct text text;
    text_init(&text);
    text.failed |= !write_format(report, format, options, &text, sink);
    return send_and_finish(&text, sink);
}

bool pp_report_write(const struct pp_report *report, const char *format, const struct pp_report_options *options, char **out, size_t *size)
{
    struct text text;
    text_init(&text);
    if (!write_format(report, format, options, &text, NULL)) return text_finish(&text), false;
    *out = text.bytes;
    *size = text.length;
    return true;
}
