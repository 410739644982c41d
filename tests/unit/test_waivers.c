/* Design 5.3: waivers, valid and expired. */
#include <stdio.h>
#include <string.h>

#include "evidence.h"
#include "testing.h"

#define WAIVER(from, to, ports, expires)                                                                                                   \
    "  - {from: " from ", to: " to ", ports: " ports ", owner: ops, reason: agreed, expires: " expires "}\n"

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

TEST(of_several_waivers_that_match_the_first_of_the_site_file_is_named_whatever_its_ports)
{
    static const char *const first[] = {"any/tcp", "25/tcp", "20-30", "25/tcp, 1000-60000/tcp"};
    for (size_t i = 0; i < sizeof first / sizeof *first; i++)
        for (size_t k = 0; k < sizeof first / sizeof *first; k++) {
            char site[2048];
            snprintf(site, sizeof site,
                     SMALL_SITE "waivers:\n"
                                "  - {from: any, to: any, ports: any/udp, owner: o, reason: other, expires: never}\n"
                                "  - {from: any, to: any, ports: \"%s\", owner: o, reason: one, expires: never}\n"
                                "  - {from: any, to: any, ports: \"%s\", owner: o, reason: two, expires: never}\n",
                     first[i], first[k]);
            struct evidence *e = evidence(site);
            tcp_answered(e, "tta1", 40000, "ldap1", 25);
            assert_flow(e, "tta1", 40000, "ldap1", 25, "handshake tta1>ldap1:25 answered exempt one");
        }
}

TEST(a_waiver_holds_on_its_first_and_last_port_and_its_transport_only)
{
    struct evidence *e =
        evidence(SMALL_SITE "waivers:\n" WAIVER("any", "any", "1-20/tcp", "never") WAIVER("any", "any", "65535/udp", "never"));
    static const struct {
        uint16_t port;
        bool is_udp, exempt;
    } cases[] = {{1, false, true}, {20, false, true}, {21, false, false}, {65535, true, true}, {65534, true, false}, {19, true, false}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        uint16_t from = (uint16_t)(900 + i);
        if (cases[i].is_udp)
            udp_exchange(e, "tta1", from, "ldap1", cases[i].port);
        else
            tcp_answered(e, "tta1", from, "ldap1", cases[i].port);
        judge(e); /* anew: packets were added */
        const char *text = flow_text(e, "tta1", from, "ldap1", cases[i].port);
        if ((strstr(text, "exempt") != NULL) != cases[i].exempt) fail_msg("case %zu: %s", i, text);
    }
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

TEST(a_waiver_that_has_expired_excuses_what_carries_no_time)
{
    struct evidence *e = evidence(SMALL_SITE "waivers:\n" WAIVER("any", "any", "25/tcp", "2026-11-19"));
    e->timeless = true;
    tcp_answered(e, "tta1", 40000, "ldap1", 25);
    assert_flow(e, "tta1", 40000, "ldap1", 25, "handshake tta1>ldap1:25 answered exempt agreed");
    assert_findings(e, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_waiver_is_from_and_to_any_a_role_a_host_an_address_or_a_prefix),
        cmocka_unit_test(a_waiver_is_valid_through_the_end_of_its_utc_day_compared_with_the_flows_first_time),
        cmocka_unit_test(an_expired_waiver_is_a_finding_of_its_own_beside_the_unexpected_flow),
        cmocka_unit_test(an_expired_waiver_beside_a_valid_one_or_a_row_is_no_finding),
        cmocka_unit_test(of_several_waivers_that_match_the_first_of_the_site_file_is_named_whatever_its_ports),
        cmocka_unit_test(a_waiver_holds_on_its_first_and_last_port_and_its_transport_only),
        cmocka_unit_test(a_row_comes_before_a_waiver),
        cmocka_unit_test(the_background_set_excuses_name_service),
        cmocka_unit_test(a_waiver_that_has_expired_excuses_what_carries_no_time),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
