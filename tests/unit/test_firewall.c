/* What a list and a site, or a report, ask of a firewall: the rules in each syntax, and what is said instead of one. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "evidence.h"
#include "portproof/firewall.h"
#include "testing.h"

static bool append(void *context, const char *bytes, size_t size)
{
    char *text = context;
    size_t length = strlen(text);
    assert_true(length + size < 1 << 16);
    memcpy(text + length, bytes, size);
    text[length + size] = '\0';
    return true;
}

/* As written; frees the request. */
static const char *sent(struct pp_request *request, const char *format, bool stateless)
{
    static char text[1 << 16];
    const struct pp_sink sink = {append, text};
    assert_non_null(request);
    text[0] = '\0';
    assert_true(pp_request_send(request, format, stateless, "title", &sink));
    pp_request_destroy(request);
    return text;
}

static struct pp_request *of_site(const struct evidence *e) { return pp_request_of_site(e->spec, e->site, NULL); }

static void assert_holds(const char *text, const char *words)
{
    if (!strstr(text, words)) fail_msg("\"%s\" is not in\n%s", words, text);
}

static void assert_holds_not(const char *text, const char *words)
{
    if (strstr(text, words)) fail_msg("\"%s\" is in\n%s", words, text);
}

#define RULES(rows)                                                                                                                        \
    "name: two\ntitle: Two\nversion: \"1\"\nsource: here\n"                                                                                \
    "roles:\n  - {name: a, title: A}\n  - {name: b, title: B}\n"                                                                           \
    "features:\n  - {name: f, title: F}\n"                                                                                                 \
    "rows:\n" rows
#define ROW(id, transport, ports, more)                                                                                                    \
    "  - {id: " id ", page_line: 1, group: g, from: a, to: b, transport: " transport ", ports: \"" ports                                   \
    "\", feature: f, coverage: pair, " more "purpose: p, when: w, exercise: e}\n"
#define SITE "hosts:\n  - {name: one, address: 10.0.0.1, roles: a}\n  - {name: two, address: [10.0.0.2, \"2001:db8::2\"], roles: b}\n"

/* --- of a site ------------------------------------------------------------------------------------------------------------------ */

TEST(a_series_of_ports_is_opened_port_by_port_and_no_port_between)
{
    struct evidence *e =
        evidence_by(RULES(ROW("series", "tcp", "4000/tcp, 4002/tcp ...", "")), SITE "features: {f: on}\narray_members: 3\n");
    const char *text = sent(of_site(e), "iptables", false);
    for (unsigned port = 4000; port <= 4006; port++) {
        char words[40];
        snprintf(words, sizeof words, "--dport %u ", port);
        if (port % 2 == 0 && port < 4006)
            assert_holds(text, words);
        else
            assert_holds_not(text, words);
    }
    assert_holds(sent(of_site(e), "cisco-acl", false), " permit tcp host 10.0.0.1 host 10.0.0.2 eq 4002\n");
}

TEST(the_way_back_is_open_to_answers_alone_and_closed_where_nothing_comes_back)
{
    struct evidence *e = evidence_by(
        RULES(ROW("mail", "tcp", "25/tcp", "") ROW("name", "udp", "53/udp", "") ROW("log", "udp", "514/udp", "one_way: true, ")),
        SITE "features: {f: on}\n");
    const char *text = sent(of_site(e), "iptables", true);
    assert_holds(text, "-s 10.0.0.2/32 -d 10.0.0.1/32 -p tcp -m tcp --sport 25 ! --syn ");
    assert_holds(text, "-s 10.0.0.2/32 -d 10.0.0.1/32 -p udp -m udp --sport 53 -m comment");
    assert_holds_not(text, "--sport 514");
    assert_holds(text, "-4 -A PORTPROOF -p icmp -m icmp --icmp-type 3 -j ACCEPT\n");
    assert_holds(text, "-6 -A PORTPROOF -p ipv6-icmp -m icmp6 --icmpv6-type 2 -j ACCEPT\n"); /* packet too big */
    assert_holds_not(text, "conntrack");
    text = sent(of_site(e), "cisco-acl", true);
    assert_holds(text, " permit tcp host 10.0.0.2 eq 25 host 10.0.0.1 established\n");
    assert_holds(text, " permit udp host 10.0.0.2 eq 53 host 10.0.0.1\n");
    assert_holds_not(text, "eq 514 host 10.0.0.1");
    text = sent(of_site(e), "nftables", true);
    assert_holds(text, "tcp sport { 25 } tcp flags & (syn | ack) != syn counter accept");
    assert_holds_not(text, "sport { 514 }");
    text = sent(of_site(e), "iptables", false);
    assert_holds(text, "--ctstate ESTABLISHED,RELATED -j ACCEPT\n");
    assert_holds_not(text, "--sport");
}

TEST(a_prefix_of_no_bits_is_a_wildcard_of_all)
{
    struct evidence *e = evidence_by(RULES(ROW("mail", "tcp", "25/tcp", "")), "hosts:\n  - {name: all, prefix: 0.0.0.0/0, roles: a}\n"
                                                                              "  - {name: net, prefix: 10.4.0.0/15, roles: b}\n"
                                                                              "features: {f: on}\n");
    assert_holds(sent(of_site(e), "cisco-acl", false), " permit tcp 0.0.0.0 255.255.255.255 10.4.0.0 0.1.255.255 eq 25\n");
}

TEST(hosts_inside_a_prefix_whose_rules_hold_for_them_are_named_up_to_twenty)
{
    char site[8192] = "hosts:\n  - {name: net, prefix: 10.4.0.0/16, roles: a}\n  - {name: two, address: 10.0.0.2, roles: b}\n";
    for (unsigned i = 0; i < 23; i++) sprintf(site + strlen(site), "  - {name: inner%u, address: 10.4.0.%u}\n", i, i + 1);
    strcat(site, "  - {name: same, address: 10.4.0.99, roles: a}\nfeatures: {f: on}\n");
    const char *text = sent(of_site(evidence_by(RULES(ROW("mail", "tcp", "25/tcp", "")), site)), "iptables", false);
    assert_holds(text, "# warning: inner19 lies in the prefix of net, whose rules hold for it, too\n");
    assert_holds_not(text, "inner20");
    assert_holds(text, "# warning: so do 3 more\n");
    assert_holds_not(text, "same lies");
}

/* --- of a report, in which nothing is believed to be as it should ----------------------------------------------------------------- */

static struct pp_request *of_findings(const char *findings, const struct evidence *e)
{
    char json[4096];
    struct pp_error error;
    snprintf(json, sizeof json, "{\"schema\": \"portproof/report/1\", \"rows\": [], \"findings\": [%s]}", findings);
    struct pp_request *request = pp_request_of_report(json, strlen(json), e ? e->spec : NULL, e ? e->site : NULL, &error);
    if (!request) fail_msg("%s", error.text);
    return request;
}

#define PARTY(address, more) "{\"name\": \"\", \"address\": \"" address "\"" more "}"
#define OPEN(from, to, transport, more)                                                                                                    \
    "{\"kind\": \"unexpected\", \"got_through\": true, \"brief\": \"b\", \"transport\": \"" transport "\", \"initiator\": " from           \
    ", \"responder\": " to more "}"

TEST(what_got_through_is_stopped_between_its_two_addresses)
{
    const char *text =
        sent(of_findings(OPEN(PARTY("10.0.0.1", ""), PARTY("10.0.0.2", ", \"port\": 25"), "udp", ""), NULL), "iptables", false);
    assert_holds(
        text, "-4 -A PORTPROOF-FIX -s 10.0.0.1/32 -d 10.0.0.2/32 -p udp -m udp --dport 25 -m comment --comment \"on no row: b\" -j DROP");
}

TEST(a_finding_without_a_pair_of_addresses_and_a_port_makes_a_note_and_no_rule)
{
    static const char *const findings[] = {
        OPEN("{}", PARTY("10.0.0.2", ", \"port\": 25"), "tcp", ""),
        OPEN("7", PARTY("10.0.0.2", ", \"port\": 25"), "tcp", ""),
        OPEN(PARTY("10.0.0.1", ""), PARTY("10.0.0.256", ", \"port\": 25"), "tcp", ""),
        OPEN(PARTY("10.0.0.1", ""), PARTY("2001:db8::2", ", \"port\": 25"), "tcp", ""), /* no rule is of two families */
        OPEN(PARTY("10.0.0.1", ""), PARTY("10.0.0.2", ""), "tcp", ""),
        OPEN(PARTY("10.0.0.1", ""), PARTY("10.0.0.2", ", \"port\": 0"), "tcp", ""),
        OPEN(PARTY("10.0.0.1", ""), PARTY("10.0.0.2", ", \"port\": -25"), "tcp", ""),
        OPEN(PARTY("10.0.0.1", ""), PARTY("10.0.0.2", ", \"port\": 65561"), "tcp", ""),
        OPEN(PARTY("10.0.0.1", ""), PARTY("10.0.0.2", ", \"port\": 25"), "sctp", ""),
    };
    for (size_t i = 0; i < sizeof findings / sizeof *findings; i++) {
        struct pp_request *request = of_findings(findings[i], NULL);
        assert_int_equal(request->rules, 0);
        const char *text = sent(request, "iptables", false);
        assert_holds(text, "# no rule for unexpected , b: the report has no single pair of addresses and port for it\n");
        assert_holds_not(text, " -s ");
    }
}

TEST(a_rule_for_one_of_many_says_how_many_there_were)
{
    static const char blocked[] =
        "{\"kind\": \"blocked\", \"action\": \"open\", \"brief\": \"b\", \"row\": \"mail\", \"transport\": \"tcp\", "
        "\"pairs\": 7, \"tried_by\": " PARTY("10.0.0.1", "") ", \"tried_at\": " PARTY("10.0.0.2", "") ", \"responder\": {\"port\": 25}}";
    assert_holds(sent(of_findings(blocked, NULL), "iptables", false),
                 "# 7 pairs of addresses were blocked here, of which the next rule opens one; --site FILE opens all\n");
    static const char many[] = OPEN(PARTY("10.0.0.1", ""), PARTY("10.0.0.2", ", \"port\": 25"), "tcp", ", \"initiators\": 9000000000");
    assert_holds(sent(of_findings(many, NULL), "iptables", false), "# 2147483647 initiators were seen, of whom the next rule stops one\n");
    struct evidence *e = evidence_by(RULES(ROW("mail", "tcp", "25/tcp, 587/tcp", "")), SITE);
    const char *whole = sent(of_findings(blocked, e), "iptables", false);
    assert_holds(whole, "# warning: this is not the site file that the report was judged by");
    assert_holds(whole, "--dport 587 "); /* the edge's, and not just the port that was tried */
    assert_holds_not(whole, "7 pairs");
    struct evidence *moved = evidence_by(RULES(ROW("post", "tcp", "25/tcp", "")), SITE);
    whole = sent(of_findings(blocked, moved), "iptables", false);
    assert_holds(whole, "# by this site mail does not join the two: the next rule opens what the report has, one pair\n");
    assert_holds(whole, "--dport 25 ");
}

TEST(a_blocked_row_whose_transport_the_rules_have_otherwise_is_opened_as_it_was_tried)
{
    static const char blocked[] =
        "{\"kind\": \"blocked\", \"action\": \"open\", \"brief\": \"b\", \"row\": \"mail\", \"transport\": \"udp\", "
        "\"tried_by\": " PARTY("10.0.0.1", "") ", \"tried_at\": " PARTY("10.0.0.2", "") ", \"responder\": {\"port\": 25}}";
    const char *text = sent(of_findings(blocked, evidence_by(RULES(ROW("mail", "tcp", "25/tcp", "")), SITE)), "iptables", false);
    assert_holds(text, "mail does not join the two");
    assert_holds(text, "-p udp -m udp --dport 25 ");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_series_of_ports_is_opened_port_by_port_and_no_port_between),
        cmocka_unit_test(the_way_back_is_open_to_answers_alone_and_closed_where_nothing_comes_back),
        cmocka_unit_test(a_prefix_of_no_bits_is_a_wildcard_of_all),
        cmocka_unit_test(hosts_inside_a_prefix_whose_rules_hold_for_them_are_named_up_to_twenty),
        cmocka_unit_test(what_got_through_is_stopped_between_its_two_addresses),
        cmocka_unit_test(a_finding_without_a_pair_of_addresses_and_a_port_makes_a_note_and_no_rule),
        cmocka_unit_test(a_rule_for_one_of_many_says_how_many_there_were),
        cmocka_unit_test(a_blocked_row_whose_transport_the_rules_have_otherwise_is_opened_as_it_was_tried),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
