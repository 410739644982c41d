#include <stdlib.h>
#include <string.h>

#include "address.h"
#include "inventory.h"

const char *const site_setting_names[3] = {[PP_SET_AUTO] = "auto", [PP_SET_ON] = "on", [PP_SET_OFF] = "off"};

void *site_grow(struct arena *arena, void *array, uint32_t count, size_t size)
{
    if (count && count & (count - 1)) return array;
    void *larger = arena_alloc(arena, (count ? 2 * (size_t)count : 1) * size);
    if (larger && count) memcpy(larger, array, count * size);
    return larger;
}

struct pp_site *pp_site_create(const char *name)
{
    struct pp_site *site = calloc(1, sizeof *site);
    if (!site) return NULL;
    site->memory = arena_create();
    site->inferred = true; /* until a file says otherwise */
    if (site->memory) site->name = arena_copy(site->memory, name, strlen(name));
    if (site->name) return site;
    pp_site_destroy(site);
    return NULL;
}

void pp_site_destroy(struct pp_site *site)
{
    if (!site) return;
    arena_destroy(site->memory);
    free(site);
}

static struct pp_host *add_host(struct pp_site *site, const char *name, const struct pp_address *addresses, uint16_t count)
{
    if (site->host_count >= HOSTS_MAX) return NULL;
    struct pp_host *hosts = site_grow(site->memory, site->hosts, site->host_count, sizeof *hosts);
    struct pp_prefix *prefixes = arena_alloc(site->memory, count * sizeof *prefixes);
    const char *copy = arena_copy(site->memory, name, strlen(name));
    if (!hosts || !prefixes || !copy) return NULL;
    for (uint16_t i = 0; i < count; i++) prefixes[i] = (struct pp_prefix){addresses[i], addresses[i].family == PP_IPV4 ? 32 : 128};
    site->hosts = hosts;
    hosts[site->host_count] = (struct pp_host){.name = copy, .prefixes = prefixes, .prefix_count = count};
    return &hosts[site->host_count++];
}

bool pp_site_add(struct pp_site *site, const char *name, const struct pp_address *address, pp_role_set roles, bool primary)
{
    struct pp_host *host = add_host(site, name, address, 1);
    if (!host) return false;
    host->roles = roles;
    host->primary = primary;
    return true;
}

bool pp_site_add_group(struct pp_site *site, const char *name, const struct pp_address *addresses, uint16_t count, pp_role_set roles)
{
    struct pp_host *host = add_host(site, name, addresses, count);
    if (!host) return false;
    host->roles = roles;
    host->is_prefix = true;
    return true;
}

bool pp_site_finish(struct pp_site *site, const struct pp_spec *spec)
{
    site->lookup = site_lookup_create(site, spec, site->memory);
    return site->lookup;
}

/* Prefixes of 31 and 32 bits have no broadcast address (RFC 3021). */
static bool is_last(const struct slot *slot, const struct pp_address *address)
{
    if (!slot || slot->length > 30 || address->family != PP_IPV4) return false;
    for (unsigned bit = slot->length; bit < 32; bit++)
        if (!(address->bytes[bit / 8] & (0x80u >> bit % 8))) return false;
    return true;
}

struct pp_site_entry pp_site_find(const struct pp_site *site, const struct pp_address *address)
{
    const struct lookup *lookup = site->lookup;
    if (!lookup) return (struct pp_site_entry){.host = PP_NONE};
    const struct slot *slot = site_lookup_find(lookup, address, UINT8_MAX);
    bool last = is_last(slot, address);
    if (address_is_loopback(address)) return (struct pp_site_entry){PP_NONE, lookup->loopback_roles, true, last};
    if (!slot) return (struct pp_site_entry){.host = PP_NONE};
    return (struct pp_site_entry){slot->host, site->hosts[slot->host].roles, false, last};
}

bool pp_site_is_broadcast(const struct pp_site *site, const struct pp_address *address)
{
    return site->lookup && is_last(site_lookup_find(site->lookup, address, UINT8_MAX), address);
}

uint16_t pp_site_array_members(const struct pp_site *site, const struct pp_spec *spec)
{
    const struct lookup *lookup = site->lookup;
    (void)spec; /* the members were counted with it in pp_site_finish */
    uint16_t members = site->array_members ? site->array_members : lookup ? lookup->members : 0;
    return members ? members : 1;
}

static enum pp_setting setting_of(unsigned value)
{
    return value == PP_SET_ON ? PP_SET_ON : value == PP_SET_OFF ? PP_SET_OFF : PP_SET_AUTO;
}

enum pp_setting pp_site_own_feature(const struct pp_site *site, const struct pp_spec *spec, uint16_t feature, uint16_t host)
{
    enum pp_setting setting = host < site->host_count ? setting_of(site->hosts[host].features[feature]) : PP_SET_AUTO;
    if (setting == PP_SET_AUTO) setting = setting_of(site->features[feature]);
    if (setting != PP_SET_AUTO || spec->features[feature].preset != PP_FEATURE_ARRAY) return setting;
    return pp_site_array_members(site, spec) > 1 ? PP_SET_ON : PP_SET_AUTO;
}

enum pp_setting pp_site_feature(const struct pp_site *site, const struct pp_spec *spec, uint16_t feature, uint16_t host)
{
    if (feature >= spec->feature_count) return PP_SET_AUTO;
    enum pp_setting setting = pp_site_own_feature(site, spec, feature, host);
    for (uint16_t other = 0; other < spec->feature_count; other++) {
        if (!(spec->features[feature].needs >> other & 1)) continue;
        enum pp_setting needed = pp_site_own_feature(site, spec, other, host);
        if (needed == PP_SET_OFF) return PP_SET_OFF;
        if (needed == PP_SET_AUTO && setting == PP_SET_ON) setting = PP_SET_AUTO;
    }
    return setting;
}

const char *pp_site_host_name(const struct pp_site *site, uint16_t host) { return host < site->host_count ? site->hosts[host].name : ""; }
