/* The comparison in Markdown, for a ticket: the verdict, what is to be done as a task list, then tables. Everything passes add_markdown. */
#include "markdown.h"

#include <string.h>

#include "phrases.h"

enum { TASKS_SHOWN = 50, LINES_SHOWN = 200, EDGES_SHOWN = 12 }; /* a ticket is read by people; --all leaves nothing out */

static size_t at_most(const struct rendering *r, size_t count, size_t most) { return r->options->all || count < most ? count : most; }

static void add_cell(struct text *out, const char *words)
{
    text_add(out, "| ");
    add_markdown(out, words);
    text_add(out, " ");
}

/* The text is finished. */
static void move_cell(struct text *out, struct text *words)
{
    add_cell(out, words->bytes ? words->bytes : "");
    out->failed |= words->failed;
    text_finish(words);
}

static void end_line(struct text *out) { text_add(out, "|\n"); }

static void add_more(const struct rendering *r, size_t count, size_t shown)
{
    if (count > shown) text_printf(r->out, "\nand %zu more\n", count - shown);
}

static void add_side(const struct rendering *r, const char *label, const struct pp_compared *side)
{
    struct text words;
    text_init(&words);
    text_printf(&words, "%s; ", side->site);
    add_side_facts(&words, side, r->options->local_time);
    text_printf(r->out, "- %s: ", label);
    add_markdown(r->out, words.bytes ? words.bytes : "");
    text_add(r->out, "\n");
    text_finish(&words);
}

static void add_head(const struct rendering *r)
{
    char reasons[REASONS_MAX][REASON_MAX];
    unsigned count = migration_reasons(r->c, reasons);
    text_printf(r->out, "# %s\n\n", migration_words(r->c->migration));
    for (unsigned i = 0; i < count; i++) text_printf(r->out, "- %s\n", reasons[i]);
    add_side(r, "before", &r->c->side[0]);
    add_side(r, "after", &r->c->side[1]);
    if (r->c->inferred) text_add(r->out, "- "), add_markdown(r->out, inferred_warning), text_add(r->out, "\n");
}

static void add_tasks(const struct rendering *r)
{
    size_t shown = at_most(r, r->c->to_do_count, TASKS_SHOWN);
    if (shown) text_add(r->out, "\n## To do\n\n");
    for (size_t i = 0; i < shown; i++) {
        const struct pp_to_do *t = &r->c->to_do[i];
        struct text words;
        text_init(&words);
        text_printf(&words, "%s %s → %s %s: ", t->action, t->from, t->to, t->service);
        add_why(&words, t);
        text_add(r->out, "- [ ] ");
        add_markdown(r->out, words.bytes ? words.bytes : "");
        text_add(r->out, "\n");
        text_finish(&words);
    }
    if (r->c->to_do_count > shown) text_printf(r->out, "- [ ] and %zu more\n", r->c->to_do_count - shown);
}

static void add_hosts(const struct rendering *r)
{
    size_t shown = at_most(r, r->c->host_count, LINES_SHOWN);
    if (shown)
        text_add(r->out,
                 "\n## Who moved\n\n| host | what | before | after | edges that work | edges that do not |\n|---|---|---|---|---|---|\n");
    for (size_t i = 0; i < shown; i++) {
        const struct pp_host_change *h = &r->c->hosts[i];
        struct text name;
        text_init(&name);
        text_add(&name, h->name);
        if (*h->old_name) text_printf(&name, " (was %s)", h->old_name);
        move_cell(r->out, &name);
        add_cell(r->out, pp_move_name(h->move));
        add_cell(r->out, h->before);
        add_cell(r->out, h->after);
        text_printf(r->out, "| %u | %u ", h->works, h->broken);
        end_line(r->out);
    }
    add_more(r, r->c->host_count, shown);
}

static void add_edges_cell(const struct rendering *r, size_t row)
{
    const struct pp_comparison *c = r->c;
    size_t count = 0;
    struct text words;
    text_init(&words);
    while (row + 1 + count < c->row_count && c->rows[row + 1 + count].edge) count++;
    size_t shown = at_most(r, count, EDGES_SHOWN);
    for (size_t e = 1; e <= shown; e++) {
        const struct pp_row_change_seen *edge = &c->rows[row + e];
        if (e > 1) text_add(&words, ", ");
        if (strstr(edge->edge, " -> "))
            text_printf(&words, "%s → %s ", edge->from, edge->to);
        else
            text_printf(&words, "%s ", edge->edge);
        add_states(&words, edge, " → ");
    }
    if (count > shown) text_printf(&words, " and %zu more", count - shown);
    move_cell(r->out, &words);
}

static void add_rows(const struct rendering *r)
{
    text_add(r->out, "\n## Rows\n\n| change | row | ports | before | after | edges |\n|---|---|---|---|---|---|\n");
    for (size_t g = 0; g <= change_group_count; g++) {
        enum pp_change change = g < change_group_count ? change_groups[g].change : PP_UNCHANGED;
        for (size_t i = 0; i < r->c->row_count; i++) {
            const struct pp_row_change_seen *row = &r->c->rows[i];
            if (row->edge || row->change != change) continue;
            add_cell(r->out, pp_change_name(row->change));
            add_cell(r->out, row->id);
            add_cell(r->out, row->ports);
            add_cell(r->out, row->before);
            add_cell(r->out, row->after);
            add_edges_cell(r, i);
            end_line(r->out);
        }
    }
}

static void add_holes(const struct rendering *r)
{
    size_t shown = at_most(r, r->c->hole_count, LINES_SHOWN);
    if (shown) text_add(r->out, "\n## Holes\n\n| change | from | to | port | why |\n|---|---|---|---|---|\n");
    for (size_t i = 0; i < shown; i++) {
        const struct pp_hole *h = &r->c->holes[i];
        struct text why;
        add_cell(r->out, h->opened ? "opened" : "closed");
        add_cell(r->out, h->from_shown);
        add_cell(r->out, h->to_shown);
        add_cell(r->out, h->service);
        text_init(&why);
        text_printf(&why, "%s: %s", h->reason, h->why);
        if (*h->old_host) text_printf(&why, "; an old address of %s", h->old_host);
        move_cell(r->out, &why);
        end_line(r->out);
    }
    add_more(r, r->c->hole_count, shown);
}

static void add_talks(const struct rendering *r, const char *heading, const struct pp_talks *talks)
{
    size_t shown = at_most(r, talks->count, LINES_SHOWN);
    struct text unknown;
    text_init(&unknown);
    add_unknown(&unknown, talks);
    if (shown || unknown.length) text_printf(r->out, "\n## %s\n\n", heading);
    if (shown) text_add(r->out, "| from | to | port | what became of it | note |\n|---|---|---|---|---|\n");
    for (size_t i = 0; i < shown; i++) {
        const struct pp_talk *t = &talks->items[i];
        struct text cells[4];
        for (unsigned n = 0; n < 4; n++) text_init(&cells[n]);
        add_named(&cells[0], t->from, t->from_addresses);
        add_named(&cells[1], t->to, t->to_addresses);
        add_talk_facts(&cells[2], t, r->options->local_time);
        add_talk_note(&cells[3], t);
        move_cell(r->out, &cells[0]);
        move_cell(r->out, &cells[1]);
        add_cell(r->out, t->service);
        move_cell(r->out, &cells[2]);
        move_cell(r->out, &cells[3]);
        end_line(r->out);
    }
    add_more(r, talks->count, shown);
    if (unknown.length) add_markdown(r->out, unknown.bytes), text_add(r->out, "\n");
    text_finish(&unknown);
}

void comparison_markdown(const struct rendering *r)
{
    add_head(r);
    add_tasks(r);
    add_hosts(r);
    add_rows(r);
    add_holes(r);
    add_talks(r, "Old addresses", &r->c->old_addresses);
    add_talks(r, "Still in clear text", &r->c->clear_text);
    text_add(r->out, "\nportproof ");
    add_markdown(r->out, r->options->tool_version);
    text_add(r->out, "\n");
}
