#include "manifest.h"

#include <jansson.h>
#include <string.h>

#include "arena.h"
#include "digest.h"
#include "error.h"
#include "text.h"

static const char schema[] = "portproof/bundle/1";

/* --- writing ------------------------------------------------------------------------------------------------------------- */

static json_t *listed_options(const struct pp_bundle *bundle)
{
    json_t *list = json_array();
    for (size_t i = 0; i < bundle->option_count; i++) json_array_append_new(list, json_string(bundle->options[i])); /* UTF-8, or left out */
    return list;
}

static json_t *listed_captures(const struct pp_bundle *bundle)
{
    json_t *list = json_array();
    for (size_t i = 0; i < bundle->capture_count; i++) {
        const struct pp_bundle_capture *capture = &bundle->captures[i];
        struct text name; /* of a path, which need not be UTF-8 */
        text_init(&name);
        text_add_escaped(&name, capture->name, strlen(capture->name));
        json_t *one = json_pack("{s:s, s:I}", "name", name.bytes ? name.bytes : "", "bytes", (json_int_t)capture->bytes);
        text_finish(&name);
        if (*capture->sha256) json_object_set_new(one, "sha256", json_string(capture->sha256));
        json_array_append_new(list, one);
    }
    return list;
}

static json_t *listed_files(const struct pp_bundle *bundle)
{
    json_t *list = json_array();
    for (size_t i = 0; i < bundle->file_count; i++) {
        const struct pp_bundle_file *file = &bundle->files[i];
        char sha256[DIGEST_HEX_SIZE];
        sha256_hex(file->bytes, file->size, sha256);
        json_array_append_new(list, json_pack("{s:s, s:I, s:s}", "name", file->name, "bytes", (json_int_t)file->size, "sha256", sha256));
    }
    return list;
}

char *pp_bundle_manifest(const struct pp_bundle *bundle)
{
    json_t *manifest = json_pack("{s:s, s:{s:s, s:s}, s:s, s:s, s:o, s:I, s:o, s:o}", "schema", schema, "tool", "name", "portproof",
                                 "version", bundle->tool_version, "verdict", bundle->verdict, "made_from",
                                 bundle->from_captures ? "captures" : "evidence", "options", listed_options(bundle), "outside_time",
                                 (json_int_t)bundle->outside_time, "captures", listed_captures(bundle), "files", listed_files(bundle));
    char *bytes = manifest ? json_dumps(manifest, JSON_INDENT(2)) : NULL;
    json_decref(manifest);
    return bytes;
}

/* --- reading ------------------------------------------------------------------------------------------------------------- */

/* A string member, kept; "" when there is none. */
static const char *member(struct arena *arena, const json_t *object, const char *key)
{
    const char *value = json_string_value(json_object_get(object, key));
    const char *kept = value ? arena_copy(arena, value, strlen(value)) : "";
    return kept ? kept : "";
}

static uint64_t number(const json_t *object, const char *key)
{
    json_int_t value = json_integer_value(json_object_get(object, key));
    return value > 0 ? (uint64_t)value : 0;
}

static bool read_options(const json_t *list, struct arena *arena, struct pp_bundle *bundle)
{
    const char **options = arena_alloc(arena, (json_array_size(list) + 1) * sizeof *options);
    size_t i;
    json_t *one;
    if (!options) return false;
    json_array_foreach(list, i, one)
    {
        const char *option = json_string_value(one);
        if (option) options[bundle->option_count++] = arena_copy(arena, option, strlen(option));
    }
    bundle->options = options;
    return true;
}

static bool read_captures(const json_t *list, struct arena *arena, struct pp_bundle *bundle)
{
    size_t i;
    json_t *one;
    bundle->captures = arena_alloc(arena, (json_array_size(list) + 1) * sizeof *bundle->captures);
    if (!bundle->captures) return false;
    json_array_foreach(list, i, one) bundle->captures[bundle->capture_count++] =
        (struct pp_bundle_capture){member(arena, one, "name"), number(one, "bytes"), member(arena, one, "sha256")};
    return true;
}

struct pp_bundle_file *bundle_file(const struct pp_bundle *bundle, const char *name)
{
    for (size_t i = 0; i < bundle->file_count; i++)
        if (strcmp(bundle->files[i].name, name) == 0) return &bundle->files[i];
    return NULL;
}

/* What is in the archive and what the manifest lists; `files` has room for both. */
static bool compare_files(const json_t *list, struct arena *arena, struct pp_bundle *bundle)
{
    size_t i;
    json_t *one;
    json_array_foreach(list, i, one)
    {
        const char *name = member(arena, one, "name");
        struct pp_bundle_file *file = bundle_file(bundle, name);
        char sha256[DIGEST_HEX_SIZE];
        if (!file) {
            if (bundle->file_count == 2 * PP_BUNDLE_FILES_MAX) return false;
            bundle->files[bundle->file_count++] = (struct pp_bundle_file){.name = name, .bytes = "", .state = PP_NOT_THERE};
        } else if (file->state == PP_NOT_LISTED) {
            sha256_hex(file->bytes, file->size, sha256);
            file->state = strcmp(member(arena, one, "sha256"), sha256) == 0 ? PP_AS_LISTED : PP_OTHER_BYTES;
        }
    }
    return true;
}

bool manifest_read(const char *bytes, size_t size, struct arena *arena, struct pp_bundle *bundle, struct pp_error *error)
{
    enum { SAFE_MAX = 200 };
    char safe[SAFE_MAX];
    json_error_t problem;
    json_t *manifest = json_loadb(bytes, size, JSON_REJECT_DUPLICATES, &problem);
    if (!manifest) {
        escape_into(safe, sizeof safe, problem.text, strlen(problem.text));
        return error_at(error, 0, 0, PP_BUNDLE_MANIFEST ": line %d: not JSON: %s", problem.line, safe);
    }
    const char *found = member(arena, manifest, "schema");
    escape_into(safe, sizeof safe, found, strlen(found));
    bool ok = strcmp(found, schema) == 0 || error_at(error, 0, 0, PP_BUNDLE_MANIFEST ": schema \"%s\"; expected %s", safe, schema);
    if (ok) {
        bundle->tool_version = member(arena, json_object_get(manifest, "tool"), "version");
        bundle->verdict = member(arena, manifest, "verdict");
        bundle->from_captures = strcmp(member(arena, manifest, "made_from"), "captures") == 0;
        bundle->outside_time = number(manifest, "outside_time");
        ok = (read_options(json_object_get(manifest, "options"), arena, bundle) &&
              read_captures(json_object_get(manifest, "captures"), arena, bundle) && !arena_failed(arena)) ||
             error_at(error, 0, 0, "out of memory");
        ok = ok && (compare_files(json_object_get(manifest, "files"), arena, bundle) ||
                    error_at(error, 0, 0, PP_BUNDLE_MANIFEST ": more than %d files; expected no more", PP_BUNDLE_FILES_MAX));
    }
    json_decref(manifest);
    return ok;
}
