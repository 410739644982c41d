/* The report for a terminal, worst first (domain.md, what the report owes). Everything that a site file or a capture named
 * is escaped on its way here. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "address.h"
#include "clock.h"
#include "formats.h"
#include "terminal.h"

enum {
    WIDTH_LEAST = 60,
    TODO_MAX = 10,        /* lines under DO FIRST */
    GROUP_MAX = 15,       /* findings shown of one group; --all shows every one */
    UNOBSERVABLE_MAX = 6, /* edges of a row that could not be seen; likewise */
    CAPTURES_MAX = 8,
};

/* --- who ---------------------------------------------------------------------------------------------------------- */

/* A name says who it is; the address is added where the name alone stands for several. */
static void add_party(const struct page *p, struct text *text, const struct pp_party *party)
{
    char address[ADDRESS_TEXT_MAX];
    if (!party->address.family && !*party->name) {
        for (unsigned r = 0, n = 0; r < p->report->spec->role_count; r++)
            if (party->roles >> r & 1) text_printf(text, n++ ? "/%s" : "any %s", p->report->spec->roles[r].name);
        return;
    }
    add_safe(text, party->name);
    if (!party->address.family) return;
    address_text(&party->address, address);
    if (!*party->name) {
        text_add(text, address);
        return;
    }
    struct pp_site_entry entry = pp_site_find(p->report->site, &party->address);
    const struct pp_host *host = entry.host == PP_NONE ? NULL : &p->report->site->hosts[entry.host];
    if (p->report->site->inferred || !host || host->is_prefix || host->prefix_count > 1) text_printf(text, " (%s)", address);
}

static const struct pp_party *shown_initiator(const struct pp_finding *f)
{
    return f->kind == PP_FIND_BLOCKED && f->tried_by.address.family ? &f->tried_by : &f->initiator;
}

static const struct pp_party *shown_responder(const struct pp_finding *f)
{
    return f->kind == PP_FIND_BLOCKED && f->tried_at.address.family ? &f->tried_at : &f->responder;
}

void add_pair(const struct page *p, struct text *text, const struct pp_finding *f)
{
    const struct pp_row *row = f->row == PP_NONE ? NULL : &p->report->spec->rows[f->row];
    bool undirected = f->kind == PP_FIND_MISSING
                          ? f->row != PP_NONE && row->coverage == PP_EACH_UNORDERED_PAIR
                          : f->kind != PP_FIND_BLOCKED && f->basis == PP_BASIS_NONE && f->reason != PP_REASON_FRAGMENT;
    add_party(p, text, shown_initiator(f));
    text_printf(text, " %s ", sign(p, undirected ? SIGN_BOTH_WAYS : SIGN_ARROW));
    add_party(p, text, shown_responder(f));
    text_add(text, "  ");
    if (f->has_port)
        text_printf(text, "%u/%s", f->port, pp_transport_name(f->transport));
    else if (row && f->kind == PP_FIND_MISSING)
        add_safe(text, row->ports_text);
    else
        text_add(text, pp_transport_name(f->transport));
}

/* What ties the finding to the list: its row, or the row it misses and how. */
static void add_tie(const struct page *p, struct text *text, const struct pp_finding *f)
{
    if (f->reason != PP_REASON_NONE) text_printf(text, "  %s", pp_reason_name(f->reason));
    if (f->row != PP_NONE) text_printf(text, "  row %s", p->report->spec->rows[f->row].id);
    if (f->nearest_row != PP_NONE) text_printf(text, "  nearest row %s", p->report->spec->rows[f->nearest_row].id);
    for (unsigned i = 0; pp_label_name(i); i++)
        if (f->labels >> i & 1) text_printf(text, "  [%s]", pp_label_name(i));
}

/* "3 flows, 12+9 packets from 2026-11-20 09:58:11 UTC, frame 17 of capture 2; direction proven: handshake" */
static void add_evidence(const struct page *p, struct text *text, const struct pp_finding *f)
{
    char n[32], when[TIME_TEXT_MAX];
    text_printf(text, "%s flow%s, %" PRIu64 "+%" PRIu64 " packets", grouped(f->flows, n), plural(f->flows), f->packets[0], f->packets[1]);
    if (f->first_ns != PP_NO_FIRST) text_printf(text, " from %s", time_readable(f->first_ns, p->options->local_time, when));
    if (f->first_frame != UINT64_MAX) {
        text_printf(text, ", frame %" PRIu64, pp_frame_number(f->first_frame));
        if (p->report->capture_count > 1) text_printf(text, " of capture %u", pp_frame_capture(f->first_frame) + 1u);
    }
    if (f->basis != PP_BASIS_NONE) text_printf(text, "; direction %s: %s", pp_confidence_name(f->basis), pp_basis_name(f->basis));
}

/* --- head --------------------------------------------------------------------------------------------------------- */

static void add_capture(struct page *p, const struct pp_capture_info *c)
{
    char n[32], time[TIME_TEXT_MAX], duration[TIME_TEXT_MAX];
    struct text line;
    text_init(&line);
    add_safe(&line, c->name);
    text_printf(&line, " %s %s packet%s", sign(p, SIGN_BETWEEN), grouped(c->packets, n), plural(c->packets));
    if (c->first_ns != PP_NO_FIRST)
        text_printf(&line, " %s %s from %s", sign(p, SIGN_BETWEEN), duration_readable(c->last_ns - c->first_ns, duration),
                    time_readable(c->first_ns, p->options->local_time, time));
    text_printf(&line, " %s %s", sign(p, SIGN_BETWEEN), c->format);
    if (c->compression) text_printf(&line, " (%s)", c->compression);
    add_paragraph(p, 0, 2, INK_PLAIN, line.bytes ? line.bytes : "");
    text_finish(&line);
    if (!c->failed) return;
    text_add(p->out, "  ");
    struct text error;
    text_init(&error);
    add_safe(&error, c->error.text);
    add_paragraph(p, 2, 4, INK_RED, error.bytes ? error.bytes : "");
    text_finish(&error);
}

void add_head(struct page *p)
{
    const struct pp_report *r = p->report;
    struct text line;
    text_init(&line);
    text_printf(&line, "portproof %s %s rules ", p->options->tool_version, sign(p, SIGN_BETWEEN));
    add_safe(&line, r->spec->name);
    text_add(&line, " ");
    add_safe(&line, r->spec->version);
    text_printf(&line, " (%u rows) %s ", r->spec->row_count, sign(p, SIGN_BETWEEN));
    if (r->site->inferred)
        text_printf(&line, "no site file (%u hosts, roles inferred from the traffic)", r->site->host_count);
    else {
        text_add(&line, "site ");
        add_safe(&line, p->options->site_name ? p->options->site_name : "");
        text_printf(&line, " (%u host%s, roles given)", r->site->host_count, plural(r->site->host_count));
    }
    add_paragraph(p, 0, 2, INK_PLAIN, line.bytes ? line.bytes : "");
    text_finish(&line);
    for (uint32_t i = 0; i < r->capture_count && (i < CAPTURES_MAX || p->options->all || r->captures[i].failed); i++)
        add_capture(p, &r->captures[i]);
    if (r->capture_count > CAPTURES_MAX && !p->options->all) text_printf(p->out, "%u captures in all\n", r->capture_count);
    if (r->fitness.drops_known)
        text_printf(p->out, "fitness %s, %" PRIu64 " packets lost while capturing\n", pp_grade_name(r->fitness.grade), r->fitness.drops);
    else
        text_printf(p->out, "fitness %s, loss unknown\n", pp_grade_name(r->fitness.grade));
    const struct pp_totals *t = &r->fitness.totals;
    if (t->live)
        text_printf(p->out, "%" PRIu64 " packets received: %" PRIu64 " judged, %" PRIu64 " not judged, %" PRIu64 " dropped\n", t->received,
                    t->judged, t->not_judged, t->dropped);
}

void add_verdict(struct page *p)
{
    static const enum ink inks[PP_COMPLIANCE_COUNT] = {
        [PP_COMPLIANT] = INK_GREEN, [PP_NON_COMPLIANT] = INK_RED, [PP_INCONCLUSIVE] = INK_YELLOW};
    static const char *const words[PP_COMPLIANCE_COUNT] = {
        [PP_COMPLIANT] = "COMPLIANT", [PP_NON_COMPLIANT] = "NON-COMPLIANT", [PP_INCONCLUSIVE] = "INCONCLUSIVE"};
    const struct pp_report *r = p->report;
    text_add(p->out, "\n");
    add_ink(p, inks[r->verdict], words[r->verdict], 0);
    struct text line;
    text_init(&line);
    for (uint32_t i = 0; i < r->verdict_reason_count; i++) {
        if (i) text_printf(&line, " %s ", sign(p, SIGN_BETWEEN));
        add_safe(&line, r->verdict_reasons[i]);
    }
    if (!r->verdict_reason_count) text_add(&line, "every due row is proven, and nothing unexpected got through");
    text_add(p->out, "   ");
    add_paragraph(p, columns(words[r->verdict]) + 3, columns(words[r->verdict]) + 3, INK_PLAIN, line.bytes ? line.bytes : "");
    text_finish(&line);
    text_init(&line);
    text_printf(&line, "%u of %u rows seen to work, %u blocked, %u missing; ", r->summary.rows[PP_STATE_EXPECTED], r->spec->row_count,
                r->summary.rows[PP_STATE_BLOCKED], r->summary.rows[PP_STATE_MISSING]);
    if (r->summary.unexpected)
        text_printf(&line, "%" PRIu64 " unexpected flow%s, %" PRIu64 " got through", r->summary.unexpected, plural(r->summary.unexpected),
                    r->summary.got_through);
    else
        text_add(&line, "no unexpected flow");
    text_printf(p->out, "%*s", (int)columns(words[r->verdict]) + 3, "");
    add_paragraph(p, columns(words[r->verdict]) + 3, columns(words[r->verdict]) + 3, INK_DIM, line.bytes ? line.bytes : "");
    text_finish(&line);
}

/* --- findings ------------------------------------------------------------------------------------------------------ */

static enum ink finding_ink(const struct pp_finding *f)
{
    if (f->kind == PP_FIND_BLOCKED || f->kind == PP_FIND_WAIVER_EXPIRED) return INK_RED;
    if (f->kind == PP_FIND_UNEXPECTED && f->got_through == PP_YES) return INK_RED;
    return INK_YELLOW;
}

static void add_words(struct page *p, unsigned at, const char *words)
{
    struct text line;
    text_init(&line);
    add_safe(&line, words);
    text_printf(p->out, "%*s", (int)at, "");
    add_paragraph(p, at, at, INK_PLAIN, line.bytes ? line.bytes : "");
    text_finish(&line);
}

/* "app1 → tta2  515/tcp" at column `at`, padded to `width`; broken before the arrow where it finds no room. */
static void add_pair_ink(struct page *p, unsigned at, const char *pair, unsigned width)
{
    const char *arrow = NULL;
    for (unsigned s = SIGN_ARROW; s <= SIGN_BOTH_WAYS && at + columns(pair) > p->width && !arrow; s++) {
        char spaced[8];
        snprintf(spaced, sizeof spaced, " %s ", sign(p, (enum sign)s));
        arrow = strstr(pair, spaced);
    }
    if (!arrow) {
        add_ink(p, INK_BOLD, pair, width);
        return;
    }
    struct text first;
    text_init(&first);
    text_add_bytes(&first, pair, (size_t)(arrow - pair));
    add_ink(p, INK_BOLD, first.bytes ? first.bytes : "", 0);
    text_finish(&first);
    begin_line(p, at);
    add_ink(p, INK_BOLD, arrow + 1, 0);
}

/* The tie beside the pair, or below it. */
static void add_tie_ink(struct page *p, unsigned at, const char *tie)
{
    enum { TIE_INDENT = 11, TIE_LEAD = 2 };
    if (!*tie) {
        text_add(p->out, "\n");
        return;
    }
    if (at + columns(tie) > p->width) at = begin_line(p, TIE_INDENT - TIE_LEAD);
    if (at + columns(tie) <= p->width) {
        add_ink(p, INK_DIM, tie, 0);
        text_add(p->out, "\n");
        return;
    }
    text_add(p->out, "  ");
    add_paragraph(p, TIE_INDENT, TIE_INDENT, INK_DIM, tie + TIE_LEAD);
}

void add_finding(struct page *p, const struct pp_finding *f)
{
    struct text pair, tie;
    text_init(&pair);
    text_init(&tie);
    add_pair(p, &pair, f);
    add_tie(p, &tie, f);
    text_printf(p->out, "  %s ", f->kind == PP_FIND_BLOCKED || f->got_through == PP_YES ? "!" : " ");
    add_ink(p, finding_ink(f), f->action, 7);
    unsigned at = 4 + (columns(f->action) > 7 ? columns(f->action) : 7);
    add_pair_ink(p, at, pair.bytes ? pair.bytes : "", 0);
    add_tie_ink(p, at + columns(pair.bytes ? pair.bytes : ""), tie.bytes ? tie.bytes : "");
    add_words(p, 11, f->explanation);
    text_finish(&pair);
    text_finish(&tie);
    if (f->kind == PP_FIND_MISSING) return;
    struct text evidence;
    text_init(&evidence);
    add_evidence(p, &evidence, f);
    text_printf(p->out, "%*s", 11, "");
    add_paragraph(p, 11, 11, INK_DIM, evidence.bytes ? evidence.bytes : "");
    text_finish(&evidence);
}

/* What somebody has to act on; what was stopped anyway can wait. */
static bool is_urgent(const struct pp_finding *f)
{
    if (f->kind == PP_FIND_UNEXPECTED) return f->got_through != PP_NO;
    return f->kind == PP_FIND_BLOCKED || f->kind == PP_FIND_WAIVER_EXPIRED;
}

/* Pairs as wide as the widest that still leaves room for words. */
static unsigned todo_width(const struct page *p)
{
    unsigned width = 0, number = 0;
    for (uint32_t i = 0; i < p->report->finding_count && number < TODO_MAX; i++) {
        if (!is_urgent(&p->report->findings[i])) continue;
        struct text pair;
        text_init(&pair);
        add_pair(p, &pair, &p->report->findings[i]);
        unsigned n = columns(pair.bytes ? pair.bytes : "");
        if (n > width && n <= p->width * 2 / 5) width = n;
        text_finish(&pair);
        number++;
    }
    return width;
}

/* " 1  open   app1 → tta2  515/tcp   rejected by 10.0.0.1 (ICMP …)  app-tta-lpd" */
static void add_todo_line(struct page *p, const struct pp_finding *f, unsigned number, unsigned width)
{
    struct text pair, words;
    text_init(&pair);
    text_init(&words);
    add_pair(p, &pair, f);
    if (f->row != PP_NONE) text_printf(&words, "%s: ", p->report->spec->rows[f->row].id);
    add_safe(&words, f->brief);
    text_printf(p->out, "%2u  ", number);
    add_ink(p, finding_ink(f), f->action, 7);
    add_pair_ink(p, 11, pair.bytes ? pair.bytes : "", width + 2);
    unsigned at = 11 + width + 2;
    if (columns(pair.bytes ? pair.bytes : "") > width) begin_line(p, at); /* too wide: the words start below */
    add_paragraph(p, at, at, INK_PLAIN, words.bytes ? words.bytes : "");
    text_finish(&pair);
    text_finish(&words);
}

void add_todo(struct page *p)
{
    const struct pp_report *r = p->report;
    unsigned urgent = 0, number = 0, width = todo_width(p);
    for (uint32_t i = 0; i < r->finding_count; i++) urgent += is_urgent(&r->findings[i]);
    if (!urgent) return;
    add_heading(p, "DO FIRST");
    for (uint32_t i = 0; i < r->finding_count && number < TODO_MAX; i++)
        if (is_urgent(&r->findings[i])) add_todo_line(p, &r->findings[i], ++number, width);
    if (urgent > number) text_printf(p->out, "    and %u more below\n", urgent - number);
}

/* --- the rest ------------------------------------------------------------------------------------------------------ */

/* All findings of a kind and reason that `todo` does not show already. */
static void add_group(struct page *p, enum pp_finding_kind kind, enum pp_reason reason, const char *heading)
{
    const struct pp_report *r = p->report;
    uint32_t all = 0, shown = 0, most = p->options->all ? UINT32_MAX : GROUP_MAX;
    uint64_t flows = 0, through = 0;
    for (uint32_t i = 0; i < r->finding_count; i++) {
        const struct pp_finding *f = &r->findings[i];
        if (f->kind != kind || (reason != PP_REASON_NONE && f->reason != reason)) continue;
        all++;
        flows += f->flows;
        through += f->got_through == PP_YES ? f->flows : 0;
    }
    if (!all) return;
    if (kind == PP_FIND_UNEXPECTED)
        text_printf(p->out, " %s: %" PRIu64 " flow%s, %" PRIu64 " got through\n", heading, flows, plural(flows), through);
    for (uint32_t i = 0; i < r->finding_count && shown < most; i++) {
        const struct pp_finding *f = &r->findings[i];
        if (f->kind != kind || (reason != PP_REASON_NONE && f->reason != reason)) continue;
        add_finding(p, f);
        shown++;
    }
    if (all > shown) text_printf(p->out, "      and %u more; --all shows every one\n", all - shown);
}

static bool has_kind(const struct pp_report *r, enum pp_finding_kind kind)
{
    for (uint32_t i = 0; i < r->finding_count; i++)
        if (r->findings[i].kind == kind) return true;
    return false;
}

static void add_blocked(struct page *p)
{
    if (!has_kind(p->report, PP_FIND_BLOCKED) && !has_kind(p->report, PP_FIND_WAIVER_EXPIRED)) return;
    add_heading(p, "BLOCKED, AND WAIVERS THAT EXPIRED");
    add_group(p, PP_FIND_BLOCKED, PP_REASON_NONE, "");
    add_group(p, PP_FIND_WAIVER_EXPIRED, PP_REASON_NONE, "");
}

static void add_unexpected(struct page *p)
{
    if (!has_kind(p->report, PP_FIND_UNEXPECTED)) return;
    add_heading(p, "UNEXPECTED");
    for (enum pp_reason reason = 0; reason <= PP_UNKNOWN_HOST; reason++) add_group(p, PP_FIND_UNEXPECTED, reason, pp_reason_name(reason));
}

static bool is_unobservable(const struct pp_edge *edge) { return edge->due && edge->state == PP_STATE_NOT_OBSERVABLE; }

static void add_unobservable_edge(struct page *p, const struct pp_row *row, const struct pp_edge *edge)
{
    struct text line;
    text_init(&line);
    text_printf(&line, "%s: ", row->id);
    add_edge(p, &line, row, edge);
    text_add(&line,
             edge->tried ? "; capture a few seconds longer" : "; capture where both sides are seen (portproof filter names the places)");
    text_add(p->out, "    ");
    add_paragraph(p, 4, 6, INK_PLAIN, line.bytes ? line.bytes : "");
    text_finish(&line);
}

static void add_not_observable(struct page *p)
{
    const struct pp_report *r = p->report;
    uint32_t most = p->options->all ? UINT32_MAX : UNOBSERVABLE_MAX;
    for (uint16_t n = 0; n < r->spec->row_count; n++) {
        uint32_t all = 0;
        for (uint32_t e = 0; e < r->rows[n].edge_count; e++)
            if (is_unobservable(&r->rows[n].edges[e]) && all++ < most) add_unobservable_edge(p, &r->spec->rows[n], &r->rows[n].edges[e]);
        if (all > most) text_printf(p->out, "    %s: and %u more; --all shows every one\n", r->spec->rows[n].id, all - most);
    }
}

static bool has_unobservable_edge(const struct pp_report *r)
{
    for (uint16_t n = 0; n < r->spec->row_count; n++)
        for (uint32_t e = 0; e < r->rows[n].edge_count; e++)
            if (is_unobservable(&r->rows[n].edges[e])) return true;
    return false;
}

static void add_not_proven(struct page *p)
{
    const struct pp_report *r = p->report;
    if (!has_kind(r, PP_FIND_MISSING) && !has_kind(r, PP_FIND_UNDETERMINED) && !has_unobservable_edge(r)) return;
    add_heading(p, "NOT PROVEN");
    add_group(p, PP_FIND_MISSING, PP_REASON_NONE, "");
    add_group(p, PP_FIND_UNDETERMINED, PP_REASON_NONE, "");
    add_not_observable(p);
}

static void add_roles(struct page *p)
{
    const struct pp_site *site = p->report->site;
    if (!site->inferred) return;
    add_heading(p, "ROLES, AS THE TRAFFIC SHOWS THEM");
    if (!site->host_count) {
        add_words(p, INDENT,
                  "Nobody was recognised: no answered connection told who is a server of this list. Name the hosts in a site file and "
                  "judge again with --site.");
        return;
    }
    uint32_t most = p->options->all ? UINT32_MAX : GROUP_MAX;
    for (uint32_t h = 0; h < site->host_count && h < most; h++) {
        char address[ADDRESS_TEXT_MAX];
        struct text line;
        text_init(&line);
        for (unsigned r = 0, n = 0; r < p->report->spec->role_count; r++)
            if (site->hosts[h].roles >> r & 1) text_printf(&line, n++ ? ", %s" : "%s", p->report->spec->roles[r].name);
        text_add(p->out, "    ");
        add_ink(p, INK_PLAIN, site->hosts[h].name, 20);
        if (site->hosts[h].is_prefix)
            snprintf(address, sizeof address, "%u hosts", site->hosts[h].prefix_count);
        else
            address_text(&site->hosts[h].prefixes[0].address, address);
        add_ink(p, INK_PLAIN, address, 18);
        text_add(p->out, " ");
        add_paragraph(p, 43, 43, INK_DIM, line.bytes ? line.bytes : "");
        text_finish(&line);
    }
    if (site->host_count > most) text_printf(p->out, "    and %u more\n", site->host_count - most);
    add_words(p, INDENT, "Write them to a file with `portproof discover`, correct it, and judge again with --site.");
}

void add_limits(struct page *p)
{
    const struct pp_report *r = p->report;
    if (!r->fitness.note_count) return;
    add_heading(p, "WHAT THIS CAPTURE CANNOT TELL");
    for (uint32_t i = 0; i < r->fitness.note_count; i++) {
        text_printf(p->out, "  %s ", sign(p, SIGN_IDLE));
        struct text line;
        text_init(&line);
        add_safe(&line, r->fitness.notes[i]);
        add_paragraph(p, 4, 4, INK_PLAIN, line.bytes ? line.bytes : "");
        text_finish(&line);
    }
}

static void add_foot(struct page *p)
{
    const struct pp_report *r = p->report;
    char a[32], b[32], c[32];
    struct text line;
    text_init(&line);
    text_printf(&line, "%s expected flow%s, %s waived, %s out of scope", grouped(r->summary.expected, a), plural(r->summary.expected),
                grouped(r->summary.exempt, b), grouped(r->summary.out_of_scope, c));
    if (p->options->outside_time) text_printf(&line, "; %s packets outside the time asked for", grouped(p->options->outside_time, a));
    text_add(p->out, "\n");
    add_paragraph(p, 0, 0, INK_DIM, line.bytes ? line.bytes : "");
    text_finish(&line);
}

bool write_text(const struct pp_report *report, const struct pp_report_options *options, struct text *out, const struct pp_sink *sink)
{
    (void)sink; /* what people read is small */
    unsigned width = options->width ? options->width : WIDTH_DEFAULT;
    struct page page = {.out = out, .report = report, .options = options, .width = width < WIDTH_LEAST ? WIDTH_LEAST : width};
    add_head(&page);
    add_verdict(&page);
    add_todo(&page);
    add_rows(&page);
    add_blocked(&page);
    add_unexpected(&page);
    add_not_proven(&page);
    add_roles(&page);
    add_limits(&page);
    add_foot(&page);
    return !out->failed;
}
