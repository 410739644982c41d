/* Flows joined to conversations, for lists of what is in no finding. They are made when somebody asks, since a verdict does not need them:
 * one pass over what was judged, and a look at the flow itself only where it is listed. Flows come in the table's one order, so which
 * conversations are told apart, and which are only counted, is the same for the same evidence. */
#include <stdlib.h>
#include <string.h>

#include "address.h"
#include "assess.h"

enum {
    TOLD_APART_MAX = 65536, /* flows of further conversations are only counted: 6 MB */
    SLOTS_LEAST = 256,
    AHEAD = 8, /* flows asked for before they are looked at */
};

struct gathered {
    uint32_t ends[2]; /* initiator, responder: numbers of the report's addresses */
    uint16_t port, row;
    uint8_t transport, outcome;
    bool after_encrypted;
    uint64_t flows, packets;
    pp_time_ns first_ns, last_ns;
};

struct gathering {
    const struct pp_report *report;
    pp_role_set telling;
    bool listed[PP_ROWS_MAX]; /* clear text: rows of which the encrypted one is in use */
    struct gathered *items;
    uint32_t *slots;        /* number + 1; 0: empty */
    struct siphash_key key; /* made with the first of them */
    uint32_t count, mask;
    uint64_t left_out; /* flows */
    bool failed;
};

static uint64_t hash_of(const struct gathering *all, const struct gathered *g)
{
    const uint64_t words[2] = {(uint64_t)g->ends[0] << 32 | g->ends[1],
                               (uint64_t)g->port << 32 | (uint64_t)g->row << 16 | (uint64_t)g->transport << 8 | g->outcome};
    return siphash13(&all->key, words, 2);
}

static bool is_same(const struct gathered *a, const struct gathered *b)
{
    return a->ends[0] == b->ends[0] && a->ends[1] == b->ends[1] && a->port == b->port && a->row == b->row && a->transport == b->transport &&
           a->outcome == b->outcome;
}

static void put_slot(struct gathering *all, uint32_t number)
{
    uint64_t at = hash_of(all, &all->items[number]);
    while (all->slots[at & all->mask]) at++;
    all->slots[at & all->mask] = number + 1;
}

/* Twice as many slots, of which half may be full. */
static bool grow(struct gathering *all)
{
    uint32_t slots = all->slots ? (all->mask + 1) * 2 : SLOTS_LEAST;
    struct gathered *items = realloc(all->items, slots / 2 * sizeof *items);
    if (items) all->items = items;
    if (!all->slots) all->key = siphash_key_make();
    free(all->slots);
    all->slots = items ? calloc(slots, sizeof *all->slots) : NULL;
    if (!all->slots) return false;
    all->mask = slots - 1;
    for (uint32_t i = 0; i < all->count; i++) put_slot(all, i);
    return true;
}

static struct gathered *place_of(struct gathering *all, const struct gathered *wanted)
{
    for (uint64_t at = hash_of(all, wanted); all->slots && all->slots[at & all->mask]; at++) {
        struct gathered *one = &all->items[all->slots[at & all->mask] - 1];
        if (is_same(one, wanted)) return one;
    }
    if (all->count == TOLD_APART_MAX) return NULL;
    if ((!all->slots || all->count == (all->mask + 1) / 2) && !grow(all)) return all->failed = true, NULL;
    all->items[all->count] = *wanted;
    put_slot(all, all->count);
    return &all->items[all->count++];
}

static void gather(struct gathering *all, const struct pp_judged *j, const struct pp_flow *flow, uint16_t row)
{
    struct gathered wanted = {.ends = {j->initiator_address, j->responder_address},
                              .port = j->responder_port,
                              .row = row,
                              .transport = j->transport,
                              .outcome = j->outcome,
                              .first_ns = PP_NO_FIRST,
                              .last_ns = PP_NO_LAST};
    struct gathered *one = place_of(all, &wanted);
    if (!one) {
        all->left_out++;
        return;
    }
    one->flows++;
    one->packets += j->packets;
    if (pp_flow_first_ns(flow) < one->first_ns) one->first_ns = pp_flow_first_ns(flow);
    for (unsigned e = 0; e < 2; e++)
        if (flow->side[e].last_ns > one->last_ns) one->last_ns = flow->side[e].last_ns;
    if (!j->packets && flow->facts.icmp_last_ns > one->last_ns) one->last_ns = flow->facts.icmp_last_ns;
}

/* --- which flows -------------------------------------------------------------------------------------------------------------- */

static const struct pp_seen *end_of(const struct gathering *all, const struct pp_judged *j, unsigned responder)
{
    return &all->report->addresses[responder ? j->responder_address : j->initiator_address];
}

/* Out of scope or waived, with an end that is no server of the list. */
static bool may_be_other(const struct gathering *all, const struct pp_judged *j)
{
    if (j->verdict != PP_OUT_OF_SCOPE && j->verdict != PP_EXEMPT) return false;
    const struct pp_seen *ends[2] = {end_of(all, j, 0), end_of(all, j, 1)};
    bool servers = ends[0]->entry.roles & all->telling && ends[1]->entry.roles & all->telling;
    return !servers && ends[0] != ends[1] && !share_a_host(all->report->site, ends[0], ends[1]);
}

static bool is_to_many(const struct gathering *all, const struct pp_judged *j, const struct pp_flow *flow)
{
    for (unsigned e = 0; e < 2; e++)
        if (flow->side[e].marks & PP_SIDE_LINK_GROUP || is_group_end(end_of(all, j, e))) return true;
    return false;
}

/* The row that a flow is clear text of; PP_NONE. A call back that lands on a wide row shows nothing of what the row is for. */
static uint16_t clear_row(const struct gathering *all, const struct pp_judged *j)
{
    bool off = j->verdict == PP_UNEXPECTED && j->reason == PP_FEATURE_OFF;
    uint16_t row = j->verdict == PP_EXPECTED ? j->row : off ? j->nearest_row : PP_NONE;
    return row != PP_NONE && all->listed[row] && !(j->labels & PP_LABEL_CALLBACK) ? row : PP_NONE;
}

static void gather_other(struct gathering *all)
{
    const struct pp_report *r = all->report;
    size_t count = pp_flow_count(r->flows);
    if (!r->summary.out_of_scope && !r->summary.exempt) return;
    for (size_t i = 0; i < count && !all->failed; i++) {
        struct pp_flow flow;
        if (i + AHEAD < count && may_be_other(all, &r->judged[i + AHEAD])) pp_flow_prefetch(r->flows, i + AHEAD);
        if (!may_be_other(all, &r->judged[i])) continue;
        pp_flow_at(r->flows, i, &flow);
        if (!is_to_many(all, &r->judged[i], &flow)) gather(all, &r->judged[i], &flow, PP_NONE);
    }
}

static bool is_in_use(const struct pp_report *r, uint16_t row)
{
    return r->rows[row].due || r->rows[row].flows || pp_site_feature(r->site, r->spec, r->spec->rows[row].feature, PP_NONE) == PP_SET_ON;
}

static void gather_clear_text(struct gathering *all)
{
    const struct pp_report *r = all->report;
    bool any = false;
    for (uint16_t row = 0; row < r->spec->row_count; row++) {
        uint16_t by = r->spec->rows[row].encrypted_by;
        any |= all->listed[row] = by != PP_NONE && is_in_use(r, by);
    }
    for (size_t i = 0; any && i < pp_flow_count(r->flows) && !all->failed; i++) {
        struct pp_flow flow;
        uint16_t row = clear_row(all, &r->judged[i]);
        if (row == PP_NONE) continue;
        pp_flow_at(r->flows, i, &flow);
        gather(all, &r->judged[i], &flow, row);
    }
}

/* --- a downgrade: the encrypted row first, then this one, between the same two addresses (trap 6) ------------------------------ */

static int by_ends(const void *a, const void *b)
{
    const struct gathered *x = *(struct gathered *const *)a, *y = *(struct gathered *const *)b;
    int order = by(x->ends[0], y->ends[0]);
    return order ? order : by(x->ends[1], y->ends[1]);
}

static struct gathered **first_of_ends(struct gathered **sorted, size_t count, const struct gathered *wanted)
{
    size_t low = 0, high = count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (by_ends(&sorted[middle], &wanted) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return sorted + low;
}

static void mark_downgrades(struct gathering *all)
{
    const struct pp_report *r = all->report;
    struct gathered **sorted = calloc(all->count + 1u, sizeof *sorted);
    size_t count = 0;
    for (uint32_t i = 0; sorted && i < all->count; i++)
        if (r->spec->rows[all->items[i].row].downgrade) sorted[count++] = &all->items[i];
    if (count) qsort(sorted, count, sizeof *sorted, by_ends);
    for (size_t i = 0; count && i < pp_flow_count(r->flows); i++) {
        const struct pp_judged *j = &r->judged[i];
        if (j->verdict != PP_EXPECTED || (j->outcome != PP_ANSWERED && j->outcome != PP_HALF_SEEN)) continue;
        struct gathered wanted = {.ends = {j->initiator_address, j->responder_address}};
        struct gathered **one = first_of_ends(sorted, count, &wanted), **end = sorted + count;
        struct pp_flow flow;
        if (one == end || by_ends(one, &(struct gathered *){&wanted}) != 0) continue;
        pp_flow_at(r->flows, i, &flow);
        for (; one < end && by_ends(one, &(struct gathered *){&wanted}) == 0; one++)
            if (r->spec->rows[(*one)->row].encrypted_by == j->row && pp_flow_first_ns(&flow) <= (*one)->first_ns)
                (*one)->after_encrypted = (*one)->first_ns != PP_NO_FIRST;
    }
    all->failed |= !sorted;
    free(sorted);
}

/* --- the list ------------------------------------------------------------------------------------------------------------------ */

static struct pp_party party(const struct pp_report *r, uint32_t address)
{
    const struct pp_seen *seen = &r->addresses[address];
    return (struct pp_party){seen->address, pp_site_host_name(r->site, seen->entry.host), seen->entry.roles};
}

/* Most flows first; then by what they are, which no two have in common. */
static int by_weight(const void *a, const void *b)
{
    const struct pp_conversation *x = a, *y = b;
    int order = by(y->flows, x->flows);
    if (!order) order = address_compare(&x->responder.address, &y->responder.address);
    if (!order) order = by(x->port, y->port);
    if (!order) order = by(x->transport, y->transport);
    if (!order) order = address_compare(&x->initiator.address, &y->initiator.address);
    if (!order) order = by(x->row, y->row);
    return order ? order : by(x->outcome, y->outcome);
}

static bool list(struct gathering *all, struct pp_conversations *out)
{
    *out = (struct pp_conversations){.left_out = all->left_out};
    if (!all->failed) out->items = calloc(all->count + 1u, sizeof *out->items);
    for (uint32_t i = 0; out->items && i < all->count; i++) {
        const struct gathered *g = &all->items[i];
        out->items[out->count++] = (struct pp_conversation){.initiator = party(all->report, g->ends[0]),
                                                            .responder = party(all->report, g->ends[1]),
                                                            .port = g->port,
                                                            .row = g->row,
                                                            .transport = g->transport,
                                                            .outcome = (enum pp_outcome)g->outcome,
                                                            .after_encrypted = g->after_encrypted,
                                                            .flows = g->flows,
                                                            .packets = g->packets,
                                                            .first_ns = g->first_ns,
                                                            .last_ns = g->last_ns};
    }
    free(all->items);
    free(all->slots);
    if (!out->items) return false;
    qsort(out->items, out->count, sizeof *out->items, by_weight);
    for (; out->count > PP_CONVERSATIONS_MAX; out->count--) out->left_out += out->items[out->count - 1].flows;
    return true;
}

bool pp_list_other_traffic(const struct pp_report *report, struct pp_conversations *out)
{
    struct gathering all = {.report = report, .telling = telling_roles(report->spec)};
    gather_other(&all);
    return list(&all, out);
}

bool pp_list_clear_text(const struct pp_report *report, struct pp_conversations *out)
{
    struct gathering all = {.report = report};
    gather_clear_text(&all);
    if (!all.failed) mark_downgrades(&all);
    return list(&all, out);
}

void pp_conversations_finish(struct pp_conversations *conversations)
{
    free(conversations->items);
    *conversations = (struct pp_conversations){0};
}
