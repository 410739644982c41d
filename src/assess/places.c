/* What to capture, and where: every edge that can be due is seen from either of its ends; a few places see them all. */
#include "portproof/places.h"

#include <stdlib.h>
#include <string.h>

#include "address.h"
#include "assess.h"
#include "text.h"

/* An edge that can be due, as its two ends; PP_NONE: a host's own loopback. */
struct possible {
    uint16_t row, from, to;
    bool covered;
};

struct possibles {
    struct possible *items;
    size_t count, room;
};

static bool add_possible(struct possibles *all, struct possible one)
{
    if (all->count == all->room) {
        size_t room = all->room ? all->room * 2 : 128;
        struct possible *items = realloc(all->items, room * sizeof *items);
        if (!items) return false;
        all->items = items;
        all->room = room;
    }
    all->items[all->count++] = one;
    return true;
}

static bool is_off(const struct pp_spec *spec, const struct pp_site *site, const struct pp_row *row, uint16_t from, uint16_t to)
{
    return setting_between(spec, site, row->feature, from, to) == PP_SET_OFF;
}

static bool list_row(const struct pp_spec *spec, const struct pp_site *site, uint16_t number, bool primary_named, struct possibles *all)
{
    const struct pp_row *row = &spec->rows[number];
    if (row->loopback)
        return is_off(spec, site, row, PP_NONE, PP_NONE) || add_possible(all, (struct possible){number, PP_NONE, PP_NONE, false});
    for (uint16_t f = 0; f < site->host_count; f++) {
        if (!may_stand(row, &site->hosts[f], true, primary_named)) continue;
        for (uint16_t t = 0; t < site->host_count; t++) {
            if (!may_stand(row, &site->hosts[t], false, primary_named) || !may_join(site, f, t) || is_off(spec, site, row, f, t)) continue;
            if (!add_possible(all, (struct possible){number, f, t, false})) return false;
        }
    }
    return true;
}

static bool list_possible(const struct pp_spec *spec, const struct pp_site *site, struct possibles *all)
{
    bool primary_named = false;
    for (uint32_t h = 0; h < site->host_count; h++) primary_named |= site->hosts[h].primary;
    for (uint16_t r = 0; r < spec->row_count; r++)
        if (!list_row(spec, site, r, primary_named, all)) return false;
    return true;
}

/* The edges of each place, one after the other, and how many of them no chosen place sees yet. The loopback is the last place. */
struct sights {
    size_t *start; /* of a place's edges; one more than there are places */
    size_t *edges;
    uint32_t *open;
    size_t count; /* places */
};

static size_t place_of(const struct sights *sights, uint16_t host) { return host == PP_NONE ? sights->count - 1 : host; }

/* The ends of an edge as places; one that stays in a prefix, or on the loopback, has only one. */
static unsigned ends_of(const struct sights *sights, const struct possible *edge, size_t ends[2])
{
    ends[0] = place_of(sights, edge->from);
    ends[1] = place_of(sights, edge->to);
    return ends[0] == ends[1] ? 1 : 2;
}

static bool list_sights(const struct possibles *all, size_t hosts, struct sights *out)
{
    *out = (struct sights){.count = hosts + 1};
    out->start = calloc(out->count + 1, sizeof *out->start);
    out->open = calloc(out->count, sizeof *out->open);
    out->edges = calloc(2 * all->count + 1, sizeof *out->edges);
    if (!out->start || !out->open || !out->edges) return false;
    size_t ends[2];
    for (size_t i = 0; i < all->count; i++)
        for (unsigned n = ends_of(out, &all->items[i], ends); n > 0; n--) out->open[ends[n - 1]]++;
    for (size_t p = 0; p < out->count; p++) out->start[p + 1] = out->start[p] + out->open[p];
    for (size_t i = all->count; i > 0; i--) /* backwards: fill each place's part from its end */
        for (unsigned n = ends_of(out, &all->items[i - 1], ends); n > 0; n--)
            out->edges[out->start[ends[n - 1]] + --out->open[ends[n - 1]]] = i - 1;
    for (size_t p = 0; p < out->count; p++) out->open[p] = (uint32_t)(out->start[p + 1] - out->start[p]);
    return true;
}

static void sights_finish(struct sights *sights)
{
    free(sights->start);
    free(sights->edges);
    free(sights->open);
}

/* What a place would add. A prefix is many places, so one host is taken before it. */
static uint64_t gain(const struct sights *sights, const struct pp_site *site, size_t place)
{
    bool many = place < site->host_count && site->hosts[place].is_prefix;
    return many ? sights->open[place] : 2 * (uint64_t)sights->open[place];
}

static struct pp_place take_place(struct sights *sights, struct possibles *all, size_t number, uint16_t host)
{
    struct pp_place place = {.host = host, .edges = sights->open[number]};
    for (size_t i = sights->start[number]; i < sights->start[number + 1]; i++) {
        struct possible *edge = &all->items[sights->edges[i]];
        pp_row_set_add(&place.rows, edge->row);
        if (edge->covered) continue;
        edge->covered = true;
        size_t ends[2];
        for (unsigned n = ends_of(sights, edge, ends); n > 0; n--) sights->open[ends[n - 1]]--;
    }
    return place;
}

bool pp_places(const struct pp_spec *spec, const struct pp_site *site, struct pp_place **places, size_t *count)
{
    struct possibles all = {0};
    struct sights sights = {0};
    *count = 0;
    *places = calloc(site->host_count + 2u, sizeof **places);
    bool ok = *places && list_possible(spec, site, &all) && list_sights(&all, site->host_count, &sights);
    while (ok) {
        size_t best = sights.count - 1;
        for (size_t p = 0; p < site->host_count; p++)
            if (gain(&sights, site, p) > gain(&sights, site, best)) best = p;
        if (!sights.open[best]) break;
        (*places)[(*count)++] = take_place(&sights, &all, best, best < site->host_count ? (uint16_t)best : PP_NONE);
    }
    sights_finish(&sights);
    free(all.items);
    if (!ok) {
        free(*places);
        *places = NULL;
    }
    return ok;
}

/* --- the filter --------------------------------------------------------------------------------------------------------- */

static const char ICMP_ERRORS[] = "icmp[icmptype] == icmp-unreach or (icmp6 and ip6[40] == 1)";

static void add_or(struct text *text)
{
    if (text->length) text_add(text, " or ");
}

static void add_hosts(struct text *text, const struct pp_spec *spec, const struct pp_site *site)
{
    pp_role_set telling = telling_roles(spec);
    for (uint32_t h = 0; h < site->host_count; h++)
        for (unsigned i = 0; i < site->hosts[h].prefix_count && site->hosts[h].roles & telling; i++) {
            const struct pp_prefix *prefix = &site->hosts[h].prefixes[i];
            char address[ADDRESS_TEXT_MAX];
            bool whole = prefix->length == (prefix->address.family == PP_IPV4 ? 32 : 128);
            address_text(&prefix->address, address);
            add_or(text);
            if (whole)
                text_printf(text, "host %s", address);
            else
                text_printf(text, "net %s/%u", address, prefix->length);
        }
}

/* Whether a range stands in the filter already, from a row before this one. */
static bool is_known(const struct pp_spec *spec, uint16_t row, const struct pp_port_range *range)
{
    for (uint16_t r = 0; r < row; r++) {
        const struct pp_row *before = &spec->rows[r];
        for (unsigned i = 0; i < before->ports.count && !before->wide && before->transport == spec->rows[row].transport; i++)
            if (before->ports.ranges[i].first == range->first && before->ports.ranges[i].last == range->last) return true;
    }
    return false;
}

static void add_ports(struct text *text, const struct pp_spec *spec)
{
    for (uint16_t r = 0; r < spec->row_count; r++) {
        const struct pp_row *row = &spec->rows[r];
        for (unsigned i = 0; i < row->ports.count && !row->wide; i++) {
            const struct pp_port_range *range = &row->ports.ranges[i];
            if (is_known(spec, r, range)) continue;
            add_or(text);
            if (range->first == range->last)
                text_printf(text, "%s port %u", pp_transport_name(row->transport), range->first);
            else
                text_printf(text, "%s portrange %u-%u", pp_transport_name(row->transport), range->first, range->last);
        }
    }
}

bool pp_capture_filter(const struct pp_spec *spec, const struct pp_site *site, char **out)
{
    struct text text, whole;
    text_init(&text);
    text_init(&whole);
    if (site)
        add_hosts(&text, spec, site);
    else
        add_ports(&text, spec);
    add_or(&text);
    text_add(&text, ICMP_ERRORS);
    /* `vlan` shifts everything after it, so the same words once more for tagged frames, and last. */
    text_printf(&whole, "%s or (vlan and (%s))", text.bytes ? text.bytes : "", text.bytes ? text.bytes : "");
    bool ok = !text.failed && !whole.failed;
    text_finish(&text);
    if (ok)
        *out = whole.bytes;
    else
        text_finish(&whole);
    return ok;
}
