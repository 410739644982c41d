/* The pcapng format (draft-ietf-opsawg-pcapng): sections of blocks, each section with its own byte order and interfaces.
 * The section length is not believed; blocks are followed by their own lengths, which must agree front and back. */
#include "pcapng.h"

#include <stdio.h>
#include <stdlib.h>

#include "cursor.h"
#include "load.h"
#include "reader.h"
#include "wide.h"

enum {
    INTERFACES_MAX = 65536, /* per section; more: the reading ends with an error */
    BLOCK_MIN = 12,
    SECTION_BODY_MIN = 16,
    RESOLUTION_DEFAULT = 6 /* microseconds */
};

enum block { SECTION = 0x0a0d0d0a, INTERFACE = 1, PACKET = 2, SIMPLE_PACKET = 3, STATISTICS = 5, ENHANCED_PACKET = 6 };

enum option { OPTION_END = 0, EPB_DROPCOUNT = 4, ISB_IFDROP = 5, ISB_OSDROP = 7, IF_TSRESOL = 9, IF_FCSLEN = 13, IF_TSOFFSET = 14 };

static const uint64_t SECOND_NS = 1000000000;

/* Whole seconds, and nanoseconds beyond them, of a count of 10^-exponent seconds. */
static uint64_t decimal_time(uint64_t units, unsigned exponent, uint64_t *ns)
{
    uint64_t second = 1, scale = 1; /* units in a second; what makes nanoseconds of what is left */
    if (exponent > 19) {            /* a second is more than 64 bits count */
        for (; exponent > 9 && units; exponent--) units /= 10;
        return *ns = units, 0;
    }
    for (unsigned i = 0; i < exponent; i++) second *= 10;
    for (unsigned i = exponent; i < 9; i++) scale *= 10;
    uint64_t rest = units % second;
    for (; exponent > 9; exponent--) rest /= 10;
    *ns = rest * scale;
    return units / second;
}

/* The same of 2^-exponent seconds. */
static uint64_t binary_time(uint64_t units, unsigned exponent, uint64_t *ns)
{
    uint64_t rest = exponent < 64 ? units & ((UINT64_C(1) << exponent) - 1) : units;
    struct wide product = wide_product(rest, SECOND_NS);
    *ns = exponent == 0 ? 0 : exponent < 64 ? product.high << (64 - exponent) | product.low >> exponent : product.high >> (exponent - 64);
    return exponent < 64 ? units >> exponent : 0;
}

pp_time_ns pcapng_time(uint64_t units, uint8_t resolution, int64_t offset_s)
{
    const pp_time_ns most = PP_NO_FIRST - 1;
    const uint64_t offset = offset_s < 0 ? (uint64_t) - (offset_s + 1) + 1 : (uint64_t)offset_s;
    uint64_t ns, seconds;
    if (resolution == RESOLUTION_DEFAULT && !offset_s && units < UINT64_MAX / 1000) return units * 1000; /* nearly always */
    if (resolution == 9 && !offset_s) return units < most ? units : most;
    seconds = resolution & 0x80 ? binary_time(units, resolution & 0x7f, &ns) : decimal_time(units, resolution, &ns);
    if (offset_s < 0 && seconds < offset) return 0; /* before 1970 */
    if (offset_s >= 0 && seconds > UINT64_MAX - offset) return most;
    seconds = offset_s < 0 ? seconds - offset : seconds + offset;
    if (seconds > most / SECOND_NS || seconds * SECOND_NS > most - ns) return most;
    return seconds * SECOND_NS + ns;
}

static uint16_t field16(const struct pp_capture *capture, const uint8_t *p)
{
    return capture->pcapng.big_endian ? load_be16(p) : load_le16(p);
}

static uint32_t field32(const struct pp_capture *capture, const uint8_t *p)
{
    return capture->pcapng.big_endian ? load_be32(p) : load_le32(p);
}

/* Options of 64 bits are two 32-bit halves in the section's order. */
static uint64_t field64(const struct pp_capture *capture, const uint8_t *p)
{
    uint64_t first = field32(capture, p), second = field32(capture, p + 4);
    return capture->pcapng.big_endian ? first << 32 | second : second << 32 | first;
}

static bool corrupt(struct pp_capture *capture, const char *why)
{
    char before[READ_BEFORE_MAX];
    return capture_stop(capture, CORRUPT, "corrupt block at byte %llu: %s; %s", (unsigned long long)source_offset(&capture->source), why,
                        read_before(capture, before));
}

struct option_value {
    unsigned code;
    const uint8_t *bytes;
    size_t size;
};

/* The next option; false at the end of the list, or where an option does not fit its block: what came before it stands. */
static bool next_option(const struct pp_capture *capture, struct cursor *options, struct option_value *option)
{
    const uint8_t *header;
    if (!take(options, 4, &header)) return false;
    option->code = field16(capture, header);
    option->size = field16(capture, header + 2);
    size_t padded = (option->size + 3) & ~(size_t)3; /* as blocks are, so that padding is there where the value is */
    return option->code != OPTION_END && take(options, padded, &option->bytes);
}

static bool begin_section(struct pp_capture *capture, struct cursor body)
{
    enum { MAJOR = 1, ALSO_MINOR = 2 }; /* 1.0, which some writers call 1.2 */
    const uint8_t *header;
    if (!take(&body, SECTION_BODY_MIN, &header)) return corrupt(capture, "a section header of less than 28 bytes");
    unsigned major = field16(capture, header + 4), minor = field16(capture, header + 6);
    if (major != MAJOR || (minor && minor != ALSO_MINOR)) {
        return capture_stop(capture, CORRUPT, "pcapng version %u.%u; expected 1.0 or 1.2", major, minor);
    }
    capture->pcapng.count = 0; /* interfaces are numbered anew */
    capture->pcapng.version++;
    return true;
}

static bool grow_interfaces(struct pp_capture *capture)
{
    struct pcapng_state *pcapng = &capture->pcapng;
    if (pcapng->count < pcapng->room) return true;
    if (pcapng->count == INTERFACES_MAX) return corrupt(capture, "more than 65536 interfaces in one section");
    uint32_t room = pcapng->room ? pcapng->room * 2 : 8;
    struct interface *larger = realloc(pcapng->interfaces, room * sizeof *larger);
    if (!larger) return capture_stop(capture, CORRUPT, "out of memory");
    pcapng->interfaces = larger;
    pcapng->room = room;
    return true;
}

static bool add_interface(struct pp_capture *capture, struct cursor body)
{
    const uint8_t *header;
    struct option_value option;
    if (!take(&body, 8, &header)) return corrupt(capture, "an interface description of less than 20 bytes");
    if (!grow_interfaces(capture)) return false;
    struct interface added = {.resolution = RESOLUTION_DEFAULT};
    added.link_type = field16(capture, header);
    added.snap_length = field32(capture, header + 4);
    while (next_option(capture, &body, &option)) {
        if (option.code == IF_TSRESOL && option.size >= 1) added.resolution = option.bytes[0];
        if (option.code == IF_TSOFFSET && option.size >= 8) added.offset_s = (int64_t)field64(capture, option.bytes);
        if (option.code == IF_FCSLEN && option.size >= 1) added.fcs_bytes = option.bytes[0];
    }
    capture_add_snap_length(capture, added.snap_length, capture->info.link_count == 0);
    capture_add_link(capture, added.link_type);
    capture->pcapng.interfaces[capture->pcapng.count++] = added;
    capture->pcapng.version++;
    return true;
}

static struct interface *find_interface(struct pp_capture *capture, uint32_t id)
{
    if (id < capture->pcapng.count) return &capture->pcapng.interfaces[id];
    char why[64];
    snprintf(why, sizeof why, "interface %u is not described", id);
    corrupt(capture, why);
    return NULL;
}

/* Both ways of counting losses may tell of the same ones, so of one interface the larger count stands. */
static uint64_t interface_drops(const struct interface *interface)
{
    return interface->statistics_drops > interface->packet_drops ? interface->statistics_drops : interface->packet_drops;
}

static void note_packet_drops(struct pp_capture *capture, struct interface *interface, uint64_t drops)
{
    capture->info.drops_known = true;
    capture->info.drops -= interface_drops(interface);
    interface->packet_drops += drops;
    capture->info.drops += interface_drops(interface);
}

/* Of an enhanced packet block, behind its packet. */
static void count_drop_options(struct pp_capture *capture, struct interface *interface, struct cursor options)
{
    struct option_value option;
    while (next_option(capture, &options, &option))
        if (option.code == EPB_DROPCOUNT && option.size >= 8) note_packet_drops(capture, interface, field64(capture, option.bytes));
}

/* All was verified when the block was found; but a mapped file may be written to meanwhile. */
void pcapng_count_drops(struct pp_capture *capture, const uint8_t *block, size_t left)
{
    enum { PACKET_AT = 28, END = 4 };
    size_t total = field32(capture, block + 4), options = PACKET_AT + (((size_t)field32(capture, block + 20) + 3) & ~(size_t)3);
    uint32_t number = field32(capture, block + 8);
    if (total > left || options + END >= total || number >= capture->pcapng.count) return;
    struct interface *interface = &capture->pcapng.interfaces[number];
    count_drop_options(capture, interface, (struct cursor){block + options, total - END - options});
}

static bool read_statistics(struct pp_capture *capture, struct cursor body)
{
    const uint8_t *header;
    struct option_value option;
    if (!take(&body, 12, &header)) return corrupt(capture, "interface statistics of less than 24 bytes");
    struct interface *interface = find_interface(capture, field32(capture, header));
    if (!interface) return false;
    uint64_t drops = 0;
    bool known = false;
    while (next_option(capture, &body, &option)) {
        if ((option.code != ISB_IFDROP && option.code != ISB_OSDROP) || option.size < 8) continue;
        drops += field64(capture, option.bytes);
        known = true;
    }
    if (!known) return true;
    capture->info.drops_known = true;
    capture->info.drops -= interface_drops(interface);
    interface->statistics_drops = drops; /* counted since the capture began: the last block says all */
    capture->info.drops += interface_drops(interface);
    return true;
}

/* Enhanced packet, or the obsolete packet block, which differs in its first word. */
static bool read_packet(struct pp_capture *capture, struct cursor body, bool enhanced, struct pp_frame *frame)
{
    enum { DROPS_UNKNOWN = 0xffff };
    const uint8_t *header, *padding;
    if (!take(&body, 20, &header)) return corrupt(capture, "a packet block of less than 32 bytes");
    struct interface *interface = find_interface(capture, enhanced ? field32(capture, header) : field16(capture, header));
    if (!interface) return false;
    frame->captured = field32(capture, header + 12);
    frame->wire = field32(capture, header + 16);
    if (!take(&body, frame->captured, &frame->bytes)) return corrupt(capture, "its packet is longer than the block");
    uint64_t units = (uint64_t)field32(capture, header + 4) << 32 | field32(capture, header + 8);
    frame->time_ns = pcapng_time(units, interface->resolution, interface->offset_s);
    frame->link_type = interface->link_type;
    frame->fcs_bytes = interface->fcs_bytes;
    if (!enhanced) {
        unsigned drops = field16(capture, header + 2);
        if (drops != DROPS_UNKNOWN) note_packet_drops(capture, interface, drops);
    } else if (body.left >= 8 && take(&body, (4 - frame->captured % 4) % 4, &padding)) {
        count_drop_options(capture, interface, body);
    }
    return true;
}

/* No time, no captured length: as much as the snap length allows and the block holds. */
static bool read_simple_packet(struct pp_capture *capture, struct cursor body, struct pp_frame *frame)
{
    const uint8_t *header;
    if (!take(&body, 4, &header)) return corrupt(capture, "a simple packet block of less than 16 bytes");
    const struct interface *interface = find_interface(capture, 0);
    if (!interface) return false;
    frame->wire = field32(capture, header);
    size_t captured = body.left < frame->wire ? body.left : frame->wire;
    if (interface->snap_length && captured > interface->snap_length) captured = interface->snap_length;
    frame->captured = (uint32_t)captured;
    frame->bytes = body.at;
    frame->time_ns = PP_NO_FIRST;
    frame->link_type = interface->link_type;
    frame->fcs_bytes = interface->fcs_bytes;
    return true;
}

/* The next block, whole and with lengths that agree, without stepping past it. false: none for now, or corrupt. */
static bool peek_block(struct pp_capture *capture, uint32_t *type, struct cursor *body)
{
    enum { ORDER_MAGIC = 0x1a2b3c4d };
    struct source *source = &capture->source;
    const uint8_t *block = peek(source, BLOCK_MIN);
    if (!block) return capture_out_of_bytes(capture, "block header", BLOCK_MIN), false;
    *type = field32(capture, block);
    if (*type == SECTION) { /* reads the same in both orders; what follows says which */
        bool big = load_be32(block + 8) == ORDER_MAGIC;
        if (!big && load_le32(block + 8) != ORDER_MAGIC) return corrupt(capture, "a section header without its byte-order magic");
        capture->pcapng.big_endian = big;
    }
    size_t total = field32(capture, block + 4);
    if (total < BLOCK_MIN || total % 4) return corrupt(capture, "its length is below 12 or no multiple of 4");
    if (total > RECORD_BYTES_MAX) return corrupt(capture, "it is longer than any block of a capture");
    block = peek(source, total);
    if (!block) {
        if (total <= 64 * RECORD_BYTES_USUAL || source->waiting || source->failed) {
            return capture_out_of_bytes(capture, "block", total), false;
        }
        return corrupt(capture, "it is far longer than what is left of the file");
    }
    if (field32(capture, block + total - 4) != total) return corrupt(capture, "its two lengths differ");
    *body = (struct cursor){block + 8, total - BLOCK_MIN};
    return true;
}

enum step { STEP_FRAME, STEP_OTHER, STEP_STOP };

static enum step take_block(struct pp_capture *capture, struct pp_frame *frame)
{
    uint32_t type = 0;
    struct cursor body = {NULL, 0};
    bool good = true;
    if (!peek_block(capture, &type, &body)) return STEP_STOP;
    enum step step = STEP_OTHER;
    size_t whole = body.left + BLOCK_MIN;
    switch (type) {
    case SECTION: good = begin_section(capture, body); break;
    case INTERFACE: good = add_interface(capture, body); break;
    case STATISTICS: good = read_statistics(capture, body); break;
    case ENHANCED_PACKET:
    case PACKET:
        good = read_packet(capture, body, type == ENHANCED_PACKET, frame);
        step = STEP_FRAME;
        break;
    case SIMPLE_PACKET:
        good = read_simple_packet(capture, body, frame);
        step = STEP_FRAME;
        break;
    default: break; /* names, secrets, comments, what others invent: skipped */
    }
    if (!good) return STEP_STOP;
    advance(&capture->source, whole);
    return step;
}

static size_t read_frames(struct pp_capture *capture, struct pp_frame *frames, size_t max)
{
    size_t count = 0;
    while (count < max && !capture->ended) {
        enum step step = take_block(capture, &frames[count]);
        if (step == STEP_STOP) break;
        if (step == STEP_OTHER || !capture_account(capture, &frames[count])) continue;
        count++;
        capture->source.held = true;
    }
    return count;
}

static bool recognise(const uint8_t *bytes, size_t size) { return size >= 4 && load_le32(bytes) == SECTION; }

static bool begin(struct pp_capture *capture)
{
    uint32_t type = 0;
    struct cursor body = {NULL, 0};
    capture->info.format = "pcapng";
    return peek_block(capture, &type, &body); /* the loop reads it again; here only to refuse at once */
}

static void finish(struct pp_capture *capture) { free(capture->pcapng.interfaces); }

const struct reader pcapng_reader = {.recognise = recognise, .begin = begin, .read = read_frames, .finish = finish};
