#include "chunk.h"

#include <string.h>

#include "load.h"
#include "pcapng.h"
#include "wraps.h"

enum {
    RUN = 4,                  /* plausible headers in a row that make a guess */
    GUESS_BYTES_MAX = 262144, /* a guessed record is not longer */
    GUESS_SECONDS = 86400,    /* nor farther away in time from the chunk's first record */
    BLOCK_PACKET = 6,         /* enhanced packet block: total length, then 20 bytes, the packet, options, total length */
    BLOCK_FIXED = 32,
    OPTION_DROPCOUNT = 4,
    SKEW = 2816, /* bytes by which lanes stand farther apart than powers of two, at which they would meet in one bank of memory: 4 % */
};

#define HOT static inline __attribute__((always_inline))

HOT uint32_t field32(bool swapped, const uint8_t *p) { return swapped ? load_be32(p) : load_le32(p); }
HOT uint16_t field16(bool swapped, const uint8_t *p) { return swapped ? load_be16(p) : load_le16(p); }

/* --- one record ----------------------------------------------------------------------------------------------------- */

/* Whether an enhanced packet block's options count drops: these belong to the capture, and are added up in turn (pieces.c). */
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

HOT uint64_t block_length(const struct chunk_format *f, const uint8_t *p, uint64_t left, bool swapped, bool *drops)
{
    if (left < BLOCK_FIXED || field32(swapped, p) != BLOCK_PACKET) return 0;
    uint64_t total = field32(swapped, p + 4), captured = field32(swapped, p + 20);
    if (total < BLOCK_FIXED || total % 4 || total > left || total > RECORD_BYTES_MAX || captured > total - BLOCK_FIXED) return 0;
    if (field32(swapped, p + total - 4) != total || field32(swapped, p + 8) >= f->interface_count) return 0;
    uint64_t options = 28 + ((captured + 3) & ~UINT64_C(3));
    if (options + 4 < total && !*drops) *drops = counts_drops(swapped, p + options, (size_t)(total - 4 - options));
    return total;
}

/* Bytes from this record's start to the next one's; 0: not an ordinary record. *drops: set when it counts drops. */
HOT uint64_t record_length(const struct chunk_format *f, const uint8_t *p, uint64_t left, bool pcapng, bool swapped, bool *drops)
{
    if (pcapng) return block_length(f, p, left, swapped, drops);
    if (left < f->pcap.record_header) return 0;
    uint64_t length = f->pcap.record_header + (uint64_t)field32(swapped, p + 8);
    return length <= left && length <= RECORD_BYTES_MAX ? length : 0;
}

/* --- guessing --------------------------------------------------------------------------------------------------------- */

/* The seconds field is tried first, at every offset: it rules out nearly all of them. */
WRAPS HOT bool plausible_record(const struct chunk_format *f, const uint8_t *p, uint64_t left, uint32_t first_seconds, bool swapped)
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
    bool drops = true; /* not asked */
    for (unsigned i = 0; i < RUN; i++) {
        const uint8_t *p = chunk->view.bytes + at;
        uint64_t left = chunk->view.size - at;
        if (!left) return i > 0;
        if (!f->pcapng && !plausible_record(f, p, left, first_seconds, f->swapped)) return false;
        uint64_t length = record_length(f, p, left, f->pcapng, f->swapped, &drops);
        if (!length) return false;
        at += length;
    }
    return true;
}

/* The first offset of the view in [from, to) where a run begins; `to` when there is none. pcapng: blocks stand at multiples of
 * four from the first one, which is the file's beginning. */
static uint64_t guess(const struct pp_chunk *chunk, uint64_t from, uint64_t to, uint32_t seconds)
{
    const struct chunk_format *f = &chunk->format;
    const uint8_t *bytes = chunk->view.bytes;
    if (f->pcapng) {
        from += 3 - (chunk->view.from + from + 3) % 4;
        for (uint64_t at = from; at < to; at += 4)
            if (chunk->view.size - at >= BLOCK_FIXED && field32(f->swapped, bytes + at) == BLOCK_PACKET && run_begins(chunk, at, 0))
                return at;
        return to;
    }
    for (uint64_t at = from; at < to; at++)
        if (plausible_record(f, bytes + at, chunk->view.size - at, seconds, f->swapped) && run_begins(chunk, at, seconds)) return at;
    return to;
}

/* --- walking ---------------------------------------------------------------------------------------------------------- */

/* The header a record leads to, and the line behind it, where most network headers end. Past the end it does no harm. */
HOT void ask_for(const uint8_t *header)
{
    __builtin_prefetch(header);
    __builtin_prefetch(header + 64);
}

static void end_lane(struct lane *lane, uint64_t at, uint32_t count, bool stopped)
{
    lane->at = at;
    lane->count = count;
    lane->stopped = stopped;
}

/* All lanes in turns, a record each, until a lane comes to its end or to something out of the ordinary, or has no more room. Lanes
 * are in step, so that one number counts the records of all; what a lane is done with goes to its struct only then. */
HOT void walk_in_turns(struct pp_chunk *chunk, bool pcapng, bool swapped)
{
    const uint8_t *bytes = chunk->view.bytes;
    const uint64_t size = chunk->view.size;
    uint64_t place[LANES], ends[LANES];
    uint8_t going[LANES];
    unsigned count = 0;
    bool drops = false;
    for (unsigned l = 0; l < chunk->lane_count; l++) {
        place[l] = chunk->lanes[l].at;
        ends[l] = chunk->lanes[l].end;
        if (place[l] < ends[l]) going[count++] = (uint8_t)l;
    }
    for (uint32_t n = 0; count && n < LANE_RECORDS; n++) {
        unsigned still = 0;
        for (unsigned i = 0; i < count; i++) {
            unsigned l = going[i];
            uint64_t at = place[l], length = record_length(&chunk->format, bytes + at, size - at, pcapng, swapped, &drops);
            chunk->offsets[l][n] = (uint32_t)at;
            place[l] = at += length;
            ask_for(bytes + at);
            going[still] = (uint8_t)l;
            bool goes_on = length && at < ends[l];
            if (!goes_on) end_lane(&chunk->lanes[l], at, n + (length != 0), !length);
            still += goes_on;
        }
        count = still;
    }
    chunk->counts_drops |= drops;
    for (unsigned i = 0; i < count; i++) end_lane(&chunk->lanes[going[i]], place[going[i]], LANE_RECORDS, true);
}

static void walk_alone(struct pp_chunk *chunk, unsigned l)
{
    struct lane *lane = &chunk->lanes[l];
    bool pcapng = chunk->format.pcapng, swapped = chunk->format.swapped;
    while (lane->at < lane->end && lane->count < LANE_RECORDS) {
        uint64_t left = chunk->view.size - lane->at;
        uint64_t length = record_length(&chunk->format, chunk->view.bytes + lane->at, left, pcapng, swapped, &chunk->counts_drops);
        if (!length) break;
        chunk->offsets[l][lane->count++] = (uint32_t)lane->at;
        lane->at += length;
    }
    lane->stopped = lane->at < lane->end;
}

/* The same code four times, so that no record pays for what the file decides once. */
static void walk(struct pp_chunk *chunk)
{
    bool swapped = chunk->format.swapped;
    if (chunk->format.pcapng) {
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
            walk_alone(chunk, next);
            if (chunk->lanes[next].count < LANE_RECORDS) return;
        }
        return;
    }
}

void chunk_walk(struct pp_chunk *chunk, uint64_t from, uint64_t to, bool exact, uint32_t seconds)
{
    uint64_t at = from - chunk->view.from, limit = to - chunk->view.from, lane_bytes = (limit - at) / LANES;
    const uint64_t step = lane_bytes + (lane_bytes > LANES * SKEW ? SKEW : 0);
    chunk->lane_count = chunk->lane = chunk->next = 0;
    chunk->counts_drops = false;
    if (!exact) at = guess(chunk, at, limit, seconds);
    if (at >= limit) return;
    add_lane(chunk, at);
    for (unsigned l = 1; l < LANES && lane_bytes >= 256; l++) {
        uint64_t first = from - chunk->view.from + l * step, last = first + lane_bytes < limit ? first + lane_bytes : limit;
        uint64_t start = first > at ? guess(chunk, first, last, seconds) : last;
        if (start < last) add_lane(chunk, start);
    }
    for (unsigned l = 0; l < chunk->lane_count; l++) chunk->lanes[l].end = l + 1 < chunk->lane_count ? chunk->lanes[l + 1].start : limit;
    walk(chunk);
    verify(chunk, limit);
}

uint64_t chunk_count(const struct pp_chunk *chunk)
{
    uint64_t count = 0;
    for (unsigned l = 0; l < chunk->lane_count; l++) count += chunk->lanes[l].count;
    return count;
}

uint64_t chunk_start(const struct pp_chunk *chunk) { return chunk->lane_count ? chunk->view.from + chunk->lanes[0].start : UINT64_MAX; }

uint64_t chunk_end(const struct pp_chunk *chunk)
{
    return chunk->lane_count ? chunk->view.from + chunk->lanes[chunk->lane_count - 1].at : UINT64_MAX;
}

/* --- frames ----------------------------------------------------------------------------------------------------------- */

/* The format by value: writing a frame cannot be thought to change it, so that it stays in registers. */
HOT void read_record(struct pcap_state pcap, const uint8_t *p, struct pp_frame *frame, bool swapped)
{
    frame->bytes = p + pcap.record_header;
    frame->captured = field32(swapped, p + 8);
    frame->wire = field32(swapped, p + 12);
    frame->time_ns = (uint64_t)field32(swapped, p) * 1000000000u + (uint64_t)field32(swapped, p + 4) * pcap.fraction_ns;
    frame->link_type = pcap.link_type;
    frame->fcs_bytes = pcap.fcs_bytes;
}

HOT void read_block(const struct chunk_format *f, const uint8_t *p, struct pp_frame *frame, bool swapped)
{
    uint32_t number = field32(swapped, p + 8); /* verified when it was found; but a mapped file may be written to meanwhile */
    const struct interface *interface = &f->interfaces[number < CHUNK_INTERFACES_MAX ? number : 0];
    frame->bytes = p + 28;
    frame->captured = field32(swapped, p + 20);
    frame->wire = field32(swapped, p + 24);
    frame->time_ns =
        pcapng_time((uint64_t)field32(swapped, p + 12) << 32 | field32(swapped, p + 16), interface->resolution, interface->offset_s);
    frame->link_type = interface->link_type;
    frame->fcs_bytes = interface->fcs_bytes;
}

/* What the frames say of the capture; in variables of its own, which writing frames cannot be thought to change. */
HOT void account(struct frame_tally *tally, struct pp_frame *frame)
{
    pp_time_ns time = frame->time_ns;
    frame->number = ++tally->number;
    if (frame->wire < frame->captured) frame->wire = frame->captured;
    tally->cut += frame->captured < frame->wire;
    tally->first_ns = time < tally->first_ns ? time : tally->first_ns;
    tally->last_ns = time > tally->last_ns ? time : tally->last_ns;
    tally->out_of_order += time < tally->previous_ns;
    tally->previous_ns = time;
}

HOT size_t read_frames(struct pp_chunk *chunk, struct pp_frame *frames, size_t max, bool pcapng, bool swapped)
{
    size_t count = 0;
    struct frame_tally tally = chunk->tally;
    const uint8_t *base = chunk->view.bytes;
    const size_t size = (size_t)chunk->view.size;
    const uint16_t capture = chunk->capture;
    const struct pcap_state pcap = chunk->format.pcap;
    while (count < max && chunk->lane < chunk->lane_count) {
        const uint32_t *offsets = chunk->offsets[chunk->lane] + chunk->next;
        size_t n = chunk->lanes[chunk->lane].count - chunk->next;
        if (n > max - count) n = max - count;
        for (size_t i = 0; i < n; i++, count++) {
            struct pp_frame *frame = &frames[count];
            const uint8_t *ahead = base + offsets[i + AHEAD];
            __builtin_prefetch(ahead);
            __builtin_prefetch(ahead + 64);
            if (pcapng)
                read_block(&chunk->format, base + offsets[i], frame, swapped);
            else
                read_record(pcap, base + offsets[i], frame, swapped);
            size_t most = size - (size_t)(frame->bytes - base); /* likewise */
            if (frame->captured > most) frame->captured = (uint32_t)most;
            frame->capture = capture;
            account(&tally, frame);
        }
        chunk->next += (unsigned)n;
        if (chunk->next == chunk->lanes[chunk->lane].count) {
            chunk->lane++;
            chunk->next = 0;
        }
    }
    chunk->tally = tally;
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
    size_t count = chunk->format.pcapng    ? read_frames(chunk, frames, max, true, chunk->format.swapped)
                   : chunk->format.swapped ? read_frames(chunk, frames, max, false, true)
                                           : read_frames(chunk, frames, max, false, false);
    return chunk->view.opened && atomic_load(&chunk->view.opened->gone) ? 0 : count; /* zeros, which were never captured */
}

void chunk_count_drops(const struct pp_chunk *chunk, struct pp_capture *capture)
{
    const struct view *view = &chunk->view;
    if (!chunk->counts_drops) return;
    for (unsigned l = 0; l < chunk->lane_count; l++)
        for (uint32_t i = 0; i < chunk->lanes[l].count; i++)
            pcapng_count_drops(capture, view->bytes + chunk->offsets[l][i], (size_t)view->size - chunk->offsets[l][i]);
}

pp_time_ns chunk_last_time(const struct pp_chunk *chunk)
{
    unsigned l = chunk->lane_count - 1;
    while (!chunk->lanes[l].count) l--;
    struct pp_frame frame;
    const uint8_t *p = chunk->view.bytes + chunk->offsets[l][chunk->lanes[l].count - 1];
    if (chunk->format.pcapng)
        read_block(&chunk->format, p, &frame, chunk->format.swapped);
    else
        read_record(chunk->format.pcap, p, &frame, chunk->format.swapped);
    return frame.time_ns;
}
