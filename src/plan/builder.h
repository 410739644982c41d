/* A plan in the making, whatever it is made of. */
#ifndef PLAN_BUILDER_H
#define PLAN_BUILDER_H

#include "arena.h"
#include "portproof/plan.h"

struct plan_builder {
    struct arena *arena;
    const struct pp_site *site;
    struct pp_test_plan *out;
    size_t room;
};

/** An edge as it was found. Names are as the site has them, escaped; "" for a side that coverage leaves open. */
struct open_edge {
    uint16_t row;
    const char *from, *to, *state;
    uint16_t port; /* 0: the row's */
};

/** false: out of memory. */
bool test_plan_begin(struct plan_builder *builder, const struct pp_spec *spec, const struct pp_site *site);
bool test_plan_add(struct plan_builder *builder, const struct open_edge *edge);
/** The plan; NULL when memory ran out. */
struct pp_test_plan *test_plan_end(struct plan_builder *builder);
/** A row that has its conversation, and so its edges, in common with one before it. */
bool test_plan_skips(const struct pp_spec *spec, uint16_t row);
/** A copy that is safe to print; "" for NULL. */
const char *test_plan_safe(struct plan_builder *builder, const char *string);

#endif
