/* When each row was in use: a line a row from its first packet to its last, with the parts of the time in which answered flows were open,
 * and a sign where somebody tried in vain; behind it the times without any packet, and those in which the interface was not there. Beside
 * the picture the same in words. A flow is drawn as one piece from its first packet to its last, which is all that is kept of it.
 *
 * Positions are percentages, so the picture is as wide as its column and its signs keep their shape. */
#include <inttypes.h>
#include <stdlib.h>

#include "clock.h"
#include "html.h"

enum {
    PARTS = 60,
    LIVE_FLOWS_MAX =
        200000, /* more are not gone through at every judgement: each is a cache miss, and the page is made while packets wait */
    AHEAD = 16, /* flows that are asked for before they are wanted */
};

struct span {
    pp_time_ns from, to;
};

struct line {
    pp_time_ns first, last;
    uint64_t flows, in_vain;
    int32_t opened[PARTS + 1]; /* answered flows that begin in this part, less those that ended before it */
    bool tried_in_vain[PARTS];
};

static bool is_too_much(const struct pp_report *r) { return r->fitness.totals.live && pp_flow_count(r->flows) > LIVE_FLOWS_MAX; }

static struct span period_of(const struct pp_report *r)
{
    struct span all = {PP_NO_FIRST, PP_NO_LAST};
    for (uint32_t i = 0; i < r->capture_count; i++) {
        if (r->captures[i].first_ns < all.from) all.from = r->captures[i].first_ns;
        if (r->captures[i].last_ns > all.to) all.to = r->captures[i].last_ns;
    }
    return all;
}

bool html_has_timeline(const struct pp_report *r)
{
    return period_of(r).from != PP_NO_FIRST && r->summary.expected + r->summary.unexpected > 0;
}

static double share(const struct span *all, pp_time_ns time)
{
    if (time <= all->from) return 0;
    return time >= all->to ? 1 : (double)(time - all->from) / (double)(all->to - all->from);
}

static unsigned part(const struct span *all, pp_time_ns time)
{
    unsigned at = (unsigned)(share(all, time) * PARTS);
    return at < PARTS ? at : PARTS - 1;
}

/* --- what is drawn --------------------------------------------------------------------------------------------------------------- */

static bool is_in_vain(const struct pp_report *r, const struct pp_judged *j)
{
    if (j->outcome == PP_ANSWERED || j->outcome == PP_HALF_SEEN) return false;
    return j->outcome != PP_SILENT || j->row == PP_NONE || !r->spec->rows[j->row].one_way;
}

static pp_time_ns last_of(const struct pp_flow *flow, pp_time_ns first)
{
    pp_time_ns last = first;
    for (unsigned s = 0; s < 2; s++)
        if (flow->side[s].last_ns != PP_NO_LAST && flow->side[s].last_ns > last) last = flow->side[s].last_ns;
    return last;
}

static void draw(struct line *line, const struct span *all, const struct pp_flow *flow, bool in_vain)
{
    pp_time_ns first = pp_flow_first_ns(flow);
    line->flows++;
    line->in_vain += in_vain;
    if (first == PP_NO_FIRST) return;
    pp_time_ns last = last_of(flow, first);
    if (first < line->first) line->first = first;
    if (last > line->last) line->last = last;
    if (in_vain) {
        line->tried_in_vain[part(all, first)] = true;
        return;
    }
    line->opened[part(all, first)]++;
    line->opened[part(all, last) + 1]--;
}

/* A line a row, and one more for what no row allows. Owned by the caller; NULL: out of memory. */
static struct line *draw_all(const struct pp_report *r, const struct span *all)
{
    uint16_t rows = r->spec->row_count;
    struct line *lines = calloc(rows + 1u, sizeof *lines);
    if (!lines) return NULL;
    for (uint16_t row = 0; row <= rows; row++) lines[row].first = PP_NO_FIRST, lines[row].last = PP_NO_LAST;
    size_t count = pp_flow_count(r->flows);
    for (size_t i = 0; i < count; i++) {
        const struct pp_judged *j = &r->judged[i];
        struct pp_flow flow;
        if (i + AHEAD < count) pp_flow_prefetch(r->flows, i + AHEAD);
        if (j->verdict == PP_EXPECTED ? j->row == PP_NONE : j->verdict != PP_UNEXPECTED) continue;
        pp_flow_at(r->flows, i, &flow);
        draw(&lines[j->verdict == PP_EXPECTED ? j->row : rows], all, &flow, is_in_vain(r, j));
    }
    return lines;
}

/* --- the picture ------------------------------------------------------------------------------------------------------------------ */

static void add_bar(struct page *p, const char *class_name, double from, double to, unsigned y, unsigned height)
{
    text_printf(p->out, "<rect class=\"%s\" x=\"%.2f%%\" width=\"%.2f%%\" y=\"%u\" height=\"%u\"/>", class_name, 100 * from,
                100 * (to > from ? to - from : 0), y, height);
}

static void add_gaps(struct page *p, const struct span *all)
{
    const struct pp_report *r = p->report;
    for (uint32_t i = 0; i < r->fitness.gap_count; i++)
        add_bar(p, "gap", share(all, r->fitness.gaps[i].from_ns), share(all, r->fitness.gaps[i].to_ns), 0, 22);
    for (uint32_t c = 0; c < r->capture_count; c++) {
        const struct pp_live_account *a = &r->captures[c].account;
        for (uint32_t i = 0; r->captures[c].live && i < a->gap_count; i++)
            add_bar(p, "gap away", share(all, a->gaps[i].from_ns), share(all, a->gaps[i].to_ns), 0, 22);
    }
}

static void add_activity(struct page *p, const struct line *line)
{
    int64_t open = 0;
    unsigned since = 0;
    for (unsigned i = 0; i <= PARTS; i++) {
        int64_t now = i < PARTS ? open + line->opened[i] : 0;
        if (!open && now) since = i;
        if (open && !now) add_bar(p, "busy", (double)since / PARTS, (double)i / PARTS, 7, 8);
        open = now;
    }
}

static void add_picture(struct page *p, const struct span *all, const struct line *line)
{
    text_add(p->out, "<svg aria-hidden=\"true\" width=\"100%\" height=\"22\">");
    add_gaps(p, all);
    if (line->first != PP_NO_FIRST) add_bar(p, "reach", share(all, line->first), share(all, line->last), 10, 2);
    add_activity(p, line);
    for (unsigned i = 0; i < PARTS; i++)
        if (line->tried_in_vain[i]) text_printf(p->out, "<text x=\"%.2f%%\" y=\"16\">✘</text>", 100 * (i + 0.5) / PARTS);
    text_add(p->out, "</svg>");
}

static void add_when(struct page *p, const struct line *line)
{
    char first[TIME_TEXT_MAX], last[TIME_TEXT_MAX];
    if (line->first == PP_NO_FIRST) return;
    text_printf(p->out, "<span class=\"time\">%s</span> to <span class=\"time\">%s</span>",
                time_readable(line->first, p->options->local_time, first), time_readable(line->last, p->options->local_time, last));
}

/* `row`: past the last one for what no row allows. */
static void add_line(struct page *p, const struct span *all, const struct line *line, uint16_t row)
{
    const struct pp_report *r = p->report;
    bool listed = row < r->spec->row_count;
    char n[2][32];
    text_printf(p->out, "<tr class=\"%s\"><th scope=\"row\">", tone_name(listed ? TONE_GOOD : TONE_BAD));
    if (listed) {
        text_printf(p->out, "<a href=\"#row-%u\">", row + 1u);
        add_html(p->out, r->spec->rows[row].id);
        text_add(p->out, "</a> <span class=\"service\">");
        add_html(p->out, r->spec->rows[row].ports_text);
        text_add(p->out, "</span>");
    } else
        text_add(p->out, "unexpected: no row allows it");
    text_add(p->out, "</th><td class=\"picture\">");
    add_picture(p, all, line);
    text_add(p->out, "</td><td>");
    add_when(p, line);
    text_printf(p->out,
                "</td><td class=\"number\">%s<span class=\"label\"> flows</span></td><td class=\"number\">%s<span class=\"label\"> in "
                "vain</span></td></tr>\n",
                grouped(line->flows, n[0]), grouped(line->in_vain, n[1]));
}

static void add_gap_list(struct page *p)
{
    char from[TIME_TEXT_MAX], length[TIME_TEXT_MAX];
    const struct pp_fitness *f = &p->report->fitness;
    if (!f->gap_count) return;
    text_add(p->out, "<p class=\"note\">No packet at all:");
    for (uint32_t i = 0; i < f->gap_count; i++)
        text_printf(p->out, "%s from %s for %s", i ? "," : "", time_readable(f->gaps[i].from_ns, p->options->local_time, from),
                    duration_readable(f->gaps[i].to_ns - f->gaps[i].from_ns, length));
    text_add(p->out, ".</p>\n");
}

static void add_timeline_head(struct page *p, const struct span *all)
{
    char from[TIME_TEXT_MAX], to[TIME_TEXT_MAX];
    text_printf(
        p->out,
        "<table class=\"timeline\"><caption>Thick: an answered flow of the row is open. <b>✘</b> somebody tried "
        "in vain. Shaded: nothing was captured. Rows that nobody tried are left out.</caption>\n<thead><tr><th scope=\"col\">Row</th>"
        "<th scope=\"col\" class=\"ends\"><span>%s</span> <span>%s</span></th><th scope=\"col\">First and last packet</th><th "
        "scope=\"col\" class=\"number\">Flows</th><th scope=\"col\" class=\"number\">In vain</th></tr></thead>\n<tbody>\n",
        time_readable(all->from, p->options->local_time, from), time_readable(all->to, p->options->local_time, to));
}

void html_timeline(struct page *p)
{
    const struct pp_report *r = p->report;
    if (is_too_much(r)) {
        text_add(p->out, "<p class=\"note\">Left out while listening: there are too many flows to draw them at every judgement.</p>\n");
        return;
    }
    struct span all = period_of(r);
    struct line *lines = draw_all(r, &all);
    if (!lines) {
        p->out->failed = true;
        return;
    }
    add_timeline_head(p, &all);
    for (uint16_t row = 0; row <= r->spec->row_count; row++)
        if (lines[row].flows) add_line(p, &all, &lines[row], row);
    text_add(p->out, "</tbody></table>\n");
    add_gap_list(p);
    free(lines);
}
