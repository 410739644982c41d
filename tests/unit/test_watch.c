/* Who listens is told of what changed since the judgement before, once, and of nothing else. */
#include "portproof/watch.h"

#include <stdio.h>
#include <string.h>

#include "evidence.h"
#include "portproof/report.h"
#include "testing.h"

/* What the next judgement has that those before had not: "verdict non-compliant; row tta-ldap optional>blocked; finding unexpected". */
static const char *told(struct pp_watch *watch, struct evidence *e)
{
    static char text[4096];
    const struct pp_report *report = judge(e);
    const struct pp_event *events;
    size_t count, length = 0;
    assert_true(pp_watch_update(watch, report, NULL, &events, &count));
    text[0] = '\0';
    for (size_t i = 0; i < count && length + 200 < sizeof text; i++) {
        const struct pp_event *v = &events[i];
        length += (size_t)snprintf(text + length, sizeof text - length, "%s%s ", i ? "; " : "", pp_event_name(v->kind));
        if (v->kind == PP_EVENT_VERDICT)
            length += (size_t)snprintf(text + length, sizeof text - length, "%s", pp_compliance_name(v->verdict_is));
        else if (v->kind == PP_EVENT_LOSS)
            length += (size_t)snprintf(text + length, sizeof text - length, "%u", (unsigned)v->dropped);
        else if (v->kind == PP_EVENT_LINK)
            length += (size_t)snprintf(text + length, sizeof text - length, "%s %s", pp_link_event_name(v->gap.event),
                                       v->gap.to_ns == PP_NO_FIRST ? "lasts" : "is over");
        else if (v->kind == PP_EVENT_ROW)
            length += (size_t)snprintf(text + length, sizeof text - length, "%s %s>%s", report->spec->rows[v->row].id,
                                       pp_state_name(v->was), pp_state_name(v->is));
        else
            length += (size_t)snprintf(text + length, sizeof text - length, "%s %s", pp_finding_kind_name(v->finding->kind),
                                       v->finding->has_outcome ? pp_outcome_name(v->finding->outcome) : "-");
    }
    return text;
}

TEST(the_first_judgement_tells_all_and_the_same_again_nothing)
{
    struct evidence *e = evidence(SMALL_SITE);
    struct pp_watch *watch = pp_watch_create();
    tcp_answered(e, "10.20.0.9", 40000, "10.0.1.10", 5307);
    tcp_answered(e, "10.20.0.9", 40001, "10.0.1.10", 22);
    assert_string_equal(told(watch, e), "verdict non-compliant; row client-aips optional>expected; finding unexpected answered");
    assert_string_equal(told(watch, e), "");
    pp_watch_destroy(watch);
}

TEST(more_of_what_was_told_is_nothing_new)
{
    struct evidence *e = evidence(SMALL_SITE);
    struct pp_watch *watch = pp_watch_create();
    tcp_answered(e, "10.20.0.9", 40001, "10.0.1.10", 22);
    told(watch, e);
    tcp_answered(e, "10.20.0.9", 40002, "10.0.1.10", 22);
    tcp_answered(e, "10.20.0.9", 40003, "10.0.1.10", 22);
    assert_string_equal(told(watch, e), "");
    tcp_answered(e, "10.20.0.8", 40003, "10.0.1.10", 22);
    assert_string_equal(told(watch, e), "finding unexpected answered");
    pp_watch_destroy(watch);
}

TEST(a_told_finding_is_found_again_in_a_later_report)
{
    struct evidence *e = evidence(SMALL_SITE);
    struct pp_watch *watch = pp_watch_create();
    const struct pp_event *events;
    size_t count;
    tcp_answered(e, "10.20.0.9", 40001, "10.0.1.10", 22);
    assert_true(pp_watch_update(watch, judge(e), NULL, &events, &count));
    uint64_t identity = events[count - 1].identity;
    assert_int_equal(events[count - 1].kind, PP_EVENT_FINDING);
    tcp_answered(e, "10.20.0.9", 40002, "10.0.1.10", 22); /* grows */
    tcp_answered(e, "10.20.0.7", 40002, "10.0.1.10", 22); /* another */
    const struct pp_report *report = judge(e);
    const struct pp_finding *finding = pp_watch_find(watch, report, identity);
    assert_non_null(finding);
    assert_int_equal(finding->flows, 2);
    assert_int_equal(finding->initiator.address.bytes[3], 9);
    assert_null(pp_watch_find(watch, report, identity + 1));
    pp_watch_destroy(watch);
}

TEST(packets_that_are_dropped_and_links_that_go_away_are_told_once)
{
    struct evidence *e = evidence(SMALL_SITE);
    struct pp_watch *watch = pp_watch_create();
    tcp_answered(e, "10.20.0.9", 40000, "10.0.1.10", 5307);
    told(watch, e);
    struct pp_live_account *account = &e->captures[0].account;
    e->captures[0].live = true;
    account->dropped = 5;
    assert_string_equal(told(watch, e), "loss 5");
    assert_string_equal(told(watch, e), "");
    account->dropped = 7;
    account->interface_dropped = 1;
    account->gaps[account->gap_count++] = (struct pp_link_gap){10, PP_NO_FIRST, PP_LINK_DOWN, "eth0"};
    account->gaps_in_all = 1;
    assert_string_equal(told(watch, e), "loss 3; link down lasts");
    assert_string_equal(told(watch, e), "");
    account->gaps[0].to_ns = 20;
    account->gaps[account->gap_count++] = (struct pp_link_gap){30, 40, PP_LINK_REMOVED, "eth0"};
    account->gaps_in_all = 2;
    assert_string_equal(told(watch, e), "link down is over; link removed is over");
    assert_string_equal(told(watch, e), "");
    pp_watch_destroy(watch);
}

TEST(a_row_is_told_when_its_state_changes)
{
    struct evidence *e = evidence(SMALL_SITE);
    struct pp_watch *watch = pp_watch_create();
    tcp_silent(e, "10.0.1.10", 40000, "10.0.3.6", 389);
    wait_ms(e, 10000);
    ping(e, "10.0.1.10", "10.0.3.6");
    const char *first = told(watch, e);
    assert_non_null(strstr(first, "row tta-ldap optional>blocked"));
    assert_non_null(strstr(first, "finding blocked silent"));
    tcp_answered(e, "10.0.1.10", 40001, "10.0.3.6", 389);
    const char *second = told(watch, e);
    assert_non_null(strstr(second, "row tta-ldap blocked>expected"));
    assert_null(strstr(second, "finding"));
    pp_watch_destroy(watch);
}

/* One old answer hides for ever that a row has stopped working; the window does not know it. */
TEST(a_row_that_worked_and_does_not_any_more_is_told_by_the_window)
{
    struct evidence *e = evidence(SMALL_SITE), *late = evidence(SMALL_SITE);
    struct pp_watch *watch = pp_watch_create();
    const struct pp_event *events;
    size_t count;
    tcp_answered(e, "10.0.1.10", 40000, "10.0.3.6", 389);
    told(watch, e);
    tcp_silent(e, "10.0.1.10", 40001, "10.0.3.6", 389);
    tcp_silent(late, "10.0.1.10", 40001, "10.0.3.6", 389);
    wait_ms(e, 10000), wait_ms(late, 10000);
    ping(e, "10.0.1.10", "10.0.3.6"), ping(late, "10.0.1.10", "10.0.3.6");
    assert_string_equal(state_text(e, "tta-ldap"), "expected");
    assert_true(pp_watch_update(watch, judge(e), judge(late), &events, &count));
    assert_int_equal(count, 1);
    assert_int_equal(events[0].kind, PP_EVENT_ROW);
    assert_int_equal(events[0].was, PP_STATE_EXPECTED);
    assert_int_equal(events[0].is, PP_STATE_BLOCKED);
    struct evidence *quiet = evidence(SMALL_SITE); /* that nobody tries it any more does not mend it */
    assert_true(pp_watch_update(watch, judge(e), judge(quiet), &events, &count));
    assert_int_equal(count, 0);
    struct evidence *again = evidence(SMALL_SITE);
    tcp_answered(again, "10.0.1.10", 40002, "10.0.3.6", 389);
    assert_true(pp_watch_update(watch, judge(e), judge(again), &events, &count));
    assert_int_equal(count, 1);
    assert_int_equal(events[0].is, PP_STATE_EXPECTED);
    assert_int_equal(pp_watch_state(watch, events[0].row), PP_STATE_EXPECTED);
    pp_watch_destroy(watch);
}

TEST(a_block_of_another_kind_is_told_again)
{
    struct evidence *e = evidence(SMALL_SITE);
    struct pp_watch *watch = pp_watch_create();
    tcp_silent(e, "10.0.1.10", 40000, "10.0.3.6", 389);
    wait_ms(e, 10000);
    ping(e, "10.0.1.10", "10.0.3.6");
    told(watch, e);
    tcp_rejected(e, "10.0.1.10", 40001, "10.0.3.6", 389, "10.0.0.1", 3, 13);
    const char *second = told(watch, e);
    assert_string_equal(second, "finding blocked rejected");
    pp_watch_destroy(watch);
}

TEST(a_missing_row_is_told_as_a_row_only)
{
    struct evidence *e = evidence(SMALL_SITE "features: {ldap: on}\n");
    struct pp_watch *watch = pp_watch_create();
    everyone_is_seen(e);
    const char *first = told(watch, e);
    assert_non_null(strstr(first, "row tta-ldap optional>missing"));
    assert_null(strstr(first, "finding"));
    pp_watch_destroy(watch);
}

TEST(hosts_that_appear_and_rename_inferred_ones_make_no_finding_new)
{
    struct evidence *e = evidence(NULL);
    struct pp_watch *watch = pp_watch_create();
    tcp_answered(e, "10.20.0.9", 40000, "10.0.1.10", 5307);
    tcp_answered(e, "10.20.0.9", 40001, "10.0.1.10", 22);
    told(watch, e);
    tcp_answered(e, "10.20.0.9", 40002, "10.0.1.5", 5307); /* a server that comes before the other one, which gets its number */
    const char *second = told(watch, e);
    if (strstr(second, "finding")) fail_msg("%s", second);
    pp_watch_destroy(watch);
}

TEST(thousands_of_findings_are_told_once_and_joined_ones_not_again)
{
    struct evidence *e = evidence(SMALL_SITE);
    struct pp_watch *watch = pp_watch_create();
    const struct pp_event *events;
    size_t count;
    for (unsigned i = 0; i < 9000; i++) {
        char client[32];
        snprintf(client, sizeof client, "10.20.%u.%u", i / 250, 1 + i % 250);
        tcp_answered(e, client, 40000, "10.0.1.10", 22);
    }
    assert_true(pp_watch_update(watch, judge(e), NULL, &events, &count));
    assert_true(count >= 9000);
    assert_true(pp_watch_update(watch, judge(e), NULL, &events, &count));
    assert_int_equal(count, 0);
    for (unsigned i = 0; i < 2000; i++) {
        char client[32];
        snprintf(client, sizeof client, "10.20.%u.%u", 100 + i / 250, 1 + i % 250);
        tcp_answered(e, client, 40000, "10.0.1.10", 22);
    }
    const struct pp_report *report = judge(e);
    assert_true(report->findings_joined);
    assert_true(pp_watch_update(watch, report, NULL, &events, &count));
    assert_int_equal(count, 0);
    tcp_answered(e, "10.20.0.9", 40000, "10.0.1.10", 23); /* and what is new among joined ones is told */
    assert_true(pp_watch_update(watch, judge(e), NULL, &events, &count));
    assert_int_equal(count, 1);
    assert_int_equal(pp_watch_untold(watch), 0);
    pp_watch_destroy(watch);
}

/* --- as lines ------------------------------------------------------------------------------------------------------------ */

static char written[8192];

static bool keep(void *context, const char *bytes, size_t size)
{
    (void)context;
    size_t length = strlen(written);
    assert_true(length + size < sizeof written);
    memcpy(written + length, bytes, size);
    written[length + size] = '\0';
    return true;
}

static const char *lines_of(struct evidence *e, const char *format)
{
    struct pp_watch *watch = pp_watch_create();
    const struct pp_report *report = judge(e);
    const struct pp_event *events;
    size_t count;
    struct pp_report_options options = {.utf8 = true};
    struct pp_sink sink = {keep, NULL};
    written[0] = '\0';
    assert_true(pp_watch_update(watch, report, NULL, &events, &count));
    assert_true(pp_events_write(report, events, count, UINT64_C(1795168691000000000), format, &options, &sink));
    pp_watch_destroy(watch);
    return written;
}

TEST(events_are_lines_for_people)
{
    struct evidence *e = evidence(SMALL_SITE);
    tcp_answered(e, "10.20.0.9", 40000, "10.0.1.10", 5307);
    tcp_answered(e, "10.20.0.9", 40001, "10.0.1.10", 22);
    assert_string_equal(lines_of(e, "text"), "2026-11-20 09:58:11 UTC  verdict  non-compliant\n"
                                             "2026-11-20 09:58:11 UTC  row      client-aips  optional \xe2\x86\x92 expected\n"
                                             "2026-11-20 09:58:11 UTC  finding  close  staff (10.20.0.9) \xe2\x86\x92 tta1  22/tcp  "
                                             "answered; on no row between these hosts\n");
}

TEST(events_are_json_lines_with_the_findings_of_the_report)
{
    struct evidence *e = evidence(SMALL_SITE);
    tcp_answered(e, "10.20.0.9", 40001, "10.0.1.10", 22);
    const char *lines = lines_of(e, "jsonl");
    static const char verdict[] =
        "{\"event\":\"verdict\",\"at\":\"2026-11-20T09:58:11.000000000Z\",\"was\":\"non-compliant\",\"is\":\"non-compliant\"}\n";
    static const char finding[] = "{\"event\":\"finding\",\"at\":\"2026-11-20T09:58:11.000000000Z\",\"finding\":{\"kind\":\"unexpected\",";
    assert_int_equal(strncmp(lines, verdict, sizeof verdict - 1), 0);
    assert_int_equal(strncmp(lines + sizeof verdict - 1, finding, sizeof finding - 1), 0);
    assert_string_equal(lines + strlen(lines) - 3, "}}\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_first_judgement_tells_all_and_the_same_again_nothing),
        cmocka_unit_test(more_of_what_was_told_is_nothing_new),
        cmocka_unit_test(a_told_finding_is_found_again_in_a_later_report),
        cmocka_unit_test(packets_that_are_dropped_and_links_that_go_away_are_told_once),
        cmocka_unit_test(a_row_is_told_when_its_state_changes),
        cmocka_unit_test(a_row_that_worked_and_does_not_any_more_is_told_by_the_window),
        cmocka_unit_test(a_block_of_another_kind_is_told_again),
        cmocka_unit_test(a_missing_row_is_told_as_a_row_only),
        cmocka_unit_test(hosts_that_appear_and_rename_inferred_ones_make_no_finding_new),
        cmocka_unit_test(thousands_of_findings_are_told_once_and_joined_ones_not_again),
        cmocka_unit_test(events_are_lines_for_people),
        cmocka_unit_test(events_are_json_lines_with_the_findings_of_the_report),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
