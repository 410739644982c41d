/* Evidence in words: a site, packets put straight into a flow table, and the report as short texts, so that a test reads
 * like the sentence of the design it proves.
 *
 * An end is an address ("10.20.0.9") or the name of an entry of the site: a host is its first address, a prefix its ninth.
 * Each helper starts at the evidence's clock and leaves it a second later than its last packet. The capture goes on for a
 * minute after the last packet, unless a test says when it ends. Everything is freed when the test program ends. */
#ifndef SUPPORT_EVIDENCE_H
#define SUPPORT_EVIDENCE_H

#include "portproof/audit.h"

enum { EVIDENCE_CAPTURES = 4 };

/** One host or prefix for each role; features and waivers can be written behind it. */
#define SMALL_SITE                                                                                                                         \
    "hosts:\n"                                                                                                                             \
    "  - {name: tta1, address: 10.0.1.10, roles: [tarantella-server, web-server]}\n"                                                       \
    "  - {name: app1, address: 10.0.2.5, roles: application-server}\n"                                                                     \
    "  - {name: win1, address: 10.0.3.5, roles: windows-server}\n"                                                                         \
    "  - {name: ldap1, address: 10.0.3.6, roles: ldap-server}\n"                                                                           \
    "  - {name: rsa1, address: 10.0.3.7, roles: securid-server}\n"                                                                         \
    "  - {name: portal1, address: 10.0.4.5, roles: portal-server}\n"                                                                       \
    "  - {name: staff, prefix: 10.20.0.0/16, roles: client}\n"

#define assert_flow(e, a, port_a, b, port_b, text) assert_string_equal(flow_text(e, a, port_a, b, port_b), text)
#define assert_row(e, row, text) assert_string_equal(row_text(e, row), text)
#define assert_state(e, row, text) assert_string_equal(state_text(e, row), text)
#define assert_findings(e, text) assert_string_equal(findings_text(e), text)

struct evidence {
    const struct pp_spec *rules;
    struct pp_site *site; /* NULL: inferred when judged */
    struct pp_spec *spec;
    struct pp_port_index *index;
    struct pp_flow_table *flows;
    struct pp_capture_info captures[EVIDENCE_CAPTURES];
    uint32_t capture_count;
    uint64_t now_ms;  /* the clock: after 2026-11-20 10:00:00 UTC */
    uint64_t ends_ms; /* when the captures end; UINT64_MAX: a minute after the last packet */
    uint64_t last_ms;
    pp_time_ns until_ns; /* --to */
    uint16_t capture;    /* the one that packets go to */
    uint64_t frames;
    bool timeless;     /* packets carry no time */
    uint8_t marks;     /* OR-ed into every packet */
    uint16_t callback; /* announced by the next packet with payload */
    /* made by judge() */
    struct pp_site *inferred;
    struct pp_spec *inferred_spec;
    struct pp_port_index *inferred_index;
    struct pp_report *report;
    struct pp_spec *own_rules; /* of evidence_by */
};

/** The built-in rules, read once. */
const struct pp_spec *builtin_rules(void);

/** `site`: a site file's text; NULL: roles are inferred. Fails the test when the text is refused. */
struct evidence *evidence(const char *site);
/** The same, with rules of the test's own. Fails the test when their text is refused. */
struct evidence *evidence_by(const char *rules, const char *site);
/** The same, with other rules and a limit of flows (0: the default). */
struct evidence *evidence_with(const struct pp_spec *rules, const char *site, uint32_t max_flows);

struct pp_address end_of(const struct evidence *e, const char *end);

/* --- one packet ----------------------------------------------------------------------------------------------------- */

struct pp_packet packet_of(const struct evidence *e, enum pp_transport transport, const char *from, uint16_t from_port, const char *to,
                           uint16_t to_port, uint8_t flags);
void put(struct evidence *e, struct pp_packet packet, enum pp_decoded result);
/** At the clock, which stays. */
void tcp(struct evidence *e, const char *from, uint16_t from_port, const char *to, uint16_t to_port, uint8_t flags);
void udp(struct evidence *e, const char *from, uint16_t from_port, const char *to, uint16_t to_port);
void wait_ms(struct evidence *e, uint64_t ms);

/* --- pictures; the first end is the client ---------------------------------------------------------------------------- */

void tcp_answered(struct evidence *e, const char *from, uint16_t from_port, const char *to, uint16_t to_port);
/** SYNs after 0, 1, 3 and 7 seconds. */
void tcp_silent(struct evidence *e, const char *from, uint16_t from_port, const char *to, uint16_t to_port);
void tcp_refused(struct evidence *e, const char *from, uint16_t from_port, const char *to, uint16_t to_port);
/** A SYN and an ICMP error that quotes it. */
void tcp_rejected(struct evidence *e, const char *from, uint16_t from_port, const char *to, uint16_t to_port, const char *device,
                  uint8_t type, uint8_t code);
/** Data both ways, no handshake. */
void tcp_midstream(struct evidence *e, const char *from, uint16_t from_port, const char *to, uint16_t to_port);
/** The packets of `from` alone, mid-stream. */
void tcp_one_side(struct evidence *e, const char *from, uint16_t from_port, const char *to, uint16_t to_port);
/** An rsh or rexec session of `ms` that announces `port` (0: the announcement was not captured). */
void tcp_announcing(struct evidence *e, const char *from, uint16_t from_port, const char *to, uint16_t to_port, uint16_t port, uint64_t ms);
void udp_exchange(struct evidence *e, const char *from, uint16_t from_port, const char *to, uint16_t to_port);
void udp_one_way(struct evidence *e, const char *from, uint16_t from_port, const char *to, uint16_t to_port);
/** An ICMP error of `device` that quotes a packet (a SYN, for TCP) of `from`; the quoted packet itself is not captured. */
void icmp_error(struct evidence *e, enum pp_transport transport, const char *from, uint16_t from_port, const char *to, uint16_t to_port,
                const char *device, uint8_t type, uint8_t code);
/** A fragment without ports; a first fragment is a packet with PP_MARK_FIRST_FRAGMENT and the same id. */
void later_fragment(struct evidence *e, enum pp_transport transport, const char *from, const char *to, uint32_t id);
/** A packet of neither transport, which only shows that both are there. */
void ping(struct evidence *e, const char *from, const char *to);
/** Say that both ends of everything are there, so that nothing is invisible: a ping between each two entries of the site. */
void everyone_is_seen(struct evidence *e);

/* --- the result, as text ----------------------------------------------------------------------------------------------- */

/** Judge what is there; again, when called again. */
const struct pp_report *judge(struct evidence *e);

/** "handshake staff>tta1:5307 answered expected client-aips wide": basis, initiator, responder and its port, outcome, verdict, and the
 * row, the reason with the nearest row, or the waiver's reason; then the labels. "absent" when there is no such flow. Judges first
 * when nobody has. */
const char *flow_text(struct evidence *e, const char *a, uint16_t port_a, const char *b, uint16_t port_b);
/** "blocked: tta1>ldap1 blocked silent; tta2>ldap1 missing; tta3>ldap1 optional satisfied-by tta-ldaps": the row's state, then each edge
 * with its state, its outcome when tried, "not-due" for a tried one that is not, and its notes. An open side is "*"; a port
 * is written after the destination. */
const char *row_text(struct evidence *e, const char *row);
/** Only the state. */
const char *state_text(struct evidence *e, const char *row);
/** One finding a line: "blocked tta-ldap tta1>ldap1:389 silent". */
const char *findings_text(struct evidence *e);
const struct pp_finding *find_finding(struct evidence *e, enum pp_finding_kind kind);
uint32_t count_kind(struct evidence *e, enum pp_finding_kind kind);
/** "compliant", "non-compliant", "inconclusive", and the reasons. */
const char *verdict_text(struct evidence *e);

#endif
