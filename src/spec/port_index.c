/* The port index: what every packet of a capture asks, twice.
 *
 * A transport's 65,536 ports are cut into 256 pages of 256 ports. A page is 256 class bytes; equal pages are stored once,
 * and most are equal (no row at all, or only the wide rows), so the built-in rules need some twenty. A class stands for
 * one set of rows; class 0 for none. Asking is two dependent loads: the page's number, then the class.
 *
 * Built cold, one page at a time, in a form that is easy to build (a row set per port), and stored in the form that is
 * quick to read. */
#include <stdlib.h>
#include <string.h>

#include "digest.h"
#include "portproof/spec.h"
#include "rules.h"

enum {
    PAGES = 65536 / PP_PAGE_PORTS, /* of one transport */
    STORED_PAGES_MAX = 126,        /* different pages; rules that need more are refused */
    WORDS = PP_ROWS_MAX / 64,
};

/* All that a packet touches. Fits a first-level data cache of 32 KiB even when full; the built-in rules fill a sixth. */
struct hot {
    uint8_t page_of[2][PAGES]; /* [tcp, udp]: number of the stored page */
    uint8_t pages[STORED_PAGES_MAX][PP_PAGE_PORTS];
};
_Static_assert(sizeof(struct hot) == 32 * 1024, "the port index is meant to fit a 32 KiB first-level cache");

struct pp_port_index {
    struct hot hot;
    struct pp_row_set classes[PP_CLASSES_MAX];
    struct pp_row_set by_from[PP_ROLES_MAX], by_to[PP_ROLES_MAX];
    uint16_t class_count, page_count;
};

static const enum pp_transport transports[2] = {PP_TCP, PP_UDP};

/* Which rows hold each port of the page that begins at `base`. */
static void fill_page(const struct pp_spec *spec, enum pp_transport transport, uint32_t base, struct pp_row_set sets[PP_PAGE_PORTS])
{
    memset(sets, 0, PP_PAGE_PORTS * sizeof *sets);
    for (uint16_t row = 0; row < spec->row_count; row++) {
        const struct pp_ports *ports = &spec->rows[row].ports;
        if (spec->rows[row].transport != transport) continue;
        for (uint16_t i = 0; i < ports->count; i++) {
            const struct pp_port_range *range = &ports->ranges[i];
            uint32_t step = range->step ? range->step : 1, port = range->first;
            if (port < base) port += (base - port + step - 1) / step * step;
            for (; port <= range->last && port < base + PP_PAGE_PORTS; port += step) pp_row_set_add(&sets[port - base], row);
        }
    }
}

/* The class of a row set, a new one if need be. */
static bool class_of(struct pp_port_index *index, const struct pp_row_set *set, uint8_t *out)
{
    uint16_t i = 0;
    while (i < index->class_count && memcmp(&index->classes[i], set, sizeof *set) != 0) i++;
    if (i == PP_CLASSES_MAX) return false;
    if (i == index->class_count) index->classes[index->class_count++] = *set;
    *out = (uint8_t)i;
    return true;
}

static bool page_of(struct pp_port_index *index, const uint8_t page[PP_PAGE_PORTS], uint8_t *out)
{
    uint16_t i = 0;
    while (i < index->page_count && memcmp(index->hot.pages[i], page, PP_PAGE_PORTS) != 0) i++;
    if (i == STORED_PAGES_MAX) return false;
    if (i == index->page_count) memcpy(index->hot.pages[index->page_count++], page, PP_PAGE_PORTS);
    *out = (uint8_t)i;
    return true;
}

static bool add_page(struct pp_port_index *index, const struct pp_spec *spec, uint32_t transport, uint32_t number)
{
    struct pp_row_set sets[PP_PAGE_PORTS];
    uint8_t page[PP_PAGE_PORTS];
    fill_page(spec, transports[transport], number * PP_PAGE_PORTS, sets);
    for (uint32_t i = 0; i < PP_PAGE_PORTS; i++) {
        if (i && memcmp(&sets[i], &sets[i - 1], sizeof *sets) == 0)
            page[i] = page[i - 1];
        else if (!class_of(index, &sets[i], &page[i]))
            return false;
    }
    return page_of(index, page, &index->hot.page_of[transport][number]);
}

static bool build(struct pp_port_index *index, const struct pp_spec *spec)
{
    index->class_count = 1; /* class 0: the empty set */
    for (uint32_t transport = 0; transport < 2; transport++)
        for (uint32_t number = 0; number < PAGES; number++)
            if (!add_page(index, spec, transport, number)) return false;
    for (uint16_t row = 0; row < spec->row_count; row++) {
        pp_row_set_add(&index->by_from[spec->rows[row].from], row);
        pp_row_set_add(&index->by_to[spec->rows[row].to], row);
    }
    return true;
}

struct pp_port_index *port_index_make(const struct pp_spec *spec, bool *scattered)
{
    struct pp_port_index *index = calloc(1, sizeof *index);
    *scattered = index && !build(index, spec);
    if (!*scattered) return index;
    free(index);
    return NULL;
}

struct pp_port_index *pp_port_index_create(const struct pp_spec *spec)
{
    bool scattered;
    return port_index_make(spec, &scattered);
}

void pp_port_index_destroy(struct pp_port_index *index) { free(index); }

uint8_t pp_port_class(const struct pp_port_index *index, enum pp_transport transport, uint16_t port)
{
    if (transport != PP_TCP && transport != PP_UDP) return 0;
    return index->hot.pages[index->hot.page_of[transport == PP_UDP][port / PP_PAGE_PORTS]][port % PP_PAGE_PORTS];
}

void pp_port_classes(const struct pp_port_index *index, struct pp_plain_packet *packets, size_t count)
{
    const struct hot *hot = &index->hot;
    for (size_t i = 0; i < count; i++) {
        struct pp_plain_packet *packet = &packets[i];
        const uint8_t *page_of = hot->page_of[packet->transport == PP_UDP];
        packet->source_class = hot->pages[page_of[packet->ports[0] / PP_PAGE_PORTS]][packet->ports[0] % PP_PAGE_PORTS];
        packet->destination_class = hot->pages[page_of[packet->ports[1] / PP_PAGE_PORTS]][packet->ports[1] % PP_PAGE_PORTS];
    }
}

const struct pp_row_set *pp_class_rows(const struct pp_port_index *index, uint8_t port_class) { return &index->classes[port_class]; }

/* The rows that any of the roles may open (or answer). */
static struct pp_row_set rows_of(const struct pp_row_set by_role[PP_ROLES_MAX], pp_role_set roles)
{
    struct pp_row_set rows = {0};
    for (uint32_t role = 0; roles; role++, roles >>= 1)
        for (size_t word = 0; (roles & 1) && word < WORDS; word++) rows.words[word] |= by_role[role].words[word];
    return rows;
}

struct pp_row_set pp_port_index_match(const struct pp_port_index *index, enum pp_transport transport, uint16_t port, pp_role_set from,
                                      pp_role_set to)
{
    uint8_t port_class = pp_port_class(index, transport, port);
    struct pp_row_set rows = index->classes[port_class];
    if (!port_class) return rows;
    struct pp_row_set opened = rows_of(index->by_from, from), answered = rows_of(index->by_to, to);
    for (size_t word = 0; word < WORDS; word++) rows.words[word] &= opened.words[word] & answered.words[word];
    return rows;
}

struct pp_port_index_stats pp_port_index_stats(const struct pp_port_index *index)
{
    return (struct pp_port_index_stats){
        .hot_bytes = sizeof index->hot.page_of + index->page_count * sizeof index->hot.pages[0],
        .total_bytes = sizeof *index,
        .flat_bytes = 2 * 65536,
        .classes = index->class_count,
        .pages = index->page_count,
    };
}

void pp_port_index_digest(const struct pp_port_index *index, char out[65])
{
    static const enum pp_transport both[] = {PP_TCP, PP_UDP};
    struct digest digest;
    digest_init(&digest);
    for (unsigned t = 0; t < 2; t++)
        for (uint32_t port = 0; port <= UINT16_MAX; port++) {
            uint8_t port_class = pp_port_class(index, both[t], (uint16_t)port);
            digest_add(&digest, &port_class, 1);
        }
    digest_hex(&digest, out);
}
