/* Findings: what to do first, then each group in the order of domain.md: blocked rows, holes, what else was unexpected, what is not
 * proven, and with it what would settle it. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "address.h"
#include "clock.h"
#include "html.h"

static enum tone finding_tone(const struct pp_finding *f)
{
    if (f->kind == PP_FIND_BLOCKED || f->kind == PP_FIND_WAIVER_EXPIRED) return TONE_BAD;
    return f->kind == PP_FIND_UNEXPECTED && f->got_through == PP_YES ? TONE_BAD : TONE_WARN;
}

static void add_pair_html(struct page *p, const struct pp_finding *f)
{
    struct text pair;
    text_init(&pair);
    add_pair(p, &pair, f);
    text_add(p->out, "<span class=\"pair\">");
    move_html(p->out, &pair);
    text_add(p->out, "</span>");
}

/* --- what to do first ------------------------------------------------------------------------------------------------------ */

/* What somebody has to act on; what was stopped anyway can wait. */
static bool is_urgent(const struct pp_finding *f)
{
    if (f->kind == PP_FIND_UNEXPECTED) return f->got_through != PP_NO;
    return f->kind == PP_FIND_BLOCKED || f->kind == PP_FIND_WAIVER_EXPIRED;
}

static uint32_t urgent_count(const struct pp_report *r)
{
    uint32_t urgent = 0;
    for (uint32_t i = 0; i < r->finding_count; i++) urgent += is_urgent(&r->findings[i]);
    return urgent;
}

bool html_has_todo(const struct pp_report *r) { return urgent_count(r) > 0; }

void html_todo(struct page *p)
{
    const struct pp_report *r = p->report;
    uint32_t shown = 0, urgent = urgent_count(r);
    text_add(p->out, "<ol class=\"todo\">\n");
    for (uint32_t i = 0; i < r->finding_count && shown < HTML_TODO_MAX; i++) {
        const struct pp_finding *f = &r->findings[i];
        if (!is_urgent(f)) continue;
        shown++;
        text_printf(p->out, "<li class=\"%s\"", tone_name(finding_tone(f)));
        add_filter_keys(p, f);
        text_add(p->out, "><span class=\"act\">");
        add_html(p->out, f->action);
        text_add(p->out, "</span> <a href=\"#");
        add_anchor(p, i);
        text_add(p->out, "\">");
        add_pair_html(p, f);
        text_add(p->out, "</a> <span class=\"why\">");
        if (f->row != PP_NONE) add_html(p->out, r->spec->rows[f->row].id), text_add(p->out, ": ");
        add_html(p->out, f->brief);
        text_add(p->out, "</span></li>\n");
    }
    text_add(p->out, "</ol>\n");
    if (urgent > shown) text_printf(p->out, "<p class=\"note\">and %u more below</p>\n", urgent - shown);
}

/* --- one finding ------------------------------------------------------------------------------------------------------------ */

static void add_tags(struct page *p, const struct pp_finding *f)
{
    static const char *const through[] = {
        [PP_NO] = "was stopped", [PP_YES] = "got through", [PP_UNKNOWN] = "cannot be told whether it got through"};
    const char *strong = f->kind == PP_FIND_UNEXPECTED                  ? through[f->got_through]
                         : f->kind == PP_FIND_BLOCKED && f->has_outcome ? pp_outcome_name(f->outcome)
                                                                        : pp_finding_kind_name(f->kind);
    add_element(p->out, "span", "tag strong", strong);
    if (f->reason != PP_REASON_NONE) add_element(p->out, "span", "tag", pp_reason_name(f->reason));
    for (unsigned i = 0; pp_label_name(i); i++)
        if (f->labels >> i & 1) add_element(p->out, "span", "tag", pp_label_name(i));
}

/* The row as it is published. */
static void add_row_text(struct page *p, const struct pp_finding *f)
{
    uint16_t number = f->row != PP_NONE ? f->row : f->nearest_row;
    if (number == PP_NONE) return;
    const struct pp_row *row = &p->report->spec->rows[number];
    text_printf(p->out, "<div class=\"whole\"><dt>%s</dt><dd><a href=\"#row-%u\">", f->row != PP_NONE ? "row" : "nearest row", number + 1u);
    add_html(p->out, row->id);
    text_add(p->out, "</a>: ");
    add_html(p->out, row->from_title);
    text_printf(p->out, " %s ", sign(p, row->coverage == PP_EACH_UNORDERED_PAIR ? SIGN_BOTH_WAYS : SIGN_ARROW));
    add_html(p->out, row->to_title);
    text_add(p->out, ", ");
    add_html(p->out, row->ports_text);
    text_add(p->out, ". ");
    add_html(p->out, row->purpose);
    text_add(p->out, "</dd></div>");
}

/* A side with its address, which the heading leaves out where the name says enough. */
static void add_host(struct page *p, const char *side, const struct pp_party *party, const struct pp_party *tried, uint64_t how_many)
{
    char address[ADDRESS_TEXT_MAX], n[32];
    unsigned roles = 0;
    if (tried->address.family) party = tried;
    text_printf(p->out, "<div><dt>%s</dt><dd>", side);
    if (how_many > 1) text_printf(p->out, "%s hosts, among them ", grouped(how_many, n));
    add_html(p->out, party->name);
    if (party->address.family) text_printf(p->out, "%s%s", *party->name ? " " : "", address_text(&party->address, address));
    for (unsigned role = 0; role < p->report->spec->role_count; role++) {
        if (!(party->roles >> role & 1)) continue;
        text_add(p->out, roles++ ? ", " : *party->name || party->address.family ? " (" : "any (");
        add_html(p->out, p->report->spec->roles[role].name);
    }
    text_add(p->out, roles ? ")" : " (no role)");
    text_add(p->out, "</dd></div>");
}

static void add_times(struct page *p, const struct pp_finding *f)
{
    char first[TIME_TEXT_MAX], last[TIME_TEXT_MAX];
    if (f->first_ns == PP_NO_FIRST) return;
    time_readable(f->first_ns, p->options->local_time, first);
    time_readable(f->last_ns, p->options->local_time, last);
    bool at_once = strcmp(first, last) == 0;
    text_printf(p->out, "<div><dt>seen</dt><dd>%s%s%s</dd></div>", first, at_once ? "" : " to ", at_once ? "" : last);
    if (f->first_frame == UINT64_MAX) return;
    text_printf(p->out, "<div><dt>first frame</dt><dd>%" PRIu64, pp_frame_number(f->first_frame));
    if (p->report->capture_count > 1) text_printf(p->out, " of capture %u", pp_frame_capture(f->first_frame) + 1u);
    text_add(p->out, "</dd></div>");
}

static void add_traffic(struct page *p, const struct pp_finding *f)
{
    char n[32], to[32], back[32];
    add_times(p, f);
    text_printf(p->out, "<div><dt>packets</dt><dd>%s there and %s back, in %s flow%s</dd></div>", grouped(f->packets[0], to),
                grouped(f->packets[1], back), grouped(f->flows, n), plural(f->flows));
    if (f->basis != PP_BASIS_NONE)
        text_printf(p->out, "<div><dt>direction</dt><dd>%s: %s</dd></div>", pp_confidence_name(f->basis), pp_basis_name(f->basis));
    if (!*f->community_id) return;
    text_add(p->out, "<div><dt>community id</dt><dd class=\"service\">");
    add_html(p->out, f->community_id);
    text_add(p->out, "</dd></div>");
}

/* Where it comes from, so that anyone can look it up: the annex of domain.md, beside the finding itself. */
static void add_evidence(struct page *p, const struct pp_finding *f)
{
    text_add(p->out, "<dl class=\"facts\">");
    add_row_text(p, f);
    add_host(p, "from", &f->initiator, &f->tried_by, f->initiators);
    add_host(p, "to", &f->responder, &f->tried_at, 1);
    if (f->kind != PP_FIND_MISSING) add_traffic(p, f);
    text_add(p->out, "</dl>");
}

static void html_finding(struct page *p, uint32_t number)
{
    const struct pp_finding *f = &p->report->findings[number];
    text_printf(p->out, "<article class=\"finding %s\" id=\"", tone_name(finding_tone(f)));
    add_anchor(p, number);
    text_add(p->out, "\"");
    add_filter_keys(p, f);
    add_sort_keys(p, f);
    text_add(p->out, "><h4><span class=\"act\">");
    add_html(p->out, f->action);
    text_add(p->out, "</span> ");
    add_pair_html(p, f);
    text_add(p->out, " <a class=\"here\" aria-label=\"link to this finding\" href=\"#");
    add_anchor(p, number);
    text_add(p->out, "\">#</a></h4><p class=\"tags\">");
    add_tags(p, f);
    text_add(p->out, "</p><p>");
    add_html(p->out, f->explanation);
    text_add(p->out, "</p>");
    add_evidence(p, f);
    text_add(p->out, "</article>\n");
}

/* --- groups ------------------------------------------------------------------------------------------------------------------ */

/* What explains an unexpected flow, and excuses nothing. */
enum { EXPLAINS = PP_LABEL_CALLBACK | PP_LABEL_COMPANION };

/* Which findings a group has. Holes are told apart from what else was unexpected. */
struct group {
    enum pp_finding_kind kind;
    enum pp_reason reason; /* PP_REASON_NONE: any */
    enum { ANY, HOLES, NO_HOLES } through;
    unsigned explained; /* by exactly these labels of EXPLAINS; of a reason only */
};

static bool is_of(const struct pp_finding *f, const struct group *g)
{
    return f->kind == g->kind && (g->reason == PP_REASON_NONE || (g->reason == f->reason && (f->labels & EXPLAINS) == g->explained)) &&
           (g->through == ANY || (f->got_through == PP_YES) == (g->through == HOLES));
}

static bool has_any(const struct pp_report *r, const struct group *g)
{
    for (uint32_t i = 0; i < r->finding_count; i++)
        if (is_of(&r->findings[i], g)) return true;
    return false;
}

static void add_group_heading(struct page *p, const char *heading, const char *meaning, uint64_t flows)
{
    char n[32];
    text_printf(p->out, "<h3>%s", heading);
    if (meaning || flows) text_add(p->out, " <small>");
    if (meaning) text_printf(p->out, "%s%s", meaning, flows ? "; " : "");
    if (flows) text_printf(p->out, "%s flow%s", grouped(flows, n), plural(flows));
    text_printf(p->out, "%s</h3>\n", meaning || flows ? "</small>" : "");
}

static void add_group(struct page *p, const struct group *g, const char *heading, const char *meaning)
{
    const struct pp_report *r = p->report;
    uint32_t all = 0, shown = 0, most = p->options->all ? UINT32_MAX : HTML_FINDINGS_MAX;
    uint64_t flows = 0;
    for (uint32_t i = 0; i < r->finding_count; i++)
        if (is_of(&r->findings[i], g)) all++, flows += r->findings[i].flows;
    if (!all) return;
    text_add(p->out, "<div class=\"group\">\n");
    if (heading) add_group_heading(p, heading, meaning, flows);
    text_add(p->out, "<div class=\"findings\">\n");
    for (uint32_t i = 0; i < r->finding_count && shown < most; i++)
        if (is_of(&r->findings[i], g)) html_finding(p, i), shown++;
    text_add(p->out, "</div>\n");
    if (all > shown) text_printf(p->out, "<p class=\"note more\">and %u more; --all shows every one</p>\n", all - shown);
    text_add(p->out, "</div>\n");
}

static const struct group blocked = {PP_FIND_BLOCKED, PP_REASON_NONE, ANY, 0}, expired = {PP_FIND_WAIVER_EXPIRED, PP_REASON_NONE, ANY, 0},
                          missing = {PP_FIND_MISSING, PP_REASON_NONE, ANY, 0},
                          undetermined = {PP_FIND_UNDETERMINED, PP_REASON_NONE, ANY, 0},
                          holes = {PP_FIND_UNEXPECTED, PP_REASON_NONE, HOLES, 0},
                          others = {PP_FIND_UNEXPECTED, PP_REASON_NONE, NO_HOLES, 0};

bool html_has_blocked(const struct pp_report *r) { return has_any(r, &blocked) || has_any(r, &expired); }
bool html_has_holes(const struct pp_report *r) { return has_any(r, &holes); }
bool html_has_unexpected(const struct pp_report *r) { return has_any(r, &others); }

void html_blocked(struct page *p)
{
    add_group(p, &blocked, has_any(p->report, &expired) ? "Blocked" : NULL, NULL);
    add_group(p, &expired, "Waivers that expired", NULL);
}

static void add_by_reason(struct page *p, const struct group *g)
{
    static const char *const meanings[] = {
        [PP_FEATURE_OFF] = "a row would allow it, but its feature is switched off here",
        [PP_REVERSED] = "a row allows it the other way round",
        [PP_WRONG_TRANSPORT] = "a row allows it over the other transport",
        [PP_WRONG_SOURCE] = "a row allows it, but from another role",
        [PP_WRONG_DESTINATION] = "a row allows it, but to another role",
        [PP_UNLISTED_PORT] = "no row joins these hosts on this port",
        [PP_UNKNOWN_HOST] = "one side is not in the inventory",
    };
    static const struct {
        unsigned labels;
        const char *words;
    } explained[] = {
        {0, ""}, {PP_LABEL_CALLBACK, ", callback"}, {PP_LABEL_COMPANION, ", companion"}, {EXPLAINS, ", callback and companion"}};
    for (enum pp_reason reason = 0; reason <= PP_UNKNOWN_HOST; reason++)
        for (unsigned i = 0; i < sizeof explained / sizeof *explained; i++) {
            struct group of_reason = *g;
            char heading[64];
            of_reason.reason = reason;
            of_reason.explained = explained[i].labels;
            snprintf(heading, sizeof heading, "%s%s", pp_reason_name(reason), explained[i].words);
            add_group(p, &of_reason, heading, meanings[reason]);
        }
}

void html_holes(struct page *p) { add_by_reason(p, &holes); }
void html_unexpected(struct page *p) { add_by_reason(p, &others); }

/* --- not proven -------------------------------------------------------------------------------------------------------------- */

static bool is_unobservable(const struct pp_edge *edge) { return edge->due && edge->state == PP_STATE_NOT_OBSERVABLE; }

static uint32_t unobservable_edges(const struct pp_row_result *row)
{
    uint32_t n = 0;
    for (uint32_t e = 0; e < row->edge_count; e++) n += is_unobservable(&row->edges[e]);
    return n;
}

static bool any_unobservable(const struct pp_report *r)
{
    for (uint16_t row = 0; row < r->spec->row_count; row++)
        if (unobservable_edges(&r->rows[row])) return true;
    return false;
}

bool html_has_not_proven(const struct pp_report *r) { return has_any(r, &missing) || has_any(r, &undetermined) || any_unobservable(r); }

static void add_unobservable(struct page *p, uint16_t number)
{
    const struct pp_row *row = &p->report->spec->rows[number];
    const struct pp_row_result *result = &p->report->rows[number];
    uint32_t shown = 0, all = unobservable_edges(result), most = p->options->all ? UINT32_MAX : HTML_EDGES_MAX;
    for (uint32_t e = 0; e < result->edge_count && shown < most; e++) {
        const struct pp_edge *edge = &result->edges[e];
        if (!is_unobservable(edge)) continue;
        struct text words;
        text_init(&words);
        add_edge(p, &words, row, edge);
        text_printf(p->out, "<li><a class=\"tie\" href=\"#row-%u\">", number + 1u);
        add_html(p->out, row->id);
        text_add(p->out, "</a> ");
        move_html(p->out, &words);
        text_add(p->out, edge->tried ? "; capture a few seconds longer" : "; capture where both sides are seen");
        text_add(p->out, "</li>\n");
        shown++;
    }
    if (all > shown) text_printf(p->out, "<li>and %u more; --all shows every one</li>\n", all - shown);
}

void html_not_proven(struct page *p)
{
    add_group(p, &missing, "Missing", "due, and nobody tried");
    add_group(p, &undetermined, "Undetermined", "nothing tells who opened it");
    if (!any_unobservable(p->report)) return;
    text_add(p->out,
             "<h3>Not observable here</h3>\n<p class=\"note\">The command <code>portproof filter --site</code> names the places where "
             "captures together see every due row.</p>\n<ul class=\"plain\">\n");
    for (uint16_t row = 0; row < p->report->spec->row_count; row++) add_unobservable(p, row);
    text_add(p->out, "</ul>\n");
}
