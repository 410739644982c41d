/* The order of lines without their text. A list of flows is sorted bytewise, and sorting text means having it all at once and
 * comparing it again and again. Instead each line has a number whose order is that of the text's beginning, and only these are
 * sorted. Where the numbers of two lines agree they are made anew from what follows in the text: the next window.
 *
 * A field of a line ends with a tab, an octet with a tab or a dot, and both sort before every digit; so a number that ends comes
 * before one that goes on, and otherwise the digits decide. Hence
 *
 *   an octet sorts like its place (8 bits) among the 256 octets as text: 0 1 10 100 101 ... 109 11 110 ... 99;
 *   a port like its digits, filled up to five with zeros, and where these agree like its length: 443 is 44300 and 3 (19 bits);
 *   IPv6 text, whose shortened form has no such shape, like its characters, of which there are 19: five bits each.
 *
 * IPv4, each window an end, first the source:     transport 1 | first octet 20 | octets 3 * 8 | port 19
 * IPv6, each window 12 characters of both ends:   transport 1 | characters 12 * 5 | nothing 3
 *
 * Both families meet in one list. There the first octet decides, as four characters: it has a dot behind its digits, which IPv6 text
 * never has there (embedded IPv4 begins with "::"), so a line of one family never agrees with one of the other in them. Lines that
 * agree in all windows have the same ends: flows folded in different ways. There are a dozen of these at most, and their text is
 * compared.
 *
 * Items are sorted in place, by the highest bits in which any differ, then each part by the next ("American flag" sort: McIlroy,
 * Bostic and McIlroy, Engineering Radix Sort, 1993). So the memory is 12 bytes a line and no more. */
#include "line_order.h"

#include <string.h>

#include "address.h"
#include "digits.h"

enum {
    WINDOWS4 = 2, /* the ends */
    CHARACTERS = 12,
    WINDOWS6 = 9,   /* two addresses of 45 characters, two ports of 5, four tabs: 104 characters at most */
    INSERTED = 32,  /* so many items are sorted by insertion; above it a radix pass is faster */
    DIGIT_BITS = 8, /* of a radix pass */
    FEW_BITS = 5,   /* ... over fewer items than FEW: going through 256 digits would take longer than the items do */
    FEW = 512,
    DIGITS = 1 << DIGIT_BITS,
};
_Static_assert((int)WINDOWS6 *CHARACTERS >= 2 * ((int)ADDRESS_TEXT_MAX - 1 + 5 + 2), "the windows show both ends");
_Static_assert((int)LINE_PARTS_MAX >= (int)DIGITS, "a split has a part for each digit");

/* Characters in their order; 0: behind the text. */
static const uint8_t symbols[128] = {
    ['\t'] = 1, ['.'] = 2,  ['0'] = 3,  ['1'] = 4,  ['2'] = 5,  ['3'] = 6,  ['4'] = 7,  ['5'] = 8,  ['6'] = 9, ['7'] = 10,
    ['8'] = 11, ['9'] = 12, [':'] = 13, ['a'] = 14, ['b'] = 15, ['c'] = 16, ['d'] = 17, ['e'] = 18, ['f'] = 19};

static uint64_t symbol_bits(const char *text, size_t length, size_t from, size_t count)
{
    uint64_t bits = 0;
    for (size_t i = from; i < from + count; i++) bits = bits << 5 | (i < length ? symbols[(uint8_t)text[i] & 127] : 0u);
    return bits;
}

/* Octets in the order of their text: each number, then what one more digit makes of it. */
/* NOLINTNEXTLINE(misc-no-recursion): a digit of an octet a level */
static unsigned rank_octets(struct line_order *order, unsigned octet, unsigned rank)
{
    order->rank[octet] = (uint8_t)rank++;
    for (unsigned digit = 0; octet && digit < 10 && octet * 10 + digit < 256; digit++) rank = rank_octets(order, octet * 10 + digit, rank);
    return rank;
}

void line_order_init(struct line_order *order, const struct pp_flow_table *flows)
{
    order->flows = flows;
    line_words_init(&order->words);
    for (unsigned i = 0, rank = 0; i < 10; i++) rank = rank_octets(order, i, rank);
    for (unsigned i = 0; i < 256; i++)
        order->first[i] = (uint32_t)symbol_bits(order->words.octets[i].text, order->words.octets[i].length, 0, 4);
}

static uint32_t port_bits(uint16_t port)
{
    static const uint16_t filled[] = {0, 10000, 1000, 100, 10, 1};
    unsigned length = digits_of(port);
    return port * (uint32_t)filled[length] * 5 + length - 1;
}

static uint64_t key4(const struct line_order *order, const struct pp_flow *flow, unsigned end)
{
    const uint8_t *octets = flow->address[end].bytes;
    return (uint64_t)order->first[octets[0]] << 43 | (uint64_t)order->rank[octets[1]] << 35 | (uint64_t)order->rank[octets[2]] << 27 |
           (uint64_t)order->rank[octets[3]] << 19 | port_bits(flow->port[end]);
}

static uint64_t key6(const struct line_order *order, const struct pp_flow *flow, unsigned from, unsigned window)
{
    char ends[LINE_BYTES_MAX];
    size_t length = (size_t)(put_ends(ends, &order->words, flow, from) - ends);
    return symbol_bits(ends, length, (size_t)window * CHARACTERS, CHARACTERS) << 3;
}

static void set_key(const struct line_order *order, struct line_item *item, const struct pp_flow *flow, unsigned window)
{
    unsigned from = item->line & 1;
    uint64_t key = flow->address[0].family == PP_IPV4 ? key4(order, flow, from ^ window) : key6(order, flow, from, window);
    item->key = key | (uint64_t)(flow->transport == PP_UDP) << 63; /* "tcp" before "udp" */
}

struct line_item line_item(const struct line_order *order, const struct pp_flow *flow, size_t position, unsigned from)
{
    struct line_item item = {.line = (uint32_t)position << 1 | from};
    set_key(order, &item, flow, 0);
    return item;
}

/* Give lines that agree so far the keys of the next window. false: there is none. */
static bool next_window(const struct line_order *order, struct line_range *range)
{
    struct pp_flow flow;
    pp_flow_at(order->flows, range->items->line >> 1, &flow);
    if (range->window + 1 == (flow.address[0].family == PP_IPV4 ? WINDOWS4 : WINDOWS6)) return false;
    range->window++;
    for (size_t i = 0; i < range->count; i++) {
        line_flow(order, range->items, range->count, i, &flow);
        set_key(order, &range->items[i], &flow, range->window);
    }
    return true;
}

/* --- by the keys ------------------------------------------------------------------------------------------------------ */

static void insert_by_key(struct line_item *items, size_t count)
{
    for (size_t i = 1; i < count; i++) {
        struct line_item item = items[i];
        size_t at = i;
        for (; at && items[at - 1].key > item.key; at--) items[at] = items[at - 1];
        items[at] = item;
    }
}

/* Bits of the keys: how many, and how far down. */
struct digit {
    unsigned bits, shift;
};

static inline unsigned digit_of(struct digit digit, const struct line_item *item)
{
    return (unsigned)(item->key >> digit.shift) & ((1u << digit.bits) - 1);
}

/* The highest bits in which keys differ. false: all keys are equal. */
static bool find_digit(const struct line_item *items, size_t count, struct digit *digit)
{
    uint64_t first = items->key, different = 0;
    for (size_t i = 1; i < count; i++) different |= items[i].key ^ first;
    if (!different) return false;
    unsigned zeros = (unsigned)__builtin_clzll(different);
    digit->bits = count < FEW ? FEW_BITS : DIGIT_BITS;
    digit->shift = zeros + digit->bits < 64 ? 64 - digit->bits - zeros : 0;
    return true;
}

/* Bring items into the order of one digit; ends[d] is where those with digit d end. Each item is exchanged with the one in the
 * next free place of its digit, over and over until all places are taken. Carrying each item that is found to its own place would
 * need fewer exchanges, but each would wait for the one before; of these the processor does several at a time (Skarupke, I Wrote
 * a Faster Sorting Algorithm, 2016). */
static void partition(struct line_item *items, size_t count, struct digit digit, size_t ends[DIGITS])
{
    const unsigned digits = 1u << digit.bits;
    size_t next[DIGITS], sum = 0;
    memset(ends, 0, digits * sizeof *ends);
    for (size_t i = 0; i < count; i++) ends[digit_of(digit, &items[i])]++;
    for (unsigned d = 0; d < digits; d++) {
        next[d] = sum;
        ends[d] = sum += ends[d];
    }
    for (bool placed = false; !placed;) {
        placed = true;
        for (unsigned d = 0; d < digits; d++) {
            for (size_t i = next[d]; i < ends[d]; i++) {
                struct line_item *to = &items[next[digit_of(digit, &items[i])]++], item = items[i];
                items[i] = *to;
                *to = item;
            }
            placed &= next[d] == ends[d];
        }
    }
}

/* A dozen levels deep at most: the keys of a part agree in all bits down to the digit that made it. */
/* NOLINTNEXTLINE(misc-no-recursion): see above */
static void sort_by_key(struct line_item *items, size_t count)
{
    size_t ends[DIGITS], start = 0;
    struct digit digit;
    if (count <= INSERTED) {
        insert_by_key(items, count);
        return;
    }
    if (!find_digit(items, count, &digit)) return;
    partition(items, count, digit, ends);
    for (unsigned d = 0; d < 1u << digit.bits; start = ends[d++])
        if (ends[d] - start > 1) sort_by_key(items + start, ends[d] - start);
}

/* --- by the lines ----------------------------------------------------------------------------------------------------- */

static bool is_before(const struct line_order *order, uint32_t a, uint32_t b)
{
    char lines[2][LINE_BYTES_MAX];
    struct pp_flow flow;
    pp_flow_at(order->flows, a >> 1, &flow);
    size_t length = (size_t)(put_line(lines[0], &order->words, &flow, a & 1) - lines[0]), other;
    pp_flow_at(order->flows, b >> 1, &flow);
    other = (size_t)(put_line(lines[1], &order->words, &flow, b & 1) - lines[1]);
    /* Each ends with the only newline in it, so the shorter is enough. */
    return memcmp(lines[0], lines[1], length < other ? length : other) < 0;
}

static void insert_by_text(const struct line_order *order, struct line_item *items, size_t count)
{
    for (size_t i = 1; i < count; i++) {
        struct line_item item = items[i];
        size_t at = i;
        for (; at && is_before(order, item.line, items[at - 1].line); at--) items[at] = items[at - 1];
        items[at] = item;
    }
}

/* NOLINTNEXTLINE(misc-no-recursion): a window a level */
void line_sort(const struct line_order *order, struct line_range range)
{
    sort_by_key(range.items, range.count);
    for (size_t start = 0, end; start < range.count; start = end) {
        end = start + 1;
        while (end < range.count && range.items[end].key == range.items[start].key) end++;
        struct line_range same = {range.items + start, end - start, range.window};
        if (same.count == 1) continue;
        if (next_window(order, &same))
            line_sort(order, same);
        else
            insert_by_text(order, same.items, same.count);
    }
}

unsigned line_split(const struct line_order *order, struct line_range range, size_t small, struct line_range parts[LINE_PARTS_MAX])
{
    size_t ends[DIGITS], start = 0;
    struct digit digit;
    unsigned count = 0;
    while (!find_digit(range.items, range.count, &digit)) {
        parts[0] = range;
        if (!next_window(order, &range)) return 1;
    }
    partition(range.items, range.count, digit, ends);
    for (unsigned d = 0; d < 1u << digit.bits; start = ends[d++]) {
        if (ends[d] == start) continue;
        if (count && parts[count - 1].count + ends[d] - start <= small)
            parts[count - 1].count += ends[d] - start;
        else
            parts[count++] = (struct line_range){range.items + start, ends[d] - start, range.window};
    }
    return count;
}
