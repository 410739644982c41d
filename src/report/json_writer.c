#include "json_writer.h"

#include <assert.h>
#include <math.h>
#include <string.h>

#include "digits.h"

enum {
    DEPTH_MAX = 16, /* a report is five deep */
    INDENT = 2,
    ESCAPED_MAX = 6, /* bytes that one byte of a string becomes at most: \\xff */
};

/* A new line, indented for the deepest member. All of it is copied always, which for a fixed length is two instructions; what
 * there is too much of is written over. */
static const char LINE[] = "\n                                ";
_Static_assert(sizeof LINE - 1 == 1 + DEPTH_MAX * INDENT, "a line for the deepest member");

void json_writer_init(struct json_writer *w, struct text *out) { *w = (struct json_writer){.out = out}; }

static char *copy(char *at, const char *bytes, size_t length)
{
    memcpy(at, bytes, length);
    return at + length;
}

static char *new_line(const struct json_writer *w, char *at, bool comma)
{
    if (comma) *at++ = ',';
    if (w->on_one_line) return at;
    memcpy(at, LINE, sizeof LINE - 1);
    return at + 1 + (size_t)w->depth * INDENT;
}

/* Write what stands before a value: the comma, the indentation, the key. Behind it there is room for `room` bytes.
 * NULL: out of memory. */
static char *begin(struct json_writer *w, const char *key, size_t room)
{
    size_t length = key ? strlen(key) : 0;
    char *at = text_room(w->out, sizeof LINE + length + sizeof "\"\": " + room);
    if (!at) return NULL;
    if (w->depth) at = new_line(w, at, w->follows);
    if (key) {
        *at++ = '"';
        at = copy(at, key, length);
        at = copy(at, "\": ", w->on_one_line ? 2 : 3);
    }
    w->follows = true;
    return at;
}

static void open(struct json_writer *w, const char *key, char bracket)
{
    char *at = begin(w, key, 1);
    assert(w->depth < DEPTH_MAX);
    w->depth++;
    w->follows = false;
    if (!at) return;
    *at++ = bracket;
    text_end(w->out, at);
}

static void close(struct json_writer *w, char bracket)
{
    assert(w->depth > 0);
    w->depth--;
    char *at = text_room(w->out, sizeof LINE + 1);
    if (at && w->follows) at = new_line(w, at, false);
    w->follows = true;
    if (!at) return;
    *at++ = bracket;
    text_end(w->out, at);
}

void begin_object(struct json_writer *w, const char *key) { open(w, key, '{'); }
void begin_list(struct json_writer *w, const char *key) { open(w, key, '['); }
void end_object(struct json_writer *w) { close(w, '}'); }
void end_list(struct json_writer *w) { close(w, ']'); }

/* Whether a string can stand in JSON as it is. Without a way out of the loop it becomes one of sixteen bytes at a time. */
static bool is_plain(const char *string, size_t length)
{
    unsigned odd = 0;
    for (size_t i = 0; i < length; i++) {
        unsigned char byte = (unsigned char)string[i];
        odd |= (byte < 0x20) | (byte == '"') | (byte == '\\') | (byte >= 0x7f);
    }
    return !odd;
}

/* What text_add_escaped leaves is printable: only quotes and backslashes are left to do. */
static char *copy_escaped(char *at, const char *string, size_t length)
{
    struct text safe;
    text_init(&safe);
    text_add_escaped(&safe, string, length);
    for (size_t i = 0; i < safe.length; i++) {
        if (safe.bytes[i] == '"' || safe.bytes[i] == '\\') *at++ = '\\';
        *at++ = safe.bytes[i];
    }
    bool ok = !safe.failed;
    text_finish(&safe);
    return ok ? at : NULL;
}

void put_string(struct json_writer *w, const char *key, const char *string)
{
    size_t length = strlen(string);
    char *at = begin(w, key, length * ESCAPED_MAX + 2);
    if (!at) return;
    *at++ = '"';
    at = is_plain(string, length) ? copy(at, string, length) : copy_escaped(at, string, length);
    if (!at) {
        w->out->failed = true;
        return;
    }
    *at++ = '"';
    text_end(w->out, at);
}

void put_count(struct json_writer *w, const char *key, uint64_t n)
{
    char *at = begin(w, key, DIGITS_MAX);
    if (at) text_end(w->out, put_digits(at, n > INT64_MAX ? INT64_MAX : n));
}

void put_written(struct json_writer *w, const char *key, const char *json, size_t length)
{
    char *at = begin(w, key, length);
    if (at) text_end(w->out, copy(at, json, length));
}

static void put_word(struct json_writer *w, const char *key, const char *word) { put_written(w, key, word, strlen(word)); }

void put_boolean(struct json_writer *w, const char *key, bool value) { put_word(w, key, value ? "true" : "false"); }
void put_null(struct json_writer *w, const char *key) { put_word(w, key, "null"); }

void put_share(struct json_writer *w, const char *key, double share)
{
    enum { DECIMALS = 4, UNIT = 10000 };
    uint64_t n = (uint64_t)round(share * UNIT);
    char *at = begin(w, key, DIGITS_MAX + 1 + DECIMALS);
    if (!at) return;
    at = put_digits(at, n / UNIT);
    *at++ = '.';
    at = put_decimals(at, n % UNIT, DECIMALS);
    while (at[-1] == '0' && at[-2] != '.') at--;
    text_end(w->out, at);
}
