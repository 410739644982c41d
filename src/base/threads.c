#define _DEFAULT_SOURCE /* sysconf */
#include "threads.h"

#include <pthread.h>
#include <unistd.h>

enum { TOGETHER_MAX = 64 }; /* more are not started */

struct job {
    void (*work)(void *context);
    void *context;
};

unsigned thread_count(unsigned asked, unsigned most)
{
    long processors = asked ? 0 : sysconf(_SC_NPROCESSORS_ONLN);
    unsigned threads = asked ? asked : processors > 0 ? (unsigned)processors : 1;
    return threads < most ? threads : most;
}

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
