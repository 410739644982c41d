#define _DEFAULT_SOURCE /* sysconf */
#include "parallel.h"

#include <pthread.h>
#include <unistd.h>

enum { TOGETHER_MAX = 64 }; /* more are not started */

unsigned thread_count(unsigned asked, unsigned most)
{
    long processors = asked ? 0 : sysconf(_SC_NPROCESSORS_ONLN);
    unsigned threads = asked ? asked : processors > 0 ? (unsigned)processors : 1;
    return threads < most ? threads : most;
}

struct job {
    void (*work)(void *context);
    void *context;
};

static void *run(void *argument)
{
    const struct job *job = argument;
    job->work(job->context);
    return NULL;
}

void run_threads(unsigned threads, void (*work)(void *context), void *context)
{
    struct job job = {work, context};
    pthread_t others[TOGETHER_MAX];
    unsigned started = 0;
    while (started + 1 < threads && started < TOGETHER_MAX && pthread_create(&others[started], NULL, run, &job) == 0) started++;
    work(context);
    while (started) pthread_join(others[--started], NULL);
}

/* Ranges are taken one by one from the front: a thread that is held up takes fewer. */
struct ranges {
    void (*work)(void *context, size_t first, size_t count);
    void *context;
    size_t count, grain;
    size_t next; /* where the next range begins */
};

static void take_ranges(void *argument)
{
    struct ranges *ranges = argument;
    for (;;) {
        size_t first = __atomic_fetch_add(&ranges->next, ranges->grain, __ATOMIC_RELAXED);
        if (first >= ranges->count) return;
        size_t left = ranges->count - first;
        ranges->work(ranges->context, first, left < ranges->grain ? left : ranges->grain);
    }
}

void in_parallel(unsigned threads, size_t count, size_t grain, void (*work)(void *context, size_t first, size_t count), void *context)
{
    struct ranges ranges = {work, context, count, grain, 0};
    size_t useful = count / grain; /* threads with a whole range to do */
    run_threads(threads < useful ? threads : (unsigned)useful, take_ranges, &ranges);
}
