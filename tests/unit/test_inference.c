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
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
