/* `flows --format tsv` has the lines that printf and a bytewise sort of the text give, whatever the flows and the number of threads. */
#define _DEFAULT_SOURCE /* strdup */
#include "testing.h"

#include <arpa/inet.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "line_order.h"
#include "portproof/report.h"
#include "tables.h"

#define HEADER "transport\tsrc\tsport\tdst\tdport\tpackets\tbytes\tfirst\tlast\ttcp_flags\n"

enum { THREADS_TRIED = 17 };

/* --- what is expected -------------------------------------------------------------------------------------------------- */

struct output {
    char *at;
    size_t size, room, stop; /* stop: where the sink refuses more; 0: nowhere */
};

static bool add_out(void *context, const char *bytes, size_t size)
{
    struct output *out = context;
    if (out->stop && out->size + size > out->stop) return false;
    if (out->size + size > out->room) {
        out->room = 2 * (out->size + size);
        out->at = realloc(out->at, out->room);
        assert_non_null(out->at);
    }
    memcpy(out->at + out->size, bytes, size);
    out->size += size;
    return true;
}

static void print_time(char *out, size_t room, pp_time_ns time, bool none)
{
    snprintf(out, room, none ? "-" : "%" PRIu64 ".%09" PRIu64, time / 1000000000, time % 1000000000);
}

static char *print_line(const struct pp_flow *f, unsigned from)
{
    char ends[2][64], first[32], last[32], flags[8] = "-", line[512];
    const struct pp_flow_side *side = &f->side[from];
    for (unsigned i = 0; i < 2; i++) inet_ntop(f->address[i].family == PP_IPV4 ? AF_INET : AF_INET6, f->address[i].bytes, ends[i], 64);
    print_time(first, sizeof first, side->first_ns, side->first_ns == PP_NO_FIRST);
    print_time(last, sizeof last, side->last_ns, side->first_ns == PP_NO_FIRST);
    if (f->transport == PP_TCP) snprintf(flags, sizeof flags, "0x%02x", side->tcp_flags);
    snprintf(line, sizeof line, "%s\t%s\t%u\t%s\t%u\t%" PRIu64 "\t%" PRIu64 "\t%s\t%s\t%s\n", f->transport == PP_TCP ? "tcp" : "udp",
             ends[from], f->port[from], ends[!from], f->port[!from], side->packets, side->bytes, first, last, flags);
    return strdup(line);
}

static int compare_text(const void *x, const void *y) { return strcmp(*(char *const *)x, *(char *const *)y); }

static struct output expected(const struct pp_flow_table *table)
{
    struct output out = {0};
    size_t count = 0;
    char **lines = calloc(2 * pp_flow_count(table) + 1, sizeof *lines);
    assert_non_null(lines);
    for (size_t i = 0; i < pp_flow_count(table); i++) {
        struct pp_flow flow;
        pp_flow_at(table, i, &flow);
        for (unsigned side = 0; side < 2; side++)
            if (flow.side[side].packets) lines[count++] = print_line(&flow, side);
    }
    qsort(lines, count, sizeof *lines, compare_text);
    add_out(&out, HEADER, strlen(HEADER));
    for (size_t i = 0; i < count; i++) {
        add_out(&out, lines[i], strlen(lines[i]));
        free(lines[i]);
    }
    free(lines);
    return out;
}

/* Takes the table. */
static void assert_lines(struct pp_flow_table *table)
{
    struct output wanted = expected(table);
    for (unsigned threads = 0; threads <= THREADS_TRIED; threads += threads < 4 ? 1 : 13) {
        struct output out = {0};
        struct pp_sink sink = {add_out, &out};
        assert_true(pp_flows_write_threads(table, NULL, "tsv", threads, &sink));
        assert_int_equal(out.size, wanted.size);
        assert_memory_equal(out.at, wanted.at, wanted.size);
        free(out.at);
    }
    free(wanted.at);
    pp_flow_table_destroy(table);
}

/* --- flows ------------------------------------------------------------------------------------------------------------- */

static struct pp_packet packet(uint8_t family, enum pp_transport transport)
{
    struct pp_packet p;
    memset(&p, 0, sizeof p);
    p.family = family;
    p.transport = (uint8_t)transport;
    p.time_ns = UINT64_C(1795168691000000000) + any(2000000000);
    p.frame = 1 + any(1000);
    p.wire_bytes = 60 + any(1400);
    p.tcp_flags = transport == PP_TCP ? (uint8_t)(PP_ACK | any(256)) : 0;
    p.source_port = 5307;
    p.destination_port = 40000;
    return p;
}

static struct pp_packet packet4(uint32_t source, uint16_t source_port, uint32_t destination, uint16_t destination_port)
{
    struct pp_packet p = packet(PP_IPV4, any(4) ? PP_TCP : PP_UDP);
    for (unsigned i = 0; i < 4; i++) {
        p.source[i] = (uint8_t)(source >> (24 - 8 * i));
        p.destination[i] = (uint8_t)(destination >> (24 - 8 * i));
    }
    p.source_port = source_port;
    p.destination_port = destination_port;
    return p;
}

/* Numbers whose text begins with one another's. */
static uint8_t any_octet(void)
{
    static const uint8_t octets[] = {0, 1, 10, 11, 19, 100, 101, 109, 110, 19, 199, 2, 20, 25, 200, 250, 255, 9, 99};
    return any(3) ? octets[any(sizeof octets)] : (uint8_t)any(256);
}

static uint16_t any_port(void)
{
    static const uint16_t ports[] = {0, 1, 10, 100, 1000, 10000, 10001, 11, 101, 443, 4430, 44300, 5, 53, 530, 5307, 53070, 65535, 6553, 9};
    return any(3) ? ports[any(sizeof ports / sizeof *ports)] : (uint16_t)any(65536);
}

static void any_address(uint8_t family, uint8_t bytes[16])
{
    static const uint16_t groups[] = {0, 0, 0, 0, 1, 0x10, 0x100, 0x1000, 0xa, 0x1a, 0xdb8, 0xffff, 0x10a, 0x2001};
    memset(bytes, 0, 16);
    if (family == PP_IPV4) {
        for (unsigned i = 0; i < 4; i++) bytes[i] = any_octet();
        return;
    }
    for (unsigned i = 0; i < 8; i++) {
        uint16_t group = any(8) ? groups[any(sizeof groups / sizeof *groups)] : (uint16_t)any(65536);
        bytes[2 * i] = (uint8_t)(group >> 8);
        bytes[2 * i + 1] = (uint8_t)group;
    }
    if (any(6)) return;
    memset(bytes, 0, 12); /* ::10.0.0.1, ::ffff:10.0.0.1 */
    if (any(2)) memset(bytes + 10, 0xff, 2);
}

static void add_any(struct pp_flow_table *table, unsigned ipv6_of_ten, unsigned count)
{
    struct pp_packet last = packet4(0x0a000001, 1, 0x0a000001, 1);
    for (unsigned i = 0; i < count; i++) {
        struct pp_packet p = packet(any(10) < ipv6_of_ten ? PP_IPV6 : PP_IPV4, any(2) ? PP_TCP : PP_UDP);
        any_address(p.family, p.source);
        any_address(p.family, p.destination);
        p.source_port = any_port();
        p.destination_port = any_port();
        if (last.family == p.family && any(2)) memcpy(p.source, last.source, sizeof p.source); /* lines with long equal beginnings */
        if (last.family == p.family && any(3) == 0) memcpy(p.destination, last.destination, sizeof p.destination);
        if (any(2)) p.source_port = last.source_port;
        if (!any(20)) p.time_ns = PP_NO_FIRST;
        if (!any(20)) p.time_ns = any(2) ? any(1000) : UINT64_MAX - 1 - any(1000); /* seconds of one digit, and of eleven */
        last = p;
        add_one(table, p);
        if (any(2)) continue;
        memcpy(p.source, last.destination, sizeof p.source);
        memcpy(p.destination, last.source, sizeof p.destination);
        p.source_port = last.destination_port;
        p.destination_port = last.source_port;
        add_one(table, p);
    }
}

static void every_octet_stands_in_the_order_of_its_text(void **state)
{
    (void)state;
    struct pp_flow_table *table = new_table(0);
    seed = 1;
    for (uint32_t octet = 0; octet < 256; octet++)
        for (unsigned place = 0; place < 4; place++) {
            uint32_t address = (UINT32_C(0x0a0a0a0a) & ~(UINT32_C(255) << 8 * place)) | octet << 8 * place;
            add_one(table, packet4(address, 80, 0x0a000001, 443));
            add_one(table, packet4(0xac100001, 80, address, 443));
        }
    assert_lines(table);
}

static void every_port_stands_in_the_order_of_its_text(void **state)
{
    (void)state;
    struct pp_flow_table *table = new_table(0);
    seed = 2;
    for (uint32_t port = 0; port < 65536; port++) {
        add_one(table, packet4(0x0a000001, (uint16_t)port, 0x0a000002, 80));
        if (port % 16 == 0) add_one(table, packet4(0x0a000003, 80, 0x0a000002, (uint16_t)port));
    }
    assert_lines(table);
}

/* The keys alone: of any two lines the lower key is the lower text, up to where the window ends. */
static void a_lower_key_is_a_lower_text(void **state)
{
    (void)state;
    struct pp_flow_table *table = new_table(0);
    seed = 3;
    add_any(table, 5, 600);
    struct line_order order;
    line_order_init(&order, table);
    for (size_t i = 0; i < pp_flow_count(table); i++)
        for (size_t k = 0; k < pp_flow_count(table); k++) {
            struct pp_flow a, b;
            pp_flow_at(table, i, &a);
            pp_flow_at(table, k, &b);
            uint64_t x = line_item(&order, &a, i, 0).key, y = line_item(&order, &b, k, 1).key;
            char *p = print_line(&a, 0), *q = print_line(&b, 1);
            if (x != y) assert_int_equal(x < y, strcmp(p, q) < 0);
            if (x == y) assert_int_equal(a.address[0].family, b.address[0].family);
            free(p);
            free(q);
        }
    pp_flow_table_destroy(table);
}

static void addresses_and_ports_of_every_kind_mix(void **state)
{
    (void)state;
    for (unsigned ipv6 = 0; ipv6 <= 10; ipv6++)
        for (unsigned count = 1; count < 5000; count *= 4) {
            struct pp_flow_table *table = new_table(0);
            seed = 4 + ipv6 * 7919 + count;
            add_any(table, ipv6, count);
            assert_lines(table);
        }
}

/* A server's side of tens of thousands of flows: the first window tells none of its lines apart. */
static void lines_that_begin_alike_are_still_sorted_and_shared_out(void **state)
{
    (void)state;
    for (unsigned family = PP_IPV4; family <= PP_IPV6; family += 2) {
        struct pp_flow_table *table = new_table(0);
        seed = 5;
        for (unsigned i = 0; i < 12000; i++) {
            struct pp_packet p = packet((uint8_t)family, PP_TCP);
            any_address((uint8_t)family, p.destination);
            p.source[0] = 10;
            p.destination_port = any_port();
            add_one(table, p);
            if (i % 3) continue;
            memcpy(p.source, p.destination, sizeof p.source);
            memset(p.destination, 0, sizeof p.destination);
            p.destination[0] = 10;
            p.source_port = p.destination_port;
            p.destination_port = 5307;
            add_one(table, p);
        }
        assert_lines(table);
    }
}

static unsigned lines_with_the_ends_of_the_one_before(const struct output *out)
{
    unsigned same = 0;
    const char *before = NULL;
    size_t length = 0;
    for (const char *line = out->at; line < out->at + out->size; line = (const char *)memchr(line, '\n', 500) + 1) {
        if (before && memcmp(before, line, length) == 0) same++;
        const char *tab = line;
        for (unsigned i = 0; i < 5; i++) tab = (const char *)memchr(tab, '\t', 500) + 1;
        length = (size_t)(tab - line);
        before = line;
    }
    return same;
}

/* An exact flow of port 0 and what others were folded into may have the same ends: then the rest of the text decides. */
static void folded_flows_of_the_same_ends_are_sorted_by_their_counts(void **state)
{
    (void)state;
    unsigned same = 0;
    for (unsigned limit = 16; limit <= 4096; limit *= 4) {
        struct pp_flow_table *table = new_table(limit);
        seed = 6 + limit;
        for (unsigned i = 0; i < 20000; i++) {
            struct pp_packet p = packet4(0x0a000000 + any(3), any(2) ? 0 : (uint16_t)any(40), 0x0a000000 + any(400), any(3) ? 0 : 80);
            p.transport = PP_TCP;
            p.tcp_flags = any(3) ? PP_SYN : PP_ACK;
            if (any(9) == 0) p.source[0] = (uint8_t)any(50);
            add_one(table, p);
        }
        struct output out = expected(table);
        same += lines_with_the_ends_of_the_one_before(&out);
        free(out.at);
        assert_lines(table);
    }
    assert_true(same > 3);
}

static void no_flows_are_a_header_and_one_is_one_line_an_end(void **state)
{
    (void)state;
    seed = 7;
    assert_lines(new_table(0));
    struct pp_flow_table *one = new_table(0);
    add_one(one, packet4(0x0a000001, 80, 0x0a000002, 443));
    assert_lines(one);
    struct pp_flow_table *itself = new_table(0);
    add_one(itself, packet4(0x7f000001, 80, 0x7f000001, 80));
    assert_lines(itself);
}

static void a_sink_that_stops_ends_all_threads(void **state)
{
    (void)state;
    struct pp_flow_table *table = new_table(0);
    seed = 8;
    add_any(table, 2, 20000);
    struct output whole = expected(table);
    for (unsigned threads = 1; threads <= 5; threads++)
        for (size_t stop = 1; stop < whole.size; stop = stop * 3 + 7) {
            struct output out = {.stop = stop};
            struct pp_sink sink = {add_out, &out};
            assert_false(pp_flows_write_threads(table, NULL, "tsv", threads, &sink));
            assert_true(out.size <= stop);
            if (out.size) assert_memory_equal(out.at, whole.at, out.size);
            free(out.at);
        }
    free(whole.at);
    pp_flow_table_destroy(table);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_octet_stands_in_the_order_of_its_text),
        cmocka_unit_test(every_port_stands_in_the_order_of_its_text),
        cmocka_unit_test(a_lower_key_is_a_lower_text),
        cmocka_unit_test(addresses_and_ports_of_every_kind_mix),
        cmocka_unit_test(lines_that_begin_alike_are_still_sorted_and_shared_out),
        cmocka_unit_test(folded_flows_of_the_same_ends_are_sorted_by_their_counts),
        cmocka_unit_test(no_flows_are_a_header_and_one_is_one_line_an_end),
        cmocka_unit_test(a_sink_that_stops_ends_all_threads),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
