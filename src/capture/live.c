/* Live capture through libpcap, whose ring is read in place (ring.h) where that can be done; elsewhere frames are copied once, since
 * libpcap may give them back to the kernel before the caller is done.
 *
 * An interface may go down, change its name, be removed and made again. libpcap tells little of that, so a watch on rtnetlink does
 * (link_watch.h). A handle whose interface is gone is read until its ring is empty, counted and closed; when there is an interface of
 * that name again, a new handle is opened. Counts go on across handles (account.h).
 *
 *     OPEN ──interface gone, libpcap fails, or finish──▶ EMPTYING ──ring empty──▶ AWAY ──interface up──▶ OPEN
 *                                                                   finish: ended */
#define _DEFAULT_SOURCE /* <pcap.h> wants u_int and its like */
#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include <pcap.h>

#include "account.h"
#include "clock.h"
#include "link_watch.h"
#include "memory.h"
#include "reader.h"
#include "ring.h"
#include "steps.h"
#include "text.h"

enum {
    SNAP_LENGTH_DEFAULT = 256,
    RING_DEFAULT = 16 << 20, /* a fifth of a second of small frames at half a million a second */
    BLOCK_MS = 40, /* the kernel hands over a block of its ring when it is full, or this old: so a ring of 16 MiB holds two and a half
                       seconds of few packets, while somebody judges; and a finding comes within the refresh interval and 50 ms */
    LINK_RAW = 101,
    SHORT_WAIT_MS = 20,  /* while a ring is emptied */
    BATCHES_A_POLL = 16, /* while packets wait, the system is asked for other news only now and then */
    ANSWER_MS = 100,     /* for the last word on what an interface lost */
};
static const uint64_t MS_NS = 1000000, COUNT_EVERY_NS = 1000000000, EMPTYING_MOST_NS = 500000000, OPEN_AGAIN_NS = 200000000;

enum phase { OPEN, EMPTYING, AWAY };

struct live {
    enum phase phase;
    bool opened;      /* once, at least */
    bool finishing;   /* nothing is to come after this handle */
    bool more;        /* the last batch was full */
    unsigned batches; /* read without asking the system for news */
    bool news;        /* the watch has something to read */
    uint32_t steps_counted;
    struct steps steps;  /* of the date: all times here are without them */
    pp_time_ns from_ns;  /* what came before is discarded */
    uint64_t since_ns;   /* EMPTYING: since when; AWAY: when it was last tried; monotonic */
    uint64_t counted_ns; /* when counts were last read; monotonic */
    struct pp_live_options options;
    struct link_watch watch;
    int index;            /* of the interface that the handle was opened on */
    uint64_t missed_base; /* of the interface's own count, before */
    struct kernel_counts counts;
    struct ring ring;            /* of pcap, read in place; not mapped: libpcap reads it */
    bool trouble;                /* poll says so of the socket */
    pp_time_ns unfiltered_until; /* the system's date: what came before may have passed no filter; 0: there is none */
    pcap_t *pcap;                /* NULL: AWAY */
    struct bpf_program filter;
    int filter_dlt; /* the link type it was compiled for; -1: none */
    uint32_t fraction_ns;
    uint16_t link_type;
    uint8_t *bytes; /* of the batch handed out; owned */
    size_t used, room;
};

/* The date, without the steps that it made since the capture began. */
static pp_time_ns date_now(struct live *live)
{
    pp_time_ns date = time_of_day_ns();
    steps_look(&live->steps, date, boot_ns());
    return steps_now(&live->steps, date);
}

/* --- opening ------------------------------------------------------------------------------------------------------------ */

/* Why a handle cannot be opened, in words; NULL: the interface is not there, or not up, which may change. */
static const char *refusal(int status, const char *said)
{
    switch (status) {
    case PCAP_ERROR_NO_SUCH_DEVICE:
    case PCAP_ERROR_IFACE_NOT_UP: return NULL;
    case PCAP_ERROR_PERM_DENIED:
    case PCAP_ERROR_PROMISC_PERM_DENIED: return "no permission: run as root, or give the program cap_net_raw (setcap)";
    default: return *said ? said : pcap_statustostr(status);
    }
}

static int activate(struct live *live, pcap_t *pcap)
{
    const struct pp_live_options *options = &live->options;
    pcap_set_snaplen(pcap, options->snap_length < INT_MAX ? (int)options->snap_length : INT_MAX);
    pcap_set_promisc(pcap, options->promiscuous);
    pcap_set_timeout(pcap, BLOCK_MS);
    pcap_set_buffer_size(pcap, options->ring_bytes < INT_MAX ? (int)options->ring_bytes : INT_MAX);
    bool nano = pcap_set_tstamp_precision(pcap, PCAP_TSTAMP_PRECISION_NANO) == 0;
    live->fraction_ns = nano ? 1 : 1000;
    return pcap_activate(pcap);
}

/* Something cannot be had now. The first time that is the end of the capture, and said; later the interface may just be about to change,
 * and opening it is tried again. */
static bool refuse(struct pp_capture *capture, const char *what, const char *why)
{
    if (!capture->live->opened) capture_stop(capture, CORRUPT, "%s: %s", what, why);
    return false;
}

/* Compiled once: opening again happens when privileges are gone, and names in an expression could not be looked up. */
static bool set_kernel_filter(struct pp_capture *capture, pcap_t *pcap)
{
    struct live *live = capture->live;
    int dlt = pcap_datalink(pcap);
    if (!capture->filter.expression) return true;
    if (live->filter_dlt != dlt) {
        if (live->filter_dlt != -1) pcap_freecode(&live->filter);
        live->filter_dlt = -1;
        if (!memory_is_left()) return capture_stop(capture, CORRUPT, "out of memory"); /* the compiler would end the process */
        if (pcap_compile(pcap, &live->filter, capture->filter.expression, 1, PCAP_NETMASK_UNKNOWN) != 0)
            return capture_stop(capture, CORRUPT, "bad filter expression: %s", pcap_geterr(pcap));
        live->filter_dlt = dlt;
    }
    if (pcap_setfilter(pcap, &live->filter) != 0) return refuse(capture, "cannot set the filter", pcap_geterr(pcap));
    live->unfiltered_until = time_of_day_ns();
    return true;
}

/* Before it joins its group a socket sees what is the others', too: nothing is let in until it has joined, and what came before that is
 * discarded by its time. Sockets of an interface that is gone may still hold the group. */
static bool share(struct pp_capture *capture, pcap_t *pcap)
{
    struct live *live = capture->live;
    int fd = pcap_fileno(pcap);
    uint32_t most = live->options.snap_length;
    if (!live->options.fanout) {
        if (!capture->filter.expression)
            (void)packet_socket_open(fd, most); /* without it more of each packet is copied, which does no harm */
        return true;
    }
    bool shut = packet_socket_shut(fd);
    live->from_ns = date_now(live);
    bool joined = shut && packet_socket_join(fd, live->options.fanout, live->watch.now.loopback);
    if (joined && (capture->filter.expression || packet_socket_open(fd, most))) return true; /* a filter is set next */
    return refuse(capture, "cannot share the interface among threads", strerror(errno));
}

/* What an activated handle still needs. 0, or as open_handle. */
static int set_up(struct pp_capture *capture, pcap_t *pcap)
{
    char said[PCAP_ERRBUF_SIZE] = "";
    bool good = share(capture, pcap) && set_kernel_filter(capture, pcap);
    if (good && pcap_setnonblock(pcap, 1, said) != 0) good = refuse(capture, "cannot capture", said);
    return good ? 0 : PCAP_ERROR;
}

/* Of the interface as the watch knows it, or as the user named it. PCAP_ERROR_NO_SUCH_DEVICE, PCAP_ERROR_IFACE_NOT_UP: not now. Any
 * other failure has stopped the capture, if it is the first time. */
static int open_handle(struct pp_capture *capture)
{
    struct live *live = capture->live;
    char said[PCAP_ERRBUF_SIZE] = "";
    pcap_t *pcap = pcap_create(*live->watch.now.name ? live->watch.now.name : capture->name, said);
    if (!pcap) return refuse(capture, "cannot capture", said), PCAP_ERROR;
    live->counts.read_ns = date_now(live);
    int status = activate(live, pcap);
    const char *why = status < 0 ? refusal(status, pcap_geterr(pcap)) : NULL;
    if (why) refuse(capture, "cannot capture", why);
    if (status >= 0) status = set_up(capture, pcap);
    if (status < 0) {
        pcap_close(pcap);
        return status;
    }
    bool once = !live->watch.now.loopback || packet_socket_ignore_outgoing(pcap_fileno(pcap));
    int dlt = pcap_datalink(pcap);
    if (dlt == DLT_EN10MB && live->watch.now.index && once) (void)ring_map(&live->ring, pcap_fileno(pcap), live->options.ring_bytes);
    live->link_type = dlt == DLT_RAW ? LINK_RAW : (uint16_t)dlt; /* this system's number for raw IP is not the file's */
    capture_add_link(capture, live->link_type);
    account_restart(&live->counts, live->counts.read_ns);
    live->pcap = pcap;
    live->phase = OPEN;
    live->opened = true;
    live->index = live->watch.now.index;
    live->missed_base = live->watch.now.missed;
    return 0;
}

/* --- counting ----------------------------------------------------------------------------------------------------------- */

/* libpcap's ps_ifdrop comes from files that a sandbox does not let it read, and is 0 when it does not know. The interface itself says
 * it in 64 bits, over rtnetlink. */
static void count_missed(struct pp_capture *capture)
{
    struct live *live = capture->live;
    struct pp_live_account *account = &capture->info.account;
    const struct link_state *now = &live->watch.now;
    if (!now->counts || now->index != live->index) return;
    account->interface_known = true;
    if (now->missed > live->missed_base) account->interface_dropped += now->missed - live->missed_base;
    live->missed_base = now->missed;
}

static void read_counts(struct pp_capture *capture)
{
    struct live *live = capture->live;
    struct pp_capture_info *info = &capture->info;
    struct pcap_stat stat;
    live->counted_ns = steady_ns();
    info->account.until_ns = date_now(live);
    if (pcap_stats(live->pcap, &stat) == 0) {
        account_add(&info->account, &live->counts, stat.ps_recv, stat.ps_drop, info->account.until_ns);
        info->drops_known = true;
    }
    count_missed(capture);
    if (live->steps.count > live->steps_counted) {
        info->account.clock_steps += live->steps.count - live->steps_counted;
        live->steps_counted = live->steps.count;
    }
    info->drops = info->account.dropped + info->account.interface_dropped;
}

/* What the kernel counted, and nobody has seen yet. */
static uint64_t outstanding(const struct pp_capture_info *info)
{
    const struct pp_live_account *account = &info->account;
    uint64_t gone = account->dropped + account->discarded + info->packets;
    return account->received > gone ? account->received - gone : 0;
}

/* --- the interface comes and goes ---------------------------------------------------------------------------------------- */

static void begin_emptying(struct live *live)
{
    if (live->phase != OPEN) return;
    packet_socket_shut(pcap_fileno(live->pcap)); /* renamed, it would go on for ever */
    live->phase = EMPTYING;
    live->since_ns = steady_ns();
}

static enum pp_link_event trouble(const struct link_state *state)
{
    if (!state->index) return PP_LINK_REMOVED;
    if (!state->up) return PP_LINK_DOWN;
    return state->carrier ? PP_LINK_RENAMED : PP_LINK_NO_CARRIER; /* PP_LINK_RENAMED: none */
}

static void link_changed(void *context, const struct link_state *before)
{
    struct pp_capture *capture = context;
    struct live *live = capture->live;
    struct pp_live_account *account = &capture->info.account;
    const struct link_state *now = &live->watch.now;
    pp_time_ns time = date_now(live);
    if (before->index && now->index && strcmp(before->name, now->name) != 0) {
        account_renamed(account, now->name, time);
        begin_emptying(live); /* libpcap asks for the interface by its old name, and fails sooner or later */
    }
    enum pp_link_event event = trouble(now);
    if (event != PP_LINK_RENAMED)
        account_gap_begin(account, event, now->name, time);
    else if (live->phase == OPEN && now->index == live->index)
        account_gap_end(account, now->name, time);
    if (now->index != live->index) begin_emptying(live);
    count_missed(capture);
}

static void leave(struct pp_capture *capture)
{
    struct live *live = capture->live;
    read_counts(capture);
    capture->info.account.discarded += outstanding(&capture->info);
    ring_unmap(&live->ring);
    pcap_close(live->pcap);
    live->pcap = NULL;
    live->phase = AWAY;
    live->since_ns = 0; /* the interface may be there again by now */
    capture->ended |= live->finishing;
}

static void come_back(struct pp_capture *capture)
{
    struct live *live = capture->live;
    uint64_t now = steady_ns();
    capture->info.account.until_ns = date_now(live);
    if (now - live->since_ns < OPEN_AGAIN_NS) return;
    live->since_ns = now;
    link_watch_ask(&live->watch); /* in case news were lost; costs nothing at this rate */
    bool watched = live->watch.fd >= 0;
    if ((watched && (!live->watch.now.index || !live->watch.now.up)) || open_handle(capture) != 0) return;
    if (!watched || trouble(&live->watch.now) == PP_LINK_RENAMED)
        account_gap_end(&capture->info.account, live->watch.now.name, date_now(live));
}

/* --- reading ------------------------------------------------------------------------------------------------------------ */

/* Where the callback puts frames; their bytes are found only after the last, since the buffer may move while it grows. */
struct batch {
    struct live *live;
    struct pp_frame *frames;
    size_t count;
};

static void copy_frame(u_char *user, const struct pcap_pkthdr *header, const u_char *bytes)
{
    struct batch *batch = (struct batch *)(void *)user;
    struct live *live = batch->live;
    pp_time_ns time = (uint64_t)header->ts.tv_sec * 1000000000u + (uint64_t)header->ts.tv_usec * live->fraction_ns;
    if (live->room - live->used < header->caplen) {
        size_t room = (live->used + header->caplen) * 2;
        uint8_t *larger = realloc(live->bytes, room);
        if (!larger) return; /* discarded, and counted as such */
        live->bytes = larger;
        live->room = room;
    }
    memcpy(live->bytes + live->used, bytes, header->caplen);
    live->used += header->caplen;
    batch->frames[batch->count++] = (struct pp_frame){
        .captured = header->caplen,
        .wire = header->len,
        .time_ns = time,
        .link_type = live->link_type,
    };
}

/* A packet that came before the filter was in place; where libpcap reads, it looks at these itself. */
static bool is_filtered(const struct pp_capture *capture, const struct pp_frame *frame)
{
    const struct live *live = capture->live;
    if (frame->time_ns >= live->unfiltered_until || !live->ring.at) return false;
    struct pcap_pkthdr header = {.caplen = frame->captured, .len = frame->wire};
    return !pcap_offline_filter(&live->filter, &header, frame->bytes);
}

/* What is left out here is discarded, and counted as such. */
static size_t keep_frames(const struct pp_capture *capture, struct pp_frame *frames, size_t count, pp_time_ns date)
{
    const struct live *live = capture->live;
    size_t kept = 0;
    for (size_t i = 0; i < count; i++) {
        if (is_filtered(capture, &frames[i])) continue;
        frames[i].time_ns = steps_take_out(&live->steps, frames[i].time_ns, date);
        if (frames[i].time_ns >= live->from_ns) frames[kept++] = frames[i];
    }
    return kept;
}

/* Frames as they came, into frames with a number and times of this capture. */
static size_t account_batch(struct pp_capture *capture, struct pp_frame *frames, size_t count)
{
    struct live *live = capture->live;
    pp_time_ns date = time_of_day_ns();
    steps_look(&live->steps, date, boot_ns());
    if (live->steps.count || live->from_ns || capture->filter.expression) count = keep_frames(capture, frames, count, date);
    capture_account_all(capture, frames, count);
    return count;
}

/* How many frames; -1: something is wrong with the handle. */
static int read_by_libpcap(struct live *live, struct pp_frame *frames, size_t max)
{
    struct batch batch = {.live = live, .frames = frames};
    live->used = 0;
    int got = pcap_dispatch(live->pcap, max < INT_MAX ? (int)max : INT_MAX, copy_frame, (u_char *)&batch);
    const uint8_t *at = live->bytes;
    for (size_t i = 0; i < batch.count; at += frames[i++].captured) frames[i].bytes = at;
    return got < 0 ? got : (int)batch.count;
}

static int read_in_place(struct live *live, struct pp_frame *frames, size_t max)
{
    bool failed = live->trouble && packet_socket_failed(pcap_fileno(live->pcap));
    live->trouble = false;
    size_t count = ring_read(&live->ring, frames, max);
    return count || !failed ? (int)count : PCAP_ERROR;
}

static size_t read_ring(struct pp_capture *capture, struct pp_frame *frames, size_t max)
{
    struct live *live = capture->live;
    int got = live->ring.at ? read_in_place(live, frames, max) : read_by_libpcap(live, frames, max);
    live->more = got > 0;
    if (got == PCAP_ERROR && live->phase == OPEN) { /* "The interface disappeared", or worse: opening it again will tell */
        account_gap_begin(&capture->info.account, PP_LINK_FAILED, live->watch.now.name, date_now(live));
        begin_emptying(live);
    }
    return got > 0 ? account_batch(capture, frames, (size_t)got) : 0;
}

static void check_empty(struct pp_capture *capture)
{
    struct live *live = capture->live;
    read_counts(capture);
    if (outstanding(&capture->info) == 0 || steady_ns() - live->since_ns > EMPTYING_MOST_NS) leave(capture);
}

size_t live_read(struct pp_capture *capture, struct pp_frame *frames, size_t max)
{
    struct live *live = capture->live;
    if (live->news) link_watch_read(&live->watch, link_changed, capture);
    live->news = false;
    if (live->phase == AWAY) come_back(capture);
    if (live->phase == AWAY) return 0;
    size_t count = read_ring(capture, frames, max);
    if (live->phase == EMPTYING && count == 0) check_empty(capture);
    if (live->pcap && steady_ns() - live->counted_ns > COUNT_EVERY_NS) {
        read_counts(capture);
        link_watch_ask(&live->watch);
    }
    return count;
}

/* How long the capture can be left alone, and what would end that; adds to `ready`. */
static int await(struct live *live, struct pollfd *ready, nfds_t *count)
{
    if (live->phase == OPEN) ready[(*count)++] = (struct pollfd){.fd = pcap_get_selectable_fd(live->pcap), .events = POLLIN};
    if (live->watch.fd >= 0) ready[(*count)++] = (struct pollfd){.fd = live->watch.fd, .events = POLLIN};
    if (live->more && live->phase != AWAY) return 0;
    if (live->phase == EMPTYING) return SHORT_WAIT_MS;
    return live->phase == AWAY ? (int)(OPEN_AGAIN_NS / MS_NS) : INT_MAX;
}

bool pp_capture_wait(struct pp_capture *const captures[], size_t count, int timeout_ms)
{
    struct pollfd ready[2 * PP_LIVE_MAX];
    struct pp_capture *asked[2 * PP_LIVE_MAX];
    nfds_t descriptors = 0;
    struct live *counts = NULL; /* how often this was asked */
    for (size_t i = 0; i < count && i < PP_LIVE_MAX; i++) {
        struct live *live = captures[i]->live;
        if (!live || captures[i]->ended) continue;
        if (!counts) counts = live;
        nfds_t first = descriptors;
        int most = await(live, ready, &descriptors);
        if (most < timeout_ms) timeout_ms = most;
        while (first < descriptors) asked[first++] = captures[i];
    }
    if (timeout_ms == 0 && counts && ++counts->batches % BATCHES_A_POLL) return true; /* there is more to read anyway */
    if (poll(ready, descriptors, timeout_ms) < 0) return errno == EINTR;
    for (nfds_t i = 0; i < descriptors; i++) {
        struct live *live = asked[i]->live;
        if (ready[i].fd == live->watch.fd)
            live->news |= ready[i].revents != 0;
        else
            live->trouble |= (ready[i].revents & (POLLERR | POLLHUP)) != 0;
    }
    return true;
}

/* --- the public face ---------------------------------------------------------------------------------------------------- */

static bool start(struct pp_capture *capture)
{
    struct live *live = capture->live;
    if (!link_watch_begin(&live->watch, capture->name))
        return capture_stop(capture, CORRUPT, "cannot watch the interface: %s", strerror(errno));
    int status = open_handle(capture);
    if (status == PCAP_ERROR_NO_SUCH_DEVICE)
        return capture_stop(capture, CORRUPT, "no such interface; 'ip link' lists them, 'any' takes all");
    if (status == PCAP_ERROR_IFACE_NOT_UP)
        return capture_stop(capture, CORRUPT, "the interface is down; bring it up with 'ip link set … up'");
    if (status != 0) return false;
    if (live->watch.fd >= 0) link_changed(capture, &live->watch.now); /* it may have no carrier */
    return true;
}

struct pp_capture *pp_capture_open_live(const char *interface, const struct pp_live_options *live, const struct pp_capture_options *options)
{
    struct pp_capture *capture = capture_create(interface, options);
    if (!capture) return NULL;
    capture->info.format = "live";
    capture->info.live = true;
    capture->live = calloc(1, sizeof *capture->live);
    if (!capture->live) {
        pp_capture_close(capture);
        return NULL;
    }
    struct pp_live_options *chosen = &capture->live->options;
    *chosen = live ? *live : (struct pp_live_options){0};
    if (!chosen->snap_length) chosen->snap_length = SNAP_LENGTH_DEFAULT;
    if (!chosen->ring_bytes) chosen->ring_bytes = RING_DEFAULT;
    capture->info.snap_length = chosen->snap_length;
    capture->live->filter_dlt = -1;
    steps_begin(&capture->live->steps, time_of_day_ns(), boot_ns());
    capture->live->watch.fd = -1;
    capture->ended = !start(capture);
    return capture;
}

void pp_capture_resume(struct pp_capture *capture, const struct pp_capture_info *before)
{
    struct pp_capture_info *info = &capture->info, fresh = *info;
    if (!capture->live) return;
    info->bytes = before->bytes;
    info->packets = before->packets;
    info->filtered = before->filtered;
    info->cut = before->cut;
    info->out_of_order = before->out_of_order;
    info->first_ns = before->first_ns;
    info->last_ns = before->last_ns;
    info->account = before->account;
    account_resume(&info->account, before->packets, &fresh.account, capture->live->watch.now.name, date_now(capture->live));
    info->drops = info->account.dropped + info->account.interface_dropped;
}

/* Of the handle alone: what the interface itself says comes with the news of the watch, which are the reading thread's. */
void pp_capture_update_drops(struct pp_capture *capture)
{
    if (capture->live && capture->live->pcap) read_counts(capture);
}

void pp_capture_finish_live(struct pp_capture *capture)
{
    struct live *live = capture->live;
    if (!live || capture->ended || live->finishing) return;
    live->finishing = true;
    if (live->phase == AWAY) {
        capture->ended = true;
        return;
    }
    begin_emptying(live);
    link_watch_ask(&live->watch);
    link_watch_await(&live->watch, ANSWER_MS, link_changed, capture);
    read_counts(capture);
}

void live_close(struct live *live)
{
    if (!live) return;
    ring_unmap(&live->ring);
    if (live->pcap) pcap_close(live->pcap);
    if (live->filter_dlt != -1) pcap_freecode(&live->filter);
    link_watch_end(&live->watch);
    free(live->bytes);
    free(live);
}
