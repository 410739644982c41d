/* The full-screen view of `live`: what its files share. view.c lives and dies with the terminal, view_lists.c knows what there is to
 * choose from, view_keys.c does what keys ask for, view_draw.c draws all of it anew, whenever something changed. */
#ifndef CLI_VIEW_H
#define CLI_VIEW_H

#include "monitor.h"
#include "text.h"

enum {
    NEWS_MAX = 1000, /* older news are in the report only */
    FILTER_MAX = 64, /* bytes, with the final NUL */
    MESSAGES_MAX = 32,
    MESSAGE_MAX = 512,
};
_Static_assert((int)PP_ROWS_MAX <= (int)NEWS_MAX, "a list has room for all rows");

/* Lines to choose from. Each is known by a number, which stays the same while lines come, go and change places. */
struct list {
    uint64_t items[NEWS_MAX];
    unsigned count, selected;
    unsigned top, height; /* the first line on the screen, and how many there are: whoever draws says */
};
enum focus { FOCUS_ROWS, FOCUS_NEWS, FOCUS_COUNT };

/* An event as it was told; what it points to is gone with the next judgement. */
struct news {
    pp_time_ns at;
    enum pp_event_kind kind;
    enum pp_compliance verdict;
    enum pp_state state;
    uint16_t row;
    uint64_t identity; /* of a finding; see pp_watch_find */
    bool harmful;      /* a finding that got through, or that is blocked */
    char *words;
};

/* What stands in place of the lists. */
enum pane_kind { PANE_NONE, PANE_ROW, PANE_NEWS, PANE_VERDICT, PANE_PLAN, PANE_HELP };
struct pane {
    enum pane_kind kind;
    uint64_t item; /* the row, or the number of the news */
    struct text text;
    unsigned top, height, line_count;
};

struct view {
    const struct arguments *arguments;
    struct outlet *outlet;
    void *screen, *keys; /* ncurses's SCREEN, and the WINDOW that is asked for keys */
    bool colors, utf8;
    bool gone, quits, saves;
    struct pp_report_options options; /* of texts on the screen */
    uint64_t begun_ns, looked_ns, drawn_ns;
    uint64_t draws_ns; /* nothing is drawn before */

    struct judgement now; /* without a report until there is one */
    uint64_t judged_ns;   /* steady clock, as the following */
    uint64_t changed_ns[PP_ROWS_MAX];
    struct {
        double seconds;
        uint64_t received, dropped;
    } late;                  /* between the last two judgements */
    struct pp_totals totals; /* as of the last one */

    struct news news[NEWS_MAX]; /* number n stands at n modulo NEWS_MAX */
    uint64_t news_count;        /* so many there were */
    struct list lists[FOCUS_COUNT];
    enum focus focus;
    bool as_listed; /* rows in the order of the rules, not of importance */
    char filter[FILTER_MAX];
    bool types; /* the filter */
    struct pane pane;

    char messages[MESSAGES_MAX][MESSAGE_MAX]; /* number n stands at n modulo MESSAGES_MAX */
    uint64_t message_count, message_ns;
};

/* view_lists.c */

/** Take over what a judgement has; the lists and the pane follow. */
void view_learn(struct view *view, const struct judgement *judgement);
void view_forget(struct view *view);
/** The lists anew, after the filter or the order changed; what was chosen stays chosen. */
void view_list(struct view *view);
/** The pane's text anew. */
void view_fill_pane(struct view *view);
const struct news *view_news(const struct view *view, uint64_t number);

/* view_keys.c */

/** Do what the keys ask for that were pressed; never waits. Whether there were any. */
bool view_keys(struct view *view);
/** Words for every key. */
void view_add_help(struct text *text);

/* view_draw.c */

void view_draw(struct view *view);
/** Columns that a pane's paragraphs may have. */
unsigned view_width(void);

#endif
