/* Pieces of the text report, for a screen that shows one thing at a time. Each is made of what the report is made of. */
#include <inttypes.h>
#include <string.h>

#include "formats.h"
#include "terminal.h"

static struct page begin_page(const struct pp_report *report, const struct pp_report_options *options, struct text *out)
{
    text_init(out);
    return (struct page){.report = report, .options = options, .out = out, .width = options->width ? options->width : WIDTH_DEFAULT};
}

/* --- a row ---------------------------------------------------------------------------------------------------------------- */

static void add_line(struct text *out, const char *label, const char *words)
{
    text_printf(out, "    %s", label);
    add_safe(out, words);
    text_add(out, "\n");
}

/* The site's hosts that hold a role; of those that were only inferred there may be thousands. */
static void add_holders(struct text *out, const struct pp_site *site, uint16_t role)
{
    enum { INFERRED_MAX = 8 };
    unsigned n = 0;
    for (uint32_t h = 0; site && h < site->host_count; h++) {
        if (!(site->hosts[h].roles >> role & 1)) continue;
        if (n++ >= INFERRED_MAX && site->inferred) continue;
        text_add(out, n > 1 ? ", " : " (");
        add_safe(out, site->hosts[h].name);
    }
    if (n > INFERRED_MAX && site->inferred) text_printf(out, " and %u more", n - INFERRED_MAX);
    if (n) text_add(out, ")");
    if (site && !n) text_add(out, " (nobody at this site)");
}

/* What has to be seen before the row counts as proven. */
static const char *const proofs[PP_COVERAGE_COUNT] = {[PP_EACH_DESTINATION] = "one connection to each destination",
                                                      [PP_EACH_SOURCE] = "one connection from each source",
                                                      [PP_EACH_PAIR] = "one connection from each source to each destination",
                                                      [PP_EACH_UNORDERED_PAIR] = "one connection between each two hosts",
                                                      [PP_EACH_PORT] = "one connection on each port",
                                                      [PP_ONCE] = "one connection"};

static void add_proof(struct text *out, const struct pp_spec *spec, const struct pp_row *row)
{
    text_printf(out, "\n    proven by %s", proofs[row->coverage]);
    for (uint16_t r = 0, n = 0; row->any_of && r < spec->row_count; r++) {
        const struct pp_row *other = &spec->rows[r];
        if (other != row && other->any_of && strcmp(other->any_of, row->any_of) == 0)
            text_printf(out, n++ ? ", %s" : "; excused by %s", other->id);
    }
    text_add(out, "\n");
}

bool pp_row_explain(const struct pp_spec *spec, const struct pp_site *site, uint16_t number, const struct pp_sink *sink)
{
    static const char *const settings[] = {[PP_SET_AUTO] = "auto", [PP_SET_ON] = "on", [PP_SET_OFF] = "off"};
    const struct pp_row *row = &spec->rows[number];
    struct text out;
    text_init(&out);
    text_printf(&out, "  %s   %s -> %s   %s%s\n", row->id, spec->roles[row->from].name, spec->roles[row->to].name, row->ports_text,
                row->wide ? "   (wide: proves little)" : "");
    add_line(&out, "", row->purpose);
    text_add(&out, "    from      ");
    add_safe(&out, spec->roles[row->from].title);
    add_holders(&out, site, row->from);
    text_add(&out, "\n    to        ");
    add_safe(&out, spec->roles[row->to].title);
    add_holders(&out, site, row->to);
    text_add(&out, "\n");
    add_line(&out, "applies   ", row->condition);
    text_printf(&out, "    feature   %s", spec->features[row->feature].name);
    if (site) text_printf(&out, ", %s at this site", settings[pp_site_feature(site, spec, row->feature, PP_NONE)]);
    add_proof(&out, spec, row);
    if (row->announces_callback)
        text_add(&out, "    callback  the source may announce a port, and the destination then connects back to it\n");
    if (row->one_way) text_add(&out, "    one-way   nothing comes back, and that is healthy\n");
    if (row->page_line) {
        text_add(&out, "    source    ");
        add_safe(&out, spec->source);
        text_printf(&out, ", line %u\n", row->page_line);
    }
    return send_and_finish(&out, sink);
}

bool pp_row_write(const struct pp_report *report, uint16_t number, const struct pp_report_options *options, const struct pp_sink *sink)
{
    enum { LABEL = 14 };
    const struct pp_row_result *row = &report->rows[number];
    char flows[32], packets[32];
    struct text out;
    struct page page = begin_page(report, options, &out);
    text_printf(&out, "    in all    %s %s%s, %s flow%s, %s packet%s\n", pp_state_sign(row->state, options->utf8),
                pp_state_name(row->state), row->due ? "" : ", not due", grouped(row->flows, flows), plural(row->flows),
                grouped(row->packets, packets), plural(row->packets));
    if (row->edge_count) {
        text_add(&out, "    edges     ");
        add_edges(&page, LABEL, LABEL, number);
    }
    return send_and_finish(&out, sink);
}

/* --- a finding, and the verdict --------------------------------------------------------------------------------------------- */

bool pp_finding_write(const struct pp_report *report, const struct pp_finding *finding, const struct pp_report_options *options,
                      const struct pp_sink *sink)
{
    struct text out;
    struct page page = begin_page(report, options, &out);
    add_finding(&page, finding);
    if (*finding->community_id) text_printf(&out, "%*sCommunity ID %s\n", 11, "", finding->community_id);
    return send_and_finish(&out, sink);
}

bool pp_verdict_write(const struct pp_report *report, const struct pp_report_options *options, const struct pp_sink *sink)
{
    struct text out;
    struct page page = begin_page(report, options, &out);
    add_head(&page);
    add_verdict(&page);
    add_todo(&page);
    add_limits(&page);
    return send_and_finish(&out, sink);
}
