/* Random packets, tables filled with them in any order, and all that a table shows as bytes. */
#include "tables.h"

#include <stdlib.h>
#include <string.h>

#include "pack.h"
#include "store.h"
#include "testing.h"

enum { PARTS_MAX = 7 };

/* xorshift64*: the same packets in every run. */
uint64_t seed;

uint32_t any(uint32_t below)
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

struct pp_packet random_packet(uint64_t frame, uint8_t *result)
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

static void show(struct view *view, const void *bytes, size_t size)
{
    if (!size) return;
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

struct view view_of(struct pp_flow_table *table)
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

struct pp_flow_table *new_table(uint32_t max_flows)
{
    struct pp_flow_options options = {.max_flows = max_flows};
    struct pp_flow_table *table = pp_flow_table_create(&options);
    assert_non_null(table);
    return table;
}

/* The digest is what is written last. */
static bool keep_last(void *context, const char *bytes, size_t size)
{
    if (size < DIGEST_HEX_SIZE) memcpy(context, bytes, size);
    return true;
}

/* What is kept of it, as a digest. */
static void pack_digest(struct pp_flow_table *table, char hex[DIGEST_HEX_SIZE])
{
    static struct packer packer;
    assert_true(pp_flow_table_sort(table));
    memset(hex, 0, DIGEST_HEX_SIZE);
    packer_init(&packer, keep_last, hex);
    flow_pack(table, &packer);
    assert_true(packer_finish(&packer));
}

void assert_same(struct pp_flow_table *a, struct pp_flow_table *b)
{
    struct view x = view_of(a), y = view_of(b);
    char packed[2][DIGEST_HEX_SIZE];
    pack_digest(a, packed[0]);
    pack_digest(b, packed[1]);
    assert_string_equal(packed[0], packed[1]);
    assert_int_equal(x.size, y.size);
    assert_memory_equal(x.at, y.at, x.size);
    free(x.at);
    free(y.at);
}

void shuffle(struct pp_packet *packets, uint8_t *results, size_t count)
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
struct pp_flow_table *split_and_merge(struct pp_packet *packets, uint8_t *results, size_t count)
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

struct pp_packet syn(uint32_t from, uint16_t from_port, uint32_t to, uint16_t to_port, uint8_t flags)
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

void add_one(struct pp_flow_table *table, struct pp_packet packet)
{
    uint8_t result = PP_DECODED;
    assert_true(pp_flow_table_add(table, &packet, &result, 1));
}
