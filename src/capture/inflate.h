/* Decompression of gzip (RFC 1952) and zstd (RFC 8878) as a stream; memory does not grow with what comes out. */
#ifndef CAPTURE_INFLATE_H
#define CAPTURE_INFLATE_H

#include <stddef.h>
#include <stdint.h>

struct inflater;
struct source;

/** "gzip", "zstd" or NULL, by the first bytes. */
const char *inflater_recognise(const uint8_t *bytes, size_t size);
struct inflater *inflater_create(const char *compression); /* NULL: out of memory */
void inflater_destroy(struct inflater *inflater);          /* takes NULL */
/** Decompress from source->input into `out`: how many bytes came out. Sets source->ended at the end, and then
 * source->cut or source->failed with source->error when the end is not a good one. */
size_t inflater_read(struct inflater *inflater, struct source *source, uint8_t *out, size_t room);

#endif
