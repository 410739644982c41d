/* What to do, worst first: what broke, holes that opened, what was blocked before already, old addresses, clear text, and what nobody has
 * tried since the move. */
#include <string.h>

#include "comparison.h"

static bool add(struct builder *b, struct pp_to_do one)
{
    struct pp_comparison *out = b->out;
    struct pp_to_do *items = next_item(b, out->to_do, &out->to_do_count, sizeof one);
    if (!items) return false;
    out->to_do = items;
    items[out->to_do_count - 1] = one;
    return one.from && one.to && one.why;
}

static const char *with_addresses(struct builder *b, const char *name, const char *addresses)
{
    return *addresses ? arena_words(b->arena, "%s (%s)", name, addresses) : name;
}

static const char *who(struct builder *b, const json_t *finding, const char *tried, const char *end)
{
    return party_shown(b, json_object_get(finding, json_is_object(json_object_get(finding, tried)) ? tried : end));
}

/* What became of the row of a blocked finding. */
static enum pp_change change_of_row(const struct builder *b, const char *id)
{
    for (size_t i = 0; i < b->out->row_count; i++)
        if (!b->out->rows[i].edge && strcmp(b->out->rows[i].id, id) == 0) return b->out->rows[i].change;
    return PP_UNCHANGED;
}

static bool add_blocked(struct builder *b, bool still)
{
    size_t i;
    json_t *f;
    json_array_foreach(json_object_get(b->report[1], "findings"), i, f)
    {
        if (strcmp(saved_string(f, "kind"), "blocked") != 0) continue;
        bool was = change_of_row(b, saved_string(f, "row")) == PP_STILL_BLOCKED;
        const char *why = member(b, f, "brief");
        if (was != still) continue;
        if (!add(b, (struct pp_to_do){.action = member(b, f, "action"),
                                      .from = who(b, f, "tried_by", "initiator"),
                                      .to = who(b, f, "tried_at", "responder"),
                                      .service = service_of(b, f),
                                      .row = member(b, f, "row"),
                                      .why = was ? arena_words(b->arena, "%s; it was blocked before, too", why) : why,
                                      .anchor = "rows",
                                      .worse = !was}))
            return false;
    }
    return true;
}

static const char *where_now(struct builder *b, const char *host, const char *now)
{
    return *now ? arena_words(b->arena, "%s is at %s now", host, now) : arena_words(b->arena, "%s is not in the site any more", host);
}

/* Whether it got through against the list, too: then it was told as a hole. */
static bool is_hole(const struct builder *b, const struct pp_talk *t)
{
    const char *from = t->from_old ? t->old_address : t->from, *to = !t->from_old && *t->old_address ? t->old_address : t->to;
    for (size_t i = 0; i < b->out->opened; i++) {
        const struct pp_hole *h = &b->out->holes[i];
        if (strcmp(h->from, from) == 0 && strcmp(h->to, to) == 0 && strcmp(h->service, t->service) == 0) return true;
    }
    return false;
}

/* Nobody closes what uses an old address: it has to learn the new one. */
static bool add_old(struct builder *b, bool holes)
{
    for (size_t i = 0; i < b->out->old_addresses.count; i++) {
        const struct pp_talk *t = &b->out->old_addresses.items[i];
        const char *now = where_now(b, t->host, t->now);
        const char *why = t->from_old ? arena_words(b->arena, "%s; %s still talks from its old address; %s", t->outcome, t->host, now)
                                      : arena_words(b->arena, "%s at an old address; %s", t->answered ? "still answered" : t->outcome, now);
        if (is_hole(b, t) != holes) continue;
        if (!add(b, (struct pp_to_do){t->from_old ? "retire" : "move", with_addresses(b, t->from, t->from_addresses),
                                      with_addresses(b, t->to, t->from_old ? "" : t->to_addresses), t->service, "", why, "old-addresses",
                                      holes}))
            return false;
    }
    return true;
}

static bool add_holes(struct builder *b)
{
    for (size_t i = 0; i < b->out->opened; i++) {
        const struct pp_hole *h = &b->out->holes[i];
        if (!*h->old_host && !add(b, (struct pp_to_do){"close", h->from_shown, h->to_shown, h->service, h->row, h->why, "holes", true}))
            return false;
    }
    return add_old(b, true);
}

/* What is stopped is in nobody's way: the site switched it off. */
static bool add_clear_text(struct builder *b)
{
    for (size_t i = 0; i < b->out->clear_text.count; i++) {
        const struct pp_talk *t = &b->out->clear_text.items[i];
        const char *legal = t->after_encrypted ? "; a legal downgrade, and clear text all the same" : "";
        if (t->answered && !is_hole(b, t) &&
            !add(b, (struct pp_to_do){"encrypt", with_addresses(b, t->from, t->from_addresses), t->to, t->service, t->row,
                                      arena_words(b->arena, "still in clear text, although %s is in use%s", t->encrypted_by, legal),
                                      "clear-text", false}))
            return false;
    }
    return true;
}

static const char *why_lost(const char *state)
{
    if (strcmp(state, "missing") == 0) return "worked before; it is due, and nobody has tried it since the move";
    if (strcmp(state, "not-observable") == 0) return "worked before; the captures of after could not have shown it";
    return "worked before; nobody has tried it since the move";
}

/* A host that has another name now looks as if it were gone. */
static const char *why_edge_lost(struct builder *b, const struct pp_row_change_seen *r)
{
    const char *ends[] = {r->from, r->to};
    for (unsigned e = 0; e < 2; e++)
        for (size_t i = 0; i < b->out->host_count; i++)
            if (b->out->hosts[i].move == PP_GONE && strcmp(b->out->hosts[i].name, ends[e]) == 0)
                return arena_words(b->arena, "worked before; %s is not in the site any more (has it another name? --map %s=NAME)", ends[e],
                                   ends[e]);
    return why_lost(r->after);
}

static bool is_lost_edge(const struct pp_comparison *c, size_t i)
{
    return i < c->row_count && c->rows[i].edge && c->rows[i].change == PP_LOST;
}

/* Neighbours that differ in who opens them alone are one thing to try. `next`: behind the last of them. */
static bool add_lost_edges(struct builder *b, size_t first, size_t *next)
{
    enum { SOURCES_SHOWN = 6 };
    const struct pp_row_change_seen *rows = b->out->rows, *r = &rows[first];
    const char *from = r->from;
    size_t count = 1;
    for (; is_lost_edge(b->out, first + count); count++) {
        const struct pp_row_change_seen *other = &rows[first + count];
        if (strcmp(other->id, r->id) != 0 || strcmp(other->to, r->to) != 0 || strcmp(other->after, r->after) != 0) break;
        if (count < SOURCES_SHOWN) from = arena_words(b->arena, "%s, %s", from, other->from);
    }
    if (count > SOURCES_SHOWN) from = arena_words(b->arena, "%s and %zu more", from, count - SOURCES_SHOWN);
    *next = first + count;
    bool whole = change_of_row(b, r->id) == PP_LOST;
    return add(b, (struct pp_to_do){"test", from, r->to, r->ports, r->id, why_edge_lost(b, r), "rows", whole});
}

static bool add_lost(struct builder *b)
{
    for (size_t i = 0, next; i < b->out->row_count; i = next) {
        next = i + 1;
        if (is_lost_edge(b->out, i) && !add_lost_edges(b, i, &next)) return false;
    }
    return true;
}

bool list_to_do(struct builder *b)
{
    return add_blocked(b, false) && add_holes(b) && add_blocked(b, true) && add_old(b, false) && add_clear_text(b) && add_lost(b);
}
