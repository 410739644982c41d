/* Which rows match a flow. What a host may open and answer follows from its roles alone, and how a feature is set mostly from the
 * site alone; so both are put together once, the rows as sets, and a flow costs a few words of AND and OR. The plain form of
 * it is in the test (tests/unit/test_match.c), which compares the two. */
#include <stdlib.h>

#include "assess.h"

static struct holder holder_of(const struct pp_spec *spec, pp_role_set roles)
{
    struct holder holder = {0};
    for (uint16_t r = 0; r < spec->row_count; r++) {
        if (roles >> spec->rows[r].from & 1) pp_row_set_add(&holder.opens, r);
        if (roles >> spec->rows[r].to & 1) pp_row_set_add(&holder.answers, r);
    }
    return holder;
}

static bool has_own_features(const struct pp_spec *spec, const struct pp_host *host)
{
    for (uint16_t f = 0; f < spec->feature_count; f++)
        if (host->features[f] != PP_SET_AUTO) return true;
    return false;
}

static void sort_rows(struct matching *m, const struct pp_spec *spec)
{
    for (uint16_t r = 0; r < spec->row_count; r++) {
        const struct pp_row *row = &spec->rows[r];
        m->width[r] = pp_ports_size(&row->ports);
        if (row->wide) pp_row_set_add(&m->wide, r);
        if (row->loopback) pp_row_set_add(&m->loopback, r);
        if (row->partner != PP_NONE && !row->wide) pp_row_set_add(&m->partnered, r);
    }
}

bool matching_init(struct matching *m, const struct pp_spec *spec, const struct pp_site *site)
{
    *m = (struct matching){.telling = telling_roles(spec), .anybody = holder_of(spec, UINT32_MAX)};
    m->holders = malloc((site->host_count + 1u) * sizeof *m->holders);
    m->own_features = calloc(site->host_count + 1u, sizeof *m->own_features);
    if (!m->holders || !m->own_features) return false;
    for (uint32_t h = 0; h < site->host_count; h++) {
        m->holders[h] = holder_of(spec, site->hosts[h].roles);
        m->own_features[h] = has_own_features(spec, &site->hosts[h]);
    }
    pp_role_set loopback = 0;
    for (uint16_t r = 0; r < spec->role_count; r++)
        if (spec->roles[r].loopback) loopback |= UINT32_C(1) << r;
    m->loopback_holder = holder_of(spec, loopback);
    for (uint16_t f = 0; f < spec->feature_count; f++) m->setting[f] = (uint8_t)setting_between(spec, site, f, PP_NONE, PP_NONE);
    sort_rows(m, spec);
    return true;
}

void matching_finish(struct matching *m)
{
    free(m->holders);
    free(m->own_features);
}

const struct holder *holder_at(const struct matching *m, const struct pp_site_entry *entry)
{
    if (entry->host != PP_NONE) return &m->holders[entry->host];
    return entry->loopback ? &m->loopback_holder : &m->nobody;
}

/* A row with a partner is one conversation with it: whoever answers the partner's agents is reached on the row's own port too
 * (SecurID agents send to 5500, domain trap 4). What stays on one host is on the Netlet's rows or on none (a server is not
 * "another" server, trap 14), and what leaves it is never on those (trap 10). */
struct pp_row_set matching_rows(const struct matching *m, const struct pp_row_set *of_port, bool on_one_host, const struct holder *from,
                                const struct holder *to)
{
    struct pp_row_set rows;
    uint64_t flip = on_one_host ? 0 : UINT64_MAX;
    for (unsigned w = 0; w < ROW_WORDS; w++) {
        uint64_t straight = from->opens.words[w] & to->answers.words[w];
        uint64_t turned = m->partnered.words[w] & to->opens.words[w] & from->answers.words[w];
        rows.words[w] = of_port->words[w] & (straight | turned) & (m->loopback.words[w] ^ flip);
    }
    return rows;
}

enum pp_setting edge_setting(const struct assessment *a, uint16_t feature, uint16_t from_host, uint16_t to_host)
{
    const struct matching *m = &a->matching;
    bool particular = (from_host != PP_NONE && m->own_features[from_host]) || (to_host != PP_NONE && m->own_features[to_host]);
    return particular ? setting_between(a->in->spec, a->in->site, feature, from_host, to_host) : (enum pp_setting)m->setting[feature];
}

bool row_is_off(const struct assessment *a, uint16_t row, uint16_t from_host, uint16_t to_host)
{
    return edge_setting(a, a->in->spec->rows[row].feature, from_host, to_host) == PP_SET_OFF;
}
