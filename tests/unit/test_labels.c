/* Labels explain, and excuse nothing (design 5.3). */
#include <stdio.h>
#include <string.h>

#include "evidence.h"
#include "testing.h"

/* --- callback ---------------------------------------------------------------------------------------------------------------- */

static struct evidence *session(uint16_t port, uint16_t announced, const char *features)
{
    char site[2048] = SMALL_SITE;
    strcat(site, features);
    struct evidence *e = evidence(site);
    tcp_announcing(e, "tta1", port == 514 ? 1022 : 40000, "app1", port, announced, 30000);
    return e;
}

TEST(a_connection_back_to_the_announced_port_is_a_callback)
{
    struct evidence *e = session(512, 4321, "");
    tcp_answered(e, "app1", 40000, "tta1", 4321);
    assert_flow(e, "app1", 40000, "tta1", 4321, "handshake app1>tta1:4321 answered unexpected unlisted-port callback");
    assert_int_equal(e->report->verdict, PP_NON_COMPLIANT); /* it excuses nothing */
}

TEST(a_connection_back_to_another_port_is_none)
{
    struct evidence *e = session(512, 4321, "");
    tcp_answered(e, "app1", 40000, "tta1", 4322);
    assert_flow(e, "app1", 40000, "tta1", 4322, "handshake app1>tta1:4322 answered unexpected unlisted-port");
}

TEST(a_connection_back_after_the_session_is_none)
{
    struct evidence *e = session(512, 4321, "");
    wait_ms(e, 60000);
    tcp_answered(e, "app1", 40000, "tta1", 4321);
    assert_flow(e, "app1", 40000, "tta1", 4321, "handshake app1>tta1:4321 answered unexpected unlisted-port");
}

TEST(a_connection_before_the_session_is_none)
{
    struct evidence *e = evidence(SMALL_SITE);
    tcp_answered(e, "app1", 40000, "tta1", 4321);
    wait_ms(e, 5000);
    tcp_announcing(e, "tta1", 40000, "app1", 512, 4321, 30000);
    assert_flow(e, "app1", 40000, "tta1", 4321, "handshake app1>tta1:4321 answered unexpected unlisted-port");
}

TEST(a_connection_back_from_somebody_else_is_none)
{
    struct evidence *e = session(512, 4321, "");
    tcp_answered(e, "ldap1", 40000, "tta1", 4321);
    assert_flow(e, "ldap1", 40000, "tta1", 4321, "handshake ldap1>tta1:4321 answered unexpected unlisted-port");
}

TEST(an_rsh_session_calls_back_in_its_privileged_range)
{
    struct evidence *e = session(514, 0, ""); /* the announcement was not captured */
    tcp_answered(e, "app1", 1021, "tta1", 1020);
    tcp_answered(e, "app1", 40000, "tta1", 1019);
    tcp_answered(e, "app1", 1018, "tta1", 1024);
    assert_flow(e, "app1", 1021, "tta1", 1020, "handshake app1>tta1:1020 answered unexpected unlisted-port callback");
    assert_flow(e, "app1", 40000, "tta1", 1019, "handshake app1>tta1:1019 answered unexpected unlisted-port");
    assert_flow(e, "app1", 1018, "tta1", 1024, "handshake app1>tta1:1024 answered unexpected unlisted-port");
}

TEST(a_rexec_session_without_its_announcement_calls_nobody_back)
{
    struct evidence *e = session(512, 0, "");
    tcp_answered(e, "app1", 1021, "tta1", 1020);
    assert_flow(e, "app1", 1021, "tta1", 1020, "handshake app1>tta1:1020 answered unexpected unlisted-port");
}

TEST(a_callback_on_6010_or_above_matches_x11_but_credits_no_row)
{
    struct evidence *e = session(512, 6100, "");
    tcp_answered(e, "app1", 40000, "tta1", 6100);
    assert_flow(e, "app1", 40000, "tta1", 6100, "handshake app1>tta1:6100 answered expected app-tta-x11 callback wide");
    assert_row(e, "app-tta-x11", "optional");
    tcp_answered(e, "app1", 40001, "tta1", 6010);
    judge(e);
    assert_row(e, "app-tta-x11", "expected: app1>* expected answered wide");
}

TEST(a_session_that_is_switched_off_calls_back_all_the_same)
{
    struct evidence *e = session(512, 4321, "features: {rexec: off}\n");
    tcp_answered(e, "app1", 40000, "tta1", 4321);
    assert_flow(e, "app1", 40000, "tta1", 4321, "handshake app1>tta1:4321 answered unexpected unlisted-port callback");
}

TEST(two_sessions_between_the_same_hosts_are_both_looked_at)
{
    struct evidence *e = session(512, 4321, "");
    tcp_announcing(e, "tta1", 40001, "app1", 512, 4444, 30000);
    tcp_answered(e, "app1", 40000, "tta1", 4321);
    tcp_answered(e, "app1", 40001, "tta1", 4444);
    assert_flow(e, "app1", 40000, "tta1", 4321, "handshake app1>tta1:4321 answered unexpected unlisted-port callback");
    assert_flow(e, "app1", 40001, "tta1", 4444, "handshake app1>tta1:4444 answered unexpected unlisted-port callback");
}

TEST(udp_calls_nobody_back)
{
    struct evidence *e = session(512, 4321, "");
    udp_exchange(e, "app1", 40000, "tta1", 4321);
    assert_flow(e, "app1", 40000, "tta1", 4321, "first-packet app1>tta1:4321 answered unexpected unlisted-port");
}

TEST(a_companion_may_go_against_the_direction_of_its_row)
{
    struct evidence *e = evidence(SMALL_SITE);
    udp_exchange(e, "app1", 40000, "tta1", 137);
    udp_exchange(e, "tta1", 138, "app1", 138);
    assert_flow(e, "tta1", 138, "app1", 138,
                "first-packet tta1>app1:138 answered unexpected unlisted-port (drive-mapping-datagrams) companion");
}

/* --- companion -------------------------------------------------------------------------------------------------------------------- */

TEST(side_traffic_without_a_row_beside_it_is_always_a_companion)
{
    static const struct {
        const char *from, *to;
        uint16_t port;
        bool is_udp;
        const char *text;
    } cases[] = {
        {"tta1", "10.9.9.9", 53, true, "row tta1>10.9.9.9:53 answered unexpected unknown-host (name-service) companion"},
        {"tta1", "10.9.9.9", 53, false, "handshake tta1>10.9.9.9:53 answered unexpected unknown-host (name-service) companion"},
        {"tta1", "10.9.9.9", 123, true, "row tta1>10.9.9.9:123 answered unexpected unknown-host (time) companion"},
        {"app1", "tta1", 113, false, "handshake app1>tta1:113 answered unexpected unlisted-port (ident) companion"},
        {"tta1", "app1", 7100, false, "handshake tta1>app1:7100 answered unexpected unlisted-port (font-service) companion"},
        {"app1", "ldap1", 7100, false, "handshake app1>ldap1:7100 answered unexpected unlisted-port"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct evidence *e = evidence(SMALL_SITE);
        if (cases[i].is_udp)
            udp_exchange(e, cases[i].from, 40000, cases[i].to, cases[i].port);
        else
            tcp_answered(e, cases[i].from, 40000, cases[i].to, cases[i].port);
        assert_flow(e, cases[i].from, 40000, cases[i].to, cases[i].port, cases[i].text);
    }
}

TEST(print_move_between_members_is_a_companion)
{
    struct evidence *e = evidence(SMALL_SITE "  - {name: tta2, address: 10.0.1.11, roles: tarantella-server}\n");
    tcp_answered(e, "tta1", 731, "tta2", 515);
    assert_flow(e, "tta1", 731, "tta2", 515, "handshake tta1>tta2:515 answered unexpected wrong-source app-tta-lpd (print-move) companion");
}

TEST(a_companion_of_a_row_needs_the_row_between_the_same_two_hosts)
{
    struct evidence *alone = evidence(SMALL_SITE),
                    *elsewhere = evidence(SMALL_SITE "  - {name: app2, address: 10.0.2.6, roles: application-server}\n"),
                    *beside = evidence(SMALL_SITE);
    tcp_refused(alone, "app1", 40000, "tta1", 445);
    assert_flow(alone, "app1", 40000, "tta1", 445, "handshake app1>tta1:445 refused unexpected unlisted-port");
    tcp_refused(elsewhere, "app1", 40000, "tta1", 445);
    tcp_answered(elsewhere, "app2", 40000, "tta1", 139);
    assert_flow(elsewhere, "app1", 40000, "tta1", 445, "handshake app1>tta1:445 refused unexpected unlisted-port");
    tcp_refused(beside, "app1", 40000, "tta1", 445);
    tcp_answered(beside, "app1", 40001, "tta1", 139);
    assert_flow(beside, "app1", 40000, "tta1", 445,
                "handshake app1>tta1:445 refused unexpected unlisted-port (drive-mapping-445) companion");
}

TEST(a_companion_excuses_nothing)
{
    struct evidence *e = evidence(SMALL_SITE);
    tcp_answered(e, "staff", 40000, "tta1", 5307);
    tcp_answered(e, "app1", 40000, "tta1", 113);
    assert_string_equal(verdict_text(e), "non-compliant; 1 unexpected flow got through");
}

TEST(side_traffic_comes_after_what_nobody_can_explain)
{
    struct evidence *e = evidence(SMALL_SITE);
    tcp_answered(e, "app1", 40000, "tta1", 113);
    tcp_answered(e, "app1", 40000, "ldap1", 25);
    assert_findings(e, "unexpected unlisted-port app1>ldap1:25 answered\nunexpected unlisted-port app1>tta1:113 answered companion");
}

TEST(each_of_many_sessions_speaks_for_its_own_two_hosts_and_its_own_time)
{
    struct evidence *e = evidence(SMALL_SITE "  - {name: tta2, address: 10.0.1.11, roles: tarantella-server}\n"
                                             "  - {name: app2, address: 10.0.2.6, roles: application-server}\nfeatures: {array: off}\n");
    static const char *const servers[] = {"tta2", "tta1"}, *const apps[] = {"app2", "app1"};
    for (unsigned round = 0; round < 3; round++)
        for (unsigned s = 0; s < 2; s++)
            for (unsigned a = 0; a < 2; a++) {
                uint16_t port = (uint16_t)(4000 + round * 100 + s * 10 + a);
                uint64_t began = e->now_ms;
                tcp_announcing(e, servers[s], (uint16_t)(40000 + round), apps[a], 512, port, 3000);
                tcp_answered(e, apps[a], 41000, servers[s], port);  /* back where it is due */
                tcp_answered(e, apps[!a], 41000, servers[s], port); /* somebody else */
                e->now_ms = began + 10000;
                tcp_answered(e, apps[a], 42000, servers[s], port); /* too late */
            }
    judge(e);
    for (uint32_t i = 0; i < pp_flow_count(e->flows); i++) {
        const struct pp_judged *j = &e->report->judged[i];
        struct pp_flow flow;
        pp_flow_at(e->flows, i, &flow);
        if (j->verdict != PP_UNEXPECTED) continue;
        struct pp_address from = e->report->addresses[j->initiator_address].address;
        bool due = j->initiator_port == 41000 && from.bytes[3] == (j->responder_port % 10 == 0 ? 6 : 5);
        if (due != ((j->labels & PP_LABEL_CALLBACK) != 0)) fail_msg("port %u from %u", j->responder_port, from.bytes[3]);
    }
    assert_int_equal(e->report->summary.unexpected, 36);
}

TEST(a_companion_stands_beside_its_row_between_its_own_two_hosts_only)
{
    struct evidence *e = evidence(SMALL_SITE "  - {name: app0, address: 10.0.0.9, roles: application-server}\n"
                                             "  - {name: app2, address: 10.0.2.6, roles: application-server}\n");
    tcp_answered(e, "app1", 40000, "tta1", 139);
    tcp_answered(e, "app0", 40000, "tta1", 139);
    tcp_answered(e, "tta1", 40000, "win1", 139);
    udp_exchange(e, "app0", 40000, "tta1", 137);
    tcp_answered(e, "app0", 40001, "tta1", 445);
    tcp_answered(e, "app1", 40001, "tta1", 445);
    tcp_answered(e, "app2", 40001, "tta1", 445);
    assert_flow(e, "app0", 40001, "tta1", 445, "handshake app0>tta1:445 answered unexpected unlisted-port (drive-mapping-445) companion");
    assert_flow(e, "app1", 40001, "tta1", 445, "handshake app1>tta1:445 answered unexpected unlisted-port (drive-mapping-445) companion");
    assert_flow(e, "app2", 40001, "tta1", 445, "handshake app2>tta1:445 answered unexpected unlisted-port");
}

/* Addresses are numbered as they are met, flow by flow in the order of the table: here against the order of the sessions. */
TEST(sessions_and_companions_are_found_however_their_hosts_were_met)
{
    struct evidence *e = evidence("hosts:\n"
                                  "  - {name: x, address: 10.0.0.1, roles: [application-server, tarantella-server]}\n"
                                  "  - {name: p1, address: 10.0.0.2, roles: application-server}\n"
                                  "  - {name: p2, address: 10.0.0.3, roles: application-server}\n"
                                  "  - {name: t1, address: 10.0.1.10, roles: tarantella-server}\n"
                                  "  - {name: a1, address: 10.0.2.5, roles: application-server}\nfeatures: {array: off}\n");
    static const char *const pairs[][2] = {{"t1", "x"}, {"x", "a1"}, {"t1", "p1"}, {"t1", "p2"}};
    tcp_answered(e, "x", 40000, "p2", 9); /* p2 is met before p1 */
    for (uint16_t i = 0; i < 4; i++) {
        tcp_announcing(e, pairs[i][0], 40000, pairs[i][1], 512, (uint16_t)(4320 + i), 5000);
        tcp_answered(e, pairs[i][1], 41000, pairs[i][0], (uint16_t)(4320 + i));
        tcp_answered(e, pairs[i][1], 41001, pairs[i][0], 139);
        tcp_answered(e, pairs[i][1], 41002, pairs[i][0], 445);
    }
    for (uint16_t i = 0; i < 4; i++) {
        char text[200];
        uint16_t port = (uint16_t)(4320 + i);
        snprintf(text, sizeof text, "handshake %s>%s:%u answered unexpected unlisted-port callback", pairs[i][1], pairs[i][0], port);
        assert_flow(e, pairs[i][1], 41000, pairs[i][0], port, text);
        snprintf(text, sizeof text, "handshake %s>%s:445 answered unexpected unlisted-port (drive-mapping-445) companion", pairs[i][1],
                 pairs[i][0]);
        assert_flow(e, pairs[i][1], 41002, pairs[i][0], 445, text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_connection_back_to_the_announced_port_is_a_callback),
        cmocka_unit_test(a_connection_back_to_another_port_is_none),
        cmocka_unit_test(a_connection_back_after_the_session_is_none),
        cmocka_unit_test(a_connection_before_the_session_is_none),
        cmocka_unit_test(a_connection_back_from_somebody_else_is_none),
        cmocka_unit_test(an_rsh_session_calls_back_in_its_privileged_range),
        cmocka_unit_test(a_rexec_session_without_its_announcement_calls_nobody_back),
        cmocka_unit_test(a_callback_on_6010_or_above_matches_x11_but_credits_no_row),
        cmocka_unit_test(a_session_that_is_switched_off_calls_back_all_the_same),
        cmocka_unit_test(two_sessions_between_the_same_hosts_are_both_looked_at),
        cmocka_unit_test(udp_calls_nobody_back),
        cmocka_unit_test(a_companion_may_go_against_the_direction_of_its_row),
        cmocka_unit_test(side_traffic_without_a_row_beside_it_is_always_a_companion),
        cmocka_unit_test(print_move_between_members_is_a_companion),
        cmocka_unit_test(a_companion_of_a_row_needs_the_row_between_the_same_two_hosts),
        cmocka_unit_test(a_companion_excuses_nothing),
        cmocka_unit_test(side_traffic_comes_after_what_nobody_can_explain),
        cmocka_unit_test(each_of_many_sessions_speaks_for_its_own_two_hosts_and_its_own_time),
        cmocka_unit_test(a_companion_stands_beside_its_row_between_its_own_two_hosts_only),
        cmocka_unit_test(sessions_and_companions_are_found_however_their_hosts_were_met),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
