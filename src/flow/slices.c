#include "portproof/slices.h"

#include <stdlib.h>
#include <string.h>

enum { FLOWS_LEAST = 256 };

struct slice {
    struct pp_flow_table *flows;
    uint64_t began_ns, ended_ns;
};

struct pp_slices {
    struct pp_flow_options options;
    uint64_t window_ns;
    struct pp_flow_table *now;
    struct slice ended[PP_SLICES_MAX]; /* the oldest first */
    unsigned count;
    uint64_t turned_ns; /* when the one that runs began */
};

struct pp_slices *pp_slices_create(const struct pp_flow_options *options, uint64_t window_ns)
{
    struct pp_slices *slices = calloc(1, sizeof *slices);
    if (!slices) return NULL;
    slices->options = *options;
    slices->window_ns = window_ns;
    slices->now = pp_flow_table_create(options);
    if (slices->now) return slices;
    free(slices);
    return NULL;
}

void pp_slices_destroy(struct pp_slices *slices)
{
    if (!slices) return;
    for (unsigned i = 0; i < slices->count; i++) pp_flow_table_destroy(slices->ended[i].flows);
    pp_flow_table_destroy(slices->now);
    free(slices);
}

struct pp_flow_table *pp_slices_now(const struct pp_slices *slices) { return slices->now; }

static void forget_first(struct pp_slices *slices)
{
    pp_flow_table_destroy(slices->ended[0].flows);
    memmove(slices->ended, slices->ended + 1, --slices->count * sizeof *slices->ended);
}

/* An ended slice is for the window alone, and may be coarser: all of them together are to be no more than one table is. */
static uint32_t limit_of(const struct pp_slices *slices)
{
    uint32_t most = slices->options.max_flows ? slices->options.max_flows : PP_MAX_FLOWS_DEFAULT;
    return most / PP_SLICES_MAX > FLOWS_LEAST ? most / PP_SLICES_MAX : FLOWS_LEAST;
}

/* The slice is too short to stand alone. */
static bool join_last(struct pp_slices *slices, uint64_t now_ns)
{
    struct slice *last = &slices->ended[slices->count - 1];
    if (!pp_flow_table_merge(last->flows, slices->now)) return false;
    pp_flow_table_destroy(slices->now);
    last->ended_ns = now_ns;
    return true;
}

bool pp_slices_turn(struct pp_slices *slices, struct pp_flow_table *total, struct pp_flow_table *also, uint64_t now_ns)
{
    uint64_t least_ns = slices->window_ns / (PP_SLICES_MAX - 1);
    struct pp_flow_table *next = pp_flow_table_create(&slices->options);
    bool ok = next && pp_flow_table_merge(total, slices->now) && (!also || pp_flow_table_merge(also, slices->now));
    while (slices->count && now_ns - slices->ended[0].ended_ns > slices->window_ns) forget_first(slices);
    const struct slice *last = slices->count ? &slices->ended[slices->count - 1] : NULL;
    if (ok && last && (slices->count == PP_SLICES_MAX || last->ended_ns - last->began_ns < least_ns))
        ok = join_last(slices, now_ns);
    else if (ok)
        slices->ended[slices->count++] = (struct slice){slices->now, slices->turned_ns, now_ns};
    if (!ok) return pp_flow_table_destroy(next), false;
    slices->turned_ns = now_ns;
    slices->now = next;
    return pp_flow_table_limit(slices->ended[slices->count - 1].flows, limit_of(slices));
}

bool pp_slices_set_classes(struct pp_slices *slices, const struct pp_flow_options *options)
{
    bool ok = pp_flow_table_set_classes(slices->now, options->port_class, options->index);
    for (unsigned i = 0; i < slices->count; i++)
        ok &= pp_flow_table_set_classes(slices->ended[i].flows, options->port_class, options->index);
    slices->options = *options;
    return ok;
}

bool pp_slices_join(const struct pp_slices *slices, struct pp_flow_table *into)
{
    for (unsigned i = 0; i < slices->count; i++)
        if (!pp_flow_table_merge(into, slices->ended[i].flows)) return false;
    return true;
}
