#include <stdlib.h>
#include <string.h>

#include "address.h"
#include "assess.h"

static bool grow(struct directory *d)
{
    uint32_t room = d->room ? d->room * 2 : 1024, mask = room * 2 - 1;
    struct pp_seen *seen = realloc(d->seen, room * sizeof *seen);
    if (!seen) return false;
    d->seen = seen;
    struct directory_slot *slots = calloc((size_t)room * 2, sizeof *slots);
    if (!slots) return false;
    if (!d->slots) d->key = siphash_key_make();
    for (size_t i = 0; d->slots && i <= d->mask; i++) {
        if (!d->slots[i].number) continue;
        uint32_t at = d->slots[i].hash & mask;
        while (slots[at].number) at = (at + 1) & mask;
        slots[at] = d->slots[i];
    }
    free(d->slots);
    d->slots = slots;
    d->room = room;
    d->mask = mask;
    return true;
}

/* Room for one more. */
static bool has_room(struct directory *d) { return d->count < d->room || grow(d); }

static bool add(struct directory *d, const struct pp_site *site, const struct pp_address *address, uint32_t hash, uint32_t *number)
{
    if (!has_room(d)) return false;
    uint32_t at = hash & d->mask;
    for (; d->slots[at].number; at = (at + 1) & d->mask) {
        if (d->slots[at].hash != hash) continue;
        *number = d->slots[at].number - 1;
        if (memcmp(&d->seen[*number].address, address, sizeof *address) == 0) return true;
    }
    struct pp_site_entry entry = site ? pp_site_find(site, address) : (struct pp_site_entry){.host = PP_NONE};
    d->seen[d->count] = (struct pp_seen){.address = *address, .entry = entry};
    *number = d->count++;
    d->slots[at] = (struct directory_slot){hash, d->count};
    return true;
}

bool directory_add(struct directory *d, const struct pp_site *site, const struct pp_address *address, uint32_t *number)
{
    return has_room(d) && add(d, site, address, (uint32_t)address_hash(&d->key, address), number); /* the first room brings the key */
}

/* Ask for what the look-ups will touch: a large capture's addresses are in no near cache, and so their misses overlap. */
static void prefetch(const struct directory *d, const uint32_t *hashes, size_t count)
{
    for (size_t i = 0; i < count; i++) __builtin_prefetch(&d->slots[hashes[i] & d->mask]);
    for (size_t i = 0; i < count; i++) {
        const struct directory_slot *slot = &d->slots[hashes[i] & d->mask];
        if (slot->number) __builtin_prefetch(&d->seen[slot->number - 1]);
    }
}

bool directory_add_ends(struct directory *d, const struct pp_site *site, const struct pp_flow *flows, size_t count, uint32_t numbers[][2])
{
    uint32_t hashes[FLOW_BLOCK];
    if (!has_room(d)) return false; /* with which the key comes */
    for (size_t i = 0; i < count; i++) hashes[i] = (uint32_t)address_hash(&d->key, &flows[i].address[1]);
    prefetch(d, hashes, count);
    for (size_t i = 0; i < count; i++) {
        /* Flows stand in the order of their lower end: most begin where the one before did. */
        const struct pp_address *lower = &flows[i].address[0];
        bool again = d->count && memcmp(&d->seen[d->last].address, lower, sizeof *lower) == 0;
        if (!again && !directory_add(d, site, lower, &d->last)) return false;
        numbers[i][0] = d->last;
        if (!add(d, site, &flows[i].address[1], hashes[i], &numbers[i][1])) return false;
    }
    return true;
}

void directory_finish(struct directory *d)
{
    free(d->seen);
    free(d->slots);
    *d = (struct directory){0};
}

static uint64_t end_id(uint8_t transport, uint32_t address, uint16_t port)
{
    return (uint64_t)transport << 48 | (uint64_t)address << 16 | port; /* never 0: no transport is */
}

void endpoints_finish(struct endpoints *e)
{
    free(e->slots);
    *e = (struct endpoints){0};
}

/* The end's slot, or the empty one where it belongs. */
static struct endpoint *slot_of(const struct endpoints *e, uint64_t id)
{
    size_t at = (size_t)siphash13(&e->key, &id, 1) & e->mask;
    while (e->slots[at].id && e->slots[at].id != id) at = (at + 1) & e->mask;
    return &e->slots[at];
}

static bool double_endpoints(struct endpoints *e)
{
    size_t size = e->slots ? 2 * (e->mask + 1) : 1024;
    struct endpoints larger = {calloc(size, sizeof *larger.slots), e->slots ? e->key : siphash_key_make(), e->count, size - 1};
    if (!larger.slots) return false;
    for (size_t i = 0; e->slots && i <= e->mask; i++)
        if (e->slots[i].id) *slot_of(&larger, e->slots[i].id) = e->slots[i];
    free(e->slots);
    *e = larger;
    return true;
}

bool endpoint_add(struct endpoints *e, uint8_t transport, uint32_t address, uint16_t port)
{
    if ((!e->slots || 2 * e->count > e->mask) && !double_endpoints(e)) return false;
    struct endpoint *slot = slot_of(e, end_id(transport, address, port));
    if (slot->id) return true;
    *slot = (struct endpoint){.id = end_id(transport, address, port)};
    e->count++;
    return true;
}

struct endpoint *endpoint_of(const struct endpoints *e, uint8_t transport, uint32_t address, uint16_t port)
{
    struct endpoint *slot = slot_of(e, end_id(transport, address, port));
    return slot->id ? slot : NULL;
}

void endpoint_met(struct endpoint *endpoint, uint32_t peer_address, uint16_t peer_port)
{
    if (!endpoint->met_one) {
        endpoint->met_one = true;
        endpoint->peer_address = peer_address;
        endpoint->peer_port = peer_port;
    } else if (endpoint->peer_address != peer_address || endpoint->peer_port != peer_port)
        endpoint->met_many = true;
}
