/* spec: a rules file as data (roles, features, rows, companions), and the port index it is compiled into. */
#ifndef PORTPROOF_SPEC_H
#define PORTPROOF_SPEC_H

#include <stdio.h>

#include "portproof/packet.h"

enum {
    PP_ROLES_MAX = 32,    /* a role set is one 32-bit word */
    PP_FEATURES_MAX = 64, /* a feature set is one 64-bit word */
    PP_ROWS_MAX = 256,    /* a row set is four 64-bit words */
    PP_RANGES_MAX = 16,   /* port ranges of one row */
    PP_COMPANIONS_MAX = 64,
    PP_WIDE_PORTS = 256, /* a row of more ports than this is wide (design 5.1) */
};

typedef uint32_t pp_role_set;    /* bit i: role i of the spec */
typedef uint64_t pp_feature_set; /* bit i: feature i of the spec */

enum pp_coverage { PP_EACH_DESTINATION, PP_EACH_SOURCE, PP_EACH_PAIR, PP_EACH_UNORDERED_PAIR, PP_EACH_PORT, PP_ONCE, PP_COVERAGE_COUNT };

/** Which end of a row must be the array's primary, when one is named. */
enum pp_primary_end { PP_PRIMARY_NONE, PP_PRIMARY_FROM, PP_PRIMARY_TO };

/** first, first+step, … up to last, inclusive. */
struct pp_port_range {
    uint16_t first, last, step;
};

/** Ports of a row, a waiver or a companion: one transport, or both when the text names none. */
struct pp_ports {
    struct pp_port_range ranges[PP_RANGES_MAX];
    uint16_t count;
    bool tcp, udp;
    bool per_member; /* a series such as "4000/tcp, 4002/tcp ...": as many ports as the array has members; ranges[0].last is set by
                        pp_spec_effective */
};

bool pp_ports_hold(const struct pp_ports *ports, enum pp_transport transport, uint16_t port);
uint32_t pp_ports_size(const struct pp_ports *ports); /* how many ports, of one transport */

struct pp_role {
    const char *name;  /* "tarantella-server" */
    const char *title; /* as the page writes it: "Tarantella server" */
    bool anyone;       /* traffic between such hosts alone is out of scope (client) */
    bool loopback;     /* a loopback address holds it */
    bool primary;      /* one host of this role is the array's primary */
};

enum pp_feature_default { PP_FEATURE_AUTO, PP_FEATURE_ARRAY /* on by itself from two hosts of the primary role */ };

struct pp_feature {
    const char *name, *title;
    enum pp_feature_default preset;
    pp_feature_set needs; /* also on, or this one is off: wincenter needs telnet */
};

struct pp_row {
    const char *id;
    uint32_t line;      /* in the rules file */
    uint32_t page_line; /* on the published page */
    const char *group;
    uint16_t from, to; /* role indexes */
    enum pp_transport transport;
    struct pp_ports ports;
    const char *ports_text; /* as the page writes them */
    uint16_t feature;       /* index */
    const char *any_of;     /* name of the group of rows of which one suffices; NULL: none */
    enum pp_coverage coverage;
    bool one_way;  /* silence back is healthy */
    bool loopback; /* lives on a host's own loopback (Netlet) */
    enum pp_primary_end primary;
    uint16_t partner;                           /* row index of the same conversation seen from the other side (SecurID); PP_NONE */
    uint16_t encrypted_by;                      /* row index of what carries the same in encrypted form; PP_NONE: this is no clear text, or
                                                   there is no other way */
    bool downgrade;                             /* a connection of that row may legally go on as this one: clear text all the same */
    bool announces_callback;                    /* the initiator sends the port for a connection back (rexec, rsh) */
    const char *purpose, *condition, *exercise; /* verbatim; when it applies; what to do to see it */
    bool wide;                                  /* more than PP_WIDE_PORTS ports */
    const char *from_title, *to_title;          /* as the page writes them in this row; the role's title unless the page differs */
};

/** Side traffic known from practice: labelled, not excused. */
struct pp_companion {
    const char *name, *title;
    struct pp_ports ports;
    pp_role_set from, to; /* 0: anyone */
    uint16_t beside;      /* row index whose traffic it accompanies (same pair of hosts); PP_NONE: always */
};

/** Roles read off traffic when there is no site file (design 5.6). */
enum pp_infer_who { PP_INFER_RESPONDER, PP_INFER_INITIATOR, PP_INFER_EITHER };
struct pp_inference {
    struct pp_ports ports;
    enum pp_infer_who who;
    pp_role_set roles;      /* what that end then holds */
    pp_role_set peer_roles; /* what the other end must hold for it; 0: nothing asked */
};

struct pp_spec {
    const char *name, *title, *version, *source; /* source: where the rows were published */
    char sha256[65];                             /* of the rules text */
    struct pp_role roles[PP_ROLES_MAX];
    uint16_t role_count;
    struct pp_feature features[PP_FEATURES_MAX];
    uint16_t feature_count;
    struct pp_row rows[PP_ROWS_MAX];
    uint16_t row_count;
    struct pp_companion companions[PP_COMPANIONS_MAX];
    uint16_t companion_count;
    struct pp_inference inferences[PP_COMPANIONS_MAX];
    uint16_t inference_count;
    uint16_t array_members; /* set by pp_spec_effective; 1 before */
    void *memory;           /* owns every string */
};

/** The rules built into the binary, as text. */
extern const char pp_builtin_rules[];
extern const size_t pp_builtin_rules_size;

/** Read rules from text. NULL and *error (line, column, what was found; what was expected) on the first mistake. */
struct pp_spec *pp_spec_parse(const char *text, size_t size, struct pp_error *error);
void pp_spec_destroy(struct pp_spec *spec); /* takes NULL */

uint16_t pp_spec_find_role(const struct pp_spec *spec, const char *name);    /* index, or PP_NONE */
uint16_t pp_spec_find_feature(const struct pp_spec *spec, const char *name); /* index, or PP_NONE */
uint16_t pp_spec_find_row(const struct pp_spec *spec, const char *id);       /* index, or PP_NONE */
const char *pp_coverage_name(enum pp_coverage coverage);
const char *pp_transport_name(enum pp_transport transport); /* "tcp", "udp" */

/** What a site changes in a spec: rows moved or narrowed, coverage, the number of array members. */
struct pp_row_change {
    uint16_t row;
    bool ports_set, coverage_set;
    struct pp_ports ports;
    enum pp_coverage coverage;
    const char *ports_text;
};

/** A copy of the spec with the changes applied; series get as many ports as `array_members` (at least 1).
 * Strings are shared: the original (and the changes) must outlive the copy, which is freed by pp_spec_destroy. NULL: out of memory. */
struct pp_spec *pp_spec_effective(const struct pp_spec *spec, const struct pp_row_change *changes, size_t count, uint16_t array_members);

/* --- the port index ------------------------------------------------------------------------------------------- */

enum { PP_PAGE_PORTS = 256, PP_CLASSES_MAX = 256 };

struct pp_row_set {
    uint64_t words[PP_ROWS_MAX / 64];
};

/** (transport, port) → class, in two levels whose equal pages are shared; class → rows. */
struct pp_port_index;

struct pp_port_index_stats {
    size_t hot_bytes, total_bytes, flat_bytes;
    uint16_t classes, pages;
};

struct pp_port_index *
pp_port_index_create(const struct pp_spec *spec); /* borrows spec; NULL: out of memory, or more than 255 classes or 126 pages */
void pp_port_index_destroy(struct pp_port_index *index);
uint8_t pp_port_class(const struct pp_port_index *index, enum pp_transport transport, uint16_t port); /* 0: on no row */
/** The classes of both ports of many packets, into the packets. */
void pp_port_classes(const struct pp_port_index *index, struct pp_plain_packet *packets, size_t count);
const struct pp_row_set *pp_class_rows(const struct pp_port_index *index, uint8_t port_class);
/** Rows that a flow from a host with `from` to a host with `to`, on this destination port, would match. */
struct pp_row_set pp_port_index_match(const struct pp_port_index *index, enum pp_transport transport, uint16_t port, pp_role_set from,
                                      pp_role_set to);
/** SHA-256 of which ports have which class: what folded flows were folded by. Hexadecimal. */
void pp_port_index_digest(const struct pp_port_index *index, char out[65]);
struct pp_port_index_stats pp_port_index_stats(const struct pp_port_index *index);

static inline bool pp_row_set_has(const struct pp_row_set *set, uint16_t row) { return (set->words[row >> 6] >> (row & 63)) & 1; }
static inline void pp_row_set_add(struct pp_row_set *set, uint16_t row) { set->words[row >> 6] |= UINT64_C(1) << (row & 63); }
static inline bool pp_row_set_empty(const struct pp_row_set *set)
{
    return !(set->words[0] | set->words[1] | set->words[2] | set->words[3]);
}

enum pp_spec_format { PP_SPEC_YAML, PP_SPEC_TSV, PP_SPEC_JSON };

/** The spec as text: YAML that pp_spec_parse reads back to an equal spec, the rows as TSV under a header line, or all of it
 * as JSON. *out is NUL-terminated and the caller's to free; untouched on failure. false: out of memory. */
bool pp_spec_export(const struct pp_spec *spec, enum pp_spec_format format, char **out, size_t *size);

#endif
