#include "markup.h"

#include <string.h>

#include "page.h"

static const char *entity(char c)
{
    switch (c) {
    case '&': return "&amp;";
    case '<': return "&lt;";
    case '>': return "&gt;";
    case '"': return "&quot;";
    case '\'': return "&#39;";
    case '`': return "&#96;"; /* once a quote to some */
    default: return NULL;
    }
}

void add_html(struct text *out, const char *string)
{
    struct text safe;
    text_init(&safe);
    text_add_escaped(&safe, string, strlen(string));
    for (size_t i = 0; i < safe.length;) {
        size_t plain = strcspn(safe.bytes + i, "&<>\"'`");
        text_add_bytes(out, safe.bytes + i, plain);
        i += plain;
        if (i < safe.length) text_add(out, entity(safe.bytes[i++]));
    }
    out->failed |= safe.failed;
    text_finish(&safe);
}

void move_html(struct text *out, struct text *from)
{
    for (size_t i = 0; i < from->length; i++)
        if (from->bytes[i] == KEEP[0]) from->bytes[i] = ' ';
    if (from->bytes) add_html(out, from->bytes);
    out->failed |= from->failed;
    text_finish(from);
}

void add_element(struct text *out, const char *tag, const char *class_name, const char *string)
{
    text_printf(out, "<%s", tag);
    if (class_name) text_printf(out, " class=\"%s\"", class_name);
    text_add(out, ">");
    add_html(out, string);
    text_printf(out, "</%s>", tag);
}

void add_attribute(struct text *out, const char *name, const char *value)
{
    text_printf(out, " %s=\"", name);
    add_html(out, value);
    text_add(out, "\"");
}
