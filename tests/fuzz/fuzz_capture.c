/* Any bytes as a capture file, through reader, decoder and flow table: no crash, every frame counted once, and what the
 * reader hands out lies inside the input. The first byte picks --decap. */
#include "../support/plain.h"
#include "fuzz.h"
#include "portproof/capture.h"
#include "portproof/decode.h"
#include "portproof/flow.h"

static void check_balance(const struct pp_flow_table *table, uint64_t frames)
{
    const struct pp_counters *counters = pp_flow_counters(table);
    uint64_t counted = 0, in_flows = 0;
    for (unsigned i = 0; i < PP_DECODED_COUNT; i++) counted += counters->by_result[i];
    for (size_t i = 0; i < pp_flow_count(table); i++) {
        struct pp_flow flow;
        pp_flow_at(table, i, &flow);
        in_flows += flow.side[0].packets + flow.side[1].packets;
    }
    must(counted == frames && in_flows + counters->not_judged >= counters->by_result[PP_DECODED]);
}

/* Each plain packet is what the walk found of the frame of that number. */
static void check_plain(const struct pp_plain_packet *plain, size_t count, const struct pp_packet *packets, const uint8_t *results,
                        size_t n)
{
    size_t at = 0;
    for (size_t i = 0; i < count; i++, at++) {
        while (at < n && packets[at].frame != plain[i].frame) at++;
        must(at < n && plain_agrees(&plain[i], (enum pp_decoded)results[at], &packets[at]));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    if (!size) return 0;
    struct pp_decode_options decode = {.decap = bytes[0] & 1};
    struct pp_capture_options options = {0};
    struct pp_flow_options flows = {.max_flows = 64};
    struct pp_capture *capture = pp_capture_open_memory("fuzz", bytes + 1, size - 1, &options);
    struct pp_flow_table *table = pp_flow_table_create(&flows);
    struct pp_frame frames[16];
    uint64_t total = 0;
    for (size_t n; capture && table && (n = pp_capture_next(capture, frames, 16)) > 0; total += n) {
        struct pp_packet packets[16];
        struct pp_plain_packet plain[16] = {0}; /* no port index fills in their classes */
        uint16_t others[16];
        uint8_t results[16];
        for (size_t i = 0; i < n; i++) {
            must(frames[i].captured <= frames[i].wire);
            results[i] = (uint8_t)pp_decode(&frames[i], &decode, &packets[i]);
        }
        size_t other_count, plain_count = pp_decode_plain(frames, n, plain, others, &other_count);
        check_plain(plain, plain_count, packets, results, n);
        /* As in an audit: plain packets go their own way. */
        for (size_t i = 0; i < other_count; i++) packets[i] = packets[others[i]], results[i] = results[others[i]];
        must(pp_flow_table_add_plain(table, plain, plain_count) && pp_flow_table_add(table, packets, results, other_count));
    }
    if (table && pp_flow_table_sort(table)) check_balance(table, total);
    pp_flow_table_destroy(table);
    pp_capture_close(capture);
    return 0;
}
