/* store: a keyed open-addressing hash table over packed flow records of one address family.
 *
 * A record is `struct record` followed by the key's ends: 84 + 12 bytes for IPv4, 84 + 36 for IPv6. Records live in
 * chunks and never move; the slots hold 32 bits of hash and the record's number, so that a probe touches a record
 * only when its hash agrees. */
#ifndef FLOW_STORE_H
#define FLOW_STORE_H

#include "portproof/flow.h"
#include "siphash.h"

enum {
    ENDS_IPV4 = 12, /* address, address, port, port */
    ENDS_IPV6 = 36,
    RECORD_IPV4 = 96, /* one and a half cache lines: the counts of a packet's direction and the key */
    RECORD_IPV6 = 120,
    CHUNK_RECORDS = 4096,
    NO_FACTS = 0, /* facts index 0 is never used */
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

/** What identifies a flow within one family. */
struct flow_key {
    uint8_t ends[ENDS_IPV6];
    uint8_t kind;
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

struct store {
    struct siphash_key key;
    size_t ends, stride; /* bytes of a key's ends; bytes of a record */
    struct slot *slots;
    size_t mask; /* slots - 1 */
    uint8_t **chunks;
    size_t chunk_count, chunk_room;
    size_t count;
};

bool store_init(struct store *store, size_t ends, const struct siphash_key *key);
void store_finish(struct store *store);

uint64_t store_hash(const struct store *store, const struct flow_key *key);
/** Ask for the slot of a hash, and, once it is there, for the record that its slot points to. */
void store_prefetch(const struct store *store, uint64_t hash);
void store_prefetch_record(const struct store *store, uint64_t hash);
/** The record of this key, or NULL. */
struct record *store_find(const struct store *store, const struct flow_key *key, uint64_t hash);
/** The same, made empty when it is not there. NULL: out of memory. */
struct record *store_get(struct store *store, const struct flow_key *key, uint64_t hash, bool *made);
struct record *store_at(const struct store *store, size_t number);
size_t store_memory(const struct store *store);

#endif
