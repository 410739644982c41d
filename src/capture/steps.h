/* The system's date may be set while a capture runs, and packets carry it. A capture's times go on as if nobody had: every step is taken
 * out again, so that an hour is an hour, an attempt is not older than its answer, and evidence of today does not end in eighty years.
 * Steps show as a change between the date and a clock that only goes forward, in sleep too. No I/O. */
#ifndef CAPTURE_STEPS_H
#define CAPTURE_STEPS_H

#include "portproof/base.h"
#include "wraps.h"

struct steps {
    int64_t between; /* the date minus the other clock, as of the last look */
    int64_t sum;     /* of all steps: how far the date is ahead of this capture's times; what is smaller than half a second is no step */
    int64_t before;  /* the same before the last step: packets stamped by then may still come */
    uint32_t count;
};

void steps_begin(struct steps *steps, pp_time_ns date, uint64_t steady);
/** Look at both clocks, after packets were read and before their times are used. true: the date was set since the last look. */
bool steps_look(struct steps *steps, pp_time_ns date, uint64_t steady);
/** A time stamped by the system, as this capture's; `date`: of the last look. Packets older than half a step are not told from those of
 * after it. */
pp_time_ns steps_take_out(const struct steps *steps, pp_time_ns stamp, pp_time_ns date);
/** The date, as this capture's. */
WRAPS static inline pp_time_ns steps_now(const struct steps *steps, pp_time_ns date) { return date - (uint64_t)steps->sum; }

#endif
