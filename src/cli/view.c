/* The full-screen view of `live`. It is an outlet like the others: `show` takes what a judgement says, `turn` looks for keys and draws.
 * Neither waits: keys are read when there are some, nothing is drawn while the terminal takes nothing, and what it has not taken in a
 * tenth of a second is thrown away, since packets do not wait either.
 *
 * While the view is up the screen is its own. What is complained of appears in its last line, and on standard error when the terminal
 * is given back. The terminal's description is read before privileges are dropped, and nothing is opened afterwards. A terminal
 * that goes away is noticed by asking for its state, not by a signal, whose meaning is not the view's to say. */
#define _GNU_SOURCE
#define NCURSES_NOMACROS
#include "view.h"

#include <curses.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <term.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#include "clock.h"

enum {
    LOOK_NS = 30 * 1000 * 1000, /* keys are looked for so often, however many batches of packets there are */
    ESCAPE_MS = 25,             /* bytes of one key come closer together */
};
static const uint64_t HANGS_NS = UINT64_C(5000000000); /* then a terminal that took nothing is tried again */

/* --- messages --------------------------------------------------------------------------------------------------------------- */

static void keep_message(void *context, const char *line)
{
    struct view *view = context;
    snprintf(view->messages[view->message_count++ % MESSAGES_MAX], MESSAGE_MAX, "%s", line);
    view->message_ns = steady_ns();
    if (!isatty(STDERR_FILENO)) fprintf(stderr, "portproof: %s\n", line);
}

/* Those that went to a file are there already. */
static void tell_messages(const struct view *view)
{
    uint64_t first = view->message_count > MESSAGES_MAX ? view->message_count - MESSAGES_MAX : 0;
    complain_to(NULL, NULL);
    if (!isatty(STDERR_FILENO)) return;
    if (first) complain("%llu earlier messages are not shown", (unsigned long long)first);
    for (uint64_t i = first; i < view->message_count; i++) complain("%s", view->messages[i % MESSAGES_MAX]);
}

/* --- the terminal ------------------------------------------------------------------------------------------------------------ */

static bool can(const char *capability)
{
    const char *string = tigetstr(capability);
    return string && string != (const char *)-1;
}

bool view_possible(const struct arguments *a)
{
    int problem;
    if (a->no_view || a->quiet || a->events || !isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO)) return false;
    if (tcgetpgrp(STDIN_FILENO) != getpgrp()) return false; /* in the background it would be stopped at once */
    if (setupterm(NULL, STDOUT_FILENO, &problem) != OK) return false;
    bool usable = can("cup") && can("clear");
    del_curterm(cur_term);
    return usable;
}

/* Ctrl-S would stop not only what is written, but with it who listens. */
static void keep_flowing(void)
{
    struct termios modes;
    if (tcgetattr(STDIN_FILENO, &modes) != 0) return;
    modes.c_iflag &= ~(tcflag_t)IXON;
    tcsetattr(STDIN_FILENO, TCSANOW, &modes);
    def_prog_mode();
}

/* ncurses writes until all is written, and the system knows of no way to ask for how much there is room. So an alarm makes room. */
static volatile sig_atomic_t overdue;

static void throw_away(int number)
{
    int kept = errno;
    (void)number;
    overdue = 1;
    tcflush(STDOUT_FILENO, TCOFLUSH);
    errno = kept;
}

static void allow_time(long us)
{
    const struct itimerval timer = {.it_value.tv_usec = us, .it_interval.tv_usec = us};
    setitimer(ITIMER_REAL, &timer, NULL);
}

/* Answers whether all of it was taken. */
static bool write_screen(struct view *view, void (*write)(struct view *view))
{
    enum { TAKES_US = 100 * 1000 };
    overdue = 0;
    allow_time(TAKES_US);
    write(view);
    allow_time(0);
    if (overdue) clearok(curscr, TRUE);
    return !overdue;
}

static bool open_screen(struct view *view)
{
    sigaction(SIGALRM, &(struct sigaction){.sa_handler = throw_away}, NULL);
    view->screen = newterm(NULL, stdout, stdin);
    if (!view->screen) return complain("live: the terminal cannot show the view; see --no-view"), false;
    cbreak();
    noecho();
    nonl();
    WINDOW *keys = view->keys = newpad(1, 1); /* asking a window for keys may write; a pad never does */
    if (!keys) return complain("live: out of memory"), false;
    intrflush(keys, FALSE);
    keypad(keys, TRUE);
    nodelay(keys, TRUE);
    set_escdelay(ESCAPE_MS);
    keep_flowing();
    bool wanted = strcmp(view->arguments->color, "always") == 0 || (strcmp(view->arguments->color, "auto") == 0 && !getenv("NO_COLOR"));
    view->colors = wanted && has_colors() && start_color() == OK;
    return true;
}

static bool is_gone(void)
{
    struct pollfd ends[] = {{.fd = STDIN_FILENO}, {.fd = STDOUT_FILENO}};
    return poll(ends, 2, 0) > 0 && ((ends[0].revents | ends[1].revents) & (POLLHUP | POLLERR | POLLNVAL));
}

static bool takes_output(void)
{
    struct pollfd end = {.fd = STDOUT_FILENO, .events = POLLOUT};
    return poll(&end, 1, 0) == 1 && (end.revents & POLLOUT);
}

/* --- the outlet ------------------------------------------------------------------------------------------------------------------ */

/* Where nothing is written to, nobody would ever learn what was heard from here on. */
static bool without_terminal(const struct view *view) { return has_output_file(view->arguments) || view->arguments->state; }

static bool lose_terminal(struct view *view)
{
    view->gone = true;
    complain_to(NULL, NULL);
    complain(without_terminal(view) ? "live: the terminal went away; goes on without it" : "live: the terminal went away");
    return without_terminal(view);
}

static bool view_turn(void *self)
{
    struct view *view = self;
    uint64_t now = steady_ns();
    if (view->gone) return without_terminal(view);
    if (now - view->looked_ns < LOOK_NS) return true;
    view->looked_ns = now;
    if (is_gone()) return lose_terminal(view);
    bool changed = view_keys(view);
    view->outlet->hurries = view->saves;
    if (now >= view->draws_ns && (changed || now - view->drawn_ns >= NS_PER_S) && takes_output()) {
        view->drawn_ns = now;
        if (!write_screen(view, view_draw)) view->draws_ns = now + HANGS_NS;
    }
    return !view->quits;
}

/* To the file of -o, or to one in the current folder that says when. */
static void save_report(struct view *view)
{
    struct arguments a = *view->arguments;
    char name[64], when[32];
    time_t seconds = (time_t)(view->now.at / NS_PER_S);
    struct tm tm;
    view->saves = false;
    if (!a.format) a.format = "text";
    if (!has_output_file(&a)) {
        if (!(a.utc ? gmtime_r(&seconds, &tm) : localtime_r(&seconds, &tm))) return;
        strftime(when, sizeof when, "%Y%m%d-%H%M%S", &tm);
        snprintf(name, sizeof name, "portproof-%s.%s", when, strcmp(a.format, "json") == 0 ? "json" : "txt");
        a.output = name;
    }
    if (write_report(view->now.report, 0, &a)) complain("the report so far is in %s", show(a.output));
}

static bool view_show(void *self, const struct judgement *judgement)
{
    struct view *view = self;
    if (view->gone) return true;
    view_learn(view, judgement);
    if (view->saves) save_report(view);
    view->drawn_ns = 0; /* at the next turn */
    return true;
}

static void leave_screen(struct view *view)
{
    if (view->screen) endwin();
    if (!view->gone) tell_messages(view);
}

static void view_end(void *self)
{
    struct view *view = self;
    write_screen(view, leave_screen);
    if (view->screen) delscreen(view->screen);
    view_forget(view);
    free(view);
}

bool view_begin(struct outlet *outlet, const struct arguments *a)
{
    if (!a->view) return true;
    struct view *view = calloc(1, sizeof *view);
    if (!view) return complain("live: out of memory"), false;
    view->arguments = a;
    view->outlet = outlet;
    view->begun_ns = steady_ns();
    terminal_options(a, &view->options);
    view->options.color = false;
    view->utf8 = view->options.utf8;
    complain_to(keep_message, view);
    *outlet = (struct outlet){.self = view, .turn = view_turn, .show = view_show, .end = view_end};
    return open_screen(view) || (view_end(view), *outlet = (struct outlet){0}, false);
}
