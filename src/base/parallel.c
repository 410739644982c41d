#include "parallel.h"

#include <pthread.h>
#include <stdbool.h>

/* Ranges are taken one by one from the front: a thread that is held up takes fewer. */
struct job {
    void (*work)(void *context, size_t first, size_t count);
    void *context;
    size_t count, grain;
    size_t next; /* where the next range begins */
};

static void *run(void *argument)
{
    struct job *job = argument;
    for (;;) {
        size_t first = __atomic_fetch_add(&job->next, job->grain, __ATOMIC_RELAXED);
        if (first >= job->count) return NULL;
        size_t left = job->count - first;
        job->work(job->context, first, left < job->grain ? left : job->grain);
    }
}

void in_parallel(unsigned threads, size_t count, size_t grain, void (*work)(void *context, size_t first, size_t count), void *context)
{
    struct job job = {work, context, count, grain, 0};
    pthread_t others[PARALLEL_MAX];
    unsigned started = 0;
    size_t useful = count / grain; /* threads with a whole range to do */
    while (started + 1 < threads && started + 1 < useful && started + 1 < PARALLEL_MAX) {
        if (pthread_create(&others[started], NULL, run, &job) != 0) break;
        started++;
    }
    run(&job);
    while (started) pthread_join(others[--started], NULL);
}
