#include "datagrams.h"

#include <stdlib.h>
#include <string.h>

#include "address.h"

enum { ROOM_FIRST = 256 };

/* Make room for one more item and keep the slots at most half full; the caller puts items back with `place`.
 * Returns false when memory is out. */
static bool grow_items(void **items, size_t size, uint32_t **slots, uint32_t count, uint32_t *room, uint32_t *mask, bool *rehash)
{
    *rehash = false;
    if (count < *room) return true;
    uint32_t wanted = *room ? *room * 2 : ROOM_FIRST;
    void *more = realloc(*items, wanted * size);
    if (!more) return false;
    *items = more;
    uint32_t *fresh = calloc((size_t)wanted * 2, sizeof *fresh);
    if (!fresh) return false;
    free(*slots);
    *slots = fresh;
    *room = wanted;
    *mask = wanted * 2 - 1;
    *rehash = true;
    return true;
}

static uint64_t hash_datagram(const struct siphash_key *key, const struct pp_datagram *one)
{
    uint64_t words[5];
    memcpy(words, one->source.bytes, 16);
    memcpy(words + 2, one->destination.bytes, 16);
    words[4] = (uint64_t)one->id << 16 | (uint64_t)one->transport << 8 | one->source.family;
    return siphash13(key, words, 5);
}

static bool same_datagram(const struct pp_datagram *a, const struct pp_datagram *b)
{
    return a->id == b->id && a->transport == b->transport && memcmp(&a->source, &b->source, sizeof a->source) == 0 &&
           memcmp(&a->destination, &b->destination, sizeof a->destination) == 0;
}

static void join_datagram(struct pp_datagram *into, const struct pp_datagram *from)
{
    into->first_seen |= from->first_seen;
    into->later += from->later;
    into->bytes += from->bytes;
    if (from->first_ns < into->first_ns || (from->first_ns == into->first_ns && from->first_frame < into->first_frame))
        into->first_frame = from->first_frame;
    if (from->first_ns < into->first_ns) into->first_ns = from->first_ns;
    if (from->last_ns > into->last_ns) into->last_ns = from->last_ns;
}

bool datagrams_join(struct datagrams *d, const struct siphash_key *key, const struct pp_datagram *one, uint64_t *lost)
{
    bool rehash;
    void *items = d->items;
    if (!grow_items(&items, sizeof *d->items, &d->slots, d->count, &d->room, &d->mask, &rehash)) return d->items = items, false;
    d->items = items;
    for (uint32_t i = 0; rehash && i < d->count; i++) {
        uint64_t at = hash_datagram(key, &d->items[i]) & d->mask;
        while (d->slots[at]) at = (at + 1) & d->mask;
        d->slots[at] = i + 1;
    }
    uint64_t at = hash_datagram(key, one) & d->mask;
    for (; d->slots[at]; at = (at + 1) & d->mask) {
        struct pp_datagram *found = &d->items[d->slots[at] - 1];
        if (!same_datagram(found, one)) continue;
        join_datagram(found, one);
        return true;
    }
    if (d->count == DATAGRAMS_MAX) {
        *lost += one->later;
        return true;
    }
    d->items[d->count] = *one;
    d->slots[at] = ++d->count;
    return true;
}

void datagrams_finish(struct datagrams *d)
{
    free(d->items);
    free(d->slots);
    *d = (struct datagrams){0};
}

bool addresses_add(struct addresses *a, const struct siphash_key *key, const struct pp_address *address, uint64_t *lost)
{
    bool rehash;
    void *items = a->items;
    if (!grow_items(&items, sizeof *a->items, &a->slots, a->count, &a->room, &a->mask, &rehash)) return a->items = items, false;
    a->items = items;
    for (uint32_t i = 0; rehash && i < a->count; i++) {
        uint64_t at = address_hash(key, &a->items[i]) & a->mask;
        while (a->slots[at]) at = (at + 1) & a->mask;
        a->slots[at] = i + 1;
    }
    uint64_t at = address_hash(key, address) & a->mask;
    for (; a->slots[at]; at = (at + 1) & a->mask)
        if (memcmp(&a->items[a->slots[at] - 1], address, sizeof *address) == 0) return true;
    if (a->count == ADDRESSES_MAX) {
        ++*lost;
        return true;
    }
    a->items[a->count] = *address;
    a->slots[at] = ++a->count;
    return true;
}

void addresses_finish(struct addresses *a)
{
    free(a->items);
    free(a->slots);
    *a = (struct addresses){0};
}
