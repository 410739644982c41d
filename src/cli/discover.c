#include <stdlib.h>

#include "cli.h"

int run_discover(struct arguments *a)
{
    struct session s;
    if (!a->operand_count) return complain("discover: no capture named; see portproof discover -h"), EXIT_INPUT;
    if (!session_open(&s, a)) return EXIT_INPUT;
    bool ok = session_read(&s, a);
    const struct pp_report *report = ok ? pp_audit_judge(s.audit) : NULL;
    char *bytes;
    size_t size;
    int status = EXIT_INPUT;
    if (report && pp_site_write(report->site, report->spec, NULL, &bytes, &size)) {
        if (write_out(a, bytes, size)) status = s.failed ? EXIT_INPUT : EXIT_OK;
        if (!report->site->host_count) complain("discover: no answered flow of the port list was seen, so nobody's role is known");
        free(bytes);
    }
    session_close(&s);
    return status;
}
