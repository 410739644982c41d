/* Ports are read by descent over a text that never changes: every function moves `at` past what it read, or leaves
 * it where reading stopped and says in `expected` what should have stood there. */
#include "ports.h"

#include <ctype.h>
#include <string.h>

enum { PORT_MAX = 65535, PORT_DIGITS_MAX = 5 };

enum named { NAMED_NONE, NAMED_TCP, NAMED_UDP };

static const char *const transport_names[] = {[NAMED_NONE] = "", [NAMED_TCP] = "tcp", [NAMED_UDP] = "udp"};

struct scan {
    const char *at, *expected;
};

static bool stop(struct scan *scan, const char *at, const char *expected)
{
    scan->at = at;
    scan->expected = expected;
    return false;
}

static void skip_blanks(struct scan *scan)
{
    while (*scan->at == ' ' || *scan->at == '\t') scan->at++;
}

/* Step over `word` when it stands here and no letter follows it. */
static bool take_word(struct scan *scan, const char *word)
{
    size_t n = strlen(word);
    skip_blanks(scan);
    if (strncmp(scan->at, word, n) != 0 || (isalnum((unsigned char)word[0]) && isalnum((unsigned char)scan->at[n]))) return false;
    scan->at += n;
    return true;
}

static bool read_port(struct scan *scan, uint16_t *out)
{
    skip_blanks(scan);
    const char *start = scan->at;
    uint32_t value = 0;
    for (; isdigit((unsigned char)*scan->at); scan->at++) {
        value = value * 10 + (uint32_t)(*scan->at - '0');
        if (scan->at - start >= PORT_DIGITS_MAX || value > PORT_MAX) return stop(scan, start, "a port from 1 to 65535");
    }
    if (scan->at == start || value == 0) return stop(scan, start, "a port from 1 to 65535");
    *out = (uint16_t)value;
    return true;
}

static bool read_transport(struct scan *scan, enum named *out)
{
    *out = NAMED_NONE;
    if (!take_word(scan, "/")) return true;
    skip_blanks(scan);
    if (take_word(scan, transport_names[NAMED_TCP])) return *out = NAMED_TCP, true;
    if (take_word(scan, transport_names[NAMED_UDP])) return *out = NAMED_UDP, true;
    return stop(scan, scan->at, "tcp or udp");
}

/* One port, a range, or a port "and above". */
static bool read_item(struct scan *scan, struct pp_port_range *range, enum named *transport)
{
    enum named end = NAMED_NONE;
    *range = (struct pp_port_range){.step = 1};
    if (!read_port(scan, &range->first) || !read_transport(scan, transport)) return false;
    range->last = range->first;
    if (take_word(scan, "and")) {
        if (!take_word(scan, "above")) return stop(scan, scan->at, "\"above\" after \"and\"");
        range->last = PORT_MAX;
        return true;
    }
    if (!take_word(scan, "-") && !take_word(scan, "to")) return true;
    skip_blanks(scan);
    const char *at = scan->at;
    if (!read_port(scan, &range->last) || !read_transport(scan, &end)) return false;
    if (range->last < range->first) return stop(scan, at, "a last port not below the first");
    if (*transport == NAMED_NONE) *transport = end;
    if (end != NAMED_NONE && end != *transport) return stop(scan, at, "the same transport at both ends of a range");
    return true;
}

static bool overlaps(const struct pp_ports *ports, const struct pp_port_range *range)
{
    for (uint16_t i = 0; i < ports->count; i++)
        if (range->first <= ports->ranges[i].last && range->last >= ports->ranges[i].first) return true;
    return false;
}

/* The ports so far become one series, if they are single and evenly spaced. */
static bool make_series(struct scan *scan, const char *at, struct pp_ports *ports)
{
    int step = ports->count < 2 ? 0 : ports->ranges[1].first - ports->ranges[0].first;
    for (uint16_t i = 0; i < ports->count; i++) {
        bool single = ports->ranges[i].first == ports->ranges[i].last;
        if (step <= 0 || !single || ports->ranges[i].first != ports->ranges[0].first + i * step)
            return stop(scan, at, "two or more evenly spaced single ports before \"...\"");
    }
    ports->ranges[0].step = (uint16_t)step;
    ports->ranges[0].last = ports->ranges[0].first;
    ports->count = 1;
    ports->per_member = true;
    return true;
}

static bool read_items(struct scan *scan, struct pp_ports *ports, enum named *transport)
{
    do {
        struct pp_port_range range;
        enum named own;
        skip_blanks(scan);
        const char *at = scan->at;
        if (!read_item(scan, &range, &own)) return false;
        if (ports->count && own != *transport) return stop(scan, at, "the same transport on every port");
        if (overlaps(ports, &range)) return stop(scan, at, "a port that is not named before");
        if (ports->count == PP_RANGES_MAX) return stop(scan, at, "no more than 16 ports and ranges");
        *transport = own;
        ports->ranges[ports->count++] = range;
    } while (take_word(scan, ","));
    skip_blanks(scan);
    const char *at = scan->at;
    if (take_word(scan, "...") || take_word(scan, "\xe2\x80\xa6")) return make_series(scan, at, ports);
    return true;
}

bool ports_parse(const char *text, struct pp_ports *out, const char **found, const char **expected)
{
    struct scan scan = {.at = text};
    struct pp_ports ports = {0};
    enum named transport = NAMED_NONE;
    bool good;
    if (take_word(&scan, "any")) {
        ports.ranges[ports.count++] = (struct pp_port_range){.first = 0, .last = PORT_MAX, .step = 1};
        good = read_transport(&scan, &transport);
    } else {
        good = read_items(&scan, &ports, &transport);
    }
    skip_blanks(&scan);
    if (good && *scan.at) good = stop(&scan, scan.at, "a comma, a range or the end, as in 80/tcp, 6010-6099/tcp");
    if (!good) {
        *found = scan.at;
        *expected = scan.expected;
        return false;
    }
    ports.tcp = transport != NAMED_UDP;
    ports.udp = transport != NAMED_TCP;
    *out = ports;
    return true;
}

static void write_range(struct text *out, const struct pp_ports *ports, const struct pp_port_range *range, const char *transport)
{
    if (ports->per_member)
        text_printf(out, "%u%s, %u%s ...", range->first, transport, range->first + range->step, transport);
    else if (range->first == range->last)
        text_printf(out, "%u%s", range->first, transport);
    else if (range->first == 0 && range->last == PORT_MAX)
        text_printf(out, "any%s", transport);
    else
        text_printf(out, "%u-%u%s", range->first, range->last, transport);
}

void ports_write(struct text *out, const struct pp_ports *ports)
{
    const char *transport = ports->tcp && ports->udp ? "" : ports->tcp ? "/tcp" : "/udp";
    for (uint16_t i = 0; i < ports->count; i++) {
        if (i) text_add(out, ", ");
        write_range(out, ports, &ports->ranges[i], transport);
    }
}

void ports_extend(struct pp_ports *ports, uint16_t members)
{
    if (!ports->per_member || ports->count != 1) return;
    struct pp_port_range *range = &ports->ranges[0];
    uint32_t most = (uint32_t)(PORT_MAX - range->first) / range->step, more = members > 1 ? members - 1u : 0;
    range->last = (uint16_t)(range->first + range->step * (more < most ? more : most));
}

bool pp_ports_hold(const struct pp_ports *ports, enum pp_transport transport, uint16_t port)
{
    if (!(transport == PP_TCP ? ports->tcp : transport == PP_UDP && ports->udp)) return false;
    for (uint16_t i = 0; i < ports->count; i++) {
        const struct pp_port_range *range = &ports->ranges[i];
        if (port < range->first || port > range->last) continue;
        if (range->step <= 1 || (port - range->first) % range->step == 0) return true;
    }
    return false;
}

uint32_t pp_ports_size(const struct pp_ports *ports)
{
    uint32_t size = 0;
    for (uint16_t i = 0; i < ports->count; i++) {
        const struct pp_port_range *range = &ports->ranges[i];
        size += (uint32_t)(range->last - range->first) / (range->step ? range->step : 1u) + 1;
    }
    return size;
}
