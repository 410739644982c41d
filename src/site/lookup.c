#include <stdlib.h>
#include <string.h>

#include "address.h"
#include "inventory.h"

/* IPv4 first, long before short, then by address, then by the order of the file: the first of equals is the one that stays. */
static int compare_slots(const void *left, const void *right)
{
    const struct slot *a = left, *b = right;
    if (a->address.family != b->address.family) return a->address.family < b->address.family ? -1 : 1;
    if (a->length != b->length) return a->length > b->length ? -1 : 1;
    int order = address_compare(&a->address, &b->address);
    if (order) return order;
    return a->host < b->host ? -1 : a->host > b->host;
}

static bool same_prefix(const struct slot *a, const struct slot *b)
{
    return a->length == b->length && address_compare(&a->address, &b->address) == 0;
}

static struct slot *collect(const struct pp_site *site, struct arena *arena, uint32_t *count)
{
    size_t total = 0;
    for (uint32_t i = 0; i < site->host_count; i++) total += site->hosts[i].prefix_count;
    struct slot *slots = total > UINT32_MAX ? NULL : arena_alloc(arena, (total + 1) * sizeof *slots);
    *count = 0;
    for (uint32_t i = 0; slots && i < site->host_count; i++)
        for (uint16_t j = 0; j < site->hosts[i].prefix_count; j++)
            slots[(*count)++] = (struct slot){site->hosts[i].prefixes[j].address, site->hosts[i].prefixes[j].length, (uint16_t)i};
    return slots;
}

static void drop_prefix(struct pp_host *host, const struct slot *slot)
{
    uint16_t kept = 0;
    for (uint16_t i = 0; i < host->prefix_count; i++) {
        struct slot own = {host->prefixes[i].address, host->prefixes[i].length, 0};
        if (!same_prefix(&own, slot)) host->prefixes[kept++] = host->prefixes[i];
    }
    host->prefix_count = kept;
}

static void join_hosts(struct pp_site *site, struct lookup *lookup, const struct slot *kept, const struct slot *shared)
{
    struct pp_host *first = &site->hosts[kept->host], *second = &site->hosts[shared->host];
    if (first == second) return; /* one host that names an address twice */
    first->roles |= second->roles;
    first->primary |= second->primary;
    for (size_t i = 0; i < PP_FEATURES_MAX; i++)
        if (first->features[i] == PP_SET_AUTO) first->features[i] = second->features[i];
    drop_prefix(second, shared);
    if (second->prefix_count) return;
    second->roles = 0;
    second->primary = false;
    lookup->joined_into[shared->host] = kept->host;
}

/* Drop the later ones of equal prefixes. */
static void join_equals(struct pp_site *site, struct lookup *lookup)
{
    uint32_t kept = 0;
    for (uint32_t i = 0; i < lookup->slot_count; i++) {
        if (kept && same_prefix(&lookup->slots[kept - 1], &lookup->slots[i]))
            join_hosts(site, lookup, &lookup->slots[kept - 1], &lookup->slots[i]);
        else
            lookup->slots[kept++] = lookup->slots[i];
    }
    lookup->slot_count = kept;
}

static void make_levels(struct lookup *lookup)
{
    for (uint32_t i = 0; i < lookup->slot_count; i++) {
        const struct slot *slot = &lookup->slots[i];
        struct level *level = lookup->level_count ? &lookup->levels[lookup->level_count - 1] : NULL;
        if (!level || level->family != slot->address.family || level->length != slot->length) {
            level = &lookup->levels[lookup->level_count++];
            *level = (struct level){slot->address.family, slot->length, i, 0};
        }
        level->count++;
    }
}

struct lookup *site_lookup_create(struct pp_site *site, const struct pp_spec *spec, struct arena *arena)
{
    struct lookup *lookup = arena_alloc(arena, sizeof *lookup);
    if (!lookup) return NULL;
    *lookup = (struct lookup){0};
    lookup->slots = collect(site, arena, &lookup->slot_count);
    lookup->joined_into = arena_alloc(arena, (site->host_count + 1) * sizeof *lookup->joined_into);
    if (!lookup->slots || !lookup->joined_into) return NULL;
    for (uint32_t i = 0; i < site->host_count; i++) lookup->joined_into[i] = (uint16_t)i;
    qsort(lookup->slots, lookup->slot_count, sizeof *lookup->slots, compare_slots);
    join_equals(site, lookup);
    make_levels(lookup);
    pp_role_set primary = 0;
    for (uint16_t i = 0; i < spec->role_count; i++) {
        if (spec->roles[i].loopback) lookup->loopback_roles |= UINT32_C(1) << i;
        if (spec->roles[i].primary) primary |= UINT32_C(1) << i;
    }
    for (uint32_t i = 0; i < site->host_count; i++)
        if (site->hosts[i].roles & primary) lookup->members++;
    return lookup;
}

static struct pp_address masked(const struct pp_address *address, uint8_t length)
{
    struct pp_address out = *address;
    for (unsigned i = 0; i < sizeof out.bytes; i++) {
        unsigned bits = length > i * 8 ? length - i * 8 : 0;
        if (bits < 8) out.bytes[i] &= (uint8_t)(0xff00u >> bits);
    }
    return out;
}

static int compare_addresses(const void *key, const void *slot)
{
    const struct pp_address *address = key;
    const struct slot *other = slot;
    return address_compare(address, &other->address);
}

const struct slot *site_lookup_find(const struct lookup *lookup, const struct pp_address *address, unsigned below)
{
    for (uint16_t i = 0; i < lookup->level_count; i++) {
        const struct level *level = &lookup->levels[i];
        if (level->family != address->family || level->length >= below) continue;
        struct pp_address key = masked(address, level->length);
        const struct slot *slot = bsearch(&key, lookup->slots + level->first, level->count, sizeof *slot, compare_addresses);
        if (slot) return slot;
    }
    return NULL;
}
