#include "activity.h"

#include <stdlib.h>
#include <string.h>

#include "wraps.h"

enum { SLOTS = 4 * BUCKETS_MAX };
static const uint64_t FIRST_WIDTH_NS = UINT64_C(1) << 30; /* about one second */

bool activity_init(struct activity *activity)
{
    *activity = (struct activity){.width_ns = FIRST_WIDTH_NS};
    activity->slots = calloc(SLOTS, sizeof *activity->slots);
    activity->sorted = calloc(BUCKETS_MAX + 1, sizeof *activity->sorted);
    return activity->slots && activity->sorted;
}

void activity_finish(struct activity *activity)
{
    free(activity->slots);
    free(activity->sorted);
    *activity = (struct activity){0};
}

WRAPS static void insert(struct activity *activity, uint64_t bucket)
{
    size_t at = (size_t)(bucket * UINT64_C(0x9e3779b97f4a7c15) >> 50) % SLOTS;
    for (; activity->slots[at]; at = (at + 1) % SLOTS)
        if (activity->slots[at] == bucket + 1) return;
    activity->slots[at] = bucket + 1;
    activity->count++;
}

static void widen(struct activity *activity)
{
    size_t count = 0;
    for (size_t i = 0; i < SLOTS; i++)
        if (activity->slots[i]) activity->sorted[count++] = activity->slots[i] - 1;
    memset(activity->slots, 0, SLOTS * sizeof *activity->slots);
    activity->count = 0;
    activity->span = 0;
    activity->width_ns *= 2;
    for (size_t i = 0; i < count; i++) insert(activity, activity->sorted[i] / 2);
}

void activity_note(struct activity *activity, pp_time_ns time)
{
    if (time == PP_NO_FIRST) return;
    uint64_t bucket = time / activity->width_ns;
    insert(activity, bucket);
    activity->from = bucket * activity->width_ns;
    activity->span = activity->width_ns;
    while (activity->count > BUCKETS_MAX) widen(activity);
}

void activity_join(struct activity *activity, const struct activity *from)
{
    while (activity->width_ns < from->width_ns) widen(activity);
    for (size_t i = 0; i < SLOTS; i++)
        if (from->slots[i]) activity_add(activity, (from->slots[i] - 1) * from->width_ns);
}

static int compare(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

struct pp_activity activity_sorted(const struct activity *activity)
{
    size_t count = 0;
    for (size_t i = 0; i < SLOTS; i++)
        if (activity->slots[i]) activity->sorted[count++] = activity->slots[i] - 1;
    qsort(activity->sorted, count, sizeof *activity->sorted, compare);
    return (struct pp_activity){activity->width_ns, activity->sorted, count};
}

void activity_pack(struct packer *packer, const struct activity *activity)
{
    pack_number(packer, activity->width_ns / FIRST_WIDTH_NS);
    struct pp_activity sorted = activity_sorted(activity);
    pack_number(packer, sorted.count);
    for (size_t i = 0; i < sorted.count; i++) pack_number(packer, sorted.buckets[i]);
}

void activity_unpack(struct unpacker *unpacker, struct activity *activity)
{
    uint64_t width = unpack_number_to(unpacker, UINT64_MAX / FIRST_WIDTH_NS);
    unpacker->failed |= !width || width & (width - 1);
    if (unpacker->failed) return;
    activity->width_ns = width * FIRST_WIDTH_NS;
    for (uint64_t left = unpack_number_to(unpacker, BUCKETS_MAX); left; left--)
        insert(activity, unpack_number_to(unpacker, UINT64_MAX / activity->width_ns));
}
