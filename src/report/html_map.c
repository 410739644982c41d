/* Who talks to whom, as a drawing: boxes are hosts, or roles where there are many hosts; lines are what was seen to work, what was blocked,
 * what nobody allows, and what is missing, told apart by colour, by line and by sign. In words all of it stands in the sections above.
 *
 * Where it would be a thicket, it is left out with a line that says so. layout.c says where things go; names stay here. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "address.h"
#include "html.h"
#include "layout.h"

enum {
    HOSTS_MAX = 40, /* more: roles instead */
    NODES_MAX = 64,
    PORTS_MAX = 16, /* of one line; more are "…" */
    LINES_MAX = 80, /* more: roles instead, and then nothing; 25 ms of layout where lines are drawn by lot, and 500 for 120 */
    BOX_HEIGHT = 26,
    POINTS_A_COLUMN = 8,
    MARGIN = 8,
};

enum meaning { MAP_EXPECTED, MAP_BLOCKED, MAP_UNEXPECTED, MAP_MISSING, MAP_UNSEEN, MAP_MEANINGS };

static const struct {
    const char *class_name, *sign, *words;
} meanings[MAP_MEANINGS] = {
    [MAP_EXPECTED] = {"expected", "✔", "expected: seen to work"},
    [MAP_BLOCKED] = {"blocked", "✘", "blocked"},
    [MAP_UNEXPECTED] = {"unexpected", "!", "unexpected"},
    [MAP_MISSING] = {"missing", "○", "missing"},
    [MAP_UNSEEN] = {"unseen", "?", "not observable"},
};

/* Ports of the lines between the same two boxes are told together. */
struct map_line {
    unsigned from, to;
    enum meaning meaning;
    uint64_t ports[PORTS_MAX]; /* distinct ones */
    unsigned port_count;
    bool has_more;
    char first_ports[24];
};

struct map {
    const struct pp_report *report;
    bool by_role;
    struct text names[NODES_MAX];
    bool is_known[NODES_MAX]; /* the site knows it */
    bool is_role[NODES_MAX];  /* it stands for everyone of a role */
    unsigned node_count;
    struct map_line lines[LINES_MAX];
    unsigned line_count;
    bool is_full;
};

/* --- what is on it ---------------------------------------------------------------------------------------------------------------- */

/* The box of that name. NODES_MAX: there is no room, or nothing to name. */
static unsigned node_of(struct map *m, const char *name, bool known)
{
    for (unsigned i = 0; i < m->node_count; i++)
        if (strcmp(m->names[i].bytes, name) == 0) return i;
    if (!*name || m->node_count == NODES_MAX || (!m->by_role && m->node_count == HOSTS_MAX)) return m->is_full |= *name != 0, NODES_MAX;
    m->is_known[m->node_count] = known;
    text_add(&m->names[m->node_count], name);
    if (m->names[m->node_count].failed) return m->is_full = true, NODES_MAX;
    return m->node_count++;
}

static unsigned node_of_role(struct map *m, uint16_t role)
{
    unsigned node = node_of(m, m->report->spec->roles[role].title, true);
    if (node != NODES_MAX) m->is_role[node] = true;
    return node;
}

/* The only one who holds a role stands for it. */
static uint16_t only_host_of(const struct pp_site *site, uint16_t role)
{
    uint16_t only = PP_NONE;
    for (uint32_t h = 0; h < site->host_count; h++) {
        if (!(site->hosts[h].roles >> role & 1)) continue;
        if (only != PP_NONE) return PP_NONE;
        only = (uint16_t)h;
    }
    return only;
}

static unsigned node_of_end(struct map *m, uint16_t host, uint16_t role)
{
    if (!m->by_role && host == PP_NONE) host = only_host_of(m->report->site, role);
    return m->by_role || host == PP_NONE ? node_of_role(m, role) : node_of(m, m->report->site->hosts[host].name, true);
}

static unsigned node_of_party(struct map *m, const struct pp_party *party)
{
    char address[ADDRESS_TEXT_MAX];
    if (!m->by_role && party->address.family)
        return *party->name ? node_of(m, party->name, true) : node_of(m, address_text(&party->address, address), false);
    for (uint16_t role = 0; role < m->report->spec->role_count; role++)
        if (party->roles >> role & 1) return node_of_role(m, role);
    return node_of(m, "unknown hosts", false);
}

/* Which ports, as one number: rows of several ranges are told apart by their first. */
static uint64_t port_key(uint16_t first, uint16_t last, uint8_t transport)
{
    return (uint64_t)transport << 32 | (uint64_t)first << 16 | last;
}

static void add_port(struct map_line *line, uint64_t port)
{
    for (unsigned i = 0; i < line->port_count; i++)
        if (line->ports[i] == port) return;
    if (line->port_count < PORTS_MAX)
        line->ports[line->port_count++] = port;
    else
        line->has_more = true;
}

static void add_line(struct map *m, unsigned from, unsigned to, enum meaning meaning, const char *ports, uint64_t port)
{
    if (from == NODES_MAX || to == NODES_MAX) return;
    for (unsigned i = 0; i < m->line_count; i++) {
        struct map_line *line = &m->lines[i];
        if (line->from == from && line->to == to && line->meaning == meaning) {
            add_port(line, port);
            return;
        }
    }
    if (m->line_count == LINES_MAX) {
        m->is_full = true;
        return;
    }
    struct map_line *line = &m->lines[m->line_count++];
    *line = (struct map_line){.from = from, .to = to, .meaning = meaning};
    snprintf(line->first_ports, sizeof line->first_ports, "%s", ports);
    add_port(line, port);
}

static enum meaning meaning_of(const struct pp_edge *edge)
{
    switch (edge->state) {
    case PP_STATE_EXPECTED: return MAP_EXPECTED;
    case PP_STATE_BLOCKED: return MAP_BLOCKED;
    case PP_STATE_MISSING: return MAP_MISSING;
    case PP_STATE_NOT_OBSERVABLE: return edge->due ? MAP_UNSEEN : MAP_MEANINGS;
    default: return MAP_MEANINGS; /* nobody asked for it, and nobody tried */
    }
}

static const char *row_ports(const struct pp_row *row, char out[24])
{
    const struct pp_port_range *range = &row->ports.ranges[0];
    snprintf(out, 24, "%u%s/%s", range->first, row->ports.count > 1 || range->last != range->first ? "…" : "",
             pp_transport_name(row->transport));
    return out;
}

static void add_rows_lines(struct map *m)
{
    const struct pp_report *r = m->report;
    char ports[24];
    for (uint16_t row = 0; row < r->spec->row_count && !m->is_full; row++)
        for (uint32_t e = 0; e < r->rows[row].edge_count && !m->is_full; e++) {
            const struct pp_edge *edge = &r->rows[row].edges[e];
            const struct pp_row *listed = &r->spec->rows[row];
            if (meaning_of(edge) == MAP_MEANINGS) continue;
            unsigned from = node_of_end(m, edge->from, listed->from);
            add_line(m, from, node_of_end(m, edge->to, listed->to), meaning_of(edge), row_ports(listed, ports),
                     port_key(listed->ports.ranges[0].first, listed->ports.ranges[0].last, (uint8_t)listed->transport));
        }
}

static void add_unexpected_lines(struct map *m)
{
    const struct pp_report *r = m->report;
    char ports[24];
    for (uint32_t i = 0; i < r->finding_count && !m->is_full; i++) {
        const struct pp_finding *f = &r->findings[i];
        if (f->kind != PP_FIND_UNEXPECTED) continue;
        snprintf(ports, sizeof ports, "%u/%s", f->port, pp_transport_name(f->transport));
        unsigned from = node_of_party(m, &f->initiator);
        add_line(m, from, node_of_party(m, &f->responder), MAP_UNEXPECTED, f->has_port ? ports : "",
                 port_key(f->port, f->port, f->transport));
    }
}

static void map_finish(struct map *m)
{
    for (unsigned i = 0; i < NODES_MAX; i++) text_finish(&m->names[i]);
    free(m);
}

static struct map *map_of(const struct pp_report *r, bool by_role)
{
    struct map *m = calloc(1, sizeof *m);
    if (!m) return NULL;
    m->report = r;
    m->by_role = by_role;
    add_rows_lines(m);
    add_unexpected_lines(m);
    return m;
}

/* --- how it is drawn --------------------------------------------------------------------------------------------------------------- */

/* "✘ 389/tcp +2"; what works is told by its line alone. */
static void label_of(const struct map_line *line, struct text *label)
{
    text_printf(label, "%s %s", meanings[line->meaning].sign, line->first_ports);
    if (line->port_count > 1) text_printf(label, " +%u%s", line->port_count - 1, line->has_more ? "…" : "");
}

static void add_curve(struct page *p, const char *class_name, const struct layout_edge *e)
{
    text_printf(p->out, "<path class=\"%s\" d=\"M%.1f %.1fC", class_name, e->points[0].x, e->points[0].y);
    for (unsigned i = 1; i < e->point_count; i++) text_printf(p->out, "%s%.1f %.1f", i > 1 ? " " : "", e->points[i].x, e->points[i].y);
    text_add(p->out, "\"/>");
}

static void add_arrow(struct page *p, const struct layout_edge *e)
{
    struct layout_point from = e->points[e->point_count - 1];
    double x = (e->tip.x - from.x) * 0.4, y = (e->tip.y - from.y) * 0.4;
    text_printf(p->out, "<path class=\"arrow\" d=\"M%.1f %.1fL%.1f %.1fL%.1f %.1fZ\"/>", e->tip.x, e->tip.y, from.x - y, from.y + x,
                from.x + y, from.y - x);
}

static void add_edge_drawing(struct page *p, const struct map *m, const struct map_line *line, const struct layout_edge *e)
{
    if (!e->points) return;
    struct text label;
    text_init(&label);
    label_of(line, &label);
    text_printf(p->out, "<g class=\"%s\"><title>", meanings[line->meaning].class_name);
    add_html(p->out, m->names[line->from].bytes);
    text_add(p->out, " → ");
    add_html(p->out, m->names[line->to].bytes);
    text_printf(p->out, ": %s, ", meanings[line->meaning].words);
    if (!label.failed) add_html(p->out, label.bytes + strlen(meanings[line->meaning].sign) + 1);
    text_add(p->out, "</title>");
    add_curve(p, "line", e);
    if (line->meaning == MAP_UNEXPECTED) add_curve(p, "inside", e);
    add_arrow(p, e);
    if (e->label_columns && !label.failed) {
        text_printf(p->out, "<text x=\"%.1f\" y=\"%.1f\">", e->label.x, e->label.y + 4);
        add_html(p->out, label.bytes);
        text_add(p->out, "</text>");
    }
    text_add(p->out, "</g>\n");
    p->out->failed |= label.failed;
    text_finish(&label);
}

static void add_box(struct page *p, const struct map *m, unsigned i, const struct layout_node *n)
{
    const char *looks = !m->is_known[i] ? " stranger" : m->is_role[i] ? " role" : "";
    text_printf(p->out, "<g class=\"box%s\"><rect x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\" rx=\"%d\"/>", looks,
                n->center.x - n->width / 2, n->center.y - n->height / 2, n->width, n->height, m->is_role[i] ? BOX_HEIGHT / 2 : 4);
    text_printf(p->out, "<text x=\"%.1f\" y=\"%.1f\">", n->center.x, n->center.y + 4);
    add_html(p->out, m->names[i].bytes);
    text_add(p->out, "</text></g>\n");
}

static void add_drawing(struct page *p, const struct map *m, const struct layout *layout)
{
    text_printf(
        p->out,
        "<div class=\"scroll map-box\" tabindex=\"0\" role=\"region\" aria-label=\"Map\"><svg class=\"map\" role=\"img\" aria-label=\"Who "
        "talks to whom; the sections above say it in words\" "
        "width=\"%.0f\" height=\"%.0f\" viewBox=\"%d %d %.0f %.0f\">\n",
        layout->width + 2 * MARGIN, layout->height + 2 * MARGIN, -MARGIN, -MARGIN, layout->width + 2 * MARGIN, layout->height + 2 * MARGIN);
    for (unsigned i = 0; i < m->line_count; i++) add_edge_drawing(p, m, &m->lines[i], &layout->edges[i]);
    for (unsigned i = 0; i < m->node_count; i++) add_box(p, m, i, &layout->nodes[i]);
    text_add(p->out, "</svg></div>\n<ul class=\"key\">");
    for (unsigned i = 0; i < MAP_MEANINGS; i++)
        text_printf(
            p->out,
            "<li class=\"%s\"><svg aria-hidden=\"true\" width=\"36\" height=\"10\"><path class=\"line\" d=\"M0 5H36\"/>%s</svg> %s %s</li>",
            meanings[i].class_name, i == MAP_UNEXPECTED ? "<path class=\"inside\" d=\"M0 5H36\"/>" : "", meanings[i].sign,
            meanings[i].words);
    text_add(p->out, "<li>round: anyone of that role</li><li>dashed box: not in the inventory</li></ul>\n");
}

/* How long a name is once it is safe to show. */
static double box_width(const char *name)
{
    struct text safe;
    text_init(&safe);
    text_add_escaped(&safe, name, strlen(name));
    double width = POINTS_A_COLUMN * (safe.bytes ? columns(safe.bytes) : 0) + 20;
    text_finish(&safe);
    return width;
}

static bool lay_out(const struct map *m, struct layout *layout)
{
    for (unsigned i = 0; i < m->node_count; i++)
        layout->nodes[i] = (struct layout_node){.width = box_width(m->names[i].bytes), .height = BOX_HEIGHT};
    for (unsigned i = 0; i < m->line_count; i++) {
        struct text label;
        text_init(&label);
        label_of(&m->lines[i], &label);
        layout->edges[i] = (struct layout_edge){.from = m->lines[i].from, .to = m->lines[i].to};
        if (m->lines[i].meaning != MAP_EXPECTED && !label.failed) layout->edges[i].label_columns = columns(label.bytes);
        text_finish(&label);
    }
    return layout_make(layout);
}

static void add_map(struct page *p, const struct map *m)
{
    struct layout_node nodes[NODES_MAX] = {0};
    struct layout_edge edges[LINES_MAX] = {0};
    struct layout layout = {.nodes = nodes, .node_count = m->node_count, .edges = edges, .edge_count = m->line_count};
    if (m->is_full)
        text_add(p->out, "<p class=\"note\">Left out: even by roles there are too many lines to be read.</p>\n");
    else if (!m->line_count)
        text_add(p->out, "<p class=\"note\">Nothing to draw: nobody talks to anybody, and nobody should.</p>\n");
    else if (lay_out(m, &layout)) {
        if (m->by_role) text_add(p->out, "<p class=\"note\">There are many hosts; the boxes are roles.</p>\n");
        add_drawing(p, m, &layout);
    } else
        text_add(p->out, "<p class=\"note\">Left out: it could not be laid out.</p>\n");
    layout_finish(&layout);
}

void html_map(struct page *p)
{
    struct map *m = map_of(p->report, false);
    if (m && m->is_full) map_finish(m), m = map_of(p->report, true);
    if (!m) {
        p->out->failed = true;
        return;
    }
    add_map(p, m);
    map_finish(m);
}
