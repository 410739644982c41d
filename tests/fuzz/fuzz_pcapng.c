/* Any bytes as a pcapng file: its packets are those that a reader of a page finds by following the blocks' lengths, each where it stands in
 * the input, in order and numbered from 1. The first byte picks the way of reading (see fuzz_pcap.c); then
 * the file is made to begin as a section, so that no input is spent on being none. */
#include "load.h"
#include "readers.h"

#include "pcapng.h"

enum { INTERFACES = 256 };
enum block { SECTION = 0x0a0d0d0a, INTERFACE = 1, PACKET = 2, SIMPLE_PACKET = 3, STATISTICS = 5, ENHANCED_PACKET = 6 };

struct simple {
    const uint8_t *bytes;
    size_t size, at;
    bool big;
    unsigned count;
    struct {
        uint16_t link_type;
        uint32_t snap_length;
        uint8_t resolution;
        int64_t offset_s;
    } interfaces[INTERFACES];
};

static uint32_t field(const struct simple *s, size_t at) { return s->big ? load_be32(s->bytes + at) : load_le32(s->bytes + at); }
static uint16_t half(const struct simple *s, size_t at) { return s->big ? load_be16(s->bytes + at) : load_le16(s->bytes + at); }

/* A body of `size` bytes at `at` begins a section. */
static bool section(struct simple *s, size_t at, size_t size)
{
    s->count = 0;
    return size >= 16 && half(s, at + 4) == 1 && (half(s, at + 6) == 0 || half(s, at + 6) == 2);
}

static bool interface(struct simple *s, size_t at, size_t size)
{
    if (size < 8 || s->count == INTERFACES) return false;
    s->interfaces[s->count].link_type = half(s, at);
    s->interfaces[s->count].snap_length = field(s, at + 4);
    s->interfaces[s->count].resolution = 6;
    s->interfaces[s->count].offset_s = 0;
    for (size_t option = at + 8, end = at + size; end - option >= 4;) {
        unsigned code = half(s, option), length = half(s, option + 2);
        if (!code || length > end - option - 4) break;
        if (code == 9 && length >= 1) s->interfaces[s->count].resolution = s->bytes[option + 4];
        if (code == 14 && length >= 8) {
            uint64_t high = field(s, option + (s->big ? 4 : 8)), low = field(s, option + (s->big ? 8 : 4));
            s->interfaces[s->count].offset_s = (int64_t)(high << 32 | low);
        }
        size_t padded = 4 + (length + 3u) / 4 * 4;
        if (padded > end - option) break;
        option += padded;
    }
    s->count++;
    return true;
}

static bool packet(const struct simple *s, size_t at, size_t size, bool enhanced, struct simple_frame *frame)
{
    if (size < 20) return false;
    uint32_t id = enhanced ? field(s, at) : half(s, at);
    if (id >= s->count || field(s, at + 12) > size - 20) return false;
    *frame = (struct simple_frame){at + 20, field(s, at + 12), field(s, at + 16), 0, s->interfaces[id].link_type};
    frame->time_ns =
        pcapng_time((uint64_t)field(s, at + 4) << 32 | field(s, at + 8), s->interfaces[id].resolution, s->interfaces[id].offset_s);
    return true;
}

static bool simple_packet(const struct simple *s, size_t at, size_t size, struct simple_frame *frame)
{
    if (size < 4 || !s->count) return false;
    uint32_t wire = field(s, at), snap = s->interfaces[0].snap_length;
    uint32_t captured = size - 4 < wire ? (uint32_t)(size - 4) : wire;
    if (snap && captured > snap) captured = snap;
    *frame = (struct simple_frame){at + 4, captured, wire, PP_NO_FIRST, s->interfaces[0].link_type};
    return true;
}

/* One block: true and a frame (*is_frame), true and none, or false: the end. */
static bool simple_block(struct simple *s, struct simple_frame *frame, bool *is_frame)
{
    *is_frame = false;
    if (s->size - s->at < 12) return false;
    uint32_t type = field(s, s->at);
    if (type == SECTION) s->big = load_be32(s->bytes + s->at + 8) == 0x1a2b3c4d;
    if (type == SECTION && !s->big && load_le32(s->bytes + s->at + 8) != 0x1a2b3c4d) return false;
    size_t total = field(s, s->at + 4), body = s->at + 8;
    if (total < 12 || total % 4 || total > s->size - s->at || field(s, s->at + total - 4) != total) return false;
    s->at += total;
    switch (type) {
    case SECTION: return section(s, body, total - 12);
    case INTERFACE: return interface(s, body, total - 12);
    case ENHANCED_PACKET:
    case PACKET: return *is_frame = packet(s, body, total - 12, type == ENHANCED_PACKET, frame);
    case SIMPLE_PACKET: return *is_frame = simple_packet(s, body, total - 12, frame);
    case STATISTICS: return total - 12 >= 12 && field(s, body) < s->count;
    default: return true;
    }
}

static bool simple_next(struct simple *s, struct simple_frame *frame)
{
    bool is_frame = false;
    while (!is_frame)
        if (!simple_block(s, frame, &is_frame)) return false;
    return true;
}

static void check(const uint8_t *bytes, size_t size, bool pieces)
{
    static struct simple simple;
    const struct pp_capture_options options = {0};
    struct simple_frame expected;
    struct pp_frame frames[FRAMES];
    struct pp_capture *capture = pp_capture_open_memory("fuzz", bytes, size, &options);
    uint64_t number = 0, cut = 0;
    simple.bytes = bytes;
    simple.size = size;
    simple.at = simple.count = 0;
    for (size_t n; capture && (n = next_frames(capture, frames, pieces)) > 0;) {
        for (size_t i = 0; i < n; i++) {
            bool there = simple_next(&simple, &expected);
            if (simple.count == INTERFACES) break; /* the simple reader knows no more */
            must(there);
            check_frame(&frames[i], &expected, bytes, ++number);
            cut += frames[i].captured < frames[i].wire;
        }
        if (simple.count == INTERFACES) break;
    }
    if (simple.count < INTERFACES) {
        bool more = simple_next(&simple, &expected);
        must(capture && (!more || simple.count == INTERFACES));
        if (capture && simple.count < INTERFACES) check_info(pp_capture_info(capture), number, cut);
    }
    pp_capture_close(capture);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    static const uint8_t begins[] = {0x0a, 0x0d, 0x0d, 0x0a};
    if (size < sizeof begins) return 0;
    uint8_t *copy = malloc(size);
    if (!copy) return 0;
    memcpy(copy, bytes, size);
    memcpy(copy, begins, sizeof begins);
    check(copy, size, bytes[0] % 32 == 7);
    free(copy);
    return 0;
}
