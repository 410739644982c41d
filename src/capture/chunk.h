/* chunk: many records found at once in a mapped file.
 *
 * Record headers form a chain: where one begins is known only when the one before was read, and each hop is a cache miss.
 * A core can wait for many misses in the time of one, so the chain is followed at LANES places at once. All places but the
 * first are guesses: an offset where a run of plausible headers begins. The lanes are then walked in turns, and the result
 * is accepted only as far as every lane's chain ends exactly where the next one begins. The first lane begins at a true
 * boundary, so by induction all accepted boundaries are true. On a mismatch the rest of the chunk is walked again from the
 * last verified place, without splitting: never a wrong record, at worst twice the time.
 *
 * With several threads the first lane is a guess as well, until it is the chunk's turn (pieces.c): then it is known where the
 * chunk before has ended, and the same argument holds from chunk to chunk.
 *
 * A chunk is sized to the records that were met, so that what the walk touches (two cache lines a record) is still in the
 * second-level cache when the frames are decoded. Nothing is consumed before it is verified. Anything out of the ordinary
 * (a corrupt length, the last bytes of a file, a block that is no plain packet) ends the chunk in front of it and is left
 * to the format's own reader, which knows how to name it. */
#ifndef CAPTURE_CHUNK_H
#define CAPTURE_CHUNK_H

#include "reader.h"
#include "window.h"

enum {
    LANES = 16,
    LANE_RECORDS = 2048,  /* a lane that finds more ends the chunk; five times what is expected */
    CHUNK_RECORDS = 6144, /* aimed at: their headers take three quarters of a MiB of cache lines */
    AHEAD = 24,           /* frames are asked for so many frames before they are handed out */
    CHUNK_BYTES_MIN = 64 * 1024,
    CHUNK_BYTES_MAX = 16 * 1024 * 1024,
    CHUNK_INTERFACES_MAX = 64, /* pcapng: with more interfaces the section is read block by block */
};

/* What a format needs to know to walk and to read records without the capture. */
struct chunk_format {
    bool pcapng, swapped; /* swapped: big-endian fields */
    unsigned version;     /* of the section and its interfaces: another one, another format */
    struct pcap_state pcap;
    uint32_t interface_count;
    struct interface interfaces[CHUNK_INTERFACES_MAX];
};

struct lane {
    uint64_t start, at, end; /* offsets in the view; at: behind the last record found */
    uint32_t count;
    bool stopped; /* something out of the ordinary at `at`, or no room for more */
};

/* What the frames of a chunk said so far, for pp_capture_give. */
struct frame_tally {
    uint64_t number; /* of the frame before the next one */
    pp_time_ns previous_ns, first_ns, last_ns;
    uint64_t cut, out_of_order;
};

struct pp_chunk {
    struct chunk_format format;
    bool walkable;
    struct view view;
    uint64_t from, to; /* of the file: the chunk's are the records that begin in here */
    struct lane lanes[LANES];
    unsigned lane_count;                           /* accepted ones */
    bool counts_drops;                             /* some records count packets that were lost before them */
    uint32_t offsets[LANES][LANE_RECORDS + AHEAD]; /* what is asked for ahead may stand behind a lane's last: any place does no harm */
    unsigned lane, next;                           /* where pp_chunk_next stands */
    struct pp_frame *frames;                       /* instead of lanes: what the format's reader handed out */
    size_t frame_count;
    uint16_t capture;
    struct frame_tally tally;
    uint64_t ticket; /* pieces.c: its place among the chunks */
    bool has_turn;   /* all chunks before are done with finding their records, and this one is not */
    bool odd;        /* what stands behind the last record is the reader's */
};

/** Find the records that begin in [from, to) of the view. `exact`: one begins at `from`; else a guess is made near `seconds`. */
void chunk_walk(struct pp_chunk *chunk, uint64_t from, uint64_t to, bool exact, uint32_t seconds);
/** Of the accepted lanes: records, and where the first begins and the last ends. Without any: 0, and UINT64_MAX. */
uint64_t chunk_count(const struct pp_chunk *chunk);
uint64_t chunk_start(const struct pp_chunk *chunk);
uint64_t chunk_end(const struct pp_chunk *chunk);
/** Add up what the records count of drops, if any does, in the capture's own numbers. In turn. */
void chunk_count_drops(const struct pp_chunk *chunk, struct pp_capture *capture);
/** The time of the last record found; there must be one. */
pp_time_ns chunk_last_time(const struct pp_chunk *chunk);

#endif
