/* What a screen shows of a report, one thing at a time, is what the report says. */
#include <string.h>

#include "evidence.h"
#include "portproof/report.h"
#include "testing.h"
#include "text.h"

static const struct pp_report_options ascii = {.tool_version = "1", .site_name = "site.yaml", .width = 100};

static bool append(void *text, const char *bytes, size_t size)
{
    text_add_bytes(text, bytes, size);
    return true;
}

static bool refuse(void *context, const char *bytes, size_t size) { return (void)context, (void)bytes, size == 0; }

static void assert_has(const struct text *text, const char *words)
{
    if (!strstr(text->bytes, words)) fail_msg("no \"%s\" in:\n%s", words, text->bytes);
}

/* Two rows of which one is blocked, and a connection on no row. */
static const struct pp_report *report_of(void)
{
    struct evidence *e = evidence(SMALL_SITE "features: {ldap: on}\n");
    tcp_answered(e, "10.20.0.9", 40000, "10.0.1.10", 5307);
    tcp_silent(e, "10.0.1.10", 40001, "10.0.3.6", 389);
    tcp_answered(e, "10.20.0.9", 40001, "10.0.1.10", 22);
    return judge(e);
}

TEST(a_finding_by_itself_is_as_in_the_report)
{
    const struct pp_report *report = report_of();
    struct text all, one;
    text_init(&all);
    assert_true(pp_report_send(report, "text", &ascii, &(struct pp_sink){append, &all}));
    for (uint32_t i = 0; i < report->finding_count; i++) {
        text_init(&one);
        assert_true(pp_finding_write(report, &report->findings[i], &ascii, &(struct pp_sink){append, &one}));
        char *community = strstr(one.bytes, "           Community ID ");
        if (community) *community = '\0';
        assert_has(&all, one.bytes);
        text_finish(&one);
    }
    assert_true(report->finding_count >= 2);
    text_finish(&all);
}

TEST(a_row_by_itself_has_its_purpose_its_counts_and_its_edges)
{
    const struct pp_report *report = report_of();
    uint16_t row = pp_spec_find_row(report->spec, "tta-ldap");
    struct text text;
    text_init(&text);
    assert_true(pp_row_explain(report->spec, report->site, row, &(struct pp_sink){append, &text}));
    assert_has(&text, report->spec->rows[row].purpose);
    assert_has(&text, "LDAP directory server (ldap1)");
    assert_has(&text, "feature   ldap, on at this site");
    text_finish(&text);
    assert_true(pp_row_write(report, row, &ascii, &(struct pp_sink){append, &text}));
    assert_has(&text, "in all    x blocked, 1 flow, 4 packets\n");
    assert_has(&text, "edges     tta1 -> ldap1 silent\n");
    text_finish(&text);
}

TEST(the_verdict_by_itself_has_its_reasons_and_what_to_do_first)
{
    const struct pp_report *report = report_of();
    struct text text;
    text_init(&text);
    assert_true(pp_verdict_write(report, &ascii, &(struct pp_sink){append, &text}));
    assert_has(&text, "NON-COMPLIANT   1 row is blocked");
    assert_has(&text, "DO FIRST\n 1  open");
    text_finish(&text);
}

TEST(an_event_by_itself_is_the_line_without_its_time)
{
    const struct pp_report *report = report_of();
    struct pp_watch *watch = pp_watch_create();
    const struct pp_event *events;
    size_t count;
    struct text lines, one;
    text_init(&lines);
    assert_true(pp_watch_update(watch, report, NULL, &events, &count));
    assert_true(count >= 4);
    assert_true(pp_events_write(report, events, count, 0, "text", &ascii, &(struct pp_sink){append, &lines}));
    for (size_t i = 0; i < count; i++) {
        text_init(&one);
        text_add(&one, "UTC  ");
        assert_true(pp_event_write(report, &events[i], &ascii, &(struct pp_sink){append, &one}));
        text_add(&one, "\n");
        assert_has(&lines, one.bytes);
        text_finish(&one);
    }
    text_finish(&lines);
    pp_watch_destroy(watch);
}

TEST(whoever_takes_no_more_is_told_of_as_failure)
{
    const struct pp_report *report = report_of();
    const struct pp_sink sink = {refuse, NULL};
    assert_false(pp_finding_write(report, &report->findings[0], &ascii, &sink));
    assert_false(pp_row_explain(report->spec, NULL, 0, &sink));
    assert_false(pp_row_write(report, 0, &ascii, &sink));
    assert_false(pp_verdict_write(report, &ascii, &sink));
}

TEST(every_state_has_a_sign_of_one_column)
{
    for (enum pp_state s = 0; s < PP_STATE_COUNT; s++) {
        assert_int_equal(strlen(pp_state_sign(s, false)), 1);
        assert_true(strlen(pp_state_sign(s, true)) >= 1);
    }
    assert_string_not_equal(pp_state_sign(PP_STATE_EXPECTED, false), pp_state_sign(PP_STATE_BLOCKED, false));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_finding_by_itself_is_as_in_the_report),
        cmocka_unit_test(a_row_by_itself_has_its_purpose_its_counts_and_its_edges),
        cmocka_unit_test(the_verdict_by_itself_has_its_reasons_and_what_to_do_first),
        cmocka_unit_test(an_event_by_itself_is_the_line_without_its_time),
        cmocka_unit_test(whoever_takes_no_more_is_told_of_as_failure),
        cmocka_unit_test(every_state_has_a_sign_of_one_column),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
