/* What every SARIF file has, whatever its results are. */
#ifndef REPORT_SARIF_PARTS_H
#define REPORT_SARIF_PARTS_H

#include "json_writer.h"

struct digest;

/** The beginning of a file with one run, and its end. */
void sarif_begin(struct json_writer *w, struct text *out);
void sarif_end(struct json_writer *w);
/** An object with one text; brackets in it are no links. */
void sarif_message(struct json_writer *w, const char *key, const char *words);
/** The beginning of a reportingDescriptor; services that show results want all of its texts. */
void sarif_rule(struct json_writer *w, const char *id, const char *brief, const char *full, const char *help);
/** A physicalLocation: a line of the rules file. `rules_path`: NULL: where the built-in rules stand in the source. */
void sarif_place(struct json_writer *w, const char *rules_path, uint32_t line);
/** A string with an end, for a fingerprint. */
void digest_add_string(struct digest *digest, const char *part);

#endif
