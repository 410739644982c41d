/* Who is where: the inventories of both sites, and from them whose address an old one was. An address is old when a host of BEFORE had it
 * and AFTER's site does not put it with that host, unless it puts it with another one, as exactly (a prefix that happens to hold it takes
 * over no host's address). */
#include <stdlib.h>
#include <string.h>

#include "address.h"
#include "comparison.h"

/* A prefix of one inventory and who has it. */
struct held {
    struct pp_address address;
    uint8_t length;
    const char *name; /* raw; after renaming */
};

struct inventory {
    struct held *sorted; /* by length, the longest first; then by address */
    size_t count;
};

struct old_addresses {
    struct inventory side[2];
    struct names then, now; /* hosts of BEFORE (as they are called now) and AFTER by raw name; state: their addresses */
};

static const json_t *inventory_of(const struct builder *b, unsigned side)
{
    return json_object_get(json_object_get(b->report[side], "site"), "inventory");
}

const char *why_no_inventory(const struct builder *b, unsigned side)
{
    static const char *const inferred[] = {"BEFORE was judged without a site file, so nobody knows whose its addresses were",
                                           "AFTER was judged without a site file, so nobody knows whose its addresses are"};
    static const char *const older[] = {"BEFORE was written by an older version, whose reports have no inventory; judge its captures again",
                                        "AFTER was written by an older version, whose reports have no inventory; judge its captures again"};
    if (json_is_array(inventory_of(b, side))) return "";
    return b->out->side[side].inferred ? inferred[side] : older[side];
}

/* --- addresses --------------------------------------------------------------------------------------------------------------------- */

static int by_length(const void *a, const void *b)
{
    const struct held *x = a, *y = b;
    return x->length != y->length ? y->length - x->length : address_compare(&x->address, &y->address);
}

static size_t count_prefixes(const json_t *hosts)
{
    size_t i, count = 0;
    json_t *host;
    json_array_foreach(hosts, i, host) count += json_array_size(json_object_get(host, "prefixes"));
    return count;
}

static bool read_inventory(struct builder *b, unsigned side, struct inventory *out)
{
    const json_t *hosts = inventory_of(b, side);
    size_t i, p;
    json_t *host, *prefix;
    out->sorted = arena_alloc(b->arena, (count_prefixes(hosts) + 1) * sizeof *out->sorted);
    if (!out->sorted) return false;
    json_array_foreach(hosts, i, host)
    {
        json_array_foreach(json_object_get(host, "prefixes"), p, prefix)
        {
            struct held one = {.name = raw_name(b, host, side == 0)};
            bool host_bits;
            const char *text = json_string_value(prefix);
            if (text && prefix_parse(text, &one.address, &one.length, &host_bits) && !host_bits) out->sorted[out->count++] = one;
        }
    }
    qsort(out->sorted, out->count, sizeof *out->sorted, by_length);
    return true;
}

static struct pp_address cut(const struct pp_address *address, uint8_t length)
{
    struct pp_address out = *address;
    for (unsigned byte = 0; byte < sizeof out.bytes; byte++) {
        unsigned kept = length > byte * 8 ? length - byte * 8 : 0;
        if (kept < 8) out.bytes[byte] &= (uint8_t)(0xff00u >> kept);
    }
    return out;
}

/* The longest prefix that holds the address; NULL: none. A look for each length that occurs. */
static const struct held *holder_in(const struct inventory *inventory, const struct pp_address *address)
{
    const struct held *at = inventory->sorted, *end = at + inventory->count;
    while (at < end) {
        const struct held *next = at;
        struct held wanted = {.address = cut(address, at->length), .length = at->length};
        while (next < end && next->length == at->length) next++;
        const struct held *found = bsearch(&wanted, at, (size_t)(next - at), sizeof *at, by_length);
        if (found) return found;
        at = next;
    }
    return NULL;
}

/* The last address of a prefix is everybody in it, and no host's. */
static bool is_broadcast(const struct held *held, const struct pp_address *address)
{
    if (address->family != PP_IPV4 || held->length >= 31) return false;
    for (unsigned bit = held->length; bit < 32; bit++)
        if (!(address->bytes[bit / 8] & (0x80u >> bit % 8))) return false;
    return true;
}

bool old_holder_of(const struct builder *b, const char *text, struct old_holder *holder)
{
    struct pp_address address;
    if (!b->old || !address_parse(text, &address)) return false;
    const struct held *then = holder_in(&b->old->side[0], &address), *now = holder_in(&b->old->side[1], &address);
    if (!then || is_broadcast(then, &address)) return false;
    if (now && (strcmp(now->name, then->name) == 0 || now->length >= then->length)) return false;
    const struct known *host = names_find(&b->old->now, then->name);
    struct text safe;
    text_init(&safe);
    text_add_escaped(&safe, then->name, strlen(then->name));
    holder->name = safe.bytes ? arena_copy(b->arena, safe.bytes, safe.length) : "";
    text_finish(&safe);
    if (!holder->name) holder->name = "";
    holder->now = host ? host->state : "";
    return true;
}

static bool shares_a_role(const json_t *a, const json_t *b)
{
    size_t i, j;
    json_t *x, *y;
    json_array_foreach(json_object_get(a, "roles"), i, x)
    {
        json_array_foreach(json_object_get(b, "roles"), j, y) if (json_equal(x, y)) return true;
    }
    return false;
}

bool is_gone(const struct builder *b, const char *raw_name, bool *retired)
{
    const struct known *then = b->old && *raw_name ? names_find(&b->old->then, raw_name) : NULL;
    *retired = false;
    if (!then || names_find(&b->old->now, raw_name)) return false;
    *retired = true;
    for (size_t i = 0; *retired && i < b->old->now.count; i++) {
        const struct known *now = &b->old->now.in_order[i];
        if (!names_find(&b->old->then, now->name) && shares_a_role(then->what, now->what)) *retired = false;
    }
    return true;
}

bool has_several_addresses(const struct builder *b, const char *raw_name)
{
    const struct known *host = b->old ? names_find(&b->old->now, raw_name) : NULL;
    return !host || strpbrk(host->state, ",/");
}

/* --- who moved ----------------------------------------------------------------------------------------------------------------------- */

/* "10.0.1.10, 2001:db8:1::10" */
static const char *addresses_of(struct builder *b, const json_t *host)
{
    struct text text;
    size_t i;
    json_t *prefix;
    text_init(&text);
    json_array_foreach(json_object_get(host, "prefixes"), i, prefix)
    {
        const char *one = json_string_value(prefix) ? json_string_value(prefix) : "";
        if (i) text_add(&text, ", ");
        text_add_escaped(&text, one, strlen(one));
    }
    const char *copy = text.length ? arena_copy(b->arena, text.bytes, text.length) : "";
    text_finish(&text);
    return copy ? copy : "";
}

static bool name_hosts(struct builder *b, unsigned side, struct names *names)
{
    size_t i;
    json_t *host;
    if (!names_init(b, names, json_array_size(inventory_of(b, side)))) return false;
    json_array_foreach(inventory_of(b, side), i, host) names->in_order[names->count++] =
        (struct known){raw_name(b, host, side == 0), addresses_of(b, host), host};
    names_sort(names);
    return true;
}

static struct pp_host_change *add_host(struct builder *b, struct pp_host_change one)
{
    struct pp_comparison *out = b->out;
    struct pp_host_change *hosts = next_item(b, out->hosts, &out->host_count, sizeof one);
    if (!hosts) return NULL;
    out->hosts = hosts;
    hosts[out->host_count - 1] = one;
    out->moves[one.move]++;
    return &hosts[out->host_count - 1];
}

static bool list_hosts(struct builder *b, const struct names *then, const struct names *now)
{
    for (size_t i = 0; i < now->count; i++) {
        const struct known *one = &now->in_order[i], *was = names_find(then, one->name);
        struct pp_host_change host = {
            .name = member(b, one->what, "name"), .old_name = "", .before = "", .after = one->state, .move = PP_NEW};
        if (was) {
            host.before = was->state;
            host.move = strcmp(was->state, one->state) == 0 ? PP_STAYED : PP_MOVED;
            if (strcmp(saved_string(was->what, "name"), one->name) != 0) host.old_name = member(b, was->what, "name");
        }
        if (!add_host(b, host)) return false;
    }
    for (size_t i = 0; i < then->count; i++) {
        const struct known *one = &then->in_order[i];
        if (names_find(now, one->name)) continue;
        if (!add_host(b, (struct pp_host_change){host_name(b, one->what, true), "", one->state, "", PP_GONE, 0, 0})) return false;
    }
    return true;
}

/* --- what works at its new place ------------------------------------------------------------------------------------------------------ */

/* Hosts by their names, to count by. */
struct place {
    const char *name;
    size_t number; /* of the comparison's hosts */
};

static int by_place(const void *a, const void *b) { return strcmp(((const struct place *)a)->name, ((const struct place *)b)->name); }

struct places {
    struct place *sorted;
    size_t count;
};

static struct pp_host_change *host_called(const struct builder *b, const struct places *places, const char *name)
{
    struct place wanted = {.name = name};
    const struct place *found = places->count ? bsearch(&wanted, places->sorted, places->count, sizeof wanted, by_place) : NULL;
    return found ? &b->out->hosts[found->number] : NULL;
}

static bool sort_places(struct builder *b, struct places *places)
{
    places->sorted = arena_alloc(b->arena, (b->out->host_count + 1) * sizeof *places->sorted);
    places->count = 0;
    if (!places->sorted) return false;
    for (size_t i = 0; i < b->out->host_count; i++) places->sorted[places->count++] = (struct place){b->out->hosts[i].name, i};
    qsort(places->sorted, places->count, sizeof *places->sorted, by_place);
    return true;
}

static void count_working(struct builder *b, const struct places *places, const json_t *row)
{
    static const char *const ends[] = {"from", "to"};
    size_t i;
    json_t *edge;
    json_array_foreach(json_object_get(row, "edges"), i, edge)
    {
        if (strcmp(saved_string(edge, "state"), "expected") != 0) continue;
        for (unsigned e = 0; e < 2; e++) {
            struct pp_host_change *host = host_called(b, places, member(b, json_object_get(edge, ends[e]), "name"));
            if (host) host->works++;
        }
    }
}

static void count_broken(struct builder *b, const struct places *places)
{
    for (size_t i = 0; i < b->out->row_count; i++) {
        const struct pp_row_change_seen *r = &b->out->rows[i];
        if (!r->edge ||
            (r->change != PP_LOST && r->change != PP_NOW_BLOCKED && r->change != PP_NOW_REFUSED && r->change != PP_STILL_BLOCKED))
            continue;
        struct pp_host_change *hosts[2] = {host_called(b, places, r->from), host_called(b, places, r->to)};
        for (unsigned e = 0; e < 2; e++)
            if (hosts[e]) hosts[e]->broken++;
    }
}

bool count_edges_of_hosts(struct builder *b)
{
    struct places places;
    size_t i;
    json_t *row;
    if (!sort_places(b, &places)) return false;
    json_array_foreach(json_object_get(b->report[1], "rows"), i, row) count_working(b, &places, row);
    count_broken(b, &places);
    return true;
}

bool compare_hosts(struct builder *b)
{
    struct old_addresses *old = arena_alloc(b->arena, sizeof *old);
    if (*why_no_inventory(b, 0) || *why_no_inventory(b, 1)) return true;
    if (!old || !read_inventory(b, 0, &old->side[0]) || !read_inventory(b, 1, &old->side[1])) return false;
    if (!name_hosts(b, 0, &old->then) || !name_hosts(b, 1, &old->now)) return false;
    b->old = old;
    return list_hosts(b, &old->then, &old->now);
}
