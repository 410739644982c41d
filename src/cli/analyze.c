#include "cli.h"
#include "portproof/export.h"

static bool export_packets(const struct pp_report *report, const struct arguments *a)
{
    if (!a->export_folder) return true;
    struct pp_export_options options = {.folder = a->export_folder,
                                        .packets = a->packets_per_finding,
                                        .with_payload = a->with_payload,
                                        .decap = a->decap,
                                        .filter = a->filter,
                                        .from_ns = a->from_ns,
                                        .to_ns = a->to_ns,
                                        .tool_version = PORTPROOF_VERSION,
                                        .open = open_operand,
                                        .open_context = (void *)(uintptr_t)a};
    struct pp_error error;
    uint32_t files;
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
    bool ok = session_read(&s, a);
    uint32_t captures;
    (void)pp_audit_captures(s.audit, &captures); /* what was read is judged, whatever happened */
    const struct pp_report *report = captures ? session_judge(&s) : NULL;
    int status = report ? pp_exit_status(report) : EXIT_INPUT;
    ok &= report && write_evidence(&s, a); /* before the report, which names it */
    ok &= report && write_report(report, pp_audit_outside_time(s.audit), a);
    ok &= report && export_packets(report, a);
    ok &= report && write_bundle(&s, report, true, a);
    session_close(&s);
    return ok ? status : EXIT_INPUT;
}
