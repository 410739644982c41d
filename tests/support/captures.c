#include "captures.h"

#include <stdlib.h>
#include <string.h>

#include "testing.h"

static void read_frame(const struct pp_frame *frame, struct reading *reading)
{
    struct pp_packet packet;
    assert_true(frame->wire >= frame->captured);
    for (uint32_t i = 0; i < frame->captured; i++) reading->byte_sum += frame->bytes[i];
    for (int decap = 1; decap >= 0; decap--) {
        enum pp_decoded result = pp_decode(frame, &(struct pp_decode_options){.decap = decap}, &packet);
        if (!decap) reading->results[result]++;
    }
    if (reading->frames < READ_FRAMES_MAX) {
        reading->first[reading->frames] = *frame;
        reading->first[reading->frames].bytes = NULL;
    }
    reading->frames++;
}

void read_all(struct pp_capture *capture, struct reading *reading)
{
    struct pp_frame frames[PP_FRAME_BATCH];
    memset(reading, 0, sizeof *reading);
    assert_non_null(capture);
    for (size_t count; (count = pp_capture_next(capture, frames, PP_FRAME_BATCH));) {
        for (size_t i = 0; i < count; i++) read_frame(&frames[i], reading);
    }
    assert_int_equal(pp_capture_next(capture, frames, PP_FRAME_BATCH), 0);
    reading->info = *pp_capture_info(capture);
    assert_int_equal(reading->info.failed, reading->info.error.text[0] != '\0');
    assert_int_equal(reading->info.packets, reading->frames + reading->info.filtered);
    pp_capture_close(capture);
}

void read_bytes(const void *bytes, size_t size, const struct pp_capture_options *options, struct reading *reading)
{
    uint8_t *copy = exact_copy(bytes, size);
    read_all(pp_capture_open_memory("memory", copy, size, options), reading);
    free(copy);
}
