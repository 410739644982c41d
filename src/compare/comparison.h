/* A comparison in the making. Each part reads both reports, and the later ones what the earlier ones found: pp_compare has the order.
 * Every string of a report is escaped when it is read (member), and never again matters to whom it is shown. */
#ifndef COMPARE_COMPARISON_H
#define COMPARE_COMPARISON_H

#include "arena.h"
#include "portproof/compare.h"
#include "saved.h"
#include "text.h"

struct old_addresses;

struct builder {
    struct arena *arena;
    struct pp_comparison *out;
    json_t *report[2]; /* before, after */
    const struct pp_rename *renames;
    size_t rename_count;
    const struct old_addresses *old;
};

/** A string member, safe to print; "" when it is not there or not a string. */
const char *member(struct builder *b, const json_t *object, const char *key);
/** What a host is called after the move; the same for both reports, whichever `object` (with a name) is of. */
const char *host_name(struct builder *b, const json_t *object, bool before);
/** The same, as it was read: to compare with, not to print. */
const char *raw_name(const struct builder *b, const json_t *object, bool before);
const json_t *find_row(const json_t *report, const char *id);
/** "staff (10.20.0.9)" for a name that stands for several addresses; else the name, or the address, or "any client". */
const char *party_shown(struct builder *b, const json_t *party);
/** "389/tcp" of a finding or a conversation. */
const char *service_of(struct builder *b, const json_t *object);
pp_time_ns time_of(const json_t *object, const char *key); /* PP_NO_FIRST: none */
uint64_t count_of(const json_t *object, const char *key);
/** A list that grows: room for one more, zeroed, behind `count` items. NULL: out of memory. */
void *next_item(struct builder *b, void *items, size_t *count, size_t size);

/** Names with what is known by them, to be found again; a report may have ten thousand. */
struct known {
    const char *name, *state;
    const json_t *what;
};

struct names {
    struct known *in_order, *sorted;
    size_t count, sorted_count; /* in_order; different ones */
};

bool names_init(struct builder *b, struct names *names, size_t most);
void names_sort(struct names *names); /* of equal names the first one counts */
struct known *names_find(const struct names *names, const char *name);

/* The parts; false: out of memory. */
bool compare_hosts(struct builder *b);
bool compare_rows(struct builder *b);
bool count_edges_of_hosts(struct builder *b);
bool compare_holes(struct builder *b);
bool find_old_addresses(struct builder *b);
bool find_clear_text(struct builder *b);
bool list_to_do(struct builder *b);

/** Who had an address before the move and does not have it any more. */
struct old_holder {
    const char *name; /* as it is called now */
    const char *now;  /* its addresses now; "": gone */
};
/** false: nobody, or somebody else whom the site names as exactly has taken it over. `address` as the report has it. */
bool old_holder_of(const struct builder *b, const char *address, struct old_holder *holder);

/** Whether AFTER's site does not have this host of BEFORE any more. `retired`: and no new host has a role of it, so that it has no other
 * name now, either. */
bool is_gone(const struct builder *b, const char *raw_name, bool *retired);
/** Whether a host of AFTER stands for more than one address; one that no inventory has does. */
bool has_several_addresses(const struct builder *b, const char *raw_name);

/** Why a report has no inventory; "" when it has one. */
const char *why_no_inventory(const struct builder *b, unsigned side);

#endif
