/* A mapped capture, read in pieces by any number of threads.
 *
 * Threads claim stretches of the file in order, each with a ticket, and look for the records in theirs at the same time
 * (chunk.h); where the first one begins is a guess. Then they take turns, by ticket: whoever's turn it is knows where the records
 * before have ended. If that is where its own begin, they are true, and it says where they end and passes the turn on; it has
 * looked at two numbers. If not, it walks again from the true place. What is out of the ordinary it reads with the format's own
 * reader, and keeps its turn as long as that takes.
 *
 * All that is said of the capture (position, packets, times, the sections of pcapng) changes only in turn and under the lock. */
#include <stdlib.h>
#include <string.h>

#include "chunk.h"
#include "load.h"

struct pp_chunk *pp_chunk_create(void)
{
    struct pp_chunk *chunk = calloc(1, sizeof *chunk);
    if (chunk) chunk->frames = calloc(PP_FRAME_BATCH, sizeof *chunk->frames);
    if (chunk && chunk->frames) return chunk->tally.first_ns = PP_NO_FIRST, chunk;
    pp_chunk_destroy(chunk);
    return NULL;
}

void pp_chunk_destroy(struct pp_chunk *chunk)
{
    if (!chunk) return;
    free(chunk->frames);
    free(chunk);
}

bool pp_capture_splits(const struct pp_capture *capture)
{
    return capture->reader && capture->source.input.map && !capture->source.inflater && !capture->filter.expression;
}

/* --- claiming ----------------------------------------------------------------------------------------------------------- */

/* What the format is at this place of the file; false: nothing that a chunk can walk. */
static bool describe(const struct pp_capture *capture, struct chunk_format *f)
{
    f->pcapng = capture->reader == &pcapng_reader;
    f->pcap = capture->pcap;
    f->version = capture->pcapng.version;
    f->swapped = f->pcapng ? capture->pcapng.big_endian : capture->pcap.swapped;
    if (!f->pcapng) return !capture->pcap.lengths_swap && !capture->pcap.lengths_may_swap;
    f->interface_count = capture->pcapng.count;
    if (!f->interface_count || f->interface_count > CHUNK_INTERFACES_MAX) return false;
    memcpy(f->interfaces, capture->pcapng.interfaces, f->interface_count * sizeof *f->interfaces);
    return true;
}

static uint64_t chunk_bytes(const struct pp_capture *capture)
{
    uint64_t bytes = capture->record_bytes * CHUNK_RECORDS;
    return bytes < CHUNK_BYTES_MIN ? CHUNK_BYTES_MIN : bytes > CHUNK_BYTES_MAX ? CHUNK_BYTES_MAX : bytes;
}

/* The time that guesses are near to: that of the record after all that is known. */
static uint32_t seconds_here(const struct pp_capture *capture)
{
    const struct source *source = &capture->source;
    if (source->size - source->at < 4) return 0;
    return capture->pcap.swapped ? load_be32(source->bytes + source->at) : load_le32(source->bytes + source->at);
}

/* Threads at work in one table of pages (512 pages of 4 KiB) wait for each other at every page; so large chunks are whole tables. */
enum { TABLE_BYTES = 2 * 1024 * 1024 };

/* The next stretch of the file, within one window. At the end of the file it is empty: its owner finds out what is left there. */
static void claim(struct pp_capture *capture, struct pp_chunk *chunk)
{
    const struct source *source = &capture->source;
    struct turns *turns = &capture->turns;
    if (turns->claimed < source->at) turns->claimed = source->at;
    chunk->from = turns->claimed;
    chunk->to = chunk->from + chunk_bytes(capture);
    if (chunk->to - chunk->from >= TABLE_BYTES / 2) chunk->to = (chunk->to + TABLE_BYTES / 2) / TABLE_BYTES * TABLE_BYTES;
    uint64_t window_end = (chunk->from / WINDOW_BYTES + 1) * WINDOW_BYTES;
    if (chunk->to > window_end) chunk->to = window_end;
    if (chunk->to > source->size) chunk->to = source->size;
    turns->claimed = chunk->to;
    chunk->ticket = turns->tickets++;
    chunk->walkable = describe(capture, &chunk->format);
    chunk->view = view_open(&turns->windows, source, chunk->from);
}

/* Be done with a view, and unmap what nobody sees any more; mapped pages by the thousand, so not under the lock. */
static void close_view(struct pp_capture *capture, struct pp_chunk *chunk)
{
    struct window gone = view_close(&chunk->view);
    if (!gone.map) return;
    pthread_mutex_unlock(&capture->turns.lock);
    window_unmap(gone);
    pthread_mutex_lock(&capture->turns.lock);
}

/* Find the records of the stretch, before its turn and without the lock. */
static void look_ahead(struct pp_capture *capture, struct pp_chunk *chunk)
{
    bool exact = chunk->from == capture->source.at; /* nobody is at work on what is before */
    uint32_t seconds = seconds_here(capture);
    chunk->lane_count = 0;
    if (!chunk->walkable || chunk->from == chunk->to) return;
    pthread_mutex_unlock(&capture->turns.lock);
    view_populate(&chunk->view, chunk->from, chunk->to);
    chunk_walk(chunk, chunk->from, chunk->to, exact, seconds);
    pthread_mutex_lock(&capture->turns.lock);
}

/* --- in turn ------------------------------------------------------------------------------------------------------------ */

static void pass_turn(struct pp_capture *capture, struct pp_chunk *chunk)
{
    chunk->has_turn = chunk->odd = false;
    capture->turns.now++;
    pthread_cond_broadcast(&capture->turns.passed);
}

static void wait_for_turn(struct pp_capture *capture, struct pp_chunk *chunk)
{
    while (capture->turns.now != chunk->ticket) pthread_cond_wait(&capture->turns.passed, &capture->turns.lock);
    chunk->has_turn = true;
}

/* Walk from where the records before have ended. */
static void walk_here(struct pp_capture *capture, struct pp_chunk *chunk)
{
    uint64_t at = capture->source.at;
    chunk->lane_count = 0;
    chunk->walkable = describe(capture, &chunk->format);
    if (chunk->walkable && at >= chunk->view.from) chunk_walk(chunk, at, chunk->to, true, seconds_here(capture));
}

/* Walking goes on to the chunk's end, whatever it finds; so it is not tried at every odd block of a capture that has many. */
static void skip_for_a_while(struct turns *turns)
{
    enum { SKIP_MOST = 4096 };
    turns->skip_walks = turns->skip_next; /* none at first: every file begins with a section */
    turns->skip_next = turns->skip_next < SKIP_MOST / 8 ? turns->skip_next * 8 + 1 : SKIP_MOST;
}

/* Take the records that were found, if they are true; false: there are none, or too few to be worth it. */
static bool accept(struct pp_capture *capture, struct pp_chunk *chunk)
{
    enum { BLOCKS_APART = 16 }; /* fewer records than this, and then something odd */
    if (chunk_start(chunk) != capture->source.at || chunk->format.version != capture->pcapng.version) walk_here(capture, chunk);
    uint64_t count = chunk_count(chunk), end = chunk_end(chunk);
    if (!count) return skip_for_a_while(&capture->turns), false;
    chunk->odd = end < chunk->to;
    if (chunk->odd && count < BLOCKS_APART)
        skip_for_a_while(&capture->turns);
    else
        capture->turns.skip_next = 0;
    capture->record_bytes = (end - capture->source.at) / count + 1;
    capture->source.at = (size_t)end; /* in the mapping, so it fits */
    chunk->tally.number = capture->info.packets;
    capture->info.packets += count;
    chunk->tally.previous_ns = capture->previous_ns;
    capture->previous_ns = chunk_last_time(chunk);
    chunk_count_drops(chunk, capture);
    return true;
}

/* What the format's own reader makes of the place where the capture stands. */
static bool read_odd(struct pp_capture *capture, struct pp_chunk *chunk)
{
    chunk->odd = false;
    chunk->lane_count = chunk->lane = chunk->next = 0;
    capture->source.held = capture->source.waiting = false;
    chunk->frame_count = capture->reader->read(capture, chunk->frames, PP_FRAME_BATCH);
    if (capture->ended) capture_finish_info(capture);
    return chunk->frame_count > 0;
}

/* What would be read from here on are zeros. */
static void stop_reading(struct pp_capture *capture)
{
    if (capture->ended) return;
    capture->ended = true;
    capture_finish_info(capture);
}

/* The next frames of a chunk whose turn it is; the turn is passed on as soon as nothing more can begin in it. */
static bool take_in_turn(struct pp_capture *capture, struct pp_chunk *chunk)
{
    bool found = false;
    const bool at_end = chunk->to == capture->source.size; /* where the reader says what it thinks of the end */
    if (source_gone(&capture->source)) stop_reading(capture);
    while (!found && !capture->ended && (capture->source.at < chunk->to || at_end)) {
        bool walk = !chunk->odd && !capture->turns.skip_walks && capture->source.at < chunk->to;
        if (capture->turns.skip_walks && !chunk->odd) capture->turns.skip_walks--;
        found = (walk && accept(capture, chunk)) || read_odd(capture, chunk);
    }
    if (capture->ended || capture->source.at >= chunk->to) pass_turn(capture, chunk);
    return found;
}

static void begin_chunk(struct pp_capture *capture, struct pp_chunk *chunk)
{
    chunk->frame_count = 0;
    chunk->next = chunk->lane = 0;
    chunk->capture = capture->index;
    chunk->tally = (struct frame_tally){.first_ns = PP_NO_FIRST, .last_ns = PP_NO_LAST};
}

bool pp_capture_take(struct pp_capture *capture, struct pp_chunk *chunk)
{
    bool found = false;
    begin_chunk(capture, chunk);
    pthread_mutex_lock(&capture->turns.lock);
    if (chunk->has_turn) found = take_in_turn(capture, chunk);
    while (!found && !capture->ended) {
        close_view(capture, chunk);
        claim(capture, chunk);
        look_ahead(capture, chunk);
        wait_for_turn(capture, chunk);
        found = take_in_turn(capture, chunk);
    }
    if (!found) close_view(capture, chunk);
    pthread_mutex_unlock(&capture->turns.lock);
    return found;
}

void pp_capture_give(struct pp_capture *capture, const struct pp_chunk *chunk)
{
    struct pp_capture_info *info = &capture->info;
    const struct frame_tally *tally = &chunk->tally;
    pthread_mutex_lock(&capture->turns.lock);
    if (tally->first_ns < info->first_ns) info->first_ns = tally->first_ns;
    if (tally->last_ns > info->last_ns) info->last_ns = tally->last_ns;
    info->cut += tally->cut;
    info->out_of_order += tally->out_of_order;
    pthread_mutex_unlock(&capture->turns.lock);
}

void pp_capture_abandon(struct pp_capture *capture, struct pp_chunk *chunk)
{
    pthread_mutex_lock(&capture->turns.lock);
    capture->ended = true;
    if (chunk->has_turn) pass_turn(capture, chunk);
    close_view(capture, chunk);
    pthread_mutex_unlock(&capture->turns.lock);
}
