/* The verdict of a flow (design 5.3): out of scope, undetermined, expected, exempt, or unexpected with its nearest miss. */
#include <string.h>

#include "address.h"
#include "assess.h"

static const pp_role_set ANYBODY = UINT32_MAX;

uint32_t row_width(const struct pp_spec *spec, uint16_t row) { return pp_ports_size(&spec->rows[row].ports); }

/* Rows on this port between these roles. A row with a partner is one conversation with it: whoever answers the partner's
 * agents is reached on the row's own port too (SecurID agents send to 5500, domain trap 4). What stays on one host is on
 * the Netlet's rows or on none (a server is not "another" server, trap 14), and what leaves it is never on those (trap 10). */
struct pp_row_set matching_rows(const struct assessment *a, const struct subject *s, enum pp_transport transport, uint16_t port,
                                pp_role_set from, pp_role_set to)
{
    const struct pp_spec *spec = a->in->spec;
    struct pp_row_set rows = pp_port_index_match(a->in->index, transport, port, from, to);
    const struct pp_row_set *here = pp_class_rows(a->in->index, pp_port_class(a->in->index, transport, port));
    for (uint16_t r = 0; r < spec->row_count; r++) {
        const struct pp_row *row = &spec->rows[r];
        if (row->partner == PP_NONE || row->wide || !pp_row_set_has(here, r)) continue;
        if (to >> row->from & 1 && from >> row->to & 1) pp_row_set_add(&rows, r);
    }
    for (uint16_t r = 0; r < spec->row_count; r++)
        if (spec->rows[r].loopback != s->on_one_host) rows.words[r >> 6] &= ~(UINT64_C(1) << (r & 63));
    return rows;
}

static enum pp_setting own_setting(const struct pp_site *site, uint16_t feature, uint16_t host)
{
    return host == PP_NONE ? PP_SET_AUTO : (enum pp_setting)site->hosts[host].features[feature];
}

/* A feature between two hosts: either host's own word before the site's, and off before on; with all it needs. */
enum pp_setting setting_between(const struct pp_spec *spec, const struct pp_site *site, uint16_t feature, uint16_t from_host,
                                uint16_t to_host)
{
    enum pp_setting from = own_setting(site, feature, from_host), to = own_setting(site, feature, to_host);
    enum pp_setting setting = from == PP_SET_OFF || to == PP_SET_OFF ? PP_SET_OFF
                              : from == PP_SET_ON || to == PP_SET_ON ? PP_SET_ON
                                                                     : pp_site_feature(site, spec, feature, PP_NONE);
    for (uint16_t f = 0; f < spec->feature_count; f++) {
        if (f == feature || !(spec->features[feature].needs >> f & 1)) continue;
        enum pp_setting needed = setting_between(spec, site, f, from_host, to_host);
        if (needed == PP_SET_OFF) return PP_SET_OFF;
        if (needed == PP_SET_AUTO && setting == PP_SET_ON) setting = PP_SET_AUTO;
    }
    return setting;
}

enum pp_setting edge_setting(const struct assessment *a, uint16_t feature, uint16_t from_host, uint16_t to_host)
{
    return setting_between(a->in->spec, a->in->site, feature, from_host, to_host);
}

static bool has_loopback_row(const struct assessment *a, const struct reading readings[2])
{
    for (unsigned o = 0; o < 2; o++)
        for (uint16_t r = 0; r < a->in->spec->row_count; r++)
            if (a->in->spec->rows[r].loopback && pp_row_set_has(&readings[o].rows, r)) return true;
    return false;
}

bool is_group(const struct assessment *a, const struct pp_flow *flow)
{
    for (unsigned e = 0; e < 2; e++)
        if (address_is_group(&flow->address[e]) || pp_site_is_broadcast(a->in->site, &flow->address[e]) ||
            flow->side[e].marks & PP_SIDE_LINK_GROUP)
            return true;
    return false;
}

void place_subject(const struct assessment *a, struct subject *s)
{
    s->on_loopback = address_is_loopback(&s->flow->address[0]) && address_is_loopback(&s->flow->address[1]);
    bool same_host = s->host[0] != PP_NONE && s->host[0] == s->host[1] && !a->in->site->hosts[s->host[0]].is_prefix;
    s->on_one_host = s->on_loopback || s->address[0] == s->address[1] || same_host;
}

static bool in_scope(const struct assessment *a, const struct subject *s, const struct reading readings[2])
{
    if (!((s->roles[0] | s->roles[1]) & telling_roles(a->in->spec)) || is_group(a, s->flow)) return false;
    /* While netlet is on, loopback is judged; that a server may talk to its own address is no port list's business. */
    return !s->on_one_host || (a->loopback_on && s->on_loopback) || has_loopback_row(a, readings);
}

static bool is_off(const struct assessment *a, const struct subject *s, unsigned initiator, uint16_t row)
{
    return edge_setting(a, a->in->spec->rows[row].feature, s->host[initiator], s->host[!initiator]) == PP_SET_OFF;
}

/* The narrowest of a set of rows whose feature is (or is not) off; the first of equals. PP_NONE: none. */
static uint16_t narrowest(const struct assessment *a, const struct subject *s, unsigned initiator, const struct pp_row_set *rows, bool off,
                          bool wide_too)
{
    uint16_t best = PP_NONE;
    for (uint16_t r = 0; r < a->in->spec->row_count; r++) {
        if (!pp_row_set_has(rows, r) || (a->in->spec->rows[r].wide && !wide_too) || is_off(a, s, initiator, r) != off) continue;
        if (best == PP_NONE || row_width(a->in->spec, r) < row_width(a->in->spec, best)) best = r;
    }
    return best;
}

/* The first miss that a narrow row explains (design 5.3, in its order). */
static enum pp_reason nearest_miss(const struct assessment *a, const struct subject *s, unsigned i, uint16_t *nearest)
{
    enum pp_transport transport = s->flow->transport, other = transport == PP_TCP ? PP_UDP : PP_TCP;
    uint16_t port = s->port[!i];
    pp_role_set from = s->roles[i], to = s->roles[!i];
    const struct {
        enum pp_reason reason;
        enum pp_transport transport;
        pp_role_set from, to;
        bool off;
    } misses[] = {
        {PP_FEATURE_OFF, transport, from, to, true},
        {PP_REVERSED, transport, to, from, false},
        {PP_WRONG_TRANSPORT, other, from, to, false},
        {PP_WRONG_SOURCE, transport, ANYBODY, to, false},
        {PP_WRONG_DESTINATION, transport, from, ANYBODY, false},
    };
    for (size_t m = 0; m < sizeof misses / sizeof *misses; m++) {
        struct pp_row_set rows = matching_rows(a, s, misses[m].transport, port, misses[m].from, misses[m].to);
        *nearest = narrowest(a, s, misses[m].reason == PP_REVERSED ? !i : i, &rows, misses[m].off, false);
        if (*nearest != PP_NONE) return misses[m].reason;
    }
    return from && to ? PP_UNLISTED_PORT : PP_UNKNOWN_HOST;
}

static void decide(const struct assessment *a, const struct subject *s, const struct reading readings[2], struct pp_judged *j)
{
    unsigned i = j->initiator;
    if (j->basis == PP_BASIS_NONE && (readings[0].expected || readings[0].exempt || readings[1].expected || readings[1].exempt)) {
        j->verdict = PP_UNDETERMINED;
        j->reason = PP_REASON_DIRECTION;
        return;
    }
    struct pp_row_set rows = matching_rows(a, s, s->flow->transport, s->port[!i], s->roles[i], s->roles[!i]);
    /* A wide row that may not tell the direction counts as no match where the direction is not proven: the agent's reply
     * T:161 → R:45000, captured first, is no more SecurID than R:45000 → T:161. */
    if (j->basis > PP_BASIS_LISTENER) rows = readings[i].rows;
    j->row = narrowest(a, s, i, &rows, false, true);
    j->reason = PP_REASON_NONE;
    if (j->row != PP_NONE) {
        j->verdict = PP_EXPECTED;
        if (a->in->spec->rows[j->row].wide) j->labels |= PP_LABEL_WIDE;
        return;
    }
    j->waiver = readings[i].waiver;
    if (j->waiver != PP_NONE) {
        j->verdict = PP_EXEMPT;
        return;
    }
    j->verdict = PP_UNEXPECTED;
    j->expired_waiver = readings[i].expired;
    j->reason = (uint8_t)nearest_miss(a, s, i, &j->nearest_row);
}

static bool is_not_primary(const struct assessment *a, const struct subject *s, unsigned initiator, uint16_t row)
{
    enum pp_primary_end end = a->in->spec->rows[row].primary;
    if (end == PP_PRIMARY_NONE) return false;
    uint16_t host = s->host[end == PP_PRIMARY_FROM ? initiator : !initiator];
    return a->primary_named && (host == PP_NONE || !a->in->site->hosts[host].primary);
}

void judge_flow(struct assessment *a, const struct pp_flow *flow, struct pp_judged *j, struct pp_reading shown[2], uint8_t *shown_count)
{
    struct subject s = subject_of(a, flow, j);
    struct reading readings[2];
    for (unsigned i = 0; i < 2; i++) read_orientation(a, &s, i, &readings[i]);
    enum pp_basis basis;
    unsigned i = orient(a, &s, readings, &basis);
    uint32_t address[2] = {j->initiator_address, j->responder_address}; /* until now in the order of the ends */
    *j = (struct pp_judged){.initiator_address = address[i],
                            .responder_address = address[!i],
                            .initiator_port = s.port[i],
                            .responder_port = s.port[!i],
                            .row = PP_NONE,
                            .nearest_row = PP_NONE,
                            .waiver = PP_NONE,
                            .companion = PP_NONE,
                            .expired_waiver = PP_NONE,
                            .transport = flow->transport,
                            .initiator = (uint8_t)i,
                            .basis = (uint8_t)basis,
                            .outcome = (uint8_t)outcome_of(flow, i),
                            .reason = PP_REASON_NONE,
                            .packets = flow->side[0].packets + flow->side[1].packets};
    j->too_late = is_too_late(a, flow, i);
    if (!j->packets) j->labels |= PP_LABEL_ICMP_ONLY;
    if (flow->kind != PP_FLOW_EXACT) j->labels |= PP_LABEL_FOLDED;
    if (j->outcome == PP_HALF_SEEN) j->labels |= PP_LABEL_HALF_SEEN;
    if (in_scope(a, &s, readings))
        decide(a, &s, readings, j);
    else
        j->verdict = PP_OUT_OF_SCOPE;
    if (j->verdict == PP_EXPECTED && is_not_primary(a, &s, i, j->row)) j->labels |= PP_LABEL_NOT_PRIMARY;
    *shown_count = 0;
    for (unsigned o = 0; o < 2 && j->verdict == PP_UNDETERMINED; o++) {
        uint16_t row = narrowest(a, &s, o, &readings[o].rows, false, true);
        if (row == PP_NONE && !readings[o].exempt)
            row = narrowest(a, &s, o, &readings[o].rows, true, true); /* switched off, but a reading */
        if (row != PP_NONE || readings[o].exempt)
            shown[(*shown_count)++] = (struct pp_reading){flow->address[o], flow->address[!o], s.port[!o], row};
    }
}

struct pp_row_set credited_rows(const struct assessment *a, const struct subject *s, const struct pp_judged *j)
{
    struct pp_row_set credited = {{0}};
    /* A call back that lands on a wide row matches it, but shows nothing of what the row is for. */
    if (j->verdict != PP_EXPECTED || (j->labels & PP_LABEL_CALLBACK && a->in->spec->rows[j->row].wide)) return credited;
    unsigned i = j->initiator;
    struct pp_row_set rows = matching_rows(a, s, j->transport, s->port[!i], s->roles[i], s->roles[!i]);
    for (uint16_t r = 0; r < a->in->spec->row_count; r++) {
        if (!pp_row_set_has(&rows, r) || is_off(a, s, i, r) || row_width(a->in->spec, r) != row_width(a->in->spec, j->row)) continue;
        pp_row_set_add(&credited, r);
        if (a->in->spec->rows[r].partner != PP_NONE) pp_row_set_add(&credited, a->in->spec->rows[r].partner);
    }
    return credited;
}
