/* Work that falls into independent parts, on several threads. */
#ifndef BASE_PARALLEL_H
#define BASE_PARALLEL_H

#include <stddef.h>

enum { PARALLEL_MAX = 16 }; /* threads; more are not started */

/** Do [0, count) in ranges of `grain` (the last may be shorter), each once, on up to `threads` threads, this one included; 0 and 1: on
 * this one alone. Comes back when all is done. A thread that cannot be started costs time only. */
void in_parallel(unsigned threads, size_t count, size_t grain, void (*work)(void *context, size_t first, size_t count), void *context);

#endif
