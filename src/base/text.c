#include "text.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "digits.h"
#include "memory.h"

void text_init(struct text *text) { *text = (struct text){0}; }

void text_finish(struct text *text)
{
    free(text->bytes);
    text_init(text);
}

static bool give_up(struct text *text)
{
    memory_failed();
    text->failed = true;
    return false;
}

static bool reserve(struct text *text, size_t more)
{
    if (text->failed) return false;
    if (text->room - text->length > more) return true;
    size_t room = text->room ? text->room : 256;
    while (room - text->length <= more) {
        if (room > SIZE_MAX / 2) return give_up(text);
        room *= 2;
    }
    char *bytes = realloc(text->bytes, room);
    if (!bytes) return give_up(text);
    text->bytes = bytes;
    text->room = room;
    return true;
}

void text_add_bytes(struct text *text, const char *bytes, size_t length)
{
    if (!reserve(text, length)) return;
    if (length) memcpy(text->bytes + text->length, bytes, length);
    text->length += length;
    text->bytes[text->length] = '\0';
}

char *text_room(struct text *text, size_t more) { return reserve(text, more) ? text->bytes + text->length : NULL; }

void text_end(struct text *text, char *end)
{
    text->length = (size_t)(end - text->bytes);
    *end = '\0';
}

void text_add(struct text *text, const char *string) { text_add_bytes(text, string, strlen(string)); }

static void add_digits(struct text *text, uint64_t n)
{
    char *at = text_room(text, DIGITS_MAX);
    if (at) text_end(text, put_digits(at, n));
}

/* Text and the conversions %s, %c, %u and %lu, which is nearly all that is ever asked for; the C library takes ten times as long
 * to find that out. Returns the part of the format that is left to it. */
static const char *format_plainly(struct text *text, const char *format, va_list *args)
{
    for (;;) {
        size_t n = strcspn(format, "%");
        text_add_bytes(text, format, n);
        format += n;
        if (strncmp(format, "%s", 2) == 0)
            text_add(text, va_arg(*args, const char *));
        else if (strncmp(format, "%u", 2) == 0)
            add_digits(text, va_arg(*args, unsigned));
        else if (strncmp(format, "%lu", 3) == 0)
            add_digits(text, va_arg(*args, unsigned long)), format++;
        else if (strncmp(format, "%c", 2) == 0)
            text_add_bytes(text, (char[]){(char)va_arg(*args, int)}, 1);
        else
            return format;
        format += 2;
    }
}

void text_printf(struct text *text, const char *format, ...)
{
    va_list args, again;
    va_start(args, format);
    format = format_plainly(text, format, &args);
    va_copy(again, args);
    int length = *format ? vsnprintf(NULL, 0, format, args) : 0;
    va_end(args);
    if (length > 0 && reserve(text, (size_t)length)) {
        vsnprintf(text->bytes + text->length, (size_t)length + 1, format, again);
        text->length += (size_t)length;
    }
    va_end(again);
}

/* One UTF-8 character at bytes[0..left): its length, and its code point; 0 when the bytes are not valid
 * UTF-8 (RFC 3629 section 4: no overlong forms, no surrogates, nothing above U+10FFFF). */
static size_t utf8_char(const unsigned char *bytes, size_t left, uint32_t *point)
{
    unsigned char b = bytes[0];
    size_t length = b < 0x80 ? 1 : b >= 0xc2 && b < 0xe0 ? 2 : b >= 0xe0 && b < 0xf0 ? 3 : b >= 0xf0 && b < 0xf5 ? 4 : 0;
    if (!length || length > left) return 0;
    uint32_t value = length == 1 ? b : b & (0xffu >> (length + 1));
    for (size_t i = 1; i < length; i++) {
        if ((bytes[i] & 0xc0) != 0x80) return 0;
        value = value << 6 | (bytes[i] & 0x3f);
    }
    if (length == 3 && (value < 0x800 || (value >= 0xd800 && value < 0xe000))) return 0;
    if (length == 4 && (value < 0x10000 || value > 0x10ffff)) return 0;
    *point = value;
    return length;
}

/* Code points that move the cursor, turn the text around or hide themselves. */
static bool is_unsafe(uint32_t point)
{
    return point < 0x20 || (point >= 0x7f && point < 0xa0) || point == 0x61c || (point >= 0x200b && point <= 0x200f) ||
           (point >= 0x2028 && point <= 0x202e) || (point >= 0x2060 && point <= 0x206f) || point == 0xfeff ||
           (point >= 0xfff0 && point <= 0xffff) || (point >= 0xe0000 && point <= 0xe0fff);
}

/* Write the safe form of the next character; returns how many bytes of input it used. */
static size_t escape_one(const unsigned char *bytes, size_t left, char out[16], size_t *length)
{
    uint32_t point = 0;
    size_t used = utf8_char(bytes, left, &point);
    if (!used)
        *length = (size_t)snprintf(out, 16, "\\x%02x", bytes[0]);
    else if (is_unsafe(point))
        *length = (size_t)snprintf(out, 16, point < 0x80 ? "\\x%02x" : "\\u{%x}", point);
    else
        memcpy(out, bytes, *length = used);
    return used ? used : 1;
}

void text_add_escaped(struct text *text, const char *bytes, size_t length)
{
    for (size_t i = 0; i < length;) {
        char out[16];
        size_t n = 0;
        i += escape_one((const unsigned char *)bytes + i, length - i, out, &n);
        text_add_bytes(text, out, n);
    }
}

char *escape_into(char *out, size_t room, const char *bytes, size_t length)
{
    size_t at = 0;
    for (size_t i = 0; i < length;) {
        char one[16];
        size_t n = 0;
        i += escape_one((const unsigned char *)bytes + i, length - i, one, &n);
        if (at + n >= room) break;
        memcpy(out + at, one, n);
        at += n;
    }
    out[at] = '\0';
    return out;
}
