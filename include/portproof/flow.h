/* flow: everything that packets leave behind. A flow record is a join (design 3): merging in any order, from any
 * number of tables, gives the same record. */
#ifndef PORTPROOF_FLOW_H
#define PORTPROOF_FLOW_H

#include "portproof/packet.h"

struct pp_flow_table;

enum {
    PP_ICMP_REPORTS_MAX = 4,     /* distinct ICMP errors kept per flow: the smallest; more are counted only */
    PP_CAPTURES_TOLD_APART = 63, /* captures beyond this share one bit in seen_in */
    PP_PORT_CLASSES = 256,
};

/** How much of its five-tuple a record still knows. Past the limit of flows, records fold in this order. */
enum pp_flow_kind {
    PP_FLOW_EXACT,        /* the five-tuple */
    PP_FLOW_CONVERSATION, /* initiator, responder, transport, service port; the ephemeral port is 0 */
    PP_FLOW_CLASSES,      /* addresses, transport, both port classes, the lower port; the other end's port is its class */
    PP_FLOW_NETWORKS,     /* addresses cut to /24 and /64, the lower port; the other end's port is 0 */
};

enum pp_side_mark {
    PP_SIDE_SYN = 1, /* sent a SYN without ACK */
    PP_SIDE_SYN_ACK = 2,
    PP_SIDE_BEYOND = 4,     /* sent anything that is neither a bare SYN nor a RST; always, for UDP */
    PP_SIDE_LINK_GROUP = 8, /* sent to a link-level multicast or broadcast address */
};

/** What one end sent. */
struct pp_flow_side {
    uint64_t packets, bytes;      /* bytes: sum of original frame lengths */
    pp_time_ns first_ns, last_ns; /* PP_NO_FIRST, PP_NO_LAST: none */
    uint16_t syns;                /* bare SYNs, retransmissions included; saturates at 65,535 */
    uint8_t tcp_flags;            /* OR of the flag bytes */
    uint8_t marks;                /* enum pp_side_mark */
};

/** An ICMP error about the flow. */
struct pp_icmp_report {
    struct pp_address sender;
    uint8_t type, code;
    uint8_t quoted_side; /* which end had sent the quoted packet */
};

/** Rare facts of a flow. */
struct pp_flow_facts {
    struct pp_icmp_report reports[PP_ICMP_REPORTS_MAX]; /* sorted */
    uint8_t report_count;
    uint8_t quoted_syn;     /* bit s: an error quoted a bare SYN of end s */
    uint16_t callback_port; /* announced first in the session; 0: none */
    pp_time_ns callback_ns;
    uint64_t icmp_packets;
    pp_time_ns icmp_first_ns, icmp_last_ns;
    uint64_t icmp_first_frame; /* as first_frame */
    uint64_t captures;         /* bit i: seen in capture i; 0: only in the one of its first frame */
};

/** One flow, both directions. Ends are in canonical order: the lower (address, port) is end 0. */
struct pp_flow {
    struct pp_address address[2];
    uint16_t port[2];
    uint8_t transport;
    enum pp_flow_kind kind;
    uint8_t initiator; /* PP_FLOW_CONVERSATION: which end; else 2 */
    uint8_t kept_port; /* PP_FLOW_CLASSES, PP_FLOW_NETWORKS: the end whose port is real; else 2 */
    struct pp_flow_side side[2];
    uint64_t first_frame;       /* capture index << 48 | frame number of its earliest packet; UINT64_MAX: none (ICMP only) */
    struct pp_flow_facts facts; /* zeroed when it has none */
    bool has_facts;
};

/** Which end opened a TCP flow by its handshake: a SYN without ACK from one side only, or a SYN+ACK from one side only.
 * `a`, `b`: enum pp_side_mark of the ends. 0, 1, or 2 when neither holds or the two contradict each other (a five-tuple used
 * both ways). */
static inline unsigned pp_handshake_initiator(unsigned a, unsigned b)
{
    unsigned by_syn = !(a & PP_SIDE_SYN) == !(b & PP_SIDE_SYN) ? 2 : a & PP_SIDE_SYN ? 0 : 1;
    unsigned by_answer = !(a & PP_SIDE_SYN_ACK) == !(b & PP_SIDE_SYN_ACK) ? 2 : a & PP_SIDE_SYN_ACK ? 1 : 0;
    if (by_syn == 2) return by_answer;
    return by_answer == 2 || by_answer == by_syn ? by_syn : 2;
}

/** The first time of a flow: of its packets, or of the ICMP error that it is known from. PP_NO_FIRST: none. */
static inline pp_time_ns pp_flow_first_ns(const struct pp_flow *flow)
{
    pp_time_ns first = flow->side[0].first_ns < flow->side[1].first_ns ? flow->side[0].first_ns : flow->side[1].first_ns;
    return first == PP_NO_FIRST && flow->has_facts ? flow->facts.icmp_first_ns : first;
}

static inline uint16_t pp_frame_capture(uint64_t first_frame) { return (uint16_t)(first_frame >> 48); }
static inline uint64_t pp_frame_number(uint64_t first_frame) { return first_frame & UINT64_C(0xffffffffffff); }

/** A fragmented datagram of which later fragments were seen. */
struct pp_datagram {
    struct pp_address source, destination;
    uint32_t id;
    uint8_t transport;
    bool first_seen; /* the fragment with the ports was captured */
    uint64_t later;  /* later fragments */
    uint64_t bytes;
    pp_time_ns first_ns, last_ns;
    uint64_t first_frame;
};

/** Counts over all packets; every frame handed in is in exactly one of by_result. */
struct pp_counters {
    uint64_t by_result[PP_DECODED_COUNT];
    uint64_t cut, header_cut; /* snap length cut the frame; cut a header that was needed */
    uint64_t tunnels;         /* frames with a tunnel that was seen */
    uint64_t first_fragments, later_fragments;
    uint64_t icmp_errors;
    uint64_t by_class[PP_PORT_CLASSES]; /* packets by port class, either port; class 0: on no row */
    uint64_t folded[4];                 /* flows that were folded into each enum pp_flow_kind */
    uint64_t not_judged;                /* packets no record had room for */
    uint64_t facts_lost;                /* rare facts no record had room for */
    uint64_t datagrams_lost;            /* fragments whose datagram could not be followed */
    uint64_t addresses_lost;
};

struct pp_flow_options {
    uint32_t max_flows;                                                         /* 0: PP_MAX_FLOWS_DEFAULT */
    uint8_t (*port_class)(const void *index, enum pp_transport, uint16_t port); /* for folding; NULL: all ports are class 0 */
    const void *index;
};

enum { PP_MAX_FLOWS_DEFAULT = 4000000 }; /* about 400 MB of IPv4 flows; past it they fold */

struct pp_flow_table *pp_flow_table_create(const struct pp_flow_options *options); /* NULL: out of memory */
void pp_flow_table_destroy(struct pp_flow_table *table);

/** Add decoded packets. results[i] says what packets[i] is. false: out of memory (what was added stays). */
bool pp_flow_table_add(struct pp_flow_table *table, const struct pp_packet *packets, const uint8_t *results, size_t count);

/** The same for plain packets, all of one capture; several times as fast. */
bool pp_flow_table_add_plain(struct pp_flow_table *table, const struct pp_plain_packet *packets, size_t count);

/** Ports have other classes from here on. What was folded into classes before is folded on into networks, since its numbers mean nothing
 * any more. false: out of memory. */
bool pp_flow_table_set_classes(struct pp_flow_table *table, uint8_t (*port_class)(const void *index, enum pp_transport, uint16_t port),
                               const void *index);

/** Another limit of flows from here on; what is above it folds. false: out of memory. */
bool pp_flow_table_limit(struct pp_flow_table *table, uint32_t max_flows);

/** Join `from` into `table`; `from` is unchanged. */
bool pp_flow_table_merge(struct pp_flow_table *table, const struct pp_flow_table *from);

/** Put the flows in their one order (transport, family, ends); call before pp_flow_at. false: out of memory. */
bool pp_flow_table_sort(struct pp_flow_table *table);

size_t pp_flow_count(const struct pp_flow_table *table);
/** The flow at `position` in the order of pp_flow_table_sort; before it, or once flows were added, in no order that means anything. */
void pp_flow_at(const struct pp_flow_table *table, size_t position, struct pp_flow *out);
/** Ask for a flow some positions before it is wanted: in the table's order each is a cache miss. */
void pp_flow_prefetch(const struct pp_flow_table *table, size_t position);

const struct pp_counters *pp_flow_counters(const struct pp_flow_table *table);

/** Later fragments by datagram, in no order. */
size_t pp_datagram_count(const struct pp_flow_table *table);
void pp_datagram_at(const struct pp_flow_table *table, size_t position, struct pp_datagram *out);

/** Addresses seen in packets that made no flow (ping, ICMP senders, fragments), in no order. */
size_t pp_seen_address_count(const struct pp_flow_table *table);
struct pp_address pp_seen_address_at(const struct pp_flow_table *table, size_t position);

/** Times at which anything was captured, as intervals of `width_ns`; for gaps. Sorted. */
struct pp_activity {
    uint64_t width_ns;
    const uint64_t *buckets;
    size_t count;
};
struct pp_activity pp_flow_activity(struct pp_flow_table *table);

/** Bytes in use, all included. */
size_t pp_flow_table_memory(const struct pp_flow_table *table);

#endif
