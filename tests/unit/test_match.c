/* Sets of rows, put together once, say the same as asking row by row. */
#include "testing.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "address.h"
#include "assess.h"
#include "evidence.h"

/* Matching as the design says it, one row after the other. */
static bool matches_plainly(const struct pp_spec *spec, const struct pp_row *row, enum pp_transport transport, uint16_t port,
                            pp_role_set from, pp_role_set to, bool on_one_host)
{
    (void)spec;
    if (row->loopback != on_one_host || row->transport != transport || !pp_ports_hold(&row->ports, transport, port)) return false;
    if (from >> row->from & 1 && to >> row->to & 1) return true;
    return row->partner != PP_NONE && !row->wide && to >> row->from & 1 && from >> row->to & 1;
}

/* A host for every set of up to two roles; the first has none. */
static struct pp_site *site_of_all_roles(const struct pp_spec *spec)
{
    struct pp_site *site = pp_site_create("all roles");
    struct pp_address address = {.family = PP_IPV4, .bytes = {10}};
    assert_true(pp_site_add(site, "none", &address, 0, false));
    for (unsigned x = 0; x < spec->role_count; x++)
        for (unsigned y = 0; y <= x; y++) {
            address.bytes[2] = (uint8_t)(x + 1);
            address.bytes[3] = (uint8_t)y;
            assert_true(pp_site_add(site, "host", &address, UINT32_C(1) << x | UINT32_C(1) << y, false));
        }
    assert_true(pp_site_finish(site, spec));
    return site;
}

static void assert_pair_matches(const struct matching *m, const struct pp_spec *spec, const struct pp_row_set *of_port,
                                enum pp_transport transport, uint16_t port, const struct pp_host *from, const struct pp_host *to,
                                const struct pp_host *first)
{
    for (unsigned one = 0; one < 2; one++) {
        struct pp_row_set rows = matching_rows(m, of_port, one, &m->holders[from - first], &m->holders[to - first]);
        for (uint16_t r = 0; r < spec->row_count; r++)
            assert_int_equal(pp_row_set_has(&rows, r), matches_plainly(spec, &spec->rows[r], transport, port, from->roles, to->roles, one));
    }
}

TEST(rows_match_as_when_asked_one_by_one_for_every_port_class_and_pair_of_roles)
{
    const struct pp_spec *rules = builtin_rules();
    struct pp_spec *spec = pp_spec_effective(rules, NULL, 0, 3);
    struct pp_port_index *index = pp_port_index_create(spec);
    struct pp_site *site = site_of_all_roles(spec);
    struct matching m;
    assert_true(matching_init(&m, spec, site));
    bool met[2][PP_CLASSES_MAX] = {0};
    for (unsigned t = 0; t < 2; t++)
        for (uint32_t port = 0; port < 65536; port++) {
            enum pp_transport transport = t ? PP_UDP : PP_TCP;
            uint8_t port_class = pp_port_class(index, transport, (uint16_t)port);
            if (met[t][port_class]) continue;
            met[t][port_class] = true;
            for (uint32_t f = 0; f < site->host_count; f++)
                for (uint32_t to = 0; to < site->host_count; to++)
                    assert_pair_matches(&m, spec, pp_class_rows(index, port_class), transport, (uint16_t)port, &site->hosts[f],
                                        &site->hosts[to], site->hosts);
        }
    matching_finish(&m);
    pp_site_destroy(site);
    pp_port_index_destroy(index);
    pp_spec_destroy(spec);
}

TEST(anybody_opens_and_answers_every_row_and_an_unknown_host_none)
{
    const struct pp_spec *spec = builtin_rules();
    struct pp_site *site = site_of_all_roles(spec);
    struct matching m;
    assert_true(matching_init(&m, spec, site));
    for (uint16_t r = 0; r < spec->row_count; r++)
        assert_true(pp_row_set_has(&m.anybody.opens, r) && pp_row_set_has(&m.anybody.answers, r));
    const struct pp_site_entry unknown = {.host = PP_NONE}, loopback = {.host = PP_NONE, .loopback = true};
    assert_true(pp_row_set_empty(&holder_at(&m, &unknown)->opens) && pp_row_set_empty(&holder_at(&m, &unknown)->answers));
    for (uint16_t r = 0; r < spec->row_count; r++)
        assert_int_equal(pp_row_set_has(&holder_at(&m, &loopback)->opens, r), spec->roles[spec->rows[r].from].loopback);
    matching_finish(&m);
    pp_site_destroy(site);
}

TEST(a_row_is_off_between_two_hosts_as_its_feature_is)
{
    static const char text[] = "hosts:\n"
                               "  - {name: plain, address: 10.0.0.1, roles: tarantella-server}\n"
                               "  - {name: off, address: 10.0.0.2, roles: tarantella-server, features: {telnet: off, ldap: off}}\n"
                               "  - {name: on, address: 10.0.0.3, roles: application-server, features: {telnet: on, wins: on}}\n"
                               "  - {name: other, address: 10.0.0.4, roles: application-server}\n"
                               "features: {http: off, telnet: off, wincenter: on, ldap: on}\n";
    struct pp_error error;
    const struct pp_spec *spec = builtin_rules();
    struct pp_site *site = pp_site_parse(text, sizeof text - 1, spec, &error);
    assert_non_null(site);
    struct pp_assess_input input = {.spec = spec, .site = site};
    struct assessment *a = calloc(1, sizeof *a);
    assert_non_null(a);
    a->in = &input;
    assert_true(matching_init(&a->matching, spec, site));
    unsigned off = 0;
    for (uint16_t r = 0; r < spec->row_count; r++)
        for (uint16_t x = 0; x <= site->host_count; x++)
            for (uint16_t y = 0; y <= site->host_count; y++) {
                uint16_t from = x == site->host_count ? PP_NONE : x, to = y == site->host_count ? PP_NONE : y;
                bool expected = setting_between(spec, site, spec->rows[r].feature, from, to) == PP_SET_OFF;
                assert_int_equal(row_is_off(a, r, from, to), expected);
                off += expected;
            }
    assert_true(off > 0 && off < spec->row_count * (site->host_count + 1u) * (site->host_count + 1u));
    matching_finish(&a->matching);
    free(a);
    pp_site_destroy(site);
}

/* Asked over and over, this chain would take 2^63 calls. */
TEST(features_that_need_one_another_in_a_chain_are_asked_once_each)
{
    struct pp_spec *spec = calloc(1, sizeof *spec);
    assert_non_null(spec);
    spec->feature_count = PP_FEATURES_MAX;
    for (unsigned f = 0; f < PP_FEATURES_MAX; f++) spec->features[f].needs = (UINT64_C(1) << f) - 1; /* as spec completes them */
    struct pp_site *site = pp_site_create("chain");
    assert_non_null(site);
    assert_true(pp_site_finish(site, spec));
    memset(site->features, PP_SET_ON, sizeof site->features);
    const uint16_t last = PP_FEATURES_MAX - 1;
    assert_int_equal(setting_between(spec, site, last, PP_NONE, PP_NONE), PP_SET_ON);
    site->features[1] = PP_SET_AUTO;
    assert_int_equal(setting_between(spec, site, last, PP_NONE, PP_NONE), PP_SET_AUTO);
    site->features[0] = PP_SET_OFF;
    assert_int_equal(setting_between(spec, site, last, PP_NONE, PP_NONE), PP_SET_OFF);
    pp_site_destroy(site);
    free(spec);
}

TEST(the_rows_of_a_set_come_in_order_from_all_its_words)
{
    struct pp_row_set set = {{0}};
    static const uint16_t rows[] = {0, 1, 62, 63, 64, 127, 128, 200, 255};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) pp_row_set_add(&set, rows[i]);
    size_t n = 0;
    FOR_EACH_ROW (r, &set) {
        assert_true(n < sizeof rows / sizeof *rows);
        assert_int_equal(r, rows[n++]);
    }
    assert_int_equal(n, sizeof rows / sizeof *rows);
    const struct pp_row_set none = {{0}};
    assert_int_equal(next_row(&none, 0), PP_NONE);
    assert_int_equal(next_row(&set, 256), PP_NONE);
}

TEST(a_port_is_in_each_of_the_sets_that_hold_it)
{
    const struct pp_spec *spec = builtin_rules();
    struct port_sets sets;
    assert_true(port_sets_init(&sets));
    for (uint16_t r = 0; r < spec->row_count; r++) port_sets_add(&sets, r, &spec->rows[r].ports);
    for (uint16_t c = 0; c < spec->companion_count; c++) port_sets_add(&sets, spec->row_count + c, &spec->companions[c].ports);
    for (unsigned t = 0; t < 2; t++)
        for (uint32_t port = 0; port < 65536; port++) {
            enum pp_transport transport = t ? PP_UDP : PP_TCP;
            uint64_t expected = 0;
            for (uint16_t r = 0; r < spec->row_count; r++)
                expected |= (uint64_t)pp_ports_hold(&spec->rows[r].ports, transport, (uint16_t)port) << r;
            for (uint16_t c = 0; c < spec->companion_count; c++)
                expected |= (uint64_t)pp_ports_hold(&spec->companions[c].ports, transport, (uint16_t)port) << (spec->row_count + c);
            assert_int_equal(port_sets_at(&sets, transport, (uint16_t)port), expected);
        }
    port_sets_finish(&sets);
}

/* The table of ends grows past its first size, and keeps what it was told. */
TEST(ends_are_found_again_however_many_there_are)
{
    struct endpoints e = {0};
    for (uint32_t i = 0; i < 5000; i++) {
        assert_true(endpoint_add(&e, i % 2 ? PP_UDP : PP_TCP, i / 2, (uint16_t)(i * 7)));
        endpoint_of(&e, i % 2 ? PP_UDP : PP_TCP, i / 2, (uint16_t)(i * 7))->listener = i % 3 == 0;
    }
    for (uint32_t i = 0; i < 5000; i++) {
        assert_true(endpoint_add(&e, i % 2 ? PP_UDP : PP_TCP, i / 2, (uint16_t)(i * 7))); /* there already */
        struct endpoint *end = endpoint_of(&e, i % 2 ? PP_UDP : PP_TCP, i / 2, (uint16_t)(i * 7));
        assert_non_null(end);
        assert_int_equal(end->listener, i % 3 == 0);
        endpoint_met(end, 1, 53);
        endpoint_met(end, 1, 53);
        assert_false(end->met_many);
        endpoint_met(end, 1, i % 2 ? 53 : 54);
        assert_int_equal(end->met_many, i % 2 == 0);
    }
    assert_int_equal(e.count, 5000);
    assert_null(endpoint_of(&e, PP_TCP, 70000, 1));
    endpoints_finish(&e);
}

static struct pp_address numbered(uint32_t i)
{
    return (struct pp_address){.family = PP_IPV4, .bytes = {11, (uint8_t)(i >> 16), (uint8_t)(i >> 8), (uint8_t)i}};
}

static int compare_words(const void *x, const void *y)
{
    uint64_t a = *(const uint64_t *)x, b = *(const uint64_t *)y;
    return (a > b) - (a < b);
}

TEST(addresses_whose_hashes_are_the_same_stay_two)
{
    enum { ADDRESSES = 1 << 18 }; /* among so many several share 32 bits */
    uint64_t *words = malloc(ADDRESSES * sizeof *words);
    assert_non_null(words);
    uint32_t pairs = 0, number;
    struct directory directory = {0};
    struct pp_address one = numbered(ADDRESSES);
    assert_true(directory_add(&directory, NULL, &one, &number));
    directory.key = (struct siphash_key){1, 2}; /* the same pairs in every run */
    for (uint32_t i = 0; i < ADDRESSES; i++) {
        struct pp_address address = numbered(i);
        words[i] = address_hash(&directory.key, &address) << 32 | i;
    }
    qsort(words, ADDRESSES, sizeof *words, compare_words);
    for (uint32_t i = 1; i < ADDRESSES; i++) {
        if (words[i] >> 32 != words[i - 1] >> 32) continue;
        uint32_t numbers[3];
        struct pp_address first = numbered((uint32_t)words[i - 1]), second = numbered((uint32_t)words[i]);
        assert_true(directory_add(&directory, NULL, &first, &numbers[0]) && directory_add(&directory, NULL, &second, &numbers[1]));
        assert_true(directory_add(&directory, NULL, &first, &numbers[2]));
        assert_int_equal(numbers[0], numbers[2]);
        assert_true(numbers[0] != numbers[1]);
        pairs++;
    }
    assert_true(pairs > 0);
    assert_int_equal(directory.count, 1 + 2 * pairs);
    directory_finish(&directory);
    free(words);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_match_as_when_asked_one_by_one_for_every_port_class_and_pair_of_roles),
        cmocka_unit_test(anybody_opens_and_answers_every_row_and_an_unknown_host_none),
        cmocka_unit_test(a_row_is_off_between_two_hosts_as_its_feature_is),
        cmocka_unit_test(features_that_need_one_another_in_a_chain_are_asked_once_each),
        cmocka_unit_test(the_rows_of_a_set_come_in_order_from_all_its_words),
        cmocka_unit_test(a_port_is_in_each_of_the_sets_that_hold_it),
        cmocka_unit_test(ends_are_found_again_however_many_there_are),
        cmocka_unit_test(addresses_whose_hashes_are_the_same_stay_two),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
