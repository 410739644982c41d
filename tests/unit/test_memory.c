/* Any allocation may fail: each in turn, over what a library's caller can do without the command line. Nothing crashes or leaks (the
 * sanitizers' build looks), a call says that it failed, and what does not fail gives what it always gives. ld --wrap puts these in place of
 * the C library's. */
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "evidence.h"
#include "memory.h"
#include "pack.h"
#include "portproof/capture.h"
#include "portproof/evidence.h"
#include "portproof/site.h"
#include "portproof/slices.h"
#include "portproof/spec.h"
#include "tables.h"
#include "testing.h"

static volatile unsigned long calls, fail_at; /* 0: none fails. Volatile: compilers know that malloc asks for no variable */
static bool told;                             /* what was made counts what it had no room for */

static bool fails(void) { return fail_at && (calls = calls + 1) == fail_at; }

#define WRAP(name, parameters, arguments)                                                                                                  \
    void *__real_##name parameters;                                                                                                        \
    void *__wrap_##name parameters;                                                                                                        \
    void *__wrap_##name parameters { return fails() ? NULL : __real_##name arguments; }
WRAP(malloc, (size_t size), (size))
WRAP(calloc, (size_t count, size_t size), (count, size))
WRAP(realloc, (void *old, size_t size), (old, size))
WRAP(aligned_alloc, (size_t alignment, size_t size), (alignment, size))

/* What was made, as text on the heap; NULL: it said that it failed. */
typedef char *(*scenario)(void);

/* Every allocation of it, once each, until none is left. */
static unsigned long fail_each(scenario run)
{
    char *whole = run();
    assert_non_null(whole);
    for (unsigned long k = 1;; k++) {
        unsigned before = memory_failures();
        calls = 0;
        fail_at = k;
        char *part = run();
        fail_at = 0;
        bool failed = calls >= k;
        if (part && strcmp(part, whole) != 0 && memory_failures() == before && !told)
            fail_msg("allocation %lu failed, and nobody says so", k);
        if (!failed && !part) fail_msg("nothing failed, and yet there is nothing");
        free(part);
        if (failed) continue;
        free(whole);
        return k - 1;
    }
}

static char *copy_of(const char *bytes, size_t size)
{
    unsigned long kept = fail_at;
    fail_at = 0; /* the test's own */
    char *copy = malloc(size + 1);
    memcpy(copy, bytes, size);
    copy[size] = '\0';
    fail_at = kept;
    return copy;
}

/* --- rules and sites ------------------------------------------------------------------------------------------------------ */

static struct pp_spec *rules;

static char *export_as(enum pp_spec_format format)
{
    char *out = NULL, *text = NULL;
    size_t size;
    if (pp_spec_export(rules, format, &text, &size)) out = copy_of(text, size);
    free(text);
    return out;
}

static char *rules_as_yaml(void) { return export_as(PP_SPEC_YAML); }
static char *rules_as_tsv(void) { return export_as(PP_SPEC_TSV); }
static char *rules_as_json(void) { return export_as(PP_SPEC_JSON); }

static char *rules_read(void)
{
    struct pp_error error;
    struct pp_spec *spec = pp_spec_parse(pp_builtin_rules, pp_builtin_rules_size, &error);
    if (!spec) assert_string_equal(error.text, "out of memory");
    char *out = spec ? copy_of(spec->sha256, strlen(spec->sha256)) : NULL;
    pp_spec_destroy(spec);
    return out;
}

static char *site_written(void)
{
    static const char site[] = "name: all of it\n"
                               "hosts:\n"
                               "  - {name: tta1, address: [10.0.0.1, \"2001:db8::1\"], roles: [tarantella-server], primary: true}\n"
                               "  - {name: tta2, address: 10.0.0.1, roles: [web-server], features: {ssh: on}}\n"
                               "  - {name: staff, prefix: 10.20.0.0/16, roles: client}\n"
                               "features: {ldap: on, http: off}\n"
                               "array_members: 3\n"
                               "ports: {client-aip: 443}\n"
                               "coverage: {tta-ldap: once}\n"
                               "include: background\n"
                               "waivers: [{from: staff, to: any, ports: 53, owner: o, reason: r, expires: never}]\n";
    struct pp_error error;
    struct pp_site *read = pp_site_parse(site, strlen(site), rules, &error);
    char *out = NULL, *text = NULL;
    size_t size;
    if (!read) assert_non_null(strstr(error.text, "out of memory"));
    if (read && pp_site_write(read, rules, NULL, &text, &size)) out = copy_of(text, size);
    free(text);
    pp_site_destroy(read);
    return out;
}

static char *site_inferred(void)
{
    struct pp_site *site = pp_site_create("inferred");
    struct pp_address addresses[3] = {
        {.family = PP_IPV4, .bytes = {10, 0, 0, 1}}, {.family = PP_IPV4, .bytes = {10, 0, 0, 2}}, {.family = PP_IPV6, .bytes = {32}}};
    char *out = NULL, *text = NULL;
    size_t size;
    bool ok = site && pp_site_add(site, "one", &addresses[0], 1, true) && pp_site_add(site, "two", &addresses[1], 2, false) &&
              pp_site_add_group(site, "three", addresses, 3, 4) && pp_site_finish(site, rules);
    if (ok && pp_site_write(site, rules, NULL, &text, &size)) out = copy_of(text, size);
    free(text);
    pp_site_destroy(site);
    return out;
}

static char *site_effective(void)
{
    struct pp_spec *effective = pp_spec_effective(rules, NULL, 0, 4);
    struct pp_port_index *index = effective ? pp_port_index_create(effective) : NULL;
    char *out = index ? copy_of("made", 4) : NULL;
    pp_port_index_destroy(index);
    pp_spec_destroy(effective);
    return out;
}

TEST(rules_are_read_and_exported_or_said_to_have_failed)
{
    assert_true(fail_each(rules_read) > 10);
    assert_true(fail_each(rules_as_yaml) > 5);
    assert_true(fail_each(rules_as_tsv) > 2);
    assert_true(fail_each(rules_as_json) > 100);
}

TEST(sites_are_read_and_written_or_said_to_have_failed)
{
    assert_true(fail_each(site_written) > 10);
    assert_true(fail_each(site_inferred) > 5);
    assert_true(fail_each(site_effective) > 1);
}

/* --- flows ---------------------------------------------------------------------------------------------------------------- */

enum { PACKETS = 1200, OF_A_SLICE = 50, SLICES = 20 };

static struct pp_packet packets[PACKETS];
static uint8_t results[PACKETS];

static void make_packets(void)
{
    seed = 1811;
    for (unsigned i = 0; i < PACKETS; i++) packets[i] = random_packet(i + 1, &results[i]);
}

static char *shown(struct pp_flow_table *table)
{
    const struct pp_counters *c = pp_flow_counters(table);
    told = c->facts_lost || c->datagrams_lost || c->addresses_lost;
    if (!pp_flow_table_sort(table)) return NULL;
    unsigned long kept = fail_at;
    fail_at = 0;
    struct view view = view_of(table);
    char *out = malloc(2 * view.size + 1), *at = out;
    for (size_t i = 0; i < view.size; i++) at += snprintf(at, 3, "%02x", view.at[i]);
    free(view.at);
    fail_at = kept;
    return out;
}

static char *table_filled(void)
{
    struct pp_flow_options options = {0};
    struct pp_flow_table *table = pp_flow_table_create(&options), *other = table ? pp_flow_table_create(&options) : NULL;
    bool ok = other && pp_flow_table_add(table, packets, results, PACKETS / 2) &&
              pp_flow_table_add(other, packets + PACKETS / 2, results + PACKETS / 2, PACKETS / 2) && pp_flow_table_merge(table, other);
    char *out = ok ? shown(table) : NULL;
    pp_flow_table_destroy(other);
    pp_flow_table_destroy(table);
    return out;
}

static char *table_folded(void)
{
    struct pp_flow_options options = {.max_flows = 64};
    struct pp_flow_table *table = pp_flow_table_create(&options);
    bool ok = table && pp_flow_table_add(table, packets, results, PACKETS) && pp_flow_table_limit(table, 16) &&
              pp_flow_table_set_classes(table, NULL, NULL);
    char *out = ok ? shown(table) : NULL;
    pp_flow_table_destroy(table);
    return out;
}

static char *slices_turned(void)
{
    struct pp_flow_options options = {0};
    struct pp_slices *slices = pp_slices_create(&options, 8);
    struct pp_flow_table *total = slices ? pp_flow_table_create(&options) : NULL, *also = total ? pp_flow_table_create(&options) : NULL;
    bool ok = also != NULL;
    for (unsigned s = 0; ok && s < SLICES; s++)
        ok = pp_flow_table_add(pp_slices_now(slices), packets + s * OF_A_SLICE, results + s * OF_A_SLICE, OF_A_SLICE) &&
             pp_slices_turn(slices, total, s % 2 ? also : NULL, s / 2);
    ok = ok && pp_slices_set_classes(slices, &options) && pp_slices_join(slices, also);
    char *out = ok ? shown(also) : NULL;
    pp_flow_table_destroy(also);
    pp_flow_table_destroy(total);
    pp_slices_destroy(slices);
    return out;
}

static char file[1 << 20];
static size_t file_size;

static bool keep(__attribute__((unused)) void *context, const char *bytes, size_t size)
{
    assert_true(file_size + size <= sizeof file);
    memcpy(file + file_size, bytes, size);
    file_size += size;
    return true;
}

static void write_evidence(void)
{
    struct pp_flow_options options = {0};
    struct pp_capture_info infos[CAPTURES];
    for (size_t i = 0; i < CAPTURES; i++)
        infos[i] = (struct pp_capture_info){.name = "one.pcap", .format = "pcap", .compression = "gzip", .error.offset = UINT64_MAX};
    struct pp_evidence wrote = {.origin = "0123456789abcdef0123456789abcdef", .classes = "", .captures = infos, .capture_count = CAPTURES};
    wrote.flows = pp_flow_table_create(&options);
    assert_true(pp_flow_table_add(wrote.flows, packets, results, PACKETS));
    assert_true(pp_evidence_write(&wrote, &(struct pp_sink){keep, NULL}));
    pp_flow_table_destroy(wrote.flows);
}

static char *evidence_read(void)
{
    struct pp_flow_options options = {0};
    struct pp_evidence read;
    struct pp_error error;
    if (!pp_evidence_read((const uint8_t *)file, file_size, &options, 0, &read, &error)) {
        assert_string_equal(error.text, "out of memory"); /* and not that it contradicts itself */
        return NULL;
    }
    char *out = shown(read.flows);
    pp_evidence_finish(&read);
    return out;
}

TEST(evidence_is_read_or_memory_is_said_to_have_run_out)
{
    make_packets();
    write_evidence();
    assert_true(fail_each(evidence_read) > 10);
}

TEST(flow_tables_take_everything_or_say_that_they_did_not)
{
    make_packets();
    assert_true(fail_each(table_filled) > 10);
    assert_true(fail_each(table_folded) > 5);
}

TEST(slices_turn_or_say_that_they_did_not)
{
    make_packets();
    assert_true(fail_each(slices_turned) > 50);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rules_are_read_and_exported_or_said_to_have_failed),
        cmocka_unit_test(sites_are_read_and_written_or_said_to_have_failed),
        cmocka_unit_test(evidence_is_read_or_memory_is_said_to_have_run_out),
        cmocka_unit_test(flow_tables_take_everything_or_say_that_they_did_not),
        cmocka_unit_test(slices_turn_or_say_that_they_did_not),
    };
    struct pp_error error;
    json_set_alloc_funcs(malloc, free);
    rules = pp_spec_parse(pp_builtin_rules, pp_builtin_rules_size, &error);
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    pp_spec_destroy(rules);
    return failed;
}
