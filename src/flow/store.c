#include "store.h"

#include <stdlib.h>

#include "pages.h"

enum { SLOTS_FIRST = 1024 };

static size_t slots_bytes(const struct slots *slots) { return slots->at ? ((size_t)slots->mask + 1) * sizeof *slots->at : 0; }

/* Slots are looked into before they are written to. A page of zeros that was only read is everybody's, and the write that takes a
 * copy of it interrupts all threads; so all but huge pages are written to here. */
static struct slots slots_take(size_t count)
{
    size_t bytes = count * sizeof(uint32_t);
    uint32_t *at = pages_take(bytes);
    return (struct slots){at, (uint32_t)(count - 1)};
}

static void slots_give(struct slots *slots)
{
    pages_give(slots->at, slots_bytes(slots));
    *slots = (struct slots){0};
}

bool store_init(struct store *store, size_t ends, const struct hash_key *key)
{
    *store = (struct store){.key = *key, .ends = ends, .stride = offsetof(struct record, ends) + ends};
    store->slots = slots_take(SLOTS_FIRST);
    return store->slots.at != NULL;
}

bool store_init_like(struct store *store, const struct store *other)
{
    *store = (struct store){.key = other->key, .ends = other->ends, .stride = other->stride};
    store->slots = slots_take((size_t)other->slots.mask + 1);
    return store->slots.at != NULL;
}

static size_t slab_bytes(const struct store *store) { return SLAB_RECORDS * store->stride; }

void store_give_slab(struct store *store, uint32_t slab)
{
    pages_give(store->slabs[slab].records, slab_bytes(store));
    pages_give(store->slabs[slab].rests, SLAB_RECORDS * sizeof(struct rest));
    store->slabs[slab] = (struct slab){NULL, NULL};
}

void store_finish(struct store *store)
{
    for (uint32_t i = 0; i < store->slab_count; i++) store_give_slab(store, i);
    free(store->slabs);
    slots_give(&store->slots);
    slots_give(&store->before);
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

static void slots_put(struct slots *slots, uint64_t hash, uint32_t number)
{
    uint32_t i = (uint32_t)hash & slots->mask;
    while (slots->at[i]) i = (i + 1) & slots->mask;
    slots->at[i] = slot_tag(slots, hash) | (number + 1);
}

/* A slot does not keep the hash's low bits, so records are hashed anew; the slots they go to are asked for a batch ahead. */
void store_settle(struct store *store, uint32_t most)
{
    uint64_t hashes[SETTLE_STEP];
    if (most > store->to_move - store->moved) most = store->to_move - store->moved;
    for (uint32_t n; most; most -= n) {
        n = most < SETTLE_STEP ? most : SETTLE_STEP;
        for (uint32_t i = 0; i < n; i++) {
            struct flow_key key = store_key(store, store_at(store, store->moved + i));
            hashes[i] = store_hash(store, &key);
            store_prefetch(store, hashes[i]);
        }
        for (uint32_t i = 0; i < n; i++) slots_put(&store->slots, hashes[i], store->moved++);
    }
    if (store->moved == store->to_move) slots_give(&store->before);
}

/* Twice the slots. A growth is long settled when the next one comes: until then as many records are made as had to be moved. */
static bool grow(struct store *store)
{
    struct slots larger = slots_take(((size_t)store->slots.mask + 1) * 2);
    if (!larger.at) return false;
    store_settle(store, UINT32_MAX);
    store->before = store->slots;
    store->slots = larger;
    store->moved = 0;
    store->to_move = store->count;
    return true;
}

static bool add_slab(struct store *store)
{
    if (store->slab_count == store->slab_room) {
        uint32_t room = store->slab_room ? store->slab_room * 2 : 16;
        struct slab *slabs = realloc(store->slabs, room * sizeof *slabs);
        if (!slabs) return false;
        store->slabs = slabs;
        store->slab_room = room;
    }
    struct slab slab = {pages_take(slab_bytes(store)), pages_take(SLAB_RECORDS * sizeof(struct rest))};
    if (slab.records && slab.rests) return store->slabs[store->slab_count++] = slab, true;
    pages_give(slab.records, slab_bytes(store));
    pages_give(slab.rests, SLAB_RECORDS * sizeof(struct rest));
    return false;
}

static bool make_room(struct store *store)
{
    if (store->count == STORE_RECORDS_MAX) return false;
    if (store->count == store->slab_count * SLAB_RECORDS && !add_slab(store)) return false;
    bool full = ((uint64_t)store->count + 1) * 8 > ((uint64_t)store->slots.mask + 1) * 5; /* load at most 5/8: searches stay short */
    if (full) return grow(store);
    if (store->before.at) store_settle(store, SETTLE_STEP);
    return true;
}

uint32_t store_make(struct store *store, const struct flow_key *key, uint64_t hash)
{
    if (!make_room(store)) return NO_RECORD;
    uint32_t number = store->count++, ports = (uint32_t)key->words[last_word(store)];
    struct record *record = store_at(store, number);
    struct rest *rest = store_rest(store, number);
    memset(record, 0, sizeof *record);
    *rest = (struct rest){.first_frame = UINT64_MAX};
    record->first_ns[0] = record->first_ns[1] = PP_NO_FIRST;
    record->kind = key_kind(store, key);
    memcpy(record->ends, key->words, store->ends - sizeof ports);
    memcpy(record->ends + store->ends - sizeof ports, &ports, sizeof ports);
    slots_put(&store->slots, hash, number);
    return number;
}

size_t store_memory(const struct store *store)
{
    return store->slab_count * (slab_bytes(store) + SLAB_RECORDS * sizeof(struct rest)) + store->slab_room * sizeof *store->slabs +
           slots_bytes(&store->slots) + slots_bytes(&store->before);
}

size_t store_longest_search(const struct store *store)
{
    size_t longest = 0, run = 0, mask = store->slots.mask;
    for (size_t i = 0; i < 2 * (mask + 1); i++) {
        run = store->slots.at[i & mask] ? run + 1 : 0;
        if (run > longest) longest = run;
        if (run > mask) break;
    }
    return longest + 1;
}
