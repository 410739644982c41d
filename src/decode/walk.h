/* How decode goes through a frame.
 *
 * A walk holds what is left of the frame and the packet being written. Every header is read by one function that takes
 * the walk and answers which layer comes next; one loop in decode.c calls them until a layer answers LAYER_DONE, with
 * the outcome in `result`. There is no recursion, and every layer that can repeat has a limit below.
 *
 * Two lengths move together: `at.left`, the bytes that were captured, and `promised`, the bytes that the headers so far
 * say there are. A header that does not fit the first but would fit the second was cut by the snap length (TRUNCATED);
 * one that fits neither contradicts the header around it (MALFORMED). Invariant: at.left <= promised. Before any header
 * has given a length there is nothing to contradict: a frame too short for its link header was cut by somebody. */
#ifndef DECODE_WALK_H
#define DECODE_WALK_H

#include <stdbool.h>

#include "cursor.h"
#include "load.h"
#include "portproof/decode.h"

enum {
    VLAN_TAGS_MAX = 8,      /* more stacked tags: TOO_DEEP */
    MPLS_LABELS_MAX = 16,   /* more stacked labels: TOO_DEEP */
    ETHERNETS_MAX = 4,      /* more Ethernet frames one in the other (over MPLS or a provider's backbone): TOO_DEEP */
    IP_EXTENSIONS_MAX = 16, /* more IPv6 extension headers in one chain: TOO_DEEP */
    TUNNELS_MAX = 8         /* with decap, more tunnels one in the other: TOO_DEEP */
};

enum layer {
    LAYER_DONE, /* also what a link type begins with that decode does not read */
    LAYER_ETHERNET,
    LAYER_COOKED,
    LAYER_COOKED2,
    LAYER_NULL,
    LAYER_NFLOG,
    LAYER_C_HDLC,
    LAYER_PPP,
    LAYER_PPPOE,
    LAYER_ETHERTYPE, /* a type or length is in walk.ethertype, its payload next */
    LAYER_LLC,
    LAYER_VLAN,
    LAYER_MPLS,
    LAYER_BACKBONE,
    LAYER_IP, /* IPv4 or IPv6, by the version in the header */
    LAYER_IPV4,
    LAYER_IPV6,
    LAYER_TRANSPORT,
    LAYER_ICMP,
    LAYER_GRE,
    LAYER_VXLAN,
    LAYER_GENEVE,
    LAYER_COUNT
};

enum ethertype {
    ETHERTYPE_LENGTH_MAX = 1500, /* up to here the field is a length (IEEE 802.3, 3.2.6) */
    ETHERTYPE_MIN = 1536,        /* from here on it is a type; what is between is neither */
    ETHERTYPE_IPV4 = 0x0800,
    ETHERTYPE_BRIDGING = 0x6558, /* Transparent Ethernet Bridging, in GRE and Geneve */
    ETHERTYPE_VLAN = 0x8100,
    ETHERTYPE_IPV6 = 0x86dd,
    ETHERTYPE_PPP = 0x880b, /* in GRE version 1, RFC 2637 */
    ETHERTYPE_MPLS = 0x8847,
    ETHERTYPE_MPLS_UPSTREAM = 0x8848,
    ETHERTYPE_PPPOE_SESSION = 0x8864,
    ETHERTYPE_BACKBONE = 0x88e7,     /* IEEE 802.1ah */
    ETHERTYPE_SERVICE_VLAN = 0x88a8, /* IEEE 802.1ad */
    ETHERTYPE_ERSPAN = 0x88be,
    ETHERTYPE_ERSPAN3 = 0x22eb,
    ETHERTYPE_OLD_QINQ = 0x9100
};

enum ip_protocol {
    IP_HOP_BY_HOP = 0,
    IP_ICMP = 1,
    IP_IPV4 = 4,
    IP_TCP = 6,
    IP_UDP = 17,
    IP_IPV6 = 41,
    IP_ROUTING = 43,
    IP_FRAGMENT = 44,
    IP_GRE = 47,
    IP_AUTHENTICATION = 51,
    IP_ICMPV6 = 58,
    IP_DESTINATION_OPTIONS = 60,
    IP_MOBILITY = 135,
    IP_HIP = 139,
    IP_SHIM6 = 140
};

/* What a network header and its extensions say; the addresses point into the frame. */
struct ip_header {
    const uint8_t *source, *destination;
    uint32_t datagram_id; /* meaningful for fragments */
    uint8_t family;       /* enum pp_family */
    uint8_t protocol;     /* enum ip_protocol, after all extension headers */
    bool first_fragment, later_fragment;
};

struct walk {
    struct cursor at;
    struct pp_packet *packet; /* between the two lengths on purpose: side by side, gcc subtracts from both as one vector,
                               * and the next load waits for both stores */
    size_t promised;
    enum pp_decoded result;
    uint16_t ethertype;
    uint8_t vlan_tags, ethernets, tunnels;
    bool bounded; /* a header has given `promised`, not just the frame's length */
    bool decap;
    const uint8_t *ports;         /* where the transport header begins that the packet is about; NULL: none was read */
    enum pp_decoded outer_result; /* meaningful once tunnels > 0: what the frame is, seen from outside the last tunnel */
    struct pp_packet outer;
};

/** Why the next `n` bytes, which are needed, are not there. */
static inline enum pp_decoded shortage(const struct walk *walk, size_t n)
{
    return n <= walk->promised || !walk->bounded ? PP_TRUNCATED : PP_MALFORMED;
}

/** Hand out the next `n` bytes. false: there are not that many, and `result` says why. */
static inline bool need(struct walk *walk, size_t n, const uint8_t **out)
{
    if (take(&walk->at, n, out)) {
        walk->promised -= n;
        return true;
    }
    walk->result = shortage(walk, n);
    return false;
}

/** A header says that `n` bytes follow; what is beyond them is padding. More than were captured may be promised. */
static inline void promise(struct walk *walk, size_t n)
{
    limit(&walk->at, n);
    walk->promised = n;
    walk->bounded = true;
}

static inline enum layer done(struct walk *walk, enum pp_decoded result)
{
    walk->result = result;
    return LAYER_DONE;
}

/* link.c */
enum layer link_first_layer(uint16_t link_type);
enum layer read_ethernet(struct walk *walk);
enum layer read_cooked(struct walk *walk);
enum layer read_cooked2(struct walk *walk);
enum layer read_null(struct walk *walk);
enum layer read_nflog(struct walk *walk);
enum layer read_c_hdlc(struct walk *walk);
/* shim.c */
enum layer read_ethertype(struct walk *walk);
enum layer read_llc(struct walk *walk);
enum layer read_vlan(struct walk *walk);
enum layer read_mpls(struct walk *walk);
enum layer read_backbone(struct walk *walk);
enum layer read_ppp(struct walk *walk);
enum layer read_pppoe(struct walk *walk);
/* network.c: these two leave the walk behind the header and its extensions. false: walk->result says why. */
bool take_ipv4(struct walk *walk, struct ip_header *ip);
bool take_ipv6(struct walk *walk, struct ip_header *ip);
enum layer read_ip(struct walk *walk);
enum layer read_ipv4(struct walk *walk);
enum layer read_ipv6(struct walk *walk);
void write_addresses(struct pp_packet *packet, const struct ip_header *ip);
/* transport.c */
enum layer read_transport(struct walk *walk);
void write_tcp_flags(struct walk *walk, const uint8_t *segment, size_t captured);
/* icmp.c */
enum layer read_icmp(struct walk *walk);
/* tunnel.c */
bool udp_carries_tunnel(const struct walk *walk);
/** Remember the packet as seen from outside and begin the one inside; answers `inside`, or LAYER_DONE when too deep. */
enum layer enter_tunnel(struct walk *walk, enum pp_decoded outside, enum layer inside);
enum layer read_gre(struct walk *walk);
enum layer read_vxlan(struct walk *walk);
enum layer read_geneve(struct walk *walk);

#endif
