#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"
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
            text_printf(out, "      %-34s %s -> %s\n", c->rows[e].edge, c->rows[e].before, c->rows[e].after);
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

int run_compare(struct arguments *a)
{
    const char *format = a->format ? a->format : "text";
    if (strcmp(format, "text") != 0 && strcmp(format, "json") != 0)
        return complain("--format %s: expected text or json", show(format)), EXIT_INPUT;
    if (a->operand_count != 2) return complain("compare: expected two reports, BEFORE.json and AFTER.json"), EXIT_INPUT;
    size_t sizes[2] = {0};
    char *texts[2] = {read_text(a->operands[0], &sizes[0]), NULL};
    if (texts[0]) texts[1] = read_text(a->operands[1], &sizes[1]);
    struct pp_error error;
    unsigned which;
    struct pp_comparison *c = texts[1] ? pp_compare(texts[0], sizes[0], texts[1], sizes[1], &error, &which) : NULL;
    int status = EXIT_INPUT;
    if (c) {
        struct text out;
        text_init(&out);
        if (strcmp(format, "json") == 0)
            compare_json(&out, c);
        else
            compare_text(&out, c);
        if (!out.failed && write_out(a, out.bytes, out.length)) status = pp_comparison_is_worse(c) ? 1 : EXIT_OK;
        text_finish(&out);
    } else if (texts[1] && error.line)
        complain("%s:%u:%u: %s", show(a->operands[which]), error.line, error.column, error.text);
    else if (texts[1])
        complain("%s: %s", show(a->operands[which]), error.text);
    pp_comparison_destroy(c);
    free(texts[0]);
    free(texts[1]);
    return status;
}
