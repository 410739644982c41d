#include "words.h"

#include <string.h>

static void add_side(struct text *text, const struct side *side)
{
    if (*side->name)
        text_add(text, side->name);
    else
        text_printf(text, "%s %s", strchr("aeiou", *side->role) ? "an" : "a", side->role);
}

void plan_add_action(struct text *text, const struct pp_row *row, const struct sides *sides)
{
    const char *words = row->exercise && *row->exercise ? row->exercise : row->purpose;
    while (*words) {
        size_t plain = strcspn(words, "{");
        text_add_escaped(text, words, plain);
        words += plain;
        bool from = strncmp(words, "{from}", 6) == 0, to = strncmp(words, "{to}", 4) == 0;
        if (from || to)
            add_side(text, from ? &sides->from : &sides->to);
        else if (*words)
            text_add(text, "{");
        words += from ? 6 : to ? 4 : *words ? 1 : 0;
    }
}

void plan_add_sees(struct text *text, const struct pp_spec *spec, const struct pp_row *row, const struct sides *sides, const char *ports)
{
    bool tcp = row->transport == PP_TCP, either = row->coverage == PP_EACH_UNORDERED_PAIR;
    text_add(text, tcp ? "a TCP connection " : "UDP packets ");
    text_add(text, row->loopback ? "on the loopback interface of " : either ? "between " : "from ");
    add_side(text, &sides->from);
    if (!row->loopback) {
        text_add(text, either ? " and " : " to ");
        add_side(text, &sides->to);
    }
    if (ports)
        text_printf(text, ", to port %s%s, ", ports, either ? " of either" : "");
    else
        text_add(text, ", to the port that each names, ");
    text_add(text, row->one_way ? "without an answer, which is healthy" : tcp ? "that is answered" : "that are answered");
    if (row->partner != PP_NONE) text_printf(text, "; they show row %s, too", spec->rows[row->partner].id);
}

/* --- many at once ----------------------------------------------------------------------------------------------------------- */

struct test_group plan_group_at(const struct pp_test_plan *plan, size_t first)
{
    struct test_group group = {.first = first, .count = 1, .same_ports = true};
    const struct pp_test *one = &plan->tests[first];
    for (; first + group.count < plan->count && plan->tests[first + group.count].row == one->row; group.count++)
        group.same_ports &= strcmp(plan->tests[first + group.count].ports, one->ports) == 0;
    return group;
}

static struct sides sides_of(const struct pp_test_plan *plan, const struct test_group *group)
{
    const struct pp_test *one = &plan->tests[group->first];
    const struct pp_row *row = &plan->spec->rows[one->row];
    bool same_from = true, same_to = true;
    for (size_t i = 1; i < group->count; i++) {
        same_from &= strcmp(one[i].from_name, one->from_name) == 0;
        same_to &= strcmp(one[i].to_name, one->to_name) == 0;
    }
    return (struct sides){
        .from = {same_from ? one->from_name
                 : same_to ? "each of these"
                           : "the first",
                 plan->spec->roles[row->from].name},
        .to = {same_to     ? one->to_name
               : same_from ? "each of these"
                           : "the second",
               plan->spec->roles[row->to].name},
    };
}

void plan_add_group_action(struct text *text, const struct pp_test_plan *plan, const struct test_group *group)
{
    struct sides sides = sides_of(plan, group);
    plan_add_action(text, &plan->spec->rows[plan->tests[group->first].row], &sides);
}

void plan_add_group_sees(struct text *text, const struct pp_test_plan *plan, const struct test_group *group)
{
    struct sides sides = sides_of(plan, group);
    const struct pp_test *one = &plan->tests[group->first];
    plan_add_sees(text, plan->spec, &plan->spec->rows[one->row], &sides, group->same_ports ? one->ports : NULL);
}
