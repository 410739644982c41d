/* TCP (RFC 9293) and UDP (RFC 768): ports, flags, whether there is payload. A packet counts as soon as both ports are there. */
#include "walk.h"

enum {
    PORTS = 4,
    UDP_HEADER = 8,
    TCP_FLAGS_AT = 13,
    TCP_HEADER = 20,
    TCP_HEADER_MAX = 60, /* the data offset counts 15 words at most */
    PORT_EXEC = 512,
    PORT_SHELL = 514,
    CALLBACK_DIGITS_MAX = 5 /* "65535" */
};

/* rexec and rsh begin with the port that the server shall connect back to, in ASCII, ended by NUL; 0 asks for none. */
static uint16_t announced_port(const uint8_t *bytes, size_t size)
{
    unsigned port = 0;
    for (size_t i = 0; i < size && i <= CALLBACK_DIGITS_MAX; i++) {
        if (bytes[i] == '\0') return i > 0 && port <= UINT16_MAX ? (uint16_t)port : 0;
        if (bytes[i] < '0' || bytes[i] > '9') return 0;
        port = port * 10 + (unsigned)(bytes[i] - '0');
    }
    return 0;
}

void write_tcp_flags(struct walk *walk, const uint8_t *segment, size_t captured)
{
    /* A header that says it is shorter than itself is not believed in anything after its ports. */
    bool there = captured > TCP_FLAGS_AT && (segment[TCP_FLAGS_AT - 1] >> 4) * 4 >= TCP_HEADER;
    if (there)
        walk->packet->tcp_flags = segment[TCP_FLAGS_AT];
    else
        walk->packet->marks |= PP_MARK_NO_FLAGS;
}

static void read_tcp(struct walk *walk, const uint8_t *segment, size_t captured, size_t promised)
{
    struct pp_packet *packet = walk->packet;
    write_tcp_flags(walk, segment, captured);
    if (captured <= TCP_FLAGS_AT && promised > TCP_FLAGS_AT) packet->marks |= PP_MARK_HEADER_CUT;
    /* With the data offset unseen, only what no header can fill is payload for sure. */
    size_t header = packet->marks & PP_MARK_NO_FLAGS ? TCP_HEADER_MAX : (size_t)(segment[TCP_FLAGS_AT - 1] >> 4) * 4;
    if (promised <= header) return;
    packet->marks |= PP_MARK_PAYLOAD;
    if ((packet->destination_port == PORT_EXEC || packet->destination_port == PORT_SHELL) && captured > header) {
        packet->callback_port = announced_port(segment + header, captured - header);
    }
}

enum layer read_transport(struct walk *walk)
{
    struct pp_packet *packet = walk->packet;
    size_t captured = walk->at.left, promised = walk->promised;
    const uint8_t *segment, *rest;
    if (!need(walk, PORTS, &segment)) return LAYER_DONE;
    walk->ports = segment;
    packet->source_port = load_be16(segment);
    packet->destination_port = load_be16(segment + 2);
    if (packet->transport == IP_TCP) {
        read_tcp(walk, segment, captured, promised);
        return done(walk, PP_DECODED);
    }
    if (promised <= UDP_HEADER) return done(walk, PP_DECODED);
    packet->marks |= PP_MARK_PAYLOAD;
    bool known = packet->destination_port == 4789 || packet->destination_port == 6081; /* VXLAN, Geneve: RFC 7348, 8926 */
    if (!known || !need(walk, UDP_HEADER - PORTS, &rest) || !udp_carries_tunnel(walk)) return done(walk, PP_DECODED);
    packet->marks |= PP_MARK_TUNNEL;
    return enter_tunnel(walk, PP_DECODED, packet->destination_port == 4789 ? LAYER_VXLAN : LAYER_GENEVE);
}
