#include "chunk.h"

#include <stdlib.h>
#include <string.h>

#include "load.h"
#include "pcapng.h"

enum {
    RUN = 4,                  /* plausible headers in a row that make a guess */
    GUESS_BYTES_MAX = 262144, /* a guessed record is not longer */
    GUESS_SECONDS = 86400,    /* nor farther away in time from the chunk's first record */
    BLOCK_PACKET = 6,         /* enhanced packet block: total length, then 20 bytes, the packet, options, total length */
    BLOCK_FIXED = 32,
    OPTION_DROPCOUNT = 4,
};

#define HOT static inline __attribute__((always_inline))

HOT uint32_t field32(bool swapped, const uint8_t *p) { return swapped ? load_be32(p) : load_le32(p); }
HOT uint16_t field16(bool swapped, const uint8_t *p) { return swapped ? load_be16(p) : load_le16(p); }

/* --- one record ----------------------------------------------------------------------------------------------------- */

/* Whether an enhanced packet block's options count drops, which belong to the capture and not to a thread. */
static bool counts_drops(bool swapped, const uint8_t *options, size_t left)
{
    while (left >= 4) {
        unsigned code = field16(swapped, options);
        size_t size = 4 + (((size_t)field16(swapped, options + 2) + 3) & ~(size_t)3);
        if (code == OPTION_DROPCOUNT) return true;
        if (code == 0 || size > left) return false;
        options += size;
        left -= size;
    }
    return false;
}

HOT uint64_t block_length(const struct chunk_format *f, const uint8_t *p, uint64_t left, bool swapped)
{
    if (left < BLOCK_FIXED || field32(swapped, p) != BLOCK_PACKET) return 0;
    uint64_t total = field32(swapped, p + 4), captured = field32(swapped, p + 20);
    if (total < BLOCK_FIXED || total % 4 || total > left || total > RECORD_BYTES_MAX || captured > total - BLOCK_FIXED) return 0;
    if (field32(swapped, p + total - 4) != total || field32(swapped, p + 8) >= f->interface_count) return 0;
    uint64_t options = 28 + ((captured + 3) & ~UINT64_C(3));
    if (options + 4 < total && counts_drops(swapped, p + options, total - 4 - options)) return 0;
    return total;
}

/* Bytes from this record's start to the next one's; 0: not an ordinary record. */
HOT uint64_t record_length(const struct chunk_format *f, const uint8_t *p, uint64_t left, bool pcapng, bool swapped)
{
    if (pcapng) return block_length(f, p, left, swapped);
    if (left < f->pcap.record_header) return 0;
    uint64_t length = f->pcap.record_header + (uint64_t)field32(swapped, p + 8);
    return length <= left && length <= RECORD_BYTES_MAX ? length : 0;
}

/* --- guessing --------------------------------------------------------------------------------------------------------- */

/* The seconds field is tried first, at every offset: it rules out nearly all of them. */
HOT bool plausible_record(const struct chunk_format *f, const uint8_t *p, uint64_t left, uint32_t first_seconds, bool swapped)
{
    if (left < f->pcap.record_header) return false;
    if (field32(swapped, p) - (first_seconds - GUESS_SECONDS) > 2u * GUESS_SECONDS) return false;
    uint32_t captured = field32(swapped, p + 8), wire = field32(swapped, p + 12);
    return captured <= wire && captured && captured <= GUESS_BYTES_MAX && wire <= 64u * GUESS_BYTES_MAX &&
           field32(swapped, p + 4) < 1000000000u / f->pcap.fraction_ns;
}

static bool run_begins(const struct pp_chunk *chunk, uint64_t at, uint32_t first_seconds)
{
    const struct chunk_format *f = &chunk->format;
    for (unsigned i = 0; i < RUN; i++) {
        const uint8_t *p = chunk->map + at;
        if (at == chunk->size) return i > 0;
        if (!f->pcapng && !plausible_record(f, p, chunk->size - at, first_seconds, f->swapped)) return false;
        uint64_t length = record_length(f, p, chunk->size - at, f->pcapng, f->swapped);
        if (!length) return false;
        at += length;
    }
    return true;
}

/* The first offset in [from, to) where a run begins; `to` when there is none. */
static uint64_t guess(const struct pp_chunk *chunk, uint64_t from, uint64_t to, uint32_t first_seconds)
{
    const struct chunk_format *f = &chunk->format;
    if (f->pcapng) { /* blocks stand at multiples of four from each other */
        from += (chunk->base - from) & 3;
        for (uint64_t at = from; at < to; at += 4)
            if (chunk->size - at >= BLOCK_FIXED && field32(f->swapped, chunk->map + at) == BLOCK_PACKET && run_begins(chunk, at, 0))
                return at;
        return to;
    }
    for (uint64_t at = from; at < to; at++)
        if (plausible_record(f, chunk->map + at, chunk->size - at, first_seconds, f->swapped) && run_begins(chunk, at, first_seconds))
            return at;
    return to;
}

/* --- walking ---------------------------------------------------------------------------------------------------------- */

/* One record of one lane. */
HOT void step(struct pp_chunk *chunk, unsigned l, bool pcapng, bool swapped)
{
    struct lane *lane = &chunk->lanes[l];
    uint64_t length = record_length(&chunk->format, chunk->map + lane->at, chunk->size - lane->at, pcapng, swapped);
    if (!length || lane->count == LANE_RECORDS) {
        lane->stopped = true;
        return;
    }
    chunk->offsets[l][lane->count++] = (uint32_t)(lane->at - chunk->base);
    lane->at += length;
    /* The header it leads to, and the line behind it, where most network headers end. Past the end it does no harm. */
    __builtin_prefetch(chunk->map + lane->at);
    __builtin_prefetch(chunk->map + lane->at + 64);
}

HOT void walk_in_turns(struct pp_chunk *chunk, bool pcapng, bool swapped)
{
    for (bool going = true; going;) {
        going = false;
        for (unsigned l = 0; l < chunk->lane_count; l++) {
            if (chunk->lanes[l].at >= chunk->lanes[l].end || chunk->lanes[l].stopped) continue;
            step(chunk, l, pcapng, swapped);
            going = true;
        }
    }
}

HOT void walk_alone(struct pp_chunk *chunk, unsigned l, bool pcapng, bool swapped)
{
    while (chunk->lanes[l].at < chunk->lanes[l].end && !chunk->lanes[l].stopped) step(chunk, l, pcapng, swapped);
}

/* The same code four times, so that no record pays for what the file decides once. */
static void walk(struct pp_chunk *chunk, int alone)
{
    bool pcapng = chunk->format.pcapng, swapped = chunk->format.swapped;
    if (alone >= 0) {
        walk_alone(chunk, (unsigned)alone, pcapng, swapped);
    } else if (pcapng) {
        if (swapped)
            walk_in_turns(chunk, true, true);
        else
            walk_in_turns(chunk, true, false);
    } else if (swapped) {
        walk_in_turns(chunk, false, true);
    } else {
        walk_in_turns(chunk, false, false);
    }
}

static void add_lane(struct pp_chunk *chunk, uint64_t start)
{
    chunk->lanes[chunk->lane_count++] = (struct lane){.start = start, .at = start};
}

/* Keep the lanes whose chains meet. From the first that does not on, walk again, alone. */
static void verify(struct pp_chunk *chunk, uint64_t limit)
{
    for (unsigned l = 0; l < chunk->lane_count; l++) {
        const struct lane *lane = &chunk->lanes[l];
        bool last = l + 1 == chunk->lane_count;
        if (!lane->stopped && !last && lane->at == chunk->lanes[l + 1].start) continue;
        chunk->lane_count = l + 1;
        if (last) return;
        bool full = lane->stopped && lane->count == LANE_RECORDS;
        if (lane->stopped && !full) return; /* truly out of the ordinary: the reader's */
        while (chunk->lane_count < LANES && chunk->lanes[chunk->lane_count - 1].at < limit) {
            unsigned next = chunk->lane_count;
            add_lane(chunk, chunk->lanes[next - 1].at);
            chunk->lanes[next].end = limit;
            walk(chunk, (int)next);
            if (chunk->lanes[next].count < LANE_RECORDS) return;
        }
        return;
    }
}

uint64_t chunk_walk(struct pp_chunk *chunk, uint64_t at, uint64_t bytes, uint64_t *end)
{
    uint64_t limit = bytes < chunk->size - at ? at + bytes : chunk->size, lane_bytes = (limit - at) / LANES;
    uint32_t first_seconds = chunk->size - at >= 4 ? field32(chunk->format.swapped, chunk->map + at) : 0;
    chunk->base = at;
    chunk->lane_count = 0;
    chunk->lane = chunk->next = 0;
    add_lane(chunk, at);
    for (unsigned l = 1; l < LANES && lane_bytes >= 256; l++) {
        uint64_t from = at + l * lane_bytes, to = from + lane_bytes < limit ? from + lane_bytes : limit;
        uint64_t start = guess(chunk, from, to, first_seconds);
        if (start < to) add_lane(chunk, start);
    }
    for (unsigned l = 0; l < chunk->lane_count; l++) chunk->lanes[l].end = l + 1 < chunk->lane_count ? chunk->lanes[l + 1].start : limit;
    walk(chunk, -1);
    verify(chunk, limit);
    uint64_t count = 0;
    for (unsigned l = 0; l < chunk->lane_count; l++) count += chunk->lanes[l].count;
    *end = chunk->lanes[chunk->lane_count - 1].at;
    return count;
}

/* --- frames ----------------------------------------------------------------------------------------------------------- */

HOT void read_record(const struct chunk_format *f, const uint8_t *p, struct pp_frame *frame, bool swapped)
{
    frame->bytes = p + f->pcap.record_header;
    frame->captured = field32(swapped, p + 8);
    frame->wire = field32(swapped, p + 12);
    frame->time_ns = (uint64_t)field32(swapped, p) * 1000000000u + (uint64_t)field32(swapped, p + 4) * f->pcap.fraction_ns;
    frame->link_type = f->pcap.link_type;
    frame->fcs_bytes = f->pcap.fcs_bytes;
}

HOT void read_block(const struct chunk_format *f, const uint8_t *p, struct pp_frame *frame, bool swapped)
{
    const struct interface *interface = &f->interfaces[field32(swapped, p + 8)];
    frame->bytes = p + 28;
    frame->captured = field32(swapped, p + 20);
    frame->wire = field32(swapped, p + 24);
    frame->time_ns =
        pcapng_time((uint64_t)field32(swapped, p + 12) << 32 | field32(swapped, p + 16), interface->resolution, interface->offset_s);
    frame->link_type = interface->link_type;
    frame->fcs_bytes = interface->fcs_bytes;
}

HOT void account(struct pp_chunk *chunk, struct pp_frame *frame)
{
    frame->number = ++chunk->number;
    frame->capture = chunk->capture;
    if (frame->wire < frame->captured) frame->wire = frame->captured;
    chunk->cut += frame->captured < frame->wire;
    if (frame->time_ns < chunk->first_ns) chunk->first_ns = frame->time_ns;
    if (frame->time_ns > chunk->last_ns) chunk->last_ns = frame->time_ns;
    chunk->out_of_order += frame->time_ns < chunk->previous_ns;
    chunk->previous_ns = frame->time_ns;
}

HOT size_t read_frames(struct pp_chunk *chunk, struct pp_frame *frames, size_t max, bool pcapng, bool swapped)
{
    size_t count = 0;
    while (count < max && chunk->lane < chunk->lane_count) {
        const uint32_t *offsets = chunk->offsets[chunk->lane];
        uint32_t end = chunk->lanes[chunk->lane].count;
        if (end - chunk->next > max - count) end = chunk->next + (uint32_t)(max - count);
        for (; chunk->next < end; count++) {
            const uint8_t *p = chunk->map + chunk->base + offsets[chunk->next++];
            if (pcapng)
                read_block(&chunk->format, p, &frames[count], swapped);
            else
                read_record(&chunk->format, p, &frames[count], swapped);
            account(chunk, &frames[count]);
        }
        if (chunk->next == chunk->lanes[chunk->lane].count) {
            chunk->lane++;
            chunk->next = 0;
        }
    }
    return count;
}

size_t pp_chunk_next(struct pp_chunk *chunk, struct pp_frame *frames, size_t max)
{
    if (chunk->frame_count) { /* handed out and accounted by the reader */
        size_t count = chunk->frame_count - chunk->next < max ? chunk->frame_count - chunk->next : max;
        memcpy(frames, chunk->frames + chunk->next, count * sizeof *frames);
        chunk->next += (unsigned)count;
        return count;
    }
    if (chunk->format.pcapng) return read_frames(chunk, frames, max, true, chunk->format.swapped);
    if (chunk->format.swapped) return read_frames(chunk, frames, max, false, true);
    return read_frames(chunk, frames, max, false, false);
}

/* --- pieces of a capture ------------------------------------------------------------------------------------------------ */

struct pp_chunk *pp_chunk_create(void)
{
    struct pp_chunk *chunk = calloc(1, sizeof *chunk);
    if (chunk) chunk->frames = calloc(PP_FRAME_BATCH, sizeof *chunk->frames);
    if (!chunk || !chunk->frames) {
        pp_chunk_destroy(chunk);
        return NULL;
    }
    chunk->first_ns = PP_NO_FIRST;
    return chunk;
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

/* What the format is at this place of the file; false: nothing that a chunk can walk. */
static bool describe(const struct pp_capture *capture, struct chunk_format *f)
{
    f->pcapng = capture->reader == &pcapng_reader;
    f->pcap = capture->pcap;
    f->swapped = f->pcapng ? capture->pcapng.big_endian : capture->pcap.swapped;
    if (!f->pcapng) return !capture->pcap.lengths_swap && !capture->pcap.lengths_may_swap;
    f->interface_count = capture->pcapng.count;
    if (!f->interface_count || f->interface_count > CHUNK_INTERFACES_MAX) return false;
    memcpy(f->interfaces, capture->pcapng.interfaces, f->interface_count * sizeof *f->interfaces);
    return true;
}

/* The time of the chunk's last record, which the next chunk's first is compared with. */
static pp_time_ns last_time(const struct pp_chunk *chunk)
{
    unsigned l = chunk->lane_count - 1;
    while (!chunk->lanes[l].count) l--;
    struct pp_frame frame;
    const uint8_t *p = chunk->map + chunk->base + chunk->offsets[l][chunk->lanes[l].count - 1];
    if (chunk->format.pcapng)
        read_block(&chunk->format, p, &frame, chunk->format.swapped);
    else
        read_record(&chunk->format, p, &frame, chunk->format.swapped);
    return frame.time_ns;
}

static uint64_t chunk_bytes(const struct pp_capture *capture)
{
    uint64_t bytes = capture->record_bytes * CHUNK_RECORDS;
    return bytes < CHUNK_BYTES_MIN ? CHUNK_BYTES_MIN : bytes > CHUNK_BYTES_MAX ? CHUNK_BYTES_MAX : bytes;
}

static bool take_walked(struct pp_capture *capture, struct pp_chunk *chunk)
{
    enum { BLOCKS_APART = 16 }; /* fewer records than this in a chunk: not worth walking for a while */
    if (capture->skip_walks) return capture->skip_walks--, false;
    if (!describe(capture, &chunk->format)) return false;
    chunk->map = capture->source.bytes;
    chunk->size = capture->source.size;
    uint64_t at = capture->source.at, end;
    uint64_t count = chunk_walk(chunk, at, chunk_bytes(capture), &end);
    if (count < BLOCKS_APART) return capture->skip_walks = 4, false;
    capture->record_bytes = (end - at) / count + 1;
    capture->source.at = end;
    chunk->number = capture->info.packets;
    capture->info.packets += count;
    chunk->previous_ns = capture->previous_ns;
    capture->previous_ns = last_time(chunk);
    return true;
}

bool pp_capture_take(struct pp_capture *capture, struct pp_chunk *chunk)
{
    chunk->frame_count = 0;
    chunk->next = chunk->lane = chunk->lane_count = 0;
    chunk->capture = capture->index;
    chunk->first_ns = PP_NO_FIRST;
    chunk->last_ns = PP_NO_LAST;
    chunk->cut = chunk->out_of_order = 0;
    if (capture->ended) return false;
    if (take_walked(capture, chunk)) return true;
    while (!capture->ended && !chunk->frame_count) {
        capture->source.held = capture->source.waiting = false;
        chunk->frame_count = capture->reader->read(capture, chunk->frames, PP_FRAME_BATCH);
    }
    if (capture->ended) capture_finish_info(capture);
    return chunk->frame_count > 0;
}

void pp_capture_give(struct pp_capture *capture, const struct pp_chunk *chunk)
{
    struct pp_capture_info *info = &capture->info;
    if (chunk->first_ns < info->first_ns) info->first_ns = chunk->first_ns;
    if (chunk->last_ns > info->last_ns) info->last_ns = chunk->last_ns;
    info->cut += chunk->cut;
    info->out_of_order += chunk->out_of_order;
}
