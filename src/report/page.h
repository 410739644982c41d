/* A page of text for a terminal: columns, wrapping, colour and signs in one place. Width counts characters, not bytes. */
#ifndef REPORT_PAGE_H
#define REPORT_PAGE_H

#include "portproof/report.h"
#include "text.h"

enum ink { INK_PLAIN, INK_BOLD, INK_RED, INK_GREEN, INK_YELLOW, INK_DIM, INK_COUNT };
enum sign { SIGN_ARROW, SIGN_BOTH_WAYS, SIGN_GOOD, SIGN_BAD, SIGN_OPEN, SIGN_UNKNOWN, SIGN_IDLE, SIGN_BETWEEN, SIGN_COUNT };

struct page {
    struct text *out;
    const struct pp_report *report;
    const struct pp_report_options *options;
    unsigned width;
    const uint64_t *anchors; /* HTML: of each finding, html_links.c */
};

const char *sign(const struct page *page, enum sign sign);
/** Characters on a terminal; continuation bytes of UTF-8 do not count. */
unsigned columns(const char *string);
/** Text in a colour, padded with blanks to `width` columns (0: no padding). */
void add_ink(struct page *page, enum ink ink, const char *string, unsigned width);
/* A blank that keeps its neighbours on one line. Never part of a name: control characters arrive here escaped. */
#define KEEP "\x1f"

/** Words wrapped to the page, every line but the first indented; the cursor stands at column `at`. Where even one word
 * finds no room in the indented columns, all of them stand below. Ends the line. */
void add_paragraph(struct page *page, unsigned at, unsigned indent, enum ink ink, const char *words);
/** A new line with so many blanks; none are left at the end of the one before. Answers `indent`. */
unsigned begin_line(struct page *page, unsigned indent);
void add_heading(struct page *page, const char *words);
/** 2,418 */
char *grouped(uint64_t n, char out[32]);

#endif
