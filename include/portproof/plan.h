/* plan: what somebody has to do before a row of the list can be told to work: where, what, and what will then be seen. */
#ifndef PORTPROOF_PLAN_H
#define PORTPROOF_PLAN_H

#include "portproof/report.h"

/** One thing to do: an edge of a row that is due and that nothing has decided yet. All strings are safe to print. */
struct pp_test {
    uint16_t row;
    const char *state;                         /* "due", or what the report has: "missing", "not-observable" */
    const char *from, *to;                     /* a host by name, or "any application-server (app1, app2)" */
    const char *from_name, *to_name;           /* the host alone; "" for a side that coverage leaves open */
    const char *from_addresses, *to_addresses; /* of a host by name; else "" */
    const char *ports;                         /* "22/tcp" */
    const char *action;                        /* the row's own words, with the hosts in them */
    const char *sees;                          /* what portproof will see then */
    const char *instead;                       /* rows of which one suffices: "tta-app-ssh, tta-app-telnet"; "" */
};

struct pp_test_plan {
    const struct pp_spec *spec;
    const char *site_name;
    bool of_report; /* of what a report left open; else of all that is due by the site */
    struct pp_test *tests;
    size_t count;
    void *memory;
};

/** All that is due by the site. `report`: judged by the same rules and site from no packets at all. The plan borrows its rules.
 * NULL: out of memory. */
struct pp_test_plan *pp_test_plan_of_site(const struct pp_report *report);
/** What a JSON report (portproof/report/1) has as due and missing, or not observable. NULL: *error says what was found and what was
 * expected. The plan borrows spec and site. */
struct pp_test_plan *pp_test_plan_of_report(const struct pp_spec *spec, const struct pp_site *site, const char *json, size_t size,
                                            struct pp_error *error);
void pp_test_plan_destroy(struct pp_test_plan *plan); /* takes NULL */

/** As "text", "json" (portproof/plan/1), "markdown" or "csv". false: unknown format, out of memory, or the sink stopped. */
bool pp_test_plan_send(const struct pp_test_plan *plan, const char *format, const struct pp_report_options *options,
                       const struct pp_sink *sink);
/** The formats' names, for a usage message; NULL past the last. */
const char *pp_test_plan_format(unsigned i);

#endif
