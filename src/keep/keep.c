#define _GNU_SOURCE
#include "portproof/keep.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "clock.h"
#include "error.h"
#include "files.h"

/* What was handed over. */
struct handed {
    struct pp_flow_table *flows;
    struct pp_capture_info *captures;
    uint32_t count;
    pp_time_ns at_ns; /* the system's date */
};

struct pp_keeper {
    struct pp_keeper_options options;
    char classes[65];
    int folder, lock_file;
    pthread_t thread;
    bool started;
    struct pp_evidence now;  /* the stretch that runs; this and the files are the thread's while it is busy */
    uint64_t begun_ns;       /* steady */
    struct kept_file *files; /* those that are there, the oldest first; the last is the stretch's once it was written */
    size_t file_count;
    bool now_has_file;
    pthread_mutex_t lock; /* what follows */
    pthread_cond_t changed;
    struct handed pending; /* flows NULL: nothing */
    bool ending, busy;
    struct pp_keeper_state state;
};

/* --- what was kept -------------------------------------------------------------------------------------------------------- */

static bool join(struct pp_evidence *into, struct pp_evidence *from)
{
    if (!pp_flow_table_merge(into->flows, from->flows)) return false;
    if (from->first < into->first) into->first = from->first;
    if (from->from_ns < into->from_ns) into->from_ns = from->from_ns;
    if (from->last < into->last) return true;
    memcpy(into->origin, from->origin, sizeof into->origin);
    into->last = from->last; /* the latest knows all captures, with all that came before counted in */
    into->until_ns = from->until_ns;
    struct pp_capture_info *captures = into->captures;
    struct arena *names = into->names;
    uint32_t count = into->capture_count;
    into->captures = from->captures;
    into->names = from->names;
    into->capture_count = from->capture_count;
    from->captures = captures;
    from->names = names;
    from->capture_count = count;
    return true;
}

/* What was folded by other classes of ports than now is folded on. */
static bool read_evidence(struct pp_keeper *keeper, uint32_t number, struct pp_evidence *out, struct pp_error *error)
{
    const struct pp_flow_options *flows = &keeper->options.flows;
    size_t size;
    struct pp_error why;
    char name[FILE_NAME_MAX];
    uint8_t *bytes = file_read(keeper->folder, number, &size, error);
    if (!bytes) return false;
    bool ok = pp_evidence_read(bytes, size, flows, 0, out, &why);
    free(bytes);
    if (!ok) return error_at(error, 0, 0, "%s: %s", file_name(number, name), why.text);
    if (strcmp(out->classes, keeper->classes) == 0 || pp_flow_table_set_classes(out->flows, flows->port_class, flows->index)) return true;
    pp_evidence_finish(out);
    errno = ENOMEM;
    return error_at(error, 0, 0, "out of memory");
}

/* A file that was joined into a later one, before it could be removed: what it holds must not count twice. */
static bool is_joined(const struct kept_file *files, size_t count, const struct kept_file *file)
{
    for (size_t i = 0; i < count; i++)
        if (&files[i] != file && files[i].first <= file->first && files[i].last >= file->last) return true;
    return false;
}

/* Read the heads of all, then join those that are not in another. Evidence is small beside the flows it makes, and this is done once. */
static bool read_files(struct pp_keeper *keeper, const uint32_t *numbers, size_t count, struct pp_evidence *found, uint32_t *set_aside,
                       struct pp_error *error)
{
    for (size_t left = count; left > 0; left--) { /* the latest first: a joined file comes after those in it */
        const uint32_t number = numbers[left - 1];
        struct pp_evidence one;
        if (!read_evidence(keeper, number, &one, error)) {
            if (errno != EBADMSG || !file_set_aside(keeper->folder, number)) return false;
            ++*set_aside;
            continue;
        }
        struct kept_file file = {one.first, one.last};
        bool ok = true;
        if (is_joined(keeper->files, keeper->file_count, &file))
            (void)file_remove(keeper->folder, number);
        else {
            ok = join(found, &one);
            keeper->files[keeper->file_count++] = file;
        }
        pp_evidence_finish(&one);
        if (!ok) return error_at(error, 0, 0, "out of memory");
    }
    for (size_t i = 0; i < keeper->file_count / 2; i++) { /* the oldest first */
        struct kept_file other = keeper->files[i];
        keeper->files[i] = keeper->files[keeper->file_count - 1 - i];
        keeper->files[keeper->file_count - 1 - i] = other;
    }
    return true;
}

static bool read_folder(struct pp_keeper *keeper, struct pp_evidence *found, uint32_t *set_aside, struct pp_error *error)
{
    uint32_t *numbers;
    size_t count;
    if (!folder_list(keeper->folder, &numbers, &count, error)) return false;
    *found = (struct pp_evidence){.first = UINT32_MAX, .from_ns = UINT64_MAX, .flows = pp_flow_table_create(&keeper->options.flows)};
    keeper->files = calloc(count + keeper->options.files + 2, sizeof *keeper->files);
    bool ok = found->flows && keeper->files ? read_files(keeper, numbers, count, found, set_aside, error)
                                            : error_at(error, 0, 0, "out of memory");
    free(numbers);
    if (!ok) pp_evidence_finish(found);
    return ok;
}

/* --- opening -------------------------------------------------------------------------------------------------------------- */

static bool begin_stretch(struct pp_keeper *keeper, uint32_t number)
{
    struct pp_flow_table *flows = pp_flow_table_create(&keeper->options.flows);
    if (!flows) return false;
    pp_flow_table_destroy(keeper->now.flows);
    keeper->now.flows = flows;
    keeper->now.first = keeper->now.last = number;
    keeper->now.from_ns = time_of_day_ns();
    keeper->begun_ns = steady_ns();
    keeper->now_has_file = false;
    return true;
}

/* Of the folder, for ever. */
static void name_origin(struct pp_keeper *keeper, const struct pp_evidence *found)
{
    uint8_t bytes[(PP_ORIGIN_SIZE - 1) / 2] = {0}; /* zeroed: the memory sanitizer does not know getentropy */
    char *origin = keeper->now.origin;
    memcpy(origin, found->origin, PP_ORIGIN_SIZE);
    if (*origin) return;
    if (getentropy(bytes, sizeof bytes) != 0) memcpy(bytes, &(uint64_t[2]){time_of_day_ns(), boot_ns()}, sizeof bytes);
    for (size_t i = 0; i < sizeof bytes; i++) snprintf(origin + 2 * i, 3, "%02x", bytes[i]);
}

struct pp_keeper *pp_keeper_open(const struct pp_keeper_options *options, struct pp_evidence *found, uint32_t *set_aside,
                                 struct pp_error *error)
{
    struct pp_keeper *keeper = calloc(1, sizeof *keeper);
    *found = (struct pp_evidence){0};
    *set_aside = 0;
    if (!keeper) return error_at(error, 0, 0, "out of memory"), NULL;
    keeper->options = *options;
    memcpy(keeper->classes, options->classes, sizeof keeper->classes);
    pthread_condattr_t steady;
    pthread_condattr_init(&steady);
    pthread_condattr_setclock(&steady, CLOCK_MONOTONIC);
    pthread_cond_init(&keeper->changed, &steady);
    pthread_condattr_destroy(&steady);
    pthread_mutex_init(&keeper->lock, NULL);
    keeper->lock_file = -1;
    keeper->folder = folder_open(options->folder, &keeper->lock_file, error);
    if (keeper->folder >= 0 && read_folder(keeper, found, set_aside, error)) {
        uint32_t number = keeper->file_count ? keeper->files[keeper->file_count - 1].last + 1 : 1;
        keeper->state.files = (uint32_t)keeper->file_count;
        keeper->state.kept_until_ns = found->until_ns;
        name_origin(keeper, found);
        if (begin_stretch(keeper, number)) return keeper;
        error_at(error, 0, 0, "out of memory");
        pp_evidence_finish(found);
    }
    pp_keeper_close(keeper);
    return NULL;
}

/* --- writing, on the keeper's thread -------------------------------------------------------------------------------------- */

static bool out_of_memory(struct pp_error *error) { return error_at(error, 0, 0, "out of memory"); }

/* The two oldest files into one, under the name of the second. If that is all that gets done, the first is known to be in it. */
static bool join_oldest(struct pp_keeper *keeper, struct pp_error *error)
{
    struct pp_evidence older, newer;
    const struct kept_file *files = keeper->files;
    if (!read_evidence(keeper, files[0].last, &older, error)) return false;
    bool ok = read_evidence(keeper, files[1].last, &newer, error);
    if (ok && !join(&newer, &older)) ok = out_of_memory(error);
    memcpy(newer.classes, keeper->classes, sizeof newer.classes);
    ok = ok && file_write(keeper->folder, newer.last, &newer, error);
    pp_evidence_finish(&older);
    if (!ok) return pp_evidence_finish(&newer), false;
    (void)file_remove(keeper->folder, files[0].last);
    keeper->files[1].first = newer.first;
    memmove(keeper->files, keeper->files + 1, --keeper->file_count * sizeof *keeper->files);
    pp_evidence_finish(&newer);
    return true;
}

static void note_file(struct pp_keeper *keeper)
{
    if (keeper->now_has_file) return;
    keeper->files[keeper->file_count++] = (struct kept_file){keeper->now.first, keeper->now.last};
    keeper->now_has_file = true;
}

/* The stretch's file anew; then see to how many there are, and whether another stretch is to begin. */
static bool write_stretch(struct pp_keeper *keeper, const struct handed *handed, struct pp_error *error)
{
    struct pp_evidence *now = &keeper->now;
    now->captures = handed->captures;
    now->capture_count = handed->count;
    now->until_ns = handed->at_ns;
    memcpy(now->classes, keeper->classes, sizeof now->classes);
    while (!keeper->now_has_file && keeper->file_count >= keeper->options.files && keeper->file_count >= 2)
        if (!join_oldest(keeper, error)) return false;
    if (!file_write(keeper->folder, now->last, now, error)) return false;
    note_file(keeper);
    if (steady_ns() - keeper->begun_ns < keeper->options.stretch_ns) return true;
    return begin_stretch(keeper, now->last + 1) || out_of_memory(error);
}

static void tell_state(struct pp_keeper *keeper, bool ok, pp_time_ns until, const struct pp_error *error)
{
    struct pp_keeper_state *state = &keeper->state;
    state->files = (uint32_t)keeper->file_count;
    state->writes++;
    if (ok) {
        state->failing = false;
        state->kept_until_ns = until;
        return;
    }
    if (!state->failing) state->failing_since_ns = time_of_day_ns();
    state->failing = true;
    state->failures++;
    memcpy(state->error, error->text, sizeof state->error);
}

static bool keep(struct pp_keeper *keeper, struct handed *handed, struct pp_error *error)
{
    bool ok = pp_flow_table_merge(keeper->now.flows, handed->flows) ? write_stretch(keeper, handed, error) : out_of_memory(error);
    keeper->now.captures = NULL;
    keeper->now.capture_count = 0;
    return ok;
}

static void drop(struct handed *handed)
{
    pp_flow_table_destroy(handed->flows);
    free(handed->captures);
    *handed = (struct handed){0};
}

static void *run(void *argument)
{
    struct pp_keeper *keeper = argument;
    pthread_mutex_lock(&keeper->lock);
    for (;;) {
        while (!keeper->pending.flows && !keeper->ending) pthread_cond_wait(&keeper->changed, &keeper->lock);
        if (!keeper->pending.flows) break;
        struct handed handed = keeper->pending;
        struct pp_error error;
        keeper->pending = (struct handed){0};
        keeper->busy = true;
        pthread_mutex_unlock(&keeper->lock);
        bool ok = keep(keeper, &handed, &error);
        pthread_mutex_lock(&keeper->lock);
        tell_state(keeper, ok, handed.at_ns, &error);
        keeper->busy = false;
        drop(&handed);
        pthread_cond_broadcast(&keeper->changed);
    }
    pthread_mutex_unlock(&keeper->lock);
    return NULL;
}

/* --- the public face ------------------------------------------------------------------------------------------------------ */

bool pp_keeper_start(struct pp_keeper *keeper) { return keeper->started = pthread_create(&keeper->thread, NULL, run, keeper) == 0; }

bool pp_keeper_add(struct pp_keeper *keeper, struct pp_flow_table *flows, const struct pp_capture_info *captures, uint32_t count)
{
    struct handed handed = {.flows = flows, .captures = calloc(count + 1u, sizeof *captures), .count = count, .at_ns = time_of_day_ns()};
    if (!handed.captures) return drop(&handed), false;
    memcpy(handed.captures, captures, count * sizeof *captures);
    pthread_mutex_lock(&keeper->lock);
    bool ok = true;
    struct handed before = keeper->pending; /* the thread is still at work on what came before that */
    if (before.flows) ok = pp_flow_table_merge(handed.flows, before.flows);
    if (ok)
        keeper->pending = handed;
    else
        drop(&handed);
    if (ok) drop(&before);
    pthread_cond_broadcast(&keeper->changed);
    pthread_mutex_unlock(&keeper->lock);
    return ok;
}

bool pp_keeper_set_classes(struct pp_keeper *keeper, const struct pp_flow_options *flows, const char *classes)
{
    pthread_mutex_lock(&keeper->lock);
    while (keeper->busy) pthread_cond_wait(&keeper->changed, &keeper->lock);
    struct pp_flow_table *pending = keeper->pending.flows;
    bool ok = pp_flow_table_set_classes(keeper->now.flows, flows->port_class, flows->index);
    ok &= !pending || pp_flow_table_set_classes(pending, flows->port_class, flows->index);
    keeper->options.flows = *flows;
    memcpy(keeper->classes, classes, sizeof keeper->classes);
    pthread_mutex_unlock(&keeper->lock);
    return ok;
}

void pp_keeper_state(struct pp_keeper *keeper, struct pp_keeper_state *out)
{
    pthread_mutex_lock(&keeper->lock);
    *out = keeper->state;
    pthread_mutex_unlock(&keeper->lock);
}

bool pp_keeper_flush(struct pp_keeper *keeper, uint32_t most_ms)
{
    uint64_t end = steady_ns() + most_ms * UINT64_C(1000000);
    struct timespec until = {.tv_sec = (time_t)(end / NS_PER_S), .tv_nsec = (long)(end % NS_PER_S)};
    int status = 0;
    pthread_mutex_lock(&keeper->lock);
    while ((keeper->pending.flows || keeper->busy) && status != ETIMEDOUT)
        status = pthread_cond_timedwait(&keeper->changed, &keeper->lock, &until);
    bool kept = status != ETIMEDOUT && !keeper->state.failing;
    pthread_mutex_unlock(&keeper->lock);
    return kept;
}

void pp_keeper_close(struct pp_keeper *keeper)
{
    if (!keeper) return;
    if (keeper->started) {
        pthread_mutex_lock(&keeper->lock);
        keeper->ending = true;
        drop(&keeper->pending);
        pthread_cond_broadcast(&keeper->changed);
        pthread_mutex_unlock(&keeper->lock);
        pthread_join(keeper->thread, NULL);
    }
    drop(&keeper->pending);
    pp_evidence_finish(&keeper->now);
    free(keeper->files);
    if (keeper->folder >= 0) close(keeper->folder);
    if (keeper->lock_file >= 0) close(keeper->lock_file);
    pthread_cond_destroy(&keeper->changed);
    pthread_mutex_destroy(&keeper->lock);
    free(keeper);
}
