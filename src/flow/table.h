/* Inside a flow table; shared by table.c (adding packets) and fold.c (staying within the limit). */
#ifndef FLOW_TABLE_H
#define FLOW_TABLE_H

#include "activity.h"
#include "datagrams.h"
#include "facts.h"
#include "siphash.h"
#include "store.h"

/** How far folding has gone; each level includes the ones before. */
enum fold_level {
    FOLD_NOTHING,
    FOLD_PROVEN,   /* flows with a proven orientation → conversations */
    FOLD_UNPROVEN, /* the others → port classes */
    FOLD_SILENT,   /* what nobody answered → networks: a flood of invented sources ends here */
    FOLD_ALL,      /* everything → networks */
};

struct pp_flow_table {
    struct pp_flow_options options;
    struct siphash_key key;   /* of the small tables */
    struct hash_key hash_key; /* of the stores */
    struct store stores[2];   /* IPv4, IPv6 */
    struct facts_table facts;
    struct datagrams datagrams;
    struct addresses addresses;
    struct activity activity;
    struct pp_counters counters;
    enum fold_level level;
    bool full;       /* folding no longer helps: new flows are refused and counted */
    uint32_t *order; /* made by sort: number, IPv6 ones behind the IPv4 ones */
    size_t order_count;
};

static inline struct store *store_of(struct pp_flow_table *table, uint8_t family) { return &table->stores[family == PP_IPV6]; }
static inline size_t address_bytes(const struct store *store) { return store->ends == ENDS_IPV4 ? 4 : 16; }

/** Put two ends into canonical order. Returns which end `a` became. */
unsigned make_key(const struct store *store, const uint8_t *address_a, uint16_t port_a, const uint8_t *address_b, uint16_t port_b,
                  uint8_t kind, struct flow_key *key);
static inline void set_kind(const struct store *store, struct flow_key *key, uint8_t kind)
{
    uint64_t *last = &key->words[last_word(store)];
    *last = (*last & UINT32_MAX) | (uint64_t)kind << 32;
}
/** Ports of a record's ends. */
void record_ports(const struct store *store, const struct record *record, uint16_t ports[2]);

/** Join a record (whose facts stand in `facts`, or NULL) into the record of `key`. false: out of memory. */
bool absorb(struct pp_flow_table *table, struct store *store, const struct flow_key *key, const struct record *record,
            const struct pp_flow_facts *facts, bool swap);

/** Make room by folding; sets table->full when nothing helps any more. false: out of memory. */
bool fold(struct pp_flow_table *table);
/** The folded record that a packet between these ends belongs to, or NULL. *side: which end `a` is in it. */
struct record *find_folded(struct pp_flow_table *table, struct store *store, const uint8_t *address_a, uint16_t port_a,
                           const uint8_t *address_b, uint16_t port_b, enum pp_transport transport, unsigned *side);

#endif
