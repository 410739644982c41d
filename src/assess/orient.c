/* Who opened a flow, and on what proof (design 5.1): the handshake, then listeners, then the rows, then for UDP the
 * peers and the first packet. What nothing decides stays open; it is never guessed. */
#include <string.h>

#include "address.h"
#include "assess.h"

enum { EPHEMERAL_FIRST = 1024 };

static void mark_ports(struct assessment *a, const struct pp_ports *ports)
{
    for (unsigned r = 0; r < ports->count; r++)
        for (uint32_t port = ports->ranges[r].first; port <= ports->ranges[r].last; port += ports->ranges[r].step) {
            if (ports->tcp) a->narrow[0][port / 8] |= (uint8_t)(1u << port % 8);
            if (ports->udp) a->narrow[1][port / 8] |= (uint8_t)(1u << port % 8);
        }
}

void mark_narrow_ports(struct assessment *a)
{
    const struct pp_spec *spec = a->in->spec;
    for (unsigned i = 0; i < spec->row_count; i++)
        if (!spec->rows[i].wide) mark_ports(a, &spec->rows[i].ports);
    for (unsigned i = 0; i < spec->companion_count; i++) {
        mark_ports(a, &spec->companions[i].ports);
        port_sets_add(&a->companions, i, &spec->companions[i].ports);
    }
    /* A wide waiver (a backup server, any port) names no port in particular; it would take every port away from the wide rows. */
    for (unsigned i = 0; i < a->in->site->waiver_count; i++)
        if (pp_ports_size(&a->in->site->waivers[i].ports) <= PP_WIDE_PORTS) mark_ports(a, &a->in->site->waivers[i].ports);
}

static bool is_narrow_port(const struct assessment *a, uint8_t transport, uint16_t port)
{
    return a->narrow[transport == PP_UDP][port / 8] >> port % 8 & 1;
}

static bool holds_any(pp_role_set roles, pp_role_set wanted) { return !wanted || roles & wanted; }

static void read_companions(const struct assessment *a, const struct subject *s, unsigned initiator, struct reading *reading)
{
    uint64_t here = port_sets_at(&a->companions, s->flow->transport, s->port[!initiator]);
    for (; here; here &= here - 1) {
        const struct pp_companion *c = &a->in->spec->companions[__builtin_ctzll(here)];
        if (holds_any(s->roles[initiator], c->from) && holds_any(s->roles[!initiator], c->to))
            narrow_down(reading, pp_ports_size(&c->ports));
    }
}

void read_orientation(const struct assessment *a, const struct subject *s, unsigned initiator, struct reading *reading)
{
    const struct matching *m = &a->matching;
    uint16_t opposite = s->port[initiator];
    bool wide_may = opposite >= EPHEMERAL_FIRST && !is_narrow_port(a, s->flow->transport, opposite);
    struct pp_row_set rows = rows_of_subject(a, s, initiator);
    *reading = (struct reading){
        .rows = wide_may ? rows : rows_without(rows, &m->wide), .narrowest = UINT32_MAX, .waiver = PP_NONE, .expired = PP_NONE};
    FOR_EACH_ROW (r, &reading->rows) {
        narrow_down(reading, m->width[r]);
        reading->expected |= !row_is_off(a, r, s->host[initiator], s->host[!initiator]);
    }
    read_waivers(a, s, initiator, reading);
    read_companions(a, s, initiator, reading);
}

unsigned by_handshake(const struct pp_flow *flow)
{
    if (flow->kind == PP_FLOW_CONVERSATION) return flow->initiator;
    if (flow->transport != PP_TCP) return 2;
    unsigned quoted = flow->facts.quoted_syn;
    return pp_handshake_initiator(flow->side[0].marks | (quoted & 1 ? PP_SIDE_SYN : 0),
                                  flow->side[1].marks | (quoted & 2 ? PP_SIDE_SYN : 0));
}

static struct endpoint *endpoint_at(const struct assessment *a, const struct subject *s, unsigned end)
{
    return endpoint_of(&a->endpoints, s->flow->transport, s->address[end], s->port[end]);
}

/* What a flow says of its ends, if anybody asked for them. */
static void tell_endpoints(const struct assessment *a, const struct subject *s)
{
    struct endpoint *end[2] = {endpoint_at(a, s, 0), endpoint_at(a, s, 1)};
    if (!end[0] && !end[1]) return;
    if (s->flow->transport == PP_TCP) {
        unsigned initiator = by_handshake(s->flow);
        if (initiator < 2 && end[!initiator] && s->flow->side[!initiator].marks & PP_SIDE_SYN_ACK) end[!initiator]->listener = true;
    } else if (!is_group(a, s)) /* nobody answers as a broadcast address: it is no peer */
        for (unsigned e = 0; e < 2; e++)
            if (end[e]) endpoint_met(end[e], s->address[!e], s->port[!e]);
}

bool learn_endpoints(struct assessment *a, const uint32_t *flows, size_t count)
{
    struct pp_flow flow;
    for (size_t i = 0; i < count; i++) {
        pp_flow_at(a->in->flows, flows[i], &flow);
        struct subject s = subject_of(a, &flow, &a->judged[flows[i]]);
        for (unsigned e = 0; e < 2; e++)
            if (!endpoint_add(&a->endpoints, flow.transport, s.address[e], s.port[e])) return false;
    }
    for (size_t i = 0; i < a->count; i++) {
        pp_flow_at(a->in->flows, i, &flow);
        struct subject s = subject_of(a, &flow, &a->judged[i]);
        tell_endpoints(a, &s);
    }
    return true;
}

unsigned by_first_packet(const struct pp_flow *flow)
{
    if (flow->side[0].first_ns != flow->side[1].first_ns) return flow->side[1].first_ns < flow->side[0].first_ns;
    if (!flow->side[0].packets && !flow->side[1].packets && flow->facts.report_count) return flow->facts.reports[0].quoted_side;
    /* Without times, a side that sent nothing cannot have been first. */
    if (!flow->side[0].packets != !flow->side[1].packets) return !flow->side[0].packets;
    return 2;
}

struct orientation orient_by_others(const struct assessment *a, const struct subject *s, const struct reading readings[2])
{
    const struct endpoint *end[2] = {endpoint_at(a, s, 0), endpoint_at(a, s, 1)};
    if (s->flow->transport == PP_TCP && end[0]->listener != end[1]->listener)
        return (struct orientation){end[0]->listener, PP_BASIS_LISTENER};
    if (readings[0].narrowest != readings[1].narrowest)
        return (struct orientation){readings[1].narrowest < readings[0].narrowest, PP_BASIS_ROW};
    if (s->flow->transport == PP_UDP) {
        if (end[0]->met_many != end[1]->met_many) return (struct orientation){end[0]->met_many, PP_BASIS_PEERS};
        unsigned first = by_first_packet(s->flow);
        if (first < 2) return (struct orientation){first, PP_BASIS_FIRST_PACKET};
    }
    if (s->flow->kept_port < 2) return (struct orientation){!s->flow->kept_port, PP_BASIS_NONE};
    return (struct orientation){s->port[0] < s->port[1], PP_BASIS_NONE}; /* the lower port is shown as the responder's */
}
