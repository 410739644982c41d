/* Fragments of any datagrams in any order, spread over two tables that are then joined: each datagram is followed as a list of all that
 * was put in says (whether its first fragment was there, how many later ones, how many bytes), and no fragment is taken for another's. */
#include "fuzz.h"
#include "portproof/decode.h"
#include "portproof/flow.h"

enum { PACKETS_MOST = 200, IPV4_HEADER = 20, IPV6_HEADER = 40, FRAGMENT_HEADER = 8, BYTES_MOST = 128 };
enum { TCP = 6, UDP = 17, ICMP = 1, FRAGMENT = 44 };

struct datagram {
    uint8_t family, from, to, protocol, id;
    bool first_seen;
    uint64_t later, bytes;
};

struct model {
    struct datagram datagrams[PACKETS_MOST];
    size_t count;
    uint64_t first, later;
};

struct fragment {
    struct datagram of;
    bool later, more;
    uint8_t payload;
};

static void put_place(uint8_t *at, unsigned value) { at[0] = (uint8_t)(value >> 8), at[1] = (uint8_t)value; }

/* The packet as it is on the wire; returns its size. */
static size_t build(const struct fragment *f, uint8_t *bytes)
{
    const bool v6 = f->of.family == PP_IPV6;
    size_t header = v6 ? IPV6_HEADER + FRAGMENT_HEADER : IPV4_HEADER, size = header + 20 + f->payload % 32;
    memset(bytes, 0, BYTES_MOST);
    if (v6) {
        bytes[0] = 6 << 4;
        put_place(bytes + 4, (unsigned)(size - IPV6_HEADER));
        bytes[6] = FRAGMENT;
        bytes[23] = f->of.from;
        bytes[39] = f->of.to;
        bytes[40] = f->of.protocol;
        put_place(bytes + 42, (f->later ? 185u << 3 : 0u) | f->more);
        bytes[47] = f->of.id;
    } else {
        bytes[0] = 4 << 4 | 5;
        put_place(bytes + 2, (unsigned)size);
        bytes[5] = f->of.id;
        put_place(bytes + 6, (f->later ? 185u : 0u) | (f->more ? 0x2000u : 0u));
        bytes[9] = f->of.protocol;
        bytes[15] = f->of.from;
        bytes[19] = f->of.to;
    }
    bytes[header + 1] = 22;
    bytes[header + 2] = f->payload;
    bytes[header + 12] = 5 << 4;
    return size;
}

static struct fragment next_fragment(struct draw *in)
{
    static const uint8_t protocols[] = {TCP, UDP, UDP, ICMP};
    uint8_t a = next8(in), b = next8(in);
    struct fragment f = {.later = a & 1, .more = a & 2, .payload = next8(in)};
    f.of.family = a & 4 ? PP_IPV6 : PP_IPV4;
    f.of.from = a >> 3 & 3;
    f.of.to = a >> 5 & 3;
    f.of.protocol = protocols[b & 3];
    f.of.id = b >> 2 & 7;
    return f;
}

static void note(struct model *model, const struct fragment *f, size_t size)
{
    size_t i = 0;
    const struct datagram *of = &f->of;
    if (of->protocol == ICMP || (!f->later && !f->more)) return;
    model->first += !f->later;
    model->later += f->later;
    for (; i < model->count; i++) {
        const struct datagram *d = &model->datagrams[i];
        if (d->family == of->family && d->from == of->from && d->to == of->to && d->protocol == of->protocol && d->id == of->id) break;
    }
    if (i == model->count) model->datagrams[model->count++] = *of;
    if (f->later) {
        model->datagrams[i].later++;
        model->datagrams[i].bytes += size;
    } else {
        model->datagrams[i].first_seen = true;
    }
}

static void add(struct pp_flow_table *table, const struct fragment *f, struct model *model, uint64_t number)
{
    uint8_t bytes[BYTES_MOST];
    size_t size = build(f, bytes);
    struct pp_packet packet;
    struct pp_frame frame = {
        .bytes = bytes, .captured = (uint32_t)size, .wire = (uint32_t)size, .time_ns = number, .number = number, .link_type = 101};
    uint8_t result = (uint8_t)pp_decode(&frame, NULL, &packet);
    const bool judged = f->of.protocol != ICMP;
    must(result == (f->later ? (judged ? PP_LATER_FRAGMENT : PP_OTHER_PROTOCOL) : judged ? PP_DECODED : result));
    must(pp_flow_table_add(table, &packet, &result, 1));
    note(model, f, size);
}

static void compare(const struct pp_flow_table *table, const struct model *model)
{
    must(pp_datagram_count(table) == model->count);
    must(pp_flow_counters(table)->first_fragments == model->first && pp_flow_counters(table)->later_fragments == model->later);
    for (size_t i = 0; i < pp_datagram_count(table); i++) {
        struct pp_datagram d;
        pp_datagram_at(table, i, &d);
        bool found = false;
        for (size_t k = 0; k < model->count && !found; k++) {
            const struct datagram *m = &model->datagrams[k];
            const unsigned last = m->family == PP_IPV4 ? 3 : 15;
            found = d.source.family == m->family && d.source.bytes[last] == m->from && d.destination.bytes[last] == m->to &&
                    d.transport == m->protocol && d.id == m->id && !d.first_seen == !m->first_seen && d.later == m->later &&
                    d.bytes == m->bytes;
        }
        must(found);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    static struct model model;
    struct draw in = {bytes, size};
    const struct pp_flow_options options = {.max_flows = 1000};
    struct pp_flow_table *tables[2] = {pp_flow_table_create(&options), pp_flow_table_create(&options)};
    model.count = 0;
    model.first = model.later = 0;
    for (uint64_t n = 1; tables[0] && tables[1] && in.left && n <= PACKETS_MOST; n++) {
        struct fragment f = next_fragment(&in);
        add(tables[f.payload & 1], &f, &model, n);
    }
    must(tables[0] && tables[1]);
    if (tables[0] && tables[1]) {
        must(pp_flow_table_merge(tables[0], tables[1]));
        compare(tables[0], &model);
    }
    pp_flow_table_destroy(tables[0]);
    pp_flow_table_destroy(tables[1]);
    return 0;
}
