/* What the files share that write for a terminal. */
#ifndef REPORT_TERMINAL_H
#define REPORT_TERMINAL_H

#include <string.h>

#include "page.h"

enum { INDENT = 4, WIDTH_DEFAULT = 100 };

/** A name or a text from outside, made safe for a terminal. */
static inline void add_safe(struct text *text, const char *string) { text_add_escaped(text, string, strlen(string)); }
static inline const char *plural(uint64_t n) { return n == 1 ? "" : "s"; }

/** A state's place in what readers look at first, from 0. */
unsigned state_rank(enum pp_state state);
/** "tta1 → ldap1 silent" */
void add_edge(const struct page *p, struct text *text, const struct pp_row *row, const struct pp_edge *e);
/** "app1 → tta2  515/tcp" */
void add_pair(const struct page *p, struct text *text, const struct pp_finding *f);
/** The sections of the report, and what they are made of. */
void add_head(struct page *p);
void add_verdict(struct page *p);
void add_todo(struct page *p);
void add_rows(struct page *p);
void add_limits(struct page *p);
void add_finding(struct page *p, const struct pp_finding *f);
/** All that a row is joined of, worst first, wrapped from column `at` on and then indented. */
void add_edges(struct page *p, unsigned at, unsigned indent, uint16_t row);

#endif
