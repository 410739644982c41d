#include "portproof/compare.h"

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

static const char *edge_state(struct builder *b, const json_t *row, const char *name, bool before)
{
    size_t i;
    json_t *edge;
    json_array_foreach(json_object_get(row, "edges"), i, edge)
    {
        const char *other = edge_name(b, row, edge, before);
        if (other && strcmp(other, name) == 0) return member(b, edge, "state");
    }
    return "absent";
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

static bool compare_edges(struct builder *b, const char *id, const json_t *before, const json_t *after)
{
    size_t i;
    json_t *edge;
    json_array_foreach(json_object_get(after, "edges"), i, edge)
    {
        const char *name = edge_name(b, after, edge, false), *now = member(b, edge, "state");
        const char *then = name && before ? edge_state(b, before, name, true) : "absent";
        const char *outcome = strcmp(now, "blocked") == 0 ? member(b, edge, "outcome") : "";
        if (!name ||
            (strcmp(then, now) != 0 && !add_row(b, (struct pp_row_change_seen){id, name, then, now, outcome, change_of(then, now)})))
            return false;
    }
    json_array_foreach(json_object_get(before, "edges"), i, edge)
    {
        const char *name = edge_name(b, before, edge, true), *then = member(b, edge, "state");
        if (!name || strcmp(edge_state(b, after, name, false), "absent") != 0) continue;
        if (!add_row(b, (struct pp_row_change_seen){id, name, then, "absent", "", change_of(then, "absent")})) return false;
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

static bool has_hole(struct builder *b, unsigned side, const char *text)
{
    size_t i;
    json_t *finding;
    json_array_foreach(json_object_get(b->report[side], "findings"), i, finding)
    {
        const char *other = is_hole(finding) ? hole_text(b, finding, side == 0) : NULL;
        if (other && strcmp(other, text) == 0) return true;
    }
    return false;
}

static bool compare_holes(struct builder *b)
{
    size_t most = json_array_size(json_object_get(b->report[0], "findings")) + json_array_size(json_object_get(b->report[1], "findings"));
    b->out->holes = arena_alloc(b->arena, (most + 1) * sizeof *b->out->holes);
    if (!b->out->holes) return false;
    for (unsigned side = 0; side < 2; side++) {
        size_t i;
        json_t *finding;
        json_array_foreach(json_object_get(b->report[!side], "findings"), i, finding)
        {
            const char *text = is_hole(finding) ? hole_text(b, finding, side == 1) : NULL;
            if (!text || has_hole(b, side, text)) continue;
            bool known = b->out->hole_count && strcmp(b->out->holes[b->out->hole_count - 1].text, text) == 0;
            if (!known) b->out->holes[b->out->hole_count++] = (struct pp_hole){text, side == 0};
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
