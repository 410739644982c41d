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

/* Whether a host may stand at this end of the row. */
static bool may_stand(const struct assessment *a, const struct pp_row *row, uint16_t host, bool at_from)
{
    const struct pp_host *h = &a->in->site->hosts[host];
    if (!(h->roles >> (at_from ? row->from : row->to) & 1)) return false;
    bool must_be_primary = row->primary == (at_from ? PP_PRIMARY_FROM : PP_PRIMARY_TO);
    return !must_be_primary || h->primary || !a->primary_named;
}

/* Twice as many slots as items, both powers of two. Returns the slot of this edge, or the empty one where it belongs. */
static uint32_t *slot_of(const struct candidates *c, uint16_t from, uint16_t to, uint16_t port)
{
    uint64_t key = (uint64_t)from << 32 | (uint64_t)to << 16 | port, mask = 2 * c->room - 1;
    uint64_t at = (key * UINT64_C(0x9e3779b97f4a7c15) >> 24) & mask;
    for (; c->slots[at]; at = (at + 1) & mask) {
        const struct candidate *known = &c->items[c->slots[at] - 1];
        if (known->from == from && known->to == to && known->port == port) break;
    }
    return &c->slots[at];
}

static bool grow(struct candidates *c)
{
    size_t room = c->room ? c->room * 2 : 64;
    struct candidate *items = realloc(c->items, room * sizeof *items);
    if (!items) return false;
    c->items = items;
    uint32_t *slots = calloc(2 * room, sizeof *slots);
    if (!slots) return false;
    free(c->slots);
    c->slots = slots;
    c->room = room;
    for (uint32_t i = 0; i < c->count; i++) *slot_of(c, items[i].from, items[i].to, items[i].port) = i + 1;
    return true;
}

const struct candidate *find_candidate(const struct candidates *c, uint16_t from, uint16_t to, uint16_t port)
{
    uint32_t number = c->count ? *slot_of(c, from, to, port) : 0;
    return number ? &c->items[number - 1] : NULL;
}

void finish_candidates(struct candidates *c)
{
    free(c->items);
    free(c->slots);
    *c = (struct candidates){0};
}

static bool add_candidate(struct candidates *out, struct candidate one)
{
    if (out->count == out->room && !grow(out)) return false;
    uint32_t *slot = slot_of(out, one.from, one.to, one.port);
    if (!*slot) {
        out->items[out->count++] = one;
        *slot = (uint32_t)out->count;
        return true;
    }
    /* On beats auto beats off; an edge is visible when two sides that make it due are. */
    static const unsigned rank[] = {[PP_SET_OFF] = 0, [PP_SET_AUTO] = 1, [PP_SET_ON] = 2};
    struct candidate *known = &out->items[*slot - 1];
    if (rank[one.setting] > rank[known->setting])
        *known = one;
    else if (one.setting == known->setting)
        known->visible |= one.visible;
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

static bool add_edge(struct assessment *a, const struct pp_row *row, uint16_t from, uint16_t to, struct candidates *out)
{
    const struct pp_host *f = &a->in->site->hosts[from], *t = &a->in->site->hosts[to];
    if ((from == to && !f->is_prefix) || !share_family(f, t)) return true;
    struct candidate one = {from, to, 0, edge_setting(a, row->feature, from, to), a->visible[from] && a->visible[to]};
    /* No second member of the array is known to be in a prefix: due only once two were seen to try. */
    if (from == to && row->from == row->to && one.setting == PP_SET_ON) one.setting = PP_SET_AUTO;
    edge_key(row, &one.from, &one.to, &one.port);
    return add_ports(row, out, one);
}

bool list_candidates(struct assessment *a, uint16_t number, struct candidates *out)
{
    const struct pp_row *row = &a->in->spec->rows[number];
    const struct pp_site *site = a->in->site;
    if (row->loopback) {
        struct candidate one = {PP_NONE, PP_NONE, 0, edge_setting(a, row->feature, PP_NONE, PP_NONE), a->loopback_seen};
        return add_ports(row, out, one);
    }
    uint16_t *ends = calloc(site->host_count + 1, sizeof *ends); /* an inferred site has tens of thousands of clients and few servers */
    if (!ends) return false;
    size_t end_count = 0;
    for (uint16_t t = 0; t < site->host_count; t++)
        if (may_stand(a, row, t, false)) ends[end_count++] = t;
    bool ok = true;
    for (uint16_t f = 0; ok && f < site->host_count; f++) {
        if (!may_stand(a, row, f, true)) continue;
        for (size_t t = 0; ok && t < end_count; t++) ok = add_edge(a, row, f, ends[t], out);
    }
    free(ends);
    return ok;
}
