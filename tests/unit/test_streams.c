/* Compressed and streamed captures give the frames of the plain file. */
#define _DEFAULT_SOURCE /* mkstemp, pipe, fork */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <zlib.h>
#include <zstd.h>

#include "captures.h"
#include "testing.h"

enum { PACKETS = 20000, ROOM = 4 * 1024 * 1024 };

/* A pcap file of packets of many sizes: longer than a window, so that it slides. */
static uint8_t *large_file(size_t *size)
{
    struct bytes head = {.size = 0};
    uint8_t *file = malloc(ROOM);
    assert_non_null(file);
    add_pcap_header(&head, 0xa1b2c3d4, 4, 65535, 1);
    memcpy(file, head.at, head.size);
    *size = head.size;
    for (uint32_t i = 0; i < PACKETS; i++) {
        struct bytes packet = {.size = 0}, record = {.size = 0};
        size_t payload = i * 7 % 200 + (i == 777 ? 7000 : 0);
        add_ethernet(&packet, 0x0800);
        add_ipv4(&packet, 17, 8 + payload);
        add_udp(&packet, 1000 + i % 1000, 53, payload);
        for (size_t j = 0; j < payload; j++) packet.at[packet.size++] = (uint8_t)(i * 31 + j);
        add_record(&record, i, 0, &packet);
        assert_true(*size + record.size <= ROOM);
        memcpy(file + *size, record.at, record.size);
        *size += record.size;
    }
    return file;
}

static size_t gzip(const uint8_t *bytes, size_t size, uint8_t *out)
{
    z_stream z = {.avail_in = 0};
    assert_int_equal(deflateInit2(&z, 1, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY), Z_OK);
    z.next_in = (Bytef *)(uintptr_t)bytes;
    z.avail_in = (uInt)size;
    z.next_out = out;
    z.avail_out = ROOM;
    assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
    deflateEnd(&z);
    return ROOM - z.avail_out;
}

static void assert_same(const struct reading *got, const struct reading *want)
{
    assert_int_equal(got->frames, want->frames);
    assert_int_equal(got->byte_sum, want->byte_sum);
    assert_int_equal(got->info.last_ns, want->info.last_ns);
    assert_false(got->info.failed);
}

static void gzip_and_zstd_give_the_same_frames(void **state)
{
    (void)state;
    size_t size;
    uint8_t *file = large_file(&size), *packed = malloc(2 * ROOM);
    struct reading plain, r;
    read_bytes(file, size, NULL, &plain);
    assert_int_equal(plain.results[PP_DECODED], PACKETS);
    read_bytes(packed, gzip(file, size, packed), NULL, &r);
    assert_same(&r, &plain);
    /* several members, cut in mid-record, and zeros up to a block boundary */
    size_t first = gzip(file, 1000001, packed), second = gzip(file + 1000001, size - 1000001, packed + first);
    memset(packed + first + second, 0, 512);
    read_bytes(packed, first + second + 512, NULL, &r);
    assert_same(&r, &plain);
    size_t frame = ZSTD_compress(packed, 2 * ROOM, file, 500000, 1);
    size_t rest = ZSTD_compress(packed + frame, 2 * ROOM - frame, file + 500000, size - 500000, 1);
    read_bytes(packed, frame + rest, NULL, &r);
    assert_same(&r, &plain);
    free(file);
    free(packed);
}

/* A section with one packet, and behind it a block of 20 MB that nobody knows. Free it. */
static uint8_t *file_with_a_large_block(size_t *size)
{
    enum { BLOCK = 20 << 20 };
    struct bytes head = {.size = 0}, end = {.size = 0}, packet = {.size = 0};
    add_ethernet(&packet, 0x0800);
    add_ipv4(&packet, 17, 8);
    add_udp(&packet, 1, 2, 0);
    add_section(&head);
    add_interface_block(&head, 1, 0);
    add_enhanced(&head, 0, 1000000, &packet);
    size_t begin = head.size;
    add_u32(&head, 0x0bad0bad), add_u32(&head, BLOCK);
    add_u32(&end, BLOCK);
    add_enhanced(&end, 0, 2000000, &packet);
    *size = begin + BLOCK + end.size - 4;
    uint8_t *file = calloc(1, *size);
    assert_non_null(file);
    memcpy(file, head.at, head.size);
    memcpy(file + begin + BLOCK - 4, end.at, end.size);
    return file;
}

static void a_block_longer_than_the_window_waits_for_the_frames_before_it(void **state)
{
    (void)state;
    size_t size;
    uint8_t *file = file_with_a_large_block(&size), *packed = malloc(2 * ROOM);
    struct reading r;
    size_t packed_size = gzip(file, size, packed);
    read_bytes(packed, packed_size, NULL, &r);
    assert_string_equal(r.info.error.text, "");
    assert_int_equal(r.frames, 2);
    read_bytes(packed, packed_size / 2, NULL, &r); /* cut inside it: that explains more than its length does */
    assert_int_equal(r.frames, 1);
    assert_non_null(strstr(r.info.error.text, "gzip data ends early"));
    assert_true(r.info.truncated);
    packed_size = ZSTD_compress(packed, 2 * ROOM, file, size, 1);
    read_bytes(packed, packed_size, NULL, &r);
    assert_int_equal(r.frames, 2);
    free(file);
    free(packed);
}

static void corrupt_zstd_data_is_said_and_what_only_looks_compressed_is_no_capture(void **state)
{
    (void)state;
    size_t size;
    uint8_t *file = large_file(&size), *packed = malloc(2 * ROOM);
    struct reading r;
    const uint8_t skippable[] = {0x5a, 0x2a, 0x4d, 0x18, 3, 0, 0, 0, 'p', 'z', 's'};
    size_t packed_size = ZSTD_compress(packed, 2 * ROOM, file, size, 1);
    memset(packed + packed_size / 2, 0xff, 64);
    read_bytes(packed, packed_size, NULL, &r);
    assert_true(r.info.failed && r.frames > 100 && r.frames < PACKETS);
    assert_non_null(strstr(r.info.error.text, "corrupt zstd data: "));
    assert_false(r.info.truncated);
    memcpy(packed, skippable, sizeof skippable);
    packed_size = sizeof skippable + ZSTD_compress(packed + sizeof skippable, 2 * ROOM - sizeof skippable, file, size, 1);
    read_bytes(packed, packed_size, NULL, &r);
    assert_int_equal(r.frames, PACKETS);
    read_bytes("\x1f\x8c and so on", 13, NULL, &r);
    assert_non_null(strstr(r.info.error.text, "not a capture: starts with"));
    free(file);
    free(packed);
}

static void cut_or_corrupt_compression_keeps_what_could_be_read(void **state)
{
    (void)state;
    size_t size;
    uint8_t *file = large_file(&size), *packed = malloc(2 * ROOM);
    struct reading r;
    size_t packed_size = gzip(file, size, packed);
    read_bytes(packed, packed_size / 2, NULL, &r);
    assert_true(r.info.truncated && r.frames > 100 && r.frames < PACKETS);
    assert_non_null(strstr(r.info.error.text, "gzip data ends early"));
    memset(packed + packed_size / 2, 0xff, 64);
    read_bytes(packed, packed_size, NULL, &r);
    assert_true(r.info.failed && r.frames > 100);
    assert_non_null(strstr(r.info.error.text, "corrupt gzip data"));
    packed_size = gzip(file, size, packed);
    memcpy(packed + packed_size, "trailing", 8);
    read_bytes(packed, packed_size + 8, NULL, &r);
    assert_true(r.info.failed && r.frames == PACKETS);
    packed_size = ZSTD_compress(packed, 2 * ROOM, file, size, 1);
    read_bytes(packed, packed_size / 2, NULL, &r);
    assert_true(r.info.truncated && r.frames > 100);
    free(file);
    free(packed);
}

static void a_small_compressed_file_may_be_cut_anywhere(void **state)
{
    (void)state;
    struct bytes file = {.size = 0}, packet = {.size = 0};
    static uint8_t packed[ROOM];
    struct reading r;
    add_ipv4(&packet, 17, 8);
    add_udp(&packet, 1, 2, 0);
    add_pcap_header(&file, 0xa1b2c3d4, 4, 65535, 101);
    add_record(&file, 1, 0, &packet);
    size_t sizes[2] = {gzip(file.at, file.size, packed), 0};
    for (size_t n = 0; n < sizes[0]; n++) {
        read_bytes(packed, n, NULL, &r);
        assert_true(r.info.failed);
    }
    sizes[1] = ZSTD_compress(packed, ROOM, file.at, file.size, 1);
    for (size_t n = 0; n < sizes[1]; n++) {
        read_bytes(packed, n, NULL, &r);
        assert_true(r.info.failed);
    }
    read_bytes(packed, sizes[1], NULL, &r);
    assert_int_equal(r.frames, 1);
    size_t text = gzip((const uint8_t *)"just text", 9, packed);
    read_bytes(packed, text, NULL, &r);
    assert_string_equal(r.info.error.text, "not a capture inside gzip: starts with 'just tex…'; expected pcap or pcapng"
                                           " (bytes counted in the decompressed data)");
}

/* Write the bytes into `fd` from another process, in odd pieces. */
static pid_t write_from_child(int fd, int close_also, const uint8_t *bytes, size_t size)
{
    pid_t child = fork();
    if (child) return child;
    close(close_also);
    for (size_t at = 0; at < size;) {
        size_t n = size - at < 40001 ? size - at : 40001;
        ssize_t wrote = write(fd, bytes + at, n);
        if (wrote <= 0) _exit(1);
        at += (size_t)wrote;
    }
    _exit(0);
}

static void read_standard_input(const uint8_t *bytes, size_t size, struct reading *reading)
{
    int ends[2], saved = dup(STDIN_FILENO);
    assert_int_equal(pipe(ends), 0);
    pid_t child = write_from_child(ends[1], ends[0], bytes, size);
    close(ends[1]);
    dup2(ends[0], STDIN_FILENO);
    close(ends[0]);
    read_all(pp_capture_open("-", &(struct pp_capture_options){.hash = true}), reading);
    dup2(saved, STDIN_FILENO);
    close(saved);
    waitpid(child, NULL, 0);
}

static void standard_input_and_fifos_stream(void **state)
{
    (void)state;
    size_t size;
    uint8_t *file = large_file(&size), *packed = malloc(2 * ROOM);
    struct reading plain, r;
    read_bytes(file, size, &(struct pp_capture_options){.hash = true}, &plain);
    read_standard_input(file, size, &r);
    assert_same(&r, &plain);
    assert_string_equal(r.info.sha256, plain.info.sha256);
    assert_int_equal(r.info.bytes, size);
    read_standard_input(packed, gzip(file, size, packed), &r);
    assert_same(&r, &plain);
    read_standard_input(file, size - 1, &r);
    assert_true(r.info.truncated && r.frames == PACKETS - 1);
    read_standard_input(file, 0, &r);
    assert_non_null(strstr(r.info.error.text, "empty file"));

    char folder[] = "/tmp/portproof-XXXXXX", path[64];
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/fifo", folder);
    assert_int_equal(mkfifo(path, 0600), 0);
    pid_t child = fork();
    if (child == 0) {
        FILE *fifo = fopen(path, "wb");
        _exit(fifo && fwrite(file, 1, size, fifo) == size && fclose(fifo) == 0 ? 0 : 1);
    }
    read_all(pp_capture_open(path, NULL), &r);
    waitpid(child, NULL, 0);
    assert_same(&r, &plain);
    unlink(path);
    rmdir(folder);
    free(file);
    free(packed);
}

/* Of the stored bytes; only forward, and at the end all of them. */
static void follow_position(struct pp_capture *capture, uint64_t size)
{
    struct pp_frame frames[PP_FRAME_BATCH];
    uint64_t before = 0, steps = 0;
    while (pp_capture_next(capture, frames, PP_FRAME_BATCH)) {
        uint64_t position = pp_capture_position(capture);
        assert_true(before <= position && position <= size);
        steps += before < position;
        before = position;
    }
    assert_true(steps > 0);
    assert_int_equal(pp_capture_position(capture), size);
    assert_string_equal(pp_capture_info(capture)->error.text, "");
    pp_capture_close(capture);
}

static void the_position_is_in_the_bytes_as_stored(void **state)
{
    (void)state;
    size_t size;
    uint8_t *file = large_file(&size), *packed = malloc(2 * ROOM);
    follow_position(pp_capture_open_memory("memory", file, size, NULL), size);
    size_t packed_size = gzip(file, size, packed);
    follow_position(pp_capture_open_memory("memory", packed, packed_size, NULL), packed_size);
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    pid_t child = write_from_child(ends[1], ends[0], file, size);
    close(ends[1]);
    follow_position(pp_capture_open_descriptor("stream", ends[0], NULL), size);
    waitpid(child, NULL, 0);
    free(file);
    free(packed);
}

static void records_longer_than_the_window_stream(void **state)
{
    (void)state;
    enum { LONG = 1500000 };
    struct bytes head = {.size = 0}, record = {.size = 0};
    uint8_t *file = calloc(1, ROOM);
    size_t size = 24;
    struct reading plain, r;
    add_pcap_header(&head, 0xa1b2c3d4, 4, 2 * LONG, 1);
    memcpy(file, head.at, head.size);
    for (uint32_t i = 0; i < 2; i++) {
        record.size = 0;
        add_u32(&record, i), add_u32(&record, 0), add_u32(&record, LONG + i), add_u32(&record, LONG + i);
        memcpy(file + size, record.at, record.size);
        memset(file + size + record.size, (int)i + 1, LONG);
        size += record.size + LONG + i;
    }
    read_bytes(file, size, NULL, &plain);
    assert_int_equal(plain.frames, 2);
    read_standard_input(file, size, &r);
    assert_same(&r, &plain);
    free(file);
}

/* The bytes as a file, which is mapped when it is opened. */
static void read_file_of(const uint8_t *bytes, size_t size, const struct pp_capture_options *options, struct reading *r)
{
    char path[] = "/tmp/portproof-XXXXXX";
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, bytes, size), (ssize_t)size);
    close(fd);
    read_all(pp_capture_open(path, options), r);
    unlink(path);
}

static void a_mapped_file_gives_the_same_frames(void **state)
{
    (void)state;
    size_t size;
    uint8_t *file = large_file(&size);
    struct reading plain, r;
    const struct pp_capture_options options = {.hash = true};
    read_bytes(file, size, &options, &plain);
    read_file_of(file, size, &options, &r);
    assert_same(&r, &plain);
    assert_string_equal(r.info.sha256, plain.info.sha256);
    free(file);
}

static void compressed_files_give_the_same_frames(void **state)
{
    (void)state;
    size_t size;
    uint8_t *file = large_file(&size), *packed = malloc(2 * ROOM);
    struct reading plain, r;
    const struct pp_capture_options options = {.hash = true};
    read_bytes(file, size, NULL, &plain);
    read_file_of(packed, gzip(file, size, packed), &options, &r);
    assert_same(&r, &plain);
    assert_int_equal(strlen(r.info.sha256), 64);
    read_file_of(packed, ZSTD_compress(packed, 2 * ROOM, file, size, 1), &options, &r);
    assert_same(&r, &plain);
    free(file);
    free(packed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gzip_and_zstd_give_the_same_frames),
        cmocka_unit_test(a_block_longer_than_the_window_waits_for_the_frames_before_it),
        cmocka_unit_test(corrupt_zstd_data_is_said_and_what_only_looks_compressed_is_no_capture),
        cmocka_unit_test(the_position_is_in_the_bytes_as_stored),
        cmocka_unit_test(records_longer_than_the_window_stream),
        cmocka_unit_test(cut_or_corrupt_compression_keeps_what_could_be_read),
        cmocka_unit_test(a_small_compressed_file_may_be_cut_anywhere),
        cmocka_unit_test(standard_input_and_fifos_stream),
        cmocka_unit_test(a_mapped_file_gives_the_same_frames),
        cmocka_unit_test(compressed_files_give_the_same_frames),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
