/* Words on the screen of the view: how wide they are, how they look, and that nothing else gets there. */
#ifndef CLI_VIEW_WORDS_H
#define CLI_VIEW_WORDS_H

#include "view.h"

enum ink { INK_PLAIN, INK_STRONG, INK_GOOD, INK_BAD, INK_OPEN, INK_QUIET, INK_BAR, INK_CHOSEN, INK_COUNT };

/** Columns of the first `length` bytes. */
int width_of(const struct view *view, const char *words, size_t length);
/** How much of a line goes into so many columns, at least a character; between words where there is one. */
size_t fitting(const struct view *view, const char *line, size_t length, int width);
/** At column x of line y, as far as there is room before column `end`; what is cut ends in an ellipsis. Whatever `words` are, what gets to
 * the terminal is printable. Answers the column behind it. */
int put(const struct view *view, int y, int x, int end, enum ink ink, const char *words);
/** The same, ending at column `end`, `width` columns at most. */
void put_right(const struct view *view, int y, int end, int width, enum ink ink, const char *words);
/** The same up to the end of the line; the text is freed. */
void put_text(const struct view *view, int y, int x, enum ink ink, struct text *text);
/** A line of blanks in a colour. */
void paint_line(const struct view *view, int y, enum ink ink);
/** 2,418 */
void add_grouped(struct text *text, uint64_t n);

#endif
