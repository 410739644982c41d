/* Filling a struct pp_error in one line. */
#ifndef BASE_ERROR_H
#define BASE_ERROR_H

#include "portproof/base.h"

/** Set place and text; always returns false, so that a parser can `return error_at(...)`. */
bool error_at(struct pp_error *error, uint32_t line, uint32_t column, const char *format, ...) __attribute__((format(printf, 4, 5)));
/** The same for a byte offset in a capture. */
bool error_offset(struct pp_error *error, uint64_t offset, const char *format, ...) __attribute__((format(printf, 3, 4)));

#endif
