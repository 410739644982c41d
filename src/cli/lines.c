/* What is new, a line each, and what is left to be exercised: on streams, for people or for programs; and for a command. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "hook.h"
#include "monitor.h"

static bool write_line(void *context, const char *bytes, size_t size)
{
    FILE *to = context;
    return fwrite(bytes, 1, size, to) == size && fflush(to) == 0;
}

/* --- what is new --------------------------------------------------------------------------------------------------------- */

struct lines {
    const char *format;
    FILE *to;
    uint64_t untold; /* as of the last time it was said */
    struct pp_report_options options;
};

static void tell_untold(struct lines *lines, const struct pp_watch *watch)
{
    uint64_t untold = pp_watch_untold(watch);
    if (untold == lines->untold) return;
    complain("live: %llu further findings are in the report only: more than %d were told", (unsigned long long)untold,
             PP_WATCH_FINDINGS_MAX);
    lines->untold = untold;
}

static bool lines_show(void *self, const struct judgement *j)
{
    struct lines *lines = self;
    struct pp_sink sink = {write_line, lines->to};
    if (!pp_events_write(j->report, j->events, j->event_count, j->at, lines->format, &lines->options, &sink))
        return complain("live: cannot tell what is new: %s", strerror(errno)), false;
    tell_untold(lines, j->watch);
    return true;
}

/* Lines go to standard output when the report goes to a file, else to standard error. */
bool lines_begin(struct outlet *outlet, const struct arguments *a)
{
    const char *format = a->events ? a->events : "text";
    if (a->view || a->quiet || strcmp(format, "none") == 0) return true;
    struct lines *lines = calloc(1, sizeof *lines);
    if (!lines) return complain("live: out of memory"), false;
    lines->format = format;
    lines->to = a->output ? stdout : stderr;
    terminal_options(a, &lines->options);
    *outlet = (struct outlet){.self = lines, .show = lines_show, .end = free};
    return true;
}

/* --- what is left to be exercised ------------------------------------------------------------------------------------------ */

struct plan {
    bool tells;
    unsigned left, missing; /* rows to be exercised, and which of them somebody could, when that was last said */
    struct pp_report_options options;
};

/* When it has changed; on standard error, since it is for whoever does it. */
static bool plan_show(void *self, const struct judgement *j)
{
    struct plan *plan = self;
    unsigned left = pp_plan_left(j->report), missing = j->report->summary.rows[PP_STATE_MISSING];
    struct pp_sink sink = {write_line, stderr};
    bool changed = left != plan->left || missing != plan->missing;
    if (changed && plan->tells) (void)pp_plan_write(j->report, &plan->options, &sink);
    plan->left = left;
    plan->missing = missing;
    return left > 0;
}

bool plan_begin(struct outlet *outlet, const struct arguments *a)
{
    if (!a->until_complete) return true;
    struct plan *plan = calloc(1, sizeof *plan);
    if (!plan) return complain("live: out of memory"), false;
    plan->left = UINT32_MAX;
    plan->tells = !a->view && !a->quiet && (!a->events || strcmp(a->events, "none") != 0);
    terminal_options(a, &plan->options);
    *outlet = (struct outlet){.self = plan, .show = plan_show, .end = free};
    return true;
}

/* --- a command for every new finding ---------------------------------------------------------------------------------------- */

struct commands {
    struct hook *hook;
    struct pp_report_options options;
};

static bool hand_over(void *hook, const char *bytes, size_t size) { return hook_send(hook, bytes, size), true; }

static bool commands_show(void *self, const struct judgement *j)
{
    struct commands *these = self;
    struct pp_sink sink = {hand_over, these->hook};
    for (size_t i = 0; i < j->event_count; i++)
        if (j->events[i].kind == PP_EVENT_FINDING) /* out of memory: left out */
            (void)pp_events_write(j->report, &j->events[i], 1, j->at, "jsonl", &these->options, &sink);
    return true;
}

static void commands_end(void *self)
{
    struct commands *these = self;
    hook_end(these->hook);
    free(these);
}

bool commands_begin(struct outlet *outlet, const struct arguments *a)
{
    if (!a->hook) return true;
    struct commands *these = calloc(1, sizeof *these);
    if (!these) return complain("live: out of memory"), false;
    terminal_options(a, &these->options);
    these->hook = hook_begin(a->hook, a->view);
    *outlet = (struct outlet){.self = these, .show = commands_show, .end = commands_end};
    return these->hook || (commands_end(these), *outlet = (struct outlet){0}, false);
}
