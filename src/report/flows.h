/* The formats of `portproof flows`; one file each, chosen in flows.c. */
#ifndef REPORT_FLOWS_H
#define REPORT_FLOWS_H

#include "portproof/report.h"

bool flows_tsv(const struct pp_flow_table *flows, unsigned threads, const struct pp_sink *sink);

#endif
