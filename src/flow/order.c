/* Reading a table: flows in their one order (transport, family, ends), and what the public header shows of a record. */
#include <stdlib.h>
#include <string.h>

#include "load.h"
#include "table.h"

/* qsort has no context argument in C17: the table being sorted, one a thread. */
static _Thread_local const struct pp_flow_table *sorting;

/* The store of a number that counts through both, and the number in it. */
static const struct store *numbered_store(const struct pp_flow_table *table, uint32_t *number)
{
    if (*number < table->stores[0].count) return &table->stores[0];
    *number -= table->stores[0].count;
    return &table->stores[1];
}

static const struct record *numbered(const struct pp_flow_table *table, uint32_t number, const struct store **store)
{
    *store = numbered_store(table, &number);
    return store_at(*store, number);
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

static uint32_t in_order(const struct pp_flow_table *table, size_t position)
{
    bool sorted = table->order_count == pp_flow_count(table) && table->order;
    return sorted ? table->order[position] : (uint32_t)position;
}

void pp_flow_prefetch(const struct pp_flow_table *table, size_t position)
{
    uint32_t number = in_order(table, position);
    const struct store *store = numbered_store(table, &number);
    __builtin_prefetch(store_at(store, number));
    __builtin_prefetch(store_rest(store, number));
}

/* Field by field, and zeros in pieces of a few vector stores: a whole struct at once makes gcc use `rep stos`, which is slow to
 * start, and millions of flows are looked at. */
static void show_side(struct pp_flow *out, unsigned s, const struct record *record, const struct rest *rest)
{
    struct pp_flow_side *side = &out->side[s];
    side->packets = side_packets(record, rest, s);
    side->bytes = side_bytes(record, rest, s);
    side->first_ns = record->first_ns[s];
    side->last_ns = record->last_ns[s];
    side->syns = rest->syns[s];
    side->tcp_flags = record->tcp_flags[s];
    side->marks = record->marks >> 4 * s & 15;
}

static void show_facts(struct pp_flow *out, const struct pp_flow_table *table, uint32_t facts)
{
    enum { PIECE = 32 };
    _Static_assert(sizeof out->facts % 8 == 0, "facts are whole words");
    out->has_facts = facts != NO_FACTS;
    if (out->has_facts) {
        out->facts = table->facts.facts[facts];
        return;
    }
    uint8_t *at = (uint8_t *)&out->facts, *end = at + sizeof out->facts;
    for (; end - at >= PIECE; at += PIECE) memset(at, 0, PIECE);
    for (; at < end; at += 8) memset(at, 0, 8);
}

void pp_flow_at(const struct pp_flow_table *table, size_t position, struct pp_flow *out)
{
    uint32_t number = in_order(table, position);
    const struct store *store = numbered_store(table, &number);
    const struct record *record = store_at(store, number);
    const struct rest *rest = store_rest(store, number);
    size_t n = address_bytes(store);
    memset(out->address, 0, sizeof out->address);
    for (unsigned s = 0; s < 2; s++) {
        out->address[s].family = n == 4 ? PP_IPV4 : PP_IPV6;
        if (n == 4)
            memcpy(out->address[s].bytes, record->ends + s * 4, 4);
        else
            memcpy(out->address[s].bytes, record->ends + s * 16, 16);
        show_side(out, s, record, rest);
    }
    record_ports(store, record, out->port);
    out->transport = (uint8_t)kind_transport(record->kind);
    out->kind = kind_kind(record->kind);
    out->initiator = (uint8_t)(out->kind == PP_FLOW_CONVERSATION ? kind_end(record->kind) : 2);
    out->kept_port = (uint8_t)(out->kind > PP_FLOW_CONVERSATION ? kind_end(record->kind) : 2);
    out->first_frame = rest->first_frame;
    show_facts(out, table, rest->facts);
}
