/* A capture that shrinks, grows, is written to or replaced while it is read ends nobody, and is told. */
#define _DEFAULT_SOURCE /* mkstemp, pwrite, ftruncate, usleep */
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include <zlib.h>

#include "captures.h"
#include "chunk.h"
#include "testing.h"

enum { SECOND = 1763632691, PACKETS = 20000, ROUNDS = 1000 };

enum change { SHRINKS, VANISHES, GROWS, IS_WRITTEN_TO, IS_REPLACED, CHANGES };
static const char *const words[CHANGES] = {"shrank from", "shrank from", "grew from", "written to", "removed, or another put in its place"};

static uint8_t *whole;
static size_t whole_size;
static uint8_t *packed;
static size_t packed_size;

/* Some 1.6 MB: many batches. */
static int make_file(void **state)
{
    (void)state;
    enum { FRAME = 66 };
    struct bytes head = {.size = 0}, packet = {.size = 0};
    add_pcap_header(&head, 0xa1b2c3d4, 4, 65535, 1);
    add_ethernet(&packet, 0x0800);
    add_ipv4(&packet, 17, FRAME - 34);
    add_udp(&packet, 1000, 53, FRAME - 42);
    packet.size = FRAME;
    whole = malloc(head.size + (size_t)PACKETS * (FRAME + 16));
    packed = malloc(1 << 20);
    assert_true(whole && packed);
    memcpy(whole, head.at, head.size);
    whole_size = head.size;
    for (uint32_t i = 0; i < PACKETS; i++) {
        struct bytes record = {.size = 0};
        add_record(&record, SECOND + i / 1000, i % 1000, &packet);
        memcpy(whole + whole_size, record.at, record.size);
        whole_size += record.size;
    }
    z_stream z = {.avail_in = 0};
    assert_int_equal(deflateInit2(&z, 1, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY), Z_OK);
    z.next_in = whole;
    z.avail_in = (uInt)whole_size;
    z.next_out = packed;
    z.avail_out = 1 << 20;
    assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
    packed_size = (1 << 20) - z.avail_out;
    deflateEnd(&z);
    return 0;
}

static int free_file(void **state)
{
    (void)state;
    free(whole);
    free(packed);
    return 0;
}

struct victim {
    char path[64];
    int fd;
    size_t size;
    enum change change;
    unsigned delay_us;
    atomic_bool changed;
};

static void put_file(struct victim *victim, bool compressed)
{
    memcpy(victim->path, "/tmp/portproof-XXXXXX", sizeof "/tmp/portproof-XXXXXX");
    victim->fd = mkstemp(victim->path);
    victim->size = compressed ? packed_size : whole_size;
    assert_true(victim->fd >= 0);
    assert_int_equal(write(victim->fd, compressed ? packed : whole, victim->size), victim->size);
    const struct timespec long_ago[2] = {{.tv_sec = SECOND}, {.tv_sec = SECOND}}; /* two writes within a tick may have the same time */
    assert_int_equal(futimens(victim->fd, long_ago), 0);
    assert_true(pp_capture_guard()); /* cmocka takes the signal in every test */
}

static void remove_file(struct victim *victim)
{
    close(victim->fd);
    unlink(victim->path);
}

static void change(struct victim *victim)
{
    char other[80];
    bool ok = true;
    switch (victim->change) {
    case SHRINKS: ok = ftruncate(victim->fd, (off_t)victim->size / 3) == 0; break;
    case VANISHES: ok = ftruncate(victim->fd, 0) == 0; break;
    case GROWS: ok = pwrite(victim->fd, "more", 4, (off_t)victim->size) == 4; break;
    case IS_WRITTEN_TO: /* lengths that were verified are not true any more */
        for (size_t at = 24; at + 16 < victim->size; at += 82 * 7)
            ok &= pwrite(victim->fd, "\xff\xff\xff\xff\xff\xff\xff\xff", 8, (off_t)at + 8) == 8;
        break;
    default:
        snprintf(other, sizeof other, "%s.other", victim->path);
        int fd = open(other, O_WRONLY | O_CREAT, 0600);
        ok = fd >= 0 && close(fd) == 0 && rename(other, victim->path) == 0;
    }
    assert_true(ok);
    atomic_store(&victim->changed, true);
}

/* Every byte of every frame is there to be read. */
static size_t look_at(const struct pp_frame *frames, size_t count)
{
    size_t sum = 0;
    for (size_t i = 0; i < count; i++)
        for (size_t k = 0; k < frames[i].captured; k += 16) sum += frames[i].bytes[k];
    return sum;
}

static struct pp_frame frames[PP_FRAME_BATCH];

static void what_happens_to_a_file_while_it_is_read_is_told(void **state)
{
    (void)state;
    static const char *const filters[] = {NULL, "udp"}; /* in pieces; record by record */
    for (unsigned i = 0; i < 4 * CHANGES; i++) {
        bool compressed = i / CHANGES >= 2;
        struct victim victim = {.change = (enum change)(i % CHANGES)};
        put_file(&victim, compressed);
        struct pp_capture *capture = pp_capture_open(victim.path, &(struct pp_capture_options){.filter = filters[i / CHANGES % 2]});
        size_t count = pp_capture_next(capture, frames, PP_FRAME_BATCH), seen = count;
        assert_true(count > 0);
        change(&victim);
        look_at(frames, count);
        while ((count = pp_capture_next(capture, frames, PP_FRAME_BATCH)) > 0) {
            look_at(frames, count);
            seen += count;
        }
        const struct pp_capture_info *info = pp_capture_info(capture);
        assert_true(info->failed);
        if (!strstr(info->error.text, words[victim.change])) fail_msg("%u: %s", i, info->error.text);
        if (!compressed && victim.change <= VANISHES) assert_true(seen < PACKETS);
        pp_capture_close(capture);
        remove_file(&victim);
    }
}

static void a_file_that_stays_as_it_is_is_not_said_to_change(void **state)
{
    (void)state;
    for (unsigned compressed = 0; compressed < 2; compressed++) {
        struct victim victim = {.change = CHANGES};
        put_file(&victim, compressed);
        struct pp_capture *capture = pp_capture_open(victim.path, NULL);
        size_t seen = 0;
        for (size_t count; (count = pp_capture_next(capture, frames, PP_FRAME_BATCH)) > 0;) seen += count;
        assert_int_equal(seen, PACKETS);
        assert_false(pp_capture_info(capture)->failed);
        pp_capture_close(capture);
        remove_file(&victim);
    }
}

/* Found and verified, and then changed before they are looked at. */
static void records_that_are_rewritten_after_they_were_found_stay_in_the_file(void **state)
{
    (void)state;
    struct victim victim = {.change = IS_WRITTEN_TO};
    put_file(&victim, false);
    struct pp_capture *capture = pp_capture_open(victim.path, NULL);
    struct pp_chunk *chunk = pp_chunk_create();
    assert_true(pp_capture_take(capture, chunk));
    const uint8_t *end = chunk->view.bytes + chunk->view.size;
    change(&victim);
    for (size_t count; (count = pp_chunk_next(chunk, frames, PP_FRAME_BATCH)) > 0;)
        for (size_t i = 0; i < count; i++) assert_true(frames[i].bytes <= end && frames[i].captured <= (size_t)(end - frames[i].bytes));
    pp_capture_abandon(capture, chunk);
    pp_chunk_destroy(chunk);
    pp_capture_close(capture);
    remove_file(&victim);
}

static void *change_later(void *context)
{
    struct victim *victim = context;
    usleep(victim->delay_us);
    change(victim);
    return NULL;
}

/* Read it without any change: how long that takes here, in microseconds. */
static unsigned time_to_read(bool compressed)
{
    struct timespec from, to;
    struct victim victim = {.change = CHANGES};
    put_file(&victim, compressed);
    clock_gettime(CLOCK_MONOTONIC, &from);
    struct pp_capture *capture = pp_capture_open(victim.path, NULL);
    for (size_t count; (count = pp_capture_next(capture, frames, PP_FRAME_BATCH)) > 0;) look_at(frames, count);
    clock_gettime(CLOCK_MONOTONIC, &to);
    pp_capture_close(capture);
    remove_file(&victim);
    return (unsigned)((to.tv_sec - from.tv_sec) * 1000000 + (to.tv_nsec - from.tv_nsec) / 1000) + 1;
}

/* At any moment. What changed before the last frames were asked for must be told; what changed later may be. */
static void a_thousand_rounds_end_nobody(void **state)
{
    (void)state;
    unsigned told = 0, random_state = 7, times[] = {time_to_read(false), time_to_read(true)};
    for (unsigned round = 0; round < ROUNDS; round++) {
        random_state = random_state * 1664525 + 1013904223;
        bool compressed = round % 5 == 4, changed = false;
        struct victim victim = {.change = (enum change)(round % CHANGES), .delay_us = (random_state >> 8) % times[compressed]};
        pthread_t thread;
        put_file(&victim, compressed);
        struct pp_capture *capture = pp_capture_open(victim.path, NULL);
        assert_int_equal(pthread_create(&thread, NULL, change_later, &victim), 0);
        for (;;) {
            changed = atomic_load(&victim.changed);
            size_t count = pp_capture_next(capture, frames, PP_FRAME_BATCH);
            if (!count) break;
            look_at(frames, count);
        }
        const struct pp_capture_info *info = pp_capture_info(capture);
        if (changed && !info->failed) fail_msg("round %u: nothing was told of a file that %s", round, words[victim.change]);
        told += info->failed;
        pthread_join(thread, NULL);
        pp_capture_close(capture);
        remove_file(&victim);
    }
    print_message("told in %u of %u rounds\n", told, ROUNDS);
    assert_true(told > ROUNDS / 50); /* or nothing was tried */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_happens_to_a_file_while_it_is_read_is_told),
        cmocka_unit_test(a_file_that_stays_as_it_is_is_not_said_to_change),
        cmocka_unit_test(records_that_are_rewritten_after_they_were_found_stay_in_the_file),
        cmocka_unit_test(a_thousand_rounds_end_nobody),
    };
    return cmocka_run_group_tests(tests, make_file, free_file);
}
