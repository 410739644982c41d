/* Keys of the view: one table, from which the help is written too. */
#define _GNU_SOURCE
#define NCURSES_NOMACROS
#define NCURSES_WIDECHAR 1
#include <curses.h>
#include <limits.h>
#include <string.h>
#include <wchar.h>
#include <wctype.h>

#include "view.h"

enum { ESCAPE = 27, CONTROL_L = 12, DELETE = 127, KEYS_AT_ONCE = 64, MOST = INT_MAX / 2 };

/* --- moving ------------------------------------------------------------------------------------------------------------------------- */

static unsigned moved(unsigned from, int by, unsigned count)
{
    int64_t to = (int64_t)from + by;
    return to < 0 || !count ? 0 : to >= count ? count - 1 : (unsigned)to;
}

static void move_by(struct view *view, int by)
{
    struct list *list = &view->lists[view->focus];
    if (view->pane.kind == PANE_NONE)
        list->selected = moved(list->selected, by, list->count);
    else
        view->pane.top = moved(view->pane.top, by, view->pane.line_count); /* whoever draws does not go past its last page */
}

static int page_of(const struct view *view)
{
    unsigned height = view->pane.kind == PANE_NONE ? view->lists[view->focus].height : view->pane.height;
    return height > 1 ? (int)height - 1 : 1;
}

static void go_up(struct view *view) { move_by(view, -1); }
static void go_down(struct view *view) { move_by(view, 1); }
static void go_page_up(struct view *view) { move_by(view, -page_of(view)); }
static void go_page_down(struct view *view) { move_by(view, page_of(view)); }
static void go_first(struct view *view) { move_by(view, -MOST); }
static void go_last(struct view *view) { move_by(view, MOST); }

/* --- what else there is -----------------------------------------------------------------------------------------------------------------
 */

static void open_pane(struct view *view, enum pane_kind kind, uint64_t item)
{
    bool again = view->pane.kind == kind && view->pane.item == item; /* the key that opened it closes it */
    view->pane.kind = again ? PANE_NONE : kind;
    view->pane.item = item;
    view->pane.top = 0;
    view_fill_pane(view);
}

static void explain(struct view *view)
{
    const struct list *list = &view->lists[view->focus];
    if (view->pane.kind != PANE_NONE)
        view->pane.kind = PANE_NONE;
    else if (list->count)
        open_pane(view, view->focus == FOCUS_ROWS ? PANE_ROW : PANE_NEWS, list->items[list->selected]);
}

static void switch_list(struct view *view)
{
    view->pane.kind = PANE_NONE;
    view->focus = (view->focus + 1) % FOCUS_COUNT;
}

static void type_filter(struct view *view)
{
    view->pane.kind = PANE_NONE;
    view->types = true;
}

/* One thing at a time: the pane, then the filter. */
static void step_back(struct view *view)
{
    bool shows_pane = view->pane.kind != PANE_NONE;
    view->pane.kind = PANE_NONE;
    if (shows_pane || !*view->filter) return;
    *view->filter = '\0';
    view_list(view);
}

static void change_order(struct view *view)
{
    view->as_listed = !view->as_listed;
    view_list(view);
}

static void show_verdict(struct view *view) { open_pane(view, PANE_VERDICT, 0); }
static void show_plan(struct view *view) { open_pane(view, PANE_PLAN, 0); }
static void show_help(struct view *view) { open_pane(view, PANE_HELP, 0); }
static void save(struct view *view) { view->saves = true; }
static void draw_anew(struct view *view) { (void)view, clearok(curscr, TRUE); }

static void quit(struct view *view)
{
    if (view->pane.kind == PANE_NONE)
        view->quits = true;
    else
        view->pane.kind = PANE_NONE;
}

/* --- the table -------------------------------------------------------------------------------------------------------------------------
 */

static const struct binding {
    int code; /* one of ncurses's, or 0 */
    wchar_t characters[4];
    const char *name, *help; /* NULL: as the line above */
    void (*act)(struct view *view);
} bindings[] = {
    {KEY_UP, L"k", "Up, Down, k, j", "the line before, the line after", go_up},
    {KEY_DOWN, L"j", NULL, NULL, go_down},
    {KEY_PPAGE, L"", "PgUp, PgDn", "the page before, the page after", go_page_up},
    {KEY_NPAGE, L" ", NULL, NULL, go_page_down},
    {KEY_HOME, L"g", "Home, End, g, G", "the first line, the last line", go_first},
    {KEY_END, L"G", NULL, NULL, go_last},
    {0, L"\t", "Tab", "from the rows to the news, and back", switch_list},
    {KEY_ENTER, L"\r\n", "Enter", "explain the line: what the row is for, what the finding means, and what to do", explain},
    {0, L"/", "/", "show only lines with these words: ids, states, names of hosts, roles, ports", type_filter},
    {0, L"\x1b", "Esc", "back from here; or all lines again", step_back},
    {0, L"o", "o", "rows by importance, or in the order of the list", change_order},
    {0, L"v", "v", "the verdict with its reasons, and what these captures cannot tell", show_verdict},
    {0, L"p", "p", "the plan: what is left to be exercised, and how", show_plan},
    {0, L"s", "s", "save the report as it is now", save},
    {0, L"\f", "Ctrl-L", "draw the screen anew", draw_anew},
    {0, L"?h", "?", "this help", show_help},
    {0, L"q", "q, Ctrl-C", "end listening; the report follows", quit},
};

void view_add_help(struct text *text)
{
    text_add(text, "Keys\n\n");
    for (size_t i = 0; i < sizeof bindings / sizeof *bindings; i++)
        if (bindings[i].name) text_printf(text, "  %-16s%s\n", bindings[i].name, bindings[i].help);
    text_add(text, "\nRows\n\n"
                   "  The state of a row is what it is now: what was seen of late counts, so that a row that worked and has stopped\n"
                   "  working shows. The verdict is of all that was ever seen.\n\n");
    for (enum pp_state state = 0; state < PP_STATE_COUNT; state++) {
        static const char *const meanings[PP_STATE_COUNT] = {[PP_STATE_EXPECTED] = "seen to work",
                                                             [PP_STATE_BLOCKED] = "tried; refused, rejected or not answered",
                                                             [PP_STATE_MISSING] = "due, both sides are seen, and nobody tried",
                                                             [PP_STATE_NOT_OBSERVABLE] = "due, and cannot be seen from here",
                                                             [PP_STATE_OPTIONAL] = "not due, nothing seen",
                                                             [PP_STATE_NOT_APPLICABLE] = "its feature is off, or nobody has the roles"};
        text_printf(text, "  %-16s%s\n", pp_state_name(state), meanings[state]);
    }
}

static bool is_for(const struct binding *b, bool is_code, wint_t key)
{
    return is_code ? b->code && (wint_t)b->code == key : key && wcschr(b->characters, (wchar_t)key);
}

static void do_key(struct view *view, bool is_code, wint_t key)
{
    size_t i = 0;
    while (i < sizeof bindings / sizeof *bindings && !is_for(&bindings[i], is_code, key)) i++;
    if (i < sizeof bindings / sizeof *bindings) bindings[i].act(view);
}

/* --- typing a filter -------------------------------------------------------------------------------------------------------------------
 */

static void add_character(char *filter, wchar_t character)
{
    char bytes[MB_LEN_MAX];
    mbstate_t state = {0};
    size_t length = wcrtomb(bytes, character, &state), used = strlen(filter);
    if (length == (size_t)-1 || used + length >= FILTER_MAX) return;
    memcpy(filter + used, bytes, length);
    filter[used + length] = '\0';
}

static void remove_character(char *filter)
{
    size_t length = strlen(filter);
    while (length && ((unsigned char)filter[--length] & 0xc0) == 0x80) continue;
    filter[length] = '\0';
}

static void edit_filter(struct view *view, bool is_code, wint_t key)
{
    if (is_code && key != KEY_BACKSPACE && key != KEY_ENTER) {
        view->types = false; /* a key that moves */
        do_key(view, is_code, key);
    } else if (is_code ? key == KEY_ENTER : key == L'\r' || key == L'\n')
        view->types = false;
    else if (is_code || key == DELETE || key == L'\b')
        remove_character(view->filter);
    else if (key == ESCAPE)
        view->types = false, *view->filter = '\0';
    else if (iswprint(key))
        add_character(view->filter, (wchar_t)key);
    view_list(view);
}

bool view_keys(struct view *view)
{
    unsigned count = 0;
    wint_t key;
    for (int got; count < KEYS_AT_ONCE && (got = wget_wch(view->keys, &key)) != ERR; count++) {
        bool is_code = got == KEY_CODE_YES;
        if (is_code && key == KEY_RESIZE)
            continue; /* ncurses knows the size already */
        else if (view->types)
            edit_filter(view, is_code, key);
        else
            do_key(view, is_code, key);
    }
    return count > 0;
}
