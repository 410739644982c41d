/* The pcap format (draft-ietf-opsawg-pcap): a file header, then records of one link type. */
#include "load.h"
#include "reader.h"

enum { FILE_HEADER = 24, RECORD_HEADER = 16, RECORD_HEADER_MODIFIED = 24 };

/* Beyond int, so no enum. */
#define MAGIC_MICRO UINT32_C(0xa1b2c3d4)
#define MAGIC_NANO UINT32_C(0xa1b23c4d)
#define MAGIC_MODIFIED UINT32_C(0xa1b2cd34) /* Kuznetzov's patch: eight more bytes in every record header */

static bool is_magic(uint32_t value) { return value == MAGIC_MICRO || value == MAGIC_NANO || value == MAGIC_MODIFIED; }

static bool recognise(const uint8_t *bytes, size_t size) { return size >= 4 && (is_magic(load_le32(bytes)) || is_magic(load_be32(bytes))); }

static uint32_t field32(const struct pcap_state *pcap, const uint8_t *p) { return pcap->swapped ? load_be32(p) : load_le32(p); }
static uint16_t field16(const struct pcap_state *pcap, const uint8_t *p) { return pcap->swapped ? load_be16(p) : load_le16(p); }

/* The upper half of the link type field may say how long the frame check sequences are, in 16-bit units. */
static void read_link_field(struct pp_capture *capture, uint32_t field)
{
    enum { HAS_FCS = 0x04000000 };
    capture->pcap.link_type = (uint16_t)field;
    capture->pcap.fcs_bytes = field & HAS_FCS ? (uint8_t)((field >> 28) * 2) : 0;
    capture_add_link(capture, capture->pcap.link_type);
}

static bool begin(struct pp_capture *capture)
{
    struct pcap_state *pcap = &capture->pcap;
    const uint8_t *header = peek(&capture->source, FILE_HEADER);
    if (!header) {
        capture->info.format = "pcap";
        capture_out_of_bytes(capture, "file header", FILE_HEADER);
        return false;
    }
    pcap->swapped = is_magic(load_be32(header));
    uint32_t magic = field32(pcap, header);
    unsigned major = field16(pcap, header + 4), minor = field16(pcap, header + 6);
    capture->info.format = magic == MAGIC_NANO ? "pcap-ns" : "pcap";
    if (major != 2) return capture_stop(capture, CORRUPT, "pcap version %u.%u; expected 2.x", major, minor);
    pcap->fraction_ns = magic == MAGIC_NANO ? 1 : 1000;
    pcap->record_header = magic == MAGIC_MODIFIED ? RECORD_HEADER_MODIFIED : RECORD_HEADER;
    pcap->lengths_swap = minor < 3; /* as libpcap does, after what old writers did */
    pcap->lengths_may_swap = minor == 3;
    capture_add_snap_length(capture, field32(pcap, header + 16), true);
    read_link_field(capture, field32(pcap, header + 20));
    struct pp_error error;
    if (capture->filter.expression && !filter_prepare(&capture->filter, pcap->link_type, &error)) {
        return capture_stop(capture, CORRUPT, "%s", error.text);
    }
    advance(&capture->source, FILE_HEADER);
    return true;
}

/* The record's bytes are not all there: the file was cut, or the length is no length. */
static void no_bytes(struct pp_capture *capture, uint32_t captured)
{
    struct source *source = &capture->source;
    if (source->waiting) return;
    bool usual = captured <= RECORD_BYTES_USUAL || captured <= capture->info.snap_length;
    if (source->failed || (usual && captured <= RECORD_BYTES_MAX)) {
        capture_out_of_bytes(capture, "packet", (size_t)capture->pcap.record_header + captured);
        return;
    }
    char before[READ_BEFORE_MAX];
    capture_stop(capture, CORRUPT, "corrupt record at byte %llu: it claims %u captured bytes, %zu are left; %s",
                 (unsigned long long)source_offset(source), captured, source_left(source) - capture->pcap.record_header,
                 read_before(capture, before));
}

/* One record into *frame. false: no further one for now. */
static inline bool take_record(struct pp_capture *capture, struct pp_frame *frame)
{
    struct pcap_state *pcap = &capture->pcap;
    struct source *source = &capture->source;
    const uint8_t *record = peek(source, pcap->record_header);
    if (!record) {
        capture_out_of_bytes(capture, "record header", pcap->record_header);
        return false;
    }
    uint32_t seconds = field32(pcap, record), fraction = field32(pcap, record + 4);
    uint32_t captured = field32(pcap, record + 8), wire = field32(pcap, record + 12);
    if (pcap->lengths_swap || (pcap->lengths_may_swap && captured > wire)) {
        uint32_t first = captured;
        captured = wire;
        wire = first;
    }
    size_t size = (size_t)pcap->record_header + captured;
    if (captured > RECORD_BYTES_MAX || !(record = peek(source, size))) {
        no_bytes(capture, captured);
        return false;
    }
    __builtin_prefetch(record + 64); /* where most network headers end; decode wants it next (measured: -12 % a frame) */
    frame->bytes = record + pcap->record_header;
    frame->captured = captured;
    frame->wire = wire;
    /* A fraction of a second or more carries over into the seconds; 2^32 of each do not overflow 64 bits. */
    frame->time_ns = (uint64_t)seconds * 1000000000u + (uint64_t)fraction * pcap->fraction_ns;
    frame->link_type = pcap->link_type;
    frame->fcs_bytes = pcap->fcs_bytes;
    advance(source, size);
    return true;
}

static size_t read_frames(struct pp_capture *capture, struct pp_frame *frames, size_t max)
{
    size_t count = 0;
    while (count < max && take_record(capture, &frames[count])) {
        if (!capture_account(capture, &frames[count])) continue;
        count++;
        capture->source.held = true;
    }
    return count;
}

const struct reader pcap_reader = {.recognise = recognise, .begin = begin, .read = read_frames};
