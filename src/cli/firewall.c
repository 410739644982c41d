/* Firewall rules on their way out: of a port list and a site (rules export), and of a report (fix). */
#include "firewall.h"

#include <stdlib.h>
#include <string.h>

#include "portproof/firewall.h"
#include "text.h"

bool is_firewall_format(const char *format)
{
    for (unsigned i = 0; format && pp_request_format(i); i++)
        if (strcmp(format, pp_request_format(i)) == 0) return true;
    return false;
}

static void complain_of(const char *path, const struct pp_error *error)
{
    if (error->line)
        complain("%s:%u:%u: %s", show(path), error->line, error->column, error->text);
    else
        complain("%s: %s", show(path), error->text);
}

static bool send_request(const struct pp_request *request, const char *format, const char *title, const struct arguments *a)
{
    struct output *out = output_open(a->output);
    if (!out) return false;
    struct pp_sink sink = {output_write, out};
    bool ok = pp_request_send(request, format, a->stateless, title, &sink);
    return output_close(out, ok) && ok;
}

/* Which rows --seen has flows of; NULL and true without --seen. */
static bool load_seen(const struct arguments *a, const struct pp_spec *spec, bool **seen)
{
    struct pp_error error = {0};
    size_t size;
    *seen = NULL;
    if (!a->seen) return true;
    char *json = read_bytes(a->seen, &size);
    if (!json) return false;
    *seen = calloc(spec->row_count + 1u, sizeof **seen);
    bool ok = *seen && pp_report_rows_seen(spec, json, size, *seen, &error);
    if (!ok) complain_of(a->seen, &error);
    free(json);
    return ok;
}

bool export_firewall(const struct arguments *a, const struct pp_spec *spec)
{
    struct pp_site *site = NULL;
    bool *seen = NULL;
    if (!a->site) return complain("rules: --format %s needs --site: rules are between hosts", show(a->format)), false;
    bool ok = load_site(a, spec, &site) && load_seen(a, spec, &seen);
    struct pp_spec *effective = ok ? effective_rules(spec, site) : NULL;
    struct pp_request *request = effective ? pp_request_of_site(effective, site, seen) : NULL;
    if (ok && !request) complain("out of memory");
    struct text title;
    text_init(&title);
    text_printf(&title, "portproof %s: rules %s %s, site %s", PORTPROOF_VERSION, spec->name, spec->version,
                site && site->name ? site->name : "without a name");
    ok = request && !title.failed && send_request(request, a->format, title.bytes, a);
    text_finish(&title);
    pp_request_destroy(request);
    pp_spec_destroy(effective);
    pp_site_destroy(site);
    free(seen);
    return ok;
}

static struct pp_request *request_of_report(const struct arguments *a, const struct pp_spec *spec, const struct pp_site *site)
{
    struct pp_error error = {0};
    size_t size;
    char *json = read_bytes(a->operands[0], &size);
    if (!json) return NULL;
    struct pp_request *request = pp_request_of_report(json, size, spec, site, &error);
    if (!request) complain_of(a->operands[0], &error);
    free(json);
    return request;
}

static bool send_proposal(const struct arguments *a, const char *format, const struct pp_request *request)
{
    struct text title;
    text_init(&title);
    text_printf(&title, "portproof %s: a proposal made of %s, to be read before it is used", PORTPROOF_VERSION, a->operands[0]);
    bool ok = !title.failed && send_request(request, format, title.bytes, a);
    text_finish(&title);
    return ok;
}

int run_fix(struct arguments *a)
{
    const char *format = a->format ? a->format : "nftables";
    struct pp_spec *spec = NULL, *effective = NULL;
    struct pp_site *site = NULL;
    if (!is_firewall_format(format))
        return complain("--format %s: expected nftables, iptables, cisco-acl or csv", show(format)), EXIT_INPUT;
    if (a->operand_count != 1) return complain("fix: expected one report, REPORT.json"), EXIT_INPUT;
    if (a->rules && !a->site) return complain("fix: --rules has a meaning with --site only"), EXIT_INPUT;
    bool ok = !a->site || ((spec = load_rules(a)) != NULL && load_site(a, spec, &site));
    if (ok && a->site) ok = (effective = effective_rules(spec, site)) != NULL;
    struct pp_request *request = ok ? request_of_report(a, effective, site) : NULL;
    ok = request && send_proposal(a, format, request);
    pp_request_destroy(request);
    pp_spec_destroy(effective);
    pp_site_destroy(site);
    pp_spec_destroy(spec);
    return ok ? EXIT_OK : EXIT_INPUT;
}
