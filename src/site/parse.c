/* A site file: hosts first, whatever the order in the file, since all else may name them. */
#include <stdlib.h>
#include <string.h>

#include "address.h"
#include "digest.h"
#include "inventory.h"
#include "ports.h"
#include "text.h"

#define KEYS(table) (table), sizeof(table) / sizeof *(table)

enum { TEXT_SHOWN = 80 };

static bool read_host_name(struct yaml_reading *reading, const struct yaml_node *node, void *field)
{
    static const char expected[] = "a name of at most 128 bytes";
    if (!yaml_expect_text(reading, node, expected)) return false;
    if (strlen(node->text) > HOST_NAME_MAX) return yaml_unexpected(reading, node, expected);
    if (strcmp(node->text, "any") == 0) return yaml_unexpected(reading, node, "another name: any stands for every host");
    return yaml_read_text(reading, node, field);
}

static bool names_nobody(const struct pp_address *address)
{
    static const struct pp_address zero;
    return address_is_loopback(address) || address_is_group(address) || memcmp(address->bytes, zero.bytes, sizeof zero.bytes) == 0;
}

static bool add_address(struct yaml_reading *reading, const struct yaml_node *node, void *into)
{
    struct pp_host *host = into;
    struct pp_address address;
    if (strchr(node->text, '/')) return yaml_unexpected(reading, node, "an address; a prefix stands under the key prefix");
    if (!address_parse(node->text, &address)) return yaml_unexpected(reading, node, "an IPv4 or IPv6 address, as in 10.0.1.10");
    if (names_nobody(&address)) return yaml_unexpected(reading, node, "an address that only this host has");
    host->prefixes[host->prefix_count++] = (struct pp_prefix){address, address.family == PP_IPV4 ? 32 : 128};
    return true;
}

static bool host_bits_set(struct yaml_reading *reading, const struct yaml_node *node, struct pp_address address, uint8_t length)
{
    char right[ADDRESS_TEXT_MAX];
    for (unsigned bit = length; bit < 128; bit++) address.bytes[bit / 8] &= (uint8_t) ~(0x80u >> bit % 8);
    return yaml_wrong(reading, node, "\"%s\" has bits set after its length; expected %s/%u", node->text, address_text(&address, right),
                      length);
}

static bool add_prefix(struct yaml_reading *reading, const struct yaml_node *node, void *into)
{
    struct pp_host *host = into;
    struct pp_prefix *prefix = &host->prefixes[host->prefix_count];
    bool host_bits;
    if (!prefix_parse(node->text, &prefix->address, &prefix->length, &host_bits))
        return yaml_unexpected(reading, node, "a prefix, as in 10.0.2.0/24 or 2001:db8::/48");
    if (host_bits) return host_bits_set(reading, node, prefix->address, prefix->length);
    host->prefix_count++;
    return true;
}

static bool read_prefixes(struct yaml_reading *reading, const struct yaml_node *node, struct pp_host *host, const char *expected,
                          bool (*add)(struct yaml_reading *, const struct yaml_node *, void *))
{
    uint32_t count = node->kind == YAML_IS_LIST ? node->count : 1;
    if (host->prefixes) return yaml_wrong(reading, node, "both address and prefix; expected one of them, or two hosts");
    if (!count || count > UINT16_MAX) return yaml_wrong(reading, node, "%u addresses; expected 1 to 65535", count);
    host->prefixes = arena_alloc(reading->arena, count * sizeof *host->prefixes);
    return host->prefixes ? yaml_read_each(reading, node, expected, add, host) : yaml_wrong(reading, node, "out of memory");
}

static bool read_addresses(struct yaml_reading *reading, const struct yaml_node *node, void *field)
{
    return read_prefixes(reading, node, field, "an address or a list of addresses", add_address);
}

static bool read_prefix_list(struct yaml_reading *reading, const struct yaml_node *node, void *field)
{
    struct pp_host *host = field;
    return read_prefixes(reading, node, host, "a prefix or a list of prefixes", add_prefix) && (host->is_prefix = true);
}

static bool add_role(struct yaml_reading *reading, const struct yaml_node *node, void *into)
{
    const struct inventory *inventory = reading->context;
    const char *names[PP_ROLES_MAX];
    pp_role_set *roles = into;
    size_t i;
    for (i = 0; i < inventory->spec->role_count; i++) names[i] = inventory->spec->roles[i].name;
    if (!yaml_read_choice(reading, node, "role", names, inventory->spec->role_count, &i)) return false;
    *roles |= UINT32_C(1) << i;
    return true;
}

static bool read_roles(struct yaml_reading *reading, const struct yaml_node *node, void *field)
{
    return yaml_read_each(reading, node, "a role or a list of roles", add_role, field);
}

static bool set_feature(struct yaml_reading *reading, const struct yaml_node *node, size_t index, void *into)
{
    static const char *const words[] = {"auto", "on", "off", "auto", "true", "false", "auto", "yes", "no"};
    uint8_t *features = into;
    if (node->kind == YAML_IS_TEXT)
        for (unsigned i = 0; i < sizeof words / sizeof *words; i++)
            if (strcmp(node->text, words[i]) == 0) return features[index] = (uint8_t)(i % 3), true;
    return yaml_unexpected(reading, node, "on, off or auto");
}

static bool read_features(struct yaml_reading *reading, const struct yaml_node *node, void *field)
{
    const struct inventory *inventory = reading->context;
    const char *names[PP_FEATURES_MAX];
    for (size_t i = 0; i < inventory->spec->feature_count; i++) names[i] = inventory->spec->features[i].name;
    return yaml_read_named(reading, node, "feature", names, inventory->spec->feature_count, set_feature, field);
}

static bool read_site_features(struct yaml_reading *reading, const struct yaml_node *node, void *field)
{
    struct inventory *inventory = reading->context;
    if (!read_features(reading, node, field)) return false;
    for (const struct yaml_node *value = node->first; value; value = value->next)
        inventory->feature_lines[pp_spec_find_feature(inventory->spec, value->key->text)] = value->line;
    return true;
}

static const struct yaml_key host_keys[] = {
    {"name", read_host_name, offsetof(struct pp_host, name), true},
    {"address", read_addresses, 0, false},
    {"prefix", read_prefix_list, 0, false},
    {"roles", read_roles, offsetof(struct pp_host, roles), false},
    {"primary", yaml_read_flag, offsetof(struct pp_host, primary), false},
    {"features", read_features, offsetof(struct pp_host, features), false},
};

static bool check_primary(struct yaml_reading *reading, const struct yaml_node *item, const struct pp_host *host)
{
    struct inventory *inventory = reading->context;
    const struct yaml_node *node = yaml_value(item, "primary");
    const char *wanted = "a role with a primary";
    bool allowed = false;
    if (!host->primary) return true;
    for (uint16_t i = 0; i < inventory->spec->role_count; i++) {
        if (!inventory->spec->roles[i].primary) continue;
        wanted = inventory->spec->roles[i].name;
        allowed |= host->roles >> i & 1;
    }
    if (!allowed) return yaml_wrong(reading, node, "a primary without the role for it; expected %s among its roles", wanted);
    if (host->is_prefix) return yaml_wrong(reading, node, "a whole prefix as primary; expected one host");
    if (inventory->primary)
        return yaml_wrong(reading, node, "a second primary; expected one, and line %u names the first", inventory->primary->line);
    inventory->primary = node;
    return true;
}

static bool read_host(struct yaml_reading *reading, const struct yaml_node *item, struct pp_host *host)
{
    struct inventory *inventory = reading->context;
    char shown[TEXT_SHOWN];
    if (!yaml_read_mapping(reading, item, "host", KEYS(host_keys), host)) return false;
    if (!host->prefixes) return yaml_wrong(reading, item, "a host without an address; expected the key address or prefix");
    host->line = item->line;
    escape_into(shown, sizeof shown, host->name, strlen(host->name));
    if (!host->roles) site_warn(inventory, host->line, "%s has no roles, so no row can expect anything of it", shown);
    return check_primary(reading, item, host);
}

struct named {
    const char *name;
    const struct yaml_node *item;
    uint32_t order;
};

static int compare_names(const void *left, const void *right)
{
    const struct named *a = left, *b = right;
    int order = strcmp(a->name, b->name);
    return order ? order : a->order < b->order ? -1 : a->order > b->order;
}

static bool check_names(struct yaml_reading *reading, const struct yaml_node *hosts, const struct pp_site *site)
{
    struct named *names = arena_alloc(reading->arena, site->host_count * sizeof *names);
    uint32_t i = 0;
    if (!names) return yaml_wrong(reading, hosts, "out of memory");
    for (const struct yaml_node *item = hosts->first; item; item = item->next, i++) names[i] = (struct named){site->hosts[i].name, item, i};
    qsort(names, site->host_count, sizeof *names, compare_names);
    for (i = 1; i < site->host_count; i++)
        if (strcmp(names[i].name, names[i - 1].name) == 0)
            return yaml_wrong(reading, yaml_value(names[i].item, "name"),
                              "a second host of this name; expected another name, and line %u has the first", names[i - 1].item->line);
    return true;
}

static bool read_hosts(struct yaml_reading *reading, const struct yaml_node *node, void *field)
{
    struct pp_site *site = field;
    struct inventory *inventory = reading->context;
    if (!yaml_expect_list(reading, node, "a list of hosts")) return false;
    if (!node->count || node->count > HOSTS_MAX) return yaml_wrong(reading, node, "%u hosts; expected 1 to %d", node->count, HOSTS_MAX);
    site->hosts = arena_alloc(reading->arena, node->count * sizeof *site->hosts);
    if (!site->hosts) return yaml_wrong(reading, node, "out of memory");
    for (const struct yaml_node *item = node->first; item; item = item->next)
        if (!read_host(reading, item, &site->hosts[site->host_count++])) return false;
    return check_names(reading, node, site) && (pp_site_finish(site, inventory->spec) || yaml_wrong(reading, node, "out of memory"));
}

static bool read_members(struct yaml_reading *reading, const struct yaml_node *node, void *field)
{
    struct inventory *inventory = reading->context;
    uint16_t *out = field;
    uint32_t count;
    if (!yaml_read_count(reading, node, &count)) return false;
    if (count > UINT16_MAX) return yaml_unexpected(reading, node, "at most 65535 members");
    inventory->array_line = node->line;
    *out = (uint16_t)count;
    return true;
}

static struct pp_row_change *change_of(struct yaml_reading *reading, const struct yaml_node *node, size_t row)
{
    struct inventory *inventory = reading->context;
    struct pp_site *site = inventory->site;
    for (uint32_t i = 0; i < site->change_count; i++)
        if (site->changes[i].row == row) return &site->changes[i];
    struct pp_row_change *changes = site_grow(reading->arena, site->changes, site->change_count, sizeof *changes);
    if (!changes) return yaml_wrong(reading, node, "out of memory"), NULL;
    site->changes = changes;
    changes[site->change_count] = (struct pp_row_change){.row = (uint16_t)row};
    return &changes[site->change_count++];
}

static bool change_ports(struct yaml_reading *reading, const struct yaml_node *node, size_t index, void *into)
{
    const struct inventory *inventory = reading->context;
    const struct pp_row *row = &inventory->spec->rows[index];
    const char *found, *expected, *transport = pp_transport_name(row->transport);
    struct pp_row_change *change = change_of(reading, node, index);
    struct pp_ports ports;
    (void)into;
    if (!change || !yaml_expect_text(reading, node, "ports, as in 443/tcp")) return false;
    if (!ports_parse(node->text, &ports, &found, &expected))
        return yaml_wrong_inside(reading, node, (size_t)(found - node->text), expected);
    if (ports.tcp && ports.udp) ports.tcp = row->transport == PP_TCP, ports.udp = row->transport == PP_UDP;
    if (ports.tcp != (row->transport == PP_TCP))
        return yaml_wrong(reading, node, "%s ports for row %s; expected %s ports", ports.tcp ? "tcp" : "udp", row->id, transport);
    struct text text;
    text_init(&text);
    ports_write(&text, &ports);
    change->ports_text = text.failed ? NULL : arena_copy(reading->arena, text.bytes, text.length);
    text_finish(&text);
    change->ports = ports;
    change->ports_set = true;
    return change->ports_text || yaml_wrong(reading, node, "out of memory");
}

static bool change_coverage(struct yaml_reading *reading, const struct yaml_node *node, size_t index, void *into)
{
    const char *names[PP_COVERAGE_COUNT];
    struct pp_row_change *change = change_of(reading, node, index);
    enum pp_coverage coverage = PP_EACH_DESTINATION;
    size_t i = 0;
    (void)into;
    for (; coverage < PP_COVERAGE_COUNT; coverage++) names[i++] = pp_coverage_name(coverage);
    if (!change || !yaml_read_choice(reading, node, "coverage", names, PP_COVERAGE_COUNT, &i)) return false;
    for (change->coverage = PP_EACH_DESTINATION; i > 0; i--) change->coverage++;
    return change->coverage_set = true;
}

static bool read_rows(struct yaml_reading *reading, const struct yaml_node *node,
                      bool (*read)(struct yaml_reading *, const struct yaml_node *, size_t, void *))
{
    const struct inventory *inventory = reading->context;
    const char *names[PP_ROWS_MAX];
    for (size_t i = 0; i < inventory->spec->row_count; i++) names[i] = inventory->spec->rows[i].id;
    return yaml_read_named(reading, node, "row", names, inventory->spec->row_count, read, NULL);
}

static bool read_ports(struct yaml_reading *reading, const struct yaml_node *node, void *field)
{
    (void)field;
    return read_rows(reading, node, change_ports);
}

static bool read_coverage(struct yaml_reading *reading, const struct yaml_node *node, void *field)
{
    (void)field;
    return read_rows(reading, node, change_coverage);
}

static const struct yaml_key site_keys[] = {
    {"name", yaml_read_text, offsetof(struct pp_site, name), false},
    {"hosts", read_hosts, 0, true},
    {"features", read_site_features, offsetof(struct pp_site, features), false},
    {"waivers", site_read_waivers, 0, false},
    {"include", site_read_includes, 0, false},
    {"array_members", read_members, offsetof(struct pp_site, array_members), false},
    {"ports", read_ports, 0, false},
    {"coverage", read_coverage, 0, false},
};

static bool parse(struct pp_site *site, const char *text, size_t size, const struct pp_spec *spec, struct arena *tree,
                  struct pp_error *error)
{
    struct inventory inventory = {.site = site, .spec = spec, .arena = site->memory, .origin = "site"};
    struct yaml_reading reading = {.arena = site->memory, .error = error, .context = &inventory};
    const struct yaml_node *root = yaml_tree_load(text, size, tree, error);
    if (!root || !yaml_read_mapping(&reading, root, "site file", KEYS(site_keys), site)) return false;
    sha256_hex(text, size, site->sha256);
    site_warn_of_all(&inventory);
    return !arena_failed(site->memory) || yaml_wrong(&reading, root, "out of memory");
}

struct pp_site *pp_site_parse(const char *text, size_t size, const struct pp_spec *spec, struct pp_error *error)
{
    struct pp_site *site = pp_site_create("unnamed site");
    struct arena *tree = arena_create();
    *error = (struct pp_error){.offset = UINT64_MAX, .text = "out of memory"};
    if (site) site->inferred = false;
    bool good = site && tree && parse(site, text, size, spec, tree, error);
    arena_destroy(tree);
    if (good) return site;
    pp_site_destroy(site);
    return NULL;
}
