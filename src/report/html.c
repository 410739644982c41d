/* The report as one HTML file for people and for paper: nothing loaded from anywhere, readable in any browser, with scripts or without,
 * and printed whole. Its policy lets nothing in but its own style sheet and its own script (report.js), which only hides and sorts. The
 * order is that of domain.md; a section is a line in the table below. Equal inputs give equal bytes: nothing here says when the page was
 * made. */
#include <inttypes.h>
#include <stdlib.h>

#include "clock.h"
#include "document.h"
#include "formats.h"
#include "html.h"

static const struct {
    const char *word, *sign;
    enum tone tone;
} verdicts[PP_COMPLIANCE_COUNT] = {
    [PP_COMPLIANT] = {"COMPLIANT", "✔", TONE_GOOD},
    [PP_NON_COMPLIANT] = {"NON-COMPLIANT", "✘", TONE_BAD},
    [PP_INCONCLUSIVE] = {"INCONCLUSIVE", "?", TONE_WARN},
};

/* --- the first screen --------------------------------------------------------------------------------------------------------- */

/* The site; where none is given, what was captured. */
static void add_title(struct page *p)
{
    const struct pp_report *r = p->report;
    if (!r->site->inferred)
        add_html(p->out, r->site->name ? r->site->name : p->options->site_name ? p->options->site_name : "site");
    else if (r->capture_count)
        add_html(p->out, r->captures[0].name);
    if (r->site->inferred && r->capture_count > 1) text_printf(p->out, " and %u more", r->capture_count - 1);
}

static void add_document_head(struct page *p)
{
    begin_document(p->out);
    text_printf(p->out, "%s: ", verdicts[p->report->verdict].word);
    add_title(p);
    text_add(p->out, " – portproof");
    begin_body(p->out);
}

static void add_reasons(struct page *p)
{
    const struct pp_report *r = p->report;
    text_add(p->out, "<ul class=\"reasons\">");
    for (uint32_t i = 0; i < r->verdict_reason_count; i++) add_element(p->out, "li", NULL, r->verdict_reasons[i]);
    if (!r->verdict_reason_count) text_add(p->out, "<li>every due row is proven, and nothing unexpected got through</li>");
    text_add(p->out, "</ul>\n");
}

static void add_figure(struct page *p, enum tone tone, uint64_t n, const char *words)
{
    char number[32];
    text_printf(p->out, "<li class=\"%s\"><b>%s</b> <span>%s</span></li>", tone_name(n ? tone : TONE_IDLE), grouped(n, number), words);
}

static void add_figures(struct page *p)
{
    const struct pp_summary *s = &p->report->summary;
    text_add(p->out, "<ul class=\"figures\">");
    text_printf(p->out, "<li class=\"%s\"><b>%u</b> <span>of %u rows seen to work</span></li>", tone_name(TONE_GOOD),
                s->rows[PP_STATE_EXPECTED], p->report->spec->row_count);
    add_figure(p, TONE_BAD, s->rows[PP_STATE_BLOCKED], "blocked");
    add_figure(p, TONE_WARN, s->rows[PP_STATE_MISSING], "missing");
    add_figure(p, TONE_WARN, s->rows[PP_STATE_NOT_OBSERVABLE], "not observable");
    add_figure(p, TONE_WARN, s->unexpected, s->unexpected == 1 ? "unexpected flow" : "unexpected flows");
    add_figure(p, TONE_BAD, s->got_through, "got through");
    text_add(p->out, "</ul>\n");
}

/* From the first packet of any capture to the last. */
static void add_period(struct page *p)
{
    char from[TIME_TEXT_MAX], to[TIME_TEXT_MAX], length[TIME_TEXT_MAX];
    pp_time_ns first = PP_NO_FIRST, last = PP_NO_LAST;
    for (uint32_t i = 0; i < p->report->capture_count; i++) {
        const struct pp_capture_info *c = &p->report->captures[i];
        if (c->first_ns < first) first = c->first_ns;
        if (c->last_ns > last) last = c->last_ns;
    }
    text_add(p->out, "<div><dt>When</dt><dd>");
    if (first == PP_NO_FIRST)
        text_add(p->out, "no packet carries a time");
    else
        text_printf(p->out, "%s to %s (%s)", time_readable(first, p->options->local_time, from),
                    time_readable(last, p->options->local_time, to), duration_readable(last - first, length));
    text_add(p->out, "</dd></div>");
}

static void add_how_sure(struct page *p)
{
    const struct pp_report *r = p->report;
    const struct pp_totals *t = &r->fitness.totals;
    char n[4][32];
    text_printf(p->out, "<div><dt>How sure</dt><dd>fitness of the evidence: <b>%s</b>; ", pp_grade_name(r->fitness.grade));
    if (r->fitness.drops_known)
        text_printf(p->out, "%s packets lost while capturing", grouped(r->fitness.drops, n[0]));
    else
        text_add(p->out, "loss unknown");
    if (t->live)
        text_printf(p->out, "; %s packets received = %s judged + %s not judged + %s dropped", grouped(t->received, n[0]),
                    grouped(t->judged, n[1]), grouped(t->not_judged, n[2]), grouped(t->dropped, n[3]));
    text_add(p->out, "</dd></div>");
}

static void add_scope(struct page *p)
{
    const struct pp_report *r = p->report;
    uint64_t packets = 0;
    char n[2][32];
    for (uint32_t i = 0; i < r->capture_count; i++) packets += r->captures[i].packets;
    text_printf(p->out, "<div><dt>Scope</dt><dd>%s packet%s in %s capture%s, judged by the %u rows of ", grouped(packets, n[0]),
                plural(packets), grouped(r->capture_count, n[1]), plural(r->capture_count), r->spec->row_count);
    add_html(p->out, r->spec->title ? r->spec->title : r->spec->name);
    text_add(p->out, "</dd></div><div><dt>Who is who</dt><dd>");
    if (r->site->inferred)
        text_printf(p->out, "<b>inferred</b> from the traffic: %u hosts, no site file", r->site->host_count);
    else {
        text_printf(p->out, "given: %u host%s in ", r->site->host_count, plural(r->site->host_count));
        add_html(p->out, p->options->site_name ? p->options->site_name : "the site file");
    }
    text_add(p->out, "</dd></div>");
}

static void add_first_screen(struct page *p)
{
    enum pp_compliance v = p->report->verdict;
    text_add(p->out, "<header>\n<p class=\"brand\">portproof report</p>\n<h1>");
    add_title(p);
    text_printf(
        p->out,
        "</h1>\n</header>\n<main>\n<section class=\"verdict %s\" id=\"verdict\">\n<h2><span aria-hidden=\"true\">%s</span> %s</h2>\n",
        tone_name(verdicts[v].tone), verdicts[v].sign, verdicts[v].word);
    add_reasons(p);
    text_add(p->out, "</section>\n");
    add_figures(p);
    text_add(p->out, "<dl class=\"scope\">");
    add_how_sure(p);
    add_scope(p);
    add_period(p);
    text_add(p->out, "</dl>\n");
    for (uint32_t i = 0; i < p->report->capture_count; i++) {
        const struct pp_capture_info *c = &p->report->captures[i];
        if (!c->failed) continue;
        text_add(p->out, "<p class=\"error\">");
        add_html(p->out, c->name);
        text_add(p->out, ": ");
        add_html(p->out, c->error.text);
        text_add(p->out, "</p>\n");
    }
}

/* --- the order of the whole ----------------------------------------------------------------------------------------------------- */

static bool always(const struct pp_report *r) { return r != NULL; }
static bool has_inferred_roles(const struct pp_report *r) { return r->site->inferred; }

static const struct section {
    const char *id, *title;
    bool (*has)(const struct pp_report *report);
    void (*write)(struct page *page);
} sections[] = {
    {"first", "Do first", html_has_todo, html_todo},
    {"blocked", "Blocked, and waivers that expired", html_has_blocked, html_blocked},
    {"holes", "Holes: unexpected, and it got through", html_has_holes, html_holes},
    {"unexpected", "Unexpected, and stopped or not told", html_has_unexpected, html_unexpected},
    {"not-proven", "Not proven", html_has_not_proven, html_not_proven},
    {"limits", "Fitness: what this capture cannot tell", always, html_limits},
    {"matrix", "Who may talk to whom", always, html_matrix},
    {"rows", "Rows", always, html_rows},
    {"map", "Who talks to whom", always, html_map},
    {"timeline", "When each row was in use", html_has_timeline, html_timeline},
    {"roles", "Roles, as the traffic shows them", has_inferred_roles, html_roles},
    {"evidence", "Evidence", always, html_evidence},
};
enum { SECTIONS = sizeof sections / sizeof *sections };

static void add_contents(struct page *p)
{
    text_add(p->out, "<nav aria-label=\"Contents\"><ul>");
    for (size_t i = 0; i < SECTIONS; i++)
        if (sections[i].has(p->report)) text_printf(p->out, "<li><a href=\"#%s\">%s</a></li>", sections[i].id, sections[i].title);
    text_add(p->out, "</ul></nav>\n");
}

bool write_html(const struct pp_report *report, const struct pp_report_options *options, struct text *out, const struct pp_sink *sink)
{
    struct pp_report_options for_html = *options;
    for_html.utf8 = true;
    for_html.color = false;
    uint64_t *anchors = html_anchors(report);
    struct page page = {.out = out, .report = report, .options = &for_html, .anchors = anchors};
    bool ok = anchors != NULL;
    add_document_head(&page);
    add_first_screen(&page);
    for (size_t i = 0; ok && i < SECTIONS; i++) {
        if (i == 1) add_contents(&page), add_controls(out, true); /* behind what is to be done, why the page was opened */
        if (!sections[i].has(report)) continue;
        text_printf(out, "<section id=\"%s\">\n<h2>%s</h2>\n", sections[i].id, sections[i].title);
        sections[i].write(&page);
        text_add(out, "</section>\n");
        ok = hand_over(out, sink);
    }
    text_add(out, "</main>\n");
    end_document(out);
    free(anchors);
    return ok && !out->failed;
}
