/* What packets mean: limits, fragments, lengths, ICMP quotes, tunnels, callbacks. */
#include <string.h>

#include "packets.h"
#include "testing.h"
#include "walk.h"

enum { RAW = 101 };

static void stacked_vlan_tags_have_a_limit(void **state)
{
    (void)state;
    for (unsigned tags = VLAN_TAGS_MAX; tags <= VLAN_TAGS_MAX + 1; tags++) {
        struct bytes b = {.size = 0};
        struct pp_packet packet;
        add_ethernet(&b, 0x8100);
        for (unsigned i = 1; i <= tags; i++) add_vlan(&b, i < tags ? 0x8100 : 0x0800);
        add_ipv4(&b, 17, 8);
        add_udp(&b, 1, 2, 0);
        assert_int_equal(decode_whole(&b, 1, &packet), tags <= VLAN_TAGS_MAX ? PP_DECODED : PP_TOO_DEEP);
    }
}

static void stacked_labels_have_a_limit(void **state)
{
    (void)state;
    for (unsigned labels = MPLS_LABELS_MAX; labels <= MPLS_LABELS_MAX + 1; labels++) {
        struct bytes b = {.size = 0};
        struct pp_packet packet;
        add_ethernet(&b, 0x8847);
        for (unsigned i = 1; i <= labels; i++) add_be32(&b, i < labels ? 0x10040 : 0x10140);
        add_ipv6(&b, 17, 8);
        add_udp(&b, 1, 2, 0);
        assert_int_equal(decode_whole(&b, 1, &packet), labels <= MPLS_LABELS_MAX ? PP_DECODED : PP_TOO_DEEP);
    }
}

static void extension_headers_have_a_limit(void **state)
{
    (void)state;
    for (unsigned headers = IP_EXTENSIONS_MAX; headers <= IP_EXTENSIONS_MAX + 1; headers++) {
        struct bytes b = {.size = 0};
        struct pp_packet packet;
        add_ipv6(&b, 60, headers * 8 + 8);
        for (unsigned i = 1; i <= headers; i++) add_extension(&b, i < headers ? 60 : 17);
        add_udp(&b, 1, 2, 0);
        assert_int_equal(decode_whole(&b, RAW, &packet), headers <= IP_EXTENSIONS_MAX ? PP_DECODED : PP_TOO_DEEP);
    }
}

static void tunnels_have_a_limit(void **state)
{
    (void)state;
    for (unsigned tunnels = TUNNELS_MAX; tunnels <= TUNNELS_MAX + 1; tunnels++) {
        struct bytes b = {.size = 0};
        struct pp_packet packet;
        for (unsigned i = 0; i < tunnels; i++) add_ipv4(&b, 4, (tunnels - i) * 20 + 8);
        add_ipv4(&b, 17, 8);
        add_udp(&b, 1, 2, 0);
        assert_int_equal(decode_cut(&b, b.size, RAW, true, &packet), tunnels <= TUNNELS_MAX ? PP_DECODED : PP_TOO_DEEP);
        assert_int_equal(decode_cut(&b, b.size, RAW, false, &packet), PP_OTHER_PROTOCOL);
        assert_true(packet.marks & PP_MARK_TUNNEL);
    }
}

static void a_packet_carries_addresses_ports_flags_and_time(void **state)
{
    (void)state;
    struct bytes b = {.size = 0};
    struct pp_packet packet;
    add_ipv4(&b, 6, 20);
    add_tcp(&b, 1024, 3144, PP_SYN | PP_ACK);
    struct pp_frame frame = frame_of(&b, RAW);
    frame.time_ns = 123456789;
    frame.number = 42;
    frame.capture = 3;
    assert_int_equal(pp_decode(&frame, NULL, &packet), PP_DECODED);
    static const uint8_t source[16] = {10, 0, 0, 1}, destination[16] = {10, 0, 0, 2};
    assert_memory_equal(packet.source, source, 16);
    assert_memory_equal(packet.destination, destination, 16);
    assert_int_equal(packet.family, PP_IPV4);
    assert_int_equal(packet.transport, PP_TCP);
    assert_int_equal(packet.tcp_flags, PP_SYN | PP_ACK);
    assert_int_equal(packet.time_ns, 123456789);
    assert_int_equal(packet.frame, 42);
    assert_int_equal(packet.capture, 3);
    assert_int_equal(packet.marks, 0);
}

/* total length: what the IPv4 header says; the segment is 20 bytes and 5 of payload. */
static void ipv4_total_length_decides(void **state)
{
    (void)state;
    static const struct {
        unsigned total;
        enum pp_decoded result;
        bool payload;
    } lengths[] = {{45, PP_DECODED, true},    {0, PP_DECODED, true},     {65535, PP_DECODED, true},
                   {40, PP_DECODED, false},   {24, PP_DECODED, false},   {23, PP_MALFORMED, false},
                   {20, PP_MALFORMED, false}, {19, PP_MALFORMED, false}, {1, PP_MALFORMED, false}};
    for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
        struct bytes b = {.size = 0};
        struct pp_packet packet;
        add_ipv4(&b, 6, 25);
        b.at[2] = (uint8_t)(lengths[i].total >> 8);
        b.at[3] = (uint8_t)lengths[i].total;
        add_tcp(&b, 1, 2, 0);
        add(&b, "hello", 5);
        assert_int_equal(decode_whole(&b, RAW, &packet), lengths[i].result);
        assert_int_equal(!!(packet.marks & PP_MARK_PAYLOAD), lengths[i].payload);
    }
}

static void header_lengths_below_five_words_are_malformed(void **state)
{
    (void)state;
    for (uint8_t words = 0; words < 16; words++) {
        struct bytes b = {.size = 0};
        struct pp_packet packet;
        add_ipv4(&b, 17, 60);
        b.at[0] = (uint8_t)(0x40 | words);
        add_zeros(&b, 60);
        assert_int_equal(decode_whole(&b, RAW, &packet), words < 5 ? PP_MALFORMED : PP_DECODED);
    }
}

static void a_jumbogram_goes_to_the_end_of_the_frame(void **state)
{
    (void)state;
    struct bytes b = {.size = 0};
    struct pp_packet packet;
    add_ipv6(&b, 0, 0);
    add(&b, "\x11\0\xc2\x04\0\x01\0\0", 8);
    add_udp(&b, 1, 2, 0);
    add_zeros(&b, 100);
    assert_int_equal(decode_whole(&b, RAW, &packet), PP_DECODED);
    assert_true(packet.marks & PP_MARK_PAYLOAD);
}

static void ipv4_fragments_have_ports_in_the_first_only(void **state)
{
    (void)state;
    static const struct {
        unsigned protocol, place;
        enum pp_decoded result;
        bool first;
        uint32_t id;
    } fragments[] = {{17, 0x2000, PP_DECODED, true, 777},        {17, 0x2001, PP_LATER_FRAGMENT, false, 777},
                     {6, 0x0001, PP_LATER_FRAGMENT, false, 777}, {17, 0x4000, PP_DECODED, false, 0},
                     {1, 0x2001, PP_OTHER_PROTOCOL, false, 777}, {47, 0x0005, PP_OTHER_PROTOCOL, false, 777}};
    for (size_t i = 0; i < sizeof fragments / sizeof *fragments; i++) {
        struct bytes b = {.size = 0};
        struct pp_packet packet;
        add_ipv4_fragment(&b, fragments[i].protocol, 8, 777, fragments[i].place);
        add_udp(&b, 1, 2, 0);
        assert_int_equal(decode_whole(&b, RAW, &packet), fragments[i].result);
        assert_int_equal(!!(packet.marks & PP_MARK_FIRST_FRAGMENT), fragments[i].first);
        assert_int_equal(packet.datagram_id, fragments[i].id);
        assert_int_equal(packet.transport, fragments[i].protocol);
        if (fragments[i].result == PP_LATER_FRAGMENT) assert_int_equal(packet.source_port, 0);
    }
}

static void ipv6_fragments_carry_their_identification(void **state)
{
    (void)state;
    static const struct {
        unsigned next, place;
        enum pp_decoded result;
        uint32_t id;
    } fragments[] = {{17, 0, PP_DECODED, 0},
                     {17, 1, PP_DECODED, 0xfeedbeef},
                     {17, 8, PP_LATER_FRAGMENT, 0xfeedbeef},
                     {58, 9, PP_OTHER_PROTOCOL, 0xfeedbeef}};
    for (size_t i = 0; i < sizeof fragments / sizeof *fragments; i++) {
        struct bytes b = {.size = 0};
        struct pp_packet packet;
        add_ipv6(&b, 44, 16);
        add_be16(&b, fragments[i].next << 8);
        add_be16(&b, fragments[i].place);
        add_be32(&b, 0xfeedbeef);
        add_udp(&b, 1, 2, 0);
        assert_int_equal(decode_whole(&b, RAW, &packet), fragments[i].result);
        assert_int_equal(packet.datagram_id, fragments[i].id);
        assert_int_equal(!!(packet.marks & PP_MARK_FIRST_FRAGMENT), fragments[i].place == 1);
    }
}

static void a_tiny_first_fragment_has_ports_and_no_flags(void **state)
{
    (void)state;
    struct bytes b = {.size = 0};
    struct pp_packet packet;
    add_ipv4_fragment(&b, 6, 8, 5, 0x2000);
    add_tcp(&b, 1, 2, PP_SYN); /* the twelve bytes after the first eight are no part of the datagram */
    assert_int_equal(decode_whole(&b, RAW, &packet), PP_DECODED);
    assert_int_equal(packet.tcp_flags, 0);
    assert_int_equal(packet.marks, PP_MARK_NO_FLAGS | PP_MARK_FIRST_FRAGMENT);
}

static void a_tcp_header_shorter_than_itself_keeps_only_its_ports(void **state)
{
    (void)state;
    for (uint8_t words = 0; words < 16; words++) {
        struct bytes b = {.size = 0};
        struct pp_packet packet;
        add_ipv4(&b, 6, 20);
        add_tcp(&b, 1, 2, PP_SYN);
        b.at[32] = (uint8_t)(words << 4);
        assert_int_equal(decode_whole(&b, RAW, &packet), PP_DECODED);
        assert_int_equal(packet.tcp_flags, words < 5 ? 0 : PP_SYN);
    }
}

static void the_port_announced_by_rsh_and_rexec_is_read(void **state)
{
    (void)state;
    static const struct {
        unsigned destination;
        const char *payload;
        size_t size;
        unsigned port;
    } sessions[] = {{514, "1022", 5, 1022}, {512, "65535", 6, 65535}, {514, "0", 2, 0},    {514, "65536", 6, 0},
                    {514, "", 1, 0},        {514, "1022", 4, 0},      {514, "10x2", 5, 0}, {513, "1022", 5, 0},
                    {514, "123456", 7, 0},  {514, "7\0user", 7, 7},   {514, "99999", 6, 0}};
    for (size_t i = 0; i < sizeof sessions / sizeof *sessions; i++) {
        struct bytes b = {.size = 0};
        struct pp_packet packet;
        add_ipv4(&b, 6, 20 + sessions[i].size);
        add_tcp(&b, 1023, sessions[i].destination, PP_ACK | PP_PSH);
        add(&b, sessions[i].payload, sessions[i].size);
        assert_int_equal(decode_whole(&b, RAW, &packet), PP_DECODED);
        assert_int_equal(packet.callback_port, sessions[i].port);
    }
}

static void add_icmp(struct bytes *b, bool six, unsigned type, unsigned code, size_t quote)
{
    if (six)
        add_ipv6(b, 58, 8 + quote);
    else
        add_ipv4(b, 1, 8 + quote);
    add(b, (uint8_t[]){(uint8_t)type, (uint8_t)code, 0, 0, 0, 0, 0, 0}, 8);
}

static void an_icmp_error_becomes_the_packet_it_quotes(void **state)
{
    (void)state;
    struct bytes b = {.size = 0};
    struct pp_packet packet;
    add_icmp(&b, false, 3, 13, 40);
    b.at[15] = 99; /* the carrier comes from 10.0.0.99 */
    add_ipv4(&b, 6, 20);
    add_tcp(&b, 40001, 389, PP_SYN);
    for (size_t captured = 0; captured <= b.size; captured++) {
        enum pp_decoded result = decode_cut(&b, captured, RAW, false, &packet);
        assert_int_equal(result, captured < b.ports_end ? PP_TRUNCATED : PP_ICMP_ERROR);
        if (result != PP_ICMP_ERROR) continue;
        assert_int_equal(packet.icmp_type << 8 | packet.icmp_code, 0x030d);
        assert_int_equal(packet.icmp_sender[3], 99);
        assert_int_equal(packet.icmp_family, PP_IPV4);
        assert_int_equal(packet.source[3], 1);
        assert_int_equal(packet.source_port, 40001);
        assert_int_equal(packet.destination_port, 389);
        assert_int_equal(packet.transport, PP_TCP);
        bool flags = captured >= b.ports_end + 10;
        assert_int_equal(packet.tcp_flags, flags ? PP_SYN : 0);
        assert_int_equal(!!(packet.marks & PP_MARK_NO_FLAGS), !flags);
    }
}

static void a_quote_may_have_options_or_extension_headers(void **state)
{
    (void)state;
    struct pp_packet packet;
    struct bytes b = {.size = 0};
    add_icmp(&b, true, 1, 4, 56);
    add_ipv6(&b, 0, 16 + 1000);
    add_extension(&b, 17);
    add_udp(&b, 500, 161, 1000);
    assert_int_equal(decode_whole(&b, RAW, &packet), PP_ICMP_ERROR);
    assert_int_equal(packet.destination_port, 161);
    assert_int_equal(packet.icmp_family, PP_IPV6);
    for (unsigned type = 11; type <= 12; type++) { /* time exceeded, parameter problem */
        struct bytes c = {.size = 0};
        add_icmp(&c, false, type, 0, 32);
        size_t quote = c.size;
        add_ipv4(&c, 17, 100);
        c.at[quote] = 0x46;
        add_zeros(&c, 4);
        add_udp(&c, 500, 162, 88);
        assert_int_equal(decode_whole(&c, RAW, &packet), PP_ICMP_ERROR);
        assert_int_equal(packet.destination_port, 162);
        assert_int_equal(packet.icmp_type, type);
    }
}

static void other_icmp_and_other_quotes_are_other_protocols(void **state)
{
    (void)state;
    static const struct {
        unsigned type, protocol, place;
        size_t quote;
    } cases[] = {{8, 17, 0, 28}, {5, 17, 0, 28}, {3, 1, 0, 28}, {3, 17, 3, 28}, {3, 17, 0, 23}, {3, 17, 0, 19}, {3, 17, 0, 0}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct bytes b = {.size = 0};
        struct pp_packet packet;
        add_icmp(&b, false, cases[i].type, 3, cases[i].quote);
        add_ipv4_fragment(&b, cases[i].protocol, 8, 1, cases[i].place);
        add_udp(&b, 1, 2, 0);
        b.size = 28 + cases[i].quote;
        assert_int_equal(decode_whole(&b, RAW, &packet), PP_OTHER_PROTOCOL);
        assert_int_equal(packet.source_port, 0);
    }
}

/* -- tunnels, each around Ethernet or IP with a TCP segment from 40000 to 5307 -- */

static void inner(struct bytes *b)
{
    add_ipv4(b, 6, 20);
    add_tcp(b, 40000, 5307, PP_SYN);
}
static void inner_frame(struct bytes *b) { add_ethernet(b, 0x0800), inner(b); }
static void ip_in_ip(struct bytes *b) { add_ipv4(b, 4, 40), inner(b); }
static void ipv4_in_ipv6(struct bytes *b) { add_ipv6(b, 4, 40), inner(b); }
static void ipv6_in_ipv4(struct bytes *b) { add_ipv4(b, 41, 60), add_ipv6(b, 6, 20), add_tcp(b, 40000, 5307, PP_SYN); }
static void gre(struct bytes *b) { add_ipv4(b, 47, 44), add(b, "\0\0\x08\0", 4), inner(b); }
static void gre_all(struct bytes *b) { add_ipv4(b, 47, 56), add(b, "\xb0\0\x08\0", 4), add_zeros(b, 12), inner(b); }
static void gre_bridged(struct bytes *b) { add_ipv4(b, 47, 58), add(b, "\0\0\x65\x58", 4), inner_frame(b); }
static void pptp(struct bytes *b)
{
    add_ipv4(b, 47, 60);
    add(b, "\x30\x81\x88\x0b\0\x2c\0\x01\0\0\0\x01\0\0\0\x01", 16);
    add(b, "\xff\x03\0\x21", 4);
    inner(b);
}
static void erspan1(struct bytes *b) { add_ipv4(b, 47, 58), add(b, "\0\0\x88\xbe", 4), inner_frame(b); }
static void erspan2(struct bytes *b) { add_ipv4(b, 47, 70), add(b, "\x10\0\x88\xbe", 4), add_zeros(b, 12), inner_frame(b); }
static void erspan3(struct bytes *b)
{
    add_ipv4(b, 47, 82);
    add(b, "\x10\0\x22\xeb", 4), add_zeros(b, 4 + 11), add(b, "\x01", 1), add_zeros(b, 8);
    inner_frame(b);
}
static void vxlan(struct bytes *b)
{
    add_ipv4(b, 17, 70), add_udp(b, 50000, 4789, 62);
    add(b, "\x08\0\0\0\0\0\x01\0", 8);
    inner_frame(b);
}
static void geneve(struct bytes *b)
{
    add_ipv4(b, 17, 66), add_udp(b, 50000, 6081, 58);
    add(b, "\x01\0\x65\x58\0\0\x01\0\0\0\0\0", 12);
    inner_frame(b);
}
static void geneve_ip(struct bytes *b)
{
    add_ipv4(b, 17, 56), add_udp(b, 50000, 6081, 48);
    add(b, "\0\0\x08\0\0\0\x01\0", 8);
    inner(b);
}

static const struct tunnel_case {
    const char *name;
    void (*build)(struct bytes *);
    bool datagram; /* seen from outside: UDP, not another protocol */
} tunnel_cases[] = {
    {"IP in IP", ip_in_ip, false},       {"IPv4 in IPv6", ipv4_in_ipv6, false}, {"6in4", ipv6_in_ipv4, false}, {"GRE", gre, false},
    {"GRE with all", gre_all, false},    {"bridged GRE", gre_bridged, false},   {"PPTP", pptp, false},         {"ERSPAN I", erspan1, false},
    {"ERSPAN II", erspan2, false},       {"ERSPAN III", erspan3, false},        {"VXLAN", vxlan, true},        {"Geneve", geneve, true},
    {"Geneve with IP", geneve_ip, true},
};

static void tunnels_are_marked_and_entered_only_when_asked(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof tunnel_cases / sizeof *tunnel_cases; i++) {
        const struct tunnel_case *c = &tunnel_cases[i];
        struct bytes b = {.size = 0};
        struct pp_packet packet;
        c->build(&b);
        enum pp_decoded outside = c->datagram ? PP_DECODED : PP_OTHER_PROTOCOL;
        assert_int_equal(decode_whole(&b, RAW, &packet), outside);
        assert_true(packet.marks & PP_MARK_TUNNEL);
        for (size_t captured = 0; captured <= b.size; captured++) {
            enum pp_decoded result = decode_cut(&b, captured, RAW, true, &packet);
            bool reached = captured >= b.ports_end;
            if (packet.destination_port == 5307 ? !reached : reached) fail_msg("%s cut at %zu", c->name, captured);
            if (reached)
                assert_int_equal(result, PP_DECODED);
            else
                assert_true(result == outside || result == PP_TRUNCATED);
            if (!reached && result == outside) assert_true(packet.marks & PP_MARK_HEADER_CUT || packet.family);
        }
    }
}

static void what_only_looks_like_a_tunnel_stays_what_it_is(void **state)
{
    (void)state;
    struct pp_packet packet;
    struct bytes b = {.size = 0};
    vxlan(&b);
    b.at[28] = 0; /* no network identifier: not VXLAN */
    assert_int_equal(decode_cut(&b, b.size, RAW, true, &packet), PP_DECODED);
    assert_int_equal(packet.destination_port, 4789);
    assert_false(packet.marks & PP_MARK_TUNNEL);
    struct bytes routed = {.size = 0};
    gre(&routed);
    routed.at[20] = 0x40; /* source routes: stop */
    assert_int_equal(decode_cut(&routed, routed.size, RAW, true, &packet), PP_OTHER_PROTOCOL);
    assert_int_equal(packet.transport, 47);
    struct bytes arp = {.size = 0};
    vxlan(&arp);
    arp.at[36 + 12] = 0x08, arp.at[36 + 13] = 0x06;
    assert_int_equal(decode_cut(&arp, arp.size, RAW, true, &packet), PP_DECODED);
    assert_int_equal(packet.destination_port, 4789);
}

static void results_have_names(void **state)
{
    (void)state;
    for (int i = 0; i < PP_DECODED_COUNT; i++) assert_string_not_equal(pp_decoded_name((enum pp_decoded)i), "unknown");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(stacked_vlan_tags_have_a_limit),
        cmocka_unit_test(stacked_labels_have_a_limit),
        cmocka_unit_test(extension_headers_have_a_limit),
        cmocka_unit_test(tunnels_have_a_limit),
        cmocka_unit_test(a_packet_carries_addresses_ports_flags_and_time),
        cmocka_unit_test(ipv4_total_length_decides),
        cmocka_unit_test(header_lengths_below_five_words_are_malformed),
        cmocka_unit_test(a_jumbogram_goes_to_the_end_of_the_frame),
        cmocka_unit_test(ipv4_fragments_have_ports_in_the_first_only),
        cmocka_unit_test(ipv6_fragments_carry_their_identification),
        cmocka_unit_test(a_tiny_first_fragment_has_ports_and_no_flags),
        cmocka_unit_test(a_tcp_header_shorter_than_itself_keeps_only_its_ports),
        cmocka_unit_test(the_port_announced_by_rsh_and_rexec_is_read),
        cmocka_unit_test(an_icmp_error_becomes_the_packet_it_quotes),
        cmocka_unit_test(a_quote_may_have_options_or_extension_headers),
        cmocka_unit_test(other_icmp_and_other_quotes_are_other_protocols),
        cmocka_unit_test(tunnels_are_marked_and_entered_only_when_asked),
        cmocka_unit_test(what_only_looks_like_a_tunnel_stays_what_it_is),
        cmocka_unit_test(results_have_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
