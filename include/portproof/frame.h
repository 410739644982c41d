/* A frame: the bytes of one captured packet, borrowed from the capture that handed it out. */
#ifndef PORTPROOF_FRAME_H
#define PORTPROOF_FRAME_H

#include "portproof/base.h"

enum { PP_FRAME_BATCH = 256 }; /* frames handed over at once: 256 × 48 B stay in the first-level cache */

struct pp_frame {
    const uint8_t *bytes; /* borrowed: valid until the next call on the capture */
    uint32_t captured;    /* bytes present at `bytes` */
    uint32_t wire;        /* original length; never below `captured` (clamped by the reader) */
    pp_time_ns time_ns;   /* PP_NO_FIRST when the format carries no time (simple packet block) */
    uint64_t number;      /* frame number within its capture, from 1, as Wireshark counts */
    uint16_t link_type;   /* LINKTYPE_ value as in the file, without FCS bits */
    uint16_t capture;     /* index of the capture in the run */
    uint8_t fcs_bytes;    /* trailing frame check sequence, not payload */
};

#endif
