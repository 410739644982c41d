/* JSON as it is written has the bytes that jansson gives a tree of the same values. */
#include "testing.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "json_writer.h"

static int add_bytes(const char *bytes, size_t size, void *out)
{
    text_add_bytes(out, bytes, size);
    return 0;
}

static void assert_like_tree_in(const struct text *written, json_t *tree, size_t layout)
{
    struct text expected;
    text_init(&expected);
    assert_int_equal(json_dump_callback(tree, add_bytes, &expected, layout | JSON_REAL_PRECISION(6)), 0);
    assert_string_equal(written->bytes, expected.bytes);
    text_finish(&expected);
    json_decref(tree);
}

static void assert_like_tree(const struct text *written, json_t *tree) { assert_like_tree_in(written, tree, JSON_INDENT(2)); }

static void assert_nesting(bool on_one_line)
{
    struct text out;
    struct json_writer w;
    text_init(&out);
    json_writer_init(&w, &out);
    w.on_one_line = on_one_line;
    begin_object(&w, NULL);
    begin_object(&w, "empty");
    end_object(&w);
    begin_list(&w, "none");
    end_list(&w);
    begin_list(&w, "list");
    put_count(&w, NULL, 0);
    put_count(&w, NULL, UINT64_MAX);
    begin_list(&w, NULL);
    put_null(&w, NULL);
    begin_object(&w, NULL);
    put_boolean(&w, "yes", true);
    put_boolean(&w, "no", false);
    end_object(&w);
    end_list(&w);
    put_string(&w, NULL, "");
    end_list(&w);
    put_string(&w, "after", "x");
    end_object(&w);
    assert_false(out.failed);
    json_t *tree =
        json_pack("{s{}s[]s[iI[n{sbsb}]s]ss}", "empty", "none", "list", 0, (json_int_t)INT64_MAX, "yes", 1, "no", 0, "", "after", "x");
    assert_like_tree_in(&out, tree, on_one_line ? JSON_COMPACT : JSON_INDENT(2));
    text_finish(&out);
}

static void objects_and_lists_nest_as_jansson_nests_them(void **state)
{
    (void)state;
    assert_nesting(false);
    assert_nesting(true);
}

/* A list of one string, as written and as jansson writes the escaped form of it. */
static void assert_string_like_jansson(const char *string)
{
    struct text out, safe;
    struct json_writer w;
    text_init(&out);
    text_init(&safe);
    json_writer_init(&w, &out);
    begin_list(&w, NULL);
    put_string(&w, NULL, string);
    end_list(&w);
    text_add_escaped(&safe, string, strlen(string));
    assert_like_tree(&out, json_pack("[s]", safe.bytes ? safe.bytes : ""));
    text_finish(&out);
    text_finish(&safe);
}

static void every_byte_is_written_as_jansson_writes_it_escaped(void **state)
{
    (void)state;
    for (unsigned first = 1; first < 256; first++)
        for (unsigned second = 0; second < 256; second++) {
            const char string[] = {'a', (char)first, (char)second, 'z', '\0'}; /* ends early when the second is NUL */
            assert_string_like_jansson(string);
        }
}

static void odd_strings_are_escaped_wherever_they_are_odd(void **state)
{
    (void)state;
    static const char *const odd[] = {"\"",
                                      "\\",
                                      "\n",
                                      "\x1b[31m",
                                      "\x7f",
                                      "caf\xc3\xa9",
                                      "\xe2\x80\xae",
                                      "\xf3\xa0\x80\x81",
                                      "\xed\xa0\x80",
                                      "\xe2\x82",
                                      "\xff\xff\xff\xff"};
    for (size_t i = 0; i < sizeof odd / sizeof *odd; i++)
        for (unsigned before = 0; before < 40; before++) {
            char string[100];
            memset(string, '-', sizeof string);
            strcpy(string + before, odd[i]);
            assert_string_like_jansson(string);
            strcat(string, "and on");
            assert_string_like_jansson(string);
        }
}

static void shares_have_one_to_four_decimals(void **state)
{
    (void)state;
    for (unsigned n = 0; n <= 10000; n++) {
        struct text out;
        struct json_writer w;
        text_init(&out);
        json_writer_init(&w, &out);
        begin_list(&w, NULL);
        put_share(&w, NULL, n / 10000.0 + 0.00003);
        end_list(&w);
        assert_like_tree(&out, json_pack("[f]", n / 10000.0));
        text_finish(&out);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(objects_and_lists_nest_as_jansson_nests_them),
        cmocka_unit_test(every_byte_is_written_as_jansson_writes_it_escaped),
        cmocka_unit_test(odd_strings_are_escaped_wherever_they_are_odd),
        cmocka_unit_test(shares_have_one_to_four_decimals),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
