#include "digest.h"

#include <nettle/base64.h>

void digest_init(struct digest *digest) { sha256_init(&digest->sha256); }

void digest_add(struct digest *digest, const void *bytes, size_t size)
{
    if (size) sha256_update(&digest->sha256, size, bytes); /* NULL with 0 bytes is an empty input, not an error */
}

void digest_hex(struct digest *digest, char out[DIGEST_HEX_SIZE])
{
    static const char hex[] = "0123456789abcdef";
    uint8_t sum[SHA256_DIGEST_SIZE];
    sha256_digest(&digest->sha256, sizeof sum, sum);
    for (size_t i = 0; i < sizeof sum; i++) {
        out[2 * i] = hex[sum[i] >> 4];
        out[2 * i + 1] = hex[sum[i] & 15];
    }
    out[2 * sizeof sum] = '\0';
}

void sha256_hex(const void *bytes, size_t size, char out[DIGEST_HEX_SIZE])
{
    struct digest digest;
    digest_init(&digest);
    digest_add(&digest, bytes, size);
    digest_hex(&digest, out);
}

void sha256_base64(const void *bytes, size_t size, char out[DIGEST_BASE64_SIZE])
{
    struct digest digest;
    uint8_t sum[SHA256_DIGEST_SIZE];
    digest_init(&digest);
    digest_add(&digest, bytes, size);
    sha256_digest(&digest.sha256, sizeof sum, sum);
    base64_encode_raw(out, sizeof sum, sum);
    out[DIGEST_BASE64_SIZE - 1] = '\0';
}
