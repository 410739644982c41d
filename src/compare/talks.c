/* Traffic after the move that ought to have ended: to and from old addresses, and in clear text. The report of AFTER has it in its
 * findings, and in its lists of other traffic and of clear text; here it is joined by names, since a hundred clients that use one old
 * address are one thing to do. */
#include <stdlib.h>
#include <string.h>

#include "comparison.h"

enum { ADDRESSES_SHOWN = 3 };

/* What is joined to one: a talk with the addresses that it is of. */
struct member_of {
    const char *key;
    struct pp_talk talk;
    const char *address; /* the initiator's */
    bool several;        /* its name stands for more than one */
    size_t number;       /* in the order of the report */
};

struct members {
    struct member_of *items;
    size_t count;
};

static struct member_of *add_member(struct builder *b, struct members *all)
{
    struct member_of *items = next_item(b, all->items, &all->count, sizeof *items);
    if (!items) return NULL;
    all->items = items;
    items[all->count - 1] = (struct member_of){.number = all->count - 1};
    return &items[all->count - 1];
}

/* A party by its name, an old one's where it has none. */
static const char *who(struct builder *b, const json_t *party)
{
    const char *name = member(b, party, "name"), *address = member(b, party, "address");
    struct old_holder holder;
    if (old_holder_of(b, saved_string(party, "address"), &holder)) return arena_words(b->arena, "old %s", holder.name);
    return *name ? name : *address ? address : "anybody";
}

static bool is_several(const struct builder *b, const json_t *party)
{
    struct old_holder old;
    return old_holder_of(b, saved_string(party, "address"), &old) || has_several_addresses(b, saved_string(party, "name"));
}

/* What findings and conversations have in common. */
static void describe(struct builder *b, const json_t *what, struct member_of *out)
{
    const json_t *from = json_object_get(what, "initiator"), *to = json_object_get(what, "responder");
    const char *outcome = member(b, what, "outcome");
    out->address = member(b, from, "address");
    out->several = is_several(b, from);
    out->talk = (struct pp_talk){.from = who(b, from),
                                 .to = who(b, to),
                                 .from_addresses = "",
                                 .to_addresses = is_several(b, to) ? member(b, to, "address") : "",
                                 .service = service_of(b, what),
                                 .outcome = outcome,
                                 .answered = strcmp(outcome, "answered") == 0 || strcmp(outcome, "half-seen") == 0,
                                 .flows = count_of(what, "flows"),
                                 .first_ns = time_of(what, "first"),
                                 .last_ns = time_of(what, "last"),
                                 .host = "",
                                 .old_address = "",
                                 .now = "",
                                 .row = "",
                                 .encrypted_by = ""};
}

/* --- joined by what they are -----------------------------------------------------------------------------------------------------------
 */

static int by_key(const void *a, const void *b)
{
    const struct member_of *x = a, *y = b;
    int order = strcmp(x->key, y->key);
    if (!order) order = strcmp(x->address, y->address);
    return order ? order : (x->number > y->number) - (x->number < y->number);
}

static void join(struct pp_talk *into, const struct pp_talk *one)
{
    into->flows += one->flows;
    if (one->first_ns < into->first_ns) into->first_ns = one->first_ns;
    if (one->last_ns != PP_NO_FIRST && (into->last_ns == PP_NO_FIRST || one->last_ns > into->last_ns)) into->last_ns = one->last_ns;
}

/* Members with one key, of which the first is items[0]: their addresses as words. */
static const char *addresses_of(struct builder *b, const struct member_of *items, size_t count)
{
    const char *words = "", *last = "";
    size_t shown = 0, more = 0;
    for (size_t i = 0; i < count; i++) {
        if (strcmp(items[i].address, last) == 0) continue;
        last = items[i].address;
        if (shown == ADDRESSES_SHOWN) {
            more++;
            continue;
        }
        words = shown++ ? arena_words(b->arena, "%s, %s", words, last) : last;
    }
    if (more) words = arena_words(b->arena, "%s and %zu more", words, more);
    return strcmp(words, items->talk.from) != 0 ? words : "";
}

/* What was answered first, then what was tried most. */
static int by_weight(const void *a, const void *b)
{
    const struct pp_talk *x = a, *y = b;
    int order = y->answered - x->answered;
    if (!order) order = (y->flows > x->flows) - (y->flows < x->flows);
    if (!order) order = strcmp(x->row, y->row);
    if (!order) order = strcmp(x->to, y->to);
    if (!order) order = strcmp(x->service, y->service);
    if (!order) order = strcmp(x->from, y->from);
    if (!order) order = strcmp(x->outcome, y->outcome);
    if (!order) order = strcmp(x->to_addresses, y->to_addresses);
    return order ? order : strcmp(x->from_addresses, y->from_addresses);
}

static bool join_members(struct builder *b, struct members *all, struct pp_talks *out)
{
    out->items = arena_alloc(b->arena, (all->count + 1) * sizeof *out->items);
    if (!out->items) return false;
    for (size_t i = 0; i < all->count; i++)
        if (!all->items[i].key) return false;
    if (all->count) qsort(all->items, all->count, sizeof *all->items, by_key);
    for (size_t i = 0, next; i < all->count; i = next) {
        struct pp_talk *talk = &out->items[out->count++];
        *talk = all->items[i].talk;
        for (next = i + 1; next < all->count && strcmp(all->items[next].key, all->items[i].key) == 0; next++)
            join(talk, &all->items[next].talk);
        talk->from_addresses = all->items[i].several ? addresses_of(b, &all->items[i], next - i) : "";
        if (strcmp(talk->to_addresses, talk->to) == 0) talk->to_addresses = "";
    }
    if (out->count) qsort(out->items, out->count, sizeof *out->items, by_weight);
    return true;
}

/* --- old addresses -----------------------------------------------------------------------------------------------------------------------
 */

static bool add_old(struct builder *b, const json_t *what, struct members *all)
{
    const char *from = saved_string(json_object_get(what, "initiator"), "address");
    const char *to = saved_string(json_object_get(what, "responder"), "address");
    struct old_holder holder;
    bool to_old = old_holder_of(b, to, &holder);
    if (!to_old && !old_holder_of(b, from, &holder)) return true;
    struct member_of *one = add_member(b, all);
    if (!one) return false;
    describe(b, what, one);
    one->talk.host = holder.name;
    one->talk.now = holder.now;
    one->talk.old_address = to_old ? member(b, json_object_get(what, "responder"), "address") : one->address;
    one->talk.from_old = !to_old;
    one->key = arena_words(b->arena, "%s\n%s\n%s\n%s\n%s\n%s", one->talk.from, one->talk.old_address, one->talk.to, one->talk.to_addresses,
                           one->talk.service, one->talk.outcome);
    return true;
}

static bool add_old_findings(struct builder *b, struct members *all)
{
    size_t i;
    json_t *finding;
    json_array_foreach(json_object_get(b->report[1], "findings"), i, finding)
    {
        const char *kind = saved_string(finding, "kind");
        if (strcmp(kind, "unexpected") != 0 && strcmp(kind, "undetermined") != 0) continue;
        if (!add_old(b, finding, all)) return false;
    }
    return true;
}

bool find_old_addresses(struct builder *b)
{
    const json_t *traffic = json_object_get(b->report[1], "other_traffic");
    struct pp_talks *out = &b->out->old_addresses;
    struct members all = {0};
    size_t i;
    json_t *one;
    out->unknown = *why_no_inventory(b, 0) ? why_no_inventory(b, 0) : why_no_inventory(b, 1);
    if (*out->unknown) return true;
    out->left_out = count_of(traffic, "left_out");
    json_array_foreach(json_object_get(traffic, "conversations"), i, one)
    {
        if (!add_old(b, one, &all)) return false;
    }
    return add_old_findings(b, &all) && join_members(b, &all, out);
}

/* --- clear text
 * --------------------------------------------------------------------------------------------------------------------------- */

/* Whether the row was on, or in use, before the move. */
static bool was_in_use(const struct builder *b, const char *row)
{
    const json_t *before = find_row(b->report[0], row);
    const json_t *features = json_object_get(json_object_get(b->report[0], "site"), "features");
    return count_of(before, "flows") || json_is_true(json_object_get(before, "due")) ||
           (before && strcmp(saved_string(features, saved_string(before, "feature")), "on") == 0);
}

static bool add_clear(struct builder *b, const json_t *what, struct members *all)
{
    const json_t *row = find_row(b->report[1], saved_string(what, "row"));
    struct member_of *one = row ? add_member(b, all) : NULL;
    if (!row) return true;
    if (!one) return false;
    describe(b, what, one);
    one->talk.row = member(b, row, "id");
    one->talk.encrypted_by = member(b, row, "encrypted_by");
    one->talk.since = !was_in_use(b, saved_string(row, "encrypted_by"));
    one->talk.after_encrypted = json_is_true(json_object_get(what, "after_encrypted"));
    one->key = arena_words(b->arena, "%s\n%s\n%s\n%s\n%s\n%s\n%d", one->talk.row, one->talk.from, one->talk.to, one->talk.to_addresses,
                           one->talk.service, one->talk.outcome, one->talk.after_encrypted);
    return true;
}

bool find_clear_text(struct builder *b)
{
    const json_t *traffic = json_object_get(b->report[1], "clear_text");
    struct pp_talks *out = &b->out->clear_text;
    struct members all = {0};
    size_t i;
    json_t *one;
    out->unknown = "";
    if (!json_is_object(traffic)) {
        out->unknown = "AFTER was written by an older version, whose reports have no list of clear text; judge its captures again";
        return true;
    }
    out->left_out = count_of(traffic, "left_out");
    json_array_foreach(json_object_get(traffic, "conversations"), i, one)
    {
        if (!add_clear(b, one, &all)) return false;
    }
    return join_members(b, &all, out);
}
