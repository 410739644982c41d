/* The order of the lines of `flows --format tsv`, without their text; line_order.c has the reasoning. */
#ifndef REPORT_LINE_ORDER_H
#define REPORT_LINE_ORDER_H

#include "line.h"

/** One line: what one end of a flow sent. Packed, since there are two for every flow: 12 bytes instead of 16. */
struct __attribute__((packed, aligned(4))) line_item {
    uint64_t key;  /* the order of the text, as far as a window shows it */
    uint32_t line; /* flow's position << 1 | the end that sent */
};
_Static_assert(sizeof(struct line_item) == 12, "two lines of a flow are 24 bytes");

enum {
    LINES_AHEAD = 8,            /* flows asked for ahead of the one in hand: in the order of lines each is a cache miss */
    LINE_FLOWS_MAX = INT32_MAX, /* more flows than this have no number for their lines; --max-flows ends below */
};

struct line_order {
    const struct pp_flow_table *flows;
    struct line_words words;
    uint32_t first[256]; /* the first octet of an address as four characters, in a form that IPv6 text has too */
    uint8_t rank[256];   /* place of an octet among the octets as text */
};

void line_order_init(struct line_order *order, const struct pp_flow_table *flows);

/** The flow of items[i]; those behind it are on their way. */
static inline void line_flow(const struct line_order *order, const struct line_item *items, size_t count, size_t i, struct pp_flow *flow)
{
    if (i + LINES_AHEAD < count) pp_flow_prefetch(order->flows, items[i + LINES_AHEAD].line >> 1);
    pp_flow_at(order->flows, items[i].line >> 1, flow);
}

/** The item of a line, ready for line_sort. */
struct line_item line_item(const struct line_order *order, const struct pp_flow *flow, size_t position, unsigned from);

/** Lines of which the keys have the same window of the text. */
struct line_range {
    struct line_item *items;
    size_t count;
    unsigned window; /* which 64 bits; 0 at first */
};

enum { LINE_PARTS_MAX = 256 };

/** Rearrange a range into parts that follow one another in the order of the lines, each within itself in no order. Small
 * neighbours become one part as long as they have at most `small` lines. Returns how many; 1: nothing tells the lines apart. */
unsigned line_split(const struct line_order *order, struct line_range range, size_t small, struct line_range parts[LINE_PARTS_MAX]);

/** Put a range into the order of the lines. */
void line_sort(const struct line_order *order, struct line_range range);

#endif
