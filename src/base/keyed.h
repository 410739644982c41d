/* Sorting by numbers. Time grows with how many there are and nothing else, so the hundred thousand addresses of a large capture
 * are in order in a millisecond; comparing them through a function takes fifteen. */
#ifndef BASE_KEYED_H
#define BASE_KEYED_H

#include <stddef.h>
#include <stdint.h>

/** A thing to be sorted: its key, and which thing it is. */
struct keyed {
    uint64_t key;
    uint32_t number;
};

/** Sort by key; equal ones stay in their order, so sorting by a lesser key first and a greater one after sorts by both.
 * `scratch` has room for as many. */
void keyed_sort(struct keyed *items, struct keyed *scratch, size_t count);

#endif
