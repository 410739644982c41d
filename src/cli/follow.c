#define _POSIX_C_SOURCE 200809L
#include "follow.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

struct follow {
    struct pp_watch *watch;
    const char *format;
    FILE *to;
    uint64_t every_ns, next_ns;
    uint64_t untold; /* as of the last time it was said */
    bool tells, until_complete;
    unsigned left, missing; /* rows to be exercised, and which of them somebody could, when that was last said */
    struct pp_report_options options;
};

bool follow_begin(struct follow **out, const struct arguments *a)
{
    const char *format = a->events ? a->events : "text";
    *out = NULL;
    bool tells = !a->quiet && strcmp(format, "none") != 0;
    if (!tells && !a->until_complete) return true;
    struct follow *follow = calloc(1, sizeof *follow);
    struct pp_watch *watch = follow ? pp_watch_create() : NULL;
    if (!watch) return free(follow), complain("live: out of memory"), false;
    *follow = (struct follow){.watch = watch,
                              .format = format,
                              .tells = tells,
                              .until_complete = a->until_complete,
                              .left = UINT32_MAX,
                              .to = a->output ? stdout : stderr,
                              .every_ns = a->refresh_ns ? a->refresh_ns : REFRESH_DEFAULT_S * UINT64_C(1000000000)};
    terminal_options(a, &follow->options);
    *out = follow;
    return true;
}

void follow_end(struct follow *follow)
{
    if (!follow) return;
    pp_watch_destroy(follow->watch);
    free(follow);
}

static bool write_line(void *context, const char *bytes, size_t size)
{
    FILE *to = context;
    return fwrite(bytes, 1, size, to) == size && fflush(to) == 0;
}

static pp_time_ns time_of_day(void)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (pp_time_ns)now.tv_sec * 1000000000u + (pp_time_ns)now.tv_nsec;
}

static void tell_untold(struct follow *follow)
{
    uint64_t untold = pp_watch_untold(follow->watch);
    if (untold == follow->untold) return;
    complain("live: %llu further findings are in the report only: more than %d were told", (unsigned long long)untold,
             PP_WATCH_FINDINGS_MAX);
    follow->untold = untold;
}

static bool tell(struct follow *follow, struct session *s, const struct pp_report *report)
{
    const struct pp_event *events;
    size_t count;
    struct pp_sink sink = {write_line, follow->to};
    if (!pp_watch_update(follow->watch, report, pp_audit_judge_window(s->audit), &events, &count))
        return complain("live: out of memory while judging"), false;
    if (!follow->tells) return true;
    if (!pp_events_write(report, events, count, time_of_day(), follow->format, &follow->options, &sink))
        return complain("live: cannot tell what is new: %s", strerror(errno)), false;
    tell_untold(follow);
    return true;
}

/* What is left to be exercised, when it has changed; on standard error, since it is for whoever does it. false: nothing is. */
static bool is_incomplete(struct follow *follow, const struct pp_report *report)
{
    unsigned left = pp_plan_left(report), missing = report->summary.rows[PP_STATE_MISSING];
    struct pp_sink sink = {write_line, stderr};
    bool changed = left != follow->left || missing != follow->missing;
    if (changed && follow->tells) (void)pp_plan_write(report, &follow->options, &sink);
    follow->left = left;
    follow->missing = missing;
    return left > 0;
}

bool follow_now(struct follow *follow, struct session *s, uint64_t steady_ns)
{
    if (!follow || steady_ns < follow->next_ns) return true;
    bool first = !follow->next_ns;
    follow->next_ns = steady_ns + follow->every_ns;
    if (first) return true; /* nothing was seen yet */
    const struct pp_report *report = pp_audit_judge(s->audit);
    if (!report) return complain("live: out of memory while judging"), false;
    return tell(follow, s, report) && (!follow->until_complete || is_incomplete(follow, report));
}
