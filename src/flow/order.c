/* Reading a table: flows in their one order (transport, family, ends), and what the public header shows of a record. */
#include <stdlib.h>
#include <string.h>

#include "keyed.h"
#include "load.h"
#include "pages.h"
#include "table.h"

/* The store of a number that counts through both, and the number in it. */
static const struct store *numbered_store(const struct pp_flow_table *table, uint32_t *number)
{
    if (*number < table->stores[0].count) return &table->stores[0];
    *number -= table->stores[0].count;
    return &table->stores[1];
}

/* The part of a record's place in the order that a word shows; 0 is the least: both ports, and how the flow was folded. The others
 * are of the addresses, the last word of the second one first. */
static uint64_t order_word(const struct store *store, uint32_t number, unsigned word)
{
    const struct record *record = store_at(store, number);
    if (word) {
        const uint8_t *at = record->ends + 2 * address_bytes(store) - 8 * word;
        return (uint64_t)load_be32(at) << 32 | load_be32(at + 4);
    }
    uint16_t ports[2];
    record_ports(store, record, ports);
    return (uint64_t)ports[0] << 24 | (uint64_t)ports[1] << 8 | record->kind;
}

/* Word by word, the least first: the sort keeps equal ones in their order. */
static void sort_store(const struct store *store, uint32_t first, struct keyed *items, struct keyed *scratch)
{
    unsigned words = 1 + (unsigned)(2 * address_bytes(store) / 8);
    for (uint32_t i = 0; i < store->count; i++) items[i].number = first + i;
    for (unsigned word = 0; word < words; word++) {
        for (uint32_t i = 0; i < store->count; i++) items[i].key = order_word(store, items[i].number - first, word);
        keyed_sort(items, scratch, store->count);
    }
}

/* IPv4 stands before IPv6 by then, so that what is left is the transport. */
static void sort_by_transport(const struct pp_flow_table *table, struct keyed *items, struct keyed *scratch, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        uint32_t number = items[i].number;
        const struct store *store = numbered_store(table, &number);
        items[i].key = kind_transport(store_at(store, number)->kind) == PP_UDP;
    }
    keyed_sort(items, scratch, count);
}

bool pp_flow_table_sort(struct pp_flow_table *table)
{
    size_t count = pp_flow_count(table), room = (count + 1) * sizeof(struct keyed);
    uint32_t first6 = table->stores[0].count;
    struct keyed *items = pages_take(room), *scratch = pages_take(room);
    uint32_t *order = items && scratch ? realloc(table->order, (count + 1) * sizeof *order) : NULL;
    if (order) {
        sort_store(&table->stores[0], 0, items, scratch);
        sort_store(&table->stores[1], first6, items + first6, scratch);
        sort_by_transport(table, items, scratch, count);
        for (size_t i = 0; i < count; i++) order[i] = items[i].number;
        table->order = order;
        table->order_count = count;
    }
    pages_give(items, room);
    pages_give(scratch, room);
    return order != NULL;
}

static bool is_sorted(const struct pp_flow_table *table) { return table->order && table->order_count == pp_flow_count(table); }

static void ask_for(const struct pp_flow_table *table, uint32_t number)
{
    const struct store *store = numbered_store(table, &number);
    const uint8_t *record = (const uint8_t *)store_at(store, number);
    __builtin_prefetch(record);
    if (store->ends != ENDS_IPV4) __builtin_prefetch(record + 64);
    __builtin_prefetch(store_rest(store, number));
}

void pp_flow_prefetch(const struct pp_flow_table *table, size_t position)
{
    ask_for(table, is_sorted(table) ? table->order[position] : (uint32_t)position);
}

static uint32_t in_order(const struct pp_flow_table *table, size_t position)
{
    return is_sorted(table) ? table->order[position] : (uint32_t)position;
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
    enum { PIECE = 32, WORD = sizeof(void *) };
    _Static_assert(sizeof out->facts % WORD == 0, "facts are whole words");
    out->has_facts = facts != NO_FACTS;
    if (out->has_facts) {
        out->facts = table->facts.facts[facts];
        return;
    }
    uint8_t *at = (uint8_t *)&out->facts, *end = at + sizeof out->facts;
    for (; end - at >= PIECE; at += PIECE) memset(at, 0, PIECE);
    for (; at < end; at += WORD) memset(at, 0, WORD);
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
