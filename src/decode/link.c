/* The first header of a frame, by link type (https://www.tcpdump.org/linktypes.html). */
#include "walk.h"

enum link_type {
    LINK_NULL = 0,
    LINK_ETHERNET = 1,
    LINK_PPP = 9,
    LINK_RAW_BSD = 12,     /* DLT_RAW of most systems, found in files all the same */
    LINK_RAW_OPENBSD = 14, /* DLT_RAW of OpenBSD */
    LINK_PPP_ETHER = 51,   /* 50, PPP in HDLC-like framing, is refused by name: the port list's sites have none, and its framings differ */
    LINK_RAW = 101,
    LINK_C_HDLC = 104,
    LINK_LOOP = 108,
    LINK_LINUX_SLL = 113,
    LINK_IPV4 = 228,
    LINK_IPV6 = 229,
    LINK_NFLOG = 239,
    LINK_LINUX_SLL2 = 276,
    LINK_COUNT
};

static const uint8_t first_layers[LINK_COUNT] = {
    [LINK_NULL] = LAYER_NULL,      [LINK_ETHERNET] = LAYER_ETHERNET,  [LINK_PPP] = LAYER_PPP,   [LINK_RAW_BSD] = LAYER_IP,
    [LINK_RAW_OPENBSD] = LAYER_IP, [LINK_PPP_ETHER] = LAYER_PPPOE,    [LINK_RAW] = LAYER_IP,    [LINK_C_HDLC] = LAYER_C_HDLC,
    [LINK_LOOP] = LAYER_NULL,      [LINK_LINUX_SLL] = LAYER_COOKED,   [LINK_IPV4] = LAYER_IPV4, [LINK_IPV6] = LAYER_IPV6,
    [LINK_NFLOG] = LAYER_NFLOG,    [LINK_LINUX_SLL2] = LAYER_COOKED2,
};

enum layer link_first_layer(uint16_t link_type) { return link_type < LINK_COUNT ? (enum layer)first_layers[link_type] : LAYER_DONE; }

bool pp_link_supported(uint16_t link_type) { return link_first_layer(link_type) != LAYER_DONE; }

enum layer read_ethernet(struct walk *walk)
{
    const uint8_t *header;
    if (!need(walk, 14, &header)) return LAYER_DONE;
    if (header[0] & 1) walk->packet->marks |= PP_MARK_LINK_GROUP; /* the group bit, IEEE 802 section 8.2 */
    walk->ethertype = load_be16(header + 12);
    return LAYER_ETHERTYPE;
}

/* Linux "cooked" headers give a packet type instead of a destination address. */
static enum layer cooked(struct walk *walk, uint16_t packet_type, uint16_t hardware, uint16_t protocol)
{
    enum { TO_EVERYBODY = 1, TO_A_GROUP = 2 };
    enum { ARPHRD_NETLINK = 824, ARPHRD_80211_FIRST = 801, ARPHRD_80211_LAST = 803 };
    enum { PROTOCOL_LLC = 4 };
    if (packet_type == TO_EVERYBODY || packet_type == TO_A_GROUP) walk->packet->marks |= PP_MARK_LINK_GROUP;
    /* With these the protocol field is not an EtherType. */
    if (hardware == ARPHRD_NETLINK || (hardware >= ARPHRD_80211_FIRST && hardware <= ARPHRD_80211_LAST)) {
        return done(walk, PP_NOT_IP);
    }
    if (protocol == PROTOCOL_LLC) return LAYER_LLC;
    if (protocol < ETHERTYPE_MIN) return done(walk, PP_NOT_IP);
    walk->ethertype = protocol;
    return LAYER_ETHERTYPE;
}

enum layer read_cooked(struct walk *walk)
{
    const uint8_t *header;
    if (!need(walk, 16, &header)) return LAYER_DONE;
    return cooked(walk, load_be16(header), load_be16(header + 2), load_be16(header + 14));
}

enum layer read_cooked2(struct walk *walk)
{
    const uint8_t *header;
    if (!need(walk, 20, &header)) return LAYER_DONE;
    return cooked(walk, header[10], load_be16(header + 8), load_be16(header));
}

/* BSD loopback: an address family in the byte order of whoever captured, or (LOOP) in network order. */
enum layer read_null(struct walk *walk)
{
    enum { INET = 2, INET6_LINUX = 10, INET6_BSD = 24, INET6_FREEBSD = 28, INET6_DARWIN = 30 };
    const uint8_t *header;
    if (!need(walk, 4, &header)) return LAYER_DONE;
    uint32_t family = load_le32(header);
    if (family > UINT16_MAX) family = load_be32(header); /* families are small, so only one order can be meant */
    switch (family) {
    case INET: return LAYER_IPV4;
    case INET6_LINUX:
    case INET6_BSD:
    case INET6_FREEBSD:
    case INET6_DARWIN: return LAYER_IPV6;
    default: return done(walk, PP_NOT_IP);
    }
}

/* Netfilter log: a family, then type-length-value items in the byte order of whoever captured. */
enum layer read_nflog(struct walk *walk)
{
    enum { INET = 2, INET6 = 10, ITEM_PAYLOAD = 9, ITEM_HEADER = 4 };
    const uint8_t *header, *item, *value;
    if (!need(walk, 4, &header)) return LAYER_DONE;
    while (walk->promised > 0) {
        if (!need(walk, ITEM_HEADER, &item)) return LAYER_DONE;
        bool little = item[3] == 0; /* types are below 256 */
        size_t length = little ? load_le16(item) : load_be16(item);
        unsigned type = little ? load_le16(item + 2) : load_be16(item + 2);
        if (length < ITEM_HEADER) return done(walk, PP_MALFORMED);
        if (type == ITEM_PAYLOAD) {
            promise(walk, length - ITEM_HEADER);
            return header[0] == INET ? LAYER_IPV4 : header[0] == INET6 ? LAYER_IPV6 : done(walk, PP_NOT_IP);
        }
        if (!need(walk, (length + 3) / 4 * 4 - ITEM_HEADER, &value)) return LAYER_DONE;
    }
    return done(walk, PP_NOT_IP); /* items, but no payload among them */
}

enum layer read_c_hdlc(struct walk *walk)
{
    const uint8_t *header;
    if (!need(walk, 4, &header)) return LAYER_DONE;
    walk->ethertype = load_be16(header + 2);
    return walk->ethertype < ETHERTYPE_MIN ? done(walk, PP_NOT_IP) : LAYER_ETHERTYPE;
}
