/* The verdict of a flow (design 5.3): out of scope, undetermined, expected, exempt, or unexpected with its nearest miss. */
#include <string.h>

#include "address.h"
#include "assess.h"

static enum pp_setting own_setting(const struct pp_site *site, uint16_t feature, uint16_t host)
{
    return host == PP_NONE ? PP_SET_AUTO : (enum pp_setting)site->hosts[host].features[feature];
}

/* Of this feature alone: either host's own word before the site's, and off before on. */
static enum pp_setting said_between(const struct pp_spec *spec, const struct pp_site *site, uint16_t feature, uint16_t from_host,
                                    uint16_t to_host)
{
    enum pp_setting from = own_setting(site, feature, from_host), to = own_setting(site, feature, to_host);
    return from == PP_SET_OFF || to == PP_SET_OFF ? PP_SET_OFF
           : from == PP_SET_ON || to == PP_SET_ON ? PP_SET_ON
                                                  : pp_site_own_feature(site, spec, feature, PP_NONE);
}

/* A feature between two hosts, with all it needs, which spec has completed: what is needed has no needs that are not among them. */
enum pp_setting setting_between(const struct pp_spec *spec, const struct pp_site *site, uint16_t feature, uint16_t from_host,
                                uint16_t to_host)
{
    enum pp_setting setting = said_between(spec, site, feature, from_host, to_host);
    for (uint16_t f = 0; f < spec->feature_count; f++) {
        if (!(spec->features[feature].needs >> f & 1)) continue;
        enum pp_setting needed = said_between(spec, site, f, from_host, to_host);
        if (needed == PP_SET_OFF) return PP_SET_OFF;
        if (needed == PP_SET_AUTO && setting == PP_SET_ON) setting = PP_SET_AUTO;
    }
    return setting;
}

bool is_group_end(const struct pp_seen *seen) { return address_is_group(&seen->address) || seen->entry.broadcast; }

bool is_group(const struct assessment *a, const struct subject *s)
{
    for (unsigned e = 0; e < 2; e++)
        if (s->flow->side[e].marks & PP_SIDE_LINK_GROUP || is_group_end(&a->directory.seen[s->address[e]])) return true;
    return false;
}

bool share_a_host(const struct pp_site *site, const struct pp_seen *x, const struct pp_seen *y)
{
    const struct pp_site_entry *at = &x->entry, *and = &y->entry;
    if (at->loopback && and->loopback) return true;
    return at->host != PP_NONE && at->host == and->host && !site->hosts[at->host].is_prefix;
}

bool are_on_one_host(const struct assessment *a, uint32_t x, uint32_t y)
{
    return x == y || share_a_host(a->in->site, &a->directory.seen[x], &a->directory.seen[y]);
}

struct pp_row_set rows_of_subject(const struct assessment *a, const struct subject *s, unsigned initiator)
{
    uint8_t port_class = pp_port_class(a->in->index, s->flow->transport, s->port[!initiator]);
    return matching_rows(&a->matching, pp_class_rows(a->in->index, port_class), s->on_one_host, s->holder[initiator],
                         s->holder[!initiator]);
}

static bool has_loopback_row(const struct assessment *a, const struct subject *s)
{
    for (unsigned o = 0; o < 2; o++) {
        struct reading reading;
        read_orientation(a, s, o, &reading);
        struct pp_row_set rows = rows_in_both(reading.rows, &a->matching.loopback);
        if (!pp_row_set_empty(&rows)) return true;
    }
    return false;
}

static bool in_scope(const struct assessment *a, const struct subject *s)
{
    if (!((s->roles[0] | s->roles[1]) & a->matching.telling) || is_group(a, s)) return false;
    /* While netlet is on, loopback is judged; that a server may talk to its own address is no port list's business. */
    return !s->on_one_host || (a->loopback_on && s->on_loopback) || has_loopback_row(a, s);
}

/* The narrowest of a set of rows whose feature is (or is not) off; the first of equals. PP_NONE: none. */
static uint16_t narrowest(const struct assessment *a, const struct subject *s, unsigned initiator, const struct pp_row_set *rows, bool off)
{
    uint16_t best = PP_NONE;
    FOR_EACH_ROW (r, rows) {
        if (row_is_off(a, r, s->host[initiator], s->host[!initiator]) != off) continue;
        if (best == PP_NONE || a->matching.width[r] < a->matching.width[best]) best = r;
    }
    return best;
}

/* The first miss that a narrow row explains (design 5.3, in its order). */
static enum pp_reason nearest_miss(const struct assessment *a, const struct subject *s, unsigned i, uint16_t *nearest)
{
    enum pp_transport transport = s->flow->transport, other = transport == PP_TCP ? PP_UDP : PP_TCP;
    const struct holder *from = s->holder[i], *to = s->holder[!i], *anybody = &a->matching.anybody;
    const struct {
        enum pp_reason reason;
        enum pp_transport transport;
        const struct holder *from, *to;
        bool off;
    } misses[] = {
        {PP_FEATURE_OFF, transport, from, to, true},
        {PP_REVERSED, transport, to, from, false},
        {PP_WRONG_TRANSPORT, other, from, to, false},
        {PP_WRONG_SOURCE, transport, anybody, to, false},
        {PP_WRONG_DESTINATION, transport, from, anybody, false},
    };
    for (size_t m = 0; m < sizeof misses / sizeof *misses; m++) {
        uint8_t port_class = pp_port_class(a->in->index, misses[m].transport, s->port[!i]);
        struct pp_row_set of_port = rows_without(*pp_class_rows(a->in->index, port_class), &a->matching.wide);
        struct pp_row_set rows = matching_rows(&a->matching, &of_port, s->on_one_host, misses[m].from, misses[m].to);
        *nearest = narrowest(a, s, misses[m].reason == PP_REVERSED ? !i : i, &rows, misses[m].off);
        if (*nearest != PP_NONE) return misses[m].reason;
    }
    return s->roles[i] && s->roles[!i] ? PP_UNLISTED_PORT : PP_UNKNOWN_HOST;
}

/* `readings`: NULL where the handshake says who opened it. */
static void decide(const struct assessment *a, const struct subject *s, const struct reading *readings, struct pp_judged *j)
{
    unsigned i = j->initiator;
    if (readings && j->basis == PP_BASIS_NONE &&
        (readings[0].expected || readings[0].exempt || readings[1].expected || readings[1].exempt)) {
        j->verdict = PP_UNDETERMINED;
        j->reason = PP_REASON_DIRECTION;
        return;
    }
    /* A wide row that may not tell the direction counts as no match where the direction is not proven: the agent's reply
     * T:161 → R:45000, captured first, is no more SecurID than R:45000 → T:161. */
    struct pp_row_set rows = readings && j->basis > PP_BASIS_LISTENER ? readings[i].rows : rows_of_subject(a, s, i);
    j->row = narrowest(a, s, i, &rows, false);
    if (j->row != PP_NONE) {
        j->verdict = PP_EXPECTED;
        if (a->in->spec->rows[j->row].wide) j->labels |= PP_LABEL_WIDE;
        return;
    }
    struct reading waived = {.waiver = PP_NONE, .expired = PP_NONE};
    read_waivers(a, s, i, &waived);
    j->waiver = waived.waiver;
    if (j->waiver != PP_NONE) {
        j->verdict = PP_EXEMPT;
        return;
    }
    j->verdict = PP_UNEXPECTED;
    j->expired_waiver = waived.expired;
    j->reason = (uint8_t)nearest_miss(a, s, i, &j->nearest_row);
}

static bool is_not_primary(const struct assessment *a, const struct subject *s, unsigned initiator, uint16_t row)
{
    enum pp_primary_end end = a->in->spec->rows[row].primary;
    if (end == PP_PRIMARY_NONE) return false;
    uint16_t host = s->host[end == PP_PRIMARY_FROM ? initiator : !initiator];
    return a->primary_named && (host == PP_NONE || !a->in->site->hosts[host].primary);
}

/* All that follows from who opened it. */
static void judge(const struct assessment *a, const struct subject *s, struct orientation o, const struct reading *readings,
                  struct pp_judged *j)
{
    const struct pp_flow *flow = s->flow;
    unsigned i = o.initiator;
    *j = (struct pp_judged){.initiator_address = s->address[i],
                            .responder_address = s->address[!i],
                            .initiator_port = s->port[i],
                            .responder_port = s->port[!i],
                            .row = PP_NONE,
                            .nearest_row = PP_NONE,
                            .waiver = PP_NONE,
                            .companion = PP_NONE,
                            .expired_waiver = PP_NONE,
                            .transport = flow->transport,
                            .initiator = (uint8_t)i,
                            .basis = (uint8_t)o.basis,
                            .outcome = (uint8_t)outcome_of(flow, i),
                            .reason = PP_REASON_NONE,
                            .packets = flow->side[0].packets + flow->side[1].packets};
    j->too_late = j->outcome == PP_SILENT && is_too_late(a, flow, i);
    if (!j->packets) j->labels |= PP_LABEL_ICMP_ONLY;
    if (flow->kind != PP_FLOW_EXACT) j->labels |= PP_LABEL_FOLDED;
    if (j->outcome == PP_HALF_SEEN) j->labels |= PP_LABEL_HALF_SEEN;
    if (in_scope(a, s))
        decide(a, s, readings, j);
    else
        j->verdict = PP_OUT_OF_SCOPE;
    if (j->verdict == PP_EXPECTED && is_not_primary(a, s, i, j->row)) j->labels |= PP_LABEL_NOT_PRIMARY;
}

void judge_alone(const struct assessment *a, const struct pp_flow *flow, struct pp_judged *j)
{
    struct subject s = subject_of(a, flow, j);
    unsigned initiator = by_handshake(flow);
    if (initiator < 2) {
        judge(a, &s, (struct orientation){initiator, PP_BASIS_HANDSHAKE}, NULL, j);
        return;
    }
    if (flow->transport == PP_TCP) return; /* a listener comes before the rows */
    struct reading readings[2];
    for (unsigned i = 0; i < 2; i++) read_orientation(a, &s, i, &readings[i]);
    if (readings[0].narrowest == readings[1].narrowest) return;
    judge(a, &s, (struct orientation){readings[1].narrowest < readings[0].narrowest, PP_BASIS_ROW}, readings, j);
}

void judge_by_others(const struct assessment *a, const struct pp_flow *flow, struct pp_judged *j)
{
    struct subject s = subject_of(a, flow, j);
    struct reading readings[2];
    for (unsigned i = 0; i < 2; i++) read_orientation(a, &s, i, &readings[i]);
    judge(a, &s, orient_by_others(a, &s, readings), readings, j);
}

uint8_t show_readings(const struct assessment *a, const struct pp_flow *flow, const struct pp_judged *j, struct pp_reading shown[2])
{
    struct subject s = subject_of(a, flow, j);
    uint8_t count = 0;
    for (unsigned o = 0; o < 2; o++) {
        struct reading reading;
        read_orientation(a, &s, o, &reading);
        uint16_t row = narrowest(a, &s, o, &reading.rows, false);
        if (row == PP_NONE && !reading.exempt) row = narrowest(a, &s, o, &reading.rows, true); /* switched off, but a reading */
        if (row != PP_NONE || reading.exempt) shown[count++] = (struct pp_reading){flow->address[o], flow->address[!o], s.port[!o], row};
    }
    return count;
}

struct pp_row_set credited_rows(const struct assessment *a, const struct pp_judged *j)
{
    struct pp_row_set credited = {{0}};
    /* A call back is expected only where it lands on a wide row, which it matches, but shows nothing of what the row is for. */
    if (j->labels & PP_LABEL_CALLBACK) return credited;
    const struct pp_site_entry *from = &a->directory.seen[j->initiator_address].entry, *to = &a->directory.seen[j->responder_address].entry;
    uint8_t port_class = pp_port_class(a->in->index, j->transport, j->responder_port);
    struct pp_row_set rows =
        matching_rows(&a->matching, pp_class_rows(a->in->index, port_class), are_on_one_host(a, j->initiator_address, j->responder_address),
                      holder_at(&a->matching, from), holder_at(&a->matching, to));
    FOR_EACH_ROW (r, &rows) {
        if (a->matching.width[r] != a->matching.width[j->row] || row_is_off(a, r, from->host, to->host)) continue;
        pp_row_set_add(&credited, r);
        if (a->in->spec->rows[r].partner != PP_NONE) pp_row_set_add(&credited, a->in->spec->rows[r].partner);
    }
    return credited;
}
