/* What to capture, and where: every edge that can be due is seen from either of its ends; a few places see them all. */
#include "portproof/places.h"

#include <stdlib.h>
#include <string.h>

#include "address.h"
#include "text.h"

/* An edge that can be due, as its two ends. */
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

static bool off_between(const struct pp_spec *spec, const struct pp_site *site, const struct pp_row *row, uint16_t from, uint16_t to)
{
    return pp_site_feature(site, spec, row->feature, from) == PP_SET_OFF || pp_site_feature(site, spec, row->feature, to) == PP_SET_OFF;
}

static bool list_possible(const struct pp_spec *spec, const struct pp_site *site, struct possibles *all)
{
    for (uint16_t r = 0; r < spec->row_count; r++) {
        const struct pp_row *row = &spec->rows[r];
        if (row->loopback) {
            if (!off_between(spec, site, row, PP_NONE, PP_NONE) && !add_possible(all, (struct possible){r, PP_NONE, PP_NONE, false}))
                return false;
            continue;
        }
        for (uint16_t f = 0; f < site->host_count; f++)
            for (uint16_t t = 0; t < site->host_count; t++) {
                if (!(site->hosts[f].roles >> row->from & 1) || !(site->hosts[t].roles >> row->to & 1) || f == t) continue;
                if (off_between(spec, site, row, f, t)) continue;
                if (!add_possible(all, (struct possible){r, f, t, false})) return false;
            }
    }
    return true;
}

static bool sees(const struct possible *edge, uint16_t place) { return edge->from == place || edge->to == place; }

/* How many open edges a place would add. A prefix is many places, so one host is taken before it. */
static uint32_t gain(const struct possibles *all, const struct pp_site *site, uint16_t place)
{
    uint32_t edges = 0;
    for (size_t i = 0; i < all->count; i++) edges += !all->items[i].covered && sees(&all->items[i], place);
    return place != PP_NONE && site->hosts[place].is_prefix ? edges : edges * 2;
}

bool pp_places(const struct pp_spec *spec, const struct pp_site *site, struct pp_place **places, size_t *count)
{
    struct possibles all = {0};
    *count = 0;
    *places = calloc(site->host_count + 2u, sizeof **places);
    bool ok = *places && list_possible(spec, site, &all);
    while (ok) {
        uint16_t best = PP_NONE;
        uint32_t most = gain(&all, site, PP_NONE);
        for (uint16_t h = 0; h < site->host_count; h++) {
            uint32_t n = gain(&all, site, h);
            if (n > most) {
                most = n;
                best = h;
            }
        }
        if (!most) break;
        struct pp_place *place = &(*places)[(*count)++];
        *place = (struct pp_place){.host = best};
        for (size_t i = 0; i < all.count; i++) {
            if (!sees(&all.items[i], best)) continue;
            pp_row_set_add(&place->rows, all.items[i].row);
            place->edges += !all.items[i].covered;
            all.items[i].covered = true;
        }
    }
    free(all.items);
    if (!ok) free(*places);
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
    pp_role_set telling = 0;
    for (unsigned r = 0; r < spec->role_count; r++)
        if (!spec->roles[r].anyone) telling |= UINT32_C(1) << r;
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

static void add_ports(struct text *text, const struct pp_spec *spec)
{
    for (uint16_t r = 0; r < spec->row_count; r++) {
        const struct pp_row *row = &spec->rows[r];
        bool known = false;
        for (uint16_t q = 0; q < r && !known; q++)
            known = spec->rows[q].transport == row->transport && !spec->rows[q].wide &&
                    spec->rows[q].ports.ranges[0].first == row->ports.ranges[0].first;
        for (unsigned i = 0; i < row->ports.count && !row->wide && !known; i++) {
            add_or(text);
            if (row->ports.ranges[i].first == row->ports.ranges[i].last)
                text_printf(text, "%s port %u", pp_transport_name(row->transport), row->ports.ranges[i].first);
            else
                text_printf(text, "%s portrange %u-%u", pp_transport_name(row->transport), row->ports.ranges[i].first,
                            row->ports.ranges[i].last);
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
