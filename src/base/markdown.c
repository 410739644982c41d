#include "markdown.h"

#include <string.h>

/* `before`: what stands before it, '\0' for nothing. */
static void add_one(struct text *out, const char *at, char before)
{
    const bool begins = before == '\n';
    static const char everywhere[] = "\\`*_{}[]<>#!|~$&\"'@^=", at_the_beginning[] = "-+.)0123456789";
    bool links = (*at == ':' && at[1] == '/') || (*at == '.' && (begins || before == 'w' || before == 'W'));
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
    char before = '\0';
    if (out->length) before = out->bytes[out->length - 1];
    for (size_t i = 0; i < safe.length; before = safe.bytes[i++]) add_one(out, safe.bytes + i, before);
    out->failed |= safe.failed;
    text_finish(&safe);
}
