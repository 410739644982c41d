#include <stdlib.h>
#include <string.h>

#include "address.h"
#include "clock.h"
#include "inventory.h"
#include "ports.h"
#include "text.h"

#define KEYS(table) (table), sizeof(table) / sizeof *(table)

enum { NS_PER_HOUR_S = 3600, TEXT_SHOWN = 80 };

static bool unknown_end(struct yaml_reading *reading, const struct yaml_node *node)
{
    const struct inventory *inventory = reading->context;
    static const char expected[] = "any, a role, a host name, an address or a prefix";
    size_t count = 0;
    const char **names = arena_alloc(reading->arena, (inventory->spec->role_count + inventory->site->host_count + 1u) * sizeof *names);
    for (size_t i = 0; names && i < inventory->spec->role_count; i++) names[count++] = inventory->spec->roles[i].name;
    for (size_t i = 0; names && i < inventory->site->host_count; i++) names[count++] = inventory->site->hosts[i].name;
    const char *nearest = names ? yaml_nearest(node->text, names, count) : NULL;
    char shown[TEXT_SHOWN], near[TEXT_SHOWN];
    if (!nearest) return yaml_unexpected(reading, node, expected);
    escape_into(shown, sizeof shown, node->text, strlen(node->text));
    escape_into(near, sizeof near, nearest, strlen(nearest));
    return yaml_wrong(reading, node, "\"%s\"; did you mean \"%s\"? expected %s", shown, near, expected);
}

static bool is_host(struct inventory *inventory, const struct yaml_node *node, struct pp_waiver_end *end)
{
    const struct pp_site *site = inventory->site;
    const struct lookup *lookup = site->lookup;
    uint32_t i = 0;
    while (i < site->host_count && strcmp(site->hosts[i].name, node->text) != 0) i++;
    if (i == site->host_count) return false;
    if (pp_spec_find_role(inventory->spec, node->text) != PP_NONE)
        site_warn(inventory, node->line, "%s is a host and a role; the waiver means the host", node->text);
    while (lookup->joined_into[i] != i) i = lookup->joined_into[i];
    *end = (struct pp_waiver_end){.kind = PP_WHO_HOST, .index = (uint16_t)i};
    return true;
}

static bool read_end(struct yaml_reading *reading, const struct yaml_node *node, struct pp_waiver_end *end)
{
    struct inventory *inventory = reading->context;
    uint16_t role;
    bool host_bits;
    if (!yaml_expect_text(reading, node, "any, a role, a host name, an address or a prefix")) return false;
    *end = (struct pp_waiver_end){.kind = PP_WHO_ANY, .index = PP_NONE};
    if (strcmp(node->text, "any") == 0 || is_host(inventory, node, end)) return true;
    if ((role = pp_spec_find_role(inventory->spec, node->text)) != PP_NONE) {
        *end = (struct pp_waiver_end){.kind = PP_WHO_ROLE, .index = role};
        return true;
    }
    end->kind = PP_WHO_PREFIX;
    if (!prefix_parse(node->text, &end->prefix.address, &end->prefix.length, &host_bits)) return unknown_end(reading, node);
    return !host_bits || yaml_unexpected(reading, node, "a prefix without bits set after its length, or an address");
}

static bool read_from(struct yaml_reading *reading, const struct yaml_node *node, void *field)
{
    struct pp_waiver *waiver = field;
    return read_end(reading, node, &waiver->from) && yaml_read_text(reading, node, &waiver->from_text);
}

static bool read_to(struct yaml_reading *reading, const struct yaml_node *node, void *field)
{
    struct pp_waiver *waiver = field;
    return read_end(reading, node, &waiver->to) && yaml_read_text(reading, node, &waiver->to_text);
}

static bool read_ports(struct yaml_reading *reading, const struct yaml_node *node, void *field)
{
    struct pp_waiver *waiver = field;
    const char *found, *expected;
    if (!yaml_expect_text(reading, node, "ports, as in 53/udp, or any")) return false;
    if (!ports_parse(node->text, &waiver->ports, &found, &expected))
        return yaml_wrong_inside(reading, node, (size_t)(found - node->text), expected);
    if (waiver->ports.per_member) return yaml_unexpected(reading, node, "all ports of the waiver, without \"...\"");
    return yaml_read_text(reading, node, &waiver->ports_text);
}

static bool read_expiry(struct yaml_reading *reading, const struct yaml_node *node, void *field)
{
    static const char expected[] = "a date that exists, as in 2027-06-30, or never";
    struct pp_waiver *waiver = field;
    pp_time_ns day;
    if (!yaml_expect_text(reading, node, expected)) return false;
    if (strcmp(node->text, "never") == 0) return true;
    if (!date_parse(node->text, &day)) return yaml_unexpected(reading, node, expected);
    waiver->valid_until_ns = day + UINT64_C(24) * NS_PER_HOUR_S * NS_PER_S; /* valid through its last day */
    return yaml_read_text(reading, node, &waiver->expires_text);
}

static const struct yaml_key waiver_keys[] = {
    {"from", read_from, 0, true},
    {"to", read_to, 0, true},
    {"ports", read_ports, 0, true},
    {"owner", yaml_read_text, offsetof(struct pp_waiver, owner), true},
    {"reason", yaml_read_text, offsetof(struct pp_waiver, reason), true},
    {"expires", read_expiry, 0, false},
};

static void warn_of(struct inventory *inventory, const struct yaml_node *item, const struct pp_waiver *waiver)
{
    if (!yaml_value(item, "expires")) site_warn(inventory, waiver->line, "a waiver without expires; never is assumed");
    if (waiver->from.kind == PP_WHO_ANY && waiver->to.kind == PP_WHO_ANY && pp_ports_size(&waiver->ports) > 65534)
        site_warn(inventory, waiver->line, "a waiver from any to any on any port: nothing %swill be unexpected",
                  waiver->ports.tcp && waiver->ports.udp ? ""
                  : waiver->ports.tcp                    ? "over TCP "
                                                         : "over UDP ");
}

bool site_read_waivers(struct yaml_reading *reading, const struct yaml_node *node, void *field)
{
    struct inventory *inventory = reading->context;
    struct pp_site *site = inventory->site;
    (void)field;
    if (!yaml_expect_list(reading, node, "a list of waivers")) return false;
    for (const struct yaml_node *item = node->first; item; item = item->next) {
        struct pp_waiver *waivers = site_grow(reading->arena, site->waivers, site->waiver_count, sizeof *waivers);
        if (!waivers) return yaml_wrong(reading, item, "out of memory");
        site->waivers = waivers;
        struct pp_waiver *waiver = &waivers[site->waiver_count];
        *waiver = (struct pp_waiver){.valid_until_ns = UINT64_MAX, .line = item->line, .origin = inventory->origin};
        if (!yaml_read_mapping(reading, item, "waiver", KEYS(waiver_keys), waiver)) return false;
        site->waiver_count++;
        warn_of(inventory, item, waiver);
    }
    return true;
}

static const struct yaml_key background_keys[] = {{"waivers", site_read_waivers, 0, true}};

static bool read_background(struct yaml_reading *reading)
{
    struct inventory *inventory = reading->context;
    struct arena *tree = arena_create();
    const struct yaml_node *root = tree ? yaml_tree_load(pp_builtin_background, pp_builtin_background_size, tree, reading->error) : NULL;
    const char *origin = inventory->origin;
    inventory->origin = "background";
    bool good = root && yaml_read_mapping(reading, root, "set of waivers", KEYS(background_keys), inventory->site);
    inventory->origin = origin;
    arena_destroy(tree);
    return good;
}

static bool include_one(struct yaml_reading *reading, const struct yaml_node *node, void *into)
{
    static const char *const known[] = {"background"};
    bool *included = into;
    size_t i;
    if (!yaml_read_choice(reading, node, "set of waivers", known, 1, &i)) return false;
    if (*included) return yaml_wrong(reading, node, "\"background\" a second time; expected it once");
    *included = true;
    return read_background(reading);
}

bool site_read_includes(struct yaml_reading *reading, const struct yaml_node *node, void *field)
{
    bool included = false;
    (void)field;
    return yaml_read_each(reading, node, "the name of a set of waivers", include_one, &included);
}
