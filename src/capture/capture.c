/* Opening, the batch loop and the bookkeeping that is the same for every format. */
#define _DEFAULT_SOURCE /* strdup */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "chunk.h"
#include "error.h"
#include "reader.h"
#include "text.h"

static const struct reader *const readers[] = {&pcap_reader, &pcapng_reader};

bool capture_stop(struct pp_capture *capture, enum ending ending, const char *format, ...)
{
    char raw[PP_ERROR_TEXT_MAX - 64], text[PP_ERROR_TEXT_MAX - 64];
    va_list args;
    va_start(args, format);
    vsnprintf(raw, sizeof raw, format, args);
    va_end(args);
    escape_into(text, sizeof text, raw, strlen(raw)); /* libpcap quotes what the user wrote */
    capture->ended = capture->info.failed = true;
    capture->info.truncated |= ending == CUT_SHORT;
    uint64_t offset = capture->live ? UINT64_MAX : source_offset(&capture->source);
    return error_offset(&capture->info.error, offset, "%s%s", text,
                        capture->source.compression ? " (bytes counted in the decompressed data)" : "");
}

const char *read_before(const struct pp_capture *capture, char out[READ_BEFORE_MAX])
{
    unsigned long long packets = capture->info.packets;
    snprintf(out, READ_BEFORE_MAX, "%llu packet%s before it %s read", packets, packets == 1 ? "" : "s", packets == 1 ? "was" : "were");
    return out;
}

/* Compressed data that went wrong explains a record without an end better than the record does. */
static void stop_with_source(struct pp_capture *capture)
{
    struct source *source = &capture->source;
    char text[PP_ERROR_TEXT_MAX - 64];
    memcpy(text, source->error.text, sizeof text - 1);
    text[sizeof text - 1] = '\0';
    capture->ended = capture->info.failed = true;
    capture->info.truncated |= source->cut;
    if (!capture->reader || source->error.offset == UINT64_MAX) {
        capture->info.error = source->error;
        return;
    }
    char before[READ_BEFORE_MAX];
    error_offset(&capture->info.error, source->error.offset, "%s; %s", text, read_before(capture, before));
}

void capture_out_of_bytes(struct pp_capture *capture, const char *what, size_t wanted)
{
    struct source *source = &capture->source;
    char before[READ_BEFORE_MAX];
    if (source->waiting) return;
    capture->ended = true;
    if (source->failed) {
        stop_with_source(capture);
    } else if (source_left(source) > 0) {
        capture_stop(capture, CUT_SHORT, "file ends inside a %s at byte %llu: %zu of %zu bytes; %s", what,
                     (unsigned long long)source_offset(source), source_left(source), wanted, read_before(capture, before));
    }
}

void capture_add_link(struct pp_capture *capture, uint16_t link_type)
{
    struct pp_capture_info *info = &capture->info;
    for (unsigned i = 0; i < info->link_count; i++) {
        if (info->link_types[i] == link_type) return;
    }
    if (info->link_count < PP_CAPTURE_LINKS_MAX) info->link_types[info->link_count++] = link_type;
}

void capture_add_snap_length(struct pp_capture *capture, uint32_t snap_length, bool first)
{
    uint32_t *largest = &capture->info.snap_length;
    bool unlimited = snap_length == 0 || (!first && *largest == 0);
    if (unlimited)
        *largest = 0;
    else if (snap_length > *largest)
        *largest = snap_length;
}

void capture_account_all(struct pp_capture *capture, struct pp_frame *frames, size_t count)
{
    struct pp_capture_info *info = &capture->info;
    uint64_t number = info->packets, bytes = 0, cut = 0, out_of_order = 0;
    pp_time_ns first = info->first_ns, last = info->last_ns, previous = capture->previous_ns;
    for (size_t i = 0; i < count; i++) {
        struct pp_frame *frame = &frames[i];
        frame->number = ++number;
        frame->capture = capture->index;
        if (frame->wire < frame->captured) frame->wire = frame->captured;
        bytes += frame->captured;
        cut += frame->captured < frame->wire;
        first = frame->time_ns < first ? frame->time_ns : first;
        last = frame->time_ns > last ? frame->time_ns : last;
        out_of_order += frame->time_ns < previous;
        previous = frame->time_ns;
    }
    info->packets = number;
    info->bytes += bytes;
    info->cut += cut;
    info->out_of_order += out_of_order;
    info->first_ns = first;
    info->last_ns = last;
    capture->previous_ns = previous;
}

bool capture_account(struct pp_capture *capture, struct pp_frame *frame)
{
    struct pp_capture_info *info = &capture->info;
    frame->number = ++info->packets;
    frame->capture = capture->index;
    if (frame->wire < frame->captured) frame->wire = frame->captured;
    info->cut += frame->captured < frame->wire;
    if (frame->time_ns != PP_NO_FIRST) {
        if (frame->time_ns < info->first_ns) info->first_ns = frame->time_ns;
        if (frame->time_ns > info->last_ns) info->last_ns = frame->time_ns;
        info->out_of_order += frame->time_ns < capture->previous_ns;
        capture->previous_ns = frame->time_ns;
    }
    if (!capture->filter.expression) return true;
    bool failed = false;
    struct pp_error error;
    if (filter_passes(&capture->filter, frame, &failed, &error)) return true;
    if (failed)
        capture_stop(capture, CORRUPT, "%s", error.text);
    else
        info->filtered++;
    return false;
}

static void recognise(struct pp_capture *capture)
{
    struct source *source = &capture->source;
    const uint8_t *bytes = peek(source, RECOGNISE_BYTES);
    size_t size = bytes ? RECOGNISE_BYTES : source_left(source);
    bytes = source->bytes + source->at;
    for (size_t i = 0; i < sizeof readers / sizeof *readers; i++) {
        if (!readers[i]->recognise(bytes, size)) continue;
        capture->reader = readers[i];
        capture->ended = !capture->reader->begin(capture);
        return;
    }
    if (source->failed) {
        stop_with_source(capture);
        return;
    }
    char shown[64];
    escape_into(shown, sizeof shown, (const char *)bytes, size < 8 ? size : 8);
    const char *inside = source->compression ? source->compression : "";
    capture_stop(capture, CORRUPT, "not a capture%s%s: starts with '%s%s'; expected pcap or pcapng%s", *inside ? " inside " : "", inside,
                 shown, size > 8 ? "…" : "", *inside ? "" : ", plain, gzip or zstd");
}

struct pp_capture *capture_create(const char *name, const struct pp_capture_options *options)
{
    struct pp_capture *capture = calloc(1, sizeof *capture);
    if (!capture) return NULL;
    capture->source.input.fd = -1;
    capture->name = strdup(name);
    capture->index = options ? options->index : 0;
    capture->record_bytes = 512;
    capture->hashed = options && options->hash;
    pthread_mutex_init(&capture->turns.lock, NULL);
    pthread_cond_init(&capture->turns.passed, NULL);
    capture->info = (struct pp_capture_info){
        .name = capture->name, .format = "unknown", .first_ns = PP_NO_FIRST, .last_ns = PP_NO_LAST, .error = {.offset = UINT64_MAX}};
    if (capture->name && filter_init(&capture->filter, options ? options->filter : NULL)) return capture;
    pp_capture_close(capture);
    return NULL;
}

static struct pp_capture *begin(struct pp_capture *capture, bool opened)
{
    capture->info.compression = capture->source.compression;
    capture->info.bytes = source_bytes(&capture->source);
    if (opened)
        recognise(capture);
    else
        stop_with_source(capture);
    return capture;
}

struct pp_capture *pp_capture_open(const char *path, const struct pp_capture_options *options)
{
    struct pp_capture *capture = capture_create(path, options);
    return capture ? begin(capture, source_open(&capture->source, path, options && options->hash)) : NULL;
}

struct pp_capture *pp_capture_open_descriptor(const char *path, int descriptor, const struct pp_capture_options *options)
{
    if (descriptor == PP_OPEN_PATH) return pp_capture_open(path, options);
    int why = errno;
    struct pp_capture *capture = capture_create(path, options);
    errno = why;
    return capture ? begin(capture, source_open_descriptor(&capture->source, descriptor, options && options->hash)) : NULL;
}

struct pp_capture *pp_capture_open_memory(const char *name, const uint8_t *bytes, size_t size, const struct pp_capture_options *options)
{
    struct pp_capture *capture = capture_create(name, options);
    return capture ? begin(capture, source_open_memory(&capture->source, bytes, size, options && options->hash)) : NULL;
}

/* A file that was not the same from beginning to end proves nothing; that explains whatever else was wrong with it. */
static void note_change(struct pp_capture *capture)
{
    enum { WORDS_MAX = 128 };
    char words[WORDS_MAX];
    if (!source_changed(&capture->source, words, sizeof words)) return;
    capture->info.failed = true;
    error_offset(&capture->info.error, UINT64_MAX, "%s; %llu packets were read of what was there", words,
                 (unsigned long long)capture->info.packets);
}

void capture_finish_info(struct pp_capture *capture)
{
    capture->info.bytes = source_bytes(&capture->source);
    if (!capture->ended) return;
    if (!capture->info.sha256[0]) source_digest(&capture->source, capture->info.sha256);
    if (capture->hashed && !capture->info.failed && !capture->info.sha256[0]) {
        capture->info.failed = true;
        error_offset(&capture->info.error, UINT64_MAX, "its SHA-256 could not be computed: it could not be read a second time");
    }
    note_change(capture);
}

/* A mapped file, one chunk after the other. */
static size_t next_of_chunks(struct pp_capture *capture, struct pp_frame *frames, size_t max)
{
    if (!capture->chunk && !(capture->chunk = pp_chunk_create())) return capture_stop(capture, CORRUPT, "out of memory"), 0;
    size_t count = pp_chunk_next(capture->chunk, frames, max);
    while (count == 0 && max > 0) {
        pp_capture_give(capture, capture->chunk);
        if (!pp_capture_take(capture, capture->chunk)) break;
        count = pp_chunk_next(capture->chunk, frames, max);
    }
    return count;
}

size_t pp_capture_next(struct pp_capture *capture, struct pp_frame *frames, size_t max)
{
    if (capture->live) return capture->ended ? 0 : live_read(capture, frames, max);
    if (pp_capture_splits(capture)) return next_of_chunks(capture, frames, max);
    size_t count = 0;
    struct source *source = &capture->source;
    while (!capture->ended && count == 0 && max > 0) {
        source->held = source->waiting = false; /* the caller is done with the frames before */
        count = capture->reader->read(capture, frames, max);
        if (source_gone(source)) capture->ended = true, count = 0;
    }
    capture_finish_info(capture);
    return count;
}

uint64_t pp_capture_position(struct pp_capture *capture)
{
    if (capture->live) return !capture->ended;
    pthread_mutex_lock(&capture->turns.lock); /* threads may be at work on it */
    uint64_t position = source_position(&capture->source);
    pthread_mutex_unlock(&capture->turns.lock);
    return position;
}

const struct pp_capture_info *pp_capture_info(const struct pp_capture *capture) { return &capture->info; }

void pp_capture_close(struct pp_capture *capture)
{
    if (!capture) return;
    if (capture->reader && capture->reader->finish) capture->reader->finish(capture);
    live_close(capture->live);
    windows_finish(&capture->turns.windows);
    pthread_cond_destroy(&capture->turns.passed);
    pthread_mutex_destroy(&capture->turns.lock);
    source_close(&capture->source);
    pp_chunk_destroy(capture->chunk);
    filter_finish(&capture->filter);
    free(capture->name);
    free(capture);
}
