/* A pump: decompression on a thread of its own, a few blocks ahead of the reader, so that it overlaps with the analysis. */
#ifndef CAPTURE_PUMP_H
#define CAPTURE_PUMP_H

#include "source.h"

struct pump;

/** Take over `source`'s input and inflater and start decompressing. NULL, and nothing taken: no memory or no thread. */
struct pump *pump_create(struct source *source);
/** Stop the thread; frees the input and the inflater. Takes NULL. */
void pump_destroy(struct pump *pump);
/** What inflater_read does, from the blocks that are ready: waits for one when there is none. */
size_t pump_read(struct pump *pump, struct source *source, uint8_t *out, size_t room);
/** Bytes as stored: how many are known of, and how many were decompressed. */
uint64_t pump_bytes(struct pump *pump);
uint64_t pump_position(struct pump *pump);
/** As source_digest, once the reader has seen the end. */
void pump_digest(struct pump *pump, char out[DIGEST_HEX_SIZE]);
/** As source_changed. */
const char *pump_changed(struct pump *pump, char *out, size_t size);

#endif
