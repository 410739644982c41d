/* The rows as comma-separated values, a record each: the port list with what became of every line of it. */
#include "csv.h"
#include "formats.h"

static const char HEADER[] = "row state due feature from to transport ports flows packets wide_flows edges edges_expected edges_blocked "
                             "edges_missing edges_not_observable edges_optional page_line purpose";

static uint32_t edges_in(const struct pp_row_result *result, enum pp_state state)
{
    uint32_t n = 0;
    for (uint32_t e = 0; e < result->edge_count; e++) n += result->edges[e].state == state;
    return n;
}

static void add_row(struct csv *csv, const struct pp_report *report, uint16_t number)
{
    const struct pp_spec *spec = report->spec;
    const struct pp_row *row = &spec->rows[number];
    const struct pp_row_result *result = &report->rows[number];
    csv_string(csv, row->id);
    csv_string(csv, pp_state_name(result->state));
    csv_string(csv, result->due ? "yes" : "no");
    csv_string(csv, spec->features[row->feature].name);
    csv_string(csv, spec->roles[row->from].name);
    csv_string(csv, spec->roles[row->to].name);
    csv_string(csv, pp_transport_name(row->transport));
    csv_string(csv, row->ports_text);
    csv_count(csv, result->flows);
    csv_count(csv, result->packets);
    csv_count(csv, result->wide_flows);
    csv_count(csv, result->edge_count);
    for (enum pp_state state = PP_STATE_EXPECTED; state <= PP_STATE_OPTIONAL; state++) csv_count(csv, edges_in(result, state));
    csv_count(csv, row->page_line);
    csv_string(csv, row->purpose);
    csv_end(csv);
}

bool write_csv_rows(const struct pp_report *report, const struct pp_report_options *options, struct text *out, const struct pp_sink *sink)
{
    (void)options;
    struct csv csv = {.out = out};
    bool ok = true;
    csv_header(&csv, HEADER);
    for (uint16_t r = 0; ok && r < report->spec->row_count; r++) add_row(&csv, report, r), ok = hand_over(out, sink);
    return ok;
}
