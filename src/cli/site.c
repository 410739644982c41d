#include <string.h>

#include "cli.h"
#include "text.h"

static void add_hosts(struct text *out, const struct pp_spec *spec, const struct pp_site *site)
{
    for (uint32_t h = 0; h < site->host_count; h++) {
        const struct pp_host *host = &site->hosts[h];
        text_add(out, "  ");
        text_add_escaped(out, host->name, strlen(host->name));
        text_printf(out, "%s %u %s%s:", host->primary ? " (primary)" : "", host->prefix_count, host->is_prefix ? "prefix" : "address",
                    host->prefix_count == 1 ? "" : "es");
        for (unsigned r = 0, n = 0; r < spec->role_count; r++)
            if (host->roles >> r & 1) text_printf(out, n++ ? ", %s" : " %s", spec->roles[r].name);
        text_add(out, "\n");
    }
}

static void summarise(struct text *out, const struct pp_spec *spec, const struct pp_site *site)
{
    static const char *const settings[] = {[PP_SET_AUTO] = "auto", [PP_SET_ON] = "on", [PP_SET_OFF] = "off"};
    text_printf(out, "%u host%s, %u waiver%s, %u row%s changed, array of %u\n", site->host_count, site->host_count == 1 ? "" : "s",
                site->waiver_count, site->waiver_count == 1 ? "" : "s", site->change_count, site->change_count == 1 ? "" : "s",
                pp_site_array_members(site, spec));
    add_hosts(out, spec, site);
    for (int setting = PP_SET_ON; setting <= PP_SET_OFF; setting++) {
        unsigned n = 0;
        for (uint16_t f = 0; f < spec->feature_count; f++) {
            if ((int)pp_site_feature(site, spec, f, PP_NONE) != setting) continue;
            if (n++ == 0)
                text_printf(out, "  features %s: ", settings[setting]);
            else
                text_add(out, ", ");
            text_add(out, spec->features[f].name);
        }
        if (n) text_add(out, "\n");
    }
    for (uint32_t w = 0; w < site->warning_count; w++) {
        text_printf(out, "warning: line %u: ", site->warnings[w].line);
        text_add_escaped(out, site->warnings[w].text, strlen(site->warnings[w].text));
        text_add(out, "\n");
    }
    if (!site->warning_count) text_add(out, "no mistake and nothing suspicious found\n");
}

int run_site(struct arguments *a)
{
    if (a->operand_count != 2 || strcmp(a->operands[0], "check") != 0) return complain("site: expected check FILE"), EXIT_INPUT;
    a->site = a->operands[1];
    struct pp_spec *spec = load_rules(a);
    struct pp_site *site = NULL;
    int status = EXIT_INPUT;
    if (spec && load_site(a, spec, &site)) {
        struct text out;
        text_init(&out);
        summarise(&out, spec, site);
        if (!out.failed && write_out(a, out.bytes, out.length)) status = EXIT_OK;
        text_finish(&out);
    }
    pp_site_destroy(site);
    pp_spec_destroy(spec);
    return status;
}
