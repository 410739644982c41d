/* Inside assess: what expected flows prove, edge by edge. */
#ifndef ASSESS_LEDGER_H
#define ASSESS_LEDGER_H

#include "assess.h"

/** What all flows of one edge add up to. */
struct tally {
    uint64_t edge; /* see edge_number: sorted, the edges of a row stand together */
    uint64_t flows, packets;
    uint64_t answered_pair; /* of the pairs with an answered flow the lowest; UINT64_MAX: none */
    unsigned notes;
    bool answered[2]; /* over IPv4, over IPv6 */
    size_t credit_first, credit_count;
};

/** A flow that was not simply answered. Sorted, those of one edge stand together, and in them those of one pair of addresses. */
struct credit {
    uint64_t edge, pair;
    uint32_t flow;
    bool answered; /* its pair has an answered flow too */
};

struct ledger {
    struct tally *tallies; /* sorted by edge */
    size_t tally_count, tally_room;
    uint32_t *slots;        /* number + 1; 0: empty; used while filling only */
    struct siphash_key key; /* made with the first of them */
    struct credit *credits;
    size_t credit_count, credit_room;
    bool *doubted; /* by address: an end of one of the credits */
};

/** Enter all expected flows; counts flows and packets of the report's rows too. false: out of memory. */
bool ledger_fill(struct ledger *ledger, struct assessment *a);
void ledger_finish(struct ledger *ledger);

static inline uint16_t edge_row(uint64_t edge) { return (uint16_t)(edge >> 49); }
static inline bool edge_off_primary(uint64_t edge) { return edge >> 48 & 1; } /* an edge of its own that is never due */
static inline uint16_t edge_from(uint64_t edge) { return (uint16_t)(edge >> 32); }
static inline uint16_t edge_to(uint64_t edge) { return (uint16_t)(edge >> 16); }
static inline uint16_t edge_port(uint64_t edge) { return (uint16_t)edge; }
static inline uint32_t pair_source(uint64_t pair) { return (uint32_t)(pair >> 32); }

/** Of two rows that are one conversation only the first is judged; the other takes its result. */
static inline bool is_follower(const struct pp_spec *spec, uint16_t row)
{
    return spec->rows[row].partner != PP_NONE && spec->rows[row].partner < row;
}

#endif
