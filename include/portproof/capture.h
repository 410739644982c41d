/* capture: where bytes come from. The only stage that knows files, streams, compression and libpcap. */
#ifndef PORTPROOF_CAPTURE_H
#define PORTPROOF_CAPTURE_H

#include "portproof/frame.h"
#include "portproof/packet.h"

struct pp_capture;

enum { PP_CAPTURE_LINKS_MAX = 16 }; /* distinct link types listed for one capture; further ones are read, not listed */

/* --- what a live capture did not see ------------------------------------------------------------------------------ */

enum {
    PP_LIVE_MAX = 16,          /* interfaces captured on at once */
    PP_LOSSES_MAX = 32,        /* past it the two stretches closest to each other become one */
    PP_LINK_GAPS_MAX = 32,     /* the latest ones are listed, all are counted */
    PP_INTERFACE_NAME_MAX = 16 /* with the final NUL, as the system has it */
};

/** What happened to the interface, the worse the later; but for a change of name, which costs nothing. */
enum pp_link_event {
    PP_LINK_RENAMED,
    PP_LINK_FAILED,
    PP_LINK_NO_CARRIER,
    PP_LINK_DOWN,
    PP_LINK_REMOVED,
    PP_LINK_NOT_LISTENING, /* the program itself did not run */
    PP_LINK_EVENT_COUNT
};

/** A time in which the interface was not there to be listened to. */
struct pp_link_gap {
    pp_time_ns from_ns, to_ns; /* the system's clock, as of the packets; to_ns PP_NO_FIRST: it lasts */
    enum pp_link_event event;
    char name[PP_INTERFACE_NAME_MAX]; /* of the interface since then */
};

/** A stretch of time in which packets were dropped; they are looked for every second. */
struct pp_loss {
    pp_time_ns from_ns, to_ns;
    uint64_t packets;
};

/** Where the packets of a live capture are. At the end of it, exactly:
 *  received = dropped + discarded + packets, and packets = outside_time + the sum of by_result. Before, what is missing
 *  waits in the ring, or was discarded. */
struct pp_live_account {
    uint64_t received;    /* all that the system counted for this capture, those it dropped among them */
    uint64_t dropped;     /* by the kernel: the ring was full */
    uint64_t discarded;   /* by libpcap, and never handed over: the second copy of what "any" sees on loopback, and what came before the
                             filter was in place. Known at the end */
    bool interface_known; /* the interface says how many it lost before the kernel counted them; not "any" */
    uint64_t interface_dropped;
    struct pp_loss losses[PP_LOSSES_MAX]; /* of `dropped`, in order of time */
    uint32_t loss_count;
    struct pp_link_gap gaps[PP_LINK_GAPS_MAX]; /* in order of time */
    uint32_t gap_count;                        /* of those listed */
    uint64_t gaps_in_all;
    pp_time_ns until_ns;  /* the account is as of then, by the system's clock */
    uint64_t clock_steps; /* how often the system's date was set; times are as if it had not been */
    /* What became of the packets handed over; whoever decodes them fills it in. */
    uint64_t by_result[PP_DECODED_COUNT];
    uint64_t outside_time;
    uint64_t no_room; /* of those decoded: the flow table had no record for them */
};

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
    uint64_t drops; /* packets the capturing side says it lost; live: dropped + interface_dropped, as far as known */
    bool truncated; /* the input ends inside a header or a record */
    bool failed;    /* `error` says why reading stopped, or what was wrong with the file */
    struct pp_error error;
    uint64_t out_of_order; /* records whose time is before the record before them */
    char sha256[65];       /* hexadecimal, of the bytes as stored; empty unless asked for */
    bool live;             /* `account` means something */
    struct pp_live_account account;
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

/** Survive that a file shrinks while it is read: installs a handler for SIGBUS, which passes on what does not concern captures. For a
 * program to call once, when it has no handler of its own for that. Without it such a file ends the program; with it, and in any
 * case when a file grew, or was written to or replaced, pp_capture_info()->error says so. false: it could not be installed. */
bool pp_capture_guard(void);

enum { PP_OPEN_PATH = -2 };

/** The same of a file that was opened before: `descriptor` becomes the capture's, the path is its name alone. -1: it could not be opened,
 * errno says why. PP_OPEN_PATH: as pp_capture_open. */
struct pp_capture *pp_capture_open_descriptor(const char *path, int descriptor, const struct pp_capture_options *options);

/** The same reader over bytes in memory, borrowed for the life of the capture: the seam for tests and fuzzers. */
struct pp_capture *pp_capture_open_memory(const char *name, const uint8_t *bytes, size_t size, const struct pp_capture_options *options);

struct pp_live_options {
    uint32_t snap_length; /* 0: 256 */
    bool promiscuous;
    uint32_t ring_bytes; /* what the kernel keeps until it is read; 0: 16 MiB */
    uint16_t fanout;     /* 0: none. Captures of one interface with the same number share its packets by flow, both directions alike;
                            where the ring of one is full, another takes over. So each may be read by a thread of its own */
};

/** Capture live on an interface ("any" too) through libpcap. Errors as for pp_capture_open. An interface that goes away later is no
 * error: the capture waits for it to come back, and opens it again by itself; see `account.gaps`. */
struct pp_capture *pp_capture_open_live(const char *interface, const struct pp_live_options *live,
                                        const struct pp_capture_options *options);

/** Live, before the first packet: go on from what is known of an earlier capture of the same interface, up to its account's until_ns.
 * Counts and frame numbers go on; the time since then is a gap, and what had been received and was not handed over by then is lost. */
void pp_capture_resume(struct pp_capture *capture, const struct pp_capture_info *before);

/** Wait until one of these live captures (PP_LIVE_MAX at most) has something for pp_capture_next to do; `timeout_ms` at most. false:
 * cannot wait. */
bool pp_capture_wait(struct pp_capture *const captures[], size_t count, int timeout_ms);

/** Live: let no further packet in. pp_capture_next goes on to hand out what the ring holds, and then the capture has ended and its
 * account is complete; that takes half a second at most. */
void pp_capture_finish_live(struct pp_capture *capture);

/** Up to `max` further frames, in file order. Returns how many; 0 at the end of a file, or live when nothing is there now.
 * Frames are borrowed until the next call on this capture. */
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

/** Add up what is known of two captures that share the packets of one interface. The gaps are those of `info`. */
void pp_capture_info_join(struct pp_capture_info *info, const struct pp_capture_info *other);

/** Live: refresh the counts from the kernel; done every second anyway. Does not wait; another thread may wait for packets meanwhile. */
void pp_capture_update_drops(struct pp_capture *capture);

void pp_capture_close(struct pp_capture *capture); /* takes NULL */

/** Check a filter expression without a capture (against Ethernet). false: `error->text` says why. */
bool pp_capture_check_filter(const char *filter, struct pp_error *error);

#endif
