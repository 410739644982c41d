/* What others named cannot mean anything in CSV, in Markdown or in a firewall's comment. */
#include <string.h>

#include "csv.h"
#include "evidence.h"
#include "markdown.h"
#include "request.h"
#include "testing.h"

TEST(csv_fields_are_quoted_and_never_a_formula)
{
    static const char *const cases[][2] = {
        {"tta1", "tta1"},
        {"", ""},
        {"a,b", "\"a,b\""},
        {"a\"b", "\"a\"\"b\""},
        {"=1+1", "'=1+1"},
        {"+1", "'+1"},
        {"-1", "'-1"},
        {"@SUM(A1)", "'@SUM(A1)"},
        {" =1", "' =1"},
        {"=a,b", "\"'=a,b\""},
        {"\t=1", "\\x09=1"},
        {"\r=1", "\\x0d=1"},
        {"a\r\nb", "a\\x0d\\x0ab"},
        {" a", "\" a\""},
        {"a-b=c", "a-b=c"},
        {"\xff", "\\xff"},
        {"caf\xc3\xa9", "caf\xc3\xa9"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct text out;
        struct csv csv = {.out = &out};
        text_init(&out);
        csv_string(&csv, cases[i][0]);
        assert_string_equal(out.bytes ? out.bytes : "", cases[i][1]);
        text_finish(&out);
    }
}

TEST(csv_records_have_commas_between_and_end_in_crlf)
{
    struct text out;
    struct csv csv = {.out = &out};
    text_init(&out);
    csv_header(&csv, "a b c d");
    csv_string(&csv, NULL);
    csv_count(&csv, UINT64_MAX);
    csv_empty(&csv);
    csv_string(&csv, "x");
    csv_end(&csv);
    assert_string_equal(out.bytes, "a,b,c,d\r\n,18446744073709551615,,x\r\n");
    text_finish(&out);
}

TEST(markdown_stays_words)
{
    static const char *const cases[][2] = {
        {"tta1 (10.0.1.10), 22/tcp", "tta1 (10.0.1.10), 22/tcp"},
        {"a|b", "a&#124;b"},
        {"`c`", "&#96;c&#96;"},
        {"[a](b)", "&#91;a&#93;(b)"},
        {"<b>&", "&#60;b&#62;&#38;"},
        {"@all", "&#64;&#8203;all"},
        {"#1 !2", "&#35;&#8203;1 &#33;&#8203;2"},
        {"http://a www.b", "http&#58;//a www&#46;b"},
        {"*_~\\$", "&#42;&#95;&#126;&#92;&#36;"},
        {"a\n# b", "a&#92;x0a&#35;&#8203; b"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct text out;
        text_init(&out);
        add_markdown(&out, cases[i][0]);
        assert_string_equal(out.bytes ? out.bytes : "", cases[i][1]);
        text_finish(&out);
    }
}

TEST(markdown_begins_no_list_at_the_beginning_of_a_line)
{
    struct text out;
    text_init(&out);
    text_add(&out, "\n");
    add_markdown(&out, "- a");
    text_add(&out, "\n");
    add_markdown(&out, "1. a");
    assert_string_equal(out.bytes, "\n&#45; a\n&#49;. a");
    text_finish(&out);
}

/* What stands before a name's first byte is the line's, not the memory's. */
TEST(markdown_looks_at_what_stands_before_a_name)
{
    static const char *const cases[][3] = {{"| ", ".a", "| .a"}, {"| w", ".a", "| w&#46;a"}, {"", ".a", ".a"}, {"\n", ".a", "\n&#46;a"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct text out;
        text_init(&out);
        text_add(&out, cases[i][0]);
        add_markdown(&out, cases[i][1]);
        assert_string_equal(out.bytes, cases[i][2]);
        text_finish(&out);
    }
}

TEST(comments_of_firewalls_are_harmless_and_short)
{
    struct text out;
    text_init(&out);
    add_words(&out, "a\" accept; drop\n}`$(id)?\\caf\xc3\xa9", 100);
    assert_string_equal(out.bytes, "a_ accept; drop____(id)__caf__");
    text_finish(&out);
    add_words(&out, "0123456789abcdef", 10);
    assert_string_equal(out.bytes, "0123456...");
    text_finish(&out);
    add_words(&out, "0123456789", 10);
    assert_string_equal(out.bytes, "0123456789");
    text_finish(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(csv_fields_are_quoted_and_never_a_formula),
        cmocka_unit_test(csv_records_have_commas_between_and_end_in_crlf),
        cmocka_unit_test(markdown_stays_words),
        cmocka_unit_test(markdown_begins_no_list_at_the_beginning_of_a_line),
        cmocka_unit_test(markdown_looks_at_what_stands_before_a_name),
        cmocka_unit_test(comments_of_firewalls_are_harmless_and_short),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
