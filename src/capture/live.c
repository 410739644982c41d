/* Live capture through libpcap. Frames are copied once, out of the kernel's ring, since the ring may reuse them before the
 * caller is done. */
#define _DEFAULT_SOURCE /* <pcap.h> wants u_int and its like */
#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include <pcap.h>

#include "reader.h"
#include "text.h"

enum { SNAP_LENGTH_DEFAULT = 256, TIMEOUT_MS = 100, WAIT_MS = 200, LINK_RAW = 101 };

struct live {
    pcap_t *pcap;
    uint32_t fraction_ns;
    uint16_t link_type;
    uint8_t *bytes; /* of the batch handed out; owned */
    size_t used, room;
};

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
    if (live->room - live->used < header->caplen) {
        size_t room = (live->used + header->caplen) * 2;
        uint8_t *larger = realloc(live->bytes, room);
        if (!larger) return; /* lost, as when the ring is full */
        live->bytes = larger;
        live->room = room;
    }
    memcpy(live->bytes + live->used, bytes, header->caplen);
    live->used += header->caplen;
    batch->frames[batch->count++] = (struct pp_frame){
        .captured = header->caplen,
        .wire = header->len,
        .time_ns = (uint64_t)header->ts.tv_sec * 1000000000u + (uint64_t)header->ts.tv_usec * live->fraction_ns,
        .link_type = live->link_type,
    };
}

static size_t account_batch(struct pp_capture *capture, const struct batch *batch)
{
    size_t at = 0, kept = 0;
    for (size_t i = 0; i < batch->count; i++) {
        struct pp_frame frame = batch->frames[i];
        frame.bytes = batch->live->bytes + at;
        at += frame.captured;
        if (capture_account(capture, &frame)) batch->frames[kept++] = frame;
    }
    capture->info.bytes += at;
    return kept;
}

size_t live_read(struct pp_capture *capture, struct pp_frame *frames, size_t max)
{
    struct live *live = capture->live;
    struct pollfd ready = {.fd = pcap_get_selectable_fd(live->pcap), .events = POLLIN};
    if (poll(&ready, ready.fd >= 0 ? 1 : 0, WAIT_MS) < 0 && errno != EINTR) {
        capture_stop(capture, CORRUPT, "cannot wait for packets: %s", strerror(errno));
        return 0;
    }
    struct batch batch = {.live = live, .frames = frames};
    live->used = 0;
    int got = pcap_dispatch(live->pcap, max < INT_MAX ? (int)max : INT_MAX, copy_frame, (u_char *)&batch);
    if (got == PCAP_ERROR) capture_stop(capture, CORRUPT, "capture stopped: %s", pcap_geterr(live->pcap));
    return account_batch(capture, &batch);
}

static bool activate(struct pp_capture *capture, const struct pp_live_options *options)
{
    pcap_t *pcap = capture->live->pcap;
    uint32_t snap = options && options->snap_length ? options->snap_length : SNAP_LENGTH_DEFAULT;
    pcap_set_snaplen(pcap, snap < INT_MAX ? (int)snap : INT_MAX);
    pcap_set_promisc(pcap, options && options->promiscuous);
    pcap_set_timeout(pcap, TIMEOUT_MS);
    if (options && options->buffer_bytes) {
        pcap_set_buffer_size(pcap, options->buffer_bytes < INT_MAX ? (int)options->buffer_bytes : INT_MAX);
    }
    bool nano = pcap_set_tstamp_precision(pcap, PCAP_TSTAMP_PRECISION_NANO) == 0;
    capture->live->fraction_ns = nano ? 1 : 1000;
    int status = pcap_activate(pcap);
    char why[256];
    escape_into(why, sizeof why, pcap_geterr(pcap), strlen(pcap_geterr(pcap)));
    switch (status) {
    case PCAP_ERROR_NO_SUCH_DEVICE: return capture_stop(capture, CORRUPT, "no such interface; 'ip link' lists them, 'any' takes all");
    case PCAP_ERROR_PERM_DENIED:
    case PCAP_ERROR_PROMISC_PERM_DENIED:
        return capture_stop(capture, CORRUPT, "no permission to capture: run as root, or give the program cap_net_raw (setcap)");
    case PCAP_ERROR_IFACE_NOT_UP: return capture_stop(capture, CORRUPT, "the interface is down; bring it up with 'ip link set … up'");
    default: break;
    }
    if (status < 0) return capture_stop(capture, CORRUPT, "cannot capture: %s", *why ? why : pcap_statustostr(status));
    capture->info.snap_length = snap;
    return true;
}

static bool set_kernel_filter(struct pp_capture *capture)
{
    pcap_t *pcap = capture->live->pcap;
    struct bpf_program code;
    if (!capture->filter.expression) return true;
    if (pcap_compile(pcap, &code, capture->filter.expression, 1, PCAP_NETMASK_UNKNOWN) != 0) {
        return capture_stop(capture, CORRUPT, "bad filter expression: %s", pcap_geterr(pcap));
    }
    bool good = pcap_setfilter(pcap, &code) == 0;
    pcap_freecode(&code);
    return good || capture_stop(capture, CORRUPT, "cannot set the filter: %s", pcap_geterr(pcap));
}

static bool start(struct pp_capture *capture, const struct pp_live_options *options)
{
    char why[PCAP_ERRBUF_SIZE];
    struct live *live = capture->live;
    live->pcap = pcap_create(capture->name, why);
    if (!live->pcap) return capture_stop(capture, CORRUPT, "cannot capture: %s", why);
    if (!activate(capture, options) || !set_kernel_filter(capture)) return false;
    if (pcap_setnonblock(live->pcap, 1, why) != 0) return capture_stop(capture, CORRUPT, "cannot capture: %s", why);
    int dlt = pcap_datalink(live->pcap);
    live->link_type = dlt == DLT_RAW ? LINK_RAW : (uint16_t)dlt; /* this system's number for raw IP is not the file's */
    capture_add_link(capture, live->link_type);
    return true;
}

struct pp_capture *pp_capture_open_live(const char *interface, const struct pp_live_options *live, const struct pp_capture_options *options)
{
    struct pp_capture *capture = capture_create(interface, options);
    if (!capture) return NULL;
    capture->info.format = "live";
    capture->live = calloc(1, sizeof *capture->live);
    if (!capture->live) {
        pp_capture_close(capture);
        return NULL;
    }
    capture->ended = !start(capture, live);
    return capture;
}

void pp_capture_update_drops(struct pp_capture *capture)
{
    struct pcap_stat stat;
    if (!capture->live || !capture->live->pcap || pcap_stats(capture->live->pcap, &stat) != 0) return;
    capture->info.drops = (uint64_t)stat.ps_drop + stat.ps_ifdrop;
    capture->info.drops_known = true;
}

void live_close(struct live *live)
{
    if (!live) return;
    if (live->pcap) pcap_close(live->pcap);
    free(live->bytes);
    free(live);
}
