/* findings: the result of a run, as plain values. Every report format is a view of this one structure.
 * Words and meanings: design 5; the JSON names are those of design 7. */
#ifndef PORTPROOF_FINDINGS_H
#define PORTPROOF_FINDINGS_H

#include "portproof/capture.h"
#include "portproof/flow.h"
#include "portproof/site.h"
#include "portproof/spec.h"

/** How it is known who opened a flow (design 5.1), best first. */
enum pp_basis { PP_BASIS_HANDSHAKE, PP_BASIS_LISTENER, PP_BASIS_ROW, PP_BASIS_PEERS, PP_BASIS_FIRST_PACKET, PP_BASIS_NONE, PP_BASIS_COUNT };

/** What became of an attempt (design 5.2). */
enum pp_outcome { PP_HALF_SEEN, PP_ANSWERED, PP_REFUSED, PP_REJECTED, PP_SILENT, PP_OUTCOME_COUNT };

/** Verdict of a flow (design 5.3). */
enum pp_flow_verdict { PP_OUT_OF_SCOPE, PP_UNDETERMINED, PP_EXPECTED, PP_EXEMPT, PP_UNEXPECTED, PP_FLOW_VERDICT_COUNT };

/** The nearest miss of an unexpected flow, in the order in which they are tried. */
enum pp_reason {
    PP_FEATURE_OFF,
    PP_REVERSED,
    PP_WRONG_TRANSPORT,
    PP_WRONG_SOURCE,
    PP_WRONG_DESTINATION,
    PP_UNLISTED_PORT,
    PP_UNKNOWN_HOST,
    PP_REASON_DIRECTION, /* undetermined: nothing tells who opened it */
    PP_REASON_FRAGMENT,  /* undetermined: the fragment with the ports was never seen */
    PP_REASON_NONE,
    PP_REASON_COUNT
};

/** State of a row or of an edge (design 5.4). */
enum pp_state {
    PP_STATE_EXPECTED,
    PP_STATE_BLOCKED,
    PP_STATE_MISSING,
    PP_STATE_NOT_OBSERVABLE,
    PP_STATE_OPTIONAL,
    PP_STATE_NOT_APPLICABLE,
    PP_STATE_COUNT
};

enum pp_compliance { PP_COMPLIANT, PP_NON_COMPLIANT, PP_INCONCLUSIVE, PP_COMPLIANCE_COUNT };

enum pp_finding_kind {
    PP_FIND_BLOCKED,
    PP_FIND_UNEXPECTED,
    PP_FIND_WAIVER_EXPIRED,
    PP_FIND_UNDETERMINED,
    PP_FIND_MISSING,
    PP_FINDING_KIND_COUNT
};

enum pp_grade { PP_GOOD, PP_LIMITED, PP_POOR, PP_GRADE_COUNT };

/** Labels and notes explain; they excuse nothing. OR-ed. */
enum pp_label {
    PP_LABEL_CALLBACK = 1,
    PP_LABEL_COMPANION = 2,
    PP_LABEL_WIDE = 4,
    PP_LABEL_HALF_SEEN = 8,
    PP_LABEL_NOT_PRIMARY = 16,
    PP_LABEL_ICMP_ONLY = 32,     /* known only from an ICMP error that quoted it */
    PP_LABEL_FOLDED = 64,        /* past --max-flows */
    PP_LABEL_OTHER_FAMILY = 128, /* blocked over IPv6 (or IPv4) while the same edge works over the other */
};

const char *pp_basis_name(enum pp_basis basis);
const char *pp_confidence_name(enum pp_basis basis); /* proven, inferred, ambiguous */
const char *pp_outcome_name(enum pp_outcome outcome);
const char *pp_flow_verdict_name(enum pp_flow_verdict verdict);
const char *pp_reason_name(enum pp_reason reason);
const char *pp_state_name(enum pp_state state);
const char *pp_compliance_name(enum pp_compliance verdict);
const char *pp_finding_kind_name(enum pp_finding_kind kind);
const char *pp_grade_name(enum pp_grade grade);
const char *pp_link_event_name(enum pp_link_event event);
/** Name of label bit 1 << i, or NULL past the last. */
const char *pp_label_name(unsigned i);

/** Packets of a live capture that were judged: whose flow has a record that knows of them. */
uint64_t pp_account_judged(const struct pp_live_account *account);

/** One side of a finding. Without an address it stands for everyone with these roles. */
struct pp_party {
    struct pp_address address; /* family 0: none */
    const char *name;          /* "" when the site does not know it */
    pp_role_set roles;
};

/** One way to read a flow whose direction is not known. */
struct pp_reading {
    struct pp_address initiator, responder;
    uint16_t port;
    uint16_t row; /* PP_NONE: a waiver */
};

struct pp_finding {
    enum pp_finding_kind kind;
    enum pp_reason reason;     /* PP_REASON_NONE: kind says it all */
    uint16_t row, nearest_row; /* PP_NONE */
    uint16_t waiver;           /* PP_NONE */
    uint16_t companion;        /* PP_NONE */
    unsigned labels;
    struct pp_party initiator, responder; /* blocked, missing: a side that coverage leaves open carries only roles */
    struct pp_party tried_by, tried_at;   /* blocked: the worst pair of addresses that tried */
    uint32_t pairs;                       /* blocked: how many pairs of addresses */
    uint16_t port;                        /* the responder's; valid when has_port */
    bool has_port;
    uint8_t transport;
    bool has_outcome;
    enum pp_outcome outcome;
    enum pp_answer got_through;
    struct pp_address blocked_by; /* the device that sent the ICMP error, or the responder that refused */
    bool has_icmp;
    uint8_t icmp_type, icmp_code;
    enum pp_basis basis;
    struct pp_reading readings[2];
    uint8_t reading_count;
    uint64_t seen_in;              /* bit i: capture i */
    uint64_t flows, initiators;    /* initiators: how many were joined */
    uint64_t attempts;             /* SYNs */
    uint64_t packets[2], bytes[2]; /* forward, reverse */
    pp_time_ns first_ns, last_ns;
    uint64_t first_frame;    /* UINT64_MAX: none */
    char community_id[40];   /* "1:…"; empty: none */
    const char *brief;       /* what happened, in a few words */
    const char *explanation; /* what happened and what to do about it; one or two sentences */
    const char *exercise;    /* of a missing edge: what to do to see it; else NULL */
    const char *action;      /* "open", "close", "test", "settle", "renew": the verb of the to-do line */
};

struct pp_edge {
    uint16_t from, to; /* host indexes; PP_NONE: left open by coverage */
    uint16_t port;     /* 0 unless coverage is by port */
    enum pp_state state;
    bool due;
    bool tried;
    enum pp_outcome outcome; /* of the worst tried pair; valid when tried */
    uint64_t flows, packets;
    uint16_t satisfied_by; /* row that excuses it (any_of); PP_NONE */
    unsigned notes;        /* enum pp_label */
};

struct pp_row_result {
    enum pp_state state;
    bool due;
    uint64_t flows, packets;
    uint64_t wide_flows; /* of these, expected by nothing narrower than this wide row */
    struct pp_edge *edges;
    uint32_t edge_count;
};

struct pp_gap {
    pp_time_ns from_ns, to_ns;
};

struct pp_fitness {
    enum pp_grade grade;
    const char **notes;
    uint32_t note_count;
    double half_seen_share; /* of the flows judged */
    double truncated_share; /* of the frames: a needed header was cut */
    struct pp_gap *gaps;
    uint32_t gap_count;
    bool drops_known;
    uint64_t drops;
    struct pp_totals {
        bool live; /* some capture is */
        uint64_t received, judged, not_judged, dropped;
    } totals; /* of all live captures: received = judged + not_judged + dropped */
};

struct pp_summary {
    uint64_t expected, unexpected, got_through, undetermined, exempt, out_of_scope;
    uint32_t rows[PP_STATE_COUNT];
    uint64_t wide;
};

/** A flow with all that was decided about it; for `portproof flows`. */
struct pp_judged {
    uint32_t initiator_address, responder_address; /* indexes into pp_report.addresses */
    uint16_t initiator_port, responder_port;
    uint16_t row, nearest_row, waiver, companion; /* PP_NONE */
    uint8_t transport;
    uint8_t initiator; /* end of the flow that opened it, by the best basis (or the higher port) */
    uint8_t basis, outcome, verdict, reason;
    uint8_t labels;
    bool too_late; /* silent, and it cannot be told: the evidence ends within 3 s of the first SYN, or has only an ICMP error that is no
                      block */
    uint16_t expired_waiver; /* PP_NONE */
    uint64_t packets;
};

/** An address that was seen, with what the site says of it. */
struct pp_seen {
    struct pp_address address;
    struct pp_site_entry entry;
};

struct pp_report {
    const struct pp_spec *spec; /* effective: with the site's changes */
    const struct pp_site *site;
    const struct pp_capture_info *captures;
    uint32_t capture_count;
    const struct pp_flow_table *flows;
    const struct pp_counters *counters;
    enum pp_compliance verdict;
    const char **verdict_reasons; /* worst first */
    uint32_t verdict_reason_count;
    struct pp_summary summary;
    struct pp_row_result *rows;  /* one per spec row, in the spec's order */
    struct pp_finding *findings; /* in the order of importance */
    uint32_t finding_count;
    bool findings_joined; /* past the limit: joined by reason, responder and port */
    struct pp_fitness fitness;
    const struct pp_judged *judged; /* one per flow, in the table's order */
    const struct pp_seen *addresses;
    uint32_t address_count;
    void *memory;
};

/** Who appears in the flows, each address as a number: what inferring a site finds out on its way, so that judging need not find
 * it out again. */
struct pp_census;
struct pp_census *pp_census_create(void);         /* empty; NULL: out of memory */
void pp_census_destroy(struct pp_census *census); /* takes NULL */

struct pp_assess_input {
    const struct pp_spec *spec;              /* effective */
    const struct pp_port_index *index;       /* of that spec */
    const struct pp_port_index *class_index; /* the one whose classes folded flows carry */
    const struct pp_site *site;              /* never NULL: given, or inferred by pp_infer_site */
    struct pp_flow_table *flows;             /* sorted */
    const struct pp_capture_info *captures;
    uint32_t capture_count;
    bool decap;               /* tunnels were entered */
    pp_time_ns until_ns;      /* evidence ends here at the latest (--to); UINT64_MAX: with the captures */
    unsigned threads;         /* that may judge; 0 and 1: only the calling one. The report is the same */
    struct pp_census *census; /* filled when `site` was inferred from the same flows, none added since; is emptied. NULL: none */
};

enum { PP_FINDINGS_MAX = 10000 }; /* past it findings join by reason, responder and port */

/** Judge. NULL: out of memory. The report borrows everything in `input`. */
struct pp_report *pp_assess(const struct pp_assess_input *input);
void pp_report_destroy(struct pp_report *report); /* takes NULL */

/** Flows of the same two addresses, service port, transport, outcome and row, joined. */
struct pp_conversation {
    struct pp_party initiator, responder;
    uint16_t port; /* the responder's */
    uint16_t row;  /* clear text: the row it is clear text of; else PP_NONE */
    uint8_t transport;
    enum pp_outcome outcome;
    bool
        after_encrypted; /* clear text that a row allows as a downgrade: an encrypted connection of the same two addresses began no later */
    uint64_t flows, packets;
    pp_time_ns first_ns, last_ns;
};

enum { PP_CONVERSATIONS_MAX = 1000 }; /* in a list, most flows first; flows of further ones are only counted */
struct pp_conversations {
    struct pp_conversation *items;
    uint32_t count;
    uint64_t left_out; /* flows that are in no item */
};

/** What is in no finding and proves no row: out of scope (but to one host, and between two) or waived, with an end that is no server of
 * the list. For whoever knows more of these addresses, such as which hosts had them before a move. false: out of memory. */
bool pp_list_other_traffic(const struct pp_report *report, struct pp_conversations *out);
/** Flows of rows in clear text (`encrypted_by`) of which the encrypted row is on or in use; also where the site switched them off.
 * false: out of memory. */
bool pp_list_clear_text(const struct pp_report *report, struct pp_conversations *out);
void pp_conversations_finish(struct pp_conversations *conversations);

/** Roles read off the traffic (design 5.6). NULL: out of memory. */
struct pp_site *pp_infer_site(const struct pp_spec *spec, const struct pp_port_index *index, struct pp_flow_table *flows);
/** The same, and an empty census is filled on the way. */
struct pp_site *pp_infer_site_and_census(const struct pp_spec *spec, const struct pp_port_index *index, struct pp_flow_table *flows,
                                         struct pp_census *census);

/** Zeek's conn_state of a flow ("SF", "S0", "REJ" …); static. `initiator`: which end opened it, 2: unknown. */
const char *pp_conn_state(const struct pp_flow *flow, unsigned initiator);
/** Community ID, version 1, seed 0, of an exact flow. */
void pp_community_id(const struct pp_flow *flow, char out[40]);

#endif
