/* HTML as it is written. Names come from site files, rules files, captures and the system, and may hold anything: each passes add_html,
 * and only literals are added as they are. */
#ifndef REPORT_MARKUP_H
#define REPORT_MARKUP_H

#include "text.h"

/** As text, or as an attribute's value between quotes: made visible as text_add_escaped does, and without meaning in HTML. */
void add_html(struct text *out, const char *string);
/** The same of a text put together, in which KEEP (page.h) stands for a blank; the text is finished. */
void move_html(struct text *out, struct text *from);
/**  name="value" with a blank before. */
void add_attribute(struct text *out, const char *name, const char *value);
/** <tag class="name">string</tag>; class NULL: none. */
void add_element(struct text *out, const char *tag, const char *class_name, const char *string);

#endif
