/* The comparison as one HTML file, with the frame, the style sheet and the script of the report: whole without the script, printed whole.
 * The order is that of the questions after a move; a section is a line in the table below. Strings of reports and of the command line are
 * nothing but text here, too: each passes add_html. */
#include <string.h>

#include "document.h"
#include "markup.h"
#include "page.h"
#include "phrases.h"

static const struct {
    const char *words, *sign;
    enum tone tone;
} changes[PP_CHANGE_COUNT] = {
    [PP_KEPT] = {"kept", "✔", TONE_GOOD},
    [PP_GAINED] = {"gained", "✔", TONE_GOOD},
    [PP_LOST] = {"lost", "✘", TONE_BAD},
    [PP_NOW_BLOCKED] = {"now blocked", "✘", TONE_BAD},
    [PP_NOW_REFUSED] = {"now refused", "✘", TONE_BAD},
    [PP_STILL_BLOCKED] = {"still blocked", "✘", TONE_WARN},
    [PP_NO_LONGER_BLOCKED] = {"no longer blocked", "○", TONE_WARN},
    [PP_REPLACED] = {"replaced", "✔", TONE_GOOD},
    [PP_SWITCHED_OFF] = {"switched off", "–", TONE_IDLE},
    [PP_UNCHANGED] = {"unchanged", "·", TONE_IDLE},
};

static const struct {
    const char *sign;
    enum tone tone;
} verdicts[PP_MIGRATION_COUNT] = {
    [PP_MIGRATION_DONE] = {"✔", TONE_GOOD}, [PP_MIGRATION_UNFINISHED] = {"?", TONE_WARN}, [PP_MIGRATION_WORSE] = {"✘", TONE_BAD}};

static size_t at_most(const struct rendering *r, size_t count, size_t most) { return r->options->all || count < most ? count : most; }

static void add_more(const struct rendering *r, size_t count, size_t shown)
{
    if (count > shown) text_printf(r->out, "<p class=\"note\">and %zu more; --all shows every one</p>\n", count - shown);
}

static void add_state_word(struct text *out, enum tone tone, const char *sign, const char *words)
{
    text_printf(out, "<span class=\"state %s\"><span aria-hidden=\"true\">%s</span> %s</span>", tone_name(tone), sign, words);
}

/* What the script filters by. */
static void add_keys(struct text *out, const char *kind, const char *row, const char *from, const char *to)
{
    add_attribute(out, "data-kind", kind);
    if (*row) add_attribute(out, "data-row", row);
    if (*from) add_attribute(out, "data-from", from);
    if (*to) add_attribute(out, "data-to", to);
}

/* Of what is shown as "staff (10.20.0.9)" the host; nothing of a list of hosts. */
static void add_host_key(struct text *out, const char *key, const char *shown)
{
    struct text name;
    if (strstr(shown, ", ")) return;
    text_init(&name);
    text_add_bytes(&name, shown, strstr(shown, " (") ? (size_t)(strstr(shown, " (") - shown) : strlen(shown));
    if (name.length) add_attribute(out, key, name.bytes);
    out->failed |= name.failed;
    text_finish(&name);
}

/* --- the first screen --------------------------------------------------------------------------------------------------------------- */

static void add_title(const struct rendering *r)
{
    add_html(r->out, r->c->side[0].site);
    text_add(r->out, " → ");
    add_html(r->out, r->c->side[1].site);
}

static void add_figure(struct text *out, enum tone tone, size_t n, const char *words)
{
    char number[32];
    text_printf(out, "<li class=\"%s\"><b>%s</b> <span>%s</span></li>", tone_name(n ? tone : TONE_IDLE), grouped(n, number), words);
}

static void add_figures(const struct rendering *r)
{
    const struct pp_comparison *c = r->c;
    text_add(r->out, "<ul class=\"figures\">");
    add_figure(r->out, TONE_GOOD, c->count[PP_KEPT] + c->count[PP_GAINED] + c->count[PP_REPLACED],
               "rows kept, gained, or replaced by encryption");
    add_figure(r->out, TONE_BAD, c->count[PP_NOW_BLOCKED] + c->count[PP_NOW_REFUSED], "now blocked or refused");
    add_figure(r->out, TONE_BAD, c->count[PP_LOST], "lost");
    add_figure(r->out, TONE_BAD, c->opened, c->opened == 1 ? "hole opened" : "holes opened");
    add_figure(r->out, TONE_WARN, c->old_addresses.count, "use old addresses");
    add_figure(r->out, TONE_WARN, c->clear_text.count, "still in clear text");
    text_add(r->out, "</ul>\n");
}

static void add_side(const struct rendering *r, const char *label, const struct pp_compared *side)
{
    struct text facts;
    text_init(&facts);
    text_printf(&facts, "%s: ", side->site);
    add_side_facts(&facts, side, r->options->local_time);
    text_printf(r->out, "<div><dt>%s</dt><dd>", label);
    move_html(r->out, &facts);
    text_add(r->out, "</dd></div>");
}

static void add_first_screen(const struct rendering *r)
{
    char reasons[REASONS_MAX][REASON_MAX];
    enum pp_migration m = r->c->migration;
    unsigned count = migration_reasons(r->c, reasons);
    text_add(r->out, "<header>\n<p class=\"brand\">portproof comparison</p>\n<h1>");
    add_title(r);
    text_printf(
        r->out,
        "</h1>\n</header>\n<main>\n<section class=\"verdict %s\" id=\"verdict\">\n<h2><span aria-hidden=\"true\">%s</span> %s</h2>\n",
        tone_name(verdicts[m].tone), verdicts[m].sign, migration_words(m));
    text_add(r->out, "<ul class=\"reasons\">");
    for (unsigned i = 0; i < count; i++) add_element(r->out, "li", NULL, reasons[i]);
    text_add(r->out, "</ul>\n</section>\n");
    add_figures(r);
    text_add(r->out, "<dl class=\"scope\">");
    add_side(r, "Before", &r->c->side[0]);
    add_side(r, "After", &r->c->side[1]);
    text_add(r->out, "</dl>\n");
    if (r->c->inferred) add_element(r->out, "p", "error", inferred_warning);
}

/* --- sections --------------------------------------------------------------------------------------------------------------------------
 */

static void add_pair_span(struct text *out, const char *from, const char *to, const char *service)
{
    text_add(out, "<span class=\"pair\">");
    add_html(out, from);
    text_add(out, " → ");
    add_html(out, to);
    text_add(out, "</span> <span class=\"service\">");
    add_html(out, service);
    text_add(out, "</span>");
}

static void add_to_do(const struct rendering *r)
{
    size_t shown = at_most(r, r->c->to_do_count, HTML_TODO_MAX * 2);
    text_add(r->out, "<ol class=\"todo\">\n");
    for (size_t i = 0; i < shown; i++) {
        const struct pp_to_do *t = &r->c->to_do[i];
        text_printf(r->out, "<li class=\"%s\"", tone_name(t->worse ? TONE_BAD : TONE_WARN));
        add_keys(r->out, "to do", t->row, "", "");
        add_host_key(r->out, "data-from", t->from);
        add_host_key(r->out, "data-to", t->to);
        text_add(r->out, "><span class=\"act\">");
        add_html(r->out, t->action);
        text_printf(r->out, "</span> <a href=\"#%s\">", t->anchor);
        add_pair_span(r->out, t->from, t->to, t->service);
        text_add(r->out, "</a> <span class=\"why\">");
        struct text why;
        text_init(&why);
        add_why(&why, t);
        move_html(r->out, &why);
        text_add(r->out, "</span></li>\n");
    }
    text_add(r->out, "</ol>\n");
    add_more(r, r->c->to_do_count, shown);
}

static void add_cell(struct text *out, const char *label, const char *words)
{
    text_add(out, "<td>");
    if (*words) text_printf(out, "<span class=\"label\">%s </span>", label);
    add_html(out, words);
    text_add(out, "</td>");
}

static void add_host(const struct rendering *r, const struct pp_host_change *h)
{
    static const enum tone tones[PP_MOVE_COUNT] = {
        [PP_MOVED] = TONE_GOOD, [PP_STAYED] = TONE_IDLE, [PP_NEW] = TONE_GOOD, [PP_GONE] = TONE_IDLE};
    text_printf(r->out, "<tr class=\"%s\"", tone_name(h->broken ? TONE_BAD : tones[h->move]));
    add_keys(r->out, pp_move_name(h->move), "", h->name, "");
    text_add(r->out, "><th scope=\"row\">");
    add_element(r->out, "span", "name", h->name);
    if (*h->old_name) text_add(r->out, "<span class=\"note\">was called "), add_html(r->out, h->old_name), text_add(r->out, "</span>");
    text_printf(r->out, "</th><td>%s</td>", pp_move_name(h->move));
    add_cell(r->out, "before", h->before);
    add_cell(r->out, "after", h->after);
    text_printf(r->out, "<td class=\"number\"><span class=\"label\">edges that work </span>%u</td><td class=\"number\">", h->works);
    if (h->broken) text_printf(r->out, "<span class=\"label\">edges that do not </span><span class=\"state bad\">%u</span>", h->broken);
    text_add(r->out, "</td></tr>\n");
}

static void add_hosts(const struct rendering *r)
{
    size_t shown = at_most(r, r->c->host_count, HTML_FINDINGS_MAX);
    text_add(r->out,
             "<table class=\"sortable\"><caption>Hosts are matched by name. An edge joins two entries of the site, for one row.</caption>\n"
             "<thead><tr><th scope=\"col\">Host</th><th scope=\"col\">What</th><th scope=\"col\">Addresses before</th><th "
             "scope=\"col\">Addresses after</th><th scope=\"col\" class=\"number\">Edges that work</th><th scope=\"col\" "
             "class=\"number\">that do not</th></tr></thead>\n<tbody>\n");
    for (size_t i = 0; i < shown; i++) add_host(r, &r->c->hosts[i]);
    text_add(r->out, "</tbody></table>\n");
    add_more(r, r->c->host_count, shown);
}

static void add_edges(const struct rendering *r, size_t row)
{
    const struct pp_comparison *c = r->c;
    size_t count = 0;
    while (row + 1 + count < c->row_count && c->rows[row + 1 + count].edge) count++;
    size_t shown = at_most(r, count, HTML_EDGES_MAX);
    if (count) text_add(r->out, "<ul class=\"edges\">");
    for (size_t e = 1; e <= shown; e++) {
        const struct pp_row_change_seen *edge = &c->rows[row + e];
        struct text words;
        text_init(&words);
        if (strstr(edge->edge, " -> "))
            text_printf(&words, "%s → %s: ", edge->from, edge->to);
        else
            text_printf(&words, "%s: ", edge->edge);
        add_states(&words, edge, " → ");
        text_printf(r->out, "<li class=\"%s\"><span aria-hidden=\"true\">%s</span> ", tone_name(changes[edge->change].tone),
                    changes[edge->change].sign);
        move_html(r->out, &words);
        text_add(r->out, "</li>");
    }
    if (count > shown) text_printf(r->out, "<li class=\"idle\">and %zu more; --all shows every one</li>", count - shown);
    if (count) text_add(r->out, "</ul>");
}

static void add_row(const struct rendering *r, size_t i, size_t rank)
{
    const struct pp_row_change_seen *row = &r->c->rows[i];
    struct text states;
    text_printf(r->out, "<tr class=\"%s\"", tone_name(changes[row->change].tone));
    add_keys(r->out, changes[row->change].words, row->id, "", "");
    text_printf(r->out, "><td data-sort=\"%zu\">", rank);
    add_state_word(r->out, changes[row->change].tone, changes[row->change].sign, changes[row->change].words);
    text_init(&states);
    add_states(&states, row, " → ");
    text_add(r->out, "<div class=\"note\">");
    move_html(r->out, &states);
    text_add(r->out, "</div></td><th scope=\"row\">");
    add_element(r->out, "span", "name", row->id);
    text_add(r->out, "<span class=\"note\">");
    add_html(r->out, row->from);
    text_add(r->out, " → ");
    add_html(r->out, row->to);
    text_add(r->out, "</span></th><td class=\"service\">");
    add_html(r->out, row->ports);
    text_add(r->out, "</td><td>");
    add_edges(r, i);
    text_add(r->out, "</td></tr>\n");
}

static bool has_edges(const struct pp_comparison *c, size_t row) { return row + 1 < c->row_count && c->rows[row + 1].edge; }

/* Nothing was seen of them before, and nothing is now: their names are enough. */
static void add_unchanged(const struct rendering *r)
{
    size_t n = 0;
    for (size_t i = 0; i < r->c->row_count; i++) {
        const struct pp_row_change_seen *row = &r->c->rows[i];
        if (row->edge || row->change != PP_UNCHANGED || has_edges(r->c, i)) continue;
        text_add(r->out, n++ ? ", " : "<p class=\"note\">Neither seen to work nor blocked, before and after: ");
        add_html(r->out, row->id);
    }
    if (n) text_add(r->out, "</p>\n");
}

static void add_rows(const struct rendering *r)
{
    text_add(
        r->out,
        "<table class=\"rows sortable\"><caption>Every row of the list: what became of it, and which of its edges changed or are blocked."
        "</caption>\n<thead><tr><th scope=\"col\">Change</th><th scope=\"col\">Row</th><th scope=\"col\">Ports</th><th "
        "scope=\"col\">Edges</th></tr></thead>\n<tbody>\n");
    for (size_t g = 0; g < change_group_count; g++)
        for (size_t i = 0; i < r->c->row_count; i++)
            if (!r->c->rows[i].edge && r->c->rows[i].change == change_groups[g].change) add_row(r, i, g);
    for (size_t i = 0; i < r->c->row_count; i++)
        if (!r->c->rows[i].edge && r->c->rows[i].change == PP_UNCHANGED && has_edges(r->c, i)) add_row(r, i, change_group_count);
    text_add(r->out, "</tbody></table>\n");
    add_unchanged(r);
}

static void add_hole(const struct rendering *r, const struct pp_hole *h)
{
    text_printf(r->out, "<article class=\"finding %s\"", tone_name(h->opened ? TONE_BAD : TONE_GOOD));
    add_keys(r->out, h->opened ? "hole opened" : "hole closed", h->row, h->from, h->to);
    text_printf(r->out, "><h3><span class=\"act\">%s</span> ", h->opened ? "opened" : "closed");
    add_pair_span(r->out, h->from_shown, h->to_shown, h->service);
    text_add(r->out, "</h3><p class=\"ties\">");
    add_element(r->out, "span", "tag", h->reason);
    if (*h->row) text_add(r->out, " nearest row "), add_html(r->out, h->row);
    text_add(r->out, "</p><p>");
    add_html(r->out, h->why);
    if (*h->old_host) text_add(r->out, "; an old address of "), add_html(r->out, h->old_host);
    text_add(r->out, "</p></article>\n");
}

static void add_holes(const struct rendering *r)
{
    size_t shown = at_most(r, r->c->hole_count, HTML_FINDINGS_MAX);
    text_add(r->out, "<div class=\"group\">\n");
    for (size_t i = 0; i < shown; i++) add_hole(r, &r->c->holes[i]);
    text_add(r->out, "</div>\n");
    add_more(r, r->c->hole_count, shown);
}

static void add_talk(const struct rendering *r, const struct pp_talk *t, const char *kind)
{
    struct text from, to, facts, note;
    text_init(&from);
    text_init(&to);
    text_init(&facts);
    text_init(&note);
    add_named(&from, t->from, t->from_addresses);
    add_named(&to, t->to, t->to_addresses);
    add_talk_facts(&facts, t, r->options->local_time);
    add_talk_note(&note, t);
    text_printf(r->out, "<article class=\"finding %s\"", tone_name(t->answered ? TONE_WARN : TONE_IDLE));
    add_keys(r->out, kind, t->row, t->from, t->to);
    text_add(r->out, "><h3>");
    if (from.bytes && to.bytes) add_pair_span(r->out, from.bytes, to.bytes, t->service);
    text_add(r->out, "</h3><p class=\"ties\">");
    text_printf(r->out, "<span class=\"tag%s\">", t->answered ? " strong" : "");
    move_html(r->out, &facts);
    text_add(r->out, "</span></p><p>");
    move_html(r->out, &note);
    text_add(r->out, "</p></article>\n");
    r->out->failed |= from.failed || to.failed;
    text_finish(&from);
    text_finish(&to);
}

static void add_talks(const struct rendering *r, const struct pp_talks *talks, const char *kind, const char *none)
{
    size_t shown = at_most(r, talks->count, HTML_FINDINGS_MAX);
    struct text unknown;
    text_init(&unknown);
    add_unknown(&unknown, talks);
    text_add(r->out, "<div class=\"group\">\n");
    for (size_t i = 0; i < shown; i++) add_talk(r, &talks->items[i], kind);
    text_add(r->out, "</div>\n");
    add_more(r, talks->count, shown);
    if (unknown.length)
        text_add(r->out, "<p class=\"note\">"), move_html(r->out, &unknown), text_add(r->out, "</p>\n");
    else if (!talks->count)
        text_printf(r->out, "<p>%s</p>\n", none);
}

static void add_old_addresses(const struct rendering *r)
{
    add_talks(r, &r->c->old_addresses, "old address", "Nobody was seen to use an address of before the move.");
}

static void add_clear_text(const struct rendering *r)
{
    add_talks(r, &r->c->clear_text, "clear text", "No clear text was seen where an encrypted row is on or in use.");
}

static bool always(const struct pp_comparison *c) { return c != NULL; }
static bool has_to_do(const struct pp_comparison *c) { return c->to_do_count > 0; }
static bool has_hosts(const struct pp_comparison *c) { return c->host_count > 0; }
static bool has_holes(const struct pp_comparison *c) { return c->hole_count > 0; }

static const struct {
    const char *id, *title;
    bool (*has)(const struct pp_comparison *c);
    write_comparison *write;
} sections[] = {
    {"first", "Do first", has_to_do, add_to_do},
    {"hosts", "Who moved", has_hosts, add_hosts},
    {"rows", "Rows, before and after", always, add_rows},
    {"holes", "Holes opened and closed", has_holes, add_holes},
    {"old-addresses", "Old addresses: who still uses them", always, add_old_addresses},
    {"clear-text", "Still in clear text", always, add_clear_text},
};
enum { SECTIONS = sizeof sections / sizeof *sections };

static void add_contents(const struct rendering *r)
{
    text_add(r->out, "<nav aria-label=\"Contents\"><ul>");
    for (size_t i = 0; i < SECTIONS; i++)
        if (sections[i].has(r->c)) text_printf(r->out, "<li><a href=\"#%s\">%s</a></li>", sections[i].id, sections[i].title);
    text_add(r->out, "</ul></nav>\n");
}

void comparison_html(const struct rendering *r)
{
    begin_document(r->out);
    text_printf(r->out, "%s: ", migration_words(r->c->migration));
    add_title(r);
    text_add(r->out, " – portproof");
    begin_body(r->out);
    add_first_screen(r);
    for (size_t i = 0; i < SECTIONS; i++) {
        if (!sections[i].has(r->c)) continue;
        if (sections[i].write != add_to_do && (i == 0 || sections[i - 1].write == add_to_do)) add_contents(r), add_controls(r->out, false);
        text_printf(r->out, "<section id=\"%s\">\n<h2>%s</h2>\n", sections[i].id, sections[i].title);
        sections[i].write(r);
        text_add(r->out, "</section>\n");
    }
    text_add(r->out, "<footer><p class=\"note\">portproof ");
    add_html(r->out, r->options->tool_version);
    text_add(r->out, "</p></footer>\n</main>\n");
    end_document(r->out);
}
