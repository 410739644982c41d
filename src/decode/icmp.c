/* ICMP (RFC 792) and ICMPv6 (RFC 4443) errors: the header they quote says which flow they are about. */
#include "walk.h"

static bool is_error(uint8_t family, unsigned type)
{
    if (family == PP_IPV6) return type >= 1 && type <= 4; /* unreachable, too big, time exceeded, parameter problem */
    return type == 3 || type == 11 || type == 12;         /* unreachable, time exceeded, parameter problem */
}

/* The quoted packet becomes the packet; its carrier's source becomes the sender of the error. */
static void write_quote(struct walk *walk, const struct ip_header *quoted, const uint8_t *ports, size_t captured)
{
    struct pp_packet *packet = walk->packet;
    memcpy(packet->icmp_sender, packet->source, sizeof packet->icmp_sender);
    packet->icmp_family = packet->family;
    memset(packet->source, 0, sizeof packet->source);
    memset(packet->destination, 0, sizeof packet->destination);
    write_addresses(packet, quoted);
    packet->source_port = load_be16(ports);
    packet->destination_port = load_be16(ports + 2);
    packet->datagram_id = quoted->datagram_id;
    packet->marks &= (uint8_t)~PP_MARK_FIRST_FRAGMENT;
    if (quoted->protocol == IP_TCP) write_tcp_flags(walk, ports, captured);
}

enum layer read_icmp(struct walk *walk)
{
    enum { PORTS = 4 };
    const uint8_t *header, *ports;
    if (!need(walk, 8, &header)) {
        return walk->result == PP_MALFORMED ? done(walk, PP_OTHER_PROTOCOL) : LAYER_DONE; /* ICMP judges nothing by itself */
    }
    if (!is_error(walk->packet->family, header[0])) return done(walk, PP_OTHER_PROTOCOL);

    /* The quote is cut by whoever sent it: only when the carrier was cut by the snap length is something unseen. */
    bool cut = walk->at.left < walk->promised;
    struct ip_header quoted;
    bool taken = walk->packet->family == PP_IPV4 ? take_ipv4(walk, &quoted) : take_ipv6(walk, &quoted);
    if (taken && (quoted.later_fragment || (quoted.protocol != IP_TCP && quoted.protocol != IP_UDP))) {
        return done(walk, PP_OTHER_PROTOCOL);
    }
    size_t captured = walk->at.left;
    if (!taken || !need(walk, PORTS, &ports)) {
        return done(walk, cut && walk->result == PP_TRUNCATED ? PP_TRUNCATED : PP_OTHER_PROTOCOL);
    }
    walk->ports = ports;
    walk->packet->icmp_type = header[0];
    walk->packet->icmp_code = header[1];
    write_quote(walk, &quoted, ports, captured);
    return done(walk, PP_ICMP_ERROR);
}
