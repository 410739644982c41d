/* capture: where bytes come from. The only stage that knows files, streams, compression and libpcap. */
#ifndef PORTPROOF_CAPTURE_H
#define PORTPROOF_CAPTURE_H

#include "portproof/frame.h"

struct pp_capture;

enum { PP_CAPTURE_LINKS_MAX = 16 }; /* distinct link types listed for one capture; further ones are read, not listed */

/** What is known of a capture; complete once pp_capture_next has returned 0. Strings live as long as the capture. */
struct pp_capture_info {
    const char *name;        /* as given by the user; "-" for standard input; interface name when live */
    const char *format;      /* "pcap", "pcap-ns", "pcapng", "live" ; "unknown" until recognised */
    const char *compression; /* "gzip", "zstd" or NULL */
    uint64_t bytes;          /* size of the file as stored; for a stream what was read */
    uint16_t link_types[PP_CAPTURE_LINKS_MAX];
    uint16_t link_count;
    uint32_t snap_length;         /* largest of its interfaces; 0: unlimited or unknown */
    uint64_t packets;             /* records read, before any filter */
    uint64_t filtered;            /* of these, refused by the filter */
    uint64_t cut;                 /* of these, captured shorter than on the wire */
    pp_time_ns first_ns, last_ns; /* PP_NO_FIRST, PP_NO_LAST when no record carried a time */
    bool drops_known;
    uint64_t drops; /* packets the capturing side says it lost */
    bool truncated; /* the input ends inside a header or a record */
    bool failed;    /* `error` says why reading stopped, or what was wrong with the file */
    struct pp_error error;
    uint64_t out_of_order; /* records whose time is before the record before them */
    char sha256[65];       /* hexadecimal, of the bytes as stored; empty unless asked for */
};

struct pp_capture_options {
    const char *filter; /* libpcap filter expression, compiled per link type; NULL: none */
    bool hash;          /* compute sha256 */
    uint16_t index;     /* what frames carry as `capture` */
};

/** Open a capture file, or standard input for "-". By content, not by name: pcap, pcapng, each also in gzip or zstd.
 * Returns NULL only when memory is out; any other failure (missing file, not a capture, bad filter) is in
 * pp_capture_info()->error, and pp_capture_next() then returns 0 at once. Owned by the caller. */
struct pp_capture *pp_capture_open(const char *path, const struct pp_capture_options *options);

/** The same reader over bytes in memory, borrowed for the life of the capture: the seam for tests and fuzzers. */
struct pp_capture *pp_capture_open_memory(const char *name, const uint8_t *bytes, size_t size, const struct pp_capture_options *options);

struct pp_live_options {
    uint32_t snap_length; /* 0: 256 */
    bool promiscuous;
    uint32_t buffer_bytes; /* 0: libpcap's default */
};

/** Capture live on an interface ("any" too) through libpcap. Errors as for pp_capture_open. */
struct pp_capture *pp_capture_open_live(const char *interface, const struct pp_live_options *live,
                                        const struct pp_capture_options *options);

/** Up to `max` further frames, in file order. Returns how many; 0 at the end of a file, or live when nothing came
 * within about 200 ms. Frames are borrowed until the next call on this capture. */
size_t pp_capture_next(struct pp_capture *capture, struct pp_frame *frames, size_t max);

/* --- pieces: a mapped capture read by several threads ------------------------------------------------------------- */

enum { PP_THREADS_MAX = 16 }; /* that may share a capture */

/** A run of records of one capture, found and verified, whose frames any one thread may then go through. */
struct pp_chunk;

struct pp_chunk *pp_chunk_create(void);        /* NULL: out of memory */
void pp_chunk_destroy(struct pp_chunk *chunk); /* takes NULL */

/** Whether the capture can be taken in pieces: a mapped file of the usual formats, without a filter. pp_capture_next reads every
 * capture, pieces or not. */
bool pp_capture_splits(const struct pp_capture *capture);
/** The next piece that no other thread has; threads may call it at the same time, each with a chunk of its own. false: there is none,
 * and pp_capture_info is complete but for what other threads have yet to give. */
bool pp_capture_take(struct pp_capture *capture, struct pp_chunk *chunk);
/** Up to `max` further frames of a piece; 0 at its end. Frames stay valid until the chunk takes its next piece. */
size_t pp_chunk_next(struct pp_chunk *chunk, struct pp_frame *frames, size_t max);
/** Join what the frames of a finished piece said (times, cuts) into the capture's info. */
void pp_capture_give(struct pp_capture *capture, const struct pp_chunk *chunk);
/** Take no more, and let nobody else: the other threads find the capture ended. */
void pp_capture_abandon(struct pp_capture *capture, struct pp_chunk *chunk);

/** Position in bytes of the stored input, for a progress bar; and live: whether it still runs. */
uint64_t pp_capture_position(struct pp_capture *capture);

const struct pp_capture_info *pp_capture_info(const struct pp_capture *capture);

/** Live: refresh the drop counts from the kernel. */
void pp_capture_update_drops(struct pp_capture *capture);

void pp_capture_close(struct pp_capture *capture); /* takes NULL */

/** Check a filter expression without a capture (against Ethernet). false: `error->text` says why. */
bool pp_capture_check_filter(const char *filter, struct pp_error *error);

#endif
