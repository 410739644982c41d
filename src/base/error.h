/* Filling a struct pp_error in one line. */
#ifndef BASE_ERROR_H
#define BASE_ERROR_H

#include "portproof/base.h"

void error_set_at(struct pp_error *error, uint32_t line, uint32_t column, const char *format, ...) __attribute__((format(printf, 4, 5)));
void error_set_offset(struct pp_error *error, uint64_t offset, const char *format, ...) __attribute__((format(printf, 3, 4)));

/** Set place and text; always false, so that a parser can `return error_at(...)`. Macros, so that who analyses a caller knows it. */
#define error_at(error, line, column, ...) (error_set_at(error, line, column, __VA_ARGS__), error_false())
/** The same for a byte offset in a capture. */
#define error_offset(error, offset, ...) (error_set_offset(error, offset, __VA_ARGS__), error_false())

static inline bool error_false(void) { return false; }

#endif
