/* Any text as a report that a test plan and firewall rules are made of, and whatever comes of it in every format. */
#include <string.h>

#include "portproof/firewall.h"
#include "portproof/plan.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool take(void *context, const char *bytes, size_t size)
{
    (void)context;
    return size == 0 || bytes != NULL;
}

static const char SITE[] = "name: s\nhosts:\n  - {name: tta1, address: 10.0.1.10, roles: [tarantella-server]}\n"
                           "  - {name: app1, address: [10.0.2.21, \"2001:db8::1\"], roles: [application-server]}\n";

static void write_all(struct pp_request *request, const struct pp_sink *sink)
{
    for (unsigned i = 0; request && pp_request_format(i); i++) pp_request_send(request, pp_request_format(i), true, "title", sink);
    pp_request_destroy(request);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct pp_spec *spec;
    static struct pp_site *site;
    struct pp_error error;
    const struct pp_report_options options = {.tool_version = "0", .utf8 = true, .width = 80};
    const struct pp_sink sink = {take, NULL};
    if (!spec) spec = pp_spec_parse(pp_builtin_rules, pp_builtin_rules_size, &error);
    if (!site) site = pp_site_parse(SITE, sizeof SITE - 1, spec, &error);
    struct pp_test_plan *plan = pp_test_plan_of_report(spec, site, (const char *)data, size, &error);
    for (unsigned i = 0; plan && pp_test_plan_format(i); i++) pp_test_plan_send(plan, pp_test_plan_format(i), &options, &sink);
    pp_test_plan_destroy(plan);
    write_all(pp_request_of_report((const char *)data, size, NULL, NULL, &error), &sink);
    write_all(pp_request_of_report((const char *)data, size, spec, site, &error), &sink);
    return 0;
}
