/* Evidence as bytes: what is read is what was written, and no other bytes are read as evidence. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "digest.h"
#include "evidence.h"
#include "packer.h"
#include "portproof/evidence.h"
#include "tables.h"
#include "testing.h"

struct written {
    uint8_t *bytes;
    size_t size, room;
};

static bool append(void *context, const char *bytes, size_t size)
{
    struct written *w = context;
    if (w->room - w->size < size) {
        w->room = (w->size + size) * 2;
        w->bytes = realloc(w->bytes, w->room);
        assert_non_null(w->bytes);
    }
    memcpy(w->bytes + w->size, bytes, size);
    w->size += size;
    return true;
}

static const struct pp_flow_options no_options = {0};

static struct pp_capture_info capture_info(void)
{
    struct pp_capture_info info = {
        .name = "eth0", .format = "live", .packets = 12, .first_ns = 5, .last_ns = 9, .live = true, .snap_length = 256};
    info.link_types[info.link_count++] = 1;
    info.account =
        (struct pp_live_account){.received = 15, .dropped = 3, .loss_count = 1, .losses = {{7, 8, 3}}, .gap_count = 1, .gaps_in_all = 4};
    info.account.gaps[0] = (struct pp_link_gap){1, PP_NO_FIRST, PP_LINK_DOWN, "eth7"};
    info.account.by_result[PP_MALFORMED] = 12;
    return info;
}

static struct written write_table(struct pp_flow_table *table)
{
    struct written out = {0};
    struct pp_capture_info infos[CAPTURES];
    for (unsigned i = 0; i < CAPTURES; i++) infos[i] = capture_info();
    struct pp_evidence evidence = {.origin = "0123456789abcdef0123456789abcdef",
                                   .first = 3,
                                   .last = 7,
                                   .from_ns = 1,
                                   .until_ns = 2,
                                   .classes = "abc",
                                   .captures = infos,
                                   .capture_count = CAPTURES,
                                   .flows = table};
    struct pp_sink sink = {append, &out};
    assert_true(pp_evidence_write(&evidence, &sink));
    return out;
}

static struct pp_flow_table *random_table(uint64_t number, size_t count, uint32_t max_flows)
{
    struct pp_flow_table *table = new_table(max_flows);
    seed = 88172645463325252u + number;
    for (size_t i = 0; i < count; i++) {
        uint8_t result;
        struct pp_packet packet = random_packet(i + 1, &result);
        assert_true(pp_flow_table_add(table, &packet, &result, 1));
    }
    return table;
}

TEST(what_is_read_is_the_table_that_was_written)
{
    for (unsigned round = 0; round < 30; round++) {
        struct pp_flow_table *table = random_table(round, any(3000), 0);
        struct written out = write_table(table);
        struct pp_evidence found;
        struct pp_error error;
        if (!pp_evidence_read(out.bytes, out.size, &no_options, 0, &found, &error)) fail_msg("%s", error.text);
        assert_same(table, found.flows);
        pp_evidence_finish(&found);
        pp_flow_table_destroy(table);
        free(out.bytes);
    }
}

TEST(a_folded_table_goes_on_from_where_it_was)
{
    struct pp_flow_table *table = random_table(4, 3000, 100);
    struct written out = write_table(table);
    struct pp_flow_options options = {.max_flows = 100};
    struct pp_evidence found;
    struct pp_error error;
    assert_true(pp_evidence_read(out.bytes, out.size, &options, 0, &found, &error));
    assert_same(table, found.flows);
    pp_evidence_finish(&found);
    pp_flow_table_destroy(table);
    free(out.bytes);
}

TEST(what_is_known_of_captures_comes_back)
{
    struct pp_flow_table *table = random_table(1, 10, 0);
    struct written out = write_table(table);
    struct pp_evidence found;
    struct pp_error error;
    struct pp_capture_info wrote = capture_info();
    assert_true(pp_evidence_read(out.bytes, out.size, &no_options, 0, &found, &error));
    assert_string_equal(found.origin, "0123456789abcdef0123456789abcdef");
    assert_int_equal(found.first, 3);
    assert_int_equal(found.last, 7);
    assert_string_equal(found.classes, "abc");
    assert_int_equal(found.capture_count, CAPTURES);
    const struct pp_capture_info *info = &found.captures[CAPTURES - 1];
    assert_string_equal(info->name, "eth0");
    assert_string_equal(info->format, "live");
    assert_null(info->compression);
    assert_int_equal(info->packets, 12);
    assert_int_equal(info->link_types[0], 1);
    assert_memory_equal(&info->account, &wrote.account, sizeof wrote.account);
    pp_evidence_finish(&found);
    pp_flow_table_destroy(table);
    free(out.bytes);
}

TEST(no_shorter_bytes_and_none_with_another_bit_are_evidence)
{
    struct pp_flow_table *table = random_table(2, 20, 0);
    struct written out = write_table(table);
    struct pp_evidence found;
    struct pp_error error;
    for (size_t size = 0; size < out.size; size += size < 200 ? 1 : 97) {
        uint8_t *exact = exact_copy(out.bytes, size);
        assert_false(pp_evidence_read(exact, size, &no_options, 0, &found, &error));
        assert_int_equal(errno, EBADMSG);
        free(exact);
    }
    for (size_t at = 0; at < out.size; at += 1 + out.size / 300) {
        out.bytes[at] ^= 4;
        assert_false(pp_evidence_read(out.bytes, out.size, &no_options, 0, &found, &error));
        out.bytes[at] ^= 4;
    }
    pp_flow_table_destroy(table);
    free(out.bytes);
}

/* A liar can compute a digest, too. */
static void sign(struct written *out)
{
    char hex[DIGEST_HEX_SIZE];
    sha256_hex(out->bytes, out->size - (DIGEST_HEX_SIZE - 1), hex);
    memcpy(out->bytes + out->size - (DIGEST_HEX_SIZE - 1), hex, DIGEST_HEX_SIZE - 1);
}

TEST(changed_bytes_with_a_digest_of_their_own_are_refused_or_are_a_table)
{
    struct pp_flow_table *table = random_table(3, 60, 0);
    struct written out = write_table(table);
    static const uint8_t changes[] = {0x01, 0x80, 0xff};
    unsigned refused = 0;
    for (size_t at = 0; at<out.size - 64; at += out.size> 20000 ? 5 : 1) {
        for (size_t i = 0; i < sizeof changes; i++) {
            struct pp_evidence found;
            struct pp_error error;
            uint8_t was = out.bytes[at];
            out.bytes[at] ^= changes[i];
            sign(&out);
            if (pp_evidence_read(out.bytes, out.size, &no_options, 0, &found, &error)) {
                assert_true(pp_flow_table_sort(found.flows));
                pp_evidence_finish(&found);
            } else
                refused++;
            out.bytes[at] = was;
        }
    }
    assert_true(refused > 100);
    pp_flow_table_destroy(table);
    free(out.bytes);
}

TEST(a_flow_that_stands_there_twice_is_refused)
{
    struct pp_flow_table *table = new_table(0);
    add_one(table, syn(1, 1024, 2, 80, PP_SYN));
    add_one(table, syn(1, 1025, 2, 80, PP_SYN));
    struct written out = write_table(table);
    size_t at = 0;
    static const uint8_t port_1025[] = {0x81, 0x08}, port_1024[] = {0x80, 0x08};
    while (at + 2 < out.size && memcmp(out.bytes + at, port_1025, 2) != 0) at++;
    assert_true(at + 2 < out.size);
    memcpy(out.bytes + at, port_1024, 2);
    sign(&out);
    struct pp_evidence found;
    struct pp_error error;
    assert_false(pp_evidence_read(out.bytes, out.size, &no_options, 0, &found, &error));
    assert_non_null(strstr(error.text, "contradicts itself"));
    pp_flow_table_destroy(table);
    free(out.bytes);
}

static uint8_t by_parity(const void *index, enum pp_transport transport, uint16_t port)
{
    (void)index;
    (void)transport;
    return port & 1;
}

TEST(flows_folded_by_classes_that_mean_nothing_any_more_become_networks)
{
    struct pp_flow_options options = {.max_flows = 64, .port_class = by_parity};
    struct pp_flow_table *table = pp_flow_table_create(&options);
    for (unsigned i = 0; i < 200; i++) {
        add_one(table, syn(1, (uint16_t)(1024 + i), 2 + i % 7, 80, PP_ACK)); /* both ways, unproven */
        add_one(table, syn(2 + i % 7, 80, 1, (uint16_t)(1024 + i), PP_ACK));
    }
    bool any_class = false;
    uint64_t packets = 0, after = 0;
    struct pp_flow flow;
    for (size_t i = 0; i < pp_flow_count(table); i++) {
        pp_flow_at(table, i, &flow);
        any_class |= flow.kind == PP_FLOW_CLASSES;
        packets += flow.side[0].packets + flow.side[1].packets;
    }
    assert_true(any_class);
    assert_true(pp_flow_table_set_classes(table, NULL, NULL));
    for (size_t i = 0; i < pp_flow_count(table); i++) {
        pp_flow_at(table, i, &flow);
        assert_int_not_equal(flow.kind, PP_FLOW_CLASSES);
        after += flow.side[0].packets + flow.side[1].packets;
    }
    assert_int_equal(after, packets);
    pp_flow_table_destroy(table);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_read_is_the_table_that_was_written),
        cmocka_unit_test(a_folded_table_goes_on_from_where_it_was),
        cmocka_unit_test(what_is_known_of_captures_comes_back),
        cmocka_unit_test(no_shorter_bytes_and_none_with_another_bit_are_evidence),
        cmocka_unit_test(changed_bytes_with_a_digest_of_their_own_are_refused_or_are_a_table),
        cmocka_unit_test(a_flow_that_stands_there_twice_is_refused),
        cmocka_unit_test(flows_folded_by_classes_that_mean_nothing_any_more_become_networks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
