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
        cmocka_unit_test(cut_or_corrupt_compression_keeps_what_could_be_read),
        cmocka_unit_test(a_small_compressed_file_may_be_cut_anywhere),
        cmocka_unit_test(standard_input_and_fifos_stream),
        cmocka_unit_test(a_mapped_file_gives_the_same_frames),
        cmocka_unit_test(compressed_files_give_the_same_frames),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
