/* What may leave the program, by readers of their own: nothing here shares code with what is held against it. */
#ifndef FUZZ_OUTPUT_H
#define FUZZ_OUTPUT_H

#include <jansson.h>

#include "fuzz.h"

/** One character of UTF-8 (RFC 3629): its length, 0 when it is none. */
static inline size_t utf8_length(const uint8_t *at, size_t left, uint32_t *point)
{
    static const uint32_t least_of[] = {0, 0, 0x80, 0x800, 0x10000};
    size_t n = at[0] < 0x80 ? 1 : at[0] >> 5 == 6 ? 2 : at[0] >> 4 == 14 ? 3 : at[0] >> 3 == 30 ? 4 : 0;
    if (!n || n > left) return 0;
    *point = n == 1 ? at[0] : at[0] & (0x7fu >> n);
    for (size_t i = 1; i < n; i++) {
        if (at[i] >> 6 != 2) return 0;
        *point = *point << 6 | (at[i] & 63u);
    }
    bool surrogate = *point >= 0xd800 && *point <= 0xdfff;
    return *point < least_of[n] || *point > 0x10ffff || surrogate ? 0 : n;
}

/** Whether a terminal obeys it, or it turns or hides what stands beside it. */
static inline bool is_hostile(uint32_t point)
{
    static const uint32_t ranges[][2] = {{0, 0x1f},        {0x7f, 0x9f},     {0x61c, 0x61c},   {0x200b, 0x200f},
                                         {0x2028, 0x202e}, {0x2060, 0x206f}, {0xfeff, 0xfeff}, {0xe0000, 0xe0fff}};
    for (size_t i = 0; i < sizeof ranges / sizeof *ranges; i++)
        if (point >= ranges[i][0] && point <= ranges[i][1]) return true;
    return false;
}

/** UTF-8 without a hostile character, but for those of `allowed` (ASCII). */
static inline bool is_harmless(const char *text, size_t size, const char *allowed)
{
    const void *bytes = text;
    const uint8_t *at = bytes;
    for (size_t i = 0, n; i < size; i += n) {
        uint32_t point;
        n = utf8_length(at + i, size - i, &point);
        if (!n || (is_hostile(point) && !(point && point < 0x80 && strchr(allowed, (int)point)))) return false;
    }
    return true;
}

/** JSON that a strict reader takes, with nothing in it that a terminal obeys. */
static inline void check_json(const char *text, size_t size)
{
    json_error_t error;
    json_t *value = json_loadb(text, size, JSON_REJECT_DUPLICATES, &error);
    must(value && is_harmless(text, size, "\n"));
    json_decref(value);
}

/** A field of RFC 4180 at *at, unquoted into `out` (as large as what is left); false: it is none. *at moves to what ends it. */
static inline bool csv_field(const char **at, const char *end, char *out, size_t *length)
{
    *length = 0;
    if (*at == end || **at != '"') {
        for (; *at < end && **at != ',' && **at != '\r' && **at != '\n'; ++*at) {
            if (**at == '"') return false;
            out[(*length)++] = **at;
        }
        return true;
    }
    for (++*at; *at < end; ++*at) {
        if (**at == '"' && (++*at == end || **at != '"')) return true;
        out[(*length)++] = **at;
    }
    return false;
}

/** Every record has as many fields as the first, and none is a spreadsheet's formula. */
static inline void check_csv(const char *text, size_t size)
{
    const char *at = text, *end = text + size;
    size_t fields = 0, first = 0, length;
    char *field = malloc(size + 1);
    must(is_harmless(text, size, "\r\n"));
    while (field && at < end) {
        bool whole = csv_field(&at, end, field, &length);
        must(whole);
        size_t blanks = 0;
        while (blanks < length && field[blanks] == ' ') blanks++;
        must(blanks == length || !strchr("=+-@\t\r", field[blanks]));
        fields++;
        if (at < end && *at == ',') {
            at++;
            continue;
        }
        must(end - at >= 2 && at[0] == '\r' && at[1] == '\n');
        if (end - at < 2) break;
        at += 2;
        if (!first) first = fields;
        must(fields == first);
        fields = 0;
    }
    free(field);
}

#endif
