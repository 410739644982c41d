/* Several threads do each part of a piece of work once, and the report does not show how many there were. */
#include "parallel.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "evidence.h"
#include "portproof/report.h"
#include "testing.h"

enum { COUNT = 10007 };

struct marks {
    uint8_t done[COUNT];
    size_t grain;
};

static void mark(void *context, size_t first, size_t count)
{
    struct marks *marks = context;
    for (size_t i = first; i < first + count; i++) marks->done[i] = count <= marks->grain ? (uint8_t)(marks->done[i] + 1) : UINT8_MAX;
}

TEST(every_part_is_done_once_whatever_the_threads_and_the_grain)
{
    static const unsigned threads[] = {0, 1, 2, 3, 64, 1000};
    static const size_t grains[] = {1, 7, 5000, COUNT, 3 * COUNT}, counts[] = {0, 1, 2, 4999, COUNT};
    for (size_t t = 0; t < sizeof threads / sizeof *threads; t++)
        for (size_t g = 0; g < sizeof grains / sizeof *grains; g++)
            for (size_t c = 0; c < sizeof counts / sizeof *counts; c++) {
                struct marks *marks = calloc(1, sizeof *marks);
                assert_non_null(marks);
                marks->grain = grains[g];
                in_parallel(threads[t], counts[c], grains[g], mark, marks);
                for (size_t i = 0; i < COUNT; i++) assert_int_equal(marks->done[i], i < counts[c]);
                free(marks);
            }
}

/* Enough flows and findings for several ranges. */
static struct evidence *much_evidence(const char *site)
{
    struct evidence *e = evidence(site);
    tcp_answered(e, "10.20.0.9", 40000, "10.0.1.10", 5307);
    for (unsigned i = 0; i < 9000; i++) {
        char client[32];
        snprintf(client, sizeof client, "10.20.%u.%u", i / 250, 1 + i % 250);
        tcp_answered(e, client, 40000, "10.0.1.10", 443);
        if (i % 3 == 0) tcp_answered(e, client, 40001, "10.0.1.10", (uint16_t)(20000 + i));
        if (i % 50 == 0) tcp_midstream(e, client, 40002, "10.0.1.10", 80);
        if (i % 60 == 0) udp_exchange(e, client, 40003, "10.0.1.10", 53);
        if (i % 70 == 0) tcp_silent(e, client, 40004, "10.0.1.10", 3144);
    }
    return e;
}

static char *report_with(struct evidence *e, unsigned threads)
{
    struct pp_assess_input input = {.spec = e->site ? e->spec : e->inferred_spec,
                                    .index = e->site ? e->index : e->inferred_index,
                                    .class_index = e->index,
                                    .site = e->site ? e->site : e->inferred,
                                    .flows = e->flows,
                                    .captures = e->captures,
                                    .capture_count = e->capture_count,
                                    .until_ns = e->until_ns,
                                    .threads = threads};
    struct pp_report_options options = {.tool_version = "test"};
    struct pp_report *report = pp_assess(&input);
    char *json;
    size_t size;
    assert_non_null(report);
    assert_true(report->finding_count > 1000);
    assert_true(pp_report_write(report, "json", &options, &json, &size));
    assert_int_equal(strlen(json), size);
    pp_report_destroy(report);
    return json;
}

static void assert_threads_do_not_show(struct evidence *e)
{
    judge(e);
    char *expected = report_with(e, 1);
    for (unsigned threads = 0; threads < 6; threads++) {
        char *json = report_with(e, threads);
        assert_string_equal(json, expected);
        free(json);
    }
    free(expected);
}

TEST(the_number_of_threads_shows_in_no_report) { assert_threads_do_not_show(much_evidence(SMALL_SITE)); }
TEST(the_number_of_threads_shows_in_no_report_of_an_inferred_site) { assert_threads_do_not_show(much_evidence(NULL)); }

struct pieces {
    char *bytes;
    size_t length, room;
    unsigned count, stop_after;
};

static bool take_piece(void *context, const char *bytes, size_t size)
{
    struct pieces *pieces = context;
    assert_true(pieces->length + size <= pieces->room);
    memcpy(pieces->bytes + pieces->length, bytes, size);
    pieces->length += size;
    return ++pieces->count != pieces->stop_after;
}

TEST(a_report_sent_in_pieces_is_the_one_written_at_once)
{
    struct evidence *e = much_evidence(SMALL_SITE);
    const struct pp_report *report = judge(e);
    struct pp_report_options options = {.tool_version = "test"};
    char *json;
    size_t size;
    assert_true(pp_report_write(report, "json", &options, &json, &size));
    struct pieces pieces = {.bytes = malloc(size), .room = size};
    struct pp_sink sink = {take_piece, &pieces};
    assert_true(pp_report_send(report, "json", &options, &sink));
    assert_int_equal(pieces.length, size);
    assert_memory_equal(pieces.bytes, json, size);
    assert_true(pieces.count > 3);
    for (unsigned stop = 1; stop <= pieces.count; stop++) { /* a sink that has enough is asked no more */
        struct pieces some = {.bytes = pieces.bytes, .room = size, .stop_after = stop};
        struct pp_sink stopping = {take_piece, &some};
        assert_false(pp_report_send(report, "json", &options, &stopping));
        assert_int_equal(some.count, stop);
    }
    free(pieces.bytes);
    free(json);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_part_is_done_once_whatever_the_threads_and_the_grain),
        cmocka_unit_test(the_number_of_threads_shows_in_no_report),
        cmocka_unit_test(the_number_of_threads_shows_in_no_report_of_an_inferred_site),
        cmocka_unit_test(a_report_sent_in_pieces_is_the_one_written_at_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
