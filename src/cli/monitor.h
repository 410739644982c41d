/* While `live` listens: judge again and again, and show every judgement to whoever is there to see it: lines on a stream, a command that
 * is run, a terminal, a web page, a folder that keeps the evidence. Each of them is an outlet, one file each; none knows the others. */
#ifndef CLI_MONITOR_H
#define CLI_MONITOR_H

#include "cli.h"

enum { REFRESH_DEFAULT_S = 10, VIEW_REFRESH_DEFAULT_S = 2, WINDOW_DEFAULT_S = 900 };

/** One judgement; valid until the next. */
struct judgement {
    const struct pp_report *report;
    const struct pp_report *window; /* the same of late; NULL: none */
    const struct pp_watch *watch;   /* knows the state that each row is in now */
    const struct pp_event *events;  /* what is new since the judgement before */
    size_t event_count;
    const double *row_rates; /* packets a second since the judgement before, one per row of the rules */
    pp_time_ns at;           /* the system's date */
};

/** Somebody who is shown every judgement. Members that are NULL have nothing to do. */
struct outlet {
    void *self;
    bool hurries; /* it wants a judgement now, and not when it is time */
    /** Privileges are gone, the first packet is not read yet: threads are started here, files and sockets are opened before. */
    bool (*start)(void *self);
    /** Called between batches of packets, five times a second at least; must not wait. */
    bool (*turn)(void *self);
    bool (*show)(void *self, const struct judgement *judgement);
    void (*end)(void *self);
};
/* Each answers false when listening is to end, because what was waited for is there, or because it cannot go on (a message was
 * printed). */

/* The outlets there are. *outlet without a self: not asked for. false: a message was printed. */
bool lines_begin(struct outlet *outlet, const struct arguments *arguments);    /* what is new, a line each */
bool plan_begin(struct outlet *outlet, const struct arguments *arguments);     /* what is left to be exercised; ends when nothing is */
bool commands_begin(struct outlet *outlet, const struct arguments *arguments); /* --hook */
bool notify_begin(struct outlet *outlet, const struct arguments *arguments);   /* systemd, where NOTIFY_SOCKET is set */
bool listen_begin(struct outlet *outlet, const struct arguments *arguments);   /* --listen */
bool view_begin(struct outlet *outlet, const struct arguments *arguments);     /* the whole terminal, when arguments->view */

/** Whether there is a terminal that can show it, and nobody asked for something else. */
bool view_possible(const struct arguments *arguments);

/** How often it is judged, with what the arguments say. */
uint64_t refresh_interval_ns(const struct arguments *arguments);

struct monitor;

/** NULL: a message was printed. */
struct monitor *monitor_begin(const struct arguments *arguments);
/** Once privileges are dropped. */
bool monitor_start(struct monitor *monitor);
/** What the session has now was told before: by the run whose evidence it goes on from. */
bool monitor_prime(struct monitor *monitor, struct session *session);
/** Rules or site are others now: show it at once. */
void monitor_hurry(struct monitor *monitor);
/** How long until it is time to judge; UINT32_MAX: nobody wants to know. */
uint32_t monitor_wait_ms(const struct monitor *monitor);
/** Judge and show, if it is time. false: listening is to end. */
bool monitor_turn(struct monitor *monitor, struct session *session);
void monitor_end(struct monitor *monitor); /* takes NULL */

#endif
