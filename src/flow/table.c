/* The flow table: packets in, flow records out. Every update is a join (sum, minimum, maximum, OR), so neither the order
 * of packets nor the way they are spread over tables shows in the result. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "load.h"
#include "table.h"

enum { FACTS_LEAST = 65536 };

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
    const struct siphash_key words[2] = {siphash_key_make(), siphash_key_make()};
    table->key = siphash_key_make();
    table->hash_key = (struct hash_key){{words[0].k0, words[0].k1, words[1].k0, words[1].k1 | 1}}; /* a factor that is never zero */
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

void note_capture(struct pp_flow_table *table, struct rest *rest, uint64_t frame)
{
    if (rest->first_frame == UINT64_MAX) return;
    uint16_t was = pp_frame_capture(rest->first_frame), now = pp_frame_capture(frame);
    if (was == now && !rest->facts) return;
    if (was == now && !table->facts.facts[rest->facts].captures) return;
    struct pp_flow_facts *facts = facts_get(&table->facts, &rest->facts);
    if (facts)
        facts->captures |= capture_bit(was) | capture_bit(now);
    else
        table->counters.facts_lost++;
}

/* A RST says nothing of who opened; all else but a bare SYN proves that the other end exists. The columns are FIN and SYN, RST is
 * four columns on, PSH a row, ACK two. */
const uint8_t flag_marks[256] = {
#define BEYOND PP_SIDE_BEYOND
#define OPENS PP_SIDE_SYN
#define ANSWERS (PP_SIDE_SYN_ACK | PP_SIDE_BEYOND)
#define WITHOUT_ACK BEYOND, BEYOND, OPENS, OPENS, 0, 0, 0, 0
#define WITH_ACK BEYOND, BEYOND, ANSWERS, ANSWERS, 0, 0, 0, 0
#define EVERY_PSH_AND_ACK WITHOUT_ACK, WITHOUT_ACK, WITH_ACK, WITH_ACK
    EVERY_PSH_AND_ACK, EVERY_PSH_AND_ACK, EVERY_PSH_AND_ACK, EVERY_PSH_AND_ACK, /* URG, ECE, CWR say nothing either */
    EVERY_PSH_AND_ACK, EVERY_PSH_AND_ACK, EVERY_PSH_AND_ACK, EVERY_PSH_AND_ACK,
};

/* A low half has wrapped; when the high one is full, the count stays at its most. */
static void carry_bytes(struct record *record, struct rest *rest, unsigned side)
{
    if (rest->high[side].bytes == BYTES_HIGH_MAX)
        record->bytes[side] = UINT32_MAX;
    else
        rest->high[side].bytes++;
}

static void carry_packets(struct record *record, struct rest *rest, unsigned side)
{
    if (rest->high[side].packets == PACKETS_HIGH_MAX)
        record->packets[side] = UINT32_MAX;
    else
        rest->high[side].packets++;
}

void count_rest(struct pp_flow_table *table, struct store *store, uint32_t number, unsigned side, const struct share *share)
{
    struct record *record = store_at(store, number);
    struct rest *rest = store_rest(store, number);
    uint64_t flow_first = earlier(record->first_ns[0], record->first_ns[1]);
    if (table->several) note_capture(table, rest, share->frame);
    if (share->time_ns < flow_first || (share->time_ns == flow_first && share->frame < rest->first_frame)) rest->first_frame = share->frame;
    if (share->time_ns < record->first_ns[side]) record->first_ns[side] = share->time_ns;
    if (record->bytes[side] < share->wire_bytes) carry_bytes(record, rest, side);
    if (!record->packets[side]) carry_packets(record, rest, side);
    if (share->marks & PP_SIDE_SYN && rest->syns[side] < UINT16_MAX) rest->syns[side]++;
}

static void add_to_record(struct pp_flow_table *table, struct store *store, uint32_t number, unsigned side, const struct pp_packet *packet)
{
    bool flags_known = packet->transport != PP_UDP && !(packet->marks & PP_MARK_NO_FLAGS);
    struct share share = {
        .time_ns = packet->time_ns,
        .last_ns = packet->time_ns == PP_NO_FIRST ? PP_NO_LAST : packet->time_ns,
        .frame = frame_of(packet),
        .wire_bytes = packet->wire_bytes,
        .tcp_flags = packet->tcp_flags,
        .marks = (uint8_t)((flags_known ? flag_marks[packet->tcp_flags] : PP_SIDE_BEYOND) |
                           (packet->marks & PP_MARK_LINK_GROUP ? PP_SIDE_LINK_GROUP : 0u)),
    };
    bool more = count_in(store_at(store, number), side, share.time_ns, share.last_ns, share.wire_bytes, share.tcp_flags, share.marks);
    if (more || table->several) count_rest(table, store, number, side, &share);
    if (!packet->callback_port) return;
    struct pp_flow_facts *facts = facts_get(&table->facts, &store_rest(store, number)->facts);
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

static void add_icmp(struct pp_flow_table *table, struct rest *rest, unsigned side, const struct pp_packet *packet)
{
    struct pp_flow_facts *facts = facts_get(&table->facts, &rest->facts);
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

static bool has_room(const struct pp_flow_table *table)
{
    return (uint64_t)table->stores[0].count + table->stores[1].count < table->options.max_flows;
}

uint32_t new_record(struct pp_flow_table *table, struct store *store, const uint8_t *source, uint16_t source_port,
                    const uint8_t *destination, uint16_t destination_port, enum pp_transport transport, const struct flow_key *key,
                    uint64_t hash, unsigned *side, bool *refused)
{
    *refused = false;
    bool room = has_room(table);
    if (room && table->level == FOLD_NOTHING) return store_make(store, key, hash);
    if (!room && !table->full && !fold(table)) return NO_RECORD;
    unsigned end;
    uint32_t number = find_folded(table, store, source, source_port, destination, destination_port, transport, &end);
    if (number != NO_RECORD) return *side = end, number;
    if (has_room(table)) return store_make(store, key, hash);
    table->counters.not_judged++;
    *refused = true;
    return NO_RECORD;
}

static bool add_flow_packet(struct pp_flow_table *table, const struct pp_packet *packet, enum pp_decoded result, const struct flow_key *key,
                            uint64_t hash, unsigned side)
{
    struct store *store = store_of(table, packet->family);
    bool refused = false;
    uint32_t number = store_find(store, key, hash);
    if (number == NO_RECORD)
        number = new_record(table, store, packet->source, packet->source_port, packet->destination, packet->destination_port,
                            packet->transport, key, hash, &side, &refused);
    if (number == NO_RECORD) return refused;
    if (result == PP_ICMP_ERROR)
        add_icmp(table, store_rest(store, number), side, packet);
    else
        add_to_record(table, store, number, side, packet);
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
        if (results[i] == PP_DECODED || results[i] == PP_ICMP_ERROR) (void)store_guess(store_of(table, packets[i].family), hashes[i]);
    bool ok = true;
    for (size_t i = 0; i < count; i++) {
        note_source(table, packets[i].capture);
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

size_t pp_flow_count(const struct pp_flow_table *table) { return (size_t)table->stores[0].count + table->stores[1].count; }

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
