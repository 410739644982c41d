/* A rules file is read in two passes: the tables below read each part into its struct, in the order roles, features, rows,
 * companions, inferences, so that names refer backwards whatever the order in the file; then check.c looks at the whole. */
#include <stdlib.h>
#include <string.h>

#include "arena.h"
#include "digest.h"
#include "ports.h"
#include "rules.h"

#define KEYS(table) (table), sizeof(table) / sizeof *(table)

static struct pp_spec *spec_of(struct yaml_reading *reading)
{
    struct rules *rules = reading->context;
    return rules->spec;
}

static bool read_choice(struct yaml_reading *reading, const struct yaml_node *node, const char *what, const char *const *names,
                        size_t count, uint16_t *out)
{
    size_t i;
    if (!yaml_read_choice(reading, node, what, names, count, &i)) return false;
    *out = (uint16_t)i;
    return true;
}

static bool read_role(struct yaml_reading *reading, const struct yaml_node *node, void *field)
{
    const char *names[PP_ROLES_MAX];
    return read_choice(reading, node, "role", names, spec_role_names(spec_of(reading), names), field);
}

static bool add_role(struct yaml_reading *reading, const struct yaml_node *node, void *field)
{
    pp_role_set *set = field;
    uint16_t role;
    if (!read_role(reading, node, &role)) return false;
    *set |= UINT32_C(1) << role;
    return true;
}

static bool read_roles_of(struct yaml_reading *reading, const struct yaml_node *node, void *field)
{
    return yaml_read_each(reading, node, "a role or a list of roles", add_role, field);
}

static bool read_feature(struct yaml_reading *reading, const struct yaml_node *node, void *field)
{
    const char *names[PP_FEATURES_MAX];
    return read_choice(reading, node, "feature", names, spec_feature_names(spec_of(reading), names), field);
}

/* Read after all the rows, or all the features, are known: see check.c. */
static bool read_later(struct yaml_reading *reading, const struct yaml_node *node, void *field)
{
    (void)reading;
    (void)node;
    (void)field;
    return true;
}

static bool read_transport(struct yaml_reading *reading, const struct yaml_node *node, void *field)
{
    static const char *const names[] = {"tcp", "udp"};
    enum pp_transport *out = field;
    size_t i;
    if (!yaml_read_choice(reading, node, "transport", names, 2, &i)) return false;
    *out = i == 0 ? PP_TCP : PP_UDP;
    return true;
}

static bool read_ports(struct yaml_reading *reading, const struct yaml_node *node, void *field)
{
    const char *found, *expected;
    if (!yaml_expect_text(reading, node, "ports, as in 80/tcp")) return false;
    return ports_parse(node->text, field, &found, &expected) || yaml_wrong_inside(reading, node, (size_t)(found - node->text), expected);
}

static bool read_row_ports(struct yaml_reading *reading, const struct yaml_node *node, void *field)
{
    struct pp_row *row = field;
    return read_ports(reading, node, &row->ports) && yaml_read_text(reading, node, &row->ports_text);
}

static bool read_coverage(struct yaml_reading *reading, const struct yaml_node *node, void *field)
{
    enum pp_coverage *out = field;
    size_t i;
    if (!yaml_read_choice(reading, node, "coverage", spec_coverage_names, PP_COVERAGE_COUNT, &i)) return false;
    for (*out = PP_EACH_DESTINATION; i > 0; i--) ++*out;
    return true;
}

static bool read_primary(struct yaml_reading *reading, const struct yaml_node *node, void *field)
{
    enum pp_primary_end *out = field;
    size_t i;
    if (!yaml_read_choice(reading, node, "primary end", spec_primary_names, 3, &i)) return false;
    *out = i == 0 ? PP_PRIMARY_NONE : i == 1 ? PP_PRIMARY_FROM : PP_PRIMARY_TO;
    return true;
}

static bool read_preset(struct yaml_reading *reading, const struct yaml_node *node, void *field)
{
    enum pp_feature_default *out = field;
    size_t i;
    if (!yaml_read_choice(reading, node, "preset", spec_preset_names, 2, &i)) return false;
    *out = i == 0 ? PP_FEATURE_AUTO : PP_FEATURE_ARRAY;
    return true;
}

static bool read_who(struct yaml_reading *reading, const struct yaml_node *node, void *field)
{
    enum pp_infer_who *out = field;
    size_t i;
    if (!yaml_read_choice(reading, node, "end of a flow", spec_infer_names, 3, &i)) return false;
    *out = i == 0 ? PP_INFER_RESPONDER : i == 1 ? PP_INFER_INITIATOR : PP_INFER_EITHER;
    return true;
}

static const struct yaml_key role_keys[] = {
    {"name", yaml_read_name, offsetof(struct pp_role, name), true},
    {"title", yaml_read_text, offsetof(struct pp_role, title), true},
    {"anyone", yaml_read_flag, offsetof(struct pp_role, anyone), false},
    {"loopback", yaml_read_flag, offsetof(struct pp_role, loopback), false},
    {"primary", yaml_read_flag, offsetof(struct pp_role, primary), false},
};

static const struct yaml_key feature_keys[] = {
    {"name", yaml_read_name, offsetof(struct pp_feature, name), true},
    {"title", yaml_read_text, offsetof(struct pp_feature, title), true},
    {"preset", read_preset, offsetof(struct pp_feature, preset), false},
    {"needs", read_later, 0, false},
};

static const struct yaml_key row_keys[] = {
    {"id", yaml_read_name, offsetof(struct pp_row, id), true},
    {"page_line", yaml_read_count, offsetof(struct pp_row, page_line), true},
    {"group", yaml_read_name, offsetof(struct pp_row, group), true},
    {"from", read_role, offsetof(struct pp_row, from), true},
    {"to", read_role, offsetof(struct pp_row, to), true},
    {"transport", read_transport, offsetof(struct pp_row, transport), true},
    {"ports", read_row_ports, 0, true},
    {"feature", read_feature, offsetof(struct pp_row, feature), true},
    {"any_of", yaml_read_name, offsetof(struct pp_row, any_of), false},
    {"coverage", read_coverage, offsetof(struct pp_row, coverage), true},
    {"one_way", yaml_read_flag, offsetof(struct pp_row, one_way), false},
    {"loopback", yaml_read_flag, offsetof(struct pp_row, loopback), false},
    {"primary", read_primary, offsetof(struct pp_row, primary), false},
    {"partner", read_later, 0, false},
    {"encrypted_by", read_later, 0, false},
    {"downgrade", yaml_read_flag, offsetof(struct pp_row, downgrade), false},
    {"announces_callback", yaml_read_flag, offsetof(struct pp_row, announces_callback), false},
    {"from_title", yaml_read_text, offsetof(struct pp_row, from_title), false},
    {"to_title", yaml_read_text, offsetof(struct pp_row, to_title), false},
    {"purpose", yaml_read_text, offsetof(struct pp_row, purpose), true},
    {"when", yaml_read_text, offsetof(struct pp_row, condition), true},
    {"exercise", yaml_read_text, offsetof(struct pp_row, exercise), true},
};

static const struct yaml_key companion_keys[] = {
    {"name", yaml_read_name, offsetof(struct pp_companion, name), true},
    {"title", yaml_read_text, offsetof(struct pp_companion, title), true},
    {"ports", read_ports, offsetof(struct pp_companion, ports), true},
    {"from", read_roles_of, offsetof(struct pp_companion, from), false},
    {"to", read_roles_of, offsetof(struct pp_companion, to), false},
    {"beside", read_later, 0, false},
};

static const struct yaml_key infer_keys[] = {
    {"who", read_who, offsetof(struct pp_inference, who), true},
    {"ports", read_ports, offsetof(struct pp_inference, ports), true},
    {"roles", read_roles_of, offsetof(struct pp_inference, roles), true},
    {"peer", read_roles_of, offsetof(struct pp_inference, peer_roles), false},
};

static bool unique(struct yaml_reading *reading, const struct yaml_node *item, const char *key, const char *const *names, size_t count)
{
    const struct yaml_node *name = yaml_value(item, key);
    for (size_t i = 0; i < count; i++)
        if (strcmp(names[i], name->text) == 0)
            return yaml_wrong(reading, name, "\"%s\" a second time; expected %ss that differ", names[i], key);
    return true;
}

static bool too_many(struct yaml_reading *reading, const struct yaml_node *node, const char *what, size_t most)
{
    return yaml_wrong(reading, node, "%u %s; expected at most %zu", node->count, what, most);
}

static bool read_roles(struct yaml_reading *reading, const struct yaml_node *node, void *field)
{
    struct pp_spec *spec = field;
    const char *names[PP_ROLES_MAX];
    bool primary = false;
    if (!yaml_expect_list(reading, node, "a list of roles")) return false;
    if (node->count > PP_ROLES_MAX) return too_many(reading, node, "roles", PP_ROLES_MAX);
    for (const struct yaml_node *item = node->first; item; item = item->next) {
        struct pp_role *role = &spec->roles[spec->role_count];
        if (!yaml_read_mapping(reading, item, "role", KEYS(role_keys), role)) return false;
        if (!unique(reading, item, "name", names, spec_role_names(spec, names))) return false;
        if (role->primary && primary) return yaml_wrong(reading, yaml_value(item, "primary"), "a second role with a primary; expected one");
        primary |= role->primary;
        spec->role_count++;
    }
    return true;
}

static bool read_features(struct yaml_reading *reading, const struct yaml_node *node, void *field)
{
    struct pp_spec *spec = field;
    struct rules *rules = reading->context;
    const char *names[PP_FEATURES_MAX];
    if (!yaml_expect_list(reading, node, "a list of features")) return false;
    if (node->count > PP_FEATURES_MAX) return too_many(reading, node, "features", PP_FEATURES_MAX);
    for (const struct yaml_node *item = node->first; item; item = item->next) {
        if (!yaml_read_mapping(reading, item, "feature", KEYS(feature_keys), &spec->features[spec->feature_count])) return false;
        if (!unique(reading, item, "name", names, spec_feature_names(spec, names))) return false;
        spec->feature_count++;
    }
    rules->features = node;
    return true;
}

static bool finish_row(struct yaml_reading *reading, const struct yaml_node *item, struct pp_row *row)
{
    const struct pp_spec *spec = spec_of(reading);
    const char *transport = pp_transport_name(row->transport);
    const char *names[PP_ROWS_MAX];
    if (!unique(reading, item, "id", names, spec_row_names(spec, names))) return false;
    if (row->ports.tcp && row->ports.udp)
        return yaml_wrong(reading, yaml_value(item, "ports"), "ports without a transport; expected /%s after each port", transport);
    if (row->ports.tcp != (row->transport == PP_TCP))
        return yaml_wrong(reading, yaml_value(item, "transport"), "transport %s with %s ports; expected %s", transport,
                          row->ports.tcp ? "tcp" : "udp", row->ports.tcp ? "tcp" : "udp");
    if ((row->primary == PP_PRIMARY_FROM && !spec->roles[row->from].primary) ||
        (row->primary == PP_PRIMARY_TO && !spec->roles[row->to].primary))
        return yaml_wrong(reading, yaml_value(item, "primary"),
                          "an end whose role has no primary; expected the other end, or primary: true on the role");
    if (!row->from_title) row->from_title = spec->roles[row->from].title;
    if (!row->to_title) row->to_title = spec->roles[row->to].title;
    row->line = item->line;
    row->partner = row->encrypted_by = PP_NONE;
    row->wide = pp_ports_size(&row->ports) > PP_WIDE_PORTS;
    return true;
}

static bool read_rows(struct yaml_reading *reading, const struct yaml_node *node, void *field)
{
    struct pp_spec *spec = field;
    struct rules *rules = reading->context;
    if (!yaml_expect_list(reading, node, "a list of rows")) return false;
    if (node->count > PP_ROWS_MAX) return too_many(reading, node, "rows", PP_ROWS_MAX);
    if (!node->count) return yaml_wrong(reading, node, "no rows; expected at least one");
    for (const struct yaml_node *item = node->first; item; item = item->next) {
        struct pp_row *row = &spec->rows[spec->row_count];
        if (!yaml_read_mapping(reading, item, "row", KEYS(row_keys), row) || !finish_row(reading, item, row)) return false;
        spec->row_count++;
    }
    rules->rows = node;
    return true;
}

static bool read_companions(struct yaml_reading *reading, const struct yaml_node *node, void *field)
{
    struct pp_spec *spec = field;
    struct rules *rules = reading->context;
    if (!yaml_expect_list(reading, node, "a list of companions")) return false;
    if (node->count > PP_COMPANIONS_MAX) return too_many(reading, node, "companions", PP_COMPANIONS_MAX);
    for (const struct yaml_node *item = node->first; item; item = item->next) {
        const char *names[PP_COMPANIONS_MAX];
        struct pp_companion *companion = &spec->companions[spec->companion_count];
        if (!yaml_read_mapping(reading, item, "companion", KEYS(companion_keys), companion)) return false;
        for (size_t i = 0; i < spec->companion_count; i++) names[i] = spec->companions[i].name;
        if (!unique(reading, item, "name", names, spec->companion_count)) return false;
        companion->beside = PP_NONE;
        spec->companion_count++;
    }
    rules->companions = node;
    return true;
}

static bool read_inferences(struct yaml_reading *reading, const struct yaml_node *node, void *field)
{
    struct pp_spec *spec = field;
    if (!yaml_expect_list(reading, node, "a list of inferences")) return false;
    if (node->count > PP_COMPANIONS_MAX) return too_many(reading, node, "inferences", PP_COMPANIONS_MAX);
    for (const struct yaml_node *item = node->first; item; item = item->next)
        if (!yaml_read_mapping(reading, item, "inference", KEYS(infer_keys), &spec->inferences[spec->inference_count++])) return false;
    return true;
}

static const struct yaml_key rules_keys[] = {
    {"name", yaml_read_name, offsetof(struct pp_spec, name), true},
    {"title", yaml_read_text, offsetof(struct pp_spec, title), true},
    {"version", yaml_read_text, offsetof(struct pp_spec, version), true},
    {"source", yaml_read_text, offsetof(struct pp_spec, source), true},
    {"roles", read_roles, 0, true},
    {"features", read_features, 0, true},
    {"rows", read_rows, 0, true},
    {"companions", read_companions, 0, false},
    {"infer", read_inferences, 0, false},
};

static bool parse(struct pp_spec *spec, const char *text, size_t size, struct arena *tree, struct pp_error *error)
{
    struct rules rules = {.spec = spec};
    struct yaml_reading reading = {.arena = spec->memory, .error = error, .context = &rules};
    const struct yaml_node *root = yaml_tree_load(text, size, tree, error);
    if (!root) return false;
    spec->array_members = 1;
    sha256_hex(text, size, spec->sha256);
    return yaml_read_mapping(&reading, root, "rules file", KEYS(rules_keys), spec) && rules_check(&reading);
}

struct pp_spec *pp_spec_parse(const char *text, size_t size, struct pp_error *error)
{
    struct pp_spec *spec = calloc(1, sizeof *spec);
    struct arena *tree = arena_create();
    *error = (struct pp_error){.offset = UINT64_MAX, .text = "out of memory"};
    if (spec) spec->memory = arena_create();
    bool good = spec && tree && spec->memory && parse(spec, text, size, tree, error);
    arena_destroy(tree);
    if (good) return spec;
    pp_spec_destroy(spec);
    return NULL;
}
