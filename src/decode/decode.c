/* The loop over the layers of a frame; see walk.h for how they hand over to each other. */
#include "walk.h"

static inline enum layer read_layer(struct walk *walk, enum layer layer)
{
    switch (layer) {
    case LAYER_ETHERNET: return read_ethernet(walk);
    case LAYER_COOKED: return read_cooked(walk);
    case LAYER_COOKED2: return read_cooked2(walk);
    case LAYER_NULL: return read_null(walk);
    case LAYER_NFLOG: return read_nflog(walk);
    case LAYER_C_HDLC: return read_c_hdlc(walk);
    case LAYER_PPP: return read_ppp(walk);
    case LAYER_PPPOE: return read_pppoe(walk);
    case LAYER_ETHERTYPE: return read_ethertype(walk);
    case LAYER_LLC: return read_llc(walk);
    case LAYER_VLAN: return read_vlan(walk);
    case LAYER_MPLS: return read_mpls(walk);
    case LAYER_BACKBONE: return read_backbone(walk);
    case LAYER_IP: return read_ip(walk);
    case LAYER_IPV4: return read_ipv4(walk);
    case LAYER_IPV6: return read_ipv6(walk);
    case LAYER_TRANSPORT: return read_transport(walk);
    case LAYER_ICMP: return read_icmp(walk);
    case LAYER_GRE: return read_gre(walk);
    case LAYER_VXLAN: return read_vxlan(walk);
    case LAYER_GENEVE: return read_geneve(walk);
    case LAYER_DONE:
    case LAYER_COUNT: break;
    }
    return LAYER_DONE;
}

/* The inside of a tunnel that is no IP, or is cut or broken, leaves the frame as it looks from outside. */
static void fall_back(struct walk *walk)
{
    bool cut = walk->result == PP_TRUNCATED;
    if (!cut && walk->result != PP_NOT_IP && walk->result != PP_MALFORMED) return;
    *walk->packet = walk->outer;
    walk->result = walk->outer_result;
    if (cut) walk->packet->marks |= PP_MARK_HEADER_CUT;
}

/* In three pieces, each a few vector stores: the whole at once makes gcc use `rep stos`, which is slow to start. */
static inline void clear(struct pp_packet *packet)
{
    enum { PIECE = sizeof *packet / 3 };
    _Static_assert(sizeof *packet == 96, "a packet is three pieces of 32 bytes, one and a half cache lines");
    memset(packet, 0, PIECE);
    memset((char *)packet + PIECE, 0, PIECE);
    memset((char *)packet + 2 * PIECE, 0, PIECE);
}

/* Nine frames of ten: Ethernet, IPv4 without options or fragments, TCP or UDP, whole as far as anything is read. Everything
 * here is what the walk below would find, layer by layer (tests/unit/test_decode.c compares them on every kind of frame);
 * whatever is in the least out of the ordinary is left to it. Returns false then. */
static inline bool decode_plain(const struct pp_frame *frame, struct pp_packet *packet)
{
    enum { ETHERNET = 1, IP = 14, SEGMENT = IP + 20, TCP_WHOLE = SEGMENT + 20, UDP_WHOLE = SEGMENT + 8, FRAGMENTED = 0x3fff };
    const uint8_t *b = frame->bytes;
    if (frame->link_type != ETHERNET || frame->captured < UDP_WHOLE || frame->fcs_bytes) return false;
    if (load_be32(b + 12) >> 8 != 0x080045 || load_be16(b + IP + 6) & FRAGMENTED) return false;
    unsigned total = load_be16(b + IP + 2), protocol = b[IP + 9], port = load_be16(b + SEGMENT + 2), header;
    if (protocol == IP_TCP) {
        if (frame->captured < TCP_WHOLE || total < 40 || port == 512 || port == 514) return false;
        header = (b[SEGMENT + 12] >> 4) * 4u;
        if (header < 20) return false;
        packet->tcp_flags = b[SEGMENT + 13];
    } else {
        if (protocol != IP_UDP || total < 28 || port == 4789 || port == 6081) return false;
        header = 8;
    }
    memcpy(packet->source, b + IP + 12, 4);
    memcpy(packet->destination, b + IP + 16, 4);
    packet->source_port = load_be16(b + SEGMENT);
    packet->destination_port = (uint16_t)port;
    packet->family = PP_IPV4;
    packet->transport = (uint8_t)protocol;
    packet->marks |= (uint8_t)((b[0] & 1 ? PP_MARK_LINK_GROUP : 0) | (total - 20 > header ? PP_MARK_PAYLOAD : 0));
    return true;
}

static inline void begin_packet(const struct pp_frame *frame, struct pp_packet *packet)
{
    clear(packet);
    packet->time_ns = frame->time_ns;
    packet->frame = frame->number;
    packet->wire_bytes = frame->wire;
    packet->capture = frame->capture;
    packet->marks = frame->captured < frame->wire ? PP_MARK_CUT : 0;
}

enum pp_decoded pp_decode(const struct pp_frame *frame, const struct pp_decode_options *options, struct pp_packet *packet)
{
    begin_packet(frame, packet);
    return decode_plain(frame, packet) ? PP_DECODED : decode_walk(frame, options, packet);
}

enum pp_decoded decode_walk(const struct pp_frame *frame, const struct pp_decode_options *options, struct pp_packet *packet)
{
    begin_packet(frame, packet);
    enum layer layer = link_first_layer(frame->link_type);
    if (layer == LAYER_DONE) return PP_UNSUPPORTED_LINK;

    struct walk walk; /* not zeroed: the saved outer packet is large, and written before it is read */
    walk.at = (struct cursor){frame->bytes, frame->captured};
    walk.promised = frame->wire > frame->captured ? frame->wire : frame->captured;
    walk.packet = packet;
    walk.result = PP_MALFORMED;
    walk.ethertype = 0;
    walk.vlan_tags = walk.ethernets = walk.tunnels = 0;
    walk.bounded = false;
    walk.decap = options && options->decap;
    if (frame->fcs_bytes < walk.promised) {
        walk.promised -= frame->fcs_bytes;
        limit(&walk.at, walk.promised);
    }

    while (layer != LAYER_DONE) layer = read_layer(&walk, layer);

    if (walk.tunnels > 0) fall_back(&walk);
    if (walk.result == PP_TRUNCATED) packet->marks |= PP_MARK_HEADER_CUT;
    return walk.result;
}
