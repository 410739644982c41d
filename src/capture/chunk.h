/* chunk: many records found at once in a mapped file.
 *
 * Record headers form a chain: where one begins is known only when the one before was read, and each hop is a cache miss.
 * A core can wait for many misses in the time of one, so the chain is followed at LANES places at once. All places but the
 * first are guesses: an offset where a run of plausible headers begins. The lanes are then walked in turns, and the result
 * is accepted only as far as every lane's chain ends exactly where the next one begins. The first lane begins at a true
 * boundary, so by induction all accepted boundaries are true. On a mismatch the rest of the chunk is walked again from the
 * last verified place, without splitting: never a wrong record, at worst twice the time.
 *
 * A chunk is sized to the records it has met, so that what the walk touches (two cache lines a record) is still in the
 * second-level cache when the frames are decoded. Nothing is consumed before it is verified. Anything out of the ordinary
 * (a corrupt length, the last bytes of a file, a block that is no plain packet) ends the chunk in front of it and is left
 * to the format's own reader, which knows how to name it. */
#ifndef CAPTURE_CHUNK_H
#define CAPTURE_CHUNK_H

#include "reader.h"

enum {
    LANES = 16,
    LANE_RECORDS = 2048,  /* a lane that finds more ends the chunk; four times what is expected */
    CHUNK_RECORDS = 8192, /* aimed at: their headers take 1 MiB of cache lines */
    CHUNK_BYTES_MIN = 64 * 1024,
    CHUNK_BYTES_MAX = 32 * 1024 * 1024,
    CHUNK_INTERFACES_MAX = 64, /* pcapng: with more interfaces the section is read block by block */
};

/* What a format needs to know to walk and to read records without the capture. */
struct chunk_format {
    bool pcapng, swapped; /* swapped: big-endian fields */
    struct pcap_state pcap;
    uint32_t interface_count;
    struct interface interfaces[CHUNK_INTERFACES_MAX];
};

struct lane {
    uint64_t start, at, end; /* offsets in the map; at: behind the last record found */
    uint32_t count;
    bool stopped; /* something out of the ordinary at `at`, or no room for more */
};

struct pp_chunk {
    struct chunk_format format;
    const uint8_t *map;
    uint64_t size, base; /* of the map; offsets below count from base */
    struct lane lanes[LANES];
    unsigned lane_count; /* accepted ones */
    uint32_t offsets[LANES][LANE_RECORDS];
    unsigned lane, next;     /* where pp_chunk_next stands */
    struct pp_frame *frames; /* instead of lanes: what the format's reader handed out */
    size_t frame_count;
    uint64_t number; /* of the frame before the next one */
    uint16_t capture;
    /* What the frames said, for pp_capture_give. */
    pp_time_ns previous_ns, first_ns, last_ns;
    uint64_t cut, out_of_order;
};

/** Find the next records from `at` on; how many there are, and where the last one ends. 0: leave it to the reader. */
uint64_t chunk_walk(struct pp_chunk *chunk, uint64_t at, uint64_t bytes, uint64_t *end);

#endif
