/* pcap files, and what is the same for every format: errors, filters, digests. */
#include <string.h>

#include "captures.h"
#include "digest.h"
#include "testing.h"

#define MICRO 0xa1b2c3d4u
#define NANO 0xa1b23c4du
#define MODIFIED 0xa1b2cd34u

static void datagram(struct bytes *b, unsigned destination)
{
    add_ethernet(b, 0x0800);
    add_ipv4(b, 17, 12);
    add_udp(b, 1000, destination, 4);
    add(b, "data", 4);
}

static void both_byte_orders_and_both_resolutions_give_the_same_frame(void **state)
{
    (void)state;
    for (int big = 0; big <= 1; big++) {
        for (int nano = 0; nano <= 1; nano++) {
            struct bytes file = {.big_endian = big}, packet = {.size = 0};
            struct reading r;
            datagram(&packet, 53);
            add_pcap_header(&file, nano ? NANO : MICRO, 4, 65535, 1);
            add_record(&file, 1000, nano ? 250000000 : 250000, &packet);
            read_bytes(file.at, file.size, NULL, &r);
            assert_int_equal(r.frames, 1);
            assert_int_equal(r.first[0].time_ns, 1000250000000);
            assert_int_equal(r.first[0].captured, packet.size);
            assert_int_equal(r.first[0].number, 1);
            assert_int_equal(r.results[PP_DECODED], 1);
            assert_int_equal(r.info.snap_length, 65535);
            assert_int_equal(r.info.link_types[0], 1);
            assert_false(r.info.failed || r.info.drops_known);
        }
    }
}

static void versions_before_2_4_may_have_their_lengths_swapped(void **state)
{
    (void)state;
    for (unsigned minor = 2; minor <= 5; minor++) {
        struct bytes file = {.size = 0}, packet = {.size = 0};
        struct reading r;
        datagram(&packet, 53);
        add_pcap_header(&file, MICRO, minor, 65535, 1);
        add_u64(&file, 0);
        bool swapped = minor < 4;
        add_u32(&file, swapped ? 1500 : (uint32_t)packet.size);
        add_u32(&file, swapped ? (uint32_t)packet.size : 1500);
        add(&file, packet.at, packet.size);
        read_bytes(file.at, file.size, NULL, &r);
        assert_int_equal(r.frames, 1);
        assert_int_equal(r.first[0].captured, packet.size);
        assert_int_equal(r.first[0].wire, 1500);
        assert_int_equal(r.info.cut, 1);
    }
}

static void another_major_version_is_refused(void **state)
{
    (void)state;
    struct bytes file = {.size = 0};
    struct reading r;
    add_pcap_header(&file, MICRO, 4, 65535, 1);
    file.at[4] = 3;
    read_bytes(file.at, file.size, NULL, &r);
    assert_string_equal(r.info.error.text, "pcap version 3.4; expected 2.x");
}

static void the_modified_format_has_longer_record_headers(void **state)
{
    (void)state;
    struct bytes file = {.size = 0}, packet = {.size = 0};
    struct reading r;
    datagram(&packet, 53);
    add_pcap_header(&file, MODIFIED, 4, 65535, 1);
    for (int i = 0; i < 2; i++) {
        struct bytes record = {.size = 0};
        add_record(&record, 7, 0, &packet);
        add(&file, record.at, 16);
        add_zeros(&file, 8);
        add(&file, packet.at, packet.size);
    }
    read_bytes(file.at, file.size, NULL, &r);
    assert_int_equal(r.results[PP_DECODED], 2);
}

static void the_link_field_may_carry_the_length_of_a_frame_check_sequence(void **state)
{
    (void)state;
    struct bytes file = {.size = 0}, packet = {.size = 0};
    struct reading r;
    datagram(&packet, 53);
    add_zeros(&packet, 4);
    add_pcap_header(&file, MICRO, 4, 65535, 0x24000001);
    add_record(&file, 1, 0, &packet);
    read_bytes(file.at, file.size, NULL, &r);
    assert_int_equal(r.first[0].link_type, 1);
    assert_int_equal(r.first[0].fcs_bytes, 4);
}

static void fractions_above_a_second_carry_over_and_nothing_overflows(void **state)
{
    (void)state;
    struct bytes file = {.size = 0}, packet = {.size = 0};
    struct reading r;
    datagram(&packet, 53);
    add_pcap_header(&file, MICRO, 4, 0, 1);
    add_record(&file, 10, 1500000, &packet);
    add_record(&file, UINT32_MAX, UINT32_MAX, &packet);
    add_record(&file, 5, 0, &packet);
    read_bytes(file.at, file.size, NULL, &r);
    assert_int_equal(r.first[0].time_ns, 11500000000);
    assert_true(r.first[1].time_ns == UINT64_C(4294967295) * 1000000000u + UINT64_C(4294967295) * 1000u);
    assert_int_equal(r.info.first_ns, 5000000000);
    assert_true(r.info.last_ns == r.first[1].time_ns);
    assert_int_equal(r.info.out_of_order, 1);
    assert_int_equal(r.info.snap_length, 0);
}

static void a_wire_length_below_the_captured_is_raised(void **state)
{
    (void)state;
    struct bytes file = {.size = 0}, packet = {.size = 0};
    struct reading r;
    datagram(&packet, 53);
    add_pcap_header(&file, MICRO, 4, 10, 1); /* and the snap length is not believed */
    add_record(&file, 1, 0, &packet);
    memset(file.at + 36, 0, 4);
    read_bytes(file.at, file.size, NULL, &r);
    assert_int_equal(r.first[0].wire, packet.size);
    assert_int_equal(r.info.cut, 0);
}

static void a_file_cut_anywhere_keeps_what_is_whole(void **state)
{
    (void)state;
    struct bytes file = {.size = 0}, packet = {.size = 0};
    datagram(&packet, 53);
    add_pcap_header(&file, MICRO, 4, 65535, 1);
    for (uint32_t i = 0; i < 3; i++) add_record(&file, i, 0, &packet);
    size_t record = 16 + packet.size;
    for (size_t size = 0; size <= file.size; size++) {
        struct reading r;
        read_bytes(file.at, size, NULL, &r);
        assert_int_equal(r.frames, size < 24 ? 0 : (size - 24) / record);
        bool whole = size >= 24 && (size - 24) % record == 0;
        assert_int_equal(r.info.failed, !whole);
        if (size >= 4) assert_int_equal(r.info.truncated, !whole);
    }
    struct reading r;
    read_bytes(file.at, 24 + record + 7, NULL, &r);
    assert_string_equal(r.info.error.text, "file ends inside a record header at byte 86: 7 of 16 bytes; 1 packet before it was read");
    assert_int_equal(r.info.error.offset, 86);
}

static void an_absurd_length_is_corrupt_and_allocates_nothing(void **state)
{
    (void)state;
    static const uint32_t lengths[] = {262145, 0x10000000, 0x7fffffff, 0x80000000, 0xfffffff0, 0xffffffff};
    for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
        struct bytes file = {.size = 0}, packet = {.size = 0};
        struct reading r;
        datagram(&packet, 53);
        add_pcap_header(&file, MICRO, 4, 65535, 1);
        add_record(&file, 1, 0, &packet);
        add_u64(&file, 0);
        add_u32(&file, lengths[i]);
        add_u32(&file, lengths[i]);
        add(&file, "short", 5);
        read_bytes(file.at, file.size, NULL, &r);
        assert_int_equal(r.frames, 1);
        assert_true(r.info.failed);
        assert_false(r.info.truncated);
        assert_non_null(strstr(r.info.error.text, "corrupt record at byte 86: it claims"));
    }
}

static void what_is_no_capture_is_refused_with_its_first_bytes(void **state)
{
    (void)state;
    struct reading r;
    read_bytes("Hello, \x1b[31mworld", 17, NULL, &r);
    assert_string_equal(r.info.error.text, "not a capture: starts with 'Hello, \\x1b…'; expected pcap or pcapng, plain, gzip or zstd");
    read_bytes("", 0, NULL, &r);
    assert_string_equal(r.info.error.text, "empty file: 0 bytes; expected a pcap or pcapng capture");
    read_all(pp_capture_open("/nonexistent/file.pcap", NULL), &r);
    assert_string_equal(r.info.error.text, "cannot open: No such file or directory");
    read_all(pp_capture_open("/tmp", NULL), &r);
    assert_string_equal(r.info.error.text, "is a directory; expected a capture file");
}

static void refused_frames_keep_their_numbers(void **state)
{
    (void)state;
    struct bytes file = {.size = 0};
    struct reading r;
    add_pcap_header(&file, MICRO, 4, 65535, 1);
    for (unsigned port = 50; port < 60; port++) {
        struct bytes packet = {.size = 0};
        datagram(&packet, port);
        add_record(&file, port, 0, &packet);
    }
    read_bytes(file.at, file.size, &(struct pp_capture_options){.filter = "udp dst port 53 or port 58", .index = 5}, &r);
    assert_int_equal(r.frames, 2);
    assert_int_equal(r.info.filtered, 8);
    assert_int_equal(r.first[0].number, 4);
    assert_int_equal(r.first[1].number, 9);
    assert_int_equal(r.first[1].capture, 5);
}

static void a_bad_filter_is_an_error(void **state)
{
    (void)state;
    struct bytes file = {.size = 0};
    struct reading r;
    struct pp_error error;
    add_pcap_header(&file, MICRO, 4, 65535, 1);
    read_bytes(file.at, file.size, &(struct pp_capture_options){.filter = "port ssh or or"}, &r);
    assert_non_null(strstr(r.info.error.text, "bad filter expression: "));
    assert_false(pp_capture_check_filter("tcp and", &error));
    assert_non_null(strstr(error.text, "bad filter expression: "));
    assert_true(pp_capture_check_filter("tcp port 80", &error));
}

static void filters_work_on_raw_ip_and_fail_where_they_say_nothing(void **state)
{
    (void)state;
    struct bytes file = {.size = 0}, packet = {.size = 0}, usb = {.size = 0};
    struct reading r;
    add_ipv4(&packet, 17, 8);
    add_udp(&packet, 1, 53, 0);
    add_pcap_header(&file, MICRO, 4, 65535, 101);
    add_record(&file, 1, 0, &packet);
    read_bytes(file.at, file.size, &(struct pp_capture_options){.filter = "udp port 53"}, &r);
    assert_int_equal(r.frames, 1);
    add_pcap_header(&usb, MICRO, 4, 65535, 189);
    add_record(&usb, 1, 0, &packet);
    read_bytes(usb.at, usb.size, &(struct pp_capture_options){.filter = "udp port 53"}, &r);
    assert_int_equal(r.frames, 0);
    assert_non_null(strstr(r.info.error.text, "link type 189"));
}

static void the_digest_is_of_the_bytes_as_stored(void **state)
{
    (void)state;
    struct bytes file = {.size = 0};
    struct reading r;
    char want[65];
    add_pcap_header(&file, MICRO, 4, 65535, 1);
    sha256_hex(file.at, file.size, want);
    read_bytes(file.at, file.size, &(struct pp_capture_options){.hash = true}, &r);
    assert_string_equal(r.info.sha256, want);
    read_bytes(file.at, file.size, NULL, &r);
    assert_string_equal(r.info.sha256, "");
}

static void a_missing_interface_says_what_to_do(void **state)
{
    (void)state;
    struct reading r;
    struct pp_capture *live = pp_capture_open_live("no-such-if0", NULL, NULL);
    assert_int_equal(pp_capture_position(live), 0);
    pp_capture_update_drops(live);
    read_all(live, &r);
    assert_true(strstr(r.info.error.text, "no such interface") || strstr(r.info.error.text, "no permission"));
}

static void a_record_longer_than_any_is_corrupt_whatever_the_snap_length(void **state)
{
    (void)state;
    static const struct {
        uint32_t snap, captured;
        const char *text;
    } cases[] = {
        {1000000, 500000, "file ends inside a packet at byte 24: 21 of 500016 bytes; 0 packets before it were read"},
        {400000, 500000, "corrupt record at byte 24: it claims 500000 captured bytes, 5 are left; 0 packets before it were read"},
        {UINT32_MAX, 300000000, "corrupt record at byte 24: it claims 300000000 captured bytes, 5 are left; 0 packets before it were read"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct bytes file = {.size = 0};
        struct reading r;
        add_pcap_header(&file, MICRO, 4, cases[i].snap, 1);
        add_u64(&file, 0), add_u32(&file, cases[i].captured), add_u32(&file, cases[i].captured);
        add(&file, "short", 5);
        read_bytes(file.at, file.size, NULL, &r);
        assert_string_equal(r.info.error.text, cases[i].text);
    }
}

static void raw_ip_of_openbsd_is_filtered_as_raw_ip(void **state)
{
    (void)state;
    struct bytes file = {.size = 0}, packet = {.size = 0};
    struct reading r;
    add_ipv4(&packet, 17, 8);
    add_udp(&packet, 1, 53, 0);
    add_pcap_header(&file, MICRO, 4, 65535, 14);
    for (uint32_t i = 0; i < 2; i++) add_record(&file, i, 0, &packet);
    read_bytes(file.at, file.size, &(struct pp_capture_options){.filter = "udp port 53"}, &r);
    assert_int_equal(r.frames, 2);
    read_bytes(file.at, file.size, &(struct pp_capture_options){.filter = "udp port 54"}, &r);
    assert_int_equal(r.info.filtered, 2);
}

static void no_room_is_no_end(void **state)
{
    (void)state;
    struct bytes file = {.size = 0}, packet = {.size = 0};
    struct pp_frame frame;
    datagram(&packet, 53);
    add_pcap_header(&file, MICRO, 4, 65535, 1);
    add_record(&file, 1, 0, &packet);
    static const struct pp_capture_options filtered = {.filter = "udp"};
    for (unsigned i = 0; i < 2; i++) {
        struct pp_capture *capture = pp_capture_open_memory("memory", file.at, file.size, i ? &filtered : NULL);
        assert_int_equal(pp_capture_splits(capture), i == 0);
        assert_int_equal(pp_capture_next(capture, &frame, 0), 0);
        assert_int_equal(pp_capture_position(capture), 24);
        assert_int_equal(pp_capture_next(capture, &frame, 1), 1);
        assert_int_equal(pp_capture_position(capture), file.size);
        assert_int_equal(pp_capture_next(capture, &frame, 1), 0);
        assert_false(pp_capture_info(capture)->failed);
        pp_capture_close(capture);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(both_byte_orders_and_both_resolutions_give_the_same_frame),
        cmocka_unit_test(versions_before_2_4_may_have_their_lengths_swapped),
        cmocka_unit_test(another_major_version_is_refused),
        cmocka_unit_test(the_modified_format_has_longer_record_headers),
        cmocka_unit_test(the_link_field_may_carry_the_length_of_a_frame_check_sequence),
        cmocka_unit_test(fractions_above_a_second_carry_over_and_nothing_overflows),
        cmocka_unit_test(a_wire_length_below_the_captured_is_raised),
        cmocka_unit_test(a_file_cut_anywhere_keeps_what_is_whole),
        cmocka_unit_test(an_absurd_length_is_corrupt_and_allocates_nothing),
        cmocka_unit_test(what_is_no_capture_is_refused_with_its_first_bytes),
        cmocka_unit_test(refused_frames_keep_their_numbers),
        cmocka_unit_test(a_bad_filter_is_an_error),
        cmocka_unit_test(filters_work_on_raw_ip_and_fail_where_they_say_nothing),
        cmocka_unit_test(the_digest_is_of_the_bytes_as_stored),
        cmocka_unit_test(a_missing_interface_says_what_to_do),
        cmocka_unit_test(a_record_longer_than_any_is_corrupt_whatever_the_snap_length),
        cmocka_unit_test(raw_ip_of_openbsd_is_filtered_as_raw_ip),
        cmocka_unit_test(no_room_is_no_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
