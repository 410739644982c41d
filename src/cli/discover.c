#include <stdlib.h>

#include "cli.h"
#include "text.h"

static const char HEADER[] =
    "# Written by `portproof discover` from what the traffic showed. Hosts that were silent are not in it, and a role is only as true\n"
    "# as the traffic was. Correct names and roles, put clients under prefixes, switch features on or off%s; then:\n"
    "#   portproof analyze --site THIS_FILE CAPTURE...\n";

static bool has_primary(const struct pp_spec *spec)
{
    for (unsigned r = 0; r < spec->role_count; r++)
        if (spec->roles[r].primary) return true;
    return false;
}

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
    if (report && !report->site->host_count)
        complain("discover: no answered flow of the port list was seen, so nobody's role is known and there is no site to write");
    else if (report && pp_site_write(report->site, report->spec, NULL, &bytes, &size)) {
        struct text out;
        text_init(&out);
        text_printf(&out, HEADER, has_primary(report->spec) ? ", name the primary" : "");
        text_add_bytes(&out, bytes, size);
        if (!out.failed && write_out(a, out.bytes, out.length)) status = s.failed ? EXIT_INPUT : EXIT_OK;
        text_finish(&out);
        free(bytes);
    }
    session_close(&s);
    return status;
}
