#include "keyed.h"

#include <string.h>

enum { DIGIT_BITS = 8, DIGITS = 64 / DIGIT_BITS, VALUES = 1 << DIGIT_BITS };

static unsigned digit_of(uint64_t key, unsigned digit) { return (unsigned)(key >> digit * DIGIT_BITS) & (VALUES - 1); }

/* The bits in which keys differ. */
static uint64_t varying_bits(const struct keyed *items, size_t count)
{
    uint64_t varying = 0;
    for (size_t i = 1; i < count; i++) varying |= items[i].key ^ items[0].key;
    return varying;
}

static void sort_by_digit(const struct keyed *from, struct keyed *to, size_t count, unsigned digit)
{
    size_t starts[VALUES] = {0}, at = 0;
    for (size_t i = 0; i < count; i++) starts[digit_of(from[i].key, digit)]++;
    for (unsigned v = 0; v < VALUES; v++) {
        size_t n = starts[v];
        starts[v] = at;
        at += n;
    }
    for (size_t i = 0; i < count; i++) to[starts[digit_of(from[i].key, digit)]++] = from[i];
}

/* Digit by digit, the least first; a digit that all have in common says nothing. */
void keyed_sort(struct keyed *items, struct keyed *scratch, size_t count)
{
    uint64_t varying = varying_bits(items, count);
    struct keyed *from = items, *to = scratch;
    for (unsigned d = 0; d < DIGITS; d++) {
        if (!digit_of(varying, d)) continue;
        sort_by_digit(from, to, count, d);
        struct keyed *swap = from;
        from = to;
        to = swap;
    }
    if (from != items) memcpy(items, from, count * sizeof *items);
}
