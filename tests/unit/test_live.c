/* Live capture on a system that the test plays: libpcap, the watch on the link, the ring and all clocks. What an interface does in a
 * network namespace is in tests/live; here is what no namespace does when asked. */
#define _DEFAULT_SOURCE /* <pcap.h> wants u_int and its like */
#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <pcap.h>

#include "clock.h"
#include "link_watch.h"
#include "reader.h"
#include "ring.h"
#include "testing.h"

enum { FRAMES = 8, FRAME_BYTES = 60, HELD = 1, MS = 1000000, PERMANENT = 100 };
static const uint64_t BEGIN_NS = UINT64_C(1763632691000000000);

static struct {
    /* libpcap */
    const char *error; /* of whatever fails */
    int status, dlt, open_handles, snap, ring_size;
    uint32_t wire;
    bool no_handle, micro, no_filter, blocks, no_counts, says_nothing;
    uint32_t received, dropped;
    unsigned frames; /* that wait */
    pp_time_ns frame_ns[FRAMES];
    uint16_t port[FRAMES];
    int dispatch; /* below 0: what it returns */
    int ends[2];  /* of a pipe: what is polled for packets */
    /* the link */
    bool no_watch;
    struct link_state link;
    int news[2];
    unsigned asked;
    /* its packet socket */
    bool no_shut, no_join, no_open, no_ignore, trouble, ring;
    /* memory, and the clock */
    bool no_memory, no_memory_next, no_poll;
    uint64_t steady, set_by;
} host;

static uint8_t frame_bytes[FRAMES][FRAME_BYTES];

static void begin_system(void)
{
    memset(&host, 0, sizeof host);
    host.dlt = DLT_EN10MB;
    host.wire = 100;
    host.steady = UINT64_C(10000) * MS;
    host.link = (struct link_state){.index = 7, .up = true, .carrier = true, .counts = true, .missed = 5, .name = "eth0"};
    assert_int_equal(pipe(host.ends) | pipe(host.news), 0);
}

static void end_system(void)
{
    assert_int_equal(host.open_handles, 0);
    for (unsigned i = 0; i < 2; i++) close(host.ends[i]), close(host.news[i]);
}

#define PLAYED(type, name, ...)                                                                                                            \
    type __real_##name(__VA_ARGS__);                                                                                                       \
    type __wrap_##name(__VA_ARGS__);                                                                                                       \
    type __wrap_##name(__VA_ARGS__)

PLAYED(pcap_t *, pcap_create, const char *name, char *error)
{
    assert_true(*name);
    if (host.no_handle) strcpy(error, "there is none");
    host.open_handles += !host.no_handle;
    return host.no_handle ? NULL : pcap_open_dead(host.dlt, 65535);
}
PLAYED(void, pcap_close, pcap_t *pcap)
{
    host.open_handles--;
    __real_pcap_close(pcap);
}
PLAYED(int, pcap_set_snaplen, pcap_t *pcap, int bytes) { return (void)pcap, host.snap = bytes, 0; }
PLAYED(int, pcap_set_promisc, pcap_t *pcap, int yes) { return (void)pcap, (void)yes, 0; }
PLAYED(int, pcap_set_timeout, pcap_t *pcap, int ms) { return (void)pcap, (void)ms, 0; }
PLAYED(int, pcap_set_buffer_size, pcap_t *pcap, int bytes) { return (void)pcap, host.ring_size = bytes, 0; }
PLAYED(int, pcap_set_tstamp_precision, pcap_t *pcap, int precision) { return (void)pcap, (void)precision, host.micro ? PCAP_ERROR : 0; }
PLAYED(int, pcap_activate, pcap_t *pcap) { return (void)pcap, host.status; }
PLAYED(char *, pcap_geterr, pcap_t *pcap) { return host.error ? (char *)(uintptr_t)host.error : __real_pcap_geterr(pcap); }
PLAYED(int, pcap_setfilter, pcap_t *pcap, struct bpf_program *program) { return (void)pcap, (void)program, host.no_filter ? -1 : 0; }
PLAYED(int, pcap_fileno, pcap_t *pcap) { return (void)pcap, PERMANENT; }
PLAYED(int, pcap_get_selectable_fd, pcap_t *pcap) { return (void)pcap, host.ends[0]; }
PLAYED(int, pcap_setnonblock, pcap_t *pcap, int yes, char *error)
{
    (void)pcap, (void)yes;
    if (host.blocks) strcpy(error, "it blocks");
    return host.blocks ? -1 : 0;
}
PLAYED(int, pcap_stats, pcap_t *pcap, struct pcap_stat *stat)
{
    (void)pcap;
    *stat = (struct pcap_stat){.ps_recv = host.received, .ps_drop = host.dropped};
    return host.no_counts ? -1 : 0;
}
PLAYED(int, pcap_dispatch, pcap_t *pcap, int max, pcap_handler handler, u_char *user)
{
    (void)pcap;
    assert_true(max > 0);
    if (host.dispatch < 0) return host.dispatch;
    unsigned count = host.frames;
    for (unsigned i = 0; i < count; i++) {
        struct pcap_pkthdr header = {.caplen = FRAME_BYTES, .len = host.wire};
        header.ts.tv_sec = (time_t)(host.frame_ns[i] / 1000000000);
        header.ts.tv_usec = (suseconds_t)(host.frame_ns[i] % 1000000000 / (host.micro ? 1000 : 1));
        handler(user, &header, frame_bytes[i]);
    }
    host.frames = 0;
    return (int)count;
}

PLAYED(bool, ring_map, struct ring *ring, int fd, uint32_t wanted)
{
    assert_true(fd == PERMANENT && wanted);
    *ring = (struct ring){.at = host.ring ? frame_bytes[0] : NULL};
    return host.ring;
}
PLAYED(void, ring_unmap, struct ring *ring) { *ring = (struct ring){0}; }
PLAYED(size_t, ring_read, struct ring *ring, struct pp_frame *frames, size_t max)
{
    assert_non_null(ring->at);
    unsigned count = host.frames < max ? host.frames : (unsigned)max;
    for (unsigned i = 0; i < count; i++)
        frames[i] =
            (struct pp_frame){.bytes = frame_bytes[i], .captured = FRAME_BYTES, .wire = 100, .time_ns = host.frame_ns[i], .link_type = 1};
    host.frames = 0;
    return count;
}

PLAYED(bool, link_watch_begin, struct link_watch *watch, const char *name)
{
    assert_true(*name);
    *watch = (struct link_watch){.fd = -1};
    if (host.no_watch) return errno = EMFILE, false;
    if (host.link.index) watch->fd = dup(host.news[0]), watch->now = host.link;
    return true;
}
PLAYED(void, link_watch_ask, struct link_watch *watch) { (void)watch, host.asked++; }
PLAYED(void, link_watch_read, struct link_watch *watch, void (*changed)(void *, const struct link_state *), void *context)
{
    char byte;
    const struct link_state before = watch->now;
    assert_int_equal(read(watch->fd, &byte, 1), 1);
    watch->now = host.link;
    changed(context, &before);
}
PLAYED(void, link_watch_await, struct link_watch *watch, int most_ms, void (*changed)(void *, const struct link_state *), void *context)
{
    (void)watch, (void)most_ms, (void)changed, (void)context;
}
PLAYED(bool, packet_socket_shut, int fd) { return (void)fd, errno = EINVAL, !host.no_shut; }
PLAYED(bool, packet_socket_open, int fd, uint32_t most) { return (void)fd, (void)most, errno = EINVAL, !host.no_open; }
PLAYED(bool, packet_socket_join, int fd, uint16_t group, bool ignore)
{
    return (void)fd, (void)group, (void)ignore, errno = EINVAL, !host.no_join;
}
PLAYED(bool, packet_socket_ignore_outgoing, int fd) { return (void)fd, !host.no_ignore; }
PLAYED(bool, packet_socket_failed, int fd) { return (void)fd, host.trouble; }

PLAYED(void *, calloc, size_t count, size_t size)
{
    bool capture = size == sizeof(struct pp_capture), fails = capture ? host.no_memory : host.no_memory_next;
    host.no_memory_next = capture && host.no_memory_next;
    return fails ? NULL : __real_calloc(count, size);
}
PLAYED(void *, realloc, void *old, size_t size) { return host.no_memory ? NULL : __real_realloc(old, size); }
PLAYED(int, poll, struct pollfd *ready, nfds_t count, int ms)
{
    if (!host.no_poll) return __real_poll(ready, count, ms);
    errno = ms == 1 ? EINTR : EFAULT;
    return -1;
}
/* What the optimiser makes of it. */
int __wrap___poll_chk(struct pollfd *ready, nfds_t count, int ms, size_t size);
int __wrap___poll_chk(struct pollfd *ready, nfds_t count, int ms, size_t size)
{
    assert_true(count <= size / sizeof *ready);
    return __wrap_poll(ready, count, ms);
}
PLAYED(uint64_t, steady_ns, void) { return host.steady; }
PLAYED(uint64_t, boot_ns, void) { return host.steady; }
PLAYED(pp_time_ns, time_of_day_ns, void) { return BEGIN_NS + host.steady + host.set_by; }

static void later(unsigned ms) { host.steady += (uint64_t)ms * MS; }

/* --- a capture on it ------------------------------------------------------------------------------------------------------- */

static struct pp_capture *listen_with(const struct pp_live_options *live, const char *filter)
{
    struct pp_capture *capture = pp_capture_open_live("eth0", live, &(struct pp_capture_options){.filter = filter});
    assert_non_null(capture);
    return capture;
}

static struct pp_capture *listening(void)
{
    begin_system();
    struct pp_capture *capture = listen_with(NULL, NULL);
    assert_string_equal(pp_capture_info(capture)->error.text, "");
    return capture;
}

static void stop(struct pp_capture *capture)
{
    pp_capture_close(capture);
    end_system();
}

/* Frames that wait; each is also counted as received. */
static void arrive(unsigned count)
{
    assert_true(count <= FRAMES);
    for (unsigned i = 0; i < count; i++) host.frame_ns[i] = BEGIN_NS + host.steady;
    host.frames = count;
    host.received += count;
}

static size_t next(struct pp_capture *capture)
{
    struct pp_frame frames[FRAMES];
    return pp_capture_next(capture, frames, FRAMES);
}

/* The link is as host.link says now, and the capture hears of it. */
static size_t hear(struct pp_capture *capture)
{
    assert_int_equal(write(host.news[1], "!", 1), 1);
    assert_true(pp_capture_wait(&capture, 1, 1));
    return next(capture);
}

static const struct pp_link_gap *last_gap(const struct pp_capture *capture)
{
    const struct pp_live_account *account = &pp_capture_info(capture)->account;
    assert_true(account->gap_count);
    return &account->gaps[account->gap_count - 1];
}

static void assert_refused(const struct pp_live_options *live, const char *filter, const char *why)
{
    struct pp_capture *capture = listen_with(live, filter);
    assert_non_null(strstr(pp_capture_info(capture)->error.text, why));
    assert_true(pp_capture_info(capture)->failed);
    assert_int_equal(next(capture), 0);
    assert_int_equal(pp_capture_position(capture), 0);
    pp_capture_finish_live(capture);
    pp_capture_update_drops(capture);
    stop(capture);
}

static void an_interface_that_cannot_be_opened_says_why(void **state)
{
    (void)state;
    static const struct {
        int status;
        const char *said, *text;
    } cases[] = {
        {PCAP_ERROR_NO_SUCH_DEVICE, "", "no such interface; 'ip link' lists them, 'any' takes all"},
        {PCAP_ERROR_IFACE_NOT_UP, "", "the interface is down; bring it up with"},
        {PCAP_ERROR_PERM_DENIED, "x", "cannot capture: no permission: run as root, or give the program cap_net_raw (setcap)"},
        {PCAP_ERROR_PROMISC_PERM_DENIED, "x", "cannot capture: no permission: run as root"},
        {PCAP_ERROR, "it burns", "cannot capture: it burns"},
        {PCAP_ERROR_RFMON_NOTSUP, "", "cannot capture: That device doesn't support monitor mode"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        begin_system();
        host.status = cases[i].status;
        host.error = cases[i].said;
        assert_refused(NULL, NULL, cases[i].text);
    }
    begin_system();
    host.no_handle = true;
    assert_refused(NULL, NULL, "cannot capture: there is none");
    begin_system();
    host.no_watch = true;
    assert_refused(NULL, NULL, "cannot watch the interface: Too many open files");
}

static void what_an_open_handle_refuses_is_said_and_it_is_closed(void **state)
{
    (void)state;
    const struct pp_live_options shared = {.fanout = 3};
    begin_system();
    host.no_filter = true;
    host.error = "not here";
    assert_refused(NULL, "udp", "cannot set the filter: not here");
    begin_system();
    assert_refused(NULL, "no such thing", "bad filter expression: ");
    begin_system();
    host.blocks = true;
    assert_refused(NULL, NULL, "cannot capture: it blocks");
    for (unsigned i = 0; i < 3; i++) {
        begin_system();
        host.no_shut = i == 0;
        host.no_join = i == 1;
        host.no_open = i == 2;
        assert_refused(&shared, i == 1 ? "udp" : NULL, "cannot share the interface among threads: Invalid argument");
    }
}

static void a_warning_is_no_failure_and_sizes_beyond_libpcap_are_its_largest(void **state)
{
    (void)state;
    begin_system();
    host.status = PCAP_WARNING_PROMISC_NOTSUP;
    struct pp_capture *capture =
        listen_with(&(struct pp_live_options){.snap_length = UINT32_MAX, .ring_bytes = UINT32_MAX, .promiscuous = true}, NULL);
    assert_false(pp_capture_info(capture)->failed);
    assert_int_equal(host.snap, INT_MAX);
    assert_int_equal(host.ring_size, INT_MAX);
    arrive(2);
    struct pp_frame frames[FRAMES];
    assert_int_equal(pp_capture_next(capture, frames, SIZE_MAX), 2);
    assert_int_equal(frames[1].wire, 100);
    assert_int_equal(frames[1].captured, FRAME_BYTES);
    assert_true(frames[1].time_ns == BEGIN_NS + host.steady);
    assert_int_equal(pp_capture_info(capture)->cut, 2);
    host.wire = 7; /* less than was captured */
    arrive(1);
    assert_int_equal(pp_capture_next(capture, frames, FRAMES), 1);
    assert_int_equal(frames[0].wire, FRAME_BYTES);
    assert_int_equal(pp_capture_info(capture)->cut, 2);
    stop(capture);
}

static void times_of_microseconds_and_raw_ip_are_read_as_such(void **state)
{
    (void)state;
    begin_system();
    host.micro = true;
    host.dlt = DLT_RAW;
    host.ring = true; /* is for Ethernet alone */
    struct pp_capture *capture = listen_with(NULL, NULL);
    arrive(1);
    host.frame_ns[0] = BEGIN_NS + 7000;
    struct pp_frame frames[FRAMES];
    assert_int_equal(pp_capture_next(capture, frames, FRAMES), 1);
    assert_true(frames[0].time_ns == BEGIN_NS + 7000);
    assert_int_equal(frames[0].link_type, 101);
    stop(capture);
}

static void loopback_is_read_in_place_only_where_each_packet_comes_once(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 2; i++) {
        begin_system();
        host.link.loopback = host.ring = true;
        host.no_ignore = i == 1;
        struct pp_capture *capture = listen_with(NULL, NULL);
        assert_int_equal(capture->live && next(capture), 0);
        host.dispatch = PCAP_ERROR; /* libpcap is asked only when the ring is its */
        later(1);
        next(capture);
        assert_int_equal(pp_capture_info(capture)->account.gap_count, i);
        stop(capture);
    }
}

static void what_came_before_the_filter_is_looked_at_again(void **state)
{
    (void)state;
    begin_system();
    host.ring = true;
    struct pp_capture *capture = listen_with(NULL, "udp port 9");
    static const uint8_t head[] = {2, 0, 0, 0,  0,  2, 2, 0,  0, 0, 0, 1,  8, 0, 0x45, 0, 0, 46, 0,
                                   0, 0, 0, 64, 17, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2,    3, 3, 0,  9};
    for (unsigned i = 0; i < FRAMES; i++) memcpy(frame_bytes[i], head, sizeof head);
    frame_bytes[1][37] = 10; /* another port */
    arrive(2);
    for (unsigned i = 0; i < 2; i++) host.frame_ns[i] = BEGIN_NS;
    assert_int_equal(next(capture), 1);
    arrive(2); /* later the kernel has seen to it */
    assert_int_equal(next(capture), 2);
    pp_capture_finish_live(capture);
    assert_int_equal(next(capture), 0);
    later(600);
    assert_int_equal(next(capture), 0);
    assert_int_equal(pp_capture_info(capture)->account.discarded, 1);
    assert_int_equal(pp_capture_info(capture)->account.received, 4);
    stop(capture);
    memset(frame_bytes, 0, sizeof frame_bytes);
}

static void libpcap_looks_itself_at_what_came_before_the_filter(void **state)
{
    (void)state;
    begin_system();
    struct pp_capture *capture = listen_with(NULL, "udp port 9");
    arrive(1);
    host.frame_ns[0] = BEGIN_NS;
    assert_int_equal(next(capture), 1); /* it passes none that is not to pass */
    stop(capture);
}

static void a_date_that_is_set_is_counted_and_moves_no_frame(void **state)
{
    (void)state;
    struct pp_capture *capture = listening();
    struct pp_frame frames[FRAMES];
    host.set_by = UINT64_C(3600000) * MS;
    arrive(1);
    host.frame_ns[0] += host.set_by;
    assert_int_equal(pp_capture_next(capture, frames, FRAMES), 1);
    assert_true(frames[0].time_ns == BEGIN_NS + host.steady);
    pp_capture_update_drops(capture);
    pp_capture_update_drops(capture);
    assert_int_equal(pp_capture_info(capture)->account.clock_steps, 1);
    assert_true(pp_capture_info(capture)->account.until_ns == BEGIN_NS + host.steady);
    stop(capture);
}

static void what_came_before_the_group_was_joined_is_discarded(void **state)
{
    (void)state;
    begin_system();
    struct pp_capture *capture = listen_with(&(struct pp_live_options){.fanout = 3}, NULL);
    arrive(3);
    host.frame_ns[1] = BEGIN_NS; /* before */
    assert_int_equal(next(capture), 2);
    stop(capture);
    begin_system();
    capture = listen_with(&(struct pp_live_options){.fanout = 3}, "udp");
    assert_false(pp_capture_info(capture)->failed);
    stop(capture);
}

static void frames_without_memory_are_discarded_and_counted(void **state)
{
    (void)state;
    struct pp_capture *capture = listening();
    arrive(3);
    host.no_memory = true;
    assert_int_equal(next(capture), 0);
    host.no_memory = false;
    arrive(2);
    assert_int_equal(next(capture), 2);
    pp_capture_finish_live(capture);
    later(600);
    assert_int_equal(next(capture), 0);
    assert_int_equal(pp_capture_info(capture)->account.discarded, 3);
    assert_int_equal(pp_capture_position(capture), 0); /* ended */
    stop(capture);
}

static void memory_that_is_out_when_it_is_opened_gives_no_capture(void **state)
{
    (void)state;
    begin_system();
    host.no_memory = true;
    assert_null(pp_capture_open_live("eth0", NULL, NULL));
    host.no_memory = false;
    host.no_memory_next = true;
    assert_null(pp_capture_open_live("eth0", NULL, NULL));
    end_system();
}

static void a_link_that_goes_away_is_emptied_left_and_opened_again(void **state)
{
    (void)state;
    struct pp_capture *capture = listening();
    arrive(2);
    host.link.index = 0;
    assert_int_equal(hear(capture), 2); /* what the ring holds is read first */
    assert_int_equal(last_gap(capture)->event, PP_LINK_REMOVED);
    assert_int_equal(next(capture), 0);
    assert_int_equal(host.open_handles, 0);
    pp_capture_update_drops(capture);   /* of no handle */
    assert_int_equal(next(capture), 0); /* tried at once, in vain */
    host.link = (struct link_state){.index = 9, .up = false, .name = "eth0"};
    assert_int_equal(hear(capture), 0);
    later(300);
    assert_int_equal(next(capture), 0);
    assert_int_equal(host.open_handles, 0); /* it is down */
    host.link.up = host.link.carrier = true;
    host.status = PCAP_ERROR_IFACE_NOT_UP; /* and again by the time it is opened */
    hear(capture);
    later(300);
    next(capture);
    assert_true(last_gap(capture)->to_ns == PP_NO_FIRST);
    host.status = PCAP_ERROR; /* what it may refuse later is no end */
    host.error = "it burns";
    later(300);
    next(capture);
    assert_false(pp_capture_info(capture)->failed);
    host.status = 0;
    host.link.carrier = false;
    hear(capture);
    later(300);
    assert_int_equal(next(capture), 0);
    assert_int_equal(host.open_handles, 1);
    assert_true(last_gap(capture)->to_ns == PP_NO_FIRST); /* open, but without a carrier */
    host.received = host.dropped = 0;
    host.link.carrier = true;
    hear(capture);
    assert_true(last_gap(capture)->to_ns == BEGIN_NS + host.steady);
    arrive(1);
    assert_int_equal(next(capture), 1);
    stop(capture);
}

static void another_link_of_the_same_name_is_opened_anew(void **state)
{
    (void)state;
    struct pp_capture *capture = listening();
    host.link.index = 8; /* between two news it was removed and made again */
    assert_int_equal(hear(capture), 0);
    assert_int_equal(host.open_handles, 0);
    later(300);
    next(capture);
    assert_int_equal(host.open_handles, 1);
    stop(capture);
}

static void a_link_type_that_changes_has_the_filter_compiled_again(void **state)
{
    (void)state;
    static const int types[] = {DLT_EN10MB, DLT_RAW, DLT_USB_LINUX};
    begin_system();
    struct pp_capture *capture = listen_with(NULL, "udp port 9");
    for (unsigned i = 0; i < 3; i++) {
        host.dlt = types[i];
        host.link.index++;
        hear(capture);
        assert_int_equal(host.open_handles, 0);
        later(300);
        next(capture);
        assert_int_equal(host.open_handles, i < 2);
    }
    assert_non_null(strstr(pp_capture_info(capture)->error.text, "bad filter expression: ")); /* of USB there is no such thing */
    assert_int_equal(next(capture), 0);
    stop(capture);
}

static void a_handle_that_fails_is_opened_again(void **state)
{
    (void)state;
    for (unsigned watched = 0; watched < 2; watched++) {
        begin_system();
        if (!watched) host.link = (struct link_state){.index = 0};
        struct pp_capture *capture = listen_with(NULL, NULL);
        host.dispatch = PCAP_ERROR;
        assert_int_equal(next(capture), 0);
        assert_int_equal(last_gap(capture)->event, PP_LINK_FAILED);
        host.dispatch = 0;
        later(300);
        assert_int_equal(next(capture), 0);
        assert_int_equal(host.open_handles, 1);
        assert_true(last_gap(capture)->to_ns != PP_NO_FIRST);
        arrive(2);
        assert_int_equal(next(capture), 2);
        stop(capture);
    }
}

static void a_socket_in_trouble_is_asked_what_it_is_after_its_ring_is_read(void **state)
{
    (void)state;
    for (unsigned failed = 0; failed < 2; failed++) {
        begin_system();
        host.ring = true;
        host.trouble = failed;
        struct pp_capture *capture = listen_with(NULL, NULL);
        close(host.ends[1]); /* POLLHUP */
        host.ends[1] = dup(host.ends[0]);
        assert_true(pp_capture_wait(&capture, 1, 5));
        assert_int_equal(next(capture), 0);
        assert_int_equal(pp_capture_info(capture)->account.gap_count, failed);
        assert_true(pp_capture_wait(&capture, 1, 5));
        arrive(1);
        if (!failed) assert_int_equal(next(capture), 1);
        stop(capture);
    }
}

static void counts_are_read_every_second_and_go_on_where_they_cannot_be(void **state)
{
    (void)state;
    struct pp_capture *capture = listening();
    host.received = 10;
    host.dropped = 4;
    host.no_counts = true;
    later(1100);
    next(capture);
    assert_int_equal(pp_capture_info(capture)->account.received, 0);
    assert_false(pp_capture_info(capture)->drops_known);
    assert_int_equal(host.asked, 1);
    host.no_counts = false;
    pp_capture_update_drops(capture);
    assert_int_equal(pp_capture_info(capture)->account.dropped, 4);
    host.link.missed = 12; /* seven more than when it was opened */
    hear(capture);
    host.link.missed = 2; /* it counts anew: nothing that is known is taken back */
    hear(capture);
    assert_int_equal(pp_capture_info(capture)->account.interface_dropped, 7);
    host.link.counts = false;
    host.link.missed = 100;
    hear(capture);
    assert_int_equal(pp_capture_info(capture)->account.interface_dropped, 7);
    later(1100);
    next(capture);
    assert_int_equal(pp_capture_info(capture)->drops, 11);
    stop(capture);
}

static void a_ring_that_never_gets_empty_is_left_after_half_a_second(void **state)
{
    (void)state;
    struct pp_capture *capture = listening();
    host.received = 5; /* that nobody hands out */
    pp_capture_finish_live(capture);
    pp_capture_finish_live(capture); /* twice is once */
    assert_int_equal(next(capture), 0);
    assert_int_equal(pp_capture_position(capture), 1); /* still waiting */
    later(600);
    assert_int_equal(next(capture), 0);
    assert_int_equal(pp_capture_position(capture), 0);
    assert_int_equal(pp_capture_info(capture)->account.discarded, 5);
    pp_capture_finish_live(capture);
    stop(capture);
}

static void a_capture_that_waits_for_its_link_ends_at_once(void **state)
{
    (void)state;
    struct pp_capture *capture = listening();
    host.link.index = 0;
    hear(capture);
    assert_int_equal(host.open_handles, 0);
    pp_capture_finish_live(capture);
    assert_int_equal(pp_capture_position(capture), 0);
    assert_int_equal(next(capture), 0);
    stop(capture);
}

static void begin_ended(struct pp_capture **capture)
{
    host.no_handle = true;
    *capture = listen_with(NULL, NULL);
    host.no_handle = false;
    assert_true(pp_capture_info(*capture)->failed);
}

static void waiting_is_for_what_is_open_and_ends_when_a_signal_comes(void **state)
{
    (void)state;
    struct pp_capture *capture = listening(), *many[PP_LIVE_MAX + 1];
    struct pp_capture *file = pp_capture_open_memory("none", (const uint8_t *)"", 0, NULL);
    assert_true(pp_capture_wait(&file, 1, 0)); /* no live one */
    pp_capture_finish_live(file);
    pp_capture_update_drops(file);
    pp_capture_resume(file, pp_capture_info(capture));
    for (unsigned i = 0; i <= PP_LIVE_MAX; i++) many[i] = capture;
    assert_true(pp_capture_wait(many, PP_LIVE_MAX + 1, 1)); /* the last one is not asked */
    begin_ended(&many[0]);
    assert_true(pp_capture_wait(many, 2, 1)); /* nor is one that has ended */
    pp_capture_close(many[0]);
    host.no_poll = true;
    assert_true(pp_capture_wait(&capture, 1, 1));
    assert_false(pp_capture_wait(&capture, 1, 2));
    arrive(1);
    assert_int_equal(next(capture), 1);
    assert_true(pp_capture_wait(&capture, 1, 2)); /* more may wait: the system is not asked */
    host.no_poll = false;
    for (unsigned i = 0; i < 40; i++) assert_true(pp_capture_wait(&capture, 1, 2));
    pp_capture_close(file);
    stop(capture);
}

/* A full batch is no reason not to wait, once the link is gone: all of it was left out. */
static void a_batch_that_was_left_out_does_not_keep_from_waiting_for_the_link(void **state)
{
    (void)state;
    begin_system();
    struct pp_capture *capture = listen_with(&(struct pp_live_options){.fanout = 1}, NULL);
    arrive(1);
    host.frame_ns[0] = BEGIN_NS; /* before it joined */
    host.received = 0;
    host.link.index = 0;
    assert_int_equal(hear(capture), 0);
    assert_int_equal(host.open_handles, 0); /* left */
    host.no_poll = true;
    assert_false(pp_capture_wait(&capture, 1, 2)); /* the system is asked */
    stop(capture);
}

static void a_capture_that_goes_on_from_an_earlier_one_counts_on(void **state)
{
    (void)state;
    struct pp_capture *capture = listening();
    struct pp_capture_info before = {
        .packets = 100, .bytes = 6000, .filtered = 1, .cut = 2, .out_of_order = 3, .first_ns = 5, .last_ns = 6};
    before.account.received = 110;
    before.account.until_ns = BEGIN_NS - 1000;
    pp_capture_resume(capture, &before);
    const struct pp_capture_info *info = pp_capture_info(capture);
    assert_int_equal(info->drops, 10);
    assert_int_equal(last_gap(capture)->event, PP_LINK_NOT_LISTENING);
    arrive(1);
    struct pp_frame frames[FRAMES];
    assert_int_equal(pp_capture_next(capture, frames, FRAMES), 1);
    assert_int_equal(frames[0].number, 101);
    stop(capture);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_interface_that_cannot_be_opened_says_why),
        cmocka_unit_test(what_an_open_handle_refuses_is_said_and_it_is_closed),
        cmocka_unit_test(a_warning_is_no_failure_and_sizes_beyond_libpcap_are_its_largest),
        cmocka_unit_test(times_of_microseconds_and_raw_ip_are_read_as_such),
        cmocka_unit_test(loopback_is_read_in_place_only_where_each_packet_comes_once),
        cmocka_unit_test(what_came_before_the_filter_is_looked_at_again),
        cmocka_unit_test(libpcap_looks_itself_at_what_came_before_the_filter),
        cmocka_unit_test(a_date_that_is_set_is_counted_and_moves_no_frame),
        cmocka_unit_test(what_came_before_the_group_was_joined_is_discarded),
        cmocka_unit_test(frames_without_memory_are_discarded_and_counted),
        cmocka_unit_test(memory_that_is_out_when_it_is_opened_gives_no_capture),
        cmocka_unit_test(a_link_that_goes_away_is_emptied_left_and_opened_again),
        cmocka_unit_test(another_link_of_the_same_name_is_opened_anew),
        cmocka_unit_test(a_link_type_that_changes_has_the_filter_compiled_again),
        cmocka_unit_test(a_handle_that_fails_is_opened_again),
        cmocka_unit_test(a_socket_in_trouble_is_asked_what_it_is_after_its_ring_is_read),
        cmocka_unit_test(counts_are_read_every_second_and_go_on_where_they_cannot_be),
        cmocka_unit_test(a_ring_that_never_gets_empty_is_left_after_half_a_second),
        cmocka_unit_test(a_capture_that_waits_for_its_link_ends_at_once),
        cmocka_unit_test(waiting_is_for_what_is_open_and_ends_when_a_signal_comes),
        cmocka_unit_test(a_batch_that_was_left_out_does_not_keep_from_waiting_for_the_link),
        cmocka_unit_test(a_capture_that_goes_on_from_an_earlier_one_counts_on),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
