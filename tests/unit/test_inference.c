/* Design 5.6: who is who, read off the traffic when there is no site file. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "assess.h"
#include "evidence.h"
#include "portproof/report.h"
#include "testing.h"

#define T "10.0.1.10"
#define T2 "10.0.1.11"
#define C "10.20.0.9"
#define X "10.0.2.5"

/* Roles of an address, as "tarantella-server+web-server". */
static const char *roles(struct evidence *e, const char *address)
{
    static char text[8][512];
    static unsigned next;
    char *out = text[next++ % 8];
    judge(e);
    struct pp_address end = end_of(e, address);
    pp_role_set held = pp_site_find(e->inferred, &end).roles;
    out[0] = '\0';
    for (unsigned r = 0; r < e->spec->role_count; r++)
        if (held >> r & 1) snprintf(out + strlen(out), 512 - strlen(out), "%s%s", *out ? "+" : "", e->spec->roles[r].name);
    return out;
}

#define SERVER "web-server+tarantella-server"

TEST(who_answers_on_3144_or_5307_is_a_tarantella_server_and_a_web_server)
{
    static const uint16_t ports[] = {3144, 5307};
    for (size_t i = 0; i < 2; i++) {
        struct evidence *e = evidence(NULL);
        tcp_answered(e, C, 40000, T, ports[i]);
        assert_string_equal(roles(e, T), SERVER);
        assert_string_equal(roles(e, C), "client");
    }
}

TEST(who_opens_or_answers_5427_is_a_tarantella_server)
{
    struct evidence *e = evidence(NULL);
    tcp_answered(e, T, 40000, T2, 5427);
    assert_string_equal(roles(e, T), SERVER);
    assert_string_equal(roles(e, T2), SERVER);
}

TEST(who_opens_80_443_3144_or_5307_to_one_is_a_client)
{
    static const uint16_t ports[] = {80, 443, 3144, 5307};
    for (size_t i = 0; i < 4; i++) {
        struct evidence *e = evidence(NULL);
        tcp_answered(e, "10.20.0.1", 40000, T, 5307);
        tcp_answered(e, C, 40000, T, ports[i]);
        tcp_answered(e, "10.20.0.2", 40000, X, ports[i] == 443 ? 443 : 80); /* to somebody else */
        assert_string_equal(roles(e, C), "client");
        assert_string_equal(roles(e, "10.20.0.2"), "");
    }
}

TEST(the_other_end_of_a_narrow_rows_flow_with_a_server_has_that_rows_role)
{
    static const struct {
        uint16_t port;
        bool to_server, is_udp;
        const char *role;
    } cases[] = {
        {22, false, false, "application-server"}, {3389, false, false, "application-server"}, {512, false, false, "application-server"},
        {389, false, false, "ldap-server"},       {636, false, false, "ldap-server"},         {139, false, false, "windows-server"},
        {137, false, true, "windows-server"},     {139, true, false, "application-server"},   {515, true, false, "application-server"},
        {137, true, true, "application-server"},  {3579, false, false, "application-server"}, {30144, true, false, "portal-server"},
        {5500, false, true, "securid-server"},    {5500, true, true, "securid-server"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct evidence *e = evidence(NULL);
        const char *from = cases[i].to_server ? X : T, *to = cases[i].to_server ? T : X;
        if (cases[i].is_udp)
            udp_exchange(e, from, 45000, to, cases[i].port);
        else
            tcp_answered(e, from, 45000, to, cases[i].port);
        tcp_answered(e, C, 40000, T, 5307); /* the server may show itself later */
        assert_string_equal(roles(e, X), cases[i].role);
        assert_string_equal(roles(e, T), SERVER);
    }
}

TEST(who_is_opened_to_is_no_client)
{
    struct evidence *e = evidence(NULL);
    tcp_answered(e, T, 40000, T2, 5427);
    tcp_answered(e, T, 40000, T2, 80);
    assert_string_equal(roles(e, T), "client+" SERVER);
    assert_string_equal(roles(e, T2), SERVER);
}

TEST(only_answered_flows_speak)
{
    struct evidence *e = evidence(NULL);
    tcp_refused(e, C, 40000, T, 5307);
    tcp_silent(e, C, 40000, T2, 3144);
    assert_string_equal(roles(e, T), "");
    assert_string_equal(roles(e, T2), "");
    tcp_answered(e, C, 40001, T, 5307);
    tcp_silent(e, T, 40000, X, 389);
    assert_string_equal(roles(e, X), "");
}

TEST(wide_rows_infer_nothing)
{
    struct evidence *e = evidence(NULL);
    tcp_answered(e, C, 40000, T, 5307);
    tcp_answered(e, X, 40000, T, 6010);
    udp_exchange(e, T, 40000, "10.0.3.7", 9000);
    assert_string_equal(roles(e, X), "");
    assert_string_equal(roles(e, "10.0.3.7"), "");
}

TEST(a_session_in_mid_stream_speaks_by_its_one_known_port)
{
    struct evidence *e = evidence(NULL);
    tcp_midstream(e, T, 5307, C, 40000);
    tcp_midstream(e, X, 22, T, 40000);
    assert_string_equal(roles(e, T), SERVER);
    assert_string_equal(roles(e, C), "client");
    assert_string_equal(roles(e, X), "application-server");
}

TEST(two_known_ports_in_mid_stream_say_nothing)
{
    struct evidence *e = evidence(NULL);
    tcp_answered(e, C, 40000, T, 5307);
    tcp_midstream(e, X, 513, T, 515);
    assert_string_equal(roles(e, X), "");
}

TEST(name_service_between_two_ports_137_is_read_by_its_first_packet)
{
    struct evidence *e = evidence(NULL);
    tcp_answered(e, C, 40000, T, 5307);
    udp_exchange(e, X, 137, T, 137);
    udp_exchange(e, T, 137, "10.0.3.5", 137);
    assert_string_equal(roles(e, X), "application-server");
    assert_string_equal(roles(e, "10.0.3.5"), "windows-server");
}

TEST(groups_and_loopback_are_nobody)
{
    struct evidence *e = evidence(NULL);
    tcp_answered(e, "127.0.0.1", 40000, "127.0.0.1", 5307);
    judge(e);
    assert_int_equal(e->inferred->host_count, 0);
}

TEST(roles_nobody_holds_leave_their_rows_optional)
{
    struct evidence *e = evidence(NULL);
    tcp_answered(e, C, 40000, T, 5307);
    for (uint16_t r = 0; r < judge(e)->spec->row_count; r++) {
        const char *id = e->report->spec->rows[r].id;
        const char *wanted = strcmp(id, "client-aips") == 0 ? "expected" : strcmp(id, "tta-tta-peer") == 0 ? "not-applicable" : "optional";
        assert_state(e, id, wanted);
    }
}

TEST(two_servers_found_make_an_array)
{
    struct evidence *e = evidence(NULL);
    tcp_answered(e, C, 40000, T, 5307);
    tcp_answered(e, C, 40000, T2, 5307);
    assert_state(e, "tta-tta-peer", "missing");
    assert_int_equal(e->report->spec->array_members, 2);
}

TEST(the_report_says_roles_inferred_and_is_never_compliant)
{
    struct evidence *e = evidence(NULL);
    tcp_answered(e, C, 40000, T, 5307);
    assert_true(judge(e)->site->inferred);
    assert_int_equal(e->report->verdict, PP_INCONCLUSIVE);
}

TEST(no_traffic_infers_nobody_and_judges_nothing)
{
    struct evidence *e = evidence(NULL);
    assert_int_equal(judge(e)->finding_count, 0);
    assert_int_equal(e->report->verdict, PP_INCONCLUSIVE);
}

TEST(the_order_of_flows_infers_the_same)
{
    struct evidence *e[2] = {evidence(NULL), evidence(NULL)};
    for (unsigned o = 0; o < 2; o++)
        for (unsigned i = 0; i < 4; i++) switch (o ? 3 - i : i) {
            case 0: tcp_answered(e[o], T, 40000, X, 22); break;
            case 1: tcp_answered(e[o], C, 40000, T, 80); break;
            case 2: tcp_answered(e[o], T, 40000, T2, 5427); break;
            default: udp_exchange(e[o], T2, 45000, "10.0.3.7", 5500); break;
            }
    static const char *const who[] = {T, T2, X, C, "10.0.3.7"};
    for (unsigned i = 0; i < 5; i++) assert_string_equal(roles(e[0], who[i]), roles(e[1], who[i]));
    assert_string_equal(roles(e[0], "10.0.3.7"), "securid-server");
}

static char *json_of(const struct pp_report *report)
{
    char *json;
    size_t size;
    struct pp_report_options options = {.tool_version = "test"};
    assert_true(pp_report_write(report, "json", &options, &json, &size));
    return json;
}

static void put_a_bit_of_everything(struct evidence *e)
{
    tcp_answered(e, C, 40000, T, 5307);
    tcp_answered(e, X, 40001, T, 515);
    tcp_answered(e, "10.0.3.9", 40001, X, 7777); /* neither has a role */
    tcp_midstream(e, "10.0.3.8", 3389, T, 40000);
    tcp_silent(e, T, 40002, "10.0.3.6", 389);
    udp_exchange(e, "10.0.3.7", 40003, T, 5500);
    udp_one_way(e, T, 137, "239.1.2.3", 137);
    tcp_answered(e, "127.0.0.1", 40004, "127.0.0.1", 4000);
    tcp_answered(e, "2001:db8::9", 40005, "2001:db8::1", 5307);
    ping(e, "10.9.9.9", T);
    for (unsigned i = 0; i < 1100; i++) { /* more than get a name each */
        char address[32];
        snprintf(address, sizeof address, "10.30.%u.%u", i / 250, 1 + i % 250);
        tcp_answered(e, address, 40000, T, 443);
    }
}

TEST(a_census_knows_what_the_inferred_site_says_and_changes_no_report)
{
    struct evidence *e = evidence(NULL);
    put_a_bit_of_everything(e);
    char *without = json_of(judge(e));
    struct pp_census *census = pp_census_create();
    struct pp_site *site = pp_infer_site_and_census(e->rules, e->index, e->flows, census);
    assert_non_null(site);
    for (uint32_t i = 0; i < census->directory.count; i++) {
        const struct pp_site_entry known = census->directory.seen[i].entry, found = pp_site_find(site, &census->directory.seen[i].address);
        assert_int_equal(known.host, found.host);
        assert_int_equal(known.roles, found.roles);
        assert_int_equal(known.loopback, found.loopback);
        assert_int_equal(known.broadcast, found.broadcast);
    }
    struct pp_assess_input input = {.spec = e->inferred_spec,
                                    .index = e->inferred_index,
                                    .class_index = e->index,
                                    .site = site,
                                    .flows = e->flows,
                                    .captures = e->captures,
                                    .capture_count = e->capture_count,
                                    .until_ns = e->until_ns,
                                    .census = census};
    struct pp_report *report = pp_assess(&input);
    assert_non_null(report);
    assert_null(census->judged); /* it was used */
    char *with = json_of(report);
    assert_string_equal(with, without);
    free(with);
    free(without);
    pp_report_destroy(report);
    pp_census_destroy(census);
    pp_site_destroy(site);
}

/* A list without an array: a mail server recognises itself by who answers on 25; a row tells what its peer is, a wide word what it is not.
 */
static const char mail_rules[] =
    "name: mail\ntitle: Mail\nversion: \"1\"\nsource: here\n"
    "roles:\n  - {name: mail-server, title: M}\n  - {name: mail-server-room, title: R}\n  - {name: desk, title: D, anyone: true}\n"
    "features:\n  - {name: f, title: F}\n"
    "rows:\n"
    "  - {id: deliver, page_line: 1, group: g, from: mail-server, to: mail-server-room, transport: tcp, ports: 2525/tcp, feature: f, "
    "coverage: pair, purpose: p, when: w, exercise: e}\n"
    "  - {id: fetch, page_line: 1, group: g, from: desk, to: mail-server, transport: tcp, ports: 143/tcp, feature: f, coverage: pair, "
    "purpose: p, when: w, exercise: e}\n"
    "infer:\n"
    "  - {who: responder, ports: 25/tcp, roles: mail-server}\n"
    "  - {who: initiator, ports: 110/tcp, roles: desk, peer: mail-server}\n";

TEST(in_a_list_without_an_array_who_is_recognised_by_himself_tells_what_his_peers_are)
{
    struct evidence *e = evidence_by(mail_rules, NULL);
    tcp_answered(e, "192.0.2.1", 40000, "10.0.0.1", 25);
    tcp_answered(e, "10.0.0.1", 40000, "10.0.0.2", 2525);
    tcp_answered(e, "10.0.0.9", 40000, "10.0.0.1", 143);
    tcp_answered(e, "10.0.0.8", 40000, "10.0.0.1", 110);
    tcp_answered(e, "10.0.0.7", 40000, "10.0.0.6", 110); /* to nobody that is known */
    assert_string_equal(roles(e, "10.0.0.1"), "mail-server");
    assert_string_equal(roles(e, "10.0.0.2"), "mail-server-room");
    assert_string_equal(roles(e, "10.0.0.9"), "desk");
    assert_string_equal(roles(e, "10.0.0.8"), "desk");
    assert_string_equal(roles(e, "10.0.0.7"), "");
    struct pp_address server = end_of(e, "10.0.0.1"), room = end_of(e, "10.0.0.2");
    assert_string_equal(pp_site_host_name(e->inferred, pp_site_find(e->inferred, &server).host), "mail-1");
    assert_string_equal(pp_site_host_name(e->inferred, pp_site_find(e->inferred, &room).host), "mail-server-room-1");
}

TEST(hosts_of_more_sets_of_roles_than_are_joined_have_a_name_each)
{
    enum { ROLES = 11, HOSTS = 1100 }; /* 1,024 sets of roles are told apart */
    char rules[4096], *at = rules;
    at += sprintf(at, "name: many\ntitle: Many\nversion: \"1\"\nsource: here\nroles:\n");
    for (unsigned r = 0; r < ROLES; r++) at += sprintf(at, "  - {name: r%u, title: R}\n", r);
    at += sprintf(at,
                  "features:\n  - {name: f, title: F}\nrows:\n  - {id: x, page_line: 1, group: g, from: r0, to: r1, transport: tcp, ports: "
                  "25/tcp, feature: f, coverage: once, purpose: p, when: w, exercise: e}\ninfer:\n");
    for (unsigned r = 0; r < ROLES; r++) at += sprintf(at, "  - {who: responder, ports: %u/tcp, roles: r%u}\n", 1000 + r, r);
    struct evidence *e = evidence_by(rules, NULL);
    for (unsigned h = 1; h <= HOSTS; h++)
        for (unsigned r = 0; r < ROLES; r++) {
            char address[32];
            snprintf(address, sizeof address, "10.1.%u.%u", h >> 8, h & 255);
            if (h >> r & 1) tcp_answered(e, "192.0.2.1", (uint16_t)(40000 + r), address, (uint16_t)(1000 + r));
        }
    judge(e);
    assert_int_equal(e->inferred->host_count, HOSTS);
    for (unsigned h = 1; h <= HOSTS; h++) {
        struct pp_address address = {.family = PP_IPV4, .bytes = {10, 1, (uint8_t)(h >> 8), (uint8_t)h}};
        assert_int_equal(pp_site_find(e->inferred, &address).roles, h);
    }
}

TEST(as_many_hosts_as_share_a_name_share_just_one)
{
    enum { SHARE = 60000 };
    for (uint32_t more = 0; more < 2; more++) {
        struct evidence *e = evidence(NULL);
        tcp_answered(e, "192.0.2.1", 40000, "192.0.2.9", 5307); /* in order these come after the others */
        for (uint32_t i = 0; i < SHARE - 1 + more; i++) {
            struct pp_packet packet = packet_of(e, PP_TCP, "192.0.2.9", 5307, "11.0.0.0", 40000, PP_SYN | PP_ACK);
            packet.destination[2] = (uint8_t)(i >> 8);
            packet.destination[3] = (uint8_t)i;
            put(e, packet, PP_DECODED);
        }
        judge(e);
        assert_int_equal(e->inferred->host_count, 2 + more); /* the server, the clients, and one that is too many */
        assert_string_equal(pp_site_host_name(e->inferred, 1), "client-hosts-1");
    }
}

TEST(a_census_of_nothing_or_of_another_site_is_left_alone)
{
    struct evidence *e = evidence(NULL);
    put_a_bit_of_everything(e);
    char *without = json_of(judge(e));
    struct pp_census *census = pp_census_create();
    struct pp_assess_input input = {.spec = e->inferred_spec,
                                    .index = e->inferred_index,
                                    .class_index = e->index,
                                    .site = e->inferred,
                                    .flows = e->flows,
                                    .captures = e->captures,
                                    .capture_count = e->capture_count,
                                    .until_ns = e->until_ns,
                                    .census = census};
    for (unsigned round = 0; round < 2; round++) {
        struct pp_site *other = round ? pp_infer_site_and_census(e->rules, e->index, e->flows, census) : NULL;
        struct pp_report *report = pp_assess(&input);
        assert_non_null(report);
        char *with = json_of(report);
        assert_string_equal(with, without);
        assert_true((census->judged != NULL) == round);
        free(with);
        pp_report_destroy(report);
        pp_site_destroy(other);
    }
    free(without);
    pp_census_destroy(census);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(who_answers_on_3144_or_5307_is_a_tarantella_server_and_a_web_server),
        cmocka_unit_test(who_opens_or_answers_5427_is_a_tarantella_server),
        cmocka_unit_test(who_opens_80_443_3144_or_5307_to_one_is_a_client),
        cmocka_unit_test(the_other_end_of_a_narrow_rows_flow_with_a_server_has_that_rows_role),
        cmocka_unit_test(who_is_opened_to_is_no_client),
        cmocka_unit_test(only_answered_flows_speak),
        cmocka_unit_test(wide_rows_infer_nothing),
        cmocka_unit_test(a_session_in_mid_stream_speaks_by_its_one_known_port),
        cmocka_unit_test(two_known_ports_in_mid_stream_say_nothing),
        cmocka_unit_test(name_service_between_two_ports_137_is_read_by_its_first_packet),
        cmocka_unit_test(groups_and_loopback_are_nobody),
        cmocka_unit_test(roles_nobody_holds_leave_their_rows_optional),
        cmocka_unit_test(two_servers_found_make_an_array),
        cmocka_unit_test(the_report_says_roles_inferred_and_is_never_compliant),
        cmocka_unit_test(no_traffic_infers_nobody_and_judges_nothing),
        cmocka_unit_test(the_order_of_flows_infers_the_same),
        cmocka_unit_test(a_census_knows_what_the_inferred_site_says_and_changes_no_report),
        cmocka_unit_test(in_a_list_without_an_array_who_is_recognised_by_himself_tells_what_his_peers_are),
        cmocka_unit_test(hosts_of_more_sets_of_roles_than_are_joined_have_a_name_each),
        cmocka_unit_test(as_many_hosts_as_share_a_name_share_just_one),
        cmocka_unit_test(a_census_of_nothing_or_of_another_site_is_left_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
