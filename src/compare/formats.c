/* The table of the formats of a comparison; one file each. */
#include <string.h>

#include "phrases.h"

static const struct {
    const char *name;
    write_comparison *write;
} formats[] = {
    {"text", comparison_text},   {"json", comparison_json},   {"html", comparison_html},         {"csv", comparison_csv},
    {"junit", comparison_junit}, {"sarif", comparison_sarif}, {"markdown", comparison_markdown},
};

const char *pp_comparison_format(unsigned i) { return i < sizeof formats / sizeof *formats ? formats[i].name : NULL; }

bool pp_comparison_send(const struct pp_comparison *comparison, const struct pp_spec *spec, const char *format,
                        const struct pp_report_options *options, const struct pp_sink *sink)
{
    for (size_t i = 0; i < sizeof formats / sizeof *formats; i++) {
        if (strcmp(formats[i].name, format) != 0) continue;
        struct text out;
        text_init(&out);
        struct rendering rendering = {comparison, spec, options, &out};
        formats[i].write(&rendering);
        bool ok = !out.failed && sink->write(sink->context, out.bytes ? out.bytes : "", out.length);
        text_finish(&out);
        return ok;
    }
    return false;
}
