/* What the verdict rests on: what the capture cannot tell, the captures themselves, the rules, the site, the options. */
#include <inttypes.h>
#include <stdio.h>

#include "address.h"
#include "clock.h"
#include "html.h"
#include "portproof/decode.h"

/* --- facts by name ------------------------------------------------------------------------------------------------------------ */

static void begin_fact(struct page *p, const char *name) { text_printf(p->out, "<div><dt>%s</dt><dd>", name); }
static void end_fact(struct page *p) { text_add(p->out, "</dd></div>"); }

static void add_fact(struct page *p, const char *name, const char *value)
{
    begin_fact(p, name);
    add_html(p->out, value);
    end_fact(p);
}

static void add_number_fact(struct page *p, const char *name, uint64_t value)
{
    char n[32];
    add_fact(p, name, grouped(value, n));
}

static void add_share(struct page *p, const char *name, double share, const char *of)
{
    begin_fact(p, name);
    text_printf(p->out, "%s%.1f %% %s", share > 0 && share < 0.0005 ? "less than " : "", share > 0 && share < 0.0005 ? 0.1 : share * 100,
                of);
    end_fact(p);
}

void html_limits(struct page *p)
{
    const struct pp_fitness *f = &p->report->fitness;
    text_add(p->out, "<dl class=\"facts\">");
    add_fact(p, "fitness", pp_grade_name(f->grade));
    if (f->drops_known)
        add_number_fact(p, "packets lost", f->drops);
    else
        add_fact(p, "packets lost", "unknown");
    add_share(p, "cut short", f->truncated_share, "of the frames");
    add_share(p, "one side only", f->half_seen_share, "of the flows");
    add_number_fact(p, "gaps in time", f->gap_count);
    text_add(p->out, "</dl>\n");
    if (!f->note_count) return;
    text_add(p->out, "<ul class=\"plain\">\n");
    for (uint32_t i = 0; i < f->note_count; i++) add_element(p->out, "li", NULL, f->notes[i]), text_add(p->out, "\n");
    text_add(p->out, "</ul>\n");
}

void html_roles(struct page *p)
{
    const struct pp_site *site = p->report->site;
    uint32_t most = p->options->all ? UINT32_MAX : HTML_FINDINGS_MAX;
    if (!site->host_count) {
        text_add(p->out, "<p>Nobody was recognised: no answered connection told who is a server of this list.</p>\n");
        return;
    }
    text_add(
        p->out,
        "<table><thead><tr><th scope=\"col\">Name</th><th scope=\"col\">Address</th><th scope=\"col\">Roles</th></tr></thead><tbody>\n");
    for (uint32_t h = 0; h < site->host_count && h < most; h++) {
        char address[ADDRESS_TEXT_MAX];
        const struct pp_host *host = &site->hosts[h];
        if (host->is_prefix)
            snprintf(address, sizeof address, "%u hosts", host->prefix_count);
        else
            address_text(&host->prefixes[0].address, address);
        text_add(p->out, "<tr><th scope=\"row\">");
        add_html(p->out, host->name);
        text_printf(p->out, "</th><td class=\"service\">%s</td><td>", address);
        for (unsigned r = 0, n = 0; r < p->report->spec->role_count; r++)
            if (host->roles >> r & 1) text_add(p->out, n++ ? ", " : ""), add_html(p->out, p->report->spec->roles[r].name);
        text_add(p->out, "</td></tr>\n");
    }
    text_add(p->out, "</tbody></table>\n");
    if (site->host_count > most) text_printf(p->out, "<p class=\"note\">and %u more; --all shows every one</p>\n", site->host_count - most);
    text_add(p->out, "<p class=\"note\">Write them to a file with <code>portproof discover</code>, correct it, and judge again with "
                     "<code>--site</code>.</p>\n");
}

/* --- a capture --------------------------------------------------------------------------------------------------------------- */

static void add_links(struct page *p, const struct pp_capture_info *c)
{
    begin_fact(p, "link type");
    for (unsigned i = 0; i < c->link_count; i++)
        text_printf(p->out, "%s%s (%u)", i ? ", " : "", pp_link_name(c->link_types[i]), c->link_types[i]);
    end_fact(p);
}

static void add_account(struct page *p, const struct pp_live_account *a)
{
    add_number_fact(p, "received", a->received);
    add_number_fact(p, "judged", pp_account_judged(a));
    for (unsigned i = 0; i < PP_DECODED_COUNT; i++) {
        char name[64];
        if (i == PP_DECODED || i == PP_ICMP_ERROR || !a->by_result[i]) continue;
        snprintf(name, sizeof name, "not judged: %s", pp_decoded_name((enum pp_decoded)i));
        add_number_fact(p, name, a->by_result[i]);
    }
    if (a->outside_time) add_number_fact(p, "not judged: outside time", a->outside_time);
    if (a->no_room) add_number_fact(p, "not judged: no room", a->no_room);
    if (a->discarded) add_number_fact(p, "not judged: discarded", a->discarded);
    add_number_fact(p, "dropped", a->dropped);
    if (a->interface_known) add_number_fact(p, "lost by the interface", a->interface_dropped);
    if (a->gaps_in_all) add_number_fact(p, "times the link was not there", a->gaps_in_all);
}

static void add_capture_times(struct page *p, const struct pp_capture_info *c)
{
    char first[TIME_TEXT_MAX], last[TIME_TEXT_MAX];
    if (c->first_ns == PP_NO_FIRST) return;
    add_fact(p, "first packet", time_readable(c->first_ns, p->options->local_time, first));
    add_fact(p, "last packet", time_readable(c->last_ns, p->options->local_time, last));
}

static void add_capture(struct page *p, const struct pp_capture_info *c)
{
    text_add(p->out, "<article class=\"capture\">");
    add_element(p->out, "h3", NULL, c->name);
    if (c->failed) add_element(p->out, "p", "error", c->error.text);
    text_add(p->out, "<dl class=\"facts wide\">");
    begin_fact(p, "format");
    text_printf(p->out, "%s%s%s", c->format, c->compression ? ", " : "", c->compression ? c->compression : "");
    end_fact(p);
    add_number_fact(p, "packets", c->packets);
    if (!c->live) add_number_fact(p, "bytes", c->bytes);
    if (c->link_count) add_links(p, c);
    if (c->snap_length) add_number_fact(p, "snap length", c->snap_length);
    add_capture_times(p, c);
    if (c->live)
        add_account(p, &c->account);
    else if (c->drops_known)
        add_number_fact(p, "packets lost", c->drops);
    else
        add_fact(p, "packets lost", "unknown: the format does not say");
    if (c->filtered) add_number_fact(p, "left out by the filter", c->filtered);
    if (c->truncated) add_fact(p, "end", "cut short");
    add_fact(p, "SHA-256", *c->sha256 ? c->sha256 : c->live ? "none: live" : "not asked for; see --hash");
    text_add(p->out, "</dl></article>\n");
}

/* --- rules, site, options ------------------------------------------------------------------------------------------------------ */

static void add_rules(struct page *p)
{
    const struct pp_spec *spec = p->report->spec;
    text_add(p->out, "<article class=\"capture\"><h3>Rules</h3><dl class=\"facts wide\">");
    add_fact(p, "name", spec->name);
    add_fact(p, "version", spec->version);
    add_number_fact(p, "rows", spec->row_count);
    if (spec->source) add_fact(p, "published", spec->source);
    add_fact(p, "SHA-256", spec->sha256);
    text_add(p->out, "</dl></article>\n");
}

static void add_features(struct page *p)
{
    static const char *const settings[] = {[PP_SET_ON] = "on", [PP_SET_OFF] = "off", [PP_SET_AUTO] = "auto"};
    const struct pp_spec *spec = p->report->spec;
    for (enum pp_setting setting = PP_SET_OFF;; setting--) { /* off, on, auto: what was switched off matters most */
        unsigned n = 0;
        for (uint16_t f = 0; f < spec->feature_count; f++) {
            if (pp_site_feature(p->report->site, spec, f, PP_NONE) != setting) continue;
            if (!n) text_printf(p->out, "<div><dt>features %s</dt><dd>", settings[setting]);
            text_add(p->out, n++ ? ", " : "");
            add_html(p->out, spec->features[f].name);
        }
        if (n) end_fact(p);
        if (setting == PP_SET_AUTO) break;
    }
}

static void add_site(struct page *p)
{
    const struct pp_site *site = p->report->site;
    text_add(p->out, "<article class=\"capture\"><h3>Site</h3><dl class=\"facts wide\">");
    if (site->name) add_fact(p, "name", site->name);
    add_fact(p, "file", site->inferred ? "none: roles inferred from the traffic" : p->options->site_name ? p->options->site_name : "");
    add_number_fact(p, "hosts", site->host_count);
    if (*site->sha256) add_fact(p, "SHA-256", site->sha256);
    add_features(p);
    text_add(p->out, "</dl></article>\n");
}

static void add_run(struct page *p)
{
    const struct pp_report *r = p->report;
    text_add(p->out, "<article class=\"capture\"><h3>Run</h3><dl class=\"facts wide\">");
    begin_fact(p, "program");
    text_add(p->out, "portproof ");
    add_html(p->out, p->options->tool_version);
    end_fact(p);
    begin_fact(p, "options that change the result");
    for (size_t i = 0; i < p->options->option_count; i++)
        text_add(p->out, i ? " " : ""), add_element(p->out, "code", NULL, p->options->options[i]);
    if (!p->options->option_count) text_add(p->out, "none");
    end_fact(p);
    for (unsigned i = 0; i < PP_DECODED_COUNT; i++) {
        char name[64];
        snprintf(name, sizeof name, "frames: %s", pp_decoded_name((enum pp_decoded)i));
        if (r->counters->by_result[i]) add_number_fact(p, name, r->counters->by_result[i]);
    }
    if (p->options->outside_time) add_number_fact(p, "frames: outside the time asked for", p->options->outside_time);
    add_number_fact(p, "flows expected", r->summary.expected);
    add_number_fact(p, "flows unexpected", r->summary.unexpected);
    add_number_fact(p, "flows undetermined", r->summary.undetermined);
    add_number_fact(p, "flows waived", r->summary.exempt);
    add_number_fact(p, "flows out of scope", r->summary.out_of_scope);
    text_add(p->out, "</dl></article>\n");
}

void html_evidence(struct page *p)
{
    for (uint32_t i = 0; i < p->report->capture_count; i++) add_capture(p, &p->report->captures[i]);
    add_rules(p);
    add_site(p);
    add_run(p);
}
