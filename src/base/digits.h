/* Numbers as digits, for output of which there is so much that printf would be most of the work. */
#ifndef BASE_DIGITS_H
#define BASE_DIGITS_H

#include <stdint.h>
#include <string.h>

enum { DIGITS_MAX = 20 }; /* of a 64-bit number */

/** Write a number in decimal; returns the end of it. */
static inline char *put_digits(char *at, uint64_t n)
{
    char digits[DIGITS_MAX];
    unsigned i = DIGITS_MAX;
    do digits[--i] = (char)('0' + n % 10);
    while (n /= 10);
    memcpy(at, digits + i, DIGITS_MAX - i);
    return at + (DIGITS_MAX - i);
}

/** Write the last `count` decimals of a number, zeros in front included; returns the end of them. */
static inline char *put_decimals(char *at, uint64_t n, unsigned count)
{
    for (unsigned i = count; i-- > 0; n /= 10) at[i] = (char)('0' + n % 10);
    return at + count;
}

#endif
