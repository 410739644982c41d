/* JSON as it is written: straight into a text, indented by two (or on one line), members in the order in which they are put. There is no
 * tree, since building one of a large report took longer than judging it. */
#ifndef REPORT_JSON_WRITER_H
#define REPORT_JSON_WRITER_H

#include <stdint.h>

#include "text.h"

struct json_writer {
    struct text *out; /* its failure is the writer's */
    unsigned depth;   /* objects and lists that are open */
    bool follows;     /* something stands before in the innermost of them */
    bool on_one_line; /* nothing is written between the tokens: JSON lines. Set it before the first */
};

void json_writer_init(struct json_writer *w, struct text *out);

/* In all that follows `key` is a member's name (nothing in it needs an escape), or NULL for an element of a list. */

void begin_object(struct json_writer *w, const char *key);
void begin_list(struct json_writer *w, const char *key);
/** Close the innermost object or list, whichever it is. */
void end_object(struct json_writer *w);
void end_list(struct json_writer *w);

/** Any bytes: what is not printable text is escaped as text_add_escaped does, so that neither JSON nor a terminal sees it raw. */
void put_string(struct json_writer *w, const char *key, const char *string);
/** Above INT64_MAX, which is what readers of JSON can be expected to take: INT64_MAX. */
void put_count(struct json_writer *w, const char *key, uint64_t n);
void put_boolean(struct json_writer *w, const char *key, bool value);
/** A value that a writer on one line has written already. */
void put_written(struct json_writer *w, const char *key, const char *json, size_t length);
void put_null(struct json_writer *w, const char *key);
/** A part of a whole, 0 to 1, with one to four decimals. */
void put_share(struct json_writer *w, const char *key, double share);

#endif
