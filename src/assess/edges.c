/* Which edges a row has (design 5.4): pairs of site entries, with the sides left open that its coverage leaves open. */
#include <stdlib.h>
#include <string.h>

#include "assess.h"

void edge_key(const struct pp_row *row, uint16_t *from, uint16_t *to, uint16_t *port)
{
    bool keep_from = row->coverage == PP_EACH_SOURCE || row->coverage == PP_EACH_PAIR || row->coverage == PP_EACH_UNORDERED_PAIR;
    bool keep_to = row->coverage == PP_EACH_DESTINATION || row->coverage == PP_EACH_PAIR || row->coverage == PP_EACH_UNORDERED_PAIR;
    if (!keep_from) *from = PP_NONE;
    if (!keep_to) *to = PP_NONE;
    if (row->coverage != PP_EACH_PORT) *port = 0;
    if (row->coverage == PP_EACH_UNORDERED_PAIR && *to < *from) {
        uint16_t swap = *from;
        *from = *to;
        *to = swap;
    }
}

static bool share_family(const struct pp_host *a, const struct pp_host *b)
{
    for (unsigned i = 0; i < a->prefix_count; i++)
        for (unsigned k = 0; k < b->prefix_count; k++)
            if (a->prefixes[i].address.family == b->prefixes[k].address.family) return true;
    return false;
}

static bool named_primary(const struct pp_site *site)
{
    for (uint32_t h = 0; h < site->host_count; h++)
        if (site->hosts[h].primary) return true;
    return false;
}

/* Whether a host may stand at this end of the row. */
static bool may_stand(const struct assessment *a, const struct pp_row *row, uint16_t host, bool at_from)
{
    const struct pp_host *h = &a->in->site->hosts[host];
    if (!(h->roles >> (at_from ? row->from : row->to) & 1)) return false;
    bool must_be_primary = row->primary == (at_from ? PP_PRIMARY_FROM : PP_PRIMARY_TO);
    return !must_be_primary || h->primary || !named_primary(a->in->site);
}

static bool add_candidate(struct candidates *out, struct candidate one)
{
    for (size_t i = out->count; i-- > 0;) { /* the one before, nearly always */
        struct candidate *known = &out->items[i];
        if (known->from != one.from || known->to != one.to || known->port != one.port) continue;
        /* On beats auto beats off; an edge is visible when two sides that make it due are. */
        static const unsigned rank[] = {[PP_SET_OFF] = 0, [PP_SET_AUTO] = 1, [PP_SET_ON] = 2};
        if (rank[one.setting] > rank[known->setting])
            *known = one;
        else if (one.setting == known->setting)
            known->visible |= one.visible;
        return true;
    }
    if (out->count == out->room) {
        size_t room = out->room ? out->room * 2 : 64;
        struct candidate *items = realloc(out->items, room * sizeof *items);
        if (!items) return false;
        out->items = items;
        out->room = room;
    }
    out->items[out->count++] = one;
    return true;
}

static bool add_ports(const struct pp_row *row, struct candidates *out, struct candidate one)
{
    if (row->coverage != PP_EACH_PORT) return add_candidate(out, one);
    for (unsigned r = 0; r < row->ports.count; r++)
        for (uint32_t port = row->ports.ranges[r].first; port <= row->ports.ranges[r].last; port += row->ports.ranges[r].step) {
            one.port = (uint16_t)port;
            if (!add_candidate(out, one)) return false;
        }
    return true;
}

bool list_candidates(struct assessment *a, uint16_t number, struct candidates *out)
{
    const struct pp_row *row = &a->in->spec->rows[number];
    const struct pp_site *site = a->in->site;
    out->count = 0;
    if (row->loopback) {
        struct candidate one = {PP_NONE, PP_NONE, 0, edge_setting(a, row->feature, PP_NONE, PP_NONE), a->loopback_seen};
        return add_ports(row, out, one);
    }
    for (uint16_t f = 0; f < site->host_count; f++) {
        if (!may_stand(a, row, f, true)) continue;
        for (uint16_t t = 0; t < site->host_count; t++) {
            if (!may_stand(a, row, t, false) || (f == t && !site->hosts[f].is_prefix)) continue;
            if (!share_family(&site->hosts[f], &site->hosts[t])) continue;
            struct candidate one = {f, t, 0, edge_setting(a, row->feature, f, t), a->visible[f] && a->visible[t]};
            /* No second member of the array is known to be in a prefix: due only once two were seen to try. */
            if (f == t && row->from == row->to && one.setting == PP_SET_ON) one.setting = PP_SET_AUTO;
            edge_key(row, &one.from, &one.to, &one.port);
            if (!add_ports(row, out, one)) return false;
        }
    }
    return true;
}
