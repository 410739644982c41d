#include "community_id.h"

#include <nettle/base64.h>
#include <nettle/sha1.h>
#include <string.h>

void community_id(const struct pp_address *a, uint16_t port_a, const struct pp_address *b, uint16_t port_b, uint8_t protocol,
                  char out[COMMUNITY_ID_MAX])
{
    size_t n = a->family == PP_IPV4 ? 4 : 16;
    int order = memcmp(a->bytes, b->bytes, n);
    if (order > 0 || (order == 0 && port_a > port_b)) { /* the lower end first, so that both directions agree */
        const struct pp_address *swap = a;
        uint16_t swap_port = port_a;
        a = b;
        b = swap;
        port_a = port_b;
        port_b = swap_port;
    }
    const uint8_t seed[2] = {0, 0}, middle[2] = {protocol, 0};
    const uint8_t ports[4] = {(uint8_t)(port_a >> 8), (uint8_t)port_a, (uint8_t)(port_b >> 8), (uint8_t)port_b};
    struct sha1_ctx context;
    uint8_t digest[SHA1_DIGEST_SIZE];
    sha1_init(&context);
    sha1_update(&context, sizeof seed, seed);
    sha1_update(&context, n, a->bytes);
    sha1_update(&context, n, b->bytes);
    sha1_update(&context, sizeof middle, middle);
    sha1_update(&context, sizeof ports, ports);
    sha1_digest(&context, sizeof digest, digest);
    memcpy(out, "1:", 2);
    base64_encode_raw(out + 2, sizeof digest, digest);
    out[2 + BASE64_ENCODE_RAW_LENGTH(SHA1_DIGEST_SIZE)] = '\0';
}
