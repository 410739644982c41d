#include "yaml_quote.h"

#include <stdint.h>
#include <string.h>

/* Plain: begins with a letter, holds nothing that ends a scalar in some place, and is no word or number that another
 * YAML reader takes for a truth value or a null. */
static bool is_plain(const char *value)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
    static const char rest[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_./ ()";
    static const char *const words[] = {"y", "n", "yes", "no", "on", "off", "true", "false", "null"};
    size_t length = strlen(value);
    if (!length || !strchr(letters, value[0]) || strspn(value, rest) != length || value[length - 1] == ' ') return false;
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        size_t same = 0;
        while (words[i][same] && (value[same] | 0x20) == words[i][same]) same++;
        if (!words[i][same] && same == length) return false;
    }
    return true;
}

/* The code point at `at`, of text known to be UTF-8; a byte that is not stands for itself. */
static size_t next_point(const unsigned char *at, uint32_t *point)
{
    size_t length = at[0] < 0xc0 ? 1 : at[0] < 0xe0 ? 2 : at[0] < 0xf0 ? 3 : 4;
    *point = length == 1 ? at[0] : at[0] & (0xffu >> (length + 1));
    for (size_t i = 1; i < length; i++) {
        if ((at[i] & 0xc0) != 0x80) return *point = at[0], 1;
        *point = *point << 6 | (at[i] & 0x3f);
    }
    return length;
}

/* What YAML forbids unescaped, takes for a line break, or a terminal obeys. */
static bool must_escape(uint32_t point)
{
    return point < 0x20 || (point >= 0x7f && point < 0xa0) || point == 0x61c || (point >= 0x200b && point <= 0x200f) ||
           (point >= 0x2028 && point <= 0x202e) || (point >= 0x2060 && point <= 0x206f) || point == 0xfeff || point >= 0xfff0;
}

void yaml_quote(struct text *out, const char *value)
{
    const void *bytes = value;
    const unsigned char *start = bytes, *at = start;
    if (is_plain(value)) {
        text_add(out, value);
        return;
    }
    text_add(out, "\"");
    while (*at) {
        uint32_t point;
        size_t length = next_point(at, &point);
        if (must_escape(point))
            text_printf(out, point < 0x100 ? "\\x%02X" : point < 0x10000 ? "\\u%04X" : "\\U%08X", point);
        else
            text_add(out, point == '"' || point == '\\' ? "\\" : ""), text_add_bytes(out, value + (at - start), length);
        at += length;
    }
    text_add(out, "\"");
}
