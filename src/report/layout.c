/* Graphviz's `dot`, the only part of it that is used: positions are read from its structures, and what is drawn with them is our own. So no
 * name ever reaches Graphviz, and nothing of its output has to be trusted.
 *
 * Its plugin for layouts is linked, not searched for: nothing is loaded or read at run time, which a sandbox would not allow, and no fonts
 * are measured, so the same drawing comes out on every machine that has the same version. */
#include "layout.h"

#include <gvc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "memory.h"

extern gvplugin_library_t gvplugin_dot_layout_LTX_library;

/* The memory sanitizer (tools/msan) has not seen Graphviz write: it must not ask libc's functions about what Graphviz hands them, nor the
 * functions here that read what it wrote. */
#ifdef __clang__
#if __has_feature(memory_sanitizer)
#include <sanitizer/msan_interface.h>
#define GRAPHVIZ_BEGINS() __msan_scoped_disable_interceptor_checks()
#define GRAPHVIZ_ENDS() __msan_scoped_enable_interceptor_checks()
#endif
#define READS_GRAPHVIZ __attribute__((no_sanitize("memory")))
#else
#define READS_GRAPHVIZ
#endif
#ifndef GRAPHVIZ_BEGINS
#define GRAPHVIZ_BEGINS() (void)0
#define GRAPHVIZ_ENDS() (void)0
#endif

enum { POINTS_AN_INCH = 72, COLUMNS_MAX = 64 };

static int say_nothing(__attribute__((unused)) char *message) { return 0; }

static void set_number(void *object, char *name, double value)
{
    char text[32];
    snprintf(text, sizeof text, "%.3f", value);
    agsafeset(object, name, text, "");
}

/* Turn lines round until none closes a circle. Graphviz would do that by itself, and leave 400 bytes behind for each. */
/* NOLINTNEXTLINE(misc-no-recursion): a node a level, of which html_map.c has 64 at most */
static void turn_from(struct layout *layout, unsigned node, unsigned char *states)
{
    enum { NEW, OPEN, DONE };
    states[node] = OPEN;
    for (unsigned i = 0; i < layout->edge_count; i++) {
        struct layout_edge *e = &layout->edges[i];
        if (e->from != node || e->to == node || e->is_turned) continue;
        if (states[e->to] == OPEN)
            e->is_turned = true;
        else if (states[e->to] == NEW)
            turn_from(layout, e->to, states);
    }
    states[node] = DONE;
}

/* Zeroed; without it the map would be left out, and the report would not be what it is otherwise. */
static void *zeroed(size_t count, size_t size)
{
    void *memory = calloc(count, size);
    if (!memory) memory_failed();
    return memory;
}

static bool turn_round(struct layout *layout)
{
    unsigned char *states = zeroed(layout->node_count + 1u, 1);
    if (!states) return false;
    for (unsigned i = 0; i < layout->node_count; i++)
        if (!states[i]) turn_from(layout, i, states);
    free(states);
    return true;
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

/* Room for a label is a word of as many x: without a plugin that measures text, Graphviz has a width in its own tables for each. */
static void make_room(Agedge_t *edge, unsigned columns)
{
    char word[COLUMNS_MAX + 1] = "";
    if (!columns) return;
    memset(word, 'x', columns < COLUMNS_MAX ? columns : COLUMNS_MAX);
    agsafeset(edge, "label", word, "");
    agsafeset(edge, "fontname", "Courier", "");
    agsafeset(edge, "fontsize", "12", "");
}

static bool add_edges(const struct layout *layout, Agraph_t *graph, Agnode_t **nodes, Agedge_t **edges)
{
    for (unsigned i = 0; i < layout->edge_count; i++) {
        const struct layout_edge *e = &layout->edges[i];
        char name[16];
        snprintf(name, sizeof name, "%u", i);
        unsigned first = e->is_turned ? e->to : e->from, second = e->is_turned ? e->from : e->to;
        if (!(edges[i] = agedge(graph, nodes[first], nodes[second], name, 1))) return false;
        agsafeset(edges[i], "dir", e->is_turned ? "back" : "forward", "");
        make_room(edges[i], e->label_columns);
    }
    return true;
}

READS_GRAPHVIZ static struct layout_point flipped(const struct layout *layout, pointf p)
{
    return (struct layout_point){p.x, layout->height - p.y};
}

READS_GRAPHVIZ static bool read_edge(const struct layout *layout, struct layout_edge *out, Agedge_t *edge)
{
    const splines *all = ED_spl(edge);
    if (ED_label(edge)) out->label = flipped(layout, ED_label(edge)->pos);
    if (!all || !all->size || all->list[0].size < 1) return true;
    const bezier *curve = &all->list[0];
    out->point_count = (unsigned)curve->size;
    if (!(out->points = zeroed(out->point_count, sizeof *out->points))) return false;
    for (unsigned i = 0; i < out->point_count; i++)
        out->points[out->is_turned ? out->point_count - 1 - i : i] = flipped(layout, curve->list[i]);
    out->tip = out->points[out->point_count - 1];
    if (out->is_turned ? curve->sflag : curve->eflag) out->tip = flipped(layout, out->is_turned ? curve->sp : curve->ep);
    return true;
}

READS_GRAPHVIZ static bool read_all(struct layout *layout, Agraph_t *graph, Agnode_t **nodes, Agedge_t **edges)
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

/* One for the life of the process: gvFreeContext leaves 400 bytes of it behind, which a service would do at every judgement. */
static GVC_t *context_of_all(void)
{
    static lt_symlist_t plugins[] = {{"gvplugin_dot_layout_LTX_library", &gvplugin_dot_layout_LTX_library}, {NULL, NULL}};
    static GVC_t *context;
    if (!context) context = gvContextPlugins(plugins, 0);
    return context;
}

bool layout_make_here(struct layout *layout)
{
    Agnode_t **nodes = zeroed(layout->node_count + 1u, sizeof *nodes);
    Agedge_t **edges = zeroed(layout->edge_count + 1u, sizeof *edges);
    GRAPHVIZ_BEGINS();
    agseterrf(say_nothing);
    GVC_t *context = context_of_all();
    Agraph_t *graph = agopen("map", Agdirected, NULL);
    bool ok = nodes && edges && context && graph && turn_round(layout) && make_with(layout, context, graph, nodes, edges);
    if (graph) agclose(graph);
    GRAPHVIZ_ENDS();
    free(nodes);
    free(edges);
    return ok;
}
