#include "store.h"

#include <stdlib.h>
#include <string.h>

enum { SLOTS_FIRST = 1024 };

bool store_init(struct store *store, size_t ends, const struct siphash_key *key)
{
    *store = (struct store){.key = *key, .ends = ends, .stride = offsetof(struct record, ends) + ends};
    store->slots = calloc(SLOTS_FIRST, sizeof *store->slots);
    store->mask = SLOTS_FIRST - 1;
    return store->slots != NULL;
}

void store_finish(struct store *store)
{
    for (size_t i = 0; i < store->chunk_count; i++) free(store->chunks[i]);
    free(store->chunks);
    free(store->slots);
    *store = (struct store){0};
}

uint64_t store_hash(const struct store *store, const struct flow_key *key)
{
    uint64_t words[ENDS_IPV6 / 8 + 1] = {0};
    memcpy(words, key->ends, store->ends);
    size_t count = store->ends / 8 + 1;
    words[count - 1] |= (uint64_t)key->kind << 56;
    return siphash13(&store->key, words, count);
}

void store_prefetch(const struct store *store, uint64_t hash) { __builtin_prefetch(&store->slots[hash & store->mask]); }

void store_prefetch_record(const struct store *store, uint64_t hash)
{
    const struct slot *slot = &store->slots[hash & store->mask];
    if (!slot->record || slot->tag != (uint32_t)(hash >> 32)) return; /* a longer probe: rare, and not worth a loop here */
    const uint8_t *record = store->chunks[(slot->record - 1) / CHUNK_RECORDS] + (slot->record - 1) % CHUNK_RECORDS * store->stride;
    __builtin_prefetch(record, 1);
    __builtin_prefetch(record + 64, 1);
}

struct record *store_at(const struct store *store, size_t number)
{
    return (struct record *)(void *)(store->chunks[number / CHUNK_RECORDS] + number % CHUNK_RECORDS * store->stride);
}

static bool same_key(const struct store *store, const struct record *record, const struct flow_key *key)
{
    return record->kind == key->kind && memcmp(record->ends, key->ends, store->ends) == 0;
}

/* The slot that holds the key, or the empty one where it belongs. */
static struct slot *probe(const struct store *store, const struct flow_key *key, uint64_t hash)
{
    uint32_t tag = (uint32_t)(hash >> 32);
    for (size_t i = hash & store->mask;; i = (i + 1) & store->mask) {
        struct slot *slot = &store->slots[i];
        if (!slot->record) return slot;
        if (slot->tag == tag && same_key(store, store_at(store, slot->record - 1), key)) return slot;
    }
}

struct record *store_find(const struct store *store, const struct flow_key *key, uint64_t hash)
{
    const struct slot *slot = probe(store, key, hash);
    return slot->record ? store_at(store, slot->record - 1) : NULL;
}

/* Twice the slots. The low bits of the hash are not kept in the slot, so records are hashed anew. */
static bool grow(struct store *store)
{
    size_t size = (store->mask + 1) * 2;
    struct slot *slots = calloc(size, sizeof *slots);
    if (!slots) return false;
    struct slot *old = store->slots;
    store->slots = slots;
    store->mask = size - 1;
    for (size_t number = 0; number < store->count; number++) {
        const struct record *record = store_at(store, number);
        struct flow_key key = {.kind = record->kind};
        memcpy(key.ends, record->ends, store->ends);
        uint64_t hash = store_hash(store, &key);
        size_t i = hash & store->mask;
        while (slots[i].record) i = (i + 1) & store->mask;
        slots[i] = (struct slot){(uint32_t)(hash >> 32), (uint32_t)number + 1};
    }
    free(old);
    return true;
}

static bool add_chunk(struct store *store)
{
    if (store->chunk_count == store->chunk_room) {
        size_t room = store->chunk_room ? store->chunk_room * 2 : 16;
        uint8_t **chunks = realloc(store->chunks, room * sizeof *chunks);
        if (!chunks) return false;
        store->chunks = chunks;
        store->chunk_room = room;
    }
    uint8_t *chunk = malloc(CHUNK_RECORDS * store->stride);
    if (!chunk) return false;
    store->chunks[store->chunk_count++] = chunk;
    return true;
}

struct record *store_get(struct store *store, const struct flow_key *key, uint64_t hash, bool *made)
{
    *made = false;
    struct slot *slot = probe(store, key, hash);
    if (slot->record) return store_at(store, slot->record - 1);
    if (store->count == store->chunk_count * CHUNK_RECORDS && !add_chunk(store)) return NULL;
    if ((store->count + 1) * 4 > (store->mask + 1) * 3) { /* load at most 3/4: linear probing stays short */
        if (!grow(store)) return NULL;
        slot = probe(store, key, hash);
    }
    struct record *record = store_at(store, store->count);
    memset(record, 0, sizeof *record);
    record->first_ns[0] = record->first_ns[1] = PP_NO_FIRST;
    record->first_frame = UINT64_MAX;
    record->kind = key->kind;
    memcpy(record->ends, key->ends, store->ends);
    *slot = (struct slot){(uint32_t)(hash >> 32), (uint32_t)store->count + 1};
    store->count++;
    *made = true;
    return record;
}

size_t store_memory(const struct store *store)
{
    return store->chunk_count * CHUNK_RECORDS * store->stride + store->chunk_room * sizeof *store->chunks +
           (store->mask + 1) * sizeof *store->slots;
}
