/* Inside a flow table; shared by table.c (adding packets) and fold.c (staying within the limit). */
#ifndef FLOW_TABLE_H
#define FLOW_TABLE_H

#include "activity.h"
#include "datagrams.h"
#include "facts.h"
#include "siphash.h"
#include "store.h"
#include "wraps.h"

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
    uint32_t folds;    /* how often records were folded: numbers from before mean nothing any more */
    bool full;         /* folding no longer helps: new flows are refused and counted */
    uint16_t capture;  /* of the first packet */
    bool any, several; /* packets were added; from more than one capture */
    uint32_t *order;   /* made by sort: number, IPv6 ones behind the IPv4 ones */
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

static inline uint64_t earlier(uint64_t a, uint64_t b) { return a < b ? a : b; }

static inline uint64_t capture_bit(uint16_t capture)
{
    return UINT64_C(1) << (capture < PP_CAPTURES_TOLD_APART ? capture : PP_CAPTURES_TOLD_APART);
}

/** Note in a flow's rest that it was seen in this frame's capture too, once there is a second one. */
void note_capture(struct pp_flow_table *table, struct rest *rest, uint64_t frame);

/** Records handled between asking for what they touch and touching it: enough to hide a miss, few enough to stay in the cache. */
enum { BATCH = 64 };

/** A batch of records on their way into another store: the keys they get there, and whether their ends change places. */
struct moving {
    const struct store *store;
    const struct facts_table *facts;
    struct flow_key keys[BATCH];
    bool swap[BATCH];
};

/** Join records `first` and on, `count` of them. What they touch is asked for ahead, as for packets. false: out of memory. */
bool absorb_batch(struct pp_flow_table *table, struct store *store, const struct moving *from, uint32_t first, uint32_t count);

/** Make room by folding; sets table->full when nothing helps any more. false: out of memory. */
bool fold(struct pp_flow_table *table);
/** The folded record that a packet between these ends belongs to, or NO_RECORD. *side: which end `a` is in it. */
uint32_t find_folded(struct pp_flow_table *table, struct store *store, const uint8_t *address_a, uint16_t port_a, const uint8_t *address_b,
                     uint16_t port_b, enum pp_transport transport, unsigned *side);

/* --- counting a packet in ------------------------------------------------------------------------------------------------ */

/** What a packet leaves in its flow's record. */
struct share {
    pp_time_ns time_ns, last_ns; /* the packet's time, twice; without a time PP_NO_FIRST and PP_NO_LAST */
    uint64_t frame;              /* capture << 48 | number */
    uint32_t wire_bytes;
    uint8_t tcp_flags, marks; /* marks: enum pp_side_mark of its sender */
};

/** Count a packet into the record; what it may leave in the record's rest (a SYN, an earlier first frame, a carry) is for
 * count_rest, which this answers true for. The parameters are struct share's, one by one so that they stay in registers. */
WRAPS static inline bool count_in(struct record *record, unsigned side, pp_time_ns time_ns, pp_time_ns last_ns, uint32_t wire_bytes,
                                  uint8_t tcp_flags, unsigned marks)
{
    uint32_t bytes = record->bytes[side] + wire_bytes, packets = record->packets[side] + 1;
    pp_time_ns last = record->last_ns[side];
    record->bytes[side] = bytes;
    record->packets[side] = packets;
    record->last_ns[side] = last_ns > last ? last_ns : last;
    record->tcp_flags[side] |= tcp_flags;
    record->marks |= (uint8_t)(marks << 4 * side);
    return (bytes < wire_bytes) | !packets | (time_ns <= record->first_ns[side]) | (marks & PP_SIDE_SYN);
}
void count_rest(struct pp_flow_table *table, struct store *store, uint32_t number, unsigned side, const struct share *share);

/** What the flags of a packet say about its sender, enum pp_side_mark; those of UDP are zero. */
extern const uint8_t flag_marks[256];

/** The record of a packet whose five-tuple is new, and which end of it the packet's source is. NO_RECORD: out of memory, or no
 * room and counted as not judged (*refused). */
uint32_t new_record(struct pp_flow_table *table, struct store *store, const uint8_t *source, uint16_t source_port,
                    const uint8_t *destination, uint16_t destination_port, enum pp_transport transport, const struct flow_key *key,
                    uint64_t hash, unsigned *side, bool *refused);

/** Note which capture packets come from, before they are counted in. */
static inline void note_source(struct pp_flow_table *table, uint16_t capture)
{
    if (!table->any) table->capture = capture;
    table->any = true;
    table->several |= capture != table->capture;
}

#endif
