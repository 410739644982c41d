/* A JSON report that nobody of ours wrote. */
#include "saved.h"

#include <string.h>

#include "evidence.h"
#include "portproof/spec.h"
#include "testing.h"
#include "text.h"

static bool is_taken(unsigned rows, struct pp_error *error)
{
    struct text text;
    text_init(&text);
    text_add(&text, "{\"schema\": \"portproof/report/1\", \"findings\": [], \"rows\": [");
    for (unsigned i = 0; i < rows; i++) text_add(&text, i ? ",{}" : "{}");
    text_add(&text, "]}");
    json_t *report = saved_load(text.bytes, text.length, error);
    bool taken = report != NULL;
    json_decref(report);
    text_finish(&text);
    return taken;
}

/* Rows are looked for one by one: a list without end would take time without end. */
TEST(a_report_of_more_rows_than_rules_can_have_is_refused)
{
    struct pp_error error;
    assert_true(is_taken(0, &error));
    assert_true(is_taken(PP_ROWS_MAX, &error));
    assert_false(is_taken(PP_ROWS_MAX + 1, &error));
    assert_string_equal(error.text, "257 rows; expected a report of at most 256");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_report_of_more_rows_than_rules_can_have_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
