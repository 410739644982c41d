/* site: the user's inventory: hosts and prefixes with roles, features, waivers. */
#ifndef PORTPROOF_SITE_H
#define PORTPROOF_SITE_H

#include "portproof/spec.h"

struct pp_prefix {
    struct pp_address address;
    uint8_t length;
}; /* bits: up to 32 or 128 */

enum pp_setting { PP_SET_AUTO, PP_SET_ON, PP_SET_OFF };

/** One entry of the inventory: a host with all its addresses, or a named group of prefixes. */
struct pp_host {
    const char *name;
    struct pp_prefix *prefixes; /* addresses are full-length prefixes */
    uint16_t prefix_count;
    bool is_prefix; /* written as `prefix:`, not as `address:` */
    bool primary;
    pp_role_set roles;
    uint8_t features[PP_FEATURES_MAX]; /* enum pp_setting; PP_SET_AUTO: as the site says */
    uint32_t line;
};

enum pp_who { PP_WHO_ANY, PP_WHO_ROLE, PP_WHO_HOST, PP_WHO_PREFIX };

struct pp_waiver_end {
    enum pp_who kind;
    uint16_t index; /* role or host */
    struct pp_prefix prefix;
};

struct pp_waiver {
    struct pp_waiver_end from, to;
    struct pp_ports ports;
    const char *from_text, *to_text, *ports_text, *owner, *reason, *expires_text; /* expires_text: "2027-06-30" or NULL: never */
    pp_time_ns valid_until_ns; /* first instant after the day of expiry; UINT64_MAX: never */
    uint32_t line;
    const char *origin; /* "site", or "background" */
};

struct pp_site_warning {
    uint32_t line;
    const char *text;
};

struct pp_site {
    const char *name;
    bool inferred;
    char sha256[65]; /* of the site text; empty when inferred */
    struct pp_host *hosts;
    uint32_t host_count;
    uint8_t features[PP_FEATURES_MAX]; /* enum pp_setting */
    struct pp_waiver *waivers;
    uint32_t waiver_count;
    struct pp_row_change *changes;
    uint32_t change_count;
    uint16_t array_members;           /* as written; 0: count the hosts */
    struct pp_site_warning *warnings; /* things allowed but suspicious */
    uint32_t warning_count;
    void *lookup; /* prefix table */
    void *memory;
};

/** Read a site file. NULL and *error on the first mistake. `spec` only while reading; the site keeps indexes, not pointers. */
struct pp_site *pp_site_parse(const char *text, size_t size, const struct pp_spec *spec, struct pp_error *error);

/** An empty site to add hosts to (inferred from traffic). */
struct pp_site *pp_site_create(const char *name);
/** Add a host with one address; false: out of memory, or 65,534 hosts are there already. Strings are copied. */
bool pp_site_add(struct pp_site *site, const char *name, const struct pp_address *address, pp_role_set roles, bool primary);
/** Add many hosts of the same roles under one name; up to 65,535 addresses. Like a prefix, it stands for hosts of their own. */
bool pp_site_add_group(struct pp_site *site, const char *name, const struct pp_address *addresses, uint16_t count, pp_role_set roles);
/** Build the look-up table; call once after the last pp_site_add. */
bool pp_site_finish(struct pp_site *site, const struct pp_spec *spec);

void pp_site_destroy(struct pp_site *site); /* takes NULL */

/* Two names that share an address are one host: pp_site_finish joins roles, features and primary under the first name, and
 * takes the address from the second; a host left without any address has no roles and no edges. */

/** What the site knows of an address: the longest prefix wins; loopback addresses hold the spec's loopback roles. */
struct pp_site_entry {
    uint16_t host;
    pp_role_set roles; /* joined when two names share the address */
    bool loopback;
    bool broadcast; /* as pp_site_is_broadcast says */
};
struct pp_site_entry pp_site_find(const struct pp_site *site, const struct pp_address *address); /* host PP_NONE: unknown */

/** Whether the address is the last one of the IPv4 prefix the site puts it in (its directed broadcast). */
bool pp_site_is_broadcast(const struct pp_site *site, const struct pp_address *address);

/** Members of the array: as written, else the number of hosts with the spec's primary role; at least 1. */
uint16_t pp_site_array_members(const struct pp_site *site, const struct pp_spec *spec);

/** The site's or the host's word for a feature; host PP_NONE asks the site alone. Includes `array` being on by itself
 * and features that need another one (design 5.4). */
enum pp_setting pp_site_feature(const struct pp_site *site, const struct pp_spec *spec, uint16_t feature, uint16_t host);
/** The same, whatever the feature needs. */
enum pp_setting pp_site_own_feature(const struct pp_site *site, const struct pp_spec *spec, uint16_t feature, uint16_t host);

/** The site as a site file that pp_site_parse reads back. `comments`: NULL, or one per host (or NULL), written above it.
 * Hosts whose addresses all joined another's are left out. *out is NUL-terminated and the caller's to free; untouched on
 * failure. false: out of memory. */
bool pp_site_write(const struct pp_site *site, const struct pp_spec *spec, const char *const comments[], char **out, size_t *size);

/** Name of a host index; "" for PP_NONE. */
const char *pp_site_host_name(const struct pp_site *site, uint16_t host);

/** The ready set of waivers that a site can include by name. */
extern const char pp_builtin_background[];
extern const size_t pp_builtin_background_size;

#endif
