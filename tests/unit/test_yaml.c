#include "testing.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "yaml_quote.h"
#include "yaml_read.h"

static struct yaml_node *loaded(const char *text, struct arena *arena)
{
    struct pp_error error;
    struct yaml_node *node = yaml_tree_load(text, strlen(text), arena, &error);
    if (!node) fail_msg("%u:%u: %s", error.line, error.column, error.text);
    return node;
}

static void every_node_knows_its_place(void **state)
{
    (void)state;
    struct arena *arena = arena_create();
    const struct yaml_node *root = loaded("# a comment\nname: x\nlist:\n  - \"two\"\n  - {deep: 'er'}\n", arena);
    assert_int_equal(root->kind, YAML_IS_MAPPING);
    assert_int_equal(root->count, 2);
    assert_string_equal(root->first->key->text, "name");
    const struct yaml_node *list = yaml_value(root, "list");
    assert_int_equal(list->count, 2);
    assert_int_equal(list->first->line, 4);
    assert_int_equal(list->first->column, 5);
    assert_int_equal(list->first->text_column, 6);
    const struct yaml_node *deep = yaml_value(list->first->next, "deep");
    assert_string_equal(deep->text, "er");
    assert_int_equal(deep->line, 5);
    assert_int_equal(deep->column, 12);
    assert_null(yaml_value(root, "other"));
    arena_destroy(arena);
}

static void words_and_numbers_stay_the_text_that_was_written(void **state)
{
    (void)state;
    struct arena *arena = arena_create();
    const struct yaml_node *root = loaded("[on, off, 1.0, 2027-06-30, ~, 0x10, \"\\u00e9\", a b]", arena);
    static const char *const texts[] = {"on", "off", "1.0", "2027-06-30", "~", "0x10", "\xc3\xa9", "a b"};
    size_t i = 0;
    for (const struct yaml_node *item = root->first; item; item = item->next) assert_string_equal(item->text, texts[i++]);
    assert_int_equal(i, 8);
    arena_destroy(arena);
}

static void nothing_but_plain_yaml_is_accepted(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        uint32_t line, column;
        const char *error;
    } cases[] = {
        {"", 1, 1, "an empty file; expected a mapping"},
        {"# only a comment\n", 2, 1, "an empty file; expected a mapping"},
        {"a: &x 1\nb: *x", 1, 4, "an anchor; expected plain values, without & and *"},
        {"a: &x [1]", 1, 4, "an anchor; expected plain values, without & and *"},
        {"a: &x {b: 1}", 1, 4, "an anchor; expected plain values, without & and *"},
        {"a: !!int 1", 1, 4, "a tag; expected plain values, without !"},
        {"a: !x [1]", 1, 4, "a tag; expected plain values, without !"},
        {"{a: 1}: b", 1, 1, "a list or mapping as a key; expected a name"},
        {"a: 1\n---\nb: 1\n", 2, 1, "a second document; expected one"},
        {"a: b: c", 1, 5, "mapping values are not allowed in this context; expected well-formed YAML"},
        {"a: [1, 2", 2, 1, "did not find expected ',' or ']' while parsing a flow sequence; expected well-formed YAML"},
        {"a: \"x", 1, 6, "found unexpected end of stream while scanning a quoted scalar; expected well-formed YAML"},
        {"a: \t- b", 1, 5, "block sequence entries are not allowed in this context; expected well-formed YAML"},
        {"ok: 1\nx: \xc3(", 2, 5, "invalid trailing UTF-8 octet; expected printable text in UTF-8"},
        {"[[[[[[[[[[[[[[[[[", 1, 17, "lists and mappings nested deeper than 16; expected a flatter file"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct arena *arena = arena_create();
        struct pp_error error;
        assert_null(yaml_tree_load(cases[i].text, strlen(cases[i].text), arena, &error));
        if (strcmp(error.text, cases[i].error) != 0 || error.line != cases[i].line || error.column != cases[i].column)
            fail_msg("%s\n got %u:%u: %s\nwant %u:%u: %s", cases[i].text, error.line, error.column, error.text, cases[i].line,
                     cases[i].column, cases[i].error);
        arena_destroy(arena);
    }
}

static void too_many_values_are_refused(void **state)
{
    (void)state;
    size_t size = 2 * (YAML_NODES_MAX + 1);
    char *text = malloc(size);
    assert_non_null(text);
    for (size_t i = 0; i < size; i += 2) memcpy(text + i, "1,", 2);
    text[0] = '[';
    struct arena *arena = arena_create();
    struct pp_error error;
    assert_null(yaml_tree_load(text, size, arena, &error));
    assert_string_equal(error.text, "did not find expected node content while parsing a flow node; expected well-formed YAML");
    memcpy(text, "[1", 2);
    text[2] = ',', text[3] = '1';
    for (size_t i = 4; i < size; i += 2) memcpy(text + i, ",1", 2);
    text[3] = '1';
    assert_null(yaml_tree_load(text, size, arena, &error));
    assert_string_equal(error.text, "more than 1048576 values; expected a smaller file");
    arena_destroy(arena);
    free(text);
}

static void unsafe_bytes_never_reach_an_error_unescaped(void **state)
{
    (void)state;
    static const char *const names[] = {"alpha"};
    struct arena *arena = arena_create();
    struct pp_error error;
    struct yaml_reading reading = {.arena = arena, .error = &error};
    const struct yaml_node *root = loaded("\"\\e[31m\\u202E\": 1", arena);
    size_t i;
    struct yaml_key keys[] = {{"alpha", yaml_read_text, 0, false}};
    const char *into;
    assert_false(yaml_read_mapping(&reading, root, "thing", keys, 1, &into));
    assert_string_equal(error.text, "unknown key of a thing \"\\x1b[31m\\u{202e}\"; expected one of alpha");
    assert_false(yaml_read_choice(&reading, root->first->key, "word", names, 1, &i));
    assert_string_equal(error.text, "unknown word \"\\x1b[31m\\u{202e}\"; expected one of alpha");
    arena_destroy(arena);
}

static void the_nearest_name_is_a_slip_of_the_pen_away(void **state)
{
    (void)state;
    static const char *const names[] = {"client", "web-server", "ldap", "on"};
    static const struct {
        const char *text, *nearest;
    } cases[] = {
        {"clinet", "client"}, {"Client", "client"}, {"webserver", "web-server"},
        {"ldaps", "ldap"},    {"no", "on"},         {"printer", NULL},
        {"", NULL},           {"x", NULL},          {"a-very-long-word-that-no-name-could-ever-be-near-to-at-all", NULL},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const char *nearest = yaml_nearest(cases[i].text, names, 4);
        if (!cases[i].nearest) {
            assert_null(nearest);
        } else {
            assert_non_null(nearest);
            assert_string_equal(nearest, cases[i].nearest);
        }
    }
}

static void any_text_that_is_quoted_reads_back_the_same(void **state)
{
    (void)state;
    char text[8] = "";
    for (uint32_t point = 1; point < 0x3000; point++) {
        char utf8[4] = {0};
        size_t n = 0;
        if (point < 0x80) {
            utf8[n++] = (char)point;
        } else if (point < 0x800) {
            utf8[n++] = (char)(0xc0 | point >> 6);
            utf8[n++] = (char)(0x80 | (point & 0x3f));
        } else {
            utf8[n++] = (char)(0xe0 | point >> 12);
            utf8[n++] = (char)(0x80 | (point >> 6 & 0x3f));
            utf8[n++] = (char)(0x80 | (point & 0x3f));
        }
        for (int form = 0; form < 4; form++) {
            snprintf(text, sizeof text, "%s%.*s%s", form & 1 ? "a" : "", (int)n, utf8, form & 2 ? "b" : "");
            struct text out;
            text_init(&out);
            text_add(&out, "{k: ");
            yaml_quote(&out, text);
            text_add(&out, ", l: [");
            yaml_quote(&out, text);
            text_add(&out, "]}");
            struct arena *arena = arena_create();
            const struct yaml_node *root = loaded(out.bytes, arena);
            assert_int_equal(root->count, 2);
            assert_string_equal(root->first->text, text);
            assert_string_equal(root->first->next->first->text, text);
            arena_destroy(arena);
            text_finish(&out);
        }
    }
}

/* What a terminal obeys, or what turns or hides its neighbours, is never written raw. */
static void nothing_that_a_terminal_obeys_is_quoted_raw(void **state)
{
    static const char *const cases[][2] = {
        {"a\x1b[31m", "\"a\\x1B[31m\""},   {"a\xc2\x9b", "\"a\\x9B\""},
        {"a\xd8\x9c", "\"a\\u061C\""},                                                /* Arabic letter mark */
        {"a\xe2\x80\xae", "\"a\\u202E\""}, {"a\xf3\xa0\x81\x81", "\"a\\U000E0041\""}, /* a tag, which is invisible */
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct text out;
        text_init(&out);
        yaml_quote(&out, cases[i][0]);
        assert_string_equal(out.bytes, cases[i][1]);
        text_finish(&out);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_node_knows_its_place),
        cmocka_unit_test(words_and_numbers_stay_the_text_that_was_written),
        cmocka_unit_test(nothing_but_plain_yaml_is_accepted),
        cmocka_unit_test(too_many_values_are_refused),
        cmocka_unit_test(unsafe_bytes_never_reach_an_error_unescaped),
        cmocka_unit_test(the_nearest_name_is_a_slip_of_the_pen_away),
        cmocka_unit_test(any_text_that_is_quoted_reads_back_the_same),
        cmocka_unit_test(nothing_that_a_terminal_obeys_is_quoted_raw),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
