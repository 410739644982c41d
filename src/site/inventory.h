/* What the files of the site stage share. */
#ifndef SITE_INVENTORY_H
#define SITE_INVENTORY_H

#include "arena.h"
#include "portproof/site.h"
#include "yaml_read.h"

enum { HOSTS_MAX = PP_NONE - 1, HOST_NAME_MAX = 128 };

extern const char *const site_setting_names[3]; /* auto, on, off */

/** A site while it is read: `reading->context`. */
struct inventory {
    struct pp_site *site;
    const struct pp_spec *spec;
    struct arena *arena;
    const char *origin;                      /* of the waivers being read */
    const struct yaml_node *primary;         /* where the primary was named */
    uint32_t feature_lines[PP_FEATURES_MAX]; /* where the site sets them */
    uint32_t array_line;
};

/** One prefix of the look-up table. */
struct slot {
    struct pp_address address;
    uint8_t length;
    uint16_t host;
};

/** A family and length that some slot has. */
struct level {
    uint8_t family, length;
};

enum { LEVELS_MAX = 33 + 129 };

/** Prefixes, longest first within a family; each length there is costs a look-up one probe of the hash table. */
struct lookup {
    struct slot *slots;
    uint32_t slot_count;
    uint32_t *numbers, mask; /* by hash: number of a slot + 1; 0: empty */
    struct siphash_key key;
    struct level levels[LEVELS_MAX];
    uint16_t level_count;
    uint16_t *joined_into; /* of each host: itself, or whom it was joined to */
    pp_role_set loopback_roles;
    uint16_t members; /* hosts with the primary's role */
};

/** Build it, and join hosts that share prefixes. NULL: out of memory. */
struct lookup *site_lookup_create(struct pp_site *site, const struct pp_spec *spec, struct arena *arena);
/** The slot of the longest prefix that holds the address and is shorter than `below` bits; NULL: none. */
const struct slot *site_lookup_find(const struct lookup *lookup, const struct pp_address *address, unsigned below);

/** A larger copy of an array whenever its count is a power of two, so that no capacity has to be kept beside it. */
void *site_grow(struct arena *arena, void *array, uint32_t count, size_t size);

void site_warn(struct inventory *inventory, uint32_t line, const char *format, ...) __attribute__((format(printf, 3, 4)));
/** Everything suspicious that only the whole shows. */
void site_warn_of_all(struct inventory *inventory);

bool site_read_waivers(struct yaml_reading *reading, const struct yaml_node *node, void *field);
bool site_read_includes(struct yaml_reading *reading, const struct yaml_node *node, void *field);

#endif
