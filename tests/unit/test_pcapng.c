/* pcapng: sections, interfaces, times, the kinds of packets, losses. */
#include "pcapng.h"
#include "reader.h"

#include <stdlib.h>
#include <string.h>

#include "captures.h"
#include "testing.h"
#include "wide.h"

static struct bytes datagram(void)
{
    struct bytes b = {.size = 0};
    add_ethernet(&b, 0x0800);
    add_ipv4(&b, 17, 9);
    add_udp(&b, 1000, 53, 1);
    add(&b, "x", 1); /* an odd length, so that there is padding */
    return b;
}

static void sections_have_their_own_order_and_interfaces(void **state)
{
    (void)state;
    struct bytes file = {.size = 0}, packet = datagram(), raw = {.size = 0};
    struct reading r;
    add_ipv4(&raw, 17, 8);
    add_udp(&raw, 1, 2, 0);
    add_section(&file);
    add_interface_block(&file, 1, 100);
    add_enhanced(&file, 0, 1000000, &packet);
    file.big_endian = true;
    add_section(&file);
    add_interface_block(&file, 101, 65535);
    add_interface_block(&file, 1, 200);
    add_enhanced(&file, 0, 2000000, &raw);
    add_enhanced(&file, 1, 3000000, &packet);
    read_bytes(file.at, file.size, NULL, &r);
    assert_false(r.info.failed);
    assert_int_equal(r.results[PP_DECODED], 3);
    assert_int_equal(r.first[1].link_type, 101);
    assert_int_equal(r.first[2].time_ns, 3000000000);
    assert_int_equal(r.info.link_count, 2);
    assert_int_equal(r.info.snap_length, 65535);
}

static void times_follow_resolution_and_offset(void **state)
{
    (void)state;
    static const struct {
        uint64_t units;
        uint8_t resolution;
        int64_t offset;
        pp_time_ns time;
    } times[] = {
        {1500000, 6, 0, 1500000000},
        {7, 0, 0, 7000000000},
        {7, 9, 0, 7},
        {7999, 12, 0, 7},
        {UINT64_MAX, 18, 0, UINT64_MAX / 1000000000},
        {UINT64_MAX, 127, 0, 0},
        {3, 0x80, 0, 3000000000},
        {3 * 1024 + 512, 0x8a, 0, 3500000000},
        {UINT64_MAX, 0xff, 0, 0},
        {UINT64_MAX, 0xc0, 0, 999999999},
        {UINT64_MAX, 0, 0, PP_NO_FIRST - 1},
        {1000000, 6, 2, 3000000000},
        {5000000, 6, -2, 3000000000},
        {1000000, 6, -2, 0},
        {0, 6, INT64_MAX, PP_NO_FIRST - 1},
        {UINT64_MAX, 0, INT64_MIN, PP_NO_FIRST - 1},
        {UINT64_MAX, 0, 5, PP_NO_FIRST - 1},
        {18446744073709551u, 6, 0, 18446744073709551000u},
        {18446744073800000u, 6, 0, PP_NO_FIRST - 1},
        {0, 6, INT64_MIN, 0},
    };
    for (size_t i = 0; i < sizeof times / sizeof *times; i++) {
        assert_true(pcapng_time(times[i].units, times[i].resolution, times[i].offset) == times[i].time);
    }
}

#ifdef __SIZEOF_INT128__
__extension__ typedef __int128 int128;
__extension__ typedef unsigned __int128 uint128;

/* As it is defined, in numbers that cannot overflow. */
static pp_time_ns time_by_definition(uint64_t units, uint8_t resolution, int64_t offset_s)
{
    unsigned exponent = resolution & 0x7f;
    uint128 ns = units;
    if (resolution & 0x80)
        ns = ns * 1000000000u >> exponent;
    else {
        for (; exponent < 9; exponent++) ns *= 10;
        for (; exponent > 9 && ns; exponent--) ns /= 10;
    }
    int128 time = (int128)ns + (int128)offset_s * 1000000000;
    if (time < 0) return 0;
    return time < (int128)(PP_NO_FIRST - 1) ? (pp_time_ns)time : PP_NO_FIRST - 1;
}

static void times_and_products_need_no_type_of_128_bits(void **state)
{
    (void)state;
    uint64_t random_state = 1;
    for (unsigned i = 0; i < 2000000; i++) {
        uint64_t drawn[3];
        for (unsigned k = 0; k < 3; k++) {
            random_state = random_state * 6364136223846793005u + 1442695040888963407u;
            drawn[k] = (random_state ^ random_state >> 29) * 0x9e3779b97f4a7c15u >> (random_state >> 58);
        }
        uint8_t resolution = (uint8_t)(random_state >> 40);
        int64_t offset = i % 3 ? (int64_t)drawn[1] >> (i % 40) : 0;
        if (pcapng_time(drawn[0], resolution, offset) != time_by_definition(drawn[0], resolution, offset))
            fail_msg("%llu units of resolution %u, offset %lld", (unsigned long long)drawn[0], resolution, (long long)offset);
        struct wide product = wide_product_in_parts(drawn[1], drawn[2]);
        assert_true(((uint128)product.high << 64 | product.low) == (uint128)drawn[1] * drawn[2]);
    }
}
#endif

static void interface_options_are_read(void **state)
{
    (void)state;
    for (int big = 0; big <= 1; big++) {
        struct bytes file = {.big_endian = big}, packet = datagram();
        struct reading r;
        add_section(&file);
        size_t block = begin_block(&file, 1);
        add_u16(&file, 1), add_u16(&file, 0), add_u32(&file, 0);
        add_option(&file, 2, "eth0\x1b", 5);
        add_option(&file, 9, "\x09", 1);
        add_option(&file, 13, "\x04", 1);
        add_option64(&file, 14, (uint64_t)-1);
        end_block(&file, block);
        add_enhanced(&file, 0, 2500000000, &packet);
        read_bytes(file.at, file.size, NULL, &r);
        assert_int_equal(r.first[0].time_ns, 1500000000);
        assert_int_equal(r.first[0].fcs_bytes, 4);
        assert_int_equal(r.info.snap_length, 0);
    }
}

static void add_simple(struct bytes *file, uint32_t wire, const struct bytes *packet)
{
    size_t block = begin_block(file, 3);
    add_u32(file, wire);
    add(file, packet->at, packet->size);
    end_block(file, block);
}

static void simple_packets_have_no_time_and_the_snap_length(void **state)
{
    (void)state;
    struct bytes file = {.size = 0}, packet = datagram();
    struct reading r;
    add_section(&file);
    add_interface_block(&file, 1, 40);
    add_simple(&file, (uint32_t)packet.size, &packet);
    add_simple(&file, 4000, &packet);
    read_bytes(file.at, file.size, NULL, &r);
    assert_int_equal(r.frames, 2);
    assert_true(r.first[0].time_ns == PP_NO_FIRST);
    assert_int_equal(r.first[0].captured, 40);
    assert_int_equal(r.first[1].captured, 40);
    assert_int_equal(r.first[1].wire, 4000);
    assert_true(r.info.first_ns == PP_NO_FIRST && r.info.last_ns == PP_NO_LAST);
}

static void add_obsolete(struct bytes *file, unsigned interface, unsigned drops, const struct bytes *packet)
{
    size_t block = begin_block(file, 2);
    add_u16(file, interface), add_u16(file, drops), add_u32(file, 0), add_u32(file, 1);
    add_u32(file, (uint32_t)packet->size), add_u32(file, (uint32_t)packet->size);
    add(file, packet->at, packet->size);
    end_block(file, block);
}

static void obsolete_packets_are_read_with_their_losses(void **state)
{
    (void)state;
    struct bytes file = {.size = 0}, packet = datagram();
    struct reading r;
    add_section(&file);
    add_interface_block(&file, 1, 0);
    add_interface_block(&file, 1, 0);
    add_obsolete(&file, 1, 0xffff, &packet); /* losses unknown */
    read_bytes(file.at, file.size, NULL, &r);
    assert_int_equal(r.frames, 1);
    assert_int_equal(r.first[0].time_ns, 1000);
    assert_false(r.info.drops_known);
    add_obsolete(&file, 1, 3, &packet);
    add_obsolete(&file, 0, 4, &packet);
    read_bytes(file.at, file.size, NULL, &r);
    assert_true(r.info.drops_known);
    assert_int_equal(r.info.drops, 7);
}

static void add_statistics(struct bytes *file, uint32_t interface, uint64_t interface_drops, uint64_t system_drops)
{
    size_t block = begin_block(file, 5);
    add_u32(file, interface), add_u64(file, 0);
    add_option64(file, 4, 1000);
    add_option64(file, 5, interface_drops);
    add_option64(file, 7, system_drops);
    add_option(file, 0, "", 0);
    end_block(file, block);
}

static void the_last_statistics_of_each_interface_count(void **state)
{
    (void)state;
    struct bytes file = {.size = 0};
    struct reading r;
    add_section(&file);
    add_interface_block(&file, 1, 0);
    add_interface_block(&file, 1, 0);
    add_statistics(&file, 0, 1, 1);
    add_statistics(&file, 0, 10, 5);
    add_statistics(&file, 1, 100, 0);
    file.big_endian = true;
    add_section(&file);
    add_interface_block(&file, 1, 0);
    add_statistics(&file, 0, 1000, 0);
    read_bytes(file.at, file.size, NULL, &r);
    assert_true(r.info.drops_known);
    assert_int_equal(r.info.drops, 1115);
}

static void losses_before_packets_are_summed(void **state)
{
    (void)state;
    struct bytes file = {.size = 0}, packet = datagram();
    struct reading r;
    add_section(&file);
    add_interface_block(&file, 1, 0);
    for (uint64_t drops = 2; drops <= 3; drops++) {
        size_t block = begin_block(&file, 6);
        add_u32(&file, 0), add_u64(&file, 0);
        add_u32(&file, (uint32_t)packet.size), add_u32(&file, (uint32_t)packet.size);
        add(&file, packet.at, packet.size);
        add_zeros(&file, (4 - packet.size % 4) % 4);
        add_option(&file, 1, "comment", 7);
        add_option64(&file, 4, drops);
        end_block(&file, block);
    }
    read_bytes(file.at, file.size, NULL, &r);
    assert_int_equal(r.frames, 2);
    assert_int_equal(r.info.drops, 5);
    assert_true(r.info.drops_known);
}

static void an_interface_that_was_not_described_ends_the_reading(void **state)
{
    (void)state;
    struct bytes file = {.size = 0}, packet = datagram();
    struct reading r;
    add_section(&file);
    add_interface_block(&file, 1, 0);
    add_enhanced(&file, 0, 1, &packet);
    size_t place = file.size;
    add_enhanced(&file, 9, 1, &packet);
    read_bytes(file.at, file.size, NULL, &r);
    assert_int_equal(r.frames, 1);
    assert_non_null(strstr(r.info.error.text, "interface 9 is not described; 1 packet before it was read"));
    assert_int_equal(r.info.error.offset, place);
}

static void blocks_whose_lengths_lie_end_the_reading(void **state)
{
    (void)state;
    static const uint32_t lengths[] = {0, 4, 8, 11, 12, 13, 32, 0x01000004, 0x7ffffffc, 0xfffffffc, 0xffffffff};
    for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
        struct bytes file = {.size = 0}, packet = datagram();
        struct reading r;
        add_section(&file);
        add_interface_block(&file, 1, 0);
        add_enhanced(&file, 0, 1, &packet);
        size_t block = file.size;
        add_enhanced(&file, 0, 1, &packet);
        size_t end = file.size;
        file.size = block + 4;
        add_u32(&file, lengths[i]);
        file.size = end;
        read_bytes(file.at, file.size, NULL, &r);
        assert_int_equal(r.frames, 1);
        assert_true(r.info.failed);
        assert_non_null(strstr(r.info.error.text, "corrupt block at byte"));
    }
}

static void unknown_blocks_are_skipped(void **state)
{
    (void)state;
    struct bytes file = {.size = 0}, packet = datagram();
    struct reading r;
    add_section(&file);
    size_t block = begin_block(&file, 0x0bad0bad);
    add(&file, "whatever", 8);
    end_block(&file, block);
    add_interface_block(&file, 1, 0);
    add_enhanced(&file, 0, 1, &packet);
    read_bytes(file.at, file.size, NULL, &r);
    assert_int_equal(r.frames, 1);
    assert_false(r.info.failed);
}

static void more_than_65536_interfaces_are_refused(void **state)
{
    (void)state;
    enum { COUNT = 65537 };
    struct bytes head = {.size = 0}, interface = {.size = 0};
    struct reading r;
    add_section(&head);
    add_interface_block(&interface, 1, 0);
    size_t size = head.size + COUNT * interface.size;
    uint8_t *file = malloc(size);
    assert_non_null(file);
    memcpy(file, head.at, head.size);
    for (size_t i = 0; i < COUNT; i++) memcpy(file + head.size + i * interface.size, interface.at, interface.size);
    read_bytes(file, size - interface.size, NULL, &r);
    assert_false(r.info.failed);
    read_bytes(file, size, NULL, &r);
    assert_non_null(strstr(r.info.error.text, "more than 65536 interfaces"));
    free(file);
}

static void a_file_cut_anywhere_never_reads_past_its_end(void **state)
{
    (void)state;
    struct bytes file = {.size = 0}, packet = datagram();
    size_t ends[8], count = 0;
    add_section(&file), ends[count++] = file.size;
    add_interface_block(&file, 1, 0), ends[count++] = file.size;
    add_enhanced(&file, 0, 1, &packet), ends[count++] = file.size;
    add_simple(&file, 51, &packet), ends[count++] = file.size;
    add_obsolete(&file, 0, 0, &packet), ends[count++] = file.size;
    add_statistics(&file, 0, 1, 2), ends[count++] = file.size;
    for (size_t size = 4; size <= file.size; size++) {
        struct reading r;
        size_t whole = 0;
        bool at_end = false;
        for (size_t i = 0; i < count; i++) {
            whole += size >= ends[i];
            at_end |= size == ends[i];
        }
        read_bytes(file.at, size, NULL, &r);
        assert_int_equal(r.frames, whole < 2 ? 0 : whole > 5 ? 3 : whole - 2);
        assert_int_equal(r.info.truncated, !at_end);
        assert_int_equal(r.info.failed, !at_end);
    }
}

static void filters_are_compiled_for_each_link_type(void **state)
{
    (void)state;
    struct bytes file = {.size = 0}, packet = datagram(), raw = {.size = 0};
    struct reading r;
    add_ipv4(&raw, 17, 8);
    add_udp(&raw, 1, 53, 0);
    add_section(&file);
    add_interface_block(&file, 1, 0);
    add_interface_block(&file, 101, 0);
    for (int i = 0; i < 3; i++) {
        add_enhanced(&file, 0, 1, &packet);
        add_enhanced(&file, 1, 1, &raw);
    }
    read_bytes(file.at, file.size, &(struct pp_capture_options){.filter = "udp port 53"}, &r);
    assert_int_equal(r.frames, 6);
    read_bytes(file.at, file.size, &(struct pp_capture_options){.filter = "udp src port 1"}, &r);
    assert_int_equal(r.frames, 3);
    assert_int_equal(r.first[0].number, 2);
}

static void blocks_too_short_for_their_kind_end_the_reading(void **state)
{
    (void)state;
    static const struct {
        uint32_t type, size;
        const char *why;
    } cases[] = {
        {0x0a0d0d0a, 12, "a section header of less than 28 bytes"},
        {1, 4, "an interface description of less than 20 bytes"},
        {5, 8, "interface statistics of less than 24 bytes"},
        {6, 16, "a packet block of less than 32 bytes"},
        {2, 16, "a packet block of less than 32 bytes"},
        {3, 0, "a simple packet block of less than 16 bytes"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct bytes file = {.size = 0}, packet = datagram();
        struct reading r;
        add_section(&file);
        add_interface_block(&file, 1, 0);
        add_enhanced(&file, 0, 1, &packet);
        size_t block = begin_block(&file, cases[i].type);
        if (cases[i].size) add_u32(&file, cases[i].type == 0x0a0d0d0a ? 0x1a2b3c4d : 0), add_zeros(&file, cases[i].size - 4);
        end_block(&file, block);
        read_bytes(file.at, file.size, NULL, &r);
        assert_int_equal(r.frames, 1);
        assert_non_null(strstr(r.info.error.text, cases[i].why));
    }
}

static void versions_1_0_and_1_2_are_read_and_no_other(void **state)
{
    (void)state;
    static const struct {
        uint8_t major, minor;
        const char *text;
    } versions[] = {
        {1, 0, ""}, {1, 2, ""}, {1, 1, "pcapng version 1.1; expected 1.0 or 1.2"}, {2, 0, "pcapng version 2.0; expected 1.0 or 1.2"}};
    for (size_t i = 0; i < sizeof versions / sizeof *versions; i++) {
        struct bytes file = {.size = 0};
        struct reading r;
        add_section(&file);
        file.at[12] = versions[i].major;
        file.at[14] = versions[i].minor;
        read_bytes(file.at, file.size, NULL, &r);
        assert_string_equal(r.info.error.text, versions[i].text);
    }
}

static void options_too_short_for_their_value_mean_nothing(void **state)
{
    (void)state;
    struct bytes file = {.size = 0}, packet = datagram();
    struct reading r;
    add_section(&file);
    size_t block = begin_block(&file, 1);
    add_u16(&file, 1), add_u16(&file, 0), add_u32(&file, 0);
    add_option(&file, 9, "", 0);
    add_option(&file, 13, "", 0);
    add_option(&file, 14, "\1\0\0\0", 4);
    end_block(&file, block);
    block = begin_block(&file, 5);
    add_u32(&file, 0), add_u64(&file, 0);
    add_option(&file, 5, "\1\0\0\0", 4);
    end_block(&file, block);
    block = begin_block(&file, 6);
    add_u32(&file, 0), add_u64(&file, UINT64_C(1000000) << 32);
    add_u32(&file, (uint32_t)packet.size), add_u32(&file, (uint32_t)packet.size);
    add(&file, packet.at, packet.size);
    add_zeros(&file, (4 - packet.size % 4) % 4);
    add_option(&file, 4, "\1\0\0\0", 4);
    add_u16(&file, 4), add_u16(&file, 8); /* and one whose value is not there */
    end_block(&file, block);
    read_bytes(file.at, file.size, NULL, &r);
    assert_string_equal(r.info.error.text, "");
    assert_int_equal(r.frames, 1);
    assert_int_equal(r.first[0].time_ns, 1000000000);
    assert_int_equal(r.first[0].fcs_bytes, 0);
    assert_false(r.info.drops_known);
}

static void statistics_of_an_interface_that_was_not_described_end_the_reading(void **state)
{
    (void)state;
    struct bytes file = {.size = 0};
    struct reading r;
    add_section(&file);
    add_interface_block(&file, 1, 0);
    add_statistics(&file, 1, 2, 3);
    read_bytes(file.at, file.size, NULL, &r);
    assert_non_null(strstr(r.info.error.text, "interface 1 is not described"));
    assert_false(r.info.drops_known);
}

/* A mapped file may be written to between the moment when a block was found and the moment when its drops are added up. */
static void drops_of_a_block_that_was_overwritten_are_not_looked_for_outside_of_it(void **state)
{
    (void)state;
    static const struct {
        unsigned at;
        uint32_t value, drops;
    } writes[] = {
        {8, 0, 6},  {8, 1, 0},           {8, UINT32_MAX, 0}, {4, 4096, 0}, {4, UINT32_MAX, 0},
        {4, 12, 0}, {20, UINT32_MAX, 0}, {20, 2000, 0},      {4, 61, 0},   {4, 59, 6},
    };
    for (size_t i = 0; i < sizeof writes / sizeof *writes; i++) {
        struct bytes head = {.size = 0}, block = {.size = 0};
        add_section(&head);
        add_interface_block(&head, 1, 0);
        uint8_t *file = exact_copy(head.at, head.size);
        struct pp_capture *capture = pp_capture_open_memory("memory", file, head.size, NULL);
        struct pp_frame frame;
        assert_int_equal(pp_capture_next(capture, &frame, 1), 0);
        size_t start = begin_block(&block, 6);
        add_zeros(&block, 12), add_u32(&block, 4), add_u32(&block, 4), add_zeros(&block, 4);
        add_option64(&block, 4, 6);
        add_zeros(&block, 12); /* the end of options, which also ends the list */
        end_block(&block, start);
        struct bytes written = {.size = 0};
        add_u32(&written, writes[i].value);
        memcpy(block.at + writes[i].at, written.at, 4);
        uint8_t *there = exact_copy(block.at, block.size);
        pcapng_count_drops(capture, there, block.size);
        assert_int_equal(pp_capture_info(capture)->drops, writes[i].drops);
        pp_capture_close(capture);
        free(there);
        free(file);
    }
}

static void a_filter_that_makes_no_sense_of_a_later_link_type_ends_the_reading(void **state)
{
    (void)state;
    struct bytes file = {.size = 0}, packet = datagram();
    add_section(&file);
    add_interface_block(&file, 1, 0);
    add_interface_block(&file, 189, 0);
    add_enhanced(&file, 0, 1, &packet);
    add_enhanced(&file, 1, 1, &packet);
    add_enhanced(&file, 0, 1, &packet);
    uint8_t *copy = exact_copy(file.at, file.size);
    struct pp_capture *capture = pp_capture_open_memory("memory", copy, file.size, &(struct pp_capture_options){.filter = "udp port 53"});
    struct pp_frame frames[4];
    assert_int_equal(pp_capture_next(capture, frames, 4), 1);
    assert_int_equal(pp_capture_next(capture, frames, 4), 0);
    assert_non_null(strstr(pp_capture_info(capture)->error.text, "(for link type 189)"));
    assert_int_equal(pp_capture_info(capture)->filtered, 0);
    pp_capture_close(capture);
    free(copy);
}

static void of_many_link_types_the_first_are_listed_and_all_are_read(void **state)
{
    (void)state;
    struct bytes file = {.size = 0}, packet = datagram();
    struct reading r;
    add_section(&file);
    for (unsigned i = 0; i < PP_CAPTURE_LINKS_MAX + 3; i++) add_interface_block(&file, i == PP_CAPTURE_LINKS_MAX + 2 ? 1 : 1000 + i, 0);
    add_enhanced(&file, PP_CAPTURE_LINKS_MAX + 2, 1, &packet);
    read_bytes(file.at, file.size, NULL, &r);
    assert_int_equal(r.info.link_count, PP_CAPTURE_LINKS_MAX);
    assert_int_equal(r.info.link_types[PP_CAPTURE_LINKS_MAX - 1], 1000 + PP_CAPTURE_LINKS_MAX - 1);
    assert_int_equal(r.results[PP_DECODED], 1);
}

/* More than can be known ahead: such a section is read block by block. */
static void a_section_of_a_hundred_interfaces_is_read_to_its_end(void **state)
{
    (void)state;
    struct bytes file = {.size = 0}, packet = {.size = 0};
    struct reading r;
    add(&packet, "0123456789abcdef", 16);
    add_section(&file);
    for (unsigned i = 0; i < 100; i++) add_interface_block(&file, 1, 0);
    for (unsigned i = 0; i < 100; i++) add_enhanced(&file, i, 1000 + i, &packet);
    read_bytes(file.at, file.size, NULL, &r);
    assert_int_equal(r.frames, 100);
    assert_int_equal(r.info.last_ns, 1099000);
    assert_false(r.info.failed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sections_have_their_own_order_and_interfaces),
        cmocka_unit_test(times_follow_resolution_and_offset),
#ifdef __SIZEOF_INT128__
        cmocka_unit_test(times_and_products_need_no_type_of_128_bits),
#endif
        cmocka_unit_test(interface_options_are_read),
        cmocka_unit_test(simple_packets_have_no_time_and_the_snap_length),
        cmocka_unit_test(obsolete_packets_are_read_with_their_losses),
        cmocka_unit_test(the_last_statistics_of_each_interface_count),
        cmocka_unit_test(losses_before_packets_are_summed),
        cmocka_unit_test(an_interface_that_was_not_described_ends_the_reading),
        cmocka_unit_test(blocks_whose_lengths_lie_end_the_reading),
        cmocka_unit_test(unknown_blocks_are_skipped),
        cmocka_unit_test(more_than_65536_interfaces_are_refused),
        cmocka_unit_test(a_file_cut_anywhere_never_reads_past_its_end),
        cmocka_unit_test(filters_are_compiled_for_each_link_type),
        cmocka_unit_test(blocks_too_short_for_their_kind_end_the_reading),
        cmocka_unit_test(versions_1_0_and_1_2_are_read_and_no_other),
        cmocka_unit_test(options_too_short_for_their_value_mean_nothing),
        cmocka_unit_test(statistics_of_an_interface_that_was_not_described_end_the_reading),
        cmocka_unit_test(drops_of_a_block_that_was_overwritten_are_not_looked_for_outside_of_it),
        cmocka_unit_test(a_filter_that_makes_no_sense_of_a_later_link_type_ends_the_reading),
        cmocka_unit_test(of_many_link_types_the_first_are_listed_and_all_are_read),
        cmocka_unit_test(a_section_of_a_hundred_interfaces_is_read_to_its_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
