/* The whole way of the data behind one handle: captures in, one report out. What the command line uses. */
#ifndef PORTPROOF_AUDIT_H
#define PORTPROOF_AUDIT_H

#include "portproof/evidence.h"
#include "portproof/findings.h"

struct pp_audit;

struct pp_audit_options {
    const char *filter;        /* libpcap filter expression; NULL: none */
    pp_time_ns from_ns, to_ns; /* packets outside are not judged; 0 and UINT64_MAX: all */
    uint32_t max_flows;        /* 0: PP_MAX_FLOWS_DEFAULT */
    bool decap;                /* judge what tunnels carry */
    bool hash;                 /* SHA-256 of every capture */
    uint64_t window_ns;        /* live: also judge what was seen this long before (pp_audit_judge_window); 0: do not */
    bool keeps;                /* live: somebody keeps what is new (pp_audit_take_new); needs window_ns */
    uint32_t wait_ms;          /* live: how long pp_audit_pump may wait; 0: 200 */
    unsigned threads;          /* that may read; 0: as many as there are processors, at most PP_THREADS_MAX */
    /** Opens the capture of a path by its number: a descriptor, which becomes the audit's; -1 with errno; or PP_OPEN_PATH. Called by any of
     * the threads, one at a time. NULL: paths are opened as they are. */
    int (*open)(void *context, size_t index);
    void *open_context;
    /** Called now and then while reading, by the thread that called pp_audit_read; position and total in bytes of the current capture.
     * NULL: never. */
    void (*progress)(void *context, const char *capture, uint64_t position, uint64_t total);
    void *progress_context;
};

/** `spec` and `site` (NULL: infer roles) are borrowed for the life of the audit. NULL: out of memory. */
struct pp_audit *pp_audit_create(const struct pp_spec *spec, const struct pp_site *site, const struct pp_audit_options *options);
void pp_audit_destroy(struct pp_audit *audit); /* takes NULL */

/** Read captures to their end, on as many threads as the options say; the result does not depend on how many. What is wrong with
 * one stands in pp_audit_captures()[…].error; false: out of memory. */
bool pp_audit_read(struct pp_audit *audit, const char *const paths[], size_t count);

/** Live: add an open capture (owned by the audit from here on); up to PP_LIVE_MAX of them, pumped together. false: out of memory, or
 * one too many. */
bool pp_audit_attach(struct pp_audit *audit, struct pp_capture *capture);
/** Live: another capture of the interface that was attached last, which shares its packets (pp_live_options.fanout); one more thread
 * reads it, with those of the other interfaces in the same place. Up to PP_THREADS_MAX captures of an interface. */
bool pp_audit_attach_beside(struct pp_audit *audit, struct pp_capture *capture);
/** Take up evidence that was kept, before anything else is read. Its flows know its captures from number `base` on: it is the number of
 * those known here by now, or that of an earlier piece of the same origin. Live, once, before any capture is attached: captures of the same
 * names go on where these ended. The evidence is as it was. false: out of memory. */
bool pp_audit_restore(struct pp_audit *audit, const struct pp_evidence *evidence, uint32_t base);
/** Live: which number a capture of this name gets (pp_capture_options.index) when it is attached next. */
uint16_t pp_audit_next_index(const struct pp_audit *audit, const char *name);
/** Live: the flows that the last pp_audit_judge added, and those before it that nobody has taken; the caller's. NULL: out of memory. */
struct pp_flow_table *pp_audit_take_new(struct pp_audit *audit);
/** How flows are folded here, for whoever keeps them; and which classes of ports that goes by (pp_port_index_digest). */
struct pp_flow_options pp_audit_flow_options(const struct pp_audit *audit, char classes[65]);
/** Live: judge by other rules and another site (both borrowed, as the ones before, which are not looked at any more) from here on, all
 * that was seen too. false: out of memory; the audit is
 * then good for nothing but to be destroyed. */
bool pp_audit_set_rules(struct pp_audit *audit, const struct pp_spec *spec, const struct pp_site *site);
/** Judge the frames that are there now, of all captures; waits `most_ms`, and no longer than the options' wait_ms, when there are none.
 * false: all captures ended; or memory, a thread or a wait was refused, which pp_audit_detach says. */
bool pp_audit_pump(struct pp_audit *audit, uint32_t most_ms);
/** Live: let nothing more in, judge what is left, take the last counts and close the captures. false: it ended early, as
 * pp_audit_captures()[…].error says, too: packets are missing. */
bool pp_audit_detach(struct pp_audit *audit);

/** What is known of the captures read so far. */
const struct pp_capture_info *pp_audit_captures(const struct pp_audit *audit, uint32_t *count);

/** The flows, as they are until the next call on the audit; pp_audit_judge puts them in order. */
struct pp_flow_table *pp_audit_flows(struct pp_audit *audit);

/** Judge everything read so far. The report is the audit's; it is replaced by the next call. NULL: out of memory. */
const struct pp_report *pp_audit_judge(struct pp_audit *audit);

/** Judge, after pp_audit_judge, what was seen in the window alone: what works now, not ever. Roles are those of the whole. The report is
 * the audit's, until the next pp_audit_judge. NULL: no window was asked for, or out of memory. */
const struct pp_report *pp_audit_judge_window(struct pp_audit *audit);

/** Packets that --from and --to left out. */
uint64_t pp_audit_outside_time(const struct pp_audit *audit);

/** Exit status of design 5.5: 0 compliant, 1 non-compliant, 2 inconclusive, 3 when some input could not be read. */
int pp_exit_status(const struct pp_report *report);

#endif
