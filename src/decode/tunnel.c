/* Tunnels, entered only when asked to: GRE with ERSPAN and PPTP in it, VXLAN, Geneve; IP in IP needs no header of its own.
 * A tunnel whose inside cannot be read falls back to the packet as seen from outside (see pp_decode). */
#include "walk.h"

enum { VXLAN_PORT = 4789 };

/* Whether the UDP payload next is what its port says: the ports are not reserved, and others use them. */
bool udp_carries_tunnel(const struct walk *walk)
{
    enum { VXLAN_HAS_NETWORK = 0x08, GENEVE_VERSION = 0xc0 };
    if (walk->at.left == 0) return walk->promised > 0; /* cut: the port is all there is to go by */
    if (walk->packet->destination_port == VXLAN_PORT) return walk->at.at[0] & VXLAN_HAS_NETWORK; /* RFC 7348 section 5 */
    return !(walk->at.at[0] & GENEVE_VERSION);
}

enum layer enter_tunnel(struct walk *walk, enum pp_decoded outside, enum layer inside)
{
    struct pp_packet *packet = walk->packet;
    if (!walk->decap) return done(walk, outside);
    if (walk->tunnels++ == TUNNELS_MAX) return done(walk, PP_TOO_DEEP);
    walk->outer = *packet;
    walk->outer_result = outside;
    walk->vlan_tags = walk->ethernets = 0;
    *packet = (struct pp_packet){
        .time_ns = packet->time_ns,
        .frame = packet->frame,
        .wire_bytes = packet->wire_bytes,
        .capture = packet->capture,
        .marks = packet->marks & (PP_MARK_TUNNEL | PP_MARK_CUT),
    };
    return inside;
}

/* Cisco's mirror of Ethernet frames: without a sequence number there is no header of its own (type I). */
static enum layer read_erspan(struct walk *walk, bool sequenced)
{
    enum { HAS_SUBHEADER = 1 };
    const uint8_t *header, *more;
    if (walk->ethertype == ETHERTYPE_ERSPAN) {
        if (sequenced && !need(walk, 8, &header)) return LAYER_DONE;
        return LAYER_ETHERNET;
    }
    if (!need(walk, 12, &header)) return LAYER_DONE;
    if ((header[11] & HAS_SUBHEADER) && !need(walk, 8, &more)) return LAYER_DONE;
    return LAYER_ETHERNET;
}

/* RFC 2784, keys and sequence numbers of RFC 2890, and version 1 of RFC 2637 (PPTP). */
enum layer read_gre(struct walk *walk)
{
    enum { CHECKSUM = 0x8000, ROUTING = 0x4000, KEY = 0x2000, SEQUENCE = 0x1000, ACKNOWLEDGE = 0x0080, VERSION = 7 };
    const uint8_t *header, *options;
    if (!need(walk, 4, &header)) return LAYER_DONE;
    unsigned flags = load_be16(header), version = flags & VERSION;
    walk->ethertype = load_be16(header + 2);
    if (flags & ROUTING || version > 1) return done(walk, PP_NOT_IP); /* source routes: deprecated by RFC 2784 */
    size_t length = 0;
    if (flags & CHECKSUM) length += 4;
    if (flags & KEY) length += 4;
    if (flags & SEQUENCE) length += 4;
    if (version == 1 && flags & ACKNOWLEDGE) length += 4;
    if (!need(walk, length, &options)) return LAYER_DONE;
    if (version == 1) {
        return walk->ethertype == ETHERTYPE_PPP && flags & SEQUENCE ? LAYER_PPP : done(walk, PP_NOT_IP);
    }
    switch (walk->ethertype) {
    case ETHERTYPE_BRIDGING: return LAYER_ETHERNET;
    case ETHERTYPE_ERSPAN:
    case ETHERTYPE_ERSPAN3: return read_erspan(walk, flags & SEQUENCE);
    default: return walk->ethertype < ETHERTYPE_MIN ? done(walk, PP_NOT_IP) : LAYER_ETHERTYPE;
    }
}

/* RFC 7348 */
enum layer read_vxlan(struct walk *walk)
{
    const uint8_t *header;
    return need(walk, 8, &header) ? LAYER_ETHERNET : LAYER_DONE;
}

/* RFC 8926 */
enum layer read_geneve(struct walk *walk)
{
    enum { OPTION_WORDS = 0x3f };
    const uint8_t *header, *options;
    if (!need(walk, 8, &header) || !need(walk, (size_t)(header[0] & OPTION_WORDS) * 4, &options)) return LAYER_DONE;
    switch (load_be16(header + 2)) {
    case ETHERTYPE_BRIDGING: return LAYER_ETHERNET;
    case ETHERTYPE_IPV4: return LAYER_IPV4;
    case ETHERTYPE_IPV6: return LAYER_IPV6;
    default: return done(walk, PP_NOT_IP);
    }
}
