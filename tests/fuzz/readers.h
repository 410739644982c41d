/* A capture read to its end, held against what a reader as simple as can be says is in the same bytes. */
#ifndef FUZZ_READERS_H
#define FUZZ_READERS_H

#include "fuzz.h"
#include "portproof/capture.h"
#include "reader.h"

enum { FRAMES = 32 };

/** The next frame as the simple reader has it (its bytes as a place in the input). false: there is none, or the rest is no capture. */
struct simple_frame {
    size_t at;
    uint32_t captured, wire;
    uint64_t time_ns;
    uint16_t link_type;
};

/** The next frames: of pieces, as every capture in memory is read; or of the format's own reader alone, which pieces leave all to that is
 * out of the ordinary, and which is ten times as fast to begin. */
static inline size_t next_frames(struct pp_capture *capture, struct pp_frame *frames, bool pieces)
{
    size_t count = 0;
    if (pieces || !capture->reader) return pp_capture_next(capture, frames, FRAMES);
    while (!capture->ended && count == 0) {
        capture->source.held = capture->source.waiting = false;
        count = capture->reader->read(capture, frames, FRAMES);
    }
    return count;
}

static inline void check_frame(const struct pp_frame *frame, const struct simple_frame *simple, const uint8_t *bytes, uint64_t number)
{
    must(frame->bytes == bytes + simple->at && frame->captured == simple->captured && frame->number == number);
    must(frame->wire == (simple->wire > simple->captured ? simple->wire : simple->captured));
    must(frame->time_ns == simple->time_ns && frame->link_type == simple->link_type);
}

/** Whether the sum of what the frames say is what the capture says of itself. */
static inline void check_info(const struct pp_capture_info *info, uint64_t frames, uint64_t cut)
{
    must(info->packets == frames && info->cut == cut && info->filtered == 0 && info->link_count <= PP_CAPTURE_LINKS_MAX);
    must(!info->failed || info->error.text[0]);
}

#endif
