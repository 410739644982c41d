#define _POSIX_C_SOURCE 200809L
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "cli.h"
#include "clock.h"
#include "files.h"
#include "monitor.h"
#include "state.h"
#include "text.h"

static volatile sig_atomic_t stopped, reload_asked, report_asked;

static void take_signal(int number)
{
    if (number == SIGHUP)
        reload_asked = 1;
    else if (number == SIGUSR1)
        report_asked = 1;
    else
        stopped = 1;
}

/* A signal ends a wait for packets. */
static void take_signals(void)
{
    static const int numbers[] = {SIGINT, SIGTERM, SIGHUP, SIGUSR1};
    struct sigaction action = {.sa_handler = take_signal};
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) sigaction(numbers[i], &action, NULL);
}

/* --- rules and site read anew ------------------------------------------------------------------------------------------- */

/* A file with a mistake leaves all as it was. false: out of memory in the middle of it. */
static bool reload(struct session *s, const struct arguments *a)
{
    struct pp_site *site = NULL;
    struct pp_spec *spec = load_rules(a);
    if (!spec || !load_site(a, spec, &site)) {
        pp_spec_destroy(spec);
        return complain("live: keeps the rules and the site that it has"), true;
    }
    /* Out of memory: it is not known which rules the audit has now, so neither are given back; listening ends. */
    if (!pp_audit_set_rules(s->audit, spec, site) || !state_rules_changed(s))
        return complain("live: out of memory while changing the rules"), false;
    pp_site_destroy(s->site);
    pp_spec_destroy(s->spec);
    s->spec = spec;
    s->site = site;
    complain("live: judges by rules and site as they are now");
    return true;
}

/* What signals asked for. */
static bool do_as_asked(struct session *s, struct arguments *a, struct monitor *monitor)
{
    if (report_asked) {
        report_asked = 0;
        (void)session_report(s, a); /* what cannot be written was said; the next may work */
        monitor_hurry(monitor);     /* what it had shown is gone: this was another judgement */
    }
    if (!reload_asked) return true;
    reload_asked = 0;
    monitor_hurry(monitor);
    return reload(s, a);
}

/* --- listening ---------------------------------------------------------------------------------------------------------- */

/* Until Ctrl-C, SIGTERM or --duration; the first one ends the capture, and the report follows. */
static void pump(struct session *s, struct arguments *a, struct monitor *monitor)
{
    uint64_t end = a->duration_ns ? steady_ns() + a->duration_ns : UINT64_MAX;
    while (!stopped && steady_ns() < end && pp_audit_pump(s->audit, monitor_wait_ms(monitor)) && do_as_asked(s, a, monitor) &&
           monitor_turn(monitor, s))
        continue;
}

/* Captures of one interface, as many as there are threads to read it, share its packets. */
static bool open_interface(struct session *s, const struct arguments *a, uint32_t number)
{
    unsigned threads = a->threads < PP_THREADS_MAX ? a->threads : PP_THREADS_MAX;
    struct pp_live_options live = {.snap_length = a->snap_length, .promiscuous = !a->not_promiscuous, .ring_bytes = a->ring_bytes};
    struct pp_capture_options options = {.filter = a->filter, .index = pp_audit_next_index(s->audit, a->interfaces[number])};
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
    struct privileges_kept kept = {.live = true, .http = a->listen != NULL};
    privileges_grant(&kept, GRANT_WRITE_BESIDE, a->output);
    if (a->view && !has_output_file(a)) privileges_grant(&kept, GRANT_WRITE, "."); /* where its key saves a report */
    privileges_grant(&kept, GRANT_READ_WRITE, a->state);
    if (a->rules && access(a->rules, R_OK) == 0)
        privileges_grant(&kept, GRANT_READ_BESIDE, a->rules); /* read again on SIGHUP, maybe another file */
    privileges_grant(&kept, GRANT_READ_BESIDE, a->site);
    if (!confine(&kept, "live", a)) return false;
    struct output *out = a->output ? output_open(a->output) : NULL;
    if (out) output_close(out, false);
    return out || !a->output;
}

/* The report, when there is anything to report on. */
static int listen_and_report(struct session *s, struct arguments *a)
{
    struct monitor *monitor = monitor_begin(a);
    if (!monitor) return EXIT_INPUT;
    take_signals();
    if (!state_open(s, a) || !open_interfaces(s, a) || !lock_up(a) || !state_start(s) || !monitor_start(monitor) ||
        (s->state && !monitor_prime(monitor, s)))
        return monitor_end(monitor), EXIT_INPUT;
    if (!a->quiet && !a->view) announce(a);
    pump(s, a, monitor);
    monitor_end(monitor);
    bool whole = pp_audit_detach(s->audit);
    if (!whole) complain("live: it ended early: out of memory, or of threads; a smaller --max-flows takes less");
    complain_captures(s);
    int status = session_report(s, a);
    state_close(s);
    pp_report_draw_end();
    return whole ? status : EXIT_INPUT;
}

int run_live(struct arguments *a)
{
    struct session s;
    if (!a->interface_count) return complain("live: no interface named; expected -i INTERFACE"), EXIT_INPUT;
    if (a->operand_count) return complain("live: %s: expected no operand; captures are for analyze", show(a->operands[0])), EXIT_INPUT;
    if (!format_known(a->format)) return EXIT_INPUT;
    if (a->until_complete && !a->site)
        return complain("live: --until-complete needs --site: without one no row is due until it is seen"), EXIT_INPUT;
    if (!a->window_ns) a->window_ns = WINDOW_DEFAULT_S * UINT64_C(1000000000);
    a->view = view_possible(a);
    if (!session_open(&s, a)) return EXIT_INPUT;
    int status = listen_and_report(&s, a);
    state_close(&s);
    session_close(&s);
    return status;
}
