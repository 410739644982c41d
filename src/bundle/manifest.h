/* manifest.json, schema portproof/bundle/1 (docs/bundle.schema.json). */
#ifndef BUNDLE_MANIFEST_H
#define BUNDLE_MANIFEST_H

#include "portproof/bundle.h"

struct arena;

/** A file by its name, whatever its state; NULL: none. */
struct pp_bundle_file *bundle_file(const struct pp_bundle *bundle, const char *name);
/** Put into `bundle`, which has the archive's files, what the manifest says; strings are the arena's. false: *error says what is wrong. */
bool manifest_read(const char *bytes, size_t size, struct arena *arena, struct pp_bundle *bundle, struct pp_error *error);

#endif
