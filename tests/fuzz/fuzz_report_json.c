/* Any text as a JSON report, for whoever reads one: compare (with a second one, behind the first NUL), the test plan, the firewall's
 * change. It is read or refused with words, and whatever is made of it is harmless in every format. */
#include "output.h"
#include "portproof/compare.h"
#include "portproof/firewall.h"
#include "portproof/plan.h"

static const char SITE[] = "name: s\nhosts:\n  - {name: tta1, address: 10.0.1.10, roles: [tarantella-server]}\n"
                           "  - {name: app1, address: [10.0.2.21, \"2001:db8::1\"], roles: [application-server]}\n";

static struct pp_spec *spec;
static struct pp_site *site;

static void check_error(const struct pp_error *error)
{
    size_t length = strlen(error->text);
    must(length > 0 && length < PP_ERROR_TEXT_MAX && is_harmless(error->text, length, ""));
}

static void check_comparison(const char *text, size_t size)
{
    const char *cut = memchr(text, 0, size);
    size_t first = cut ? (size_t)(cut - text) : size, second = cut ? size - first - 1 : size;
    struct pp_error error = {.text = ""};
    unsigned which = 2;
    struct pp_comparison *c = pp_compare(text, first, cut ? cut + 1 : text, second, NULL, 0, &error, &which);
    if (!c) {
        must(which < 2);
        check_error(&error);
        return;
    }
    size_t kept = 0, counted = 0;
    bool told_apart = true; /* every row by a name, as in reports of ours */
    for (size_t i = 0; i < c->row_count; i++) {
        const char *id = c->rows[i].id;
        kept += !c->rows[i].edge;
        told_apart &= *id && strspn(id, "abcdefghijklmnopqrstuvwxyz0123456789-") == strlen(id);
        for (size_t k = 0; k < i && told_apart && !c->rows[i].edge; k++) told_apart = c->rows[k].edge || strcmp(c->rows[k].id, id) != 0;
        must(c->rows[i].change < PP_CHANGE_COUNT && pp_change_name(c->rows[i].change));
    }
    for (unsigned i = 0; i < PP_CHANGE_COUNT; i++) counted += c->count[i];
    must(kept == counted);
    /* Of a report and itself, nothing that can be told has changed. */
    if (!cut && told_apart) must(!pp_comparison_is_worse(c) && !c->count[PP_GAINED] && !c->count[PP_LOST] && !c->count[PP_NOW_BLOCKED]);
    pp_comparison_destroy(c);
}

static void check_text(const char *format, const struct kept *out)
{
    if (!out->bytes) return;
    must(is_harmless(out->bytes, out->size, "\r\n\t"));
    if (strcmp(format, "json") == 0) check_json(out->bytes, out->size);
    if (strcmp(format, "csv") == 0) check_csv(out->bytes, out->size);
}

static void check_plan(const char *text, size_t size)
{
    const struct pp_report_options options = {.tool_version = "0", .utf8 = true, .width = 80};
    struct pp_error error = {.text = ""};
    struct pp_test_plan *plan = pp_test_plan_of_report(spec, site, text, size, &error);
    if (!plan) check_error(&error);
    for (unsigned i = 0; plan && pp_test_plan_format(i); i++) {
        struct kept out = {0};
        const struct pp_sink sink = {keep, &out};
        must(pp_test_plan_send(plan, pp_test_plan_format(i), &options, &sink));
        check_text(pp_test_plan_format(i), &out);
        free(out.bytes);
    }
    pp_test_plan_destroy(plan);
}

static void check_request(const char *text, size_t size, bool whole_edges)
{
    struct pp_error error = {.text = ""};
    struct pp_request *request = pp_request_of_report(text, size, whole_edges ? spec : NULL, whole_edges ? site : NULL, &error);
    if (!request) check_error(&error);
    for (unsigned i = 0; request && pp_request_format(i); i++) {
        struct kept out = {0};
        const struct pp_sink sink = {keep, &out};
        must(pp_request_send(request, pp_request_format(i), i & 1, "title", &sink));
        check_text(pp_request_format(i), &out);
        free(out.bytes);
    }
    pp_request_destroy(request);
}

static void check_rows(const char *text, size_t size)
{
    struct pp_error error = {.text = ""};
    bool *seen = calloc(spec->row_count + 1u, sizeof *seen);
    if (seen && !pp_report_rows_seen(spec, text, size, seen, &error)) check_error(&error);
    free(seen);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    struct pp_error error;
    const void *text = bytes;
    if (!spec) {
        bool before = memory_pause(true);
        spec = pp_spec_parse(pp_builtin_rules, pp_builtin_rules_size, &error);
        site = pp_site_parse(SITE, sizeof SITE - 1, spec, &error);
        memory_pause(before);
    }
    check_comparison(text, size);
    const uint8_t *cut = memchr(bytes, 0, size);
    if (cut) size = (size_t)(cut - bytes);
    check_plan(text, size);
    check_request(text, size, false);
    check_request(text, size, true);
    check_rows(text, size);
    return 0;
}
