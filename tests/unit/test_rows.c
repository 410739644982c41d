/* Design 5.4: the state of a row, any_of, the two SecurID rows. */
#include <stdio.h>
#include <string.h>

#include "array.h"
#include "evidence.h"
#include "testing.h"

static const char two_by_two[] = HOSTS T1 T2 L1 L2 "features: {ldap: on, array: off}\n";

/* --- every row, one state -------------------------------------------------------------------------------------------------- */

TEST(every_row_appears_with_exactly_one_state)
{
    struct evidence *e = evidence(SMALL_SITE);
    tcp_answered(e, "staff", 40000, "tta1", 5307);
    uint32_t sum = 0;
    for (unsigned s = 0; s < PP_STATE_COUNT; s++) sum += judge(e)->summary.rows[s];
    assert_int_equal(sum, 30);
}

TEST(a_row_is_as_bad_as_the_worst_of_its_due_edges)
{
    /* blocked, then missing, then not-observable, then expected */
    struct evidence *e = evidence(HOSTS T1 L1 L2 "  - {name: l3, address: 10.0.3.3, roles: ldap-server}\n"
                                                 "  - {name: l4, address: 10.0.3.4, roles: ldap-server}\nfeatures: {ldap: on}\n");
    tcp_answered(e, "t1", 40000, "l2", 389);
    assert_row(e, "tta-ldap", "not-observable: t1>l2 expected answered; t1>l1 not-observable; t1>l3 not-observable; t1>l4 not-observable");
    ping(e, "l3", "t1");
    judge(e);
    assert_row(e, "tta-ldap", "missing: t1>l2 expected answered; t1>l1 not-observable; t1>l3 missing; t1>l4 not-observable");
    tcp_silent(e, "t1", 40000, "l4", 389);
    judge(e);
    assert_row(e, "tta-ldap", "blocked: t1>l2 expected answered; t1>l4 blocked silent; t1>l1 not-observable; t1>l3 missing");
}

TEST(an_edge_is_expected_when_answered_or_half_seen_with_a_note)
{
    struct evidence *e = evidence(HOSTS T1 L1 L2);
    tcp_answered(e, "t1", 40000, "l1", 389);
    tcp_one_side(e, "t1", 40000, "l2", 389);
    assert_row(e, "tta-ldap", "expected: t1>l1 expected answered; t1>l2 expected half-seen half-seen");
}

TEST(a_half_seen_flow_beside_an_answered_one_needs_no_note)
{
    struct evidence *e = evidence(HOSTS T1 L1);
    tcp_answered(e, "t1", 40000, "l1", 389);
    tcp_one_side(e, "t1", 40001, "l1", 389);
    assert_row(e, "tta-ldap", "expected: t1>l1 expected answered");
}

TEST(a_one_way_row_is_expected_when_silent_too)
{
    struct evidence *e = evidence(HOSTS T1 A1 A2);
    udp_one_way(e, "a1", 40000, "t1", 3579);
    assert_row(e, "app-tta-lb", "expected: a1>* expected silent");
    udp_one_way(e, "a2", 40000, "t1", 3579);
    icmp_error(e, PP_UDP, "a2", 40000, "t1", 3579, "t1", 3, 3);
    judge(e);
    assert_row(e, "app-tta-lb", "blocked: a1>* expected silent; a2>* blocked refused");
}

TEST(an_edge_is_blocked_when_refused_rejected_or_silent)
{
    struct evidence *e = evidence(HOSTS T1 L1 L2 "  - {name: l3, address: 10.0.3.3, roles: ldap-server}\n");
    tcp_refused(e, "t1", 40000, "l1", 389);
    tcp_rejected(e, "t1", 40000, "l2", 389, "10.0.0.1", 3, 13);
    tcp_silent(e, "t1", 40000, "l3", 389);
    assert_row(e, "tta-ldap", "blocked: t1>l1 blocked refused; t1>l2 blocked rejected; t1>l3 blocked silent");
    assert_findings(e, "blocked tta-ldap t1>l2:389 rejected\nblocked tta-ldap t1>l3:389 silent\nblocked tta-ldap t1>l1:389 refused");
}

TEST(silent_udp_on_a_row_that_answers_is_blocked)
{
    struct evidence *e = evidence(SMALL_SITE);
    udp_one_way(e, "tta1", 45000, "win1", 137);
    assert_row(e, "tta-win-nbns", "blocked: tta1>win1 blocked silent");
}

TEST(an_edge_is_missing_when_due_visible_and_nobody_tried)
{
    struct evidence *e = evidence(HOSTS T1 L1 "features: {ldap: on}\n");
    ping(e, "t1", "l1");
    assert_row(e, "tta-ldap", "missing: t1>l1 missing");
    assert_findings(e, "missing tta-ldap t1>l1:389");
}

TEST(an_edge_is_not_observable_when_one_side_was_never_seen)
{
    struct evidence *e = evidence(HOSTS T1 L1 "features: {ldap: on}\n");
    ping(e, "t1", "10.9.9.9");
    assert_row(e, "tta-ldap", "not-observable: t1>l1 not-observable");
    assert_findings(e, "");
}

TEST(a_loopback_row_is_not_observable_without_a_loopback_packet)
{
    struct evidence *e = evidence(HOSTS T1 STAFF "features: {netlet: on}\n");
    ping(e, "t1", "staff");
    assert_row(e, "client-netlet-login", "not-observable: *>*:4000 not-observable");
    ping(e, "127.0.0.1", "127.0.0.1");
    judge(e);
    assert_row(e, "client-netlet-login", "missing: *>*:4000 missing");
}

TEST(a_row_is_optional_when_nothing_is_due_and_nothing_was_seen)
{
    struct evidence *e = evidence(HOSTS T1 L1);
    ping(e, "t1", "l1");
    assert_row(e, "tta-ldap", "optional");
}

TEST(a_row_is_not_applicable_when_its_feature_is_off)
{
    struct evidence *e = evidence(HOSTS T1 L1 "features: {ldap: off}\n");
    tcp_refused(e, "t1", 40000, "l1", 389);
    assert_row(e, "tta-ldap", "not-applicable");
}

TEST(a_row_is_not_applicable_when_no_host_holds_a_role)
{
    struct evidence *e = evidence(HOSTS T1 "features: {ldap: on}\n");
    ping(e, "t1", "t1");
    assert_row(e, "tta-ldap", "not-applicable");
    assert_row(e, "client-aip", "not-applicable");
}

TEST(a_single_array_member_makes_the_array_row_not_applicable)
{
    struct evidence *one = evidence(HOSTS T1 "features: {array: on}\n");
    assert_row(one, "tta-tta-peer", "not-applicable");
}

/* --- any_of ---------------------------------------------------------------------------------------------------------------------- */

TEST(any_of_excuses_an_untried_edge_and_names_the_other_row)
{
    struct evidence *e = evidence(HOSTS T1 T2 L1 "features: {ldap: on, ldaps: on, array: off}\n");
    everyone_is_seen(e);
    tcp_answered(e, "t1", 40000, "l1", 636);
    assert_row(e, "tta-ldap", "missing: t1>l1 optional satisfied-by tta-ldaps; t2>l1 missing");
    tcp_answered(e, "t2", 40000, "l1", 636);
    judge(e);
    assert_row(e, "tta-ldap", "optional: t1>l1 optional satisfied-by tta-ldaps; t2>l1 optional satisfied-by tta-ldaps");
    assert_state(e, "tta-ldaps", "expected");
}

TEST(any_of_never_excuses_a_blocked_edge)
{
    struct evidence *e = evidence(HOSTS T1 L1 "features: {ldap: on, ldaps: on}\n");
    tcp_answered(e, "t1", 40000, "l1", 636);
    tcp_refused(e, "t1", 40000, "l1", 389);
    assert_row(e, "tta-ldap", "blocked: t1>l1 blocked refused");
}

TEST(a_blocked_row_excuses_no_other)
{
    struct evidence *e = evidence(HOSTS T1 L1 "features: {ldap: on, ldaps: on}\n");
    tcp_refused(e, "t1", 40000, "l1", 636);
    assert_row(e, "tta-ldap", "missing: t1>l1 missing");
}

TEST(any_of_reaches_across_the_display_the_web_and_the_launch_rows)
{
    struct evidence *e =
        evidence(HOSTS T1 A1 STAFF "features: {http: on, https: on, standard-connections: on, security-pack: on, ssh: on, telnet: on}\n");
    tcp_answered(e, "staff", 40000, "t1", 443);
    tcp_answered(e, "staff", 40000, "t1", 5307);
    tcp_answered(e, "t1", 40000, "a1", 22);
    assert_row(e, "client-http", "optional: *>t1 optional satisfied-by client-https");
    assert_row(e, "client-aip", "optional: *>t1 optional satisfied-by client-aips");
    assert_row(e, "tta-app-telnet", "optional: *>a1 optional satisfied-by tta-app-ssh");
}

/* --- SecurID ---------------------------------------------------------------------------------------------------------------------- */

static void both_securid_rows(struct evidence *e, const char *text)
{
    assert_row(e, "tta-rsa-udp", text);
    assert_row(e, "rsa-tta-5500", text);
    const struct pp_row_result *x = &e->report->rows[pp_spec_find_row(e->spec, "tta-rsa-udp")],
                               *y = &e->report->rows[pp_spec_find_row(e->spec, "rsa-tta-5500")];
    assert_int_equal(x->flows, y->flows);
    assert_int_equal(x->packets, y->packets);
    assert_int_equal(x->due, y->due);
}

TEST(the_two_securid_rows_take_the_same_edges_flows_and_state)
{
    struct evidence *answered = evidence(HOSTS T1 R1), *blocked = evidence(HOSTS T1 R1),
                    *missing = evidence(HOSTS T1 R1 "features: {securid: on}\n"),
                    *unseen = evidence(HOSTS T1 R1 "features: {securid: on}\n"), *literal = evidence(HOSTS T1 R1);
    udp_exchange(answered, "t1", 45000, "r1", 5500);
    both_securid_rows(answered, "expected: t1>r1 expected answered");
    udp_one_way(blocked, "t1", 45000, "r1", 5500);
    both_securid_rows(blocked, "blocked: t1>r1 blocked silent");
    everyone_is_seen(missing);
    both_securid_rows(missing, "missing: t1>r1 missing");
    both_securid_rows(unseen, "not-observable: t1>r1 not-observable");
    udp_exchange(literal, "r1", 45000, "t1", 5500); /* as the page writes it */
    both_securid_rows(literal, "expected: t1>r1 expected answered");
    assert_int_equal(judge(missing)->summary.rows[PP_STATE_MISSING], 2);
    assert_findings(missing, "missing tta-rsa-udp t1>r1");
}

TEST(a_server_that_answers_on_another_high_port_is_securid_by_the_wide_row_only)
{
    struct evidence *e = evidence(HOSTS T1 R1);
    udp_exchange(e, "t1", 45000, "r1", 9000);
    assert_flow(e, "t1", 45000, "r1", 9000, "row t1>r1:9000 answered expected tta-rsa-udp wide");
    both_securid_rows(e, "expected: t1>r1 expected answered wide");
}

/* A server that asks another one: both hold its role, and only one of them the other. */
TEST(a_securid_conversation_opened_from_the_partners_side_is_credited_the_right_way_round)
{
    struct evidence *e =
        evidence(HOSTS T1 "  - {name: both, address: 10.0.3.9, roles: [tarantella-server, securid-server]}\nfeatures: {array: off}\n");
    udp_exchange(e, "both", 45000, "t1", 5500);
    both_securid_rows(e, "expected: t1>both expected answered");
}

/* --- pairs and rows that are not simply answered --------------------------------------------------------------------------------- */

TEST(an_edge_keeps_its_blocked_pair_whatever_the_pairs_after_it_show)
{
    struct evidence *e = evidence(HOSTS "  - {name: t1, address: 10.0.1.10, roles: tarantella-server}\n"
                                        "  - {name: l1, address: [10.0.3.1, 10.0.3.2, 10.0.3.3], roles: ldap-server}\n");
    tcp_silent(e, "t1", 40000, "10.0.3.1", 389);
    tcp_one_side(e, "t1", 40000, "10.0.3.2", 389);
    tcp_refused(e, "t1", 40000, "10.0.3.3", 389);
    assert_row(e, "tta-ldap", "blocked: t1>l1 blocked silent half-seen");
    assert_int_equal(find_finding(e, PP_FIND_BLOCKED)->pairs, 2);
}

TEST(of_two_half_seen_pairs_the_first_stands_for_the_edge)
{
    struct evidence *e = evidence(HOSTS "  - {name: t1, address: 10.0.1.10, roles: tarantella-server}\n"
                                        "  - {name: l1, address: [10.0.3.1, 10.0.3.2], roles: ldap-server}\n");
    tcp_one_side(e, "t1", 40000, "10.0.3.2", 389);
    tcp_one_side(e, "t1", 40000, "10.0.3.1", 389);
    assert_row(e, "tta-ldap", "expected: t1>l1 expected half-seen half-seen");
}

TEST(a_one_way_row_known_only_from_a_harmless_icmp_error_cannot_be_told)
{
    struct evidence *e = evidence(HOSTS T1 A1);
    icmp_error(e, PP_UDP, "a1", 40000, "t1", 3579, "10.0.0.1", 3, 4);
    assert_row(e, "app-tta-lb", "not-observable: a1>* not-observable silent");
}

TEST(a_row_that_works_only_with_a_server_that_is_not_the_primary_is_expected_though_nothing_is_due)
{
    struct evidence *e = evidence(HOSTS P1 T2 A1 "features: {array: off}\n");
    tcp_answered(e, "t2", 40000, "a1", 3579);
    assert_row(e, "tta-app-lb", "expected: t2>a1 expected answered not-due not-primary");
    tcp_answered(e, "t1", 40000, "a1", 3579);
    judge(e);
    assert_row(e, "tta-app-lb", "expected: *>a1 expected answered; t2>a1 expected answered not-due not-primary");
}

TEST(a_row_of_the_same_width_that_is_off_gets_no_credit)
{
    struct evidence *e = evidence("hosts:\n  - {name: tta1, address: 10.0.1.10, roles: [tarantella-server, web-server]}\n"
                                  "  - {name: both, address: 10.0.2.5, roles: [client, portal-server]}\n"
                                  "features: {portal: off, netlet: off}\n");
    tcp_answered(e, "both", 40000, "tta1", 80);
    judge(e);
    assert_int_equal(e->report->rows[pp_spec_find_row(e->spec, "client-http")].flows, 1);
    assert_int_equal(e->report->rows[pp_spec_find_row(e->spec, "portal-web-http")].flows, 0);
}

TEST(any_of_excuses_an_edge_between_two_hosts_by_one_that_leaves_a_side_open)
{
    struct evidence *e = evidence(HOSTS T1 T2 L1 L2 "features: {ldap: on, array: off}\ncoverage: {tta-ldap: source, tta-ldaps: pair}\n");
    everyone_is_seen(e);
    tcp_answered(e, "t1", 40000, "l1", 389);
    assert_row(e, "tta-ldap", "missing: t1>* expected answered; t2>* missing");
    tcp_answered(e, "t2", 40000, "l2", 636);
    judge(e);
    assert_row(e, "tta-ldap", "expected: t1>* expected answered; t2>* optional satisfied-by tta-ldaps");
}

TEST(any_of_excuses_edges_only_between_the_same_hosts)
{
    struct evidence *e =
        evidence(HOSTS T1 T2 L1 L2 "features: {ldap: on, ldaps: on, array: off}\ncoverage: {tta-ldap: pair, tta-ldaps: source}\n");
    everyone_is_seen(e);
    tcp_answered(e, "t1", 40000, "l1", 636);
    assert_row(e, "tta-ldap",
               "missing: t1>l1 optional satisfied-by tta-ldaps; t1>l2 optional satisfied-by tta-ldaps; t2>l1 missing; t2>l2 missing");
}

/* --- size and order -------------------------------------------------------------------------------------------------------------- */

static struct evidence *many_inferred_hosts(uint32_t count)
{
    struct evidence *e = evidence(NULL);
    tcp_answered(e, "10.20.0.9", 40000, "10.0.1.10", 5307);
    for (uint32_t i = 0; i < count; i++) {
        struct pp_packet packet = packet_of(e, PP_TCP, "10.0.1.10", 22, "11.0.0.0", 40000, PP_SYN | PP_ACK);
        packet.source_port = i % 2 ? 139 : 5307; /* half of them servers of applications, half clients */
        packet.destination[1] = (uint8_t)(i >> 16);
        packet.destination[2] = (uint8_t)(i >> 8);
        packet.destination[3] = (uint8_t)i;
        put(e, packet, PP_DECODED);
    }
    assert_state(e, "client-aips", "expected");
    assert_state(e, "app-tta-nbss", "expected");
    return e;
}

static uint32_t edges_of(const struct evidence *e, const char *row)
{
    return e->report->rows[pp_spec_find_row(e->report->spec, row)].edge_count;
}

TEST(inferred_hosts_have_an_edge_each)
{
    struct evidence *e = many_inferred_hosts(1800);
    assert_int_equal(edges_of(e, "app-tta-nbss"), 900);
}

TEST(more_than_a_thousand_inferred_hosts_of_the_same_roles_share_a_name_and_an_edge)
{
    struct evidence *e = many_inferred_hosts(150000); /* more than there are host numbers */
    assert_int_equal(edges_of(e, "app-tta-nbss"), 2); /* 75,000 addresses under two names */
    assert_true(e->report->site->host_count < 10);
}

static void one_of_many(struct evidence *e, unsigned i)
{
    uint16_t port = (uint16_t)(40000 + i);
    e->now_ms = i * 10000;
    e->frames = i * 100;
    switch (i % 6) {
    case 0: tcp_answered(e, "t1", port, "l1", 389); break;
    case 1: tcp_silent(e, "t2", port, "l1", 389); break;
    case 2: tcp_rejected(e, "t1", port, "l2", 389, "10.0.0.1", 3, 13); break;
    case 3: tcp_answered(e, "10.9.9.9", port, "l2", 389); break;
    case 4: udp_one_way(e, "t1", port, "l1", 9000); break;
    default: tcp_midstream(e, "l1", 389, "t2", port); break;
    }
}

TEST(the_order_of_packets_changes_no_finding)
{
    struct evidence *ahead = evidence(two_by_two), *back = evidence(two_by_two);
    for (unsigned i = 0; i < 60; i++) one_of_many(ahead, i);
    for (unsigned i = 60; i-- > 0;) one_of_many(back, i);
    judge(ahead);
    judge(back);
    assert_string_equal(findings_text(ahead), findings_text(back));
    for (uint32_t i = 0; i < ahead->report->finding_count; i++) {
        const struct pp_finding *a = &ahead->report->findings[i], *b = &back->report->findings[i];
        assert_int_equal(a->first_frame, b->first_frame);
        assert_string_equal(a->community_id, b->community_id);
        assert_string_equal(a->explanation, b->explanation);
        assert_memory_equal(&a->tried_by.address, &b->tried_by.address, sizeof a->tried_by.address);
    }
}

TEST(an_edge_that_no_two_entries_of_the_site_can_have_is_tried_and_not_due)
{
    struct evidence *e = evidence(HOSTS T1); /* no client; but a loopback address is one */
    tcp_answered(e, "127.0.0.1", 40000, "t1", 5307);
    assert_row(e, "client-aips", "expected: *>t1 expected answered not-due");
    struct evidence *refused = evidence(HOSTS T1);
    tcp_refused(refused, "127.0.0.1", 40000, "t1", 5307);
    assert_row(refused, "client-aips", "not-applicable: *>t1 blocked refused not-due");
    assert_findings(refused, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_row_appears_with_exactly_one_state),
        cmocka_unit_test(a_row_is_as_bad_as_the_worst_of_its_due_edges),
        cmocka_unit_test(an_edge_is_expected_when_answered_or_half_seen_with_a_note),
        cmocka_unit_test(a_half_seen_flow_beside_an_answered_one_needs_no_note),
        cmocka_unit_test(a_one_way_row_is_expected_when_silent_too),
        cmocka_unit_test(an_edge_is_blocked_when_refused_rejected_or_silent),
        cmocka_unit_test(silent_udp_on_a_row_that_answers_is_blocked),
        cmocka_unit_test(an_edge_is_missing_when_due_visible_and_nobody_tried),
        cmocka_unit_test(an_edge_is_not_observable_when_one_side_was_never_seen),
        cmocka_unit_test(a_loopback_row_is_not_observable_without_a_loopback_packet),
        cmocka_unit_test(a_row_is_optional_when_nothing_is_due_and_nothing_was_seen),
        cmocka_unit_test(a_row_is_not_applicable_when_its_feature_is_off),
        cmocka_unit_test(a_row_is_not_applicable_when_no_host_holds_a_role),
        cmocka_unit_test(a_single_array_member_makes_the_array_row_not_applicable),
        cmocka_unit_test(any_of_excuses_an_untried_edge_and_names_the_other_row),
        cmocka_unit_test(any_of_never_excuses_a_blocked_edge),
        cmocka_unit_test(a_blocked_row_excuses_no_other),
        cmocka_unit_test(any_of_reaches_across_the_display_the_web_and_the_launch_rows),
        cmocka_unit_test(the_two_securid_rows_take_the_same_edges_flows_and_state),
        cmocka_unit_test(a_server_that_answers_on_another_high_port_is_securid_by_the_wide_row_only),
        cmocka_unit_test(a_securid_conversation_opened_from_the_partners_side_is_credited_the_right_way_round),
        cmocka_unit_test(an_edge_keeps_its_blocked_pair_whatever_the_pairs_after_it_show),
        cmocka_unit_test(of_two_half_seen_pairs_the_first_stands_for_the_edge),
        cmocka_unit_test(a_one_way_row_known_only_from_a_harmless_icmp_error_cannot_be_told),
        cmocka_unit_test(a_row_that_works_only_with_a_server_that_is_not_the_primary_is_expected_though_nothing_is_due),
        cmocka_unit_test(a_row_of_the_same_width_that_is_off_gets_no_credit),
        cmocka_unit_test(any_of_excuses_an_edge_between_two_hosts_by_one_that_leaves_a_side_open),
        cmocka_unit_test(any_of_excuses_edges_only_between_the_same_hosts),
        cmocka_unit_test(inferred_hosts_have_an_edge_each),
        cmocka_unit_test(more_than_a_thousand_inferred_hosts_of_the_same_roles_share_a_name_and_an_edge),
        cmocka_unit_test(the_order_of_packets_changes_no_finding),
        cmocka_unit_test(an_edge_that_no_two_entries_of_the_site_can_have_is_tried_and_not_due),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
