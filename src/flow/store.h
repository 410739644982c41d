/* store: a keyed open-addressing hash table over packed flow records of one address family.
 *
 * A record is `struct record` followed by the key's ends: 84 + 12 bytes for IPv4, 84 + 36 for IPv6. Records live in
 * slabs and never move; the slots hold 32 bits of hash and the record's number, so that a probe touches a record
 * only when its hash agrees. A lookup therefore costs two cache misses, both of which the caller asks for ahead of
 * time: store_prefetch, then store_prefetch_record, then store_find, each over a whole batch.
 *
 * The hash multiplies key words with 256 random bits (store_hash). Whoever picks addresses and ports does not know
 * them and never sees a hash, so two keys collide with a probability of about 2^-32 per pair, whatever the keys: each
 * step is a 64 x 64 bit product of a word that is masked by a secret with another such word (or with the result of
 * the step before), folded to 64 bits, and for a fixed pair of inputs few values of the secrets make two folds agree.
 * Long runs of equal slots cannot be built without them; tests/unit/test_store.c tries with patterned tuples. */
#ifndef FLOW_STORE_H
#define FLOW_STORE_H

#include <stddef.h>
#include <string.h>

#include "portproof/flow.h"

enum {
    ENDS_IPV4 = 12, /* address, address, port, port */
    ENDS_IPV6 = 36,
    RECORD_IPV4 = 96, /* one and a half cache lines: the counts of a packet's direction and the key */
    RECORD_IPV6 = 120,
    SLAB_RECORDS = 16384, /* 1.5 MiB of IPv4 records */
    NO_FACTS = 0,         /* facts index 0 is never used */
};

/** The part of a record that is a join. Sides: 0 and 1 are the ends in canonical order. */
struct record {
    uint64_t first_ns[2], last_ns[2];
    uint64_t bytes[2], packets[2];
    uint64_t first_frame; /* capture << 48 | frame number */
    uint16_t syns[2];
    uint32_t facts; /* index into the side table; NO_FACTS: none */
    uint8_t tcp_flags[2];
    uint8_t marks;  /* enum pp_side_mark: low nibble end 0, high nibble end 1 */
    uint8_t kind;   /* see kind_byte() */
    uint8_t ends[]; /* ENDS_IPV4 or ENDS_IPV6 bytes: addresses in network order, then both ports in host order */
};

_Static_assert(offsetof(struct record, ends) + ENDS_IPV4 == RECORD_IPV4, "an IPv4 flow is 96 bytes");
_Static_assert(offsetof(struct record, ends) + ENDS_IPV6 == RECORD_IPV6, "an IPv6 flow is 120 bytes");

/** What identifies a flow within one family: the bytes of both addresses, then both ports and the kind. */
struct flow_key {
    uint64_t words[ENDS_IPV6 / 8 + 1]; /* IPv4: addresses, ports | kind << 32; IPv6: four words of addresses, then the same */
};

/* transport in bit 0 (UDP), enum pp_flow_kind in bits 1-2; in bit 3 the initiating end of a conversation, or the end whose
 * port a coarser record keeps */
static inline uint8_t kind_byte(enum pp_transport transport, enum pp_flow_kind kind, unsigned end)
{
    return (uint8_t)((transport == PP_UDP) | (unsigned)kind << 1 | (end & 1) << 3);
}
static inline enum pp_transport kind_transport(uint8_t byte) { return byte & 1 ? PP_UDP : PP_TCP; }
static inline enum pp_flow_kind kind_kind(uint8_t byte) { return (enum pp_flow_kind)(byte >> 1 & 3); }
static inline unsigned kind_end(uint8_t byte) { return byte >> 3 & 1; }

struct slot {
    uint32_t tag, record; /* record: number + 1; 0: empty */
};

struct hash_key {
    uint64_t k[4];
};

struct store {
    struct hash_key key;
    size_t ends, stride; /* bytes of a key's ends; bytes of a record */
    struct slot *slots;
    size_t mask; /* slots - 1 */
    uint8_t **slabs;
    size_t slab_count, slab_room;
    size_t count;
};

bool store_init(struct store *store, size_t ends, const struct hash_key *key);
void store_finish(struct store *store);

/** The key that a record's ends and kind make. */
struct flow_key store_key(const struct store *store, const struct record *record);
/** A record for a key that is not in the store. NULL: out of memory. */
struct record *store_make(struct store *store, const struct flow_key *key, uint64_t hash);
size_t store_memory(const struct store *store);
/** Slots that the longest search looks at; for tests. */
size_t store_longest_search(const struct store *store);

static inline size_t last_word(const struct store *store) { return store->ends / 8; }
static inline uint8_t key_kind(const struct store *store, const struct flow_key *key)
{
    return (uint8_t)(key->words[last_word(store)] >> 32);
}

static inline uint64_t hash_fold(uint64_t a, uint64_t b)
{
    __extension__ unsigned __int128 product = (unsigned __int128)a * b;
    return (uint64_t)product ^ (uint64_t)(product >> 64);
}

static inline uint64_t store_hash(const struct store *store, const struct flow_key *key)
{
    const uint64_t *k = store->key.k, *w = key->words;
    if (store->ends == ENDS_IPV4) return hash_fold(hash_fold(w[0] ^ k[0], w[1] ^ k[1]) ^ k[2], k[3]);
    uint64_t addresses = hash_fold(w[0] ^ k[0], w[1] ^ k[1]) ^ hash_fold(w[2] ^ k[2], w[3] ^ k[3]);
    return hash_fold(hash_fold(addresses ^ k[1], w[4] ^ k[0]) ^ k[2], k[3]);
}

static inline struct record *store_at(const struct store *store, size_t number)
{
    return (struct record *)(void *)(store->slabs[number / SLAB_RECORDS] + number % SLAB_RECORDS * store->stride);
}

/** Ask for the slot of a hash. */
static inline void store_prefetch(const struct store *store, uint64_t hash) { __builtin_prefetch(&store->slots[hash & store->mask]); }

/** Once the slot is there: ask for the record whose hash agrees. (Not for the one in the first slot: at this load two searches
 * of five go on to the next, which is in the same cache line; the wrong record would cost two misses for nothing.) */
static inline void store_prefetch_record(const struct store *store, uint64_t hash)
{
    uint32_t tag = (uint32_t)(hash >> 32);
    size_t i = hash & store->mask;
    while (store->slots[i].record && store->slots[i].tag != tag) i = (i + 1) & store->mask;
    if (!store->slots[i].record) return;
    const uint8_t *record = (const uint8_t *)store_at(store, store->slots[i].record - 1);
    __builtin_prefetch(record, 1);
    __builtin_prefetch(record + 64, 1);
}

static inline bool same_key(const struct store *store, const struct record *record, const struct flow_key *key)
{
    uint64_t words[ENDS_IPV6 / 8];
    uint32_t ports;
    if (store->ends == ENDS_IPV4) {
        memcpy(words, record->ends, 8);
        memcpy(&ports, record->ends + 8, 4);
        return words[0] == key->words[0] && (ports | (uint64_t)record->kind << 32) == key->words[1];
    }
    memcpy(words, record->ends, 32);
    memcpy(&ports, record->ends + 32, 4);
    return !((words[0] ^ key->words[0]) | (words[1] ^ key->words[1]) | (words[2] ^ key->words[2]) | (words[3] ^ key->words[3])) &&
           (ports | (uint64_t)record->kind << 32) == key->words[4];
}

/** The record of this key, or NULL. */
static inline struct record *store_find(const struct store *store, const struct flow_key *key, uint64_t hash)
{
    uint32_t tag = (uint32_t)(hash >> 32);
    for (size_t i = hash & store->mask;; i = (i + 1) & store->mask) {
        const struct slot *slot = &store->slots[i];
        if (!slot->record) return NULL;
        if (slot->tag != tag) continue;
        struct record *record = store_at(store, slot->record - 1);
        if (same_key(store, record, key)) return record;
    }
}

#endif
