/* What the files of the spec stage share. */
#ifndef SPEC_RULES_H
#define SPEC_RULES_H

#include "portproof/spec.h"
#include "text.h"
#include "yaml_read.h"

/** A spec while it is read: `reading->context`. */
struct rules {
    struct pp_spec *spec;
    const struct yaml_node *features, *rows, *companions; /* kept for what can be resolved only after all rows are known */
};

/* Tables of words, in the order of their enums. */
extern const char *const spec_coverage_names[PP_COVERAGE_COUNT];
extern const char *const spec_primary_names[3];
extern const char *const spec_preset_names[2];
extern const char *const spec_infer_names[3];

/** The names of a spec's parts, for choices and suggestions; the count is returned. */
size_t spec_role_names(const struct pp_spec *spec, const char *names[PP_ROLES_MAX]);
size_t spec_feature_names(const struct pp_spec *spec, const char *names[PP_FEATURES_MAX]);
size_t spec_row_names(const struct pp_spec *spec, const char *names[PP_ROWS_MAX]);

/** What only the whole can tell: partners, groups, features that need others, companions; and that it can be indexed. */
bool rules_check(struct yaml_reading *reading);

bool export_yaml(const struct pp_spec *spec, struct text *out);
bool export_tsv(const struct pp_spec *spec, struct text *out);
bool export_json(const struct pp_spec *spec, struct text *out);

/** pp_port_index_create; of NULL *scattered says whether there are too many different sets of rows on a port, else memory is out. */
struct pp_port_index *port_index_make(const struct pp_spec *spec, bool *scattered);

#endif
