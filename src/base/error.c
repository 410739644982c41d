#include "error.h"

#include <stdarg.h>
#include <stdio.h>

void error_set_at(struct pp_error *error, uint32_t line, uint32_t column, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    *error = (struct pp_error){.line = line, .column = column, .offset = UINT64_MAX};
    vsnprintf(error->text, sizeof error->text, format, args);
    va_end(args);
}

void error_set_offset(struct pp_error *error, uint64_t offset, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    *error = (struct pp_error){.offset = offset};
    vsnprintf(error->text, sizeof error->text, format, args);
    va_end(args);
}
