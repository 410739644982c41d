/* assess: flows + spec + site → findings. The order of judging stands in pp_assess; each step is a file of its own. */
#include "assess.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "memory.h"
#include "parallel.h"

enum { VERDICT_REASONS_MAX = 16 }; /* conclude_all has twelve at most */

/* Past the limit of flows a record keeps a port's class in place of the port: the highest port of the class stands for it. */
static uint16_t unfold_port(const struct assessment *a, const struct pp_flow *flow, unsigned end)
{
    if (flow->kind != PP_FLOW_CLASSES || end == flow->kept_port) return flow->port[end];
    return a->class_port[flow->transport == PP_UDP][flow->port[end] & (PP_CLASSES_MAX - 1)];
}

struct subject subject_of(const struct assessment *a, const struct pp_flow *flow, const struct pp_judged *j)
{
    struct subject s = {.flow = flow};
    s.address[j->initiator] = j->initiator_address;
    s.address[!j->initiator] = j->responder_address;
    const struct pp_site_entry *entry[2];
    for (unsigned e = 0; e < 2; e++) {
        entry[e] = &a->directory.seen[s.address[e]].entry;
        s.port[e] = unfold_port(a, flow, e);
        s.roles[e] = entry[e]->roles;
        s.host[e] = entry[e]->host;
        s.holder[e] = holder_at(&a->matching, entry[e]);
    }
    s.on_loopback = entry[0]->loopback && entry[1]->loopback;
    s.on_one_host = are_on_one_host(a, s.address[0], s.address[1]);
    return s;
}

static void learn_class_ports(struct assessment *a)
{
    if (!a->report->counters->folded[PP_FLOW_CLASSES]) return; /* no flow needs them */
    for (unsigned t = 0; t < 2; t++)
        for (uint32_t port = 0; port < 65536; port++)
            a->class_port[t][pp_port_class(a->in->class_index, t ? PP_UDP : PP_TCP, (uint16_t)port)] = (uint16_t)port;
}

/* Addresses that were seen, but in no flow. */
static bool learn_other_addresses(struct assessment *a)
{
    uint32_t number;
    for (size_t i = 0; i < pp_seen_address_count(a->in->flows); i++) {
        struct pp_address address = pp_seen_address_at(a->in->flows, i);
        if (!directory_add(&a->directory, a->in->site, &address, &number)) return false;
    }
    return true;
}

static void learn_loopback_features(struct assessment *a)
{
    for (uint16_t r = 0; r < a->in->spec->row_count; r++)
        if (a->in->spec->rows[r].loopback && edge_setting(a, a->in->spec->rows[r].feature, PP_NONE, PP_NONE) == PP_SET_ON)
            a->loopback_on = true;
}

/* Number the ends of a block of flows. */
static bool number_block(struct assessment *a, size_t first, const struct pp_flow *flows, size_t count)
{
    uint32_t ends[FLOW_BLOCK][2];
    if (!directory_add_ends(&a->directory, a->in->site, flows, count, ends)) return false;
    for (size_t i = 0; i < count; i++) hold_ends(&a->judged[first + i], ends[i]);
    return true;
}

static size_t read_block(const struct assessment *a, size_t first, size_t end, struct pp_flow flows[FLOW_BLOCK])
{
    size_t count = end - first < FLOW_BLOCK ? end - first : FLOW_BLOCK;
    for (size_t i = 0; i < count; i++) pp_flow_at(a->in->flows, first + i, &flows[i]);
    return count;
}

static void judge_block(const struct assessment *a, size_t first, const struct pp_flow *flows, size_t count)
{
    for (size_t i = 0; i < count; i++) directory_prefetch(&a->directory, &a->judged[first + i]);
    for (size_t i = 0; i < count; i++) {
        a->judged[first + i].initiator = 0; /* whatever inference thought */
        judge_alone(a, &flows[i], &a->judged[first + i]);
    }
}

/* Judge a range of flows whose ends are numbered; any number of threads may, since each flow is looked at by itself. */
static void judge_range(void *context, size_t first, size_t count)
{
    const struct assessment *a = context;
    struct pp_flow flows[FLOW_BLOCK];
    for (size_t i = first, n; i < first + count; i += n) {
        n = read_block(a, i, first + count, flows);
        judge_block(a, i, flows, n);
    }
}

/* Number the ends of all flows, which is one thread's work, and with one thread judge them on the way. */
static bool number_flows(struct assessment *a, bool judge_too)
{
    struct pp_flow flows[FLOW_BLOCK];
    for (size_t i = 0, n; i < a->count; i += n) {
        n = read_block(a, i, a->count, flows);
        if (!number_block(a, i, flows, n)) return false;
        if (judge_too) judge_block(a, i, flows, n);
    }
    return true;
}

/* What could not be judged without other flows. */
static bool judge_open_flows(struct assessment *a)
{
    size_t count = 0;
    for (size_t i = 0; i < a->count; i++) count += a->judged[i].outcome == PP_OUTCOME_COUNT;
    if (!count) return true;
    uint32_t *open = calloc(count, sizeof *open);
    if (!open) return false;
    count = 0;
    for (size_t i = 0; i < a->count; i++)
        if (a->judged[i].outcome == PP_OUTCOME_COUNT) open[count++] = (uint32_t)i;
    bool ok = learn_endpoints(a, open, count);
    for (size_t i = 0; ok && i < count; i++) {
        struct pp_flow flow;
        pp_flow_at(a->in->flows, open[i], &flow);
        judge_by_others(a, &flow, &a->judged[open[i]]);
    }
    free(open);
    return ok;
}

/* Most flows are judged by themselves. What other flows say is looked for only where it is needed, and only about those ends. */
static bool judge_flows(struct assessment *a)
{
    enum { GRAIN = 4096 };
    bool several = a->in->threads > 1;
    if (!a->counted && !number_flows(a, !several)) return false;
    if (a->counted || several) in_parallel(a->in->threads, a->count, GRAIN, judge_range, a);
    return judge_open_flows(a);
}

static void summarise(struct assessment *a)
{
    struct pp_summary *s = &a->report->summary;
    for (size_t i = 0; i < a->count; i++) {
        const struct pp_judged *j = &a->judged[i];
        uint64_t *const counts[PP_FLOW_VERDICT_COUNT] = {[PP_OUT_OF_SCOPE] = &s->out_of_scope,
                                                         [PP_UNDETERMINED] = &s->undetermined,
                                                         [PP_EXPECTED] = &s->expected,
                                                         [PP_EXEMPT] = &s->exempt,
                                                         [PP_UNEXPECTED] = &s->unexpected};
        ++*counts[j->verdict];
        if (j->verdict == PP_UNEXPECTED && got_through(j->outcome, j->transport) == PP_YES) s->got_through++;
        if (j->verdict == PP_EXPECTED && j->labels & PP_LABEL_WIDE) s->wide++;
    }
}

/* --- compliance (design 5.5) ----------------------------------------------------------------------------------------- */

static void conclude(struct assessment *a, enum pp_compliance at_best, const char *reason)
{
    struct pp_report *r = a->report;
    if (!reason) return;
    r->verdict_reasons[r->verdict_reason_count++] = reason;
    if (r->verdict == PP_COMPLIANT || at_best == PP_NON_COMPLIANT) r->verdict = at_best;
}

static uint64_t count_findings(const struct assessment *a, enum pp_finding_kind kind, enum pp_answer through)
{
    uint64_t n = 0;
    for (uint32_t i = 0; i < a->report->finding_count; i++)
        n += a->report->findings[i].kind == kind && a->report->findings[i].got_through == through;
    return n;
}

static uint64_t silent_udp(const struct assessment *a)
{
    uint64_t n = 0;
    for (size_t i = 0; i < a->count; i++)
        n += a->judged[i].verdict == PP_UNEXPECTED && got_through(a->judged[i].outcome, a->judged[i].transport) == PP_UNKNOWN;
    return n;
}

static const char *counted(struct assessment *a, uint64_t n, const char *one, const char *many)
{
    return n ? arena_format(a->arena, "%" PRIu64 " %s", n, n == 1 ? one : many) : NULL;
}

static void conclude_all(struct assessment *a)
{
    struct pp_report *r = a->report;
    uint64_t packets = 0, failed = 0, expired = 0;
    for (uint32_t i = 0; i < a->in->capture_count; i++) failed += a->in->captures[i].failed;
    for (unsigned i = 0; i < PP_DECODED_COUNT; i++) packets += r->counters->by_result[i];
    for (unsigned t = 0; t < 3; t++) expired += count_findings(a, PP_FIND_WAIVER_EXPIRED, (enum pp_answer)t);
    conclude(a, PP_NON_COMPLIANT, counted(a, r->summary.rows[PP_STATE_BLOCKED], "row is blocked", "rows are blocked"));
    conclude(a, PP_NON_COMPLIANT, counted(a, r->summary.got_through, "unexpected flow got through", "unexpected flows got through"));
    conclude(a, PP_NON_COMPLIANT, counted(a, expired, "waiver in use has expired", "uses of waivers that have expired"));
    conclude(a, PP_INCONCLUSIVE,
             counted(a, r->summary.rows[PP_STATE_MISSING], "due row was never exercised", "due rows were never exercised"));
    conclude(a, PP_INCONCLUSIVE,
             counted(a, r->summary.rows[PP_STATE_NOT_OBSERVABLE], "due row could not have been seen here",
                     "due rows could not have been seen here"));
    conclude(a, PP_INCONCLUSIVE, counted(a, r->summary.undetermined, "flow could not be judged", "flows could not be judged"));
    conclude(a, PP_INCONCLUSIVE,
             counted(a, silent_udp(a), "unexpected UDP flow may have got through", "unexpected UDP flows may have got through"));
    if (!packets)
        conclude(a, PP_INCONCLUSIVE, "there is no packet to judge");
    else if (!r->summary.rows[PP_STATE_EXPECTED])
        conclude(a, PP_INCONCLUSIVE, "no row was seen to work");
    if (r->site->inferred) conclude(a, PP_INCONCLUSIVE, "roles were inferred from the traffic itself");
    if (failed) conclude(a, PP_INCONCLUSIVE, "input was cut short or could not be read");
    if (r->fitness.grade == PP_POOR) conclude(a, PP_INCONCLUSIVE, "the capture is poor evidence");
}

static bool judge_everything(struct assessment *a)
{
    if (!matching_init(&a->matching, a->in->spec, a->in->site) || !port_sets_init(&a->companions)) return false;
    learn_class_ports(a);
    mark_narrow_ports(a);
    learn_loopback_features(a);
    for (uint32_t h = 0; h < a->in->site->host_count; h++) a->primary_named |= a->in->site->hosts[h].primary;
    if (!waivers_init(&a->waivers, a->in->site) || !judge_flows(a) || !learn_other_addresses(a) || !add_labels(a)) return false;
    summarise(a);
    if (!judge_rows(a) || !collect_findings(a) || !judge_fitness(a)) return false;
    for (uint32_t i = 0; i < a->report->finding_count; i++) explain_finding(a, &a->report->findings[i]);
    sort_findings(a);
    conclude_all(a);
    return !arena_failed(a->arena);
}

struct pp_census *pp_census_create(void) { return calloc(1, sizeof(struct pp_census)); }

void pp_census_destroy(struct pp_census *census)
{
    if (!census) return;
    directory_finish(&census->directory);
    free(census->judged);
    free(census);
}

/* Begin with what a census of this site knows. */
static void take_census(struct assessment *a)
{
    struct pp_census *census = a->in->census;
    if (!census || !census->judged || census->site != a->in->site) return;
    a->judged = census->judged;
    a->directory = census->directory;
    a->counted = true;
    *census = (struct pp_census){0};
}

struct pp_report *pp_assess(const struct pp_assess_input *input)
{
    const unsigned failures = memory_failures();
    struct arena *arena = arena_create();
    struct assessment *a = calloc(1, sizeof *a);
    struct pp_report *report = calloc(1, sizeof *report);
    bool ok = arena && a && report;
    if (ok) {
        *report = (struct pp_report){.spec = input->spec,
                                     .site = input->site,
                                     .captures = input->captures,
                                     .capture_count = input->capture_count,
                                     .flows = input->flows,
                                     .counters = pp_flow_counters(input->flows),
                                     .memory = arena};
        *a = (struct assessment){.in = input, .arena = arena, .report = report, .count = pp_flow_count(input->flows)};
        take_census(a);
        if (!a->judged) a->judged = calloc(a->count + 1, sizeof *a->judged);
        a->visible = arena_alloc(arena, input->site->host_count + 1);
        report->rows = arena_alloc(arena, (input->spec->row_count + 1u) * sizeof *report->rows);
        report->verdict_reasons = arena_alloc(arena, VERDICT_REASONS_MAX * sizeof *report->verdict_reasons);
        ok = a->judged && !arena_failed(arena) && judge_everything(a) && memory_failures() == failures;
        report->judged = a->judged;
        report->addresses = a->directory.seen;
        report->address_count = a->directory.count;
        free(a->directory.slots);
        endpoints_finish(&a->endpoints);
        matching_finish(&a->matching);
        port_sets_finish(&a->companions);
        waivers_finish(&a->waivers);
    }
    free(a);
    if (ok) return report;
    if (!report || !report->memory) arena_destroy(arena);
    pp_report_destroy(report);
    return NULL;
}

void pp_report_destroy(struct pp_report *report)
{
    if (!report) return;
    arena_destroy(report->memory);
    free((void *)(uintptr_t)report->judged);
    free((void *)(uintptr_t)report->addresses);
    free(report->findings);
    free(report);
}
