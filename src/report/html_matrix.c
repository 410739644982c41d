/* Who may talk to whom: for each pair of roles that the list joins, how many of its rows are in which state. What needs somebody is named;
 * of the rest the number is enough, since the table of rows has it all. An empty field: no row joins the two, so nothing is allowed. */
#include "html.h"

struct roles_used {
    uint16_t from[PP_ROLES_MAX], to[PP_ROLES_MAX];
    unsigned from_count, to_count;
};

/* In the order of the rules file, which is the page's. */
static struct roles_used roles_used(const struct pp_spec *spec)
{
    struct roles_used used = {.from_count = 0};
    for (uint16_t role = 0; role < spec->role_count; role++) {
        bool from = false, to = false;
        for (uint16_t row = 0; row < spec->row_count; row++) from |= spec->rows[row].from == role, to |= spec->rows[row].to == role;
        if (from) used.from[used.from_count++] = role;
        if (to) used.to[used.to_count++] = role;
    }
    return used;
}

static bool is_between(const struct pp_row *row, uint16_t from, uint16_t to) { return row->from == from && row->to == to; }
static bool is_named(enum pp_state state) { return state_tone(state) == TONE_BAD || state_tone(state) == TONE_WARN; }

static void add_names(struct page *p, uint16_t from, uint16_t to, enum pp_state state)
{
    const struct pp_report *r = p->report;
    for (uint16_t row = 0; row < r->spec->row_count; row++) {
        if (!is_between(&r->spec->rows[row], from, to) || r->rows[row].state != state) continue;
        text_printf(p->out, " <a href=\"#row-%u\">", row + 1u);
        add_html(p->out, r->spec->rows[row].id);
        text_add(p->out, "</a>");
    }
}

static void add_states(struct page *p, uint16_t from, uint16_t to)
{
    const struct pp_report *r = p->report;
    unsigned count[PP_STATE_COUNT] = {0};
    for (uint16_t row = 0; row < r->spec->row_count; row++)
        if (is_between(&r->spec->rows[row], from, to)) count[r->rows[row].state]++;
    for (unsigned rank = 0; rank < PP_STATE_COUNT; rank++)
        for (enum pp_state state = 0; state < PP_STATE_COUNT; state++) {
            if (state_rank(state) != rank || !count[state]) continue;
            text_printf(p->out, "<li class=\"%s\"><span aria-hidden=\"true\">%s</span> %u %s", tone_name(state_tone(state)),
                        state_sign_html(state), count[state], pp_state_name(state));
            if (is_named(state)) add_names(p, from, to, state);
            text_add(p->out, "</li>");
        }
}

static bool joins(const struct pp_spec *spec, uint16_t from, uint16_t to)
{
    for (uint16_t row = 0; row < spec->row_count; row++)
        if (is_between(&spec->rows[row], from, to)) return true;
    return false;
}

static void add_field(struct page *p, uint16_t from, uint16_t to)
{
    if (!joins(p->report->spec, from, to)) {
        text_add(p->out, "<td></td>");
        return;
    }
    text_add(p->out, "<td>");
    text_add(p->out, "<span class=\"label\">to ");
    add_html(p->out, p->report->spec->roles[to].title);
    text_add(p->out, "</span><ul class=\"states\">");
    add_states(p, from, to);
    text_add(p->out, "</ul></td>");
}

void html_matrix(struct page *p)
{
    const struct pp_spec *spec = p->report->spec;
    struct roles_used used = roles_used(spec);
    text_add(p->out, "<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"Matrix of roles\"><table class=\"matrix\">"
                     "<caption>How many rows of the list join two roles, and in which state they are. An empty field: no row allows "
                     "it.</caption>\n<thead><tr><th scope=\"col\">From ↓ &nbsp;to →</th>");
    for (unsigned t = 0; t < used.to_count; t++) {
        text_add(p->out, "<th scope=\"col\">");
        add_html(p->out, spec->roles[used.to[t]].title);
        text_add(p->out, "</th>");
    }
    text_add(p->out, "</tr></thead>\n<tbody>\n");
    for (unsigned f = 0; f < used.from_count; f++) {
        text_add(p->out, "<tr><th scope=\"row\">");
        add_html(p->out, spec->roles[used.from[f]].title);
        text_add(p->out, "</th>");
        for (unsigned t = 0; t < used.to_count; t++) add_field(p, used.from[f], used.to[t]);
        text_add(p->out, "</tr>\n");
    }
    text_add(p->out, "</tbody></table></div>\n");
}
