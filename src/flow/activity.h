/* Which stretches of time had packets at all, in a bounded number of buckets.
 *
 * The width doubles whenever more than BUCKETS_MAX distinct buckets are in use. How many are in use at a given width
 * depends only on the set of times, so the final width, and every bucket, do not depend on the order of packets. */
#ifndef FLOW_ACTIVITY_H
#define FLOW_ACTIVITY_H

#include "packer.h"
#include "portproof/flow.h"
#include "wraps.h"

enum { BUCKETS_MAX = 4096 };

struct activity {
    uint64_t width_ns;
    uint64_t *slots;  /* open addressing: bucket + 1; 0: empty */
    uint64_t *sorted; /* made by activity_sorted */
    uint32_t count;
    uint64_t from, span; /* the bucket of the packet before, into which most packets fall; span 0: none yet */
};

bool activity_init(struct activity *activity);
void activity_finish(struct activity *activity);
void activity_note(struct activity *activity, pp_time_ns time);
WRAPS static inline void activity_add(struct activity *activity, pp_time_ns time)
{
    if (time - activity->from >= activity->span) activity_note(activity, time);
}
/** Whether a stretch of times lies in the bucket of the packet before, so that none of them tells anything new. */
static inline bool activity_knows(const struct activity *activity, pp_time_ns least, pp_time_ns most)
{
    return least >= activity->from && most - activity->from < activity->span;
}
void activity_join(struct activity *activity, const struct activity *from);
void activity_pack(struct packer *packer, const struct activity *activity);
/** Into one that was just made. */
void activity_unpack(struct unpacker *unpacker, struct activity *activity);
/** Until the next call; of one activity one at a time. */
struct pp_activity activity_sorted(const struct activity *activity);

#endif
