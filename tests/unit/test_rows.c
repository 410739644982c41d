/* Design 5.4: the state of every row. */
#include <string.h>

#include "evidence.h"
#include "testing.h"

#define T1 "  - {name: t1, address: 10.0.1.10, roles: [tarantella-server, web-server]}\n"
#define T2 "  - {name: t2, address: 10.0.1.11, roles: [tarantella-server, web-server]}\n"
#define T3 "  - {name: t3, address: 10.0.1.12, roles: [tarantella-server, web-server]}\n"
#define P1 "  - {name: t1, address: 10.0.1.10, roles: [tarantella-server, web-server], primary: true}\n"
#define A1 "  - {name: a1, address: 10.0.2.1, roles: application-server}\n"
#define A2 "  - {name: a2, address: 10.0.2.2, roles: application-server}\n"
#define L1 "  - {name: l1, address: 10.0.3.1, roles: ldap-server}\n"
#define L2 "  - {name: l2, address: 10.0.3.2, roles: ldap-server}\n"
#define R1 "  - {name: r1, address: 10.0.3.9, roles: securid-server}\n"
#define STAFF "  - {name: staff, prefix: 10.20.0.0/16, roles: client}\n"
#define HOSTS "hosts:\n"

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

/* --- edges ----------------------------------------------------------------------------------------------------------------- */

static const char many_addresses[] = HOSTS "  - {name: t1, address: [10.0.1.10, 10.0.9.10], roles: tarantella-server}\n"
                                           "  - {name: l1, address: [10.0.3.1, 10.0.9.1], roles: ldap-server}\n"
                                           "features: {ldap: on}\n";

TEST(an_edge_joins_a_host_with_all_its_addresses)
{
    struct evidence *e = evidence(many_addresses);
    tcp_answered(e, "10.0.9.10", 40000, "10.0.3.1", 389); /* the other three pairs owe nothing */
    assert_row(e, "tta-ldap", "expected: t1>l1 expected answered");
}

TEST(a_directed_pair_of_addresses_is_answered_if_any_of_its_flows_was)
{
    struct evidence *e = evidence(many_addresses);
    tcp_refused(e, "10.0.1.10", 40000, "10.0.3.1", 389);
    tcp_silent(e, "10.0.1.10", 40001, "10.0.3.1", 389);
    tcp_answered(e, "10.0.1.10", 40002, "10.0.3.1", 389);
    assert_row(e, "tta-ldap", "expected: t1>l1 expected answered");
}

TEST(an_edge_takes_its_worst_tried_pair)
{
    struct evidence *e = evidence(many_addresses);
    tcp_answered(e, "10.0.1.10", 40000, "10.0.3.1", 389);
    tcp_silent(e, "10.0.1.10", 40000, "10.0.9.1", 389);
    assert_row(e, "tta-ldap", "blocked: t1>l1 blocked silent");
    const struct pp_finding *f = find_finding(e, PP_FIND_BLOCKED);
    struct pp_address at = end_of(e, "10.0.9.1");
    assert_memory_equal(&f->tried_at.address, &at, sizeof at);
    assert_int_equal(f->pairs, 1);
}

TEST(ipv6_tried_first_and_dropped_blocks_the_edge_though_ipv4_works)
{
    struct evidence *e = evidence(HOSTS "  - {name: t1, address: [10.0.1.10, \"2001:db8::1\"], roles: tarantella-server}\n"
                                        "  - {name: l1, address: [10.0.3.1, \"2001:db8::2\"], roles: ldap-server}\n");
    tcp_silent(e, "2001:db8::1", 40000, "2001:db8::2", 389);
    tcp_answered(e, "10.0.1.10", 40000, "10.0.3.1", 389);
    assert_row(e, "tta-ldap", "blocked: t1>l1 blocked silent");
    const struct pp_finding *f = find_finding(e, PP_FIND_BLOCKED);
    assert_true(f->labels & PP_LABEL_OTHER_FAMILY);
    assert_non_null(strstr(f->explanation, "Over IPv4 it works"));
}

TEST(an_attempt_too_late_beside_a_blocked_one_of_the_same_pair_is_blocked)
{
    struct evidence *e = evidence(HOSTS T1 L1);
    tcp_silent(e, "t1", 40000, "l1", 389);
    tcp(e, "t1", 40001, "l1", 389, PP_SYN);
    e->ends_ms = e->now_ms;
    assert_row(e, "tta-ldap", "blocked: t1>l1 blocked silent");
}

TEST(an_edge_joins_a_whole_prefix)
{
    struct evidence *e = evidence(HOSTS T1 "  - {name: apps, prefix: 10.0.2.0/24, roles: application-server}\nfeatures: {ssh: on}\n");
    tcp_answered(e, "t1", 40000, "10.0.2.7", 22);
    assert_row(e, "tta-app-ssh", "expected: *>apps expected answered");
    tcp_refused(e, "t1", 40000, "10.0.2.8", 22);
    judge(e);
    assert_row(e, "tta-app-ssh", "blocked: *>apps blocked refused");
}

TEST(entries_that_share_no_address_family_have_no_edge)
{
    struct evidence *e = evidence(HOSTS T1 L1 "  - {name: l6, address: \"2001:db8::2\", roles: ldap-server}\nfeatures: {ldap: on}\n");
    everyone_is_seen(e);
    assert_row(e, "tta-ldap", "missing: t1>l1 missing");
    struct evidence *apart = evidence(HOSTS T1 "  - {name: l6, address: \"2001:db8::2\", roles: ldap-server}\nfeatures: {ldap: on}\n");
    assert_row(apart, "tta-ldap", "not-applicable");
}

TEST(a_host_has_no_edge_with_itself)
{
    struct evidence *e =
        evidence(HOSTS "  - {name: both, address: 10.0.1.10, roles: [tarantella-server, ldap-server]}\nfeatures: {ldap: on}\n");
    everyone_is_seen(e);
    assert_row(e, "tta-ldap", "not-applicable");
}

TEST(array_members_inside_one_prefix_owe_nothing_until_two_of_them_try)
{
    struct evidence *e = evidence(HOSTS "  - {name: farm, prefix: 10.0.1.0/24, roles: tarantella-server}\nfeatures: {array: on}\n");
    everyone_is_seen(e);
    assert_row(e, "tta-tta-peer", "optional");
    tcp_refused(e, "10.0.1.10", 40000, "10.0.1.11", 5427);
    judge(e);
    assert_row(e, "tta-tta-peer", "blocked: farm>farm blocked refused");
    struct pp_address tried = end_of(e, "10.0.1.10"); /* the failed attempt has a direction and addresses */
    assert_memory_equal(&find_finding(e, PP_FIND_BLOCKED)->initiator.address, &tried, sizeof tried);
}

/* --- coverage ---------------------------------------------------------------------------------------------------------------- */

static const char two_by_two[] = HOSTS T1 T2 L1 L2 "features: {ldap: on, array: off}\n";

struct coverage_case {
    const char *coverage, *text;
};

TEST(coverage_says_which_edges_a_row_has)
{
    static const struct coverage_case cases[] = {
        {"pair", "missing: t1>l1 expected answered; t1>l2 missing; t2>l1 missing; t2>l2 missing"},
        {"destination", "missing: *>l1 expected answered; *>l2 missing"},
        {"source", "missing: t1>* expected answered; t2>* missing"},
        {"once", "expected: *>* expected answered"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char site[2048];
        strcpy(site, two_by_two);
        strcat(strcat(strcat(site, "coverage: {tta-ldap: "), cases[i].coverage), "}\n");
        struct evidence *e = evidence(site);
        everyone_is_seen(e);
        tcp_answered(e, "t1", 40000, "l1", 389);
        assert_row(e, "tta-ldap", cases[i].text);
    }
}

TEST(the_array_wants_each_unordered_pair)
{
    struct evidence *e = evidence(HOSTS T1 T2 T3);
    everyone_is_seen(e);
    tcp_answered(e, "t2", 40000, "t1", 5427);
    tcp_answered(e, "t1", 40000, "t3", 5427);
    assert_row(e, "tta-tta-peer", "missing: t1>t2 expected answered; t1>t3 expected answered; t2>t3 missing");
}

TEST(the_array_port_blocked_one_way_blocks_the_pair)
{
    struct evidence *e = evidence(HOSTS T1 T2);
    tcp_answered(e, "t2", 40000, "t1", 5427);
    tcp_silent(e, "t1", 40000, "t2", 5427);
    assert_row(e, "tta-tta-peer", "blocked: t1>t2 blocked silent");
    assert_findings(e, "blocked tta-tta-peer t1>t2:5427 silent");
}

TEST(the_netlet_wants_each_port_of_each_member)
{
    struct evidence *e = evidence(HOSTS T1 T2 T3 STAFF "features: {netlet: on, array: off}\n");
    tcp_answered(e, "127.0.0.1", 40000, "127.0.0.1", 4000);
    tcp_answered(e, "127.0.0.1", 40000, "127.0.0.1", 4003);
    assert_row(e, "client-netlet-login", "missing: *>*:4000 expected answered; *>*:4002 missing; *>*:4004 missing");
    assert_row(e, "client-netlet-app", "missing: *>*:4003 expected answered; *>*:4001 missing; *>*:4005 missing");
    assert_row(e, "native-netlet", "optional");
}

TEST(the_number_of_array_members_can_be_written_down)
{
    struct evidence *e = evidence(HOSTS T1 STAFF "features: {netlet: on}\narray_members: 2\n");
    ping(e, "127.0.0.1", "127.0.0.1");
    assert_row(e, "client-netlet-login", "missing: *>*:4000 missing; *>*:4002 missing");
}

TEST(a_side_that_coverage_leaves_open_carries_only_its_roles)
{
    struct evidence *e = evidence(HOSTS T1 STAFF "features: {security-pack: on}\n");
    everyone_is_seen(e);
    assert_findings(e, "missing client-aips client>t1:5307");
    const struct pp_finding *f = find_finding(e, PP_FIND_MISSING);
    assert_int_equal(f->initiator.address.family, 0);
    assert_string_equal(f->initiator.name, "");
}

/* --- due ------------------------------------------------------------------------------------------------------------------------ */

TEST(with_a_feature_on_every_edge_its_hosts_allow_is_due)
{
    struct evidence *e = evidence(two_by_two);
    everyone_is_seen(e);
    assert_row(e, "tta-ldap", "missing: t1>l1 missing; t1>l2 missing; t2>l1 missing; t2>l2 missing");
}

TEST(with_auto_just_the_edges_where_it_was_tried_are_due)
{
    struct evidence *e = evidence(HOSTS T1 T2 L1 L2);
    everyone_is_seen(e);
    tcp_answered(e, "t1", 40000, "l1", 389);
    tcp_refused(e, "t2", 40000, "l1", 389);
    assert_row(e, "tta-ldap", "blocked: t1>l1 expected answered; t2>l1 blocked refused");
}

TEST(a_feature_may_be_set_per_host)
{
    struct evidence *on = evidence(HOSTS T1 L1 "  - {name: l2, address: 10.0.3.2, roles: ldap-server, features: {ldap: on}}\n");
    everyone_is_seen(on);
    assert_row(on, "tta-ldap", "missing: t1>l2 missing");
    struct evidence *off =
        evidence(HOSTS T1 L1 "  - {name: l2, address: 10.0.3.2, roles: ldap-server, features: {ldap: off}}\nfeatures: {ldap: on}\n");
    everyone_is_seen(off);
    tcp_answered(off, "t1", 40000, "l2", 389);
    assert_row(off, "tta-ldap", "missing: t1>l1 missing");
    assert_flow(off, "t1", 40000, "l2", 389, "handshake t1>l2:389 answered unexpected feature-off tta-ldap");
}

TEST(an_open_side_is_due_when_one_host_behind_it_is_on)
{
    struct evidence *e = evidence(HOSTS T1 "  - {name: t2, address: 10.0.1.11, roles: tarantella-server, features: {ssh: on}}\n" A1);
    everyone_is_seen(e);
    assert_row(e, "tta-app-ssh", "missing: *>a1 missing");
}

TEST(an_open_side_is_visible_only_through_a_host_that_makes_it_due)
{
    struct evidence *e = evidence(HOSTS "  - {name: t1, address: 10.0.1.10, roles: tarantella-server, features: {ssh: off}}\n" T2 A1
                                        "features: {ssh: on, array: off}\n");
    ping(e, "t1", "a1"); /* only the server that does not use ssh was seen */
    assert_row(e, "tta-app-ssh", "not-observable: *>a1 not-observable");
}

TEST(an_open_side_is_visible_when_any_of_its_hosts_is)
{
    struct evidence *e = evidence(HOSTS T1 T2 A1 "features: {ssh: on, array: off}\n");
    ping(e, "t2", "a1");
    assert_row(e, "tta-app-ssh", "missing: *>a1 missing");
}

TEST(the_array_is_on_by_itself_from_two_servers)
{
    struct evidence *e = evidence(HOSTS T1 T2);
    everyone_is_seen(e);
    assert_row(e, "tta-tta-peer", "missing: t1>t2 missing");
    struct evidence *off = evidence(HOSTS T1 T2 "features: {array: off}\n");
    everyone_is_seen(off);
    assert_row(off, "tta-tta-peer", "not-applicable");
}

TEST(wincenter_also_needs_telnet_on)
{
    static const struct {
        const char *features, *text;
    } cases[] = {
        {"features: {wincenter: on}\n", "optional"},
        {"features: {wincenter: on, telnet: on}\n", "missing: *>a1 missing"},
        {"features: {wincenter: on, telnet: off}\n", "not-applicable"},
        {"features: {telnet: on}\n", "optional"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char site[1024] = HOSTS T1 A1;
        strcat(site, cases[i].features);
        struct evidence *e = evidence(site);
        everyone_is_seen(e);
        assert_row(e, "tta-app-wincenter", cases[i].text);
    }
    struct evidence *e = evidence(HOSTS T1 "  - {name: a1, address: 10.0.2.1, roles: application-server, features: {wincenter: on}}\n");
    everyone_is_seen(e);
    assert_row(e, "tta-app-wincenter", "optional"); /* telnet is on auto */
}

TEST(the_3579_rows_are_due_from_and_to_the_primary_only_when_one_is_named)
{
    struct evidence *named =
        evidence(HOSTS P1 T2 A1 "features: {load-balancing: on, array: off}\ncoverage: {tta-app-lb: pair, app-tta-lb: pair}\n");
    everyone_is_seen(named);
    assert_row(named, "tta-app-lb", "missing: t1>a1 missing");
    assert_row(named, "app-tta-lb", "missing: a1>t1 missing");
    struct evidence *unnamed =
        evidence(HOSTS T1 T2 A1 "features: {load-balancing: on, array: off}\ncoverage: {tta-app-lb: pair, app-tta-lb: pair}\n");
    everyone_is_seen(unnamed);
    assert_row(unnamed, "tta-app-lb", "missing: t1>a1 missing; t2>a1 missing");
    assert_row(unnamed, "app-tta-lb", "missing: a1>t1 missing; a1>t2 missing");
}

TEST(a_server_that_is_not_the_primary_matches_with_a_note_and_proves_no_due_edge)
{
    struct evidence *e = evidence(HOSTS P1 T2 A1 "features: {load-balancing: on, array: off}\n");
    everyone_is_seen(e);
    tcp_answered(e, "t2", 40000, "a1", 3579);
    udp_one_way(e, "a1", 40000, "t2", 3579);
    assert_flow(e, "t2", 40000, "a1", 3579, "handshake t2>a1:3579 answered expected tta-app-lb not-primary");
    assert_flow(e, "a1", 40000, "t2", 3579, "row a1>t2:3579 silent expected app-tta-lb not-primary");
    assert_row(e, "tta-app-lb", "missing: t2>a1 expected answered not-due not-primary; *>a1 missing");
    assert_row(e, "app-tta-lb", "missing: a1>t2 expected silent not-due not-primary; a1>* missing");
}

TEST(a_server_that_is_not_the_primary_and_is_refused_blocks_nothing_that_is_due)
{
    struct evidence *e = evidence(HOSTS P1 T2 A1 "features: {array: off}\n");
    tcp_refused(e, "t2", 40000, "a1", 3579);
    assert_row(e, "tta-app-lb", "optional: t2>a1 blocked refused not-due not-primary");
    assert_findings(e, "");
}

/* --- visible -------------------------------------------------------------------------------------------------------------------- */

TEST(an_address_is_visible_when_any_packet_from_or_to_it_was_captured)
{
    struct evidence *from = evidence(HOSTS T1 L1 "features: {ldap: on}\n"), *to = evidence(HOSTS T1 L1 "features: {ldap: on}\n");
    ping(from, "t1", "10.9.9.9");
    udp_one_way(from, "l1", 1, "10.9.9.9", 9);
    assert_state(from, "tta-ldap", "missing");
    ping(to, "10.9.9.9", "t1");
    later_fragment(to, PP_UDP, "10.9.9.9", "l1", 7);
    assert_state(to, "tta-ldap", "missing");
}

TEST(an_address_quoted_in_icmp_is_visible)
{
    struct evidence *e = evidence(HOSTS T1 L1 "features: {ldap: on}\n");
    icmp_error(e, PP_TCP, "t1", 40000, "l1", 25, "10.0.0.1", 3, 13);
    assert_state(e, "tta-ldap", "missing");
}

TEST(the_sender_of_an_icmp_error_is_visible)
{
    struct evidence *e = evidence(HOSTS T1 L1 "features: {ldap: on}\n");
    icmp_error(e, PP_TCP, "t1", 40000, "10.9.9.9", 25, "l1", 3, 13);
    assert_state(e, "tta-ldap", "missing");
}

TEST(an_entry_is_visible_when_one_of_its_addresses_is)
{
    struct evidence *e = evidence(many_addresses);
    ping(e, "10.0.9.10", "10.0.9.1");
    assert_row(e, "tta-ldap", "missing: t1>l1 missing");
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_row_appears_with_exactly_one_state),
        cmocka_unit_test(inferred_hosts_have_an_edge_each),
        cmocka_unit_test(more_than_a_thousand_inferred_hosts_of_the_same_roles_share_a_name_and_an_edge),
        cmocka_unit_test(the_order_of_packets_changes_no_finding),
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
        cmocka_unit_test(an_edge_joins_a_host_with_all_its_addresses),
        cmocka_unit_test(a_directed_pair_of_addresses_is_answered_if_any_of_its_flows_was),
        cmocka_unit_test(an_edge_takes_its_worst_tried_pair),
        cmocka_unit_test(ipv6_tried_first_and_dropped_blocks_the_edge_though_ipv4_works),
        cmocka_unit_test(an_attempt_too_late_beside_a_blocked_one_of_the_same_pair_is_blocked),
        cmocka_unit_test(an_edge_joins_a_whole_prefix),
        cmocka_unit_test(entries_that_share_no_address_family_have_no_edge),
        cmocka_unit_test(a_host_has_no_edge_with_itself),
        cmocka_unit_test(array_members_inside_one_prefix_owe_nothing_until_two_of_them_try),
        cmocka_unit_test(coverage_says_which_edges_a_row_has),
        cmocka_unit_test(the_array_wants_each_unordered_pair),
        cmocka_unit_test(the_array_port_blocked_one_way_blocks_the_pair),
        cmocka_unit_test(the_netlet_wants_each_port_of_each_member),
        cmocka_unit_test(the_number_of_array_members_can_be_written_down),
        cmocka_unit_test(a_side_that_coverage_leaves_open_carries_only_its_roles),
        cmocka_unit_test(with_a_feature_on_every_edge_its_hosts_allow_is_due),
        cmocka_unit_test(with_auto_just_the_edges_where_it_was_tried_are_due),
        cmocka_unit_test(a_feature_may_be_set_per_host),
        cmocka_unit_test(an_open_side_is_due_when_one_host_behind_it_is_on),
        cmocka_unit_test(an_open_side_is_visible_only_through_a_host_that_makes_it_due),
        cmocka_unit_test(an_open_side_is_visible_when_any_of_its_hosts_is),
        cmocka_unit_test(the_array_is_on_by_itself_from_two_servers),
        cmocka_unit_test(wincenter_also_needs_telnet_on),
        cmocka_unit_test(the_3579_rows_are_due_from_and_to_the_primary_only_when_one_is_named),
        cmocka_unit_test(a_server_that_is_not_the_primary_matches_with_a_note_and_proves_no_due_edge),
        cmocka_unit_test(a_server_that_is_not_the_primary_and_is_refused_blocks_nothing_that_is_due),
        cmocka_unit_test(an_address_is_visible_when_any_packet_from_or_to_it_was_captured),
        cmocka_unit_test(an_address_quoted_in_icmp_is_visible),
        cmocka_unit_test(the_sender_of_an_icmp_error_is_visible),
        cmocka_unit_test(an_entry_is_visible_when_one_of_its_addresses_is),
        cmocka_unit_test(any_of_excuses_an_untried_edge_and_names_the_other_row),
        cmocka_unit_test(any_of_never_excuses_a_blocked_edge),
        cmocka_unit_test(a_blocked_row_excuses_no_other),
        cmocka_unit_test(any_of_reaches_across_the_display_the_web_and_the_launch_rows),
        cmocka_unit_test(the_two_securid_rows_take_the_same_edges_flows_and_state),
        cmocka_unit_test(a_server_that_answers_on_another_high_port_is_securid_by_the_wide_row_only),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
