/* What the files share that write the report as an HTML page. One file a part of the page; html.c has the order of the whole. */
#ifndef REPORT_HTML_H
#define REPORT_HTML_H

#include "document.h"
#include "markup.h"
#include "terminal.h"

const char *state_sign_html(enum pp_state state);
enum tone state_tone(enum pp_state state);
/** A state as sign and word. */
void add_state(struct text *out, enum pp_state state);

/* Every finding's anchor, made from what it is about and not from where it stands, so that a link into last week's report leads to the
 * same finding in this week's. Owned by the caller; NULL: out of memory. */
uint64_t *html_anchors(const struct pp_report *r);
void add_anchor(struct page *p, uint32_t finding);
/** data-kind, data-row, data-from, data-to: what report.js filters by. */
void add_filter_keys(struct page *p, const struct pp_finding *f);
/** data-first, data-packets: what report.js sorts by, beside those. */
void add_sort_keys(struct page *p, const struct pp_finding *f);

/* Sections; each writes all of itself, or nothing when it has nothing to say (html_has_… false). */
void html_todo(struct page *p);
void html_rows(struct page *p);
void html_blocked(struct page *p);
void html_holes(struct page *p);
void html_unexpected(struct page *p);
void html_not_proven(struct page *p);
void html_limits(struct page *p);
void html_map(struct page *p);
void html_matrix(struct page *p);
void html_timeline(struct page *p);
void html_roles(struct page *p);
void html_evidence(struct page *p);

bool html_has_timeline(const struct pp_report *r);
bool html_has_todo(const struct pp_report *r);
bool html_has_blocked(const struct pp_report *r);
bool html_has_holes(const struct pp_report *r);
bool html_has_unexpected(const struct pp_report *r);
bool html_has_not_proven(const struct pp_report *r);

#endif
