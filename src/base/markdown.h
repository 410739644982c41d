/* Markdown (CommonMark, with GitHub's tables and task lists) as it is written. */
#ifndef BASE_MARKDOWN_H
#define BASE_MARKDOWN_H

#include "text.h"

/** A string of which nothing is known, as words of a line or of a table's cell, without meaning in Markdown or HTML: made visible as
 * text_add_escaped does, then whatever could begin something stands as an entity. An invisible blank goes behind @, # and !, which trackers
 * take for somebody to notify, or for the number of an issue or a merge request, after all entities have been read. */
void add_markdown(struct text *out, const char *string);

#endif
