/* Design 5.4: which edges a row has, which of them are due, and which are visible. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "array.h"
#include "evidence.h"
#include "testing.h"

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

TEST(an_unordered_pair_of_two_roles_is_one_edge_whoever_stands_first_in_the_site_file)
{
    struct evidence *e = evidence(HOSTS L1 T1 L2 T2 "  - {name: both, address: 10.0.5.1, roles: [tarantella-server, ldap-server]}\n"
                                                    "features: {ldap: on, array: off}\ncoverage: {tta-ldap: unordered-pair}\n");
    everyone_is_seen(e);
    tcp_answered(e, "t2", 40000, "l1", 389);
    tcp_refused(e, "both", 40000, "l2", 389);
    assert_row(e, "tta-ldap",
               "blocked: l1>t2 expected answered; l2>both blocked refused; l1>t1 missing; l1>both missing; t1>l2 missing; t1>both "
               "missing; l2>t2 missing; t2>both missing");
    assert_row(e, "tta-ldaps", "optional");
}

TEST(an_unordered_pair_has_its_edge_though_only_one_of_the_two_may_be_either_end)
{
    struct evidence *e = evidence(HOSTS "  - {name: both, address: 10.0.5.1, roles: [tarantella-server, ldap-server]}\n" T1 L1
                                        "features: {ldap: on, array: off}\ncoverage: {tta-ldap: unordered-pair}\n");
    everyone_is_seen(e);
    assert_row(e, "tta-ldap", "missing: both>t1 missing; both>l1 missing; t1>l1 missing");
}

TEST(coverage_by_port_wants_every_port_of_the_row_once_and_none_where_it_has_no_hosts)
{
    struct evidence *e = evidence(HOSTS T1 L1 "features: {ldap: on}\nports: {tta-ldap: \"389/tcp, 3268-3269/tcp\"}\n"
                                              "coverage: {tta-ldap: port, tta-app-ssh: port}\n");
    everyone_is_seen(e);
    tcp_answered(e, "t1", 40000, "l1", 3268);
    assert_row(e, "tta-ldap", "missing: *>*:3268 expected answered; *>*:389 missing; *>*:3269 missing");
    assert_row(e, "tta-app-ssh", "not-applicable");
}

/* --- many --------------------------------------------------------------------------------------------------------------------- */

/* `count` hosts "p0", "p1" … of a role from 10.`net`.0.0 on, behind what the text holds. */
static void add_hosts(char *text, char prefix, unsigned net, unsigned count, const char *role)
{
    char *at = text + strlen(text);
    for (unsigned i = 0; i < count; i++)
        at += sprintf(at, "  - {name: %c%u, address: 10.%u.%u.%u, roles: %s}\n", prefix, i, net, i >> 8, i & 255, role);
}

static struct evidence *many_pairs(unsigned servers, unsigned directories, const char *more)
{
    char *site = malloc((servers + directories) * 96 + 1024);
    assert_non_null(site);
    strcpy(site, HOSTS);
    add_hosts(site, 't', 1, servers, "tarantella-server");
    add_hosts(site, 'l', 2, directories, "ldap-server");
    strcat(site, more);
    struct evidence *e = evidence(site);
    free(site);
    return e;
}

TEST(of_more_than_a_thousand_missing_edges_of_a_row_one_finding_says_how_many)
{
    struct evidence *listed = many_pairs(1, 1000, "features: {ldap: on}\n"), *joined = many_pairs(1, 1001, "features: {ldap: on}\n");
    everyone_is_seen(listed);
    everyone_is_seen(joined);
    judge(listed);
    judge(joined);
    assert_int_equal(count_kind(listed, PP_FIND_MISSING), 1000);
    assert_string_equal(find_finding(listed, PP_FIND_MISSING)->responder.name, "l0");
    assert_findings(joined, "missing tta-ldap tarantella-server>ldap-server:389");
    const struct pp_finding *f = find_finding(joined, PP_FIND_MISSING);
    assert_int_equal(f->pairs, 1001);
    assert_non_null(strstr(f->explanation, "1001 pairs of hosts were due. Nobody tried it"));
    assert_int_equal(joined->report->summary.rows[PP_STATE_MISSING], 1);
}

TEST(of_more_pairs_than_can_be_listed_the_tried_ones_are_judged_and_the_row_is_never_proven)
{
    static const char on[] = "features: {ldap: on, array: off}\n", automatic[] = "features: {array: off}\n";
    struct evidence *e = many_pairs(257, 256, on), *undue = many_pairs(257, 256, automatic), *fits = many_pairs(256, 256, on);
    everyone_is_seen(e);
    everyone_is_seen(fits);
    assert_row(e, "tta-ldap", "not-observable: *>* not-observable");
    assert_state(fits, "tta-ldap", "missing");
    assert_int_equal(fits->report->rows[pp_spec_find_row(fits->spec, "tta-ldap")].edge_count, 65536);
    tcp_answered(e, "t0", 40000, "l0", 389);
    judge(e);
    assert_row(e, "tta-ldap", "not-observable: t0>l0 expected answered; *>* not-observable");
    tcp_refused(e, "t256", 40000, "l255", 389);
    judge(e);
    assert_row(e, "tta-ldap", "blocked: t0>l0 expected answered; t256>l255 blocked refused; *>* not-observable");
    tcp_answered(undue, "t0", 40000, "l0", 389);
    assert_row(undue, "tta-ldap", "expected: t0>l0 expected answered");
    assert_row(undue, "tta-ldaps", "not-applicable");
}

#define NEEDY(name, ...) "  - {name: " name ", title: N, needs: [" __VA_ARGS__ "]}\n"

static const char needy_rules[] =
    "name: needy\ntitle: Needy\nversion: \"1\"\nsource: here\n"
    "roles:\n  - {name: a, title: A}\n  - {name: b, title: B}\n"
    "features:\n"
    "  - {name: n0, title: N}\n  - {name: n1, title: N}\n  - {name: n2, title: N}\n"
    "  - {name: n3, title: N}\n  - {name: n4, title: N}\n  - {name: n5, title: N}\n"
    "  - {name: n6, title: N}\n  - {name: n7, title: N}\n  - {name: n8, title: N}\n"
    "  - {name: n9, title: N}\n  - {name: n10, title: N}\n  - {name: n11, title: N}\n"
    "  - {name: n12, title: N}\n  - {name: n13, title: N}\n  - {name: n14, title: N}\n" NEEDY(
        "f", "n0, n1, n2, n3, n4, n5, n6, n7, n8, n9, n10, n11, n12, n13, n14") "rows:\n  - {id: x, page_line: 1, group: g, from: a, to: "
                                                                                "b, transport: tcp, ports: 25/tcp, "
                                                                                "feature: f, coverage: destination, purpose: p, when: w, "
                                                                                "exercise: e}\n";

TEST(a_host_behind_an_open_side_differs_by_every_feature_that_the_rows_own_needs)
{
    static const char others[] = "features: {f: on, n0: on, n1: on, n2: on, n3: on, n4: on, n5: on, n6: on, n7: on, n8: on, n9: on, n10: "
                                 "on, n11: on, n12: on, n13: on}\n";
    char site[2048];
    snprintf(site, sizeof site,
             HOSTS "  - {name: a0, address: 10.0.1.0, roles: a}\n  - {name: a1, address: 10.0.1.1, roles: a}\n"
                   "  - {name: a2, address: 10.0.1.2, roles: a, features: {n14: on}}\n  - {name: b0, address: 10.0.2.0, roles: b}\n%s",
             others);
    struct evidence *e = evidence_by(needy_rules, site);
    everyone_is_seen(e);
    assert_row(e, "x", "missing: *>b0 missing"); /* a2 alone makes it due */
}

TEST(an_open_side_with_more_kinds_of_hosts_than_are_told_apart_forgets_none)
{
    char *site = malloc(800 * 160), *at = site;
    static const char *const settings[] = {"auto", "on", "off"};
    assert_non_null(site);
    at += sprintf(at, HOSTS "  - {name: b0, address: 10.0.2.0, roles: b}\n");
    for (unsigned i = 0; i < 729; i++) {
        at += sprintf(at, "  - {name: a%u, address: 10.1.%u.%u, roles: a, features: {f: %s", i, i >> 8, i & 255, i == 728 ? "on" : "off");
        for (unsigned n = 0, left = i; n < 6; n++, left /= 3) at += sprintf(at, ", n%u: %s", n, i == 728 ? "on" : settings[left % 3]);
        at += sprintf(at, "}}\n");
    }
    sprintf(at, "features: {n6: on, n7: on, n8: on, n9: on, n10: on, n11: on, n12: on, n13: on, n14: on}\n");
    struct evidence *e = evidence_by(needy_rules, site);
    free(site);
    everyone_is_seen(e);
    assert_row(e, "x", "missing: *>b0 missing"); /* the last of them makes it due */
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

TEST(an_open_side_is_due_whichever_of_its_hosts_stands_first)
{
    struct evidence *e = evidence(HOSTS "  - {name: t1, address: 10.0.1.10, roles: tarantella-server, features: {ssh: on}}\n" T2
                                        "  - {name: t3, address: 10.0.1.12, roles: tarantella-server, features: {ssh: off}}\n" A1);
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

TEST(a_hosts_own_word_on_what_a_feature_needs_comes_before_the_sites)
{
    struct evidence *on = evidence(HOSTS T1 "  - {name: a1, address: 10.0.2.1, roles: application-server, features: {telnet: on}}\n"
                                            "features: {wincenter: on, telnet: off}\n");
    everyone_is_seen(on);
    assert_row(on, "tta-app-wincenter", "missing: *>a1 missing");
    struct evidence *off = evidence(HOSTS T1 "  - {name: a1, address: 10.0.2.1, roles: application-server, features: {telnet: off}}\n"
                                             "features: {wincenter: on, telnet: on}\n");
    everyone_is_seen(off);
    assert_row(off, "tta-app-wincenter", "not-applicable");
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

int main(void)
{
    const struct CMUnitTest tests[] = {
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
        cmocka_unit_test(an_unordered_pair_of_two_roles_is_one_edge_whoever_stands_first_in_the_site_file),
        cmocka_unit_test(coverage_by_port_wants_every_port_of_the_row_once_and_none_where_it_has_no_hosts),
        cmocka_unit_test(of_more_than_a_thousand_missing_edges_of_a_row_one_finding_says_how_many),
        cmocka_unit_test(of_more_pairs_than_can_be_listed_the_tried_ones_are_judged_and_the_row_is_never_proven),
        cmocka_unit_test(a_host_behind_an_open_side_differs_by_every_feature_that_the_rows_own_needs),
        cmocka_unit_test(an_open_side_with_more_kinds_of_hosts_than_are_told_apart_forgets_none),
        cmocka_unit_test(with_a_feature_on_every_edge_its_hosts_allow_is_due),
        cmocka_unit_test(with_auto_just_the_edges_where_it_was_tried_are_due),
        cmocka_unit_test(a_feature_may_be_set_per_host),
        cmocka_unit_test(an_open_side_is_due_when_one_host_behind_it_is_on),
        cmocka_unit_test(an_open_side_is_due_whichever_of_its_hosts_stands_first),
        cmocka_unit_test(an_open_side_is_visible_only_through_a_host_that_makes_it_due),
        cmocka_unit_test(an_open_side_is_visible_when_any_of_its_hosts_is),
        cmocka_unit_test(the_array_is_on_by_itself_from_two_servers),
        cmocka_unit_test(wincenter_also_needs_telnet_on),
        cmocka_unit_test(a_hosts_own_word_on_what_a_feature_needs_comes_before_the_sites),
        cmocka_unit_test(the_3579_rows_are_due_from_and_to_the_primary_only_when_one_is_named),
        cmocka_unit_test(a_server_that_is_not_the_primary_matches_with_a_note_and_proves_no_due_edge),
        cmocka_unit_test(a_server_that_is_not_the_primary_and_is_refused_blocks_nothing_that_is_due),
        cmocka_unit_test(an_address_is_visible_when_any_packet_from_or_to_it_was_captured),
        cmocka_unit_test(an_address_quoted_in_icmp_is_visible),
        cmocka_unit_test(the_sender_of_an_icmp_error_is_visible),
        cmocka_unit_test(an_entry_is_visible_when_one_of_its_addresses_is),
        cmocka_unit_test(an_unordered_pair_has_its_edge_though_only_one_of_the_two_may_be_either_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
