#include <stdlib.h>
#include <string.h>

#include "address.h"
#include "inventory.h"
#include "keyed.h"

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

/* IPv4 first, long before short, then by address, then by the order of the file: the first of equals is the one that stays.
 * false: out of memory. */
static bool sort_slots(struct lookup *lookup)
{
    size_t count = lookup->slot_count;
    struct keyed *items = malloc((2 * count + 1) * sizeof *items);
    struct slot *unsorted = malloc((count + 1) * sizeof *unsorted);
    if (!items || !unsorted) return free(items), free(unsorted), false;
    memcpy(unsorted, lookup->slots, count * sizeof *unsorted);
    for (uint32_t i = 0; i < count; i++) items[i] = (struct keyed){address_low(&unsorted[i].address), i};
    keyed_sort(items, items + count, count);
    for (uint32_t i = 0; i < count; i++) items[i].key = address_high(&unsorted[items[i].number].address);
    keyed_sort(items, items + count, count);
    for (uint32_t i = 0; i < count; i++) {
        const struct slot *slot = &unsorted[items[i].number];
        items[i].key = (uint64_t)slot->address.family << 8 | (uint8_t)(UINT8_MAX - slot->length);
    }
    keyed_sort(items, items + count, count);
    for (uint32_t i = 0; i < count; i++) lookup->slots[i] = unsorted[items[i].number];
    free(items);
    free(unsorted);
    return true;
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
        if (!level || level->family != slot->address.family || level->length != slot->length)
            lookup->levels[lookup->level_count++] = (struct level){slot->address.family, slot->length};
    }
}

static uint32_t hash_prefix(const struct lookup *lookup, const struct pp_address *address, uint8_t length)
{
    return (uint32_t)address_hash(&lookup->key, address) ^ length;
}

/* Prefixes are found by their hash, whatever their number. */
static bool hash_slots(struct lookup *lookup, struct arena *arena)
{
    uint32_t size = 16;
    while (size < 2 * lookup->slot_count) size *= 2;
    lookup->numbers = arena_alloc(arena, size * sizeof *lookup->numbers);
    if (!lookup->numbers) return false;
    lookup->mask = size - 1;
    for (uint32_t i = 0; i < lookup->slot_count; i++) {
        uint32_t at = hash_prefix(lookup, &lookup->slots[i].address, lookup->slots[i].length) & lookup->mask;
        while (lookup->numbers[at]) at = (at + 1) & lookup->mask;
        lookup->numbers[at] = i + 1;
    }
    return true;
}

struct lookup *site_lookup_create(struct pp_site *site, const struct pp_spec *spec, struct arena *arena)
{
    struct lookup *lookup = arena_alloc(arena, sizeof *lookup);
    if (!lookup) return NULL;
    *lookup = (struct lookup){.key = siphash_key_make()};
    lookup->slots = collect(site, arena, &lookup->slot_count);
    lookup->joined_into = arena_alloc(arena, (site->host_count + 1) * sizeof *lookup->joined_into);
    if (!lookup->slots || !lookup->joined_into || !sort_slots(lookup)) return NULL;
    for (uint32_t i = 0; i < site->host_count; i++) lookup->joined_into[i] = (uint16_t)i;
    join_equals(site, lookup);
    make_levels(lookup);
    if (!hash_slots(lookup, arena)) return NULL;
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
    size_t kept = length / 8u;
    if (length % 8u) out.bytes[kept++] &= (uint8_t)(0xff00u >> length % 8u);
    memset(out.bytes + kept, 0, sizeof out.bytes - kept);
    return out;
}

const struct slot *site_lookup_find(const struct lookup *lookup, const struct pp_address *address, unsigned below)
{
    for (uint16_t i = 0; i < lookup->level_count; i++) {
        const struct level *level = &lookup->levels[i];
        if (level->family != address->family || level->length >= below) continue;
        struct pp_address key = masked(address, level->length);
        for (uint32_t at = hash_prefix(lookup, &key, level->length) & lookup->mask; lookup->numbers[at]; at = (at + 1) & lookup->mask) {
            const struct slot *slot = &lookup->slots[lookup->numbers[at] - 1];
            if (slot->length == level->length && memcmp(&slot->address, &key, sizeof key) == 0) return slot;
        }
    }
    return NULL;
}
