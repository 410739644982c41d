/* Labels explain a flow that no row names: a call back that an rsh or rexec session announced, side traffic that is
 * known to come with a row. They excuse nothing. */
#include <stdlib.h>
#include <string.h>

#include "assess.h"

enum { PRIVILEGED_FIRST = 512, PRIVILEGED_LAST = 1023, RSH_PORT = 514 }; /* rshd connects back from and to reserved ports */

/* A session that announces a port for a connection back. */
struct session {
    uint32_t initiator, responder;
    pp_time_ns first_ns, last_ns;
    uint16_t announced; /* 0: not captured */
    bool reserved;      /* rsh: the port is in the reserved range */
};

/* An expected flow's row and its two hosts, to find its companions. */
struct accompanied {
    uint32_t low, high;
    uint16_t row;
};

struct context {
    struct session *sessions;
    size_t session_count;
    struct accompanied *pairs;
    size_t pair_count;
    bool pairs_sorted; /* when one is looked for first */
};

static int compare_sessions(const void *x, const void *y)
{
    const struct session *a = x, *b = y;
    if (a->initiator != b->initiator) return a->initiator < b->initiator ? -1 : 1;
    if (a->responder != b->responder) return a->responder < b->responder ? -1 : 1;
    return (a->first_ns > b->first_ns) - (a->first_ns < b->first_ns);
}

static int compare_pairs(const void *x, const void *y)
{
    const struct accompanied *a = x, *b = y;
    if (a->row != b->row) return a->row < b->row ? -1 : 1;
    if (a->low != b->low) return a->low < b->low ? -1 : 1;
    return (a->high > b->high) - (a->high < b->high);
}

/* Rows whose traffic has companions. */
static struct pp_row_set accompanied_rows(const struct pp_spec *spec)
{
    struct pp_row_set rows = {{0}};
    for (unsigned i = 0; i < spec->companion_count; i++)
        if (spec->companions[i].beside != PP_NONE) pp_row_set_add(&rows, spec->companions[i].beside);
    return rows;
}

static void flow_times(const struct pp_flow *flow, pp_time_ns *first, pp_time_ns *last)
{
    const struct pp_flow_side *a = &flow->side[0], *b = &flow->side[1];
    *first = a->first_ns < b->first_ns ? a->first_ns : b->first_ns;
    *last = a->last_ns > b->last_ns ? a->last_ns : b->last_ns;
}

static struct accompanied pair_of(const struct pp_judged *j, uint16_t row)
{
    bool swap = j->responder_address < j->initiator_address;
    return (struct accompanied){swap ? j->responder_address : j->initiator_address, swap ? j->initiator_address : j->responder_address,
                                row};
}

static bool collect(struct assessment *a, struct context *c)
{
    c->sessions = calloc(a->count + 1, sizeof *c->sessions);
    c->pairs = calloc(a->count + 1, sizeof *c->pairs);
    if (!c->sessions || !c->pairs) return false;
    struct pp_row_set accompanied = accompanied_rows(a->in->spec);
    for (size_t i = 0; i < a->count; i++) {
        const struct pp_judged *j = &a->judged[i];
        if (j->verdict == PP_EXPECTED && pp_row_set_has(&accompanied, j->row)) c->pairs[c->pair_count++] = pair_of(j, j->row);
        /* A session that the site has switched off calls back all the same. */
        uint16_t row = j->verdict == PP_EXPECTED ? j->row : j->reason == PP_FEATURE_OFF ? j->nearest_row : PP_NONE;
        if (row == PP_NONE || !a->in->spec->rows[row].announces_callback) continue;
        struct pp_flow flow;
        pp_flow_at(a->in->flows, i, &flow);
        struct session *session = &c->sessions[c->session_count++];
        *session = (struct session){.initiator = j->initiator_address,
                                    .responder = j->responder_address,
                                    .announced = flow.facts.callback_port,
                                    .reserved = j->responder_port == RSH_PORT};
        flow_times(&flow, &session->first_ns, &session->last_ns);
    }
    qsort(c->sessions, c->session_count, sizeof *c->sessions, compare_sessions);
    return true;
}

static bool is_reserved(uint16_t port) { return port >= PRIVILEGED_FIRST && port <= PRIVILEGED_LAST; }

/* Whether the flow connects back from a session's responder to its initiator, on the announced port or, for rsh, inside the
 * reserved range, while the session lives. */
static bool is_callback(const struct assessment *a, const struct context *c, const struct pp_judged *j, size_t flow_number)
{
    if (j->transport != PP_TCP) return false;
    size_t low = 0, high = c->session_count;
    while (low < high) { /* first session of (flow's responder → flow's initiator) */
        size_t middle = (low + high) / 2;
        const struct session *s = &c->sessions[middle];
        bool before = s->initiator != j->responder_address ? s->initiator < j->responder_address : s->responder < j->initiator_address;
        if (before)
            low = middle + 1;
        else
            high = middle;
    }
    struct pp_flow flow;
    pp_time_ns first = 0, last = 0;
    for (size_t n = low; n < c->session_count; n++) {
        const struct session *s = &c->sessions[n];
        if (s->initiator != j->responder_address || s->responder != j->initiator_address) break;
        if (n == low) {
            pp_flow_at(a->in->flows, flow_number, &flow);
            flow_times(&flow, &first, &last);
        }
        /* A conversation has lost its initiator's port, which cannot then speak against it. */
        bool reserved =
            s->reserved && is_reserved(j->responder_port) && (is_reserved(j->initiator_port) || flow.kind == PP_FLOW_CONVERSATION);
        if (!reserved && (!s->announced || s->announced != j->responder_port)) continue;
        if (first >= s->first_ns && first <= s->last_ns) return true;
    }
    return false;
}

/* Whether two hosts use a row. */
static bool is_accompanied(struct context *c, struct accompanied wanted)
{
    if (!c->pairs_sorted) qsort(c->pairs, c->pair_count, sizeof *c->pairs, compare_pairs);
    c->pairs_sorted = true;
    return bsearch(&wanted, c->pairs, c->pair_count, sizeof *c->pairs, compare_pairs) != NULL;
}

static uint16_t companion_of(const struct assessment *a, struct context *c, const struct pp_judged *j)
{
    const struct pp_spec *spec = a->in->spec;
    pp_role_set from = a->directory.seen[j->initiator_address].entry.roles, to = a->directory.seen[j->responder_address].entry.roles;
    for (uint64_t here = port_sets_at(&a->companions, j->transport, j->responder_port); here; here &= here - 1) {
        uint16_t i = (uint16_t)__builtin_ctzll(here);
        const struct pp_companion *companion = &spec->companions[i];
        if ((companion->from && !(from & companion->from)) || (companion->to && !(to & companion->to))) continue;
        if (companion->beside == PP_NONE || is_accompanied(c, pair_of(j, companion->beside))) return i;
    }
    return PP_NONE;
}

bool add_labels(struct assessment *a)
{
    struct context c = {0};
    bool ok = collect(a, &c);
    for (size_t i = 0; ok && i < a->count; i++) {
        struct pp_judged *j = &a->judged[i];
        bool by_wide_row = j->verdict == PP_EXPECTED && a->in->spec->rows[j->row].wide;
        if (j->verdict != PP_UNEXPECTED && !by_wide_row) continue;
        if (c.session_count && is_callback(a, &c, j, i)) j->labels |= PP_LABEL_CALLBACK;
        if (j->verdict != PP_UNEXPECTED) continue;
        j->companion = companion_of(a, &c, j);
        if (j->companion != PP_NONE) j->labels |= PP_LABEL_COMPANION;
    }
    free(c.sessions);
    free(c.pairs);
    return ok;
}
