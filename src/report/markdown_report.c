/* The report in Markdown, for a ticket: the verdict as its heading, what is to be done as a task list, then the rows and the findings as
 * tables. Everything passes add_markdown on its way here, also what page.h puts together. */
#include "clock.h"
#include "formats.h"
#include "markdown.h"
#include "terminal.h"

enum { EDGES_SHOWN = 12, FINDINGS_SHOWN = 200, TASKS_SHOWN = 50 }; /* a ticket is read by people; --all leaves nothing out */

/* A text put together, in which KEEP (page.h) stands for a blank; it is finished. */
static void move_markdown(struct text *out, struct text *from)
{
    for (size_t i = 0; i < from->length; i++)
        if (from->bytes[i] == KEEP[0]) from->bytes[i] = ' ';
    if (from->bytes) add_markdown(out, from->bytes);
    out->failed |= from->failed;
    text_finish(from);
}

static void add_pair_cell(const struct page *p, const struct pp_finding *f)
{
    struct text pair;
    text_init(&pair);
    add_pair(p, &pair, f);
    move_markdown(p->out, &pair);
}

static bool is_task(const struct pp_finding *f)
{
    return f->kind == PP_FIND_BLOCKED || f->kind == PP_FIND_WAIVER_EXPIRED || f->kind == PP_FIND_MISSING ||
           (f->kind == PP_FIND_UNEXPECTED && f->got_through != PP_NO);
}

static void add_task(const struct page *p, const struct pp_finding *f)
{
    text_add(p->out, "- [ ] **");
    add_markdown(p->out, f->action);
    text_add(p->out, "** ");
    add_pair_cell(p, f);
    text_add(p->out, " – ");
    if (f->row != PP_NONE) {
        add_markdown(p->out, p->report->spec->rows[f->row].id);
        text_add(p->out, ": ");
    }
    add_markdown(p->out, f->exercise ? f->exercise : f->brief);
    text_add(p->out, "\n");
}

static void add_tasks(const struct page *p)
{
    uint32_t shown = 0, more = 0;
    for (uint32_t i = 0; i < p->report->finding_count; i++) {
        if (!is_task(&p->report->findings[i])) continue;
        if (shown >= TASKS_SHOWN && !p->options->all) {
            more++;
            continue;
        }
        if (!shown++) text_add(p->out, "\n## To do\n\n");
        add_task(p, &p->report->findings[i]);
    }
    if (more) text_printf(p->out, "- [ ] and %u more\n", more);
}

static void add_edges_cell(const struct page *p, uint16_t number)
{
    const struct pp_row_result *result = &p->report->rows[number];
    uint32_t most = p->options->all ? UINT32_MAX : EDGES_SHOWN, n = 0;
    struct text edges;
    text_init(&edges);
    for (unsigned rank = 0; rank < PP_STATE_COUNT; rank++)
        for (uint32_t e = 0; e < result->edge_count && n < most; e++) {
            if (state_rank(result->edges[e].state) != rank) continue;
            if (n++) text_add(&edges, ", ");
            add_edge(p, &edges, &p->report->spec->rows[number], &result->edges[e]);
        }
    if (result->edge_count > n) text_printf(&edges, " and %u more", result->edge_count - n);
    move_markdown(p->out, &edges);
}

static void add_row_line(const struct page *p, uint16_t number)
{
    const struct pp_spec *spec = p->report->spec;
    const struct pp_row *row = &spec->rows[number];
    const char *const cells[] = {pp_state_name(p->report->rows[number].state), row->id, spec->roles[row->from].name,
                                 spec->roles[row->to].name, row->ports_text};
    for (size_t i = 0; i < sizeof cells / sizeof *cells; i++) {
        text_add(p->out, "| ");
        add_markdown(p->out, cells[i]);
        text_add(p->out, " ");
    }
    text_add(p->out, "| ");
    add_edges_cell(p, number);
    text_add(p->out, " |\n");
}

/* What needs somebody comes first, as in the page. */
static bool add_row_table(const struct page *p, const struct pp_sink *sink)
{
    bool ok = true;
    text_add(p->out, "\n## Rows\n\n| state | row | from | to | ports | seen |\n|---|---|---|---|---|---|\n");
    for (unsigned rank = 0; rank < PP_STATE_COUNT; rank++)
        for (uint16_t r = 0; ok && r < p->report->spec->row_count; r++) {
            if (state_rank(p->report->rows[r].state) != rank) continue;
            add_row_line(p, r);
            ok = hand_over(p->out, sink);
        }
    return ok;
}

static void add_finding_line(const struct page *p, const struct pp_finding *f)
{
    uint16_t row = f->row != PP_NONE ? f->row : f->nearest_row;
    text_add(p->out, "| ");
    add_markdown(p->out, pp_finding_kind_name(f->kind));
    text_add(p->out, " | ");
    if (f->reason != PP_REASON_NONE) add_markdown(p->out, pp_reason_name(f->reason));
    text_add(p->out, " | ");
    add_pair_cell(p, f);
    text_add(p->out, " | ");
    if (row != PP_NONE) add_markdown(p->out, p->report->spec->rows[row].id);
    text_add(p->out, " | ");
    add_markdown(p->out, f->explanation ? f->explanation : f->brief);
    text_add(p->out, " |\n");
}

static bool add_finding_table(const struct page *p, const struct pp_sink *sink)
{
    uint32_t most = p->options->all || p->report->finding_count < FINDINGS_SHOWN ? p->report->finding_count : FINDINGS_SHOWN;
    bool ok = true;
    if (!most) return true;
    text_add(p->out, "\n## Findings\n\n| kind | reason | who | row | what |\n|---|---|---|---|---|\n");
    for (uint32_t i = 0; ok && i < most; i++) add_finding_line(p, &p->report->findings[i]), ok = hand_over(p->out, sink);
    if (most < p->report->finding_count) text_printf(p->out, "\nand %u more findings\n", p->report->finding_count - most);
    return ok;
}

static void add_evidence(const struct page *p)
{
    const struct pp_report *r = p->report;
    char n[32], first[TIME_TEXT_MAX], last[TIME_TEXT_MAX];
    text_printf(p->out, "\n## Evidence\n\n- portproof %s, rules ", p->options->tool_version);
    add_markdown(p->out, r->spec->name);
    text_add(p->out, " ");
    add_markdown(p->out, r->spec->version);
    text_printf(p->out, ", SHA-256 %s\n", r->spec->sha256);
    text_add(p->out, r->site->inferred ? "- no site file: roles are inferred from the traffic\n" : "- site ");
    if (!r->site->inferred) {
        add_markdown(p->out, r->site->name ? r->site->name : "without a name");
        text_printf(p->out, ", SHA-256 %s\n", r->site->sha256);
    }
    for (uint32_t i = 0; i < r->capture_count; i++) {
        text_add(p->out, "- capture ");
        add_markdown(p->out, r->captures[i].name);
        text_printf(p->out, ", %s packets", grouped(r->captures[i].packets, n));
        if (r->captures[i].first_ns != PP_NO_FIRST)
            text_printf(p->out, ", %s to %s", time_readable(r->captures[i].first_ns, p->options->local_time, first),
                        time_readable(r->captures[i].last_ns, p->options->local_time, last));
        if (*r->captures[i].sha256) text_printf(p->out, ", SHA-256 %s", r->captures[i].sha256);
        text_add(p->out, "\n");
    }
    text_printf(p->out, "- fitness %s\n", pp_grade_name(r->fitness.grade));
    for (uint32_t i = 0; i < r->fitness.note_count; i++) {
        text_add(p->out, "- ");
        add_markdown(p->out, r->fitness.notes[i]);
        text_add(p->out, "\n");
    }
}

bool write_markdown(const struct pp_report *report, const struct pp_report_options *options, struct text *out, const struct pp_sink *sink)
{
    static const char *const verdicts[] = {
        [PP_COMPLIANT] = "COMPLIANT", [PP_NON_COMPLIANT] = "NON-COMPLIANT", [PP_INCONCLUSIVE] = "INCONCLUSIVE"};
    struct pp_report_options plain = *options;
    plain.utf8 = true; /* a ticket is, whatever the terminal */
    plain.color = false;
    struct page page = {.report = report, .options = &plain, .out = out, .width = WIDTH_DEFAULT};
    text_printf(out, "# %s: ", verdicts[report->verdict]);
    add_markdown(out, report->site->name && !report->site->inferred ? report->site->name : report->spec->title);
    text_add(out, "\n\n");
    for (uint32_t i = 0; i < report->verdict_reason_count; i++) {
        text_add(out, "- ");
        add_markdown(out, report->verdict_reasons[i]);
        text_add(out, "\n");
    }
    add_tasks(&page);
    if (!add_row_table(&page, sink) || !add_finding_table(&page, sink)) return false;
    add_evidence(&page);
    return true;
}
