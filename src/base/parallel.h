/* Work on several threads. What it gives must not depend on how many there were: a thread that cannot be started costs time only,
 * since whoever runs takes shares until none is left. */
#ifndef BASE_PARALLEL_H
#define BASE_PARALLEL_H

#include <stddef.h>

/** As many as were asked for; 0: as there are processors; at most `most`. */
unsigned thread_count(unsigned asked, unsigned most);

/** Call work(context) on `threads` threads, the calling one among them; returns when all have returned. */
void run_threads(unsigned threads, void (*work)(void *context), void *context);

/** Do [0, count) in ranges of `grain` (the last may be shorter), each once, on up to `threads` threads, this one included; 0 and 1: on
 * this one alone. */
void in_parallel(unsigned threads, size_t count, size_t grain, void (*work)(void *context, size_t first, size_t count), void *context);

#endif
