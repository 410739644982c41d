/* SipHash-1-3: a keyed hash that whoever picks addresses and ports cannot steer without the key
 * (Aumasson & Bernstein 2012; one compression and three finalisation rounds, as hash tables use it). */
#ifndef BASE_SIPHASH_H
#define BASE_SIPHASH_H

#include <stddef.h>
#include <stdint.h>

#include "wraps.h"

struct siphash_key {
    uint64_t k0, k1;
};

/** A key from the system's random numbers. Without any it is made of where things lie in memory: results are the same whatever the key,
 * only whoever picks what is hashed must not know it. */
struct siphash_key siphash_key_make(void);

WRAPS static inline uint64_t sip_rotate(uint64_t x, int n) { return x << n | x >> (64 - n); }

WRAPS static inline void sip_round(uint64_t v[4])
{
    v[0] += v[1];
    v[1] = sip_rotate(v[1], 13);
    v[1] ^= v[0];
    v[0] = sip_rotate(v[0], 32);
    v[2] += v[3];
    v[3] = sip_rotate(v[3], 16);
    v[3] ^= v[2];
    v[0] += v[3];
    v[3] = sip_rotate(v[3], 21);
    v[3] ^= v[0];
    v[2] += v[1];
    v[1] = sip_rotate(v[1], 17);
    v[1] ^= v[2];
    v[2] = sip_rotate(v[2], 32);
}

/** Hash `count` 64-bit words. */
static inline uint64_t siphash13(const struct siphash_key *key, const uint64_t *words, size_t count)
{
    uint64_t v[4] = {key->k0 ^ 0x736f6d6570736575u, key->k1 ^ 0x646f72616e646f6du, key->k0 ^ 0x6c7967656e657261u,
                     key->k1 ^ 0x7465646279746573u};
    for (size_t i = 0; i < count; i++) {
        v[3] ^= words[i];
        sip_round(v);
        v[0] ^= words[i];
    }
    uint64_t last = (uint64_t)(count * 8) << 56;
    v[3] ^= last;
    sip_round(v);
    v[0] ^= last;
    v[2] ^= 0xff;
    sip_round(v);
    sip_round(v);
    sip_round(v);
    return v[0] ^ v[1] ^ v[2] ^ v[3];
}

#endif
