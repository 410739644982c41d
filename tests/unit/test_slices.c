/* Slices of time: their join is the table of all packets, and a window is the join of what lies in it. */
#include "portproof/slices.h"

#include "evidence.h"
#include "tables.h"
#include "testing.h"

enum { SLICES = 30, PACKETS = 200, WINDOW = 10 };

static struct pp_packet packets[SLICES][PACKETS];
static uint8_t results[SLICES][PACKETS];

static void make_packets(void)
{
    seed = 4711;
    for (unsigned s = 0; s < SLICES; s++)
        for (unsigned i = 0; i < PACKETS; i++) packets[s][i] = random_packet(s * PACKETS + i + 1, &results[s][i]);
}

static struct pp_flow_table *table_of(unsigned first, unsigned end)
{
    struct pp_flow_table *table = new_table(0);
    for (unsigned s = first; s < end; s++) assert_true(pp_flow_table_add(table, packets[s], results[s], PACKETS));
    return table;
}

TEST(a_window_is_the_join_of_its_slices_and_all_time_of_all)
{
    make_packets();
    struct pp_flow_options options = {0};
    struct pp_slices *slices = pp_slices_create(&options, WINDOW);
    struct pp_flow_table *total = new_table(0);
    for (unsigned s = 0; s < SLICES; s++) {
        assert_true(pp_flow_table_add(pp_slices_now(slices), packets[s], results[s], PACKETS));
        assert_true(pp_slices_turn(slices, total, NULL, s));
        struct pp_flow_table *all = table_of(0, s + 1), *window = new_table(0), *recent = table_of(s > WINDOW ? s - WINDOW : 0, s + 1);
        assert_same(total, all);
        assert_true(pp_slices_join(slices, window));
        assert_same(window, recent);
        pp_flow_table_destroy(all);
        pp_flow_table_destroy(window);
        pp_flow_table_destroy(recent);
    }
    pp_slices_destroy(slices);
    pp_flow_table_destroy(total);
}

TEST(a_window_of_more_slices_than_are_kept_apart_loses_none)
{
    struct pp_flow_options options = {0};
    struct pp_slices *slices = pp_slices_create(&options, UINT64_MAX);
    struct pp_flow_table *total = new_table(0), *window = new_table(0);
    for (unsigned s = 0; s < PP_SLICES_MAX + 50; s++) {
        add_one(pp_slices_now(slices), syn(1, (uint16_t)(1024 + s), 2, 80, PP_SYN));
        assert_true(pp_slices_turn(slices, total, NULL, s));
    }
    assert_true(pp_slices_join(slices, window));
    assert_same(total, window);
    assert_int_equal(pp_flow_count(window), PP_SLICES_MAX + 50);
    pp_slices_destroy(slices);
    pp_flow_table_destroy(total);
    pp_flow_table_destroy(window);
}

TEST(slices_shorter_than_a_sixteenth_of_the_window_are_joined_and_leave_it_in_time)
{
    enum { LONG_WINDOW = 1600, TURN_EVERY = 10 };
    struct pp_flow_options options = {0};
    struct pp_slices *slices = pp_slices_create(&options, LONG_WINDOW);
    struct pp_flow_table *total = new_table(0), *also = new_table(0);
    for (unsigned now = TURN_EVERY; now <= 3 * LONG_WINDOW; now += TURN_EVERY) {
        add_one(pp_slices_now(slices), syn(1, (uint16_t)(1024 + now / TURN_EVERY), 2, 80, PP_SYN));
        assert_true(pp_slices_turn(slices, total, also, now));
        struct pp_flow_table *window = new_table(0);
        assert_true(pp_slices_join(slices, window));
        unsigned least = now < LONG_WINDOW ? now / TURN_EVERY : LONG_WINDOW / TURN_EVERY, most = least + LONG_WINDOW / 16 / TURN_EVERY + 1;
        assert_in_range(pp_flow_count(window), least, most);
        pp_flow_table_destroy(window);
    }
    assert_same(total, also);
    assert_int_equal(pp_flow_count(total), 3 * LONG_WINDOW / TURN_EVERY);
    pp_slices_destroy(slices);
    pp_flow_table_destroy(total);
    pp_flow_table_destroy(also);
}

TEST(all_slices_together_have_no_more_flows_than_one_table_may_and_packets_are_all_there)
{
    enum { MOST = 17 * 300, EACH = 4000, TURNS = 20 };
    struct pp_flow_options options = {.max_flows = MOST};
    struct pp_slices *slices = pp_slices_create(&options, UINT64_MAX);
    struct pp_flow_table *total = new_table(0), *window = new_table(0);
    for (unsigned s = 0; s < TURNS; s++) {
        for (unsigned i = 0; i < EACH; i++) add_one(pp_slices_now(slices), syn(s * EACH + i, (uint16_t)(1024 + i), 2, 80, PP_SYN));
        assert_true(pp_slices_turn(slices, total, NULL, s));
    }
    assert_int_equal(pp_flow_count(total), EACH * TURNS); /* the total keeps them apart, up to its own limit */
    assert_true(pp_slices_join(slices, window));
    assert_true(pp_flow_count(window) <= MOST);
    assert_int_equal(pp_flow_counters(window)->by_result[PP_DECODED], EACH * TURNS);
    pp_slices_destroy(slices);
    pp_flow_table_destroy(total);
    pp_flow_table_destroy(window);
}

TEST(after_a_long_silence_nothing_is_left_of_the_window)
{
    struct pp_flow_options options = {0};
    struct pp_slices *slices = pp_slices_create(&options, WINDOW);
    struct pp_flow_table *total = new_table(0), *window = new_table(0);
    add_one(pp_slices_now(slices), syn(1, 1024, 2, 80, PP_SYN));
    assert_true(pp_slices_turn(slices, total, NULL, 0));
    assert_true(pp_slices_turn(slices, total, NULL, 1000));
    assert_true(pp_slices_join(slices, window));
    assert_int_equal(pp_flow_count(window), 0);
    assert_int_equal(pp_flow_count(total), 1);
    pp_slices_destroy(slices);
    pp_flow_table_destroy(total);
    pp_flow_table_destroy(window);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_window_is_the_join_of_its_slices_and_all_time_of_all),
        cmocka_unit_test(a_window_of_more_slices_than_are_kept_apart_loses_none),
        cmocka_unit_test(slices_shorter_than_a_sixteenth_of_the_window_are_joined_and_leave_it_in_time),
        cmocka_unit_test(all_slices_together_have_no_more_flows_than_one_table_may_and_packets_are_all_there),
        cmocka_unit_test(after_a_long_silence_nothing_is_left_of_the_window),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
