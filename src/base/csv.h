/* Comma-separated values (RFC 4180): records end in CRLF, fields that need it stand in quotes. What names and texts may do to whoever
 * opens the file is taken from them: control bytes are escaped as everywhere (text_add_escaped), and since spreadsheets run a field that
 * begins with = + - or @ as a formula, an apostrophe goes before it, which is how they are told that it is text. */
#ifndef BASE_CSV_H
#define BASE_CSV_H

#include <stdint.h>

#include "text.h"

struct csv {
    struct text *out; /* its failure is the writer's */
    bool follows;     /* a field stands before in this record */
};

/** A field of any bytes; NULL is an empty one. */
void csv_string(struct csv *csv, const char *string);
/** A field put together as a text, which is finished. */
void csv_text(struct csv *csv, struct text *text);
void csv_count(struct csv *csv, uint64_t n);
void csv_empty(struct csv *csv);
void csv_end(struct csv *csv);
/** The first record: names with blanks between them. */
void csv_header(struct csv *csv, const char *names);

#endif
