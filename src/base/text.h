/* A growing text. Failure is sticky, and counted (memory.h): check `failed` once, at the end. */
#ifndef BASE_TEXT_H
#define BASE_TEXT_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

struct text {
    char *bytes; /* NUL-terminated once anything was added; owned */
    size_t length, room;
    bool failed;
};

void text_init(struct text *text);
void text_finish(struct text *text);
void text_add(struct text *text, const char *string);
void text_add_bytes(struct text *text, const char *bytes, size_t length);
void text_printf(struct text *text, const char *format, ...) __attribute__((format(printf, 2, 3)));
/** Room for `more` further bytes at the text's end, for whoever writes them himself and then says with text_end how far he got
 * (no further than that). NULL: out of memory. */
char *text_room(struct text *text, size_t more);
void text_end(struct text *text, char *end);
/** Add a string of which nothing is known: control bytes, C1 controls, bidirectional marks and invalid UTF-8
 * appear as \xNN or \u{NNNN}, so that it can go to a terminal or into a one-line error. */
void text_add_escaped(struct text *text, const char *bytes, size_t length);
/** The same into a fixed buffer; cut at `room` with a final NUL. Returns `out`. */
char *escape_into(char *out, size_t room, const char *bytes, size_t length);

#endif
