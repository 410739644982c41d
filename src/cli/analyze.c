#include "cli.h"
#include "portproof/export.h"

/* Of the report that was written just now. */
static bool export_packets(struct session *s, const struct arguments *a)
{
    if (!a->export_folder) return true;
    struct pp_export_options options = {.folder = a->export_folder,
                                        .packets = a->packets_per_finding,
                                        .with_payload = a->with_payload,
                                        .decap = a->decap,
                                        .filter = a->filter,
                                        .from_ns = a->from_ns,
                                        .to_ns = a->to_ns,
                                        .tool_version = PORTPROOF_VERSION};
    const struct pp_report *report = pp_audit_judge(s->audit);
    struct pp_error error;
    uint32_t files;
    if (!report) return complain("out of memory while judging"), false;
    bool ok = pp_export_packets(report, (const char *const *)a->operands, (size_t)a->operand_count, &options, &files, &error);
    if (!ok) complain("--export-packets: %s", error.text);
    if (ok && !a->quiet) complain("%u file%s of packets in %s", files, files == 1 ? "" : "s", show(a->export_folder));
    return ok;
}

int run_analyze(struct arguments *a)
{
    struct session s;
    if (!format_known(a->format)) return EXIT_INPUT;
    if (!a->operand_count) return complain("analyze: no capture named; see portproof analyze -h"), EXIT_INPUT;
    if (!session_open(&s, a)) return EXIT_INPUT;
    bool read = session_read(&s, a);
    bool kept = write_evidence(&s, a);
    int status = session_report(&s, a); /* what was read is judged, whatever happened */
    kept &= export_packets(&s, a);
    session_close(&s);
    return read && kept ? status : EXIT_INPUT;
}
