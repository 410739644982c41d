/* SHA-256, the only digest portproof prints: of captures, rules and site files; and of a page's own style and script. */
#ifndef BASE_DIGEST_H
#define BASE_DIGEST_H

#include <stddef.h>

#include <nettle/sha2.h>

enum {
    DIGEST_HEX_SIZE = 2 * SHA256_DIGEST_SIZE + 1,              /* 65: hexadecimal and a final NUL */
    DIGEST_BASE64_SIZE = (SHA256_DIGEST_SIZE + 2) / 3 * 4 + 1, /* 45 */
};

/** A digest in the making; a plain value, nothing to free. */
struct digest {
    struct sha256_ctx sha256;
};

void digest_init(struct digest *digest);
void digest_add(struct digest *digest, const void *bytes, size_t size);
/** The digest of all that was added, in hexadecimal. Ends it: call digest_init before adding again. */
void digest_hex(struct digest *digest, char out[DIGEST_HEX_SIZE]);

/** All at once. */
void sha256_hex(const void *bytes, size_t size, char out[DIGEST_HEX_SIZE]);
/** The same in base64, as a Content-Security-Policy names a style or a script. */
void sha256_base64(const void *bytes, size_t size, char out[DIGEST_BASE64_SIZE]);

#endif
