#define _DEFAULT_SOURCE /* madvise */
#include "store.h"

#include <stdlib.h>
#include <sys/mman.h>

enum { SLOTS_FIRST = 1024, HUGE_PAGE = 2 * 1024 * 1024 };

/* Memory for many random accesses: from half a huge page's size on it is aligned so that the kernel can give huge pages, which
 * spare most of the address translations (a hint only; nothing depends on it). Not zeroed. */
static void *big_alloc(size_t size)
{
    if (size < HUGE_PAGE / 2) return malloc(size);
    size_t whole = (size + HUGE_PAGE - 1) & ~(size_t)(HUGE_PAGE - 1);
    void *memory = aligned_alloc(HUGE_PAGE, whole);
    if (!memory) return NULL;
    madvise(memory, whole, MADV_HUGEPAGE);
    return memory;
}

static struct slot *empty_slots(size_t count)
{
    struct slot *slots = big_alloc(count * sizeof *slots);
    return slots ? memset(slots, 0, count * sizeof *slots) : NULL;
}

bool store_init(struct store *store, size_t ends, const struct hash_key *key)
{
    *store = (struct store){.key = *key, .ends = ends, .stride = offsetof(struct record, ends) + ends};
    store->slots = empty_slots(SLOTS_FIRST);
    store->mask = SLOTS_FIRST - 1;
    return store->slots != NULL;
}

void store_finish(struct store *store)
{
    for (size_t i = 0; i < store->slab_count; i++) free(store->slabs[i]);
    free(store->slabs);
    free(store->slots);
    *store = (struct store){0};
}

struct flow_key store_key(const struct store *store, const struct record *record)
{
    struct flow_key key = {{0}};
    uint32_t ports;
    memcpy(key.words, record->ends, store->ends - sizeof ports);
    memcpy(&ports, record->ends + store->ends - sizeof ports, sizeof ports);
    key.words[last_word(store)] = ports | (uint64_t)record->kind << 32;
    return key;
}

static struct slot *empty_slot(struct store *store, uint64_t hash)
{
    size_t i = hash & store->mask;
    while (store->slots[i].record) i = (i + 1) & store->mask;
    return &store->slots[i];
}

/* Twice the slots. The low bits of the hash are not kept in the slot, so records are hashed anew. */
static bool grow(struct store *store)
{
    size_t size = (store->mask + 1) * 2;
    struct slot *slots = empty_slots(size);
    if (!slots) return false;
    free(store->slots);
    store->slots = slots;
    store->mask = size - 1;
    for (size_t number = 0; number < store->count; number++) {
        struct flow_key key = store_key(store, store_at(store, number));
        uint64_t hash = store_hash(store, &key);
        *empty_slot(store, hash) = (struct slot){(uint32_t)(hash >> 32), (uint32_t)number + 1};
    }
    return true;
}

/* The first slab is small: most captures have few flows. */
static bool add_slab(struct store *store)
{
    if (store->slab_count == store->slab_room) {
        size_t room = store->slab_room ? store->slab_room * 2 : 16;
        uint8_t **slabs = realloc(store->slabs, room * sizeof *slabs);
        if (!slabs) return false;
        store->slabs = slabs;
        store->slab_room = room;
    }
    size_t size = SLAB_RECORDS * store->stride; /* a multiple of 64, so that no IPv4 record spans three cache lines */
    uint8_t *slab = store->slab_count ? big_alloc(size) : aligned_alloc(64, size);
    if (!slab) return false;
    store->slabs[store->slab_count++] = slab;
    return true;
}

struct record *store_make(struct store *store, const struct flow_key *key, uint64_t hash)
{
    if (store->count == store->slab_count * SLAB_RECORDS && !add_slab(store)) return NULL;
    if ((store->count + 1) * 8 > (store->mask + 1) * 5 && !grow(store)) return NULL; /* load at most 5/8: searches stay short */
    struct record *record = store_at(store, store->count);
    memset(record, 0, sizeof *record);
    record->first_ns[0] = record->first_ns[1] = PP_NO_FIRST;
    record->first_frame = UINT64_MAX;
    record->kind = key_kind(store, key);
    uint32_t ports = (uint32_t)key->words[last_word(store)];
    memcpy(record->ends, key->words, store->ends - sizeof ports);
    memcpy(record->ends + store->ends - sizeof ports, &ports, sizeof ports);
    *empty_slot(store, hash) = (struct slot){(uint32_t)(hash >> 32), (uint32_t)store->count + 1};
    store->count++;
    return record;
}

size_t store_memory(const struct store *store)
{
    return store->slab_count * SLAB_RECORDS * store->stride + store->slab_room * sizeof *store->slabs +
           (store->mask + 1) * sizeof *store->slots;
}

size_t store_longest_search(const struct store *store)
{
    size_t longest = 0, run = 0;
    for (size_t i = 0; i < 2 * (store->mask + 1); i++) {
        run = store->slots[i & store->mask].record ? run + 1 : 0;
        if (run > longest) longest = run;
        if (run > store->mask) break;
    }
    return longest + 1;
}
