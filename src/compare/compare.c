#include "portproof/compare.h"

#include <stdlib.h>
#include <string.h>

#include "arena.h"
#include "error.h"
#include "saved.h"
#include "text.h"

static const char *const change_names[PP_CHANGE_COUNT] = {[PP_KEPT] = "kept",
                                                          [PP_GAINED] = "gained",
                                                          [PP_LOST] = "lost",
                                                          [PP_NOW_BLOCKED] = "blocked",
                                                          [PP_STILL_BLOCKED] = "still-blocked",
                                                          [PP_NO_LONGER_BLOCKED] = "no-longer-blocked",
                                                          [PP_SWITCHED_OFF] = "switched-off",
                                                          [PP_UNCHANGED] = "unchanged"};

const char *pp_change_name(enum pp_change change) { return change_names[change]; }

struct builder {
    struct arena *arena;
    struct pp_comparison *out;
    json_t *report[2]; /* before, after */
    const struct pp_rename *renames;
    size_t rename_count;
};

/* A string member, safe to print; "" when it is not there or not a string. */
static const char *member(struct builder *b, const json_t *object, const char *key)
{
    const char *value = json_string_value(json_object_get(object, key));
    struct text text;
    text_init(&text);
    if (value) text_add_escaped(&text, value, strlen(value));
    const char *copy = text.length ? arena_copy(b->arena, text.bytes, text.length) : "";
    text_finish(&text);
    return copy ? copy : "";
}

/* What a host is called after the move; the same for both reports, whichever `object` is of. */
static const char *host_name(struct builder *b, const json_t *object, bool before)
{
    const char *name = json_string_value(json_object_get(object, "name"));
    for (size_t i = 0; before && name && i < b->rename_count; i++)
        if (strcmp(b->renames[i].before, name) == 0) return b->renames[i].after;
    return member(b, object, "name");
}

static enum pp_change change_of(const char *before, const char *after)
{
    bool worked = strcmp(before, "expected") == 0, works = strcmp(after, "expected") == 0;
    bool was_blocked = strcmp(before, "blocked") == 0, blocked = strcmp(after, "blocked") == 0;
    if (works) return worked ? PP_KEPT : PP_GAINED;
    if (blocked) return was_blocked ? PP_STILL_BLOCKED : PP_NOW_BLOCKED;
    if (strcmp(after, "not-applicable") == 0 && (worked || was_blocked)) return PP_SWITCHED_OFF;
    return worked ? PP_LOST : was_blocked ? PP_NO_LONGER_BLOCKED : PP_UNCHANGED;
}

static const json_t *find_row(const json_t *report, const char *id)
{
    size_t i;
    json_t *row;
    json_array_foreach(json_object_get(report, "rows"), i, row)
    {
        const char *other = json_string_value(json_object_get(row, "id"));
        if (other && strcmp(other, id) == 0) return row;
    }
    return NULL;
}

/* "tta1 -> ldap1", "any client -> tta2", "port 4000": what identifies an edge across reports. */
static const char *edge_name(struct builder *b, const json_t *row, const json_t *edge, bool before)
{
    const char *from = host_name(b, json_object_get(edge, "from"), before), *to = host_name(b, json_object_get(edge, "to"), before);
    json_int_t port = json_integer_value(json_object_get(edge, "port"));
    if (port) return arena_format(b->arena, "port %d", (int)port);
    const char *any_from = *from ? "" : "any ", *any_to = *to ? "" : "any ";
    return arena_format(b->arena, "%s%s -> %s%s", any_from, *from ? from : member(b, row, "from"), any_to, *to ? to : member(b, row, "to"));
}

/* Names with what is known by them, to be found again; a report may have ten thousand. */
struct known {
    const char *name, *state;
    const json_t *what;
};

struct names {
    struct known *in_order, *sorted;
    size_t count, sorted_count; /* in_order; different ones */
};

static int by_name(const void *a, const void *b) { return strcmp(((const struct known *)a)->name, ((const struct known *)b)->name); }

static bool names_init(struct builder *b, struct names *names, size_t most)
{
    names->count = 0;
    names->in_order = arena_alloc(b->arena, (most + 1) * sizeof *names->in_order);
    names->sorted = arena_alloc(b->arena, (most + 1) * sizeof *names->sorted);
    return names->in_order && names->sorted;
}

/* Of equal names the first one counts. */
static void names_sort(struct names *names)
{
    size_t kept = 0;
    if (!names->count) return;
    memcpy(names->sorted, names->in_order, names->count * sizeof *names->sorted);
    qsort(names->sorted, names->count, sizeof *names->sorted, by_name);
    for (size_t i = 1; i < names->count; i++)
        if (strcmp(names->sorted[kept].name, names->sorted[i].name) != 0) names->sorted[++kept] = names->sorted[i];
    names->sorted_count = kept + 1;
}

static struct known *names_find(const struct names *names, const char *name)
{
    struct known wanted = {.name = name};
    return names->count ? bsearch(&wanted, names->sorted, names->sorted_count, sizeof *names->sorted, by_name) : NULL;
}

static bool add_row(struct builder *b, struct pp_row_change_seen one)
{
    struct pp_comparison *out = b->out;
    if ((out->row_count & (out->row_count - 1)) == 0) { /* full at 0, 1, 2, 4, 8 …: the arena keeps the old one until the end */
        size_t room = out->row_count ? out->row_count * 2 : 1;
        struct pp_row_change_seen *rows = arena_alloc(b->arena, room * sizeof *rows);
        if (!rows) return false;
        if (out->row_count) memcpy(rows, out->rows, out->row_count * sizeof *rows);
        out->rows = rows;
    }
    out->rows[out->row_count++] = one;
    return true;
}

/* The edges of a row, by their names. */
static bool name_edges(struct builder *b, const json_t *row, bool before, struct names *names)
{
    const json_t *edges = json_object_get(row, "edges");
    size_t i;
    json_t *edge;
    if (!names_init(b, names, json_array_size(edges))) return false;
    json_array_foreach(edges, i, edge)
    {
        struct known one = {edge_name(b, row, edge, before), member(b, edge, "state"), edge};
        if (!one.name) return false;
        names->in_order[names->count++] = one;
    }
    names_sort(names);
    return true;
}

static bool compare_edges(struct builder *b, const char *id, const json_t *before, const json_t *after)
{
    struct names then, now;
    if (!name_edges(b, before, true, &then) || !name_edges(b, after, false, &now)) return false;
    for (size_t i = 0; i < now.count; i++) {
        const struct known *one = &now.in_order[i], *was = names_find(&then, one->name);
        const char *state = was ? was->state : "absent";
        const char *outcome = strcmp(one->state, "blocked") == 0 ? member(b, one->what, "outcome") : "";
        if (strcmp(state, one->state) != 0 &&
            !add_row(b, (struct pp_row_change_seen){id, one->name, state, one->state, outcome, change_of(state, one->state)}))
            return false;
    }
    for (size_t i = 0; i < then.count; i++) {
        const struct known *one = &then.in_order[i];
        if (names_find(&now, one->name)) continue;
        if (!add_row(b, (struct pp_row_change_seen){id, one->name, one->state, "absent", "", change_of(one->state, "absent")}))
            return false;
    }
    return true;
}

static bool compare_rows(struct builder *b)
{
    size_t i;
    json_t *row;
    json_array_foreach(json_object_get(b->report[1], "rows"), i, row)
    {
        const char *id = member(b, row, "id");
        const json_t *before = find_row(b->report[0], id);
        const char *then = before ? member(b, before, "state") : "absent", *now = member(b, row, "state");
        struct pp_row_change_seen one = {id, NULL, then, now, "", change_of(then, now)};
        b->out->count[one.change]++;
        if (!add_row(b, one) || !compare_edges(b, id, before, row)) return false;
    }
    json_array_foreach(json_object_get(b->report[0], "rows"), i, row)
    {
        const char *id = member(b, row, "id"), *then = member(b, row, "state");
        if (find_row(b->report[1], id)) continue;
        struct pp_row_change_seen one = {id, NULL, then, "absent", "", change_of(then, "absent")};
        b->out->count[one.change]++;
        if (!add_row(b, one)) return false;
    }
    return true;
}

static bool is_hole(const json_t *finding)
{
    const char *kind = json_string_value(json_object_get(finding, "kind"));
    return kind && strcmp(kind, "unexpected") == 0 && json_is_true(json_object_get(finding, "got_through"));
}

/* Names where there are any, else addresses: what stays the same across a move. */
static const char *hole_text(struct builder *b, const json_t *finding, bool before)
{
    const json_t *from = json_object_get(finding, "initiator"), *to = json_object_get(finding, "responder");
    const char *who = host_name(b, from, before), *whom = host_name(b, to, before);
    return arena_format(b->arena, "%s -> %s %d/%s %s", *who ? who : member(b, from, "address"), *whom ? whom : member(b, to, "address"),
                        (int)json_integer_value(json_object_get(to, "port")), member(b, finding, "transport"),
                        member(b, finding, "reason"));
}

static bool name_holes(struct builder *b, unsigned side, struct names *names)
{
    const json_t *findings = json_object_get(b->report[side], "findings");
    size_t i;
    json_t *finding;
    if (!names_init(b, names, json_array_size(findings))) return false;
    json_array_foreach(findings, i, finding)
    {
        if (!is_hole(finding)) continue;
        struct known one = {hole_text(b, finding, side == 0), "", finding};
        if (!one.name) return false;
        names->in_order[names->count++] = one;
    }
    names_sort(names);
    return true;
}

/* Those that only one side has, each once: opened ones first, in the order of the report. */
static bool compare_holes(struct builder *b)
{
    struct names holes[2];
    if (!name_holes(b, 0, &holes[0]) || !name_holes(b, 1, &holes[1])) return false;
    b->out->holes = arena_alloc(b->arena, (holes[0].count + holes[1].count + 1) * sizeof *b->out->holes);
    if (!b->out->holes) return false;
    for (unsigned side = 2; side-- > 0;) {
        for (size_t i = 0; i < holes[side].count; i++) {
            const char *text = holes[side].in_order[i].name;
            struct known *one = names_find(&holes[side], text);
            if (!*one->state && !names_find(&holes[!side], text)) b->out->holes[b->out->hole_count++] = (struct pp_hole){text, side == 1};
            one->state = "told";
        }
    }
    return true;
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
        b.out->verdict_before = member(&b, b.report[0], "verdict");
        b.out->verdict_after = member(&b, b.report[1], "verdict");
        for (unsigned side = 0; side < 2; side++)
            b.out->inferred |= strcmp(member(&b, json_object_get(b.report[side], "site"), "source"), "inferred") == 0;
        ok = compare_rows(&b) && compare_holes(&b) && !arena_failed(b.arena);
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
    bool opened = false;
    for (size_t i = 0; i < c->hole_count; i++) opened |= c->holes[i].opened;
    return opened || c->count[PP_LOST] || c->count[PP_NOW_BLOCKED];
}
