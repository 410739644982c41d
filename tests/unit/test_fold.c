/* The flow table is bounded, never loses a packet's count, and folding changes no verdict until it says so (design 4). */
#include <stdlib.h>
#include <string.h>

#include "evidence.h"
#include "store.h"
#include "tables.h"
#include "testing.h"

/* --- the limit ----------------------------------------------------------------------------------------------------------------------- */

static uint64_t packets_in(struct pp_flow_table *table)
{
    uint64_t sum = 0;
    assert_true(pp_flow_table_sort(table));
    for (size_t i = 0; i < pp_flow_count(table); i++) {
        struct pp_flow flow;
        pp_flow_at(table, i, &flow);
        sum += flow.side[0].packets + flow.side[1].packets;
    }
    return sum;
}

static bool holds_kind(struct pp_flow_table *table, enum pp_flow_kind kind)
{
    assert_true(pp_flow_table_sort(table));
    for (size_t i = 0; i < pp_flow_count(table); i++) {
        struct pp_flow flow;
        pp_flow_at(table, i, &flow);
        if (flow.kind == kind) return true;
    }
    return false;
}

TEST(proven_flows_fold_first_into_conversations_and_packet_counts_balance)
{
    struct pp_flow_table *table = new_table(100);
    for (uint16_t i = 0; i < 1000; i++) {
        add_one(table, syn(0x0a000001 + i % 5, (uint16_t)(40000 + i), 0x0b000001, 5307, PP_SYN));
        add_one(table, syn(0x0b000001, 5307, 0x0a000001 + i % 5, (uint16_t)(40000 + i), PP_SYN | PP_ACK));
    }
    assert_int_equal(packets_in(table), 2000);
    assert_int_equal(pp_flow_counters(table)->not_judged, 0);
    assert_true(pp_flow_count(table) <= 100);
    assert_true(holds_kind(table, PP_FLOW_CONVERSATION));
    assert_false(holds_kind(table, PP_FLOW_CLASSES));
    struct pp_flow flow;
    pp_flow_at(table, 0, &flow);
    assert_int_equal(flow.kind, PP_FLOW_CONVERSATION);
    assert_int_equal(flow.port[flow.initiator], 0);
    assert_int_equal(flow.port[!flow.initiator], 5307);
    assert_int_equal(flow.initiator, 0);
    pp_flow_table_destroy(table);
}

TEST(unproven_flows_fold_next_into_port_classes)
{
    struct pp_flow_table *table = new_table(100);
    for (uint16_t i = 0; i < 1000; i++) add_one(table, syn(0x0a000001 + i % 5, (uint16_t)(40000 + i), 0x0b000001, 5307, PP_ACK));
    assert_int_equal(packets_in(table), 1000);
    assert_int_equal(pp_flow_counters(table)->not_judged, 0);
    assert_true(holds_kind(table, PP_FLOW_CLASSES));
    assert_false(holds_kind(table, PP_FLOW_NETWORKS));
    struct pp_flow flow;
    pp_flow_at(table, 0, &flow);
    assert_int_equal(flow.port[flow.kept_port], 5307);
    pp_flow_table_destroy(table);
}

TEST(addresses_fold_last_into_networks)
{
    struct pp_flow_table *table = new_table(100);
    for (uint32_t i = 0; i < 1000; i++) add_one(table, syn(0x0a000001 + i, 40000, 0x0b000001, 5307, PP_SYN));
    assert_int_equal(packets_in(table) + pp_flow_counters(table)->not_judged, 1000);
    assert_int_equal(pp_flow_counters(table)->not_judged, 0);
    assert_true(holds_kind(table, PP_FLOW_NETWORKS));
    assert_true(pp_flow_counters(table)->folded[PP_FLOW_NETWORKS] > 0);
    pp_flow_table_destroy(table);
}

TEST(past_the_last_step_packets_are_counted_as_not_judged)
{
    struct pp_flow_table *table = new_table(50);
    for (uint32_t i = 0; i < 1000; i++) add_one(table, syn(0x0a000001 + (i << 8), 40000, 0x0b000001, 5307, PP_SYN));
    assert_true(pp_flow_count(table) <= 50);
    assert_true(pp_flow_counters(table)->not_judged > 0);
    assert_int_equal(packets_in(table) + pp_flow_counters(table)->not_judged, 1000);
    assert_true(pp_flow_count(table) >= 49); /* nothing is refused while there is room */
    pp_flow_table_destroy(table);
}

TEST(a_flood_from_more_networks_than_there_is_room_for_leaves_answered_flows_alone)
{
    enum { SESSIONS = 20, SOURCES = 5000 };
    struct pp_flow_table *table = new_table(200);
    for (uint32_t i = 0; i < SESSIONS; i++) {
        add_one(table, syn(0x0a140001 + i, 40000, 0x0b000001, 5307, PP_SYN));
        add_one(table, syn(0x0b000001, 5307, 0x0a140001 + i, 40000, PP_SYN | PP_ACK));
    }
    for (uint32_t i = 0; i < SOURCES; i++) {
        add_one(table, syn(0x20000001 + (i << 8), 40000, 0x0b000001, 5307, PP_SYN));
        if (i % 10 == 0) add_one(table, syn(0x0a140001 + i / 10 % SESSIONS, 40000, 0x0b000001, 5307, PP_ACK));
    }
    assert_int_equal(packets_in(table) + pp_flow_counters(table)->not_judged, 2 * SESSIONS + SOURCES + SOURCES / 10);
    unsigned answered = 0, packets = 0;
    for (size_t i = 0; i < pp_flow_count(table); i++) {
        struct pp_flow flow;
        pp_flow_at(table, i, &flow);
        if (flow.kind == PP_FLOW_NETWORKS) continue;
        answered += flow.side[0].packets && flow.side[1].packets;
        packets += (unsigned)(flow.side[0].packets + flow.side[1].packets);
    }
    assert_int_equal(answered, SESSIONS);
    assert_int_equal(packets, 2 * SESSIONS + SOURCES / 10);
    pp_flow_table_destroy(table);
}

TEST(packet_counts_balance_at_every_limit_whatever_comes)
{
    for (uint32_t limit = 1; limit < 300; limit += 1 + limit / 3) {
        struct pp_flow_table *table = new_table(limit), *other = new_table(limit);
        uint64_t packets = 0, icmp = 0;
        seed = limit * 977u;
        for (unsigned i = 0; i < 5000; i++) {
            uint8_t result;
            struct pp_packet packet = random_packet(i + 1, &result);
            packet.source[2] = (uint8_t)any(40);
            packet.source_port = (uint16_t)(1 + any(300));
            packets += result == PP_DECODED;
            icmp += result == PP_ICMP_ERROR;
            assert_true(pp_flow_table_add(any(2) ? table : other, &packet, &result, 1));
            assert_true(pp_flow_count(table) <= limit && pp_flow_count(other) <= limit);
        }
        assert_true(pp_flow_table_merge(table, other));
        assert_true(pp_flow_table_sort(table));
        uint64_t errors = pp_flow_counters(table)->facts_lost;
        for (size_t i = 0; i < pp_flow_count(table); i++) {
            struct pp_flow flow;
            pp_flow_at(table, i, &flow);
            errors += flow.facts.icmp_packets;
        }
        assert_int_equal(packets_in(table) + errors + pp_flow_counters(table)->not_judged, packets + icmp);
        pp_flow_table_destroy(table);
        pp_flow_table_destroy(other);
    }
}

TEST(a_packet_finds_its_folded_conversation_from_either_side)
{
    struct pp_flow_table *table = new_table(20);
    for (uint16_t i = 0; i < 30; i++) add_one(table, syn(0x0a000001, (uint16_t)(40000 + i), 0x0b000001, 5307, PP_SYN));
    assert_int_equal(pp_flow_counters(table)->folded[PP_FLOW_CONVERSATION], 20);
    size_t before = pp_flow_count(table);
    add_one(table, syn(0x0b000001, 5307, 0x0a000001, 40000, PP_SYN | PP_ACK));
    add_one(table, syn(0x0a000001, 41000, 0x0b000001, 5307, PP_SYN));
    assert_int_equal(pp_flow_count(table), before);
    assert_true(pp_flow_table_sort(table));
    struct pp_flow flow;
    pp_flow_at(table, 0, &flow);
    assert_int_equal(flow.side[flow.initiator].syns, 31);
    assert_true(flow.side[!flow.initiator].marks & PP_SIDE_SYN_ACK);
    pp_flow_table_destroy(table);
}

TEST(ends_that_change_places_while_folding_take_everything_along)
{
    struct pp_flow_table *table = new_table(20);
    uint8_t result = PP_ICMP_ERROR;
    for (uint16_t i = 0; i < 20; i++) { /* one address: the service port is the lower end, until the other port is 0 */
        struct pp_packet open = syn(0x0a000001, (uint16_t)(40000 + i), 0x0a000001, 22, PP_SYN), quoted = open;
        add_one(table, open);
        add_one(table, syn(0x0a000001, 22, 0x0a000001, (uint16_t)(40000 + i), PP_SYN | PP_ACK));
        quoted.icmp_family = PP_IPV4;
        quoted.icmp_type = 3;
        assert_true(pp_flow_table_add(table, &quoted, &result, 1));
    }
    add_one(table, syn(0x0a000001, 50000, 0x0a000001, 22, PP_SYN));
    assert_true(pp_flow_table_sort(table));
    struct pp_flow flow;
    pp_flow_at(table, 0, &flow);
    assert_int_equal(flow.kind, PP_FLOW_CONVERSATION);
    assert_int_equal(flow.initiator, 0);
    assert_int_equal(flow.side[0].syns, 21);
    assert_int_equal(flow.side[0].marks, PP_SIDE_SYN);
    assert_int_equal(flow.side[1].marks, PP_SIDE_SYN_ACK | PP_SIDE_BEYOND);
    assert_int_equal(flow.facts.reports[0].quoted_side, 0);
    assert_int_equal(flow.facts.quoted_syn, 1);
    assert_int_equal(flow.facts.icmp_packets, 20);
    pp_flow_table_destroy(table);
}

/* --- folding and verdicts --------------------------------------------------------------------------------------------------------------
 */

static const char site[] =
    SMALL_SITE "features: {telnet: off}\nwaivers:\n  - {from: any, to: any, ports: 25/tcp, owner: ops, reason: mail, expires: never}\n";

/* Many proven flows of every picture. */
static struct evidence *busy(uint32_t max_flows)
{
    struct evidence *e = evidence_with(builtin_rules(), site, max_flows);
    for (uint16_t i = 0; i < 60; i++) {
        uint16_t port = (uint16_t)(40000 + i);
        tcp_answered(e, "staff", port, "tta1", 5307);
        tcp_answered(e, "tta1", port, "app1", 22);
        tcp_refused(e, "tta1", port, "ldap1", 389);
        tcp_silent(e, "tta1", port, "ldap1", 636);
        tcp_rejected(e, "app1", port, "tta1", 515, "10.0.0.1", 3, 13);
        tcp_answered(e, "tta1", port, "app1", 23);
        tcp_answered(e, "staff", port, "tta1", 5427);
        tcp_refused(e, "ldap1", port, "tta1", 22);
        tcp_answered(e, "tta1", port, "ldap1", 25);
        tcp_answered(e, "app1", port, "tta1", 6010);
        tcp_answered(e, "app1", port, "tta1", 113);
    }
    return e;
}

TEST(conversations_change_no_verdict)
{
    struct evidence *whole = busy(0), *folded = busy(50);
    assert_true(holds_kind(folded->flows, PP_FLOW_CONVERSATION));
    assert_false(holds_kind(folded->flows, PP_FLOW_CLASSES) || holds_kind(folded->flows, PP_FLOW_NETWORKS));
    judge(folded);
    for (uint16_t r = 0; r < whole->spec->row_count; r++)
        assert_string_equal(row_text(whole, whole->spec->rows[r].id), row_text(folded, whole->spec->rows[r].id));
    assert_string_equal(pp_compliance_name(judge(whole)->verdict), pp_compliance_name(judge(folded)->verdict));
    assert_int_equal(whole->report->finding_count, folded->report->finding_count);
    for (uint32_t i = 0; i < whole->report->finding_count; i++) {
        const struct pp_finding *a = &whole->report->findings[i], *b = &folded->report->findings[i];
        assert_int_equal(a->kind, b->kind);
        assert_int_equal(a->reason, b->reason);
        assert_int_equal(a->row, b->row);
        assert_int_equal(a->outcome, b->outcome);
        assert_int_equal(a->got_through, b->got_through);
        assert_int_equal(a->first_ns, b->first_ns);
        assert_int_equal(a->last_ns, b->last_ns);
        assert_int_equal(a->attempts, b->attempts);
        assert_int_equal(a->packets[0], b->packets[0]);
        assert_int_equal(a->packets[1], b->packets[1]);
        assert_int_equal(a->bytes[0], b->bytes[0]);
        assert_memory_equal(&a->blocked_by, &b->blocked_by, sizeof a->blocked_by);
    }
    assert_int_equal(folded->report->fitness.grade, PP_GOOD);
}

TEST(a_flow_known_only_from_an_icmp_error_folds_as_a_proven_one)
{
    struct evidence *e = evidence_with(builtin_rules(), site, 20);
    for (uint16_t i = 0; i < 60; i++) icmp_error(e, PP_TCP, "app1", (uint16_t)(40000 + i), "tta1", 515, "10.0.0.1", 3, 13);
    assert_true(holds_kind(e->flows, PP_FLOW_CONVERSATION));
    assert_false(holds_kind(e->flows, PP_FLOW_CLASSES));
    assert_row(e, "app-tta-lpd", "blocked: app1>* blocked rejected");
}

TEST(the_callback_of_a_folded_rsh_session_keeps_its_label)
{
    struct evidence *e = evidence_with(builtin_rules(), site, 50);
    for (uint16_t i = 0; i < 60; i++) {
        tcp_announcing(e, "tta1", (uint16_t)(900 + i), "app1", 514, 0, 30000);
        tcp_answered(e, "app1", 1023, "tta1", (uint16_t)(800 + i % 7));
    }
    judge(e);
    assert_true(holds_kind(e->flows, PP_FLOW_CONVERSATION));
    assert_int_equal(e->report->finding_count, 7); /* one for each port called back */
    for (uint32_t i = 0; i < e->report->finding_count; i++) assert_true(e->report->findings[i].labels & PP_LABEL_CALLBACK);
}

TEST(a_folded_flow_in_mid_stream_is_still_read_by_its_row)
{
    struct evidence *e = evidence_with(builtin_rules(), site, 20);
    for (uint16_t i = 0; i < 60; i++) tcp_midstream(e, "tta1", (uint16_t)(40000 + i), "ldap1", 389);
    assert_true(holds_kind(e->flows, PP_FLOW_CLASSES));
    assert_row(e, "tta-ldap", "expected: tta1>ldap1 expected answered");
    assert_int_equal(judge(e)->fitness.grade, PP_LIMITED);
}

TEST(a_folded_port_is_read_by_its_class)
{
    struct evidence *e = evidence_with(builtin_rules(), site, 20);
    for (uint16_t i = 0; i < 60; i++) tcp_midstream(e, "app1", (uint16_t)(5000 + i % 3), "tta1", (uint16_t)(6010 + i));
    assert_true(holds_kind(e->flows, PP_FLOW_CLASSES));
    assert_row(e, "app-tta-x11", "expected: app1>* expected answered wide");
    assert_int_equal(judge(e)->summary.unexpected, 0);
}

TEST(a_folded_flow_that_nothing_reads_shows_the_port_it_kept_as_the_responders)
{
    struct evidence *e = evidence_with(builtin_rules(), site, 20);
    for (uint16_t i = 0; i < 60; i++) tcp_midstream(e, "tta1", (uint16_t)(40000 + i), "ldap1", 3000);
    assert_int_equal(find_finding(e, PP_FIND_UNEXPECTED)->port, 3000);
}

TEST(packets_without_a_time_leave_none)
{
    struct evidence *e = evidence(SMALL_SITE);
    e->timeless = true;
    tcp_rejected(e, "tta1", 40000, "ldap1", 389, "10.0.0.1", 3, 13);
    assert_true(pp_flow_table_sort(e->flows));
    struct pp_flow flow;
    pp_flow_at(e->flows, 0, &flow);
    assert_true(flow.side[0].first_ns == PP_NO_FIRST && flow.side[0].last_ns == PP_NO_LAST);
    assert_true(flow.facts.icmp_first_ns == PP_NO_FIRST && flow.facts.icmp_last_ns == PP_NO_LAST);
}

TEST(folding_into_networks_makes_the_verdict_never_compliant)
{
    struct evidence *e = evidence_with(builtin_rules(), SMALL_SITE, 20);
    tcp_answered(e, "staff", 40000, "tta1", 5307);
    assert_int_equal(judge(e)->verdict, PP_COMPLIANT);
    for (unsigned i = 0; i < 60; i++) {
        struct pp_packet packet = packet_of(e, PP_TCP, "10.20.1.0", 40000, "10.20.2.0", 5307, PP_SYN);
        packet.source[3] = (uint8_t)i;
        put(e, packet, PP_DECODED);
    }
    assert_true(pp_flow_counters(e->flows)->folded[PP_FLOW_NETWORKS] > 0);
    assert_int_equal(judge(e)->verdict, PP_INCONCLUSIVE);
    assert_int_equal(e->report->fitness.grade, PP_POOR);
    assert_row(e, "client-aips", "expected: *>tta1 expected answered"); /* what was answered folds after the flood */
}

TEST(the_report_says_what_was_folded)
{
    struct evidence *e = busy(50);
    judge(e);
    bool said = false;
    for (uint32_t i = 0; i < e->report->fitness.note_count; i++)
        said |= strstr(e->report->fitness.notes[i], "folded into conversations") != NULL;
    assert_true(said);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(proven_flows_fold_first_into_conversations_and_packet_counts_balance),
        cmocka_unit_test(unproven_flows_fold_next_into_port_classes),
        cmocka_unit_test(addresses_fold_last_into_networks),
        cmocka_unit_test(past_the_last_step_packets_are_counted_as_not_judged),
        cmocka_unit_test(a_flood_from_more_networks_than_there_is_room_for_leaves_answered_flows_alone),
        cmocka_unit_test(packet_counts_balance_at_every_limit_whatever_comes),
        cmocka_unit_test(a_packet_finds_its_folded_conversation_from_either_side),
        cmocka_unit_test(ends_that_change_places_while_folding_take_everything_along),
        cmocka_unit_test(conversations_change_no_verdict),
        cmocka_unit_test(a_flow_known_only_from_an_icmp_error_folds_as_a_proven_one),
        cmocka_unit_test(the_callback_of_a_folded_rsh_session_keeps_its_label),
        cmocka_unit_test(a_folded_flow_in_mid_stream_is_still_read_by_its_row),
        cmocka_unit_test(a_folded_port_is_read_by_its_class),
        cmocka_unit_test(a_folded_flow_that_nothing_reads_shows_the_port_it_kept_as_the_responders),
        cmocka_unit_test(packets_without_a_time_leave_none),
        cmocka_unit_test(folding_into_networks_makes_the_verdict_never_compliant),
        cmocka_unit_test(the_report_says_what_was_folded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
