#include "shelf.h"

#include <stdlib.h>
#include <string.h>

#include "clock.h"

bool shelf_init(struct shelf *shelf)
{
    *shelf = (struct shelf){0};
    return pthread_mutex_init(&shelf->lock, NULL) == 0;
}

static void destroy(struct document *document)
{
    if (!document) return;
    free(document->bytes);
    free(document);
}

void shelf_finish(struct shelf *shelf)
{
    for (unsigned i = 0; i < SHELF_PLACES; i++) destroy(shelf->documents[i]);
    pthread_mutex_destroy(&shelf->lock);
}

void document_give_back(void *held)
{
    struct document *document = held;
    struct shelf *shelf = document->shelf;
    pthread_mutex_lock(&shelf->lock);
    bool last = --document->holders == 0;
    pthread_mutex_unlock(&shelf->lock);
    if (last) destroy(document);
}

bool shelf_put(struct shelf *shelf, unsigned place, const char *type, const char *policy, struct text *text)
{
    struct document *document = text->failed ? NULL : malloc(sizeof *document);
    if (!document) return text_finish(text), false;
    *document = (struct document){.type = type, .policy = policy, .bytes = text->bytes, .size = text->length, .holders = 1, .shelf = shelf};
    text_init(text);
    pthread_mutex_lock(&shelf->lock);
    struct document *old = shelf->documents[place];
    shelf->documents[place] = document;
    pthread_mutex_unlock(&shelf->lock);
    if (old) document_give_back(old);
    return true;
}

void shelf_judged(struct shelf *shelf, uint64_t now_ns)
{
    pthread_mutex_lock(&shelf->lock);
    shelf->judged_ns = now_ns + !now_ns;
    pthread_mutex_unlock(&shelf->lock);
}

enum shelf_answer shelf_take(struct shelf *shelf, const char *path, struct document **document)
{
    enum shelf_answer answer = SHELF_NO_SUCH_PATH;
    pthread_mutex_lock(&shelf->lock);
    for (unsigned i = 0; i < SHELF_PLACES; i++) {
        if (!shelf->paths[i] || strcmp(shelf->paths[i], path) != 0) continue;
        *document = shelf->documents[i];
        answer = *document ? SHELF_TAKEN : SHELF_NOT_YET;
        if (*document) (*document)->holders++;
    }
    pthread_mutex_unlock(&shelf->lock);
    return answer;
}

uint64_t shelf_age(struct shelf *shelf)
{
    pthread_mutex_lock(&shelf->lock);
    uint64_t judged = shelf->judged_ns, now = steady_ns();
    pthread_mutex_unlock(&shelf->lock);
    return !judged ? UINT64_MAX : now > judged ? now - judged : 0;
}
