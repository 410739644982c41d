/* report: findings as bytes. One file a format, one table of formats; no stage before this one knows any. */
#ifndef PORTPROOF_REPORT_H
#define PORTPROOF_REPORT_H

#include "portproof/findings.h"
#include "portproof/watch.h"

struct pp_report_options {
    const char *tool_version;
    const char *site_name;      /* file name of the site, as the user gave it; NULL: inferred */
    const char *const *options; /* command line options that change meaning, for the record */
    size_t option_count;
    const char *evidence_name, *evidence_digest; /* of the file that the evidence was written to; NULL: none */
    uint64_t outside_time;                       /* packets left out by --from and --to */
    bool color, utf8;                            /* what the terminal can show */
    unsigned width;                              /* columns; 0: 100 */
    bool local_time;                             /* for people; JSON is always UTC */
    bool all;                                    /* no line left out */
    bool strict;                                 /* JUnit: rows that could not be seen fail too */
    const char *rules_path; /* of the rules file, as the user gave it; NULL: where the built-in rules stand in the source */
};

/** From now on maps of HTML reports are laid out in a process apart, begun here, which first calls `confine`, and ends if that is false:
 * Graphviz does not survive that its memory runs out. Without it they are laid out in this process. false, with errno: there can be no such
 * process. */
bool pp_report_draw_apart(bool (*confine)(void));
/** Let it end. */
void pp_report_draw_end(void);

/** A report in a format (a name of pp_report_format). false: unknown format, out of memory, or the sink stopped. */
bool pp_report_send(const struct pp_report *report, const char *format, const struct pp_report_options *options,
                    const struct pp_sink *sink);
/** The same in one piece. *out is malloc'd; false: unknown format or out of memory. */
bool pp_report_write(const struct pp_report *report, const char *format, const struct pp_report_options *options, char **out, size_t *size);
/** The formats' names, for a usage message; NULL past the last. */
const char *pp_report_format(unsigned i);

/* --- pieces of it, for whoever shows one thing at a time; text for people. false: out of memory, or the sink stopped. --- */

/** What a row is for, who may use it, and what would prove it. `site`: NULL when there is none. */
bool pp_row_explain(const struct pp_spec *spec, const struct pp_site *site, uint16_t row, const struct pp_sink *sink);
/** What was seen of a row: its state in this report, its counts, and its edges. */
bool pp_row_write(const struct pp_report *report, uint16_t row, const struct pp_report_options *options, const struct pp_sink *sink);
/** A finding as in the report: explanation, evidence, how its direction is known. */
bool pp_finding_write(const struct pp_report *report, const struct pp_finding *finding, const struct pp_report_options *options,
                      const struct pp_sink *sink);
/** The report's head, its verdict with the reasons, what to do first, and what the captures cannot tell. */
bool pp_verdict_write(const struct pp_report *report, const struct pp_report_options *options, const struct pp_sink *sink);
/** One event without its time and without the end of the line. */
bool pp_event_write(const struct pp_report *report, const struct pp_event *event, const struct pp_report_options *options,
                    const struct pp_sink *sink);
/** The sign of a row's state, one column wide. */
const char *pp_state_sign(enum pp_state state, bool utf8);

/** Rows that are due and that nothing has decided yet: missing, or not observable. */
unsigned pp_plan_left(const struct pp_report *report);
/** What would decide them, a paragraph each, for people; nothing when none is left. false: out of memory, or the sink stopped. */
bool pp_plan_write(const struct pp_report *report, const struct pp_report_options *options, const struct pp_sink *sink);

/** What a watch told of `report`, a line each, for whoever reads along: "text", or "jsonl" (objects with `event`, `at`, and what it is
 * about). `at`: when it was judged. false: unknown format, out of memory, or the sink stopped. */
bool pp_events_write(const struct pp_report *report, const struct pp_event *events, size_t count, pp_time_ns at, const char *format,
                     const struct pp_report_options *options, const struct pp_sink *sink);

/** What was told lately, for who looks now and then: the latest PP_TOLD_MAX events, and when each row changed last. */
struct pp_told;
enum { PP_TOLD_MAX = 200 };                 /* events kept; older ones are only counted */
struct pp_told *pp_told_create(void);       /* NULL: out of memory */
void pp_told_destroy(struct pp_told *told); /* takes NULL */
/** Keep what a watch told of `report`; nothing of it is borrowed. `at`: when it was judged. false: out of memory; some are left out. */
bool pp_told_add(struct pp_told *told, const struct pp_report *report, const struct pp_event *events, size_t count, pp_time_ns at);

/** One judgement among many, while somebody listens. */
struct pp_moment {
    const struct pp_report *report;
    const struct pp_watch *watch; /* the state each row is in now; NULL: the report's */
    const struct pp_told *told;   /* NULL: no events */
    const double *row_rates;      /* packets a second, one per row; NULL: none */
    pp_time_ns at, since;         /* judged, and listening since; the system's date */
    uint64_t refresh_ns;          /* the next one follows after */
    uint64_t untold;              /* findings that were not told any more */
};

/** portproof/status/1 (docs/status.schema.json): what a status page shows, in JSON on one line; small, whatever the report's size.
 * false: out of memory, or the sink stopped. */
bool pp_status_write(const struct pp_moment *moment, const struct pp_report_options *options, const struct pp_sink *sink);

/** Prometheus' text format, version 0.0.4. false: as above. */
bool pp_metrics_write(const struct pp_moment *moment, const struct pp_report_options *options, const struct pp_sink *sink);

/** All flows as "tsv", "jsonl" or "text". `report` is needed for the latter two (who opened it, verdict); NULL for tsv.
 * The order of JSON lines and text is the table's. false: unknown format, out of memory, or the sink stopped. */
bool pp_flows_write(const struct pp_flow_table *flows, const struct pp_report *report, const char *format, const struct pp_sink *sink);
/** The same bytes, on several threads (0: as many as there are processors, at most 16, when there are enough flows). */
bool pp_flows_write_threads(const struct pp_flow_table *flows, const struct pp_report *report, const char *format, unsigned threads,
                            const struct pp_sink *sink);

#endif
