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

bool endpoints_init(struct endpoints *e, size_t flows)
{
    uint64_t size = 1024;
    while (size < flows * 4) size *= 2; /* two ends a flow, half full */
    e->slots = calloc(size, sizeof *e->slots);
    e->mask = size - 1;
    return e->slots != NULL;
}

void endpoints_finish(struct endpoints *e)
{
    free(e->slots);
    *e = (struct endpoints){0};
}

static uint64_t end_id(uint32_t address, uint16_t port) { return (uint64_t)address << 16 | port; }

struct endpoint *endpoint_of(struct endpoints *e, uint8_t transport, uint32_t address, uint16_t port)
{
    uint64_t id = (uint64_t)transport << 56 | end_id(address, port);
    uint64_t at = mix(id) & e->mask;
    while (e->slots[at].used && e->slots[at].id != id) at = (at + 1) & e->mask;
    if (!e->slots[at].used) e->slots[at] = (struct endpoint){.id = id, .used = true, .first_peer = UINT64_MAX};
    return &e->slots[at];
}

void endpoint_met(struct endpoint *endpoint, uint32_t peer_address, uint16_t peer_port)
{
    uint64_t peer = end_id(peer_address, peer_port);
    if (endpoint->first_peer == UINT64_MAX) endpoint->first_peer = peer;
    if (endpoint->first_peer != peer) endpoint->many_peers = true;
}
