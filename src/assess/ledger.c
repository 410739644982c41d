/* Expected flows give credit to edges. Nearly all of them are answered, and then nothing matters but their sums and that their
 * pair of addresses works. So only the others are kept, to be looked at pair by pair, and a second walk asks which of their
 * pairs have an answered flow as well. */
#include "ledger.h"

#include <stdlib.h>

/* Sorts by row, then the edges never due behind the others, then by hosts and port. */
static uint64_t edge_number(uint16_t row, bool off_primary, uint16_t from, uint16_t to, uint16_t port)
{
    return (uint64_t)row << 49 | (off_primary ? UINT64_C(1) << 48 : 0) | (uint64_t)from << 32 | (uint64_t)to << 16 | port;
}

static int compare_credits(const void *x, const void *y)
{
    const struct credit *a = x, *b = y;
    int order = by(a->edge, b->edge);
    if (!order) order = by(a->pair, b->pair);
    return order ? order : by(a->flow, b->flow);
}

static int compare_tallies(const void *x, const void *y) { return by(((const struct tally *)x)->edge, ((const struct tally *)y)->edge); }

static bool grow_tallies(struct ledger *ledger)
{
    size_t room = ledger->tally_room ? ledger->tally_room * 2 : 256, mask = room * 2 - 1;
    struct tally *tallies = realloc(ledger->tallies, room * sizeof *tallies);
    if (!tallies) return false;
    ledger->tallies = tallies;
    uint32_t *slots = calloc(room * 2, sizeof *slots);
    if (!slots) return false;
    if (!ledger->slots) ledger->key = siphash_key_make();
    free(ledger->slots);
    ledger->slots = slots;
    ledger->tally_room = room;
    for (size_t i = 0; i < ledger->tally_count; i++) {
        size_t at = (size_t)siphash13(&ledger->key, &tallies[i].edge, 1) & mask;
        while (slots[at]) at = (at + 1) & mask;
        slots[at] = (uint32_t)i + 1;
    }
    return true;
}

/* NULL: out of memory. */
static struct tally *tally_of(struct ledger *ledger, uint64_t edge)
{
    if (ledger->tally_count == ledger->tally_room && !grow_tallies(ledger)) return NULL;
    size_t mask = ledger->tally_room * 2 - 1, at = (size_t)siphash13(&ledger->key, &edge, 1) & mask;
    for (; ledger->slots[at]; at = (at + 1) & mask)
        if (ledger->tallies[ledger->slots[at] - 1].edge == edge) return &ledger->tallies[ledger->slots[at] - 1];
    ledger->tallies[ledger->tally_count++] = (struct tally){.edge = edge, .answered_pair = UINT64_MAX};
    ledger->slots[at] = (uint32_t)ledger->tally_count;
    return &ledger->tallies[ledger->tally_count - 1];
}

static bool keep_credit(struct ledger *ledger, const struct credit *credit)
{
    if (ledger->credit_count == ledger->credit_room) {
        size_t room = ledger->credit_room ? ledger->credit_room * 2 : 256;
        struct credit *credits = realloc(ledger->credits, room * sizeof *credits);
        if (!credits) return false;
        ledger->credits = credits;
        ledger->credit_room = room;
    }
    ledger->credits[ledger->credit_count++] = *credit;
    return true;
}

/* First walk: add a flow to the sums of an edge. */
static bool enter_credit(struct ledger *ledger, struct assessment *a, const struct credit *credit)
{
    const struct pp_judged *j = &a->judged[credit->flow];
    struct pp_row_result *result = &a->report->rows[edge_row(credit->edge)];
    struct tally *tally = tally_of(ledger, credit->edge);
    if (!tally) return false;
    result->flows++;
    result->packets += j->packets;
    result->wide_flows += (j->labels & PP_LABEL_WIDE) != 0;
    tally->flows++;
    tally->packets += j->packets;
    tally->notes |= j->labels & (PP_LABEL_WIDE | PP_LABEL_NOT_PRIMARY);
    if (j->outcome == PP_ANSWERED) {
        if (credit->pair < tally->answered_pair) tally->answered_pair = credit->pair;
        tally->answered[a->directory.seen[j->initiator_address].address.family == PP_IPV6] = true;
        return true;
    }
    ledger->doubted[j->initiator_address] = ledger->doubted[j->responder_address] = true;
    return keep_credit(ledger, credit);
}

/* Second walk: an answered flow speaks for its pair of addresses. */
static bool answer_credits(struct ledger *ledger, struct assessment *a, const struct credit *answered)
{
    (void)a;
    size_t low = 0, high = ledger->credit_count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        const struct credit *c = &ledger->credits[middle];
        if (c->edge != answered->edge ? c->edge < answered->edge : c->pair < answered->pair)
            low = middle + 1;
        else
            high = middle;
    }
    for (; low < ledger->credit_count; low++) {
        struct credit *c = &ledger->credits[low];
        if (c->edge != answered->edge || c->pair != answered->pair) break;
        c->answered = true;
    }
    return true;
}

/* Hand each credit that a flow gives to `take`. */
static bool credit_flow(struct ledger *ledger, struct assessment *a, size_t number,
                        bool (*take)(struct ledger *, struct assessment *, const struct credit *))
{
    const struct pp_judged *j = &a->judged[number];
    const struct pp_site_entry *initiator = &a->directory.seen[j->initiator_address].entry,
                               *responder = &a->directory.seen[j->responder_address].entry;
    struct pp_row_set rows = credited_rows(a, j);
    FOR_EACH_ROW (r, &rows) {
        if (is_follower(a->in->spec, r)) continue;
        const struct pp_row *row = &a->in->spec->rows[r];
        /* The conversation may have been opened from the partner's side. */
        bool straight = initiator->roles >> row->from & 1 && responder->roles >> row->to & 1;
        uint32_t source = straight ? j->initiator_address : j->responder_address;
        uint32_t destination = straight ? j->responder_address : j->initiator_address;
        uint16_t from = straight ? initiator->host : responder->host, to = straight ? responder->host : initiator->host;
        uint16_t port = j->responder_port;
        bool off_primary = row->primary != PP_PRIMARY_NONE && j->labels & PP_LABEL_NOT_PRIMARY;
        if (row->loopback) from = to = PP_NONE; /* a host's own affair */
        if (off_primary)
            port = 0;
        else
            edge_key(row, &from, &to, &port);
        struct credit credit = {edge_number(r, off_primary, from, to, port), (uint64_t)source << 32 | destination, (uint32_t)number, false};
        if (!take(ledger, a, &credit)) return false;
    }
    return true;
}

static void share_credits(struct ledger *ledger)
{
    size_t at = 0;
    for (size_t t = 0; t < ledger->tally_count; t++) {
        struct tally *tally = &ledger->tallies[t];
        tally->credit_first = at;
        while (at < ledger->credit_count && ledger->credits[at].edge == tally->edge) at++;
        tally->credit_count = at - tally->credit_first;
    }
}

bool ledger_fill(struct ledger *ledger, struct assessment *a)
{
    *ledger = (struct ledger){.doubted = calloc(a->directory.count + 1u, sizeof *ledger->doubted)};
    if (!ledger->doubted) return false;
    for (size_t i = 0; i < a->count; i++) {
        if (i + FLOW_BLOCK < a->count) directory_prefetch(&a->directory, &a->judged[i + FLOW_BLOCK]);
        if (a->judged[i].verdict == PP_EXPECTED && !credit_flow(ledger, a, i, enter_credit)) return false;
    }
    if (ledger->tally_count) qsort(ledger->tallies, ledger->tally_count, sizeof *ledger->tallies, compare_tallies);
    if (ledger->credit_count) qsort(ledger->credits, ledger->credit_count, sizeof *ledger->credits, compare_credits);
    share_credits(ledger);
    for (size_t i = 0; ledger->credit_count && i < a->count; i++) {
        const struct pp_judged *j = &a->judged[i];
        bool asked = ledger->doubted[j->initiator_address] && ledger->doubted[j->responder_address];
        if (asked && j->verdict == PP_EXPECTED && j->outcome == PP_ANSWERED) credit_flow(ledger, a, i, answer_credits);
    }
    return true;
}

void ledger_finish(struct ledger *ledger)
{
    free(ledger->tallies);
    free(ledger->slots);
    free(ledger->credits);
    free(ledger->doubted);
}
