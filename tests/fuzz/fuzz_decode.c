/* Any bytes as one frame of any link type: every frame ends as one of enum pp_decoded and its packet is written in full; the short way of
 * plain frames finds what the walk over the layers finds; no byte behind the headers (pp_headers_end) changes what is found;
 * and an IPv4 packet by itself, and a stack of VLAN tags, are what a reader of a page finds.
 *
 * Input: link type, options, then the frame up to the end of the input, so that the sanitizer sees the first byte read past it. */
#include "../support/plain.h"
#include "fuzz.h"

enum { DECAP = 1, FCS = 2, CUT = 4, TIMELESS = 8 };

static const uint16_t links[] = {1, 0, 9, 12, 14, 51, 101, 104, 108, 113, 228, 229, 239, 276, 50, 127};

enum { LINK_ETHERNET = 1, LINK_IPV4 = 228, TAGS_MOST = 8 };

static unsigned number(const uint8_t *at) { return (unsigned)at[0] << 8 | at[1]; }

/* An IPv4 packet of TCP or UDP with nothing before it, as a reader of a page sees it. */
static void check_ipv4(const struct pp_frame *frame, enum pp_decoded result, const struct pp_packet *packet)
{
    const uint8_t *b = frame->bytes;
    size_t there = frame->captured, behind = frame->fcs_bytes < frame->wire ? frame->wire - frame->fcs_bytes : frame->wire;
    if (there > behind) there = behind;
    if (there < 20) {
        must(result == PP_TRUNCATED);
        return;
    }
    size_t header = (b[0] & 15u) * 4, total = number(b + 2), all = total ? total : there;
    if (b[0] >> 4 != 4 || header < 20 || (total && total < header)) {
        must(result == PP_MALFORMED);
        return;
    }
    if ((b[9] != PP_TCP && b[9] != PP_UDP) || number(b + 6) & 0x1fff) return;
    if (there > all) there = all;
    if (there < header + 4) {
        must(result == (total && total < header + 4 && there >= header ? PP_MALFORMED : PP_TRUNCATED));
        return;
    }
    if (packet->marks & PP_MARK_TUNNEL) return;
    must(result == PP_DECODED && packet->source_port == number(b + header) && packet->destination_port == number(b + header + 2));
    must(memcmp(packet->source, b + 12, 4) == 0 && memcmp(packet->destination, b + 16, 4) == 0);
}

/* More VLAN tags than a limit are too deep, and nothing behind them is read. */
static void check_tags(const struct pp_frame *frame, enum pp_decoded result)
{
    size_t at = 12, tags = 0, end = frame->captured;
    if (frame->fcs_bytes) return;
    for (; at + 2 <= end; at += 4, tags++) {
        unsigned type = number(frame->bytes + at);
        if (type != 0x8100 && type != 0x88a8 && type != 0x9100) break;
    }
    if (tags > TAGS_MOST) must(result == PP_TOO_DEEP);
}

static struct pp_frame frame_of(const uint8_t *bytes, size_t size)
{
    struct pp_frame frame = {.bytes = bytes + 2,
                             .captured = (uint32_t)(size - 2),
                             .wire = (uint32_t)(size - 2),
                             .time_ns = bytes[1] & TIMELESS ? PP_NO_FIRST : 1795168800000000000,
                             .number = 1,
                             .capture = 7,
                             .link_type = links[bytes[0] % (sizeof links / sizeof *links)],
                             .fcs_bytes = bytes[1] & FCS ? 4 : 0};
    if (bytes[1] & CUT) frame.wire += (bytes[1] & 0xf0u) * 8;
    return frame;
}

static void check_plain(const struct pp_frame *frame, enum pp_decoded result, const struct pp_packet *packet)
{
    struct pp_plain_packet plain, made;
    uint16_t others[1];
    size_t other_count, plain_count = pp_decode_plain(frame, 1, &plain, others, &other_count);
    must(plain_count + other_count == 1);
    if (!plain_count) return;
    must(plain_agrees(&plain, result, packet));
    must(pp_make_plain(packet, &made));
    must(made.time_ns == plain.time_ns && made.frame == plain.frame && memcmp(made.addresses, plain.addresses, 8) == 0);
    must(made.ports[0] == plain.ports[0] && made.ports[1] == plain.ports[1] && made.wire_bytes == plain.wire_bytes);
    must(made.transport == plain.transport && made.tcp_flags == plain.tcp_flags && made.marks == plain.marks);
}

static void check_headers(struct pp_frame frame, const struct pp_decode_options *options, enum pp_decoded result,
                          const struct pp_packet *packet)
{
    size_t end = pp_headers_end(&frame, options);
    must(end <= frame.captured && (end > 0) == (result == PP_DECODED || result == PP_ICMP_ERROR));
    if (!end || packet->marks & PP_MARK_TUNNEL) return; /* whether a port is a tunnel's the payload has a say in */
    struct pp_packet again;
    frame.captured = (uint32_t)end;
    enum pp_decoded found = pp_decode(&frame, options, &again);
    if (again.marks & PP_MARK_TUNNEL) return;
    again.marks = (uint8_t)((again.marks & ~PP_MARK_CUT) | (packet->marks & PP_MARK_CUT));
    again.callback_port = packet->callback_port; /* announced in the payload */
    must(found == result && memcmp(&again, packet, sizeof again) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    if (size < 2) return 0;
    const struct pp_decode_options options = {.decap = bytes[1] & DECAP};
    const struct pp_frame frame = frame_of(bytes, size);
    struct pp_packet packet, other;
    memset(&packet, 0x55, sizeof packet);
    memset(&other, 0xaa, sizeof other);
    enum pp_decoded result = pp_decode(&frame, &options, &packet), second = pp_decode(&frame, &options, &other);
    must(result == second && (unsigned)result < PP_DECODED_COUNT && memcmp(&packet, &other, sizeof packet) == 0);
    must(packet.wire_bytes == frame.wire && packet.frame == 1 && packet.capture == 7 && packet.time_ns == frame.time_ns);
    must(result != PP_DECODED || packet.transport == PP_TCP || packet.transport == PP_UDP);
    must(!(packet.marks & PP_MARK_CUT) == (frame.captured >= frame.wire));
    if (frame.link_type == LINK_IPV4) check_ipv4(&frame, result, &packet);
    if (frame.link_type == LINK_ETHERNET) check_tags(&frame, result);
    check_plain(&frame, result, &packet);
    check_headers(frame, &options, result, &packet);
    return 0;
}
