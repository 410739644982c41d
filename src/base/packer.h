/* Values as bytes that can be kept, and read again on any machine: every number as LEB128 (seven bits a byte, the lowest first, the top
 * bit says that more follow), bytes as they are. A digest of all that came before ends them. */
#ifndef BASE_PACKER_H
#define BASE_PACKER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cursor.h"
#include "digest.h"

enum { NUMBER_MOST = 10 }; /* bytes of a 64-bit number */

struct packer {
    bool (*write)(void *context, const char *bytes, size_t size);
    void *context;
    struct digest digest;
    size_t used;
    bool failed; /* a write did; nothing is written after it */
    char buffer[16384];
};

void packer_init(struct packer *packer, bool (*write)(void *context, const char *bytes, size_t size), void *context);
void pack_bytes(struct packer *packer, const void *bytes, size_t size);
void pack_number(struct packer *packer, uint64_t number);
/** Its length, then its bytes. */
void pack_string(struct packer *packer, const char *string);
/** Append the digest. false: something could not be written. */
bool packer_finish(struct packer *packer);

/** Reading them. After the first mistake everything reads as zero, so that it is enough to ask for `failed` now and then; but no number
 * may be used as a size before it was compared with what is left. */
struct unpacker {
    struct cursor cursor;
    size_t size; /* of all */
    bool failed;
};

/** Checks the digest at the end first. false: it is missing, or says that the bytes are not what was written. */
bool unpacker_init(struct unpacker *unpacker, const uint8_t *bytes, size_t size);
void unpack_bytes(struct unpacker *unpacker, void *bytes, size_t size);
uint64_t unpack_number(struct unpacker *unpacker);
/** A number of at most `most`; a larger one is a mistake. */
uint64_t unpack_number_to(struct unpacker *unpacker, uint64_t most);
/** At most size - 1 bytes and a final NUL; a longer string is a mistake. */
void unpack_string(struct unpacker *unpacker, char *string, size_t size);
/** How far reading has got, for a message. */
static inline uint64_t unpacked(const struct unpacker *unpacker) { return unpacker->size - unpacker->cursor.left; }

#endif
