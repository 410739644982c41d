/* store: a keyed open-addressing hash table over packed flow records of one address family.
 *
 * What every packet touches stands in one cache line: a record of 64 bytes for IPv4 (88 for IPv6) with the key, and for each end
 * the times, the flags and the low halves of the counts. What few packets touch (the upper halves, the first frame, SYNs, the
 * facts) is the record's rest, 24 bytes that stand elsewhere. Records live in slabs and never move; their number is their handle.
 *
 * A slot is 32 bits: as many low bits as it takes to tell the slots apart are the record's number (plus one), the others are
 * bits of the hash, so that a search touches a record only when these agree. 100,000 flows have 1 MiB of slots, which is the
 * second-level cache's; a packet then costs one miss, the record's, and that is asked for ahead of time (plain.c).
 *
 * Growing doubles the slots at once, but moves only some records at a time (store_settle), so that no packet waits for all of
 * them. While records are being moved, a search that fails goes on in the slots before.
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
#include "wide.h"

enum {
    ENDS_IPV4 = 12, /* address, address, port, port */
    ENDS_IPV6 = 36,
    RECORD_IPV4 = 64, /* a cache line */
    RECORD_IPV6 = 88,
    REST_BYTES = 24,
    SLAB_RECORDS = 32768,             /* 2 MiB of IPv4 records: a huge page */
    NO_FACTS = 0,                     /* facts index 0 is never used */
    BYTES_HIGH_MAX = (1 << 20) - 1,   /* bytes of an end saturate at 2^52: four days at 100 Gb/s */
    PACKETS_HIGH_MAX = (1 << 12) - 1, /* packets of an end saturate at 2^44: twenty days at 10 million a second */
    SETTLE_STEP = 64,                 /* records moved at a time while growing */
};
#define NO_RECORD UINT32_MAX
#define STORE_RECORDS_MAX (UINT32_C(1) << 30) /* 2^31 slots; further flows are refused as if memory were out */

/** The part of a record that is a join. Sides: 0 and 1 are the ends in canonical order. */
struct record {
    uint64_t first_ns[2], last_ns[2];
    uint32_t bytes[2], packets[2]; /* low halves */
    uint8_t tcp_flags[2];
    uint8_t marks;  /* enum pp_side_mark: low nibble end 0, high nibble end 1 */
    uint8_t kind;   /* see kind_byte() */
    uint8_t ends[]; /* ENDS_IPV4 or ENDS_IPV6 bytes: addresses in network order, then both ports in host order */
};

_Static_assert(offsetof(struct record, ends) + ENDS_IPV4 == RECORD_IPV4, "an IPv4 record is a cache line");
_Static_assert(offsetof(struct record, ends) + ENDS_IPV6 == RECORD_IPV6, "an IPv6 record is 88 bytes");

/** The part that few packets touch; a join as well. */
struct rest {
    uint64_t first_frame; /* capture << 48 | frame number; UINT64_MAX: no packet yet */
    uint32_t facts;       /* index into the side table; NO_FACTS: none */
    uint16_t syns[2];
    struct {
        uint32_t bytes : 20, packets : 12;
    } high[2]; /* upper halves of the counts */
};
_Static_assert(sizeof(struct rest) == REST_BYTES, "the rest of a record is 24 bytes");

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

struct hash_key {
    uint64_t k[4];
};

struct slots {
    uint32_t *at;  /* (bits of the hash) | (record number + 1); 0: empty. NULL: no slots */
    uint32_t mask; /* slots - 1: also the bits of the number */
};

struct slab {
    uint8_t *records;
    struct rest *rests;
};

struct store {
    struct hash_key key;
    size_t ends, stride;        /* bytes of a key's ends; bytes of a record */
    struct slots slots, before; /* before: of half the size, while records are being moved */
    uint32_t moved, to_move;    /* records below `moved` are in the slots, those up to `to_move` are not yet */
    struct slab *slabs;
    uint32_t slab_count, slab_room;
    uint32_t count;
};

bool store_init(struct store *store, size_t ends, const struct hash_key *key);
/** An empty store with the key and the room for slots of another. */
bool store_init_like(struct store *store, const struct store *other);
/** Give back the memory of SLAB_RECORDS records, of a store that is on its way out: none of them may be touched any more. */
void store_give_slab(struct store *store, uint32_t slab);
void store_finish(struct store *store);

/** The key that a record's ends and kind make. */
struct flow_key store_key(const struct store *store, const struct record *record);
/** A record for a key that is not in the store; its number. NO_RECORD: out of memory. */
uint32_t store_make(struct store *store, const struct flow_key *key, uint64_t hash);
/** Move up to `most` records into the slots that the store grew to. */
void store_settle(struct store *store, uint32_t most);
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
    struct wide product = wide_product(a, b);
    return product.low ^ product.high;
}

static inline uint64_t hash_ipv4(const struct hash_key *key, const uint64_t w[2])
{
    return hash_fold(hash_fold(w[0] ^ key->k[0], w[1] ^ key->k[1]) ^ key->k[2], key->k[3]);
}

static inline uint64_t store_hash(const struct store *store, const struct flow_key *key)
{
    const uint64_t *k = store->key.k, *w = key->words;
    if (store->ends == ENDS_IPV4) return hash_ipv4(&store->key, w);
    uint64_t addresses = hash_fold(w[0] ^ k[0], w[1] ^ k[1]) ^ hash_fold(w[2] ^ k[2], w[3] ^ k[3]);
    return hash_fold(hash_fold(addresses ^ k[1], w[4] ^ k[0]) ^ k[2], k[3]);
}

static inline struct record *store_at(const struct store *store, uint32_t number)
{
    return (struct record *)(void *)(store->slabs[number / SLAB_RECORDS].records + number % SLAB_RECORDS * store->stride);
}

static inline struct rest *store_rest(const struct store *store, uint32_t number)
{
    return &store->slabs[number / SLAB_RECORDS].rests[number % SLAB_RECORDS];
}

static inline uint64_t side_bytes(const struct record *record, const struct rest *rest, unsigned side)
{
    return (uint64_t)rest->high[side].bytes << 32 | record->bytes[side];
}

static inline uint64_t side_packets(const struct record *record, const struct rest *rest, unsigned side)
{
    return (uint64_t)rest->high[side].packets << 32 | record->packets[side];
}

/** What a slot of this hash has above the record's number. */
static inline uint32_t slot_tag(const struct slots *slots, uint64_t hash) { return (uint32_t)(hash >> 32) & ~slots->mask; }

/** The first record from here on whose slot agrees with the hash; NO_RECORD at the end of the search. *at: where it stands. */
static inline uint32_t slots_next(const struct slots *slots, uint64_t hash, uint32_t *at)
{
    for (uint32_t tag = slot_tag(slots, hash), i = *at;; i++) {
        uint32_t slot = slots->at[i & slots->mask];
        if (slot && (slot & ~slots->mask) != tag) continue;
        *at = i;
        return slot ? (slot & slots->mask) - 1 : NO_RECORD;
    }
}

/** Ask for the slot of a hash. */
static inline void store_prefetch(const struct store *store, uint64_t hash)
{
    __builtin_prefetch(&store->slots.at[(uint32_t)hash & store->slots.mask]);
}

/** Once the slot is there: the record that this hash most probably leads to, which is asked for. NO_RECORD: look it up. */
static inline uint32_t store_guess(const struct store *store, uint64_t hash)
{
    uint32_t at = (uint32_t)hash, number = slots_next(&store->slots, hash, &at);
    if (number == NO_RECORD) return number;
    const uint8_t *record = (const uint8_t *)store_at(store, number);
    __builtin_prefetch(record, 1);
    if (store->ends != ENDS_IPV4) __builtin_prefetch(record + 64, 1);
    return number;
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

static inline uint32_t slots_find(const struct store *store, const struct slots *slots, const struct flow_key *key, uint64_t hash)
{
    for (uint32_t at = (uint32_t)hash;; at++) {
        uint32_t number = slots_next(slots, hash, &at);
        if (number == NO_RECORD || same_key(store, store_at(store, number), key)) return number;
    }
}

/** The number of this key's record, or NO_RECORD. */
static inline uint32_t store_find(const struct store *store, const struct flow_key *key, uint64_t hash)
{
    uint32_t number = slots_find(store, &store->slots, key, hash);
    return number == NO_RECORD && store->before.at ? slots_find(store, &store->before, key, hash) : number;
}

#endif
