/* The flow table is a join (design 3), sorted, bounded, and never loses a packet's count (design 4). */
#include <stdlib.h>
#include <string.h>

#include "evidence.h"
#include "store.h"
#include "testing.h"

enum { PARTS_MAX = 7, MANY_FLOWS = 300000 };

/* xorshift64*: the same packets in every run. */
static uint64_t seed;

static uint32_t any(uint32_t below)
{
    seed ^= seed >> 12;
    seed ^= seed << 25;
    seed ^= seed >> 27;
    return (uint32_t)((seed * UINT64_C(2685821657736338717)) >> 33) % below;
}

/* --- random packets: few addresses and ports, so that everything meets ------------------------------------------------------------ */

static void random_address(uint8_t family, uint8_t bytes[16])
{
    memset(bytes, 0, 16);
    if (family == PP_IPV4)
        memcpy(bytes, (uint8_t[]){10, 0, (uint8_t)any(2), (uint8_t)any(4)}, 4);
    else {
        memcpy(bytes, (uint8_t[]){0x20, 1, 0x0d, 0xb8}, 4);
        bytes[15] = (uint8_t)any(4);
    }
}

static struct pp_packet random_packet(uint64_t frame, uint8_t *result)
{
    static const uint16_t ports[] = {22, 512, 514, 5307, 6010, 40000, 40001};
    static const uint8_t flags[] = {PP_SYN, PP_SYN, PP_SYN | PP_ACK, PP_ACK, PP_PSH | PP_ACK, PP_RST, PP_FIN | PP_ACK};
    static const uint8_t results[] = {PP_DECODED,    PP_DECODED,        PP_DECODED,        PP_DECODED, PP_DECODED,
                                      PP_ICMP_ERROR, PP_LATER_FRAGMENT, PP_OTHER_PROTOCOL, PP_NOT_IP,  PP_MALFORMED};
    struct pp_packet p;
    memset(&p, 0, sizeof p);
    *result = results[any(sizeof results)];
    p.family = any(3) ? PP_IPV4 : PP_IPV6;
    random_address(p.family, p.source);
    random_address(p.family, p.destination);
    p.transport = any(3) ? PP_TCP : PP_UDP;
    p.source_port = ports[any(sizeof ports / sizeof *ports)];
    p.destination_port = ports[any(sizeof ports / sizeof *ports)];
    p.tcp_flags = p.transport == PP_TCP ? flags[any(sizeof flags)] : 0;
    p.time_ns = any(20) ? UINT64_C(1795168800000000000) + (uint64_t)any(50) * 250000000 : PP_NO_FIRST; /* equal times too */
    p.frame = frame;
    p.capture = (uint16_t)(any(4) ? any(3) : 60 + any(8)); /* beyond what is told apart too */
    p.wire_bytes = 60 + any(1400);
    p.callback_port = p.transport == PP_TCP && !any(10) ? (uint16_t)(600 + any(3)) : 0;
    p.datagram_id = any(5);
    if (!any(15)) p.marks |= PP_MARK_FIRST_FRAGMENT;
    if (!any(20)) p.marks |= PP_MARK_LINK_GROUP;
    if (!any(20)) p.marks |= PP_MARK_NO_FLAGS;
    if (!any(20)) p.marks |= PP_MARK_CUT;
    if (!any(30)) p.marks |= PP_MARK_TUNNEL;
    p.source_class = (uint8_t)any(9);
    p.destination_class = (uint8_t)any(9);
    if (*result == PP_ICMP_ERROR) {
        p.icmp_family = p.family;
        random_address(p.family, p.icmp_sender);
        p.icmp_type = (uint8_t)(any(2) ? 3 : 11);
        p.icmp_code = (uint8_t)any(4);
    }
    if (*result == PP_NOT_IP || *result == PP_MALFORMED) p.family = 0;
    return p;
}

/* --- everything a table shows, as bytes (not the structs: their padding is nobody's) ------------------------------------------------- */

struct view {
    uint8_t *at;
    size_t size, room;
};

static void show(struct view *view, const void *bytes, size_t size)
{
    if (view->size + size > view->room) {
        view->room = (view->size + size) * 2;
        view->at = realloc(view->at, view->room);
        assert_non_null(view->at);
    }
    memcpy(view->at + view->size, bytes, size);
    view->size += size;
}

#define SHOW(view, field) show(view, &(field), sizeof(field))

static void show_flow(struct view *view, const struct pp_flow *f)
{
    SHOW(view, f->address);
    SHOW(view, f->port);
    SHOW(view, f->transport);
    SHOW(view, f->kind);
    SHOW(view, f->initiator);
    SHOW(view, f->kept_port);
    SHOW(view, f->first_frame);
    SHOW(view, f->has_facts);
    for (unsigned s = 0; s < 2; s++) {
        SHOW(view, f->side[s].packets);
        SHOW(view, f->side[s].bytes);
        SHOW(view, f->side[s].first_ns);
        SHOW(view, f->side[s].last_ns);
        SHOW(view, f->side[s].syns);
        SHOW(view, f->side[s].tcp_flags);
        SHOW(view, f->side[s].marks);
    }
    const struct pp_flow_facts *x = &f->facts;
    for (unsigned i = 0; i < x->report_count; i++) SHOW(view, x->reports[i]);
    SHOW(view, x->report_count);
    SHOW(view, x->quoted_syn);
    SHOW(view, x->callback_port);
    SHOW(view, x->callback_ns);
    SHOW(view, x->icmp_packets);
    SHOW(view, x->icmp_first_ns);
    SHOW(view, x->icmp_last_ns);
    SHOW(view, x->icmp_first_frame);
    SHOW(view, x->captures);
}

static int compare_datagrams(const void *x, const void *y)
{
    const struct pp_datagram *a = x, *b = y;
    int order = memcmp(&a->source, &b->source, sizeof a->source);
    if (!order) order = memcmp(&a->destination, &b->destination, sizeof a->destination);
    if (!order) order = (int)a->id - (int)b->id;
    return order ? order : (int)a->transport - (int)b->transport;
}

static int compare_addresses(const void *x, const void *y) { return memcmp(x, y, sizeof(struct pp_address)); }

static void show_unordered(struct view *view, const struct pp_flow_table *table)
{
    size_t datagrams = pp_datagram_count(table), addresses = pp_seen_address_count(table);
    struct pp_datagram *d = calloc(datagrams + 1, sizeof *d);
    struct pp_address *a = calloc(addresses + 1, sizeof *a);
    assert_true(d && a);
    for (size_t i = 0; i < datagrams; i++) pp_datagram_at(table, i, &d[i]);
    for (size_t i = 0; i < addresses; i++) a[i] = pp_seen_address_at(table, i);
    qsort(d, datagrams, sizeof *d, compare_datagrams);
    qsort(a, addresses, sizeof *a, compare_addresses);
    for (size_t i = 0; i < datagrams; i++) {
        SHOW(view, d[i].source);
        SHOW(view, d[i].destination);
        SHOW(view, d[i].id);
        SHOW(view, d[i].transport);
        SHOW(view, d[i].first_seen);
        SHOW(view, d[i].later);
        SHOW(view, d[i].bytes);
        SHOW(view, d[i].first_ns);
        SHOW(view, d[i].last_ns);
        SHOW(view, d[i].first_frame);
    }
    show(view, a, addresses * sizeof *a);
    free(d);
    free(a);
}

static struct view view_of(struct pp_flow_table *table)
{
    struct view view = {0};
    assert_true(pp_flow_table_sort(table));
    for (size_t i = 0; i < pp_flow_count(table); i++) {
        struct pp_flow flow;
        pp_flow_at(table, i, &flow);
        show_flow(&view, &flow);
    }
    show_unordered(&view, table);
    show(&view, pp_flow_counters(table), sizeof(struct pp_counters));
    struct pp_activity activity = pp_flow_activity(table);
    SHOW(&view, activity.width_ns);
    show(&view, activity.buckets, activity.count * sizeof *activity.buckets);
    return view;
}

static struct pp_flow_table *new_table(uint32_t max_flows)
{
    struct pp_flow_options options = {.max_flows = max_flows};
    struct pp_flow_table *table = pp_flow_table_create(&options);
    assert_non_null(table);
    return table;
}

static void assert_same(struct pp_flow_table *a, struct pp_flow_table *b)
{
    struct view x = view_of(a), y = view_of(b);
    assert_int_equal(x.size, y.size);
    assert_memory_equal(x.at, y.at, x.size);
    free(x.at);
    free(y.at);
}

static void shuffle(struct pp_packet *packets, uint8_t *results, size_t count)
{
    for (size_t i = count; i > 1; i--) {
        size_t k = any((uint32_t)i);
        struct pp_packet packet = packets[i - 1];
        uint8_t result = results[i - 1];
        packets[i - 1] = packets[k];
        results[i - 1] = results[k];
        packets[k] = packet;
        results[k] = result;
    }
}

/* Split at random over k tables, add in random order, merge in a random tree. */
static struct pp_flow_table *split_and_merge(struct pp_packet *packets, uint8_t *results, size_t count)
{
    struct pp_flow_table *parts[PARTS_MAX];
    unsigned k = 1 + any(PARTS_MAX);
    for (unsigned i = 0; i < k; i++) parts[i] = new_table(0);
    shuffle(packets, results, count);
    for (size_t i = 0, n; i < count; i += n) {
        n = 1 + any(200);
        if (n > count - i) n = count - i;
        assert_true(pp_flow_table_add(parts[any(k)], packets + i, results + i, n));
    }
    while (k > 1) {
        unsigned from = any(k), into = any(k);
        if (from == into) continue;
        assert_true(pp_flow_table_merge(parts[into], parts[from]));
        pp_flow_table_destroy(parts[from]);
        parts[from] = parts[--k];
    }
    return parts[0];
}

static struct pp_packet syn(uint32_t from, uint16_t from_port, uint32_t to, uint16_t to_port, uint8_t flags)
{
    struct pp_packet p;
    memset(&p, 0, sizeof p);
    for (unsigned i = 0; i < 4; i++) {
        p.source[i] = (uint8_t)(from >> 8 * (3 - i));
        p.destination[i] = (uint8_t)(to >> 8 * (3 - i));
    }
    p.family = PP_IPV4;
    p.transport = PP_TCP;
    p.source_port = from_port;
    p.destination_port = to_port;
    p.tcp_flags = flags;
    p.wire_bytes = 60;
    p.time_ns = UINT64_C(1795168800000000000);
    p.frame = 1;
    return p;
}

static void add_one(struct pp_flow_table *table, struct pp_packet packet)
{
    uint8_t result = PP_DECODED;
    assert_true(pp_flow_table_add(table, &packet, &result, 1));
}

/* --- the join -------------------------------------------------------------------------------------------------------------------- */

TEST(any_split_merged_in_any_order_gives_the_same_bytes)
{
    enum { ROUNDS = 60, PACKETS = 3000 };
    struct pp_packet *packets = calloc(PACKETS, sizeof *packets);
    uint8_t *results = calloc(PACKETS, 1);
    assert_true(packets && results);
    for (unsigned round = 0; round < ROUNDS; round++) {
        seed = 88172645463325252u + round;
        size_t count = 1 + any(PACKETS);
        for (size_t i = 0; i < count; i++) packets[i] = random_packet(i + 1, &results[i]);
        struct pp_flow_table *whole = new_table(0);
        assert_true(pp_flow_table_add(whole, packets, results, count));
        for (unsigned again = 0; again < 3; again++) {
            struct pp_flow_table *joined = split_and_merge(packets, results, count);
            assert_same(whole, joined);
            pp_flow_table_destroy(joined);
        }
        pp_flow_table_destroy(whole);
    }
    free(packets);
    free(results);
}

TEST(merging_an_empty_table_changes_nothing_either_way)
{
    struct pp_flow_table *a = new_table(0), *b = new_table(0), *empty = new_table(0);
    seed = 7;
    for (unsigned i = 0; i < 500; i++) {
        uint8_t result;
        struct pp_packet packet = random_packet(i + 1, &result);
        assert_true(pp_flow_table_add(a, &packet, &result, 1));
        assert_true(pp_flow_table_add(b, &packet, &result, 1));
    }
    assert_true(pp_flow_table_merge(a, empty));
    assert_same(a, b);
    assert_true(pp_flow_table_merge(empty, a));
    assert_same(empty, b);
    pp_flow_table_destroy(a);
    pp_flow_table_destroy(b);
    pp_flow_table_destroy(empty);
}

TEST(activity_over_decades_is_the_same_in_any_order)
{
    enum { COUNT = 20000 };
    static struct pp_packet packets[COUNT];
    static uint8_t results[COUNT];
    seed = 99;
    for (size_t i = 0; i < COUNT; i++) {
        packets[i] = random_packet(i + 1, &results[i]);
        packets[i].time_ns = (uint64_t)any(1u << 30) << any(4); /* up to seconds, minutes … */
        packets[i].time_ns *= 1 + any(1000);
    }
    struct pp_flow_table *whole = new_table(0);
    assert_true(pp_flow_table_add(whole, packets, results, COUNT));
    struct pp_flow_table *joined = split_and_merge(packets, results, COUNT);
    assert_same(whole, joined);
    assert_true(pp_flow_activity(whole).count <= 4096);
    pp_flow_table_destroy(whole);
    pp_flow_table_destroy(joined);
}

TEST(a_table_with_wide_buckets_widens_the_one_it_is_joined_into)
{
    enum { BUSY_SECONDS = 6000, FEW = 10 };
    struct pp_flow_table *busy_one = new_table(0), *quiet = new_table(0), *whole = new_table(0), *other = new_table(0);
    for (uint32_t i = 0; i < BUSY_SECONDS + FEW; i++) {
        struct pp_packet packet = syn(1, 1, 2, 2, PP_SYN);
        packet.time_ns += (uint64_t)i * 2 * 1073741824;
        add_one(i < BUSY_SECONDS ? busy_one : quiet, packet);
        add_one(whole, packet);
    }
    assert_true(pp_flow_table_merge(other, busy_one));
    assert_true(pp_flow_table_merge(other, quiet));
    assert_true(pp_flow_table_merge(quiet, busy_one));
    assert_same(whole, quiet);
    assert_same(whole, other);
    assert_true(pp_flow_activity(whole).width_ns > UINT64_C(1073741824));
    pp_flow_table_destroy(busy_one);
    pp_flow_table_destroy(quiet);
    pp_flow_table_destroy(whole);
    pp_flow_table_destroy(other);
}

/* --- records ------------------------------------------------------------------------------------------------------------------------ */

TEST(a_record_is_96_bytes_and_120_for_ipv6)
{
    assert_int_equal(RECORD_IPV4, 96);
    assert_int_equal(RECORD_IPV6, 120);
}

static int order_of(const struct pp_flow *a, const struct pp_flow *b)
{
    if (a->transport != b->transport) return a->transport < b->transport ? -1 : 1;
    if (a->address[0].family != b->address[0].family) return a->address[0].family < b->address[0].family ? -1 : 1;
    int order = memcmp(a->address, b->address, sizeof a->address);
    if (!order) order = (int)a->port[0] - (int)b->port[0];
    return order ? order : (int)a->port[1] - (int)b->port[1];
}

TEST(flows_are_sorted_by_transport_family_and_ends_with_the_lower_end_first)
{
    struct pp_flow_table *table = new_table(0);
    seed = 4;
    for (unsigned i = 0; i < 3000; i++) {
        uint8_t result;
        struct pp_packet packet = random_packet(i + 1, &result);
        assert_true(pp_flow_table_add(table, &packet, &result, 1));
    }
    assert_true(pp_flow_table_sort(table));
    struct pp_flow before, flow;
    for (size_t i = 0; i < pp_flow_count(table); i++) {
        pp_flow_at(table, i, &flow);
        int ends = memcmp(&flow.address[0], &flow.address[1], sizeof *flow.address);
        assert_true(ends < 0 || (ends == 0 && flow.port[0] <= flow.port[1]));
        if (i) assert_true(order_of(&before, &flow) < 0);
        before = flow;
    }
    pp_flow_table_destroy(table);
}

TEST(three_hundred_thousand_flows_are_all_kept_apart)
{
    struct pp_flow_table *table = new_table(0);
    for (uint32_t i = 0; i < MANY_FLOWS; i++) add_one(table, syn(0x0a000000 + i, 40000, 0x0b000001, 5307, PP_SYN));
    for (uint32_t i = 0; i < MANY_FLOWS; i++) add_one(table, syn(0x0b000001, 5307, 0x0a000000 + i, 40000, PP_SYN | PP_ACK));
    assert_int_equal(pp_flow_count(table), MANY_FLOWS);
    assert_true(pp_flow_table_sort(table));
    for (size_t i = 0; i < MANY_FLOWS; i++) {
        struct pp_flow flow;
        pp_flow_at(table, i, &flow);
        if (flow.side[0].packets != 1 || flow.side[1].packets != 1) fail_msg("flow %zu has lost a packet", i);
    }
    /* What the header says of memory: 96 bytes a flow, and slots. */
    assert_true(pp_flow_table_memory(table) < (size_t)MANY_FLOWS * (RECORD_IPV4 + 8 * 4 + 8));
    pp_flow_table_destroy(table);
}

TEST(syns_saturate)
{
    struct pp_flow_table *a = new_table(0), *b = new_table(0);
    for (unsigned i = 0; i < 65600; i++) add_one(a, syn(1, 1, 2, 2, PP_SYN));
    for (unsigned i = 0; i < 100; i++) add_one(b, syn(1, 1, 2, 2, PP_SYN));
    assert_true(pp_flow_table_merge(a, b));
    assert_true(pp_flow_table_sort(a));
    struct pp_flow flow;
    pp_flow_at(a, 0, &flow);
    assert_int_equal(flow.side[0].syns, 65535);
    assert_int_equal(flow.side[0].packets, 65700);
    pp_flow_table_destroy(a);
    pp_flow_table_destroy(b);
}

TEST(the_first_capture_is_known_without_facts_and_several_with_them)
{
    struct pp_flow_table *table = new_table(0);
    struct pp_packet packet = syn(1, 1, 2, 2, PP_SYN);
    struct pp_flow flow;
    packet.capture = 2;
    add_one(table, packet);
    assert_true(pp_flow_table_sort(table));
    pp_flow_at(table, 0, &flow);
    assert_false(flow.has_facts);
    assert_int_equal(pp_frame_capture(flow.first_frame), 2);
    packet.capture = 70;
    add_one(table, packet);
    pp_flow_at(table, 0, &flow);
    assert_int_equal(flow.facts.captures, UINT64_C(1) << 2 | UINT64_C(1) << 63);
    pp_flow_table_destroy(table);
}

TEST(a_flow_between_two_ports_of_one_address_keeps_its_sides)
{
    struct pp_flow_table *table = new_table(0);
    add_one(table, syn(1, 40000, 1, 22, PP_SYN));
    add_one(table, syn(1, 22, 1, 40000, PP_SYN | PP_ACK));
    assert_true(pp_flow_table_sort(table));
    struct pp_flow flow;
    pp_flow_at(table, 0, &flow);
    assert_int_equal(pp_flow_count(table), 1);
    assert_int_equal(flow.port[0], 22);
    assert_int_equal(pp_handshake_initiator(flow.side[0].marks, flow.side[1].marks), 1);
    pp_flow_table_destroy(table);
}

/* --- the limit ----------------------------------------------------------------------------------------------------------------------- */

static uint64_t packets_in(struct pp_flow_table *table)
{
    uint64_t sum = 0;
    assert_true(pp_flow_table_sort(table));
    for (size_t i = 0; i < pp_flow_count(table); i++) {
        struct pp_flow flow;
        pp_flow_at(table, i, &flow);
        sum += flow.side[0].packets + flow.side[1].packets;
    }
    return sum;
}

static bool holds_kind(struct pp_flow_table *table, enum pp_flow_kind kind)
{
    assert_true(pp_flow_table_sort(table));
    for (size_t i = 0; i < pp_flow_count(table); i++) {
        struct pp_flow flow;
        pp_flow_at(table, i, &flow);
        if (flow.kind == kind) return true;
    }
    return false;
}

TEST(proven_flows_fold_first_into_conversations_and_packet_counts_balance)
{
    struct pp_flow_table *table = new_table(100);
    for (uint16_t i = 0; i < 1000; i++) {
        add_one(table, syn(0x0a000001 + i % 5, (uint16_t)(40000 + i), 0x0b000001, 5307, PP_SYN));
        add_one(table, syn(0x0b000001, 5307, 0x0a000001 + i % 5, (uint16_t)(40000 + i), PP_SYN | PP_ACK));
    }
    assert_int_equal(packets_in(table), 2000);
    assert_int_equal(pp_flow_counters(table)->not_judged, 0);
    assert_true(pp_flow_count(table) <= 100);
    assert_true(holds_kind(table, PP_FLOW_CONVERSATION));
    assert_false(holds_kind(table, PP_FLOW_CLASSES));
    struct pp_flow flow;
    pp_flow_at(table, 0, &flow);
    assert_int_equal(flow.kind, PP_FLOW_CONVERSATION);
    assert_int_equal(flow.port[flow.initiator], 0);
    assert_int_equal(flow.port[!flow.initiator], 5307);
    assert_int_equal(flow.initiator, 0);
    pp_flow_table_destroy(table);
}

TEST(unproven_flows_fold_next_into_port_classes)
{
    struct pp_flow_table *table = new_table(100);
    for (uint16_t i = 0; i < 1000; i++) add_one(table, syn(0x0a000001 + i % 5, (uint16_t)(40000 + i), 0x0b000001, 5307, PP_ACK));
    assert_int_equal(packets_in(table), 1000);
    assert_int_equal(pp_flow_counters(table)->not_judged, 0);
    assert_true(holds_kind(table, PP_FLOW_CLASSES));
    assert_false(holds_kind(table, PP_FLOW_NETWORKS));
    struct pp_flow flow;
    pp_flow_at(table, 0, &flow);
    assert_int_equal(flow.port[flow.kept_port], 5307);
    pp_flow_table_destroy(table);
}

TEST(addresses_fold_last_into_networks)
{
    struct pp_flow_table *table = new_table(100);
    for (uint32_t i = 0; i < 1000; i++) add_one(table, syn(0x0a000001 + i, 40000, 0x0b000001, 5307, PP_SYN));
    assert_int_equal(packets_in(table) + pp_flow_counters(table)->not_judged, 1000);
    assert_int_equal(pp_flow_counters(table)->not_judged, 0);
    assert_true(holds_kind(table, PP_FLOW_NETWORKS));
    assert_true(pp_flow_counters(table)->folded[PP_FLOW_NETWORKS] > 0);
    pp_flow_table_destroy(table);
}

TEST(past_the_last_step_packets_are_counted_as_not_judged)
{
    struct pp_flow_table *table = new_table(50);
    for (uint32_t i = 0; i < 1000; i++) add_one(table, syn(0x0a000001 + (i << 8), 40000, 0x0b000001, 5307, PP_SYN));
    assert_true(pp_flow_count(table) <= 50);
    assert_true(pp_flow_counters(table)->not_judged > 0);
    assert_int_equal(packets_in(table) + pp_flow_counters(table)->not_judged, 1000);
    assert_true(pp_flow_count(table) >= 49); /* nothing is refused while there is room */
    pp_flow_table_destroy(table);
}

TEST(packet_counts_balance_at_every_limit_whatever_comes)
{
    for (uint32_t limit = 1; limit < 300; limit += 1 + limit / 3) {
        struct pp_flow_table *table = new_table(limit), *other = new_table(limit);
        uint64_t packets = 0, icmp = 0;
        seed = limit * 977u;
        for (unsigned i = 0; i < 5000; i++) {
            uint8_t result;
            struct pp_packet packet = random_packet(i + 1, &result);
            packet.source[2] = (uint8_t)any(40);
            packet.source_port = (uint16_t)(1 + any(300));
            packets += result == PP_DECODED;
            icmp += result == PP_ICMP_ERROR;
            assert_true(pp_flow_table_add(any(2) ? table : other, &packet, &result, 1));
            assert_true(pp_flow_count(table) <= limit && pp_flow_count(other) <= limit);
        }
        assert_true(pp_flow_table_merge(table, other));
        assert_true(pp_flow_table_sort(table));
        uint64_t errors = pp_flow_counters(table)->facts_lost;
        for (size_t i = 0; i < pp_flow_count(table); i++) {
            struct pp_flow flow;
            pp_flow_at(table, i, &flow);
            errors += flow.facts.icmp_packets;
        }
        assert_int_equal(packets_in(table) + errors + pp_flow_counters(table)->not_judged, packets + icmp);
        pp_flow_table_destroy(table);
        pp_flow_table_destroy(other);
    }
}

TEST(a_packet_finds_its_folded_conversation_from_either_side)
{
    struct pp_flow_table *table = new_table(20);
    for (uint16_t i = 0; i < 30; i++) add_one(table, syn(0x0a000001, (uint16_t)(40000 + i), 0x0b000001, 5307, PP_SYN));
    assert_int_equal(pp_flow_counters(table)->folded[PP_FLOW_CONVERSATION], 20);
    size_t before = pp_flow_count(table);
    add_one(table, syn(0x0b000001, 5307, 0x0a000001, 40000, PP_SYN | PP_ACK));
    add_one(table, syn(0x0a000001, 41000, 0x0b000001, 5307, PP_SYN));
    assert_int_equal(pp_flow_count(table), before);
    assert_true(pp_flow_table_sort(table));
    struct pp_flow flow;
    pp_flow_at(table, 0, &flow);
    assert_int_equal(flow.side[flow.initiator].syns, 31);
    assert_true(flow.side[!flow.initiator].marks & PP_SIDE_SYN_ACK);
    pp_flow_table_destroy(table);
}

TEST(ends_that_change_places_while_folding_take_everything_along)
{
    struct pp_flow_table *table = new_table(20);
    uint8_t result = PP_ICMP_ERROR;
    for (uint16_t i = 0; i < 20; i++) { /* one address: the service port is the lower end, until the other port is 0 */
        struct pp_packet open = syn(0x0a000001, (uint16_t)(40000 + i), 0x0a000001, 22, PP_SYN), quoted = open;
        add_one(table, open);
        add_one(table, syn(0x0a000001, 22, 0x0a000001, (uint16_t)(40000 + i), PP_SYN | PP_ACK));
        quoted.icmp_family = PP_IPV4;
        quoted.icmp_type = 3;
        assert_true(pp_flow_table_add(table, &quoted, &result, 1));
    }
    add_one(table, syn(0x0a000001, 50000, 0x0a000001, 22, PP_SYN));
    assert_true(pp_flow_table_sort(table));
    struct pp_flow flow;
    pp_flow_at(table, 0, &flow);
    assert_int_equal(flow.kind, PP_FLOW_CONVERSATION);
    assert_int_equal(flow.initiator, 0);
    assert_int_equal(flow.side[0].syns, 21);
    assert_int_equal(flow.side[0].marks, PP_SIDE_SYN);
    assert_int_equal(flow.side[1].marks, PP_SIDE_SYN_ACK | PP_SIDE_BEYOND);
    assert_int_equal(flow.facts.reports[0].quoted_side, 0);
    assert_int_equal(flow.facts.quoted_syn, 1);
    assert_int_equal(flow.facts.icmp_packets, 20);
    pp_flow_table_destroy(table);
}

/* --- folding and verdicts --------------------------------------------------------------------------------------------------------------
 */

static const char site[] =
    SMALL_SITE "features: {telnet: off}\nwaivers:\n  - {from: any, to: any, ports: 25/tcp, owner: ops, reason: mail, expires: never}\n";

/* Many proven flows of every picture. */
static struct evidence *busy(uint32_t max_flows)
{
    struct evidence *e = evidence_with(builtin_rules(), site, max_flows);
    for (uint16_t i = 0; i < 60; i++) {
        uint16_t port = (uint16_t)(40000 + i);
        tcp_answered(e, "staff", port, "tta1", 5307);
        tcp_answered(e, "tta1", port, "app1", 22);
        tcp_refused(e, "tta1", port, "ldap1", 389);
        tcp_silent(e, "tta1", port, "ldap1", 636);
        tcp_rejected(e, "app1", port, "tta1", 515, "10.0.0.1", 3, 13);
        tcp_answered(e, "tta1", port, "app1", 23);
        tcp_answered(e, "staff", port, "tta1", 5427);
        tcp_refused(e, "ldap1", port, "tta1", 22);
        tcp_answered(e, "tta1", port, "ldap1", 25);
        tcp_answered(e, "app1", port, "tta1", 6010);
        tcp_answered(e, "app1", port, "tta1", 113);
    }
    return e;
}

TEST(conversations_change_no_verdict)
{
    struct evidence *whole = busy(0), *folded = busy(50);
    assert_true(holds_kind(folded->flows, PP_FLOW_CONVERSATION));
    assert_false(holds_kind(folded->flows, PP_FLOW_CLASSES) || holds_kind(folded->flows, PP_FLOW_NETWORKS));
    judge(folded);
    for (uint16_t r = 0; r < whole->spec->row_count; r++)
        assert_string_equal(row_text(whole, whole->spec->rows[r].id), row_text(folded, whole->spec->rows[r].id));
    assert_string_equal(pp_compliance_name(judge(whole)->verdict), pp_compliance_name(judge(folded)->verdict));
    assert_int_equal(whole->report->finding_count, folded->report->finding_count);
    for (uint32_t i = 0; i < whole->report->finding_count; i++) {
        const struct pp_finding *a = &whole->report->findings[i], *b = &folded->report->findings[i];
        assert_int_equal(a->kind, b->kind);
        assert_int_equal(a->reason, b->reason);
        assert_int_equal(a->row, b->row);
        assert_int_equal(a->outcome, b->outcome);
        assert_int_equal(a->got_through, b->got_through);
        assert_int_equal(a->first_ns, b->first_ns);
        assert_int_equal(a->last_ns, b->last_ns);
        assert_int_equal(a->attempts, b->attempts);
        assert_int_equal(a->packets[0], b->packets[0]);
        assert_int_equal(a->packets[1], b->packets[1]);
        assert_int_equal(a->bytes[0], b->bytes[0]);
        assert_memory_equal(&a->blocked_by, &b->blocked_by, sizeof a->blocked_by);
    }
    assert_int_equal(folded->report->fitness.grade, PP_GOOD);
}

TEST(a_flow_known_only_from_an_icmp_error_folds_as_a_proven_one)
{
    struct evidence *e = evidence_with(builtin_rules(), site, 20);
    for (uint16_t i = 0; i < 60; i++) icmp_error(e, PP_TCP, "app1", (uint16_t)(40000 + i), "tta1", 515, "10.0.0.1", 3, 13);
    assert_true(holds_kind(e->flows, PP_FLOW_CONVERSATION));
    assert_false(holds_kind(e->flows, PP_FLOW_CLASSES));
    assert_row(e, "app-tta-lpd", "blocked: app1>* blocked rejected");
}

TEST(the_callback_of_a_folded_rsh_session_keeps_its_label)
{
    struct evidence *e = evidence_with(builtin_rules(), site, 50);
    for (uint16_t i = 0; i < 60; i++) {
        tcp_announcing(e, "tta1", (uint16_t)(900 + i), "app1", 514, 0, 30000);
        tcp_answered(e, "app1", 1023, "tta1", (uint16_t)(800 + i % 7));
    }
    judge(e);
    assert_true(holds_kind(e->flows, PP_FLOW_CONVERSATION));
    assert_int_equal(e->report->finding_count, 7); /* one for each port called back */
    for (uint32_t i = 0; i < e->report->finding_count; i++) assert_true(e->report->findings[i].labels & PP_LABEL_CALLBACK);
}

TEST(a_folded_flow_in_mid_stream_is_still_read_by_its_row)
{
    struct evidence *e = evidence_with(builtin_rules(), site, 20);
    for (uint16_t i = 0; i < 60; i++) tcp_midstream(e, "tta1", (uint16_t)(40000 + i), "ldap1", 389);
    assert_true(holds_kind(e->flows, PP_FLOW_CLASSES));
    assert_row(e, "tta-ldap", "expected: tta1>ldap1 expected answered");
    assert_int_equal(judge(e)->fitness.grade, PP_LIMITED);
}

TEST(a_folded_port_is_read_by_its_class)
{
    struct evidence *e = evidence_with(builtin_rules(), site, 20);
    for (uint16_t i = 0; i < 60; i++) tcp_midstream(e, "app1", (uint16_t)(5000 + i % 3), "tta1", (uint16_t)(6010 + i));
    assert_true(holds_kind(e->flows, PP_FLOW_CLASSES));
    assert_row(e, "app-tta-x11", "expected: app1>* expected answered wide");
    assert_int_equal(judge(e)->summary.unexpected, 0);
}

TEST(a_folded_flow_that_nothing_reads_shows_the_port_it_kept_as_the_responders)
{
    struct evidence *e = evidence_with(builtin_rules(), site, 20);
    for (uint16_t i = 0; i < 60; i++) tcp_midstream(e, "tta1", (uint16_t)(40000 + i), "ldap1", 3000);
    assert_int_equal(find_finding(e, PP_FIND_UNEXPECTED)->port, 3000);
}

TEST(packets_without_a_time_leave_none)
{
    struct evidence *e = evidence(SMALL_SITE);
    e->timeless = true;
    tcp_rejected(e, "tta1", 40000, "ldap1", 389, "10.0.0.1", 3, 13);
    assert_true(pp_flow_table_sort(e->flows));
    struct pp_flow flow;
    pp_flow_at(e->flows, 0, &flow);
    assert_true(flow.side[0].first_ns == PP_NO_FIRST && flow.side[0].last_ns == PP_NO_LAST);
    assert_true(flow.facts.icmp_first_ns == PP_NO_FIRST && flow.facts.icmp_last_ns == PP_NO_LAST);
}

TEST(folding_into_networks_makes_the_verdict_never_compliant)
{
    struct evidence *e = evidence_with(builtin_rules(), SMALL_SITE, 20);
    tcp_answered(e, "staff", 40000, "tta1", 5307);
    assert_int_equal(judge(e)->verdict, PP_COMPLIANT);
    for (unsigned i = 0; i < 60; i++) {
        struct pp_packet packet = packet_of(e, PP_TCP, "10.20.1.0", 40000, "10.20.2.0", 5307, PP_SYN);
        packet.source[3] = (uint8_t)i;
        put(e, packet, PP_DECODED);
    }
    assert_true(pp_flow_counters(e->flows)->folded[PP_FLOW_NETWORKS] > 0);
    assert_int_equal(judge(e)->verdict, PP_INCONCLUSIVE);
    assert_int_equal(e->report->fitness.grade, PP_POOR);
    assert_row(e, "client-aips", "expected: *>tta1 expected answered"); /* what was answered folds after the flood */
}

TEST(the_report_says_what_was_folded)
{
    struct evidence *e = busy(50);
    judge(e);
    bool said = false;
    for (uint32_t i = 0; i < e->report->fitness.note_count; i++)
        said |= strstr(e->report->fitness.notes[i], "folded into conversations") != NULL;
    assert_true(said);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(any_split_merged_in_any_order_gives_the_same_bytes),
        cmocka_unit_test(merging_an_empty_table_changes_nothing_either_way),
        cmocka_unit_test(activity_over_decades_is_the_same_in_any_order),
        cmocka_unit_test(a_table_with_wide_buckets_widens_the_one_it_is_joined_into),
        cmocka_unit_test(a_record_is_96_bytes_and_120_for_ipv6),
        cmocka_unit_test(flows_are_sorted_by_transport_family_and_ends_with_the_lower_end_first),
        cmocka_unit_test(three_hundred_thousand_flows_are_all_kept_apart),
        cmocka_unit_test(syns_saturate),
        cmocka_unit_test(the_first_capture_is_known_without_facts_and_several_with_them),
        cmocka_unit_test(a_flow_between_two_ports_of_one_address_keeps_its_sides),
        cmocka_unit_test(proven_flows_fold_first_into_conversations_and_packet_counts_balance),
        cmocka_unit_test(unproven_flows_fold_next_into_port_classes),
        cmocka_unit_test(addresses_fold_last_into_networks),
        cmocka_unit_test(past_the_last_step_packets_are_counted_as_not_judged),
        cmocka_unit_test(packet_counts_balance_at_every_limit_whatever_comes),
        cmocka_unit_test(a_packet_finds_its_folded_conversation_from_either_side),
        cmocka_unit_test(ends_that_change_places_while_folding_take_everything_along),
        cmocka_unit_test(conversations_change_no_verdict),
        cmocka_unit_test(a_flow_known_only_from_an_icmp_error_folds_as_a_proven_one),
        cmocka_unit_test(the_callback_of_a_folded_rsh_session_keeps_its_label),
        cmocka_unit_test(a_folded_flow_in_mid_stream_is_still_read_by_its_row),
        cmocka_unit_test(a_folded_port_is_read_by_its_class),
        cmocka_unit_test(a_folded_flow_that_nothing_reads_shows_the_port_it_kept_as_the_responders),
        cmocka_unit_test(packets_without_a_time_leave_none),
        cmocka_unit_test(folding_into_networks_makes_the_verdict_never_compliant),
        cmocka_unit_test(the_report_says_what_was_folded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
