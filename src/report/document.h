/* The frame of a page of HTML: what it may load (nothing but its own style sheet and script, by their hash), how it looks, and the script
 * that searches and sorts it. For every page that is a file. */
#ifndef REPORT_DOCUMENT_H
#define REPORT_DOCUMENT_H

#include "text.h"

enum {
    HTML_FINDINGS_MAX = 200, /* of one group; --all shows every one. Twenty pages of paper, and a page that opens at once */
    HTML_EDGES_MAX = 60,     /* of one row; likewise */
    HTML_TODO_MAX = 10,
};

/** How bad something is: a class for the style sheet, and a sign, so that no meaning hangs on colour. */
enum tone { TONE_BAD, TONE_WARN, TONE_GOOD, TONE_IDLE, TONE_COUNT };
const char *tone_name(enum tone tone);

/** Everything before the words of the title, which come next, as HTML. */
void begin_document(struct text *out);
/** The end of the title, and the beginning of the body. */
void begin_body(struct text *out);
void end_document(struct text *out);
/** Search and filters, of whatever has data-kind, data-row, data-from, data-to; hidden until the script is there. `findings`: their order
 * can be chosen, too, and what is in another order goes into a section of its own. */
void add_controls(struct text *out, bool findings);

#endif
