/* Windows onto a mapped file: so much of it as threads are at work on is mapped apart, and unmapped behind them. Resident memory
 * then does not grow with the file, and pages come by the thousand (MADV_POPULATE_READ) instead of one fault after the other.
 * The mapping of the whole file stays for the formats' own readers, which touch little of it. */
#ifndef CAPTURE_WINDOW_H
#define CAPTURE_WINDOW_H

#include "portproof/capture.h"
#include "source.h"

enum {
    WINDOW_BYTES = 32 * 1024 * 1024, /* windows begin at multiples of it */
    WINDOW_OVERLAP = 1024 * 1024,    /* how far a record may stand out; a longer one is read through the whole mapping */
    WINDOWS_MAX = PP_THREADS_MAX + 2,
};

struct window {
    uint8_t *map; /* NULL: free */
    uint64_t from;
    size_t size;
    unsigned users;
    int guard;
};

struct windows {
    struct window all[WINDOWS_MAX];
};

/* What a chunk sees of the file. */
struct view {
    const uint8_t *bytes;
    uint64_t from, size;         /* of the file */
    struct window *window;       /* counted in its users; NULL: the whole mapping */
    const struct opened *opened; /* NULL: the file cannot change */
};

/** A view of the file around `from`, of a window or of the whole. Callers hold a lock around this and view_close. */
struct view view_open(struct windows *windows, const struct source *source, uint64_t from);
/** Be done with a view. The window that nobody uses any more, which is the caller's to unmap, without the lock; or none. */
struct window view_close(struct view *view);
/** Have the pages of [from, to) in place. A hint. */
void view_populate(const struct view *view, uint64_t from, uint64_t to);
void window_unmap(struct window window);
void windows_finish(struct windows *windows);

#endif
