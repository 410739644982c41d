#define _DEFAULT_SOURCE /* mmap's MAP_ANONYMOUS, madvise */
#include "pages.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

enum { CACHE_LINE = 64, MAPPED_FROM = 128 * 1024 };

/* The kernel aligns to small pages only: for huge ones take too much, and give back what stands out at both ends. */
static void *map_aligned(size_t size)
{
    size_t room = size < PAGES_HUGE ? size : size + PAGES_HUGE;
    uint8_t *all = mmap(NULL, room, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (all == MAP_FAILED) return NULL;
    if (room == size) return all;
    size_t before = PAGES_HUGE - 1 - ((uintptr_t)all + PAGES_HUGE - 1) % PAGES_HUGE;
    if (before) munmap(all, before);
    if (room - before > size) munmap(all + before + size, room - before - size);
    return all + before;
}

static size_t whole_pages(size_t size)
{
    enum { SMALL_PAGE = 4096 };
    return (size + SMALL_PAGE - 1) & ~(size_t)(SMALL_PAGE - 1);
}

void *pages_take(size_t size)
{
    if (size < MAPPED_FROM) {
        size_t whole = (size + CACHE_LINE - 1) & ~(size_t)(CACHE_LINE - 1);
        void *memory = aligned_alloc(CACHE_LINE, whole);
        return memory ? memset(memory, 0, whole) : NULL;
    }
    void *memory = map_aligned(whole_pages(size));
    if (memory && size >= PAGES_HUGE) (void)madvise(memory, size, MADV_HUGEPAGE);
    return memory;
}

void pages_give(void *memory, size_t size)
{
    if (!memory) return;
    if (size < MAPPED_FROM)
        free(memory);
    else
        munmap(memory, whole_pages(size));
}
