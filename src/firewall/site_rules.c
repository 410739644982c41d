#include "site_rules.h"

#include "address.h"
#include "assess.h"

enum { INNER_TOLD_MAX = 20 };

/* One end of a rule in the making. */
struct side {
    const struct site_rules *rules;
    uint16_t row, only, other; /* only PP_NONE: all that may pass between them and `other` */
    bool at_from;
    enum pp_family family;
};

struct site_rules site_rules_of(struct request_builder *builder, const struct pp_spec *spec, const struct pp_site *site, const bool *seen)
{
    struct site_rules s = {.builder = builder, .spec = spec, .site = site, .seen = seen};
    for (uint32_t h = 0; h < site->host_count; h++) s.primary_named |= site->hosts[h].primary;
    return s;
}

bool site_may_pass(const struct site_rules *s, uint16_t row, uint16_t from, uint16_t to)
{
    const struct pp_row *r = &s->spec->rows[row];
    if (!may_stand(r, &s->site->hosts[from], true, s->primary_named) || !may_stand(r, &s->site->hosts[to], false, s->primary_named))
        return false;
    if (!may_join(s->site, from, to)) return false;
    enum pp_setting setting = setting_between(s->spec, s->site, r->feature, from, to);
    return setting == PP_SET_ON || (setting == PP_SET_AUTO && s->seen && s->seen[row]);
}

static bool belongs(const struct side *side, uint16_t host)
{
    if (side->only != PP_NONE) return host == side->only;
    return side->at_from ? site_may_pass(side->rules, side->row, host, side->other)
                         : site_may_pass(side->rules, side->row, side->other, host);
}

/* Answers how many addresses; out and names may be NULL. */
static uint32_t collect(const struct side *side, struct pp_prefix *out, struct text *names)
{
    uint32_t n = 0;
    for (uint32_t h = 0; h < side->rules->site->host_count; h++) {
        const struct pp_host *host = &side->rules->site->hosts[h];
        uint32_t before = n;
        if (!belongs(side, (uint16_t)h)) continue;
        for (uint16_t i = 0; i < host->prefix_count; i++) {
            if (host->prefixes[i].address.family != side->family) continue;
            if (out) out[n] = host->prefixes[i];
            n++;
        }
        if (names && n > before) text_printf(names, names->length ? ", %s" : "%s", host->name);
    }
    return n;
}

static bool fill_end(const struct side *side, struct pp_rule_end *end)
{
    struct arena *arena = side->rules->builder->arena;
    struct text names;
    end->count = collect(side, NULL, NULL);
    if (!end->count) return true;
    end->prefixes = arena_alloc(arena, end->count * sizeof *end->prefixes);
    if (!end->prefixes) return false;
    text_init(&names);
    collect(side, end->prefixes, &names);
    end->name = names.failed ? NULL : arena_copy(arena, names.bytes, names.length);
    text_finish(&names);
    return end->name != NULL;
}

bool site_end_of_host(const struct site_rules *s, uint16_t host, enum pp_family family, struct pp_rule_end *end)
{
    return fill_end(&(struct side){.rules = s, .only = host, .family = family}, end);
}

bool site_end_of_sources(const struct site_rules *s, uint16_t row, uint16_t other, enum pp_family family, struct pp_rule_end *end)
{
    return fill_end(&(struct side){s, row, PP_NONE, other, true, family}, end);
}

bool site_end_of_destinations(const struct site_rules *s, uint16_t row, uint16_t other, enum pp_family family, struct pp_rule_end *end)
{
    return fill_end(&(struct side){s, row, PP_NONE, other, false, family}, end);
}

static bool lies_in(const struct pp_host *host, const struct pp_host *group)
{
    for (uint16_t i = 0; i < host->prefix_count; i++)
        for (uint16_t g = 0; g < group->prefix_count; g++) {
            const struct pp_prefix *inner = &host->prefixes[i], *outer = &group->prefixes[g];
            if (inner->address.family == outer->address.family && inner->length > outer->length &&
                prefix_holds(&outer->address, outer->length, &inner->address))
                return true;
        }
    return false;
}

bool site_warn_of_inner_hosts(const struct site_rules *s)
{
    unsigned told = 0;
    for (uint32_t g = 0; g < s->site->host_count; g++) {
        const struct pp_host *group = &s->site->hosts[g];
        for (uint32_t h = 0; group->is_prefix && h < s->site->host_count; h++) {
            const struct pp_host *host = &s->site->hosts[h];
            if (!(group->roles & ~host->roles) || !lies_in(host, group) || told++ >= INNER_TOLD_MAX) continue;
            if (!request_note(s->builder, "warning: %s lies in the prefix of %s, whose rules hold for it, too", host->name, group->name))
                return false;
        }
    }
    return told <= INNER_TOLD_MAX || request_note(s->builder, "warning: so do %u more", told - INNER_TOLD_MAX);
}
