/* The bounded side table of rare facts: few flows meet an ICMP error, announce a callback or appear in two captures. */
#ifndef FLOW_FACTS_H
#define FLOW_FACTS_H

#include "portproof/flow.h"

struct facts_table {
    struct pp_flow_facts *facts; /* facts[0] is never used */
    uint32_t count, room, most;
};

bool facts_init(struct facts_table *table, uint32_t most);
void facts_finish(struct facts_table *table);
/** The facts behind *index, made when it is NO_FACTS. NULL: no room (the caller counts the loss). */
struct pp_flow_facts *facts_get(struct facts_table *table, uint32_t *index);
void facts_add_report(struct pp_flow_facts *facts, const struct pp_icmp_report *report);
/** Join; `swap` when the ends stand the other way round in `from`. */
void facts_join(struct pp_flow_facts *facts, const struct pp_flow_facts *from, bool swap);

#endif
