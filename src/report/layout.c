/* Graphviz's `dot`, the only part of it that is used: positions are read from its structures, and what is drawn with them is our own. So no
 * name ever reaches Graphviz, and nothing of its output has to be trusted.
 *
 * Its plugin for layouts is linked, not searched for: nothing is loaded or read at run time, which a sandbox would not allow, and no fonts
 * are measured, so the same drawing comes out on every machine that has the same version. */
#include "layout.h"

#include <gvc.h>
#include <stdio.h>
#include <stdlib.h>

extern gvplugin_library_t gvplugin_dot_layout_LTX_library;

enum { POINTS_AN_INCH = 72, LABEL_POINTS_A_COLUMN = 7, LABEL_HEIGHT = 14 };

static int say_nothing(__attribute__((unused)) char *message) { return 0; }

static void set_number(void *object, char *name, double value)
{
    char text[32];
    snprintf(text, sizeof text, "%.3f", value);
    agsafeset(object, name, text, "");
}

static bool add_nodes(const struct layout *layout, Agraph_t *graph, Agnode_t **nodes)
{
    for (unsigned i = 0; i < layout->node_count; i++) {
        char name[16];
        snprintf(name, sizeof name, "%u", i);
        if (!(nodes[i] = agnode(graph, name, 1))) return false;
        agsafeset(nodes[i], "label", "", "");
        agsafeset(nodes[i], "shape", "box", "");
        agsafeset(nodes[i], "fixedsize", "true", "");
        set_number(nodes[i], "width", layout->nodes[i].width / POINTS_AN_INCH);
        set_number(nodes[i], "height", layout->nodes[i].height / POINTS_AN_INCH);
    }
    return true;
}

/* Room for a label is an empty table of that size, since text would be measured with whatever fonts there are. */
static void make_room(Agraph_t *graph, Agedge_t *edge, unsigned columns)
{
    char table[128];
    if (!columns) return;
    snprintf(table, sizeof table, "<TABLE BORDER=\"0\" FIXEDSIZE=\"TRUE\" WIDTH=\"%u\" HEIGHT=\"%u\"><TR><TD></TD></TR></TABLE>",
             columns * LABEL_POINTS_A_COLUMN, (unsigned)LABEL_HEIGHT);
    char *markup = agstrdup_html(graph, table);
    agsafeset(edge, "label", markup, "");
    agstrfree(graph, markup);
}

static bool add_edges(const struct layout *layout, Agraph_t *graph, Agnode_t **nodes, Agedge_t **edges)
{
    for (unsigned i = 0; i < layout->edge_count; i++) {
        const struct layout_edge *e = &layout->edges[i];
        char name[16];
        snprintf(name, sizeof name, "%u", i);
        if (!(edges[i] = agedge(graph, nodes[e->from], nodes[e->to], name, 1))) return false;
        make_room(graph, edges[i], e->label_columns);
    }
    return true;
}

static struct layout_point flipped(const struct layout *layout, pointf p) { return (struct layout_point){p.x, layout->height - p.y}; }

static bool read_edge(const struct layout *layout, struct layout_edge *out, Agedge_t *edge)
{
    const splines *all = ED_spl(edge);
    if (ED_label(edge)) out->label = flipped(layout, ED_label(edge)->pos);
    if (!all || !all->size || all->list[0].size < 1) return true;
    const bezier *curve = &all->list[0];
    out->point_count = (unsigned)curve->size;
    if (!(out->points = calloc(out->point_count, sizeof *out->points))) return false;
    for (unsigned i = 0; i < out->point_count; i++) out->points[i] = flipped(layout, curve->list[i]);
    out->tip = curve->eflag ? flipped(layout, curve->ep) : out->points[out->point_count - 1];
    return true;
}

static bool read_all(struct layout *layout, Agraph_t *graph, Agnode_t **nodes, Agedge_t **edges)
{
    layout->width = GD_bb(graph).UR.x;
    layout->height = GD_bb(graph).UR.y;
    for (unsigned i = 0; i < layout->node_count; i++) layout->nodes[i].center = flipped(layout, ND_coord(nodes[i]));
    for (unsigned i = 0; i < layout->edge_count; i++)
        if (!read_edge(layout, &layout->edges[i], edges[i])) return false;
    return true;
}

static bool make_with(struct layout *layout, GVC_t *context, Agraph_t *graph, Agnode_t **nodes, Agedge_t **edges)
{
    agsafeset(graph, "rankdir", "LR", "");
    agsafeset(graph, "nodesep", "0.35", "");
    agsafeset(graph, "ranksep", "0.7", "");
    if (!add_nodes(layout, graph, nodes) || !add_edges(layout, graph, nodes, edges)) return false;
    if (gvLayout(context, graph, "dot") != 0) return false;
    bool ok = read_all(layout, graph, nodes, edges);
    gvFreeLayout(context, graph);
    return ok;
}

bool layout_make(struct layout *layout)
{
    lt_symlist_t plugins[] = {{"gvplugin_dot_layout_LTX_library", &gvplugin_dot_layout_LTX_library}, {NULL, NULL}};
    Agnode_t **nodes = calloc(layout->node_count + 1u, sizeof *nodes);
    Agedge_t **edges = calloc(layout->edge_count + 1u, sizeof *edges);
    agseterrf(say_nothing);
    GVC_t *context = gvContextPlugins(plugins, 0);
    Agraph_t *graph = agopen("map", Agdirected, NULL);
    bool ok = nodes && edges && context && graph && make_with(layout, context, graph, nodes, edges);
    if (graph) agclose(graph);
    if (context) gvFreeContext(context);
    free(nodes);
    free(edges);
    return ok;
}

void layout_finish(struct layout *layout)
{
    for (unsigned i = 0; i < layout->edge_count; i++) free(layout->edges[i].points);
}
