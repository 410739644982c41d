/* Design 5.5: compliance and the exit status, each condition alone. */
#include <string.h>

#include "evidence.h"
#include "testing.h"

/* A site that is compliant, to which each case adds one thing. */
static struct evidence *good_but(const char *more)
{
    char site[4096] = SMALL_SITE;
    strcat(site, more);
    struct evidence *e = evidence(site);
    tcp_answered(e, "staff", 40000, "tta1", 5307);
    return e;
}

static void assert_verdict(struct evidence *e, int status, const char *text)
{
    assert_string_equal(verdict_text(e), text);
    assert_int_equal(pp_exit_status(e->report), status);
}

TEST(otherwise_it_is_compliant) { assert_verdict(good_but(""), 0, "compliant"); }

/* --- non-compliant --------------------------------------------------------------------------------------------------------- */

TEST(an_unexpected_flow_that_got_through_is_non_compliant)
{
    struct evidence *e = good_but("");
    tcp_answered(e, "tta1", 40000, "ldap1", 25);
    assert_verdict(e, 1, "non-compliant; 1 unexpected flow got through");
}

TEST(a_half_seen_unexpected_flow_got_through)
{
    struct evidence *e = good_but("waivers:\n  - {from: win1, to: ldap1, ports: 25/tcp, owner: o, reason: r, expires: never}\n");
    tcp_one_side(e, "tta1", 40000, "ldap1", 25);
    assert_verdict(e, 1, "non-compliant; 1 unexpected flow got through");
}

TEST(a_due_row_that_is_blocked_is_non_compliant)
{
    struct evidence *e = good_but("");
    tcp_silent(e, "tta1", 40000, "ldap1", 389);
    assert_verdict(e, 1, "non-compliant; 1 row is blocked");
}

TEST(a_waiver_that_expired_in_use_is_non_compliant_even_when_nothing_got_through)
{
    struct evidence *e = good_but("waivers:\n  - {from: any, to: any, ports: 25/tcp, owner: ops, reason: old, expires: 2026-11-19}\n");
    tcp_refused(e, "tta1", 40000, "ldap1", 25);
    assert_verdict(e, 1, "non-compliant; 1 waiver in use has expired");
}

TEST(a_waiver_that_expired_unused_is_nobodys_business)
{
    assert_verdict(good_but("waivers:\n  - {from: any, to: any, ports: 25/tcp, owner: ops, reason: old, expires: 2026-11-19}\n"), 0,
                   "compliant");
}

TEST(non_compliant_beats_inconclusive)
{
    struct evidence *e = good_but("features: {ssh: on}\n");
    tcp_answered(e, "tta1", 40000, "ldap1", 25);
    ping(e, "app1", "tta1");
    assert_verdict(e, 1, "non-compliant; 1 unexpected flow got through; 1 due row was never exercised");
}

/* --- neither ------------------------------------------------------------------------------------------------------------------ */

TEST(an_unexpected_flow_that_was_stopped_is_still_compliant)
{
    struct evidence *e = good_but("");
    tcp_refused(e, "tta1", 40000, "ldap1", 25);
    tcp_silent(e, "tta1", 40001, "ldap1", 25);
    tcp_rejected(e, "tta1", 40002, "ldap1", 26, "10.0.0.1", 3, 13);
    assert_verdict(e, 0, "compliant");
}

TEST(an_exempt_flow_is_compliant)
{
    struct evidence *e = good_but("waivers:\n  - {from: any, to: any, ports: 25/tcp, owner: ops, reason: mail, expires: 2026-11-20}\n");
    tcp_answered(e, "tta1", 40000, "ldap1", 25);
    assert_verdict(e, 0, "compliant");
}

/* --- inconclusive ---------------------------------------------------------------------------------------------------------- */

TEST(a_due_row_that_is_missing_is_inconclusive)
{
    struct evidence *e = good_but("features: {ldap: on}\n");
    ping(e, "ldap1", "tta1");
    assert_verdict(e, 2, "inconclusive; 1 due row was never exercised");
}

TEST(a_due_row_that_is_not_observable_is_inconclusive)
{
    assert_verdict(good_but("features: {ldap: on}\n"), 2, "inconclusive; 1 due row could not have been seen here");
}

TEST(an_undetermined_flow_is_inconclusive)
{
    struct evidence *e = good_but("");
    tcp_midstream(e, "app1", 513, "tta1", 515);
    assert_verdict(e, 2, "inconclusive; 1 flow could not be judged");
}

TEST(an_orphaned_fragment_is_inconclusive)
{
    struct evidence *e = good_but("");
    later_fragment(e, PP_UDP, "tta1", "ldap1", 7);
    assert_verdict(e, 2, "inconclusive; 1 flow could not be judged");
}

TEST(silent_unexpected_udp_is_inconclusive)
{
    struct evidence *e = good_but("");
    udp_one_way(e, "tta1", 40000, "ldap1", 514);
    assert_verdict(e, 2, "inconclusive; 1 unexpected UDP flow may have got through");
}

TEST(no_row_expected_at_all_is_inconclusive)
{
    struct evidence *e = evidence(SMALL_SITE);
    ping(e, "tta1", "ldap1");
    assert_verdict(e, 2, "inconclusive; no row was seen to work");
}

TEST(no_packets_is_inconclusive) { assert_verdict(evidence(SMALL_SITE), 2, "inconclusive; there is no packet to judge"); }

TEST(inferred_roles_are_inconclusive)
{
    struct evidence *e = evidence(NULL);
    tcp_answered(e, "10.20.0.9", 40000, "10.0.1.10", 5307);
    assert_verdict(e, 2, "inconclusive; roles were inferred from the traffic itself");
}

TEST(input_that_was_cut_short_is_inconclusive_and_exits_with_3)
{
    struct evidence *e = good_but("");
    e->captures[0].failed = e->captures[0].truncated = true;
    assert_verdict(e, 3, "inconclusive; input was cut short or could not be read");
}

TEST(unreadable_input_exits_with_3_whatever_the_verdict)
{
    struct evidence *e = good_but("");
    tcp_answered(e, "tta1", 40000, "ldap1", 25);
    e->captures[0].failed = true;
    assert_verdict(e, 3, "non-compliant; 1 unexpected flow got through; input was cut short or could not be read");
}

/* Frames beside the five of the good session. */
static struct evidence *with_cut_headers(uint32_t cut, uint32_t frames)
{
    struct evidence *e = good_but("");
    for (uint32_t i = 5; i < frames; i++) {
        struct pp_packet packet = packet_of(e, PP_TCP, "staff", 40000, "tta1", 5307, PP_ACK);
        if (i - 5 < cut) packet.marks |= PP_MARK_CUT | PP_MARK_HEADER_CUT;
        put(e, packet, PP_DECODED);
    }
    return e;
}

TEST(header_truncation_above_one_percent_is_poor)
{
    assert_verdict(with_cut_headers(2, 200), 0, "compliant");
    assert_verdict(with_cut_headers(3, 200), 2, "inconclusive; the capture is poor evidence");
}

TEST(cut_payload_makes_no_capture_poor)
{
    struct evidence *e = good_but("");
    e->marks = PP_MARK_CUT;
    for (unsigned i = 0; i < 200; i++) tcp(e, "staff", 40000, "tta1", 5307, PP_ACK);
    assert_verdict(e, 0, "compliant");
}

static struct evidence *with_drops(uint64_t drops, uint32_t frames)
{
    struct evidence *e = with_cut_headers(0, frames);
    e->captures[0].drops_known = true;
    e->captures[0].drops = drops;
    return e;
}

TEST(known_drops_above_one_percent_are_poor)
{
    assert_verdict(with_drops(1, 99), 0, "compliant"); /* one of a hundred is not above 1 % */
    assert_verdict(with_drops(2, 99), 2, "inconclusive; the capture is poor evidence");
}

TEST(unknown_drops_gaps_and_small_size_never_make_a_capture_poor)
{
    struct evidence *e = good_but("");
    wait_ms(e, 3600000);
    tcp_answered(e, "staff", 40001, "tta1", 5307);
    assert_verdict(e, 0, "compliant");
    assert_int_equal(e->report->fitness.grade, PP_GOOD);
    assert_int_equal(e->report->fitness.gap_count, 1);
    assert_false(e->report->fitness.drops_known);
}

TEST(a_link_that_was_gone_is_told_with_how_long_even_while_it_lasts)
{
    enum { SECOND = 1000000000 };
    struct evidence *e = good_but("");
    struct pp_live_account *account = &e->captures[0].account;
    e->captures[0].live = account->interface_known = true;
    account->gaps[0] = (struct pp_link_gap){1000ull * SECOND, 1002ull * SECOND, PP_LINK_DOWN, "eth0"};
    account->gaps[1] = (struct pp_link_gap){1010ull * SECOND, PP_NO_FIRST, PP_LINK_REMOVED, "eth0"};
    account->gaps_in_all = account->gap_count = 2;
    account->until_ns = 1015ull * SECOND;
    const struct pp_fitness *fitness = &judge(e)->fitness;
    const char *told = NULL;
    for (uint32_t i = 0; i < fitness->note_count; i++)
        if (strstr(fitness->notes[i], "could not be listened to")) told = fitness->notes[i];
    assert_int_equal(fitness->grade, PP_LIMITED);
    assert_non_null(told);
    assert_non_null(strstr(told, "for 7 s in all (2 gaps, the last from 1970-01-01 00:16:50 UTC: removed, which lasts)"));
}

TEST(two_minutes_of_silence_are_a_gap_and_less_is_not)
{
    struct evidence *e = good_but("");
    wait_ms(e, 90000);
    tcp_answered(e, "staff", 40001, "tta1", 5307);
    assert_int_equal(judge(e)->fitness.gap_count, 0);
    wait_ms(e, 125000);
    tcp_answered(e, "staff", 40002, "tta1", 5307);
    assert_int_equal(judge(e)->fitness.gap_count, 1);
}

TEST(one_sided_flows_show_in_their_share)
{
    struct evidence *e = good_but("");
    tcp_one_side(e, "staff", 40001, "tta1", 5307);
    tcp_answered(e, "staff", 40001, "10.20.0.77", 5307); /* out of scope: not of the flows judged */
    assert_true(judge(e)->fitness.half_seen_share > 0.49 && e->report->fitness.half_seen_share < 0.51);
    assert_int_equal(e->report->fitness.grade, PP_LIMITED);
}

TEST(a_link_type_that_is_not_read_and_malformed_frames_are_notes)
{
    struct evidence *e = good_but("");
    put(e, (struct pp_packet){.time_ns = PP_NO_FIRST}, PP_MALFORMED);
    put(e, (struct pp_packet){.time_ns = PP_NO_FIRST}, PP_NOT_IP);
    assert_verdict(e, 0, "compliant");
    put(e, (struct pp_packet){.time_ns = PP_NO_FIRST}, PP_UNSUPPORTED_LINK);
    assert_int_equal(judge(e)->fitness.grade, PP_LIMITED);
}

/* --- as many notes and gaps as are listed ------------------------------------------------------------------------------------------- */

TEST(what_makes_a_capture_poor_counts_even_when_there_is_no_room_to_say_it)
{
    struct evidence *e = with_cut_headers(3, 200);
    struct pp_live_account *account = &e->captures[0].account;
    e->captures[0].live = account->interface_known = e->captures[0].drops_known = true;
    for (unsigned i = 0; i < PP_LINK_GAPS_MAX; i++) account->gaps[i] = (struct pp_link_gap){0, 0, PP_LINK_RENAMED, "eth1"};
    account->gaps_in_all = account->gap_count = PP_LINK_GAPS_MAX;
    assert_verdict(e, 2, "inconclusive; the capture is poor evidence");
    assert_int_equal(e->report->fitness.note_count, 32);
}

TEST(of_more_than_a_hundred_gaps_all_are_counted)
{
    struct evidence *e = good_but("");
    for (uint16_t i = 0; i < 103; i++) {
        wait_ms(e, 300000);
        tcp_answered(e, "staff", (uint16_t)(40001 + i), "tta1", 5307);
    }
    const struct pp_fitness *fitness = &judge(e)->fitness;
    assert_int_equal(fitness->gap_count, 100);
    bool told = false;
    for (uint32_t i = 0; i < fitness->note_count; i++)
        told |= strcmp(fitness->notes[i], "103 gaps of two minutes or more without any packet") == 0;
    assert_true(told);
}

static bool has_note(struct evidence *e, const char *words)
{
    const struct pp_fitness *fitness = &judge(e)->fitness;
    for (uint32_t i = 0; i < fitness->note_count; i++)
        if (strstr(fitness->notes[i], words)) return true;
    return false;
}

TEST(entries_that_were_never_seen_are_noted_unless_they_have_no_role)
{
    struct evidence *e = evidence("hosts:\n  - {name: tta1, address: 10.0.1.10, roles: [tarantella-server, web-server]}\n"
                                  "  - {name: printer, address: 10.0.9.9}\n  - {name: staff, prefix: 10.20.0.0/16, roles: client}\n"
                                  "  - {name: l1, address: 10.0.3.6, roles: ldap-server}\n");
    tcp_answered(e, "staff", 40000, "tta1", 5307);
    assert_true(has_note(e, "l1 was never seen: nothing can be said of it"));
    assert_false(has_note(e, "printer"));
    struct evidence *two = evidence(SMALL_SITE "  - {name: printer, address: 10.0.0.9}\n");
    tcp_answered(two, "staff", 40000, "tta1", 5307);
    assert_true(has_note(two, "5 entries of the inventory were never seen, app1 first: nothing can be said of them"));
}

/* --- what there was no room for ------------------------------------------------------------------------------------------------------ */

TEST(fragments_of_more_datagrams_than_are_followed_limit_what_can_be_told)
{
    struct evidence *e = good_but("");
    for (uint32_t i = 0; i < 65536 + 7; i++) later_fragment(e, PP_UDP, "staff", "10.20.0.8", i); /* nobody's business */
    assert_true(has_note(e, "7 fragments could not be followed: too many datagrams at once"));
    assert_verdict(e, 0, "compliant");
    assert_int_equal(e->report->fitness.grade, PP_LIMITED);
}

/* A device rejects a datagram of each of very many flows that were not captured: of further ones only that they were will be known. */
static struct evidence *with_facts_full(const char *site)
{
    struct evidence *e = evidence_with(builtin_rules(), site, 200000);
    for (uint32_t i = 0; i < 70000; i++) {
        struct pp_packet packet = packet_of(e, PP_UDP, "11.0.0.0", 40000, "11.9.0.1", 40000, 0);
        packet.source[1] = (uint8_t)(i >> 16);
        packet.source[2] = (uint8_t)(i >> 8);
        packet.source[3] = (uint8_t)i;
        packet.icmp_family = PP_IPV4;
        packet.icmp_type = 3;
        packet.icmp_code = 13;
        put(e, packet, PP_ICMP_ERROR);
    }
    wait_ms(e, 1000);
    return e;
}

TEST(flows_whose_icmp_error_could_not_be_kept_are_judged_by_what_is_left_of_them)
{
    struct evidence *e = with_facts_full(SMALL_SITE);
    icmp_error(e, PP_UDP, "tta1", 45000, "win1", 137, "win1", 3, 3);
    icmp_error(e, PP_UDP, "tta1", 9001, "ldap1", 9000, "ldap1", 3, 3);
    icmp_error(e, PP_TCP, "tta1", 40000, "ldap1", 389, "10.0.0.1", 3, 13);
    assert_true(pp_flow_counters(e->flows)->facts_lost > 0);
    assert_true(has_note(e, "ICMP errors or announced ports could not be kept"));
    assert_row(e, "tta-win-nbns", "not-observable: tta1>win1 not-observable silent");
    assert_row(e, "tta-ldap", "not-observable: tta1>ldap1 not-observable silent");
    assert_flow(e, "tta1", 9001, "ldap1", 9000, "none tta1>ldap1:9000 silent unexpected unlisted-port icmp-only");
    const struct pp_finding *f = find_finding(e, PP_FIND_UNEXPECTED);
    assert_true(f->first_frame == UINT64_MAX && f->first_ns == PP_NO_FIRST);
    assert_int_equal(f->got_through, PP_UNKNOWN);
}

TEST(findings_that_nothing_else_tells_apart_stand_in_the_order_of_their_community_ids)
{
    struct evidence *e = with_facts_full(SMALL_SITE "waivers:\n"
                                                    "  - {from: app1, to: tta1, ports: 600/tcp, owner: o, reason: r, expires: never}\n"
                                                    "  - {from: app1, to: tta1, ports: 601/tcp, owner: o, reason: r, expires: never}\n"
                                                    "  - {from: app1, to: tta1, ports: 602/tcp, owner: o, reason: r, expires: never}\n");
    for (uint16_t port = 600; port <= 602; port++) icmp_error(e, PP_TCP, "app1", 513, "tta1", port, "10.0.0.1", 3, 13);
    judge(e);
    assert_int_equal(count_kind(e, PP_FIND_UNDETERMINED), 3);
    const struct pp_finding *f = find_finding(e, PP_FIND_UNDETERMINED);
    for (unsigned i = 0; i < 2; i++) {
        assert_true(f[i].first_frame == UINT64_MAX);
        assert_true(strcmp(f[i].community_id, f[i + 1].community_id) < 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(otherwise_it_is_compliant),
        cmocka_unit_test(an_unexpected_flow_that_got_through_is_non_compliant),
        cmocka_unit_test(a_half_seen_unexpected_flow_got_through),
        cmocka_unit_test(a_due_row_that_is_blocked_is_non_compliant),
        cmocka_unit_test(a_waiver_that_expired_in_use_is_non_compliant_even_when_nothing_got_through),
        cmocka_unit_test(a_waiver_that_expired_unused_is_nobodys_business),
        cmocka_unit_test(non_compliant_beats_inconclusive),
        cmocka_unit_test(an_unexpected_flow_that_was_stopped_is_still_compliant),
        cmocka_unit_test(an_exempt_flow_is_compliant),
        cmocka_unit_test(a_due_row_that_is_missing_is_inconclusive),
        cmocka_unit_test(a_due_row_that_is_not_observable_is_inconclusive),
        cmocka_unit_test(an_undetermined_flow_is_inconclusive),
        cmocka_unit_test(an_orphaned_fragment_is_inconclusive),
        cmocka_unit_test(silent_unexpected_udp_is_inconclusive),
        cmocka_unit_test(no_row_expected_at_all_is_inconclusive),
        cmocka_unit_test(no_packets_is_inconclusive),
        cmocka_unit_test(inferred_roles_are_inconclusive),
        cmocka_unit_test(input_that_was_cut_short_is_inconclusive_and_exits_with_3),
        cmocka_unit_test(unreadable_input_exits_with_3_whatever_the_verdict),
        cmocka_unit_test(header_truncation_above_one_percent_is_poor),
        cmocka_unit_test(cut_payload_makes_no_capture_poor),
        cmocka_unit_test(known_drops_above_one_percent_are_poor),
        cmocka_unit_test(unknown_drops_gaps_and_small_size_never_make_a_capture_poor),
        cmocka_unit_test(a_link_that_was_gone_is_told_with_how_long_even_while_it_lasts),
        cmocka_unit_test(two_minutes_of_silence_are_a_gap_and_less_is_not),
        cmocka_unit_test(one_sided_flows_show_in_their_share),
        cmocka_unit_test(a_link_type_that_is_not_read_and_malformed_frames_are_notes),
        cmocka_unit_test(what_makes_a_capture_poor_counts_even_when_there_is_no_room_to_say_it),
        cmocka_unit_test(of_more_than_a_hundred_gaps_all_are_counted),
        cmocka_unit_test(entries_that_were_never_seen_are_noted_unless_they_have_no_role),
        cmocka_unit_test(fragments_of_more_datagrams_than_are_followed_limit_what_can_be_told),
        cmocka_unit_test(flows_whose_icmp_error_could_not_be_kept_are_judged_by_what_is_left_of_them),
        cmocka_unit_test(findings_that_nothing_else_tells_apart_stand_in_the_order_of_their_community_ids),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
