/* Times are kept plus one, so that "none" (all ones) is 0; an end's last time as what it is after its first. What is read back is held to
 * what a table can be: nothing twice, ends in their order, no count that a record cannot have. */
#include "pack.h"

#include <stdlib.h>
#include <string.h>

#include "table.h"
#include "wraps.h"

enum { COUNTERS = sizeof(struct pp_counters) / sizeof(uint64_t) };
static const uint64_t BYTES_MOST = (uint64_t)BYTES_HIGH_MAX << 32 | UINT32_MAX,
                      PACKETS_MOST = (uint64_t)PACKETS_HIGH_MAX << 32 | UINT32_MAX;

static void mistake(struct unpacker *u, bool found) { u->failed |= found; }

/* --- small parts ---------------------------------------------------------------------------------------------------------- */

WRAPS static void pack_time(struct packer *p, pp_time_ns time) { pack_number(p, time + 1); }
WRAPS static pp_time_ns unpack_time(struct unpacker *u) { return unpack_number(u) - 1; }

static void pack_span(struct packer *p, pp_time_ns first, pp_time_ns last)
{
    pack_time(p, first);
    if (first != PP_NO_FIRST) pack_number(p, last - first);
}

WRAPS static void unpack_span(struct unpacker *u, pp_time_ns *first, pp_time_ns *last)
{
    *first = unpack_time(u);
    *last = PP_NO_LAST;
    if (*first == PP_NO_FIRST) return;
    *last = *first + unpack_number(u);
    mistake(u, *last < *first || *last == PP_NO_FIRST);
}

/* A frame's capture must be one of those that are known; it is counted from the base on. */
static uint64_t unpack_frame(struct unpacker *u, struct pack_captures captures)
{
    uint64_t frame = unpack_time(u);
    if (frame == UINT64_MAX) return frame;
    mistake(u, pp_frame_capture(frame) >= captures.count);
    return u->failed ? UINT64_MAX : frame + ((uint64_t)captures.base << 48);
}

/* Captures beyond those that are told apart share a bit. */
static uint64_t unpack_bits(struct unpacker *u, struct pack_captures captures)
{
    uint64_t bits = unpack_number(u), all = 0;
    mistake(u, captures.count < 64 && bits >> captures.count != 0);
    for (unsigned i = 0; i < 64; i++)
        if (bits >> i & 1) all |= capture_bit((uint16_t)(i + captures.base));
    return all;
}

static size_t address_size(uint8_t family) { return family == PP_IPV4 ? 4 : 16; }

static void pack_address(struct packer *p, const struct pp_address *address)
{
    pack_number(p, address->family);
    if (address->family) pack_bytes(p, address->bytes, address_size(address->family));
}

static struct pp_address unpack_address(struct unpacker *u)
{
    struct pp_address address = {.family = (uint8_t)unpack_number_to(u, PP_IPV6)};
    mistake(u, address.family != 0 && address.family != PP_IPV4 && address.family != PP_IPV6);
    if (u->failed || !address.family) return (struct pp_address){0};
    unpack_bytes(u, address.bytes, address_size(address.family));
    return address;
}

/* --- facts ---------------------------------------------------------------------------------------------------------------- */

static void pack_facts(struct packer *p, const struct pp_flow_facts *facts)
{
    pack_number(p, facts->report_count);
    for (unsigned i = 0; i < facts->report_count; i++) {
        const struct pp_icmp_report *report = &facts->reports[i];
        const uint8_t bytes[] = {report->type, report->code, report->quoted_side};
        pack_address(p, &report->sender);
        pack_bytes(p, bytes, sizeof bytes);
    }
    pack_number(p, facts->quoted_syn);
    pack_number(p, facts->callback_port);
    pack_time(p, facts->callback_ns);
    pack_number(p, facts->icmp_packets);
    pack_span(p, facts->icmp_first_ns, facts->icmp_last_ns);
    pack_time(p, facts->icmp_first_frame);
    pack_number(p, facts->captures);
}

static void unpack_facts(struct unpacker *u, struct pack_captures captures, struct pp_flow_facts *facts)
{
    for (uint64_t left = unpack_number_to(u, PP_ICMP_REPORTS_MAX); left; left--) {
        struct pp_icmp_report report = {.sender = unpack_address(u)};
        uint8_t bytes[3];
        unpack_bytes(u, bytes, sizeof bytes);
        report.type = bytes[0];
        report.code = bytes[1];
        report.quoted_side = bytes[2];
        mistake(u, report.quoted_side > 1);
        if (!u->failed) facts_add_report(facts, &report);
    }
    facts->quoted_syn = (uint8_t)unpack_number_to(u, 3);
    facts->callback_port = (uint16_t)unpack_number_to(u, UINT16_MAX);
    facts->callback_ns = unpack_time(u);
    facts->icmp_packets = unpack_number(u);
    unpack_span(u, &facts->icmp_first_ns, &facts->icmp_last_ns);
    facts->icmp_first_frame = unpack_frame(u, captures);
    facts->captures = unpack_bits(u, captures);
}

/* --- records -------------------------------------------------------------------------------------------------------------- */

static void pack_record(struct packer *p, const struct pp_flow_table *table, const struct store *store, uint32_t number)
{
    const struct record *record = store_at(store, number);
    const struct rest *rest = store_rest(store, number);
    const uint8_t bytes[] = {record->kind, record->marks, record->tcp_flags[0], record->tcp_flags[1]};
    uint16_t ports[2];
    record_ports(store, record, ports);
    pack_bytes(p, record->ends, 2 * address_bytes(store));
    pack_bytes(p, bytes, sizeof bytes);
    for (unsigned s = 0; s < 2; s++) {
        pack_number(p, ports[s]);
        pack_number(p, side_packets(record, rest, s));
        pack_number(p, side_bytes(record, rest, s));
        pack_number(p, rest->syns[s]);
        pack_span(p, record->first_ns[s], record->last_ns[s]);
    }
    pack_time(p, rest->first_frame);
    pack_number(p, rest->facts != NO_FACTS);
    if (rest->facts) pack_facts(p, &table->facts.facts[rest->facts]);
}

static void unpack_side(struct unpacker *u, struct record *record, struct rest *rest, unsigned s)
{
    uint64_t packets = unpack_number_to(u, PACKETS_MOST), bytes = unpack_number_to(u, BYTES_MOST);
    record->packets[s] = (uint32_t)packets;
    record->bytes[s] = (uint32_t)bytes;
    rest->high[s].packets = (uint32_t)(packets >> 32) & PACKETS_HIGH_MAX;
    rest->high[s].bytes = (uint32_t)(bytes >> 32) & BYTES_HIGH_MAX;
    rest->syns[s] = (uint16_t)unpack_number_to(u, UINT16_MAX);
    unpack_span(u, &record->first_ns[s], &record->last_ns[s]);
}

/* One record, new in its store. false: a mistake, or out of memory. */
static bool unpack_record(struct unpacker *u, struct pack_captures captures, struct pp_flow_table *table, struct store *store)
{
    uint8_t addresses[32], bytes[4];
    uint16_t ports[2];
    struct flow_key key;
    struct record sides = {0};
    struct rest rest = {0};
    size_t n = address_bytes(store);
    unpack_bytes(u, addresses, 2 * n);
    unpack_bytes(u, bytes, sizeof bytes);
    for (unsigned s = 0; s < 2; s++) {
        ports[s] = (uint16_t)unpack_number_to(u, UINT16_MAX);
        unpack_side(u, &sides, &rest, s);
    }
    rest.first_frame = unpack_frame(u, captures);
    bool has_facts = unpack_number_to(u, 1);
    mistake(u, make_key(store, addresses, ports[0], addresses + n, ports[1], bytes[0], &key) != 0 || bytes[0] > 15);
    uint64_t hash = store_hash(store, &key);
    mistake(u, store_find(store, &key, hash) != NO_RECORD);
    uint32_t number = u->failed ? NO_RECORD : store_make(store, &key, hash);
    if (number == NO_RECORD) return false;
    struct record *record = store_at(store, number);
    record->marks = bytes[1];
    for (unsigned s = 0; s < 2; s++) {
        record->tcp_flags[s] = bytes[2 + s];
        record->packets[s] = sides.packets[s];
        record->bytes[s] = sides.bytes[s];
        record->first_ns[s] = sides.first_ns[s];
        record->last_ns[s] = sides.last_ns[s];
    }
    struct pp_flow_facts *facts = has_facts ? facts_get(&table->facts, &rest.facts) : NULL;
    *store_rest(store, number) = rest;
    if (has_facts && !facts) return false;
    if (facts) unpack_facts(u, captures, facts);
    return !u->failed;
}

/* --- the rest ------------------------------------------------------------------------------------------------------------- */

static void pack_datagram(struct packer *p, const struct pp_datagram *one)
{
    pack_address(p, &one->source);
    pack_address(p, &one->destination);
    pack_number(p, one->id);
    pack_number(p, one->transport);
    pack_number(p, one->first_seen);
    pack_number(p, one->later);
    pack_number(p, one->bytes);
    pack_span(p, one->first_ns, one->last_ns);
    pack_time(p, one->first_frame);
}

static struct pp_datagram unpack_datagram(struct unpacker *u, struct pack_captures captures)
{
    struct pp_datagram one = {.source = unpack_address(u), .destination = unpack_address(u)};
    one.id = (uint32_t)unpack_number_to(u, UINT32_MAX);
    one.transport = (uint8_t)unpack_number_to(u, UINT8_MAX);
    one.first_seen = unpack_number_to(u, 1);
    one.later = unpack_number(u);
    one.bytes = unpack_number(u);
    unpack_span(u, &one.first_ns, &one.last_ns);
    one.first_frame = unpack_frame(u, captures);
    return one;
}

/* Items in an order of their own, not that in which they came: pointers to them, malloc'd. */
static const void **in_order(const void *items, size_t size, uint32_t count, int (*compare)(const void *, const void *))
{
    const void **order = malloc((count + 1u) * sizeof *order);
    for (uint32_t i = 0; order && i < count; i++) order[i] = (const char *)items + i * size;
    if (order) qsort(order, count, sizeof *order, compare);
    return order;
}

static int by_address(const void *a, const void *b)
{
    return memcmp(*(const struct pp_address *const *)a, *(const struct pp_address *const *)b, sizeof(struct pp_address));
}

static int by_datagram(const void *a, const void *b)
{
    const struct pp_datagram *x = *(const struct pp_datagram *const *)a, *y = *(const struct pp_datagram *const *)b;
    int order = memcmp(&x->source, &y->source, sizeof x->source);
    if (!order) order = memcmp(&x->destination, &y->destination, sizeof x->destination);
    if (!order) order = (x->id > y->id) - (x->id < y->id);
    return order ? order : x->transport - y->transport;
}

static void pack_small_tables(struct packer *p, const struct pp_flow_table *table)
{
    const struct datagrams *datagrams = &table->datagrams;
    const struct addresses *addresses = &table->addresses;
    const void **order = in_order(datagrams->items, sizeof *datagrams->items, datagrams->count, by_datagram);
    p->failed |= !order;
    pack_number(p, datagrams->count);
    for (uint32_t i = 0; order && i < datagrams->count; i++) pack_datagram(p, order[i]);
    free(order);
    order = in_order(addresses->items, sizeof *addresses->items, addresses->count, by_address);
    p->failed |= !order;
    pack_number(p, addresses->count);
    for (uint32_t i = 0; order && i < addresses->count; i++) pack_address(p, order[i]);
    free(order);
    activity_pack(p, &table->activity);
}

static bool unpack_small_tables(struct unpacker *u, struct pack_captures captures, struct pp_flow_table *table)
{
    bool ok = true;
    for (uint64_t left = unpack_number_to(u, DATAGRAMS_MAX); ok && left && !u->failed; left--) {
        struct pp_datagram one = unpack_datagram(u, captures);
        ok = u->failed || datagrams_join(&table->datagrams, &table->key, &one, &table->counters.datagrams_lost);
    }
    for (uint64_t left = unpack_number_to(u, ADDRESSES_MAX); ok && left && !u->failed; left--) {
        struct pp_address one = unpack_address(u);
        ok = u->failed || addresses_add(&table->addresses, &table->key, &one, &table->counters.addresses_lost);
    }
    if (ok) activity_unpack(u, &table->activity);
    return ok && !u->failed;
}

static void pack_counters(struct packer *p, const struct pp_counters *counters)
{
    uint64_t counts[COUNTERS];
    memcpy(counts, counters, sizeof counts);
    pack_number(p, COUNTERS);
    for (size_t i = 0; i < COUNTERS; i++) pack_number(p, counts[i]);
}

static void unpack_counters(struct unpacker *u, struct pp_counters *counters)
{
    uint64_t counts[COUNTERS];
    mistake(u, unpack_number(u) != COUNTERS);
    for (size_t i = 0; i < COUNTERS; i++) counts[i] = unpack_number(u);
    memcpy(counters, counts, sizeof counts);
}

/* --- a table -------------------------------------------------------------------------------------------------------------- */

/* In their order if the table is sorted; else as they came. */
static void pack_stores(struct packer *p, const struct pp_flow_table *table)
{
    const bool sorted = table->order && table->order_count == pp_flow_count(table);
    uint32_t first = 0; /* number of the store's first record, of both */
    for (unsigned s = 0; s < 2; s++) {
        const struct store *store = &table->stores[s];
        pack_number(p, store->count);
        for (size_t i = 0; sorted && i < table->order_count; i++)
            if (table->order[i] >= first && table->order[i] - first < store->count) pack_record(p, table, store, table->order[i] - first);
        for (uint32_t number = 0; !sorted && number < store->count; number++) pack_record(p, table, store, number);
        first = store->count;
    }
}

void flow_pack(const struct pp_flow_table *table, struct packer *p)
{
    pack_counters(p, &table->counters);
    pack_number(p, table->level);
    pack_number(p, table->any);
    pack_number(p, table->several);
    pack_number(p, table->several ? 0 : table->capture); /* of several which was first says nothing */
    pack_small_tables(p, table);
    pack_stores(p, table);
}

static bool unpack_into(struct unpacker *u, struct pack_captures captures, struct pp_flow_table *table)
{
    unpack_counters(u, &table->counters);
    table->level = (enum fold_level)unpack_number_to(u, FOLD_ALL);
    table->any = unpack_number_to(u, 1);
    table->several = unpack_number_to(u, 1);
    table->capture = (uint16_t)(unpack_number_to(u, UINT16_MAX) + captures.base);
    bool ok = unpack_small_tables(u, captures, table);
    for (unsigned s = 0; s < 2; s++)
        for (uint64_t left = unpack_number_to(u, STORE_RECORDS_MAX); ok && left; left--)
            ok = unpack_record(u, captures, table, &table->stores[s]);
    return ok && !u->failed;
}

struct pp_flow_table *flow_unpack(struct unpacker *u, struct pack_captures captures, const struct pp_flow_options *options)
{
    struct pp_flow_table *table = pp_flow_table_create(options);
    bool ok = table && unpack_into(u, captures, table);
    if (ok && pp_flow_count(table) > table->options.max_flows) ok = fold(table);
    if (ok) return table;
    pp_flow_table_destroy(table);
    return NULL;
}
