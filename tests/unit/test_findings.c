/* Design 7: flows join into findings. */
#include <stdio.h>
#include <string.h>

#include "evidence.h"
#include "testing.h"

#define WAIVER(from, to, ports, expires)                                                                                                   \
    "  - {from: " from ", to: " to ", ports: " ports ", owner: ops, reason: agreed, expires: " expires "}\n"

/* --- findings join ------------------------------------------------------------------------------------------------------------- */

TEST(findings_join_flows_that_agree_in_everything_but_the_ephemeral_port)
{
    struct evidence *e = evidence(SMALL_SITE);
    for (unsigned i = 0; i < 5; i++) tcp_answered(e, "tta1", (uint16_t)(40000 + i), "ldap1", 25);
    tcp_refused(e, "tta1", 41000, "ldap1", 25);
    tcp_answered(e, "app1", 40000, "ldap1", 25);
    assert_findings(e, "unexpected unlisted-port tta1>ldap1:25 answered\nunexpected unlisted-port app1>ldap1:25 answered\n"
                       "unexpected unlisted-port tta1>ldap1:25 refused");
    assert_int_equal(e->report->findings[0].flows, 5);
    assert_int_equal(e->report->summary.unexpected, 7);
    assert_int_equal(e->report->summary.got_through, 6);
}

TEST(findings_keep_the_transports_and_what_may_be_two_services_apart)
{
    struct evidence *e = evidence(SMALL_SITE "waivers:\n" WAIVER("any", "any", "9100/tcp", "never"));
    tcp_rejected(e, "tta1", 40000, "ldap1", 25, "10.0.0.1", 3, 13);
    icmp_error(e, PP_UDP, "tta1", 40000, "ldap1", 25, "10.0.0.1", 3, 13);
    tcp_midstream(e, "tta1", 9100, "app1", 22); /* either port may be the service: both tell the finding apart */
    tcp_midstream(e, "tta1", 515, "app1", 22);
    judge(e);
    assert_int_equal(count_kind(e, PP_FIND_UNEXPECTED), 2);
    assert_int_equal(count_kind(e, PP_FIND_UNDETERMINED), 2);
}

TEST(the_first_frame_and_community_id_are_the_earliest_flows)
{
    for (uint16_t early = 40000; early <= 40001; early++) { /* whichever of the two the table holds first */
        struct evidence *e = evidence(SMALL_SITE);
        e->now_ms = 100000;
        tcp_answered(e, "tta1", (uint16_t)(80001 - early), "ldap1", 25);
        e->now_ms = 0;
        tcp_answered(e, "tta1", early, "ldap1", 25); /* later in the file, earlier in time */
        const struct pp_finding *f = find_finding(e, PP_FIND_UNEXPECTED);
        struct evidence *alone = evidence(SMALL_SITE);
        tcp_answered(alone, "tta1", early, "ldap1", 25);
        assert_int_equal(f->first_frame, 6);
        assert_string_equal(f->community_id, find_finding(alone, PP_FIND_UNEXPECTED)->community_id);
    }
}

TEST(of_flows_that_began_at_the_same_time_the_lower_frame_is_the_first)
{
    struct evidence *e = evidence(SMALL_SITE);
    tcp(e, "tta1", 40001, "ldap1", 25, PP_SYN);
    tcp(e, "tta1", 40000, "ldap1", 25, PP_SYN);
    tcp(e, "tta1", 40002, "ldap1", 25, PP_SYN);
    assert_int_equal(find_finding(e, PP_FIND_UNEXPECTED)->first_frame, 1);
    assert_int_equal(e->report->findings[0].flows, 3);
}

TEST(past_ten_thousand_findings_they_join_with_a_count_of_initiators_and_the_summary_stays_exact)
{
    struct evidence *e = evidence(SMALL_SITE);
    static struct pp_packet packets[24000]; /* two flows from each of 12,000 */
    static uint8_t results[24000];
    for (uint32_t i = 0; i < 24000; i++) {
        packets[i] = packet_of(e, PP_TCP, "10.9.9.9", (uint16_t)(40000 + i % 2), "tta1", 25, PP_SYN);
        packets[i].source[2] = (uint8_t)(i / 2 >> 8);
        packets[i].source[1] = i < 12000 ? 9 : 20; /* strangers, then clients */
        packets[i].source[3] = (uint8_t)(i / 2);
        packets[i].frame = i + 1;
        results[i] = PP_DECODED;
    }
    assert_true(pp_flow_table_add(e->flows, packets, results, 24000));
    e->frames = 24000;
    judge(e);
    assert_true(e->report->findings_joined);
    assert_int_equal(e->report->finding_count, 2); /* one for each reason */
    assert_int_equal(e->report->findings[0].initiators, 6000);
    assert_int_equal(e->report->findings[1].initiators, 6000);
    assert_int_equal(e->report->findings[0].reason, PP_UNLISTED_PORT);
    assert_int_equal(e->report->findings[0].first_frame, 12001);
    assert_int_equal(e->report->findings[0].flows, 12000);
    assert_int_equal(e->report->summary.unexpected, 24000);
}

TEST(every_waiver_that_expired_is_a_finding_of_its_own_with_all_that_used_it)
{
    struct evidence *e =
        evidence(SMALL_SITE "waivers:\n" WAIVER("tta1", "any", "25/tcp", "2026-11-19") WAIVER("app1", "any", "20-30/tcp", "2026-11-18"));
    tcp_answered(e, "app1", 40000, "ldap1", 25);
    tcp_answered(e, "tta1", 40000, "ldap1", 25);
    tcp_answered(e, "app1", 40001, "ldap1", 25);
    tcp_answered(e, "tta1", 40001, "win1", 25);
    judge(e);
    assert_int_equal(count_kind(e, PP_FIND_WAIVER_EXPIRED), 3);
    assert_findings(e, "unexpected unlisted-port tta1>win1:25 answered\nunexpected unlisted-port tta1>ldap1:25 answered\n"
                       "unexpected unlisted-port app1>ldap1:25 answered\nwaiver-expired tta1>win1:25 answered\n"
                       "waiver-expired tta1>ldap1:25 answered\nwaiver-expired app1>ldap1:25 answered");
    assert_int_equal(e->report->findings[5].flows, 2);
    assert_int_equal(e->report->findings[5].waiver, 1);
    assert_non_null(strstr(e->report->findings[5].explanation, "(\"agreed\") ended on 2026-11-18"));
}

/* A datagram of each of 11,000 strangers to one port; the first was rejected, so what came of the line is the worst of all. */
TEST(a_joined_line_is_as_open_as_the_worst_flow_in_it)
{
    struct evidence *e = evidence(SMALL_SITE);
    for (uint32_t i = 0; i < 11000; i++) {
        struct pp_packet packet = packet_of(e, PP_UDP, "10.99.0.0", 40000, "tta1", 25, 0);
        packet.source[2] = (uint8_t)(i >> 8);
        packet.source[3] = (uint8_t)i;
        put(e, packet, PP_DECODED);
    }
    icmp_error(e, PP_UDP, "10.99.0.0", 40000, "tta1", 25, "10.0.0.1", 3, 13);
    judge(e);
    assert_int_equal(e->report->finding_count, 1);
    assert_int_equal(e->report->findings[0].initiators, 11000);
    assert_int_equal(e->report->findings[0].got_through, PP_UNKNOWN);
    assert_int_equal(e->report->findings[0].outcome, PP_SILENT);
    assert_string_equal(e->report->findings[0].action, "settle");
    udp_exchange(e, "10.99.0.9", 40001, "tta1", 25);
    judge(e);
    assert_int_equal(e->report->findings[0].got_through, PP_YES);
    assert_int_equal(e->report->findings[0].outcome, PP_ANSWERED);
    assert_string_equal(e->report->findings[0].action, "close");
}

TEST(missing_edges_towards_whole_prefixes_stand_in_the_order_of_their_names)
{
    struct evidence *e = evidence("hosts:\n  - {name: tta1, address: 10.0.1.10, roles: tarantella-server}\n"
                                  "  - {name: west, prefix: 10.0.2.0/24, roles: application-server}\n"
                                  "  - {name: east, prefix: 10.0.3.0/24, roles: application-server}\nfeatures: {ssh: on}\n");
    everyone_is_seen(e);
    assert_findings(e, "missing tta-app-ssh tarantella-server>east:22\nmissing tta-app-ssh tarantella-server>west:22");
}

TEST(an_icmp_error_without_a_time_leaves_its_finding_none)
{
    struct evidence *e = evidence(SMALL_SITE);
    e->timeless = true;
    icmp_error(e, PP_TCP, "tta1", 40000, "ldap1", 25, "10.0.0.1", 3, 13);
    const struct pp_finding *f = find_finding(e, PP_FIND_UNEXPECTED);
    assert_true(f->first_ns == PP_NO_FIRST);
    assert_true(f->last_ns == PP_NO_LAST);
    assert_int_equal(f->first_frame, 1);
}

TEST(of_icmp_errors_about_two_attempts_the_line_lasts_from_the_first_to_the_last)
{
    struct evidence *e = evidence(SMALL_SITE);
    e->now_ms = 5000;
    icmp_error(e, PP_TCP, "tta1", 40000, "ldap1", 25, "10.0.0.1", 3, 13);
    e->now_ms = 2000;
    icmp_error(e, PP_TCP, "tta1", 40001, "ldap1", 25, "10.0.0.1", 3, 13);
    e->now_ms = 3000;
    icmp_error(e, PP_TCP, "tta1", 40002, "ldap1", 25, "10.0.0.1", 3, 13);
    const struct pp_finding *f = find_finding(e, PP_FIND_UNEXPECTED);
    assert_int_equal(f->flows, 3);
    assert_int_equal(f->last_ns - f->first_ns, 3000000000);
    assert_int_equal(f->first_frame, 2);
    assert_int_equal(f->packets[0], 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(findings_join_flows_that_agree_in_everything_but_the_ephemeral_port),
        cmocka_unit_test(findings_keep_the_transports_and_what_may_be_two_services_apart),
        cmocka_unit_test(the_first_frame_and_community_id_are_the_earliest_flows),
        cmocka_unit_test(of_flows_that_began_at_the_same_time_the_lower_frame_is_the_first),
        cmocka_unit_test(past_ten_thousand_findings_they_join_with_a_count_of_initiators_and_the_summary_stays_exact),
        cmocka_unit_test(every_waiver_that_expired_is_a_finding_of_its_own_with_all_that_used_it),
        cmocka_unit_test(a_joined_line_is_as_open_as_the_worst_flow_in_it),
        cmocka_unit_test(missing_edges_towards_whole_prefixes_stand_in_the_order_of_their_names),
        cmocka_unit_test(an_icmp_error_without_a_time_leaves_its_finding_none),
        cmocka_unit_test(of_icmp_errors_about_two_attempts_the_line_lasts_from_the_first_to_the_last),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
