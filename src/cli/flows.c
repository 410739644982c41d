#include <string.h>

#include "cli.h"

/* TSV needs no judging; the other formats show who opened each flow. */
static int write_flows(struct session *s, struct arguments *a, const char *format)
{
    const struct pp_report *report = strcmp(format, "tsv") == 0 ? NULL : pp_audit_judge(s->audit);
    const struct pp_flow_table *flows = pp_audit_flows(s->audit);
    struct output *out = output_open(a->output);
    if (!out) return EXIT_INPUT;
    struct pp_sink sink = {output_write, out};
    bool ok = flows && pp_flows_write_threads(flows, report, format, a->threads, &sink);
    return output_close(out, ok) && ok ? EXIT_OK : EXIT_INPUT;
}

int run_flows(struct arguments *a)
{
    const char *format = a->format ? a->format : "text";
    struct session s;
    if (strcmp(format, "text") != 0 && strcmp(format, "jsonl") != 0 && strcmp(format, "tsv") != 0)
        return complain("--format %s: expected text, jsonl or tsv", show(format)), EXIT_INPUT;
    if (!a->operand_count) return complain("flows: no capture named; see portproof flows -h"), EXIT_INPUT;
    if (!session_open(&s, a)) return EXIT_INPUT;
    bool read = session_read(&s, a);
    int status = write_flows(&s, a, format);
    if (!read || s.failed) status = EXIT_INPUT;
    session_close(&s);
    return status;
}
