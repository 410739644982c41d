/* The ring of a packet socket, read where it is.
 *
 * libpcap opens the device, sets the filter, counts, and has the kernel put packets into a ring (TPACKET_V3: blocks of packets one after
 * the other). It hands them out one call at a time from memory that it may give back to the kernel before the next call, so whoever wants
 * many at once has to copy each. The same ring is mapped a second time here: frames are handed out in place, a block is given back when
 * the batch after its last frame is asked for, and what comes next is asked for from memory ahead of time. libpcap never reads it then.
 *
 * This is for Ethernet alone, which is what interfaces are; where libpcap makes up headers ("any", cooked), or the ring is not as
 * libpcap 1.10 makes it, ring_map says no, and libpcap reads as ever. */
#ifndef CAPTURE_RING_H
#define CAPTURE_RING_H

#include "portproof/frame.h"

struct ring {
    uint8_t *at; /* NULL: not mapped */
    size_t bytes;
    uint32_t blocks, block; /* how many; the one being read, or to be read next */
    uint32_t left;          /* packets of it not handed out yet */
    uint8_t *packet;        /* the next one */
    bool held;              /* the block is ours until the next call */
};

/** `wanted`: bytes of ring that libpcap was asked for. false: libpcap has to read it. */
bool ring_map(struct ring *ring, int fd, uint32_t wanted);
void ring_unmap(struct ring *ring);
/** Up to `max` frames that are there, without number and capture; borrowed until the next call. Times are the system's. A VLAN tag that
 * the kernel took out of the frame is put back. */
size_t ring_read(struct ring *ring, struct pp_frame *frames, size_t max);

#endif
