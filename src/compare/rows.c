/* Rows and their edges: what each was, and what it is. A row's change is that of its state, the worst of its edges. */
#include <string.h>

#include "comparison.h"

static bool is(const char *state, const char *word) { return strcmp(state, word) == 0; }

static enum pp_change change_of(const char *before, const char *after)
{
    bool worked = is(before, "expected"), works = is(after, "expected");
    bool was_blocked = is(before, "blocked"), blocked = is(after, "blocked");
    if (works) return worked ? PP_KEPT : PP_GAINED;
    if (blocked) return was_blocked ? PP_STILL_BLOCKED : PP_NOW_BLOCKED;
    if (is(after, "not-applicable") && (worked || was_blocked)) return PP_SWITCHED_OFF;
    return worked ? PP_LOST : was_blocked ? PP_NO_LONGER_BLOCKED : PP_UNCHANGED;
}

static const char *end_of(struct builder *b, const json_t *row, const json_t *edge, const char *end, bool before)
{
    const char *name = host_name(b, json_object_get(edge, end), before);
    return *name ? name : arena_words(b->arena, "any %s", member(b, row, end));
}

/* "tta1 -> ldap1", "any client -> tta2", "port 4000": what identifies an edge across reports. */
static const char *edge_name(struct builder *b, const json_t *row, const json_t *edge, bool before)
{
    uint64_t port = count_of(edge, "port");
    if (port) return arena_words(b->arena, "port %u", (unsigned)port);
    return arena_words(b->arena, "%s -> %s", end_of(b, row, edge, "from", before), end_of(b, row, edge, "to", before));
}

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

/* --- clear text that gave way to encryption ---------------------------------------------------------------------------------------- */

static bool has_end(const json_t *edge, const char *name)
{
    return !*name || is(saved_string(json_object_get(edge, "from"), "name"), name) ||
           is(saved_string(json_object_get(edge, "to"), "name"), name);
}

/* An edge of before: whether an edge of `by`, after, was used between the hosts that it names. Which of them opens it may differ: ssh
 * takes X11 with it. */
static bool is_taken_over(const struct builder *b, const json_t *edge, const json_t *by)
{
    const char *from = raw_name(b, json_object_get(edge, "from"), true), *to = raw_name(b, json_object_get(edge, "to"), true);
    size_t i;
    json_t *other;
    json_array_foreach(json_object_get(by, "edges"), i, other)
    {
        const char *state = saved_string(other, "state");
        if ((is(state, "expected") || is(state, "blocked")) && has_end(other, from) && has_end(other, to)) return true;
    }
    return false;
}

/* The row that encrypts it, in AFTER; NULL: none. */
static const json_t *encrypting_row(const struct builder *b, const json_t *before, const json_t *after)
{
    const char *id = saved_string(after, "encrypted_by");
    if (!*id) id = saved_string(before, "encrypted_by");
    return *id ? find_row(b->report[1], id) : NULL;
}

/* An edge of before that went with one of its hosts. */
static bool is_retired(const struct builder *b, const json_t *edge)
{
    bool from, to;
    is_gone(b, raw_name(b, json_object_get(edge, "from"), true), &from);
    is_gone(b, raw_name(b, json_object_get(edge, "to"), true), &to);
    return from || to;
}

/* A row that worked and does not: whether that is a loss. */
static enum pp_change loss_of(const struct builder *b, const json_t *before, const json_t *by, enum pp_change change)
{
    size_t i, worked = 0, left = 0, taken = 0;
    json_t *edge;
    json_array_foreach(json_object_get(before, "edges"), i, edge)
    {
        if (!is(saved_string(edge, "state"), "expected")) continue;
        worked++;
        if (is_retired(b, edge)) continue;
        left++;
        taken += by && is_taken_over(b, edge, by);
    }
    if (worked && !left) return PP_SWITCHED_OFF;
    return left && taken == left ? PP_REPLACED : change;
}

static enum pp_change row_change(const struct builder *b, const json_t *before, const json_t *after, const char *then, const char *now)
{
    enum pp_change change = change_of(then, now);
    if (change == PP_LOST || change == PP_SWITCHED_OFF) return loss_of(b, before, encrypting_row(b, before, after), change);
    if (change != PP_NOW_BLOCKED) return change;
    size_t i;
    json_t *edge;
    json_array_foreach(json_object_get(after, "edges"), i, edge)
    {
        if (is(saved_string(edge, "state"), "blocked") && !is(saved_string(edge, "outcome"), "refused")) return PP_NOW_BLOCKED;
    }
    return i ? PP_NOW_REFUSED : PP_NOW_BLOCKED;
}

/* --- one row, and its edges ---------------------------------------------------------------------------------------------------------- */

/* An edge that one of the two may lack. */
struct edge_pair {
    const struct known *then, *now;
};

static enum pp_change edge_change(const struct builder *b, const struct edge_pair *e, const json_t *by, enum pp_change of_row)
{
    const char *then = e->then ? e->then->state : "absent", *now = e->now ? e->now->state : "absent";
    enum pp_change change = change_of(then, now);
    if (change == PP_NOW_BLOCKED && e->now && is(saved_string(e->now->what, "outcome"), "refused")) return PP_NOW_REFUSED;
    if (change != PP_LOST || !e->then) return change;
    if (by && is_taken_over(b, e->then->what, by)) return PP_REPLACED;
    return of_row == PP_SWITCHED_OFF || is_retired(b, e->then->what) ? PP_SWITCHED_OFF : PP_LOST;
}

static bool add_change(struct builder *b, struct pp_row_change_seen one)
{
    struct pp_row_change_seen *rows = next_item(b, b->out->rows, &b->out->row_count, sizeof one);
    if (!rows) return false;
    b->out->rows = rows;
    rows[b->out->row_count - 1] = one;
    return true;
}

static bool is_told(const struct edge_pair *e)
{
    return !e->then || !e->now || strcmp(e->then->state, e->now->state) != 0 || is(e->now->state, "blocked");
}

static bool add_edge(struct builder *b, const struct pp_row_change_seen *row, const json_t *row_before, const json_t *row_after,
                     const struct edge_pair *e, const json_t *by)
{
    const struct known *shown = e->now ? e->now : e->then;
    const json_t *shown_row = e->now ? row_after : row_before;
    if (!is_told(e)) return true;
    return add_change(b, (struct pp_row_change_seen){.id = row->id,
                                                     .edge = shown->name,
                                                     .from = end_of(b, shown_row, shown->what, "from", !e->now),
                                                     .to = end_of(b, shown_row, shown->what, "to", !e->now),
                                                     .ports = row->ports,
                                                     .before = e->then ? e->then->state : "absent",
                                                     .after = e->now ? e->now->state : "absent",
                                                     .outcome_before = e->then ? member(b, e->then->what, "outcome") : "",
                                                     .outcome = e->now ? member(b, e->now->what, "outcome") : "",
                                                     .change = edge_change(b, e, by, row->change)});
}

/* Two hosts of one role have no first and second: which stands first is the order of the site file. */
static const struct known *find_edge(struct builder *b, const struct names *names, const json_t *row, const json_t *edge, bool before,
                                     const char *name)
{
    const struct known *found = names_find(names, name);
    if (found || strcmp(saved_string(row, "from"), saved_string(row, "to")) != 0) return found;
    const char *turned = arena_words(b->arena, "%s -> %s", end_of(b, row, edge, "to", before), end_of(b, row, edge, "from", before));
    return names_find(names, turned);
}

static bool compare_edges(struct builder *b, const struct pp_row_change_seen *row, const json_t *before, const json_t *after)
{
    struct names then, now;
    const json_t *by = encrypting_row(b, before, after);
    if (!name_edges(b, before, true, &then) || !name_edges(b, after, false, &now)) return false;
    for (size_t i = 0; i < now.count; i++) {
        const struct known *one = &now.in_order[i];
        struct edge_pair pair = {find_edge(b, &then, after, one->what, false, one->name), one};
        if (!add_edge(b, row, before, after, &pair, by)) return false;
    }
    for (size_t i = 0; i < then.count; i++) {
        const struct known *one = &then.in_order[i];
        struct edge_pair pair = {one, NULL};
        if (!find_edge(b, &now, before, one->what, true, one->name) && !add_edge(b, row, before, after, &pair, by)) return false;
    }
    return true;
}

/* `after`: NULL when AFTER does not have the row. */
static bool compare_row(struct builder *b, const json_t *before, const json_t *after)
{
    const json_t *shown = after ? after : before;
    const char *then = before ? member(b, before, "state") : "absent", *now = after ? member(b, after, "state") : "absent";
    struct pp_row_change_seen one = {.id = member(b, shown, "id"),
                                     .from = member(b, shown, "from"),
                                     .to = member(b, shown, "to"),
                                     .ports = member(b, shown, "ports"),
                                     .before = then,
                                     .after = now,
                                     .outcome_before = "",
                                     .outcome = "",
                                     .change = row_change(b, before, after, then, now)};
    b->out->count[one.change]++;
    return add_change(b, one) && (!after || compare_edges(b, &one, before, after));
}

bool compare_rows(struct builder *b)
{
    size_t i;
    json_t *row;
    json_array_foreach(json_object_get(b->report[1], "rows"), i, row)
    {
        if (!compare_row(b, find_row(b->report[0], saved_string(row, "id")), row)) return false;
    }
    json_array_foreach(json_object_get(b->report[0], "rows"), i, row)
    {
        if (!find_row(b->report[1], saved_string(row, "id")) && !compare_row(b, row, NULL)) return false;
    }
    return true;
}
