#include "builder.h"

struct pp_test_plan *pp_test_plan_of_site(const struct pp_report *report)
{
    struct plan_builder b;
    bool ok = true;
    if (!test_plan_begin(&b, report->spec, report->site)) return NULL;
    for (uint16_t r = 0; r < report->spec->row_count; r++) {
        const struct pp_row_result *row = &report->rows[r];
        for (uint32_t e = 0; ok && !test_plan_skips(report->spec, r) && e < row->edge_count; e++) {
            if (!row->edges[e].due) continue;
            const char *from = test_plan_safe(&b, pp_site_host_name(report->site, row->edges[e].from));
            const char *to = test_plan_safe(&b, pp_site_host_name(report->site, row->edges[e].to));
            ok = test_plan_add(&b, &(struct open_edge){r, from, to, "due", row->edges[e].port});
        }
    }
    return test_plan_end(&b);
}
