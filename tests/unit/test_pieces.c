/* Threads that share a mapped capture find the frames that the format's own reader finds, whatever they guessed ahead of their turn:
 * in files of many windows, with records longer than a window's overlap, with interfaces that appear on the way, and with
 * payload made to fool the guess. */
#define _DEFAULT_SOURCE /* mkstemp, pwrite */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "chunk.h"
#include "testing.h"

enum { SECOND = 1763632691, THREADS_MAX = 8, FRAMES_MAX = 40000 };

static uint32_t random_state = 1;
static uint32_t draw(uint32_t below)
{
    random_state = random_state * 1664525 + 1013904223;
    return (random_state >> 8) % below;
}

/* --- files, most of them holes ------------------------------------------------------------------------------------------- */

struct file {
    char path[256];
    int fd;
    off_t size;
    bool pcapng;
    uint32_t frames, interfaces;
    bool counting; /* now and then a packet counts drops */
};

static void put(struct file *file, const void *bytes, size_t size)
{
    assert_int_equal(pwrite(file->fd, bytes, size, file->size), size);
    file->size += (off_t)size;
}

static void put_words(struct file *file, const uint32_t *words, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        uint8_t le[4] = {(uint8_t)words[i], (uint8_t)(words[i] >> 8), (uint8_t)(words[i] >> 16), (uint8_t)(words[i] >> 24)};
        put(file, le, sizeof le);
    }
}

static void put_interface(struct file *file)
{
    const uint32_t block[] = {1, 20, 1, 0x01000000, 20};
    put_words(file, block, 5);
    file->interfaces++;
}

/* In it interface 0 means something else: times are counted in 10^-resolution seconds. */
static void put_section(struct file *file, uint32_t resolution)
{
    const uint32_t section[] = {0x0a0d0d0a, 28, 0x1a2b3c4d, 1, 0xffffffff, 0xffffffff, 28};
    const uint32_t interface[] = {1, 32, 1, 0x01000000, 9 | 1 << 16, resolution, 0, 32};
    put_words(file, section, 7);
    put_words(file, interface, 8);
    file->interfaces = 1;
}

static struct file begin_file(bool pcapng)
{
    static const uint32_t pcap[] = {0xa1b2c3d4, 0x00040002, 0, 0, 0x01000000, 1},
                          section[] = {0x0a0d0d0a, 28, 0x1a2b3c4d, 1, 0xffffffff, 0xffffffff, 28};
    struct file file = {.path = BINARY_DIR "/pieces-XXXXXX", .pcapng = pcapng};
    file.fd = mkstemp(file.path);
    assert_true(file.fd >= 0);
    put_words(&file, pcapng ? section : pcap, pcapng ? 7 : 6);
    if (pcapng) put_interface(&file);
    return file;
}

/* A frame of `size` bytes that begins with its number; the rest is zeros, or copies of a record's header that fool a guess. */
static void put_frame(struct file *file, uint32_t size, bool fooling)
{
    uint32_t padded = (size + 3) & ~3u, i = file->frames++, drops = file->counting && draw(3) == 0 ? 1 + draw(9) : 0;
    const uint32_t options[] = {4 | 8 << 16, drops, 0}, total = 32 + padded + (drops ? (uint32_t)sizeof options : 0);
    const uint32_t record[] = {SECOND + i / 1000, i % 1000 * 1000, size, size, i};
    const uint32_t block[] = {6, total, file->interfaces - 1, 0x00064d3f, i, size, size, i}, end[] = {total};
    off_t payload = file->size + (file->pcapng ? 28 : 16);
    put_words(file, file->pcapng ? block : record, file->pcapng ? 8 : 5);
    for (uint32_t k = 0; fooling && k + 200 < size; k += 64) { /* records of 48 bytes, one behind the other */
        const uint32_t false_record[] = {SECOND, 0, 48, 48}, false_block[] = {6, 64, 0, 0x00064d3f, 0, 32, 32};
        file->size = payload + 64 + (off_t)k;
        put_words(file, file->pcapng ? false_block : false_record, file->pcapng ? 7 : 4);
    }
    file->size = payload + (off_t)(file->pcapng ? padded : size);
    if (file->pcapng && drops) put_words(file, options, 3);
    if (file->pcapng) put_words(file, end, 1);
}

static void end_file(struct file *file)
{
    assert_int_equal(ftruncate(file->fd, file->size), 0);
    close(file->fd);
}

/* --- frames by their number -------------------------------------------------------------------------------------------------- */

struct seen {
    uint64_t time_ns, number;
    uint32_t captured, wire, first_word;
    uint16_t link_type;
};

static struct seen expected[FRAMES_MAX], found[FRAMES_MAX];

static void keep(struct seen *list, const struct pp_frame *frame)
{
    struct seen *one = &list[frame->number - 1];
    assert_in_range(frame->number, 1, FRAMES_MAX);
    assert_int_equal(one->number, 0); /* nobody was given it before */
    *one = (struct seen){frame->time_ns, frame->number, frame->captured, frame->wire, 0, frame->link_type};
    memcpy(&one->first_word, frame->bytes, sizeof one->first_word);
}

static uint64_t read_plainly(const char *path, struct pp_capture_info *info)
{
    struct pp_capture *capture = pp_capture_open(path, NULL);
    struct pp_frame frames[64];
    memset(expected, 0, sizeof expected);
    while (!capture->ended) {
        capture->source.held = false;
        size_t n = capture->reader->read(capture, frames, 64);
        for (size_t i = 0; i < n; i++) keep(expected, &frames[i]);
    }
    *info = *pp_capture_info(capture);
    uint64_t packets = info->packets;
    pp_capture_close(capture);
    return packets;
}

struct reader_thread {
    struct pp_capture *capture;
    pthread_t thread;
    uint64_t pieces, give_up_after; /* 0: never */
};

static void *take_pieces(void *argument)
{
    struct reader_thread *self = argument;
    struct pp_chunk *chunk = pp_chunk_create();
    struct pp_frame frames[64];
    while (pp_capture_take(self->capture, chunk)) {
        for (size_t n; (n = pp_chunk_next(chunk, frames, 64)) > 0;)
            for (size_t i = 0; i < n; i++) keep(found, &frames[i]);
        pp_capture_give(self->capture, chunk);
        if (++self->pieces == self->give_up_after) {
            pp_capture_abandon(self->capture, chunk);
            break;
        }
    }
    pp_chunk_destroy(chunk);
    return NULL;
}

static void read_together(struct pp_capture *capture, unsigned threads, uint64_t give_up_after)
{
    struct reader_thread readers[THREADS_MAX];
    memset(readers, 0, sizeof readers);
    memset(found, 0, sizeof found);
    for (unsigned i = 0; i < threads; i++) {
        readers[i].capture = capture;
        readers[i].give_up_after = i == 0 ? give_up_after : 0;
        assert_int_equal(pthread_create(&readers[i].thread, NULL, take_pieces, &readers[i]), 0);
    }
    for (unsigned i = 0; i < threads; i++) pthread_join(readers[i].thread, NULL);
}

static void assert_threads_agree(struct file *file)
{
    struct pp_capture_info plain;
    end_file(file);
    read_plainly(file->path, &plain);
    for (unsigned threads = 1; threads <= THREADS_MAX; threads++) {
        struct pp_capture *capture = pp_capture_open(file->path, NULL);
        assert_true(pp_capture_splits(capture));
        read_together(capture, threads, 0);
        const struct pp_capture_info *info = pp_capture_info(capture);
        assert_int_equal(info->packets, plain.packets);
        assert_int_equal(info->first_ns, plain.first_ns);
        assert_int_equal(info->last_ns, plain.last_ns);
        assert_int_equal(info->out_of_order, plain.out_of_order);
        assert_int_equal(info->drops_known, plain.drops_known);
        assert_int_equal(info->drops, plain.drops);
        assert_int_equal(info->failed, plain.failed);
        assert_string_equal(info->error.text, plain.error.text);
        assert_memory_equal(found, expected, sizeof found);
        for (unsigned w = 0; w < WINDOWS_MAX; w++) assert_null(capture->turns.windows.all[w].map); /* all are unmapped behind it */
        pp_capture_close(capture);
    }
    unlink(file->path);
}

static void files_of_many_windows_are_read_alike(void **state)
{
    (void)state;
    for (unsigned pcapng = 0; pcapng < 2; pcapng++) {
        struct file file = begin_file(pcapng);
        while (file.size < 4 * (off_t)WINDOW_BYTES) put_frame(&file, 1000 + draw(60000), false);
        assert_threads_agree(&file);
    }
}

static void records_longer_than_chunks_and_windows_are_read_alike(void **state)
{
    (void)state;
    for (unsigned pcapng = 0; pcapng < 2; pcapng++) {
        struct file file = begin_file(pcapng);
        for (unsigned i = 0; i < 200; i++) {
            for (unsigned k = draw(20); k; k--) put_frame(&file, 60 + draw(1400), false);
            put_frame(&file, i % 50 == 0 ? 15000000 : 100000 + draw(3000000), false); /* the snap length is 16 MiB */
        }
        assert_true(file.size > 6 * (off_t)WINDOW_BYTES);
        assert_threads_agree(&file);
    }
}

static void small_frames_are_read_alike(void **state)
{
    (void)state;
    struct file file = begin_file(false);
    while (file.frames < FRAMES_MAX) put_frame(&file, 4 + draw(100), false);
    assert_threads_agree(&file);
}

static void payload_that_fools_the_guess_fools_no_thread(void **state)
{
    (void)state;
    for (unsigned pcapng = 0; pcapng < 2; pcapng++) {
        struct file file = begin_file(pcapng);
        while (file.frames < 1500) put_frame(&file, 300 + draw(9000), draw(3) != 0);
        assert_threads_agree(&file);
    }
}

static void interfaces_that_appear_on_the_way_are_known_to_all(void **state)
{
    (void)state;
    struct file file = begin_file(true);
    while (file.frames < 20000) {
        put_frame(&file, 60 + draw(1000), false);
        if (draw(700) == 0) put_interface(&file);
    }
    assert_true(file.interfaces > 10);
    assert_threads_agree(&file);
}

static void sections_that_change_what_an_interface_means_are_known_to_all(void **state)
{
    (void)state;
    struct file file = begin_file(true);
    while (file.frames < 20000) {
        put_frame(&file, 60 + draw(1000), false);
        if (draw(300) == 0) put_section(&file, 3 + draw(7));
    }
    assert_threads_agree(&file);
}

static void drops_that_packets_count_are_added_up_in_chunks_too(void **state)
{
    (void)state;
    struct file file = begin_file(true);
    file.counting = true;
    while (file.frames < 20000) {
        put_frame(&file, 60 + draw(1000), false);
        if (draw(2000) == 0) put_section(&file, 6);
    }
    struct pp_capture *capture = pp_capture_open(file.path, NULL);
    struct pp_chunk *chunk = pp_chunk_create();
    assert_true(pp_capture_take(capture, chunk)); /* the first one begins with an interface, and is the reader's */
    assert_true(pp_capture_take(capture, chunk));
    assert_true(chunk_count(chunk) > 100); /* such packets do not end a chunk */
    assert_true(pp_capture_info(capture)->drops > 100);
    pp_capture_abandon(capture, chunk);
    pp_chunk_destroy(chunk);
    pp_capture_close(capture);
    assert_threads_agree(&file);
}

static void a_file_cut_inside_a_record_is_read_alike(void **state)
{
    (void)state;
    struct file file = begin_file(false);
    while (file.frames < 5000) put_frame(&file, 60 + draw(1000), false);
    file.size -= 30;
    assert_threads_agree(&file);
}

static void more_interfaces_than_can_be_known_ahead_are_read_alike(void **state)
{
    (void)state;
    struct file file = begin_file(true);
    while (file.interfaces <= CHUNK_INTERFACES_MAX) put_interface(&file);
    while (file.frames < 5000) put_frame(&file, 60 + draw(1000), false);
    assert_threads_agree(&file);
}

static void when_one_gives_up_all_find_the_capture_ended(void **state)
{
    (void)state;
    struct file file = begin_file(false);
    while (file.frames < 30000) put_frame(&file, 1000 + draw(60000) / (1 + draw(60)), false);
    end_file(&file);
    for (unsigned threads = 1; threads <= THREADS_MAX; threads++) {
        struct pp_capture *capture = pp_capture_open(file.path, NULL);
        read_together(capture, threads, 2);
        assert_true(capture->ended);
        pp_capture_close(capture);
    }
    unlink(file.path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(files_of_many_windows_are_read_alike),
        cmocka_unit_test(records_longer_than_chunks_and_windows_are_read_alike),
        cmocka_unit_test(small_frames_are_read_alike),
        cmocka_unit_test(payload_that_fools_the_guess_fools_no_thread),
        cmocka_unit_test(interfaces_that_appear_on_the_way_are_known_to_all),
        cmocka_unit_test(sections_that_change_what_an_interface_means_are_known_to_all),
        cmocka_unit_test(drops_that_packets_count_are_added_up_in_chunks_too),
        cmocka_unit_test(a_file_cut_inside_a_record_is_read_alike),
        cmocka_unit_test(more_interfaces_than_can_be_known_ahead_are_read_alike),
        cmocka_unit_test(when_one_gives_up_all_find_the_capture_ended),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
