/* One piece of work on several threads. What it gives must not depend on how many there were: a thread that cannot be started
 * costs time only, since whoever runs takes shares until none is left. */
#ifndef BASE_THREADS_H
#define BASE_THREADS_H

/** As many as were asked for; 0: as there are processors; at most `most`. */
unsigned thread_count(unsigned asked, unsigned most);

/** Call work(context) on `threads` threads, the calling one among them; returns when all have returned. */
void run_threads(unsigned threads, void (*work)(void *context), void *context);

#endif
