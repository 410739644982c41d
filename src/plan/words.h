/* What a test is in words, of one edge or of many edges of a row at once. */
#ifndef PLAN_WORDS_H
#define PLAN_WORDS_H

#include "portproof/plan.h"
#include "text.h"

/** Who a side is in a sentence: "tta1", "each of these"; with the name "" whoever holds the role: "an application-server". */
struct side {
    const char *name, *role;
};
struct sides {
    struct side from, to;
};

/** The row's own words, with {from} and {to} replaced. */
void plan_add_action(struct text *text, const struct pp_row *row, const struct sides *sides);
/** What portproof will see then; `ports` as "22/tcp"; NULL: of each test its own. */
void plan_add_sees(struct text *text, const struct pp_spec *spec, const struct pp_row *row, const struct sides *sides, const char *ports);

/** Tests of one row that are read together. Whoever is not the same in all of them is "each of these" in its words, or, where both sides
 * are not, "the first" and "the second". */
struct test_group {
    size_t first, count;
    bool same_ports;
};
struct test_group plan_group_at(const struct pp_test_plan *plan, size_t first);
void plan_add_group_action(struct text *text, const struct pp_test_plan *plan, const struct test_group *group);
void plan_add_group_sees(struct text *text, const struct pp_test_plan *plan, const struct test_group *group);

#endif
