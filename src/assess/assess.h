/* Inside assess: what its files share while a run is judged. */
#ifndef ASSESS_ASSESS_H
#define ASSESS_ASSESS_H

#include "arena.h"
#include "portproof/findings.h"
#include "row_sets.h"
#include "siphash.h"

/** Addresses as small numbers, each with what the site knows of it, looked up once. */
struct directory {
    struct pp_seen *seen;
    struct directory_slot {
        uint32_t hash, number; /* number + 1; 0: empty */
    } * slots;
    struct siphash_key key; /* made with the first slots */
    uint32_t count, room, mask;
    uint32_t last; /* number of the lower end of the flow that was added last */
};

enum { FLOW_BLOCK = 64 }; /* flows that are looked at together: 20 KB, and misses enough to overlap */

/** Numbers for both ends of up to FLOW_BLOCK flows. */
bool directory_add_ends(struct directory *directory, const struct pp_site *site, const struct pp_flow *flows, size_t count,
                        uint32_t numbers[][2]);
bool directory_add(struct directory *directory, const struct pp_site *site, const struct pp_address *address, uint32_t *number);
void directory_finish(struct directory *directory);

/** See findings.h. */
struct pp_census {
    struct directory directory; /* with what `site` says of each address */
    struct pp_judged *judged;   /* one per flow; see hold_ends. NULL: the census is empty */
    const struct pp_site *site;
};

/** Until a flow is judged, its record holds the numbers of its ends in their own order, and no outcome. */
static inline void hold_ends(struct pp_judged *judged, const uint32_t ends[2])
{
    judged->outcome = PP_OUTCOME_COUNT;
    judged->initiator_address = ends[0];
    judged->responder_address = ends[1];
}

/** Ask for what is known of a flow's addresses, some flows ahead of looking at it: they are in no near cache. */
static inline void directory_prefetch(const struct directory *directory, const struct pp_judged *judged)
{
    __builtin_prefetch(&directory->seen[judged->initiator_address]);
    __builtin_prefetch(&directory->seen[judged->responder_address]);
}

/** What is known of an end (transport, address, port) over all flows. */
struct endpoint {
    uint64_t id;
    uint32_t peer_address; /* the first one it met */
    uint16_t peer_port;
    bool listener : 1, met_one : 1, met_many : 1;
};
struct endpoints {
    struct endpoint *slots; /* id 0: empty; at most half of them are full */
    struct siphash_key key; /* made with the first of them */
    size_t count, mask;
};

void endpoints_finish(struct endpoints *endpoints);
bool endpoint_add(struct endpoints *endpoints, uint8_t transport, uint32_t address, uint16_t port);
/** NULL: it was not added. */
struct endpoint *endpoint_of(const struct endpoints *endpoints, uint8_t transport, uint32_t address, uint16_t port);
void endpoint_met(struct endpoint *endpoint, uint32_t peer_address, uint16_t peer_port);

/** Rows that whoever holds some roles may open, and may answer. */
struct holder {
    struct pp_row_set opens, answers;
};

/** What matching a flow needs of the spec and the site, put together once. */
struct matching {
    struct holder *holders;                         /* by host */
    struct holder loopback_holder, nobody, anybody; /* a loopback address; no role; every role */
    struct pp_row_set loopback, wide;
    struct pp_row_set partnered;      /* narrow rows with a partner */
    uint8_t setting[PP_FEATURES_MAX]; /* enum pp_setting between hosts that say nothing of any feature */
    bool *own_features;               /* by host: it says something of some feature */
    uint32_t width[PP_ROWS_MAX];      /* ports of each row */
    pp_role_set telling;
};

/** Rows, waivers and companions that one orientation of a flow would match. */
struct reading {
    struct pp_row_set rows; /* matching rows, whatever their feature says; wide ones only where they may orient */
    uint32_t narrowest;     /* ports in the smallest matching set; UINT32_MAX: nothing matches */
    bool expected, exempt;  /* a row that is not off; a waiver that has not expired */
    uint16_t waiver;        /* first matching unexpired waiver, or PP_NONE */
    uint16_t expired;       /* first matching expired one, or PP_NONE */
};

/** Sets of ports by port: bit i of an answer is set number i. */
struct port_sets {
    uint64_t *bits;
};
_Static_assert(PP_COMPANIONS_MAX <= 64, "a bit for each companion, and for each inference");

bool port_sets_init(struct port_sets *sets);
void port_sets_finish(struct port_sets *sets);
void port_sets_add(struct port_sets *sets, unsigned number, const struct pp_ports *ports);
uint64_t port_sets_at(const struct port_sets *sets, enum pp_transport transport, uint16_t port);

/** Waivers by port, so that thousands of them cost a flow no more than those on its port. */
struct waiver_index {
    uint32_t *start[2]; /* TCP, UDP: of each port's part of `narrow`, and one more */
    uint16_t *narrow;   /* numbers of waivers of few ports, ascending within a port */
    uint16_t *wide;     /* of all others */
    uint32_t wide_count;
};

struct assessment {
    const struct pp_assess_input *in;
    struct arena *arena;
    struct pp_report *report;
    struct directory directory;
    struct endpoints endpoints;
    struct matching matching;
    struct port_sets companions;
    struct waiver_index waivers;
    struct pp_judged *judged;
    size_t count;
    bool counted;                           /* a census knows the ends of all flows */
    uint16_t class_port[2][PP_CLASSES_MAX]; /* highest port of each class, TCP and UDP: stands for a folded port */
    uint8_t narrow[2][65536 / 8];           /* TCP, UDP: ports of a narrow row, a waiver or a companion (design 5.1) */
    bool loopback_seen;
    size_t finding_room;
    bool *visible;      /* by host */
    bool loopback_on;   /* a feature of a loopback row is on */
    bool primary_named; /* the site names the primary of the array */
};

/** Roles that say something of a host: all but those that anybody may hold. Traffic between others alone is out of scope. */
static inline pp_role_set telling_roles(const struct pp_spec *spec)
{
    pp_role_set roles = 0;
    for (unsigned r = 0; r < spec->role_count; r++)
        if (!spec->roles[r].anyone) roles |= UINT32_C(1) << r;
    return roles;
}

/** For sorting: <0, 0, >0. */
static inline int by(uint64_t x, uint64_t y) { return (x > y) - (x < y); }

/** A flow with its ends' directory numbers, as the judging steps see it. */
struct subject {
    const struct pp_flow *flow;
    uint32_t address[2];
    uint16_t port[2]; /* a folded port is replaced by one of its class */
    pp_role_set roles[2];
    uint16_t host[2];
    const struct holder *holder[2];
    bool on_loopback; /* both ends are loopback addresses */
    bool on_one_host; /* or addresses of one host: nothing a port list could be about, but for the Netlet's rows */
};

struct subject subject_of(const struct assessment *a, const struct pp_flow *flow, const struct pp_judged *judged);
/** Rows on this port of the responder when `initiator` opened the flow, whatever their feature says. */
struct pp_row_set rows_of_subject(const struct assessment *a, const struct subject *s, unsigned initiator);

/* match.c */
bool matching_init(struct matching *matching, const struct pp_spec *spec, const struct pp_site *site);
void matching_finish(struct matching *matching);
const struct holder *holder_at(const struct matching *matching, const struct pp_site_entry *entry);
/** Of the rows of a port those that join two holders. */
struct pp_row_set matching_rows(const struct matching *matching, const struct pp_row_set *of_port, bool on_one_host,
                                const struct holder *from, const struct holder *to);
/** setting_between in the assessment's site, without asking hosts that say nothing. */
enum pp_setting edge_setting(const struct assessment *a, uint16_t feature, uint16_t from_host, uint16_t to_host);
bool row_is_off(const struct assessment *a, uint16_t row, uint16_t from_host, uint16_t to_host);

/* orient.c */
void mark_narrow_ports(struct assessment *a);
void read_orientation(const struct assessment *a, const struct subject *s, unsigned initiator, struct reading *reading);

/** Who opened a flow. */
struct orientation {
    unsigned initiator;
    enum pp_basis basis;
};
unsigned by_handshake(const struct pp_flow *flow);
/** Ask the other flows about the ends of these, of which there is one at least; see orient_by_others. */
bool learn_endpoints(struct assessment *a, const uint32_t *flows, size_t count);
/** By everything but the handshake; learn_endpoints knows its ends. */
struct orientation orient_by_others(const struct assessment *a, const struct subject *s, const struct reading readings[2]);

/** Which end sent the earliest packet of a UDP flow; 2: cannot be told. */
unsigned by_first_packet(const struct pp_flow *flow);

/* waivers.c */
bool waivers_init(struct waiver_index *index, const struct pp_site *site);
void waivers_finish(struct waiver_index *index);
/** Waivers that match when `initiator` opened the flow, into the reading. */
void read_waivers(const struct assessment *a, const struct subject *s, unsigned initiator, struct reading *reading);
/** Remember the smallest set of ports that matches. */
void narrow_down(struct reading *reading, uint32_t ports);

/* outcome.c */
enum pp_outcome outcome_of(const struct pp_flow *flow, unsigned initiator);
/** The ICMP error that blocks, or NULL. */
const struct pp_icmp_report *blocking_report(const struct pp_flow *flow, unsigned initiator);
/** Of a silent one: whether its evidence ends too early to tell. */
bool is_too_late(const struct assessment *a, const struct pp_flow *flow, unsigned initiator);
enum pp_answer got_through(enum pp_outcome outcome, uint8_t transport);
uint64_t captures_of(const struct pp_flow *flow);

/* verdict.c */
enum pp_setting setting_between(const struct pp_spec *spec, const struct pp_site *site, uint16_t feature, uint16_t from_host,
                                uint16_t to_host);
/** Whether an end is multicast or broadcast, by address, by link-level address, or as the last address of a site prefix. */
bool is_group(const struct assessment *a, const struct subject *s);
bool are_on_one_host(const struct assessment *a, uint32_t x, uint32_t y);
/** The same of what is known of two addresses that differ. */
bool share_a_host(const struct pp_site *site, const struct pp_seen *x, const struct pp_seen *y);
/** Whether an address is multicast or broadcast by itself. */
bool is_group_end(const struct pp_seen *seen);
/** Leaves the record as it is when it takes what other flows say of its ends to judge it. */
void judge_alone(const struct assessment *a, const struct pp_flow *flow, struct pp_judged *judged);
void judge_by_others(const struct assessment *a, const struct pp_flow *flow, struct pp_judged *judged);
/** The ways to read an undetermined flow. Returns how many. */
uint8_t show_readings(const struct assessment *a, const struct pp_flow *flow, const struct pp_judged *judged, struct pp_reading shown[2]);
/** Rows an expected flow gives credit to: the narrowest of those it matches, and their partners. */
struct pp_row_set credited_rows(const struct assessment *a, const struct pp_judged *judged);

/* labels.c */
bool add_labels(struct assessment *a);

/* rows.c: states of rows and edges, with a finding for each blocked or missing edge; ledger.c: what flows prove of them;
 * edges.c: which edges a row has */
bool judge_rows(struct assessment *a);

/** Edges that the site's hosts allow for a row, as found in the inventory; settings by edge. */
struct candidate {
    uint16_t from, to, port;
    enum pp_setting setting;
    bool visible;
};
enum { EDGES_MAX = 65536 }; /* pairs of hosts of one row; with more of them only tried ones are judged, and the row is never proven */
struct candidates {
    struct candidate *items;
    size_t count, room;
    bool too_many;
};
bool list_candidates(struct assessment *a, uint16_t row, struct candidates *out);
/** NULL: the site's hosts do not allow such an edge. */
struct candidate *find_candidate(const struct candidates *all, uint16_t from, uint16_t to, uint16_t port);
/** Whether a host may stand at this end of the row: it holds the role, and is the primary where the row wants that. */
bool may_stand(const struct pp_row *row, const struct pp_host *host, bool at_from, bool primary_named);
/** Whether two entries can have an edge at all: not one host with itself, and an address family in common. */
bool may_join(const struct pp_site *site, uint16_t from, uint16_t to);
/** The same open sides for a tried pair of hosts. */
void edge_key(const struct pp_row *row, uint16_t *from, uint16_t *to, uint16_t *port);

/* findings.c, explain.c */
struct pp_finding *new_finding(struct assessment *a, enum pp_finding_kind kind); /* NULL: out of memory */
struct pp_party party_of(const struct assessment *a, uint32_t address);
struct pp_party party_of_role(const struct assessment *a, uint16_t host, uint16_t role);
/** Add a flow's counts, times and first frame to a finding; its initiator stands on the finding's initiator side. */
void add_flow_to_finding(struct assessment *a, struct pp_finding *finding, size_t flow_number);
bool collect_findings(struct assessment *a);
void sort_findings(struct assessment *a);
void explain_finding(struct assessment *a, struct pp_finding *finding);

/* fitness.c */
bool judge_fitness(struct assessment *a);

#endif
