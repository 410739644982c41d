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

static bool has_family(const struct pp_host *host, enum pp_family family)
{
    for (unsigned i = 0; i < host->prefix_count; i++)
        if (host->prefixes[i].address.family == family) return true;
    return false;
}

/* Family by family: a group of inferred hosts has tens of thousands of addresses, and two of them have no time for each pair. */
static bool share_family(const struct pp_host *a, const struct pp_host *b)
{
    return (has_family(a, PP_IPV4) && has_family(b, PP_IPV4)) || (has_family(a, PP_IPV6) && has_family(b, PP_IPV6));
}

bool may_stand(const struct pp_row *row, const struct pp_host *host, bool at_from, bool primary_named)
{
    if (!(host->roles >> (at_from ? row->from : row->to) & 1)) return false;
    bool must_be_primary = row->primary == (at_from ? PP_PRIMARY_FROM : PP_PRIMARY_TO);
    return !must_be_primary || host->primary || !primary_named;
}

bool may_join(const struct pp_site *site, uint16_t from, uint16_t to)
{
    return (from != to || site->hosts[from].is_prefix) && share_family(&site->hosts[from], &site->hosts[to]);
}

static bool stands(const struct assessment *a, const struct pp_row *row, uint16_t host, bool at_from)
{
    return may_stand(row, &a->in->site->hosts[host], at_from, a->primary_named);
}

static bool same_edge(const struct candidate *a, const struct candidate *b)
{
    return a->from == b->from && a->to == b->to && a->port == b->port;
}

/* Join with the candidate before, which is the only one that can be the same: the kept side is the outer loop. */
static bool add_candidate(struct candidates *out, struct candidate one)
{
    static const unsigned rank[] = {[PP_SET_OFF] = 0, [PP_SET_AUTO] = 1, [PP_SET_ON] = 2};
    struct candidate *known = out->count ? &out->items[out->count - 1] : NULL;
    if (known && same_edge(known, &one)) {
        /* On beats auto beats off; an edge is visible when two sides that make it due are. */
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

/* Coverage by port: the one edge there is, once for each port. */
static bool spread_ports(const struct pp_row *row, struct candidates *out)
{
    if (row->coverage != PP_EACH_PORT || !out->count) return true;
    struct candidate one = out->items[0];
    out->count = 0;
    for (unsigned r = 0; r < row->ports.count; r++)
        for (uint32_t port = row->ports.ranges[r].first; port <= row->ports.ranges[r].last; port += row->ports.ranges[r].step) {
            one.port = (uint16_t)port;
            if (!add_candidate(out, one)) return false;
        }
    return true;
}

/* The hosts that may stand at one end. */
struct stand {
    uint16_t *hosts;
    size_t count;
};

/* What a host on an open side contributes to an edge: whether it is seen and which families it has, and which of the features that the
 * row needs it has a word of its own about. */
struct signature {
    uint64_t kind, on, off;
};

static struct signature signature_of(const struct assessment *a, const struct pp_row *row, uint16_t host)
{
    const struct pp_host *h = &a->in->site->hosts[host];
    uint64_t needed = a->in->spec->features[row->feature].needs | UINT64_C(1) << row->feature;
    struct signature sign = {.kind = a->visible[host] | (uint64_t)h->is_prefix << 1};
    for (unsigned i = 0; i < h->prefix_count; i++) sign.kind |= h->prefixes[i].address.family == PP_IPV4 ? 4 : 8;
    for (; needed; needed &= needed - 1) {
        unsigned f = (unsigned)__builtin_ctzll(needed);
        sign.on |= (uint64_t)(h->features[f] == PP_SET_ON) << f;
        sign.off |= (uint64_t)(h->features[f] == PP_SET_OFF) << f;
    }
    return sign;
}

static bool same_signature(const struct signature *a, const struct signature *b)
{
    return a->kind == b->kind && a->on == b->on && a->off == b->off;
}

/* Of a side that coverage leaves open only hosts that differ matter, two of each kind (one may be the other end itself). So
 * thousands of clients cost no more than two. */
static void keep_representatives(const struct assessment *a, const struct pp_row *row, struct stand *stand)
{
    enum { KINDS_MAX = 256 }; /* more kinds: the others are kept, and cost time only */
    struct {
        struct signature signature;
        unsigned seen;
    } kinds[KINDS_MAX];
    size_t kind_count = 0, kept = 0;
    for (size_t i = 0; i < stand->count; i++) {
        struct signature sign = signature_of(a, row, stand->hosts[i]);
        size_t k = 0;
        while (k < kind_count && !same_signature(&kinds[k].signature, &sign)) k++;
        if (k == kind_count && kind_count < KINDS_MAX) {
            kinds[kind_count].signature = sign;
            kinds[kind_count++].seen = 0;
        }
        if (k == KINDS_MAX || kinds[k].seen++ < 2) stand->hosts[kept++] = stand->hosts[i];
    }
    stand->count = kept;
}

static bool collect_stand(const struct assessment *a, const struct pp_row *row, bool at_from, bool open, struct stand *stand)
{
    stand->count = 0;
    stand->hosts = calloc(a->in->site->host_count + 1u, sizeof *stand->hosts);
    if (!stand->hosts) return false;
    for (uint32_t h = 0; h < a->in->site->host_count; h++)
        if (stands(a, row, (uint16_t)h, at_from)) stand->hosts[stand->count++] = (uint16_t)h;
    if (open) keep_representatives(a, row, stand);
    return true;
}

static bool add_pair(const struct assessment *a, const struct pp_row *row, struct candidates *out, uint16_t f, uint16_t t)
{
    if (!may_join(a->in->site, f, t)) return true;
    /* The other way round it is the same edge, and has been or will be met. */
    if (row->coverage == PP_EACH_UNORDERED_PAIR && t < f && stands(a, row, t, true) && stands(a, row, f, false)) return true;
    struct candidate one = {f, t, 0, edge_setting(a, row->feature, f, t), a->visible[f] && a->visible[t]};
    /* No second member of the array is known to be in a prefix: due only once two were seen to try. */
    if (f == t && row->from == row->to && one.setting == PP_SET_ON) one.setting = PP_SET_AUTO;
    edge_key(row, &one.from, &one.to, &one.port);
    return add_candidate(out, one);
}

static int compare_candidates(const void *x, const void *y)
{
    const struct candidate *a = x, *b = y;
    if (a->from != b->from) return a->from < b->from ? -1 : 1;
    if (a->to != b->to) return a->to < b->to ? -1 : 1;
    return (int)a->port - (int)b->port;
}

/* They nearly always are, there may be tens of thousands of them, and qsort does not look. */
static bool is_sorted(const struct candidates *all)
{
    for (size_t i = 1; i < all->count; i++)
        if (compare_candidates(&all->items[i - 1], &all->items[i]) > 0) return false;
    return true;
}

struct candidate *find_candidate(const struct candidates *all, uint16_t from, uint16_t to, uint16_t port)
{
    struct candidate wanted = {.from = from, .to = to, .port = port};
    return all->count ? bsearch(&wanted, all->items, all->count, sizeof wanted, compare_candidates) : NULL;
}

bool list_candidates(struct assessment *a, uint16_t number, struct candidates *out)
{
    const struct pp_row *row = &a->in->spec->rows[number];
    out->count = 0;
    if (row->loopback) {
        struct candidate one = {PP_NONE, PP_NONE, 0, edge_setting(a, row->feature, PP_NONE, PP_NONE), a->loopback_seen};
        return add_candidate(out, one) && spread_ports(row, out);
    }
    bool both = row->coverage == PP_EACH_PAIR || row->coverage == PP_EACH_UNORDERED_PAIR;
    struct stand from = {0}, to = {0};
    bool ok = collect_stand(a, row, true, !both && row->coverage != PP_EACH_SOURCE, &from) &&
              collect_stand(a, row, false, !both && row->coverage != PP_EACH_DESTINATION, &to);
    out->too_many = both && from.count * to.count > EDGES_MAX;
    bool by_destination = row->coverage == PP_EACH_DESTINATION;
    const struct stand *outer = by_destination ? &to : &from, *inner = by_destination ? &from : &to;
    for (size_t i = 0; ok && i < outer->count && !out->too_many; i++)
        for (size_t k = 0; ok && k < inner->count; k++)
            ok = by_destination ? add_pair(a, row, out, inner->hosts[k], outer->hosts[i])
                                : add_pair(a, row, out, outer->hosts[i], inner->hosts[k]);
    free(from.hosts);
    free(to.hosts);
    if (!ok || !spread_ports(row, out)) return false;
    if (!is_sorted(out)) qsort(out->items, out->count, sizeof *out->items, compare_candidates);
    return true;
}
