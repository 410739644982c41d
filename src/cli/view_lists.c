/* What there is to choose from in the view: the rows, the news, and what a pane says of one of them. */
#define _GNU_SOURCE /* strcasestr */
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "view.h"

static bool append(void *text, const char *bytes, size_t size)
{
    text_add_bytes(text, bytes, size);
    return true;
}

/* --- news ---------------------------------------------------------------------------------------------------------------------- */

const struct news *view_news(const struct view *view, uint64_t number) { return &view->news[number % NEWS_MAX]; }

static void add_news(struct view *view, const struct pp_event *event)
{
    struct text words;
    const struct pp_sink sink = {append, &words};
    const struct pp_finding *f = event->kind == PP_EVENT_FINDING ? event->finding : NULL;
    text_init(&words);
    if (!pp_event_write(view->now.report, event, &view->options, &sink)) { /* out of memory: left out */
        text_finish(&words);
        return;
    }
    struct news *news = &view->news[view->news_count++ % NEWS_MAX];
    free(news->words);
    *news = (struct news){.at = view->now.at,
                          .kind = event->kind,
                          .verdict = event->verdict_is,
                          .state = event->is,
                          .row = event->row,
                          .identity = event->identity,
                          .harmful = f && (f->kind == PP_FIND_BLOCKED || f->kind == PP_FIND_WAIVER_EXPIRED || f->got_through == PP_YES),
                          .words = words.bytes};
    if (event->kind == PP_EVENT_ROW) view->changed_ns[event->row] = view->judged_ns;
}

static void learn_totals(struct view *view, const struct judgement *j, uint64_t now_ns)
{
    static const struct pp_totals none;
    const struct pp_totals *is = &j->report->fitness.totals;
    struct pp_totals was = view->now.report ? view->totals : none;
    view->late.seconds = (double)(now_ns - (view->judged_ns ? view->judged_ns : view->begun_ns)) / NS_PER_S;
    view->late.received = is->received > was.received ? is->received - was.received : 0;
    view->late.dropped = is->dropped > was.dropped ? is->dropped - was.dropped : 0;
    view->totals = *is;
}

void view_learn(struct view *view, const struct judgement *judgement)
{
    uint64_t now = steady_ns();
    learn_totals(view, judgement, now);
    view->now = *judgement;
    view->judged_ns = now;
    /* The most important becomes the newest. */
    for (size_t i = judgement->event_count; i > 0; i--) add_news(view, &judgement->events[i - 1]);
    view_list(view);
    view_fill_pane(view);
}

void view_forget(struct view *view)
{
    for (unsigned i = 0; i < NEWS_MAX; i++) free(view->news[i].words);
    text_finish(&view->pane.text);
}

/* --- lists ---------------------------------------------------------------------------------------------------------------------- */

static bool matches(const struct view *view, const char *words) { return words && strcasestr(words, view->filter); }

/* By what stands in its line, and by the names of the hosts that it is about. */
static bool row_matches(const struct view *view, uint16_t number)
{
    const struct pp_report *report = view->now.report;
    const struct pp_row *row = &report->spec->rows[number];
    const struct pp_row_result *result = &report->rows[number];
    if (matches(view, row->id) || matches(view, row->ports_text) || matches(view, pp_state_name(pp_watch_state(view->now.watch, number))) ||
        matches(view, report->spec->roles[row->from].name) || matches(view, report->spec->roles[row->to].name))
        return true;
    for (uint32_t e = 0; e < result->edge_count; e++)
        if (matches(view, pp_site_host_name(report->site, result->edges[e].from)) ||
            matches(view, pp_site_host_name(report->site, result->edges[e].to)))
            return true;
    return false;
}

static void list_rows(struct view *view, struct list *list)
{
    static const enum pp_state order[] = {PP_STATE_BLOCKED,  PP_STATE_MISSING,  PP_STATE_NOT_OBSERVABLE,
                                          PP_STATE_EXPECTED, PP_STATE_OPTIONAL, PP_STATE_NOT_APPLICABLE};
    _Static_assert(sizeof order / sizeof *order == PP_STATE_COUNT, "every row has its place");
    unsigned passes = view->as_listed ? 1 : PP_STATE_COUNT;
    for (unsigned pass = 0; pass < passes; pass++)
        for (uint16_t row = 0; row < view->now.report->spec->row_count; row++)
            if ((view->as_listed || pp_watch_state(view->now.watch, row) == order[pass]) && row_matches(view, row))
                list->items[list->count++] = row;
}

/* The newest first. */
static void list_news(struct view *view, struct list *list)
{
    uint64_t oldest = view->news_count > NEWS_MAX ? view->news_count - NEWS_MAX : 0;
    for (uint64_t later = view->news_count; later > oldest; later--)
        if (matches(view, view_news(view, later - 1)->words)) list->items[list->count++] = later - 1;
}

/* Whoever looks at the first line goes on to look at the first line. */
static void choose_again(struct list *list, uint64_t chosen)
{
    unsigned was = list->selected;
    for (unsigned i = 0; was && i < list->count; i++)
        if (list->items[i] == chosen) list->selected = i;
    if (list->selected >= list->count) list->selected = list->count ? list->count - 1 : 0;
}

void view_list(struct view *view)
{
    static void (*const fill[FOCUS_COUNT])(struct view *, struct list *) = {[FOCUS_ROWS] = list_rows, [FOCUS_NEWS] = list_news};
    for (unsigned i = 0; view->now.report && i < FOCUS_COUNT; i++) {
        struct list *list = &view->lists[i];
        uint64_t chosen = list->count ? list->items[list->selected] : UINT64_MAX;
        list->count = 0;
        fill[i](view, list);
        choose_again(list, chosen);
    }
}

/* --- the pane ---------------------------------------------------------------------------------------------------------------------- */

static void add_row_text(const struct view *view, const struct pp_sink *sink, uint16_t row)
{
    const struct pp_report *report = view->now.report;
    enum pp_state state = pp_watch_state(view->now.watch, row);
    struct text line;
    if (row >= report->spec->row_count) return; /* the rules may have been read anew */
    (void)pp_row_explain(report->spec, report->site, row, sink);
    text_init(&line);
    text_printf(&line, "\n    now       %s %s, %.1f packets a second\n", pp_state_sign(state, view->utf8), pp_state_name(state),
                view->now.row_rates[row]);
    sink->write(sink->context, line.bytes ? line.bytes : "", line.length);
    text_finish(&line);
    (void)pp_row_write(report, row, &view->options, sink);
}

/* A finding may be told anew as another one: with another outcome, or joined to others. */
static void add_finding_text(const struct view *view, const struct pp_sink *sink, const struct news *news)
{
    static const char stale[] = "\n  The report has it in these words no longer: later news say what became of it.\n";
    const struct pp_finding *finding = pp_watch_find(view->now.watch, view->now.report, news->identity);
    if (finding) {
        (void)pp_finding_write(view->now.report, finding, &view->options, sink);
        return;
    }
    sink->write(sink->context, news->words, strlen(news->words));
    sink->write(sink->context, stale, sizeof stale - 1);
}

static void add_news_text(const struct view *view, const struct pp_sink *sink, const struct news *news)
{
    if (news->kind == PP_EVENT_ROW)
        add_row_text(view, sink, news->row);
    else if (news->kind == PP_EVENT_VERDICT)
        (void)pp_verdict_write(view->now.report, &view->options, sink);
    else if (news->kind == PP_EVENT_FINDING)
        add_finding_text(view, sink, news);
    else
        sink->write(sink->context, news->words, strlen(news->words));
}

void view_fill_pane(struct view *view)
{
    struct pane *pane = &view->pane;
    const struct pp_sink sink = {append, &pane->text};
    if (pane->kind == PANE_NEWS && view->news_count - pane->item > NEWS_MAX) return; /* what it was is forgotten: the text stays */
    view->options.width = view_width();
    pane->text.length = 0;
    text_add(&pane->text, "");
    if (pane->kind == PANE_HELP) view_add_help(&pane->text);
    if (!view->now.report) return;
    if (pane->kind == PANE_ROW) add_row_text(view, &sink, (uint16_t)pane->item);
    if (pane->kind == PANE_NEWS) add_news_text(view, &sink, view_news(view, pane->item));
    if (pane->kind == PANE_VERDICT) (void)pp_verdict_write(view->now.report, &view->options, &sink);
    if (pane->kind != PANE_PLAN) return;
    (void)pp_plan_write(view->now.report, &view->options, &sink);
    if (!pane->text.length) text_add(&pane->text, "Nothing is left to be exercised: every row that is due is decided.\n");
}
