/* Findings in words: what happened and what to do about it. */
#include <stdio.h>
#include <string.h>

#include "evidence.h"
#include "testing.h"

static void assert_says(const struct pp_finding *finding, const char *words)
{
    if (!strstr(finding->explanation, words)) fail_msg("\"%s\" is not in \"%s\"", words, finding->explanation);
}

/* --- what an ICMP error says ---------------------------------------------------------------------------------------------------- */

struct code_case {
    uint8_t code;
    const char *words, *action;
};

TEST(every_code_of_an_icmp_error_has_its_words_and_a_missing_route_is_mended_not_opened)
{
    static const struct code_case cases[] = {
        {0, "network unreachable", "mend"},
        {1, "host unreachable", "mend"},
        {2, "protocol unreachable", "open"},
        {3, "port unreachable", "open"},
        {5, "source route failed", "mend"},
        {6, "network unknown", "mend"},
        {7, "host unknown", "mend"},
        {8, "unreachable", "open"}, /* obsolete, without words of its own */
        {9, "network administratively prohibited", "open"},
        {10, "host administratively prohibited", "open"},
        {11, "network unreachable for this type of service", "mend"},
        {12, "host unreachable for this type of service", "mend"},
        {13, "communication administratively prohibited", "open"},
        {14, "unreachable", "open"}, /* past the table */
        {255, "unreachable", "open"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct evidence *e = evidence(SMALL_SITE);
        tcp_rejected(e, "tta1", 40000, "app1", 3389, "10.0.0.1", 3, cases[i].code);
        const struct pp_finding *f = find_finding(e, PP_FIND_BLOCKED);
        char words[100];
        snprintf(words, sizeof words, "Rejected by 10.0.0.1 (ICMP %s)", cases[i].words);
        assert_says(f, words);
        assert_string_equal(f->action, cases[i].action);
    }
}

TEST(every_code_of_an_icmpv6_error_has_its_words_and_a_missing_route_is_mended_not_opened)
{
    static const struct code_case cases[] = {
        {0, "no route to destination", "mend"},
        {1, "communication administratively prohibited", "open"},
        {2, "beyond scope of source address", "open"},
        {3, "address unreachable", "mend"},
        {4, "port unreachable", "open"},
        {5, "source address failed policy", "open"},
        {6, "reject route", "open"},
        {7, "unreachable", "open"},
        {255, "unreachable", "open"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct evidence *e = evidence("hosts:\n"
                                      "  - {name: t6, address: \"2001:db8::1\", roles: [tarantella-server, web-server]}\n"
                                      "  - {name: a6, address: \"2001:db8::2\", roles: application-server}\n");
        tcp_rejected(e, "t6", 40000, "a6", 3389, "2001:db8::fe", 1, cases[i].code);
        const struct pp_finding *f = find_finding(e, PP_FIND_BLOCKED);
        char words[100];
        snprintf(words, sizeof words, "Rejected by 2001:db8::fe (ICMP %s)", cases[i].words);
        assert_says(f, words);
        assert_string_equal(f->action, cases[i].action);
    }
}

TEST(what_is_dropped_over_one_family_says_that_the_other_works)
{
    static const char both[] = "hosts:\n"
                               "  - {name: t1, address: [10.0.1.10, \"2001:db8::1\"], roles: tarantella-server}\n"
                               "  - {name: l1, address: [10.0.3.1, \"2001:db8::2\"], roles: ldap-server}\n";
    struct evidence *six = evidence(both), *four = evidence(both);
    tcp_silent(six, "2001:db8::1", 40000, "2001:db8::2", 389);
    tcp_answered(six, "10.0.1.10", 40000, "10.0.3.1", 389);
    tcp_silent(four, "10.0.1.10", 40000, "10.0.3.1", 389);
    tcp_answered(four, "2001:db8::1", 40000, "2001:db8::2", 389);
    assert_says(find_finding(six, PP_FIND_BLOCKED), "Over IPv4 it works: the rules for IPv6 were forgotten");
    assert_says(find_finding(four, PP_FIND_BLOCKED), "Over IPv6 it works: the rules for IPv4 were forgotten");
    assert_non_null(strstr(find_finding(six, PP_FIND_BLOCKED)->brief, "; over IPv4 it works"));
    assert_non_null(strstr(find_finding(four, PP_FIND_BLOCKED)->brief, "; over IPv6 it works"));
}

/* --- who ------------------------------------------------------------------------------------------------------------------------ */

/* A SYN of each of `count` addresses from `first` on. */
static void many_come(struct evidence *e, const char *first, uint32_t count, const char *to, uint16_t port)
{
    for (uint32_t i = 0; i < count; i++) {
        struct pp_packet packet = packet_of(e, PP_TCP, first, 40000, to, port, PP_SYN);
        packet.source[2] = (uint8_t)(i >> 8);
        packet.source[3] = (uint8_t)i;
        put(e, packet, PP_DECODED);
    }
}

static const struct pp_finding *find_reason(const struct evidence *e, enum pp_reason reason, const char *responder)
{
    struct pp_address at = end_of(e, responder);
    for (uint32_t i = 0; i < e->report->finding_count; i++) {
        const struct pp_finding *f = &e->report->findings[i];
        if (f->reason == reason && memcmp(&f->responder.address, &at, sizeof at) == 0) return f;
    }
    fail_msg("no finding for %s towards %s", pp_reason_name(reason), responder);
    return NULL;
}

TEST(initiators_joined_in_one_line_are_spoken_of_as_many)
{
    struct evidence *e = evidence(SMALL_SITE "  - {name: farm, prefix: 10.44.0.0/16, roles: application-server}\n");
    many_come(e, "10.99.0.0", 4500, "tta1", 25);
    many_come(e, "10.20.0.0", 4500, "tta1", 5427);
    many_come(e, "10.44.0.0", 4500, "192.0.2.1", 25);
    assert_true(judge(e)->findings_joined);
    const struct pp_finding *strangers = find_reason(e, PP_UNKNOWN_HOST, "tta1");
    assert_int_equal(strangers->initiators, 4500);
    assert_says(strangers,
                "; none of the initiators has a role in the inventory. It was stopped; find out why it is tried; or name them in "
                "the site file, if they belong there. 4500 initiators are joined in this line.");
    assert_non_null(strstr(strangers->brief, "; the initiators are not in the inventory"));
    assert_says(find_reason(e, PP_WRONG_SOURCE, "tta1"),
                "; or, if one of them is a tarantella-server under a new or translated address, add it to the site file.");
    const struct pp_finding *to_stranger = find_reason(e, PP_UNKNOWN_HOST, "192.0.2.1");
    assert_says(to_stranger, "; 192.0.2.1 has no role in the inventory. ");
    assert_non_null(strstr(to_stranger->brief, "; 192.0.2.1 is not in the inventory"));
}

TEST(a_single_initiator_is_named)
{
    struct evidence *e = evidence(SMALL_SITE);
    tcp_answered(e, "10.9.9.9", 40000, "tta1", 25);
    tcp_answered(e, "10.9.9.9", 40000, "tta1", 5427);
    judge(e);
    assert_says(find_reason(e, PP_UNKNOWN_HOST, "tta1"), "Answered; 10.9.9.9 has no role in the inventory. Close it; or name it");
    assert_non_null(strstr(find_reason(e, PP_UNKNOWN_HOST, "tta1")->brief, "; 10.9.9.9 is not in the inventory"));
    assert_says(find_reason(e, PP_WRONG_SOURCE, "tta1"), "; or, if 10.9.9.9 is a tarantella-server under a new or translated address, ");
}

/* --- what to do to see a row ------------------------------------------------------------------------------------------------------ */

#define TWO_ROLES                                                                                                                          \
    "name: two\ntitle: Two\nversion: \"1\"\nsource: here\n"                                                                                \
    "roles:\n  - {name: a, title: A}\n  - {name: old-b, title: B}\n"                                                                       \
    "features:\n  - {name: f, title: F}\n"
#define ROW_OF(id, ports, coverage, exercise)                                                                                              \
    "  - {id: " id ", page_line: 1, group: g, from: a, to: old-b, transport: tcp, ports: " ports ", feature: f, coverage: " coverage       \
    ", purpose: Fetches mail, when: w, exercise: \"" exercise "\"}\n"

TEST(a_missing_row_says_how_to_see_it_in_the_rules_words)
{
    static const char site[] = "hosts:\n  - {name: one, address: 10.0.0.1, roles: a}\n  - {name: two, address: 10.0.0.2, roles: old-b}\n"
                               "features: {f: on}\n";
    struct evidence *e = evidence_by(TWO_ROLES "rows:\n" ROW_OF("x", "25/tcp", "source", "Let {from} write to {to}.")
                                         ROW_OF("y", "26/tcp", "destination", "Ask {to} as {from}."),
                                     site);
    everyone_is_seen(e);
    assert_findings(e, "missing x one>old-b:25\nmissing y a>two:26");
    assert_string_equal(e->report->findings[0].exercise, "Let one write to an old-b.");
    assert_string_equal(e->report->findings[1].exercise, "Ask two as an a.");
    assert_string_equal(e->report->findings[1].action, "test");
    assert_string_equal(e->report->findings[1].brief, "never tried");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_code_of_an_icmp_error_has_its_words_and_a_missing_route_is_mended_not_opened),
        cmocka_unit_test(every_code_of_an_icmpv6_error_has_its_words_and_a_missing_route_is_mended_not_opened),
        cmocka_unit_test(what_is_dropped_over_one_family_says_that_the_other_works),
        cmocka_unit_test(initiators_joined_in_one_line_are_spoken_of_as_many),
        cmocka_unit_test(a_single_initiator_is_named),
        cmocka_unit_test(a_missing_row_says_how_to_see_it_in_the_rules_words),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
