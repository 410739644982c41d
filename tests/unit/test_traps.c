/* The traps of domain.md, each by its number: what a correct judge of Tarantella traffic knows. */
#include "evidence.h"
#include "testing.h"

#define ARRAY_SITE SMALL_SITE "  - {name: tta2, address: 10.0.1.11, roles: [tarantella-server, web-server]}\n"

TEST(trap_1_a_reply_in_mid_stream_is_not_x11)
{
    static const struct {
        uint16_t port;
        const char *text;
    } cases[] = {
        {22, "row tta1>app1:22 answered expected tta-app-ssh"},     {23, "row tta1>app1:23 answered expected tta-app-telnet"},
        {512, "row tta1>app1:512 answered expected tta-app-rexec"}, {513, "row tta1>app1:513 answered expected tta-app-rlogin"},
        {514, "row tta1>app1:514 answered expected tta-app-rcmd"},  {3389, "row tta1>app1:3389 answered expected tta-app-rdp"},
        {3579, "row tta1>app1:3579 answered expected tta-app-lb"},  {5999, "row tta1>app1:5999 answered expected tta-app-wincenter"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct evidence *e = evidence(SMALL_SITE);
        tcp_one_side(e, "app1", cases[i].port, "tta1", 40000); /* only the replies */
        tcp_midstream(e, "app1", cases[i].port, "tta1", 40000);
        assert_flow(e, "app1", cases[i].port, "tta1", 40000, cases[i].text);
        assert_state(e, "app-tta-x11", "optional");
    }
}

TEST(trap_2_an_rlogin_reply_is_not_a_print_job)
{
    struct evidence *shaken = evidence(SMALL_SITE), *listener = evidence(SMALL_SITE), *neither = evidence(SMALL_SITE);
    tcp_answered(shaken, "tta1", 515, "app1", 513);
    assert_flow(shaken, "tta1", 515, "app1", 513, "handshake tta1>app1:513 answered expected tta-app-rlogin");
    tcp_answered(listener, "tta1", 1000, "app1", 513);
    tcp_midstream(listener, "app1", 513, "tta1", 515);
    assert_flow(listener, "app1", 513, "tta1", 515, "listener tta1>app1:513 answered expected tta-app-rlogin");
    tcp_midstream(neither, "app1", 513, "tta1", 515);
    assert_flow(neither, "app1", 513, "tta1", 515, "none tta1>app1:513 answered undetermined direction");
}

TEST(trap_3_the_reply_of_a_print_job_from_port_514_is_not_rcmd)
{
    struct evidence *shaken = evidence(SMALL_SITE), *listener = evidence(SMALL_SITE), *neither = evidence(SMALL_SITE);
    tcp_answered(shaken, "app1", 514, "tta1", 515);
    assert_flow(shaken, "app1", 514, "tta1", 515, "handshake app1>tta1:515 answered expected app-tta-lpd");
    tcp_answered(listener, "app1", 721, "tta1", 515);
    tcp_midstream(listener, "tta1", 515, "app1", 514);
    assert_flow(listener, "app1", 514, "tta1", 515, "listener app1>tta1:515 answered expected app-tta-lpd");
    tcp_midstream(neither, "tta1", 515, "app1", 514);
    assert_flow(neither, "app1", 514, "tta1", 515, "none tta1>app1:514 answered undetermined direction");
}

TEST(trap_4_agents_send_to_5500_and_both_securid_rows_see_it)
{
    struct evidence *e = evidence(SMALL_SITE), *behind = evidence(SMALL_SITE);
    udp_exchange(e, "tta1", 45000, "rsa1", 5500);
    assert_flow(e, "tta1", 45000, "rsa1", 5500, "row tta1>rsa1:5500 answered expected rsa-tta-5500");
    assert_state(e, "tta-rsa-udp", "expected");
    assert_state(e, "rsa-tta-5500", "expected");
    udp_exchange(behind, "rsa1", 5500, "tta1", 45000); /* the reply was captured first */
    assert_flow(behind, "tta1", 45000, "rsa1", 5500, "row tta1>rsa1:5500 answered expected rsa-tta-5500");
    struct evidence *same = evidence(SMALL_SITE);
    udp_exchange(same, "tta1", 5500, "rsa1", 5500);
    assert_state(same, "rsa-tta-5500", "expected");
}

TEST(trap_5_rsh_and_rexec_call_back)
{
    struct evidence *rsh = evidence(SMALL_SITE), *rexec = evidence(SMALL_SITE);
    tcp_announcing(rsh, "tta1", 1022, "app1", 514, 1021, 10000);
    tcp_answered(rsh, "app1", 1023, "tta1", 1021);
    assert_flow(rsh, "app1", 1023, "tta1", 1021, "handshake app1>tta1:1021 answered unexpected unlisted-port callback");
    tcp_announcing(rexec, "tta1", 40000, "app1", 512, 6017, 10000);
    tcp_answered(rexec, "app1", 40000, "tta1", 6017);
    assert_flow(rexec, "app1", 40000, "tta1", 6017, "handshake app1>tta1:6017 answered expected app-tta-x11 callback wide");
    assert_state(rexec, "app-tta-x11", "optional");
}

TEST(trap_6_5307_followed_by_3144_from_one_client_is_legal)
{
    struct evidence *e = evidence(SMALL_SITE "features: {security-pack: on, standard-connections: on}\n");
    tcp_answered(e, "staff", 40000, "tta1", 5307);
    tcp_answered(e, "staff", 40001, "tta1", 3144);
    assert_string_equal(verdict_text(e), "compliant");
}

TEST(trap_7_137_to_137_can_match_both_rows_and_broadcasts_match_none)
{
    struct evidence *e = evidence("hosts:\n  - {name: t, address: 10.0.1.10, roles: tarantella-server}\n"
                                  "  - {name: an, address: 10.0.1.20, roles: [application-server, windows-server]}\n"
                                  "  - {name: lan, prefix: 10.0.1.0/24, roles: client}\n");
    udp_exchange(e, "an", 137, "t", 137);
    udp_one_way(e, "an", 137, "10.0.1.255", 137);
    assert_flow(e, "an", 137, "t", 137, "first-packet an>t:137 answered expected app-tta-nbns");
    assert_flow(e, "an", 137, "10.0.1.255", 137, "first-packet an>lan:137 silent out-of-scope");
    struct evidence *back = evidence("hosts:\n  - {name: t, address: 10.0.1.10, roles: tarantella-server}\n"
                                     "  - {name: an, address: 10.0.1.20, roles: [application-server, windows-server]}\n");
    udp_exchange(back, "t", 137, "an", 137);
    assert_flow(back, "an", 137, "t", 137, "first-packet t>an:137 answered expected tta-win-nbns");
    struct evidence *neither = evidence("hosts:\n  - {name: t, address: 10.0.1.10, roles: tarantella-server}\n"
                                        "  - {name: an, address: 10.0.1.20, roles: [application-server, windows-server]}\n");
    udp(neither, "t", 137, "an", 137);
    udp(neither, "an", 137, "t", 137); /* at the same time */
    assert_int_equal(judge(neither)->summary.undetermined, 1);
    assert_int_equal(find_finding(neither, PP_FIND_UNDETERMINED)->reading_count, 2);
}

TEST(trap_8_an_icmp_error_belongs_to_the_flow_it_quotes_and_its_sender_blocks)
{
    struct evidence *e = evidence(SMALL_SITE);
    tcp_rejected(e, "tta1", 40000, "ldap1", 389, "10.0.0.1", 3, 13);
    assert_flow(e, "tta1", 40000, "ldap1", 389, "handshake tta1>ldap1:389 rejected expected tta-ldap");
    assert_int_equal(pp_flow_count(e->flows), 1);
    struct pp_address device = end_of(e, "10.0.0.1");
    assert_memory_equal(&find_finding(e, PP_FIND_BLOCKED)->blocked_by, &device, sizeof device);
}

TEST(trap_9_a_server_that_is_not_the_primary_matches_with_a_note)
{
    struct evidence *e = evidence(
        "hosts:\n  - {name: t1, address: 10.0.1.10, roles: tarantella-server, primary: true}\n"
        "  - {name: t2, address: 10.0.1.11, roles: tarantella-server}\n  - {name: a, address: 10.0.2.1, roles: application-server}\n");
    tcp_answered(e, "t2", 40000, "a", 3579);
    tcp_answered(e, "t1", 40000, "a", 3579);
    assert_flow(e, "t2", 40000, "a", 3579, "handshake t2>a:3579 answered expected tta-app-lb not-primary");
    assert_flow(e, "t1", 40000, "a", 3579, "handshake t1>a:3579 answered expected tta-app-lb");
}

TEST(trap_10_openssh_forwarding_is_not_x11_and_off_host_traffic_is_not_netlet)
{
    struct evidence *e = evidence(SMALL_SITE);
    static const uint16_t netlet[] = {4000, 4001, 8087};
    tcp_answered(e, "127.0.0.1", 40000, "127.0.0.1", 6010);
    for (size_t i = 0; i < 3; i++) tcp_answered(e, "staff", 40000, "tta1", netlet[i]);
    judge(e);
    assert_int_equal(e->report->summary.out_of_scope, 1);
    assert_int_equal(e->report->summary.unexpected, 3);
    assert_state(e, "app-tta-x11", "optional");
    assert_state(e, "client-netlet-login", "optional");
}

TEST(trap_11_silence_back_on_3579_over_udp_is_healthy)
{
    struct evidence *e = evidence(SMALL_SITE "features: {load-balancing: on}\n");
    for (unsigned i = 0; i < 4; i++) {
        udp_one_way(e, "app1", 40000, "tta1", 3579);
        wait_ms(e, 29000);
    }
    assert_row(e, "app-tta-lb", "expected: app1>* expected silent");
}

TEST(trap_12_a_refused_445_beside_a_good_139_is_a_companion)
{
    struct evidence *e = evidence(SMALL_SITE);
    tcp_refused(e, "tta1", 40000, "win1", 445);
    tcp_answered(e, "tta1", 40001, "win1", 139);
    assert_flow(e, "tta1", 40000, "win1", 445, "handshake tta1>win1:445 refused unexpected unlisted-port (nt-login-445) companion");
    assert_string_equal(verdict_text(e), "compliant");
}

TEST(trap_13_rdp_over_udp_beside_rdp_over_tcp_is_a_companion)
{
    struct evidence *e = evidence(SMALL_SITE);
    tcp_answered(e, "tta1", 40000, "app1", 3389);
    udp_exchange(e, "tta1", 40001, "app1", 3389);
    assert_flow(e, "tta1", 40001, "app1", 3389,
                "row tta1>app1:3389 answered unexpected wrong-transport tta-app-rdp (terminal-services-udp) companion");
}

TEST(trap_14_a_server_that_connects_to_itself_is_not_another_one)
{
    struct evidence *e = evidence(ARRAY_SITE);
    tcp_answered(e, "tta1", 40000, "tta1", 5427);
    everyone_is_seen(e);
    assert_row(e, "tta-tta-peer", "missing: tta1>tta2 missing");
    assert_int_equal(e->report->summary.out_of_scope, 1);
}

TEST(trap_15_the_same_five_tuple_again_is_a_new_attempt_of_the_same_flow)
{
    struct evidence *e = evidence(SMALL_SITE);
    tcp_refused(e, "tta1", 40000, "ldap1", 389);
    wait_ms(e, 60000);
    tcp_refused(e, "tta1", 40000, "ldap1", 389);
    assert_int_equal(find_finding(e, PP_FIND_BLOCKED)->attempts, 2);
    assert_int_equal(pp_flow_count(e->flows), 1);
}

/* --- what goes wrong in a migration, and its picture -------------------------------------------------------------------------- */

TEST(one_array_member_left_out_of_the_client_firewall)
{
    struct evidence *e = evidence(ARRAY_SITE);
    tcp_answered(e, "staff", 40000, "tta1", 5307);
    tcp_silent(e, "staff", 40000, "tta2", 5307);
    tcp_answered(e, "tta1", 40000, "tta2", 5427);
    assert_row(e, "client-aips", "blocked: *>tta1 expected answered; *>tta2 blocked silent");
}

TEST(a_host_missing_in_the_inventory)
{
    struct evidence *e = evidence(SMALL_SITE);
    tcp_answered(e, "10.99.0.1", 40000, "tta1", 5307);
    assert_findings(e, "unexpected wrong-source client-aips 10.99.0.1>tta1:5307 answered");
}

TEST(the_domain_controller_upgraded_to_445_only)
{
    struct evidence *e = evidence(SMALL_SITE);
    tcp_answered(e, "tta1", 40000, "win1", 445);
    tcp_refused(e, "tta1", 40001, "win1", 139);
    assert_row(e, "tta-win-nbss", "blocked: tta1>win1 blocked refused");
    assert_flow(e, "tta1", 40000, "win1", 445, "handshake tta1>win1:445 answered unexpected unlisted-port (nt-login-445) companion");
}

TEST(clear_text_is_forbidden_by_switching_its_feature_off)
{
    struct evidence *e = evidence(SMALL_SITE "features: {standard-connections: off, http: off}\n");
    tcp_answered(e, "staff", 40000, "tta1", 3144);
    tcp_answered(e, "staff", 40001, "tta1", 80);
    assert_findings(
        e, "unexpected feature-off client-http staff>tta1:80 answered\nunexpected feature-off client-aip staff>tta1:3144 answered");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(trap_1_a_reply_in_mid_stream_is_not_x11),
        cmocka_unit_test(trap_2_an_rlogin_reply_is_not_a_print_job),
        cmocka_unit_test(trap_3_the_reply_of_a_print_job_from_port_514_is_not_rcmd),
        cmocka_unit_test(trap_4_agents_send_to_5500_and_both_securid_rows_see_it),
        cmocka_unit_test(trap_5_rsh_and_rexec_call_back),
        cmocka_unit_test(trap_6_5307_followed_by_3144_from_one_client_is_legal),
        cmocka_unit_test(trap_7_137_to_137_can_match_both_rows_and_broadcasts_match_none),
        cmocka_unit_test(trap_8_an_icmp_error_belongs_to_the_flow_it_quotes_and_its_sender_blocks),
        cmocka_unit_test(trap_9_a_server_that_is_not_the_primary_matches_with_a_note),
        cmocka_unit_test(trap_10_openssh_forwarding_is_not_x11_and_off_host_traffic_is_not_netlet),
        cmocka_unit_test(trap_11_silence_back_on_3579_over_udp_is_healthy),
        cmocka_unit_test(trap_12_a_refused_445_beside_a_good_139_is_a_companion),
        cmocka_unit_test(trap_13_rdp_over_udp_beside_rdp_over_tcp_is_a_companion),
        cmocka_unit_test(trap_14_a_server_that_connects_to_itself_is_not_another_one),
        cmocka_unit_test(trap_15_the_same_five_tuple_again_is_a_new_attempt_of_the_same_flow),
        cmocka_unit_test(one_array_member_left_out_of_the_client_firewall),
        cmocka_unit_test(a_host_missing_in_the_inventory),
        cmocka_unit_test(the_domain_controller_upgraded_to_445_only),
        cmocka_unit_test(clear_text_is_forbidden_by_switching_its_feature_off),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
