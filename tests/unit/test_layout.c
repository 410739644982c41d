/* Where Graphviz puts the map's boxes and lines: apart, in the drawing, the same every time, whichever way the lines go. */
#include "layout.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "evidence.h"
#include "memory.h"
#include "portproof/report.h"
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

static void assert_same(const struct drawing *a, const struct drawing *b)
{
    assert_memory_equal(a->nodes, b->nodes, sizeof a->nodes);
    assert_true(a->layout.width > 0 && a->layout.width == b->layout.width && a->layout.height == b->layout.height);
    for (unsigned i = 0; i < EDGES; i++) {
        const struct layout_edge *x = &a->edges[i], *y = &b->edges[i];
        assert_true(x->point_count == y->point_count && x->is_turned == y->is_turned);
        assert_memory_equal(x->points, y->points, x->point_count * sizeof *x->points);
        assert_memory_equal(&x->tip, &y->tip, sizeof x->tip);
        assert_memory_equal(&x->label, &y->label, sizeof x->label);
    }
}

TEST(the_same_drawing_comes_out_the_same)
{
    struct drawing a, b;
    draw(&a);
    draw(&b);
    assert_same(&a, &b);
    layout_finish(&a.layout);
    layout_finish(&b.layout);
}

static bool confined(void) { return true; }

TEST(a_process_apart_lays_out_the_same_again_and_again)
{
    struct drawing here, apart;
    draw(&here);
    assert_true(pp_report_draw_apart(confined));
    assert_true(pp_report_draw_apart(confined)); /* is there already */
    for (int i = 0; i < 3; i++) {
        draw(&apart);
        assert_same(&here, &apart);
        layout_finish(&apart.layout);
    }
    pp_report_draw_end();
    layout_finish(&here.layout);
}

static bool killed(void)
{
    raise(SIGKILL);
    return true;
}
static bool not_confined(void) { return false; }

TEST(a_process_apart_that_ends_is_memory_that_could_not_be_had)
{
    static bool (*const ends[])(void) = {killed, not_confined};
    struct layout_node node = {.width = 40, .height = 26};
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
        struct layout layout = {.nodes = &node, .node_count = 1};
        unsigned before = memory_failures();
        assert_true(pp_report_draw_apart(ends[i]));
        assert_false(layout_make(&layout));
        assert_int_equal(memory_failures(), before + 1);
        assert_false(layout_make(&layout));
        pp_report_draw_end();
        assert_true(layout_make(&layout)); /* here */
        layout_finish(&layout);
    }
}

TEST(nothing_is_laid_out_apart_too)
{
    struct layout layout = {.node_count = 0};
    assert_true(pp_report_draw_apart(confined));
    assert_true(layout_make(&layout));
    layout_finish(&layout);
    pp_report_draw_end();
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
        cmocka_unit_test(a_process_apart_lays_out_the_same_again_and_again),
        cmocka_unit_test(a_process_apart_that_ends_is_memory_that_could_not_be_had),
        cmocka_unit_test(nothing_is_laid_out_apart_too),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
