/* The date is set while a capture runs: its times go on as if it had not been. */
#include "steps.h"

#include "evidence.h"
#include "testing.h"

#define S(n) ((uint64_t)(n)*1000000000u)
#define START S(1764000000)
#define HOUR S(3600)
#define EIGHTY_YEARS (S(86400) * 365 * 80)

TEST(without_a_step_times_are_as_they_were_stamped)
{
    struct steps steps;
    steps_begin(&steps, START, S(100));
    for (uint64_t t = 1; t < 100; t++) {
        assert_false(steps_look(&steps, START + S(t) + t * 1000, S(100 + t))); /* it drifts a little */
        assert_int_equal(steps_take_out(&steps, START + S(t) - 5, START + S(t)), START + S(t) - 5);
    }
}

TEST(an_hour_back_is_taken_out_of_every_time_after_it)
{
    struct steps steps;
    steps_begin(&steps, START, S(100));
    pp_time_ns date = START + S(10) - HOUR;
    assert_true(steps_look(&steps, date, S(110)));
    assert_int_equal(steps_now(&steps, date), START + S(10));
    assert_int_equal(steps_take_out(&steps, date - 7, date), START + S(10) - 7);
    assert_int_equal(steps_take_out(&steps, START + S(9), date), START + S(9)); /* stamped before it, read after it */
    date += S(5);
    assert_false(steps_look(&steps, date, S(115)));
    assert_int_equal(steps_take_out(&steps, date - 7, date), START + S(15) - 7);
}

TEST(eighty_years_on_and_back_again_leave_no_trace)
{
    struct steps steps;
    steps_begin(&steps, START, S(100));
    pp_time_ns date = START + S(10) + EIGHTY_YEARS;
    assert_true(steps_look(&steps, date, S(110)));
    assert_int_equal(steps_take_out(&steps, date - 7, date), START + S(10) - 7);
    assert_int_equal(steps_take_out(&steps, START + S(9), date), START + S(9));
    date = START + S(20);
    assert_true(steps_look(&steps, date, S(120)));
    assert_int_equal(steps.sum, 0);
    assert_int_equal(steps.count, 2);
    assert_int_equal(steps_take_out(&steps, date - 7, date), START + S(20) - 7);
    assert_int_equal(steps_take_out(&steps, START + S(19) + EIGHTY_YEARS, date), START + S(19));
}

TEST(a_capture_that_only_a_date_in_1970_is_known_of_goes_on_when_the_date_is_set)
{
    struct steps steps;
    steps_begin(&steps, S(30), S(30));
    pp_time_ns date = START;
    assert_true(steps_look(&steps, date, S(31)));
    assert_int_equal(steps_take_out(&steps, date - 1, date), S(31) - 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(without_a_step_times_are_as_they_were_stamped),
        cmocka_unit_test(an_hour_back_is_taken_out_of_every_time_after_it),
        cmocka_unit_test(eighty_years_on_and_back_again_leave_no_trace),
        cmocka_unit_test(a_capture_that_only_a_date_in_1970_is_known_of_goes_on_when_the_date_is_set),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
