/* `flows` as JSON lines and as text, where the golden captures have no flow of a kind: folded ones, long and odd names. */
#include "testing.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "evidence.h"
#include "portproof/report.h"
#include "text.h"

static bool add_out(void *context, const char *bytes, size_t size)
{
    text_add_bytes(context, bytes, size);
    return true;
}

static struct text list(struct evidence *e, const char *format)
{
    struct text out;
    struct pp_sink sink = {add_out, &out};
    const struct pp_report *report = judge(e);
    text_init(&out);
    assert_true(pp_flows_write(e->flows, report, format, &sink));
    assert_false(out.failed);
    return out;
}

static json_t *next_object(char **at)
{
    char *end = strchr(*at, '\n');
    assert_non_null(end);
    json_t *o = json_loadb(*at, (size_t)(end - *at), 0, NULL);
    assert_non_null(o);
    char *again = json_dumps(o, JSON_COMPACT); /* the order of members is kept: the very same bytes */
    assert_int_equal(strlen(again), end - *at);
    assert_memory_equal(again, *at, strlen(again));
    free(again);
    *at = end + 1;
    return o;
}

static struct evidence *folded_evidence(void)
{
    struct evidence *e = evidence_with(builtin_rules(), SMALL_SITE, 16);
    for (uint16_t i = 0; i < 200; i++) tcp_answered(e, "staff", (uint16_t)(40000 + i), i % 2 ? "tta1" : "app1", 5307);
    for (uint16_t i = 0; i < 200; i++) udp(e, "win1", (uint16_t)(50000 + i), "ldap1", (uint16_t)(1024 + i));
    return e;
}

TEST(a_json_line_is_what_jansson_writes_and_says_how_a_flow_was_folded)
{
    struct evidence *e = folded_evidence();
    struct text out = list(e, "jsonl");
    unsigned folded = 0, lines = 0;
    for (char *at = out.bytes; *at; lines++) {
        json_t *o = next_object(&at), *kind = json_object_get(o, "folded");
        assert_true(!kind != !json_object_get(o, "community_id"));
        folded += kind != NULL;
        if (kind) assert_non_null(strstr("conversation port-classes networks", json_string_value(kind)));
        json_decref(o);
    }
    assert_int_equal(lines, pp_flow_count(e->flows));
    assert_true(folded > 0);
    text_finish(&out);
}

TEST(times_that_nobody_took_are_null_and_odd_names_are_escaped)
{
    struct evidence *e = evidence("hosts:\n  - {name: \"t\\u202e\\\"1\", address: 10.0.1.10, roles: tarantella-server}\n"
                                  "  - {name: staff, prefix: 10.20.0.0/16, roles: client}\n");
    e->timeless = true;
    tcp(e, "10.20.0.9", 40000, "10.0.1.10", 5307, PP_SYN);
    struct text out = list(e, "jsonl");
    char *at = out.bytes;
    json_t *o = next_object(&at), *forward = json_object_get(o, "forward");
    assert_true(json_is_null(json_object_get(forward, "first")));
    assert_true(json_is_null(json_object_get(forward, "last")));
    assert_string_equal(json_string_value(json_object_get(forward, "tcp_flags")), "0x02");
    assert_string_equal(json_string_value(json_object_get(json_object_get(o, "responder"), "name")), "t\\u{202e}\"1");
    json_decref(o);
    text_finish(&out);
}

TEST(text_stands_in_columns_and_nothing_that_is_too_long_is_cut)
{
    struct evidence *e = evidence(NULL);
    tcp_answered(e, "2001:db8:1234:5678:9abc:def0:1234:5678", 40000, "2001:db8::1", 5307);
    tcp_answered(e, "10.20.0.9", 40000, "10.0.1.10", 443);
    struct text out = list(e, "text");
    assert_non_null(strstr(out.bytes, "Z tcp 10.20.0.9:40000       -> 10.0.1.10:443                "));
    assert_non_null(strstr(out.bytes, "Z tcp [2001:db8:1234:5678:9abc:def0:1234:5678]:40000 -> [2001:db8::1]:5307           "));
    text_finish(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_json_line_is_what_jansson_writes_and_says_how_a_flow_was_folded),
        cmocka_unit_test(times_that_nobody_took_are_null_and_odd_names_are_escaped),
        cmocka_unit_test(text_stands_in_columns_and_nothing_that_is_too_long_is_cut),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
