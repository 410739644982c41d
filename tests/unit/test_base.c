#define _DEFAULT_SOURCE /* gmtime_r */
#include "testing.h"

#include <arpa/inet.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "address.h"
#include "clock.h"
#include "community_id.h"
#include "keyed.h"
#include "siphash.h"
#include "text.h"

static void unsafe_bytes_are_escaped(void **state)
{
    (void)state;
    static const struct {
        const char *in, *out;
    } cases[] = {
        {"plain", "plain"},
        {"\x1b[31m", "\\x1b[31m"},
        {"caf\xc3\xa9", "caf\xc3\xa9"},
        {"\xff", "\\xff"},
        {"\xc0\xaf", "\\xc0\\xaf"},
        {"a\xe2\x80\xae"
         "b",
         "a\\u{202e}b"},
        {"\xc2\x9b", "\\u{9b}"},
        {"\xed\xa0\x80", "\\xed\\xa0\\x80"},
        {"\xe2\x82", "\\xe2\\x82"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct text text;
        text_init(&text);
        text_add_escaped(&text, cases[i].in, strlen(cases[i].in));
        assert_string_equal(text.bytes, cases[i].out);
        text_finish(&text);
    }
}

static void times_are_printed_and_read_back(void **state)
{
    (void)state;
    char out[TIME_TEXT_MAX];
    pp_time_ns time;
    assert_true(time_parse("2026-11-20T09:58:11.5Z", &time));
    assert_string_equal(time_rfc3339(time, out), "2026-11-20T09:58:11.500000000Z");
    assert_true(time_parse("2026-11-20T10:58:11.5+01:00", &time));
    assert_string_equal(time_rfc3339(time, out), "2026-11-20T09:58:11.500000000Z");
    assert_true(time_parse("1763632691.25", &time));
    assert_string_equal(time_seconds(time, out), "1763632691.250000000");
    assert_false(time_parse("2026-02-30", &time));
    assert_false(time_parse("2026-13-01", &time));
    assert_false(time_parse("2026-00-10", &time));
    assert_false(time_parse("2026-01-00", &time));
    assert_false(time_parse("yesterday", &time));
    assert_false(date_parse("2027-06-31", &time));
    assert_true(date_parse("2027-06-30", &time));
    assert_string_equal(duration_readable(UINT64_C(842) * NS_PER_S, out), "14 min 02 s");
}

static void text_is_formatted_as_by_printf(void **state)
{
    (void)state;
    struct text text;
    text_init(&text);
    text_printf(&text, "%s", "");
    assert_string_equal(text.bytes, "");
    text_printf(&text, "%u %s%c%" PRIu64 " 100 %%, %5.1f|%-4s|%u", 0u, "ab", 'c', UINT64_MAX, 2.25, "x", UINT32_MAX);
    assert_string_equal(text.bytes, "0 abc18446744073709551615 100 %,   2.2|x   |4294967295");
    text_printf(&text, "%d%s", -7, "end");
    assert_string_equal(text.bytes + text.length - 5, "-7end");
    text_finish(&text);
}

static void keys_are_sorted_and_equal_ones_keep_their_order(void **state)
{
    (void)state;
    enum { COUNT = 3000 };
    static struct keyed items[COUNT], scratch[COUNT];
    uint64_t random = 1;
    for (unsigned bits = 0; bits <= 64; bits++)
        for (size_t count = 0; count <= COUNT; count = 2 * count + 1) {
            for (uint32_t i = 0; i < count; i++) {
                random = random * UINT64_C(6364136223846793005) + 1442695040888963407;
                items[i] = (struct keyed){bits ? (random ^ random << 31) >> (64 - bits) << (i % 3 ? 0 : (64 - bits)) : 7, i};
            }
            keyed_sort(items, scratch, count);
            for (size_t i = 1; i < count; i++) {
                assert_true(items[i - 1].key <= items[i].key);
                assert_true(items[i - 1].key < items[i].key || items[i - 1].number < items[i].number);
            }
        }
}

static void the_halves_of_addresses_sort_as_addresses_do(void **state)
{
    (void)state;
    static const char *const sorted[] = {"0.0.0.0", "9.255.255.255", "10.0.0.1",          "10.0.1.0",       "255.0.0.1", "::",
                                         "::1",     "2001:db8::",    "2001:db8::1:0:0:1", "2001:db8:0:1::", "fe80::1",   "fe80::2"};
    const struct siphash_key key = siphash_key_make(), other = siphash_key_make();
    for (size_t i = 1; i < sizeof sorted / sizeof *sorted; i++) {
        struct pp_address a, b;
        assert_true(address_parse(sorted[i - 1], &a) && address_parse(sorted[i], &b));
        assert_true(address_compare(&a, &b) < 0);
        if (a.family != b.family) continue;
        assert_true(address_high(&a) < address_high(&b) || (address_high(&a) == address_high(&b) && address_low(&a) < address_low(&b)));
        assert_true(address_hash(&key, &a) != address_hash(&key, &b));
        assert_true(address_hash(&key, &a) != address_hash(&other, &a));
    }
}

/* Up to the last day that 64-bit nanoseconds hold, in the year 2554. */
static void every_day_has_the_date_of_the_c_library(void **state)
{
    (void)state;
    for (uint64_t day = 0; day <= UINT64_MAX / NS_PER_S / 86400; day++) {
        char out[TIME_TEXT_MAX], expected[TIME_TEXT_MAX];
        uint64_t seconds = day * 86400 + day % 86400;
        if (seconds > UINT64_MAX / NS_PER_S - 1) break;
        struct tm tm;
        time_t when = (time_t)seconds;
        strftime(expected, sizeof expected, "%Y-%m-%dT%H:%M:%S.000000042Z", gmtime_r(&when, &tm));
        assert_string_equal(time_rfc3339(seconds * NS_PER_S + 42, out), expected);
    }
    char out[TIME_TEXT_MAX];
    assert_string_equal(time_rfc3339(UINT64_MAX, out), "2554-07-21T23:34:33.709551615Z");
    assert_string_equal(time_seconds(UINT64_MAX, out), "18446744073.709551615");
}

static void addresses_are_printed_as_the_c_library_prints_them(void **state)
{
    (void)state;
    char out[ADDRESS_TEXT_MAX], expected[ADDRESS_TEXT_MAX];
    struct pp_address address = {.family = PP_IPV4};
    for (unsigned byte = 0; byte < 256; byte++)
        for (unsigned place = 0; place < 4; place++) {
            address.bytes[place] = (uint8_t)byte;
            assert_string_equal(address_text(&address, out), inet_ntop(AF_INET, address.bytes, expected, sizeof expected));
        }
    assert_true(address_parse("2001:db8::1", &address));
    assert_string_equal(address_text(&address, out), "2001:db8::1");
    assert_string_equal(address_text(&(struct pp_address){0}, out), "-");
}

static void prefixes_hold_their_addresses_only(void **state)
{
    (void)state;
    struct pp_address prefix, address;
    uint8_t length;
    bool host_bits;
    assert_true(prefix_parse("10.20.0.0/16", &prefix, &length, &host_bits));
    assert_false(host_bits);
    assert_true(address_parse("10.20.255.1", &address) && prefix_holds(&prefix, length, &address));
    assert_true(address_parse("10.21.0.1", &address) && !prefix_holds(&prefix, length, &address));
    assert_true(prefix_parse("2001:db8::/33", &prefix, &length, &host_bits));
    assert_true(address_parse("2001:db8:7fff::1", &address) && prefix_holds(&prefix, length, &address));
    assert_true(address_parse("2001:db8:8000::1", &address) && !prefix_holds(&prefix, length, &address));
    assert_true(prefix_parse("10.20.0.1/16", &prefix, &length, &host_bits) && host_bits);
    assert_false(prefix_parse("10.20.0.0/33", &prefix, &length, &host_bits));
    assert_false(prefix_parse("10.20.0.0/", &prefix, &length, &host_bits));
}

static void siphash_gives_a_different_value_for_each_key(void **state)
{
    (void)state;
    uint64_t words[2] = {1, 2};
    struct siphash_key a = {1, 2}, b = {1, 3};
    assert_true(siphash13(&a, words, 2) != siphash13(&b, words, 2));
    assert_true(siphash13(&a, words, 2) == siphash13(&a, words, 2));
}

/* From the table of examples of the Community ID specification. */
static void community_ids_are_those_of_the_specification(void **state)
{
    (void)state;
    static const struct {
        const char *a, *b;
        uint16_t port_a, port_b;
        uint8_t protocol;
        const char *id;
    } cases[] = {
        {"128.232.110.120", "66.35.250.204", 34855, 80, PP_TCP, "1:LQU9qZlK+B5F3KDmev6m5PMibrg="},
        {"66.35.250.204", "128.232.110.120", 80, 34855, PP_TCP, "1:LQU9qZlK+B5F3KDmev6m5PMibrg="},
        {"192.168.1.52", "8.8.8.8", 54585, 53, PP_UDP, "1:d/FP5EW3wiY1vCndhwleRRKHowQ="},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct pp_address a, b;
        char id[COMMUNITY_ID_MAX];
        assert_true(address_parse(cases[i].a, &a) && address_parse(cases[i].b, &b));
        community_id(&a, cases[i].port_a, &b, cases[i].port_b, cases[i].protocol, id);
        assert_string_equal(id, cases[i].id);
    }
}

/* Every day for five centuries: there and back, as the C library has it where its time_t is wide enough; and none between two months. */
static void days_have_one_date_each(void **state)
{
    (void)state;
    enum { DAYS = 193000, S_PER_DAY = 86400 };
    for (uint64_t day = 0; day < DAYS; day++) {
        pp_time_ns time = day * S_PER_DAY * NS_PER_S, back;
        char text[TIME_TEXT_MAX], date[TIME_TEXT_MAX];
        assert_string_equal(time_readable(time, false, text) + 10, " 00:00:00 UTC");
        snprintf(date, sizeof date, "%.10s", text);
        assert_true(date_parse(date, &back) && back == time);
        time_t seconds = (time_t)(day * S_PER_DAY);
        struct tm tm;
        if (sizeof seconds < sizeof day) continue;
        strftime(text, sizeof text, "%Y-%m-%d", gmtime_r(&seconds, &tm));
        assert_string_equal(date, text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(days_have_one_date_each),
        cmocka_unit_test(unsafe_bytes_are_escaped),
        cmocka_unit_test(times_are_printed_and_read_back),
        cmocka_unit_test(text_is_formatted_as_by_printf),
        cmocka_unit_test(keys_are_sorted_and_equal_ones_keep_their_order),
        cmocka_unit_test(the_halves_of_addresses_sort_as_addresses_do),
        cmocka_unit_test(every_day_has_the_date_of_the_c_library),
        cmocka_unit_test(addresses_are_printed_as_the_c_library_prints_them),
        cmocka_unit_test(prefixes_hold_their_addresses_only),
        cmocka_unit_test(community_ids_are_those_of_the_specification),
        cmocka_unit_test(siphash_gives_a_different_value_for_each_key),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
