/* Headers between the link and IP: EtherType, LLC, VLAN tags, MPLS labels, Ethernet in Ethernet, PPP and PPPoE. */
#include "walk.h"

enum layer read_ethertype(struct walk *walk)
{
    switch (walk->ethertype) {
    case ETHERTYPE_IPV4: return LAYER_IPV4;
    case ETHERTYPE_IPV6: return LAYER_IPV6;
    case ETHERTYPE_VLAN:
    case ETHERTYPE_SERVICE_VLAN:
    case ETHERTYPE_OLD_QINQ: return LAYER_VLAN;
    case ETHERTYPE_MPLS:
    case ETHERTYPE_MPLS_UPSTREAM: return LAYER_MPLS;
    case ETHERTYPE_BACKBONE: return LAYER_BACKBONE;
    case ETHERTYPE_PPPOE_SESSION: return LAYER_PPPOE;
    default: break;
    }
    if (walk->ethertype > ETHERTYPE_LENGTH_MAX) return done(walk, PP_NOT_IP);
    if (walk->ethertype < walk->promised) promise(walk, walk->ethertype); /* IEEE 802.3: a length; the rest is padding */
    return LAYER_LLC;
}

/* IEEE 802.2; with SNAP (RFC 1042) there is an EtherType inside. */
enum layer read_llc(struct walk *walk)
{
    enum { SAP_IP = 0x06, SAP_SNAP = 0xaa, UNNUMBERED = 0x03 };
    const uint8_t *llc, *snap;
    if (!need(walk, 3, &llc)) return walk->result == PP_MALFORMED ? done(walk, PP_NOT_IP) : LAYER_DONE;
    if (llc[0] == SAP_IP && llc[1] == SAP_IP && llc[2] == UNNUMBERED) return LAYER_IPV4;
    if (llc[0] != SAP_SNAP || llc[1] != SAP_SNAP || llc[2] != UNNUMBERED) return done(walk, PP_NOT_IP);
    if (!need(walk, 5, &snap)) return LAYER_DONE;
    if (snap[0] || snap[1] || snap[2]) return done(walk, PP_NOT_IP); /* another organisation's own numbers */
    walk->ethertype = load_be16(snap + 3);
    return walk->ethertype < ETHERTYPE_MIN ? done(walk, PP_NOT_IP) : LAYER_ETHERTYPE;
}

enum layer read_vlan(struct walk *walk)
{
    const uint8_t *tag;
    if (walk->vlan_tags++ == VLAN_TAGS_MAX) return done(walk, PP_TOO_DEEP);
    if (!need(walk, 4, &tag)) return LAYER_DONE;
    walk->ethertype = load_be16(tag + 2);
    return LAYER_ETHERTYPE;
}

static enum layer inner_ethernet(struct walk *walk)
{
    if (walk->ethernets++ == ETHERNETS_MAX) return done(walk, PP_TOO_DEEP);
    walk->vlan_tags = 0;
    return LAYER_ETHERNET;
}

/* A backbone frame carries a whole customer's frame behind a service tag; the outer addresses are the provider's. */
enum layer read_backbone(struct walk *walk)
{
    const uint8_t *tag;
    return need(walk, 4, &tag) ? inner_ethernet(walk) : LAYER_DONE;
}

/* Whether an Ethernet header with an EtherType that decode follows (or ARP) begins `skip` bytes on. */
static bool looks_like_ethernet(const struct walk *walk, size_t skip)
{
    enum { ETHERTYPE_ARP = 0x0806, TYPE_AT = 12 };
    if (walk->at.left < skip + TYPE_AT + 2) return false;
    switch (load_be16(walk->at.at + skip + TYPE_AT)) {
    case ETHERTYPE_IPV4:
    case ETHERTYPE_IPV6:
    case ETHERTYPE_ARP:
    case ETHERTYPE_VLAN:
    case ETHERTYPE_SERVICE_VLAN:
    case ETHERTYPE_MPLS: return true;
    default: return false;
    }
}

/* Nothing says what is below the stack: IP is recognised by its version, as routers do (RFC 4928); an Ethernet
 * pseudowire by its EtherType, behind a control word that begins with zero bits (RFC 4448 section 4.6) or without one. */
static enum layer below_labels(struct walk *walk)
{
    enum { CONTROL_WORD = 4 };
    const uint8_t *word;
    if (walk->at.left == 0) return done(walk, walk->promised ? PP_TRUNCATED : PP_NOT_IP);
    switch (walk->at.at[0] >> 4) {
    case 4: return LAYER_IPV4;
    case 6: return LAYER_IPV6;
    case 0:
        if (looks_like_ethernet(walk, CONTROL_WORD) && need(walk, CONTROL_WORD, &word)) return inner_ethernet(walk);
        break;
    default: break;
    }
    return looks_like_ethernet(walk, 0) ? inner_ethernet(walk) : done(walk, PP_NOT_IP);
}

/* RFC 3032 */
enum layer read_mpls(struct walk *walk)
{
    enum { BOTTOM_OF_STACK = 1 };
    const uint8_t *label;
    for (unsigned labels = 0; labels < MPLS_LABELS_MAX; labels++) {
        if (!need(walk, 4, &label)) return LAYER_DONE;
        if (label[2] & BOTTOM_OF_STACK) return below_labels(walk);
    }
    return done(walk, PP_TOO_DEEP);
}

/* RFC 1661, with address and control fields (RFC 1662) or without, protocol field compressed or not. */
enum layer read_ppp(struct walk *walk)
{
    enum { PPP_IPV4 = 0x21, PPP_IPV6 = 0x57, PPP_MPLS = 0x281, PPP_MPLS_UPSTREAM = 0x283 };
    const uint8_t *byte, *control;
    if (!need(walk, 1, &byte)) return LAYER_DONE;
    if (*byte == 0xff && (!need(walk, 1, &control) || !need(walk, 1, &byte))) return LAYER_DONE;
    unsigned protocol = *byte;
    if (!(protocol & 1)) { /* the last byte of a protocol number is odd, every other one even */
        if (!need(walk, 1, &byte)) return LAYER_DONE;
        protocol = protocol << 8 | *byte;
    }
    switch (protocol) {
    case PPP_IPV4: return LAYER_IPV4;
    case PPP_IPV6: return LAYER_IPV6;
    case PPP_MPLS:
    case PPP_MPLS_UPSTREAM: return LAYER_MPLS;
    default: return done(walk, PP_NOT_IP);
    }
}

/* RFC 2516, section 4; only the session stage carries packets. */
enum layer read_pppoe(struct walk *walk)
{
    const uint8_t *header;
    if (!need(walk, 6, &header)) return LAYER_DONE;
    if (header[1] != 0) return done(walk, PP_NOT_IP); /* a code: discovery, not a session */
    size_t length = load_be16(header + 4);
    if (length < walk->promised) promise(walk, length);
    return LAYER_PPP;
}
