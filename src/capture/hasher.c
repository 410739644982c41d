#define _POSIX_C_SOURCE 200809L /* pread */
#include "hasher.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

enum { BLOCK_BYTES = 256 * 1024 };

struct hasher {
    pthread_t thread;
    atomic_bool stopping;
    bool joined;
    int fd;
    size_t size;
    char hex[DIGEST_HEX_SIZE];
    uint8_t block[BLOCK_BYTES];
};

static void *run(void *argument)
{
    struct hasher *h = argument;
    struct digest digest;
    size_t at = 0;
    digest_init(&digest);
    while (at < h->size && !atomic_load_explicit(&h->stopping, memory_order_relaxed)) {
        size_t left = h->size - at;
        ssize_t got = pread(h->fd, h->block, left < BLOCK_BYTES ? left : BLOCK_BYTES, (off_t)at);
        if (got < 0 && errno == EINTR) continue;
        if (got <= 0) return NULL;
        digest_add(&digest, h->block, (size_t)got);
        at += (size_t)got;
    }
    if (at == h->size) digest_hex(&digest, h->hex);
    return NULL;
}

struct hasher *hasher_create(int fd, size_t size)
{
    struct hasher *h = calloc(1, sizeof *h);
    if (!h) return NULL;
    h->fd = fd;
    h->size = size;
    if (pthread_create(&h->thread, NULL, run, h) == 0) return h;
    free(h);
    return NULL;
}

static void join(struct hasher *h)
{
    if (!h->joined) pthread_join(h->thread, NULL);
    h->joined = true;
}

void hasher_digest(struct hasher *h, char out[DIGEST_HEX_SIZE])
{
    join(h);
    for (size_t i = 0; i < DIGEST_HEX_SIZE; i++) out[i] = h->hex[i];
}

void hasher_destroy(struct hasher *h)
{
    if (!h) return;
    atomic_store_explicit(&h->stopping, true, memory_order_relaxed);
    join(h);
    free(h);
}
