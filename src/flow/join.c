/* The join: two records, or two tables, into one. Whatever the order, and however often it is done in between, the result is the
 * same (design 3; tests/unit/test_flow.c splits and shuffles). */
#include <string.h>

#include "table.h"

static void join_counts(struct record *into, struct rest *into_rest, unsigned s, const struct record *from, const struct rest *from_rest,
                        unsigned f)
{
    const uint64_t bytes_most = (uint64_t)BYTES_HIGH_MAX << 32 | UINT32_MAX, packets_most = (uint64_t)PACKETS_HIGH_MAX << 32 | UINT32_MAX;
    uint64_t bytes = earlier(side_bytes(into, into_rest, s) + side_bytes(from, from_rest, f), bytes_most);
    uint64_t packets = earlier(side_packets(into, into_rest, s) + side_packets(from, from_rest, f), packets_most);
    into->bytes[s] = (uint32_t)bytes;
    into->packets[s] = (uint32_t)packets;
    into_rest->high[s].bytes = (uint32_t)(bytes >> 32) & BYTES_HIGH_MAX;
    into_rest->high[s].packets = (uint32_t)(packets >> 32) & PACKETS_HIGH_MAX;
}

static void join_record(struct pp_flow_table *table, struct record *into, struct rest *into_rest, const struct record *from,
                        const struct rest *from_rest, bool swap)
{
    uint64_t first_a = earlier(into->first_ns[0], into->first_ns[1]), first_b = earlier(from->first_ns[0], from->first_ns[1]);
    if (from_rest->first_frame != UINT64_MAX) note_capture(table, into_rest, from_rest->first_frame);
    if (first_b < first_a || (first_b == first_a && from_rest->first_frame < into_rest->first_frame))
        into_rest->first_frame = from_rest->first_frame;
    for (unsigned s = 0; s < 2; s++) {
        unsigned f = s ^ swap;
        join_counts(into, into_rest, s, from, from_rest, f);
        into->first_ns[s] = earlier(into->first_ns[s], from->first_ns[f]);
        if (from->last_ns[f] > into->last_ns[s]) into->last_ns[s] = from->last_ns[f];
        unsigned syns = (unsigned)into_rest->syns[s] + from_rest->syns[f];
        into_rest->syns[s] = (uint16_t)(syns > UINT16_MAX ? UINT16_MAX : syns);
        into->tcp_flags[s] |= from->tcp_flags[f];
        into->marks |= (uint8_t)((from->marks >> 4 * f & 15) << 4 * s);
    }
}

/* One record into the record of `key`. false: out of memory. */
static bool absorb(struct pp_flow_table *table, struct store *store, const struct flow_key *key, uint64_t hash, const struct moving *from,
                   uint32_t number, bool swap)
{
    uint32_t into = store_find(store, key, hash);
    if (into == NO_RECORD && (into = store_make(store, key, hash)) == NO_RECORD) return false;
    struct rest *rest = store_rest(store, into);
    const struct rest *from_rest = store_rest(from->store, number);
    join_record(table, store_at(store, into), rest, store_at(from->store, number), from_rest, swap);
    if (!from_rest->facts) return true;
    struct pp_flow_facts *joined = facts_get(&table->facts, &rest->facts);
    if (!joined)
        table->counters.facts_lost++;
    else {
        facts_join(joined, &from->facts->facts[from_rest->facts], swap);
        /* One capture alone is what first_frame says; a record that came with more brings them along. */
        if (joined->captures && rest->first_frame != UINT64_MAX) joined->captures |= capture_bit(pp_frame_capture(rest->first_frame));
    }
    return true;
}

bool absorb_batch(struct pp_flow_table *table, struct store *store, const struct moving *from, uint32_t first, uint32_t count)
{
    uint64_t hashes[BATCH];
    for (uint32_t i = 0; i < count; i++) {
        hashes[i] = store_hash(store, &from->keys[i]);
        store_prefetch(store, hashes[i]);
    }
    for (uint32_t i = 0; i < count; i++) {
        uint32_t number = store_guess(store, hashes[i]);
        if (number != NO_RECORD) __builtin_prefetch(store_rest(store, number), 1);
    }
    for (uint32_t i = 0; i < count; i++)
        if (!absorb(table, store, &from->keys[i], hashes[i], from, first + i, from->swap[i])) return false;
    return true;
}

static void join_counters(struct pp_counters *into, const struct pp_counters *from)
{
    /* Nothing but 64-bit counts in there, all of which add. */
    _Static_assert(sizeof(struct pp_counters) % sizeof(uint64_t) == 0, "pp_counters is an array of counts");
    uint64_t a[sizeof *into / sizeof(uint64_t)], b[sizeof *into / sizeof(uint64_t)];
    memcpy(a, into, sizeof a);
    memcpy(b, from, sizeof b);
    for (size_t i = 0; i < sizeof a / sizeof *a; i++) a[i] += b[i];
    memcpy(into, a, sizeof a);
}

static bool merge_store(struct pp_flow_table *table, struct store *store, const struct store *from, const struct facts_table *facts)
{
    struct moving moving = {.store = from, .facts = facts};
    for (uint32_t at = 0, n; at < from->count; at += n) {
        n = from->count - at < BATCH ? from->count - at : BATCH;
        for (uint32_t i = 0; i < n; i++) moving.keys[i] = store_key(from, store_at(from, at + i));
        if (!absorb_batch(table, store, &moving, at, n)) return false;
    }
    return true;
}

bool pp_flow_table_merge(struct pp_flow_table *table, const struct pp_flow_table *from)
{
    bool ok = true;
    if (from->any) note_source(table, from->capture);
    table->several |= from->several;
    for (unsigned s = 0; ok && s < 2; s++) ok = merge_store(table, &table->stores[s], &from->stores[s], &from->facts);
    for (uint32_t i = 0; ok && i < from->datagrams.count; i++)
        ok = datagrams_join(&table->datagrams, &table->key, &from->datagrams.items[i], &table->counters.datagrams_lost);
    for (uint32_t i = 0; ok && i < from->addresses.count; i++)
        ok = addresses_add(&table->addresses, &table->key, &from->addresses.items[i], &table->counters.addresses_lost);
    activity_join(&table->activity, &from->activity);
    join_counters(&table->counters, &from->counters);
    if (from->level > table->level) table->level = from->level;
    if (ok && pp_flow_count(table) > table->options.max_flows) ok = fold(table);
    return ok;
}
