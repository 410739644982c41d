#define _POSIX_C_SOURCE 200809L
#include <signal.h>
#include <string.h>
#include <time.h>

#include "cli.h"

static volatile sig_atomic_t stopped;

static void stop(int signal_number)
{
    (void)signal_number;
    stopped = 1;
}

static uint64_t now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

/* Until Ctrl-C, SIGTERM or --duration; the first one ends the capture, and the report follows. */
static void pump(struct session *s, const struct arguments *a)
{
    struct sigaction action = {.sa_handler = stop};
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    uint64_t end = a->duration_ns ? now_ns() + a->duration_ns : UINT64_MAX;
    while (!stopped && now_ns() < end && pp_audit_pump(s->audit)) continue;
}

int run_live(struct arguments *a)
{
    struct session s;
    if (!a->interface) return complain("live: no interface named; expected -i INTERFACE"), EXIT_INPUT;
    if (a->operand_count) return complain("live: %s: expected no operand; captures are for analyze", show(a->operands[0])), EXIT_INPUT;
    if (a->format && strcmp(a->format, "text") != 0 && strcmp(a->format, "json") != 0)
        return complain("--format %s: expected text or json", show(a->format)), EXIT_INPUT;
    if (!session_open(&s, a)) return EXIT_INPUT;
    struct pp_live_options live = {.snap_length = a->snap_length, .promiscuous = true};
    struct pp_capture_options options = {.filter = a->filter};
    struct pp_capture *capture = pp_capture_open_live(a->interface, &live, &options);
    if (!capture || !pp_audit_attach(s.audit, capture)) {
        complain("live: out of memory");
        session_close(&s);
        return EXIT_INPUT;
    }
    bool opened = !pp_capture_info(capture)->failed;
    if (opened) {
        if (!a->quiet) complain("live on %s; Ctrl-C ends it and prints the report", show(a->interface));
        pump(&s, a);
    }
    pp_audit_detach(s.audit);
    complain_captures(&s);
    int status = opened ? session_report(&s, a) : EXIT_INPUT;
    session_close(&s);
    return status;
}
