#include "testing.h"

#include <string.h>

#include "ports.h"

static struct pp_ports parsed(const char *text)
{
    struct pp_ports ports;
    const char *found = NULL, *expected = NULL;
    if (!ports_parse(text, &ports, &found, &expected)) fail_msg("%s: refused at \"%s\": %s", text, found, expected);
    return ports;
}

static void every_form_on_the_page_is_read(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        uint16_t first, last, step, count;
        bool tcp, udp, per_member;
        uint32_t size;
    } cases[] = {
        {"80/tcp", 80, 80, 1, 1, true, false, false, 1},
        {"1024/udp to 65535/udp", 1024, 65535, 1, 1, false, true, false, 64512},
        {"6010/tcp and above", 6010, 65535, 1, 1, true, false, false, 59526},
        {"4000/tcp, 4002/tcp ...", 4000, 4000, 2, 1, true, false, true, 1},
        {"4000/tcp, 4003/tcp, 4006/tcp \xe2\x80\xa6", 4000, 4000, 3, 1, true, false, true, 1},
        {"6010-6099/tcp", 6010, 6099, 1, 1, true, false, false, 90},
        {" 6010 - 6099 / tcp ", 6010, 6099, 1, 1, true, false, false, 90},
        {"443/tcp, 8443/tcp", 443, 443, 1, 2, true, false, false, 2},
        {"53", 53, 53, 1, 1, true, true, false, 1},
        {"any", 0, 65535, 1, 1, true, true, false, 65536},
        {"any/udp", 0, 65535, 1, 1, false, true, false, 65536},
        {"65535/udp", 65535, 65535, 1, 1, false, true, false, 1},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct pp_ports ports = parsed(cases[i].text);
        assert_int_equal(ports.ranges[0].first, cases[i].first);
        assert_int_equal(ports.ranges[0].last, cases[i].last);
        assert_int_equal(ports.ranges[0].step, cases[i].step);
        assert_int_equal(ports.count, cases[i].count);
        assert_int_equal(ports.tcp, cases[i].tcp);
        assert_int_equal(ports.udp, cases[i].udp);
        assert_int_equal(ports.per_member, cases[i].per_member);
        assert_int_equal(pp_ports_size(&ports), cases[i].size);
    }
}

static void a_mistake_is_found_where_it_stands(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        size_t at;
        const char *expected;
    } cases[] = {
        {"", 0, "a port from 1 to 65535"},
        {"http", 0, "a port from 1 to 65535"},
        {"0/tcp", 0, "a port from 1 to 65535"},
        {"80/tcp, 65536/tcp", 8, "a port from 1 to 65535"},
        {"99999999999999999999/tcp", 0, "a port from 1 to 65535"},
        {"80/sctp", 3, "tcp or udp"},
        {"80/tcpx", 3, "tcp or udp"},
        {"80/", 3, "tcp or udp"},
        {"90-80/tcp", 3, "a last port not below the first"},
        {"80/tcp to 90/udp", 10, "the same transport at both ends of a range"},
        {"80/tcp, 90/udp", 8, "the same transport on every port"},
        {"80, 90/udp", 4, "the same transport on every port"},
        {"80/tcp, 80/tcp", 8, "a port that is not named before"},
        {"80-90/tcp, 85/tcp", 11, "a port that is not named before"},
        {"80/tcp and below", 11, "\"above\" after \"and\""},
        {"80/tcp,", 7, "a port from 1 to 65535"},
        {"80/tcp ...", 7, "two or more evenly spaced single ports before \"...\""},
        {"80/tcp, 82/tcp, 83/tcp ...", 23, "two or more evenly spaced single ports before \"...\""},
        {"80/tcp 90/tcp", 7, "a comma, a range or the end, as in 80/tcp, 6010-6099/tcp"},
        {"1,3,5,7,9,11,13,15,17,19,21,23,25,27,29,31,33", 43, "no more than 16 ports and ranges"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct pp_ports ports = {.count = 7};
        const char *found = NULL, *expected = NULL;
        assert_false(ports_parse(cases[i].text, &ports, &found, &expected));
        assert_string_equal(expected, cases[i].expected);
        assert_int_equal(found - cases[i].text, cases[i].at);
        assert_int_equal(ports.count, 7);
    }
}

static void ports_hold_what_they_name_and_nothing_else(void **state)
{
    (void)state;
    struct pp_ports series = parsed("4000/tcp, 4002/tcp ...");
    ports_extend(&series, 3);
    for (uint32_t port = 0; port <= 65535; port++) {
        bool held = port == 4000 || port == 4002 || port == 4004;
        assert_int_equal(pp_ports_hold(&series, PP_TCP, (uint16_t)port), held);
        assert_false(pp_ports_hold(&series, PP_UDP, (uint16_t)port));
    }
    struct pp_ports both = parsed("53");
    assert_true(pp_ports_hold(&both, PP_TCP, 53) && pp_ports_hold(&both, PP_UDP, 53) && !pp_ports_hold(&both, PP_UDP, 54));
}

static void a_series_never_passes_the_last_port(void **state)
{
    (void)state;
    struct pp_ports series = parsed("65530/tcp, 65533/tcp ...");
    ports_extend(&series, 100);
    assert_int_equal(series.ranges[0].last, 65533);
    ports_extend(&series, 0);
    assert_int_equal(pp_ports_size(&series), 1);
}

static void written_ports_read_back_the_same(void **state)
{
    (void)state;
    static const char *const cases[] = {"80/tcp", "53", "any", "any/udp", "6010-6099/tcp", "443/tcp, 8443/tcp", "4000/tcp, 4002/tcp ..."};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct pp_ports ports = parsed(cases[i]);
        struct text text;
        text_init(&text);
        ports_write(&text, &ports);
        assert_string_equal(text.bytes, cases[i]);
        text_finish(&text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_form_on_the_page_is_read),
        cmocka_unit_test(a_mistake_is_found_where_it_stands),
        cmocka_unit_test(ports_hold_what_they_name_and_nothing_else),
        cmocka_unit_test(a_series_never_passes_the_last_port),
        cmocka_unit_test(written_ports_read_back_the_same),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
