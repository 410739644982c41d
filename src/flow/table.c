/* The flow table: packets in, flow records out. Every update is a join (sum, minimum, maximum, OR), so neither the order
 * of packets nor the way they are spread over tables shows in the result. */
#define _DEFAULT_SOURCE /* getentropy */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "load.h"
#include "table.h"

enum { FACTS_LEAST = 65536, BATCH = 64 };

/* Two ends as key words: addresses as they stand in the packet, then the ports. */
static inline uint64_t ports_word(uint16_t first, uint16_t second, uint8_t kind)
{
    uint16_t ports[2] = {first, second};
    uint32_t both;
    memcpy(&both, ports, sizeof both);
    return both | (uint64_t)kind << 32;
}

static inline unsigned make_key4(const uint8_t *a, uint16_t port_a, const uint8_t *b, uint16_t port_b, uint8_t kind, struct flow_key *key)
{
    uint32_t x, y;
    memcpy(&x, a, sizeof x);
    memcpy(&y, b, sizeof y);
    uint32_t order_x = load_be32(a), order_y = load_be32(b);
    bool swap = order_x > order_y || (order_x == order_y && port_a > port_b);
    uint32_t ends[2] = {swap ? y : x, swap ? x : y};
    memcpy(key->words, ends, sizeof ends);
    key->words[1] = swap ? ports_word(port_b, port_a, kind) : ports_word(port_a, port_b, kind);
    return swap;
}

unsigned make_key(const struct store *store, const uint8_t *a, uint16_t port_a, const uint8_t *b, uint16_t port_b, uint8_t kind,
                  struct flow_key *key)
{
    if (store->ends == ENDS_IPV4) return make_key4(a, port_a, b, port_b, kind, key);
    int order = memcmp(a, b, 16);
    bool swap = order > 0 || (order == 0 && port_a > port_b);
    memcpy(key->words, swap ? b : a, 16);
    memcpy(key->words + 2, swap ? a : b, 16);
    key->words[4] = swap ? ports_word(port_b, port_a, kind) : ports_word(port_a, port_b, kind);
    return swap;
}

void record_ports(const struct store *store, const struct record *record, uint16_t ports[2])
{
    memcpy(ports, record->ends + 2 * address_bytes(store), 2 * sizeof *ports);
}

struct pp_flow_table *pp_flow_table_create(const struct pp_flow_options *options)
{
    struct pp_flow_table *table = calloc(1, sizeof *table);
    if (!table) return NULL;
    table->options = *options;
    if (!table->options.max_flows) table->options.max_flows = PP_MAX_FLOWS_DEFAULT;
    uint32_t facts = table->options.max_flows / 4 > FACTS_LEAST ? table->options.max_flows / 4 : FACTS_LEAST;
    /* The key only has to be unknown to whoever picks addresses; without entropy the results are the same, just slower to defend. */
    if (getentropy(&table->key, sizeof table->key) != 0 || getentropy(&table->hash_key, sizeof table->hash_key) != 0) {
        table->key = (struct siphash_key){(uintptr_t)table, 0x706f7274};
        table->hash_key = (struct hash_key){{0x9e3779b97f4a7c15, (uintptr_t)table, 0xd6e8feb86659fd93, 0xa0761d6478bd642f}};
    }
    table->hash_key.k[3] |= 1; /* a factor that is never zero */
    if (store_init(&table->stores[0], ENDS_IPV4, &table->hash_key) && store_init(&table->stores[1], ENDS_IPV6, &table->hash_key) &&
        facts_init(&table->facts, facts) && activity_init(&table->activity))
        return table;
    pp_flow_table_destroy(table);
    return NULL;
}

void pp_flow_table_destroy(struct pp_flow_table *table)
{
    if (!table) return;
    store_finish(&table->stores[0]);
    store_finish(&table->stores[1]);
    facts_finish(&table->facts);
    datagrams_finish(&table->datagrams);
    addresses_finish(&table->addresses);
    activity_finish(&table->activity);
    free(table->order);
    free(table);
}

static uint64_t frame_of(const struct pp_packet *packet) { return (uint64_t)packet->capture << 48 | packet->frame; }

static uint64_t capture_bit(uint16_t capture)
{
    return UINT64_C(1) << (capture < PP_CAPTURES_TOLD_APART ? capture : PP_CAPTURES_TOLD_APART);
}

/* Note that the flow was seen in this capture too, once there is a second one. */
static void note_capture(struct pp_flow_table *table, struct record *record, uint64_t frame)
{
    if (record->first_frame == UINT64_MAX) return;
    uint16_t was = pp_frame_capture(record->first_frame), now = pp_frame_capture(frame);
    if (was == now && !record->facts) return;
    if (was == now && !table->facts.facts[record->facts].captures) return;
    struct pp_flow_facts *facts = facts_get(&table->facts, &record->facts);
    if (facts)
        facts->captures |= capture_bit(was) | capture_bit(now);
    else
        table->counters.facts_lost++;
}

static uint64_t earlier(uint64_t a, uint64_t b) { return a < b ? a : b; }

/* What a packet says about its sender's side. */
static unsigned side_marks(const struct pp_packet *packet)
{
    unsigned marks = packet->marks & PP_MARK_LINK_GROUP ? PP_SIDE_LINK_GROUP : 0;
    if (packet->transport == PP_UDP || packet->marks & PP_MARK_NO_FLAGS) return marks | PP_SIDE_BEYOND;
    if (packet->tcp_flags & PP_RST) return marks;
    if (packet->tcp_flags & PP_SYN) return marks | (packet->tcp_flags & PP_ACK ? PP_SIDE_SYN_ACK | PP_SIDE_BEYOND : PP_SIDE_SYN);
    return marks | PP_SIDE_BEYOND;
}

static void add_to_record(struct pp_flow_table *table, struct record *record, unsigned side, const struct pp_packet *packet)
{
    uint64_t frame = frame_of(packet), flow_first = earlier(record->first_ns[0], record->first_ns[1]);
    note_capture(table, record, frame);
    if (packet->time_ns < flow_first || (packet->time_ns == flow_first && frame < record->first_frame)) record->first_frame = frame;
    record->packets[side]++;
    record->bytes[side] += packet->wire_bytes;
    if (packet->time_ns < record->first_ns[side]) record->first_ns[side] = packet->time_ns;
    if (packet->time_ns > record->last_ns[side] && packet->time_ns != PP_NO_FIRST) record->last_ns[side] = packet->time_ns;
    record->tcp_flags[side] |= packet->tcp_flags;
    unsigned marks = side_marks(packet);
    record->marks |= (uint8_t)(marks << 4 * side);
    if (marks & PP_SIDE_SYN && record->syns[side] < UINT16_MAX) record->syns[side]++;
    if (!packet->callback_port) return;
    struct pp_flow_facts *facts = facts_get(&table->facts, &record->facts);
    if (!facts) {
        table->counters.facts_lost++;
        return;
    }
    struct pp_flow_facts one = {.callback_port = packet->callback_port,
                                .callback_ns = packet->time_ns,
                                .icmp_first_ns = PP_NO_FIRST,
                                .icmp_first_frame = UINT64_MAX};
    facts_join(facts, &one, false);
}

static void add_icmp(struct pp_flow_table *table, struct record *record, unsigned side, const struct pp_packet *packet)
{
    struct pp_flow_facts *facts = facts_get(&table->facts, &record->facts);
    if (!facts) {
        table->counters.facts_lost++;
        return;
    }
    struct pp_flow_facts one = {
        .reports[0] = {.type = packet->icmp_type, .code = packet->icmp_code, .quoted_side = (uint8_t)side},
        .report_count = 1,
        .callback_ns = PP_NO_FIRST,
        .icmp_packets = 1,
        .icmp_first_ns = packet->time_ns,
        .icmp_last_ns = packet->time_ns == PP_NO_FIRST ? PP_NO_LAST : packet->time_ns,
        .icmp_first_frame = frame_of(packet),
    };
    one.reports[0].sender.family = packet->icmp_family;
    memcpy(one.reports[0].sender.bytes, packet->icmp_sender, 16);
    bool syn = packet->transport == PP_TCP && !(packet->marks & PP_MARK_NO_FLAGS) && (packet->tcp_flags & (PP_SYN | PP_ACK)) == PP_SYN;
    one.quoted_syn = (uint8_t)(syn << side);
    facts_join(facts, &one, false);
}

/* The record of a packet whose five-tuple is new. NULL: out of memory, or *refused. */
static struct record *new_record(struct pp_flow_table *table, const struct pp_packet *packet, struct store *store,
                                 const struct flow_key *key, uint64_t hash, unsigned *side, bool *refused)
{
    *refused = false;
    bool room = table->stores[0].count + table->stores[1].count < table->options.max_flows;
    if (room && table->level == FOLD_NOTHING) return store_make(store, key, hash);
    if (!room && !table->full && !fold(table)) return NULL;
    unsigned end;
    struct record *record = find_folded(table, store, packet->source, packet->source_port, packet->destination, packet->destination_port,
                                        packet->transport, &end);
    if (record) return *side = end, record;
    if (table->stores[0].count + table->stores[1].count >= table->options.max_flows) return *refused = true, NULL;
    return store_make(store, key, hash);
}

static bool add_flow_packet(struct pp_flow_table *table, const struct pp_packet *packet, enum pp_decoded result, const struct flow_key *key,
                            uint64_t hash, unsigned side)
{
    struct store *store = store_of(table, packet->family);
    bool refused = false;
    struct record *record = store_find(store, key, hash);
    if (!record) record = new_record(table, packet, store, key, hash, &side, &refused);
    if (refused) table->counters.not_judged++;
    if (!record) return refused;
    if (result == PP_ICMP_ERROR)
        add_icmp(table, record, side, packet);
    else
        add_to_record(table, record, side, packet);
    return true;
}

static struct pp_address address_of(uint8_t family, const uint8_t bytes[16])
{
    struct pp_address address = {.family = family};
    memcpy(address.bytes, bytes, 16);
    return address;
}

static bool add_fragment(struct pp_flow_table *table, const struct pp_packet *packet, bool later)
{
    struct pp_datagram one = {
        .source = address_of(packet->family, packet->source),
        .destination = address_of(packet->family, packet->destination),
        .id = packet->datagram_id,
        .transport = packet->transport,
        .first_seen = !later,
        .later = later,
        .bytes = later ? packet->wire_bytes : 0,
        .first_ns = packet->time_ns,
        .last_ns = packet->time_ns == PP_NO_FIRST ? PP_NO_LAST : packet->time_ns,
        .first_frame = frame_of(packet),
    };
    return datagrams_join(&table->datagrams, &table->key, &one, &table->counters.datagrams_lost);
}

static bool add_address(struct pp_flow_table *table, uint8_t family, const uint8_t bytes[16])
{
    if (!family) return true;
    struct pp_address address = address_of(family, bytes);
    return addresses_add(&table->addresses, &table->key, &address, &table->counters.addresses_lost);
}

/* Packets that make no flow still show who is there. */
static bool add_other(struct pp_flow_table *table, const struct pp_packet *packet, enum pp_decoded result)
{
    bool ok = true;
    if (result == PP_LATER_FRAGMENT) ok = add_fragment(table, packet, true);
    if (result == PP_ICMP_ERROR) return add_address(table, packet->icmp_family, packet->icmp_sender);
    return ok && add_address(table, packet->family, packet->source) && add_address(table, packet->family, packet->destination);
}

static void count_packet(struct pp_counters *counters, const struct pp_packet *packet, enum pp_decoded result)
{
    counters->by_result[result]++;
    counters->cut += (packet->marks & PP_MARK_CUT) != 0;
    if (result == PP_DECODED) {
        counters->by_class[packet->source_class]++;
        if (packet->destination_class != packet->source_class) counters->by_class[packet->destination_class]++;
        if (!(packet->marks & (PP_MARK_HEADER_CUT | PP_MARK_TUNNEL | PP_MARK_FIRST_FRAGMENT))) return;
        if (packet->marks & PP_MARK_FIRST_FRAGMENT) counters->first_fragments++;
    }
    if (packet->marks & PP_MARK_HEADER_CUT || result == PP_TRUNCATED) counters->header_cut++;
    if (packet->marks & PP_MARK_TUNNEL) counters->tunnels++;
    if (result == PP_LATER_FRAGMENT) counters->later_fragments++;
    if (result == PP_ICMP_ERROR) counters->icmp_errors++;
}

/* One batch: hash everything and ask for the slots, then for the records, so that the cache misses of many packets overlap. */
static bool add_batch(struct pp_flow_table *table, const struct pp_packet *packets, const uint8_t *results, size_t count)
{
    struct flow_key keys[BATCH];
    uint64_t hashes[BATCH];
    uint8_t sides[BATCH];
    for (size_t i = 0; i < count; i++) {
        const struct pp_packet *p = &packets[i];
        if (results[i] != PP_DECODED && results[i] != PP_ICMP_ERROR) continue;
        struct store *store = store_of(table, p->family);
        sides[i] = (uint8_t)make_key(store, p->source, p->source_port, p->destination, p->destination_port,
                                     kind_byte(p->transport, PP_FLOW_EXACT, 0), &keys[i]);
        hashes[i] = store_hash(store, &keys[i]);
        store_prefetch(store, hashes[i]);
    }
    for (size_t i = 0; i < count; i++)
        if (results[i] == PP_DECODED || results[i] == PP_ICMP_ERROR) store_prefetch_record(store_of(table, packets[i].family), hashes[i]);
    bool ok = true;
    for (size_t i = 0; i < count; i++) {
        count_packet(&table->counters, &packets[i], results[i]);
        activity_add(&table->activity, packets[i].time_ns);
        if (results[i] == PP_DECODED || results[i] == PP_ICMP_ERROR)
            ok &= add_flow_packet(table, &packets[i], results[i], &keys[i], hashes[i], sides[i]);
        if (results[i] == PP_DECODED && packets[i].marks & PP_MARK_FIRST_FRAGMENT) ok &= add_fragment(table, &packets[i], false);
        if (results[i] != PP_DECODED) ok &= add_other(table, &packets[i], results[i]);
    }
    return ok;
}

bool pp_flow_table_add(struct pp_flow_table *table, const struct pp_packet *packets, const uint8_t *results, size_t count)
{
    bool ok = true;
    for (size_t i = 0; i < count; i += BATCH) ok &= add_batch(table, packets + i, results + i, count - i < BATCH ? count - i : BATCH);
    return ok;
}

static void join_record(struct pp_flow_table *table, struct record *into, const struct record *from, bool swap)
{
    uint64_t first_a = earlier(into->first_ns[0], into->first_ns[1]), first_b = earlier(from->first_ns[0], from->first_ns[1]);
    if (from->first_frame != UINT64_MAX) note_capture(table, into, from->first_frame);
    if (first_b < first_a || (first_b == first_a && from->first_frame < into->first_frame)) into->first_frame = from->first_frame;
    for (unsigned s = 0; s < 2; s++) {
        unsigned f = s ^ swap;
        into->packets[s] += from->packets[f];
        into->bytes[s] += from->bytes[f];
        into->first_ns[s] = earlier(into->first_ns[s], from->first_ns[f]);
        if (from->last_ns[f] > into->last_ns[s]) into->last_ns[s] = from->last_ns[f];
        unsigned syns = (unsigned)into->syns[s] + from->syns[f];
        into->syns[s] = (uint16_t)(syns > UINT16_MAX ? UINT16_MAX : syns);
        into->tcp_flags[s] |= from->tcp_flags[f];
        into->marks |= (uint8_t)((from->marks >> 4 * f & 15) << 4 * s);
    }
}

bool absorb(struct pp_flow_table *table, struct store *store, const struct flow_key *key, const struct record *record,
            const struct pp_flow_facts *facts, bool swap)
{
    uint64_t hash = store_hash(store, key);
    struct record *into = store_find(store, key, hash);
    if (!into && !(into = store_make(store, key, hash))) return false;
    join_record(table, into, record, swap);
    if (!facts) return true;
    struct pp_flow_facts *joined = facts_get(&table->facts, &into->facts);
    if (!joined)
        table->counters.facts_lost++;
    else {
        facts_join(joined, facts, swap);
        /* One capture alone is what first_frame says; a record that came with more brings them along. */
        if (joined->captures && into->first_frame != UINT64_MAX) joined->captures |= capture_bit(pp_frame_capture(into->first_frame));
    }
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

bool pp_flow_table_merge(struct pp_flow_table *table, const struct pp_flow_table *from)
{
    bool ok = true;
    for (unsigned s = 0; s < 2; s++)
        for (size_t i = 0; ok && i < from->stores[s].count; i++) {
            const struct record *record = store_at(&from->stores[s], i);
            struct flow_key key = store_key(&from->stores[s], record);
            ok = absorb(table, &table->stores[s], &key, record, record->facts ? &from->facts.facts[record->facts] : NULL, false);
        }
    for (uint32_t i = 0; ok && i < from->datagrams.count; i++)
        ok = datagrams_join(&table->datagrams, &table->key, &from->datagrams.items[i], &table->counters.datagrams_lost);
    for (uint32_t i = 0; ok && i < from->addresses.count; i++)
        ok = addresses_add(&table->addresses, &table->key, &from->addresses.items[i], &table->counters.addresses_lost);
    activity_join(&table->activity, &from->activity);
    join_counters(&table->counters, &from->counters);
    if (from->level > table->level) table->level = from->level;
    if (ok && table->stores[0].count + table->stores[1].count > table->options.max_flows) ok = fold(table);
    return ok;
}

size_t pp_flow_count(const struct pp_flow_table *table) { return table->stores[0].count + table->stores[1].count; }

/* qsort has no context argument in C17: the table being sorted, one a thread. */
static _Thread_local const struct pp_flow_table *sorting;

static const struct record *numbered(const struct pp_flow_table *table, uint32_t number, const struct store **store)
{
    *store = &table->stores[number >= table->stores[0].count];
    return store_at(*store, number >= table->stores[0].count ? number - table->stores[0].count : number);
}

/* A record with what tells it apart nearly always: transport, family, and the first 62 bits of its ends. Sorting compares
 * numbers that stand side by side, and goes to the records only when these are equal. */
struct sort_item {
    uint64_t key;
    uint32_t number;
};

static struct sort_item sort_item(const struct pp_flow_table *table, uint32_t number)
{
    const struct store *store;
    const struct record *record = numbered(table, number, &store);
    uint64_t ends = (uint64_t)load_be32(record->ends) << 32 | load_be32(record->ends + 4);
    return (struct sort_item){(uint64_t)(record->kind & 1) << 63 | (uint64_t)(store->ends == ENDS_IPV6) << 62 | ends >> 2, number};
}

static int compare_items(const void *x, const void *y)
{
    const struct sort_item *i = x, *k = y;
    if (i->key != k->key) return i->key < k->key ? -1 : 1;
    const struct store *store;
    const struct record *a = numbered(sorting, i->number, &store), *b = numbered(sorting, k->number, &store);
    int order = memcmp(a->ends, b->ends, 2 * address_bytes(store));
    if (order) return order;
    uint16_t p[2], q[2];
    record_ports(store, a, p);
    record_ports(store, b, q);
    if (p[0] != q[0]) return (int)p[0] - (int)q[0];
    if (p[1] != q[1]) return (int)p[1] - (int)q[1];
    return (int)a->kind - (int)b->kind;
}

bool pp_flow_table_sort(struct pp_flow_table *table)
{
    size_t count = pp_flow_count(table);
    struct sort_item *items = malloc((count + 1) * sizeof *items);
    uint32_t *order = items ? realloc(table->order, (count + 1) * sizeof *order) : NULL;
    if (!order) return free(items), false;
    for (size_t i = 0; i < count; i++) items[i] = sort_item(table, (uint32_t)i);
    sorting = table;
    qsort(items, count, sizeof *items, compare_items);
    for (size_t i = 0; i < count; i++) order[i] = items[i].number;
    table->order = order;
    table->order_count = count;
    free(items);
    return true;
}

void pp_flow_at(const struct pp_flow_table *table, size_t position, struct pp_flow *out)
{
    const struct store *store;
    bool sorted = table->order_count == pp_flow_count(table) && table->order;
    const struct record *record = numbered(table, sorted ? table->order[position] : (uint32_t)position, &store);
    size_t n = address_bytes(store);
    memset(out, 0, sizeof *out);
    record_ports(store, record, out->port);
    out->transport = (uint8_t)kind_transport(record->kind);
    out->kind = kind_kind(record->kind);
    out->initiator = (uint8_t)(out->kind == PP_FLOW_CONVERSATION ? kind_end(record->kind) : 2);
    out->kept_port = (uint8_t)(out->kind > PP_FLOW_CONVERSATION ? kind_end(record->kind) : 2);
    out->first_frame = record->first_frame;
    for (unsigned s = 0; s < 2; s++) {
        out->address[s].family = n == 4 ? PP_IPV4 : PP_IPV6;
        memcpy(out->address[s].bytes, record->ends + s * n, n);
        out->side[s] = (struct pp_flow_side){.packets = record->packets[s],
                                             .bytes = record->bytes[s],
                                             .first_ns = record->first_ns[s],
                                             .last_ns = record->last_ns[s],
                                             .syns = record->syns[s],
                                             .tcp_flags = record->tcp_flags[s],
                                             .marks = record->marks >> 4 * s & 15};
    }
    out->has_facts = record->facts != NO_FACTS;
    if (out->has_facts) out->facts = table->facts.facts[record->facts];
}

const struct pp_counters *pp_flow_counters(const struct pp_flow_table *table) { return &table->counters; }
size_t pp_datagram_count(const struct pp_flow_table *table) { return table->datagrams.count; }
void pp_datagram_at(const struct pp_flow_table *table, size_t position, struct pp_datagram *out)
{
    *out = table->datagrams.items[position];
}
size_t pp_seen_address_count(const struct pp_flow_table *table) { return table->addresses.count; }
struct pp_address pp_seen_address_at(const struct pp_flow_table *table, size_t position) { return table->addresses.items[position]; }
struct pp_activity pp_flow_activity(struct pp_flow_table *table) { return activity_sorted(&table->activity); }

size_t pp_flow_table_memory(const struct pp_flow_table *table)
{
    return sizeof *table + store_memory(&table->stores[0]) + store_memory(&table->stores[1]) +
           table->facts.room * sizeof *table->facts.facts +
           table->datagrams.room * (sizeof *table->datagrams.items + 2 * sizeof(uint32_t)) +
           table->addresses.room * (sizeof *table->addresses.items + 2 * sizeof(uint32_t)) + BUCKETS_MAX * 5 * sizeof(uint64_t) +
           table->order_count * sizeof *table->order;
}
