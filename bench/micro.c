/* Micro-benchmarks, one or a few for every stage: nanoseconds for one operation, the median of several runs. How to read them
 * stands in README.md beside this file.
 *
 *     portproof_micro [--json] [--runs N] [WORD...]     WORD: only benchmarks whose name contains one of them
 *
 * A benchmark is a row in the table at the end: prepare (not timed), once (timed; answers how many operations it did), finish.
 * "Cold" means that the data an operation touches were driven out of the first two caches, by walking over EVICT_BYTES; the
 * program's own code stays warm. */
#define _DEFAULT_SOURCE /* clock_gettime */
#include <inttypes.h>
#include <stdio.h>
#include <time.h>

#include "portproof/audit.h"
#include "portproof/capture.h"
#include "portproof/decode.h"
#include "portproof/report.h"
#include "store.h"
#include "traffic.h"

enum {
    RUNS_USUAL = 7, RUNS_MAX = 101,
    EVICT_BYTES = 64 * 1024 * 1024,
    CACHED_RECORDS = 1024,          /* a capture of so many frames of 60 bytes, 78 KB, stays in the second-level cache */
    LOOKUPS = 1 << 20,
    LOOKUPS_COLD = 256, COLD_TIMES = 40, /* so many look-ups after each eviction: a batch, as the program does */
    TABLE_PACKETS = 2 * 1000 * 1000,
    BIG_CAPTURE_BYTES = 256 * 1024 * 1024,
    RENDERED_FLOWS = 20000,
};

static volatile uint64_t sink; /* what is computed ends here, so that it is computed */

static uint64_t now_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static uint8_t *evictor;
static void evict(void)
{
    for (size_t i = 0; i < EVICT_BYTES; i += 64) evictor[i]++;
}

static uint64_t random_state = 1;
static uint64_t random64(void) { return mix64(random_state++); }
static uint32_t below(uint32_t n) { return (uint32_t)((random64() >> 32) * n >> 32); }

struct timing { uint64_t ns, operations; };

/* --- hop: record headers to frames ------------------------------------------------------------------------------------ */

struct capture_bytes { uint8_t *bytes; size_t size, records; };
static struct capture_bytes small_cached, small_big, imix_big, large_big, ng_big;

static void make_capture(struct capture_bytes *c, uint16_t frame, bool pcapng, size_t most_bytes, size_t most_records)
{
    if (c->bytes) return;
    struct traffic *t = malloc(sizeof *t);
    c->bytes = malloc(most_bytes);
    if (!t || !c->bytes || !traffic_init(t, TRAFFIC_FLOWS, 100000, frame, 1)) exit(1);
    c->size = traffic_file_header(c->bytes, pcapng);
    for (; c->size + TRAFFIC_RECORD_MAX <= most_bytes && c->records < most_records; c->records++)
        c->size += traffic_record(t, c->bytes + c->size, pcapng, UINT64_C(1795168691000000) + c->records);
    traffic_finish(t);
    free(t);
}

static void prepare_small_cached(void) { make_capture(&small_cached, 60, false, 1024 * 1024, CACHED_RECORDS); }
static void prepare_small_big(void) { make_capture(&small_big, 60, false, BIG_CAPTURE_BYTES, SIZE_MAX); }
static void prepare_imix_big(void) { make_capture(&imix_big, 0, false, BIG_CAPTURE_BYTES, SIZE_MAX); }
static void prepare_large_big(void) { make_capture(&large_big, 1514, false, BIG_CAPTURE_BYTES, SIZE_MAX); }
static void prepare_ng_big(void) { make_capture(&ng_big, 0, true, BIG_CAPTURE_BYTES, SIZE_MAX); }

static struct timing hop(const struct capture_bytes *c, unsigned times)
{
    struct pp_frame frames[PP_FRAME_BATCH];
    struct timing t = {0};
    uint64_t sum = 0;
    for (unsigned i = 0; i < times; i++) {
        struct pp_capture *capture = pp_capture_open_memory("micro", c->bytes, c->size, NULL);
        uint64_t start = now_ns();
        for (size_t count; (count = pp_capture_next(capture, frames, PP_FRAME_BATCH)) > 0; t.operations += count) sum += frames[0].captured;
        t.ns += now_ns() - start;
        pp_capture_close(capture);
    }
    sink += sum;
    return t;
}

static struct timing hop_small_warm(void) { return hop(&small_cached, 1000); }
static struct timing hop_small_cold(void) { return hop(&small_big, 1); }
static struct timing hop_imix_cold(void) { return hop(&imix_big, 4); }
static struct timing hop_large_cold(void) { return hop(&large_big, 4); }
static struct timing hop_ng_cold(void) { return hop(&ng_big, 4); }

/* --- decode: frames to packets ------------------------------------------------------------------------------------------ */

/* The short way of plain frames, which all of the traces' are, or the walk over the layers that any other frame goes. */
static uint64_t decode_batch(const struct pp_frame *frames, size_t count, bool walk)
{
    static struct pp_plain_packet plain[PP_FRAME_BATCH];
    static struct pp_packet packets[PP_FRAME_BATCH];
    static uint16_t others[PP_FRAME_BATCH];
    size_t other_count;
    uint64_t sum = 0;
    if (!walk) return pp_decode_plain(frames, count, plain, others, &other_count) + plain[0].ports[0];
    for (size_t i = 0; i < count; i++) sum += pp_decode(&frames[i], NULL, &packets[i]);
    return sum + packets[0].source_port;
}

static struct timing decode(const struct capture_bytes *c, unsigned times, bool alone, bool walk)
{
    struct pp_frame frames[PP_FRAME_BATCH];
    struct timing t = {0};
    struct pp_capture *capture = pp_capture_open_memory("micro", c->bytes, c->size, NULL);
    size_t count = pp_capture_next(capture, frames, PP_FRAME_BATCH);
    uint64_t start = now_ns();
    if (alone) /* the same batch again and again: everything in the first-level cache */
        for (unsigned n = 0; n < times; n++, t.operations += count) sink += decode_batch(frames, count, walk);
    else
        for (; count > 0; t.operations += count, count = pp_capture_next(capture, frames, PP_FRAME_BATCH)) sink += decode_batch(frames, count, walk);
    t.ns = now_ns() - start;
    pp_capture_close(capture);
    return t;
}

static struct timing decode_warm(void) { return decode(&small_cached, 4000, true, false); }
static struct timing walk_warm(void) { return decode(&small_cached, 4000, true, true); }
static struct timing hop_decode_small(void) { return decode(&small_big, 1, false, false); }
static struct timing hop_decode_imix(void) { return decode(&imix_big, 1, false, false); }
static struct timing hop_decode_large(void) { return decode(&large_big, 1, false, false); }

/* --- the port index: two levels against a flat array of a byte for every port ------------------------------------------- */

static struct pp_spec *spec;
static struct pp_port_index *port_index;
static uint8_t (*flat)[65536];
static uint16_t *random_ports, *usual_ports; /* half of the usual ones are ports of rows, half are ephemeral, as packets have them */
static uint8_t *random_udp;

static void prepare_index(void)
{
    static const uint16_t services[] = {80, 443, 3144, 5307, 22, 139, 389, 515};
    if (port_index) return;
    struct pp_error error;
    spec = pp_spec_parse(pp_builtin_rules, pp_builtin_rules_size, &error);
    port_index = spec ? pp_port_index_create(spec) : NULL;
    flat = malloc(2 * sizeof *flat);
    random_ports = malloc(LOOKUPS * sizeof *random_ports);
    usual_ports = malloc(LOOKUPS * sizeof *usual_ports);
    random_udp = malloc(LOOKUPS);
    if (!port_index || !flat || !random_ports || !usual_ports || !random_udp) exit(1);
    for (uint32_t port = 0; port < 65536; port++) {
        flat[0][port] = pp_port_class(port_index, PP_TCP, (uint16_t)port);
        flat[1][port] = pp_port_class(port_index, PP_UDP, (uint16_t)port);
    }
    for (size_t i = 0; i < LOOKUPS; i++) {
        random_ports[i] = (uint16_t)random64();
        usual_ports[i] = i % 2 ? (uint16_t)(32768 + below(28232)) : services[below(8)];
        random_udp[i] = i >> 6 & 1; /* in trains: the look-up shall be measured, not a branch that nobody can guess */
    }
}

/* As far from the look-up as pp_port_class is: a call. With the inner work of one load it decides over the result. */
__attribute__((noinline)) static uint8_t flat_class(enum pp_transport transport, uint16_t port)
{
    if (transport != PP_TCP && transport != PP_UDP) return 0;
    return flat[transport == PP_UDP][port];
}

static uint64_t look_up(const uint16_t *ports, size_t from, size_t count, bool two_level)
{
    uint64_t sum = 0;
    if (two_level)
        for (size_t i = from; i < from + count; i++) sum += pp_port_class(port_index, random_udp[i] ? PP_UDP : PP_TCP, ports[i]);
    else
        for (size_t i = from; i < from + count; i++) sum += flat_class(random_udp[i] ? PP_UDP : PP_TCP, ports[i]);
    return sum;
}

static struct timing index_warm(const uint16_t *ports, bool two_level)
{
    struct timing t = {.operations = 8 * (uint64_t)LOOKUPS};
    uint64_t start = now_ns();
    for (int i = 0; i < 8; i++) sink += look_up(ports, 0, LOOKUPS, two_level);
    t.ns = now_ns() - start;
    return t;
}

static struct timing index_cold(const uint16_t *ports, bool two_level)
{
    struct timing t = {0};
    for (size_t i = 0; i < COLD_TIMES; i++, t.operations += LOOKUPS_COLD) {
        size_t from = i * LOOKUPS_COLD;
        evict();
        for (size_t n = from; n < from + LOOKUPS_COLD; n++) sink += (uint64_t)ports[n] + random_udp[n]; /* the questions themselves are warm */
        uint64_t start = now_ns();
        sink += look_up(ports, from, LOOKUPS_COLD, two_level);
        t.ns += now_ns() - start;
    }
    return t;
}

static struct timing index_two_warm(void) { return index_warm(random_ports, true); }
static struct timing index_flat_warm(void) { return index_warm(random_ports, false); }
static struct timing index_two_cold(void) { return index_cold(random_ports, true); }
static struct timing index_flat_cold(void) { return index_cold(random_ports, false); }
static struct timing index_two_usual(void) { return index_warm(usual_ports, true); }
static struct timing index_flat_usual(void) { return index_warm(usual_ports, false); }
static struct timing index_two_usual_cold(void) { return index_cold(usual_ports, true); }
static struct timing index_flat_usual_cold(void) { return index_cold(usual_ports, false); }

/* --- the flow table ----------------------------------------------------------------------------------------------------- */

static struct pp_flow_table *table, *table_other;
static uint8_t no_class(const void *context, enum pp_transport transport, uint16_t port) { return (void)context, (void)transport, (uint8_t)(port < 1024); }

static void remake_table(void)
{
    struct pp_flow_options options = {.port_class = no_class};
    pp_flow_table_destroy(table);
    table = pp_flow_table_create(&options);
    if (!table) exit(1);
}

/* A plain packet of a flow, as decode would leave it. */
static void fill_plain(struct pp_plain_packet *p, uint32_t flow, uint64_t frame)
{
    uint64_t hash = mix64(flow);
    *p = (struct pp_plain_packet){.transport = PP_TCP, .tcp_flags = PP_ACK, .wire_bytes = 60, .frame = frame,
                                  .ports = {(uint16_t)(32768 + (hash >> 32) % 32768), 443},
                                  .time_ns = UINT64_C(1795168691000000000) + frame * 1000};
    memcpy(p->addresses, &flow, 4);
    put32(p->addresses + 4, UINT32_C(0x0a000101) + (uint32_t)(hash & 63));
}

/* The same on the general way. */
static void fill_packet(struct pp_packet *p, const struct pp_plain_packet *plain)
{
    *p = (struct pp_packet){.family = PP_IPV4, .transport = plain->transport, .tcp_flags = plain->tcp_flags, .wire_bytes = plain->wire_bytes,
                            .source_port = plain->ports[0], .destination_port = plain->ports[1], .frame = plain->frame, .time_ns = plain->time_ns};
    memcpy(p->source, plain->addresses, 4);
    memcpy(p->destination, plain->addresses + 4, 4);
}

/* Fill batches with packets of random flows (or of each flow in turn) and add them; filling is not timed. */
static struct timing add_packets(uint32_t flows, uint32_t packets, bool in_turn, bool general)
{
    static struct pp_plain_packet batch[PP_FRAME_BATCH];
    static struct pp_packet whole[PP_FRAME_BATCH];
    static const uint8_t decoded[PP_FRAME_BATCH] = {PP_DECODED};
    struct timing t = {0};
    for (uint64_t frame = 0; frame < packets; t.operations += PP_FRAME_BATCH) {
        for (size_t i = 0; i < PP_FRAME_BATCH; i++, frame++) {
            fill_plain(&batch[i], in_turn ? (uint32_t)frame % flows : below(flows), frame);
            if (general) fill_packet(&whole[i], &batch[i]);
        }
        uint64_t start = now_ns();
        if (!(general ? pp_flow_table_add(table, whole, decoded, PP_FRAME_BATCH) : pp_flow_table_add_plain(table, batch, PP_FRAME_BATCH))) exit(1);
        t.ns += now_ns() - start;
    }
    return t;
}

static void prepare_table(uint32_t flows) { remake_table(), add_packets(flows, flows, true, false); }
static void prepare_1(void) { prepare_table(1); }
static void prepare_1k(void) { prepare_table(1000); }
static void prepare_100k(void) { prepare_table(100000); }
static void prepare_1m(void) { prepare_table(1000000); }
static struct timing add_1(void) { return add_packets(1, TABLE_PACKETS, false, false); }
static struct timing add_1k(void) { return add_packets(1000, TABLE_PACKETS, false, false); }
static struct timing add_100k(void) { return add_packets(100000, TABLE_PACKETS, false, false); }
static struct timing add_1m(void) { return add_packets(1000000, TABLE_PACKETS, false, false); }
static struct timing general_100k(void) { return add_packets(100000, TABLE_PACKETS, false, true); }
static struct timing new_100k(void) { return remake_table(), add_packets(100000, 100000, true, false); }
static struct timing new_1m(void) { return remake_table(), add_packets(1000000, 1000000, true, false); }

static struct timing merge(void)
{
    struct pp_flow_table *from = table;
    struct pp_flow_options options = {.port_class = no_class};
    table_other = pp_flow_table_create(&options);
    if (!table_other) exit(1);
    uint64_t start = now_ns();
    pp_flow_table_merge(table_other, from);
    struct timing t = {now_ns() - start, pp_flow_count(from)};
    pp_flow_table_destroy(table_other);
    return t;
}

static struct timing sort(void)
{
    remake_table();
    add_packets(100000, 100000, true, false);
    uint64_t start = now_ns();
    pp_flow_table_sort(table);
    return (struct timing){now_ns() - start, pp_flow_count(table)};
}

static void prepare_hash(void) { prepare_1k(); }
static struct timing hash(void)
{
    static struct flow_key keys[PP_FRAME_BATCH];
    struct store store;
    struct hash_key key = {{1, 2, 3, 5}};
    if (!store_init(&store, ENDS_IPV4, &key)) exit(1);
    for (size_t i = 0; i < PP_FRAME_BATCH; i++)
        for (size_t word = 0; word < 2; word++) keys[i].words[word] = random64();
    struct timing t = {.operations = 4000 * PP_FRAME_BATCH};
    uint64_t sum = 0, start = now_ns();
    for (int n = 0; n < 4000; n++)
        for (size_t i = 0; i < PP_FRAME_BATCH; i++) sum ^= store_hash(&store, &keys[i]);
    t.ns = now_ns() - start;
    store_finish(&store);
    sink += sum;
    return t;
}

/* --- judging and rendering ---------------------------------------------------------------------------------------------- */

static struct pp_site *site;
static struct pp_report *report;
static struct pp_capture_info info;

static struct pp_report *assess(void)
{
    struct pp_assess_input input = {.spec = spec, .index = port_index, .class_index = port_index, .site = site, .flows = table,
                                    .captures = &info, .capture_count = 1, .until_ns = UINT64_MAX};
    return pp_assess(&input);
}

/* Traffic as the traces have it: judged, it is mostly expected. */
static void prepare_report(void)
{
    struct traffic *t = malloc(sizeof *t);
    uint8_t bytes[FRAME_MAX];
    prepare_index();
    remake_table();
    if (!t || !traffic_init(t, TRAFFIC_FLOWS, RENDERED_FLOWS, 60, 1)) exit(1);
    for (uint64_t i = 1; i <= 10 * RENDERED_FLOWS; i++) {
        uint16_t size = traffic_next(t, bytes);
        struct pp_frame frame = {.bytes = bytes, .captured = size, .wire = size, .time_ns = UINT64_C(1795168691000000000) + i * 1000, .number = i, .link_type = 1};
        struct pp_packet packet;
        uint8_t result = (uint8_t)pp_decode(&frame, NULL, &packet);
        packet.source_class = pp_port_class(port_index, packet.transport, packet.source_port);
        packet.destination_class = pp_port_class(port_index, packet.transport, packet.destination_port);
        pp_flow_table_add(table, &packet, &result, 1);
    }
    traffic_finish(t);
    free(t);
    info = (struct pp_capture_info){.name = "micro", .format = "pcap", .packets = 10 * RENDERED_FLOWS, .first_ns = UINT64_C(1795168691000000000),
                                    .last_ns = UINT64_C(1795168692000000000), .error = {.offset = UINT64_MAX}};
    if (!pp_flow_table_sort(table)) exit(1);
    pp_site_destroy(site);
    site = pp_infer_site(spec, port_index, table);
    pp_report_destroy(report);
    report = site ? assess() : NULL;
    if (!report) exit(1);
}

static struct timing judge(void)
{
    uint64_t start = now_ns();
    struct pp_report *again = assess();
    struct timing t = {now_ns() - start, pp_flow_count(table)};
    pp_report_destroy(again);
    return t;
}

static struct timing render(const char *format)
{
    struct pp_report_options options = {.tool_version = "micro", .utf8 = true};
    char *out;
    size_t size;
    uint64_t start = now_ns();
    if (!pp_report_write(report, format, &options, &out, &size)) exit(1);
    struct timing t = {now_ns() - start, pp_flow_count(table)};
    free(out);
    return t;
}

static bool swallow(void *context, const char *bytes, size_t size) { return (void)context, sink += size + (uint8_t)bytes[0], true; }

static struct timing list_flows(const char *format)
{
    struct pp_sink into = {swallow, NULL};
    uint64_t start = now_ns();
    if (!pp_flows_write(table, report, format, &into)) exit(1);
    return (struct timing){now_ns() - start, pp_flow_count(table)};
}

static struct timing render_text(void) { return render("text"); }
static struct timing render_json(void) { return render("json"); }
static struct timing flows_tsv(void) { return list_flows("tsv"); }
static struct timing flows_jsonl(void) { return list_flows("jsonl"); }

/* --- the table of all, and its loop -------------------------------------------------------------------------------------- */

static const struct benchmark {
    const char *stage, *name, *unit;
    void (*prepare)(void);
    struct timing (*once)(void);
} benchmarks[] = {
    {"hop", "60-byte frames, warm", "frame", prepare_small_cached, hop_small_warm},
    {"hop", "60-byte frames, cold", "frame", prepare_small_big, hop_small_cold},
    {"hop", "IMIX, cold", "frame", prepare_imix_big, hop_imix_cold},
    {"hop", "1514-byte frames, cold", "frame", prepare_large_big, hop_large_cold},
    {"hop", "IMIX in pcapng, cold", "frame", prepare_ng_big, hop_ng_cold},
    {"decode", "a batch again and again, warm", "frame", prepare_small_cached, decode_warm},
    {"decode", "... not plain: layer by layer, warm", "frame", prepare_small_cached, walk_warm},
    {"decode", "with hop, 60-byte frames, cold", "frame", prepare_small_big, hop_decode_small},
    {"decode", "with hop, IMIX, cold", "frame", prepare_imix_big, hop_decode_imix},
    {"decode", "with hop, 1514-byte frames, cold", "frame", prepare_large_big, hop_decode_large},
    {"index", "two levels, random ports, warm", "look-up", prepare_index, index_two_warm},
    {"index", "flat, random ports, warm", "look-up", prepare_index, index_flat_warm},
    {"index", "two levels, random ports, cold", "look-up", prepare_index, index_two_cold},
    {"index", "flat, random ports, cold", "look-up", prepare_index, index_flat_cold},
    {"index", "two levels, usual ports, warm", "look-up", prepare_index, index_two_usual},
    {"index", "flat, usual ports, warm", "look-up", prepare_index, index_flat_usual},
    {"index", "two levels, usual ports, cold", "look-up", prepare_index, index_two_usual_cold},
    {"index", "flat, usual ports, cold", "look-up", prepare_index, index_flat_usual_cold},
    {"table", "hash of a key", "key", prepare_hash, hash},
    {"table", "one flow", "packet", prepare_1, add_1},
    {"table", "random flows, 1,000", "packet", prepare_1k, add_1k},
    {"table", "random flows, 100,000", "packet", prepare_100k, add_100k},
    {"table", "random flows, 1,000,000", "packet", prepare_1m, add_1m},
    {"table", "... on the general way", "packet", prepare_100k, general_100k},
    {"table", "new flows, 100,000", "flow", NULL, new_100k},
    {"table", "new flows, 1,000,000", "flow", NULL, new_1m},
    {"table", "merge into an empty one, 100,000", "flow", prepare_100k, merge},
    {"table", "sort, 100,000", "flow", NULL, sort},
    {"judge", "20,000 flows", "flow", prepare_report, judge},
    {"report", "text, 20,000 flows", "flow", prepare_report, render_text},
    {"report", "JSON, 20,000 flows", "flow", prepare_report, render_json},
    {"report", "flows as TSV, 20,000", "flow", prepare_report, flows_tsv},
    {"report", "flows as JSON lines, 20,000", "flow", prepare_report, flows_jsonl},
};
enum { BENCHMARKS = sizeof benchmarks / sizeof *benchmarks };

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static bool wanted(const struct benchmark *b, char **words, int count)
{
    for (int i = 0; i < count; i++)
        if (strstr(b->stage, words[i]) || strstr(b->name, words[i])) return true;
    return count == 0;
}

/* Interleaved: every benchmark of a stage once, then all of them again; what disturbs the machine then disturbs all alike. */
static void run_stage(size_t first, size_t end, unsigned runs, double (*ns)[RUNS_MAX], char **words, int word_count)
{
    for (unsigned run = 0; run < runs; run++)
        for (size_t i = first; i < end; i++) {
            if (!wanted(&benchmarks[i], words, word_count)) continue;
            if (benchmarks[i].prepare) benchmarks[i].prepare();
            struct timing t = benchmarks[i].once();
            ns[i][run] = (double)t.ns / (double)t.operations;
        }
}

int main(int argc, char **argv)
{
    static double ns[BENCHMARKS][RUNS_MAX];
    bool json = false, comma = false;
    unsigned runs = RUNS_USUAL;
    int word = 1;
    for (; word < argc && argv[word][0] == '-'; word++) {
        if (strcmp(argv[word], "--json") == 0) json = true;
        else if (strcmp(argv[word], "--runs") == 0 && word + 1 < argc) runs = (unsigned)strtoul(argv[++word], NULL, 10);
        else return fprintf(stderr, "usage: portproof_micro [--json] [--runs N] [WORD...]\n"), 2;
    }
    if (runs < 1 || runs > RUNS_MAX) return fprintf(stderr, "portproof_micro: --runs is 1 to %d\n", RUNS_MAX), 2;
    evictor = calloc(1, EVICT_BYTES);
    if (!evictor) return 1;
    prepare_index();
    struct pp_port_index_stats stats = pp_port_index_stats(port_index);
    if (json) printf("{\"index_bytes\": %zu, \"flat_bytes\": %zu, \"runs\": %u, \"micro\": [", stats.hot_bytes, stats.flat_bytes, runs);
    else printf("port index: %zu bytes in two levels, %zu flat\n%-7s %-36s %10s %10s %10s\n", stats.hot_bytes, stats.flat_bytes, "stage", "what", "median ns", "least", "for one");
    for (size_t first = 0, end; first < BENCHMARKS; first = end) {
        for (end = first; end < BENCHMARKS && strcmp(benchmarks[end].stage, benchmarks[first].stage) == 0;) end++;
        run_stage(first, end, runs, ns, argv + word, argc - word);
        for (size_t i = first; i < end; i++) {
            if (!wanted(&benchmarks[i], argv + word, argc - word)) continue;
            qsort(ns[i], runs, sizeof **ns, compare);
            const struct benchmark *b = &benchmarks[i];
            if (json) printf("%s\n {\"stage\": \"%s\", \"what\": \"%s\", \"unit\": \"%s\", \"median_ns\": %.3f, \"least_ns\": %.3f}", comma ? "," : "", b->stage, b->name, b->unit, ns[i][runs / 2], ns[i][0]);
            else printf("%-7s %-36s %10.2f %10.2f %10s\n", b->stage, b->name, ns[i][runs / 2], ns[i][0], b->unit);
            comma = true;
        }
        fflush(stdout);
    }
    if (json) printf("\n]}\n");
    return 0;
}
