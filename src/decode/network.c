/* IPv4 (RFC 791) and IPv6 (RFC 8200) with its extension headers. */
#include "walk.h"

enum { IPV4_HEADER = 20, IPV6_HEADER = 40 };

static bool fail(struct walk *walk, enum pp_decoded result)
{
    walk->result = result;
    return false;
}

/* RFC 8200 section 4.5. The ports are in the fragment at offset zero only; one that has no others is whole (RFC 6946). */
static bool take_fragment_header(struct walk *walk, struct ip_header *ip)
{
    enum { MORE = 1 };
    const uint8_t *header;
    if (!need(walk, 8, &header)) return false;
    unsigned place = load_be16(header + 2);
    ip->protocol = header[0];
    ip->later_fragment = place >> 3;
    if (!ip->later_fragment && !(place & MORE)) return true;
    ip->first_fragment = !ip->later_fragment;
    ip->datagram_id = load_be32(header + 4);
    return true;
}

/* One header of the kind that says its own length; AH counts in other units (RFC 4302 section 2.2). */
static bool take_extension(struct walk *walk, struct ip_header *ip)
{
    const uint8_t *header, *rest;
    if (!need(walk, 8, &header)) return false;
    size_t length = ip->protocol == IP_AUTHENTICATION ? ((size_t)header[1] + 2) * 4 : ((size_t)header[1] + 1) * 8;
    ip->protocol = header[0];
    return need(walk, length - 8, &rest);
}

/* Follow the chain of extension headers until a transport, or until a later fragment ends what can be read. */
static bool take_extensions(struct walk *walk, struct ip_header *ip)
{
    for (unsigned headers = 0;; headers++) {
        switch (ip->protocol) {
        case IP_FRAGMENT:
        case IP_HOP_BY_HOP:
        case IP_ROUTING:
        case IP_AUTHENTICATION:
        case IP_DESTINATION_OPTIONS:
        case IP_MOBILITY:
        case IP_HIP:
        case IP_SHIM6: break;
        default: return true;
        }
        if (headers == IP_EXTENSIONS_MAX) return fail(walk, PP_TOO_DEEP);
        if (!(ip->protocol == IP_FRAGMENT ? take_fragment_header(walk, ip) : take_extension(walk, ip))) return false;
        if (ip->later_fragment) return true;
    }
}

bool take_ipv4(struct walk *walk, struct ip_header *ip)
{
    enum { MORE = 0x2000, OFFSET = 0x1fff };
    const uint8_t *header, *options;
    if (!need(walk, IPV4_HEADER, &header)) return false;
    size_t length = (size_t)(header[0] & 15) * 4, total = load_be16(header + 2);
    if (header[0] >> 4 != 4 || length < IPV4_HEADER) return fail(walk, PP_MALFORMED);
    unsigned place = load_be16(header + 6);
    *ip = (struct ip_header){.source = header + 12, .destination = header + 16, .family = PP_IPV4, .protocol = header[9]};
    if (place & (OFFSET | MORE)) {
        ip->later_fragment = place & OFFSET;
        ip->first_fragment = !ip->later_fragment;
        ip->datagram_id = load_be16(header + 4);
    }
    /* Zero: segmentation left to the hardware, or a datagram above 64 KiB on its way to it; then all that there is. */
    if (total != 0) {
        if (total < length) return fail(walk, PP_MALFORMED);
        promise(walk, total - IPV4_HEADER);
    }
    if (length > IPV4_HEADER && !need(walk, length - IPV4_HEADER, &options)) return false;
    if (ip->protocol == IP_AUTHENTICATION && !ip->later_fragment) return take_extension(walk, ip);
    return true;
}

bool take_ipv6(struct walk *walk, struct ip_header *ip)
{
    const uint8_t *header;
    if (!need(walk, IPV6_HEADER, &header)) return false;
    if (header[0] >> 4 != 6) return fail(walk, PP_MALFORMED);
    *ip = (struct ip_header){.source = header + 8, .destination = header + 24, .family = PP_IPV6, .protocol = header[6]};
    size_t length = load_be16(header + 4);
    if (length != 0) promise(walk, length); /* zero: a jumbogram (RFC 2675) or segmentation left to the hardware */
    return take_extensions(walk, ip);
}

void write_addresses(struct pp_packet *packet, const struct ip_header *ip)
{
    if (ip->family == PP_IPV4) { /* the rest of the fields is zero already: pp_decode and enter_tunnel see to it */
        memcpy(packet->source, ip->source, 4);
        memcpy(packet->destination, ip->destination, 4);
    } else {
        memcpy(packet->source, ip->source, 16);
        memcpy(packet->destination, ip->destination, 16);
    }
    packet->family = ip->family;
    packet->transport = ip->protocol;
}

/* What follows the network header, once the packet knows its addresses. */
static enum layer after_ip(struct walk *walk, const struct ip_header *ip)
{
    struct pp_packet *packet = walk->packet;
    packet->datagram_id = ip->datagram_id;
    if (ip->first_fragment) packet->marks |= PP_MARK_FIRST_FRAGMENT;
    bool judged = ip->protocol == IP_TCP || ip->protocol == IP_UDP;
    if (ip->later_fragment) {
        if (judged && walk->promised > 0) packet->marks |= PP_MARK_PAYLOAD;
        return done(walk, judged ? PP_LATER_FRAGMENT : PP_OTHER_PROTOCOL);
    }
    if (judged) return LAYER_TRANSPORT;
    if (ip->protocol == (ip->family == PP_IPV4 ? IP_ICMP : IP_ICMPV6)) return LAYER_ICMP;
    enum layer inside = ip->protocol == IP_GRE    ? LAYER_GRE
                        : ip->protocol == IP_IPV4 ? LAYER_IPV4
                        : ip->protocol == IP_IPV6 ? LAYER_IPV6
                                                  : LAYER_DONE;
    if (inside == LAYER_DONE) return done(walk, PP_OTHER_PROTOCOL);
    packet->marks |= PP_MARK_TUNNEL;
    return enter_tunnel(walk, PP_OTHER_PROTOCOL, inside);
}

enum layer read_ipv4(struct walk *walk)
{
    struct ip_header ip = {.family = 0};
    bool whole = take_ipv4(walk, &ip);
    if (ip.family) write_addresses(walk->packet, &ip); /* known even when an option or extension was cut */
    return whole ? after_ip(walk, &ip) : LAYER_DONE;
}

enum layer read_ipv6(struct walk *walk)
{
    struct ip_header ip = {.family = 0};
    bool whole = take_ipv6(walk, &ip);
    if (ip.family) write_addresses(walk->packet, &ip);
    return whole ? after_ip(walk, &ip) : LAYER_DONE;
}

enum layer read_ip(struct walk *walk)
{
    if (walk->at.left == 0) return done(walk, shortage(walk, 1));
    switch (walk->at.at[0] >> 4) {
    case 4: return LAYER_IPV4;
    case 6: return LAYER_IPV6;
    default: return done(walk, PP_MALFORMED);
    }
}
