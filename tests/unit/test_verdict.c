/* Design 5.3: out of scope, undetermined, expected, exempt, unexpected with the nearest miss. */
#include <string.h>

#include "evidence.h"
#include "testing.h"

#define WAIVER(from, to, ports, expires)                                                                                                   \
    "  - {from: " from ", to: " to ", ports: " ports ", owner: ops, reason: agreed, expires: " expires "}\n"

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

/* --- expected -------------------------------------------------------------------------------------------------------------- */

TEST(a_flow_that_matches_a_row_is_expected_while_its_feature_is_on_or_auto)
{
    struct evidence *automatic = evidence(SMALL_SITE), *on = evidence(SMALL_SITE "features: {ssh: on}\n");
    tcp_answered(automatic, "tta1", 40000, "app1", 22);
    tcp_answered(on, "tta1", 40000, "app1", 22);
    assert_flow(automatic, "tta1", 40000, "app1", 22, "handshake tta1>app1:22 answered expected tta-app-ssh");
    assert_flow(on, "tta1", 40000, "app1", 22, "handshake tta1>app1:22 answered expected tta-app-ssh");
}

TEST(of_several_rows_that_match_the_narrowest_is_chosen)
{
    struct evidence *e = evidence("hosts:\n  - {name: tta1, address: 10.0.1.10, roles: tarantella-server}\n"
                                  "  - {name: both, address: 10.0.2.5, roles: [application-server, securid-server]}\n"
                                  "ports: {app-tta-x11: \"6010/tcp and above\", app-tta-lpd: 6011/tcp}\n");
    tcp_answered(e, "both", 40000, "tta1", 6011);
    assert_flow(e, "both", 40000, "tta1", 6011, "handshake both>tta1:6011 answered expected app-tta-lpd");
    assert_state(e, "app-tta-x11", "optional"); /* the wide one gets no credit */
}

TEST(of_rows_of_the_same_width_all_get_credit)
{
    struct evidence *e = evidence("hosts:\n  - {name: tta1, address: 10.0.1.10, roles: [tarantella-server, web-server]}\n"
                                  "  - {name: both, address: 10.0.2.5, roles: [client, portal-server]}\n");
    tcp_answered(e, "both", 40000, "tta1", 80);
    assert_state(e, "client-http", "expected");
    assert_state(e, "portal-web-http", "expected");
}

TEST(a_flow_expected_by_a_wide_row_only_is_labelled_wide_and_counted_apart)
{
    struct evidence *e = evidence(SMALL_SITE);
    tcp_answered(e, "app1", 40000, "tta1", 8080);
    assert_flow(e, "app1", 40000, "tta1", 8080, "handshake app1>tta1:8080 answered expected app-tta-x11 wide");
    assert_row(e, "app-tta-x11", "expected: app1>* expected answered wide");
    assert_int_equal(e->report->summary.wide, 1);
    assert_int_equal(e->report->rows[pp_spec_find_row(e->spec, "app-tta-x11")].wide_flows, 1);
}

TEST(the_site_can_narrow_the_ports_of_a_wide_row)
{
    struct evidence *e = evidence(SMALL_SITE "ports: {app-tta-x11: 6010-6099/tcp}\n");
    tcp_answered(e, "app1", 40000, "tta1", 6010);
    tcp_answered(e, "app1", 40000, "tta1", 6100);
    assert_flow(e, "app1", 40000, "tta1", 6010, "handshake app1>tta1:6010 answered expected app-tta-x11");
    assert_flow(e, "app1", 40000, "tta1", 6100, "handshake app1>tta1:6100 answered unexpected unlisted-port");
}

TEST(the_site_can_move_a_row)
{
    struct evidence *e = evidence(SMALL_SITE "ports: {client-aips: 443/tcp}\n");
    tcp_answered(e, "staff", 40000, "tta1", 5307);
    tcp_answered(e, "staff", 40000, "tta1", 443);
    assert_flow(e, "staff", 40000, "tta1", 5307, "handshake staff>tta1:5307 answered unexpected unlisted-port");
    assert_state(e, "client-aips", "expected");
}

TEST(an_off_host_connection_is_never_a_netlet_row_whatever_roles_the_site_gives)
{
    struct evidence *e = evidence(SMALL_SITE "  - {name: pc, address: 10.30.0.1, roles: netlet-applet}\n");
    tcp_answered(e, "staff", 40000, "pc", 4000);
    tcp_answered(e, "staff", 40000, "tta1", 8087);
    assert_flow(e, "staff", 40000, "pc", 4000, "handshake staff>pc:4000 answered unexpected unlisted-port");
    assert_flow(e, "staff", 40000, "tta1", 8087, "handshake staff>tta1:8087 answered unexpected unlisted-port");
}

TEST(a_netlet_row_matches_on_the_own_address_of_a_host_that_holds_its_roles)
{
    struct evidence *e = evidence(SMALL_SITE "  - {name: pc, address: 10.30.0.1, roles: [client, netlet-applet]}\n");
    tcp_answered(e, "pc", 40000, "pc", 4000);
    assert_flow(e, "pc", 40000, "pc", 4000, "handshake pc>pc:4000 answered expected client-netlet-login");
    assert_row(e, "client-netlet-login", "expected: *>*:4000 expected answered");
    struct evidence *pairs =
        evidence(SMALL_SITE "  - {name: pc, address: 10.30.0.1, roles: [client, netlet-applet]}\ncoverage: {client-netlet-login: pair}\n");
    tcp_answered(pairs, "pc", 40000, "pc", 4000);
    assert_row(pairs, "client-netlet-login", "expected: *>* expected answered"); /* it joins no two entries */
}

/* --- exempt ------------------------------------------------------------------------------------------------------------------ */

struct waiver_case {
    const char *waiver;
    bool matches;
};

static const struct waiver_case waiver_cases[] = {
    {WAIVER("any", "any", "25/tcp", "never"), true},
    {WAIVER("tarantella-server", "any", "25/tcp", "never"), true},
    {WAIVER("web-server", "ldap-server", "25/tcp", "never"), true},
    {WAIVER("client", "any", "25/tcp", "never"), false},
    {WAIVER("tta1", "ldap1", "25/tcp", "never"), true},
    {WAIVER("ldap1", "tta1", "25/tcp", "never"), false},
    {WAIVER("10.0.1.10", "10.0.3.6", "25/tcp", "never"), true},
    {WAIVER("10.0.1.11", "any", "25/tcp", "never"), false},
    {WAIVER("10.0.1.0/24", "10.0.3.0/24", "25/tcp", "never"), true},
    {WAIVER("10.0.1.0/24", "10.0.4.0/24", "25/tcp", "never"), false},
    {WAIVER("any", "any", "25/udp", "never"), false},
    {WAIVER("any", "any", "25", "never"), true},
    {WAIVER("any", "any", "any/tcp", "never"), true},
    {WAIVER("any", "any", "20-30/tcp", "never"), true},
    {WAIVER("any", "any", "26/tcp", "never"), false},
};

TEST(a_waiver_is_from_and_to_any_a_role_a_host_an_address_or_a_prefix)
{
    for (size_t i = 0; i < sizeof waiver_cases / sizeof *waiver_cases; i++) {
        char site[2048] = SMALL_SITE "waivers:\n";
        strcat(site, waiver_cases[i].waiver);
        struct evidence *e = evidence(site);
        tcp_answered(e, "tta1", 40000, "ldap1", 25);
        assert_flow(e, "tta1", 40000, "ldap1", 25,
                    waiver_cases[i].matches ? "handshake tta1>ldap1:25 answered exempt agreed"
                                            : "handshake tta1>ldap1:25 answered unexpected unlisted-port");
    }
}

TEST(a_waiver_is_valid_through_the_end_of_its_utc_day_compared_with_the_flows_first_time)
{
    static const struct {
        uint64_t ms;
        bool valid;
    } cases[] = {{0, true}, {50399999, true}, {50400000, false}}; /* 14 h to midnight */
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct evidence *e = evidence(SMALL_SITE "waivers:\n" WAIVER("any", "any", "25/tcp", "2026-11-20"));
        e->now_ms = cases[i].ms;
        tcp_answered(e, "tta1", 40000, "ldap1", 25); /* its last packets are after midnight in the second case */
        assert_int_equal(judge(e)->summary.exempt, cases[i].valid);
        assert_int_equal(count_kind(e, PP_FIND_WAIVER_EXPIRED), !cases[i].valid);
    }
}

TEST(an_expired_waiver_is_a_finding_of_its_own_beside_the_unexpected_flow)
{
    struct evidence *e = evidence(SMALL_SITE "waivers:\n" WAIVER("any", "any", "25/tcp", "2026-11-19"));
    tcp_answered(e, "tta1", 40000, "ldap1", 25);
    assert_findings(e, "unexpected unlisted-port tta1>ldap1:25 answered\nwaiver-expired tta1>ldap1:25 answered");
    assert_int_equal(find_finding(e, PP_FIND_WAIVER_EXPIRED)->waiver, 0);
    assert_int_equal(e->report->summary.unexpected, 1);
}

TEST(an_expired_waiver_beside_a_valid_one_or_a_row_is_no_finding)
{
    struct evidence *e = evidence(SMALL_SITE "waivers:\n" WAIVER("any", "any", "25/tcp", "2026-11-19")
                                      WAIVER("any", "ldap1", "25/tcp", "never") WAIVER("any", "any", "389/tcp", "2026-11-19"));
    tcp_answered(e, "tta1", 40000, "ldap1", 25);
    tcp_answered(e, "tta1", 40000, "ldap1", 389);
    assert_findings(e, "");
    assert_int_equal(e->report->summary.exempt, 1);
    assert_int_equal(e->report->summary.expected, 1);
}

TEST(a_row_comes_before_a_waiver)
{
    struct evidence *e = evidence(SMALL_SITE "waivers:\n" WAIVER("any", "any", "389/tcp", "never"));
    tcp_answered(e, "tta1", 40000, "ldap1", 389);
    assert_flow(e, "tta1", 40000, "ldap1", 389, "handshake tta1>ldap1:389 answered expected tta-ldap");
}

TEST(the_background_set_excuses_name_service)
{
    struct evidence *e = evidence(SMALL_SITE "include: [background]\n");
    udp_exchange(e, "tta1", 40000, "10.9.9.9", 53);
    tcp_answered(e, "tta1", 40000, "10.9.9.9", 53);
    assert_int_equal(judge(e)->summary.exempt, 2);
}

/* --- unexpected: the nearest miss ---------------------------------------------------------------------------------------------- */

struct miss {
    const char *features, *from, *to;
    uint16_t port;
    bool is_udp;
    const char *text;
};

static const struct miss misses[] = {
    {"features: {ldap: off}\n", "tta1", "ldap1", 389, false, "handshake tta1>ldap1:389 answered unexpected feature-off tta-ldap"},
    {"", "ldap1", "tta1", 389, false, "handshake ldap1>tta1:389 answered unexpected reversed tta-ldap"},
    {"", "tta1", "app1", 3389, true, "row tta1>app1:3389 answered unexpected wrong-transport tta-app-rdp"},
    {"", "tta1", "ldap1", 389, true, "first-packet tta1>ldap1:389 answered unexpected wrong-transport tta-ldap"},
    {"", "staff", "tta1", 5427, false, "handshake staff>tta1:5427 answered unexpected wrong-source tta-tta-peer"},
    {"", "10.9.9.9", "tta1", 5307, false, "handshake 10.9.9.9>tta1:5307 answered unexpected wrong-source client-aips"},
    {"", "tta1", "app1", 389, false, "handshake tta1>app1:389 answered unexpected wrong-destination tta-ldap"},
    {"", "tta1", "10.9.9.9", 389, false, "handshake tta1>10.9.9.9:389 answered unexpected wrong-destination tta-ldap"},
    {"", "tta1", "ldap1", 25, false, "handshake tta1>ldap1:25 answered unexpected unlisted-port"},
    {"", "tta1", "10.9.9.9", 25, false, "handshake tta1>10.9.9.9:25 answered unexpected unknown-host"},
    {"", "10.9.9.9", "tta1", 25, false, "handshake 10.9.9.9>tta1:25 answered unexpected unknown-host"},
};

TEST(every_miss_has_its_reason)
{
    for (size_t i = 0; i < sizeof misses / sizeof *misses; i++) {
        char site[2048] = SMALL_SITE;
        strcat(site, misses[i].features);
        struct evidence *e = evidence(site);
        if (misses[i].is_udp)
            udp_exchange(e, misses[i].from, 40000, misses[i].to, misses[i].port);
        else
            tcp_answered(e, misses[i].from, 40000, misses[i].to, misses[i].port);
        assert_flow(e, misses[i].from, 40000, misses[i].to, misses[i].port, misses[i].text);
    }
}

/* One flow for which all of the reasons hold from a point on: the first of them is given. */
TEST(the_reasons_are_tried_in_their_order)
{
    static const char hosts[] = "hosts:\n"
                                "  - {name: x, address: 10.0.1.10, roles: [tarantella-server, application-server]}\n"
                                "  - {name: y, address: 10.0.1.11, roles: [tarantella-server, application-server]}\n"
                                "  - {name: t, address: 10.0.1.12, roles: tarantella-server}\n"
                                "  - {name: a, address: 10.0.1.13, roles: application-server}\n"
                                "  - {name: l, address: 10.0.1.14, roles: ldap-server}\n";
    static const struct {
        const char *more, *from, *to;
        bool is_udp;
        const char *text;
    } cases[] = {
        /* off from x to y; from y to x it is off too, so nothing else may explain it */
        {"features: {ssh: off}\n", "x", "y", false, "feature-off"},
        /* off before reversed: app-tta-lpd moved to 22 would match the other way round */
        {"features: {ssh: off}\nports: {app-tta-lpd: 22/tcp}\n", "t", "a", false, "feature-off"},
        /* reversed before wrong-transport */
        {"ports: {app-tta-lb: 22/udp}\n", "a", "t", false, "reversed"},
        /* wrong-transport before wrong-source: 22/tcp from T to A exists, and l → a would only miss its source */
        {"", "t", "a", true, "wrong-transport"},
        {"", "l", "a", false, "wrong-source"},
        /* wrong-source before wrong-destination: T → A on 22, T → L on 22 */
        {"ports: {app-tta-lpd: 22/tcp}\n", "a", "a2", false, "wrong-source"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char site[2048];
        strcpy(site, hosts);
        strcat(site, "  - {name: a2, address: 10.0.1.15, roles: application-server}\n");
        strcat(site, cases[i].more);
        struct evidence *e = evidence(site);
        if (cases[i].is_udp)
            udp_exchange(e, cases[i].from, 40000, cases[i].to, 22);
        else
            tcp_answered(e, cases[i].from, 40000, cases[i].to, 22);
        assert_string_equal(pp_reason_name(find_finding(e, PP_FIND_UNEXPECTED)->reason), cases[i].text);
    }
}

TEST(a_wide_row_never_explains_a_miss)
{
    struct evidence *off = evidence(SMALL_SITE "features: {x11: off}\n");
    tcp_answered(off, "app1", 40000, "tta1", 6010);
    assert_flow(off, "app1", 40000, "tta1", 6010, "handshake app1>tta1:6010 answered unexpected unlisted-port");
    struct evidence *e = evidence(SMALL_SITE);
    tcp_answered(e, "tta1", 40000, "app1", 6010);  /* reversed X11 */
    tcp_answered(e, "ldap1", 40000, "tta1", 6010); /* wrong source */
    udp_exchange(e, "tta1", 40000, "ldap1", 9000); /* SecurID's wrong destination */
    assert_flow(e, "tta1", 40000, "app1", 6010, "handshake tta1>app1:6010 answered unexpected unlisted-port");
    assert_flow(e, "ldap1", 40000, "tta1", 6010, "handshake ldap1>tta1:6010 answered unexpected unlisted-port");
    assert_flow(e, "tta1", 40000, "ldap1", 9000, "first-packet tta1>ldap1:9000 answered unexpected unlisted-port");
}

TEST(a_row_that_is_off_explains_nothing_but_feature_off)
{
    struct evidence *e = evidence(SMALL_SITE "features: {ldap: off}\n");
    tcp_answered(e, "app1", 40000, "ldap1", 389);
    assert_flow(e, "app1", 40000, "ldap1", 389, "handshake app1>ldap1:389 answered unexpected unlisted-port");
}

TEST(an_undetermined_flow_names_no_miss)
{
    struct evidence *e = evidence(SMALL_SITE);
    tcp_midstream(e, "app1", 513, "tta1", 515);
    assert_int_equal(find_finding(e, PP_FIND_UNDETERMINED)->nearest_row, PP_NONE);
}

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
    struct evidence *e = evidence(SMALL_SITE);
    e->now_ms = 100000;
    tcp_answered(e, "tta1", 40000, "ldap1", 25);
    e->now_ms = 0;
    tcp_answered(e, "tta1", 40001, "ldap1", 25); /* later in the file, earlier in time */
    const struct pp_finding *f = find_finding(e, PP_FIND_UNEXPECTED);
    struct evidence *alone = evidence(SMALL_SITE);
    tcp_answered(alone, "tta1", 40001, "ldap1", 25);
    assert_int_equal(f->first_frame, 6);
    assert_string_equal(f->community_id, find_finding(alone, PP_FIND_UNEXPECTED)->community_id);
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
        cmocka_unit_test(the_first_frame_of_orphaned_fragments_is_the_earliest_ones_in_any_order),
        cmocka_unit_test(a_flow_that_matches_a_row_is_expected_while_its_feature_is_on_or_auto),
        cmocka_unit_test(of_several_rows_that_match_the_narrowest_is_chosen),
        cmocka_unit_test(of_rows_of_the_same_width_all_get_credit),
        cmocka_unit_test(a_flow_expected_by_a_wide_row_only_is_labelled_wide_and_counted_apart),
        cmocka_unit_test(the_site_can_narrow_the_ports_of_a_wide_row),
        cmocka_unit_test(the_site_can_move_a_row),
        cmocka_unit_test(an_off_host_connection_is_never_a_netlet_row_whatever_roles_the_site_gives),
        cmocka_unit_test(a_netlet_row_matches_on_the_own_address_of_a_host_that_holds_its_roles),
        cmocka_unit_test(a_waiver_is_from_and_to_any_a_role_a_host_an_address_or_a_prefix),
        cmocka_unit_test(a_waiver_is_valid_through_the_end_of_its_utc_day_compared_with_the_flows_first_time),
        cmocka_unit_test(an_expired_waiver_is_a_finding_of_its_own_beside_the_unexpected_flow),
        cmocka_unit_test(an_expired_waiver_beside_a_valid_one_or_a_row_is_no_finding),
        cmocka_unit_test(a_row_comes_before_a_waiver),
        cmocka_unit_test(the_background_set_excuses_name_service),
        cmocka_unit_test(every_miss_has_its_reason),
        cmocka_unit_test(the_reasons_are_tried_in_their_order),
        cmocka_unit_test(a_wide_row_never_explains_a_miss),
        cmocka_unit_test(a_row_that_is_off_explains_nothing_but_feature_off),
        cmocka_unit_test(an_undetermined_flow_names_no_miss),
        cmocka_unit_test(findings_join_flows_that_agree_in_everything_but_the_ephemeral_port),
        cmocka_unit_test(findings_keep_the_transports_and_what_may_be_two_services_apart),
        cmocka_unit_test(the_first_frame_and_community_id_are_the_earliest_flows),
        cmocka_unit_test(of_flows_that_began_at_the_same_time_the_lower_frame_is_the_first),
        cmocka_unit_test(past_ten_thousand_findings_they_join_with_a_count_of_initiators_and_the_summary_stays_exact),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
