/* From judged flows to findings: flows that agree in kind, reason, row, both addresses, port, transport and outcome are one
 * line (design 7). Past PP_FINDINGS_MAX lines they join by reason, responder and port. */
#include <stdlib.h>
#include <string.h>

#include "address.h"
#include "assess.h"
#include "parallel.h"

/* One flow that becomes (part of) a finding. The keys tell most of them apart without a look at the flow: see set_keys. */
struct item {
    uint64_t responder_key, initiator_key;
    uint32_t flow;
    enum pp_finding_kind kind;
};

/* Room for more findings; what is in it is not set. NULL: out of memory. */
static struct pp_finding *reserve_findings(struct assessment *a, size_t more)
{
    struct pp_report *report = a->report;
    if (report->finding_count + more > a->finding_room) {
        size_t room = 2 * a->finding_room + more;
        struct pp_finding *findings = realloc(report->findings, room * sizeof *findings);
        if (!findings) return NULL;
        report->findings = findings;
        a->finding_room = room;
    }
    return &report->findings[report->finding_count];
}

static void init_finding(struct pp_finding *finding, enum pp_finding_kind kind)
{
    *finding = (struct pp_finding){.kind = kind,
                                   .reason = PP_REASON_NONE,
                                   .row = PP_NONE,
                                   .nearest_row = PP_NONE,
                                   .waiver = PP_NONE,
                                   .companion = PP_NONE,
                                   .basis = PP_BASIS_NONE,
                                   .first_ns = PP_NO_FIRST,
                                   .first_frame = UINT64_MAX};
}

struct pp_finding *new_finding(struct assessment *a, enum pp_finding_kind kind)
{
    struct pp_finding *finding = reserve_findings(a, 1);
    if (!finding) return NULL;
    init_finding(finding, kind);
    a->report->finding_count++;
    return finding;
}

struct pp_party party_of(const struct assessment *a, uint32_t address)
{
    const struct pp_seen *seen = &a->directory.seen[address];
    return (struct pp_party){seen->address, pp_site_host_name(a->in->site, seen->entry.host), seen->entry.roles};
}

/* A host of the site that has an edge, and so an address (its first one), or everyone in a role. */
struct pp_party party_of_role(const struct assessment *a, uint16_t host, uint16_t role)
{
    struct pp_party party = {.name = "", .roles = UINT32_C(1) << role};
    if (host == PP_NONE) return party;
    const struct pp_host *h = &a->in->site->hosts[host];
    party.name = h->name;
    party.roles = h->roles;
    if (!h->is_prefix) party.address = h->prefixes[0].address;
    return party;
}

void add_flow_to_finding(struct assessment *a, struct pp_finding *finding, size_t number)
{
    const struct pp_judged *j = &a->judged[number];
    struct pp_flow flow;
    pp_flow_at(a->in->flows, number, &flow);
    pp_time_ns first = PP_NO_FIRST; /* of this flow */
    for (unsigned side = 0; side < 2; side++) {
        const struct pp_flow_side *s = &flow.side[side ^ j->initiator];
        finding->packets[side] += s->packets;
        finding->bytes[side] += s->bytes;
        if (s->first_ns < first) first = s->first_ns;
        if (s->last_ns > finding->last_ns) finding->last_ns = s->last_ns;
        finding->attempts += s->syns;
    }
    uint64_t frame = flow.first_frame;
    if (frame == UINT64_MAX && flow.has_facts) { /* known from ICMP only */
        frame = flow.facts.icmp_first_frame;
        if (flow.facts.icmp_first_ns < first) first = flow.facts.icmp_first_ns;
        if (flow.facts.icmp_last_ns > finding->last_ns) finding->last_ns = flow.facts.icmp_last_ns;
    }
    /* The earliest flow's frame, which in a capture out of order, or in the second of two, need not be the lowest. */
    if (finding->first_frame == UINT64_MAX || first < finding->first_ns || (first == finding->first_ns && frame < finding->first_frame)) {
        finding->first_frame = frame;
        finding->community_id[0] = '\0';
        if (flow.kind == PP_FLOW_EXACT) pp_community_id(&flow, finding->community_id);
    }
    if (first < finding->first_ns) finding->first_ns = first;
    /* What excuses must be true of every flow in the line; what warns, of any. */
    const unsigned excuses = PP_LABEL_CALLBACK | PP_LABEL_COMPANION;
    if (finding->flows++ == 0) finding->labels |= j->labels & excuses;
    finding->labels = (finding->labels & (j->labels | ~excuses)) | (j->labels & ~excuses);
    finding->seen_in |= captures_of(&flow);
    bool by_icmp = j->outcome == PP_REJECTED || (j->outcome == PP_REFUSED && j->transport == PP_UDP);
    if (by_icmp && !finding->has_icmp) {
        const struct pp_icmp_report *report = blocking_report(&flow, j->initiator); /* there is one: it made the outcome */
        finding->has_icmp = true;
        finding->blocked_by = report->sender;
        finding->icmp_type = report->type;
        finding->icmp_code = report->code;
    }
    if (j->outcome == PP_REFUSED && !finding->blocked_by.family) finding->blocked_by = flow.address[!j->initiator];
}

/* --- joining ------------------------------------------------------------------------------------------------------ */

/* qsort has no context argument in C17; one assessment sorts at a time in a thread. */
static _Thread_local const struct assessment *sorting;
static _Thread_local bool coarsely;

static int compare_seen(uint32_t x, uint32_t y)
{
    return address_compare(&sorting->directory.seen[x].address, &sorting->directory.seen[y].address);
}

static int compare_keys(const struct item *x, const struct item *y)
{
    const struct pp_judged *a = &sorting->judged[x->flow], *b = &sorting->judged[y->flow];
    int order = by(x->kind, y->kind);
    if (!order) order = by(a->reason, b->reason);
    if (!order && x->kind == PP_FIND_WAIVER_EXPIRED) order = by(a->expired_waiver, b->expired_waiver);
    if (!order) order = compare_seen(a->responder_address, b->responder_address);
    if (!order) order = by(a->responder_port, b->responder_port);
    if (!order) order = by(a->transport, b->transport);
    if (order || coarsely) return order;
    order = compare_seen(a->initiator_address, b->initiator_address);
    if (!order) order = by(a->outcome, b->outcome);
    if (!order) order = by(a->nearest_row, b->nearest_row);
    /* Nor is a flow that nothing explains hidden behind one that a label does. */
    if (!order) order = by(a->companion, b->companion);
    if (!order) order = by(a->labels & PP_LABEL_CALLBACK, b->labels & PP_LABEL_CALLBACK);
    /* Between two unknown directions the lower port is arbitrary; both ports then tell the finding apart. */
    if (!order && a->verdict == PP_UNDETERMINED) order = by(a->initiator_port, b->initiator_port);
    return order;
}

/* The first 33 bits of an address in the order of address_compare; all of it, for IPv4. */
static uint64_t address_key(const struct assessment *a, uint32_t number)
{
    const struct pp_address *address = &a->directory.seen[number].address;
    return (uint64_t)(address->family == PP_IPV6) << 32 | address_high(address) >> 32;
}

/* The beginning of what compare_keys compares, up to where it cannot be told from a number: an IPv6 address, an expired waiver. */
static void set_keys(const struct assessment *a, struct item *item)
{
    const struct pp_judged *j = &a->judged[item->flow];
    item->responder_key = (uint64_t)item->kind << 60 | (uint64_t)j->reason << 56;
    item->initiator_key = 0;
    if (item->kind == PP_FIND_WAIVER_EXPIRED) return;
    uint64_t responder = address_key(a, j->responder_address);
    item->responder_key |= responder << 17;
    if (responder >> 32) return;
    item->responder_key |= (uint64_t)j->responder_port << 1 | (j->transport == PP_UDP);
    if (!coarsely) item->initiator_key = address_key(a, j->initiator_address);
}

static int compare_items(const void *x, const void *y)
{
    const struct item *a = x, *b = y;
    int order = by(a->responder_key, b->responder_key);
    if (!order) order = by(a->initiator_key, b->initiator_key);
    if (!order) order = compare_keys(a, b);
    return order ? order : by(a->flow, b->flow);
}

static void sort_items(struct assessment *a, struct item *items, size_t count)
{
    for (size_t i = 0; i < count; i++) set_keys(a, &items[i]);
    if (count) qsort(items, count, sizeof *items, compare_items);
}

static size_t count_groups(const struct item *items, size_t count)
{
    size_t groups = count > 0;
    for (size_t i = 1; i < count; i++) groups += compare_keys(&items[i - 1], &items[i]) != 0;
    return groups;
}

static void describe(struct assessment *a, struct pp_finding *finding, const struct item *items, size_t count)
{
    const struct pp_judged *j = &a->judged[items->flow];
    finding->reason = items->kind == PP_FIND_WAIVER_EXPIRED ? PP_REASON_NONE : (enum pp_reason)j->reason;
    finding->nearest_row = j->nearest_row;
    finding->companion = j->companion;
    finding->waiver = items->kind == PP_FIND_WAIVER_EXPIRED ? j->expired_waiver : PP_NONE;
    finding->initiator = party_of(a, j->initiator_address);
    finding->responder = party_of(a, j->responder_address);
    finding->port = j->responder_port;
    finding->has_port = true;
    finding->transport = j->transport;
    finding->has_outcome = true;
    finding->outcome = (enum pp_outcome)j->outcome;
    finding->got_through = got_through(finding->outcome, j->transport);
    if (finding->kind == PP_FIND_UNDETERMINED) {
        struct pp_flow flow;
        pp_flow_at(a->in->flows, items->flow, &flow);
        finding->reading_count = show_readings(a, &flow, j, finding->readings);
    }
    uint32_t last = UINT32_MAX;
    for (size_t i = 0; i < count; i++) {
        const struct pp_judged *one = &a->judged[items[i].flow];
        add_flow_to_finding(a, finding, items[i].flow);
        if (i == 0 || one->basis < finding->basis) finding->basis = one->basis;
        if (one->initiator_address != last) finding->initiators++;
        last = one->initiator_address;
        enum pp_answer through = got_through(one->outcome, one->transport);
        if (through == PP_YES || (through == PP_UNKNOWN && finding->got_through == PP_NO)) {
            finding->got_through = through;
            finding->outcome = (enum pp_outcome)one->outcome;
        }
    }
    if (coarsely && finding->initiators > 1) {
        finding->initiator = (struct pp_party){.name = "", .roles = finding->initiator.roles};
        finding->community_id[0] = '\0';
    }
}

/* A coarse group's flows by initiator, so that initiators can be counted. */
static int compare_initiators(const void *x, const void *y)
{
    const struct item *a = x, *b = y;
    int order = by(sorting->judged[a->flow].initiator_address, sorting->judged[b->flow].initiator_address);
    return order ? order : by(a->flow, b->flow);
}

/* Items that become findings, one a group. */
struct joining {
    struct assessment *a;
    struct item *items;
    uint32_t *starts; /* of each group, and one more */
    struct pp_finding *findings;
    bool coarsely;
};

/* Describe a range of the groups, on any thread. */
static void join_groups(void *context, size_t first, size_t count)
{
    const struct joining *j = context;
    sorting = j->a; /* one a thread */
    coarsely = j->coarsely;
    for (size_t g = first; g < first + count; g++) {
        struct item *items = j->items + j->starts[g];
        size_t n = j->starts[g + 1] - j->starts[g];
        if (coarsely) qsort(items, n, sizeof *items, compare_initiators);
        init_finding(&j->findings[g], items->kind);
        describe(j->a, &j->findings[g], items, n);
    }
}

static bool join_items(struct assessment *a, struct item *items, size_t count)
{
    enum { GRAIN = 256 };
    sorting = a;
    coarsely = false;
    sort_items(a, items, count);
    coarsely = count_groups(items, count) > PP_FINDINGS_MAX;
    a->report->findings_joined = coarsely;
    if (coarsely) sort_items(a, items, count);
    size_t groups = count_groups(items, count), g = 0;
    struct joining joining = {a, items, malloc((groups + 1) * sizeof *joining.starts), reserve_findings(a, groups + 1), coarsely};
    bool ok = joining.starts && joining.findings;
    for (size_t i = 0; ok && i < count; i++)
        if (i == 0 || compare_keys(&items[i - 1], &items[i]) != 0) joining.starts[g++] = (uint32_t)i;
    if (ok) {
        joining.starts[groups] = (uint32_t)count;
        in_parallel(a->in->threads, groups, GRAIN, join_groups, &joining);
        a->report->finding_count += (uint32_t)groups;
    }
    free(joining.starts);
    return ok;
}

/* --- fragments without a first part --------------------------------------------------------------------------------- */

static int compare_datagrams(const void *x, const void *y)
{
    const struct pp_datagram *a = x, *b = y;
    int order = address_compare(&a->source, &b->source);
    if (!order) order = address_compare(&a->destination, &b->destination);
    if (!order) order = by(a->transport, b->transport);
    if (!order) order = by(a->first_ns, b->first_ns);
    return order ? order : by(a->first_frame, b->first_frame);
}

static bool same_parties(const struct pp_datagram *a, const struct pp_datagram *b)
{
    return a->transport == b->transport && address_compare(&a->source, &b->source) == 0 &&
           address_compare(&a->destination, &b->destination) == 0;
}

static bool in_scope_pair(const struct assessment *a, const struct pp_datagram *d, struct pp_party *from, struct pp_party *to)
{
    struct pp_site_entry x = pp_site_find(a->in->site, &d->source), y = pp_site_find(a->in->site, &d->destination);
    *from = (struct pp_party){d->source, pp_site_host_name(a->in->site, x.host), x.roles};
    *to = (struct pp_party){d->destination, pp_site_host_name(a->in->site, y.host), y.roles};
    pp_role_set telling = telling_roles(a->in->spec);
    if (address_is_group(&d->destination) || pp_site_is_broadcast(a->in->site, &d->destination)) return false;
    bool one_host = x.host != PP_NONE && x.host == y.host && !a->in->site->hosts[x.host].is_prefix;
    if (one_host || (x.loopback && y.loopback)) return false;
    return (x.roles | y.roles) & telling && address_compare(&d->source, &d->destination) != 0;
}

static bool find_orphans(struct assessment *a)
{
    size_t count = 0, all = pp_datagram_count(a->in->flows);
    struct pp_datagram *orphans = calloc(all + 1, sizeof *orphans);
    if (!orphans) return false;
    for (size_t i = 0; i < all; i++) {
        pp_datagram_at(a->in->flows, i, &orphans[count]);
        count += !orphans[count].first_seen;
    }
    if (count) qsort(orphans, count, sizeof *orphans, compare_datagrams);
    bool ok = true;
    for (size_t i = 0, n; ok && i < count; i += n) {
        for (n = 1; i + n < count && same_parties(&orphans[i], &orphans[i + n]); n++) continue;
        struct pp_party from, to;
        if (!in_scope_pair(a, &orphans[i], &from, &to)) continue;
        struct pp_finding *finding = new_finding(a, PP_FIND_UNDETERMINED);
        if (!(ok = finding != NULL)) break;
        finding->reason = PP_REASON_FRAGMENT;
        finding->initiator = from;
        finding->responder = to;
        finding->transport = orphans[i].transport;
        finding->got_through = PP_UNKNOWN;
        finding->flows = n;
        finding->first_ns = orphans[i].first_ns; /* the earliest stands first */
        finding->first_frame = orphans[i].first_frame;
        for (size_t k = i; k < i + n; k++) {
            const struct pp_datagram *d = &orphans[k];
            if (d->last_ns > finding->last_ns) finding->last_ns = d->last_ns;
            finding->packets[0] += d->later;
            finding->bytes[0] += d->bytes;
            uint16_t capture = pp_frame_capture(d->first_frame);
            finding->seen_in |= UINT64_C(1) << (capture < PP_CAPTURES_TOLD_APART ? capture : PP_CAPTURES_TOLD_APART);
        }
        a->report->summary.undetermined += n;
    }
    free(orphans);
    return ok;
}

bool collect_findings(struct assessment *a)
{
    size_t count = 0, room = 1; /* at most two of each unexpected flow, and the summary has counted them */
    room += (size_t)(2 * a->report->summary.unexpected + a->report->summary.undetermined);
    struct item *items = malloc(room * sizeof *items);
    if (!items) return false;
    for (size_t i = 0; i < a->count; i++) {
        const struct pp_judged *j = &a->judged[i];
        struct item item = {.flow = (uint32_t)i, .kind = PP_FIND_UNEXPECTED};
        if (j->verdict == PP_UNDETERMINED) item.kind = PP_FIND_UNDETERMINED;
        if (j->verdict == PP_UNEXPECTED || j->verdict == PP_UNDETERMINED) items[count++] = item;
        item.kind = PP_FIND_WAIVER_EXPIRED;
        if (j->verdict == PP_UNEXPECTED && j->expired_waiver != PP_NONE) items[count++] = item;
    }
    bool ok = join_items(a, items, count) && find_orphans(a);
    free(items);
    return ok;
}

/* --- the order of importance ------------------------------------------------------------------------------------------ */

static unsigned outcome_rank(const struct pp_finding *f)
{
    static const unsigned rank[PP_OUTCOME_COUNT] = {
        [PP_REJECTED] = 0, [PP_SILENT] = 1, [PP_REFUSED] = 2, [PP_ANSWERED] = 3, [PP_HALF_SEEN] = 4};
    return f->has_outcome ? rank[f->outcome] : 5;
}

static unsigned through_rank(const struct pp_finding *f) { return f->got_through == PP_YES ? 0 : f->got_through == PP_UNKNOWN ? 1 : 2; }

/* Side traffic that is known to be harmless comes after what nobody can explain. */
static unsigned label_rank(const struct pp_finding *f) { return f->labels & (PP_LABEL_COMPANION | PP_LABEL_CALLBACK) ? 1 : 0; }

static int compare_findings(const void *x, const void *y)
{
    const struct pp_finding *a = x, *b = y;
    int order = by(a->kind, b->kind);
    if (!order && a->kind == PP_FIND_UNEXPECTED) {
        order = by(through_rank(a), through_rank(b));
        if (!order) order = by(label_rank(a), label_rank(b));
        if (!order) order = by(a->reason, b->reason);
    }
    if (!order && a->kind == PP_FIND_BLOCKED) order = by(outcome_rank(a), outcome_rank(b));
    if (!order) order = by(a->row, b->row);
    if (!order) order = by(a->nearest_row, b->nearest_row);
    if (!order) order = by(a->waiver, b->waiver);
    if (!order) order = address_compare(&a->responder.address, &b->responder.address);
    if (!order) order = by(a->port, b->port);
    if (!order) order = address_compare(&a->initiator.address, &b->initiator.address);
    if (!order) order = by(a->transport, b->transport);
    if (!order) order = by(outcome_rank(a), outcome_rank(b));
    if (!order) order = strcmp(a->initiator.name, b->initiator.name);
    if (!order) order = strcmp(a->responder.name, b->responder.name);
    if (!order) order = by(a->first_frame, b->first_frame);
    return order ? order : strcmp(a->community_id, b->community_id);
}

void sort_findings(struct assessment *a)
{
    if (a->report->finding_count) qsort(a->report->findings, a->report->finding_count, sizeof *a->report->findings, compare_findings);
}
