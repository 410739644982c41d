#include <jansson.h>

#include <stdlib.h>

#include "rules.h"

/* jansson's setters that steal a reference take NULL and report it, so one check of `failed` at the end is enough. */
struct object {
    json_t *json;
    bool failed;
};

static struct object make(void)
{
    json_t *json = json_object();
    return (struct object){.json = json, .failed = !json};
}

static void set(struct object *object, const char *key, json_t *value)
{
    if (json_object_set_new(object->json, key, value) != 0) object->failed = true;
}

static void set_text(struct object *object, const char *key, const char *value)
{
    if (value) set(object, key, json_string(value));
}

static void add(json_t *array, bool *failed, struct object object)
{
    if (object.failed) *failed = true;
    if (json_array_append_new(array, object.json) != 0) *failed = true;
}

static json_t *ranges_of(const struct pp_ports *ports)
{
    json_t *array = json_array();
    bool failed = false;
    for (uint16_t i = 0; i < ports->count; i++) {
        struct object range = make();
        set(&range, "first", json_integer(ports->ranges[i].first));
        set(&range, "last", json_integer(ports->ranges[i].last));
        set(&range, "step", json_integer(ports->ranges[i].step));
        add(array, &failed, range);
    }
    if (!failed) return array;
    json_decref(array);
    return NULL;
}

static json_t *names_of(const char *const *names, size_t count, uint64_t set)
{
    json_t *array = json_array();
    bool failed = false;
    for (size_t i = 0; i < count; i++)
        if ((set >> i & 1) && json_array_append_new(array, json_string(names[i])) != 0) failed = true;
    if (!failed) return array;
    json_decref(array);
    return NULL;
}

static json_t *roles_of(const struct pp_spec *spec, pp_role_set roles)
{
    const char *names[PP_ROLES_MAX];
    return names_of(names, spec_role_names(spec, names), roles);
}

static void set_transports(struct object *object, const struct pp_ports *ports)
{
    static const char *const names[] = {"tcp", "udp"};
    set(object, "transports", names_of(names, 2, (ports->tcp ? 1u : 0u) | (ports->udp ? 2u : 0u)));
    set(object, "ranges", ranges_of(ports));
}

static struct object rules_object(const struct pp_spec *spec)
{
    struct object object = make();
    set_text(&object, "name", spec->name);
    set_text(&object, "title", spec->title);
    set_text(&object, "version", spec->version);
    set_text(&object, "source", spec->source);
    set_text(&object, "sha256", spec->sha256);
    set(&object, "rows", json_integer(spec->row_count));
    return object;
}

static struct object role_object(const struct pp_spec *spec, size_t i)
{
    struct object object = make();
    set_text(&object, "name", spec->roles[i].name);
    set_text(&object, "title", spec->roles[i].title);
    set(&object, "anyone", json_boolean(spec->roles[i].anyone));
    set(&object, "loopback", json_boolean(spec->roles[i].loopback));
    set(&object, "primary", json_boolean(spec->roles[i].primary));
    return object;
}

static struct object feature_object(const struct pp_spec *spec, size_t i)
{
    const char *names[PP_FEATURES_MAX];
    struct object object = make();
    set_text(&object, "name", spec->features[i].name);
    set_text(&object, "title", spec->features[i].title);
    set_text(&object, "preset", spec_preset_names[spec->features[i].preset]);
    set(&object, "needs", names_of(names, spec_feature_names(spec, names), spec->features[i].needs));
    return object;
}

static struct object row_object(const struct pp_spec *spec, size_t i)
{
    const struct pp_row *row = &spec->rows[i];
    struct object object = make();
    set_text(&object, "id", row->id);
    set(&object, "page_line", json_integer(row->page_line));
    set_text(&object, "group", row->group);
    set_text(&object, "from", spec->roles[row->from].name);
    set_text(&object, "from_title", row->from_title);
    set_text(&object, "to", spec->roles[row->to].name);
    set_text(&object, "to_title", row->to_title);
    set_text(&object, "transport", pp_transport_name(row->transport));
    set_text(&object, "ports", row->ports_text);
    set(&object, "ranges", ranges_of(&row->ports));
    set(&object, "per_member", json_boolean(row->ports.per_member));
    set(&object, "wide", json_boolean(row->wide));
    set_text(&object, "feature", spec->features[row->feature].name);
    set_text(&object, "any_of", row->any_of);
    set_text(&object, "coverage", spec_coverage_names[row->coverage]);
    set(&object, "one_way", json_boolean(row->one_way));
    set(&object, "loopback", json_boolean(row->loopback));
    set_text(&object, "primary", spec_primary_names[row->primary]);
    if (row->partner != PP_NONE) set_text(&object, "partner", spec->rows[row->partner].id);
    if (row->encrypted_by != PP_NONE) set_text(&object, "encrypted_by", spec->rows[row->encrypted_by].id);
    set(&object, "downgrade", json_boolean(row->downgrade));
    set(&object, "announces_callback", json_boolean(row->announces_callback));
    set_text(&object, "purpose", row->purpose);
    set_text(&object, "when", row->condition);
    set_text(&object, "exercise", row->exercise);
    return object;
}

static struct object companion_object(const struct pp_spec *spec, size_t i)
{
    const struct pp_companion *companion = &spec->companions[i];
    struct object object = make();
    set_text(&object, "name", companion->name);
    set_text(&object, "title", companion->title);
    set_transports(&object, &companion->ports);
    set(&object, "from", roles_of(spec, companion->from));
    set(&object, "to", roles_of(spec, companion->to));
    if (companion->beside != PP_NONE) set_text(&object, "beside", spec->rows[companion->beside].id);
    return object;
}

static struct object inference_object(const struct pp_spec *spec, size_t i)
{
    const struct pp_inference *infer = &spec->inferences[i];
    struct object object = make();
    set_text(&object, "who", spec_infer_names[infer->who]);
    set_transports(&object, &infer->ports);
    set(&object, "roles", roles_of(spec, infer->roles));
    set(&object, "peer", roles_of(spec, infer->peer_roles));
    return object;
}

static json_t *list(const struct pp_spec *spec, size_t count, struct object (*make_item)(const struct pp_spec *, size_t), bool *failed)
{
    json_t *array = json_array();
    for (size_t i = 0; i < count; i++) add(array, failed, make_item(spec, i));
    return array;
}

bool export_json(const struct pp_spec *spec, struct text *out)
{
    struct object root = make(), rules = rules_object(spec);
    bool failed = rules.failed;
    set(&root, "rules", rules.json);
    set(&root, "roles", list(spec, spec->role_count, role_object, &failed));
    set(&root, "features", list(spec, spec->feature_count, feature_object, &failed));
    set(&root, "rows", list(spec, spec->row_count, row_object, &failed));
    set(&root, "companions", list(spec, spec->companion_count, companion_object, &failed));
    set(&root, "infer", list(spec, spec->inference_count, inference_object, &failed));
    char *json = failed || root.failed ? NULL : json_dumps(root.json, JSON_INDENT(2));
    json_decref(root.json);
    if (!json) return false;
    text_add(out, json);
    text_add(out, "\n");
    free(json);
    return !out->failed;
}
