/* The comparison for a terminal, in the order in which somebody asks after a move: is it worse, what do I do, who moved, what broke, who
 * still uses old addresses, what is still in clear text, what works. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "page.h"
#include "phrases.h"

enum {
    WIDTH_DEFAULT = 100,
    TO_DO_MAX = 20, /* --all shows every one, as of the following */
    EDGES_MAX = 12, /* of one row */
    TALKS_MAX = 20,
    HOSTS_MAX = 40,
    ACTION_COLUMNS = 8,
    WHO_AT = 13,
    WHO_COLUMNS = 32,
    EDGE_INDENT = 6,
};

struct sheet {
    const struct rendering *r;
    struct page page;
    const char *arrow;
};

static size_t at_most(const struct sheet *s, size_t count, size_t most) { return s->r->options->all || count < most ? count : most; }

static void add_more(struct sheet *s, size_t count, size_t shown)
{
    if (count > shown) text_printf(s->page.out, "  and %zu more; --all shows every one\n", count - shown);
}

static void end_paragraph(struct sheet *s, unsigned at, unsigned indent, enum ink ink, struct text *words)
{
    add_paragraph(&s->page, at, indent, ink, words->bytes ? words->bytes : "");
    s->page.out->failed |= words->failed;
    text_finish(words);
}

/* Words in a column, and more beside them, or below where the column is too narrow. */
static void add_beside(struct sheet *s, unsigned at, struct text *left, unsigned width, enum ink ink, struct text *right)
{
    const char *words = left->bytes ? left->bytes : "";
    add_ink(&s->page, INK_BOLD, words, width);
    unsigned next = at + width + 2;
    if (columns(words) > width)
        begin_line(&s->page, next);
    else
        text_add(s->page.out, "  ");
    s->page.out->failed |= left->failed;
    text_finish(left);
    end_paragraph(s, next, next, ink, right);
}

static enum ink migration_ink(enum pp_migration m)
{
    return m == PP_MIGRATION_WORSE ? INK_RED : m == PP_MIGRATION_UNFINISHED ? INK_YELLOW : INK_GREEN;
}

/* --- the first screen ---------------------------------------------------------------------------------------------------------------- */

static void add_verdict(struct sheet *s)
{
    char reasons[REASONS_MAX][REASON_MAX];
    const char *words = migration_words(s->r->c->migration);
    unsigned n = migration_reasons(s->r->c, reasons), at = columns(words) + 3;
    struct text line;
    text_init(&line);
    for (unsigned i = 0; i < n; i++)
        text_printf(&line, "%s%s", i ? sign(&s->page, SIGN_BETWEEN) : "", i ? " " : ""), text_printf(&line, "%s ", reasons[i]);
    add_ink(&s->page, migration_ink(s->r->c->migration), words, at);
    end_paragraph(s, at, at, INK_PLAIN, &line);
}

static void add_side(struct sheet *s, const char *label, const struct pp_compared *side)
{
    struct text line;
    text_init(&line);
    if (side->site != side->captures) text_printf(&line, "%s: ", side->site);
    add_side_facts(&line, side, s->r->options->local_time);
    text_printf(s->page.out, "%-8s", label);
    end_paragraph(s, 8, 8, INK_PLAIN, &line);
}

static void add_counts(struct sheet *s)
{
    struct text line;
    unsigned n = 0;
    text_init(&line);
    for (size_t g = 0; g < change_group_count; g++) {
        size_t count = s->r->c->count[change_groups[g].change];
        if (!count) continue;
        if (n++) text_printf(&line, " %s ", sign(&s->page, SIGN_BETWEEN));
        text_printf(&line, "%zu" KEEP, count);
        for (const char *c = change_groups[g].title; *c; c++)
            text_printf(&line, "%c", *c == ' ' ? KEEP[0] : *c >= 'A' && *c <= 'Z' ? *c + 'a' - 'A' : *c);
    }
    text_add(s->page.out, "rows    ");
    end_paragraph(s, 8, 8, INK_PLAIN, &line);
}

static void add_to_do(struct sheet *s)
{
    const struct pp_comparison *c = s->r->c;
    size_t shown = at_most(s, c->to_do_count, TO_DO_MAX);
    if (!c->to_do_count) return;
    add_heading(&s->page, "DO FIRST");
    for (size_t i = 0; i < shown; i++) {
        const struct pp_to_do *t = &c->to_do[i];
        struct text who, why;
        text_init(&who);
        text_init(&why);
        text_printf(s->page.out, "%2zu  ", i + 1);
        add_ink(&s->page, t->worse ? INK_RED : INK_YELLOW, t->action, ACTION_COLUMNS);
        text_printf(&who, "%s%s%s  %s", t->from, s->arrow, t->to, t->service);
        add_why(&why, t);
        add_beside(s, WHO_AT - 1, &who, WHO_COLUMNS, INK_PLAIN, &why);
    }
    add_more(s, c->to_do_count, shown);
}

/* --- who moved ---------------------------------------------------------------------------------------------------------------------------
 */

static void add_host(struct sheet *s, const struct pp_host_change *h, unsigned width)
{
    struct text name, where;
    text_init(&name);
    text_init(&where);
    add_named(&name, h->name, "");
    if (*h->old_name) text_printf(&where, "was called %s; ", h->old_name);
    if (h->move == PP_NEW)
        text_printf(&where, "new, at %s", h->after);
    else if (h->move == PP_GONE)
        text_printf(&where, "gone; it was at %s", h->before);
    else
        text_printf(&where, "%s%s%s", h->before, h->move == PP_MOVED ? s->arrow : "", h->move == PP_MOVED ? h->after : ", as before");
    if (h->works)
        text_printf(&where, "; %u edge%s", h->works, h->works == 1 ? " works" : "s work");
    else if (h->broken)
        text_add(&where, "; no edge works");
    if (h->broken) text_printf(&where, ", %u %s not", h->broken, h->broken == 1 ? "does" : "do");
    text_add(s->page.out, "  ");
    add_beside(s, 2, &name, width, INK_PLAIN, &where);
}

static void add_hosts(struct sheet *s)
{
    const struct pp_comparison *c = s->r->c;
    size_t shown = 0, told = 0;
    unsigned width = 0;
    for (size_t i = 0; i < c->host_count; i++)
        if (c->hosts[i].move != PP_STAYED && columns(c->hosts[i].name) > width && columns(c->hosts[i].name) <= 20)
            width = columns(c->hosts[i].name);
    for (size_t i = 0; i < c->host_count; i++) told += c->hosts[i].move != PP_STAYED;
    if (!told) return;
    add_heading(&s->page, "WHO MOVED");
    for (size_t i = 0; i < c->host_count && shown < at_most(s, told, HOSTS_MAX); i++)
        if (c->hosts[i].move != PP_STAYED) add_host(s, &c->hosts[i], width), shown++;
    add_more(s, told, shown);
    if (c->moves[PP_STAYED])
        text_printf(s->page.out, "  %zu stayed where %s\n", c->moves[PP_STAYED], c->moves[PP_STAYED] == 1 ? "it was" : "they were");
}

/* --- rows, each with its edges
 * ------------------------------------------------------------------------------------------------------------- */

static void add_edge(struct sheet *s, const struct pp_row_change_seen *e)
{
    struct text name, states;
    text_init(&name);
    text_init(&states);
    if (strstr(e->edge, " -> "))
        text_printf(&name, "%s%s%s", e->from, s->arrow, e->to);
    else
        text_add(&name, e->edge);
    add_states(&states, e, s->arrow);
    text_printf(s->page.out, "%*s", EDGE_INDENT, "");
    add_ink(&s->page, INK_PLAIN, name.bytes ? name.bytes : "", 36);
    text_add(s->page.out, "  ");
    bool bad = e->change == PP_NOW_BLOCKED || e->change == PP_NOW_REFUSED || e->change == PP_LOST || e->change == PP_STILL_BLOCKED;
    end_paragraph(s, EDGE_INDENT + 38, EDGE_INDENT + 38, bad ? INK_RED : INK_PLAIN, &states);
    text_finish(&name);
}

static void add_row(struct sheet *s, size_t i)
{
    const struct pp_comparison *c = s->r->c;
    size_t edges = 0;
    struct text id, states;
    text_init(&id);
    text_init(&states);
    text_printf(&id, "%s  %s", c->rows[i].id, c->rows[i].ports);
    add_states(&states, &c->rows[i], s->arrow);
    text_add(s->page.out, "  ");
    add_beside(s, 2, &id, 40, INK_PLAIN, &states);
    while (i + 1 + edges < c->row_count && c->rows[i + 1 + edges].edge) edges++;
    size_t shown = at_most(s, edges, EDGES_MAX);
    for (size_t e = 0; e < shown; e++) add_edge(s, &c->rows[i + 1 + e]);
    if (edges > shown) text_printf(s->page.out, "%*sand %zu more; --all shows every one\n", EDGE_INDENT, "", edges - shown);
}

static void add_group(struct sheet *s, const struct change_group *group)
{
    const struct pp_comparison *c = s->r->c;
    char heading[128];
    size_t n = 0;
    if (!c->count[group->change]) return;
    for (; group->title[n]; n++)
        heading[n] = (char)(group->title[n] >= 'a' && group->title[n] <= 'z' ? group->title[n] - 'a' + 'A' : group->title[n]);
    snprintf(heading + n, sizeof heading - n, "%s%s", *group->note ? ": " : "", group->note);
    add_heading(&s->page, heading);
    for (size_t i = 0; i < c->row_count; i++)
        if (!c->rows[i].edge && c->rows[i].change == group->change) add_row(s, i);
}

static void add_holes(struct sheet *s, bool opened, const char *heading)
{
    const struct pp_comparison *c = s->r->c;
    if (!(opened ? c->opened : c->closed)) return;
    add_heading(&s->page, heading);
    for (size_t i = 0; i < c->hole_count; i++) {
        const struct pp_hole *h = &c->holes[i];
        struct text who, why;
        if (h->opened != opened) continue;
        text_init(&who);
        text_init(&why);
        text_printf(&who, "%s%s%s  %s", h->from_shown, s->arrow, h->to_shown, h->service);
        text_printf(&why, "%s: %s", h->reason, h->why);
        if (*h->old_host) text_printf(&why, "; an old address of %s", h->old_host);
        text_add(s->page.out, "  ");
        add_beside(s, 2, &who, 40, INK_PLAIN, &why);
    }
}

/* --- what ought to have ended
 * ------------------------------------------------------------------------------------------------------------------ */

static void add_talk(struct sheet *s, const struct pp_talk *t)
{
    struct text who, facts;
    text_init(&who);
    text_init(&facts);
    add_named(&who, t->from, t->from_addresses);
    text_add(&who, s->arrow);
    add_named(&who, t->to, t->to_addresses);
    text_printf(&who, "  %s", t->service);
    add_talk_facts(&facts, t, s->r->options->local_time);
    text_add(&facts, "; ");
    add_talk_note(&facts, t);
    text_add(s->page.out, "  ");
    add_ink(&s->page, t->answered ? INK_RED : INK_YELLOW, sign(&s->page, t->answered ? SIGN_BAD : SIGN_OPEN), 2);
    end_paragraph(s, 4, 8, INK_BOLD, &who);
    text_printf(s->page.out, "%*s", EDGE_INDENT + 2, "");
    end_paragraph(s, EDGE_INDENT + 2, EDGE_INDENT + 2, INK_PLAIN, &facts);
}

static void add_talks(struct sheet *s, const struct pp_talks *talks, const char *heading)
{
    size_t shown = at_most(s, talks->count, TALKS_MAX);
    struct text unknown;
    text_init(&unknown);
    add_unknown(&unknown, talks);
    if (talks->count || unknown.length) add_heading(&s->page, heading);
    for (size_t i = 0; i < shown; i++) add_talk(s, &talks->items[i]);
    add_more(s, talks->count, shown);
    if (unknown.length) text_add(s->page.out, "  "), add_paragraph(&s->page, 2, 2, INK_PLAIN, unknown.bytes);
    text_finish(&unknown);
}

void comparison_text(const struct rendering *r)
{
    struct sheet s = {.r = r,
                      .page = {.out = r->out, .options = r->options, .width = r->options->width ? r->options->width : WIDTH_DEFAULT}};
    s.arrow = r->options->utf8 ? " → " : " -> ";
    add_verdict(&s);
    text_add(r->out, "\n");
    add_side(&s, "before", &r->c->side[0]);
    add_side(&s, "after", &r->c->side[1]);
    add_counts(&s);
    if (r->c->inferred) add_paragraph(&s.page, 0, 0, INK_YELLOW, inferred_warning);
    add_to_do(&s);
    add_hosts(&s);
    for (size_t g = 0; g < change_group_count; g++) {
        if (change_groups[g].change == PP_STILL_BLOCKED) add_holes(&s, true, "HOLES OPENED: unexpected, and got through");
        if (change_groups[g].change == PP_GAINED) {
            add_talks(&s, &r->c->old_addresses, "OLD ADDRESSES: who still uses them");
            add_talks(&s, &r->c->clear_text, "STILL IN CLEAR TEXT");
        }
        add_group(&s, &change_groups[g]);
    }
    add_holes(&s, false, "HOLES CLOSED");
}
