/* What is to be done so that the rest is seen: whom a test names, and what of a report becomes one. */
#include <stdio.h>
#include <string.h>

#include "array.h"
#include "evidence.h"
#include "portproof/plan.h"
#include "testing.h"

/* A plan of what this text has for rows. */
static struct pp_test_plan *of_rows(const struct evidence *e, const char *rows)
{
    char json[4096];
    struct pp_error error;
    snprintf(json, sizeof json, "{\"schema\": \"portproof/report/1\", \"findings\": [], \"rows\": [%s]}", rows);
    struct pp_test_plan *plan = pp_test_plan_of_report(e->spec, e->site, json, strlen(json), &error);
    if (!plan) fail_msg("%s", error.text);
    return plan;
}

TEST(who_is_meant_is_named_with_four_of_all_there_are)
{
    struct evidence *e = evidence(HOSTS "  - {name: t1, address: [10.0.1.1, 10.0.1.2, 10.0.1.3, 10.0.1.4, 10.0.1.5, 10.0.1.6], roles: "
                                        "tarantella-server}\n" A1 A2 "  - {name: a3, address: 10.0.2.3, roles: application-server}\n"
                                        "  - {name: a4, address: 10.0.2.4, roles: application-server}\n"
                                        "  - {name: a5, address: 10.0.2.5, roles: application-server}\n"
                                        "  - {name: farm, prefix: [10.3.0.0/24, \"2001:db8::/32\"], roles: application-server}\n"
                                        "features: {client-drive-mapping: on, ssh: on}\ncoverage: {app-tta-nbss: destination, tta-app-ssh: "
                                        "pair}\n");
    struct pp_test_plan *plan = pp_test_plan_of_site(judge(e));
    const struct pp_test *mapping = NULL, *farm = NULL;
    assert_non_null(plan);
    for (size_t i = 0; i < plan->count; i++) {
        const struct pp_test *test = &plan->tests[i];
        if (test->row == pp_spec_find_row(e->spec, "app-tta-nbss")) mapping = test;
        if (strcmp(test->to_name, "farm") == 0) farm = test;
    }
    assert_non_null(mapping);
    assert_string_equal(mapping->from, "any application-server (a1, a2, a3, a4 and 2 more)");
    assert_string_equal(mapping->to_addresses, "10.0.1.1, 10.0.1.2, 10.0.1.3, 10.0.1.4 and 2 more");
    assert_string_equal(mapping->state, "due");
    assert_non_null(farm);
    assert_string_equal(farm->to_addresses, "10.3.0.0/24, 2001:db8::/32");
    pp_test_plan_destroy(plan);
}

TEST(a_plan_has_as_many_tests_as_are_due)
{
    char site[16384] = HOSTS T1;
    for (unsigned i = 0; i < 150; i++)
        sprintf(site + strlen(site), "  - {name: a%u, address: 10.2.0.%u, roles: application-server}\n", i, i);
    strcat(site, "features: {ssh: on}\ncoverage: {tta-app-ssh: pair}\n");
    struct evidence *e = evidence(site);
    struct pp_test_plan *plan = pp_test_plan_of_site(judge(e));
    assert_non_null(plan);
    assert_int_equal(plan->count, 150);
    assert_string_equal(plan->tests[0].to, "a0");
    assert_string_equal(plan->tests[149].to, "a149");
    pp_test_plan_destroy(plan);
}

#define EDGE(state, due, more) "{\"from\": {\"name\": \"t1\"}, \"to\": {\"name\": \"a1\"}, \"state\": \"" state "\", \"due\": " due more "}"
#define ROW(id, edges) "{\"id\": \"" id "\", \"edges\": [" edges "]}"

TEST(of_a_report_only_what_is_due_and_open_is_to_be_done)
{
    struct evidence *e = evidence(HOSTS T1 A1);
    struct pp_test_plan *plan =
        of_rows(e, ROW("tta-app-ssh", EDGE("missing", "true", "") ", " EDGE("missing", "false", "") ", " EDGE("missing", "1", "")) ", " ROW(
                       "tta-app-telnet", EDGE("expected", "true", "") ", " EDGE("not-observable", "true", ", \"port\": 2323")));
    assert_int_equal(plan->count, 2);
    assert_true(plan->of_report);
    assert_string_equal(plan->tests[0].state, "missing");
    assert_string_equal(plan->tests[0].ports, "22/tcp");
    assert_string_equal(plan->tests[1].state, "not-observable");
    assert_string_equal(plan->tests[1].ports, "2323/tcp");
    pp_test_plan_destroy(plan);
}

TEST(a_row_that_the_rules_do_not_have_makes_no_plan)
{
    static const char json[] = "{\"schema\": \"portproof/report/1\", \"findings\": [], \"rows\": [" ROW("unknown\\u001b", "") ", {}]}";
    struct evidence *e = evidence(HOSTS T1 A1);
    struct pp_error error;
    assert_null(pp_test_plan_of_report(e->spec, e->site, json, sizeof json - 1, &error));
    assert_string_equal(error.text, "row unknown\\x1b, which the rules do not have; expected a report made with the same rules");
}

TEST(a_port_of_a_report_that_is_none_leaves_the_rows_own)
{
    static const char *const ports[] = {"0", "-1", "65536", "4294967318", "\"22\"", "null"};
    struct evidence *e = evidence(HOSTS T1 A1);
    for (size_t i = 0; i < sizeof ports / sizeof *ports; i++) {
        char rows[400];
        snprintf(rows, sizeof rows, ROW("tta-app-ssh", EDGE("missing", "true", ", \"port\": %s")), ports[i]);
        struct pp_test_plan *plan = of_rows(e, rows);
        assert_int_equal(plan->count, 1);
        assert_string_equal(plan->tests[0].ports, "22/tcp");
        pp_test_plan_destroy(plan);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(who_is_meant_is_named_with_four_of_all_there_are),
        cmocka_unit_test(a_plan_has_as_many_tests_as_are_due),
        cmocka_unit_test(of_a_report_only_what_is_due_and_open_is_to_be_done),
        cmocka_unit_test(a_row_that_the_rules_do_not_have_makes_no_plan),
        cmocka_unit_test(a_port_of_a_report_that_is_none_leaves_the_rows_own),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
