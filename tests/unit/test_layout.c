/* Where Graphviz puts the map's boxes and lines: apart, in the drawing, the same every time, whichever way the lines go. */
#include "layout.h"

#include <stdlib.h>
#include <string.h>

#include "evidence.h"
#include "testing.h"

enum { NODES = 12, EDGES = 40 };

struct drawing {
    struct layout_node nodes[NODES];
    struct layout_edge edges[EDGES];
    struct layout layout;
};

/* Circles, lines both ways, several between the same two, and one from a box to itself. */
static void draw(struct drawing *d)
{
    memset(d, 0, sizeof *d);
    for (unsigned i = 0; i < NODES; i++) d->nodes[i] = (struct layout_node){.width = 40 + 10 * i, .height = 26};
    for (unsigned i = 0; i < EDGES; i++)
        d->edges[i] = (struct layout_edge){.from = i % NODES, .to = (i * i + 1) % NODES, .label_columns = i % 3 ? 0 : 9};
    d->layout = (struct layout){.nodes = d->nodes, .node_count = NODES, .edges = d->edges, .edge_count = EDGES};
    assert_true(layout_make(&d->layout));
}

static bool overlap(const struct layout_node *a, const struct layout_node *b)
{
    double x = a->center.x - b->center.x, y = a->center.y - b->center.y;
    return 2 * (x < 0 ? -x : x) < a->width + b->width && 2 * (y < 0 ? -y : y) < a->height + b->height;
}

/* From the middle of a box, in halves of its size; 1 is its border. */
static double distance(const struct layout_node *n, struct layout_point p)
{
    double x = (p.x - n->center.x) / (n->width / 2), y = (p.y - n->center.y) / (n->height / 2);
    x = x < 0 ? -x : x, y = y < 0 ? -y : y;
    return x > y ? x : y;
}

TEST(boxes_stand_apart_and_inside)
{
    struct drawing d;
    draw(&d);
    for (unsigned i = 0; i < NODES; i++) {
        const struct layout_node *n = &d.nodes[i];
        assert_true(n->center.x - n->width / 2 >= -1 && n->center.x + n->width / 2 <= d.layout.width + 1);
        assert_true(n->center.y - n->height / 2 >= -1 && n->center.y + n->height / 2 <= d.layout.height + 1);
        for (unsigned j = 0; j < i; j++) assert_false(overlap(n, &d.nodes[j]));
    }
    layout_finish(&d.layout);
}

TEST(every_line_leads_from_its_box_to_the_other)
{
    struct drawing d;
    draw(&d);
    for (unsigned i = 0; i < EDGES; i++) {
        const struct layout_edge *e = &d.edges[i];
        assert_non_null(e->points);
        assert_int_equal(e->point_count % 3, 1);
        assert_true(distance(&d.nodes[e->from], e->points[0]) < 1.3);
        assert_true(distance(&d.nodes[e->to], e->tip) < 1.3);
    }
    layout_finish(&d.layout);
}

TEST(the_same_drawing_comes_out_the_same)
{
    struct drawing a, b;
    draw(&a);
    draw(&b);
    assert_memory_equal(a.nodes, b.nodes, sizeof a.nodes);
    for (unsigned i = 0; i < EDGES; i++)
        assert_memory_equal(a.edges[i].points, b.edges[i].points, a.edges[i].point_count * sizeof *a.edges[i].points);
    layout_finish(&a.layout);
    layout_finish(&b.layout);
}

TEST(nothing_is_laid_out_too)
{
    struct layout layout = {.node_count = 0};
    assert_true(layout_make(&layout));
    layout_finish(&layout);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(boxes_stand_apart_and_inside),
        cmocka_unit_test(every_line_leads_from_its_box_to_the_other),
        cmocka_unit_test(the_same_drawing_comes_out_the_same),
        cmocka_unit_test(nothing_is_laid_out_too),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
