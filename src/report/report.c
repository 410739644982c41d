#include <string.h>

#include "formats.h"

static const struct format {
    const char *name;
    bool (*write)(const struct pp_report *report, const struct pp_report_options *options, struct text *out);
} formats[] = {
    {"text", write_text},
    {"json", write_json},
};

const char *pp_report_format(unsigned i) { return i < sizeof formats / sizeof *formats ? formats[i].name : NULL; }

bool pp_report_write(const struct pp_report *report, const char *format, const struct pp_report_options *options, char **out, size_t *size)
{
    for (size_t i = 0; i < sizeof formats / sizeof *formats; i++) {
        if (strcmp(formats[i].name, format) != 0) continue;
        struct text text;
        text_init(&text);
        if (formats[i].write(report, options, &text) && !text.failed) {
            *out = text.bytes;
            *size = text.length;
            return true;
        }
        text_finish(&text);
    }
    return false;
}
