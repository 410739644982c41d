/* The formats' entry points; the table of them stands in report.c. */
#ifndef REPORT_FORMATS_H
#define REPORT_FORMATS_H

#include "portproof/report.h"
#include "text.h"

bool write_text(const struct pp_report *report, const struct pp_report_options *options, struct text *out);
bool write_json(const struct pp_report *report, const struct pp_report_options *options, struct text *out);

#endif
