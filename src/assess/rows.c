/* The state of every row (design 5.4): expected flows give credit to edges, an edge takes its worst tried pair of
 * addresses, a row its worst due edge. Missing is what no flow proved. */
#include <stdlib.h>
#include <string.h>

#include "assess.h"

/* A flow's credit to a row. Sorted, credits of one edge stand together, and in them those of one pair of addresses. */
struct credit {
    uint16_t row, from, to, port;
    bool off_primary;             /* an edge of its own that is never due */
    uint32_t source, destination; /* directory numbers */
    uint32_t flow;
};

struct ledger {
    struct credit *credits;
    size_t count, room;
};

static int compare_edges(const struct credit *a, const struct credit *b)
{
    int order = by(a->row, b->row);
    if (!order) order = by(a->off_primary, b->off_primary);
    if (!order) order = by(a->from, b->from);
    if (!order) order = by(a->to, b->to);
    return order ? order : by(a->port, b->port);
}

static int compare_pairs(const struct credit *a, const struct credit *b)
{
    int order = by(a->source, b->source);
    return order ? order : by(a->destination, b->destination);
}

static int compare_credits(const void *x, const void *y)
{
    const struct credit *a = x, *b = y;
    int order = compare_edges(a, b);
    if (!order) order = compare_pairs(a, b);
    return order ? order : by(a->flow, b->flow);
}

static bool add_credit(struct ledger *ledger, struct credit credit)
{
    if (ledger->count == ledger->room) {
        size_t room = ledger->room ? ledger->room * 2 : 256;
        struct credit *credits = realloc(ledger->credits, room * sizeof *credits);
        if (!credits) return false;
        ledger->credits = credits;
        ledger->room = room;
    }
    ledger->credits[ledger->count++] = credit;
    return true;
}

/* Of two rows that are one conversation only the first is judged; the other takes its result. */
static bool is_follower(const struct pp_spec *spec, uint16_t row)
{
    return spec->rows[row].partner != PP_NONE && spec->rows[row].partner < row;
}

static bool credit_flow(struct assessment *a, struct ledger *ledger, size_t number)
{
    const struct pp_judged *j = &a->judged[number];
    struct pp_flow flow;
    pp_flow_at(a->in->flows, number, &flow);
    struct subject s = subject_of(a, &flow, j);
    struct pp_row_set rows = credited_rows(a, j);
    for (uint16_t r = 0; r < a->in->spec->row_count; r++) {
        if (!pp_row_set_has(&rows, r) || is_follower(a->in->spec, r)) continue;
        const struct pp_row *row = &a->in->spec->rows[r];
        /* The conversation may have been opened from the partner's side. */
        bool straight = s.roles[j->initiator] >> row->from & 1 && s.roles[!j->initiator] >> row->to & 1;
        unsigned from = straight ? j->initiator : !j->initiator;
        struct credit credit = {.row = r,
                                .from = s.host[from],
                                .to = s.host[!from],
                                .port = j->responder_port,
                                .source = s.address[from],
                                .destination = s.address[!from],
                                .flow = (uint32_t)number};
        credit.off_primary = row->primary != PP_PRIMARY_NONE && j->labels & PP_LABEL_NOT_PRIMARY;
        if (row->loopback) credit.from = credit.to = PP_NONE; /* a host's own affair */
        if (credit.off_primary)
            credit.port = 0;
        else
            edge_key(row, &credit.from, &credit.to, &credit.port);
        if (!add_credit(ledger, credit)) return false;
        a->report->rows[r].flows++;
        a->report->rows[r].packets += j->packets;
        a->report->rows[r].wide_flows += (j->labels & PP_LABEL_WIDE) != 0;
    }
    return true;
}

/* Worse first: what an edge takes of its pairs, and a row of its edges. */
static unsigned badness(enum pp_state state)
{
    static const unsigned rank[PP_STATE_COUNT] = {
        [PP_STATE_BLOCKED] = 4, [PP_STATE_MISSING] = 3, [PP_STATE_NOT_OBSERVABLE] = 2, [PP_STATE_EXPECTED] = 1};
    return rank[state];
}

static bool answers(const struct pp_row *row, const struct pp_judged *j)
{
    return j->outcome == PP_ANSWERED || j->outcome == PP_HALF_SEEN || (row->one_way && j->outcome == PP_SILENT && !j->too_late);
}

/* One pair of addresses: answered if any of its flows was. */
static enum pp_state judge_pair(const struct assessment *a, const struct pp_row *row, const struct credit *credits, size_t count,
                                enum pp_outcome *outcome, unsigned *notes)
{
    enum pp_state state = PP_STATE_NOT_OBSERVABLE;
    *outcome = PP_SILENT;
    for (size_t i = 0; i < count; i++) {
        const struct pp_judged *j = &a->judged[credits[i].flow];
        *notes |= j->labels & (PP_LABEL_WIDE | PP_LABEL_NOT_PRIMARY);
        if (answers(row, j)) {
            if (state != PP_STATE_EXPECTED || j->outcome == PP_ANSWERED) *outcome = j->outcome;
            state = PP_STATE_EXPECTED;
        } else if (state != PP_STATE_EXPECTED) {
            /* The more telling picture: a rejecting device, then a refusal, then silence. */
            if (j->outcome == PP_REJECTED || (j->outcome == PP_REFUSED && *outcome == PP_SILENT)) *outcome = j->outcome;
            if (!j->too_late) state = PP_STATE_BLOCKED;
        }
    }
    if (state == PP_STATE_EXPECTED && *outcome == PP_HALF_SEEN) *notes |= PP_LABEL_HALF_SEEN;
    return state;
}

/* The worst pair of an edge, for its finding. */
struct worst {
    const struct credit *credits;
    size_t count;
    uint32_t pairs;
    bool other_family;
};

static uint8_t pair_family(const struct assessment *a, const struct credit *credit)
{
    return a->directory.seen[credit->source].address.family;
}

static struct pp_edge judge_edge(const struct assessment *a, const struct pp_row *row, const struct credit *credits, size_t count,
                                 struct worst *worst)
{
    struct pp_edge edge = {.from = credits->from,
                           .to = credits->to,
                           .port = credits->port,
                           .state = PP_STATE_EXPECTED,
                           .tried = true,
                           .satisfied_by = PP_NONE,
                           .flows = count};
    *worst = (struct worst){0};
    bool works[2] = {false, false}; /* over IPv4, over IPv6 */
    for (size_t i = 0, n; i < count; i += n) {
        for (n = 1; i + n < count && compare_pairs(&credits[i], &credits[i + n]) == 0; n++) continue;
        enum pp_outcome outcome;
        enum pp_state state = judge_pair(a, row, credits + i, n, &outcome, &edge.notes);
        for (size_t k = 0; k < n; k++) edge.packets += a->judged[credits[i + k].flow].packets;
        if (!worst->credits || badness(state) > badness(edge.state)) {
            edge.state = state;
            edge.outcome = outcome;
            *worst = (struct worst){.credits = credits + i, .count = n};
        }
        works[pair_family(a, &credits[i]) == PP_IPV6] |= state == PP_STATE_EXPECTED;
        if (state == PP_STATE_BLOCKED) worst->pairs++;
    }
    worst->other_family = works[pair_family(a, worst->credits) != PP_IPV6];
    return edge;
}

static bool blocked_finding(struct assessment *a, uint16_t number, const struct pp_edge *edge, const struct worst *worst)
{
    const struct pp_row *row = &a->in->spec->rows[number];
    struct pp_finding *finding = new_finding(a, PP_FIND_BLOCKED);
    if (!finding) return false;
    finding->row = number;
    finding->has_outcome = true;
    finding->outcome = edge->outcome;
    finding->got_through = PP_NO;
    finding->labels = edge->notes | (worst->other_family ? PP_LABEL_OTHER_FAMILY : 0);
    finding->pairs = worst->pairs;
    finding->basis = PP_BASIS_NONE;
    for (size_t i = 0; i < worst->count; i++) {
        const struct pp_judged *j = &a->judged[worst->credits[i].flow];
        add_flow_to_finding(a, finding, worst->credits[i].flow, true);
        if (j->basis < finding->basis) finding->basis = j->basis;
        if (i == 0) {
            finding->transport = j->transport;
            finding->port = j->responder_port;
            finding->has_port = true;
            finding->tried_by = party_of(a, j->initiator_address);
            finding->tried_at = party_of(a, j->responder_address);
        }
    }
    finding->initiator = party_of_role(a, edge->from, row->from);
    finding->responder = party_of_role(a, edge->to, row->to);
    bool array = row->coverage == PP_EACH_UNORDERED_PAIR; /* its edge has no direction; the failed attempt has */
    if (array || finding->initiator.address.family) finding->initiator = finding->tried_by;
    if (array || finding->responder.address.family) finding->responder = finding->tried_at;
    return true;
}

enum { MISSING_LISTED_MAX = 1000 }; /* missing edges of one row; more of them are one finding with their count */

static bool missing_finding(struct assessment *a, uint16_t number, const struct pp_edge *edge, uint32_t count)
{
    const struct pp_row *row = &a->in->spec->rows[number];
    struct pp_finding *finding = new_finding(a, PP_FIND_MISSING);
    if (!finding) return false;
    finding->row = number;
    finding->transport = (uint8_t)row->transport;
    finding->port = edge->port ? edge->port : row->ports.ranges[0].first;
    finding->has_port = edge->port || pp_ports_size(&row->ports) == 1;
    finding->initiator = party_of_role(a, count > 1 ? PP_NONE : edge->from, row->from);
    finding->responder = party_of_role(a, count > 1 ? PP_NONE : edge->to, row->to);
    finding->pairs = count;
    finding->got_through = PP_NO;
    finding->basis = PP_BASIS_NONE;
    return true;
}

static bool missing_findings(struct assessment *a, uint16_t number)
{
    const struct pp_row_result *result = &a->report->rows[number];
    uint32_t missing = 0;
    for (uint32_t e = 0; e < result->edge_count; e++) missing += result->edges[e].due && result->edges[e].state == PP_STATE_MISSING;
    bool joined = missing > MISSING_LISTED_MAX;
    for (uint32_t e = 0; e < result->edge_count; e++) {
        if (!result->edges[e].due || result->edges[e].state != PP_STATE_MISSING) continue;
        if (!missing_finding(a, number, &result->edges[e], joined ? missing : 1)) return false;
        if (joined) break;
    }
    return true;
}

/* Candidates of a row met with its credits: tried edges take their worst pair, untried ones wait for any_of. */
static bool build_edges(struct assessment *a, uint16_t number, const struct credit *credits, size_t count,
                        const struct candidates *candidates)
{
    struct pp_row_result *result = &a->report->rows[number];
    result->edges = arena_alloc(a->arena, (candidates->count + count + 2) * sizeof *result->edges);
    if (!result->edges) return false;
    bool *done = calloc(candidates->count + 1, sizeof *done);
    if (!done) return false;
    for (size_t i = 0, n; i < count; i += n) {
        for (n = 1; i + n < count && compare_edges(&credits[i], &credits[i + n]) == 0; n++) continue;
        struct worst worst;
        struct pp_edge edge = judge_edge(a, &a->in->spec->rows[number], credits + i, n, &worst);
        const struct candidate *known = credits[i].off_primary ? NULL : find_candidate(candidates, edge.from, edge.to, edge.port);
        if (known) done[known - candidates->items] = true;
        edge.due = known || (candidates->too_many && !credits[i].off_primary);
        if (edge.due && edge.state == PP_STATE_BLOCKED && !blocked_finding(a, number, &edge, &worst)) return free(done), false;
        result->edges[result->edge_count++] = edge;
    }
    for (size_t c = 0; c < candidates->count; c++) {
        const struct candidate *known = &candidates->items[c];
        if (done[c] || known->setting != PP_SET_ON) continue;
        result->edges[result->edge_count++] = (struct pp_edge){.from = known->from,
                                                               .to = known->to,
                                                               .port = known->port,
                                                               .due = true,
                                                               .state = known->visible ? PP_STATE_MISSING : PP_STATE_NOT_OBSERVABLE,
                                                               .satisfied_by = PP_NONE};
    }
    if (candidates->too_many && edge_setting(a, a->in->spec->rows[number].feature, PP_NONE, PP_NONE) ==
                                    PP_SET_ON) /* more pairs than can be listed: what was not tried cannot be told */
        result->edges[result->edge_count++] =
            (struct pp_edge){.from = PP_NONE, .to = PP_NONE, .due = true, .state = PP_STATE_NOT_OBSERVABLE, .satisfied_by = PP_NONE};
    free(done);
    return true;
}

static bool same_side(uint16_t x, uint16_t y) { return x == PP_NONE || y == PP_NONE || x == y; }

/* Another row of the same any_of group whose edge between the same entries is proven. */
static uint16_t find_satisfying(const struct assessment *a, uint16_t number, const struct pp_edge *edge)
{
    const struct pp_spec *spec = a->in->spec;
    for (uint16_t r = 0; r < spec->row_count; r++) {
        if (r == number || !spec->rows[r].any_of || strcmp(spec->rows[r].any_of, spec->rows[number].any_of) != 0) continue;
        const struct pp_row_result *other = &a->report->rows[r];
        for (uint32_t e = 0; e < other->edge_count; e++)
            if (other->edges[e].tried && other->edges[e].state == PP_STATE_EXPECTED && same_side(other->edges[e].from, edge->from) &&
                same_side(other->edges[e].to, edge->to))
                return r;
    }
    return PP_NONE;
}

static bool role_is_held(const struct assessment *a, uint16_t role)
{
    for (uint32_t h = 0; h < a->in->site->host_count; h++)
        if (a->in->site->hosts[h].roles >> role & 1) return true;
    return false;
}

static enum pp_state idle_state(const struct assessment *a, uint16_t number, const struct candidates *candidates)
{
    const struct pp_row *row = &a->in->spec->rows[number];
    bool possible = false;
    for (size_t c = 0; c < candidates->count; c++) possible |= candidates->items[c].setting != PP_SET_OFF;
    if (possible) return PP_STATE_OPTIONAL;
    bool unheld = !role_is_held(a, row->from) || !role_is_held(a, row->to);
    bool off = edge_setting(a, row->feature, PP_NONE, PP_NONE) == PP_SET_OFF;
    return a->in->site->inferred && unheld && !off ? PP_STATE_OPTIONAL : PP_STATE_NOT_APPLICABLE;
}

static bool settle_row(struct assessment *a, uint16_t number, const struct candidates *candidates)
{
    const struct pp_row *row = &a->in->spec->rows[number];
    struct pp_row_result *result = &a->report->rows[number];
    bool seen = false;
    for (uint32_t e = 0; e < result->edge_count; e++) {
        struct pp_edge *edge = &result->edges[e];
        if (!edge->tried && row->any_of) edge->satisfied_by = find_satisfying(a, number, edge);
        if (edge->satisfied_by != PP_NONE) {
            edge->due = false;
            edge->state = PP_STATE_OPTIONAL;
        }
        seen |= edge->tried && edge->state == PP_STATE_EXPECTED;
        if (!edge->due) continue;
        if (!result->due || badness(edge->state) > badness(result->state)) result->state = edge->state;
        result->due = true;
    }
    if (!result->due) result->state = seen ? PP_STATE_EXPECTED : idle_state(a, number, candidates);
    return missing_findings(a, number);
}

static void see_hosts(struct assessment *a)
{
    for (uint32_t i = 0; i < a->directory.count; i++) {
        const struct pp_site_entry *entry = &a->directory.seen[i].entry;
        if (entry->host != PP_NONE) a->visible[entry->host] = true;
        a->loopback_seen |= entry->loopback;
    }
}

bool judge_rows(struct assessment *a)
{
    const struct pp_spec *spec = a->in->spec;
    struct ledger ledger = {0};
    struct candidates *candidates = calloc(spec->row_count + 1u, sizeof *candidates);
    bool ok = candidates != NULL;
    see_hosts(a);
    for (size_t i = 0; ok && i < a->count; i++)
        if (a->judged[i].verdict == PP_EXPECTED) ok = credit_flow(a, &ledger, i);
    if (ok && ledger.count) qsort(ledger.credits, ledger.count, sizeof *ledger.credits, compare_credits);
    size_t at = 0;
    for (uint16_t r = 0; ok && r < spec->row_count; r++) {
        size_t n = 0;
        while (at + n < ledger.count && ledger.credits[at + n].row == r) n++;
        ok = is_follower(spec, r) || (list_candidates(a, r, &candidates[r]) && build_edges(a, r, ledger.credits + at, n, &candidates[r]));
        at += n;
    }
    for (uint16_t r = 0; ok && r < spec->row_count; r++) ok = is_follower(spec, r) || settle_row(a, r, &candidates[r]);
    for (uint16_t r = 0; ok && r < spec->row_count; r++) {
        if (is_follower(spec, r)) a->report->rows[r] = a->report->rows[spec->rows[r].partner];
        a->report->summary.rows[a->report->rows[r].state]++;
    }
    for (uint16_t r = 0; candidates && r < spec->row_count; r++) free(candidates[r].items);
    free(candidates);
    free(ledger.credits);
    return ok;
}
