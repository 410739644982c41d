/* Two reports as one comparison: what is a loss and what is not, whose an old address is, and which clear text remains. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "evidence.h"
#include "portproof/compare.h"
#include "testing.h"
#include "text.h"

#define HOSTS_BEFORE                                                                                                                       \
    "name: old\n"                                                                                                                          \
    "hosts:\n"                                                                                                                             \
    "  - {name: tta1, address: 192.168.1.10, roles: [tarantella-server, web-server]}\n"                                                    \
    "  - {name: app1, address: 192.168.1.21, roles: application-server}\n"                                                                 \
    "  - {name: app2, address: 192.168.1.22, roles: application-server}\n"                                                                 \
    "  - {name: ldap1, address: 192.168.1.20, roles: ldap-server}\n"                                                                       \
    "  - {name: staff, prefix: 192.168.20.0/24, roles: client}\n"
#define HOSTS_AFTER                                                                                                                        \
    "name: new\n"                                                                                                                          \
    "hosts:\n"                                                                                                                             \
    "  - {name: tta1, address: 10.0.1.10, roles: [tarantella-server, web-server]}\n"                                                       \
    "  - {name: app1, address: 10.0.2.21, roles: application-server}\n"                                                                    \
    "  - {name: app2, address: 10.0.2.22, roles: application-server}\n"                                                                    \
    "  - {name: ldap1, address: 10.0.3.20, roles: ldap-server}\n"                                                                          \
    "  - {name: staff, prefix: 10.20.0.0/16, roles: client}\n"

static char *json_of(struct evidence *e, size_t *size)
{
    const struct pp_report_options options = {.tool_version = "0.1.0"};
    char *bytes = NULL;
    assert_true(pp_report_write(judge(e), "json", &options, &bytes, size));
    return bytes;
}

static struct pp_comparison *compare_with(struct evidence *before, struct evidence *after, const struct pp_rename *renames, size_t count)
{
    struct pp_error error;
    unsigned which;
    size_t sizes[2];
    char *texts[2] = {json_of(before, &sizes[0]), json_of(after, &sizes[1])};
    struct pp_comparison *c = pp_compare(texts[0], sizes[0], texts[1], sizes[1], renames, count, &error, &which);
    if (!c) fail_msg("%u: %s", which, error.text);
    free(texts[0]);
    free(texts[1]);
    return c;
}

static struct pp_comparison *compare(struct evidence *before, struct evidence *after) { return compare_with(before, after, NULL, 0); }

/* "blocked", of a row or of one of its edges. */
static const char *change(const struct pp_comparison *c, const char *id, const char *edge)
{
    for (size_t i = 0; i < c->row_count; i++)
        if (strcmp(c->rows[i].id, id) == 0 && (edge ? c->rows[i].edge && strcmp(c->rows[i].edge, edge) == 0 : !c->rows[i].edge))
            return pp_change_name(c->rows[i].change);
    return "not told";
}

/* "staff>old tta1:443/tcp answered x2" for each. */
static const char *talks(const struct pp_talks *all)
{
    static struct text text;
    text.length = 0;
    text_add(&text, "");
    for (size_t i = 0; i < all->count; i++) {
        const struct pp_talk *t = &all->items[i];
        text_printf(&text, "%s%s>%s:%s %s x%u", i ? ", " : "", t->from, t->to, t->service, t->outcome, (unsigned)t->flows);
    }
    return text.bytes && text.length ? text.bytes : "";
}

TEST(a_row_that_works_at_its_new_place_is_kept_and_nothing_is_to_be_done)
{
    struct evidence *before = evidence(HOSTS_BEFORE), *after = evidence(HOSTS_AFTER);
    tcp_answered(before, "192.168.20.9", 40000, "192.168.1.10", 5307);
    tcp_answered(after, "10.20.0.9", 40000, "10.0.1.10", 5307);
    struct pp_comparison *c = compare(before, after);
    assert_string_equal(change(c, "client-aips", NULL), "kept");
    assert_int_equal(c->migration, PP_MIGRATION_DONE);
    assert_int_equal(c->moves[PP_MOVED], 5);
    assert_string_equal(c->hosts[0].before, "192.168.1.10");
    assert_string_equal(c->hosts[0].after, "10.0.1.10");
    assert_int_equal(c->hosts[0].works, 1);
    pp_comparison_destroy(c);
}

TEST(a_host_that_refuses_is_told_apart_from_a_way_that_is_blocked)
{
    struct evidence *before = evidence(HOSTS_BEFORE), *after = evidence(HOSTS_AFTER);
    tcp_answered(before, "192.168.1.10", 40000, "192.168.1.20", 389);
    tcp_answered(before, "192.168.1.10", 40001, "192.168.1.21", 22);
    tcp_refused(after, "10.0.1.10", 40000, "10.0.3.20", 389);
    tcp_silent(after, "10.0.1.10", 40001, "10.0.2.21", 22);
    struct pp_comparison *c = compare(before, after);
    assert_string_equal(change(c, "tta-ldap", NULL), "refused");
    assert_string_equal(change(c, "tta-ldap", "tta1 -> ldap1"), "refused");
    assert_string_equal(change(c, "tta-app-ssh", NULL), "blocked");
    assert_true(pp_comparison_is_worse(c));
    assert_string_equal(c->to_do[0].action, "open");
    assert_string_equal(c->to_do[1].action, "start");
    pp_comparison_destroy(c);
}

TEST(what_was_blocked_before_is_told_with_both_outcomes_and_makes_nothing_worse)
{
    struct evidence *before = evidence(HOSTS_BEFORE), *after = evidence(HOSTS_AFTER);
    tcp_silent(before, "192.168.1.10", 40000, "192.168.1.20", 389);
    tcp_refused(after, "10.0.1.10", 40000, "10.0.3.20", 389);
    struct pp_comparison *c = compare(before, after);
    assert_string_equal(change(c, "tta-ldap", "tta1 -> ldap1"), "still-blocked");
    for (size_t i = 0; i < c->row_count; i++) {
        if (!c->rows[i].edge) continue;
        assert_string_equal(c->rows[i].outcome_before, "silent");
        assert_string_equal(c->rows[i].outcome, "refused");
    }
    assert_int_equal(c->migration, PP_MIGRATION_UNFINISHED);
    pp_comparison_destroy(c);
}

TEST(clear_text_that_gave_way_to_encryption_is_replaced_and_not_lost)
{
    struct evidence *before = evidence(HOSTS_BEFORE), *after = evidence(HOSTS_AFTER "features: {telnet: off, ssh: on}\n");
    tcp_answered(before, "192.168.1.10", 40000, "192.168.1.21", 23);
    tcp_answered(before, "192.168.1.21", 40001, "192.168.1.10", 6010);
    tcp_answered(before, "192.168.1.10", 40002, "192.168.1.22", 23);
    tcp_answered(after, "10.0.1.10", 40000, "10.0.2.21", 22);
    struct pp_comparison *c = compare(before, after);
    assert_string_equal(change(c, "app-tta-x11", NULL), "replaced");
    assert_string_equal(change(c, "tta-app-telnet", "any tarantella-server -> app1"), "replaced");
    assert_string_equal(change(c, "tta-app-telnet", NULL), "switched-off"); /* nobody tried ssh to app2 */
    pp_comparison_destroy(c);
    after = evidence(HOSTS_AFTER);
    c = compare(before, after);
    assert_string_equal(change(c, "app-tta-x11", NULL), "lost");
    assert_int_equal(c->migration, PP_MIGRATION_WORSE);
    pp_comparison_destroy(c);
}

TEST(a_retired_host_takes_its_edges_with_it_unless_a_new_one_may_be_the_same)
{
    struct evidence *before = evidence(HOSTS_BEFORE "  - {name: ldap2, address: 192.168.1.30, roles: ldap-server}\n");
    struct evidence *after = evidence(HOSTS_AFTER);
    tcp_answered(before, "192.168.1.10", 40000, "192.168.1.30", 389);
    struct pp_comparison *c = compare(before, after);
    assert_string_equal(change(c, "tta-ldap", NULL), "switched-off");
    pp_comparison_destroy(c);
    after = evidence(HOSTS_AFTER "  - {name: dir2, address: 10.0.3.30, roles: ldap-server}\n");
    c = compare(before, after);
    assert_string_equal(change(c, "tta-ldap", NULL), "lost");
    assert_non_null(strstr(c->to_do[0].why, "--map ldap2=NAME"));
    pp_comparison_destroy(c);
    tcp_answered(after, "10.0.1.10", 40000, "10.0.3.30", 389);
    c = compare_with(before, after, &(struct pp_rename){"ldap2", "dir2"}, 1);
    assert_string_equal(change(c, "tta-ldap", NULL), "kept");
    assert_string_equal(c->hosts[5].old_name, "ldap2");
    pp_comparison_destroy(c);
}

TEST(who_still_uses_an_old_address_is_told_and_is_no_loss)
{
    struct evidence *before = evidence(HOSTS_BEFORE), *after = evidence(HOSTS_AFTER);
    tcp_answered(after, "10.20.0.9", 40000, "192.168.1.10", 443); /* out of scope: a client and a stranger */
    tcp_answered(after, "10.20.0.8", 40000, "192.168.1.10", 443);
    tcp_silent(after, "10.0.2.21", 40000, "192.168.1.10", 515); /* in scope, and unexpected */
    tcp_silent(after, "192.168.1.21", 40000, "192.0.2.1", 53);  /* an old host itself */
    tcp_answered(after, "10.20.0.9", 40000, "192.0.2.2", 443);  /* nobody's address */
    struct pp_comparison *c = compare(before, after);
    assert_string_equal(talks(&c->old_addresses), "staff>old tta1:443/tcp answered x2, old app1>192.0.2.1:53/tcp silent x1, "
                                                  "app1>old tta1:515/tcp silent x1");
    assert_string_equal(c->old_addresses.items[0].from_addresses, "10.20.0.8, 10.20.0.9");
    assert_string_equal(c->old_addresses.items[0].now, "10.0.1.10");
    assert_true(c->old_addresses.items[0].last_ns != PP_NO_FIRST);
    assert_int_equal(c->migration, PP_MIGRATION_UNFINISHED);
    assert_false(pp_comparison_is_worse(c));
    pp_comparison_destroy(c);
}

TEST(an_address_that_got_through_to_the_old_place_is_a_hole_and_told_as_a_move)
{
    struct evidence *before = evidence(HOSTS_BEFORE), *after = evidence(HOSTS_AFTER);
    tcp_answered(after, "10.0.1.10", 40000, "192.168.1.20", 389);
    struct pp_comparison *c = compare(before, after);
    assert_int_equal(c->opened, 1);
    assert_string_equal(c->holes[0].old_host, "ldap1");
    assert_true(pp_comparison_is_worse(c));
    assert_int_equal(c->to_do_count, 1);
    assert_string_equal(c->to_do[0].action, "move");
    assert_true(c->to_do[0].worse);
    pp_comparison_destroy(c);
}

TEST(an_address_that_another_host_took_over_is_not_old_but_a_prefix_takes_over_nothing)
{
    struct evidence *before = evidence(HOSTS_BEFORE);
    struct evidence *after = evidence(HOSTS_AFTER "  - {name: printer, address: 192.168.1.10}\n"
                                                  "  - {name: lan, prefix: 192.168.1.0/24}\n");
    tcp_answered(after, "10.20.0.9", 40000, "192.168.1.10", 443);
    tcp_answered(after, "10.20.0.9", 40001, "192.168.1.21", 23);
    udp_one_way(after, "192.168.20.7", 137, "192.168.20.255", 137); /* a broadcast of before is nobody's address */
    struct pp_comparison *c = compare(before, after);
    assert_null(strstr(talks(&c->old_addresses), "tta1"));
    assert_non_null(strstr(talks(&c->old_addresses), "staff>old app1:23/tcp answered x1"));
    pp_comparison_destroy(c);
}

TEST(clear_text_that_remains_is_told_with_what_encrypts_it_and_whether_it_is_a_downgrade)
{
    struct evidence *before = evidence(HOSTS_BEFORE), *after = evidence(HOSTS_AFTER "features: {security-pack: on}\n");
    tcp_answered(before, "192.168.20.9", 40000, "192.168.1.10", 3144);
    tcp_answered(after, "10.20.0.9", 40000, "10.0.1.10", 5307);
    tcp_answered(after, "10.20.0.9", 40001, "10.0.1.10", 3144);
    tcp_answered(after, "10.20.0.8", 40001, "10.0.1.10", 3144);
    struct pp_comparison *c = compare(before, after);
    assert_int_equal(c->clear_text.count, 2);
    for (size_t i = 0; i < 2; i++) {
        const struct pp_talk *t = &c->clear_text.items[i];
        assert_string_equal(t->encrypted_by, "client-aips");
        assert_true(t->since);
        assert_int_equal(t->after_encrypted, strcmp(t->from_addresses, "10.20.0.9") == 0);
    }
    assert_int_equal(c->migration, PP_MIGRATION_UNFINISHED);
    pp_comparison_destroy(c);
}

TEST(two_hosts_of_one_role_are_one_pair_whichever_stands_first_in_the_site_file)
{
    struct evidence *before = evidence("hosts:\n  - {name: a, address: 192.168.1.1, roles: tarantella-server}\n"
                                       "  - {name: b, address: 192.168.1.2, roles: tarantella-server}\n");
    struct evidence *after = evidence("hosts:\n  - {name: b, address: 10.0.0.2, roles: tarantella-server}\n"
                                      "  - {name: a, address: 10.0.0.1, roles: tarantella-server}\n");
    tcp_answered(before, "192.168.1.1", 40000, "192.168.1.2", 5427);
    tcp_answered(after, "10.0.0.1", 40000, "10.0.0.2", 5427);
    struct pp_comparison *c = compare(before, after);
    assert_string_equal(change(c, "tta-tta-peer", NULL), "kept");
    for (size_t i = 0; i < c->row_count; i++) assert_null(c->rows[i].edge);
    pp_comparison_destroy(c);
}

static bool append_text(void *text, const char *bytes, size_t size) { return text_add_bytes(text, bytes, size), true; }

/* Reports are files that somebody hands in. */
TEST(a_report_of_which_nothing_is_as_it_should_be_is_compared_or_refused)
{
    static const char *const reports[] = {
        "{\"schema\": \"portproof/report/1\", \"rows\": [], \"findings\": []}",
        "{\"schema\": \"portproof/report/1\", \"rows\": [1, {}, {\"id\": 7}, {\"edges\": [null]}], \"findings\": [[], {\"kind\": "
        "\"blocked\"}]}",
        "{\"schema\": \"portproof/report/1\", \"rows\": [{\"id\": \"r\", \"encrypted_by\": \"r\", \"state\": \"expected\", \"edges\": "
        "[{\"state\": "
        "\"expected\"}]}], \"findings\": [{\"kind\": \"unexpected\", \"got_through\": true}], \"captures\": 3, \"site\": {\"inventory\": "
        "[{}, "
        "{\"name\": \"x\", \"prefixes\": [\"10.0.0.1\", \"10.0.0.1/33\", 4, \"::/0\"]}]}, \"other_traffic\": {\"conversations\": [{}, 5, "
        "{\"initiator\": {\"address\": \"1.2.3.4\"}, \"responder\": {\"address\": \"10.0.0.1\", \"port\": -9}}], \"left_out\": -1}, "
        "\"clear_text\": "
        "{\"conversations\": [{\"row\": \"r\"}, {\"row\": \"s\"}]}}",
    };
    static const char *const formats[] = {"text", "json", "html", "csv", "junit", "sarif", "markdown"};
    struct pp_error error;
    unsigned which;
    for (size_t i = 0; i < 9; i++) {
        const char *before = reports[i / 3], *after = reports[i % 3];
        struct pp_comparison *c = pp_compare(before, strlen(before), after, strlen(after), NULL, 0, &error, &which);
        if (!c) fail_msg("%u: %s", which, error.text);
        for (size_t f = 0; f < sizeof formats / sizeof *formats; f++) {
            const struct pp_report_options options = {.tool_version = "1"};
            struct text text;
            text_init(&text);
            assert_true(pp_comparison_send(c, NULL, formats[f], &options, &(struct pp_sink){append_text, &text}));
            assert_true(text.length > 0);
            text_finish(&text);
        }
        pp_comparison_destroy(c);
    }
    assert_null(pp_compare("{}", 2, reports[0], strlen(reports[0]), NULL, 0, &error, &which));
    assert_int_equal(which, 0);
}

TEST(of_many_who_use_an_old_address_three_are_named_with_the_time_of_all)
{
    struct evidence *before = evidence(HOSTS_BEFORE), *after = evidence(HOSTS_AFTER);
    tcp_answered(before, "192.168.20.9", 40000, "192.168.1.10", 5307);
    tcp_answered(after, "10.20.0.9", 40000, "10.0.1.10", 5307);
    static const char *const clients[] = {"10.20.0.3", "10.20.0.1", "10.20.0.5", "10.20.0.2", "10.20.0.4", "10.20.0.1"};
    uint64_t began = after->now_ms;
    for (uint16_t i = 0; i < 6; i++) tcp_answered(after, clients[i], (uint16_t)(41000 + i), "192.168.1.10", 5307);
    uint64_t lasted = after->now_ms - 1000 - began;
    struct pp_comparison *c = compare(before, after);
    assert_string_equal(talks(&c->old_addresses), "staff>old tta1:5307/tcp answered x6");
    assert_string_equal(c->old_addresses.items[0].from_addresses, "10.20.0.1, 10.20.0.2, 10.20.0.3 and 2 more");
    assert_int_equal(c->old_addresses.items[0].last_ns - c->old_addresses.items[0].first_ns, lasted * 1000000);
    pp_comparison_destroy(c);
}

TEST(neighbouring_edges_to_one_destination_that_nobody_tried_again_are_one_thing_to_test)
{
    static const char hosts[] =
        "  - {name: l1, address: 10.0.3.1, roles: ldap-server}\n  - {name: l2, address: 10.0.3.2, roles: ldap-server}\n"
        "features: {array: off}\n";
    char site[2048] = "hosts:\n";
    for (unsigned i = 1; i <= 8; i++)
        snprintf(site + strlen(site), 100, "  - {name: t%u, address: 10.0.1.%u, roles: tarantella-server}\n", i, i);
    strcat(site, hosts);
    struct evidence *before = evidence(site), *after = evidence(site);
    for (unsigned i = 1; i <= 8; i++) {
        char from[20];
        snprintf(from, sizeof from, "10.0.1.%u", i);
        tcp_answered(before, from, 40000, "10.0.3.1", 389);
    }
    tcp_answered(before, "10.0.1.8", 40001, "10.0.3.2", 389);
    ping(after, "10.0.1.1", "10.0.3.1");
    struct pp_comparison *c = compare(before, after);
    assert_string_equal(change(c, "tta-ldap", NULL), "lost");
    unsigned tests = 0;
    for (size_t i = 0; i < c->to_do_count; i++) {
        if (strcmp(c->to_do[i].action, "test") != 0) continue;
        tests++;
        if (strcmp(c->to_do[i].to, "l1") == 0) assert_string_equal(c->to_do[i].from, "t1, t2, t3, t4, t5, t6 and 2 more");
        if (strcmp(c->to_do[i].to, "l2") == 0) assert_string_equal(c->to_do[i].from, "t8");
    }
    assert_int_equal(tests, 2);
    pp_comparison_destroy(c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_row_that_works_at_its_new_place_is_kept_and_nothing_is_to_be_done),
        cmocka_unit_test(a_host_that_refuses_is_told_apart_from_a_way_that_is_blocked),
        cmocka_unit_test(what_was_blocked_before_is_told_with_both_outcomes_and_makes_nothing_worse),
        cmocka_unit_test(clear_text_that_gave_way_to_encryption_is_replaced_and_not_lost),
        cmocka_unit_test(a_retired_host_takes_its_edges_with_it_unless_a_new_one_may_be_the_same),
        cmocka_unit_test(who_still_uses_an_old_address_is_told_and_is_no_loss),
        cmocka_unit_test(an_address_that_got_through_to_the_old_place_is_a_hole_and_told_as_a_move),
        cmocka_unit_test(an_address_that_another_host_took_over_is_not_old_but_a_prefix_takes_over_nothing),
        cmocka_unit_test(clear_text_that_remains_is_told_with_what_encrypts_it_and_whether_it_is_a_downgrade),
        cmocka_unit_test(two_hosts_of_one_role_are_one_pair_whichever_stands_first_in_the_site_file),
        cmocka_unit_test(a_report_of_which_nothing_is_as_it_should_be_is_compared_or_refused),
        cmocka_unit_test(of_many_who_use_an_old_address_three_are_named_with_the_time_of_all),
        cmocka_unit_test(neighbouring_edges_to_one_destination_that_nobody_tried_again_are_one_thing_to_test),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
