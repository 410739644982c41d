#include <stdlib.h>
#include <string.h>

#include "arena.h"
#include "ports.h"
#include "rules.h"

const char *const spec_coverage_names[PP_COVERAGE_COUNT] = {
    [PP_EACH_DESTINATION] = "destination",       [PP_EACH_SOURCE] = "source", [PP_EACH_PAIR] = "pair",
    [PP_EACH_UNORDERED_PAIR] = "unordered-pair", [PP_EACH_PORT] = "port",     [PP_ONCE] = "once",
};
const char *const spec_primary_names[3] = {[PP_PRIMARY_NONE] = "none", [PP_PRIMARY_FROM] = "from", [PP_PRIMARY_TO] = "to"};
const char *const spec_preset_names[2] = {[PP_FEATURE_AUTO] = "auto", [PP_FEATURE_ARRAY] = "array"};
const char *const spec_infer_names[3] = {
    [PP_INFER_RESPONDER] = "responder", [PP_INFER_INITIATOR] = "initiator", [PP_INFER_EITHER] = "either"};

size_t spec_role_names(const struct pp_spec *spec, const char *names[PP_ROLES_MAX])
{
    for (size_t i = 0; i < spec->role_count; i++) names[i] = spec->roles[i].name;
    return spec->role_count;
}

size_t spec_feature_names(const struct pp_spec *spec, const char *names[PP_FEATURES_MAX])
{
    for (size_t i = 0; i < spec->feature_count; i++) names[i] = spec->features[i].name;
    return spec->feature_count;
}

size_t spec_row_names(const struct pp_spec *spec, const char *names[PP_ROWS_MAX])
{
    for (size_t i = 0; i < spec->row_count; i++) names[i] = spec->rows[i].id;
    return spec->row_count;
}

static uint16_t find(const char *const *names, size_t count, const char *name)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(names[i], name) == 0) return (uint16_t)i;
    return PP_NONE;
}

uint16_t pp_spec_find_role(const struct pp_spec *spec, const char *name)
{
    const char *names[PP_ROLES_MAX];
    return find(names, spec_role_names(spec, names), name);
}

uint16_t pp_spec_find_feature(const struct pp_spec *spec, const char *name)
{
    const char *names[PP_FEATURES_MAX];
    return find(names, spec_feature_names(spec, names), name);
}

uint16_t pp_spec_find_row(const struct pp_spec *spec, const char *id)
{
    const char *names[PP_ROWS_MAX];
    return find(names, spec_row_names(spec, names), id);
}

const char *pp_coverage_name(enum pp_coverage coverage) { return coverage < PP_COVERAGE_COUNT ? spec_coverage_names[coverage] : "unknown"; }

const char *pp_transport_name(enum pp_transport transport) { return transport == PP_TCP ? "tcp" : transport == PP_UDP ? "udp" : "other"; }

void pp_spec_destroy(struct pp_spec *spec)
{
    if (!spec) return;
    arena_destroy(spec->memory);
    free(spec);
}

static void change_row(struct pp_row *row, const struct pp_row_change *change)
{
    if (change->coverage_set) row->coverage = change->coverage;
    if (!change->ports_set) return;
    row->ports = change->ports;
    row->ports_text = change->ports_text;
}

struct pp_spec *pp_spec_effective(const struct pp_spec *spec, const struct pp_row_change *changes, size_t count, uint16_t array_members)
{
    struct pp_spec *copy = malloc(sizeof *copy);
    if (!copy) return NULL;
    *copy = *spec;
    copy->memory = NULL; /* the original's strings are shared, and stay the original's */
    copy->array_members = array_members ? array_members : 1;
    for (size_t i = 0; i < count; i++)
        if (changes[i].row < copy->row_count) change_row(&copy->rows[changes[i].row], &changes[i]);
    for (size_t i = 0; i < copy->row_count; i++) {
        ports_extend(&copy->rows[i].ports, copy->array_members);
        copy->rows[i].wide = pp_ports_size(&copy->rows[i].ports) > PP_WIDE_PORTS;
    }
    return copy;
}
