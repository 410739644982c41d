/* The flow table is a join (design 3), sorted, and keeps every flow apart. */
#include <stdlib.h>
#include <string.h>

#include "evidence.h"
#include "store.h"
#include "tables.h"
#include "testing.h"

enum { MANY_FLOWS = 300000 };

/* --- the join -------------------------------------------------------------------------------------------------------------------- */

TEST(any_split_merged_in_any_order_gives_the_same_bytes)
{
    enum { ROUNDS = 60, PACKETS = 3000 };
    struct pp_packet *packets = calloc(PACKETS, sizeof *packets);
    uint8_t *results = calloc(PACKETS, 1);
    assert_true(packets && results);
    for (unsigned round = 0; round < ROUNDS; round++) {
        seed = 88172645463325252u + round;
        size_t count = 1 + any(PACKETS);
        for (size_t i = 0; i < count; i++) packets[i] = random_packet(i + 1, &results[i]);
        struct pp_flow_table *whole = new_table(0);
        assert_true(pp_flow_table_add(whole, packets, results, count));
        for (unsigned again = 0; again < 3; again++) {
            struct pp_flow_table *joined = split_and_merge(packets, results, count);
            assert_same(whole, joined);
            pp_flow_table_destroy(joined);
        }
        pp_flow_table_destroy(whole);
    }
    free(packets);
    free(results);
}

TEST(merging_an_empty_table_changes_nothing_either_way)
{
    struct pp_flow_table *a = new_table(0), *b = new_table(0), *empty = new_table(0);
    seed = 7;
    for (unsigned i = 0; i < 500; i++) {
        uint8_t result;
        struct pp_packet packet = random_packet(i + 1, &result);
        assert_true(pp_flow_table_add(a, &packet, &result, 1));
        assert_true(pp_flow_table_add(b, &packet, &result, 1));
    }
    assert_true(pp_flow_table_merge(a, empty));
    assert_same(a, b);
    assert_true(pp_flow_table_merge(empty, a));
    assert_same(empty, b);
    pp_flow_table_destroy(a);
    pp_flow_table_destroy(b);
    pp_flow_table_destroy(empty);
}

TEST(activity_over_decades_is_the_same_in_any_order)
{
    enum { COUNT = 20000 };
    static struct pp_packet packets[COUNT];
    static uint8_t results[COUNT];
    seed = 99;
    for (size_t i = 0; i < COUNT; i++) {
        packets[i] = random_packet(i + 1, &results[i]);
        packets[i].time_ns = (uint64_t)any(1u << 30) << any(4); /* up to seconds, minutes … */
        packets[i].time_ns *= 1 + any(1000);
    }
    struct pp_flow_table *whole = new_table(0);
    assert_true(pp_flow_table_add(whole, packets, results, COUNT));
    struct pp_flow_table *joined = split_and_merge(packets, results, COUNT);
    assert_same(whole, joined);
    assert_true(pp_flow_activity(whole).count <= 4096);
    pp_flow_table_destroy(whole);
    pp_flow_table_destroy(joined);
}

TEST(a_table_with_wide_buckets_widens_the_one_it_is_joined_into)
{
    enum { BUSY_SECONDS = 6000, FEW = 10 };
    struct pp_flow_table *busy_one = new_table(0), *quiet = new_table(0), *whole = new_table(0), *other = new_table(0);
    for (uint32_t i = 0; i < BUSY_SECONDS + FEW; i++) {
        struct pp_packet packet = syn(1, 1, 2, 2, PP_SYN);
        packet.time_ns += (uint64_t)i * 2 * 1073741824;
        add_one(i < BUSY_SECONDS ? busy_one : quiet, packet);
        add_one(whole, packet);
    }
    assert_true(pp_flow_table_merge(other, busy_one));
    assert_true(pp_flow_table_merge(other, quiet));
    assert_true(pp_flow_table_merge(quiet, busy_one));
    assert_same(whole, quiet);
    assert_same(whole, other);
    assert_true(pp_flow_activity(whole).width_ns > UINT64_C(1073741824));
    pp_flow_table_destroy(busy_one);
    pp_flow_table_destroy(quiet);
    pp_flow_table_destroy(whole);
    pp_flow_table_destroy(other);
}

/* --- records ------------------------------------------------------------------------------------------------------------------------ */

TEST(a_record_is_64_bytes_and_88_for_ipv6)
{
    assert_int_equal(RECORD_IPV4, 64);
    assert_int_equal(RECORD_IPV6, 88);
}

static int order_of(const struct pp_flow *a, const struct pp_flow *b)
{
    if (a->transport != b->transport) return a->transport < b->transport ? -1 : 1;
    if (a->address[0].family != b->address[0].family) return a->address[0].family < b->address[0].family ? -1 : 1;
    int order = memcmp(a->address, b->address, sizeof a->address);
    if (!order) order = (int)a->port[0] - (int)b->port[0];
    return order ? order : (int)a->port[1] - (int)b->port[1];
}

TEST(flows_are_sorted_by_transport_family_and_ends_with_the_lower_end_first)
{
    struct pp_flow_table *table = new_table(0);
    seed = 4;
    for (unsigned i = 0; i < 3000; i++) {
        uint8_t result;
        struct pp_packet packet = random_packet(i + 1, &result);
        assert_true(pp_flow_table_add(table, &packet, &result, 1));
    }
    assert_true(pp_flow_table_sort(table));
    struct pp_flow before, flow;
    for (size_t i = 0; i < pp_flow_count(table); i++) {
        pp_flow_at(table, i, &flow);
        int ends = memcmp(&flow.address[0], &flow.address[1], sizeof *flow.address);
        assert_true(ends < 0 || (ends == 0 && flow.port[0] <= flow.port[1]));
        if (i) assert_true(order_of(&before, &flow) < 0);
        before = flow;
    }
    pp_flow_table_destroy(table);
}

TEST(three_hundred_thousand_flows_are_all_kept_apart)
{
    struct pp_flow_table *table = new_table(0);
    for (uint32_t i = 0; i < MANY_FLOWS; i++) add_one(table, syn(0x0a000000 + i, 40000, 0x0b000001, 5307, PP_SYN));
    for (uint32_t i = 0; i < MANY_FLOWS; i++) add_one(table, syn(0x0b000001, 5307, 0x0a000000 + i, 40000, PP_SYN | PP_ACK));
    assert_int_equal(pp_flow_count(table), MANY_FLOWS);
    assert_true(pp_flow_table_sort(table));
    for (size_t i = 0; i < MANY_FLOWS; i++) {
        struct pp_flow flow;
        pp_flow_at(table, i, &flow);
        if (flow.side[0].packets != 1 || flow.side[1].packets != 1) fail_msg("flow %zu has lost a packet", i);
    }
    /* What the header says of memory: a record, its rest, and slots; and the order, which is sorted by now. */
    assert_true(pp_flow_table_memory(table) < (size_t)MANY_FLOWS * (RECORD_IPV4 + REST_BYTES + 4 * 4 + 8));
    pp_flow_table_destroy(table);
}

/* The halves of a count stand apart; carries, merges and folds must not lose the upper one. */
TEST(counts_go_on_beyond_32_bits)
{
    struct pp_flow_table *a = new_table(0);
    struct pp_packet big = syn(1, 1, 2, 2, PP_ACK);
    big.wire_bytes = UINT32_MAX;
    for (unsigned i = 0; i < 5; i++) add_one(a, big);
    struct pp_flow flow;
    pp_flow_at(a, 0, &flow);
    assert_int_equal(flow.side[0].bytes, UINT64_C(5) * UINT32_MAX);
    assert_int_equal(flow.side[0].packets, 5);
    for (unsigned i = 0; i < 33; i++) { /* twice as many, 33 times */
        struct pp_flow_table *b = new_table(0);
        assert_true(pp_flow_table_merge(b, a) && pp_flow_table_merge(b, a));
        pp_flow_table_destroy(a);
        a = b;
    }
    pp_flow_at(a, 0, &flow);
    assert_int_equal(flow.side[0].packets, UINT64_C(5) << 33);
    assert_int_equal(flow.side[0].bytes, (UINT64_C(1) << 52) - 1); /* what a record can hold */
    add_one(a, big);
    pp_flow_at(a, 0, &flow);
    assert_int_equal(flow.side[0].packets, (UINT64_C(5) << 33) + 1);
    assert_int_equal(flow.side[0].bytes, (UINT64_C(1) << 52) - 1);
    pp_flow_table_destroy(a);
}

TEST(syns_saturate)
{
    struct pp_flow_table *a = new_table(0), *b = new_table(0);
    for (unsigned i = 0; i < 65600; i++) add_one(a, syn(1, 1, 2, 2, PP_SYN));
    for (unsigned i = 0; i < 100; i++) add_one(b, syn(1, 1, 2, 2, PP_SYN));
    assert_true(pp_flow_table_merge(a, b));
    assert_true(pp_flow_table_sort(a));
    struct pp_flow flow;
    pp_flow_at(a, 0, &flow);
    assert_int_equal(flow.side[0].syns, 65535);
    assert_int_equal(flow.side[0].packets, 65700);
    pp_flow_table_destroy(a);
    pp_flow_table_destroy(b);
}

TEST(the_first_capture_is_known_without_facts_and_several_with_them)
{
    struct pp_flow_table *table = new_table(0);
    struct pp_packet packet = syn(1, 1, 2, 2, PP_SYN);
    struct pp_flow flow;
    packet.capture = 2;
    add_one(table, packet);
    assert_true(pp_flow_table_sort(table));
    pp_flow_at(table, 0, &flow);
    assert_false(flow.has_facts);
    assert_int_equal(pp_frame_capture(flow.first_frame), 2);
    packet.capture = 70;
    add_one(table, packet);
    pp_flow_at(table, 0, &flow);
    assert_int_equal(flow.facts.captures, UINT64_C(1) << 2 | UINT64_C(1) << 63);
    pp_flow_table_destroy(table);
}

TEST(a_flow_between_two_ports_of_one_address_keeps_its_sides)
{
    struct pp_flow_table *table = new_table(0);
    add_one(table, syn(1, 40000, 1, 22, PP_SYN));
    add_one(table, syn(1, 22, 1, 40000, PP_SYN | PP_ACK));
    assert_true(pp_flow_table_sort(table));
    struct pp_flow flow;
    pp_flow_at(table, 0, &flow);
    assert_int_equal(pp_flow_count(table), 1);
    assert_int_equal(flow.port[0], 22);
    assert_int_equal(pp_handshake_initiator(flow.side[0].marks, flow.side[1].marks), 1);
    pp_flow_table_destroy(table);
}

/* A packet of one of many hosts to one. */
static struct pp_packet from_host(uint32_t host, uint8_t family)
{
    struct pp_packet packet = syn(0x0a000000 + host, 1000, 0x0b000001, 514, PP_ACK | PP_PSH);
    packet.family = family;
    packet.frame = host + 1;
    return packet;
}

TEST(what_is_rare_has_its_room_and_what_is_beyond_is_counted)
{
    enum { ROOM = 65536, MORE = 5 };
    struct pp_flow_table *table = new_table(100), *other = new_table(0);
    for (uint32_t i = 0; i < ROOM + MORE; i++) { /* fragments whose first one never comes, each of another datagram */
        struct pp_packet later = from_host(i, PP_IPV4);
        assert_true(pp_flow_table_add(table, &later, (uint8_t[]){PP_LATER_FRAGMENT}, 1));
    }
    assert_int_equal(pp_flow_counters(table)->datagrams_lost, MORE);
    assert_int_equal(pp_datagram_count(table), ROOM);
    assert_int_equal(pp_flow_counters(table)->addresses_lost, MORE + 1); /* and whom they are for */
    assert_int_equal(pp_seen_address_count(table), ROOM);
    for (uint32_t i = 0; i < ROOM + MORE; i++) { /* an announced port, and an ICMP error, each of another flow */
        struct pp_packet announcing = from_host(i, PP_IPV4), error = from_host(i, PP_IPV4);
        announcing.callback_port = 1020;
        error.icmp_type = 3;
        error.icmp_family = PP_IPV4;
        assert_true(pp_flow_table_add(other, (struct pp_packet[]){announcing, error}, (uint8_t[]){PP_DECODED, PP_ICMP_ERROR}, 2));
    }
    assert_int_equal(pp_flow_counters(other)->facts_lost, 0); /* a fourth of the flows there may be */
    pp_flow_table_destroy(other);
    other = new_table(2 * ROOM);
    for (uint32_t i = 0; i < ROOM + MORE; i++) {
        struct pp_packet announcing = from_host(i, PP_IPV4), error = from_host(i, PP_IPV4), again = from_host(i, PP_IPV4);
        announcing.callback_port = 1020;
        error.icmp_type = 3;
        error.icmp_family = PP_IPV4;
        again.capture = 1;
        assert_true(pp_flow_table_add(other, (struct pp_packet[]){announcing, error, again},
                                      (uint8_t[]){PP_DECODED, PP_ICMP_ERROR, PP_DECODED}, 3));
    }
    assert_in_range(pp_flow_counters(other)->facts_lost, 3 * MORE, 3 * (MORE + 1)); /* number 0 stands for none */
    struct pp_flow_table *joined = new_table(2 * ROOM);
    for (uint32_t i = 0; i < ROOM; i++) {
        struct pp_packet announcing = from_host(i + ROOM, PP_IPV4);
        announcing.callback_port = 1020;
        add_one(joined, announcing);
    }
    uint64_t lost = pp_flow_counters(joined)->facts_lost;
    assert_true(pp_flow_table_merge(joined, other));
    assert_true(pp_flow_counters(joined)->facts_lost > lost + ROOM - 2 * MORE + 3 * MORE);
    pp_flow_table_destroy(joined);
    pp_flow_table_destroy(other);
    pp_flow_table_destroy(table);
}

TEST(errors_from_both_families_about_one_flow_are_kept_apart)
{
    struct pp_flow_table *table = new_table(0);
    struct pp_packet four = syn(1, 1, 2, 2, PP_SYN), six = four;
    four.icmp_family = PP_IPV4, six.icmp_family = PP_IPV6;
    four.icmp_type = 3, six.icmp_type = 1;
    four.icmp_sender[0] = six.icmp_sender[0] = 9;
    assert_true(
        pp_flow_table_add(table, (struct pp_packet[]){six, four, six}, (uint8_t[]){PP_ICMP_ERROR, PP_ICMP_ERROR, PP_ICMP_ERROR}, 3));
    assert_true(pp_flow_table_sort(table));
    struct pp_flow flow;
    pp_flow_at(table, 0, &flow);
    assert_int_equal(flow.facts.report_count, 2);
    assert_int_equal(flow.facts.reports[0].sender.family, PP_IPV4);
    assert_int_equal(flow.facts.reports[1].sender.family, PP_IPV6);
    assert_int_equal(flow.facts.icmp_packets, 3);
    pp_flow_table_destroy(table);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(any_split_merged_in_any_order_gives_the_same_bytes),
        cmocka_unit_test(merging_an_empty_table_changes_nothing_either_way),
        cmocka_unit_test(activity_over_decades_is_the_same_in_any_order),
        cmocka_unit_test(a_table_with_wide_buckets_widens_the_one_it_is_joined_into),
        cmocka_unit_test(a_record_is_64_bytes_and_88_for_ipv6),
        cmocka_unit_test(flows_are_sorted_by_transport_family_and_ends_with_the_lower_end_first),
        cmocka_unit_test(three_hundred_thousand_flows_are_all_kept_apart),
        cmocka_unit_test(counts_go_on_beyond_32_bits),
        cmocka_unit_test(syns_saturate),
        cmocka_unit_test(the_first_capture_is_known_without_facts_and_several_with_them),
        cmocka_unit_test(a_flow_between_two_ports_of_one_address_keeps_its_sides),
        cmocka_unit_test(what_is_rare_has_its_room_and_what_is_beyond_is_counted),
        cmocka_unit_test(errors_from_both_families_about_one_flow_are_kept_apart),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
