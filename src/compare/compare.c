/* Two reports as one comparison: the order of its parts, and what these read reports with. */
#include "portproof/compare.h"

#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "comparison.h"
#include "error.h"

static const char *const change_names[PP_CHANGE_COUNT] = {[PP_KEPT] = "kept",
                                                          [PP_GAINED] = "gained",
                                                          [PP_LOST] = "lost",
                                                          [PP_NOW_BLOCKED] = "blocked",
                                                          [PP_NOW_REFUSED] = "refused",
                                                          [PP_STILL_BLOCKED] = "still-blocked",
                                                          [PP_NO_LONGER_BLOCKED] = "no-longer-blocked",
                                                          [PP_REPLACED] = "replaced",
                                                          [PP_SWITCHED_OFF] = "switched-off",
                                                          [PP_UNCHANGED] = "unchanged"};
static const char *const migration_names[PP_MIGRATION_COUNT] = {
    [PP_MIGRATION_DONE] = "done", [PP_MIGRATION_UNFINISHED] = "unfinished", [PP_MIGRATION_WORSE] = "worse"};
static const char *const move_names[PP_MOVE_COUNT] = {[PP_MOVED] = "moved", [PP_STAYED] = "stayed", [PP_NEW] = "new", [PP_GONE] = "gone"};

const char *pp_change_name(enum pp_change change) { return change_names[change]; }
const char *pp_migration_name(enum pp_migration migration) { return migration_names[migration]; }
const char *pp_move_name(enum pp_move move) { return move_names[move]; }

/* --- reading a report ------------------------------------------------------------------------------------------------------------ */

static const char *safe(struct builder *b, const char *value)
{
    struct text text;
    text_init(&text);
    text_add_escaped(&text, value, strlen(value));
    const char *copy = text.length ? arena_copy(b->arena, text.bytes, text.length) : "";
    text_finish(&text);
    return copy ? copy : "";
}

const char *member(struct builder *b, const json_t *object, const char *key) { return safe(b, saved_string(object, key)); }

const char *raw_name(const struct builder *b, const json_t *object, bool before)
{
    const char *name = saved_string(object, "name");
    for (size_t i = 0; before && *name && i < b->rename_count; i++)
        if (strcmp(b->renames[i].before, name) == 0) return b->renames[i].after;
    return name;
}

const char *host_name(struct builder *b, const json_t *object, bool before) { return safe(b, raw_name(b, object, before)); }

const json_t *find_row(const json_t *report, const char *id)
{
    size_t i;
    json_t *row;
    json_array_foreach(json_object_get(report, "rows"), i, row) if (strcmp(saved_string(row, "id"), id) == 0) return row;
    return NULL;
}

uint64_t count_of(const json_t *object, const char *key)
{
    json_int_t n = json_integer_value(json_object_get(object, key));
    return n > 0 ? (uint64_t)n : 0;
}

const char *service_of(struct builder *b, const json_t *object)
{
    const json_t *port = json_object_get(json_object_get(object, "responder"), "port");
    const char *transport = member(b, object, "transport");
    return json_is_integer(port) ? arena_words(b->arena, "%d/%s", (int)json_integer_value(port), transport) : transport;
}

const char *party_shown(struct builder *b, const json_t *party)
{
    const char *name = member(b, party, "name"), *address = member(b, party, "address");
    const json_t *roles = json_object_get(party, "roles");
    if (*name && *address && has_several_addresses(b, saved_string(party, "name"))) return arena_words(b->arena, "%s (%s)", name, address);
    if (*name) return name;
    if (*address) return address;
    const char *role = json_string_value(json_array_get(roles, 0));
    return role ? arena_words(b->arena, "any %s", safe(b, role)) : "anybody";
}

pp_time_ns time_of(const json_t *object, const char *key)
{
    pp_time_ns time;
    return time_parse(saved_string(object, key), &time) ? time : PP_NO_FIRST;
}

void *next_item(struct builder *b, void *items, size_t *count, size_t size)
{
    if (!*count || (*count & (*count - 1)) == 0) { /* full at 0, 1, 2, 4, 8 …: the arena keeps the old one until the end */
        void *larger = arena_alloc(b->arena, (*count ? *count * 2 : 1) * size);
        if (!larger) return NULL;
        if (*count) memcpy(larger, items, *count * size);
        items = larger;
    }
    ++*count;
    return items;
}

/* --- names ------------------------------------------------------------------------------------------------------------------------ */

static int by_name(const void *a, const void *b) { return strcmp(((const struct known *)a)->name, ((const struct known *)b)->name); }

bool names_init(struct builder *b, struct names *names, size_t most)
{
    *names = (struct names){0};
    names->in_order = arena_alloc(b->arena, (most + 1) * sizeof *names->in_order);
    names->sorted = arena_alloc(b->arena, (most + 1) * sizeof *names->sorted);
    return names->in_order && names->sorted;
}

void names_sort(struct names *names)
{
    size_t kept = 0;
    if (!names->count) return;
    memcpy(names->sorted, names->in_order, names->count * sizeof *names->sorted);
    qsort(names->sorted, names->count, sizeof *names->sorted, by_name);
    for (size_t i = 1; i < names->count; i++)
        if (strcmp(names->sorted[kept].name, names->sorted[i].name) != 0) names->sorted[++kept] = names->sorted[i];
    names->sorted_count = kept + 1;
}

struct known *names_find(const struct names *names, const char *name)
{
    struct known wanted = {.name = name};
    return names->count ? bsearch(&wanted, names->sorted, names->sorted_count, sizeof *names->sorted, by_name) : NULL;
}

/* --- the whole -------------------------------------------------------------------------------------------------------------------- */

static void describe_side(struct builder *b, unsigned side)
{
    struct pp_compared *out = &b->out->side[side];
    const json_t *site = json_object_get(b->report[side], "site"), *captures = json_object_get(b->report[side], "captures");
    const char *first = member(b, json_array_get(captures, 0), "name");
    size_t i, count = json_array_size(captures);
    json_t *capture;
    out->verdict = member(b, b->report[side], "verdict");
    out->inferred = strcmp(saved_string(site, "source"), "inferred") == 0;
    out->captures = count > 1 ? arena_words(b->arena, "%s and %zu more", first, count - 1) : first;
    out->site = member(b, site, "name");
    if (!*out->site) out->site = out->captures;
    out->first_ns = PP_NO_FIRST;
    json_array_foreach(captures, i, capture)
    {
        pp_time_ns from = time_of(capture, "first"), to = time_of(capture, "last");
        if (from < out->first_ns) out->first_ns = from;
        if (to != PP_NO_FIRST && to > out->last_ns) out->last_ns = to;
    }
    b->out->inferred |= out->inferred;
}

static bool compare(struct builder *b)
{
    for (unsigned side = 0; side < 2; side++) describe_side(b, side);
    if (!compare_hosts(b) || !compare_rows(b) || !count_edges_of_hosts(b) || !find_old_addresses(b) || !find_clear_text(b) ||
        !compare_holes(b) || !list_to_do(b))
        return false;
    b->out->migration = pp_comparison_is_worse(b->out) ? PP_MIGRATION_WORSE
                        : b->out->to_do_count          ? PP_MIGRATION_UNFINISHED
                                                       : PP_MIGRATION_DONE;
    return !arena_failed(b->arena);
}

struct pp_comparison *pp_compare(const char *before, size_t before_size, const char *after, size_t after_size,
                                 const struct pp_rename *renames, size_t rename_count, struct pp_error *error, unsigned *which)
{
    struct builder b = {.arena = arena_create(), .renames = renames, .rename_count = rename_count};
    bool ok = b.arena && (b.out = arena_alloc(b.arena, sizeof *b.out));
    error_at(error, 0, 0, "out of memory");
    *which = 0;
    ok = ok && (b.report[0] = saved_load(before, before_size, error));
    if (ok) *which = 1;
    ok = ok && (b.report[1] = saved_load(after, after_size, error));
    if (ok) {
        b.out->memory = b.arena;
        ok = compare(&b);
        if (!ok) error_at(error, 0, 0, "out of memory");
    }
    json_decref(b.report[0]);
    json_decref(b.report[1]);
    if (!ok) arena_destroy(b.arena);
    return ok ? b.out : NULL;
}

void pp_comparison_destroy(struct pp_comparison *comparison)
{
    if (comparison) arena_destroy(comparison->memory);
}

bool pp_comparison_is_worse(const struct pp_comparison *c)
{
    return c->opened || c->count[PP_LOST] || c->count[PP_NOW_BLOCKED] || c->count[PP_NOW_REFUSED];
}
