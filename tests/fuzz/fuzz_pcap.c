/* Any bytes as a pcap file: its records are those that a reader of twenty lines finds, each where it stands in the input, in order and
 * numbered from 1, and what the capture says of itself is their sum. The first byte picks one of the six magic
 * numbers, and whether records are looked for at many places at once (src/capture/chunk.c) or by the format's reader alone. */
#include "load.h"
#include "readers.h"

static const uint8_t magics[][4] = {{0xd4, 0xc3, 0xb2, 0xa1}, {0xa1, 0xb2, 0xc3, 0xd4}, {0x4d, 0x3c, 0xb2, 0xa1},
                                    {0xa1, 0xb2, 0x3c, 0x4d}, {0x34, 0xcd, 0xb2, 0xa1}, {0xa1, 0xb2, 0xcd, 0x34}};

struct simple {
    const uint8_t *bytes;
    size_t size, at;
    bool big, nano, modified;
    uint16_t link_type, minor;
};

static uint32_t field(const struct simple *s, size_t at) { return s->big ? load_be32(s->bytes + at) : load_le32(s->bytes + at); }

static bool simple_begin(struct simple *s)
{
    enum { HEADER = 24, MAJOR = 2 };
    if (s->size < HEADER) return false;
    s->big = s->bytes[0] == 0xa1;
    uint32_t magic = field(s, 0), version = field(s, 4);
    s->nano = magic == 0xa1b23c4d;
    s->modified = magic == 0xa1b2cd34;
    s->minor = (uint16_t)(s->big ? version : version >> 16);
    s->link_type = (uint16_t)field(s, 20);
    s->at = HEADER;
    return (s->big ? version >> 16 : version & 0xffff) == MAJOR;
}

static bool simple_next(struct simple *s, struct simple_frame *frame)
{
    size_t header = s->modified ? 24 : 16;
    if (s->size - s->at < header) return false;
    uint32_t a = field(s, s->at + 8), b = field(s, s->at + 12);
    bool swapped = s->minor < 3 || (s->minor == 3 && a > b);
    *frame = (struct simple_frame){s->at + header, swapped ? b : a, swapped ? a : b, 0, s->link_type};
    frame->time_ns = field(s, s->at) * UINT64_C(1000000000) + field(s, s->at + 4) * UINT64_C(1) * (s->nano ? 1 : 1000);
    if (frame->captured > s->size - s->at - header) return false;
    s->at += header + frame->captured;
    return true;
}

static void check(const uint8_t *bytes, size_t size, bool pieces)
{
    const struct pp_capture_options options = {0};
    struct simple simple = {.bytes = bytes, .size = size};
    struct simple_frame expected;
    struct pp_frame frames[FRAMES];
    struct pp_capture *capture = pp_capture_open_memory("fuzz", bytes, size, &options);
    uint64_t number = 0, cut = 0;
    bool begun = simple_begin(&simple);
    for (size_t n; capture && (n = next_frames(capture, frames, pieces)) > 0;) {
        for (size_t i = 0; i < n; i++) {
            bool there = begun && simple_next(&simple, &expected);
            must(there);
            check_frame(&frames[i], &expected, bytes, ++number);
            cut += frames[i].captured < frames[i].wire;
        }
    }
    must(capture && !(begun && simple_next(&simple, &expected)));
    if (capture) check_info(pp_capture_info(capture), number, cut);
    pp_capture_close(capture);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    if (size < 4) return 0;
    uint8_t *copy = malloc(size); /* of exactly this size, so that the sanitizer sees the first byte read past the end */
    if (!copy) return 0;
    memcpy(copy, bytes, size);
    memcpy(copy, magics[bytes[0] % (sizeof magics / sizeof *magics)], 4);
    check(copy, size, bytes[0] % 32 == 7);
    free(copy);
    return 0;
}
