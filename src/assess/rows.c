/* The state of every row (design 5.4): expected flows give credit to edges, an edge takes its worst tried pair of
 * addresses, a row its worst due edge. Missing is what no flow proved. */
#include <stdlib.h>
#include <string.h>

#include "ledger.h"

/* Worse first: what an edge takes of its pairs, and a row of its edges. */
static unsigned badness(enum pp_state state)
{
    static const unsigned rank[PP_STATE_COUNT] = {
        [PP_STATE_BLOCKED] = 4, [PP_STATE_MISSING] = 3, [PP_STATE_NOT_OBSERVABLE] = 2, [PP_STATE_EXPECTED] = 1};
    return rank[state];
}

/* Of a flow that gave a credit, and so was not simply answered. */
static bool answers(const struct pp_row *row, const struct pp_judged *j)
{
    return j->outcome == PP_HALF_SEEN || (row->one_way && j->outcome == PP_SILENT && !j->too_late);
}

/* One pair of addresses, by its flows that were not simply answered: answered if any of its flows was. */
static enum pp_state judge_pair(const struct assessment *a, const struct pp_row *row, const struct credit *credits, size_t count,
                                enum pp_outcome *outcome, unsigned *notes)
{
    if (credits->answered) return *outcome = PP_ANSWERED, PP_STATE_EXPECTED;
    enum pp_state state = PP_STATE_NOT_OBSERVABLE;
    *outcome = PP_SILENT;
    for (size_t i = 0; i < count; i++) {
        const struct pp_judged *j = &a->judged[credits[i].flow];
        if (answers(row, j)) {
            if (state != PP_STATE_EXPECTED) *outcome = j->outcome;
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

/* The worst pair of an edge, the first of equals, for its finding. */
struct worst {
    uint64_t pair;
    const struct credit *credits; /* NULL: it is answered */
    size_t count;
    uint32_t pairs; /* blocked ones */
    bool other_family;
};

static struct pp_edge judge_edge(const struct assessment *a, const struct pp_row *row, const struct tally *tally,
                                 const struct credit *credits, struct worst *worst)
{
    struct pp_edge edge = {.from = edge_from(tally->edge),
                           .to = edge_to(tally->edge),
                           .port = edge_port(tally->edge),
                           .state = PP_STATE_EXPECTED,
                           .outcome = PP_ANSWERED,
                           .tried = true,
                           .satisfied_by = PP_NONE,
                           .notes = tally->notes,
                           .flows = tally->flows,
                           .packets = tally->packets};
    *worst = (struct worst){.pair = tally->answered_pair};
    bool works[2] = {tally->answered[0], tally->answered[1]}; /* over IPv4, over IPv6 */
    for (size_t i = 0, n; i < tally->credit_count; i += n) {
        for (n = 1; i + n < tally->credit_count && credits[i].pair == credits[i + n].pair; n++) continue;
        enum pp_outcome outcome;
        enum pp_state state = judge_pair(a, row, credits + i, n, &outcome, &edge.notes);
        if (badness(state) > badness(edge.state) || (state == edge.state && credits[i].pair < worst->pair)) {
            edge.state = state;
            edge.outcome = outcome;
            worst->pair = credits[i].pair;
            worst->credits = credits + i;
            worst->count = n;
        }
        works[a->directory.seen[pair_source(credits[i].pair)].address.family == PP_IPV6] |= state == PP_STATE_EXPECTED;
        if (state == PP_STATE_BLOCKED) worst->pairs++;
    }
    worst->other_family = works[a->directory.seen[pair_source(worst->pair)].address.family != PP_IPV6];
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
        add_flow_to_finding(a, finding, worst->credits[i].flow);
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

/* Candidates of a row met with its tallies: tried edges take their worst pair, untried ones wait for any_of. */
static bool build_edges(struct assessment *a, uint16_t number, const struct ledger *ledger, const struct tally *tallies, size_t count,
                        const struct candidates *candidates)
{
    struct pp_row_result *result = &a->report->rows[number];
    result->edges = arena_alloc(a->arena, (candidates->count + count + 2) * sizeof *result->edges);
    if (!result->edges) return false;
    bool *done = calloc(candidates->count + 1, sizeof *done);
    if (!done) return false;
    for (size_t i = 0; i < count; i++) {
        struct worst worst;
        bool off_primary = edge_off_primary(tallies[i].edge);
        struct pp_edge edge = judge_edge(a, &a->in->spec->rows[number], &tallies[i], ledger->credits + tallies[i].credit_first, &worst);
        const struct candidate *known = off_primary ? NULL : find_candidate(candidates, edge.from, edge.to, edge.port);
        if (known) done[known - candidates->items] = true;
        edge.due = !off_primary && (known || candidates->too_many);
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
    /* Nobody switches off a feature of an inferred site. */
    bool unheld = !role_is_held(a, row->from) || !role_is_held(a, row->to);
    return a->in->site->inferred && unheld ? PP_STATE_OPTIONAL : PP_STATE_NOT_APPLICABLE;
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
    struct ledger ledger;
    struct candidates *candidates = calloc(spec->row_count + 1u, sizeof *candidates);
    see_hosts(a);
    bool ok = ledger_fill(&ledger, a) && candidates;
    size_t at = 0;
    for (uint16_t r = 0; ok && r < spec->row_count; r++) {
        size_t n = 0;
        while (at + n < ledger.tally_count && edge_row(ledger.tallies[at + n].edge) == r) n++;
        ok = is_follower(spec, r) ||
             (list_candidates(a, r, &candidates[r]) && build_edges(a, r, &ledger, ledger.tallies + at, n, &candidates[r]));
        at += n;
    }
    for (uint16_t r = 0; ok && r < spec->row_count; r++) ok = is_follower(spec, r) || settle_row(a, r, &candidates[r]);
    for (uint16_t r = 0; ok && r < spec->row_count; r++) {
        if (is_follower(spec, r)) a->report->rows[r] = a->report->rows[spec->rows[r].partner];
        a->report->summary.rows[a->report->rows[r].state]++;
    }
    for (uint16_t r = 0; candidates && r < spec->row_count; r++) free(candidates[r].items);
    free(candidates);
    ledger_finish(&ledger);
    return ok;
}
