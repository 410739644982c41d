/* libpcap filter expressions over frames from files: compiled once per link type, on first use. */
#ifndef CAPTURE_FILTER_H
#define CAPTURE_FILTER_H

#include "portproof/capture.h"

struct filter_program;

struct filter {
    char *expression; /* owned; NULL: everything passes */
    struct filter_program *programs;
};

bool filter_init(struct filter *filter, const char *expression); /* false: out of memory */
void filter_finish(struct filter *filter);
/** Compile for a link type. false: *error says why. */
bool filter_prepare(struct filter *filter, uint16_t link_type, struct pp_error *error);
/** Whether the frame passes. When the expression does not compile for its link type: false, and *failed is set. */
bool filter_passes(struct filter *filter, const struct pp_frame *frame, bool *failed, struct pp_error *error);

#endif
