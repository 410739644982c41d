/* Design 5.2, and the signatures of a block (domain.md): what became of an attempt. */
#include <stdio.h>
#include <string.h>

#include "evidence.h"
#include "testing.h"

enum { RDP = 3389 };

/* All but the verdict of the flow tta1:40000 → app1:3389. */
static const char *outcome(struct evidence *e)
{
    for (size_t i = 0; judge(e) && i < pp_flow_count(e->flows); i++) {
        struct pp_flow flow;
        pp_flow_at(e->flows, i, &flow);
        if (flow.port[0] == RDP || flow.port[1] == RDP) return pp_outcome_name((enum pp_outcome)e->report->judged[i].outcome);
    }
    return "absent";
}

#define assert_outcome(e, text) assert_string_equal(outcome(e), text)

#define T "tta1", 40000
#define A "app1", RDP

/* --- half-seen ---------------------------------------------------------------------------------------------------------- */

TEST(one_sides_acks_prove_the_other_side)
{
    struct evidence *initiator = evidence(SMALL_SITE), *responder = evidence(SMALL_SITE);
    tcp_one_side(initiator, T, A);
    assert_outcome(initiator, "half-seen");
    tcp_one_side(responder, A, T);
    assert_outcome(responder, "half-seen");
}

TEST(a_handshake_seen_from_one_side_is_half_seen)
{
    struct evidence *e = evidence(SMALL_SITE);
    tcp(e, T, A, PP_SYN);
    tcp(e, T, A, PP_ACK);
    assert_outcome(e, "half-seen");
    struct evidence *other = evidence(SMALL_SITE);
    tcp(other, A, T, PP_SYN | PP_ACK);
    assert_outcome(other, "half-seen");
}

TEST(bare_syns_and_rsts_of_one_side_are_not_half_seen)
{
    struct evidence *e = evidence(SMALL_SITE);
    tcp_silent(e, T, A);
    tcp(e, T, A, PP_RST); /* the client gives up */
    assert_outcome(e, "silent");
}

TEST(a_lone_rst_of_the_responder_is_a_refusal)
{
    struct evidence *e = evidence(SMALL_SITE);
    tcp(e, A, T, PP_RST | PP_ACK);
    assert_outcome(e, "refused");
}

TEST(data_of_the_initiator_after_its_syn_proves_the_answer_that_a_lone_rst_hides)
{
    struct evidence *e = evidence(SMALL_SITE);
    tcp(e, T, A, PP_SYN);
    tcp(e, T, A, PP_ACK);
    tcp(e, A, T, PP_RST);
    assert_outcome(e, "half-seen");
}

TEST(udp_of_the_responder_alone_is_half_seen)
{
    struct evidence *e = evidence(SMALL_SITE);
    udp_one_way(e, "win1", 137, "tta1", 45000);
    assert_flow(e, "win1", 137, "tta1", 45000, "row tta1>win1:137 half-seen expected tta-win-nbns half-seen");
}

/* --- answered ------------------------------------------------------------------------------------------------------------- */

TEST(a_syn_ack_is_an_answer)
{
    struct evidence *e = evidence(SMALL_SITE);
    tcp(e, T, A, PP_SYN);
    tcp(e, A, T, PP_SYN | PP_ACK);
    assert_outcome(e, "answered");
}

TEST(data_from_the_responder_is_an_answer)
{
    struct evidence *e = evidence(SMALL_SITE);
    tcp_midstream(e, T, A);
    assert_outcome(e, "answered");
}

TEST(a_udp_packet_from_the_responder_is_an_answer)
{
    struct evidence *e = evidence(SMALL_SITE);
    udp_exchange(e, "tta1", 45000, "win1", 137);
    assert_flow(e, "tta1", 45000, "win1", 137, "row tta1>win1:137 answered expected tta-win-nbns");
}

TEST(a_rst_after_an_answer_is_an_end_and_not_a_refusal)
{
    struct evidence *e = evidence(SMALL_SITE);
    tcp_answered(e, T, A);
    tcp(e, A, T, PP_RST | PP_ACK);
    assert_outcome(e, "answered");
}

TEST(an_answered_flow_ignores_icmp_errors)
{
    struct evidence *e = evidence(SMALL_SITE);
    tcp_answered(e, T, A);
    icmp_error(e, PP_TCP, T, A, "10.0.0.1", 3, 13);
    assert_outcome(e, "answered");
    udp_exchange(e, "tta1", 45000, "win1", 137);
    icmp_error(e, PP_UDP, "tta1", 45000, "win1", 137, "win1", 3, 3);
    judge(e);
    assert_flow(e, "tta1", 45000, "win1", 137, "row tta1>win1:137 answered expected tta-win-nbns");
}

/* --- refused, rejected, silent --------------------------------------------------------------------------------------------- */

TEST(a_rst_and_nothing_else_from_the_responder_is_a_refusal)
{
    struct evidence *e = evidence(SMALL_SITE);
    tcp_refused(e, T, A);
    assert_outcome(e, "refused");
    assert_row(e, "tta-app-rdp", "blocked: *>app1 blocked refused");
    assert_int_equal(find_finding(e, PP_FIND_BLOCKED)->blocked_by.bytes[3], 5);
}

TEST(a_syn_repeated_with_nothing_back_is_silent)
{
    struct evidence *e = evidence(SMALL_SITE);
    tcp_silent(e, T, A);
    assert_outcome(e, "silent");
    assert_row(e, "tta-app-rdp", "blocked: *>app1 blocked silent");
}

TEST(attempts_are_syns_with_their_retransmissions)
{
    struct evidence *e = evidence(SMALL_SITE);
    tcp_silent(e, T, A);
    assert_int_equal(find_finding(e, PP_FIND_BLOCKED)->attempts, 4);
}

struct icmp_case {
    const char *device;
    uint8_t type, code;
    const char *tcp, *udp;
};

static const struct icmp_case icmp_cases[] = {
    {"10.0.0.1", 3, 0, "rejected", "rejected"}, /* no route */
    {"10.0.0.1", 3, 1, "rejected", "rejected"}, /* a dead host */
    {"10.0.0.1", 3, 3, "rejected", "rejected"}, /* quoting TCP: a firewall; UDP: somebody else says so */
    {"app1", 3, 3, "rejected", "refused"},      /* UDP: nothing listens there */
    {"app1", 3, 13, "rejected", "rejected"},    {"10.0.0.1", 3, 4, "silent", "silent"}, /* packet too big */
    {"10.0.0.1", 3, 9, "rejected", "rejected"}, {"10.0.0.1", 3, 10, "rejected", "rejected"}, {"10.0.0.1", 3, 13, "rejected", "rejected"},
    {"10.0.0.1", 11, 0, "silent", "silent"}, /* time exceeded, parameter problem: no word about a port */
    {"10.0.0.1", 12, 0, "silent", "silent"},
};

TEST(every_icmp_error_has_its_picture)
{
    for (size_t i = 0; i < sizeof icmp_cases / sizeof *icmp_cases; i++) {
        const struct icmp_case *c = &icmp_cases[i];
        struct evidence *e = evidence(SMALL_SITE "ports: {tta-app-rdp: 3389/tcp}\n");
        tcp_silent(e, T, A);
        icmp_error(e, PP_TCP, T, A, c->device, c->type, c->code);
        udp_one_way(e, "tta1", 40000, "app1", 9000);
        icmp_error(e, PP_UDP, "tta1", 40000, "app1", 9000, c->device, c->type, c->code);
        assert_outcome(e, c->tcp);
        char text[200];
        snprintf(text, sizeof text, "first-packet tta1>app1:9000 %s unexpected unlisted-port", c->udp);
        assert_flow(e, "tta1", 40000, "app1", 9000, text);
    }
}

TEST(every_icmpv6_error_has_its_picture)
{
    static const char site[] = "hosts:\n"
                               "  - {name: t6, address: \"2001:db8::1\", roles: [tarantella-server, web-server]}\n"
                               "  - {name: a6, address: \"2001:db8::2\", roles: application-server}\n";
    static const struct icmp_case cases[] = {
        {"2001:db8::fe", 1, 0, "rejected", "rejected"}, {"2001:db8::fe", 1, 1, "rejected", "rejected"},
        {"2001:db8::fe", 1, 3, "rejected", "rejected"}, {"2001:db8::fe", 1, 4, "rejected", "rejected"},
        {"2001:db8::2", 1, 4, "rejected", "refused"},   {"2001:db8::fe", 1, 5, "rejected", "rejected"},
        {"2001:db8::fe", 1, 6, "rejected", "rejected"}, {"2001:db8::fe", 2, 0, "silent", "silent"},
        {"2001:db8::fe", 3, 0, "silent", "silent"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct evidence *e = evidence(site);
        tcp_silent(e, "t6", 40000, "a6", 3389);
        icmp_error(e, PP_TCP, "t6", 40000, "a6", 3389, cases[i].device, cases[i].type, cases[i].code);
        udp_one_way(e, "t6", 40000, "a6", 9000);
        icmp_error(e, PP_UDP, "t6", 40000, "a6", 9000, cases[i].device, cases[i].type, cases[i].code);
        assert_outcome(e, cases[i].tcp);
        char text[200];
        snprintf(text, sizeof text, "first-packet t6>a6:9000 %s unexpected unlisted-port", cases[i].udp);
        assert_flow(e, "t6", 40000, "a6", 9000, text);
    }
}

TEST(a_rejection_names_the_device_that_sent_it)
{
    struct evidence *e = evidence(SMALL_SITE);
    tcp_rejected(e, T, A, "10.0.0.1", 3, 13);
    assert_outcome(e, "rejected");
    const struct pp_finding *f = find_finding(e, PP_FIND_BLOCKED);
    struct pp_address device = end_of(e, "10.0.0.1");
    assert_memory_equal(&f->blocked_by, &device, sizeof device);
    assert_true(f->has_icmp && f->icmp_type == 3 && f->icmp_code == 13);
}

TEST(an_error_about_the_attempt_explains_more_than_one_about_a_reply)
{
    struct evidence *e = evidence(SMALL_SITE);
    tcp_silent(e, T, A);
    struct pp_packet reply = packet_of(e, PP_TCP, A, T, PP_ACK);
    reply.icmp_family = PP_IPV4;
    reply.icmp_type = 3;
    reply.icmp_code = 1;
    memcpy(reply.icmp_sender, (uint8_t[]){10, 0, 0, 1}, 4); /* before the other one in every order */
    put(e, reply, PP_ICMP_ERROR);
    icmp_error(e, PP_TCP, T, A, "10.0.0.2", 3, 13);
    struct pp_address device = end_of(e, "10.0.0.2");
    assert_memory_equal(&find_finding(e, PP_FIND_BLOCKED)->blocked_by, &device, sizeof device);
}

TEST(a_rst_beats_an_icmp_error)
{
    struct evidence *e = evidence(SMALL_SITE);
    tcp_refused(e, T, A);
    icmp_error(e, PP_TCP, T, A, "10.0.0.1", 3, 13);
    assert_outcome(e, "refused");
}

TEST(an_icmp_error_about_a_flow_that_was_not_captured_makes_a_record_without_packets)
{
    struct evidence *e = evidence(SMALL_SITE);
    icmp_error(e, PP_TCP, T, A, "10.0.0.1", 3, 13);
    assert_flow(e, "tta1", 40000, "app1", RDP, "handshake tta1>app1:3389 rejected expected tta-app-rdp icmp-only");
    assert_row(e, "tta-app-rdp", "blocked: *>app1 blocked rejected");
    const struct pp_finding *f = find_finding(e, PP_FIND_BLOCKED);
    assert_int_equal(f->packets[0] + f->packets[1], 0);
    assert_int_equal(f->first_frame, 1);
    assert_true(f->first_ns != PP_NO_FIRST);
    icmp_error(e, PP_UDP, "tta1", 45000, "win1", 137, "win1", 3, 3);
    judge(e);
    assert_flow(e, "tta1", 45000, "win1", 137, "row tta1>win1:137 refused expected tta-win-nbns icmp-only");
}

TEST(packet_too_big_about_a_flow_that_was_not_captured_shows_no_block)
{
    struct evidence *e = evidence(SMALL_SITE);
    icmp_error(e, PP_TCP, T, A, "10.0.0.1", 3, 4);
    icmp_error(e, PP_UDP, "tta1", 45000, "win1", 137, "10.0.0.1", 3, 4);
    assert_row(e, "tta-app-rdp", "not-observable: *>app1 not-observable silent");
    assert_row(e, "tta-win-nbns", "not-observable: tta1>win1 not-observable silent");
    assert_int_equal(count_kind(e, PP_FIND_BLOCKED), 0);
}

/* --- too late to tell ----------------------------------------------------------------------------------------------------- */

static struct evidence *syn_then_end_after(uint64_t ms)
{
    struct evidence *e = evidence(SMALL_SITE);
    tcp(e, T, A, PP_SYN);
    e->ends_ms = ms;
    return e;
}

TEST(a_silent_attempt_whose_evidence_ends_within_three_seconds_cannot_be_told)
{
    assert_row(syn_then_end_after(0), "tta-app-rdp", "not-observable: *>app1 not-observable silent");
    assert_row(syn_then_end_after(3000), "tta-app-rdp", "not-observable: *>app1 not-observable silent");
    assert_row(syn_then_end_after(3001), "tta-app-rdp", "blocked: *>app1 blocked silent");
}

TEST(the_three_seconds_begin_with_the_first_syn)
{
    struct evidence *e = evidence(SMALL_SITE);
    tcp_silent(e, T, A);
    e->ends_ms = 7000; /* at the last of its SYNs */
    assert_state(e, "tta-app-rdp", "blocked");
}

TEST(the_evidence_ends_at_the_latest_where_the_user_says)
{
    struct evidence *e = evidence(SMALL_SITE);
    tcp(e, T, A, PP_SYN);
    e->until_ns = UINT64_C(1795168802000000000);
    assert_state(e, "tta-app-rdp", "not-observable");
}

TEST(the_evidence_of_a_flow_is_the_captures_it_was_seen_in)
{
    struct evidence *e = evidence(SMALL_SITE);
    tcp(e, T, A, PP_SYN);
    e->capture = 1;
    ping(e, "tta1", "app1");
    e->ends_ms = 100000;
    e->captures[0].last_ns = UINT64_C(1795168802000000000);
    e->captures[1].last_ns = UINT64_C(1795168900000000000);
    assert_state(e, "tta-app-rdp", "not-observable");
    tcp(e, T, A, PP_SYN); /* the second capture saw a retransmission, so it would have seen the answer */
    judge(e);
    assert_state(e, "tta-app-rdp", "blocked");
}

TEST(without_times_nobody_can_tell_how_long_an_attempt_waited)
{
    struct evidence *e = evidence(SMALL_SITE);
    e->timeless = true;
    tcp_silent(e, T, A);
    assert_state(e, "tta-app-rdp", "not-observable");
}

TEST(a_refusal_is_never_too_late)
{
    struct evidence *e = evidence(SMALL_SITE);
    tcp_refused(e, T, A);
    e->ends_ms = 5;
    assert_state(e, "tta-app-rdp", "blocked");
}

/* --- several ICMP errors about one flow ----------------------------------------------------------------------------------------- */

/* An error of `device` about the packet that goes from one end to the other. */
static void error_about(struct evidence *e, enum pp_transport transport, const char *from, uint16_t from_port, const char *to,
                        uint16_t to_port, const char *device, uint8_t code)
{
    struct pp_packet packet = packet_of(e, transport, from, from_port, to, to_port, transport == PP_TCP ? PP_ACK : 0);
    struct pp_address sender = end_of(e, device);
    packet.icmp_family = sender.family;
    memcpy(packet.icmp_sender, sender.bytes, 16);
    packet.icmp_type = 3;
    packet.icmp_code = code;
    put(e, packet, PP_ICMP_ERROR);
}

static void assert_blocked_by(struct evidence *e, const char *device)
{
    struct pp_address at = end_of(e, device);
    assert_memory_equal(&find_finding(e, PP_FIND_BLOCKED)->blocked_by, &at, sizeof at);
}

TEST(of_several_errors_about_the_attempt_the_first_in_order_is_named)
{
    struct evidence *e = evidence(SMALL_SITE);
    tcp_silent(e, T, A);
    error_about(e, PP_TCP, T, A, "10.0.0.2", 13);
    error_about(e, PP_TCP, T, A, "10.0.0.1", 13);
    error_about(e, PP_TCP, A, T, "10.0.0.3", 13);
    assert_blocked_by(e, "10.0.0.1");
}

TEST(of_several_errors_about_replies_alone_the_first_in_order_is_named)
{
    struct evidence *e = evidence(SMALL_SITE);
    tcp_silent(e, T, A);
    error_about(e, PP_TCP, A, T, "10.0.0.2", 13);
    error_about(e, PP_TCP, A, T, "10.0.0.1", 13);
    assert_blocked_by(e, "10.0.0.1");
}

TEST(a_port_unreachable_about_a_udp_reply_refuses_nothing)
{
    struct evidence *e = evidence(SMALL_SITE);
    udp(e, "tta1", 45000, "win1", 137);
    error_about(e, PP_UDP, "win1", 137, "tta1", 45000, "win1", 3); /* whoever sends that quotes its own packet */
    assert_flow(e, "tta1", 45000, "win1", 137, "row tta1>win1:137 rejected expected tta-win-nbns");
}

/* --- captures past those that are told apart --------------------------------------------------------------------------------------- */

TEST(captures_past_those_told_apart_share_one_bit_and_end_with_the_last_of_them)
{
    enum { CAPTURES = PP_CAPTURES_TOLD_APART + 3 };
    struct evidence *e = evidence(SMALL_SITE);
    static struct pp_capture_info captures[CAPTURES];
    const uint8_t result = PP_DECODED;
    for (unsigned i = 0; i < CAPTURES; i++) {
        captures[i] = (struct pp_capture_info){.name = "test.pcap", .format = "pcap", .packets = 1};
        captures[i].last_ns = UINT64_C(1795168800000000000) + (i == CAPTURES - 1 ? 60 : 1) * UINT64_C(1000000000);
    }
    struct pp_packet packet = packet_of(e, PP_TCP, T, A, PP_SYN);
    packet.capture = PP_CAPTURES_TOLD_APART; /* its own capture ends after a second, another one of the shared bit after a minute */
    packet.frame = 1;
    assert_true(pp_flow_table_add(e->flows, &packet, &result, 1));
    packet.source_port = 40001;
    packet.capture = 5;
    assert_true(pp_flow_table_add(e->flows, &packet, &result, 1));
    assert_true(pp_flow_table_sort(e->flows));
    struct pp_assess_input input = {.spec = e->spec,
                                    .index = e->index,
                                    .class_index = e->index,
                                    .site = e->site,
                                    .flows = e->flows,
                                    .captures = captures,
                                    .capture_count = CAPTURES,
                                    .until_ns = UINT64_MAX};
    struct pp_report *report = pp_assess(&input);
    assert_non_null(report);
    assert_false(report->judged[0].too_late);
    assert_true(report->judged[1].too_late);
    assert_int_equal(report->finding_count, 1);
    assert_true(report->findings[0].seen_in == (UINT64_C(1) << PP_CAPTURES_TOLD_APART | 1u << 5));
    pp_report_destroy(report);
}

/* --- got through ------------------------------------------------------------------------------------------------------------ */

TEST(only_answers_get_through_and_silent_udp_cannot_be_told)
{
    struct {
        const char *name;
        enum pp_answer through;
    } cases[] = {{"answered", PP_YES}, {"half-seen", PP_YES}, {"refused", PP_NO},
                 {"rejected", PP_NO},  {"silent", PP_NO},     {"udp", PP_UNKNOWN}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct evidence *e = evidence(SMALL_SITE);
        const char *n = cases[i].name;
        if (!strcmp(n, "answered")) tcp_answered(e, "tta1", 40000, "ldap1", 25);
        if (!strcmp(n, "half-seen")) tcp_one_side(e, "tta1", 40000, "ldap1", 25);
        if (!strcmp(n, "refused")) tcp_refused(e, "tta1", 40000, "ldap1", 25);
        if (!strcmp(n, "rejected")) tcp_rejected(e, "tta1", 40000, "ldap1", 25, "10.0.0.1", 3, 13);
        if (!strcmp(n, "silent")) tcp_silent(e, "tta1", 40000, "ldap1", 25);
        if (!strcmp(n, "udp")) udp_one_way(e, "tta1", 40000, "ldap1", 25);
        assert_int_equal(find_finding(e, PP_FIND_UNEXPECTED)->got_through, cases[i].through);
        assert_int_equal(e->report->summary.got_through, cases[i].through == PP_YES);
    }
}

TEST(no_verdict_depends_on_a_count_so_that_overlapping_captures_do_no_harm)
{
    struct evidence *once = evidence(SMALL_SITE), *twice = evidence(SMALL_SITE);
    for (unsigned capture = 0; capture < 2; capture++) {
        twice->capture = (uint16_t)capture;
        twice->now_ms = 0;
        tcp_refused(twice, T, A);
        tcp_answered(twice, "staff", 40000, "tta1", 5307);
    }
    tcp_refused(once, T, A);
    tcp_answered(once, "staff", 40000, "tta1", 5307);
    assert_string_equal(findings_text(once), findings_text(twice));
    for (uint16_t r = 0; r < once->spec->row_count; r++)
        assert_string_equal(row_text(once, once->spec->rows[r].id), row_text(twice, once->spec->rows[r].id));
    assert_int_equal(find_finding(twice, PP_FIND_BLOCKED)->seen_in, 3);
}

TEST(other_protocols_than_tcp_and_udp_are_counted_and_not_judged)
{
    struct evidence *e = evidence(SMALL_SITE);
    ping(e, "tta1", "app1");
    assert_int_equal(judge(e)->counters->by_result[PP_OTHER_PROTOCOL], 1);
    assert_int_equal(e->report->finding_count, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_sides_acks_prove_the_other_side),
        cmocka_unit_test(a_handshake_seen_from_one_side_is_half_seen),
        cmocka_unit_test(bare_syns_and_rsts_of_one_side_are_not_half_seen),
        cmocka_unit_test(a_lone_rst_of_the_responder_is_a_refusal),
        cmocka_unit_test(data_of_the_initiator_after_its_syn_proves_the_answer_that_a_lone_rst_hides),
        cmocka_unit_test(udp_of_the_responder_alone_is_half_seen),
        cmocka_unit_test(a_syn_ack_is_an_answer),
        cmocka_unit_test(data_from_the_responder_is_an_answer),
        cmocka_unit_test(a_udp_packet_from_the_responder_is_an_answer),
        cmocka_unit_test(a_rst_after_an_answer_is_an_end_and_not_a_refusal),
        cmocka_unit_test(an_answered_flow_ignores_icmp_errors),
        cmocka_unit_test(a_rst_and_nothing_else_from_the_responder_is_a_refusal),
        cmocka_unit_test(a_syn_repeated_with_nothing_back_is_silent),
        cmocka_unit_test(attempts_are_syns_with_their_retransmissions),
        cmocka_unit_test(every_icmp_error_has_its_picture),
        cmocka_unit_test(every_icmpv6_error_has_its_picture),
        cmocka_unit_test(a_rejection_names_the_device_that_sent_it),
        cmocka_unit_test(an_error_about_the_attempt_explains_more_than_one_about_a_reply),
        cmocka_unit_test(a_rst_beats_an_icmp_error),
        cmocka_unit_test(an_icmp_error_about_a_flow_that_was_not_captured_makes_a_record_without_packets),
        cmocka_unit_test(packet_too_big_about_a_flow_that_was_not_captured_shows_no_block),
        cmocka_unit_test(a_silent_attempt_whose_evidence_ends_within_three_seconds_cannot_be_told),
        cmocka_unit_test(the_three_seconds_begin_with_the_first_syn),
        cmocka_unit_test(the_evidence_ends_at_the_latest_where_the_user_says),
        cmocka_unit_test(the_evidence_of_a_flow_is_the_captures_it_was_seen_in),
        cmocka_unit_test(without_times_nobody_can_tell_how_long_an_attempt_waited),
        cmocka_unit_test(a_refusal_is_never_too_late),
        cmocka_unit_test(only_answers_get_through_and_silent_udp_cannot_be_told),
        cmocka_unit_test(no_verdict_depends_on_a_count_so_that_overlapping_captures_do_no_harm),
        cmocka_unit_test(other_protocols_than_tcp_and_udp_are_counted_and_not_judged),
        cmocka_unit_test(of_several_errors_about_the_attempt_the_first_in_order_is_named),
        cmocka_unit_test(of_several_errors_about_replies_alone_the_first_in_order_is_named),
        cmocka_unit_test(a_port_unreachable_about_a_udp_reply_refuses_nothing),
        cmocka_unit_test(captures_past_those_told_apart_share_one_bit_and_end_with_the_last_of_them),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
