/* Where the boxes and lines of a small drawing go. Graphviz decides; whoever draws sees only numbers, in points, y downwards. */
#ifndef REPORT_LAYOUT_H
#define REPORT_LAYOUT_H

#include <stdbool.h>

struct layout_point {
    double x, y;
};

struct layout_node {
    double width, height;       /* in */
    struct layout_point center; /* out */
};

struct layout_edge {
    unsigned from, to;           /* in: indexes of nodes */
    bool is_turned;              /* layout_make's own: Graphviz was given it the other way round */
    unsigned label_columns;      /* in: room for a label so long; 0: none */
    struct layout_point *points; /* out: a Bézier curve, 1 + 3n points; freed by layout_finish. NULL: no line */
    unsigned point_count;
    struct layout_point tip, label; /* out: of the arrow, and the middle of the label */
};

struct layout {
    struct layout_node *nodes;
    unsigned node_count;
    struct layout_edge *edges;
    unsigned edge_count;
    double width, height; /* out */
};

/** From left to right. false: out of memory, or Graphviz refused. Not for two threads at once. Made in a process apart once
 * pp_report_draw_apart was called. */
bool layout_make(struct layout *layout);
bool layout_make_here(struct layout *layout); /* in this process whatever was called */
void layout_finish(struct layout *layout);

#endif
