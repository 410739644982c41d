/* The rows of the port list, all of them, each with its state and the edges behind it; those that need somebody come first. */
#include <inttypes.h>

#include "html.h"

static const struct {
    enum tone tone;
    const char *sign;
} states[PP_STATE_COUNT] = {
    [PP_STATE_EXPECTED] = {TONE_GOOD, "✔"},       [PP_STATE_BLOCKED] = {TONE_BAD, "✘"},   [PP_STATE_MISSING] = {TONE_WARN, "○"},
    [PP_STATE_NOT_OBSERVABLE] = {TONE_WARN, "?"}, [PP_STATE_OPTIONAL] = {TONE_IDLE, "·"}, [PP_STATE_NOT_APPLICABLE] = {TONE_IDLE, "–"},
};

const char *state_sign_html(enum pp_state state) { return states[state].sign; }
enum tone state_tone(enum pp_state state) { return states[state].tone; }

void add_state(struct text *out, enum pp_state state)
{
    text_printf(out, "<span class=\"state %s\"><span aria-hidden=\"true\">%s</span> %s</span>", tone_name(states[state].tone),
                states[state].sign, pp_state_name(state));
}

static void add_edge_item(struct page *p, const struct pp_row *row, const struct pp_edge *edge)
{
    struct text words;
    text_init(&words);
    add_edge(p, &words, row, edge);
    text_printf(p->out, "<li class=\"%s\"><span aria-hidden=\"true\">%s</span> ", tone_name(states[edge->state].tone),
                states[edge->state].sign);
    move_html(p->out, &words);
    text_add(p->out, "</li>");
}

static void html_edges(struct page *p, uint16_t number)
{
    const struct pp_row *row = &p->report->spec->rows[number];
    const struct pp_row_result *result = &p->report->rows[number];
    uint32_t shown = 0, most = p->options->all ? UINT32_MAX : HTML_EDGES_MAX;
    if (!result->edge_count) return;
    text_add(p->out, "<ul class=\"edges\">");
    for (unsigned rank = 0; rank < PP_STATE_COUNT; rank++)
        for (uint32_t e = 0; e < result->edge_count && shown < most; e++)
            if (state_rank(result->edges[e].state) == rank) add_edge_item(p, row, &result->edges[e]), shown++;
    if (result->edge_count > shown)
        text_printf(p->out, "<li class=\"idle\">and %u more; --all shows every one</li>", result->edge_count - shown);
    text_add(p->out, "</ul>");
}

static void add_row(struct page *p, uint16_t number)
{
    const struct pp_spec *spec = p->report->spec;
    const struct pp_row *row = &spec->rows[number];
    const struct pp_row_result *result = &p->report->rows[number];
    struct text *out = p->out;
    char n[32];
    text_printf(out, "<tr class=\"%s\" id=\"row-%u\" data-kind=\"%s\" data-row=\"", tone_name(states[result->state].tone), number + 1u,
                pp_state_name(result->state));
    add_html(out, row->id);
    text_printf(out, "\"><td data-sort=\"%u\">", state_rank(result->state));
    add_state(out, result->state);
    text_add(out, "</td><th scope=\"row\">");
    add_element(out, "span", "name", row->id);
    add_element(out, "span", "note", row->purpose);
    text_add(out, "</th><td>");
    add_html(out, row->from_title);
    text_printf(out, " %s ", sign(p, row->coverage == PP_EACH_UNORDERED_PAIR ? SIGN_BOTH_WAYS : SIGN_ARROW));
    add_html(out, row->to_title);
    text_add(out, "</td><td class=\"service\">");
    add_html(out, row->ports_text);
    text_printf(out, "</td><td class=\"number\" data-sort=\"%" PRIu64 "\">%s</td><td>", result->flows, grouped(result->flows, n));
    html_edges(p, number);
    text_add(out, "</td></tr>\n");
}

void html_rows(struct page *p)
{
    const struct pp_report *r = p->report;
    text_add(
        p->out,
        "<table class=\"rows sortable\"><caption>Every row of the list, in exactly one state: the worst of its edges. An edge joins two "
        "entries of the site.</caption>\n<thead><tr><th scope=\"col\">State</th><th scope=\"col\">Row</th><th scope=\"col\">Who "
        "to whom</th><th scope=\"col\">Ports</th><th scope=\"col\" class=\"number\">Flows</th><th scope=\"col\">Edges</th></tr>"
        "</thead>\n<tbody>\n");
    for (unsigned rank = 0; rank < PP_STATE_COUNT; rank++)
        for (uint16_t row = 0; row < r->spec->row_count; row++)
            if (state_rank(r->rows[row].state) == rank) add_row(p, row);
    text_add(p->out, "</tbody></table>\n");
    if (r->summary.wide)
        text_printf(p->out,
                    "<p class=\"note\">%" PRIu64 " expected flow%s only a wide row, which proves little: narrow its ports in the site "
                    "file.</p>\n",
                    r->summary.wide, r->summary.wide == 1 ? " matches" : "s match");
}
