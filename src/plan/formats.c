/* A plan as bytes; one table of its formats. */
#include <string.h>

#include "csv.h"
#include "json_writer.h"
#include "markdown.h"
#include "page.h"
#include "portproof/plan.h"

enum { WIDTH_DEFAULT = 100, INDENT = 8, NAMES_AT = 4 };

typedef void write_plan(const struct pp_test_plan *plan, const struct pp_report_options *options, struct text *out);

static void add_title(struct text *out, const struct pp_test_plan *plan)
{
    text_printf(out, "%lu test%s: ", (unsigned long)plan->count, plan->count == 1 ? "" : "s");
    text_add(out, plan->of_report ? "what the report has as due, and missing or not observable" : "all that is due by the site");
}

static void add_who(struct text *out, const char *name, const char *addresses)
{
    text_add(out, name);
    if (*addresses) text_printf(out, " (%s)", addresses);
}

static void add_where(struct text *out, const struct pp_test_plan *plan, const struct pp_test *test, bool utf8)
{
    bool either = plan->spec->rows[test->row].coverage == PP_EACH_UNORDERED_PAIR;
    add_who(out, test->from, test->from_addresses);
    text_add(out, either ? (utf8 ? " ↔ " : " <-> ") : (utf8 ? " → " : " -> "));
    add_who(out, test->to, test->to_addresses);
}

static void add_line(struct page *page, const char *label, const char *words, const char *more)
{
    struct text line;
    text_init(&line);
    text_printf(&line, "%s%s%s", label, words, more);
    text_printf(page->out, "%*s", INDENT, "");
    add_paragraph(page, INDENT, INDENT, INK_PLAIN, line.bytes ? line.bytes : "");
    page->out->failed |= line.failed;
    text_finish(&line);
}

static void write_text_plan(const struct pp_test_plan *plan, const struct pp_report_options *options, struct text *out)
{
    struct page page = {.options = options, .out = out, .width = options->width ? options->width : WIDTH_DEFAULT};
    add_title(out, plan);
    text_add(out, "\n");
    for (size_t i = 0; i < plan->count; i++) {
        const struct pp_test *test = &plan->tests[i];
        struct text where;
        text_init(&where);
        text_printf(out, "\n%3lu ", (unsigned long)(i + 1));
        text_printf(&where, "[ ] %s  %s  ", plan->spec->rows[test->row].id, test->ports);
        add_where(&where, plan, test, options->utf8);
        if (plan->of_report) text_printf(&where, "  %s", test->state);
        add_paragraph(&page, NAMES_AT, INDENT, INK_BOLD, where.bytes ? where.bytes : "");
        add_line(&page, "do:   ", test->action, "");
        add_line(&page, "sees: ", test->sees, ".");
        if (*test->instead) add_line(&page, "or:   ", test->instead, " instead; one of them suffices.");
        out->failed |= where.failed;
        text_finish(&where);
    }
}

static void write_json_plan(const struct pp_test_plan *plan, const struct pp_report_options *options, struct text *out)
{
    struct json_writer w;
    json_writer_init(&w, out);
    begin_object(&w, NULL);
    put_string(&w, "schema", "portproof/plan/1");
    put_string(&w, "version", options->tool_version);
    put_string(&w, "of", plan->of_report ? "report" : "site");
    put_string(&w, "site", plan->site_name);
    begin_list(&w, "tests");
    for (size_t i = 0; i < plan->count; i++) {
        const struct pp_test *test = &plan->tests[i];
        begin_object(&w, NULL);
        put_string(&w, "row", plan->spec->rows[test->row].id);
        put_string(&w, "state", test->state);
        put_string(&w, "from", test->from);
        put_string(&w, "from_addresses", test->from_addresses);
        put_string(&w, "to", test->to);
        put_string(&w, "to_addresses", test->to_addresses);
        put_string(&w, "ports", test->ports);
        put_string(&w, "action", test->action);
        put_string(&w, "sees", test->sees);
        put_string(&w, "instead", test->instead);
        end_object(&w);
    }
    end_list(&w);
    end_object(&w);
    text_add(out, "\n");
}

static void add_cell(struct text *out, const char *words)
{
    add_markdown(out, words);
    text_add(out, " | ");
}

static void write_markdown_plan(const struct pp_test_plan *plan, const struct pp_report_options *options, struct text *out)
{
    (void)options;
    text_add(out, "# Test plan: ");
    add_markdown(out, *plan->site_name ? plan->site_name : plan->spec->title);
    text_add(out, "\n\n");
    add_title(out, plan);
    text_add(out, "\n");
    if (plan->count) text_add(out, "\n| done | row | from | to | ports | do | what will be seen |\n|---|---|---|---|---|---|---|\n");
    for (size_t i = 0; i < plan->count; i++) {
        const struct pp_test *test = &plan->tests[i];
        text_add(out, "| &#91; &#93; | ");
        add_cell(out, plan->spec->rows[test->row].id);
        add_cell(out, test->from);
        add_cell(out, test->to);
        add_cell(out, test->ports);
        add_cell(out, test->action);
        add_markdown(out, test->sees);
        text_add(out, " |\n");
    }
}

static void write_csv_plan(const struct pp_test_plan *plan, const struct pp_report_options *options, struct text *out)
{
    struct csv csv = {.out = out};
    (void)options;
    csv_header(&csv, "row state from from_addresses to to_addresses ports action sees instead");
    for (size_t i = 0; i < plan->count; i++) {
        const struct pp_test *test = &plan->tests[i];
        const char *const fields[] = {plan->spec->rows[test->row].id,
                                      test->state,
                                      test->from,
                                      test->from_addresses,
                                      test->to,
                                      test->to_addresses,
                                      test->ports,
                                      test->action,
                                      test->sees,
                                      test->instead};
        for (size_t f = 0; f < sizeof fields / sizeof *fields; f++) csv_string(&csv, fields[f]);
        csv_end(&csv);
    }
}

static const struct {
    const char *name;
    write_plan *write;
} formats[] = {{"text", write_text_plan}, {"json", write_json_plan}, {"markdown", write_markdown_plan}, {"csv", write_csv_plan}};

const char *pp_test_plan_format(unsigned i) { return i < sizeof formats / sizeof *formats ? formats[i].name : NULL; }

bool pp_test_plan_send(const struct pp_test_plan *plan, const char *format, const struct pp_report_options *options,
                       const struct pp_sink *sink)
{
    for (size_t i = 0; i < sizeof formats / sizeof *formats; i++) {
        if (strcmp(formats[i].name, format) != 0) continue;
        struct text out;
        text_init(&out);
        formats[i].write(plan, options, &out);
        bool ok = !out.failed && sink->write(sink->context, out.bytes ? out.bytes : "", out.length);
        text_finish(&out);
        return ok;
    }
    return false;
}
