#include "keyed.h"

#include <stdbool.h>
#include <string.h>

enum { DIGIT_BITS = 8, DIGITS = 64 / DIGIT_BITS, VALUES = 1 << DIGIT_BITS };

static unsigned digit_of(uint64_t key, unsigned digit) { return (unsigned)(key >> digit * DIGIT_BITS) & (VALUES - 1); }

/* Where the items of each value begin. false: all have the same, and stay where they are. */
static bool begin_values(size_t counts[VALUES], size_t count)
{
    size_t at = 0;
    for (unsigned v = 0; v < VALUES; v++) {
        size_t n = counts[v];
        if (n == count) return false;
        counts[v] = at;
        at += n;
    }
    return true;
}

/* Digit by digit, the least first. */
void keyed_sort(struct keyed *items, struct keyed *scratch, size_t count)
{
    size_t counts[DIGITS][VALUES] = {{0}};
    struct keyed *from = items, *to = scratch;
    for (size_t i = 0; i < count; i++)
        for (unsigned d = 0; d < DIGITS; d++) counts[d][digit_of(items[i].key, d)]++;
    for (unsigned d = 0; d < DIGITS; d++) {
        if (!begin_values(counts[d], count)) continue;
        for (size_t i = 0; i < count; i++) to[counts[d][digit_of(from[i].key, d)]++] = from[i];
        struct keyed *swap = from;
        from = to;
        to = swap;
    }
    if (from != items && count) memcpy(items, from, count * sizeof *items);
}
