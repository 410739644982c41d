#include "monitor.h"

#include <stdlib.h>

#include "clock.h"
#include "state.h"

/* In this order each is shown a judgement. The hook is the first to begin: its child must have neither the devices nor the sockets nor
 * the confinement. */
static bool (*const beginnings[])(struct outlet *, const struct arguments *) = {commands_begin, listen_begin, lines_begin,
                                                                                plan_begin,     notify_begin, view_begin};
enum { REST = 5 }; /* so many times what a judgement takes passes before the next one at least */
enum { OUTLETS = sizeof beginnings / sizeof *beginnings };

struct monitor {
    struct outlet outlets[OUTLETS];
    unsigned count;
    struct pp_watch *watch;
    uint64_t every_ns, next_ns, judged_ns;
    size_t row_count;
    uint64_t *packets; /* of each row, as of the judgement before */
    double *rates;
};

uint64_t refresh_interval_ns(const struct arguments *a)
{
    return a->refresh_ns ? a->refresh_ns : (a->view ? VIEW_REFRESH_DEFAULT_S : REFRESH_DEFAULT_S) * UINT64_C(1000000000);
}

struct monitor *monitor_begin(const struct arguments *a)
{
    struct monitor *monitor = calloc(1, sizeof *monitor);
    if (monitor) monitor->watch = pp_watch_create();
    if (!monitor || !monitor->watch) return monitor_end(monitor), complain("live: out of memory"), NULL;
    monitor->every_ns = refresh_interval_ns(a);
    for (unsigned i = 0; i < OUTLETS; i++) {
        struct outlet *outlet = &monitor->outlets[monitor->count];
        if (!beginnings[i](outlet, a)) return monitor_end(monitor), NULL;
        monitor->count += outlet->self != NULL;
    }
    return monitor;
}

void monitor_end(struct monitor *monitor)
{
    if (!monitor) return;
    for (; monitor->count > 0; monitor->count--) {
        struct outlet *latest = &monitor->outlets[monitor->count - 1];
        latest->end(latest->self);
    }
    pp_watch_destroy(monitor->watch);
    free(monitor->packets);
    free(monitor->rates);
    free(monitor);
}

bool monitor_start(struct monitor *monitor)
{
    bool ok = true;
    for (unsigned i = 0; ok && i < monitor->count; i++)
        if (monitor->outlets[i].start) ok = monitor->outlets[i].start(monitor->outlets[i].self);
    return ok;
}

/* Packets a second of every row. A row may also lose packets, when who is who was inferred anew. */
static bool take_rates(struct monitor *monitor, const struct pp_report *report, uint64_t now_ns)
{
    size_t rows = report->spec->row_count;
    if (!monitor->packets || monitor->row_count != rows) { /* the first time, or other rules */
        free(monitor->packets);
        free(monitor->rates);
        monitor->packets = calloc(rows + 1, sizeof *monitor->packets);
        monitor->rates = calloc(rows + 1, sizeof *monitor->rates);
        monitor->row_count = rows;
        if (!monitor->packets || !monitor->rates) return false;
    }
    double seconds = (double)(now_ns - monitor->judged_ns) / NS_PER_S;
    for (size_t row = 0; row < rows; row++) {
        uint64_t before = monitor->packets[row], now = report->rows[row].packets;
        monitor->rates[row] = now > before && seconds > 0 ? (double)(now - before) / seconds : 0;
        monitor->packets[row] = now;
    }
    monitor->judged_ns = now_ns;
    return true;
}

static bool judge_and_show(struct monitor *monitor, struct session *s)
{
    struct judgement j = {.watch = monitor->watch, .report = pp_audit_judge(s->audit), .at = time_of_day_ns()};
    bool ok = j.report && take_rates(monitor, j.report, steady_ns());
    if (ok) state_keep(s);
    if (ok) j.window = pp_audit_judge_window(s->audit);
    j.row_rates = monitor->rates;
    if (!ok || !pp_watch_update(monitor->watch, j.report, j.window, &j.events, &j.event_count))
        return complain("live: out of memory while judging"), false;
    for (unsigned i = 0; i < monitor->count; i++)
        if (monitor->outlets[i].show) ok &= monitor->outlets[i].show(monitor->outlets[i].self, &j);
    return ok;
}

bool monitor_prime(struct monitor *monitor, struct session *s)
{
    const struct pp_report *report = pp_audit_judge(s->audit);
    const struct pp_event *events;
    size_t count;
    return (report && take_rates(monitor, report, steady_ns()) && pp_watch_update(monitor->watch, report, NULL, &events, &count)) ||
           (complain("live: out of memory while judging"), false);
}

void monitor_hurry(struct monitor *monitor) { monitor->next_ns = steady_ns(); }

uint32_t monitor_wait_ms(const struct monitor *monitor)
{
    if (!monitor->next_ns) return UINT32_MAX; /* not yet, or nobody is shown anything */
    uint64_t now = steady_ns(), left = monitor->next_ns > now ? monitor->next_ns - now : 0;
    uint64_t ms = (left + NS_PER_MS - 1) / NS_PER_MS;
    return ms < UINT32_MAX ? (uint32_t)ms : UINT32_MAX;
}

/* Before the outlets have their turn, so that what they were shown last is still there: others may have judged, or read the rules anew. */
static bool judge_in_time(struct monitor *monitor, struct session *s)
{
    uint64_t now = steady_ns();
    bool hurry = false;
    for (unsigned i = 0; i < monitor->count; i++) {
        hurry |= monitor->outlets[i].hurries;
        monitor->outlets[i].hurries = false;
    }
    if ((!monitor->count && !s->state) || (now < monitor->next_ns && !hurry)) return true;
    bool first = !monitor->next_ns; /* nothing was seen yet */
    monitor->next_ns = now + monitor->every_ns;
    if (first) return monitor->judged_ns = now, true;
    bool ok = judge_and_show(monitor, s);
    uint64_t rested = now + (steady_ns() - now) * REST; /* with millions of flows, listening goes first */
    if (monitor->next_ns < rested) monitor->next_ns = rested;
    return ok;
}

bool monitor_turn(struct monitor *monitor, struct session *s)
{
    bool ok = judge_in_time(monitor, s);
    for (unsigned i = 0; ok && i < monitor->count; i++)
        if (monitor->outlets[i].turn) ok = monitor->outlets[i].turn(monitor->outlets[i].self);
    return ok;
}
