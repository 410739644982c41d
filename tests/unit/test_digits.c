/* Numbers and IPv6 addresses as text are what the C library makes of them; work on several threads is done once. */
#include "testing.h"

#include <arpa/inet.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "address.h"
#include "digits.h"
#include "parallel.h"
#include "tables.h"

static void assert_digits(uint64_t n)
{
    char out[DIGITS_MAX + 1], expected[DIGITS_MAX + 1];
    *put_digits(out, n) = '\0';
    snprintf(expected, sizeof expected, "%" PRIu64, n);
    assert_string_equal(out, expected);
}

static void numbers_of_every_length_are_printed_as_by_printf(void **state)
{
    (void)state;
    for (uint64_t n = 0; n < 100000; n++) {
        assert_digits(n);
        char out[DIGITS_MAX];
        assert_int_equal(digits_of((uint32_t)n), put_digits(out, n) - out);
    }
    for (uint64_t n = 1; n < UINT64_MAX / 10; n *= 10)
        for (uint64_t k = 0; k < 10; k++) {
            assert_digits(n * k);
            assert_digits(n * k - 1);
        }
    assert_digits(UINT64_MAX);
}

static void nine_digits_have_their_leading_zeros(void **state)
{
    (void)state;
    seed = 1;
    for (uint32_t i = 0; i < 100000; i++) {
        uint32_t n = i < 1000 ? i : i < 2000 ? 999999999 - i : any(1000000000) / (i % 10 ? 1 : 1000);
        char out[DIGITS_MAX + 1], expected[DIGITS_MAX + 1];
        *put_nine(out, n) = '\0';
        snprintf(expected, sizeof expected, "%09" PRIu32, n);
        assert_string_equal(out, expected);
        *put_decimals(out, n, 6) = '\0';
        assert_string_equal(out, expected + 3);
    }
}

static void assert_address(const uint8_t bytes[16])
{
    struct pp_address address = {.family = PP_IPV6};
    char out[ADDRESS_TEXT_MAX], expected[ADDRESS_TEXT_MAX];
    memcpy(address.bytes, bytes, 16);
    assert_string_equal(address_text(&address, out), inet_ntop(AF_INET6, bytes, expected, sizeof expected));
}

/* Every way in which eight groups can be zero, with groups of every length, and what looks like embedded IPv4. */
static void ipv6_is_printed_as_the_c_library_prints_it(void **state)
{
    (void)state;
    static const uint16_t groups[] = {0x1, 0x10, 0x100, 0x1000, 0xffff, 0xa, 0xdb8};
    seed = 2;
    for (unsigned zeros = 0; zeros < 256; zeros++)
        for (unsigned round = 0; round < 50; round++) {
            uint8_t bytes[16] = {0};
            for (unsigned g = 0; g < 8; g++) {
                uint16_t group = round < 7 ? groups[round] : groups[any(7)];
                if (zeros & 1u << g) continue;
                bytes[2 * g] = (uint8_t)(group >> 8);
                bytes[2 * g + 1] = (uint8_t)group;
            }
            assert_address(bytes);
        }
}

enum { SHARES = 1000 };

struct counted {
    unsigned next, done[SHARES];
};

static void count_shares(void *context)
{
    struct counted *counted = context;
    for (unsigned i; (i = __atomic_fetch_add(&counted->next, 1, __ATOMIC_RELAXED)) < SHARES;) counted->done[i]++;
}

static void threads_share_the_work_and_have_ended_when_it_is_done(void **state)
{
    (void)state;
    for (unsigned threads = 0; threads <= 100; threads += threads < 9 ? 1 : 13) {
        struct counted counted = {0};
        run_threads(threads, count_shares, &counted);
        for (unsigned i = 0; i < SHARES; i++) assert_int_equal(counted.done[i], 1);
    }
}

static void no_more_threads_than_asked_for_or_allowed(void **state)
{
    (void)state;
    assert_int_equal(thread_count(1, 16), 1);
    assert_int_equal(thread_count(3, 16), 3);
    assert_int_equal(thread_count(1000, 16), 16);
    assert_in_range(thread_count(0, 16), 1, 16);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_of_every_length_are_printed_as_by_printf),
        cmocka_unit_test(nine_digits_have_their_leading_zeros),
        cmocka_unit_test(ipv6_is_printed_as_the_c_library_prints_it),
        cmocka_unit_test(threads_share_the_work_and_have_ended_when_it_is_done),
        cmocka_unit_test(no_more_threads_than_asked_for_or_allowed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
