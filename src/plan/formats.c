/* A plan as bytes; one table of its formats. For people the tests of a row stand together, and what they have in common stands once; for
 * programs each test is whole. */
#include <string.h>

#include "csv.h"
#include "json_writer.h"
#include "markdown.h"
#include "page.h"
#include "portproof/plan.h"
#include "words.h"

enum { WIDTH_DEFAULT = 100, INDENT = 6, TEST_AT = 6, TEST_INDENT = 10 };

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

static void add_where(struct text *out, const struct pp_test_plan *plan, const struct pp_test *test, bool utf8, bool with_port)
{
    bool either = plan->spec->rows[test->row].coverage == PP_EACH_UNORDERED_PAIR;
    if (with_port) text_printf(out, "%s ", test->ports);
    add_who(out, test->from, test->from_addresses);
    text_add(out, either ? (utf8 ? " ↔ " : " <-> ") : (utf8 ? " → " : " -> "));
    add_who(out, test->to, test->to_addresses);
}

typedef void add_group_words(struct text *text, const struct pp_test_plan *plan, const struct test_group *group);

static void add_line(struct page *page, const char *label, const struct pp_test_plan *plan, const struct test_group *group,
                     add_group_words *add, const char *end)
{
    struct text line;
    text_init(&line);
    text_add(&line, label);
    add(&line, plan, group);
    text_add(&line, end);
    text_printf(page->out, "%*s", INDENT, "");
    add_paragraph(page, INDENT, INDENT, INK_PLAIN, line.bytes ? line.bytes : "");
    page->out->failed |= line.failed;
    text_finish(&line);
}

static void add_instead(struct text *text, const struct pp_test_plan *plan, const struct test_group *group)
{
    text_add(text, plan->tests[group->first].instead);
}

static void add_group(struct page *page, const struct pp_test_plan *plan, const struct test_group *group)
{
    const struct pp_test *one = &plan->tests[group->first];
    struct text line;
    text_init(&line);
    text_printf(&line, group->same_ports ? "%s  %s" : "%s", plan->spec->rows[one->row].id, one->ports);
    text_add(page->out, "\n");
    add_paragraph(page, 0, INDENT, INK_BOLD, line.bytes ? line.bytes : "");
    add_line(page, "do:   ", plan, group, plan_add_group_action, "");
    add_line(page, "sees: ", plan, group, plan_add_group_sees, ".");
    if (*one->instead) add_line(page, "or:   ", plan, group, add_instead, " instead; one of them suffices.");
    for (size_t i = 0; i < group->count; i++) {
        line.length = 0;
        text_add(&line, "[ ] ");
        add_where(&line, plan, &one[i], page->options->utf8, !group->same_ports);
        if (plan->of_report) text_printf(&line, "  %s", one[i].state);
        text_printf(page->out, "%5lu ", (unsigned long)(group->first + i + 1));
        add_paragraph(page, TEST_AT, TEST_INDENT, INK_PLAIN, line.bytes ? line.bytes : "");
    }
    page->out->failed |= line.failed;
    text_finish(&line);
}

static void write_text_plan(const struct pp_test_plan *plan, const struct pp_report_options *options, struct text *out)
{
    struct page page = {.options = options, .out = out, .width = options->width ? options->width : WIDTH_DEFAULT};
    struct test_group group;
    add_title(out, plan);
    text_add(out, "\n");
    for (size_t i = 0; i < plan->count; i += group.count) {
        group = plan_group_at(plan, i);
        add_group(&page, plan, &group);
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

static void add_markdown_words(struct text *out, const struct pp_test_plan *plan, const struct test_group *group, add_group_words *add)
{
    struct text words;
    text_init(&words);
    add(&words, plan, group);
    add_markdown(out, words.bytes ? words.bytes : "");
    out->failed |= words.failed;
    text_finish(&words);
}

static void add_markdown_group(struct text *out, const struct pp_test_plan *plan, const struct test_group *group)
{
    const struct pp_test *one = &plan->tests[group->first];
    text_add(out, "\n## ");
    add_markdown(out, plan->spec->rows[one->row].id);
    if (group->same_ports) text_add(out, ", "), add_markdown(out, one->ports);
    text_add(out, "\n\n");
    add_markdown_words(out, plan, group, plan_add_group_action);
    text_add(out, " Seen of it: ");
    add_markdown_words(out, plan, group, plan_add_group_sees);
    text_add(out, ".");
    if (*one->instead) text_add(out, " Or "), add_markdown(out, one->instead), text_add(out, " instead; one of them suffices.");
    text_add(out, "\n\n");
    for (size_t i = 0; i < group->count; i++) {
        struct text where;
        text_init(&where);
        add_where(&where, plan, &one[i], true, !group->same_ports);
        text_add(out, "- [ ] ");
        add_markdown(out, where.bytes ? where.bytes : "");
        if (plan->of_report) text_printf(out, ", %s", one[i].state);
        text_add(out, "\n");
        out->failed |= where.failed;
        text_finish(&where);
    }
}

static void write_markdown_plan(const struct pp_test_plan *plan, const struct pp_report_options *options, struct text *out)
{
    struct test_group group;
    (void)options;
    text_add(out, "# Test plan: ");
    add_markdown(out, *plan->site_name ? plan->site_name : plan->spec->title);
    text_add(out, "\n\n");
    add_title(out, plan);
    text_add(out, "\n");
    for (size_t i = 0; i < plan->count; i += group.count) {
        group = plan_group_at(plan, i);
        add_markdown_group(out, plan, &group);
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
