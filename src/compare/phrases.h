/* What the formats of a comparison share: words, the order of its groups, and the entry points of each. */
#ifndef COMPARE_PHRASES_H
#define COMPARE_PHRASES_H

#include "portproof/compare.h"
#include "text.h"

struct rendering {
    const struct pp_comparison *c;
    const struct pp_spec *spec; /* NULL: none */
    const struct pp_report_options *options;
    struct text *out;
};

typedef void write_comparison(const struct rendering *r);
write_comparison comparison_text, comparison_json, comparison_html, comparison_csv, comparison_junit, comparison_sarif, comparison_markdown;

/** The verdict in capitals. */
const char *migration_words(enum pp_migration migration);

enum { REASONS_MAX = 8, REASON_MAX = 128 };
/** Why it is that verdict, or what it rests on; at least one. */
unsigned migration_reasons(const struct pp_comparison *c, char reasons[REASONS_MAX][REASON_MAX]);

/** Rows by change, worst first. */
struct change_group {
    enum pp_change change;
    const char *title, *note; /* note: ""; else what it means */
    bool good;
};
extern const struct change_group change_groups[];
extern const size_t change_group_count;

/** "expected → blocked (silent)"; `arrow` with its blanks. */
void add_states(struct text *out, const struct pp_row_change_seen *r, const char *arrow);
/** "answered, 3 flows, last 2026-11-20 10:02:11 UTC" */
void add_talk_facts(struct text *out, const struct pp_talk *talk, bool local_time);
/** Of an old address: "tta1 is at 10.0.1.10 now"; of clear text: what encrypts it, and whether it is a legal downgrade. */
void add_talk_note(struct text *out, const struct pp_talk *talk);
/** "tta-ldap: 4 attempts over 7 s, no answer"; the row once. */
void add_why(struct text *out, const struct pp_to_do *to_do);
/** "staff (10.20.0.9, 10.20.0.31 and 2 more)" */
void add_named(struct text *out, const char *name, const char *addresses);
/** "Head office: after-migration.pcap, 2026-11-20 09:58:11 UTC to …; non-compliant" without the site's name. */
void add_side_facts(struct text *out, const struct pp_compared *side, bool local_time);

/** Why old addresses or clear text cannot be told, or not completely; "" when all is told. */
void add_unknown(struct text *out, const struct pp_talks *talks);

extern const char inferred_warning[];

#endif
