#define _POSIX_C_SOURCE 200809L
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "cli.h"
#include "clock.h"
#include "monitor.h"
#include "privileges.h"
#include "text.h"

static volatile sig_atomic_t stopped;

static void stop(int signal_number)
{
    (void)signal_number;
    stopped = 1;
}

/* Until Ctrl-C, SIGTERM or --duration; the first one ends the capture, and the report follows. */
static void pump(struct session *s, const struct arguments *a, struct monitor *monitor)
{
    struct sigaction action = {.sa_handler = stop};
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    uint64_t end = a->duration_ns ? steady_ns() + a->duration_ns : UINT64_MAX;
    while (!stopped && steady_ns() < end && pp_audit_pump(s->audit) && monitor_turn(monitor, s)) continue;
}

/* Captures of one interface, as many as there are threads to read it, share its packets. */
static bool open_interface(struct session *s, const struct arguments *a, uint32_t number)
{
    unsigned threads = a->threads < PP_THREADS_MAX ? a->threads : PP_THREADS_MAX;
    struct pp_live_options live = {.snap_length = a->snap_length, .promiscuous = !a->not_promiscuous, .ring_bytes = a->ring_bytes};
    struct pp_capture_options options = {.filter = a->filter, .index = (uint16_t)number};
    if (threads > 1) live.fanout = (uint16_t)(((unsigned)getpid() * PP_LIVE_MAX + number) % UINT16_MAX + 1);
    for (unsigned i = 0; i == 0 || i < threads; i++) {
        struct pp_capture *capture = pp_capture_open_live(a->interfaces[number], &live, &options);
        bool attached = capture && (i ? pp_audit_attach_beside(s->audit, capture) : pp_audit_attach(s->audit, capture));
        if (!attached) return complain("live: out of memory"), false;
    }
    return true;
}

/* All of them, or none: a name that is wrong should be known before an hour has passed. */
static bool open_interfaces(struct session *s, const struct arguments *a)
{
    for (uint32_t i = 0; i < a->interface_count; i++)
        if (!open_interface(s, a, i)) return false;
    complain_captures(s);
    return !s->failed;
}

static void announce(const struct arguments *a)
{
    struct text names;
    text_init(&names);
    for (uint32_t i = 0; i < a->interface_count; i++) text_printf(&names, i ? ", %s" : "%s", show(a->interfaces[i]));
    complain("live on %s; Ctrl-C ends it and prints the report", names.bytes ? names.bytes : "");
    text_finish(&names);
}

/* The devices are open and nothing was read yet. Whether the report can be written is tried out here: root without its privileges
 * may not write everywhere, which should be known before an hour has passed. */
static bool lock_up(const struct arguments *a)
{
    char missing[PRIVILEGES_TEXT_MAX];
    char folder[PATH_MAX];
    const char *writable[1];
    struct access access = {.writable = writable};
    if (has_output_file(a))
        writable[access.writable_count++] = folder_of(a->output, folder);
    else if (a->view)
        writable[access.writable_count++] = "."; /* where its key saves a report */
    if (!drop_privileges(&access, missing)) {
        complain(a->require_sandbox ? "live: cannot confine itself: %s" : "live: warning: goes on without %s; see --require-sandbox",
                 missing);
        if (a->require_sandbox) return false;
    }
    struct output *out = a->output ? output_open(a->output) : NULL;
    if (out) output_close(out, false);
    return out || !a->output;
}

/* The report, when there is anything to report on. */
static int listen_and_report(struct session *s, struct arguments *a)
{
    struct monitor *monitor = monitor_begin(a);
    if (!monitor) return EXIT_INPUT;
    if (!open_interfaces(s, a) || !lock_up(a) || !monitor_start(monitor)) return monitor_end(monitor), EXIT_INPUT;
    if (!a->quiet && !a->view) announce(a);
    pump(s, a, monitor);
    monitor_end(monitor);
    bool whole = pp_audit_detach(s->audit);
    if (!whole) complain("out of memory: the flows do not fit; try a smaller --max-flows");
    complain_captures(s);
    int status = session_report(s, a);
    return whole ? status : EXIT_INPUT;
}

int run_live(struct arguments *a)
{
    struct session s;
    if (!a->interface_count) return complain("live: no interface named; expected -i INTERFACE"), EXIT_INPUT;
    if (a->operand_count) return complain("live: %s: expected no operand; captures are for analyze", show(a->operands[0])), EXIT_INPUT;
    if (a->format && strcmp(a->format, "text") != 0 && strcmp(a->format, "json") != 0)
        return complain("--format %s: expected text or json", show(a->format)), EXIT_INPUT;
    if (a->until_complete && !a->site)
        return complain("live: --until-complete needs --site: without one no row is due until it is seen"), EXIT_INPUT;
    if (!a->window_ns) a->window_ns = WINDOW_DEFAULT_S * UINT64_C(1000000000);
    a->view = view_possible(a);
    if (!session_open(&s, a)) return EXIT_INPUT;
    int status = listen_and_report(&s, a);
    session_close(&s);
    return status;
}
