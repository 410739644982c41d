/* The ROWS section of the report for a terminal: every row with exactly one state, and the edges behind it. */
#include <inttypes.h>
#include <string.h>

#include "terminal.h"

enum {
    EDGES_MAX = 6,  /* edges shown in a row's line; --all shows every one */
    PORTS_MAX = 14, /* columns; longer texts push their line's edges to the right */
};

void add_edge(const struct page *p, struct text *text, const struct pp_row *row, const struct pp_edge *e)
{
    bool both = row->coverage == PP_EACH_UNORDERED_PAIR;
    if (e->from != PP_NONE) add_safe(text, pp_site_host_name(p->report->site, e->from));
    if (e->from != PP_NONE && e->to != PP_NONE) text_printf(text, KEEP "%s" KEEP, sign(p, both ? SIGN_BOTH_WAYS : SIGN_ARROW));
    if (e->to != PP_NONE) add_safe(text, pp_site_host_name(p->report->site, e->to));
    if (e->port) text_printf(text, "port %u", e->port);
    if (e->from == PP_NONE && e->to == PP_NONE && !e->port) text_add(text, "anywhere");
    if (e->satisfied_by != PP_NONE)
        text_printf(text, KEEP "not" KEEP "needed:" KEEP "%s" KEEP "works", p->report->spec->rows[e->satisfied_by].id);
    else if (!e->tried)
        text_add(text, e->state == PP_STATE_MISSING ? KEEP "never" KEEP "tried" : KEEP "not" KEEP "visible" KEEP "here");
    else if (e->state == PP_STATE_EXPECTED)
        text_printf(text, KEEP "%" PRIu64 KEEP "flow%s", e->flows, plural(e->flows));
    else if (e->state == PP_STATE_NOT_OBSERVABLE)
        text_add(text, KEEP "tried too late to tell");
    else
        text_printf(text, KEEP "%s", pp_outcome_name(e->outcome));
    if (!e->due && e->tried) text_add(text, KEEP "(not" KEEP "due)");
    for (unsigned i = 0; pp_label_name(i); i++)
        if (e->notes >> i & 1) text_printf(text, KEEP "[%s]", pp_label_name(i));
}

unsigned state_rank(enum pp_state state)
{
    static const unsigned ranks[PP_STATE_COUNT] = {[PP_STATE_BLOCKED] = 0,  [PP_STATE_MISSING] = 1,  [PP_STATE_NOT_OBSERVABLE] = 2,
                                                   [PP_STATE_EXPECTED] = 3, [PP_STATE_OPTIONAL] = 4, [PP_STATE_NOT_APPLICABLE] = 5};
    return ranks[state];
}

/* Columns of the section. */
struct widths {
    unsigned id, ports, roles; /* roles: 0 where there is no room for them */
};

void add_edges(struct page *p, unsigned at, unsigned indent, uint16_t number)
{
    const struct pp_row *row = &p->report->spec->rows[number];
    const struct pp_row_result *result = &p->report->rows[number];
    struct text line;
    text_init(&line);
    uint32_t shown = 0, most = p->options->all ? UINT32_MAX : EDGES_MAX;
    for (unsigned rank = 0; rank < PP_STATE_COUNT; rank++)
        for (uint32_t e = 0; e < result->edge_count && shown < most; e++) {
            if (state_rank(result->edges[e].state) != rank) continue;
            if (shown++) text_printf(&line, KEEP "%s ", sign(p, SIGN_BETWEEN)); /* no line begins with it */
            add_edge(p, &line, row, &result->edges[e]);
        }
    if (result->edge_count > shown) text_printf(&line, " %s and %u more", sign(p, SIGN_BETWEEN), result->edge_count - shown);
    add_paragraph(p, at, indent, INK_PLAIN, line.bytes ? line.bytes : "");
    text_finish(&line);
}

static const struct {
    enum pp_state state;
    enum ink ink;
} row_groups[] = {
    {PP_STATE_BLOCKED, INK_RED},
    {PP_STATE_MISSING, INK_YELLOW},
    {PP_STATE_NOT_OBSERVABLE, INK_YELLOW},
    {PP_STATE_EXPECTED, INK_GREEN},
};

const char *pp_state_sign(enum pp_state state, bool utf8)
{
    static const enum sign signs[PP_STATE_COUNT] = {
        [PP_STATE_EXPECTED] = SIGN_GOOD,          [PP_STATE_BLOCKED] = SIGN_BAD,   [PP_STATE_MISSING] = SIGN_OPEN,
        [PP_STATE_NOT_OBSERVABLE] = SIGN_UNKNOWN, [PP_STATE_OPTIONAL] = SIGN_IDLE, [PP_STATE_NOT_APPLICABLE] = SIGN_IDLE};
    const struct pp_report_options options = {.utf8 = utf8};
    return sign(&(struct page){.options = &options}, signs[state]);
}

/* A column's text and the two blanks after it; one that is wider than its column moves what follows. Answers where that starts. */
static unsigned add_column(struct page *p, unsigned at, enum ink ink, const char *text, unsigned width)
{
    bool wider = columns(text) > width;
    add_ink(p, ink, text, wider ? columns(text) + 1 : width + 2);
    return at + (wider ? columns(text) + 1 : width + 2);
}

static void roles_text(const struct page *p, const struct pp_row *row, struct text *out)
{
    const struct pp_role *roles = p->report->spec->roles;
    text_printf(out, "%s %s %s", roles[row->from].name, sign(p, SIGN_ARROW), roles[row->to].name);
}

static void add_row(struct page *p, uint16_t number, size_t group, const struct widths *widths)
{
    const struct pp_row *row = &p->report->spec->rows[number];
    text_add(p->out, "  ");
    add_ink(p, row_groups[group].ink, pp_state_sign(row_groups[group].state, p->options->utf8), 2);
    add_ink(p, row_groups[group].ink, pp_state_name(row_groups[group].state), 15);
    unsigned at = add_column(p, 19, INK_BOLD, row->id, widths->id), indent = 19 + widths->id + 2 + widths->ports + 2;
    at = add_column(p, at, INK_PLAIN, row->ports_text, widths->ports);
    if (widths->roles) {
        struct text roles;
        text_init(&roles);
        roles_text(p, row, &roles);
        at = add_column(p, at, INK_DIM, roles.bytes ? roles.bytes : "", widths->roles);
        indent += widths->roles + 2;
        text_finish(&roles);
    }
    add_edges(p, at, indent, number);
}

/* Rows that nothing is due on, by name only. */
static void add_quiet_rows(struct page *p, enum pp_state state, const char *words)
{
    struct text line;
    text_init(&line);
    unsigned n = 0;
    for (uint16_t r = 0; r < p->report->spec->row_count; r++) {
        if (p->report->rows[r].state != state) continue;
        text_printf(&line, n++ ? ", %s" : "%s", p->report->spec->rows[r].id);
    }
    if (n) {
        text_printf(p->out, "  %s ", sign(p, SIGN_IDLE));
        add_ink(p, INK_DIM, words, 0);
        add_paragraph(p, 4 + columns(words), INDENT, INK_DIM, line.bytes);
    }
    text_finish(&line);
}

static void widen(unsigned *width, const char *text, unsigned most)
{
    unsigned n = columns(text);
    if (n > *width && n <= most) *width = n;
}

static struct widths measure(const struct page *p)
{
    enum { ROLES_FROM = 130, WIDE_PORTS_MAX = 24 }; /* columns of a page that has room for the roles, and for longer ports */
    const struct pp_spec *spec = p->report->spec;
    struct widths widths = {0};
    for (uint16_t r = 0; r < spec->row_count; r++) {
        if (p->report->rows[r].state >= PP_STATE_OPTIONAL) continue;
        struct text roles;
        text_init(&roles);
        roles_text(p, &spec->rows[r], &roles);
        widen(&widths.id, spec->rows[r].id, p->width);
        widen(&widths.ports, spec->rows[r].ports_text, p->width >= ROLES_FROM ? WIDE_PORTS_MAX : PORTS_MAX);
        if (p->width >= ROLES_FROM) widen(&widths.roles, roles.bytes ? roles.bytes : "", p->width / 3);
        text_finish(&roles);
    }
    return widths;
}

void add_rows(struct page *p)
{
    const struct pp_spec *spec = p->report->spec;
    struct widths widths = measure(p);
    add_heading(p, "ROWS");
    for (size_t g = 0; g < sizeof row_groups / sizeof *row_groups; g++)
        for (uint16_t r = 0; r < spec->row_count; r++)
            if (p->report->rows[r].state == row_groups[g].state) add_row(p, r, g, &widths);
    add_quiet_rows(p, PP_STATE_OPTIONAL, "optional, nothing seen: ");
    add_quiet_rows(p, PP_STATE_NOT_APPLICABLE, "not applicable here: ");
    if (!p->report->summary.wide) return;
    struct text line;
    text_init(&line);
    text_printf(&line, "%" PRIu64 " expected flow%s only a wide row, which proves little: narrow its ports in the site file",
                p->report->summary.wide, p->report->summary.wide == 1 ? " matches" : "s match");
    text_add(p->out, "  ");
    add_paragraph(p, 2, 4, INK_PLAIN, line.bytes ? line.bytes : "");
    text_finish(&line);
}
