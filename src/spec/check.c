#include <string.h>

#include "rules.h"

static bool add_need(struct yaml_reading *reading, const struct yaml_node *node, void *field)
{
    const struct rules *rules = reading->context;
    const char *names[PP_FEATURES_MAX];
    pp_feature_set *needs = field;
    size_t i;
    if (!yaml_read_choice(reading, node, "feature", names, spec_feature_names(rules->spec, names), &i)) return false;
    *needs |= UINT64_C(1) << i;
    return true;
}

/* What is needed by a needed feature is needed too; asking may then look one step deep. */
static void close_needs(struct pp_spec *spec)
{
    for (size_t round = 0; round < spec->feature_count; round++)
        for (size_t i = 0; i < spec->feature_count; i++)
            for (size_t j = 0; j < spec->feature_count; j++)
                if (spec->features[i].needs >> j & 1) spec->features[i].needs |= spec->features[j].needs;
}

static bool link_needs(struct yaml_reading *reading)
{
    const struct rules *rules = reading->context;
    struct pp_feature *feature = rules->spec->features;
    for (const struct yaml_node *item = rules->features->first; item; item = item->next, feature++) {
        const struct yaml_node *needs = yaml_value(item, "needs");
        if (needs && !yaml_read_each(reading, needs, "a feature or a list of features", add_need, &feature->needs)) return false;
    }
    close_needs(rules->spec);
    feature = rules->spec->features;
    for (const struct yaml_node *item = rules->features->first; item; item = item->next, feature++)
        if (feature->needs >> (feature - rules->spec->features) & 1)
            return yaml_wrong(reading, yaml_value(item, "needs"), "feature %s needs itself in the end; expected no circle", feature->name);
    return true;
}

static bool read_row(struct yaml_reading *reading, const struct yaml_node *node, uint16_t *out)
{
    const struct rules *rules = reading->context;
    const char *names[PP_ROWS_MAX];
    size_t i;
    if (!yaml_read_choice(reading, node, "row", names, spec_row_names(rules->spec, names), &i)) return false;
    *out = (uint16_t)i;
    return true;
}

static bool link_partners(struct yaml_reading *reading)
{
    const struct rules *rules = reading->context;
    struct pp_row *rows = rules->spec->rows, *row = rows;
    for (const struct yaml_node *item = rules->rows->first; item; item = item->next, row++) {
        const struct yaml_node *partner = yaml_value(item, "partner");
        if (partner && !read_row(reading, partner, &row->partner)) return false;
    }
    row = rows;
    for (const struct yaml_node *item = rules->rows->first; item; item = item->next, row++) {
        if (row->partner == PP_NONE) continue;
        const struct pp_row *other = &rows[row->partner];
        if (other == row || other->partner != row - rows)
            return yaml_wrong(reading, yaml_value(item, "partner"),
                              "partner %s, which does not name %s as its own; expected two rows that name each other", other->id, row->id);
    }
    return true;
}

static bool check_encrypted(struct yaml_reading *reading, const struct yaml_node *item, const struct pp_row *row)
{
    const struct rules *rules = reading->context;
    const struct pp_row *rows = rules->spec->rows;
    if (row->downgrade && row->encrypted_by == PP_NONE)
        return yaml_wrong(reading, yaml_value(item, "downgrade"), "downgrade without encrypted_by; expected the row that it begins as");
    if (row->encrypted_by == PP_NONE || rows[row->encrypted_by].encrypted_by == PP_NONE) return true;
    return yaml_wrong(reading, yaml_value(item, "encrypted_by"),
                      "encrypted_by %s, which is clear text by its own encrypted_by; expected a row that is encrypted",
                      rows[row->encrypted_by].id);
}

static bool link_encrypted(struct yaml_reading *reading)
{
    const struct rules *rules = reading->context;
    struct pp_row *row = rules->spec->rows;
    for (const struct yaml_node *item = rules->rows->first; item; item = item->next, row++) {
        const struct yaml_node *by = yaml_value(item, "encrypted_by");
        if (by && !read_row(reading, by, &row->encrypted_by)) return false;
    }
    row = rules->spec->rows;
    for (const struct yaml_node *item = rules->rows->first; item; item = item->next, row++)
        if (!check_encrypted(reading, item, row)) return false;
    return true;
}

static bool check_groups(struct yaml_reading *reading)
{
    const struct rules *rules = reading->context;
    const struct pp_spec *spec = rules->spec;
    const struct pp_row *row = spec->rows;
    for (const struct yaml_node *item = rules->rows->first; item; item = item->next, row++) {
        unsigned members = 0;
        if (!row->any_of) continue;
        for (size_t i = 0; i < spec->row_count; i++) members += spec->rows[i].any_of && strcmp(spec->rows[i].any_of, row->any_of) == 0;
        if (members < 2)
            return yaml_wrong(reading, yaml_value(item, "any_of"), "group \"%s\" of one row; expected another row with the same any_of",
                              row->any_of);
    }
    return true;
}

static bool link_companions(struct yaml_reading *reading)
{
    const struct rules *rules = reading->context;
    struct pp_companion *companion = rules->spec->companions;
    if (!rules->companions) return true;
    for (const struct yaml_node *item = rules->companions->first; item; item = item->next, companion++) {
        const struct yaml_node *beside = yaml_value(item, "beside");
        if (beside && !read_row(reading, beside, &companion->beside)) return false;
    }
    return true;
}

/* Array members and sites may still change ports; then creating the index is what tells. */
static bool check_index(struct yaml_reading *reading)
{
    const struct rules *rules = reading->context;
    bool scattered;
    struct pp_port_index *index = port_index_make(rules->spec, &scattered);
    if (!index && !scattered) return yaml_wrong(reading, rules->rows, "out of memory");
    if (!index) return yaml_wrong(reading, rules->rows, "ports too scattered to index; expected fewer different sets of rows on a port");
    pp_port_index_destroy(index);
    return true;
}

bool rules_check(struct yaml_reading *reading)
{
    return link_needs(reading) && link_partners(reading) && link_encrypted(reading) && check_groups(reading) && link_companions(reading) &&
           check_index(reading);
}
