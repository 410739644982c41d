#include <stdlib.h>
#include <string.h>

#include "assess.h"

static uint64_t mix(uint64_t x)
{
    x ^= x >> 32;
    x *= UINT64_C(0xd6e8feb86659fd93);
    x ^= x >> 32;
    x *= UINT64_C(0xd6e8feb86659fd93);
    return x ^ x >> 32;
}

static uint64_t hash_address(const struct pp_address *address)
{
    uint64_t words[2];
    memcpy(words, address->bytes, sizeof words);
    return mix(words[0] + mix(words[1] + address->family));
}

static bool grow(struct directory *d)
{
    uint32_t room = d->room ? d->room * 2 : 1024;
    struct pp_seen *seen = realloc(d->seen, room * sizeof *seen);
    if (!seen) return false;
    d->seen = seen;
    uint32_t *slots = calloc((size_t)room * 2, sizeof *slots);
    if (!slots) return false;
    free(d->slots);
    d->slots = slots;
    d->room = room;
    d->mask = room * 2 - 1;
    for (uint32_t i = 0; i < d->count; i++) {
        uint64_t at = hash_address(&d->seen[i].address) & d->mask;
        while (slots[at]) at = (at + 1) & d->mask;
        slots[at] = i + 1;
    }
    return true;
}

bool directory_add(struct directory *d, const struct pp_site *site, const struct pp_address *address, uint32_t *number)
{
    if (d->count == d->room && !grow(d)) return false;
    uint64_t at = hash_address(address) & d->mask;
    for (; d->slots[at]; at = (at + 1) & d->mask)
        if (memcmp(&d->seen[d->slots[at] - 1].address, address, sizeof *address) == 0) return *number = d->slots[at] - 1, true;
    struct pp_site_entry entry = site ? pp_site_find(site, address) : (struct pp_site_entry){.host = PP_NONE};
    d->seen[d->count] = (struct pp_seen){.address = *address, .entry = entry};
    *number = d->count++;
    d->slots[at] = d->count;
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
    size_t at = mix(id) & e->mask;
    while (e->slots[at].id && e->slots[at].id != id) at = (at + 1) & e->mask;
    return &e->slots[at];
}

static bool double_endpoints(struct endpoints *e)
{
    size_t size = e->slots ? 2 * (e->mask + 1) : 1024;
    struct endpoints larger = {.slots = calloc(size, sizeof *larger.slots), .count = e->count, .mask = size - 1};
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
