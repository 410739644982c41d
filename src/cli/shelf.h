/* Finished documents between the thread that judges and the one that serves: the one puts new ones in their places, the other takes what
 * is there. A document never changes, and goes when the last who took it has given it back. */
#ifndef CLI_SHELF_H
#define CLI_SHELF_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "text.h"

enum { SHELF_PLACES = 5 };

struct document {
    const char *type;   /* Content-Type; static */
    const char *policy; /* Content-Security-Policy; static, or lives as long as the shelf */
    char *bytes;
    size_t size;
    unsigned holders; /* under the shelf's lock */
    struct shelf *shelf;
};

struct shelf {
    pthread_mutex_t lock;
    const char *paths[SHELF_PLACES];
    struct document *documents[SHELF_PLACES]; /* NULL: there is none yet */
    uint64_t judged_ns;                       /* steady; 0: never */
    uint64_t stale_ns;                        /* a judgement older than that says that something hangs */
};

bool shelf_init(struct shelf *shelf);
void shelf_finish(struct shelf *shelf); /* when nobody holds a document any more */

/** Put a document in its place; takes the text. false: out of memory, and the old one stays. */
bool shelf_put(struct shelf *shelf, unsigned place, const char *type, const char *policy, struct text *text);
/** Everything in its place is of now. */
void shelf_judged(struct shelf *shelf, uint64_t now_ns);

enum shelf_answer { SHELF_TAKEN, SHELF_NOT_YET, SHELF_NO_SUCH_PATH };
enum shelf_answer shelf_take(struct shelf *shelf, const char *path, struct document **document);
void document_give_back(void *document);

/** How long ago was judged, in nanoseconds; UINT64_MAX: not yet. */
uint64_t shelf_age(struct shelf *shelf);

#endif
