#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli.h"
#include "files.h"
#include "portproof/compare.h"
#include "text.h"

/* Worst first. */
static const struct {
    enum pp_change change;
    const char *heading;
} groups[] = {
    {PP_NOW_BLOCKED, "NOW BLOCKED"},
    {PP_LOST, "LOST: worked before, not proven now"},
    {PP_STILL_BLOCKED, "STILL BLOCKED"},
    {PP_NO_LONGER_BLOCKED, "NO LONGER BLOCKED, not proven either"},
    {PP_SWITCHED_OFF, "SWITCHED OFF: not applicable any more"},
    {PP_GAINED, "GAINED"},
    {PP_KEPT, "KEPT"},
};

static void add_rows(struct text *out, const struct pp_comparison *c, enum pp_change change, const char *heading)
{
    if (!c->count[change]) return;
    text_printf(out, "\n%s\n", heading);
    for (size_t i = 0; i < c->row_count; i++) {
        if (c->rows[i].edge || c->rows[i].change != change) continue;
        text_printf(out, "  %-20s %s -> %s\n", c->rows[i].id, c->rows[i].before, c->rows[i].after);
        for (size_t e = i + 1; e < c->row_count && c->rows[e].edge; e++)
            text_printf(out, *c->rows[e].outcome ? "      %-34s %s -> %s (%s)\n" : "      %-34s %s -> %s\n", c->rows[e].edge,
                        c->rows[e].before, c->rows[e].after, c->rows[e].outcome);
    }
}

static void add_holes(struct text *out, const struct pp_comparison *c, bool opened, const char *heading)
{
    unsigned n = 0;
    for (size_t i = 0; i < c->hole_count; i++) {
        if (c->holes[i].opened != opened) continue;
        if (n++ == 0) text_printf(out, "\n%s\n", heading);
        text_printf(out, "  %s\n", c->holes[i].text);
    }
}

static void compare_text(struct text *out, const struct pp_comparison *c)
{
    text_printf(out, "%s   before: %s, after: %s\n", pp_comparison_is_worse(c) ? "WORSE" : "NOTHING LOST", c->verdict_before,
                c->verdict_after);
    text_printf(out, "%zu rows kept, %zu gained, %zu lost, %zu now blocked, %zu still blocked\n", c->count[PP_KEPT], c->count[PP_GAINED],
                c->count[PP_LOST], c->count[PP_NOW_BLOCKED], c->count[PP_STILL_BLOCKED]);
    if (c->inferred) text_add(out, "Names were inferred from traffic: the same name need not be the same host. Judge both with --site.\n");
    add_rows(out, c, groups[0].change, groups[0].heading);
    add_rows(out, c, groups[1].change, groups[1].heading);
    add_holes(out, c, true, "HOLES OPENED: unexpected, and got through");
    for (size_t g = 2; g < sizeof groups / sizeof *groups; g++) add_rows(out, c, groups[g].change, groups[g].heading);
    add_holes(out, c, false, "HOLES CLOSED");
}

static json_t *json_change(const struct pp_row_change_seen *r)
{
    return json_pack("{s:s, s:s, s:s}", "before", r->before, "after", r->after, "change", pp_change_name(r->change));
}

static void compare_json(struct text *out, const struct pp_comparison *c)
{
    json_t *o = json_object(), *rows = json_array(), *holes = json_array(), *edges = NULL;
    json_object_set_new(o, "schema", json_string("portproof/compare/1"));
    json_object_set_new(o, "names_inferred", json_boolean(c->inferred));
    json_object_set_new(o, "worse", json_boolean(pp_comparison_is_worse(c)));
    json_object_set_new(o, "verdict", json_pack("{s:s, s:s}", "before", c->verdict_before, "after", c->verdict_after));
    for (size_t i = 0; i < c->row_count; i++) {
        json_t *one = json_change(&c->rows[i]);
        if (c->rows[i].edge) {
            json_object_set_new(one, "edge", json_string(c->rows[i].edge));
            if (*c->rows[i].outcome) json_object_set_new(one, "outcome", json_string(c->rows[i].outcome));
            json_array_append_new(edges, one);
            continue;
        }
        json_object_set_new(one, "id", json_string(c->rows[i].id));
        json_object_set_new(one, "edges", edges = json_array());
        json_array_append_new(rows, one);
    }
    for (size_t i = 0; i < c->hole_count; i++)
        json_array_append_new(holes, json_pack("{s:s, s:s}", "hole", c->holes[i].text, "change", c->holes[i].opened ? "opened" : "closed"));
    json_object_set_new(o, "rows", rows);
    json_object_set_new(o, "holes", holes);
    char *bytes = json_dumps(o, JSON_INDENT(2));
    text_add(out, bytes ? bytes : "");
    text_add(out, "\n");
    free(bytes);
    json_decref(o);
}

/* --- what is compared: reports, or captures that are judged here ------------------------------------------------------------------ */

/* A JSON report of captures, malloc'd. NULL: a message was printed. */
static char *judge(const struct arguments *a, char **captures, int count, const char *site, size_t *size)
{
    struct arguments mine = *a;
    struct session s;
    char *bytes = NULL;
    mine.site = site;
    mine.operands = captures;
    mine.operand_count = count;
    if (!session_open(&s, &mine)) return NULL;
    bool ok = session_read(&s, &mine) && !s.failed; /* what is not whole may not be compared: what is missing there would be lost here */
    const struct pp_report *report = ok ? pp_audit_judge(s.audit) : NULL;
    struct pp_report_options options = {.tool_version = PORTPROOF_VERSION};
    if (ok && (!report || !pp_report_write(report, "json", &options, &bytes, size))) complain("compare: out of memory");
    session_close(&s);
    return bytes;
}

/* By content: a report, else a capture; a folder: all captures in it. */
static char *load_side(const struct arguments *a, char *operand, const char *site, size_t *size)
{
    int count;
    char first = '\0', *const *files = input_folder(operand, &count);
    if (files && !count) return complain("%s: no files in it; expected captures", show(operand)), NULL;
    if (files) return judge(a, (char **)(uintptr_t)files, count, site, size);
    int file = strcmp(operand, "-") == 0 ? -1 : input_descriptor(operand); /* standard input: a report */
    if (file >= 0 && read(file, &first, 1) != 1) first = '{';              /* empty: the reader of reports says so */
    if (file >= 0) close(file);
    if (file >= 0 && first != '{') return judge(a, &operand, 1, site, size);
    if (file >= 0 && site) return complain("%s: a report, which was judged already; expected no site file with it", show(operand)), NULL;
    return read_bytes(operand, size);
}

/* OLD=NEW, as given; the strings are taken apart in place. false: a message was printed. */
static bool read_renames(const struct arguments *a, struct pp_rename renames[RENAMES_MAX])
{
    for (uint32_t i = 0; i < a->rename_count; i++) {
        char *equals = strchr(a->renames[i], '=');
        if (!equals || equals == a->renames[i] || !equals[1])
            return complain("compare: --map %s: expected OLD=NEW, the names of one host in the two sites", show(a->renames[i])), false;
        *equals = '\0';
        renames[i] = (struct pp_rename){a->renames[i], equals + 1};
    }
    return true;
}

static int write_comparison(const struct arguments *a, const struct pp_comparison *c, bool json)
{
    struct text out;
    text_init(&out);
    if (json)
        compare_json(&out, c);
    else
        compare_text(&out, c);
    bool ok = !out.failed && write_out(a, out.bytes, out.length);
    text_finish(&out);
    return !ok ? EXIT_INPUT : pp_comparison_is_worse(c) ? 1 : EXIT_OK;
}

int run_compare(struct arguments *a)
{
    const char *format = a->format ? a->format : "text";
    if (strcmp(format, "text") != 0 && strcmp(format, "json") != 0)
        return complain("--format %s: expected text or json", show(format)), EXIT_INPUT;
    if (a->operand_count != 2)
        return complain("compare: expected two, BEFORE and AFTER: each a JSON report, a capture, or a folder of captures"), EXIT_INPUT;
    size_t sizes[2] = {0};
    struct pp_rename renames[RENAMES_MAX];
    if (!read_renames(a, renames)) return EXIT_INPUT;
    char *texts[2] = {load_side(a, a->operands[0], a->site_before, &sizes[0]), NULL};
    if (texts[0]) texts[1] = load_side(a, a->operands[1], a->site_after, &sizes[1]);
    struct pp_error error;
    unsigned which;
    struct pp_comparison *c =
        texts[1] ? pp_compare(texts[0], sizes[0], texts[1], sizes[1], renames, a->rename_count, &error, &which) : NULL;
    int status = EXIT_INPUT;
    if (c)
        status = write_comparison(a, c, strcmp(format, "json") == 0);
    else if (texts[1] && error.line)
        complain("%s:%u:%u: %s", show(a->operands[which]), error.line, error.column, error.text);
    else if (texts[1])
        complain("%s: %s", show(a->operands[which]), error.text);
    pp_comparison_destroy(c);
    free(texts[0]);
    free(texts[1]);
    return status;
}
