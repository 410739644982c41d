/* Staying within --max-flows (design 4): past the limit records fold into coarser ones, in an order chosen so that
 * verdicts change last. Nothing is ever thrown away silently: packets stay in the folded record's counts. */
#include <stdlib.h>
#include <string.h>

#include "table.h"

enum {
    ENOUGH_OF_4 = 3, /* folding is enough when at most 3/4 of the limit are left */
    WORTH_OF = 16,   /* and worth doing again while it frees this part of the limit */
    SPARED_OF = 4,   /* answered flows are spared as long as they are less than this part of it: folding them frees too little */
};

static uint8_t class_of(const struct pp_flow_table *table, enum pp_transport transport, uint16_t port)
{
    return table->options.port_class ? table->options.port_class(table->options.index, transport, port) : 0;
}

/* Cut to /24 or /64. */
static void cut_address(const struct store *store, uint8_t address[16])
{
    if (store->ends == ENDS_IPV4)
        address[3] = 0;
    else
        memset(address + 8, 0, 8);
}

/* The key that two ends fold to at a kind; returns which end `a` became. Port classes: the lower port is kept with the
 * end that has it, the other end keeps its class number in place of the port. */
static unsigned folded_key(const struct pp_flow_table *table, const struct store *store, const uint8_t *a, uint16_t port_a,
                           const uint8_t *b, uint16_t port_b, enum pp_transport transport, enum pp_flow_kind kind, struct flow_key *key)
{
    uint8_t x[16] = {0}, y[16] = {0};
    memcpy(x, a, address_bytes(store));
    memcpy(y, b, address_bytes(store));
    bool keep_a = port_a < port_b || (port_a == port_b && memcmp(x, y, address_bytes(store)) <= 0);
    if (keep_a)
        port_b = class_of(table, transport, port_b);
    else
        port_a = class_of(table, transport, port_a);
    if (kind == PP_FLOW_NETWORKS) {
        cut_address(store, x);
        cut_address(store, y);
        if (keep_a)
            port_b = 0;
        else
            port_a = 0;
    }
    unsigned end = make_key(store, x, port_a, y, port_b, 0, key);
    set_kind(store, key, kind_byte(transport, kind, keep_a ? end : !end));
    return end;
}

static unsigned conversation_key(const struct store *store, const uint8_t *initiator, const uint8_t *responder, uint16_t service,
                                 enum pp_transport transport, struct flow_key *key)
{
    unsigned end = make_key(store, initiator, 0, responder, service, 0, key);
    set_kind(store, key, kind_byte(transport, PP_FLOW_CONVERSATION, end));
    return end;
}

static bool is_silent(const struct record *record) { return !record->packets[0] || !record->packets[1]; }

/* Where a record goes at this level; returns whether its ends change places. */
static bool target_key(const struct pp_flow_table *table, const struct store *store, uint32_t number, enum fold_level level,
                       struct flow_key *key)
{
    const struct record *record = store_at(store, number);
    uint32_t facts = store_rest(store, number)->facts;
    size_t n = address_bytes(store);
    const uint8_t *a = record->ends, *b = record->ends + n;
    uint16_t ports[2];
    record_ports(store, record, ports);
    enum pp_transport transport = kind_transport(record->kind);
    enum pp_flow_kind kind = kind_kind(record->kind);
    /* Where a port was already given up, the other end's is the one to keep. */
    if (kind == PP_FLOW_CONVERSATION) ports[kind_end(record->kind)] = UINT16_MAX;
    if (kind == PP_FLOW_CLASSES) ports[!kind_end(record->kind)] = UINT16_MAX;
    unsigned quoted = facts ? table->facts.facts[facts].quoted_syn : 0; /* a SYN that only an ICMP error shows proves as much */
    unsigned initiator = kind == PP_FLOW_EXACT ? pp_handshake_initiator((record->marks & 15u) | (quoted & 1 ? PP_SIDE_SYN : 0),
                                                                        record->marks >> 4 | (quoted & 2 ? PP_SIDE_SYN : 0))
                                               : 2;
    if (level == FOLD_NOTHING && kind != PP_FLOW_CLASSES) { /* only what pp_flow_table_set_classes has to give up */
        *key = store_key(store, record);
        return false;
    }
    if ((level == FOLD_NOTHING || level == FOLD_ALL || (level == FOLD_SILENT && is_silent(record))) && kind != PP_FLOW_NETWORKS)
        return folded_key(table, store, a, ports[0], b, ports[1], transport, PP_FLOW_NETWORKS, key) == 1;
    if (kind == PP_FLOW_EXACT && initiator < 2)
        return conversation_key(store, initiator ? b : a, initiator ? a : b, ports[!initiator], transport, key) != initiator;
    if (kind == PP_FLOW_EXACT && level >= FOLD_UNPROVEN)
        return folded_key(table, store, a, ports[0], b, ports[1], transport, PP_FLOW_CLASSES, key) == 1;
    *key = store_key(store, record);
    return false;
}

/* Records of a store into a fresh one, at a level. Their memory is given back as they go, so that there is never much more than
 * one store. */
static bool fold_store(struct pp_flow_table *fresh, struct store *into, struct pp_flow_table *table, struct store *from,
                       enum fold_level level)
{
    struct moving moving = {.store = from, .facts = &table->facts};
    _Static_assert(SLAB_RECORDS % BATCH == 0, "a batch is of one slab");
    for (uint32_t at = 0, n; at < from->count; at += n) {
        n = from->count - at < BATCH ? from->count - at : BATCH;
        for (uint32_t i = 0; i < n; i++) {
            moving.swap[i] = target_key(table, from, at + i, level, &moving.keys[i]);
            uint8_t kind = key_kind(from, &moving.keys[i]);
            if (kind != store_at(from, at + i)->kind) fresh->counters.folded[kind_kind(kind)]++;
        }
        if (!absorb_batch(fresh, into, &moving, at, n)) return false;
        if ((at + n) % SLAB_RECORDS == 0) store_give_slab(from, at / SLAB_RECORDS);
    }
    return true;
}

/* Rebuild both stores at a level. When memory is out in the middle, what is left is not whole any more, and is given up. */
static bool fold_to(struct pp_flow_table *table, enum fold_level level)
{
    struct pp_flow_table fresh = *table;
    fresh.stores[0] = fresh.stores[1] = (struct store){0};
    fresh.facts = (struct facts_table){0};
    bool ok = store_init_like(&fresh.stores[0], &table->stores[0]) && store_init_like(&fresh.stores[1], &table->stores[1]) &&
              facts_init(&fresh.facts, table->facts.most);
    if (!ok) { /* nothing was touched yet */
        for (unsigned s = 0; s < 2; s++) store_finish(&fresh.stores[s]);
        facts_finish(&fresh.facts);
        return false;
    }
    for (unsigned s = 0; ok && s < 2; s++) ok = fold_store(&fresh, &fresh.stores[s], table, &table->stores[s], level);
    for (unsigned s = 0; s < 2; s++) store_finish(&table->stores[s]);
    facts_finish(&table->facts);
    fresh.folds++;
    *table = fresh;
    return ok;
}

/* Of flows that both sides are known of, as long as single hosts are. */
static uint64_t count_answered(const struct pp_flow_table *table)
{
    uint64_t count = 0;
    for (unsigned s = 0; s < 2; s++)
        for (uint32_t i = 0; i < table->stores[s].count; i++) {
            const struct record *record = store_at(&table->stores[s], i);
            count += !is_silent(record) && kind_kind(record->kind) != PP_FLOW_NETWORKS;
        }
    return count;
}

bool fold(struct pp_flow_table *table)
{
    uint64_t enough = (uint64_t)table->options.max_flows * ENOUGH_OF_4 / 4;
    for (enum fold_level level = FOLD_PROVEN; level <= FOLD_ALL; level++) {
        if (level == FOLD_ALL && count_answered(table) < table->options.max_flows / SPARED_OF)
            break; /* a flood of unanswered ones fills it */
        if (!fold_to(table, level)) return false;
        if (level > table->level) table->level = level;
        if (pp_flow_count(table) <= enough) return true;
    }
    uint64_t left = pp_flow_count(table);
    table->full = left + table->options.max_flows / WORTH_OF >= table->options.max_flows;
    return true;
}

bool pp_flow_table_limit(struct pp_flow_table *table, uint32_t max_flows)
{
    table->options.max_flows = max_flows;
    return pp_flow_count(table) <= max_flows || fold(table);
}

bool pp_flow_table_set_classes(struct pp_flow_table *table, uint8_t (*port_class)(const void *index, enum pp_transport, uint16_t port),
                               const void *index)
{
    table->options.port_class = port_class;
    table->options.index = index;
    if (table->level < FOLD_UNPROVEN) return true;
    if (!fold_to(table, FOLD_NOTHING)) return false;
    if (table->level < FOLD_SILENT) table->level = FOLD_SILENT; /* there are networks to be found now */
    return true;
}

uint32_t find_folded(struct pp_flow_table *table, struct store *store, const uint8_t *a, uint16_t port_a, const uint8_t *b, uint16_t port_b,
                     enum pp_transport transport, unsigned *side)
{
    struct flow_key key;
    for (unsigned a_responds = 0; a_responds < 2 && table->level >= FOLD_PROVEN; a_responds++) {
        unsigned end =
            a_responds ? conversation_key(store, b, a, port_a, transport, &key) : conversation_key(store, a, b, port_b, transport, &key);
        uint32_t number = store_find(store, &key, store_hash(store, &key));
        if (number != NO_RECORD) return *side = end ^ a_responds, number;
    }
    for (enum pp_flow_kind kind = PP_FLOW_CLASSES; kind <= PP_FLOW_NETWORKS; kind++) {
        if (table->level < (kind == PP_FLOW_CLASSES ? FOLD_UNPROVEN : FOLD_SILENT)) break;
        *side = folded_key(table, store, a, port_a, b, port_b, transport, kind, &key);
        uint32_t number = store_find(store, &key, store_hash(store, &key));
        if (number != NO_RECORD) return number;
    }
    return NO_RECORD;
}
