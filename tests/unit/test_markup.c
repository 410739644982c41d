/* What others named cannot mean anything in a page of HTML, nor hide. */
#include "markup.h"

#include <stdlib.h>
#include <string.h>

#include "evidence.h"
#include "portproof/compare.h"
#include "portproof/report.h"
#include "testing.h"

TEST(whatever_is_named_stays_text)
{
    static const char *const cases[][2] = {
        {"tta1", "tta1"},
        {"", ""},
        {"<script>alert(1)</script>", "&lt;script&gt;alert(1)&lt;/script&gt;"},
        {"</title></style><img src=x onerror=alert(1)>", "&lt;/title&gt;&lt;/style&gt;&lt;img src=x onerror=alert(1)&gt;"},
        {"\" onmouseover=\"alert(1)", "&quot; onmouseover=&quot;alert(1)"},
        {"' onfocus='alert(1)", "&#39; onfocus=&#39;alert(1)"},
        {"`", "&#96;"},
        {"&lt;&amp;&#60;", "&amp;lt;&amp;amp;&amp;#60;"},
        {"<!--", "&lt;!--"},
        {"<![CDATA[", "&lt;![CDATA["},
        {"a\nb\rc\td\x1b[31m\x7f", "a\\x0ab\\x0dc\\x09d\\x1b[31m\\x7f"},
        {"a\x1f"
         "b",
         "a\\x1fb"},
        {"\xc2\x9b\xc2\x80", "\\u{9b}\\u{80}"},                             /* C1 */
        {"\xe2\x80\xae\xe2\x81\xa6\xd8\x9c", "\\u{202e}\\u{2066}\\u{61c}"}, /* bidirectional marks */
        {"\xe2\x80\x8b\xef\xbb\xbf", "\\u{200b}\\u{feff}"},                 /* invisible */
        {"\xff\xfe<", "\\xff\\xfe&lt;"},                                    /* not UTF-8 */
        {"\xc0\xbcscript\xe0\x80\xbc", "\\xc0\\xbcscript\\xe0\\x80\\xbc"},  /* overlong */
        {"caf\xc3\xa9 \xe6\x97\xa5", "caf\xc3\xa9 \xe6\x97\xa5"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct text out;
        text_init(&out);
        add_html(&out, cases[i][0]);
        assert_string_equal(out.bytes ? out.bytes : "", cases[i][1]);
        text_finish(&out);
    }
}

/* Every byte: no other than the harmless ones is left as it is. */
TEST(no_byte_has_a_meaning)
{
    for (unsigned byte = 1; byte < 256; byte++) {
        struct text out;
        text_init(&out);
        add_html(&out, (char[]){(char)byte, '\0'});
        bool plain = byte >= ' ' && byte < 0x7f && !strchr("&<>\"'`", (int)byte);
        assert_int_equal(strlen(out.bytes) == 1, plain);
        assert_null(strpbrk(out.bytes, "<>\"'`\n"));
        text_finish(&out);
    }
}

TEST(a_blank_that_keeps_words_together_becomes_one)
{
    struct text out, words;
    text_init(&out);
    text_init(&words);
    text_add(&words, "tta1\x1f→\x1fldap1 <b>");
    move_html(&out, &words);
    assert_string_equal(out.bytes, "tta1 → ldap1 &lt;b&gt;");
    assert_null(words.bytes);
    text_finish(&out);
}

TEST(an_element_has_its_class_and_its_text)
{
    struct text out;
    text_init(&out);
    add_element(&out, "b", NULL, "<");
    add_element(&out, "p", "note", "&");
    assert_string_equal(out.bytes, "<b>&lt;</b><p class=\"note\">&amp;</p>");
    text_finish(&out);
}

/* A whole report in which everything that can be named is hostile has no tag but its own. */
TEST(a_report_full_of_hostile_names_has_no_element_of_theirs)
{
    struct evidence *e = evidence("name: \"<svg onload=alert(0)>\"\n"
                                  "hosts:\n"
                                  "  - {name: \"<img src=x onerror=alert(1)>\", address: 10.0.1.10, roles: [tarantella-server]}\n"
                                  "  - {name: \"</td><script>alert(2)</script>\", address: 10.0.3.6, roles: ldap-server}\n"
                                  "  - {name: \"<iframe\", address: 10.0.3.7, roles: ldap-server}\n"
                                  "features: {ldap: on}\n"
                                  "waivers:\n"
                                  "  - {from: any, to: any, ports: 9/udp, owner: \"<b>o\", reason: \"<b>r\", expires: 2020-01-01}\n");
    tcp_silent(e, "10.0.1.10", 40000, "10.0.3.6", 389);
    tcp_answered(e, "10.0.1.10", 40001, "10.0.3.6", 22);
    udp_exchange(e, "10.0.1.10", 40002, "10.0.3.6", 9);
    wait_ms(e, 10000);
    ping(e, "10.0.1.10", "10.0.3.7");
    const struct pp_report *report = judge(e);
    const char *const options[] = {"--filter=<img src=x>"};
    const struct pp_report_options how = {.tool_version = "<i>", .site_name = "<u>.yaml", .options = options, .option_count = 1};
    e->captures[0].name = "<video>";
    char *page;
    size_t size;
    assert_true(pp_report_write(report, "html", &how, &page, &size));
    static const char *const strangers[] = {"<img", "<script>alert", "<svg onload", "<iframe", "<video", "<b>o", "<b>r", "<i>", "<u>"};
    for (size_t i = 0; i < sizeof strangers / sizeof *strangers; i++)
        if (strstr(page, strangers[i])) fail_msg("%s got into the page", strangers[i]);
    static const char *const shown[] = {"&lt;img src=x onerror=alert(1)&gt;",
                                        "&lt;script&gt;alert(2)",
                                        "&lt;svg",
                                        "&lt;iframe",
                                        "&lt;video&gt;",
                                        "&lt;b&gt;o",
                                        "&lt;u&gt;.yaml",
                                        "--filter=&lt;img"};
    for (size_t i = 0; i < sizeof shown / sizeof *shown; i++)
        if (!strstr(page, shown[i])) fail_msg("%s is not shown", shown[i]);
    free(page);
}

/* Everything at once that could mean something: to HTML, to a script, to a terminal, to whoever reads from right to left; and no UTF-8. */
#define HOSTILE                                                                                                                            \
    "</script><script>alert(1)</script>\"><img src=x "                                                                                     \
    "onerror=alert(1)><!--]]>'`</svg></title></style>&lt;\xc2\x9b\xe2\x80\xae\xe2\x81\xa6\xff\xfe\n"

static unsigned times(const char *in, const char *what)
{
    unsigned n = 0;
    for (const char *at = in; (at = strstr(at, what)); at += strlen(what)) n++;
    return n;
}

/* Spec and site as if somebody had got these strings past their readers. */
static void make_hostile(struct pp_spec *spec, struct pp_site *site)
{
    spec->name = spec->title = spec->version = spec->source = HOSTILE;
    for (unsigned i = 0; i < spec->role_count; i++) spec->roles[i].name = spec->roles[i].title = HOSTILE;
    for (unsigned i = 0; i < spec->feature_count; i++) spec->features[i].name = spec->features[i].title = HOSTILE;
    for (unsigned i = 0; i < spec->row_count; i++) {
        struct pp_row *row = &spec->rows[i];
        row->id = row->ports_text = row->purpose = row->condition = row->exercise = row->from_title = row->to_title = row->group = HOSTILE;
    }
    site->name = HOSTILE;
    for (uint32_t i = 0; i < site->host_count; i++) site->hosts[i].name = i % 2 ? HOSTILE "odd" : HOSTILE;
    for (uint32_t i = 0; i < site->waiver_count; i++) site->waivers[i].owner = site->waivers[i].reason = HOSTILE;
}

static char *hostile_page(bool all)
{
    struct evidence *e = evidence(SMALL_SITE "features: {ldap: on, telnet: off}\n"
                                             "waivers:\n"
                                             "  - {from: any, to: any, ports: 9/udp, owner: o, reason: r, expires: 2020-01-01}\n");
    make_hostile(e->spec, e->site);
    tcp_answered(e, "10.0.1.10", 40000, "10.0.2.5", 22);
    tcp_silent(e, "10.0.1.10", 40000, "10.0.3.6", 389);
    tcp_answered(e, "10.0.1.10", 40001, "10.0.2.5", 23);
    tcp_answered(e, "10.0.2.5", 40002, "10.0.1.10", 22);
    tcp_answered(e, "192.0.2.1", 40003, "10.0.1.10", 4711);
    udp_exchange(e, "10.0.1.10", 40004, "10.0.3.6", 9);
    wait_ms(e, 10000);
    const char *const options[] = {HOSTILE};
    const struct pp_report_options how = {.tool_version = HOSTILE, .site_name = HOSTILE, .options = options, .option_count = 1, .all = all};
    const struct pp_report *report = judge(e);
    e->captures[0].name = HOSTILE;
    e->captures[0].failed = true;
    strcpy(e->captures[0].error.text, "cannot read " HOSTILE);
    char *page;
    size_t size;
    assert_true(pp_report_write(report, "html", &how, &page, &size));
    assert_int_equal(strlen(page), size);
    return page;
}

TEST(nothing_that_rules_site_or_capture_say_is_ever_markup)
{
    static const char *const strangers[] = {"<script>alert", "<img",         "<!--", "]]>", "\xc2\x9b",
                                            "\xe2\x80\xae",  "\xe2\x81\xa6", "\xff", "\xfe"};
    for (int all = 0; all < 2; all++) {
        char *page = hostile_page(all);
        for (size_t i = 0; i < sizeof strangers / sizeof *strangers; i++)
            if (strstr(page, strangers[i])) fail_msg("%s got into the page", strangers[i]);
        static const char *const ours[] = {"<script",    "</script",   "<style",  "</style", "<title>COMPL",
                                           "<title>NON", "<title>INC", "</head>", "<main",   "</main"};
        for (size_t i = 0; i < sizeof ours / sizeof *ours; i++) assert_in_range(times(page, ours[i]), 0, 1);
        assert_int_equal(times(page, "<svg"), times(page, "</svg"));
        assert_int_equal(times(page, "<table"), times(page, "</table"));
        assert_int_equal(times(page, "<td"), times(page, "</td>"));
        assert_true(times(page, "&lt;img src=x onerror=alert(1)&gt;") > 50);
        assert_non_null(strstr(page, "class=\"map\""));
        assert_non_null(strstr(page, "class=\"timeline\""));
        free(page);
    }
}

static char *hostile_json(const char *tta, const char *app, size_t *size)
{
    struct evidence *e = evidence(SMALL_SITE "features: {ldap: on, telnet: off, ssh: on}\n");
    make_hostile(e->spec, e->site);
    for (uint16_t f = 0; f < e->spec->feature_count; f++) e->spec->features[f].name = builtin_rules()->features[f].name; /* keys in JSON */
    for (uint16_t r = 0; r < e->spec->row_count; r++)
        e->spec->rows[r].encrypted_by = r > 1 ? 1 : PP_NONE; /* all of them clear text of one */
    tcp_answered(e, "10.20.0.9", 40000, tta, 443);
    tcp_answered(e, "10.0.1.10", 40000, "10.0.2.5", 23);
    tcp_answered(e, app, 40002, "10.0.1.10", 22);
    tcp_silent(e, "10.0.1.10", 40000, "10.0.3.6", 389);
    const struct pp_report_options how = {.tool_version = HOSTILE};
    char *json;
    judge(e);
    e->captures[0].name = HOSTILE;
    assert_true(pp_report_write(e->report, "json", &how, &json, size));
    return json;
}

static bool append(void *text, const char *bytes, size_t size) { return text_add_bytes(text, bytes, size), true; }

TEST(nothing_that_two_reports_or_the_command_line_say_is_markup_in_their_comparison)
{
    static const char *const strangers[] = {"<script>alert", "<img",         "<!--", "]]>", "\xc2\x9b",
                                            "\xe2\x80\xae",  "\xe2\x81\xa6", "\xff", "\xfe"};
    static const char *const formats[] = {"html", "junit", "markdown", "text", "csv", "json", "sarif"};
    const struct pp_report_options how = {.tool_version = HOSTILE, .utf8 = true, .all = true};
    const struct pp_rename rename = {"tta1", HOSTILE};
    struct pp_error error;
    unsigned which;
    size_t sizes[2];
    char *texts[2] = {hostile_json("10.0.1.10", "10.0.2.5", &sizes[0]), hostile_json("10.0.1.10", "192.0.2.7", &sizes[1])};
    struct pp_comparison *c = pp_compare(texts[0], sizes[0], texts[1], sizes[1], &rename, 1, &error, &which);
    if (!c) fail_msg("%u: %s", which, error.text);
    for (size_t f = 0; f < sizeof formats / sizeof *formats; f++) {
        struct text page;
        text_init(&page);
        assert_true(pp_comparison_send(c, NULL, formats[f], &how, &(struct pp_sink){append, &page}));
        for (size_t i = f < 3 ? 0 : 4; i < sizeof strangers / sizeof *strangers; i++)
            if (strstr(page.bytes, strangers[i])) fail_msg("%s: %s got into it", formats[f], strangers[i]);
        if (f == 0) {
            assert_int_equal(times(page.bytes, "<script"), 1);
            assert_int_equal(times(page.bytes, "<title"), 1);
            assert_int_equal(times(page.bytes, "<td"), times(page.bytes, "</td>"));
            assert_true(times(page.bytes, "&lt;img src=x onerror=alert(1)&gt;") > 30);
        }
        text_finish(&page);
    }
    pp_comparison_destroy(c);
    free(texts[0]);
    free(texts[1]);
}

/* A link into this week's report leads to the same finding in next week's. */
TEST(an_anchor_depends_on_what_a_finding_is_about_alone)
{
    char anchors[2][32] = {{0}};
    for (int more = 0; more < 2; more++) {
        struct evidence *e = evidence(SMALL_SITE "features: {ldap: on}\n");
        wait_ms(e, 1000);
        if (more)
            tcp_answered(e, "192.0.2.1", 40003, "10.0.1.10", 4711), wait_ms(e, 5000), tcp_silent(e, "10.0.1.10", 40009, "10.0.3.6", 389);
        tcp_silent(e, "10.0.1.10", 40000, "10.0.3.6", 389);
        wait_ms(e, 10000);
        const struct pp_report_options how = {.tool_version = "1"};
        char *page;
        size_t size;
        assert_true(pp_report_write(judge(e), "html", &how, &page, &size));
        const char *blocked = strstr(page, "<section id=\"blocked\">");
        assert_non_null(blocked);
        const char *anchor = strstr(blocked, "id=\"f-");
        assert_non_null(anchor);
        memcpy(anchors[more], anchor, sizeof "id='f-0123456789ab'" - 1);
        free(page);
    }
    assert_string_equal(anchors[0], anchors[1]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(whatever_is_named_stays_text),
        cmocka_unit_test(no_byte_has_a_meaning),
        cmocka_unit_test(a_blank_that_keeps_words_together_becomes_one),
        cmocka_unit_test(an_element_has_its_class_and_its_text),
        cmocka_unit_test(a_report_full_of_hostile_names_has_no_element_of_theirs),
        cmocka_unit_test(nothing_that_rules_site_or_capture_say_is_ever_markup),
        cmocka_unit_test(nothing_that_two_reports_or_the_command_line_say_is_markup_in_their_comparison),
        cmocka_unit_test(an_anchor_depends_on_what_a_finding_is_about_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
