#define _DEFAULT_SOURCE /* mmap, madvise */
#include "window.h"

#include <sys/mman.h>
#include <unistd.h>

#include "guard.h"

#ifndef MADV_POPULATE_READ
#define MADV_POPULATE_READ 22 /* Linux 5.14; older ones refuse, and pages come by faults */
#endif

static struct view whole(const struct source *source)
{
    return (struct view){.bytes = source->bytes, .size = source->size, .opened = source->input.opened};
}

static struct view look_through(struct window *window, const struct source *source)
{
    window->users++;
    return (struct view){window->map, window->from, window->size, window, source->input.opened};
}

static struct window map_window(const struct source *source, uint64_t from)
{
    uint64_t left = source->size - from;
    size_t size = left < WINDOW_BYTES + WINDOW_OVERLAP ? (size_t)left : WINDOW_BYTES + WINDOW_OVERLAP;
    void *map = mmap(NULL, size, PROT_READ, MAP_PRIVATE, source->input.fd, (off_t)from);
    if (map == MAP_FAILED) return (struct window){0};
    (void)madvise(map, size, MADV_SEQUENTIAL);
    return (struct window){map, from, size, 0, guard_add(map, size, &source->input.opened->gone)};
}

struct view view_open(struct windows *windows, const struct source *source, uint64_t from)
{
    uint64_t begin = from / WINDOW_BYTES * WINDOW_BYTES;
    struct window *free_one = NULL;
    if (!source->input.opened || source->size <= WINDOW_BYTES || from >= source->size) return whole(source);
    for (unsigned i = 0; i < WINDOWS_MAX; i++) {
        struct window *window = &windows->all[i];
        if (window->map && window->from == begin) return look_through(window, source);
        if (!window->map) free_one = window;
    }
    if (!free_one) return whole(source);
    *free_one = map_window(source, begin);
    return free_one->map ? look_through(free_one, source) : whole(source);
}

struct window view_close(struct view *view)
{
    struct window *window = view->window, gone = {0};
    if (window && --window->users == 0) {
        gone = *window;
        *window = (struct window){0};
    }
    *view = (struct view){0};
    return gone;
}

void view_populate(const struct view *view, uint64_t from, uint64_t to)
{
    const uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE);
    if (!view->window) return;
    from = (from - view->from) / page * page;
    (void)madvise(view->window->map + from, (size_t)(to - view->from - from), MADV_POPULATE_READ);
}

void window_unmap(struct window window)
{
    if (!window.map) return;
    guard_remove(window.guard);
    munmap(window.map, window.size);
}

void windows_finish(struct windows *windows)
{
    for (unsigned i = 0; i < WINDOWS_MAX; i++) window_unmap(windows->all[i]);
    *windows = (struct windows){0};
}
