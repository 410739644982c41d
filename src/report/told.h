/* What pp_told keeps, for the writers. */
#ifndef REPORT_TOLD_H
#define REPORT_TOLD_H

#include "json_writer.h"
#include "portproof/report.h"

/** The events, the latest first, as elements of an open list on one line. NULL: none. */
void told_put(const struct pp_told *told, struct json_writer *w);
uint64_t told_in_all(const struct pp_told *told);
/** When a row was told to have changed last; PP_NO_LAST: never. */
pp_time_ns told_row_changed(const struct pp_told *told, uint16_t row);
/** A finding in short: what a line about it needs. */
void told_finding(struct json_writer *w, const char *key, const struct pp_report *report, const struct pp_finding *finding);

#endif
