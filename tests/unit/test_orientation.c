/* Design 5.1: who opened a flow, and on what proof. */
#include <string.h>

#include "evidence.h"
#include "testing.h"

/* --- handshake ------------------------------------------------------------------------------------------------------------ */

TEST(a_syn_from_one_side_only_proves_who_opened)
{
    struct evidence *e = evidence(SMALL_SITE);
    tcp_silent(e, "staff", 40000, "tta1", 5307);
    assert_flow(e, "staff", 40000, "tta1", 5307, "handshake staff>tta1:5307 silent expected client-aips");
}

TEST(a_syn_ack_from_one_side_only_proves_who_opened)
{
    struct evidence *e = evidence(SMALL_SITE);
    tcp(e, "tta1", 5307, "staff", 40000, PP_SYN | PP_ACK);
    tcp_midstream(e, "tta1", 5307, "staff", 40000);
    assert_flow(e, "staff", 40000, "tta1", 5307, "handshake staff>tta1:5307 answered expected client-aips");
}

TEST(a_handshake_beats_every_row)
{
    struct evidence *e = evidence(SMALL_SITE);
    tcp_answered(e, "app1", 22, "tta1", 6010); /* A really opened it, from port 22 */
    assert_flow(e, "app1", 22, "tta1", 6010, "handshake app1>tta1:6010 answered expected app-tta-x11 wide");
    tcp_answered(e, "tta1", 515, "app1", 513); /* an rlogin whose source port looks like a printer */
    judge(e);
    assert_flow(e, "tta1", 515, "app1", 513, "handshake tta1>app1:513 answered expected tta-app-rlogin");
}

TEST(syns_from_both_sides_are_no_handshake)
{
    struct evidence *e = evidence(SMALL_SITE);
    tcp(e, "staff", 40000, "tta1", 5307, PP_SYN);
    tcp(e, "tta1", 5307, "staff", 40000, PP_SYN);
    assert_flow(e, "staff", 40000, "tta1", 5307, "row staff>tta1:5307 silent expected client-aips");
}

TEST(a_syn_and_a_syn_ack_that_contradict_each_other_are_no_handshake)
{
    struct evidence *e = evidence(SMALL_SITE);
    tcp(e, "staff", 40000, "tta1", 5307, PP_SYN);
    tcp(e, "staff", 40000, "tta1", 5307, PP_SYN | PP_ACK);
    tcp(e, "tta1", 5307, "staff", 40000, PP_ACK);
    assert_flow(e, "staff", 40000, "tta1", 5307, "row staff>tta1:5307 answered expected client-aips");
}

TEST(a_syn_quoted_by_icmp_proves_who_opened)
{
    struct evidence *e = evidence(SMALL_SITE);
    icmp_error(e, PP_TCP, "app1", 513, "tta1", 515, "10.0.0.1", 3, 13);
    assert_flow(e, "app1", 513, "tta1", 515, "handshake app1>tta1:515 rejected expected app-tta-lpd icmp-only");
}

/* --- listener --------------------------------------------------------------------------------------------------------------- */

TEST(an_end_that_answered_a_syn_in_another_flow_is_the_responder)
{
    struct evidence *e = evidence(SMALL_SITE);
    tcp_answered(e, "tta1", 50001, "app1", 40000);
    tcp_midstream(e, "app1", 40000, "tta1", 50002);
    assert_flow(e, "app1", 40000, "tta1", 50002, "listener tta1>app1:40000 answered unexpected unlisted-port");
}

TEST(a_listener_beats_the_rows)
{
    struct evidence *e = evidence(SMALL_SITE);
    tcp_answered(e, "app1", 50001, "tta1", 515);
    tcp_midstream(e, "app1", 513, "tta1", 515); /* alone it would be two equal readings */
    assert_flow(e, "app1", 513, "tta1", 515, "listener app1>tta1:515 answered expected app-tta-lpd");
}

TEST(a_refused_syn_makes_no_listener)
{
    struct evidence *e = evidence(SMALL_SITE);
    tcp_refused(e, "app1", 50001, "tta1", 515);
    tcp_midstream(e, "app1", 513, "tta1", 515);
    assert_flow(e, "app1", 513, "tta1", 515, "none tta1>app1:513 answered undetermined direction");
}

TEST(two_listeners_decide_nothing)
{
    struct evidence *e = evidence(SMALL_SITE);
    tcp_answered(e, "app1", 50001, "tta1", 515);
    tcp_answered(e, "tta1", 50001, "app1", 22);
    tcp_midstream(e, "app1", 22, "tta1", 515);
    assert_flow(e, "app1", 22, "tta1", 515, "none tta1>app1:22 answered undetermined direction");
}

TEST(a_tcp_listener_says_nothing_about_udp)
{
    struct evidence *e = evidence(SMALL_SITE);
    tcp_answered(e, "tta1", 50001, "ldap1", 9000);
    udp(e, "ldap1", 9000, "tta1", 9001);
    udp(e, "tta1", 9001, "ldap1", 9000);
    assert_flow(e, "ldap1", 9000, "tta1", 9001, "none tta1>ldap1:9000 answered unexpected unlisted-port");
}

/* --- row ------------------------------------------------------------------------------------------------------------------- */

TEST(the_one_orientation_that_matches_a_row_is_taken)
{
    struct evidence *e = evidence(SMALL_SITE);
    tcp_midstream(e, "tta1", 5307, "staff", 40000);
    tcp_midstream(e, "tta1", 40001, "ldap1", 389);
    assert_flow(e, "staff", 40000, "tta1", 5307, "row staff>tta1:5307 answered expected client-aips");
    assert_flow(e, "tta1", 40001, "ldap1", 389, "row tta1>ldap1:389 answered expected tta-ldap");
}

TEST(of_two_readings_the_strictly_narrower_row_is_taken)
{
    struct evidence *e = evidence(SMALL_SITE "ports: {app-tta-x11: 6010-6019/tcp, tta-app-rdp: \"3389/tcp, 3390/tcp\"}\n");
    tcp_midstream(e, "app1", 3389, "tta1", 6010); /* 2 ports against 10 */
    assert_flow(e, "app1", 3389, "tta1", 6010, "row tta1>app1:3389 answered expected tta-app-rdp");
}

TEST(two_equal_readings_are_undetermined_and_both_are_shown)
{
    struct evidence *e = evidence(SMALL_SITE);
    tcp_midstream(e, "app1", 513, "tta1", 515);
    assert_flow(e, "app1", 513, "tta1", 515, "none tta1>app1:513 answered undetermined direction");
    const struct pp_finding *f = find_finding(e, PP_FIND_UNDETERMINED);
    assert_int_equal(f->reading_count, 2);
    for (unsigned i = 0; i < 2; i++) {
        bool rlogin = f->readings[i].port == 513;
        assert_int_equal(f->readings[i].port, rlogin ? 513 : 515);
        assert_string_equal(e->spec->rows[f->readings[i].row].id, rlogin ? "tta-app-rlogin" : "app-tta-lpd");
    }
    assert_true(f->readings[0].port != f->readings[1].port);
}

TEST(a_row_whose_feature_is_off_orients_too)
{
    struct evidence *e = evidence(SMALL_SITE "features: {ssh: off}\n");
    tcp_midstream(e, "app1", 22, "tta1", 40000);
    assert_flow(e, "app1", 22, "tta1", 40000, "row tta1>app1:22 answered unexpected feature-off tta-app-ssh");
}

TEST(two_equal_readings_that_are_both_off_leave_nothing_to_expect)
{
    struct evidence *e = evidence(SMALL_SITE "features: {rlogin: off, lpr-printing: off}\n");
    tcp_midstream(e, "app1", 513, "tta1", 515);
    assert_flow(e, "app1", 513, "tta1", 515, "none tta1>app1:513 answered unexpected feature-off tta-app-rlogin");
}

TEST(one_of_two_equal_readings_that_is_expected_makes_the_flow_undetermined)
{
    struct evidence *e = evidence(SMALL_SITE "features: {rlogin: off}\n");
    tcp_midstream(e, "app1", 513, "tta1", 515);
    assert_flow(e, "app1", 513, "tta1", 515, "none tta1>app1:513 answered undetermined direction");
    const struct pp_finding *f = find_finding(e, PP_FIND_UNDETERMINED);
    assert_int_equal(f->reading_count, 2); /* the one that is switched off is a reading too */
    for (unsigned i = 0; i < 2; i++)
        assert_string_equal(e->spec->rows[f->readings[i].row].id, f->readings[i].port == 513 ? "tta-app-rlogin" : "app-tta-lpd");
}

TEST(a_waiver_orients_like_a_narrow_row)
{
    struct evidence *e =
        evidence(SMALL_SITE "waivers:\n  - {from: any, to: tta1, ports: 10050/tcp, owner: ops, reason: monitoring, expires: 2030-01-01}\n");
    tcp_midstream(e, "tta1", 10050, "10.9.9.9", 40000);
    assert_flow(e, "tta1", 10050, "10.9.9.9", 40000, "row 10.9.9.9>tta1:10050 answered exempt monitoring");
}

TEST(a_waiver_against_a_row_of_the_same_width_is_undetermined_with_both_readings)
{
    struct evidence *e =
        evidence(SMALL_SITE "waivers:\n  - {from: app1, to: tta1, ports: 9100/tcp, owner: ops, reason: printer, expires: 2030-01-01}\n");
    tcp_midstream(e, "tta1", 9100, "app1", 22);
    assert_flow(e, "tta1", 9100, "app1", 22, "none tta1>app1:22 answered undetermined direction");
    const struct pp_finding *f = find_finding(e, PP_FIND_UNDETERMINED);
    assert_int_equal(f->reading_count, 2);
    for (unsigned i = 0; i < 2; i++)
        if (f->readings[i].port == 9100) assert_int_equal(f->readings[i].row, PP_NONE);
}

TEST(a_companion_port_orients_like_a_narrow_row)
{
    struct evidence *e = evidence(SMALL_SITE);
    tcp_midstream(e, "10.9.9.9", 53, "tta1", 40000);
    assert_flow(e, "10.9.9.9", 53, "tta1", 40000, "row tta1>10.9.9.9:53 answered unexpected unknown-host (name-service) companion");
}

/* --- wide rows --------------------------------------------------------------------------------------------------------------- */

TEST(a_wide_row_orients_between_two_unknown_high_ports)
{
    struct evidence *e = evidence(SMALL_SITE);
    tcp_midstream(e, "tta1", 6010, "app1", 5000);
    assert_flow(e, "tta1", 6010, "app1", 5000, "row app1>tta1:6010 answered expected app-tta-x11 wide");
}

TEST(a_wide_row_does_not_orient_against_a_port_below_1024)
{
    struct evidence *e = evidence(SMALL_SITE);
    tcp_midstream(e, "app1", 445, "tta1", 40000);
    tcp_midstream(e, "app1", 1023, "tta1", 40000);
    tcp_midstream(e, "app1", 1024, "tta1", 40000);
    assert_flow(e, "app1", 1023, "tta1", 40000, "none tta1>app1:1023 answered unexpected unlisted-port");
    assert_flow(e, "app1", 1024, "tta1", 40000, "row app1>tta1:40000 answered expected app-tta-x11 wide");
}

TEST(a_445_to_t_40000_in_mid_stream_is_not_x11)
{
    struct evidence *e = evidence(SMALL_SITE);
    tcp_midstream(e, "app1", 445, "tta1", 40000);
    assert_flow(e, "app1", 445, "tta1", 40000, "none tta1>app1:445 answered unexpected unlisted-port");
    assert_state(e, "app-tta-x11", "optional");
}

TEST(r_45000_to_t_161_over_udp_is_not_securid)
{
    struct evidence *e = evidence(SMALL_SITE);
    udp(e, "rsa1", 45000, "tta1", 161);
    assert_flow(e, "rsa1", 45000, "tta1", 161, "first-packet rsa1>tta1:161 silent unexpected unlisted-port");
    assert_state(e, "tta-rsa-udp", "optional");
}

TEST(a_wide_row_does_not_orient_against_the_port_of_a_narrow_row_of_anybody)
{
    struct evidence *e = evidence(SMALL_SITE);
    tcp_midstream(e, "app1", 5427, "tta1", 40000); /* 5427 is on no row that joins these two */
    assert_flow(e, "app1", 5427, "tta1", 40000, "none tta1>app1:5427 answered unexpected wrong-destination tta-tta-peer");
}

TEST(a_wide_row_does_not_orient_against_the_port_of_a_waiver_or_a_companion)
{
    struct evidence *e =
        evidence(SMALL_SITE "waivers:\n  - {from: ldap1, to: win1, ports: 9100/tcp, owner: ops, reason: printer, expires: 2030-01-01}\n");
    tcp_midstream(e, "app1", 9100, "tta1", 40000);
    tcp_midstream(e, "app1", 7100, "tta1", 40000);
    assert_flow(e, "app1", 9100, "tta1", 40000, "none tta1>app1:9100 answered unexpected unlisted-port");
    assert_flow(e, "app1", 7100, "tta1", 40000, "row tta1>app1:7100 answered unexpected unlisted-port (font-service) companion");
}

TEST(the_port_of_a_companion_of_others_stops_a_wide_row_too)
{
    struct evidence *e = evidence(SMALL_SITE);
    udp_exchange(e, "tta1", 3389, "rsa1", 40000); /* RDP's companion goes from T to A, so nothing reads this the other way */
    assert_flow(e, "tta1", 3389, "rsa1", 40000, "first-packet tta1>rsa1:40000 answered unexpected unlisted-port");
}

TEST(a_waiver_against_a_row_that_is_off_is_undetermined_whichever_way_it_goes)
{
    struct evidence *e =
        evidence(SMALL_SITE "features: {ssh: off, lpr-printing: off}\n"
                            "waivers:\n  - {from: any, to: any, ports: 9100/tcp, owner: ops, reason: printer, expires: 2030-01-01}\n");
    tcp_midstream(e, "tta1", 9100, "app1", 22);
    tcp_midstream(e, "app1", 9100, "tta1", 515);
    assert_flow(e, "tta1", 9100, "app1", 22, "none tta1>app1:22 answered undetermined direction");
    assert_flow(e, "app1", 9100, "tta1", 515, "none app1>tta1:515 answered undetermined direction");
}

TEST(a_wide_waiver_does_not_take_every_port_away_from_the_wide_rows)
{
    struct evidence *e =
        evidence(SMALL_SITE "waivers:\n  - {from: win1, to: any, ports: any/tcp, owner: ops, reason: backup, expires: 2030-01-01}\n");
    tcp_midstream(e, "tta1", 6010, "app1", 5000);
    tcp_midstream(e, "win1", 40000, "ldap1", 22);
    assert_flow(e, "tta1", 6010, "app1", 5000, "row app1>tta1:6010 answered expected app-tta-x11 wide");
    assert_flow(e, "win1", 40000, "ldap1", 22, "row win1>ldap1:22 answered exempt backup");
}

TEST(a_wide_row_that_may_not_orient_is_no_match_for_what_the_first_packet_or_the_peers_guess)
{
    struct evidence *e = evidence(SMALL_SITE);
    udp_exchange(e, "tta1", 161, "rsa1", 45000); /* the agent's reply was captured first */
    assert_flow(e, "tta1", 161, "rsa1", 45000, "first-packet tta1>rsa1:45000 answered unexpected unlisted-port");
    udp_exchange(e, "app1", 162, "rsa1", 45000); /* now R:45000 has two peers */
    judge(e);
    assert_flow(e, "tta1", 161, "rsa1", 45000, "peers tta1>rsa1:45000 answered unexpected unlisted-port");
    assert_state(e, "tta-rsa-udp", "optional");
}

TEST(the_port_of_a_udp_row_does_not_stop_a_tcp_row)
{
    struct evidence *e = evidence(SMALL_SITE);
    tcp_midstream(e, "app1", 5500, "tta1", 40000); /* 5500/udp is narrow; 5500/tcp is nobody's */
    assert_flow(e, "app1", 5500, "tta1", 40000, "row app1>tta1:40000 answered expected app-tta-x11 wide");
}

TEST(a_row_of_256_ports_is_narrow_and_one_of_257_is_wide)
{
    struct evidence *narrow = evidence(SMALL_SITE "ports: {app-tta-x11: 6010-6265/tcp}\n");
    tcp_midstream(narrow, "app1", 445, "tta1", 6010);
    assert_flow(narrow, "app1", 445, "tta1", 6010, "row app1>tta1:6010 answered expected app-tta-x11");
    struct evidence *wide = evidence(SMALL_SITE "ports: {app-tta-x11: 6010-6266/tcp}\n");
    tcp_midstream(wide, "app1", 445, "tta1", 6010);
    assert_flow(wide, "app1", 445, "tta1", 6010, "none tta1>app1:445 answered unexpected unlisted-port");
}

TEST(a_wide_row_that_may_not_orient_makes_no_reading)
{
    struct evidence *e = evidence(SMALL_SITE);
    tcp_midstream(e, "app1", 113, "tta1", 7100); /* ident one way, fonts the other way, X11 neither */
    assert_flow(e, "app1", 113, "tta1", 7100, "row tta1>app1:113 answered unexpected unlisted-port (ident) companion");
}

/* --- UDP: peers, first packet ---------------------------------------------------------------------------------------------- */

TEST(the_udp_end_with_two_peers_is_the_responder)
{
    struct evidence *e = evidence(SMALL_SITE);
    udp_exchange(e, "ldap1", 9000, "tta1", 9001);
    udp_exchange(e, "ldap1", 9000, "tta1", 9002);
    assert_flow(e, "ldap1", 9000, "tta1", 9001, "peers tta1>ldap1:9000 answered unexpected unlisted-port");
}

TEST(two_udp_ends_with_many_peers_leave_it_to_the_first_packet)
{
    struct evidence *e = evidence(SMALL_SITE);
    udp_exchange(e, "ldap1", 9000, "tta1", 9001);
    udp_exchange(e, "ldap1", 9000, "tta1", 9002);
    udp_exchange(e, "ldap1", 9005, "tta1", 9001);
    assert_flow(e, "ldap1", 9000, "tta1", 9001, "first-packet ldap1>tta1:9001 answered unexpected unlisted-port");
}

TEST(a_row_beats_the_udp_peers)
{
    struct evidence *e = evidence(SMALL_SITE);
    udp_exchange(e, "win1", 137, "tta1", 45000);
    udp_exchange(e, "ldap1", 9000, "tta1", 45000); /* T:45000 has two peers */
    assert_flow(e, "win1", 137, "tta1", 45000, "row tta1>win1:137 answered expected tta-win-nbns");
}

TEST(the_sender_of_the_earliest_udp_packet_opened_it)
{
    struct evidence *e = evidence(SMALL_SITE);
    udp_exchange(e, "ldap1", 9001, "tta1", 9000);
    assert_flow(e, "ldap1", 9001, "tta1", 9000, "first-packet ldap1>tta1:9000 answered unexpected unlisted-port");
}

TEST(equal_times_of_udp_packets_decide_nothing)
{
    struct evidence *e = evidence(SMALL_SITE);
    udp(e, "ldap1", 9001, "tta1", 9000);
    udp(e, "tta1", 9000, "ldap1", 9001);
    assert_flow(e, "ldap1", 9001, "tta1", 9000, "none ldap1>tta1:9000 answered unexpected unlisted-port");
}

TEST(udp_known_only_from_an_icmp_error_was_opened_by_the_quoted_sender)
{
    struct evidence *e = evidence(SMALL_SITE);
    icmp_error(e, PP_UDP, "ldap1", 9001, "tta1", 9000, "10.0.0.1", 3, 13);
    icmp_error(e, PP_UDP, "tta1", 9002, "ldap1", 9003, "10.0.0.1", 3, 13);
    assert_flow(e, "ldap1", 9001, "tta1", 9000, "first-packet ldap1>tta1:9000 rejected unexpected unlisted-port icmp-only");
    assert_flow(e, "tta1", 9002, "ldap1", 9003, "first-packet tta1>ldap1:9003 rejected unexpected unlisted-port icmp-only");
}

TEST(udp_packets_without_times_show_at_least_who_sent_any)
{
    struct evidence *e = evidence(SMALL_SITE);
    e->timeless = true;
    udp(e, "ldap1", 9001, "tta1", 9002);
    udp(e, "ldap1", 9003, "tta1", 9004);
    udp(e, "tta1", 9004, "ldap1", 9003);
    assert_flow(e, "ldap1", 9001, "tta1", 9002, "first-packet ldap1>tta1:9002 silent unexpected unlisted-port");
    assert_flow(e, "ldap1", 9003, "tta1", 9004, "none tta1>ldap1:9003 answered unexpected unlisted-port");
}

TEST(first_packets_say_nothing_about_tcp)
{
    struct evidence *e = evidence(SMALL_SITE);
    tcp_midstream(e, "tta1", 40000, "ldap1", 50000);
    assert_flow(e, "tta1", 40000, "ldap1", 50000, "none ldap1>tta1:40000 answered unexpected unlisted-port");
}

/* --- nothing decides -------------------------------------------------------------------------------------------------------- */

TEST(where_no_reading_is_the_flow_is_unexpected_with_the_lower_port_as_the_responders)
{
    struct evidence *e = evidence(SMALL_SITE);
    tcp_midstream(e, "staff", 445, "tta1", 40000);
    tcp_midstream(e, "tta1", 30000, "staff", 9999);
    assert_flow(e, "staff", 445, "tta1", 40000, "none tta1>staff:445 answered unexpected unlisted-port");
    assert_flow(e, "tta1", 30000, "staff", 9999, "none tta1>staff:9999 answered unexpected unlisted-port");
    assert_string_equal(pp_confidence_name(find_finding(e, PP_FIND_UNEXPECTED)->basis), "ambiguous");
}

TEST(packets_inherit_the_verdict_of_their_flow)
{
    struct evidence *e = evidence(SMALL_SITE);
    tcp_answered(e, "staff", 40000, "tta1", 5307);
    tcp_midstream(e, "staff", 40000, "tta1", 5307);
    judge(e);
    assert_int_equal(pp_flow_count(e->flows), 1);
    assert_int_equal(e->report->rows[pp_spec_find_row(e->spec, "client-aips")].packets, 7);
}

TEST(listeners_are_found_among_as_many_open_ends_as_there_are)
{
    struct evidence *e = evidence(SMALL_SITE);
    for (unsigned i = 0; i < 3000; i++) tcp_midstream(e, "tta1", (uint16_t)(20000 + i), "ldap1", (uint16_t)(30000 + i % 2));
    tcp_answered(e, "app1", 40000, "ldap1", 30000);
    assert_flow(e, "tta1", 20000, "ldap1", 30000, "listener tta1>ldap1:30000 answered unexpected unlisted-port");
    assert_flow(e, "tta1", 22998, "ldap1", 30000, "listener tta1>ldap1:30000 answered unexpected unlisted-port");
    assert_flow(e, "tta1", 22999, "ldap1", 30001, "none ldap1>tta1:22999 answered unexpected unlisted-port");
}

TEST(a_reading_that_is_waived_is_shown_without_a_row_and_one_that_is_off_with_it)
{
    struct evidence *e =
        evidence(SMALL_SITE "features: {ssh: off}\n"
                            "waivers:\n  - {from: app1, to: tta1, ports: 9000/tcp, owner: o, reason: r, expires: never}\n");
    tcp_midstream(e, "tta1", 9000, "app1", 22);
    const struct pp_finding *f = find_finding(e, PP_FIND_UNDETERMINED);
    assert_int_equal(f->reading_count, 2);
    const struct pp_reading *waived = &f->readings[f->readings[0].row != PP_NONE], *off = &f->readings[f->readings[0].row == PP_NONE];
    assert_int_equal(waived->row, PP_NONE);
    assert_int_equal(waived->port, 9000);
    assert_int_equal(off->row, pp_spec_find_row(e->spec, "tta-app-ssh"));
    assert_non_null(strstr(f->explanation, "it is waived if 10.0.2.5 opened it to 10.0.1.10 port 9000"));
}

TEST(a_reading_by_an_expired_waiver_makes_a_flow_undetermined_and_is_not_shown)
{
    struct evidence *e =
        evidence(SMALL_SITE "waivers:\n  - {from: app1, to: tta1, ports: 9000/tcp, owner: o, reason: r, expires: 2026-11-19}\n");
    tcp_midstream(e, "tta1", 9000, "app1", 22);
    const struct pp_finding *f = find_finding(e, PP_FIND_UNDETERMINED);
    assert_int_equal(f->reading_count, 1);
    assert_int_equal(f->readings[0].row, pp_spec_find_row(e->spec, "tta-app-ssh"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_syn_from_one_side_only_proves_who_opened),
        cmocka_unit_test(a_syn_ack_from_one_side_only_proves_who_opened),
        cmocka_unit_test(a_handshake_beats_every_row),
        cmocka_unit_test(syns_from_both_sides_are_no_handshake),
        cmocka_unit_test(a_syn_and_a_syn_ack_that_contradict_each_other_are_no_handshake),
        cmocka_unit_test(a_syn_quoted_by_icmp_proves_who_opened),
        cmocka_unit_test(an_end_that_answered_a_syn_in_another_flow_is_the_responder),
        cmocka_unit_test(a_listener_beats_the_rows),
        cmocka_unit_test(a_refused_syn_makes_no_listener),
        cmocka_unit_test(two_listeners_decide_nothing),
        cmocka_unit_test(a_tcp_listener_says_nothing_about_udp),
        cmocka_unit_test(the_one_orientation_that_matches_a_row_is_taken),
        cmocka_unit_test(of_two_readings_the_strictly_narrower_row_is_taken),
        cmocka_unit_test(two_equal_readings_are_undetermined_and_both_are_shown),
        cmocka_unit_test(a_row_whose_feature_is_off_orients_too),
        cmocka_unit_test(two_equal_readings_that_are_both_off_leave_nothing_to_expect),
        cmocka_unit_test(one_of_two_equal_readings_that_is_expected_makes_the_flow_undetermined),
        cmocka_unit_test(a_waiver_orients_like_a_narrow_row),
        cmocka_unit_test(a_waiver_against_a_row_of_the_same_width_is_undetermined_with_both_readings),
        cmocka_unit_test(a_companion_port_orients_like_a_narrow_row),
        cmocka_unit_test(a_wide_row_orients_between_two_unknown_high_ports),
        cmocka_unit_test(a_wide_row_does_not_orient_against_a_port_below_1024),
        cmocka_unit_test(a_445_to_t_40000_in_mid_stream_is_not_x11),
        cmocka_unit_test(r_45000_to_t_161_over_udp_is_not_securid),
        cmocka_unit_test(a_wide_row_does_not_orient_against_the_port_of_a_narrow_row_of_anybody),
        cmocka_unit_test(a_wide_row_does_not_orient_against_the_port_of_a_waiver_or_a_companion),
        cmocka_unit_test(the_port_of_a_companion_of_others_stops_a_wide_row_too),
        cmocka_unit_test(a_waiver_against_a_row_that_is_off_is_undetermined_whichever_way_it_goes),
        cmocka_unit_test(a_wide_waiver_does_not_take_every_port_away_from_the_wide_rows),
        cmocka_unit_test(a_wide_row_that_may_not_orient_is_no_match_for_what_the_first_packet_or_the_peers_guess),
        cmocka_unit_test(the_port_of_a_udp_row_does_not_stop_a_tcp_row),
        cmocka_unit_test(a_row_of_256_ports_is_narrow_and_one_of_257_is_wide),
        cmocka_unit_test(a_wide_row_that_may_not_orient_makes_no_reading),
        cmocka_unit_test(the_udp_end_with_two_peers_is_the_responder),
        cmocka_unit_test(two_udp_ends_with_many_peers_leave_it_to_the_first_packet),
        cmocka_unit_test(a_row_beats_the_udp_peers),
        cmocka_unit_test(the_sender_of_the_earliest_udp_packet_opened_it),
        cmocka_unit_test(equal_times_of_udp_packets_decide_nothing),
        cmocka_unit_test(udp_known_only_from_an_icmp_error_was_opened_by_the_quoted_sender),
        cmocka_unit_test(udp_packets_without_times_show_at_least_who_sent_any),
        cmocka_unit_test(first_packets_say_nothing_about_tcp),
        cmocka_unit_test(where_no_reading_is_the_flow_is_unexpected_with_the_lower_port_as_the_responders),
        cmocka_unit_test(packets_inherit_the_verdict_of_their_flow),
        cmocka_unit_test(listeners_are_found_among_as_many_open_ends_as_there_are),
        cmocka_unit_test(a_reading_that_is_waived_is_shown_without_a_row_and_one_that_is_off_with_it),
        cmocka_unit_test(a_reading_by_an_expired_waiver_makes_a_flow_undetermined_and_is_not_shown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
