/* What may pass by rules and site. One rule a row, a source and a family: its destinations are those hosts between which and it the row's
 * feature is on, so that a host that has a feature of its own does not open it for others. What is left out is said, row by row. */
#include <string.h>

#include "address.h"
#include "assess.h"
#include "site_rules.h"

static bool add_rule(const struct site_rules *s, uint16_t row, uint16_t from, enum pp_family family, unsigned *added)
{
    const struct pp_row *r = &s->spec->rows[row];
    struct pp_request_line rule = {.row = r->id, .accepts = true, .one_way = r->one_way, .transport = r->transport, .ports = r->ports};
    if (!site_end_of_host(s, from, family, &rule.from) || !site_end_of_destinations(s, row, from, family, &rule.to)) return false;
    if (!rule.from.count || !rule.to.count) return true;
    rule.reason = arena_format(s->builder->arena, "%s to %s", rule.from.name, rule.to.name);
    struct pp_request_line *line = rule.reason ? request_add(s->builder) : NULL;
    if (line) *line = rule;
    ++*added;
    return line != NULL;
}

static bool is_held(const struct pp_site *site, uint16_t role)
{
    for (uint32_t h = 0; h < site->host_count; h++)
        if (site->hosts[h].roles >> role & 1) return true;
    return false;
}

static const char *why_left_out(const struct site_rules *s, const struct pp_row *row)
{
    if (row->loopback) return "it stays on one host, on its loopback";
    if (!is_held(s->site, row->from) || !is_held(s->site, row->to)) return "nobody holds its roles";
    switch (setting_between(s->spec, s->site, row->feature, PP_NONE, PP_NONE)) {
    case PP_SET_OFF: return "its feature is off";
    case PP_SET_AUTO: return "its feature is on auto: switch it on, or see --seen";
    default: return "no two hosts of one address family hold its roles";
    }
}

static bool add_warnings(const struct site_rules *s, const struct pp_row *row)
{
    bool ok = true;
    if (row->wide)
        ok = request_note(s->builder, "warning: %s opens %u ports; narrow them in the site file (ports)", row->id,
                          pp_ports_size(&row->ports));
    if (ok && row->announces_callback)
        ok = request_note(s->builder, "warning: %s has the destination connect back to a port that is on no row", row->id);
    return ok;
}

static bool add_row(const struct site_rules *s, uint16_t row)
{
    const struct pp_row *r = &s->spec->rows[row];
    unsigned added = 0;
    bool ok = request_note(s->builder, "row %s: %s to %s, %s, feature %s", r->id, s->spec->roles[r->from].name, s->spec->roles[r->to].name,
                           r->ports_text, s->spec->features[r->feature].name);
    struct pp_request_line *heading = ok ? &s->builder->out->lines[s->builder->out->count - 1] : NULL;
    size_t at = heading ? s->builder->out->count : 0;
    for (uint32_t h = 0; ok && !r->loopback && h < s->site->host_count; h++) {
        if (!may_stand(r, &s->site->hosts[h], true, s->primary_named)) continue;
        ok = add_rule(s, row, (uint16_t)h, PP_IPV4, &added) && add_rule(s, row, (uint16_t)h, PP_IPV6, &added);
    }
    if (!ok || added) return ok && add_warnings(s, r);
    s->builder->out->count = at - 1; /* one note is enough */
    return request_note(s->builder, "row %s left out: %s", r->id, why_left_out(s, r));
}

/* Policy drop stops them too, and whoever granted them should know before. */
static bool add_waivers(const struct site_rules *s)
{
    bool ok = true;
    for (uint32_t w = 0; ok && w < s->site->waiver_count; w++) {
        const struct pp_waiver *waiver = &s->site->waivers[w];
        if (strcmp(waiver->origin, "site") != 0) continue;
        ok = request_note(s->builder, "waiver, not in these rules: %s to %s, %s, until %s, for %s", waiver->from_text, waiver->to_text,
                          waiver->ports_text, waiver->expires_text ? waiver->expires_text : "further notice", waiver->owner);
    }
    return ok;
}

struct pp_request *pp_request_of_site(const struct pp_spec *spec, const struct pp_site *site, const bool *seen)
{
    struct request_builder builder;
    if (!request_begin(&builder)) return NULL;
    struct site_rules s = site_rules_of(&builder, spec, site, seen);
    bool ok = true;
    for (uint16_t r = 0; ok && r < spec->row_count; r++) ok = add_row(&s, r);
    if (ok) (void)(site_warn_of_inner_hosts(&s) && add_waivers(&s)); /* request_end knows when memory ran out */
    return request_end(&builder);
}
