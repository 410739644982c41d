/* The loop over the layers of a frame; see walk.h for how they hand over to each other, and plain.c for the frames that need no
 * loop. */
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
    _Static_assert(sizeof *packet == 96 || sizeof(void *) < 8, "a packet is three pieces of 32 bytes, one and a half cache lines");
    memset(packet, 0, PIECE);
    memset((char *)packet + PIECE, 0, PIECE);
    memset((char *)packet + 2 * PIECE, 0, sizeof *packet - 2 * PIECE);
}

static inline enum pp_decoded walk_frame(const struct pp_frame *frame, const struct pp_decode_options *options, struct pp_packet *packet,
                                         const uint8_t **ports)
{
    clear(packet);
    packet->time_ns = frame->time_ns;
    packet->frame = frame->number;
    packet->wire_bytes = frame->wire;
    packet->capture = frame->capture;
    packet->marks = frame->captured < frame->wire ? PP_MARK_CUT : 0;
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
    walk.ports = NULL;
    walk.decap = options && options->decap;
    if (frame->fcs_bytes < walk.promised) {
        walk.promised -= frame->fcs_bytes;
        limit(&walk.at, walk.promised);
    }

    while (layer != LAYER_DONE) layer = read_layer(&walk, layer);

    if (walk.tunnels > 0) fall_back(&walk);
    if (walk.result == PP_TRUNCATED) packet->marks |= PP_MARK_HEADER_CUT;
    *ports = walk.ports;
    return walk.result;
}

enum pp_decoded pp_decode(const struct pp_frame *frame, const struct pp_decode_options *options, struct pp_packet *packet)
{
    const uint8_t *ports;
    return walk_frame(frame, options, packet, &ports);
}

size_t pp_headers_end(const struct pp_frame *frame, const struct pp_decode_options *options)
{
    enum { UDP_HEADER = 8, TCP_HEADER = 20, DATA_OFFSET_AT = 12 };
    struct pp_packet packet;
    const uint8_t *ports = NULL;
    enum pp_decoded result = walk_frame(frame, options, &packet, &ports);
    if ((result != PP_DECODED && result != PP_ICMP_ERROR) || !ports) return 0;
    size_t at = (size_t)(ports - frame->bytes), header = UDP_HEADER;
    if (packet.transport == IP_TCP) {
        size_t stated = frame->captured > at + DATA_OFFSET_AT ? (size_t)(ports[DATA_OFFSET_AT] >> 4) * 4 : 0;
        header = stated > TCP_HEADER ? stated : TCP_HEADER;
    }
    return at + header < frame->captured ? at + header : frame->captured;
}
