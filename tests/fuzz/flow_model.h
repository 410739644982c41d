/* A flow table as simple as can be: flows in an array, found by looking at each. Written from include/portproof/flow.h alone. */
#ifndef FUZZ_FLOW_MODEL_H
#define FUZZ_FLOW_MODEL_H

#include "fuzz.h"
#include "portproof/decode.h"
#include "portproof/flow.h"

enum { FLOWS_MOST = 1024, REPORTS_MOST = 64 };

struct model_side {
    uint64_t packets, bytes, first, last, syns;
    uint8_t flags, marks;
};

struct model_flow {
    uint8_t family, transport;
    uint8_t address[2][16];
    uint16_t port[2];
    struct model_side side[2];
    uint64_t first_ns, first_frame;
    bool has_facts;
    struct pp_icmp_report reports[REPORTS_MOST]; /* distinct ones, sorted */
    unsigned report_count;
    uint8_t quoted_syn;
    uint16_t callback_port;
    uint64_t callback_ns, icmp_packets, icmp_first_ns, icmp_last_ns, icmp_first_frame, captures;
};

struct model {
    struct model_flow flows[FLOWS_MOST];
    size_t count;
    uint64_t by_result[PP_DECODED_COUNT];
    bool folded; /* there were more flows than the limit at some time */
};

static inline void model_clear(struct model *model)
{
    model->count = 0;
    model->folded = false;
    memset(model->by_result, 0, sizeof model->by_result);
}

static inline int compare_model_flows(const void *x, const void *y)
{
    const struct model_flow *a = x, *b = y;
    if (a->transport != b->transport) return a->transport == PP_TCP ? -1 : 1;
    if (a->family != b->family) return a->family == PP_IPV4 ? -1 : 1;
    int order = memcmp(a->address, b->address, sizeof a->address);
    if (order) return order;
    for (unsigned s = 0; s < 2; s++)
        if (a->port[s] != b->port[s]) return a->port[s] < b->port[s] ? -1 : 1;
    return 0;
}

static inline struct model_flow *model_find(struct model *model, const struct model_flow *like)
{
    for (size_t i = 0; i < model->count; i++)
        if (compare_model_flows(&model->flows[i], like) == 0) return &model->flows[i];
    must(model->count < FLOWS_MOST);
    struct model_flow *flow = &model->flows[model->count++];
    memset(flow, 0, sizeof *flow);
    flow->family = like->family;
    flow->transport = like->transport;
    memcpy(flow->address, like->address, sizeof flow->address);
    memcpy(flow->port, like->port, sizeof flow->port);
    for (unsigned s = 0; s < 2; s++) flow->side[s].first = UINT64_MAX;
    flow->first_ns = flow->first_frame = flow->callback_ns = flow->icmp_first_ns = flow->icmp_first_frame = UINT64_MAX;
    return flow;
}

static inline int compare_icmp(const struct pp_icmp_report *a, const struct pp_icmp_report *b)
{
    const uint8_t x[] = {a->type, a->code, a->quoted_side}, y[] = {b->type, b->code, b->quoted_side};
    if (a->sender.family != b->sender.family) return a->sender.family < b->sender.family ? -1 : 1;
    int order = memcmp(a->sender.bytes, b->sender.bytes, 16);
    return order ? order : memcmp(x, y, sizeof x);
}

static inline void model_report(struct model_flow *flow, const struct pp_icmp_report *report)
{
    unsigned at = 0;
    while (at < flow->report_count && compare_icmp(&flow->reports[at], report) < 0) at++;
    if (at < flow->report_count && compare_icmp(&flow->reports[at], report) == 0) return;
    must(flow->report_count < REPORTS_MOST);
    memmove(&flow->reports[at + 1], &flow->reports[at], (flow->report_count - at) * sizeof *report);
    flow->reports[at] = *report;
    flow->report_count++;
}

static inline uint64_t least(uint64_t a, uint64_t b) { return a < b ? a : b; }
static inline uint64_t most(uint64_t a, uint64_t b) { return a > b ? a : b; }

/* `one` has the same ends and becomes part of `flow`. */
static inline void model_join(struct model_flow *flow, const struct model_flow *one)
{
    for (unsigned s = 0; s < 2; s++) {
        struct model_side *a = &flow->side[s];
        const struct model_side *b = &one->side[s];
        a->packets += b->packets;
        a->bytes += b->bytes;
        a->syns = least(a->syns + b->syns, UINT16_MAX);
        a->first = least(a->first, b->first);
        a->last = most(a->last, b->last);
        a->flags |= b->flags;
        a->marks |= b->marks;
    }
    if (one->first_ns < flow->first_ns || (one->first_ns == flow->first_ns && one->first_frame < flow->first_frame)) {
        flow->first_ns = one->first_ns;
        flow->first_frame = one->first_frame;
    }
    flow->has_facts |= one->has_facts;
    for (unsigned i = 0; i < one->report_count; i++) model_report(flow, &one->reports[i]);
    flow->quoted_syn |= one->quoted_syn;
    if (one->callback_port &&
        (one->callback_ns < flow->callback_ns ||
         (one->callback_ns == flow->callback_ns && (!flow->callback_port || one->callback_port < flow->callback_port)))) {
        flow->callback_port = one->callback_port;
        flow->callback_ns = one->callback_ns;
    }
    flow->icmp_packets += one->icmp_packets;
    if (one->icmp_first_ns < flow->icmp_first_ns ||
        (one->icmp_first_ns == flow->icmp_first_ns && one->icmp_first_frame < flow->icmp_first_frame)) {
        flow->icmp_first_ns = one->icmp_first_ns;
        flow->icmp_first_frame = one->icmp_first_frame;
    }
    flow->icmp_last_ns = most(flow->icmp_last_ns, one->icmp_last_ns);
    flow->captures |= one->captures;
}

/* A flow of one packet; *from: which end sent it. */
static inline void model_one(struct model_flow *flow, const struct pp_packet *p, uint8_t result)
{
    int order = memcmp(p->source, p->destination, 16);
    unsigned from = order > 0 || (order == 0 && p->source_port > p->destination_port);
    memset(flow, 0, sizeof *flow);
    flow->family = p->family;
    flow->transport = p->transport;
    memcpy(flow->address[from], p->source, 16);
    memcpy(flow->address[!from], p->destination, 16);
    flow->port[from] = p->source_port;
    flow->port[!from] = p->destination_port;
    flow->side[0].first = flow->side[1].first = UINT64_MAX;
    flow->first_ns = flow->first_frame = flow->callback_ns = flow->icmp_first_ns = flow->icmp_first_frame = UINT64_MAX;
    const uint64_t frame = (uint64_t)p->capture << 48 | p->frame, last = p->time_ns == PP_NO_FIRST ? 0 : p->time_ns;
    const bool known = p->transport == PP_TCP && !(p->marks & PP_MARK_NO_FLAGS),
               syn = known && (p->tcp_flags & (PP_SYN | PP_ACK)) == PP_SYN;
    if (result == PP_ICMP_ERROR) {
        flow->has_facts = true;
        flow->reports[0] = (struct pp_icmp_report){.type = p->icmp_type, .code = p->icmp_code, .quoted_side = (uint8_t)from};
        flow->reports[0].sender.family = p->icmp_family;
        memcpy(flow->reports[0].sender.bytes, p->icmp_sender, 16);
        flow->report_count = 1;
        flow->quoted_syn = (uint8_t)(syn << from);
        flow->icmp_packets = 1;
        flow->icmp_first_ns = p->time_ns;
        flow->icmp_last_ns = last;
        flow->icmp_first_frame = frame;
        return;
    }
    struct model_side *side = &flow->side[from];
    *side = (struct model_side){1, p->wire_bytes, p->time_ns, last, 0, p->tcp_flags, 0};
    const bool reset = p->tcp_flags & PP_RST, bare = syn && !reset;
    side->syns = bare;
    if (bare) side->marks |= PP_SIDE_SYN;
    if (known && !reset && (p->tcp_flags & (PP_SYN | PP_ACK)) == (PP_SYN | PP_ACK)) side->marks |= PP_SIDE_SYN_ACK;
    if (!known || (!reset && !bare)) side->marks |= PP_SIDE_BEYOND;
    if (p->marks & PP_MARK_LINK_GROUP) side->marks |= PP_SIDE_LINK_GROUP;
    flow->first_ns = p->time_ns;
    flow->first_frame = frame;
    flow->captures = UINT64_C(1) << p->capture;
    if (p->callback_port) {
        flow->has_facts = true;
        flow->callback_port = p->callback_port;
        flow->callback_ns = p->time_ns;
    }
}

static inline void model_add(struct model *model, const struct pp_packet *packet, uint8_t result)
{
    struct model_flow one;
    model->by_result[result]++;
    if (result != PP_DECODED && result != PP_ICMP_ERROR) return;
    model_one(&one, packet, result);
    model_join(model_find(model, &one), &one);
}

static inline void model_merge(struct model *model, const struct model *from)
{
    for (size_t i = 0; i < from->count; i++) model_join(model_find(model, &from->flows[i]), &from->flows[i]);
    for (unsigned i = 0; i < PP_DECODED_COUNT; i++) model->by_result[i] += from->by_result[i];
    model->folded |= from->folded;
}

static inline void compare_facts(const struct model_flow *m, const struct pp_flow *flow)
{
    const struct pp_flow_facts *facts = &flow->facts;
    const bool several = m->captures & (m->captures - 1);
    must(flow->has_facts == (m->has_facts || several));
    if (!flow->has_facts) return;
    must(facts->captures == (several ? m->captures : 0) && facts->quoted_syn == m->quoted_syn && facts->icmp_packets == m->icmp_packets);
    must(facts->report_count == least(m->report_count, PP_ICMP_REPORTS_MAX));
    for (unsigned i = 0; i < facts->report_count; i++) must(compare_icmp(&facts->reports[i], &m->reports[i]) == 0);
    must(facts->callback_port == m->callback_port && (!m->callback_port || facts->callback_ns == m->callback_ns));
    must(facts->icmp_first_ns == m->icmp_first_ns && facts->icmp_last_ns == m->icmp_last_ns &&
         facts->icmp_first_frame == m->icmp_first_frame);
}

static inline void compare_flow(const struct model_flow *m, const struct pp_flow *flow)
{
    must(flow->kind == PP_FLOW_EXACT && flow->transport == m->transport && flow->initiator == 2 && flow->kept_port == 2);
    for (unsigned s = 0; s < 2; s++) {
        const struct pp_flow_side *a = &flow->side[s];
        const struct model_side *b = &m->side[s];
        must(flow->address[s].family == m->family && memcmp(flow->address[s].bytes, m->address[s], 16) == 0 && flow->port[s] == m->port[s]);
        must(a->packets == b->packets && a->bytes == b->bytes && a->first_ns == b->first && a->last_ns == b->last);
        must(a->syns == b->syns && a->tcp_flags == b->flags && a->marks == b->marks);
    }
    must(flow->first_frame == m->first_frame);
    compare_facts(m, flow);
}

/* What folding must not change. */
static inline void compare_sums(const struct model *model, const struct pp_flow_table *table)
{
    struct model_side sum = {0}, expected = {0};
    uint64_t icmp = 0, expected_icmp = 0;
    sum.first = expected.first = UINT64_MAX;
    for (size_t i = 0; i < pp_flow_count(table); i++) {
        struct pp_flow flow;
        pp_flow_at(table, i, &flow);
        icmp += flow.facts.icmp_packets;
        for (unsigned s = 0; s < 2; s++) {
            sum.packets += flow.side[s].packets;
            sum.bytes += flow.side[s].bytes;
            sum.syns += flow.side[s].syns;
            sum.first = least(sum.first, flow.side[s].first_ns);
            sum.last = most(sum.last, flow.side[s].last_ns);
            sum.flags |= flow.side[s].tcp_flags;
            sum.marks |= flow.side[s].marks;
        }
    }
    for (size_t i = 0; i < model->count; i++) {
        expected_icmp += model->flows[i].icmp_packets;
        for (unsigned s = 0; s < 2; s++) {
            const struct model_side *side = &model->flows[i].side[s];
            expected.packets += side->packets;
            expected.bytes += side->bytes;
            expected.syns += side->syns;
            expected.first = least(expected.first, side->first);
            expected.last = most(expected.last, side->last);
            expected.flags |= side->flags;
            expected.marks |= side->marks;
        }
    }
    const uint64_t refused = pp_flow_counters(table)->not_judged;
    must(sum.packets + icmp + refused == expected.packets + expected_icmp);
    if (refused) return;
    must(sum.bytes == expected.bytes && sum.syns == expected.syns && sum.first == expected.first && sum.last == expected.last);
    must(sum.flags == expected.flags && sum.marks == expected.marks);
}

static inline void model_compare(struct model *model, struct pp_flow_table *table)
{
    const struct pp_counters *counters = pp_flow_counters(table);
    must(memcmp(counters->by_result, model->by_result, sizeof model->by_result) == 0 && counters->facts_lost == 0);
    bool sorted = pp_flow_table_sort(table);
    must(sorted);
    if (!sorted) return;
    if (model->folded) {
        compare_sums(model, table);
        return;
    }
    qsort(model->flows, model->count, sizeof *model->flows, compare_model_flows);
    must(pp_flow_count(table) == model->count && counters->not_judged == 0);
    for (size_t i = 0; i < model->count; i++) {
        struct pp_flow flow;
        pp_flow_at(table, i, &flow);
        compare_flow(&model->flows[i], &flow);
    }
}

#endif
