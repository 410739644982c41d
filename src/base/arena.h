/* An arena: many small allocations with one lifetime. Failure is sticky, so callers check once at the end. */
#ifndef BASE_ARENA_H
#define BASE_ARENA_H

#include <stdbool.h>
#include <stddef.h>

struct arena;

struct arena *arena_create(void);        /* NULL: out of memory */
void arena_destroy(struct arena *arena); /* takes NULL */
/** Zeroed bytes aligned for any type, or NULL (and arena_failed from then on). */
void *arena_alloc(struct arena *arena, size_t size);
/** A copy of the first `length` bytes and a final NUL. */
char *arena_copy(struct arena *arena, const char *text, size_t length);
/** printf into the arena. */
char *arena_format(struct arena *arena, const char *format, ...) __attribute__((format(printf, 2, 3)));
/** The same for words that are compared and joined on the way: "" once memory is out, and who hands them out in the end asks arena_failed.
 */
const char *arena_words(struct arena *arena, const char *format, ...) __attribute__((format(printf, 2, 3)));
bool arena_failed(const struct arena *arena);

#endif
