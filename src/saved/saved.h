/* A JSON report read again, by whoever goes on from it: compare, plan, firewall. It is a file that somebody hands in: nothing in it is
 * believed to be as it should, but that it has the lists that every report has. */
#ifndef SAVED_SAVED_H
#define SAVED_SAVED_H

#include <jansson.h>

#include "portproof/base.h"

/** A report of schema portproof/report/1, with rows and findings; the caller's to json_decref. NULL: *error says what was found. */
json_t *saved_load(const char *bytes, size_t size, struct pp_error *error);

/** A string member; "" when there is none, or it is no string. Not safe to print. */
const char *saved_string(const json_t *object, const char *key);

#endif
