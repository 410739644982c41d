/* What the readers of capture formats share. A format is one struct reader: add one in its own file and name it in the
 * table in capture.c. */
#ifndef CAPTURE_READER_H
#define CAPTURE_READER_H

#include <pthread.h>

#include "filter.h"
#include "portproof/capture.h"
#include "source.h"
#include "window.h"

enum {
    RECORD_BYTES_MAX = 256 * 1024 * 1024, /* a longer record or block is taken for corruption and ends the reading */
    RECORD_BYTES_USUAL = 256 * 1024,      /* longer than this and than the snap length, and not there: corrupt, not cut */
    RECOGNISE_BYTES = 12                  /* what a format may look at to recognise itself; a shorter file shows less */
};

struct reader {
    bool (*recognise)(const uint8_t *bytes, size_t size);
    /** Read the file's header. false: capture_stop was called. */
    bool (*begin)(struct pp_capture *capture);
    /** Hand out frames; fewer than `max` at the end (capture->ended) or when the window must slide first. */
    size_t (*read)(struct pp_capture *capture, struct pp_frame *frames, size_t max);
    void (*finish)(struct pp_capture *capture); /* NULL: nothing to free */
};

extern const struct reader pcap_reader, pcapng_reader;

struct pcap_state {
    bool swapped;          /* written in the other byte order than little-endian, the order of load_le32 */
    bool lengths_swap;     /* version before 2.3: wire length first */
    bool lengths_may_swap; /* version 2.3: some writers swapped them */
    uint8_t record_header;
    uint8_t fcs_bytes;
    uint16_t link_type;
    uint32_t fraction_ns; /* what one unit of the time fraction is worth */
};

struct interface {
    int64_t offset_s;
    uint64_t statistics_drops, packet_drops; /* last block of statistics; sum over packets */
    uint32_t snap_length;                    /* 0: unlimited */
    uint16_t link_type;
    uint8_t resolution; /* if_tsresol as written */
    uint8_t fcs_bytes;
};

struct pcapng_state {
    bool big_endian;              /* this section */
    unsigned version;             /* counts sections and interfaces: whoever looks ahead must know of all that come before */
    struct interface *interfaces; /* of this section; owned */
    uint32_t count, room;
};

struct live;

/* How threads share a mapped capture; see pieces.c. */
struct turns {
    pthread_mutex_t lock;
    pthread_cond_t passed;
    uint64_t tickets, now; /* given out; whose turn it is */
    uint64_t claimed;      /* up to here the file is somebody's */
    unsigned skip_walks;   /* so many batches are the reader's before records are looked for again */
    unsigned skip_next;    /* how many it will be the next time: many more each time that looking for them was in vain */
    struct windows windows;
};

struct pp_capture {
    struct pp_capture_info info;
    struct source source;
    const struct reader *reader; /* NULL: not recognised, or live */
    struct live *live;           /* NULL: a file */
    struct filter filter;
    char *name;
    pp_time_ns previous_ns; /* of the record before */
    uint16_t index;
    bool ended, hashed;     /* hashed: its SHA-256 was asked for */
    uint64_t record_bytes;  /* mean size of the last records, for the size of chunks */
    struct turns turns;     /* of the threads that read it in pieces */
    struct pp_chunk *chunk; /* the one pp_capture_next goes through; made when needed */
    struct pcap_state pcap;
    struct pcapng_state pcapng;
};

/** A capture without a source yet; NULL: out of memory. */
struct pp_capture *capture_create(const char *name, const struct pp_capture_options *options);

enum ending { CORRUPT, CUT_SHORT };

/** End the reading with an error at the current place in the source (or at none, when live). Always returns false. */
bool capture_stop(struct pp_capture *capture, enum ending ending, const char *format, ...) __attribute__((format(printf, 3, 4)));
/** peek() found fewer than `wanted` bytes of `what`: the end, a cut, or just a window that must slide. */
void capture_out_of_bytes(struct pp_capture *capture, const char *what, size_t wanted);
enum { READ_BEFORE_MAX = 64 };
/** "3 packets before it were read", the end of every sentence about a file that goes wrong. Returns `out`. */
const char *read_before(const struct pp_capture *capture, char out[READ_BEFORE_MAX]);
/** List a link type once. */
void capture_add_link(struct pp_capture *capture, uint16_t link_type);
/** List an interface's snap length: the largest counts, and 0 is unlimited. */
void capture_add_snap_length(struct pp_capture *capture, uint32_t snap_length, bool first);
/** Number and count one frame whose bytes, lengths, time and link type are set. false: the filter refuses it (or failed). */
bool capture_account(struct pp_capture *capture, struct pp_frame *frame);
/** The same for many that nothing refuses; their bytes count as read, too. */
void capture_account_all(struct pp_capture *capture, struct pp_frame *frames, size_t count);

/** Drops that an enhanced packet block counts in its options, of which `left` bytes are there, 32 at least. */
void pcapng_count_drops(struct pp_capture *capture, const uint8_t *block, size_t left);

/** The end of a file: its size and, when asked for, its hash. */
void capture_finish_info(struct pp_capture *capture);

/* live.c */
size_t live_read(struct pp_capture *capture, struct pp_frame *frames, size_t max);
void live_close(struct live *live);

#endif
