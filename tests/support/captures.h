/* Reading a whole capture for its facts. */
#ifndef SUPPORT_CAPTURES_H
#define SUPPORT_CAPTURES_H

#include "packets.h"
#include "portproof/capture.h"

enum { READ_FRAMES_MAX = 32 };

struct reading {
    struct pp_capture_info info; /* `name` and other strings die with the capture: not to be used */
    size_t frames;
    struct pp_frame first[READ_FRAMES_MAX]; /* without their bytes */
    uint64_t byte_sum;                      /* over all captured bytes: every one of them was read */
    size_t results[PP_DECODED_COUNT];
};

/** Read to the end and close. Fails the test when a frame breaks its promises. */
void read_all(struct pp_capture *capture, struct reading *reading);
/** The same over a heap copy of exactly `size` bytes. */
void read_bytes(const void *bytes, size_t size, const struct pp_capture_options *options, struct reading *reading);

#endif
