#include "yaml_read.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "error.h"
#include "text.h"

enum {
    SHOWN_MAX = 80,        /* bytes of a found text that an error shows */
    NAMES_SHOWN_MAX = 280, /* bytes of a list of names that an error shows */
    KEYS_MAX = 32,         /* keys of one table */
    NEAR_LENGTH_MAX = 48,  /* names longer than this are compared whole only */
};

bool yaml_wrong(struct yaml_reading *reading, const struct yaml_node *node, const char *format, ...)
{
    char text[PP_ERROR_TEXT_MAX];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    return error_at(reading->error, node->line, node->column, "%s", text);
}

bool yaml_unexpected(struct yaml_reading *reading, const struct yaml_node *node, const char *expected)
{
    char shown[SHOWN_MAX];
    if (node->kind != YAML_IS_TEXT)
        return yaml_wrong(reading, node, "a %s; expected %s", node->kind == YAML_IS_LIST ? "list" : "mapping", expected);
    if (!*node->text) return yaml_wrong(reading, node, "nothing; expected %s", expected);
    return yaml_wrong(reading, node, "\"%s\"; expected %s", escape_into(shown, sizeof shown, node->text, strlen(node->text)), expected);
}

bool yaml_wrong_inside(struct yaml_reading *reading, const struct yaml_node *node, size_t at, const char *expected)
{
    char whole[SHOWN_MAX], rest[SHOWN_MAX];
    uint32_t column = node->one_line ? node->text_column + (uint32_t)at : node->column;
    size_t length = strlen(node->text);
    escape_into(whole, sizeof whole, node->text, length);
    escape_into(rest, sizeof rest, node->text + at, length - at);
    if (at >= length) return error_at(reading->error, node->line, column, "\"%s\" ends early; expected %s", whole, expected);
    if (at == 0) return error_at(reading->error, node->line, column, "\"%s\"; expected %s", whole, expected);
    return error_at(reading->error, node->line, column, "\"%s\" in \"%s\"; expected %s", rest, whole, expected);
}

bool yaml_expect_text(struct yaml_reading *reading, const struct yaml_node *node, const char *expected)
{
    return (node->kind == YAML_IS_TEXT && *node->text) || yaml_unexpected(reading, node, expected);
}

bool yaml_expect_list(struct yaml_reading *reading, const struct yaml_node *node, const char *expected)
{
    return node->kind == YAML_IS_LIST || yaml_unexpected(reading, node, expected);
}

bool yaml_expect_mapping(struct yaml_reading *reading, const struct yaml_node *node, const char *expected)
{
    return node->kind == YAML_IS_MAPPING || yaml_unexpected(reading, node, expected);
}

const struct yaml_node *yaml_value(const struct yaml_node *mapping, const char *key)
{
    for (const struct yaml_node *value = mapping->first; value; value = value->next)
        if (value->key && strcmp(value->key->text, key) == 0) return value;
    return NULL;
}

static unsigned least(unsigned a, unsigned b) { return a < b ? a : b; }

/* Letters to change, add, drop or swap with their neighbour, of two short texts (optimal string alignment). */
static unsigned distance(const char *a, size_t a_length, const char *b, size_t b_length)
{
    unsigned far[NEAR_LENGTH_MAX + 1][NEAR_LENGTH_MAX + 1];
    for (size_t i = 0; i <= a_length; i++) far[i][0] = (unsigned)i;
    for (size_t j = 0; j <= b_length; j++) far[0][j] = (unsigned)j;
    for (size_t i = 1; i <= a_length; i++) {
        for (size_t j = 1; j <= b_length; j++) {
            unsigned change = far[i - 1][j - 1] + (tolower((unsigned char)a[i - 1]) != tolower((unsigned char)b[j - 1]));
            far[i][j] = least(change, least(far[i - 1][j], far[i][j - 1]) + 1);
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) far[i][j] = least(far[i][j], far[i - 2][j - 2] + 1);
        }
    }
    return far[a_length][b_length];
}

const char *yaml_nearest(const char *text, const char *const *names, size_t count)
{
    size_t length = strlen(text);
    const char *nearest = NULL;
    if (!length || length > NEAR_LENGTH_MAX) return NULL;
    unsigned most = length < 4 ? 1 : length < 8 ? 2 : 3, best = most + 1;
    for (size_t i = 0; i < count; i++) {
        size_t other = strlen(names[i]);
        if (other > NEAR_LENGTH_MAX) continue;
        unsigned far = distance(text, length, names[i], other);
        if (far < best) best = far, nearest = names[i];
    }
    return nearest;
}

/* "a, b, c", cut with "..." when there are too many. */
static void list_names(char *out, size_t room, const char *const *names, size_t count)
{
    size_t at = 0;
    out[0] = '\0';
    for (size_t i = 0; i < count; i++) {
        size_t need = strlen(names[i]) + 2;
        if (at + need + 4 > room) {
            memcpy(out + at, ", ...", 6);
            return;
        }
        at += (size_t)snprintf(out + at, room - at, "%s%s", i ? ", " : "", names[i]);
    }
}

static bool unknown(struct yaml_reading *reading, const struct yaml_node *node, const char *what, const char *const *names, size_t count)
{
    char shown[SHOWN_MAX], known[NAMES_SHOWN_MAX + 8];
    const char *nearest = yaml_nearest(node->text, names, count);
    escape_into(shown, sizeof shown, node->text, strlen(node->text));
    list_names(known, sizeof known - 8, names, count);
    if (!count) return yaml_wrong(reading, node, "unknown %s \"%s\"; expected none", what, shown);
    if (nearest)
        return yaml_wrong(reading, node, "unknown %s \"%s\"; did you mean \"%s\"? expected one of %s", what, shown, nearest, known);
    return yaml_wrong(reading, node, "unknown %s \"%s\"; expected one of %s", what, shown, known);
}

static bool find(const char *text, const char *const *names, size_t count, size_t *out)
{
    for (*out = 0; *out < count; (*out)++)
        if (strcmp(names[*out], text) == 0) return true;
    return false;
}

bool yaml_read_choice(struct yaml_reading *reading, const struct yaml_node *node, const char *what, const char *const *names, size_t count,
                      size_t *out)
{
    char expected[SHOWN_MAX];
    snprintf(expected, sizeof expected, "a %s", what);
    if (!yaml_expect_text(reading, node, expected)) return false;
    return find(node->text, names, count, out) || unknown(reading, node, what, names, count);
}

static bool written_twice(struct yaml_reading *reading, const struct yaml_node *key)
{
    char shown[SHOWN_MAX];
    return yaml_wrong(reading, key, "\"%s\" a second time; expected it once",
                      escape_into(shown, sizeof shown, key->text, strlen(key->text)));
}

bool yaml_read_mapping(struct yaml_reading *reading, const struct yaml_node *node, const char *what, const struct yaml_key *keys,
                       size_t count, void *into)
{
    const char *names[KEYS_MAX];
    const struct yaml_node *values[KEYS_MAX] = {0};
    char *base = into, expected[SHOWN_MAX], key_of[SHOWN_MAX];
    snprintf(expected, sizeof expected, "a %s: a mapping of keys to values", what);
    snprintf(key_of, sizeof key_of, "key of a %s", what);
    if (!yaml_expect_mapping(reading, node, expected)) return false;
    for (size_t i = 0; i < count; i++) names[i] = keys[i].name;
    for (const struct yaml_node *value = node->first; value; value = value->next) {
        size_t i;
        if (!find(value->key->text, names, count, &i)) return unknown(reading, value->key, key_of, names, count);
        if (values[i]) return written_twice(reading, value->key);
        values[i] = value;
    }
    for (size_t i = 0; i < count; i++)
        if (keys[i].required && !values[i]) return yaml_wrong(reading, node, "a %s without \"%s\"; expected this key", what, keys[i].name);
    for (size_t i = 0; i < count; i++)
        if (values[i] && !keys[i].read(reading, values[i], base + keys[i].offset)) return false;
    return true;
}

bool yaml_read_named(struct yaml_reading *reading, const struct yaml_node *node, const char *what, const char *const *names, size_t count,
                     bool (*read)(struct yaml_reading *reading, const struct yaml_node *value, size_t index, void *into), void *into)
{
    char expected[SHOWN_MAX];
    snprintf(expected, sizeof expected, "a mapping of %ss to values", what);
    if (!yaml_expect_mapping(reading, node, expected)) return false;
    bool *seen = arena_alloc(reading->arena, count ? count : 1);
    if (!seen) return yaml_wrong(reading, node, "out of memory");
    for (const struct yaml_node *value = node->first; value; value = value->next) {
        size_t i;
        if (!find(value->key->text, names, count, &i)) return unknown(reading, value->key, what, names, count);
        if (seen[i]) return written_twice(reading, value->key);
        seen[i] = true;
        if (!read(reading, value, i, into)) return false;
    }
    return true;
}

bool yaml_read_each(struct yaml_reading *reading, const struct yaml_node *node, const char *expected,
                    bool (*read)(struct yaml_reading *reading, const struct yaml_node *value, void *into), void *into)
{
    if (node->kind == YAML_IS_TEXT) return yaml_expect_text(reading, node, expected) && read(reading, node, into);
    if (!yaml_expect_list(reading, node, expected)) return false;
    for (const struct yaml_node *item = node->first; item; item = item->next)
        if (!yaml_expect_text(reading, item, expected) || !read(reading, item, into)) return false;
    return true;
}

bool yaml_read_text(struct yaml_reading *reading, const struct yaml_node *node, void *field)
{
    const char **out = field;
    if (!yaml_expect_text(reading, node, "text")) return false;
    *out = arena_copy(reading->arena, node->text, strlen(node->text));
    return *out || yaml_wrong(reading, node, "out of memory");
}

bool yaml_read_name(struct yaml_reading *reading, const struct yaml_node *node, void *field)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyz0123456789-";
    static const char expected[] = "a name of small letters, digits and hyphens, at most 48";
    if (!yaml_expect_text(reading, node, expected)) return false;
    size_t length = strlen(node->text);
    if (strspn(node->text, letters) != length || length > NEAR_LENGTH_MAX) return yaml_unexpected(reading, node, expected);
    return yaml_read_text(reading, node, field);
}

bool yaml_read_flag(struct yaml_reading *reading, const struct yaml_node *node, void *field)
{
    static const char *const words[] = {"no", "yes", "false", "true", "off", "on"};
    bool *out = field;
    size_t i = 0;
    if (node->kind != YAML_IS_TEXT || !find(node->text, words, sizeof words / sizeof *words, &i))
        return yaml_unexpected(reading, node, "true or false");
    *out = i % 2 == 1;
    return true;
}

bool yaml_read_count(struct yaml_reading *reading, const struct yaml_node *node, void *field)
{
    uint32_t *out = field;
    static const char expected[] = "a whole number from 1";
    if (!yaml_expect_text(reading, node, expected)) return false;
    size_t length = strlen(node->text);
    if (length > 9 || strspn(node->text, "0123456789") != length) return yaml_unexpected(reading, node, expected);
    *out = (uint32_t)strtoul(node->text, NULL, 10);
    return *out > 0 || yaml_unexpected(reading, node, expected);
}
