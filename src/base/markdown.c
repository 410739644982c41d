#include "markdown.h"

#include <string.h>

static void add_one(struct text *out, const char *at, bool begins)
{
    static const char everywhere[] = "\\`*_{}[]<>#!|~$&\"'@^=", at_the_beginning[] = "-+.)0123456789";
    bool links = (*at == ':' && at[1] == '/') || (*at == '.' && (begins || at[-1] == 'w' || at[-1] == 'W'));
    if (!strchr(everywhere, *at) && !links && !(begins && strchr(at_the_beginning, *at))) {
        text_add_bytes(out, at, 1);
        return;
    }
    text_printf(out, "&#%u;", (unsigned)(unsigned char)*at);
    if (strchr("@#!", *at)) text_add(out, "&#8203;");
}

void add_markdown(struct text *out, const char *string)
{
    struct text safe;
    text_init(&safe);
    text_add_escaped(&safe, string, strlen(string));
    for (size_t i = 0; i < safe.length; i++) add_one(out, safe.bytes + i, i == 0 && out->length && out->bytes[out->length - 1] == '\n');
    out->failed |= safe.failed;
    text_finish(&safe);
}
