/* Design 5.3: expected, and unexpected with the nearest miss. */
#include <stdio.h>
#include <string.h>

#include "evidence.h"
#include "testing.h"

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

/* A list where the primary of the array talks to itself over its loopback address. */
TEST(a_loopback_address_is_no_hosts_and_so_not_the_primarys)
{
    static const char rules[] =
        "name: own\ntitle: Own\nversion: \"1\"\nsource: here\n"
        "roles:\n  - {name: member, title: M, primary: true, loopback: true}\n  - {name: other, title: O}\n"
        "features:\n  - {name: f, title: F}\n"
        "rows:\n  - {id: own, page_line: 1, group: g, from: member, to: member, transport: tcp, ports: 25/tcp, feature: f, loopback: true, "
        "primary: to, coverage: once, purpose: p, when: w, exercise: e}\n";
    struct evidence *named = evidence_by(rules, "hosts:\n  - {name: m1, address: 10.0.0.1, roles: member, primary: true}\n");
    struct evidence *unnamed = evidence_by(rules, "hosts:\n  - {name: m1, address: 10.0.0.1, roles: member}\n");
    tcp_answered(named, "127.0.0.1", 40000, "127.0.0.1", 25);
    tcp_answered(named, "m1", 40000, "m1", 25);
    tcp_answered(unnamed, "127.0.0.1", 40000, "127.0.0.1", 25);
    assert_flow(named, "127.0.0.1", 40000, "127.0.0.1", 25, "handshake 127.0.0.1>127.0.0.1:25 answered expected own not-primary");
    assert_flow(named, "m1", 40000, "m1", 25, "handshake m1>m1:25 answered expected own");
    assert_flow(unnamed, "127.0.0.1", 40000, "127.0.0.1", 25, "handshake 127.0.0.1>127.0.0.1:25 answered expected own");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_flow_that_matches_a_row_is_expected_while_its_feature_is_on_or_auto),
        cmocka_unit_test(of_several_rows_that_match_the_narrowest_is_chosen),
        cmocka_unit_test(of_rows_of_the_same_width_all_get_credit),
        cmocka_unit_test(a_flow_expected_by_a_wide_row_only_is_labelled_wide_and_counted_apart),
        cmocka_unit_test(the_site_can_narrow_the_ports_of_a_wide_row),
        cmocka_unit_test(the_site_can_move_a_row),
        cmocka_unit_test(an_off_host_connection_is_never_a_netlet_row_whatever_roles_the_site_gives),
        cmocka_unit_test(a_netlet_row_matches_on_the_own_address_of_a_host_that_holds_its_roles),
        cmocka_unit_test(every_miss_has_its_reason),
        cmocka_unit_test(the_reasons_are_tried_in_their_order),
        cmocka_unit_test(a_wide_row_never_explains_a_miss),
        cmocka_unit_test(a_row_that_is_off_explains_nothing_but_feature_off),
        cmocka_unit_test(an_undetermined_flow_names_no_miss),
        cmocka_unit_test(a_loopback_address_is_no_hosts_and_so_not_the_primarys),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
