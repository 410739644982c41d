/* JUnit XML, as Jenkins and GitLab read it, so that a port list can be one more stage of a pipeline: each row is a test case. Missing and
 * blocked rows fail; what the captures could not show, and what does not apply, is skipped with the reason (with --strict what could not be
 * shown fails too). Flows that are on no row are no test case: their numbers are properties of the suite, and its output names the ones
 * that got through. There is no clock in it: the same evidence gives the same bytes.
 *
 * Everything named by others goes through add_html, whose entities XML knows as well; the control characters that XML cannot hold at all
 * are made visible by it before. */
#include "formats.h"
#include "markup.h"
#include "terminal.h"

enum { EDGES_SHOWN = 20 }; /* in a message, which is one line */
enum fate { PASSES, FAILS, IS_SKIPPED };

static enum fate fate_of(enum pp_state state, bool strict)
{
    switch (state) {
    case PP_STATE_EXPECTED: return PASSES;
    case PP_STATE_BLOCKED:
    case PP_STATE_MISSING: return FAILS;
    case PP_STATE_NOT_OBSERVABLE: return strict ? FAILS : IS_SKIPPED;
    default: return IS_SKIPPED;
    }
}

static const char *reason_of(enum pp_state state)
{
    switch (state) {
    case PP_STATE_BLOCKED: return "tried, and blocked";
    case PP_STATE_MISSING: return "due, and never exercised";
    case PP_STATE_NOT_OBSERVABLE: return "due, and these captures could not have shown it";
    case PP_STATE_OPTIONAL: return "optional, and nothing of it was seen";
    default: return "not applicable: its feature is off, or nobody holds its roles";
    }
}

static uint32_t count(const struct pp_report *report, bool strict, enum fate fate)
{
    uint32_t n = 0;
    for (uint16_t r = 0; r < report->spec->row_count; r++) n += fate_of(report->rows[r].state, strict) == fate;
    return n;
}

static void add_property(struct text *out, const char *name, const char *value)
{
    text_printf(out, "      <property name=\"%s\"", name);
    add_attribute(out, "value", value);
    text_add(out, "/>\n");
}

static void add_number(struct text *out, const char *name, uint64_t n)
{
    text_printf(out, "      <property name=\"%s\" value=\"%lu\"/>\n", name, (unsigned long)n);
}

static void add_properties(struct text *out, const struct pp_report *report, const struct pp_report_options *options)
{
    text_add(out, "    <properties>\n");
    add_property(out, "portproof", options->tool_version);
    add_property(out, "rules.version", report->spec->version);
    add_property(out, "rules.sha256", report->spec->sha256);
    add_property(out, "site", report->site->inferred ? "inferred" : report->site->name ? report->site->name : "");
    add_property(out, "verdict", pp_compliance_name(report->verdict));
    add_property(out, "fitness", pp_grade_name(report->fitness.grade));
    add_number(out, "unexpected", report->summary.unexpected);
    add_number(out, "got_through", report->summary.got_through);
    add_number(out, "undetermined", report->summary.undetermined);
    for (uint32_t i = 0; i < report->capture_count; i++) add_property(out, "capture", report->captures[i].name);
    text_add(out, "    </properties>\n");
}

/* What was found on the row, a paragraph a finding. */
static void add_details(struct text *out, const struct pp_report *report, uint16_t row)
{
    for (uint32_t i = 0; i < report->finding_count; i++) {
        const struct pp_finding *f = &report->findings[i];
        if (f->row != row || (f->kind != PP_FIND_BLOCKED && f->kind != PP_FIND_MISSING)) continue;
        add_html(out, f->explanation ? f->explanation : f->brief);
        text_add(out, "\n");
    }
}

static void add_message(struct text *out, const struct page *page, uint16_t row)
{
    const struct pp_row_result *result = &page->report->rows[row];
    struct text words;
    text_init(&words);
    text_add(&words, reason_of(result->state));
    unsigned n = 0;
    for (uint32_t e = 0; result->due && e < result->edge_count; e++) {
        if (!result->edges[e].due || result->edges[e].state != result->state || n++ >= EDGES_SHOWN) continue;
        text_add(&words, n > 1 ? ", " : ": ");
        add_edge(page, &words, &page->report->spec->rows[row], &result->edges[e]);
    }
    if (n > EDGES_SHOWN) text_printf(&words, " and %u more", n - EDGES_SHOWN);
    text_add(out, " message=\"");
    move_html(out, &words);
    text_add(out, "\"");
}

static void add_case(struct text *out, const struct page *page, uint16_t number)
{
    const struct pp_row *row = &page->report->spec->rows[number];
    const struct pp_row_result *result = &page->report->rows[number];
    enum fate fate = fate_of(result->state, page->options->strict);
    text_add(out, "    <testcase");
    add_attribute(out, "name", row->id);
    text_add(out, " classname=\"");
    add_html(out, page->report->spec->name);
    text_add(out, ".");
    add_html(out, page->report->spec->features[row->feature].name);
    text_add(out, "\" time=\"0\"");
    if (fate == PASSES) {
        text_add(out, "/>\n");
        return;
    }
    text_add(out, fate == FAILS ? ">\n      <failure" : ">\n      <skipped");
    add_message(out, page, number);
    if (fate == FAILS) {
        add_attribute(out, "type", pp_state_name(result->state));
        text_add(out, ">");
        add_details(out, page->report, number);
        text_add(out, "</failure>\n    </testcase>\n");
    } else
        text_add(out, "/>\n    </testcase>\n");
}

static void add_holes(struct text *out, const struct page *page)
{
    text_add(out, "    <system-out>");
    add_html(out, pp_compliance_name(page->report->verdict));
    for (uint32_t i = 0; i < page->report->verdict_reason_count; i++) {
        text_add(out, i ? ", " : ": ");
        add_html(out, page->report->verdict_reasons[i]);
    }
    text_add(out, "\n");
    for (uint32_t i = 0; i < page->report->finding_count; i++) {
        const struct pp_finding *f = &page->report->findings[i];
        if (f->kind != PP_FIND_UNEXPECTED || f->got_through != PP_YES) continue;
        struct text words;
        text_init(&words);
        add_pair(page, &words, f);
        text_printf(&words, ": %s", f->brief);
        text_add(out, "got through: ");
        move_html(out, &words);
        text_add(out, "\n");
    }
    text_add(out, "    </system-out>\n");
}

static void add_counts(struct text *out, const struct pp_report *report, bool strict)
{
    text_printf(out, " tests=\"%u\" failures=\"%u\" errors=\"0\" skipped=\"%u\" time=\"0\"", report->spec->row_count,
                count(report, strict, FAILS), count(report, strict, IS_SKIPPED));
}

bool write_junit(const struct pp_report *report, const struct pp_report_options *options, struct text *out, const struct pp_sink *sink)
{
    struct pp_report_options plain = *options;
    plain.utf8 = true; /* XML is, whatever the terminal */
    struct page page = {.report = report, .options = &plain, .out = out, .width = WIDTH_DEFAULT};
    bool ok = true;
    text_add(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"portproof\"");
    add_counts(out, report, options->strict);
    text_add(out, ">\n  <testsuite");
    add_attribute(out, "name", report->spec->title);
    add_counts(out, report, options->strict);
    text_add(out, ">\n");
    add_properties(out, report, options);
    for (uint16_t r = 0; ok && r < report->spec->row_count; r++) add_case(out, &page, r), ok = hand_over(out, sink);
    add_holes(out, &page);
    text_add(out, "  </testsuite>\n</testsuites>\n");
    return ok;
}
