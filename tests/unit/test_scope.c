/* Design 5.3: what is judged at all, and fragments that cannot be. */
#include <stdio.h>
#include <string.h>

#include "evidence.h"
#include "testing.h"

/* --- scope --------------------------------------------------------------------------------------------------------------- */

TEST(traffic_between_clients_or_strangers_is_out_of_scope)
{
    struct evidence *e = evidence(SMALL_SITE);
    tcp_answered(e, "staff", 40000, "10.20.0.77", 80);
    tcp_answered(e, "10.9.9.9", 40000, "10.9.9.8", 80);
    tcp_answered(e, "staff", 40000, "10.9.9.8", 80);
    assert_int_equal(judge(e)->summary.out_of_scope, 3);
    assert_int_equal(e->report->finding_count, 0);
}

TEST(one_end_with_a_role_other_than_client_is_in_scope)
{
    struct evidence *e = evidence(SMALL_SITE);
    tcp_answered(e, "10.9.9.9", 40000, "ldap1", 80);
    assert_int_equal(judge(e)->summary.unexpected, 1);
}

TEST(multicast_and_broadcast_by_address_are_out_of_scope)
{
    static const char *const groups[] = {"224.0.0.251", "239.255.255.250", "255.255.255.255"};
    for (size_t i = 0; i < sizeof groups / sizeof *groups; i++) {
        struct evidence *e = evidence(SMALL_SITE);
        udp_one_way(e, "tta1", 9000, groups[i], 9000);
        assert_int_equal(judge(e)->summary.out_of_scope, 1);
    }
    struct evidence *e = evidence("hosts:\n  - {name: t6, address: \"2001:db8::1\", roles: tarantella-server}\n");
    udp_one_way(e, "t6", 9000, "ff02::fb", 9000);
    assert_int_equal(judge(e)->summary.out_of_scope, 1);
}

TEST(broadcast_by_link_level_address_is_out_of_scope)
{
    struct evidence *e = evidence(SMALL_SITE);
    e->marks = PP_MARK_LINK_GROUP;
    udp_one_way(e, "tta1", 9000, "10.0.1.255", 9000);
    assert_int_equal(judge(e)->summary.out_of_scope, 1);
}

TEST(the_last_address_of_a_site_prefix_is_a_broadcast)
{
    struct evidence *e = evidence(SMALL_SITE);
    udp_one_way(e, "tta1", 9000, "10.20.255.255", 9000);
    udp_one_way(e, "tta1", 9000, "10.20.255.254", 9000);
    assert_int_equal(judge(e)->summary.out_of_scope, 1);
    assert_int_equal(e->report->summary.unexpected, 1);
}

static const char two_addresses[] =
    "hosts:\n  - {name: tta1, address: [10.0.1.10, 10.0.9.10], roles: [tarantella-server, web-server, application-server]}\n"
    "  - {name: staff, prefix: 10.20.0.0/16, roles: client}\n";

TEST(both_ends_on_one_host_are_out_of_scope)
{
    struct evidence *e = evidence(two_addresses);
    tcp_answered(e, "10.0.1.10", 40000, "10.0.9.10", 22);
    tcp_answered(e, "10.0.1.10", 40000, "10.0.1.10", 22);
    assert_int_equal(judge(e)->summary.out_of_scope, 2);
    assert_state(e, "tta-app-ssh", "not-applicable");
}

TEST(two_addresses_of_one_prefix_are_two_hosts)
{
    struct evidence *e = evidence("hosts:\n  - {name: mixed, prefix: 10.0.1.0/24, roles: [tarantella-server, application-server]}\n");
    tcp_answered(e, "10.0.1.10", 40000, "10.0.1.11", 22);
    assert_flow(e, "10.0.1.10", 40000, "10.0.1.11", 22, "handshake mixed>mixed:22 answered expected tta-app-ssh");
}

TEST(both_ends_on_loopback_are_out_of_scope)
{
    struct evidence *e = evidence(SMALL_SITE);
    tcp_answered(e, "127.0.0.1", 40000, "127.0.0.1", 6010);
    tcp_answered(e, "::1", 40000, "::1", 631);
    tcp_answered(e, "127.0.0.1", 40000, "127.0.0.2", 25);
    assert_int_equal(judge(e)->summary.out_of_scope, 3);
}

TEST(loopback_is_in_scope_where_a_netlet_row_matches)
{
    struct evidence *e = evidence(SMALL_SITE);
    tcp_answered(e, "127.0.0.1", 40000, "127.0.0.1", 4000);
    tcp_answered(e, "127.0.0.1", 40000, "127.0.0.1", 8087);
    tcp_answered(e, "::1", 40000, "::1", 4001);
    assert_flow(e, "127.0.0.1", 40000, "127.0.0.1", 4000, "handshake 127.0.0.1>127.0.0.1:4000 answered expected client-netlet-login");
    assert_flow(e, "127.0.0.1", 40000, "127.0.0.1", 8087, "handshake 127.0.0.1>127.0.0.1:8087 answered expected native-netlet");
    assert_flow(e, "::1", 40000, "::1", 4001, "handshake ::1>::1:4001 answered expected client-netlet-app");
}

TEST(loopback_is_in_scope_while_netlet_is_on)
{
    struct evidence *e = evidence(SMALL_SITE "features: {netlet: on}\n");
    tcp_answered(e, "127.0.0.1", 40000, "127.0.0.1", 4004); /* no fifth member */
    assert_flow(e, "127.0.0.1", 40000, "127.0.0.1", 4004, "handshake 127.0.0.1>127.0.0.1:4004 answered unexpected unlisted-port");
}

TEST(a_server_that_talks_to_its_own_address_breaks_no_port_list_even_while_netlet_is_on)
{
    struct evidence *e = evidence(SMALL_SITE "features: {netlet: on}\n");
    tcp_answered(e, "tta1", 40000, "tta1", 5427);
    tcp_answered(e, "app1", 40000, "app1", 25);
    assert_int_equal(judge(e)->summary.out_of_scope, 2);
}

/* --- undetermined: see test_orientation; fragments --------------------------------------------------------------------------- */

TEST(a_fragment_whose_first_part_was_never_seen_is_undetermined)
{
    struct evidence *e = evidence(SMALL_SITE);
    later_fragment(e, PP_UDP, "tta1", "win1", 77);
    later_fragment(e, PP_UDP, "tta1", "win1", 77);
    later_fragment(e, PP_UDP, "tta1", "win1", 78);
    assert_findings(e, "undetermined fragment tta1>win1");
    assert_int_equal(e->report->summary.undetermined, 2);
    assert_int_equal(e->report->findings[0].packets[0], 3);
}

TEST(a_fragment_whose_first_part_was_seen_is_not_judged_again)
{
    struct evidence *e = evidence(SMALL_SITE);
    struct pp_packet first = packet_of(e, PP_UDP, "tta1", 45000, "win1", 137, 0);
    first.marks |= PP_MARK_FIRST_FRAGMENT;
    first.datagram_id = 77;
    later_fragment(e, PP_UDP, "tta1", "win1", 77); /* in any order */
    put(e, first, PP_DECODED);
    assert_findings(e, "blocked tta-win-nbns tta1>win1:137 silent");
    assert_int_equal(e->report->summary.undetermined, 0);
}

TEST(fragments_between_strangers_and_to_groups_are_out_of_scope)
{
    struct evidence *e = evidence(two_addresses);
    later_fragment(e, PP_UDP, "10.9.9.9", "10.9.9.8", 1);
    later_fragment(e, PP_UDP, "10.20.0.1", "10.20.0.2", 1);
    later_fragment(e, PP_UDP, "10.0.1.10", "224.0.0.1", 1);
    later_fragment(e, PP_UDP, "10.0.1.10", "10.20.255.255", 1);
    later_fragment(e, PP_UDP, "10.0.1.10", "10.0.9.10", 1); /* one host */
    later_fragment(e, PP_UDP, "127.0.0.1", "127.0.0.2", 1);
    assert_findings(e, "");
}

TEST(a_fragment_is_out_of_scope_only_where_both_its_ends_are_one)
{
    struct evidence *e = evidence("hosts:\n  - {name: apps, prefix: 10.0.2.0/24, roles: application-server}\n");
    later_fragment(e, PP_UDP, "10.0.2.9", "10.0.2.9", 1); /* to itself */
    assert_findings(e, "");
    later_fragment(e, PP_UDP, "10.0.2.9", "10.0.2.8", 1);
    later_fragment(e, PP_UDP, "127.0.0.1", "10.0.2.9", 1); /* a loopback address on the wire: nobody's own affair */
    judge(e);
    assert_findings(e, "undetermined fragment apps>apps\nundetermined fragment 127.0.0.1>apps");
}

TEST(fragments_of_captures_past_those_told_apart_share_their_last_bit)
{
    struct evidence *e = evidence(SMALL_SITE);
    const uint16_t captures[] = {0, PP_CAPTURES_TOLD_APART, PP_CAPTURES_TOLD_APART + 7};
    const uint8_t result = PP_LATER_FRAGMENT;
    for (uint32_t i = 0; i < 3; i++) {
        struct pp_packet packet = packet_of(e, PP_UDP, "tta1", 0, "win1", 0, 0);
        packet.datagram_id = i;
        packet.frame = 1;
        packet.capture = captures[i];
        assert_true(pp_flow_table_add(e->flows, &packet, &result, 1));
    }
    assert_true(find_finding(e, PP_FIND_UNDETERMINED)->seen_in == (UINT64_C(1) | UINT64_C(1) << PP_CAPTURES_TOLD_APART));
    assert_int_equal(e->report->findings[0].flows, 3);
}

TEST(the_first_frame_of_orphaned_fragments_is_the_earliest_ones_in_any_order)
{
    static const struct {
        uint64_t ms;
        uint32_t id;
    } orders[2][3] = {{{5, 1}, {7, 2}, {3, 3}}, {{3, 3}, {7, 2}, {5, 1}}};
    for (unsigned o = 0; o < 2; o++) {
        struct evidence *e = evidence(SMALL_SITE);
        for (unsigned i = 0; i < 3; i++) {
            e->now_ms = orders[o][i].ms;
            e->frames = 9 - orders[o][i].ms - 1; /* frame numbers against the order of time */
            later_fragment(e, PP_UDP, "tta1", "win1", orders[o][i].id);
        }
        assert_int_equal(find_finding(e, PP_FIND_UNDETERMINED)->first_frame, 6);
        assert_int_equal(e->report->findings[0].first_ns % 1000000000, 3000000);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(traffic_between_clients_or_strangers_is_out_of_scope),
        cmocka_unit_test(one_end_with_a_role_other_than_client_is_in_scope),
        cmocka_unit_test(multicast_and_broadcast_by_address_are_out_of_scope),
        cmocka_unit_test(broadcast_by_link_level_address_is_out_of_scope),
        cmocka_unit_test(the_last_address_of_a_site_prefix_is_a_broadcast),
        cmocka_unit_test(both_ends_on_one_host_are_out_of_scope),
        cmocka_unit_test(two_addresses_of_one_prefix_are_two_hosts),
        cmocka_unit_test(both_ends_on_loopback_are_out_of_scope),
        cmocka_unit_test(loopback_is_in_scope_where_a_netlet_row_matches),
        cmocka_unit_test(loopback_is_in_scope_while_netlet_is_on),
        cmocka_unit_test(a_server_that_talks_to_its_own_address_breaks_no_port_list_even_while_netlet_is_on),
        cmocka_unit_test(a_fragment_whose_first_part_was_never_seen_is_undetermined),
        cmocka_unit_test(a_fragment_whose_first_part_was_seen_is_not_judged_again),
        cmocka_unit_test(fragments_between_strangers_and_to_groups_are_out_of_scope),
        cmocka_unit_test(a_fragment_is_out_of_scope_only_where_both_its_ends_are_one),
        cmocka_unit_test(fragments_of_captures_past_those_told_apart_share_their_last_bit),
        cmocka_unit_test(the_first_frame_of_orphaned_fragments_is_the_earliest_ones_in_any_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
