/* Any sequence of operations on flow tables (add, add plain, merge, sort, pack and unpack, a limit) leaves what the same operations leave
 * in arrays that are searched from end to end (flow_model.h): every flow with every count, time and fact. Once a limit has folded flows,
 * what is left to hold is that nothing was lost: packets, bytes and times over all. */
#include "flow_model.h"
#include "pack.h"

enum { TABLES = 3, OPERATIONS_MOST = 200 };
enum operation { ADD, ADD_PLAIN, MERGE, SORT, PACK, LIMIT, OPERATION_COUNT };

struct pair {
    struct pp_flow_table *table;
    struct model model;
    uint32_t limit;
};

static uint8_t class_of(const void *index, enum pp_transport transport, uint16_t port)
{
    (void)index;
    return (uint8_t)((port + transport) % 5);
}

static struct pp_flow_options options_of(uint32_t limit) { return (struct pp_flow_options){.max_flows = limit, .port_class = class_of}; }

static void address_at(struct draw *in, uint8_t family, uint8_t bytes[16])
{
    uint8_t pick = next8(in);
    memset(bytes, 0, 16);
    bytes[0] = family == PP_IPV4 ? 10 : 0x20;
    bytes[2] = pick >> 2 & 1;
    bytes[family == PP_IPV4 ? 3 : 15] = pick & 3;
    if (pick & 0x80) bytes[0] = 0xfe;
}

static struct pp_packet next_packet(struct draw *in, uint64_t number, uint8_t *result)
{
    static const uint16_t ports[] = {22, 512, 514, 5307, 6010, 40000, 40001, 65535};
    static const uint8_t results[] = {PP_DECODED, PP_DECODED, PP_DECODED, PP_ICMP_ERROR, PP_OTHER_PROTOCOL, PP_NOT_IP};
    struct pp_packet p;
    uint8_t shape = next8(in), pick = next8(in), time = next8(in);
    memset(&p, 0, sizeof p);
    *result = results[shape % sizeof results];
    p.family = shape & 0x80 ? PP_IPV6 : PP_IPV4;
    p.transport = shape & 0x40 ? PP_UDP : PP_TCP;
    p.source_port = ports[pick & 7];
    p.destination_port = ports[pick >> 3 & 7];
    address_at(in, p.family, p.source);
    address_at(in, p.family, p.destination);
    p.tcp_flags = p.transport == PP_TCP ? next8(in) : 0;
    p.time_ns = time == 255 ? PP_NO_FIRST : UINT64_C(1795168800000000000) + (uint64_t)time * 250000000;
    p.capture = pick >> 6;
    p.frame = number;
    p.wire_bytes = time & 1 ? 60 : UINT32_MAX - pick;
    uint8_t rare = next8(in);
    if (rare & 1) p.marks |= PP_MARK_LINK_GROUP;
    if (rare & 2) p.marks |= PP_MARK_CUT;
    if (rare & 4 && p.transport == PP_TCP) p.marks |= PP_MARK_NO_FLAGS, p.tcp_flags = 0;
    if (rare & 8 && p.transport == PP_TCP) p.callback_port = 600 + (rare >> 4 & 3);
    if (*result == PP_ICMP_ERROR) {
        p.icmp_family = p.family;
        address_at(in, p.family, p.icmp_sender);
        p.icmp_type = rare & 16 ? 3 : 11;
        p.icmp_code = rare >> 5;
        p.callback_port = 0;
    }
    return p;
}

static void add(struct pair *pair, struct draw *in, uint64_t number, bool plainly)
{
    uint8_t result;
    struct pp_packet packet = next_packet(in, number, &result);
    struct pp_plain_packet plain;
    if (plainly && result == PP_DECODED && pp_make_plain(&packet, &plain)) {
        must(pp_flow_table_add_plain(pair->table, &plain, 1));
    } else {
        must(pp_flow_table_add(pair->table, &packet, &result, 1));
    }
    model_add(&pair->model, &packet, result);
}

/* The table becomes what reading back its bytes gives. */
static void pack(struct pair *pair)
{
    static struct packer packer;
    struct kept kept = {0};
    struct unpacker unpacker;
    const struct pp_flow_options options = options_of(pair->limit);
    packer_init(&packer, keep, &kept);
    flow_pack(pair->table, &packer);
    bool written = packer_finish(&packer);
    must(written);
    void *bytes = kept.bytes;
    struct pp_flow_table *again = NULL;
    if (written && unpacker_init(&unpacker, bytes, kept.size))
        again = flow_unpack(&unpacker, (struct pack_captures){.count = 4, .base = 0}, &options);
    must(again && !unpacker.failed && unpacker.cursor.left == 0);
    free(kept.bytes);
    if (!again) return;
    pp_flow_table_destroy(pair->table);
    pair->table = again;
}

static void operate(struct pair pairs[TABLES], struct draw *in, uint64_t number)
{
    uint8_t what = next8(in);
    struct pair *pair = &pairs[what >> 6 & 1], *other = &pairs[2 - (what >> 5 & 1)];
    switch (what & 31) {
    case MERGE:
        if (pair == other) break;
        must(pp_flow_table_merge(pair->table, other->table));
        model_merge(&pair->model, &other->model);
        break;
    case SORT: must(pp_flow_table_sort(pair->table)); break;
    case PACK: pack(pair); break;
    case LIMIT:
        pair->limit = 2 + next8(in) % 32;
        must(pp_flow_table_limit(pair->table, pair->limit));
        break;
    default: add(what & 16 ? &pairs[2] : pair, in, number, what & 1); break;
    }
    for (unsigned i = 0; i < TABLES; i++) pairs[i].model.folded |= pairs[i].model.count > pairs[i].limit;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    static struct pair pairs[TABLES];
    struct draw in = {bytes, size};
    const struct pp_flow_options options = options_of(FLOWS_MOST);
    bool all = true;
    for (unsigned i = 0; i < TABLES; i++) {
        model_clear(&pairs[i].model);
        pairs[i].limit = FLOWS_MOST;
        all &= (pairs[i].table = pp_flow_table_create(&options)) != NULL;
    }
    must(all);
    for (uint64_t n = 1; all && in.left && n <= OPERATIONS_MOST && !memory_is_out(); n++) operate(pairs, &in, n);
    for (unsigned i = 0; i < TABLES; i++) {
        if (all && !memory_is_out()) model_compare(&pairs[i].model, pairs[i].table);
        pp_flow_table_destroy(pairs[i].table);
    }
    return 0;
}
