/* The one way forward through untrusted bytes: pointer and length move together.
 *
 * Invariant: `at` points at `left` readable bytes. take() is the only function that moves it, and it
 * moves both or neither. */
#ifndef BASE_CURSOR_H
#define BASE_CURSOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct cursor {
    const uint8_t *at;
    size_t left;
};

/** Hand out `n` bytes and step past them; false, and nothing moves, when fewer are left. */
static inline bool take(struct cursor *cursor, size_t n, const uint8_t **out)
{
    if (n > cursor->left) return false;
    *out = cursor->at;
    cursor->at += n;
    cursor->left -= n;
    return true;
}

/** Forget all but the first `n` bytes (padding, trailers). */
static inline void limit(struct cursor *cursor, size_t n)
{
    if (n < cursor->left) cursor->left = n;
}

#endif
