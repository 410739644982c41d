/* Records found at many places at once are the records that the format's own reader finds one after the other: on every
 * capture at hand, for every size of lane, and on captures made to fool the guess. */
#define _DEFAULT_SOURCE /* opendir, mkstemp */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "chunk.h"
#include "portproof/audit.h"
#include "portproof/report.h"
#include "testing.h"

struct bytes {
    uint8_t *at;
    size_t size, room;
};

static void add(struct bytes *bytes, const void *from, size_t size)
{
    if (!size) return;
    if (bytes->room - bytes->size < size) bytes->at = realloc(bytes->at, bytes->room = (bytes->room + size) * 2);
    assert_non_null(bytes->at);
    memcpy(bytes->at + bytes->size, from, size);
    bytes->size += size;
}

static void add32(struct bytes *bytes, uint32_t value)
{
    uint8_t le[4] = {(uint8_t)value, (uint8_t)(value >> 8), (uint8_t)(value >> 16), (uint8_t)(value >> 24)};
    add(bytes, le, 4);
}

static uint32_t random_state = 1;
static uint32_t draw(uint32_t below)
{
    random_state = random_state * 1664525 + 1013904223;
    return (random_state >> 8) % below;
}

enum { SECOND = 1763632691 };

static void begin_pcap(struct bytes *file)
{
    static const uint32_t header[] = {0xa1b2c3d4, 0x00040002, 0, 0, 262144, 1};
    for (size_t i = 0; i < 6; i++) add32(file, header[i]);
}

static void add_record(struct bytes *file, const struct bytes *payload, uint32_t i)
{
    add32(file, SECOND + i / 1000);
    add32(file, i % 1000 * 1000);
    add32(file, (uint32_t)payload->size);
    add32(file, (uint32_t)payload->size);
    add(file, payload->at, payload->size);
}

static void add_block(struct bytes *file, const struct bytes *payload, uint32_t i)
{
    uint32_t padded = ((uint32_t)payload->size + 3) & ~3u;
    add32(file, 6);
    add32(file, 32 + padded);
    add32(file, 0);
    add32(file, 0x00064d3f);
    add32(file, i);
    add32(file, (uint32_t)payload->size);
    add32(file, (uint32_t)payload->size);
    add(file, payload->at, payload->size);
    add(file, "\0\0\0", padded - payload->size);
    add32(file, 32 + padded);
}

static void begin_pcapng(struct bytes *file)
{
    static const uint32_t blocks[] = {0x0a0d0d0a, 28, 0x1a2b3c4d, 1, 0xffffffff, 0xffffffff, 28, 1, 20, 1, 0, 20};
    for (size_t i = 0; i < sizeof blocks / sizeof *blocks; i++) add32(file, blocks[i]);
}

/* A payload that is itself a stretch of records which look right, run on to its end, and do not meet the true ones. */
static void add_false_records(struct bytes *payload, bool pcapng)
{
    uint8_t fill[64] = {0};
    struct bytes inner = {0};
    add(&inner, fill, 20 + 4 * draw(8));
    add(payload, fill, 4 * draw(5));
    for (unsigned i = 0; i < 12; i++) (pcapng ? add_block : add_record)(payload, &inner, i);
    free(inner.at);
}

static struct bytes fooling_file(bool pcapng, uint32_t count)
{
    struct bytes file = {0};
    (pcapng ? begin_pcapng : begin_pcap)(&file);
    for (uint32_t i = 0; i < count; i++) {
        struct bytes payload = {0};
        add_false_records(&payload, pcapng);
        (pcapng ? add_block : add_record)(&file, &payload, i);
        free(payload.at);
    }
    return file;
}

/* --- the plain way and the fast way ------------------------------------------------------------------------------------ */

static void add_frames(struct bytes *seen, const struct pp_frame *frames, size_t count, const uint8_t *map)
{
    for (size_t i = 0; i < count; i++) {
        uint64_t facts[] = {(uint64_t)(frames[i].bytes - map),
                            frames[i].captured,
                            frames[i].wire,
                            frames[i].time_ns,
                            frames[i].number,
                            frames[i].link_type,
                            frames[i].fcs_bytes,
                            frames[i].capture};
        add(seen, facts, sizeof facts);
    }
}

/* By the format's own reader, one record after the other. */
static struct bytes plain_frames(struct pp_capture *capture)
{
    struct bytes seen = {0};
    struct pp_frame frames[7];
    while (!capture->ended) {
        capture->source.held = false;
        add_frames(&seen, frames, capture->reader->read(capture, frames, 7), capture->source.bytes);
    }
    return seen;
}

/* In chunks sized for `record_bytes`. */
static struct bytes fast_frames(struct pp_capture *capture, uint64_t record_bytes)
{
    struct bytes seen = {0};
    struct pp_chunk *chunk = pp_chunk_create();
    struct pp_frame frames[100];
    capture->record_bytes = record_bytes;
    while (pp_capture_take(capture, chunk)) {
        for (size_t n; (n = pp_chunk_next(chunk, frames, 100)) > 0;) add_frames(&seen, frames, n, capture->source.bytes);
        pp_capture_give(capture, chunk);
        capture->record_bytes = record_bytes;
    }
    pp_chunk_destroy(chunk);
    return seen;
}

static void assert_same(const char *name, struct pp_capture *plain, struct pp_capture *fast, uint64_t record_bytes)
{
    struct bytes a = plain_frames(plain), b = fast_frames(fast, record_bytes);
    const struct pp_capture_info *x = pp_capture_info(plain), *y = pp_capture_info(fast);
    if (a.size != b.size || (a.size && memcmp(a.at, b.at, a.size) != 0))
        fail_msg("%s: other frames at %llu", name, (unsigned long long)record_bytes);
    assert_int_equal(x->packets, y->packets);
    assert_int_equal(x->cut, y->cut);
    assert_int_equal(x->out_of_order, y->out_of_order);
    assert_int_equal(x->first_ns, y->first_ns);
    assert_int_equal(x->last_ns, y->last_ns);
    assert_int_equal(x->drops, y->drops);
    assert_string_equal(x->error.text, y->error.text);
    free(a.at);
    free(b.at);
    pp_capture_close(plain);
    pp_capture_close(fast);
}

static const uint64_t SIZES[] = {1, 3, 10, 40, 100, 333, 1000, 4000};
enum { SIZE_COUNT = sizeof SIZES / sizeof *SIZES };

static void assert_bytes_same(const char *name, const struct bytes *file)
{
    for (size_t i = 0; i < SIZE_COUNT; i++)
        assert_same(name, pp_capture_open_memory(name, file->at, file->size, NULL),
                    pp_capture_open_memory(name, file->at, file->size, NULL), SIZES[i]);
}

static void a_pcap_that_carries_pcaps_fools_nobody(void **state)
{
    (void)state;
    struct bytes file = fooling_file(false, 3000);
    assert_bytes_same("fooling pcap", &file);
    free(file.at);
}

static void a_pcapng_that_carries_pcapngs_fools_nobody(void **state)
{
    (void)state;
    struct bytes file = fooling_file(true, 3000);
    assert_bytes_same("fooling pcapng", &file);
    free(file.at);
}

static bool big_endian;

static void add_field(struct bytes *file, unsigned size, uint32_t value)
{
    for (unsigned i = 0; i < size; i++) {
        uint8_t byte = (uint8_t)(value >> 8 * (big_endian ? size - 1 - i : i));
        add(file, &byte, 1);
    }
}

static void add_fields(struct bytes *file, const uint32_t *values, size_t count)
{
    for (size_t i = 0; i < count; i++) add_field(file, 4, values[i]);
}

/* A packet of 40 bytes with options of one of several kinds; each kind that counts drops counts three. */
static void add_block_with_options(struct bytes *file, uint32_t i)
{
    enum { KINDS = 6, COMMENT = 1, DROPS = 4 };
    struct bytes options = {0};
    uint32_t kind = i % KINDS;
    uint8_t zeros[40] = {0};
    if (kind == 1 || kind == 2 || kind == 5) add_field(&options, 2, COMMENT), add_field(&options, 2, 5), add(&options, "words\0\0", 8);
    if (kind == 2 || kind == 3) {
        const uint32_t three[] = {big_endian ? 0 : 3, big_endian ? 3 : 0};
        add_field(&options, 2, DROPS), add_field(&options, 2, 8), add_fields(&options, three, 2);
    }
    if (kind == 4) add_field(&options, 2, COMMENT), add_field(&options, 2, 4000); /* longer than its block */
    if (kind == 5) add_field(&options, 4, 0);                                     /* the end; what follows is none */
    if (kind == 5) add_field(&options, 2, DROPS), add_field(&options, 2, 8), add(&options, zeros, 8);
    const uint32_t total = 32 + 40 + (uint32_t)options.size, head[] = {6, total, 0, 0x00064d3f, i, 40, 40};
    add_fields(file, head, 7);
    add(file, zeros, 40);
    add(file, options.at ? options.at : zeros, options.size);
    add_fields(file, &total, 1);
    free(options.at);
}

static void options_of_packets_are_the_same_in_both_byte_orders(void **state)
{
    (void)state;
    enum { BLOCKS = 6000 };
    for (unsigned big = 0; big < 2; big++) {
        struct bytes file = {0};
        big_endian = big;
        const uint32_t section[] = {0x0a0d0d0a, 28, 0x1a2b3c4d, big ? 0x00010000 : 1, 0xffffffff, 0xffffffff, 28};
        const uint32_t interface[] = {1, 20, big ? 0x00010000 : 1, 0, 20};
        add_fields(&file, section, 7);
        add_fields(&file, interface, 5);
        for (uint32_t i = 0; i < BLOCKS; i++) add_block_with_options(&file, i);
        assert_bytes_same(big ? "big-endian options" : "options", &file);
        struct pp_capture *capture = pp_capture_open_memory("options", file.at, file.size, NULL);
        free(fast_frames(capture, 100).at);
        assert_int_equal(pp_capture_info(capture)->packets, BLOCKS);
        assert_int_equal(pp_capture_info(capture)->drops, 3 * BLOCKS / 3);
        pp_capture_close(capture);
        free(file.at);
    }
}

/* Of bytes that are all there. */
static void a_record_longer_than_any_is_refused_though_it_is_whole(void **state)
{
    (void)state;
    enum { MIB = 1 << 20, LONG = 300 * MIB, RECORDS = 50 };
    const size_t size = LONG + (size_t)MIB;
    uint8_t *map = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    assert_true(map != MAP_FAILED);
    for (unsigned pcapng = 0; pcapng < 2; pcapng++) {
        struct bytes file = {0}, payload = {0};
        const uint32_t record[] = {SECOND, 0, LONG, LONG}, block[] = {6, LONG, 0, 0x00064d3f, 0, 60, 60}, end = LONG;
        add(&payload, "payload", 7);
        (pcapng ? begin_pcapng : begin_pcap)(&file);
        for (uint32_t i = 0; i < RECORDS; i++) (pcapng ? add_block : add_record)(&file, &payload, i);
        size_t at = file.size;
        for (unsigned i = 0; i < (pcapng ? 7 : 4); i++) add32(&file, pcapng ? block[i] : record[i]);
        memcpy(map, file.at, file.size);
        memcpy(map + at + LONG - 4, &end, 4);
        struct pp_capture *capture = pp_capture_open_memory("long", map, size, NULL);
        struct bytes seen = fast_frames(capture, 10);
        assert_int_equal(pp_capture_info(capture)->packets, RECORDS);
        assert_int_equal(pp_capture_info(capture)->error.offset, at);
        assert_false(pp_capture_info(capture)->truncated);
        pp_capture_close(capture);
        free(seen.at);
        free(file.at);
        free(payload.at);
        memset(map, 0, file.size);
    }
    munmap(map, size);
}

static void blocks_that_lie_about_their_packet_end_the_reading(void **state)
{
    (void)state;
    static const uint32_t lies[] = {41, 44, 4096, UINT32_MAX};
    for (size_t i = 0; i < sizeof lies / sizeof *lies; i++) {
        struct bytes file = {0}, payload = {0};
        add(&payload, "0123456789012345678901234567890123456789", 40);
        begin_pcapng(&file);
        for (uint32_t k = 0; k < 500; k++) add_block(&file, &payload, k);
        size_t last = file.size;
        add_block(&file, &payload, 500);
        for (unsigned k = 0; k < 4; k++) file.at[last + 20 + k] = (uint8_t)(lies[i] >> 8 * k);
        for (uint32_t k = 0; k < 500; k++) add_block(&file, &payload, k);
        assert_bytes_same("lying blocks", &file);
        free(file.at);
        free(payload.at);
    }
}

/* So many odd blocks that records are hardly looked for any more; and then they are found again. */
static void odd_blocks_without_end_change_no_frame(void **state)
{
    (void)state;
    struct bytes file = {0}, payload = {0};
    add(&payload, "0123", 4);
    begin_pcapng(&file);
    for (uint32_t i = 0; i < 1000 * PP_FRAME_BATCH; i++) {
        if (i < 900 * PP_FRAME_BATCH) add32(&file, 0x0bad0bad), add32(&file, 12), add32(&file, 12);
        add_block(&file, &payload, i);
    }
    assert_same("odd blocks", pp_capture_open_memory("odd", file.at, file.size, NULL),
                pp_capture_open_memory("odd", file.at, file.size, NULL), 50);
    free(file.at);
    free(payload.at);
}

/* Frames of a chunk are made from its bytes a second time; by then others may stand there, in a file that is written to. */
static void what_is_written_over_a_chunk_leads_to_no_frame_outside_of_the_file(void **state)
{
    (void)state;
    for (unsigned pcapng = 0; pcapng < 2; pcapng++) {
        struct bytes file = {0}, payload = {0};
        uint8_t zeros[300] = {0};
        add(&payload, zeros, sizeof zeros);
        (pcapng ? begin_pcapng : begin_pcap)(&file);
        for (uint32_t i = 0; i < 1000; i++) (pcapng ? add_block : add_record)(&file, &payload, i);
        uint8_t *bytes = exact_copy(file.at, file.size);
        struct pp_capture *capture = pp_capture_open_memory("overwritten", bytes, file.size, NULL);
        struct pp_chunk *chunk = pp_chunk_create();
        struct pp_frame frames[PP_FRAME_BATCH];
        size_t count = 0, all = 0;
        uint64_t sum = 0;
        assert_true(pp_capture_take(capture, chunk));
        while (chunk->lane_count == 0) assert_true(pp_capture_take(capture, chunk)); /* the reader's: a section, an interface */
        memset(bytes, 0xff, file.size);
        while ((count = pp_chunk_next(chunk, frames, PP_FRAME_BATCH)) > 0) {
            for (size_t i = 0; i < count; i++)
                for (uint32_t k = 0; k < frames[i].captured; k += 100) sum += frames[i].bytes[k];
            assert_true(frames[0].wire >= frames[0].captured);
            all += count;
        }
        assert_true(all > 100 && sum % 255 == 0);
        pp_capture_abandon(capture, chunk);
        pp_chunk_destroy(chunk);
        pp_capture_close(capture);
        free(bytes);
        free(file.at);
        free(payload.at);
    }
}

/* The guess is really fooled there, and lanes are really used elsewhere: else the tests above show nothing. */
static void lanes_are_used_and_dropped(void **state)
{
    (void)state;
    struct bytes fooling = fooling_file(false, 3000), honest = {0}, payload = {0};
    uint8_t zeros[300] = {0};
    add(&payload, zeros, sizeof zeros);
    begin_pcap(&honest);
    for (uint32_t i = 0; i < 5000; i++) add_record(&honest, &payload, i);
    struct pp_chunk *chunk = pp_chunk_create();
    const struct bytes *files[] = {&honest, &fooling};
    for (size_t i = 0; i < 2; i++) {
        struct pp_capture *capture = pp_capture_open_memory("lanes", files[i]->at, files[i]->size, NULL);
        capture->record_bytes = 300;
        assert_true(pp_capture_take(capture, chunk));
        if (i == 0) assert_int_equal(chunk->lane_count, LANES);
        if (i == 1) assert_in_range(chunk->lane_count, 1, LANES - 1);
        pp_capture_close(capture);
    }
    pp_chunk_destroy(chunk);
    free(fooling.at);
    free(honest.at);
    free(payload.at);
}

static void every_cut_of_a_file_ends_the_same_way(void **state)
{
    (void)state;
    struct bytes file = fooling_file(false, 40);
    for (size_t size = 24; size < file.size; size += 13) {
        struct bytes cut = {exact_copy(file.at, size), size, size};
        assert_same("cut", pp_capture_open_memory("cut", cut.at, size, NULL), pp_capture_open_memory("cut", cut.at, size, NULL), 30);
        free(cut.at);
    }
    free(file.at);
}

static void compare_folder(const char *folder)
{
    DIR *directory = opendir(folder);
    if (!directory) return;
    for (struct dirent *entry; (entry = readdir(directory));) {
        char path[4096];
        if (!strstr(entry->d_name, "cap")) continue;
        snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
        for (size_t i = 0; i < SIZE_COUNT; i += 3) {
            struct pp_capture *plain = pp_capture_open(path, NULL), *fast = pp_capture_open(path, NULL);
            if (pp_capture_splits(plain)) {
                assert_same(path, plain, fast, SIZES[i]);
            } else {
                pp_capture_close(plain);
                pp_capture_close(fast);
            }
        }
    }
    closedir(directory);
}

static void every_capture_at_hand_gives_the_same_frames_in_lanes_of_any_size(void **state)
{
    (void)state;
    const char *shared = getenv("PORTPROOF_SHARED") ? getenv("PORTPROOF_SHARED") : SOURCE_DIR "/../shared";
    static const char *const folders[] = {"captures",          "malformed/synthetic", "malformed/tcpdump",
                                          "malformed/libpcap", "malformed/zeek",      "malformed/pcapng-test-generator"};
    compare_folder(SOURCE_DIR "/pcaps");
    for (size_t i = 0; i < sizeof folders / sizeof *folders; i++) {
        char path[4096];
        snprintf(path, sizeof path, "%s/%s", shared, folders[i]);
        compare_folder(path);
    }
}

/* --- threads ------------------------------------------------------------------------------------------------------------ */

static bool add_out(void *context, const char *bytes, size_t size)
{
    add(context, bytes, size);
    return true;
}

static struct bytes flows_with_threads(const char *const paths[], size_t count, unsigned threads)
{
    struct pp_error error;
    struct pp_spec *spec = pp_spec_parse(pp_builtin_rules, pp_builtin_rules_size, &error);
    struct pp_audit_options options = {.to_ns = UINT64_MAX, .threads = threads};
    struct pp_audit *audit = pp_audit_create(spec, NULL, &options);
    assert_true(pp_audit_read(audit, paths, count));
    const struct pp_report *report = pp_audit_judge(audit);
    assert_non_null(report);
    struct bytes out = {0};
    struct pp_sink sink = {add_out, &out};
    assert_true(pp_flows_write(pp_audit_flows(audit), NULL, "tsv", &sink));
    char *text;
    size_t size;
    struct pp_report_options written = {.tool_version = "0", .all = true};
    assert_true(pp_report_write(report, "json", &written, &text, &size));
    add(&out, text, size);
    free(text);
    pp_audit_destroy(audit);
    pp_spec_destroy(spec);
    return out;
}

/* Packets of many flows, so that every thread meets every flow. */
static void write_traffic(const char *path)
{
    struct bytes file = {0};
    begin_pcap(&file);
    for (uint32_t i = 0; i < 60000; i++) {
        uint8_t frame[54] = {[12] = 8, [14] = 0x45, [17] = 40, [23] = 6, [26] = 10, [27] = 20, [30] = 10, [32] = 1, [33] = 10, [46] = 0x50};
        uint32_t flow = draw(700);
        frame[29] = (uint8_t)(flow % 200 + 1);
        frame[34] = 0x90;
        frame[35] = (uint8_t)flow;
        frame[36] = 5307 >> 8;
        frame[37] = 5307 & 0xff;
        frame[47] = draw(50) ? 0x10 : 0x02;
        struct bytes payload = {frame, sizeof frame, sizeof frame};
        add_record(&file, &payload, i);
    }
    FILE *out = fopen(path, "wb");
    assert_int_equal(fwrite(file.at, 1, file.size, out), file.size);
    fclose(out);
    free(file.at);
}

static void the_number_of_threads_changes_no_byte(void **state)
{
    (void)state;
    char path[] = BINARY_DIR "/threads-XXXXXX";
    close(mkstemp(path));
    write_traffic(path);
    const char *const paths[] = {path,
                                 SOURCE_DIR "/pcaps/after-migration.pcap",
                                 SOURCE_DIR "/pcaps/every-row.pcapng",
                                 SOURCE_DIR "/pcaps/no-packets.pcap",
                                 "missing.pcap",
                                 path};
    enum { PATHS = sizeof paths / sizeof *paths };
    struct bytes one = flows_with_threads(paths, PATHS, 1);
    for (unsigned threads = 2; threads <= 8; threads++) {
        struct bytes many = flows_with_threads(paths, PATHS, threads);
        assert_int_equal(one.size, many.size);
        assert_memory_equal(one.at, many.at, one.size);
        free(many.at);
    }
    free(one.at);
    unlink(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_pcap_that_carries_pcaps_fools_nobody),
        cmocka_unit_test(a_pcapng_that_carries_pcapngs_fools_nobody),
        cmocka_unit_test(options_of_packets_are_the_same_in_both_byte_orders),
        cmocka_unit_test(what_is_written_over_a_chunk_leads_to_no_frame_outside_of_the_file),
        cmocka_unit_test(a_record_longer_than_any_is_refused_though_it_is_whole),
        cmocka_unit_test(blocks_that_lie_about_their_packet_end_the_reading),
        cmocka_unit_test(odd_blocks_without_end_change_no_frame),
        cmocka_unit_test(lanes_are_used_and_dropped),
        cmocka_unit_test(every_cut_of_a_file_ends_the_same_way),
        cmocka_unit_test(every_capture_at_hand_gives_the_same_frames_in_lanes_of_any_size),
        cmocka_unit_test(the_number_of_threads_changes_no_byte),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
