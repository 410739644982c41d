#include <stdlib.h>
#include <string.h>

#include "cli.h"
#include "firewall.h"
#include "text.h"

static void list_rows(struct text *out, const struct pp_spec *spec)
{
    text_printf(out, "%-20s %-19s    %-19s %-26s %s\n", "row", "from", "to", "ports", "feature");
    for (uint16_t r = 0; r < spec->row_count; r++) {
        const struct pp_row *row = &spec->rows[r];
        text_printf(out, "%-20s %-19s -> %-19s %-26s %s\n", row->id, spec->roles[row->from].name, spec->roles[row->to].name,
                    row->ports_text, spec->features[row->feature].name);
    }
}

static bool add_stats(struct text *out, const struct pp_spec *spec)
{
    struct pp_port_index *index = pp_port_index_create(spec);
    if (!index) return complain("the rules' ports need too many pages in the port index"), false;
    struct pp_port_index_stats stats = pp_port_index_stats(index);
    text_printf(out, "port index: %u classes, %u pages of %u ports, %zu bytes hot, %zu bytes in all; a flat one would take %zu bytes\n",
                stats.classes, stats.pages, PP_PAGE_PORTS, stats.hot_bytes, stats.total_bytes, stats.flat_bytes);
    pp_port_index_destroy(index);
    return true;
}

static bool check(struct text *out, const struct pp_spec *spec, bool stats)
{
    text_printf(out, "%s %s: %u rows, %u roles, %u features, %u companion%s; no mistake found\nsha256 %s\n", spec->name,
                show(spec->version), spec->row_count, spec->role_count, spec->feature_count, spec->companion_count,
                spec->companion_count == 1 ? "" : "s", spec->sha256);
    return !stats || add_stats(out, spec);
}

static bool export_rules(struct text *out, const struct pp_spec *spec, const char *format)
{
    static const struct {
        const char *name;
        enum pp_spec_format format;
    } formats[] = {{"yaml", PP_SPEC_YAML}, {"tsv", PP_SPEC_TSV}, {"json", PP_SPEC_JSON}};
    for (size_t i = 0; i < sizeof formats / sizeof *formats; i++) {
        if (strcmp(formats[i].name, format ? format : "yaml") != 0) continue;
        char *bytes;
        size_t size;
        if (!pp_spec_export(spec, formats[i].format, &bytes, &size)) return complain("out of memory"), false;
        text_add_bytes(out, bytes, size);
        free(bytes);
        return true;
    }
    complain("--format %s: expected yaml, tsv or json; or, with --site, nftables, iptables, cisco-acl or csv", show(format));
    return false;
}

int run_rules(struct arguments *a)
{
    const char *what = a->operand_count ? a->operands[0] : "";
    bool checks = strcmp(what, "check") == 0, lists = strcmp(what, "list") == 0, exports = strcmp(what, "export") == 0;
    if ((!checks && !lists && !exports) || a->operand_count > 2)
        return complain("rules: %s: expected check, list or export, and at most one file", a->operand_count ? show(what) : "nothing named"),
               EXIT_INPUT;
    if (a->operand_count == 2) a->rules = a->operands[1];
    struct pp_spec *spec = load_rules(a);
    if (!spec) return EXIT_INPUT;
    if (exports && is_firewall_format(a->format)) {
        bool written = export_firewall(a, spec);
        pp_spec_destroy(spec);
        return written ? EXIT_OK : EXIT_INPUT;
    }
    struct text out;
    text_init(&out);
    bool ok = true;
    if (lists) list_rows(&out, spec);
    if (checks) ok = check(&out, spec, a->stats);
    if (exports) ok = export_rules(&out, spec, a->format);
    ok = ok && !out.failed && write_out(a, out.bytes, out.length);
    text_finish(&out);
    pp_spec_destroy(spec);
    return ok ? EXIT_OK : EXIT_INPUT;
}
