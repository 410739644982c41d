/* The comparison as JUnit XML: each row is a test case, and fails when it is worse than before. Holes, old addresses and clear text are
 * three more; a hole that opened fails, the other two fail with --strict and are skipped with the reason without, as the exit status has
 * it. */
#include <string.h>

#include "markup.h"
#include "phrases.h"

enum fate { PASSES, FAILS, IS_SKIPPED };

static enum fate fate_of(const struct rendering *r, enum pp_change change)
{
    switch (change) {
    case PP_KEPT:
    case PP_GAINED:
    case PP_REPLACED: return PASSES;
    case PP_LOST:
    case PP_NOW_BLOCKED:
    case PP_NOW_REFUSED: return FAILS;
    case PP_STILL_BLOCKED: return r->options->strict ? FAILS : IS_SKIPPED;
    default: return IS_SKIPPED;
    }
}

static enum fate fate_of_talks(const struct rendering *r, const struct pp_talks *talks)
{
    if (*talks->unknown) return IS_SKIPPED;
    return !talks->count ? PASSES : r->options->strict ? FAILS : IS_SKIPPED;
}

static unsigned count_fate(const struct rendering *r, enum fate fate)
{
    unsigned n = 0;
    for (size_t i = 0; i < r->c->row_count; i++) n += !r->c->rows[i].edge && fate_of(r, r->c->rows[i].change) == fate;
    n += (r->c->opened ? FAILS : PASSES) == fate;
    n += fate_of_talks(r, &r->c->old_addresses) == fate;
    return n + (fate_of_talks(r, &r->c->clear_text) == fate);
}

static void add_counts(const struct rendering *r)
{
    unsigned failures = count_fate(r, FAILS), skipped = count_fate(r, IS_SKIPPED);
    text_printf(r->out, " tests=\"%u\" failures=\"%u\" errors=\"0\" skipped=\"%u\" time=\"0\"", count_fate(r, PASSES) + failures + skipped,
                failures, skipped);
}

static void add_property(struct text *out, const char *name, const char *value)
{
    text_printf(out, "      <property name=\"%s\"", name);
    add_attribute(out, "value", value);
    text_add(out, "/>\n");
}

static void begin_case(const struct rendering *r, const char *class_name, const char *name)
{
    text_add(r->out, "    <testcase");
    add_attribute(r->out, "name", name);
    add_attribute(r->out, "classname", class_name);
    text_add(r->out, " time=\"0\"");
}

/* `message`: one line; `details`: more of them. Both are finished. */
static void end_case(const struct rendering *r, enum fate fate, const char *type, struct text *message, struct text *details)
{
    if (fate == PASSES)
        text_add(r->out, "/>\n");
    else {
        text_add(r->out, fate == FAILS ? ">\n      <failure" : ">\n      <skipped");
        add_attribute(r->out, "message", message->bytes ? message->bytes : type);
        if (fate == FAILS) {
            add_attribute(r->out, "type", type);
            text_add(r->out, ">");
            for (char *line = details->bytes, *end; line && *line; line = end + 1) { /* each line by itself: its end would be escaped */
                end = strchr(line, '\n');
                *end = '\0';
                add_html(r->out, line);
                text_add(r->out, "\n");
            }
            text_add(r->out, "</failure>\n    </testcase>\n");
        } else
            text_add(r->out, "/>\n    </testcase>\n");
    }
    r->out->failed |= message->failed || details->failed;
    text_finish(message);
    text_finish(details);
}

static void add_row(const struct rendering *r, size_t i)
{
    const struct pp_row_change_seen *row = &r->c->rows[i];
    struct text message, details;
    text_init(&message);
    text_init(&details);
    text_printf(&message, "%s: ", pp_change_name(row->change));
    add_states(&message, row, " → ");
    for (size_t e = i + 1; e < r->c->row_count && r->c->rows[e].edge; e++) {
        text_printf(&details, "%s: ", r->c->rows[e].edge);
        add_states(&details, &r->c->rows[e], " → ");
        text_add(&details, "\n");
    }
    begin_case(r, "rows", row->id);
    end_case(r, fate_of(r, row->change), pp_change_name(row->change), &message, &details);
}

static void add_holes(const struct rendering *r)
{
    struct text message, details;
    text_init(&message);
    text_init(&details);
    text_printf(&message, "%zu hole%s opened", r->c->opened, r->c->opened == 1 ? "" : "s");
    for (size_t i = 0; i < r->c->opened; i++) text_printf(&details, "%s: %s\n", r->c->holes[i].text, r->c->holes[i].why);
    begin_case(r, "migration", "no hole opened");
    end_case(r, r->c->opened ? FAILS : PASSES, "hole", &message, &details);
}

static void add_talks(const struct rendering *r, const char *name, const char *type, const struct pp_talks *talks)
{
    struct text message, details;
    text_init(&message);
    text_init(&details);
    if (*talks->unknown)
        add_unknown(&message, talks);
    else
        text_printf(&message, "%zu conversation%s", talks->count, talks->count == 1 ? "" : "s");
    for (size_t i = 0; i < talks->count; i++) {
        const struct pp_talk *t = &talks->items[i];
        add_named(&details, t->from, t->from_addresses);
        text_add(&details, " → ");
        add_named(&details, t->to, t->to_addresses);
        text_printf(&details, " %s: ", t->service);
        add_talk_facts(&details, t, r->options->local_time);
        text_add(&details, "; ");
        add_talk_note(&details, t);
        text_add(&details, "\n");
    }
    begin_case(r, "migration", name);
    end_case(r, fate_of_talks(r, talks), type, &message, &details);
}

void comparison_junit(const struct rendering *r)
{
    const struct pp_comparison *c = r->c;
    text_add(r->out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"portproof\"");
    add_counts(r);
    text_add(r->out, ">\n  <testsuite name=\"portproof compare\"");
    add_counts(r);
    text_add(r->out, ">\n    <properties>\n");
    add_property(r->out, "portproof", r->options->tool_version);
    add_property(r->out, "before", c->side[0].site);
    add_property(r->out, "after", c->side[1].site);
    add_property(r->out, "migration", pp_migration_name(c->migration));
    add_property(r->out, "verdict.before", c->side[0].verdict);
    add_property(r->out, "verdict.after", c->side[1].verdict);
    text_add(r->out, "    </properties>\n");
    for (size_t i = 0; i < c->row_count; i++)
        if (!c->rows[i].edge) add_row(r, i);
    add_holes(r);
    add_talks(r, "no traffic to old addresses", "old-address", &c->old_addresses);
    add_talks(r, "no clear text left", "clear-text", &c->clear_text);
    text_add(r->out, "  </testsuite>\n</testsuites>\n");
}
