/* Numbers as digits, for output of which there is so much that printf would be most of the work: a list of flows has a dozen
 * numbers a line and millions of lines. Three digits at a time come from a table of 3 KB, which takes a third of the divisions.
 * Each function writes at `at`, where there is room for DIGITS_MAX bytes whatever the number, and returns the end of the digits;
 * up to three bytes behind it may be written too. */
#ifndef BASE_DIGITS_H
#define BASE_DIGITS_H

#include <stdint.h>
#include <string.h>

enum { DIGITS_MAX = 24 }; /* 20 of a 64-bit number, and what is copied beyond */

/** "000001002 ... 999", and some bytes to copy beyond. */
extern const char digits_by_three[3 * 1000 + 4];

/** Three digits with leading zeros, of a number below 1,000. */
static inline char *put_three(char *at, uint32_t n)
{
    memcpy(at, digits_by_three + 3 * (size_t)n, 4);
    return at + 3;
}

/** Nine digits with leading zeros, of a number below 1,000,000,000: a second's nanoseconds. */
static inline char *put_nine(char *at, uint32_t n)
{
    at = put_three(at, n / 1000000);
    at = put_three(at, n / 1000 % 1000);
    return put_three(at, n % 1000);
}

/** The last `count` decimals of a number, leading zeros included. Nothing is written behind them. */
static inline char *put_decimals(char *at, uint64_t n, unsigned count)
{
    for (char *digit = at + count; digit > at; n /= 10) *--digit = (char)('0' + n % 10);
    return at + count;
}

/** How many digits a number below 100,000 has; 0 has one. */
static inline unsigned digits_of(uint32_t n) { return 1u + (n >= 10) + (n >= 100) + (n >= 1000) + (n >= 10000); }

/** A number in decimal. */
/* NOLINTNEXTLINE(misc-no-recursion): three digits a level */
static inline char *put_digits(char *at, uint64_t n)
{
    if (n >= 1000) {
        at = put_digits(at, n / 1000);
        return put_three(at, (uint32_t)(n % 1000));
    }
    unsigned digits = digits_of((uint32_t)n);
    memcpy(at, digits_by_three + 3 * (size_t)n + 3 - digits, 4);
    return at + digits;
}

#endif
