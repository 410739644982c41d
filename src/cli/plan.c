#include <stdlib.h>
#include <string.h>

#include "cli.h"
#include "portproof/plan.h"

static bool plan_format_known(const char *format)
{
    for (unsigned i = 0; pp_test_plan_format(i); i++)
        if (strcmp(format, pp_test_plan_format(i)) == 0) return true;
    complain("--format %s: expected text, json, markdown or csv", show(format));
    return false;
}

static bool write_plan(const struct pp_test_plan *plan, const char *format, const struct arguments *a)
{
    struct pp_report_options options = {0};
    terminal_options(a, &options);
    struct output *out = output_open(a->output);
    if (!out) return false;
    struct pp_sink sink = {output_write, out};
    bool ok = pp_test_plan_send(plan, format, &options, &sink);
    return output_close(out, ok) && ok;
}

/* What is due is what judging no packets at all finds missing. */
static int plan_site(struct session *s, const char *format, const struct arguments *a)
{
    const struct pp_report *report = pp_audit_judge(s->audit);
    struct pp_test_plan *plan = report ? pp_test_plan_of_site(report) : NULL;
    if (!plan) return complain("out of memory"), EXIT_INPUT;
    int status = write_plan(plan, format, a) ? EXIT_OK : EXIT_INPUT;
    pp_test_plan_destroy(plan);
    return status;
}

static int plan_report(struct session *s, const char *path, const char *format, const struct arguments *a)
{
    struct pp_error error = {0};
    size_t size;
    char *json = read_bytes(path, &size);
    struct pp_spec *effective = json ? effective_rules(s->spec, s->site) : NULL;
    struct pp_test_plan *plan = effective ? pp_test_plan_of_report(effective, s->site, json, size, &error) : NULL;
    int status = EXIT_INPUT;
    if (plan && write_plan(plan, format, a)) status = EXIT_OK;
    if (effective && !plan && error.line) complain("%s:%u:%u: %s", show(path), error.line, error.column, error.text);
    if (effective && !plan && !error.line) complain("%s: %s", show(path), error.text);
    pp_test_plan_destroy(plan);
    pp_spec_destroy(effective);
    free(json);
    return status;
}

int run_plan(struct arguments *a)
{
    struct session s;
    const char *format = a->format ? a->format : "text";
    if (!plan_format_known(format)) return EXIT_INPUT;
    if (!a->site) return complain("plan: no site named; expected --site FILE: without one no row is due"), EXIT_INPUT;
    if (a->operand_count > 1) return complain("plan: %s: expected one report at most", show(a->operands[1])), EXIT_INPUT;
    if (!session_open(&s, a)) return EXIT_INPUT;
    int status = a->operand_count ? plan_report(&s, a->operands[0], format, a) : plan_site(&s, format, a);
    session_close(&s);
    return status;
}
