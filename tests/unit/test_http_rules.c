/* Which requests are answered, and where --listen may listen: without a server. */
#define _GNU_SOURCE
#include "http_rules.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "address.h"
#include "evidence.h"
#include "listen_at.h"
#include "testing.h"

/* What the command line would print. */
void complain(const char *format, ...) { (void)format; }
const char *show(const char *string) { return string; }

static struct pp_address address(const char *text)
{
    struct pp_address out;
    assert_true(address_parse(text, &out));
    return out;
}

static struct http_rules rules_of(const char *listening, const char *token)
{
    return (struct http_rules){.address = address(listening), .token = token, .name = "monitor.example"};
}

static struct http_request plain(void)
{
    return (struct http_request){.method = "GET", .target = "/", .head_bytes = 100, .host = "127.0.0.1:80", .hosts = 1};
}

TEST(a_plain_request_is_answered)
{
    struct http_rules rules = rules_of("127.0.0.1", NULL);
    struct http_request request = plain();
    assert_int_equal(http_check(&rules, &request).status, 0);
    request.method = "HEAD";
    assert_int_equal(http_check(&rules, &request).status, 0);
}

TEST(only_our_names_are_ours)
{
    static const struct {
        const char *host;
        unsigned status;
    } cases[] = {
        {"127.0.0.1", 0},
        {"localhost", 0},
        {"LOCALHOST:1", 0},
        {"[::1]", 0},
        {"[::1]:65535", 0},
        {"10.0.0.5:80", 0},
        {"10.0.0.6", 0},
        {"monitor.example", 0},
        {"Monitor.Example:443", 0},
        {"", 421},
        {":80", 421},
        {"localhost:", 421},
        {"localhost:x", 421},
        {"localhost:123456", 421},
        {"localhost:80:80", 421},
        {"localhost.", 421},
        {"::1", 421},
        {"[::1", 421},
        {"[::1]x", 421},
        {"[localhost]", 421},
        {"[127.0.0.1]", 421},
        {"127.0.0.2", 421},
        {"127.1", 421},
        {"0x7f.0.0.1", 421},
        {"2130706433", 421},
        {"0.0.0.0", 421},
        {"10.0.0.7", 421},
        {"evil.example", 421},
        {"localhost@evil", 421},
        {" localhost", 421},
        {"monitor.example.evil", 421},
        {"xmonitor.example", 421},
        {"[::ffff:127.0.0.1]", 421},
    };
    struct http_rules rules = rules_of("10.0.0.5", NULL);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct http_request request = plain();
        request.host = cases[i].host;
        request.answered = address("10.0.0.6"); /* what a connection to 0.0.0.0 was made to */
        if (http_check(&rules, &request).status != cases[i].status)
            fail_msg("%s: %u, expected %u", cases[i].host, http_check(&rules, &request).status, cases[i].status);
    }
    char longest[400];
    memset(longest, 'a', sizeof longest - 1);
    longest[sizeof longest - 1] = '\0';
    struct http_request request = plain();
    request.host = longest;
    assert_int_equal(http_check(&rules, &request).status, 421);
}

TEST(what_a_browser_made_for_another_site_is_refused)
{
    static const struct {
        const char *origin, *site;
        unsigned status;
    } cases[] = {
        {NULL, "none", 0},
        {NULL, "same-origin", 0},
        {NULL, "same-site", 403},
        {NULL, "cross-site", 403},
        {NULL, "", 403},
        {"http://127.0.0.1:80", NULL, 0},
        {"http://127.0.0.1:80", "same-origin", 0},
        {"http://127.0.0.1", NULL, 403},
        {"https://127.0.0.1:80", NULL, 403},
        {"null", NULL, 403},
        {"", NULL, 403},
        {"http://evil.example", "same-origin", 403},
        {"http://127.0.0.1:80", "cross-site", 403},
        {"http://127.0.0.1:80.evil", NULL, 403},
    };
    struct http_rules rules = rules_of("127.0.0.1", NULL);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct http_request request = plain();
        request.origin = cases[i].origin;
        request.fetch_site = cases[i].site;
        if (http_check(&rules, &request).status != cases[i].status) fail_msg("case %zu", i);
    }
}

TEST(only_the_whole_token_is_the_token)
{
    static const char token[] = "correct-horse-battery";
    static const char *const wrong[] = {"",
                                        "c",
                                        "correct-horse-batter",
                                        "correct-horse-battery ",
                                        "correct-horse-batterycorrect-horse-battery",
                                        "Correct-horse-battery",
                                        "correct-horse-batterx",
                                        NULL};
    struct http_rules rules = rules_of("10.0.0.5", token);
    struct http_request request = plain();
    request.token = token;
    assert_int_equal(http_check(&rules, &request).status, 0);
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        request.token = wrong[i];
        assert_int_equal(http_check(&rules, &request).status, 401);
    }
}

/* Whoever has no token learns nothing of what there is, and whoever has another host not even that there is one. */
TEST(the_first_reason_is_the_one_that_tells_least)
{
    struct http_rules rules = rules_of("127.0.0.1", "correct-horse-battery");
    struct http_request request = plain();
    request.method = "POST";
    request.target = "/nothing?x";
    request.has_body = true;
    request.token = "wrong";
    request.host = "evil.example";
    assert_int_equal(http_check(&rules, &request).status, 421);
    request.host = "localhost";
    assert_int_equal(http_check(&rules, &request).status, 401);
    request.token = "correct-horse-battery";
    assert_int_equal(http_check(&rules, &request).status, 405);
    request.method = "GET";
    assert_int_equal(http_check(&rules, &request).status, 413);
    request.has_body = false;
    assert_int_equal(http_check(&rules, &request).status, 400);
    request.hosts = 2;
    assert_int_equal(http_check(&rules, &request).status, 400);
    request.head_bytes = HTTP_HEAD_MAX + 1;
    assert_int_equal(http_check(&rules, &request).status, 431);
}

TEST(a_token_is_long_and_printable)
{
    assert_null(http_token_wrong("0123456789abcdef", 16));
    assert_non_null(http_token_wrong("0123456789abcde", 15));
    assert_non_null(http_token_wrong("0123456789 abcdef", 17));
    assert_non_null(http_token_wrong("0123456789\0abcdef", 17));
    assert_non_null(http_token_wrong("0123456789\xc3\xa9"
                                     "abcdef",
                                     18));
    assert_non_null(http_token_wrong("", HTTP_TOKEN_MAX + 1));
}

TEST(where_to_listen_is_an_address_and_a_port)
{
    static const struct {
        const char *text, *address;
        unsigned port;
    } cases[] = {
        {"127.0.0.1:8080", "127.0.0.1", 8080},
        {":8080", "127.0.0.1", 8080},
        {"8080", "127.0.0.1", 8080},
        {"0", "127.0.0.1", 0},
        {"localhost:1", "127.0.0.1", 1},
        {"[::1]:65535", "::1", 65535},
        {"[::]:80", "::", 80},
        {"0.0.0.0:80", "0.0.0.0", 80},
        {"[2001:db8::1]:80", "2001:db8::1", 80},
        {"65536", NULL, 0},
        {"", NULL, 0},
        {":", NULL, 0},
        {"127.0.0.1:", NULL, 0},
        {"127.0.0.1", NULL, 0},
        {"::1", NULL, 0},
        {"::1:80", NULL, 0},
        {"[::1]", NULL, 0},
        {"[::1]80", NULL, 0},
        {"[]:80", NULL, 0},
        {"[127.0.0.1]:80", NULL, 0},
        {"[localhost]:80", NULL, 0},
        {"evil.example:80", NULL, 0},
        {"127.0.0.1:80x", NULL, 0},
        {"127.0.0.1:-1", NULL, 0},
        {"127.0.0.1: 80", NULL, 0},
        {"[::1:80", NULL, 0},
        {"127.0.0.1:80:80", NULL, 0},
        {"127.0.0.1:000080", NULL, 0},
        {"[0000:0000:0000:0000:0000:0000:0000:0000:0000:0001]:80", NULL, 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct pp_address found, wanted = {0};
        uint16_t port = 0;
        bool good = listen_at_parse(cases[i].text, &found, &port);
        if (good != (cases[i].address != NULL)) fail_msg("%s", cases[i].text);
        if (!good) continue;
        wanted = address(cases[i].address);
        assert_int_equal(address_compare(&found, &wanted), 0);
        assert_int_equal(port, cases[i].port);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_plain_request_is_answered),
        cmocka_unit_test(only_our_names_are_ours),
        cmocka_unit_test(what_a_browser_made_for_another_site_is_refused),
        cmocka_unit_test(only_the_whole_token_is_the_token),
        cmocka_unit_test(the_first_reason_is_the_one_that_tells_least),
        cmocka_unit_test(a_token_is_long_and_printable),
        cmocka_unit_test(where_to_listen_is_an_address_and_a_port),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
