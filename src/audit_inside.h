/* Inside an audit; shared by audit.c (captures in files, judging) and audit_live.c (captures that are being made). */
#ifndef AUDIT_INSIDE_H
#define AUDIT_INSIDE_H

#include <pthread.h>

#include "portproof/audit.h"
#include "portproof/decode.h"
#include "portproof/slices.h"

/* One thread's part: a batch on its way, and a flow table of its own (the first worker's is the audit's). */
struct worker {
    struct pp_audit *audit;
    struct pp_flow_table *flows;
    struct pp_chunk *chunk;
    uint64_t outside_time;
    bool failed; /* out of memory; live: or of threads, or the system let it not wait */
    pthread_t thread;
    struct pp_frame frames[PP_FRAME_BATCH];
    struct pp_plain_packet plain[PP_FRAME_BATCH];
    uint16_t others[PP_FRAME_BATCH]; /* positions of the frames that are not plain */
    struct pp_packet packets[PP_FRAME_BATCH];
    uint8_t results[PP_FRAME_BATCH];
};

/* A capture being read, by one thread or by several. */
struct input {
    struct pp_capture *capture;
    const char *path;
    unsigned readers; /* threads that hold a piece of it */
    bool exhausted;   /* no further piece */
    uint64_t unsupported_frames;
    uint16_t unsupported_link;
    uint32_t index;              /* live: of its info */
    struct pp_live_account fate; /* live: what became of its packets; the rest of the account is the capture's */
};

/* Live: what one thread reads, of all interfaces. The first lane is the calling thread's. */
struct lane {
    struct worker *worker;
    struct input inputs[PP_LIVE_MAX];
    uint32_t count;
    bool started;
    pthread_mutex_t lock; /* the worker's table and the inputs, while a batch is judged, or others look at them */
};

struct pp_audit {
    struct pp_audit_options options;
    struct arena *arena;
    const struct pp_spec *rules; /* as published */
    const struct pp_site *site;  /* given; NULL: inferred at judging */
    struct pp_spec *spec;        /* with the site's changes: what packets are classed with */
    struct pp_port_index *index;
    struct pp_flow_table *flows;
    struct pp_port_index *index_before; /* as it was before pp_audit_set_rules, for whoever has not heard of it yet */
    struct pp_flow_table *fresh;        /* live, when somebody keeps what is new: that; NULL: nothing, or nobody does */
    uint32_t restored;                  /* captures known from evidence that was kept: the first ones */
    uint32_t attached_last;             /* the one that pp_audit_attach_beside joins */
    struct pp_slices *slices;           /* live with a window: what packets go into first, and from there into `flows`; NULL: straight */
    struct worker *first;               /* the calling thread's worker; live too */
    struct lane *lanes[PP_THREADS_MAX]; /* the first ones exist */
    uint32_t lane_count, interface_count;
    bool finishing; /* tells the lanes; atomic */
    struct pp_capture_info *captures;
    uint32_t capture_count, capture_room;
    uint64_t outside_time;
    /* While reading: one lock for everything that follows, and for taking pieces of a capture. */
    pthread_mutex_t lock;
    const char *const *paths;
    size_t path_count, path_next;
    struct input *inputs; /* one per capture, by its index */
    uint32_t current;     /* the one pieces are taken from */
    uint32_t first_index; /* captures before it were read earlier */
    /* Made by judging, replaced by the next. */
    struct pp_site *inferred;
    struct pp_spec *inferred_spec;
    struct pp_port_index *inferred_index;
    struct pp_report *report;
    struct pp_flow_table *window_flows;
    struct pp_report *window_report;
};

/** Decode a batch of the worker's frames and count it into its table. false: out of memory. */
bool judge_batch(struct worker *worker, struct input *input, size_t count);
/** Room for one more capture's facts. NULL: out of memory. */
struct pp_capture_info *add_info(struct pp_audit *audit);
/** Keep what is known of an input's capture, beyond its life. */
void keep_info(struct pp_audit *audit, struct pp_capture_info *info, const struct input *input);
/** An error about frames of a link type that is not read, if there were any. */
void note_unsupported(struct pp_capture_info *info, const struct input *input);
/** Live: take what is known of the captures now, and end the slice of time. false: out of memory. */
bool live_turn(struct pp_audit *audit);
/** End the threads, and close and forget the captures. */
void live_end(struct pp_audit *audit);

/** Forget the last report and what was made for it. */
void forget_judgement(struct pp_audit *audit);
/** The rules as a site changes them; NULL: out of memory. */
struct pp_spec *spec_for(const struct pp_audit *audit, const struct pp_site *site);
struct pp_flow_options flow_options(const struct pp_audit *audit);

/** A flow table of its own for a worker; NULL: out of memory. */
struct pp_flow_table *new_table(const struct pp_audit *audit);
struct worker *new_worker(struct pp_audit *audit, struct pp_flow_table *flows);
void free_worker(struct worker *worker); /* takes NULL; not its table */

#endif
