/* Numbers that wrap on purpose. Unsigned ones may in C, and mostly it is a mistake: so the preset `integer` stops wherever one does, but in
 * functions that say WRAPS: hashes, rotations, windows that are one comparison, counts modulo a power of two. */
#ifndef BASE_WRAPS_H
#define BASE_WRAPS_H

#ifdef __clang__
#define WRAPS __attribute__((no_sanitize("unsigned-integer-overflow", "unsigned-shift-base")))
#else
#define WRAPS
#endif

#endif
