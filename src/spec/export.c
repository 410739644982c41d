/* A spec as text, in three formats over the same struct. Every key of the YAML is one that parse.c reads. */
#include <stdlib.h>
#include <string.h>

#include "ports.h"
#include "rules.h"
#include "yaml_quote.h"

static void text_cell(struct text *out, const char *value)
{
    text_add_escaped(out, value, strlen(value)); /* a tab or a line's end in a cell would shift the table */
    text_add(out, "\t");
}

static void last_port_cell(struct text *out, const struct pp_ports *ports)
{
    const struct pp_port_range *last = &ports->ranges[ports->count - 1];
    if (ports->per_member)
        text_printf(out, "first+%u*(array_members-1)\t", last->step);
    else
        text_printf(out, "%u\t", last->last);
}

bool export_tsv(const struct pp_spec *spec, struct text *out)
{
    text_add(out, "id\tpage_line\tgroup\tfrom\tto\ttransport\tfirst_port\tlast_port\tstep\tport_as_written\tfeature\tany_of\tcoverage\t"
                  "one_way\tpurpose\tcondition\n");
    for (const struct pp_row *row = spec->rows; row < spec->rows + spec->row_count; row++) {
        text_printf(out, "%s\t%u\t", row->id, row->page_line);
        text_cell(out, row->group);
        text_printf(out, "%s\t%s\t%s\t", spec->roles[row->from].name, spec->roles[row->to].name, pp_transport_name(row->transport));
        text_printf(out, "%u\t", row->ports.ranges[0].first);
        last_port_cell(out, &row->ports);
        text_printf(out, "%u\t", row->ports.ranges[0].step);
        text_cell(out, row->ports_text);
        text_printf(out, "%s\t%s\t", spec->features[row->feature].name, row->any_of ? row->any_of : "-");
        text_printf(out, "%s\t%s\t", spec_coverage_names[row->coverage], row->one_way ? "yes" : "-");
        text_cell(out, row->purpose);
        text_add_escaped(out, row->condition, strlen(row->condition));
        text_add(out, "\n");
    }
    return !out->failed;
}

static void pair(struct text *out, const char *indent, const char *key, const char *value)
{
    text_printf(out, "%s%s: ", indent, key);
    yaml_quote(out, value);
    text_add(out, "\n");
}

static void flag(struct text *out, const char *indent, const char *key, bool value)
{
    if (value) text_printf(out, "%s%s: true\n", indent, key);
}

static void ports_pair(struct text *out, const struct pp_ports *ports)
{
    struct text value;
    text_init(&value);
    ports_write(&value, ports);
    out->failed |= value.failed;
    if (!value.failed) pair(out, "    ", "ports", value.bytes);
    text_finish(&value);
}

static void names_pair(struct text *out, const char *key, const char *const *names, size_t count, uint64_t set)
{
    const char *between = "";
    if (!set) return;
    text_printf(out, "    %s: [", key);
    for (size_t i = 0; i < count; i++) {
        if (!(set >> i & 1)) continue;
        text_printf(out, "%s%s", between, names[i]);
        between = ", ";
    }
    text_add(out, "]\n");
}

static void roles_pair(struct text *out, const char *key, const struct pp_spec *spec, pp_role_set roles)
{
    const char *names[PP_ROLES_MAX];
    names_pair(out, key, names, spec_role_names(spec, names), roles);
}

static void yaml_roles(const struct pp_spec *spec, struct text *out)
{
    text_add(out, "roles:\n");
    for (const struct pp_role *role = spec->roles; role < spec->roles + spec->role_count; role++) {
        pair(out, "  - ", "name", role->name);
        pair(out, "    ", "title", role->title);
        flag(out, "    ", "anyone", role->anyone);
        flag(out, "    ", "loopback", role->loopback);
        flag(out, "    ", "primary", role->primary);
    }
}

static void yaml_features(const struct pp_spec *spec, struct text *out)
{
    const char *names[PP_FEATURES_MAX];
    size_t count = spec_feature_names(spec, names);
    text_add(out, "\nfeatures:\n");
    for (const struct pp_feature *feature = spec->features; feature < spec->features + spec->feature_count; feature++) {
        pair(out, "  - ", "name", feature->name);
        pair(out, "    ", "title", feature->title);
        if (feature->preset != PP_FEATURE_AUTO) pair(out, "    ", "preset", spec_preset_names[feature->preset]);
        names_pair(out, "needs", names, count, feature->needs);
    }
}

static void yaml_row(const struct pp_spec *spec, const struct pp_row *row, struct text *out)
{
    const struct pp_role *from = &spec->roles[row->from], *to = &spec->roles[row->to];
    text_add(out, "\n");
    pair(out, "  - ", "id", row->id);
    text_printf(out, "    page_line: %u\n", row->page_line);
    pair(out, "    ", "group", row->group);
    pair(out, "    ", "from", from->name);
    if (strcmp(row->from_title, from->title) != 0) pair(out, "    ", "from_title", row->from_title);
    pair(out, "    ", "to", to->name);
    if (strcmp(row->to_title, to->title) != 0) pair(out, "    ", "to_title", row->to_title);
    pair(out, "    ", "transport", pp_transport_name(row->transport));
    pair(out, "    ", "ports", row->ports_text);
    pair(out, "    ", "feature", spec->features[row->feature].name);
    if (row->any_of) pair(out, "    ", "any_of", row->any_of);
    pair(out, "    ", "coverage", spec_coverage_names[row->coverage]);
    flag(out, "    ", "one_way", row->one_way);
    flag(out, "    ", "loopback", row->loopback);
    if (row->primary != PP_PRIMARY_NONE) pair(out, "    ", "primary", spec_primary_names[row->primary]);
    if (row->partner != PP_NONE) pair(out, "    ", "partner", spec->rows[row->partner].id);
    if (row->encrypted_by != PP_NONE) pair(out, "    ", "encrypted_by", spec->rows[row->encrypted_by].id);
    flag(out, "    ", "downgrade", row->downgrade);
    flag(out, "    ", "announces_callback", row->announces_callback);
    pair(out, "    ", "purpose", row->purpose);
    pair(out, "    ", "when", row->condition);
    pair(out, "    ", "exercise", row->exercise);
}

static void yaml_companions(const struct pp_spec *spec, struct text *out)
{
    if (spec->companion_count) text_add(out, "\ncompanions:\n");
    for (const struct pp_companion *companion = spec->companions; companion < spec->companions + spec->companion_count; companion++) {
        pair(out, "  - ", "name", companion->name);
        pair(out, "    ", "title", companion->title);
        ports_pair(out, &companion->ports);
        roles_pair(out, "from", spec, companion->from);
        roles_pair(out, "to", spec, companion->to);
        if (companion->beside != PP_NONE) pair(out, "    ", "beside", spec->rows[companion->beside].id);
    }
}

static void yaml_inferences(const struct pp_spec *spec, struct text *out)
{
    if (spec->inference_count) text_add(out, "\ninfer:\n");
    for (const struct pp_inference *infer = spec->inferences; infer < spec->inferences + spec->inference_count; infer++) {
        pair(out, "  - ", "who", spec_infer_names[infer->who]);
        ports_pair(out, &infer->ports);
        roles_pair(out, "roles", spec, infer->roles);
        roles_pair(out, "peer", spec, infer->peer_roles);
    }
}

bool export_yaml(const struct pp_spec *spec, struct text *out)
{
    pair(out, "", "name", spec->name);
    pair(out, "", "title", spec->title);
    pair(out, "", "version", spec->version);
    pair(out, "", "source", spec->source);
    text_add(out, "\n");
    yaml_roles(spec, out);
    yaml_features(spec, out);
    text_add(out, "\nrows:\n");
    for (const struct pp_row *row = spec->rows; row < spec->rows + spec->row_count; row++) yaml_row(spec, row, out);
    yaml_companions(spec, out);
    yaml_inferences(spec, out);
    return !out->failed;
}

static bool (*const exports[])(const struct pp_spec *, struct text *) = {
    [PP_SPEC_YAML] = export_yaml,
    [PP_SPEC_TSV] = export_tsv,
    [PP_SPEC_JSON] = export_json,
};

bool pp_spec_export(const struct pp_spec *spec, enum pp_spec_format format, char **out, size_t *size)
{
    struct text text;
    text_init(&text);
    if (!exports[format](spec, &text)) {
        text_finish(&text);
        return false;
    }
    *out = text.bytes;
    *size = text.length;
    return true;
}
