#include "pump.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "inflate.h"

enum { BLOCKS = 8, BLOCK_BYTES = 256 * 1024 }; /* 2 MiB ahead at most */

struct pump {
    struct source upstream; /* the thread's own while it runs: input, inflater, and how it ended */
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    uint8_t *blocks;
    size_t sizes[BLOCKS];
    size_t taken; /* bytes of the oldest block that the reader has */
    unsigned first, count;
    uint64_t bytes, position; /* as of the last block */
    bool ended;               /* no block will follow those in the queue */
    bool stopping;
};

static void *run(void *argument)
{
    struct pump *pump = argument;
    for (unsigned next = 0; !pump->upstream.ended; next = (next + 1) % BLOCKS) {
        pthread_mutex_lock(&pump->lock);
        while (pump->count == BLOCKS && !pump->stopping) pthread_cond_wait(&pump->changed, &pump->lock);
        bool stopping = pump->stopping;
        pthread_mutex_unlock(&pump->lock);
        if (stopping) break;
        size_t size = 0;
        uint8_t *block = pump->blocks + (size_t)next * BLOCK_BYTES;
        while (size < BLOCK_BYTES && !pump->upstream.ended)
            size += inflater_read(pump->upstream.inflater, &pump->upstream, block + size, BLOCK_BYTES - size);
        pthread_mutex_lock(&pump->lock);
        pump->sizes[next] = size;
        pump->count++;
        pump->bytes = source_bytes(&pump->upstream);
        pump->position = pump->bytes - pump->upstream.input.left;
        pthread_cond_signal(&pump->changed);
        pthread_mutex_unlock(&pump->lock);
    }
    pthread_mutex_lock(&pump->lock);
    pump->ended = true;
    pthread_cond_signal(&pump->changed);
    pthread_mutex_unlock(&pump->lock);
    return NULL;
}

struct pump *pump_create(struct source *source)
{
    struct pump *pump = calloc(1, sizeof *pump);
    if (!pump) return NULL;
    pump->blocks = malloc((size_t)BLOCKS * BLOCK_BYTES);
    pump->upstream = (struct source){.input = source->input, .inflater = source->inflater, .compression = source->compression};
    pump->bytes = source_bytes(source);
    pthread_mutex_init(&pump->lock, NULL);
    pthread_cond_init(&pump->changed, NULL);
    if (pump->blocks && pthread_create(&pump->thread, NULL, run, pump) == 0) {
        source->input = (struct input){.fd = -1};
        source->inflater = NULL;
        return pump;
    }
    free(pump->blocks);
    free(pump);
    return NULL;
}

void pump_destroy(struct pump *pump)
{
    if (!pump) return;
    pthread_mutex_lock(&pump->lock);
    pump->stopping = true;
    pthread_cond_signal(&pump->changed);
    pthread_mutex_unlock(&pump->lock);
    pthread_join(pump->thread, NULL);
    source_close(&pump->upstream);
    pthread_cond_destroy(&pump->changed);
    pthread_mutex_destroy(&pump->lock);
    free(pump->blocks);
    free(pump);
}

size_t pump_read(struct pump *pump, struct source *source, uint8_t *out, size_t room)
{
    pthread_mutex_lock(&pump->lock);
    while (!pump->count && !pump->ended) pthread_cond_wait(&pump->changed, &pump->lock);
    bool ready = pump->count > 0;
    pthread_mutex_unlock(&pump->lock);
    if (!ready) { /* the thread has ended: how it did is ours to read */
        source->ended = true;
        source->cut = pump->upstream.cut;
        source->failed = pump->upstream.failed;
        source->error = pump->upstream.error;
        return 0;
    }
    size_t left = pump->sizes[pump->first] - pump->taken, n = left < room ? left : room;
    memcpy(out, pump->blocks + (size_t)pump->first * BLOCK_BYTES + pump->taken, n);
    pump->taken += n;
    if (n < left) return n;
    pump->taken = 0;
    pump->first = (pump->first + 1) % BLOCKS;
    pthread_mutex_lock(&pump->lock);
    pump->count--;
    pthread_cond_signal(&pump->changed);
    pthread_mutex_unlock(&pump->lock);
    return n;
}

uint64_t pump_bytes(struct pump *pump)
{
    pthread_mutex_lock(&pump->lock);
    uint64_t bytes = pump->bytes;
    pthread_mutex_unlock(&pump->lock);
    return bytes;
}

uint64_t pump_position(struct pump *pump)
{
    pthread_mutex_lock(&pump->lock);
    uint64_t position = pump->position;
    pthread_mutex_unlock(&pump->lock);
    return position;
}

void pump_digest(struct pump *pump, char out[DIGEST_HEX_SIZE])
{
    pthread_mutex_lock(&pump->lock);
    bool ended = pump->ended;
    pthread_mutex_unlock(&pump->lock);
    out[0] = '\0';
    if (ended) source_digest(&pump->upstream, out);
}

const char *pump_changed(struct pump *pump, char *out, size_t size) { return source_changed(&pump->upstream, out, size); }
