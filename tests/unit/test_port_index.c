#include "testing.h"

#include <stdlib.h>
#include <string.h>

#include "portproof/spec.h"

/* What the index must agree with: the plain loop over the rows. */
static struct pp_row_set plain_rows(const struct pp_spec *spec, enum pp_transport transport, uint16_t port)
{
    struct pp_row_set rows = {0};
    for (uint16_t i = 0; i < spec->row_count; i++)
        if (spec->rows[i].transport == transport && pp_ports_hold(&spec->rows[i].ports, transport, port)) pp_row_set_add(&rows, i);
    return rows;
}

static struct pp_row_set plain_match(const struct pp_spec *spec, struct pp_row_set rows, pp_role_set from, pp_role_set to)
{
    struct pp_row_set matched = {0};
    for (uint16_t i = 0; i < spec->row_count; i++)
        if (pp_row_set_has(&rows, i) && (from >> spec->rows[i].from & 1) && (to >> spec->rows[i].to & 1)) pp_row_set_add(&matched, i);
    return matched;
}

static bool same(struct pp_row_set a, struct pp_row_set b) { return memcmp(&a, &b, sizeof a) == 0; }

/* The match of a class depends on the port through its rows alone; so each port's rows are checked, and each pair of role
 * sets at each port whose rows differ from those of the port before. */
static void compare(const struct pp_spec *spec)
{
    static const enum pp_transport transports[] = {PP_TCP, PP_UDP};
    pp_role_set sets[40];
    size_t count = 0;
    for (uint32_t role = 0; role < spec->role_count; role++) sets[count++] = UINT32_C(1) << role;
    sets[count++] = 0;
    sets[count++] = 0xffffffff;
    sets[count++] = 6;
    sets[count++] = 0x31;
    struct pp_port_index *index = pp_port_index_create(spec);
    assert_non_null(index);
    for (size_t t = 0; t < 2; t++) {
        struct pp_row_set before = {{~UINT64_C(0), 0, 0, 0}};
        for (uint32_t port = 0; port <= 65535; port++) {
            struct pp_row_set rows = plain_rows(spec, transports[t], (uint16_t)port);
            uint8_t class = pp_port_class(index, transports[t], (uint16_t)port);
            if (!same(rows, *pp_class_rows(index, class))) fail_msg("rows differ at port %u", port);
            if ((class == 0) != pp_row_set_empty(&rows)) fail_msg("class 0 at port %u", port);
            bool all_pairs = !same(rows, before) || port % 256 == 0;
            for (size_t i = 0; i < count * count && (all_pairs || i < 1); i++) {
                pp_role_set from = sets[i / count], to = sets[i % count];
                struct pp_row_set got = pp_port_index_match(index, transports[t], (uint16_t)port, from, to);
                if (!same(got, plain_match(spec, rows, from, to))) fail_msg("match differs at port %u, %x to %x", port, from, to);
            }
            before = rows;
        }
    }
    pp_port_index_destroy(index);
}

static struct pp_spec *builtin(void)
{
    struct pp_error error;
    struct pp_spec *spec = pp_spec_parse(pp_builtin_rules, pp_builtin_rules_size, &error);
    assert_non_null(spec);
    return spec;
}

static void the_index_agrees_with_the_rows_on_every_port(void **state)
{
    (void)state;
    static const uint16_t members[] = {1, 2, 5};
    struct pp_spec *spec = builtin();
    for (size_t i = 0; i < 3; i++) {
        struct pp_spec *site = pp_spec_effective(spec, NULL, 0, members[i]);
        assert_non_null(site);
        compare(site);
        pp_spec_destroy(site);
    }
    pp_spec_destroy(spec);
}

/* All ports, all pairs of single roles, nothing skipped. */
static void every_port_and_every_pair_of_roles_match_as_the_rows_say(void **state)
{
    (void)state;
    static const enum pp_transport transports[] = {PP_TCP, PP_UDP};
    struct pp_spec *spec = builtin();
    struct pp_port_index *index = pp_port_index_create(spec);
    assert_int_equal(spec->role_count, 10);
    for (size_t t = 0; t < 2; t++)
        for (uint32_t port = 0; port <= 65535; port++) {
            struct pp_row_set by_pair[100] = {0}, rows = plain_rows(spec, transports[t], (uint16_t)port);
            for (uint16_t i = 0; i < spec->row_count; i++)
                if (pp_row_set_has(&rows, i)) pp_row_set_add(&by_pair[spec->rows[i].from * 10 + spec->rows[i].to], i);
            for (uint32_t pair = 0; pair < 100; pair++) {
                struct pp_row_set got =
                    pp_port_index_match(index, transports[t], (uint16_t)port, UINT32_C(1) << pair / 10, UINT32_C(1) << pair % 10);
                if (!same(got, by_pair[pair])) fail_msg("port %u, pair %u", port, pair);
            }
        }
    pp_port_index_destroy(index);
    pp_spec_destroy(spec);
}

static uint32_t random_below(uint64_t *seed, uint32_t limit)
{
    *seed ^= *seed << 13, *seed ^= *seed >> 7, *seed ^= *seed << 17; /* xorshift64 */
    return (uint32_t)(*seed >> 33) % limit;
}

static void fill_random(struct pp_spec *spec, uint64_t *seed)
{
    memset(spec, 0, sizeof *spec);
    spec->role_count = 8;
    spec->row_count = (uint16_t)(1 + random_below(seed, 60));
    for (uint16_t i = 0; i < spec->row_count; i++) {
        struct pp_row *row = &spec->rows[i];
        bool tcp = random_below(seed, 2);
        *row = (struct pp_row){.from = (uint16_t)random_below(seed, 8), .to = (uint16_t)random_below(seed, 8)};
        row->transport = tcp ? PP_TCP : PP_UDP;
        row->ports = (struct pp_ports){.count = 1, .tcp = tcp, .udp = !tcp};
        uint32_t first = random_below(seed, 4) ? random_below(seed, 4096) : random_below(seed, 65536);
        uint32_t length = random_below(seed, 3) ? random_below(seed, 300) : random_below(seed, 4) ? 0 : 65535;
        uint32_t last = first + length < 65535 ? first + length : 65535, step = 1 + random_below(seed, 3) * (length < 300);
        last -= (last - first) % step;
        row->ports.ranges[0] = (struct pp_port_range){(uint16_t)first, (uint16_t)last, (uint16_t)step};
    }
}

static void the_index_agrees_with_random_rows(void **state)
{
    (void)state;
    uint64_t seed = 0x9e3779b97f4a7c15;
    struct pp_spec *spec = calloc(1, sizeof *spec);
    assert_non_null(spec);
    for (int done = 0; done < 6;) {
        fill_random(spec, &seed);
        struct pp_port_index *index = pp_port_index_create(spec);
        if (!index) continue; /* more than 255 classes */
        pp_port_index_destroy(index);
        compare(spec);
        done++;
    }
    free(spec);
}

static void rows_too_scattered_for_the_index_are_refused(void **state)
{
    (void)state;
    struct pp_spec *spec = calloc(1, sizeof *spec);
    assert_non_null(spec);
    spec->row_count = PP_ROWS_MAX; /* one row a port: 256 classes and the empty one */
    for (uint16_t i = 0; i < spec->row_count; i++) {
        spec->rows[i].transport = PP_TCP;
        spec->rows[i].ports = (struct pp_ports){.count = 1, .tcp = true, .ranges = {{(uint16_t)(1000 + i), (uint16_t)(1000 + i), 1}}};
    }
    assert_null(pp_port_index_create(spec));
    spec->row_count--;
    struct pp_port_index *index = pp_port_index_create(spec);
    assert_non_null(index);
    assert_int_equal(pp_port_class(index, PP_TCP, 1254), 255);
    pp_port_index_destroy(index);
    free(spec);
}

static void the_built_in_index_fits_a_quarter_of_the_first_level_cache(void **state)
{
    (void)state;
    struct pp_spec *spec = builtin();
    struct pp_port_index *index = pp_port_index_create(spec);
    struct pp_port_index_stats stats = pp_port_index_stats(index);
    assert_true(stats.hot_bytes <= 8 * 1024);
    assert_int_equal(stats.hot_bytes, 512 + 256 * stats.pages);
    assert_int_equal(stats.flat_bytes, 131072);
    print_message("%u pages, %u classes, %zu bytes hot\n", stats.pages, stats.classes, stats.hot_bytes);
    pp_port_index_destroy(index);
    pp_spec_destroy(spec);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_index_agrees_with_the_rows_on_every_port),
        cmocka_unit_test(every_port_and_every_pair_of_roles_match_as_the_rows_say),
        cmocka_unit_test(the_index_agrees_with_random_rows),
        cmocka_unit_test(rows_too_scattered_for_the_index_are_refused),
        cmocka_unit_test(the_built_in_index_fits_a_quarter_of_the_first_level_cache),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
