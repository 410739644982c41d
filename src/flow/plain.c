/* The path of nine packets of ten: IPv4, TCP or UDP, in a flow that is there already.
 *
 * A packet needs three things from memory: its slot, its record, and room to work in. Done one packet after the other, each
 * would wait for the one before. So a batch goes through in three passes: hash every packet and ask for its slot; look into the
 * slots and ask for the records; count the packets in. By the time a pass comes to something, it is in the cache.
 *
 * What the second pass finds is a guess that the third one checks against the key: a new flow of the same batch, a slot that
 * agrees by chance, or records folded in between make it wrong, and the packet is then looked up in full. A flow record is a
 * join, so that these packets pass others of their capture (those that table.c adds) makes no difference. */
#include <string.h>

#include "load.h"
#include "table.h"
#include "wraps.h"

/* A packet on its way through the passes. */
struct looking {
    uint64_t addresses; /* its key, as in a record: addresses, ports, kind */
    uint64_t hash;
    struct record *record; /* a guess, or NULL */
    uint32_t ports, number;
    uint8_t kind, side; /* side: which end its source is */
};

static inline uint64_t key_word(uint32_t ports, uint8_t kind) { return ports | (uint64_t)kind << 32; }

/* The ends stand in the packet as source and destination; in the key the lower (address, port) comes first. Which one that is
 * cannot be foreseen, so halves change places without a branch. */
WRAPS static inline void make_plain_key(const struct pp_plain_packet *packet, struct looking *l)
{
    uint64_t addresses;
    uint32_t ports;
    memcpy(&addresses, packet->addresses, sizeof addresses);
    memcpy(&ports, packet->ports, sizeof ports);
    uint64_t source = (uint64_t)load_be32(packet->addresses) << 16 | packet->ports[0];
    uint64_t destination = (uint64_t)load_be32(packet->addresses + 4) << 16 | packet->ports[1];
    unsigned swap = source > destination, by = swap * 32;
    l->side = (uint8_t)swap;
    l->addresses = addresses << by | addresses >> (-by & 63);
    l->ports = ports << by / 2 | ports >> (-(by / 2) & 31);
    l->kind = kind_byte(packet->transport, PP_FLOW_EXACT, 0);
}

/* What is counted over all packets, beside the first pass. */
static inline void count_plain(struct pp_counters *counters, const struct pp_plain_packet *packet)
{
    counters->cut += packet->marks / PP_MARK_CUT;
    counters->by_class[packet->source_class]++;
    counters->by_class[packet->destination_class] += packet->destination_class != packet->source_class;
}

static inline void ask_for_slots(struct pp_flow_table *table, const struct pp_plain_packet *packets, struct looking *looking, size_t count)
{
    const struct slots slots = table->stores[0].slots;
    const struct hash_key key = table->hash_key;
    pp_time_ns least = UINT64_MAX, most = 0;
    for (size_t i = 0; i < count; i++) {
        struct looking *l = &looking[i];
        make_plain_key(&packets[i], l);
        const uint64_t words[2] = {l->addresses, key_word(l->ports, l->kind)};
        l->hash = hash_ipv4(&key, words);
        __builtin_prefetch(&slots.at[(uint32_t)l->hash & slots.mask]);
        count_plain(&table->counters, &packets[i]);
        least = packets[i].time_ns < least ? packets[i].time_ns : least;
        most = packets[i].time_ns > most ? packets[i].time_ns : most;
    }
    table->counters.by_result[PP_DECODED] += count;
    if (activity_knows(&table->activity, least, most)) return;
    for (size_t i = 0; i < count; i++) activity_add(&table->activity, packets[i].time_ns);
}

static inline struct record *plain_record(const struct slab *slabs, uint32_t number)
{
    return (struct record *)(void *)(slabs[number / SLAB_RECORDS].records + (size_t)number % SLAB_RECORDS * RECORD_IPV4);
}

static inline void ask_for_records(const struct pp_flow_table *table, struct looking *looking, size_t count)
{
    const struct slots slots = table->stores[0].slots;
    const struct slab *slabs = table->stores[0].slabs;
    for (size_t i = 0; i < count; i++) {
        struct looking *l = &looking[i];
        uint32_t at = (uint32_t)l->hash;
        l->number = slots_next(&slots, l->hash, &at);
        l->record = l->number == NO_RECORD ? NULL : plain_record(slabs, l->number);
        __builtin_prefetch(l->record, 1);
    }
}

static inline bool is_right(const struct looking *l)
{
    uint64_t addresses;
    uint32_t ports;
    memcpy(&addresses, l->record->ends, sizeof addresses);
    memcpy(&ports, l->record->ends + sizeof addresses, sizeof ports);
    return addresses == l->addresses && ports == l->ports && l->record->kind == l->kind;
}

/* The guess was wrong: look it up, or make it. false: out of memory. */
static bool look_up(struct pp_flow_table *table, const struct pp_plain_packet *packet, struct looking *l, bool *refused)
{
    struct store *store = &table->stores[0];
    struct flow_key key = {{l->addresses, key_word(l->ports, l->kind)}};
    unsigned side = l->side;
    *refused = false;
    l->number = store_find(store, &key, l->hash);
    if (l->number == NO_RECORD)
        l->number = new_record(table, store, packet->addresses, packet->ports[0], packet->addresses + 4, packet->ports[1],
                               packet->transport, &key, l->hash, &side, refused);
    if (l->number == NO_RECORD) return *refused;
    l->record = plain_record(store->slabs, l->number);
    l->side = (uint8_t)side;
    return true;
}

static void count_plain_rest(struct pp_flow_table *table, const struct looking *l, const struct pp_plain_packet *packet, unsigned marks)
{
    struct share share = {packet->time_ns, packet->time_ns, packet->frame, packet->wire_bytes, packet->tcp_flags, (uint8_t)marks};
    count_rest(table, &table->stores[0], l->number, l->side, &share);
}

static bool count_all(struct pp_flow_table *table, const struct pp_plain_packet *packets, struct looking *looking, size_t count)
{
    const uint32_t folds = table->folds;
    const bool several = table->several;
    for (size_t i = 0; i < count; i++) {
        struct looking *l = &looking[i];
        const struct pp_plain_packet *packet = &packets[i];
        bool refused;
        if (!l->record || folds != table->folds || !is_right(l)) {
            if (!look_up(table, packet, l, &refused)) return false;
            if (refused) continue;
        }
        unsigned marks = flag_marks[packet->tcp_flags] | (packet->marks & PP_MARK_LINK_GROUP) * (PP_SIDE_LINK_GROUP / PP_MARK_LINK_GROUP);
        bool more = count_in(l->record, l->side, packet->time_ns, packet->time_ns, packet->wire_bytes, packet->tcp_flags, marks);
        if (more || several) count_plain_rest(table, l, packet, marks);
    }
    return true;
}

bool pp_flow_table_add_plain(struct pp_flow_table *table, const struct pp_plain_packet *packets, size_t count)
{
    struct looking looking[BATCH];
    if (count) note_source(table, pp_frame_capture(packets->frame));
    for (size_t at = 0; at < count; at += BATCH) {
        size_t n = count - at < BATCH ? count - at : BATCH;
        ask_for_slots(table, packets + at, looking, n);
        ask_for_records(table, looking, n);
        if (!count_all(table, packets + at, looking, n)) return false;
        if (table->stores[0].before.at) store_settle(&table->stores[0], SETTLE_STEP);
    }
    return true;
}
