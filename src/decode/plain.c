/* Nine frames of ten: Ethernet, IPv4 without options or fragments, TCP or UDP, whole as far as anything is read. Everything here is
 * what the walk in decode.c finds, layer by layer (tests/unit/test_decode.c compares them on every kind of frame, cut at every
 * byte); whatever is in the least out of the ordinary is left to it. */
#include <string.h>

#include "walk.h"

enum {
    ETHERNET = 1, /* LINKTYPE_ETHERNET */
    IP = 14,
    SEGMENT = IP + 20,
    UDP_TOTAL = 20 + 8, /* least total length */
    TCP_TOTAL = 20 + 20,
    WHOLE = IP + TCP_TOTAL,          /* captured bytes that all of this looks at */
    ETHERTYPE_IPV4_PLAIN = 0x080045, /* EtherType, version 4, five words of header */
    FRAGMENTED = 0x3fff,             /* more fragments, or an offset */
    PORT_EXEC = 512,                 /* rexec and rsh announce a port to call back */
    PORT_SHELL = 514,
    PORT_VXLAN = 4789,
    PORT_GENEVE = 6081,
};

/* One test at the end instead of many on the way: which transport comes next is anybody's guess, the processor's too. */
static inline bool read_plain(const struct pp_frame *frame, struct pp_plain_packet *packet)
{
    const uint8_t *b = frame->bytes;
    if (frame->link_type != ETHERNET || frame->captured < WHOLE || frame->fcs_bytes || frame->time_ns == PP_NO_FIRST) return false;
    unsigned total = load_be16(b + IP + 2), protocol = b[IP + 9], port = load_be16(b + SEGMENT + 2);
    unsigned tcp = protocol == IP_TCP, udp = protocol == IP_UDP; /* numbers, since they are combined as bits */
    unsigned plain_tcp = tcp & (total >= TCP_TOTAL) & (b[SEGMENT + 12] >= 5 << 4) & (port != PORT_EXEC) & (port != PORT_SHELL);
    unsigned plain_udp = udp & (total >= UDP_TOTAL) & (port != PORT_VXLAN) & (port != PORT_GENEVE);
    unsigned whole = !(load_be16(b + IP + 6) & FRAGMENTED), plain_ip = whole & (load_be32(b + IP - 2) >> 8 == ETHERTYPE_IPV4_PLAIN);
    packet->time_ns = frame->time_ns;
    packet->frame = (uint64_t)frame->capture << 48 | frame->number;
    memcpy(packet->addresses, b + IP + 12, sizeof packet->addresses);
    packet->ports[0] = load_be16(b + SEGMENT);
    packet->ports[1] = (uint16_t)port;
    packet->wire_bytes = frame->wire;
    packet->transport = (uint8_t)protocol;
    packet->tcp_flags = (uint8_t)(b[SEGMENT + 13] & -(int)tcp);
    packet->marks =
        (uint8_t)((b[0] & 1) * PP_MARK_LINK_GROUP + (frame->captured < frame->wire) * PP_MARK_CUT); /* group bit: IEEE 802 section 8.2 */
    return plain_ip & (plain_tcp | plain_udp);
}

bool pp_make_plain(const struct pp_packet *packet, struct pp_plain_packet *plain)
{
    const unsigned kept = PP_MARK_LINK_GROUP | PP_MARK_CUT;
    if (packet->family != PP_IPV4 || packet->marks & ~(kept | PP_MARK_PAYLOAD) || packet->callback_port || packet->time_ns == PP_NO_FIRST)
        return false;
    *plain = (struct pp_plain_packet){.time_ns = packet->time_ns,
                                      .frame = (uint64_t)packet->capture << 48 | packet->frame,
                                      .ports = {packet->source_port, packet->destination_port},
                                      .wire_bytes = packet->wire_bytes,
                                      .transport = packet->transport,
                                      .tcp_flags = packet->tcp_flags,
                                      .marks = (uint8_t)(packet->marks & kept)};
    memcpy(plain->addresses, packet->source, 4);
    memcpy(plain->addresses + 4, packet->destination, 4);
    return true;
}

size_t pp_decode_plain(const struct pp_frame *frames, size_t count, struct pp_plain_packet *packets, uint16_t *others, size_t *other_count)
{
    size_t plain = 0, other = 0;
    for (size_t i = 0; i < count; i++) {
        if (read_plain(&frames[i], &packets[plain]))
            plain++;
        else
            others[other++] = (uint16_t)i;
    }
    *other_count = other;
    return plain;
}
