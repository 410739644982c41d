/* What is still to be exercised, for whoever tests a site while portproof listens: each row that is due and undecided, and what would
 * decide it. */
#include <string.h>

#include "formats.h"
#include "terminal.h"

static bool is_left(const struct pp_row_result *row)
{
    return row->due && (row->state == PP_STATE_MISSING || row->state == PP_STATE_NOT_OBSERVABLE);
}

unsigned pp_plan_left(const struct pp_report *report)
{
    unsigned left = 0;
    for (uint16_t row = 0; row < report->spec->row_count; row++) left += is_left(&report->rows[row]);
    return left;
}

/* The first finding of the row stands for all: they differ in the hosts only, of which it tells some. */
static const struct pp_finding *missing_finding(const struct pp_report *report, uint16_t row, unsigned *more)
{
    const struct pp_finding *first = NULL;
    for (uint32_t i = 0; i < report->finding_count; i++) {
        const struct pp_finding *f = &report->findings[i];
        if (f->kind != PP_FIND_MISSING || f->row != row) continue;
        if (first) ++*more;
        if (!first) first = f;
    }
    return first;
}

static void add_left(struct page *p, uint16_t number)
{
    const struct pp_row *row = &p->report->spec->rows[number];
    unsigned more = 0;
    const struct pp_finding *finding = missing_finding(p->report, number, &more);
    struct text line;
    text_init(&line);
    add_safe(&line, row->id);
    text_add(&line, "  ");
    if (finding)
        add_pair(p, &line, finding);
    else
        add_safe(&line, row->ports_text);
    if (more) text_printf(&line, " and %u more", more);
    text_add(&line, finding ? ": " : ": cannot be seen here");
    if (finding) add_safe(&line, finding->exercise ? finding->exercise : finding->brief);
    text_add(p->out, "  ");
    add_paragraph(p, 2, INDENT, INK_PLAIN, line.bytes ? line.bytes : "");
    text_finish(&line);
}

bool pp_plan_write(const struct pp_report *report, const struct pp_report_options *options, const struct pp_sink *sink)
{
    struct text text;
    struct page page = {.report = report, .options = options, .out = &text, .width = options->width ? options->width : WIDTH_DEFAULT};
    unsigned left = pp_plan_left(report);
    if (!left) return true;
    text_init(&text);
    text_printf(&text, "still to be exercised: %u row%s\n", left, plural(left));
    for (uint16_t row = 0; row < report->spec->row_count; row++)
        if (is_left(&report->rows[row])) add_left(&page, row);
    return send_and_finish(&text, sink);
}
