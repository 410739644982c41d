/* How the view looks: a head, then the rows and the news, or one pane in their place, and a line for messages and keys. Everything is
 * drawn anew into ncurses's memory, which sends what differs. */
#define _GNU_SOURCE
#define NCURSES_NOMACROS
#define NCURSES_WIDECHAR 1
#include <curses.h>
#include <inttypes.h>
#include <string.h>
#include <time.h>

#include "clock.h"
#include "view_words.h"

enum {
    COLUMNS_LEAST = 20, /* below, words say that it is too small */
    LINES_LEAST = 4,
    LINES_BOTH = 11,    /* below, just one of the two lists */
    LINES_FITNESS = 20, /* from here on fitness has a line of its own */
    NEWS_LEAST = 3,
    ROLES_FROM = 116, /* columns; from here on there is room for what is told elsewhere too */
    MESSAGE_S = 8,    /* how long a message stays */
};

static const char *between(const struct view *view) { return view->utf8 ? " · " : " | "; }

/* --- head -------------------------------------------------------------------------------------------------------------------------- */

static void draw_title(const struct view *view, int y)
{
    char duration[TIME_TEXT_MAX];
    const struct arguments *a = view->arguments;
    struct text line;
    text_init(&line);
    for (uint32_t i = 0; i < a->interface_count; i++) text_printf(&line, "%s%s", i ? ", " : between(view), a->interfaces[i]);
    text_printf(&line, "%slistening for %s", between(view), duration_readable(steady_ns() - view->begun_ns, duration));
    text_printf(&line, "%s%s%s", between(view), view->options.site_name ? "site " : "no site file",
                view->options.site_name ? view->options.site_name : "");
    if (view->now.report) {
        const struct pp_report *r = view->now.report;
        text_printf(&line, r->site->inferred ? " (%u hosts inferred)" : " (%u hosts)", r->site->host_count);
        text_printf(&line, "%srules %s %s (%u rows)", between(view), r->spec->name, r->spec->version, r->spec->row_count);
    }
    int x = put(view, y, 0, COLS, INK_STRONG, "portproof " PORTPROOF_VERSION);
    put_text(view, y, x, INK_PLAIN, &line);
}

/* How many rows are in a state now; *stopped: those blocked that worked before. */
static unsigned count_rows(const struct view *view, enum pp_state state, unsigned *stopped)
{
    const struct pp_report *r = view->now.report;
    unsigned n = 0;
    for (uint16_t row = 0; row < r->spec->row_count; row++) {
        if (pp_watch_state(view->now.watch, row) != state) continue;
        n++;
        if (stopped) *stopped += r->rows[row].state == PP_STATE_EXPECTED;
    }
    return n;
}

static void draw_verdict(const struct view *view, int y)
{
    static const struct {
        enum ink ink;
        const char *word;
    } words[PP_COMPLIANCE_COUNT] = {[PP_COMPLIANT] = {INK_GOOD, "COMPLIANT"},
                                    [PP_NON_COMPLIANT] = {INK_BAD, "NON-COMPLIANT"},
                                    [PP_INCONCLUSIVE] = {INK_OPEN, "INCONCLUSIVE"}};
    const struct pp_report *r = view->now.report;
    if (!r) {
        put(view, y, 0, COLS, INK_STRONG, "LISTENING: nothing is judged yet");
        return;
    }
    struct text line;
    unsigned stopped = 0, blocked = count_rows(view, PP_STATE_BLOCKED, &stopped);
    text_init(&line);
    text_printf(&line, "%u of %u rows expected%s", count_rows(view, PP_STATE_EXPECTED, NULL), r->spec->row_count, between(view));
    text_printf(&line, stopped ? "%u blocked (%u stopped working)" : "%u blocked", blocked, stopped);
    text_printf(&line, "%s%u missing%s", between(view), count_rows(view, PP_STATE_MISSING, NULL), between(view));
    add_grouped(&line, r->summary.got_through);
    text_add(&line, " got through");
    if (COLS >= ROLES_FROM) {
        text_add(&line, between(view));
        add_grouped(&line, r->summary.unexpected);
        text_add(&line, " unexpected");
    }
    put(view, y, 0, COLS, words[r->verdict].ink, words[r->verdict].word);
    put_text(view, y, (int)strlen(words[r->verdict].word) + 2, INK_PLAIN, &line);
}

/* "received 1,234 = 1,230 judged + 4 not judged + 0 dropped · last 2 s: +34, 0 dropped". What was received is asked for every second, what
 * is judged is known at once: the difference is in the ring, or was read since. */
static void draw_loss(const struct view *view, int y)
{
    const struct pp_totals *t = &view->totals;
    uint64_t seen = t->judged + t->not_judged + t->dropped;
    struct text line;
    text_init(&line);
    text_add(&line, "received ");
    add_grouped(&line, t->received > seen ? t->received : seen);
    text_add(&line, " = ");
    add_grouped(&line, t->judged);
    text_add(&line, " judged + ");
    add_grouped(&line, t->not_judged);
    text_add(&line, " not judged + ");
    add_grouped(&line, t->dropped);
    text_add(&line, " dropped");
    if (t->received > seen) text_add(&line, " + "), add_grouped(&line, t->received - seen), text_add(&line, " waiting");
    text_printf(&line, "%slast %.0f s: +", between(view), view->late.seconds < 1 ? 1 : view->late.seconds);
    add_grouped(&line, view->late.received);
    text_printf(&line, ", %" PRIu64 " dropped", view->late.dropped);
    put_text(view, y, 0, view->late.dropped ? INK_BAD : t->dropped ? INK_OPEN : INK_PLAIN, &line);
}

/* Interfaces that are not there now, and how often that was so. Answers whether some are not. */
static bool add_links(const struct view *view, struct text *line)
{
    const struct pp_report *r = view->now.report;
    uint64_t gaps = 0;
    bool away = false;
    for (uint32_t i = 0; i < r->capture_count; i++) {
        const struct pp_live_account *account = &r->captures[i].account;
        gaps += account->gaps_in_all;
        const struct pp_link_gap *last = account->gap_count ? &account->gaps[account->gap_count - 1] : NULL;
        if (!last || last->to_ns != PP_NO_FIRST || last->event == PP_LINK_RENAMED) continue;
        text_printf(line, "%s%s: %s", between(view), r->captures[i].name, pp_link_event_name(last->event));
        away = true;
    }
    if (gaps) text_printf(line, "%slinks away %" PRIu64 " time%s", between(view), gaps, gaps == 1 ? "" : "s");
    return away;
}

static void draw_fitness(const struct view *view, int y)
{
    const struct pp_fitness *fitness = &view->now.report->fitness;
    struct text line;
    text_init(&line);
    text_printf(&line, "fitness %s", pp_grade_name(fitness->grade));
    bool away = add_links(view, &line);
    if (fitness->gap_count) text_printf(&line, "%s%u gap%s in time", between(view), fitness->gap_count, fitness->gap_count == 1 ? "" : "s");
    if (fitness->half_seen_share > 0) text_printf(&line, "%s%.0f %% of flows half seen", between(view), fitness->half_seen_share * 100);
    if (fitness->truncated_share > 0) text_printf(&line, "%s%.1f %% of frames cut", between(view), fitness->truncated_share * 100);
    if (pp_watch_untold(view->now.watch)) text_printf(&line, "%smore findings than are shown", between(view));
    if (fitness->note_count) text_printf(&line, "%s%s", between(view), fitness->notes[0]);
    put_text(view, y, 0, away || fitness->grade == PP_POOR ? INK_BAD : fitness->grade == PP_GOOD ? INK_PLAIN : INK_OPEN, &line);
}

/* Answers the first line below. */
static int draw_head(const struct view *view)
{
    int y = 0;
    if (LINES < LINES_BOTH) { /* the verdict is what counts */
        draw_verdict(view, y);
        return y + 1;
    }
    draw_title(view, y++);
    draw_verdict(view, y++);
    if (!view->now.report) return y;
    draw_loss(view, y++);
    if (LINES >= LINES_FITNESS) draw_fitness(view, y++);
    return y;
}

/* --- rows -------------------------------------------------------------------------------------------------------------------------- */

enum { AT_STATE = 3, AT_ID = 18, ROLES_MAX = 40, GAP = 2 };

/* Where the columns of the rows end; 0: no room for it. The id and the roles are on the left, the others are counted from the right. */
struct places {
    int id, roles, ports, rate, flows, changed;
};

static int longest_id(const struct view *view)
{
    enum { LEAST = 12, MOST = 24 };
    int longest = LEAST;
    for (uint16_t row = 0; view->now.report && row < view->now.report->spec->row_count; row++) {
        int n = width_of(view, view->now.report->spec->rows[row].id, SIZE_MAX);
        if (n > longest) longest = n < MOST ? n : MOST;
    }
    return longest;
}

static struct places find_places(const struct view *view)
{
    enum { CHANGED = 12, FLOWS = 8, RATE = 10, PORTS = 11, WIDE_PORTS = 24 };
    struct places p = {.id = AT_ID + longest_id(view)};
    int right = COLS;
    if (COLS >= 76) p.changed = right, right -= CHANGED;
    if (COLS >= 64) p.flows = right, right -= FLOWS;
    if (COLS >= 52) p.rate = right, right -= RATE;
    if (COLS >= 40) p.ports = right, right -= GAP + (COLS >= 140 ? WIDE_PORTS : PORTS);
    if (p.id > right) p.id = right;
    if (COLS >= ROLES_FROM) p.roles = right < p.id + GAP + ROLES_MAX ? right : p.id + GAP + ROLES_MAX;
    return p;
}

static enum ink state_ink(enum pp_state state)
{
    static const enum ink inks[PP_STATE_COUNT] = {
        [PP_STATE_EXPECTED] = INK_GOOD,       [PP_STATE_BLOCKED] = INK_BAD,    [PP_STATE_MISSING] = INK_OPEN,
        [PP_STATE_NOT_OBSERVABLE] = INK_OPEN, [PP_STATE_OPTIONAL] = INK_QUIET, [PP_STATE_NOT_APPLICABLE] = INK_QUIET};
    return inks[state];
}

static void draw_row_numbers(const struct view *view, int y, uint16_t row, const struct places *p, enum ink ink)
{
    char number[TIME_TEXT_MAX];
    double rate = view->now.row_rates[row];
    uint64_t flows = view->now.report->rows[row].flows;
    if (p->rate && rate > 0) {
        snprintf(number, sizeof number, rate < 100 ? "%.1f" : rate < 1e6 ? "%.0f" : "%.2g", rate);
        put_right(view, y, p->rate, 9, ink, number);
    }
    if (p->flows && flows) {
        snprintf(number, sizeof number, flows < 10000000 ? "%.0f" : "%.1e", (double)flows);
        put_right(view, y, p->flows, 7, ink, number);
    }
    if (p->changed && view->changed_ns[row])
        put_right(view, y, p->changed, 11, ink, duration_readable(steady_ns() - view->changed_ns[row], number));
}

static void draw_row(const struct view *view, int y, uint64_t item, bool chosen)
{
    const struct pp_report *r = view->now.report;
    const struct pp_row *row = &r->spec->rows[item];
    const struct places p = find_places(view);
    enum pp_state state = pp_watch_state(view->now.watch, (uint16_t)item);
    enum ink ink = chosen ? INK_CHOSEN : state >= PP_STATE_OPTIONAL ? INK_QUIET : INK_PLAIN, sign = chosen ? ink : state_ink(state);
    put(view, y, 1, 2, sign, pp_state_sign(state, view->utf8));
    put(view, y, AT_STATE, AT_ID - 1, sign, pp_state_name(state));
    put(view, y, AT_ID, p.id, chosen || state >= PP_STATE_OPTIONAL ? ink : INK_STRONG, row->id);
    if (p.roles) {
        struct text roles;
        text_init(&roles);
        text_printf(&roles, "%s %s %s", r->spec->roles[row->from].name, view->utf8 ? "→" : "->", r->spec->roles[row->to].name);
        put(view, y, p.id + GAP, p.roles, ink, roles.bytes ? roles.bytes : "");
        text_finish(&roles);
    }
    if (p.ports) put(view, y, (p.roles ? p.roles : p.id) + GAP, p.ports, ink, row->ports_text);
    draw_row_numbers(view, y, (uint16_t)item, &p, ink);
}

static void draw_rows_title(const struct view *view, int y)
{
    const struct places p = find_places(view);
    if (p.ports) put(view, y, (p.roles ? p.roles : p.id) + GAP, p.ports, INK_BAR, "port");
    if (p.rate) put_right(view, y, p.rate, 9, INK_BAR, "packets/s");
    if (p.flows) put_right(view, y, p.flows, 7, INK_BAR, "flows");
    if (p.changed) put_right(view, y, p.changed, 11, INK_BAR, "changed ago");
}

/* --- news -------------------------------------------------------------------------------------------------------------------------- */

static enum ink news_ink(const struct news *news)
{
    static const enum ink verdicts[PP_COMPLIANCE_COUNT] = {
        [PP_COMPLIANT] = INK_GOOD, [PP_NON_COMPLIANT] = INK_BAD, [PP_INCONCLUSIVE] = INK_OPEN};
    if (news->kind == PP_EVENT_VERDICT) return verdicts[news->verdict];
    if (news->kind == PP_EVENT_ROW) return state_ink(news->state);
    if (news->kind == PP_EVENT_LOSS) return INK_BAD;
    return news->harmful ? INK_BAD : INK_OPEN;
}

static void draw_news(const struct view *view, int y, uint64_t item, bool chosen)
{
    enum { AT_WORDS = 11, WORD = 7 };
    const struct news *news = view_news(view, item);
    char when[16] = "";
    time_t seconds = (time_t)(news->at / NS_PER_S);
    struct tm tm;
    if (view->options.local_time ? localtime_r(&seconds, &tm) : gmtime_r(&seconds, &tm)) strftime(when, sizeof when, "%H:%M:%S", &tm);
    put(view, y, 1, AT_WORDS, chosen ? INK_CHOSEN : INK_QUIET, when);
    put(view, y, AT_WORDS, AT_WORDS + WORD, chosen ? INK_CHOSEN : news_ink(news), pp_event_name(news->kind));
    if (strlen(news->words) > WORD) put(view, y, AT_WORDS + WORD, COLS, chosen ? INK_CHOSEN : INK_PLAIN, news->words + WORD);
}

static void draw_news_title(const struct view *view, int y) { (void)view, (void)y; }

/* --- the lists, and the pane -----------------------------------------------------------------------------------------------------------
 */

static const struct {
    const char *name, *empty;
    void (*draw_title)(const struct view *view, int y); /* of the columns */
    void (*draw_line)(const struct view *view, int y, uint64_t item, bool chosen);
} looks[FOCUS_COUNT] = {
    [FOCUS_ROWS] = {"ROWS", "no row", draw_rows_title, draw_row}, [FOCUS_NEWS] = {"NEWS", "nothing new", draw_news_title, draw_news}};

static void draw_bar(const struct view *view, int y, enum focus focus)
{
    const struct list *list = &view->lists[focus];
    char place[64];
    unsigned last = list->top + list->height < list->count ? list->top + list->height : list->count;
    paint_line(view, y, INK_BAR);
    snprintf(place, sizeof place, list->count ? " %u-%u of %u" : " none", list->top + 1, last, list->count);
    int x = put(view, y, 0, COLS, INK_BAR, view->focus == focus ? ">" : " ");
    x = put(view, y, x, COLS, INK_BAR, looks[focus].name);
    x = put(view, y, x, COLS, INK_BAR, place);
    if (focus == FOCUS_ROWS && view->as_listed) x = put(view, y, x, COLS, INK_BAR, ", as listed");
    if (*view->filter) {
        x = put(view, y, x, COLS, INK_BAR, ", with \"");
        x = put(view, y, x, COLS, INK_BAR, view->filter);
        put(view, y, x, COLS, INK_BAR, "\"");
        if (COLS < ROLES_FROM) return; /* no room for more */
    }
    looks[focus].draw_title(view, y);
}

/* A bar and the lines below it. */
static void draw_list(struct view *view, enum focus focus, int y, int height)
{
    struct list *list = &view->lists[focus];
    list->height = height > 1 ? (unsigned)height - 1 : 0;
    if (list->selected < list->top) list->top = list->selected;
    if (list->height && list->selected >= list->top + list->height) list->top = list->selected - list->height + 1;
    if (list->top + list->height > list->count) list->top = list->count > list->height ? list->count - list->height : 0;
    draw_bar(view, y, focus);
    if (!list->count && height > 1)
        put(view, y + 1, AT_STATE, COLS, INK_QUIET, *view->filter ? "no line has these words; Esc shows all" : looks[focus].empty);
    for (unsigned i = 0; i < list->height && list->top + i < list->count; i++) {
        bool chosen = focus == view->focus && list->top + i == list->selected;
        int line = y + 1 + (int)i;
        if (chosen) paint_line(view, line, INK_CHOSEN);
        looks[focus].draw_line(view, line, list->items[list->top + i], chosen);
        if (chosen) put(view, line, 0, 1, INK_CHOSEN, ">");
    }
}

/* The rows have what they need, as far as a third is left to the news. */
static void draw_lists(struct view *view, int y, int height)
{
    int rows = 1 + (int)view->lists[FOCUS_ROWS].count, news = height / 3;
    if (height - rows > news) news = height - rows;
    if (news < NEWS_LEAST) news = NEWS_LEAST;
    if (LINES < LINES_BOTH || height <= NEWS_LEAST) {
        draw_list(view, view->focus, y, height);
        return;
    }
    draw_list(view, FOCUS_ROWS, y, height - news);
    draw_list(view, FOCUS_NEWS, y + height - news, news);
}

/* Where what follows a line's first words goes on: below what stands in its second column, when it has one. */
static int indent_of(const char *line, size_t length)
{
    enum { FROM_MAX = 20 };
    size_t lead = strspn(line, " ");
    for (size_t at = lead + 2; at < length && at <= FROM_MAX; at++)
        if (line[at] != ' ' && line[at - 1] == ' ' && line[at - 2] == ' ') return (int)at + 1;
    return (int)(lead < FROM_MAX ? lead : FROM_MAX) + 3;
}

static void draw_pane_line(const struct view *view, int y, int x, const char *words, size_t length)
{
    struct text piece;
    text_init(&piece);
    text_add_bytes(&piece, words, length);
    put(view, y, x, COLS, INK_PLAIN, piece.bytes ? piece.bytes : "");
    text_finish(&piece);
}

/* Lines of the text, broken where they are too long; drawn are those from `top` on. Answers how many there are. */
static unsigned draw_text(const struct view *view, int y, int height)
{
    unsigned count = 0;
    const char *line = view->pane.text.bytes ? view->pane.text.bytes : "";
    while (*line) {
        size_t length = strcspn(line, "\n"), used = 0;
        int indent = COLS > ROLES_MAX ? indent_of(line, length) : 2;
        do {
            int x = used ? indent : 1;
            while (used && line[used] == ' ') used++;
            size_t piece = fitting(view, line + used, length - used, COLS - x - 1 > 1 ? COLS - x - 1 : 1);
            if (count >= view->pane.top && count < view->pane.top + (unsigned)height)
                draw_pane_line(view, y + (int)(count - view->pane.top), x, line + used, piece);
            used += piece;
            count++;
        } while (used < length);
        line += length + (line[length] == '\n');
    }
    return count;
}

unsigned view_width(void)
{
    enum { MARGIN = 2, MOST = 120 }; /* longer lines are hard to read */
    return COLS < COLUMNS_LEAST ? COLUMNS_LEAST : COLS > MOST + MARGIN ? MOST : (unsigned)COLS - MARGIN;
}

static void draw_pane(struct view *view, int y, int height)
{
    static const char *const names[] = {[PANE_NONE] = "",          [PANE_ROW] = " ROW",  [PANE_NEWS] = " NEWS", [PANE_VERDICT] = " VERDICT",
                                        [PANE_PLAN] = " THE PLAN", [PANE_HELP] = " HELP"};
    struct pane *pane = &view->pane;
    char place[64];
    pane->height = height > 1 ? (unsigned)height - 1 : 0;
    pane->line_count = draw_text(view, LINES, 0);
    if (pane->top + pane->height > pane->line_count) pane->top = pane->line_count > pane->height ? pane->line_count - pane->height : 0;
    draw_text(view, y + 1, (int)pane->height);
    unsigned last = pane->top + pane->height < pane->line_count ? pane->top + pane->height : pane->line_count;
    snprintf(place, sizeof place, ": lines %u-%u of %u", pane->top + 1, last, pane->line_count);
    paint_line(view, y, INK_BAR);
    int x = put(view, y, 0, COLS, INK_BAR, names[pane->kind]);
    if (pane->line_count > pane->height) put(view, y, x, COLS, INK_BAR, place);
}

/* --- the last line -----------------------------------------------------------------------------------------------------------------------
 */

/* As many keys as there is room for. */
static void draw_hints(const struct view *view, int y)
{
    static const struct {
        const char *key, *what;
        bool in_pane;
    } hints[] = {{"q", "end", false},      {"Esc", "back", true}, {"?", "help", true}, {"Enter", "explain", false}, {"/", "filter", false},
                 {"Tab", "switch", false}, {"s", "save", true},   {"p", "plan", true}, {"v", "verdict", true},      {"o", "order", false}};
    int x = 1;
    for (size_t i = 0; i < sizeof hints / sizeof *hints; i++) {
        int width = (int)(strlen(hints[i].key) + 1 + strlen(hints[i].what));
        if (view->pane.kind == PANE_NONE ? strcmp(hints[i].key, "Esc") == 0 : !hints[i].in_pane) continue;
        if (x + width > COLS) break;
        put(view, y, x, COLS, INK_STRONG, hints[i].key);
        put(view, y, x + (int)strlen(hints[i].key) + 1, COLS, INK_QUIET, hints[i].what);
        x += width + 2;
    }
}

static void draw_foot(const struct view *view, int y)
{
    if (view->types) {
        int x = put(view, y, 0, COLS, INK_STRONG, "show lines with: ");
        x = put(view, y, x, COLS - 1, INK_PLAIN, view->filter);
        put(view, y, x, COLS, INK_CHOSEN, " ");
    } else if (view->message_count && steady_ns() - view->message_ns < MESSAGE_S * UINT64_C(1000000000))
        put(view, y, 0, COLS, INK_STRONG, view->messages[(view->message_count - 1) % MESSAGES_MAX]);
    else
        draw_hints(view, y);
}

void view_draw(struct view *view)
{
    curs_set(0);
    attrset((int)A_NORMAL);
    erase();
    if (COLS < COLUMNS_LEAST || LINES < LINES_LEAST)
        put(view, 0, 0, COLS, INK_PLAIN, "too small");
    else {
        int y = draw_head(view), height = LINES - 1 - y;
        if (view->pane.kind == PANE_NONE)
            draw_lists(view, y, height);
        else
            draw_pane(view, y, height);
        draw_foot(view, LINES - 1);
    }
    refresh();
}
