/* Send invented frames on an interface as fast as it takes them, many a system call; what they are made of stands in traffic.h.
 *
 *     blast INTERFACE PACKETS FLOWS SEED
 *
 * 60-byte frames; a number of them is made ahead and sent again and again. Prints how many were sent, and in how many seconds. */
#define _GNU_SOURCE
#include <errno.h>
#include <net/if.h>
#include <netpacket/packet.h>
#include <stdio.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "traffic.h"

enum { FRAME = 60, FRAMES = 131072, AT_ONCE = 128, RECORD_HEADER = 16 };

static uint8_t frames[FRAMES][64];

static int open_interface(const char *name)
{
    struct sockaddr_ll address = {.sll_family = AF_PACKET, .sll_ifindex = (int)if_nametoindex(name)};
    int on = 1, fd = address.sll_ifindex ? socket(AF_PACKET, SOCK_RAW, 0) : -1; /* protocol 0: it receives nothing */
    if (fd < 0 || bind(fd, (const struct sockaddr *)&address, sizeof address) != 0) return -1;
    (void)setsockopt(fd, SOL_PACKET, PACKET_QDISC_BYPASS, &on, sizeof on);
    return fd;
}

/* What an interface has no room for now is sent again: every frame goes out. */
static bool blast(int fd, uint64_t packets)
{
    static struct iovec parts[FRAMES];
    static struct mmsghdr messages[FRAMES];
    for (size_t i = 0; i < FRAMES; i++) {
        parts[i] = (struct iovec){frames[i], FRAME};
        messages[i].msg_hdr = (struct msghdr){.msg_iov = &parts[i], .msg_iovlen = 1};
    }
    for (uint64_t sent = 0; sent < packets;) {
        size_t at = sent % FRAMES, most = packets - sent < AT_ONCE ? (size_t)(packets - sent) : AT_ONCE;
        if (most > FRAMES - at) most = FRAMES - at;
        int now = sendmmsg(fd, messages + at, (unsigned)most, 0);
        if (now < 0 && errno != ENOBUFS && errno != EAGAIN && errno != EINTR) return false;
        if (now > 0) sent += (uint64_t)now;
    }
    return true;
}

int main(int argc, char **argv)
{
    static struct traffic traffic;
    struct timespec begun, ended;
    if (argc != 5) return fprintf(stderr, "usage: blast INTERFACE PACKETS FLOWS SEED\n"), 2;
    uint64_t packets = strtoull(argv[2], NULL, 10), seed = strtoull(argv[4], NULL, 10);
    int fd = open_interface(argv[1]);
    bool ok = fd >= 0 && traffic_init(&traffic, TRAFFIC_FLOWS, (uint32_t)strtoul(argv[3], NULL, 10), FRAME, seed);
    for (size_t i = 0; ok && i < FRAMES; i++) {
        uint8_t record[TRAFFIC_RECORD_MAX];
        (void)traffic_record(&traffic, record, false, 0);
        memcpy(frames[i], record + RECORD_HEADER, FRAME);
    }
    clock_gettime(CLOCK_MONOTONIC, &begun);
    ok = ok && blast(fd, packets);
    clock_gettime(CLOCK_MONOTONIC, &ended);
    if (!ok) fprintf(stderr, "blast: %s: %s\n", argv[1], strerror(errno));
    double seconds = (double)(ended.tv_sec - begun.tv_sec) + (double)(ended.tv_nsec - begun.tv_nsec) / 1e9;
    if (ok) printf("%llu %.6f\n", (unsigned long long)packets, seconds);
    traffic_finish(&traffic);
    return !ok;
}
