/* slices: flows by when they were seen, for whoever wants to know not only what was ever seen to work, but what works now. One old
 * answer would hide for ever that a row has stopped working. A flow record is a join, so the flows of a window are the join of its
 * slices, and those of all time the join of all slices: packets are counted in once. */
#ifndef PORTPROOF_SLICES_H
#define PORTPROOF_SLICES_H

#include "portproof/flow.h"

struct pp_slices;

enum {
    PP_SLICES_MAX = 17 /* kept apart: one shorter than a sixteenth of the window joins what comes after it, and the window is up to two
                          sixteenths longer */
};

/** `window_ns`: how long a slice counts after it has ended. NULL: out of memory. */
struct pp_slices *pp_slices_create(const struct pp_flow_options *options, uint64_t window_ns);
void pp_slices_destroy(struct pp_slices *slices); /* takes NULL */

/** The table that packets go into now; another one after each turn. */
struct pp_flow_table *pp_slices_now(const struct pp_slices *slices);

/** End the slice: join it into `total` (and into `also`, unless that is NULL), begin another, and forget those that are out of the window.
 * `now_ns`: of a clock that only goes forward. false: out of memory. */
bool pp_slices_turn(struct pp_slices *slices, struct pp_flow_table *total, struct pp_flow_table *also, uint64_t now_ns);

/** Ports have other classes from here on: pp_flow_table_set_classes for every slice. false: out of memory. */
bool pp_slices_set_classes(struct pp_slices *slices, const struct pp_flow_options *options);

/** Join the window's slices, without the one that packets go into now, into a table. false: out of memory. */
bool pp_slices_join(const struct pp_slices *slices, struct pp_flow_table *into);

#endif
