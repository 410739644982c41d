#include "facts.h"

#include <stdlib.h>
#include <string.h>

enum { FACTS_FIRST = 64 };

bool facts_init(struct facts_table *table, uint32_t most)
{
    *table = (struct facts_table){.count = 1, .room = FACTS_FIRST, .most = most};
    table->facts = calloc(FACTS_FIRST, sizeof *table->facts);
    return table->facts != NULL;
}

void facts_finish(struct facts_table *table)
{
    free(table->facts);
    *table = (struct facts_table){0};
}

struct pp_flow_facts *facts_get(struct facts_table *table, uint32_t *index)
{
    if (*index) return &table->facts[*index];
    if (table->count >= table->most) return NULL;
    if (table->count == table->room) {
        struct pp_flow_facts *facts = realloc(table->facts, (size_t)table->room * 2 * sizeof *facts);
        if (!facts) return NULL;
        table->facts = facts;
        table->room *= 2;
    }
    *index = table->count++;
    table->facts[*index] = (struct pp_flow_facts){.callback_ns = PP_NO_FIRST, .icmp_first_ns = PP_NO_FIRST, .icmp_first_frame = UINT64_MAX};
    return &table->facts[*index];
}

static int compare_reports(const struct pp_icmp_report *a, const struct pp_icmp_report *b)
{
    if (a->sender.family != b->sender.family) return a->sender.family < b->sender.family ? -1 : 1;
    int order = memcmp(a->sender.bytes, b->sender.bytes, sizeof a->sender.bytes);
    if (order) return order;
    if (a->type != b->type) return a->type < b->type ? -1 : 1;
    if (a->code != b->code) return a->code < b->code ? -1 : 1;
    return (int)a->quoted_side - (int)b->quoted_side;
}

/* The PP_ICMP_REPORTS_MAX smallest of all distinct reports: a join, however the reports arrive. */
void facts_add_report(struct pp_flow_facts *facts, const struct pp_icmp_report *report)
{
    unsigned at = 0;
    while (at < facts->report_count && compare_reports(&facts->reports[at], report) < 0) at++;
    if (at < facts->report_count && compare_reports(&facts->reports[at], report) == 0) return;
    if (at == PP_ICMP_REPORTS_MAX) return;
    if (facts->report_count < PP_ICMP_REPORTS_MAX) facts->report_count++;
    for (unsigned i = facts->report_count - 1u; i > at; i--) facts->reports[i] = facts->reports[i - 1];
    facts->reports[at] = *report;
}

void facts_join(struct pp_flow_facts *facts, const struct pp_flow_facts *from, bool swap)
{
    for (unsigned i = 0; i < from->report_count; i++) {
        struct pp_icmp_report report = from->reports[i];
        report.quoted_side = (uint8_t)(report.quoted_side ^ swap);
        facts_add_report(facts, &report);
    }
    unsigned syn = from->quoted_syn;
    if (swap) syn = (syn & 1) << 1 | syn >> 1;
    facts->quoted_syn = (uint8_t)(facts->quoted_syn | syn);
    if (from->callback_port &&
        (from->callback_ns < facts->callback_ns ||
         (from->callback_ns == facts->callback_ns && (!facts->callback_port || from->callback_port < facts->callback_port)))) {
        facts->callback_port = from->callback_port;
        facts->callback_ns = from->callback_ns;
    }
    facts->icmp_packets += from->icmp_packets;
    if (from->icmp_first_ns < facts->icmp_first_ns ||
        (from->icmp_first_ns == facts->icmp_first_ns && from->icmp_first_frame < facts->icmp_first_frame)) {
        facts->icmp_first_ns = from->icmp_first_ns;
        facts->icmp_first_frame = from->icmp_first_frame;
    }
    if (from->icmp_last_ns > facts->icmp_last_ns) facts->icmp_last_ns = from->icmp_last_ns;
    facts->captures |= from->captures;
}
