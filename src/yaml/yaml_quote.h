/* Writing text so that it reads back as the same text. */
#ifndef YAML_QUOTE_H
#define YAML_QUOTE_H

#include "text.h"

/** Add a UTF-8 text as a YAML scalar that is safe anywhere in block or flow style: plain when nothing in it could mean
 * anything else, in double quotes otherwise. */
void yaml_quote(struct text *out, const char *value);

#endif
