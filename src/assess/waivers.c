/* Which waivers match a flow. A site may hold thousands, and a capture millions of flows: they are found by the responder's
 * port. Those of very many ports, which are few, are looked at one by one. */
#include <stdlib.h>

#include "address.h"
#include "assess.h"

enum { PORTS = 65536 };

void narrow_down(struct reading *reading, uint32_t ports)
{
    if (ports < reading->narrowest) reading->narrowest = ports;
}

static bool is_wide(const struct pp_waiver *waiver) { return pp_ports_size(&waiver->ports) > PP_WIDE_PORTS; }

/* Count the entries of each port, or, with `fill`, enter them; `start` moves with each. Ranges of a set never overlap. */
static void enter(struct waiver_index *index, const struct pp_waiver *waiver, uint16_t number, bool fill)
{
    for (unsigned t = 0; t < 2; t++) {
        if (!(t ? waiver->ports.udp : waiver->ports.tcp)) continue;
        for (unsigned r = 0; r < waiver->ports.count; r++) {
            const struct pp_port_range *range = &waiver->ports.ranges[r];
            for (uint32_t port = range->first; port <= range->last; port += range->step) {
                uint32_t at = index->start[t][port]++;
                if (fill) index->narrow[at] = number;
            }
        }
    }
}

static void enter_all(struct waiver_index *index, const struct pp_site *site, bool fill)
{
    for (uint32_t i = 0; i < site->waiver_count; i++)
        if (!is_wide(&site->waivers[i])) enter(index, &site->waivers[i], (uint16_t)i, fill);
}

bool waivers_init(struct waiver_index *index, const struct pp_site *site)
{
    for (unsigned t = 0; t < 2; t++)
        if (!(index->start[t] = calloc(PORTS + 1, sizeof *index->start[t]))) return false;
    if (!(index->wide = calloc(site->waiver_count + 1u, sizeof *index->wide))) return false;
    for (uint32_t i = 0; i < site->waiver_count; i++)
        if (is_wide(&site->waivers[i])) index->wide[index->wide_count++] = (uint16_t)i;
    enter_all(index, site, false);
    uint32_t total = 0;
    for (unsigned t = 0; t < 2; t++)
        for (uint32_t port = 0; port <= PORTS; port++) {
            uint32_t count = index->start[t][port];
            index->start[t][port] = total;
            total += count;
        }
    if (!(index->narrow = calloc(total + 1u, sizeof *index->narrow))) return false;
    enter_all(index, site, true);
    /* Every start now stands where the next port's begins. */
    for (unsigned t = 0; t < 2; t++)
        for (uint32_t port = PORTS; port > 0; port--) index->start[t][port] = index->start[t][port - 1];
    index->start[0][0] = 0; /* no waiver has port 0 */
    index->start[1][0] = index->start[1][1];
    return true;
}

void waivers_finish(struct waiver_index *index)
{
    free(index->start[0]);
    free(index->start[1]);
    free(index->narrow);
    free(index->wide);
    *index = (struct waiver_index){0};
}

static bool end_matches(const struct pp_waiver_end *end, const struct subject *s, unsigned which)
{
    switch (end->kind) {
    case PP_WHO_ROLE: return s->roles[which] >> end->index & 1;
    case PP_WHO_HOST: return s->host[which] == end->index;
    case PP_WHO_PREFIX: return prefix_holds(&end->prefix.address, end->prefix.length, &s->flow->address[which]);
    case PP_WHO_ANY: break;
    }
    return true;
}

/* Of those that match, the first of the site file is the one that is named. */
static void read_waiver(const struct assessment *a, const struct subject *s, unsigned initiator, uint16_t number, struct reading *reading)
{
    const struct pp_waiver *waiver = &a->in->site->waivers[number];
    if (!end_matches(&waiver->from, s, initiator) || !end_matches(&waiver->to, s, !initiator)) return;
    narrow_down(reading, pp_ports_size(&waiver->ports));
    pp_time_ns time = pp_flow_first_ns(s->flow);
    bool valid = time == PP_NO_FIRST || time < waiver->valid_until_ns;
    uint16_t *slot = valid ? &reading->waiver : &reading->expired;
    if (*slot == PP_NONE || number < *slot) *slot = number;
    reading->exempt |= valid;
}

void read_waivers(const struct assessment *a, const struct subject *s, unsigned initiator, struct reading *reading)
{
    const struct waiver_index *index = &a->waivers;
    const uint32_t *start = index->start[s->flow->transport == PP_UDP];
    uint16_t port = s->port[!initiator];
    for (uint32_t i = start[port]; i < start[port + 1u]; i++) read_waiver(a, s, initiator, index->narrow[i], reading);
    for (uint32_t i = 0; i < index->wide_count; i++)
        if (pp_ports_hold(&a->in->site->waivers[index->wide[i]].ports, s->flow->transport, port))
            read_waiver(a, s, initiator, index->wide[i], reading);
}
