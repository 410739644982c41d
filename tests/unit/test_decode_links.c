/* Every way into a frame, cut at every byte. */
#include <string.h>

#include "packets.h"
#include "testing.h"

enum { SOURCE = 40000, DESTINATION = 5307, SEGMENT = 22 };

static void segment(struct bytes *b)
{
    add_tcp(b, SOURCE, DESTINATION, PP_ACK | PP_PSH);
    add(b, "hi", 2);
}
static void ipv4(struct bytes *b)
{
    add_ipv4(b, 6, SEGMENT);
    segment(b);
}
static void ipv6(struct bytes *b)
{
    add_ipv6(b, 6, SEGMENT);
    segment(b);
}
static void ethernet(struct bytes *b) { add_ethernet(b, 0x0800), ipv4(b); }
static void ethernet6(struct bytes *b) { add_ethernet(b, 0x86dd), ipv6(b); }
static void two_vlans(struct bytes *b) { add_ethernet(b, 0x88a8), add_vlan(b, 0x8100), add_vlan(b, 0x86dd), ipv6(b); }
static void mpls(struct bytes *b) { add_ethernet(b, 0x8847), add_be32(b, 0x10040), add_be32(b, 0x10140), ipv4(b); }
static void pppoe(struct bytes *b)
{
    add_ethernet(b, 0x8864);
    add(b, "\x11\0\0\x01\0\x2c\0\x21", 8); /* 44 bytes: protocol, IPv4, TCP, two of payload */
    ipv4(b);
}
static void snap(struct bytes *b)
{
    add_ethernet(b, 8 + 20 + SEGMENT);
    add(b, "\xaa\xaa\x03\0\0\0\x08\0", 8);
    ipv4(b);
}
static void cooked(struct bytes *b)
{
    add(b, "\0\0\0\x01\0\x06\x02\0\0\0\0\x01\0\0\x08\0", 16);
    ipv4(b);
}
static void cooked2(struct bytes *b)
{
    add(b, "\x86\xdd\0\0\0\0\0\x01\0\x01\0\x06\x02\0\0\0\0\x01\0\0", 20);
    ipv6(b);
}
static void null_little(struct bytes *b) { add(b, "\x02\0\0\0", 4), ipv4(b); }
static void null_big(struct bytes *b) { add(b, "\0\0\0\x1e", 4), ipv6(b); }
static void loop(struct bytes *b) { add(b, "\0\0\0\x02", 4), ipv4(b); }
static void ppp(struct bytes *b) { add(b, "\0\x21", 2), ipv4(b); }
static void ppp_addressed(struct bytes *b) { add(b, "\xff\x03\0\x57", 4), ipv6(b); }
static void ppp_compressed(struct bytes *b) { add(b, "\x21", 1), ipv4(b); }
static void ppp_ether(struct bytes *b) { add(b, "\x11\0\0\x01\0\x2c\0\x21", 8), ipv4(b); }
static void c_hdlc(struct bytes *b) { add(b, "\x0f\0\x08\0", 4), ipv4(b); }
static void nflog_little(struct bytes *b)
{
    add(b, "\x02\0\0\0\x05\0\x0a\0p\0\0\0", 12); /* family 2; a prefix of one byte, padded; then the payload */
    add(b, "\x2e\0\x09\0", 4);                   /* 4 + 42 bytes */
    ipv4(b);
}
static void nflog_big(struct bytes *b) { add(b, "\x0a\0\0\0\0\x42\0\x09", 8), ipv6(b); }
static void ipv4_options(struct bytes *b)
{
    add_ipv4(b, 6, 4 + SEGMENT);
    b->at[0] = 0x46;
    add(b, "\x01\x01\x01\0", 4);
    segment(b);
}
static void ipv4_authenticated(struct bytes *b)
{
    add_ipv4(b, 51, 24 + SEGMENT);
    add(b, "\x06\x04", 2);
    add_zeros(b, 22);
    segment(b);
}
static void ipv6_chain(struct bytes *b)
{
    add_ipv6(b, 0, 6 * 8 + 16 + 8 + SEGMENT);
    add_extension(b, 60), add_extension(b, 43), add_extension(b, 135), add_extension(b, 139), add_extension(b, 140);
    add_extension(b, 51);
    add(b, "\x2c\x02", 2), add_zeros(b, 14); /* AH of four words: 16 bytes */
    add(b, "\x06\0\0\0\0\0\0\x09", 8);       /* an atomic fragment */
    segment(b);
}

static const struct link_case {
    const char *name;
    uint16_t link_type;
    void (*build)(struct bytes *);
} cases[] = {
    {"Ethernet, IPv4", 1, ethernet},
    {"Ethernet, IPv6", 1, ethernet6},
    {"two VLAN tags", 1, two_vlans},
    {"MPLS", 1, mpls},
    {"PPPoE", 1, pppoe},
    {"SNAP", 1, snap},
    {"cooked", 113, cooked},
    {"cooked 2", 276, cooked2},
    {"raw 12", 12, ipv4},
    {"raw 14", 14, ipv6},
    {"raw 101", 101, ipv4},
    {"raw 101, IPv6", 101, ipv6},
    {"IPv4", 228, ipv4},
    {"IPv6", 229, ipv6},
    {"null", 0, null_little},
    {"null, big-endian", 0, null_big},
    {"loop", 108, loop},
    {"PPP", 9, ppp},
    {"PPP with address", 9, ppp_addressed},
    {"PPP compressed", 9, ppp_compressed},
    {"PPP_ETHER", 51, ppp_ether},
    {"C_HDLC", 104, c_hdlc},
    {"NFLOG", 239, nflog_little},
    {"NFLOG, big-endian", 239, nflog_big},
    {"IPv4 options", 101, ipv4_options},
    {"IPv4 AH", 101, ipv4_authenticated},
    {"IPv6 chain", 229, ipv6_chain},
};

static void check_cut(const struct link_case *c, const struct bytes *b, size_t captured)
{
    struct pp_packet packet;
    enum pp_decoded result = decode_cut(b, captured, c->link_type, false, &packet);
    bool ports = captured >= b->ports_end, whole = captured == b->size;
    if (result != (ports ? PP_DECODED : PP_TRUNCATED)) fail_msg("%s cut at %zu: %s", c->name, captured, pp_decoded_name(result));
    assert_int_equal(packet.source_port, ports ? SOURCE : 0);
    assert_int_equal(packet.destination_port, ports ? DESTINATION : 0);
    assert_int_equal(packet.wire_bytes, b->size);
    assert_int_equal(!!(packet.marks & PP_MARK_CUT), !whole);
    bool flags = captured >= b->ports_end + 10;
    if (!ports) return;
    assert_int_equal(packet.tcp_flags, flags ? PP_ACK | PP_PSH : 0);
    assert_int_equal(!!(packet.marks & PP_MARK_NO_FLAGS), !flags);
    assert_int_equal(!!(packet.marks & PP_MARK_HEADER_CUT), !flags);
    if (flags) assert_true(packet.marks & PP_MARK_PAYLOAD);
}

static void every_link_type_decodes_whole_and_is_truncated_before_its_ports(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct bytes b = {.size = 0};
        cases[i].build(&b);
        assert_true(pp_link_supported(cases[i].link_type));
        for (size_t captured = 0; captured <= b.size; captured++) check_cut(&cases[i], &b, captured);
    }
}

static void ethernet_padding_is_no_payload(void **state)
{
    (void)state;
    struct bytes b = {.size = 0};
    struct pp_packet packet;
    add_ethernet(&b, 0x0800);
    add_ipv4(&b, 6, 20);
    add_tcp(&b, 1, 2, PP_SYN);
    add_zeros(&b, 6);
    assert_int_equal(decode_whole(&b, 1, &packet), PP_DECODED);
    assert_false(packet.marks & PP_MARK_PAYLOAD);
}

static void a_frame_check_sequence_is_no_payload(void **state)
{
    (void)state;
    struct bytes b = {.size = 0};
    struct pp_packet packet;
    add_ethernet(&b, 0x0800);
    add_ipv4(&b, 17, 8);
    b.at[16] = b.at[17] = 0; /* total length 0: all there is */
    add_udp(&b, 1, 2, 0);
    add(&b, "\xde\xad\xbe\xef", 4);
    struct pp_frame frame = frame_of(&b, 1);
    assert_int_equal(pp_decode(&frame, NULL, &packet), PP_DECODED);
    assert_true(packet.marks & PP_MARK_PAYLOAD);
    frame.fcs_bytes = 4;
    assert_int_equal(pp_decode(&frame, NULL, &packet), PP_DECODED);
    assert_false(packet.marks & PP_MARK_PAYLOAD);
    frame.fcs_bytes = 255;
    pp_decode(&frame, NULL, &packet);
}

static void link_level_groups_are_marked(void **state)
{
    (void)state;
    struct pp_packet packet;
    struct bytes b = {.size = 0};
    ethernet(&b);
    b.at[0] = 0xff;
    decode_whole(&b, 1, &packet);
    assert_true(packet.marks & PP_MARK_LINK_GROUP);
    for (uint8_t type = 0; type <= 4; type++) {
        struct bytes c = {.size = 0}, d = {.size = 0};
        cooked(&c);
        cooked2(&d);
        c.at[1] = d.at[10] = type;
        decode_whole(&c, 113, &packet);
        assert_int_equal(!!(packet.marks & PP_MARK_LINK_GROUP), type == 1 || type == 2);
        decode_whole(&d, 276, &packet);
        assert_int_equal(!!(packet.marks & PP_MARK_LINK_GROUP), type == 1 || type == 2);
    }
}

static void what_is_not_ip_is_counted_as_such(void **state)
{
    (void)state;
    static const uint16_t types[] = {0x0806, 0x88cc, 0x8863, 1501, 1535, 0xffff};
    struct pp_packet packet;
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        struct bytes b = {.size = 0};
        add_ethernet(&b, types[i]);
        add_zeros(&b, 46);
        assert_int_equal(decode_whole(&b, 1, &packet), PP_NOT_IP);
    }
    struct bytes tree = {.size = 0};
    add_ethernet(&tree, 38);
    add(&tree, "\x42\x42\x03", 3);
    add_zeros(&tree, 43);
    assert_int_equal(decode_whole(&tree, 1, &packet), PP_NOT_IP);
}

/* One byte or two of a header that say that no IP packet follows, or that one does. */
static void what_a_link_header_says_decides(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        uint16_t link_type;
        const char *header;
        size_t size;
        enum pp_decoded expected;
    } headers[] = {
        {"LLC with IP", 1, "\0\0\0\0\0\x01\0\0\0\0\0\x02\0\x2d\x06\x06\x03", 17, PP_DECODED},
        {"LLC to IP from another", 1, "\0\0\0\0\0\x01\0\0\0\0\0\x02\0\x2d\x06\x42\x03", 17, PP_NOT_IP},
        {"LLC with IP, numbered", 1, "\0\0\0\0\0\x01\0\0\0\0\0\x02\0\x2d\x06\x06\x01", 17, PP_NOT_IP},
        {"SNAP from another", 1, "\0\0\0\0\0\x01\0\0\0\0\0\x02\0\x32\xaa\x42\x03\0\0\0\x08\0", 22, PP_NOT_IP},
        {"SNAP, numbered", 1, "\0\0\0\0\0\x01\0\0\0\0\0\x02\0\x32\xaa\xaa\x01\0\0\0\x08\0", 22, PP_NOT_IP},
        {"SNAP of another organisation", 1, "\0\0\0\0\0\x01\0\0\0\0\0\x02\0\x32\xaa\xaa\x03\0\0\x0c\x08\0", 22, PP_NOT_IP},
        {"SNAP of another, first byte", 1, "\0\0\0\0\0\x01\0\0\0\0\0\x02\0\x32\xaa\xaa\x03\x08\0\0\x08\0", 22, PP_NOT_IP},
        {"SNAP of another, second byte", 1, "\0\0\0\0\0\x01\0\0\0\0\0\x02\0\x32\xaa\xaa\x03\0\x80\0\x08\0", 22, PP_NOT_IP},
        {"SNAP with a length for a type", 1, "\0\0\0\0\0\x01\0\0\0\0\0\x02\0\x32\xaa\xaa\x03\0\0\0\0\x42", 22, PP_NOT_IP},
        {"cooked, IP", 113, "\0\0\0\x01\0\x06\x02\0\0\0\0\x01\0\0\x08\0", 16, PP_DECODED},
        {"cooked, netlink", 113, "\0\x04\x03\x38\0\0\0\0\0\0\0\0\0\0\x08\0", 16, PP_NOT_IP},
        {"cooked, 802.11", 113, "\0\0\x03\x21\0\x06\x02\0\0\0\0\x01\0\0\x08\0", 16, PP_NOT_IP},
        {"cooked, 802.11 with radio header", 113, "\0\0\x03\x23\0\x06\x02\0\0\0\0\x01\0\0\x08\0", 16, PP_NOT_IP},
        {"cooked, of a number beyond", 113, "\0\0\x03\x24\0\x06\x02\0\0\0\0\x01\0\0\x08\0", 16, PP_DECODED},
        {"cooked, LLC with IP", 113, "\0\0\0\x01\0\x06\x02\0\0\0\0\x01\0\0\0\x04\x06\x06\x03", 19, PP_DECODED},
        {"cooked, 802.3 without LLC", 113, "\0\0\0\x01\0\x06\x02\0\0\0\0\x01\0\0\0\x01", 16, PP_NOT_IP},
        {"null, another family", 0, "\x07\0\0\0", 4, PP_NOT_IP},
        {"NFLOG, an item of two bytes", 239, "\x02\0\0\0\x02\0\x0a\0", 8, PP_MALFORMED},
        {"NFLOG, of another family", 239, "\x07\0\0\0\x2e\0\x09\0", 8, PP_NOT_IP},
        {"PPP, MPLS", 9, "\x02\x81\0\x01\x01\x40", 6, PP_DECODED},
        {"PPP, MPLS upstream", 9, "\x02\x83\0\x01\x01\x40", 6, PP_DECODED},
        {"PPP, control", 9, "\xc0\x21", 2, PP_NOT_IP},
        {"PPPoE discovery as a session", 51, "\x11\x09\0\x01\0\x2c\0\x21", 8, PP_NOT_IP},
        {"C_HDLC, keepalive", 104, "\x8f\0\0\x35", 4, PP_NOT_IP},
    };
    for (size_t i = 0; i < sizeof headers / sizeof *headers; i++) {
        struct bytes b = {.size = 0};
        struct pp_packet packet;
        add(&b, headers[i].header, headers[i].size);
        ipv4(&b);
        enum pp_decoded result = decode_whole(&b, headers[i].link_type, &packet);
        if (result != headers[i].expected)
            fail_msg("%s: %s; expected %s", headers[i].name, pp_decoded_name(result), pp_decoded_name(headers[i].expected));
        assert_int_equal(packet.destination_port, result == PP_DECODED ? DESTINATION : 0);
    }
    struct bytes items = {.size = 0};
    struct pp_packet packet;
    add(&items, "\x02\0\0\0\x05\0\x0a\0p\0\0\0", 12);
    assert_int_equal(decode_whole(&items, 239, &packet), PP_NOT_IP); /* items, and no payload among them */
}

/* Nothing says what is below the labels: it is recognised, with a control word or without (RFC 4928, RFC 4448). */
static void what_is_below_labels_is_recognised(void **state)
{
    (void)state;
    static const struct {
        const char *name, *below; /* what comes before an Ethernet header */
        size_t size;
        uint16_t type;
        enum pp_decoded expected;
    } cases_below[] = {
        {"IPv4", "", 0, 0x0800, PP_DECODED},
        {"IPv6", "", 0, 0x86dd, PP_DECODED},
        {"IPv4 behind a control word", "\0\0\0\x07", 4, 0x0800, PP_DECODED},
        {"IPv6 behind a control word", "\0\0\0\x07", 4, 0x86dd, PP_DECODED},
        {"a VLAN tag behind a control word", "\0\0\0\x07", 4, 0x8100, PP_DECODED},
        {"a service tag", "", 0, 0x88a8, PP_DECODED},
        {"labels", "", 0, 0x8847, PP_DECODED},
        {"ARP", "", 0, 0x0806, PP_NOT_IP},
        {"a type nobody follows", "", 0, 0x88cc, PP_NOT_IP},
        {"that behind a control word", "\0\0\0\x07", 4, 0x88cc, PP_NOT_IP},
    };
    struct pp_packet packet;
    for (size_t i = 0; i < sizeof cases_below / sizeof *cases_below; i++) {
        struct bytes b = {.size = 0};
        uint16_t type = cases_below[i].type;
        add_ethernet(&b, 0x8847);
        add_be32(&b, 0x10140);
        add(&b, cases_below[i].below, cases_below[i].size);
        add_ethernet(&b, type);
        if (type == 0x8100 || type == 0x88a8) add_vlan(&b, 0x0800);
        if (type == 0x8847) add_be32(&b, 0x10140);
        type == 0x86dd ? ipv6(&b) : ipv4(&b);
        enum pp_decoded result = decode_whole(&b, 1, &packet);
        if (result != cases_below[i].expected) fail_msg("%s: %s", cases_below[i].name, pp_decoded_name(result));
        assert_int_equal(packet.destination_port, result == PP_DECODED ? DESTINATION : 0);
    }
    struct bytes short_of_a_header = {.size = 0}, other = {.size = 0};
    add_ethernet(&short_of_a_header, 0x8847);
    add_be32(&short_of_a_header, 0x10140);
    add(&short_of_a_header, "\0\0\0\x07\x01\x02", 6);
    assert_int_equal(decode_whole(&short_of_a_header, 1, &packet), PP_NOT_IP);
    add_ethernet(&other, 0x8847);
    add_be32(&other, 0x10140);
    add(&other, "\x92", 1); /* neither a version of IP nor a control word */
    add_zeros(&other, 40);
    assert_int_equal(decode_whole(&other, 1, &packet), PP_NOT_IP);
}

static void other_link_types_are_unsupported_and_named(void **state)
{
    (void)state;
    static const struct {
        uint16_t type;
        const char *name;
    } others[] = {{160, "USER13"}, {105, "IEEE802_11"}, {253, "NETLINK"}, {50, "PPP_HDLC"}, {999, "unknown"}, {65535, "unknown"}};
    struct pp_packet packet;
    struct bytes b = {.size = 0};
    ethernet(&b);
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        assert_false(pp_link_supported(others[i].type));
        assert_string_equal(pp_link_name(others[i].type), others[i].name);
        assert_int_equal(decode_whole(&b, others[i].type, &packet), PP_UNSUPPORTED_LINK);
    }
    assert_string_equal(pp_link_name(1), "ETHERNET");
    assert_string_equal(pp_link_name(276), "LINUX_SLL2");
}

static void every_supported_link_type_survives_noise_of_every_length(void **state)
{
    (void)state;
    struct bytes b = {.size = 300};
    struct pp_packet packet;
    uint32_t seed = 1;
    for (unsigned round = 0; round < 400; round++) {
        for (size_t i = 0; i < b.size; i++) b.at[i] = (uint8_t)((seed = seed * 1664525 + 1013904223) >> 24);
        const struct link_case *c = &cases[round % (sizeof cases / sizeof *cases)];
        struct bytes real = {.size = 0};
        c->build(&real);
        memcpy(b.at, real.at, real.size < 40 ? real.size : 20 + round % 40); /* a true beginning goes deeper */
        for (size_t n = 0; n <= b.size; n += 3) decode_cut(&b, n, c->link_type, round % 2, &packet);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_link_type_decodes_whole_and_is_truncated_before_its_ports),
        cmocka_unit_test(ethernet_padding_is_no_payload),
        cmocka_unit_test(a_frame_check_sequence_is_no_payload),
        cmocka_unit_test(link_level_groups_are_marked),
        cmocka_unit_test(what_is_not_ip_is_counted_as_such),
        cmocka_unit_test(what_a_link_header_says_decides),
        cmocka_unit_test(what_is_below_labels_is_recognised),
        cmocka_unit_test(other_link_types_are_unsupported_and_named),
        cmocka_unit_test(every_supported_link_type_survives_noise_of_every_length),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
