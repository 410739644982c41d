/* Write a capture of invented traffic, the same bytes for the same arguments; what it is made of stands in traffic.h.
 *
 *     make-trace KIND FRAME PACKETS FLOWS SEED FORMAT FILE
 *
 * KIND flows, flood, random or colliding; FRAME bytes of every frame, or imix; FORMAT pcap or pcapng. Time goes 60 seconds from the first packet to
 * the last. The same arguments with fewer packets give a shorter capture of the same flows. */
#define _DEFAULT_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "traffic.h"

enum { BUFFER = 4 * 1024 * 1024, SECONDS = 60 };
static const uint64_t BEGIN_US = UINT64_C(1795168691000000); /* 2026-11-20 09:58:11 UTC */

static bool write_all(int fd, const uint8_t *bytes, size_t size)
{
    while (size > 0) {
        ssize_t wrote = write(fd, bytes, size);
        if (wrote < 0 && errno == EINTR) continue;
        if (wrote <= 0) return false;
        bytes += wrote, size -= (size_t)wrote;
    }
    return true;
}

static bool write_trace(struct traffic *traffic, uint64_t packets, bool pcapng, int fd)
{
    static uint8_t buffer[BUFFER];
    size_t used = traffic_file_header(buffer, pcapng);
    for (uint64_t i = 0; i < packets; i++) {
        if (used + TRAFFIC_RECORD_MAX > BUFFER) {
            if (!write_all(fd, buffer, used)) return false;
            used = 0;
        }
        uint64_t time_us = BEGIN_US + (uint64_t)((double)i * SECONDS * 1e6 / (double)packets);
        used += traffic_record(traffic, buffer + used, pcapng, time_us);
    }
    return write_all(fd, buffer, used);
}

int main(int argc, char **argv)
{
    static struct traffic traffic;
    if (argc != 8) return fprintf(stderr, "usage: make-trace flows|flood|random|colliding BYTES|imix PACKETS FLOWS SEED pcap|pcapng FILE\n"), 2;
    static const char *const kinds[] = {[TRAFFIC_FLOWS] = "flows", [TRAFFIC_FLOOD] = "flood", [TRAFFIC_RANDOM] = "random", [TRAFFIC_COLLIDING] = "colliding"};
    enum traffic_kind kind = TRAFFIC_FLOWS;
    while (kind < TRAFFIC_COLLIDING && strcmp(argv[1], kinds[kind]) != 0) kind++;
    unsigned long frame = strcmp(argv[2], "imix") == 0 ? 0 : strtoul(argv[2], NULL, 10);
    uint64_t packets = strtoull(argv[3], NULL, 10), seed = strtoull(argv[5], NULL, 10);
    uint32_t flows = (uint32_t)strtoul(argv[4], NULL, 10);
    if ((frame && (frame < FRAME_LEAST || frame > FRAME_MAX)) || !packets || !flows) return fprintf(stderr, "make-trace: sizes are 60 to 1514, counts at least 1\n"), 2;
    int fd = open(argv[7], O_WRONLY | O_CREAT | O_TRUNC, 0644);
    bool ok = fd >= 0 && traffic_init(&traffic, kind, flows, (uint16_t)frame, seed) && write_trace(&traffic, packets, strcmp(argv[6], "pcapng") == 0, fd);
    ok = fd >= 0 && close(fd) == 0 && ok;
    if (!ok) fprintf(stderr, "make-trace: %s: %s\n", argv[7], strerror(errno));
    traffic_finish(&traffic);
    return !ok;
}
