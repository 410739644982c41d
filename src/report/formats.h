/* The formats' entry points; the table of them stands in report.c. */
#ifndef REPORT_FORMATS_H
#define REPORT_FORMATS_H

#include "portproof/report.h"
#include "text.h"

/* Each writes into `out`, and may hand it over now and then (see hand_over); what is left in the end is the caller's to pass on. */
bool write_text(const struct pp_report *report, const struct pp_report_options *options, struct text *out, const struct pp_sink *sink);
bool write_json(const struct pp_report *report, const struct pp_report_options *options, struct text *out, const struct pp_sink *sink);
bool write_html(const struct pp_report *report, const struct pp_report_options *options, struct text *out, const struct pp_sink *sink);
bool write_csv(const struct pp_report *report, const struct pp_report_options *options, struct text *out, const struct pp_sink *sink);
bool write_csv_rows(const struct pp_report *report, const struct pp_report_options *options, struct text *out, const struct pp_sink *sink);
bool write_junit(const struct pp_report *report, const struct pp_report_options *options, struct text *out, const struct pp_sink *sink);
bool write_sarif(const struct pp_report *report, const struct pp_report_options *options, struct text *out, const struct pp_sink *sink);
bool write_markdown(const struct pp_report *report, const struct pp_report_options *options, struct text *out, const struct pp_sink *sink);

/* Members as in the JSON report, for other documents that have them. */
struct json_writer;
void json_tool(struct json_writer *w, const struct pp_report_options *options);
void json_answer(struct json_writer *w, const char *key, enum pp_answer answer);
void json_summary(struct json_writer *w, const struct pp_summary *summary);
void json_fitness(struct json_writer *w, const struct pp_fitness *fitness);
void json_time(struct json_writer *w, const char *key, pp_time_ns time);
void json_times(struct json_writer *w, pp_time_ns first, pp_time_ns last);
void json_capture(struct json_writer *w, const struct pp_capture_info *capture);
void json_account(struct json_writer *w, const struct pp_live_account *account);
void json_link_gaps(struct json_writer *w, const struct pp_live_account *account);
/* The members of an event but for the finding that it may be about. */
void json_event(struct json_writer *w, const struct pp_report *report, const struct pp_event *event, pp_time_ns at);
void json_finding(struct json_writer *w, const char *key, const struct pp_report *report, const struct pp_finding *finding);

enum { REPORT_PIECE_BYTES = 128 * 1024 }; /* a report is written over and over into memory that stays in the cache */

/** Give the sink what is there, once it is a piece; a large report then needs no more memory than that. NULL: it all stays. */
bool hand_over(struct text *out, const struct pp_sink *sink);

/** Give the sink all that is there, and free it. */
bool send_and_finish(struct text *text, const struct pp_sink *sink);

#endif
