/* What the files share that write for a terminal. */
#ifndef REPORT_TERMINAL_H
#define REPORT_TERMINAL_H

#include <string.h>

#include "page.h"

enum { INDENT = 4 };

/** A name or a text from outside, made safe for a terminal. */
static inline void add_safe(struct text *text, const char *string) { text_add_escaped(text, string, strlen(string)); }
static inline const char *plural(uint64_t n) { return n == 1 ? "" : "s"; }

/** "tta1 → ldap1 silent" */
void add_edge(const struct page *p, struct text *text, const struct pp_row *row, const struct pp_edge *e);
/** "app1 → tta2  515/tcp" */
void add_pair(const struct page *p, struct text *text, const struct pp_finding *f);
/** The ROWS section. */
void add_rows(struct page *p);

#endif
