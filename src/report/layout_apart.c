/* Layouts are made in a process apart: where its memory runs out, Graphviz ends its process.
 *
 * What goes there and comes back is one program's: the layout, its nodes, its edges, then all their points, as they lie in memory; pointers
 * mean nothing to the other. Or, back, a single byte: Graphviz refused. */
#define _GNU_SOURCE
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "apart.h"
#include "cursor.h"
#include "layout.h"
#include "memory.h"
#include "portproof/report.h"

enum { SECONDS_MOST = 60 };

static struct apart graphviz;
static bool is_apart;

static char *put(char *at, const void *bytes, size_t size) { return size ? mempcpy(at, bytes, size) : at; }

static void *packed(const struct layout *layout, size_t *size)
{
    const size_t nodes = layout->node_count * sizeof *layout->nodes, edges = layout->edge_count * sizeof *layout->edges;
    *size = sizeof *layout + nodes + edges;
    for (unsigned i = 0; i < layout->edge_count; i++) *size += layout->edges[i].point_count * sizeof(struct layout_point);
    char *all = memory_take(*size), *at = all;
    if (!all) return NULL;
    at = put(at, layout, sizeof *layout);
    at = put(at, layout->nodes, nodes);
    at = put(at, layout->edges, edges);
    for (unsigned i = 0; i < layout->edge_count; i++)
        at = put(at, layout->edges[i].points, layout->edges[i].point_count * sizeof(struct layout_point));
    return all;
}

static bool copy(struct cursor *from, void *to, size_t size)
{
    const uint8_t *bytes;
    if (!take(from, size, &bytes)) return false;
    if (size) memcpy(to, bytes, size);
    return true;
}

/* Into a layout that has room for as many nodes and edges as it has. */
static bool unpack(struct cursor from, struct layout *layout)
{
    struct layout read;
    if (!copy(&from, &read, sizeof read) || read.node_count != layout->node_count || read.edge_count != layout->edge_count) return false;
    layout->width = read.width;
    layout->height = read.height;
    if (!copy(&from, layout->nodes, layout->node_count * sizeof *layout->nodes)) return false;
    if (!copy(&from, layout->edges, layout->edge_count * sizeof *layout->edges)) return false;
    for (unsigned i = 0; i < layout->edge_count; i++) layout->edges[i].points = NULL;
    for (unsigned i = 0; i < layout->edge_count; i++) {
        struct layout_edge *edge = &layout->edges[i];
        size_t size = edge->point_count * sizeof *edge->points;
        if (size && (!(edge->points = memory_take(size)) || !copy(&from, edge->points, size))) return false;
    }
    return true;
}

/* The layout that is asked for, into `layout`, which has room for it; what is to be answered, or NULL. */
static void *answer_to(const void *question, size_t asked, struct layout *layout, size_t *size)
{
    const unsigned failures = memory_failures();
    if (!layout->nodes || !layout->edges || !unpack((struct cursor){question, asked}, layout)) return NULL;
    bool ok = layout_make_here(layout);
    if (memory_failures() != failures) return NULL;
    if (ok) return packed(layout, size);
    *size = 1; /* refused */
    return calloc(1, 1);
}

static bool answer(int to, const void *question, size_t size)
{
    struct layout layout;
    apart_limit(SECONDS_MOST);
    if (size < sizeof layout) return false;
    memcpy(&layout, question, sizeof layout);
    layout.nodes = calloc(layout.node_count + 1u, sizeof *layout.nodes);
    layout.edges = calloc(layout.edge_count + 1u, sizeof *layout.edges);
    void *all = answer_to(question, size, &layout, &size);
    bool sent = all && apart_send(to, all, size);
    free(all);
    if (layout.edges) layout_finish(&layout);
    free(layout.nodes);
    free(layout.edges);
    return sent;
}

static void serve(int from, void *context)
{
    size_t size;
    bool (*confine)(void);
    memcpy(&confine, context, sizeof confine);
    if (!confine()) return;
    for (bool sent = true; sent;) {
        void *question = apart_receive(from, &size);
        sent = question && answer(from, question, size);
        free(question);
    }
}

bool pp_report_draw_apart(bool (*confine)(void))
{
    is_apart = is_apart || apart_begin(&graphviz, SOCK_STREAM, serve, &confine);
    return is_apart;
}

void pp_report_draw_end(void)
{
    if (is_apart) apart_end(&graphviz, true);
    is_apart = false;
}

static bool make_apart(struct layout *layout)
{
    size_t size;
    void *question = packed(layout, &size), *made = NULL;
    if (question && apart_send(graphviz.socket, question, size)) made = apart_receive(graphviz.socket, &size);
    bool refused = made && size == 1, ok = made && !refused && unpack((struct cursor){made, size}, layout);
    if (!ok && !refused) memory_failed();
    free(question);
    free(made);
    return ok;
}

bool layout_make(struct layout *layout) { return is_apart ? make_apart(layout) : layout_make_here(layout); }

void layout_finish(struct layout *layout)
{
    for (unsigned i = 0; i < layout->edge_count; i++) free(layout->edges[i].points);
}
