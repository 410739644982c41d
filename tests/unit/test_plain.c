/* The path of nine packets of ten says what the long one says: decoding against the walk over the layers, counting in against
 * the flow table's general way. */
#include <stdlib.h>
#include <string.h>

#include "evidence.h"
#include "packets.h"
#include "plain.h"
#include "tables.h"
#include "testing.h"

enum { ETHERNET_LINK = 1 };

static size_t taken; /* frames that were plain */

/* decode_cut compares; here only how often there was something to compare. */
static void look_at(const struct bytes *bytes, size_t captured)
{
    struct pp_packet packet;
    struct pp_plain_packet plain;
    uint16_t others[1];
    size_t other_count;
    decode_cut(bytes, captured, ETHERNET_LINK, false, &packet);
    struct pp_frame frame = frame_of(bytes, ETHERNET_LINK);
    frame.captured = (uint32_t)captured;
    taken += pp_decode_plain(&frame, 1, &plain, others, &other_count);
}

static struct bytes tcp_frame(void)
{
    struct bytes b = {.size = 0};
    add_ethernet(&b, 0x0800);
    add_ipv4(&b, 6, 24);
    add_tcp(&b, 40000, 5307, PP_PSH | PP_ACK);
    add_be32(&b, 0x31323300);
    return b;
}

static struct bytes udp_frame(void)
{
    struct bytes b = {.size = 0};
    add_ethernet(&b, 0x0800);
    add_ipv4(&b, 17, 30);
    add_udp(&b, 40000, 137, 22);
    add_zeros(&b, 22);
    return b;
}

TEST(every_value_of_every_byte_decodes_alike)
{
    const struct bytes frames[] = {tcp_frame(), udp_frame()};
    for (size_t f = 0; f < sizeof frames / sizeof *frames; f++)
        for (size_t at = 0; at < frames[f].size; at++)
            for (unsigned value = 0; value < 256; value++) {
                struct bytes changed = frames[f];
                changed.at[at] = (uint8_t)value;
                look_at(&changed, changed.size);
            }
}

TEST(every_cut_decodes_alike)
{
    const struct bytes frames[] = {tcp_frame(), udp_frame()};
    for (size_t f = 0; f < sizeof frames / sizeof *frames; f++)
        for (size_t captured = 0; captured <= frames[f].size; captured++) look_at(&frames[f], captured);
}

TEST(ports_that_announce_or_carry_are_left_to_the_walk)
{
    static const uint16_t ports[] = {511, 512, 513, 514, 515, 4788, 4789, 4790, 6080, 6081, 6082};
    for (size_t i = 0; i < sizeof ports / sizeof *ports; i++) {
        struct bytes frames[] = {tcp_frame(), udp_frame()};
        for (size_t f = 0; f < 2; f++) {
            frames[f].at[36] = (uint8_t)(ports[i] >> 8);
            frames[f].at[37] = (uint8_t)ports[i];
            look_at(&frames[f], frames[f].size);
        }
    }
}

TEST(plain_frames_are_taken_by_the_short_way)
{
    taken = 0;
    struct bytes tcp = tcp_frame(), udp = udp_frame();
    look_at(&tcp, tcp.size);
    look_at(&udp, udp.size);
    assert_int_equal(taken, 2);
}

TEST(a_batch_is_parted_in_order)
{
    struct bytes tcp = tcp_frame(), udp = udp_frame(), arp = {.size = 0};
    add_ethernet(&arp, 0x0806);
    add_zeros(&arp, 46);
    const struct bytes *order[] = {&arp, &tcp, &arp, &udp, &udp, &arp};
    enum { COUNT = sizeof order / sizeof *order };
    struct pp_frame frames[COUNT];
    struct pp_plain_packet plain[COUNT];
    uint16_t others[COUNT];
    size_t other_count;
    for (size_t i = 0; i < COUNT; i++) frames[i] = frame_of(order[i], ETHERNET_LINK), frames[i].number = i + 1;
    assert_int_equal(pp_decode_plain(frames, COUNT, plain, others, &other_count), 3);
    assert_int_equal(other_count, 3);
    assert_int_equal(plain[0].frame & 0xffff, 2);
    assert_int_equal(plain[1].frame & 0xffff, 4);
    assert_int_equal(plain[2].frame & 0xffff, 5);
    assert_int_equal(others[0], 0);
    assert_int_equal(others[1], 2);
    assert_int_equal(others[2], 5);
}

/* --- counting in ------------------------------------------------------------------------------------------------------------- */

/* As a plain packet, if it can be one; classes are the index's to fill. */
static bool as_plain(const struct pp_packet *packet, uint8_t result, struct pp_plain_packet *plain)
{
    if (result != PP_DECODED || !pp_make_plain(packet, plain)) return false;
    plain->source_class = packet->source_class;
    plain->destination_class = packet->destination_class;
    return true;
}

enum { PACKETS = 4000 };
static struct pp_packet packets[PACKETS];
static uint8_t results[PACKETS];

/* What has gathered of one capture, in one batch. */
static size_t hand_over(struct pp_flow_table *table, const struct pp_plain_packet *plain, size_t count)
{
    assert_true(pp_flow_table_add_plain(table, plain, count));
    return 0;
}

/* The general way for all, and the short way for those that are plain. */
static void compare_ways(size_t count)
{
    static struct pp_plain_packet plain[PACKETS];
    struct pp_flow_table *general = new_table(0), *both = new_table(0);
    size_t short_way = 0, gathered = 0;
    for (size_t i = 0; i < count; i++) {
        struct pp_plain_packet one;
        assert_true(pp_flow_table_add(general, &packets[i], &results[i], 1));
        if (!as_plain(&packets[i], results[i], &one)) {
            assert_true(pp_flow_table_add(both, &packets[i], &results[i], 1));
            continue;
        }
        short_way++;
        bool another = gathered && pp_frame_capture(one.frame) != pp_frame_capture(plain->frame);
        if (another || any(200) == 0) gathered = hand_over(both, plain, gathered);
        plain[gathered++] = one;
    }
    hand_over(both, plain, gathered);
    assert_same(general, both);
    assert_true(short_way * 10 > count);
    pp_flow_table_destroy(general);
    pp_flow_table_destroy(both);
}

TEST(both_ways_leave_the_same_table)
{
    for (unsigned round = 0; round < 40; round++) {
        seed = 1234567 + round;
        size_t count = 200 + any(PACKETS - 200);
        for (size_t i = 0; i < count; i++) {
            packets[i] = random_packet(i + 1, &results[i]);
            if (round % 2) packets[i].capture = 3; /* all of one, in long batches */
        }
        compare_ways(count);
    }
}

/* Numbers of records from before a fold mean nothing after it, also in the middle of a batch. */
TEST(a_batch_that_makes_the_table_fold_loses_no_packet)
{
    enum { LIMIT = 100, FLOWS = 64 * 40 };
    static struct pp_plain_packet flood[FLOWS];
    struct pp_flow_table *table = new_table(LIMIT);
    for (uint32_t i = 0; i < FLOWS; i++) {
        uint8_t from[4] = {11, (uint8_t)(i >> 4), (uint8_t)i, 1}, to[4] = {10, 0, 0, 1};
        flood[i] = (struct pp_plain_packet){.time_ns = 1000 + i,
                                            .frame = i + 1,
                                            .ports = {(uint16_t)(1024 + i), 443},
                                            .wire_bytes = 60,
                                            .transport = PP_TCP,
                                            .tcp_flags = PP_SYN};
        memcpy(flood[i].addresses, from, 4);
        memcpy(flood[i].addresses + 4, to, 4);
    }
    assert_true(pp_flow_table_add_plain(table, flood, FLOWS) && pp_flow_table_add_plain(table, flood, FLOWS));
    uint64_t counted = pp_flow_counters(table)->not_judged;
    for (size_t i = 0; i < pp_flow_count(table); i++) {
        struct pp_flow flow;
        pp_flow_at(table, i, &flow);
        counted += flow.side[0].packets + flow.side[1].packets;
    }
    assert_int_equal(counted, 2 * FLOWS);
    assert_true(pp_flow_count(table) <= LIMIT);
    assert_true(pp_flow_counters(table)->folded[PP_FLOW_NETWORKS] > 0);
    pp_flow_table_destroy(table);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_value_of_every_byte_decodes_alike),
        cmocka_unit_test(every_cut_decodes_alike),
        cmocka_unit_test(ports_that_announce_or_carry_are_left_to_the_walk),
        cmocka_unit_test(plain_frames_are_taken_by_the_short_way),
        cmocka_unit_test(a_batch_is_parted_in_order),
        cmocka_unit_test(both_ways_leave_the_same_table),
        cmocka_unit_test(a_batch_that_makes_the_table_fold_loses_no_packet),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
