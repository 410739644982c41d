#include "phrases.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "clock.h"
#include "page.h"

const char inferred_warning[] = "Names were inferred from traffic: the same name need not be the same host. Judge both with --site.";

const struct change_group change_groups[] = {
    {PP_NOW_BLOCKED, "Now blocked", "", false},
    {PP_NOW_REFUSED, "Now refused", "the hosts are reached, and nobody listens there", false},
    {PP_LOST, "Lost", "worked before, not proven now", false},
    {PP_STILL_BLOCKED, "Still blocked", "", false},
    {PP_NO_LONGER_BLOCKED, "No longer blocked", "not proven either", false},
    {PP_GAINED, "Gained", "", true},
    {PP_KEPT, "Kept", "", true},
    {PP_REPLACED, "Replaced by encryption", "clear text that is gone; the row that encrypts it took over", true},
    {PP_SWITCHED_OFF, "Switched off", "not applicable any more, or gone with its host", true},
};
const size_t change_group_count = sizeof change_groups / sizeof *change_groups;

const char *migration_words(enum pp_migration migration)
{
    static const char *const words[PP_MIGRATION_COUNT] = {[PP_MIGRATION_DONE] = "NOTHING LOST",
                                                          [PP_MIGRATION_UNFINISHED] = "NOTHING LOST, NOT FINISHED",
                                                          [PP_MIGRATION_WORSE] = "WORSE THAN BEFORE"};
    return words[migration];
}

/* --- why -------------------------------------------------------------------------------------------------------------------------------
 */

static size_t answered(const struct pp_talks *talks)
{
    size_t n = 0;
    for (size_t i = 0; i < talks->count; i++) n += talks->items[i].answered;
    return n;
}

static size_t lost_edges(const struct pp_comparison *c)
{
    size_t n = 0;
    for (size_t i = 0; i < c->row_count; i++) n += c->rows[i].edge && c->rows[i].change == PP_LOST;
    return n;
}

static void add_reason(char reasons[REASONS_MAX][REASON_MAX], unsigned *count, size_t n, const char *one, const char *many)
{
    if (n) snprintf(reasons[(*count)++], REASON_MAX, "%zu %s", n, n == 1 ? one : many);
}

unsigned migration_reasons(const struct pp_comparison *c, char reasons[REASONS_MAX][REASON_MAX])
{
    unsigned n = 0;
    size_t blocked = c->count[PP_NOW_BLOCKED] + c->count[PP_NOW_REFUSED], old = answered(&c->old_addresses);
    add_reason(reasons, &n, blocked, "row is blocked that was not before", "rows are blocked that were not before");
    add_reason(reasons, &n, c->count[PP_LOST], "row worked before and is not proven now", "rows worked before and are not proven now");
    add_reason(reasons, &n, c->opened, "hole opened", "holes opened");
    add_reason(reasons, &n, c->count[PP_STILL_BLOCKED], "row is still blocked", "rows are still blocked");
    add_reason(reasons, &n, old, "old address is still answered", "uses of old addresses are still answered");
    add_reason(reasons, &n, c->old_addresses.count - old, "use of an old address is in vain", "uses of old addresses are in vain");
    add_reason(reasons, &n, answered(&c->clear_text), "connection is still in clear text", "connections are still in clear text");
    if (!n) add_reason(reasons, &n, lost_edges(c), "edge worked before and was not tried", "edges worked before and were not tried");
    if (!n) snprintf(reasons[n++], REASON_MAX, "what worked before works now, and no hole opened");
    return n;
}

/* --- phrases
 * ------------------------------------------------------------------------------------------------------------------------------ */

void add_states(struct text *out, const struct pp_row_change_seen *r, const char *arrow)
{
    bool was = strcmp(r->before, "blocked") == 0, is = strcmp(r->after, "blocked") == 0;
    text_add(out, r->before);
    if (was && *r->outcome_before) text_printf(out, " (%s)", r->outcome_before);
    text_printf(out, "%s%s", arrow, r->after);
    if (is && *r->outcome) text_printf(out, " (%s)", r->outcome);
}

void add_talk_facts(struct text *out, const struct pp_talk *t, bool local_time)
{
    char n[32], time[TIME_TEXT_MAX];
    text_printf(out, "%s, %s flow%s", t->outcome, grouped(t->flows, n), t->flows == 1 ? "" : "s");
    if (t->last_ns != PP_NO_FIRST) text_printf(out, ", last %s", time_readable(t->last_ns, local_time, time));
}

void add_talk_note(struct text *out, const struct pp_talk *t)
{
    if (*t->host && *t->now) text_printf(out, "%s is at %s now", t->host, t->now);
    if (*t->host && !*t->now) text_printf(out, "%s is not in the site any more", t->host);
    if (*t->row) text_printf(out, "by %s, although %s %s", t->row, t->encrypted_by, t->since ? "is in use since the move" : "is in use");
    if (t->after_encrypted)
        text_printf(out, "; a legal downgrade: %s came first from the same client. It is clear text all the same", t->encrypted_by);
}

void add_why(struct text *out, const struct pp_to_do *t)
{
    if (*t->row && !strstr(t->why, t->row)) text_printf(out, "%s: ", t->row);
    text_add(out, t->why);
}

void add_named(struct text *out, const char *name, const char *addresses)
{
    text_add(out, name);
    if (*addresses) text_printf(out, " (%s)", addresses);
}

void add_side_facts(struct text *out, const struct pp_compared *side, bool local_time)
{
    char from[TIME_TEXT_MAX], length[TIME_TEXT_MAX];
    text_add(out, side->captures);
    if (side->first_ns != PP_NO_FIRST && side->last_ns >= side->first_ns)
        text_printf(out, ", %s from %s", duration_readable(side->last_ns - side->first_ns, length),
                    time_readable(side->first_ns, local_time, from));
    text_printf(out, "; %s", side->verdict);
    if (side->inferred) text_add(out, ", roles inferred");
}

void add_unknown(struct text *out, const struct pp_talks *talks)
{
    char n[32];
    if (*talks->unknown) text_printf(out, "Cannot be told: %s.", talks->unknown);
    if (talks->left_out) text_printf(out, "The report of AFTER counts %s more flows without listing them.", grouped(talks->left_out, n));
}
