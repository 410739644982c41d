/* Evidence that was kept, taken up again; and what a service needs that runs for months: to hand on what is new, to judge by other rules.
 */
#include <string.h>

#include "arena.h"
#include "audit_inside.h"

/* --- evidence ----------------------------------------------------------------------------------------------------------- */

static const char *keep_text(struct pp_audit *audit, const char *text)
{
    return text ? arena_copy(audit->arena, text, strlen(text)) : NULL;
}

bool pp_audit_restore(struct pp_audit *audit, const struct pp_evidence *evidence, uint32_t base)
{
    if (!pp_flow_table_merge(audit->flows, evidence->flows)) return false;
    for (uint32_t i = 0; i < evidence->capture_count; i++) {
        struct pp_capture_info *info = base + i < audit->capture_count ? &audit->captures[base + i] : add_info(audit);
        if (!info) return false;
        *info = evidence->captures[i];
        info->name = keep_text(audit, info->name);
        info->format = keep_text(audit, info->format);
        info->compression = keep_text(audit, info->compression);
        if (info->live) info->failed = false; /* then; what is wrong now, its capture says */
    }
    audit->restored = audit->capture_count;
    return !arena_failed(audit->arena);
}

uint16_t pp_audit_next_index(const struct pp_audit *audit, const char *name)
{
    for (uint32_t i = 0; i < audit->restored; i++)
        if (strcmp(audit->captures[i].name, name) == 0) return (uint16_t)i;
    return (uint16_t)audit->capture_count;
}

struct pp_flow_table *pp_audit_take_new(struct pp_audit *audit)
{
    struct pp_flow_table *fresh = audit->fresh ? audit->fresh : new_table(audit);
    audit->fresh = NULL;
    return fresh;
}

struct pp_flow_options pp_audit_flow_options(const struct pp_audit *audit, char classes[65])
{
    pp_port_index_digest(audit->index, classes);
    return flow_options(audit);
}

/* --- other rules -------------------------------------------------------------------------------------------------------- */

/* Ports have other classes now; all tables hear of it. */
static bool reclass(struct pp_audit *audit)
{
    struct pp_flow_options options = flow_options(audit);
    bool ok = pp_flow_table_set_classes(audit->flows, options.port_class, options.index);
    if (audit->slices) ok &= pp_slices_set_classes(audit->slices, &options);
    if (audit->fresh) ok &= pp_flow_table_set_classes(audit->fresh, options.port_class, options.index);
    for (uint32_t i = 1; i < audit->lane_count; i++)
        ok &= pp_flow_table_set_classes(audit->lanes[i]->worker->flows, options.port_class, options.index);
    return ok;
}

bool pp_audit_set_rules(struct pp_audit *audit, const struct pp_spec *spec, const struct pp_site *site)
{
    const struct pp_spec *rules = audit->rules;
    audit->rules = spec;
    struct pp_spec *effective = spec_for(audit, site);
    struct pp_port_index *index = effective ? pp_port_index_create(effective) : NULL;
    if (!index) return audit->rules = rules, pp_spec_destroy(effective), false;
    forget_judgement(audit);
    for (uint32_t i = 0; i < audit->lane_count; i++) pthread_mutex_lock(&audit->lanes[i]->lock);
    pp_port_index_destroy(audit->index_before);
    pp_spec_destroy(audit->spec);
    audit->index_before = audit->index;
    audit->index = index;
    audit->spec = effective;
    audit->site = site;
    bool ok = reclass(audit);
    for (uint32_t i = audit->lane_count; i > 0; i--) pthread_mutex_unlock(&audit->lanes[i - 1]->lock);
    return ok;
}
