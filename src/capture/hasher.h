/* SHA-256 of a file on a thread of its own, while others read it: through the descriptor, not through a mapping, so that the file's pages
 * do not count as this process's memory a second time. */
#ifndef CAPTURE_HASHER_H
#define CAPTURE_HASHER_H

#include <stddef.h>

#include "digest.h"

struct hasher;

/** Begin with the first `size` bytes of a file, which stays open until hasher_destroy. NULL: no memory or no thread for it. */
struct hasher *hasher_create(int fd, size_t size);
/** Waits for it. `out` is empty when the file could not be read, or had fewer bytes than it was said to have. */
void hasher_digest(struct hasher *hasher, char out[DIGEST_HEX_SIZE]);
/** Takes NULL; does not wait for the end of the file. */
void hasher_destroy(struct hasher *hasher);

#endif
