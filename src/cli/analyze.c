#include "cli.h"

int run_analyze(struct arguments *a)
{
    struct session s;
    if (!format_known(a->format)) return EXIT_INPUT;
    if (!a->operand_count) return complain("analyze: no capture named; see portproof analyze -h"), EXIT_INPUT;
    if (!session_open(&s, a)) return EXIT_INPUT;
    bool read = session_read(&s, a);
    bool kept = write_evidence(&s, a);
    int status = session_report(&s, a); /* what was read is judged, whatever happened */
    session_close(&s);
    return read && kept ? status : EXIT_INPUT;
}
