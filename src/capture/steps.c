#include "steps.h"

#include "wraps.h"

static const int64_t LEAST_NS = 500000000;

WRAPS void steps_begin(struct steps *steps, pp_time_ns date, uint64_t steady)
{
    *steps = (struct steps){.between = (int64_t)(date - steady)};
}

WRAPS bool steps_look(struct steps *steps, pp_time_ns date, uint64_t steady)
{
    int64_t by = (int64_t)(date - steady) - steps->between;
    if (by > -LEAST_NS && by < LEAST_NS) return false;
    steps->between += by;
    steps->before = steps->sum;
    steps->sum += by;
    steps->count++;
    return true;
}

static uint64_t distance(pp_time_ns a, pp_time_ns b) { return a > b ? a - b : b - a; }

WRAPS pp_time_ns steps_take_out(const struct steps *steps, pp_time_ns stamp, pp_time_ns date)
{
    if (!steps->count) return stamp;
    pp_time_ns now = steps_now(steps, date), after = stamp - (uint64_t)steps->sum, before = stamp - (uint64_t)steps->before;
    return distance(after, now) <= distance(before, now) ? after : before;
}
