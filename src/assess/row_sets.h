/* The algebra of row sets. */
#ifndef ASSESS_ROW_SETS_H
#define ASSESS_ROW_SETS_H

#include "portproof/spec.h"

enum { ROW_WORDS = PP_ROWS_MAX / 64 };

static inline struct pp_row_set rows_in_both(struct pp_row_set a, const struct pp_row_set *b)
{
    for (unsigned w = 0; w < ROW_WORDS; w++) a.words[w] &= b->words[w];
    return a;
}

static inline struct pp_row_set rows_without(struct pp_row_set a, const struct pp_row_set *b)
{
    for (unsigned w = 0; w < ROW_WORDS; w++) a.words[w] &= ~b->words[w];
    return a;
}

/** The lowest row of the set from `row` on; PP_NONE: none. */
static inline uint16_t next_row(const struct pp_row_set *set, unsigned row)
{
    for (unsigned w = row >> 6; w < ROW_WORDS; w++) {
        uint64_t left = w == row >> 6 ? set->words[w] >> (row & 63) << (row & 63) : set->words[w];
        if (left) return (uint16_t)(w * 64 + (unsigned)__builtin_ctzll(left));
    }
    return PP_NONE;
}

/** Each row of a set, which must not change meanwhile, in order. */
/* NOLINTNEXTLINE(bugprone-macro-parentheses): `row` is a name that is declared */
#define FOR_EACH_ROW(row, set) for (uint16_t row = next_row(set, 0); row != PP_NONE; row = next_row(set, row + 1u))

#endif
