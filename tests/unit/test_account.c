/* The account of a live capture: counts of 32 bits that wrap, stretches of loss, gaps of the link. */
#include "account.h"
#include "testing.h"

static void counts_that_wrap_go_on_in_64_bits(void **state)
{
    (void)state;
    static const uint32_t received[] = {0, 4000000000u, 4294967295u, 0, 5, 4294967295u, 4294967294u};
    static const uint64_t sums[] = {0, 4000000000u, 4294967295u, 4294967296u, 4294967301u, 8589934591u, 12884901886u};
    struct pp_live_account account = {0};
    struct kernel_counts last;
    account_restart(&last, 0);
    for (size_t i = 0; i < sizeof sums / sizeof *sums; i++) {
        account_add(&account, &last, received[i], received[i], i);
        assert_int_equal(account.received, sums[i]);
        assert_int_equal(account.dropped, sums[i]);
    }
}

static void a_new_handle_counts_on_from_the_one_before(void **state)
{
    (void)state;
    struct pp_live_account account = {0};
    struct kernel_counts last;
    account_restart(&last, 0);
    account_add(&account, &last, 100, 7, 1);
    account_restart(&last, 5);
    account_add(&account, &last, 30, 2, 6);
    assert_int_equal(account.received, 130);
    assert_int_equal(account.dropped, 9);
    assert_int_equal(account.loss_count, 2);
    assert_int_equal(account.losses[1].from_ns, 5);
}

static void losses_without_a_pause_are_one_stretch(void **state)
{
    (void)state;
    struct pp_live_account account = {0};
    struct kernel_counts last;
    account_restart(&last, 0);
    account_add(&account, &last, 10, 1, 1);
    account_add(&account, &last, 20, 3, 2);
    account_add(&account, &last, 30, 3, 3); /* a pause */
    account_add(&account, &last, 40, 4, 4);
    assert_int_equal(account.loss_count, 2);
    assert_int_equal(account.losses[0].from_ns, 0);
    assert_int_equal(account.losses[0].to_ns, 2);
    assert_int_equal(account.losses[0].packets, 3);
    assert_int_equal(account.losses[1].packets, 1);
}

static void past_the_limit_the_closest_stretches_join_and_no_packet_is_forgotten(void **state)
{
    (void)state;
    enum { STRETCHES = 3 * PP_LOSSES_MAX };
    struct pp_live_account account = {0};
    struct kernel_counts last;
    account_restart(&last, 0);
    for (uint32_t i = 1; i <= STRETCHES; i++) {
        account_add(&account, &last, i, i - 1, (pp_time_ns)i * i * 10); /* nothing new: the next loss begins here */
        account_add(&account, &last, i, i, (pp_time_ns)i * i * 10 + 1);
    }
    uint64_t packets = 0;
    assert_int_equal(account.loss_count, PP_LOSSES_MAX);
    for (uint32_t i = 0; i < account.loss_count; i++) {
        packets += account.losses[i].packets;
        assert_true(account.losses[i].from_ns < account.losses[i].to_ns);
        if (i) assert_true(account.losses[i - 1].to_ns < account.losses[i].from_ns);
    }
    assert_int_equal(packets, STRETCHES);
    assert_int_equal(account.losses[PP_LOSSES_MAX - 1].packets, 1); /* the pauses grow: the latest are apart */
}

static void a_clock_set_back_makes_no_stretch_that_ends_before_it_begins(void **state)
{
    (void)state;
    struct pp_live_account account = {0};
    struct kernel_counts last;
    account_restart(&last, 1000);
    account_add(&account, &last, 10, 1, 400);
    assert_true(account.losses[0].from_ns <= account.losses[0].to_ns);
    account_gap_begin(&account, PP_LINK_DOWN, "a", 400);
    account_gap_end(&account, "a", 300);
    assert_int_equal(account.gaps[0].to_ns, 400);
}

static void a_gap_is_as_bad_as_the_worst_that_was_in_it(void **state)
{
    (void)state;
    struct pp_live_account account = {0};
    account_gap_begin(&account, PP_LINK_DOWN, "eth0", 10);
    account_gap_begin(&account, PP_LINK_REMOVED, "eth0", 11);
    account_gap_begin(&account, PP_LINK_DOWN, "eth0", 12);
    account_gap_end(&account, "eth0", 20);
    account_gap_end(&account, "eth0", 30); /* nothing lasts */
    assert_int_equal(account.gap_count, 1);
    assert_int_equal(account.gaps[0].event, PP_LINK_REMOVED);
    assert_int_equal(account.gaps[0].from_ns, 10);
    assert_int_equal(account.gaps[0].to_ns, 20);
}

static void a_change_of_name_within_a_gap_does_not_end_it(void **state)
{
    (void)state;
    struct pp_live_account account = {0};
    account_gap_begin(&account, PP_LINK_DOWN, "eth0", 10);
    account_renamed(&account, "lan0", 15);
    account_gap_end(&account, "lan0", 20);
    assert_int_equal(account.gap_count, 2);
    assert_int_equal(account.gaps[0].to_ns, 20);
    assert_string_equal(account.gaps[0].name, "lan0");
    assert_int_equal(account.gaps[1].from_ns, account.gaps[1].to_ns);
    account_renamed(&account, "eth0", 30); /* outside: until it is opened again */
    account_gap_end(&account, "eth0", 31);
    assert_int_equal(account.gaps[2].to_ns, 31);
}

static void the_latest_gaps_are_listed_and_all_are_counted(void **state)
{
    (void)state;
    struct pp_live_account account = {0};
    for (unsigned i = 0; i < 100; i++) {
        account_gap_begin(&account, PP_LINK_NO_CARRIER, "eth0", i);
        account_gap_end(&account, "eth0", i);
    }
    assert_int_equal(account.gap_count, PP_LINK_GAPS_MAX);
    assert_int_equal(account.gaps_in_all, 100);
    assert_int_equal(account.gaps[PP_LINK_GAPS_MAX - 1].from_ns, 99);
}

static void accounts_of_one_interface_add_up_and_overlapping_losses_are_one(void **state)
{
    (void)state;
    struct pp_live_account one = {.received = 10, .dropped = 6, .loss_count = 2, .losses = {{10, 20, 4}, {50, 60, 2}}};
    struct pp_live_account other = {
        .received = 5, .dropped = 9, .discarded = 1, .loss_count = 4, .losses = {{1, 2, 1}, {15, 25, 3}, {25, 55, 4}, {70, 80, 1}}};
    other.by_result[PP_DECODED] = 3;
    account_join(&one, &other);
    assert_int_equal(one.received, 15);
    assert_int_equal(one.dropped, 15);
    assert_int_equal(one.discarded, 1);
    assert_int_equal(one.by_result[PP_DECODED], 3);
    assert_int_equal(one.loss_count, 3);
    static const struct pp_loss wanted[] = {{1, 2, 1}, {10, 60, 13}, {70, 80, 1}};
    for (unsigned i = 0; i < 3; i++) {
        assert_int_equal(one.losses[i].from_ns, wanted[i].from_ns);
        assert_int_equal(one.losses[i].to_ns, wanted[i].to_ns);
        assert_int_equal(one.losses[i].packets, wanted[i].packets);
    }
}

static void full_lists_of_losses_join_without_forgetting_a_packet(void **state)
{
    (void)state;
    struct pp_live_account one = {.loss_count = PP_LOSSES_MAX}, other = {.loss_count = PP_LOSSES_MAX};
    for (uint32_t i = 0; i < PP_LOSSES_MAX; i++) {
        one.losses[i] = (struct pp_loss){100 * i, 100 * i + 10, 1};
        other.losses[i] = (struct pp_loss){100 * i + 50, 100 * i + 60, 1};
    }
    account_join(&one, &other);
    uint64_t packets = 0;
    for (uint32_t i = 0; i < one.loss_count; i++) {
        packets += one.losses[i].packets;
        if (i) assert_true(one.losses[i - 1].to_ns < one.losses[i].from_ns);
    }
    assert_true(one.loss_count <= PP_LOSSES_MAX);
    assert_int_equal(packets, 2 * PP_LOSSES_MAX);
}

static void an_account_goes_on_where_an_earlier_one_stopped(void **state)
{
    (void)state;
    struct pp_live_account account = {.received = 90, .dropped = 3, .discarded = 2, .until_ns = 100};
    struct pp_live_account fresh = {.received = 7, .dropped = 1, .interface_known = true};
    account_gap_begin(&account, PP_LINK_DOWN, "eth0", 50);
    account_gap_begin(&fresh, PP_LINK_NO_CARRIER, "eth0", 210);
    account_resume(&account, 80, &fresh, "eth0", 200);
    assert_int_equal(account.received, 97);
    assert_int_equal(account.dropped, 9); /* five were received, and never handed over */
    assert_int_equal(account.losses[0].packets, 5);
    assert_true(account.interface_known);
    assert_int_equal(account.gap_count, 3);
    assert_int_equal(account.gaps[0].to_ns, 100);
    assert_int_equal(account.gaps[1].event, PP_LINK_NOT_LISTENING);
    assert_int_equal(account.gaps[1].from_ns, 100);
    assert_int_equal(account.gaps[1].to_ns, 200);
    assert_int_equal(account.gaps[2].event, PP_LINK_NO_CARRIER);
    assert_true(account.gaps[2].to_ns == PP_NO_FIRST);
    struct pp_live_account behind = {.received = 10, .until_ns = 300}, none = {0};
    account_resume(&behind, 80, &none, "eth0", 200); /* counts were read before the last packets, and the date was set back */
    assert_int_equal(behind.received, 80);
    assert_int_equal(behind.dropped, 0);
    assert_int_equal(behind.gaps[0].to_ns, 300);
}

static void captures_of_one_interface_add_up_and_one_that_failed_says_so(void **state)
{
    (void)state;
    struct pp_capture_info one = {.packets = 3, .first_ns = 50, .last_ns = 60, .drops_known = true};
    struct pp_capture_info earlier = {
        .packets = 4, .first_ns = 10, .last_ns = 20, .drops_known = true, .failed = true, .error.text = "first"};
    struct pp_capture_info later = {.packets = 5, .first_ns = 70, .last_ns = 80, .failed = true, .error.text = "second"};
    earlier.account.dropped = 2;
    pp_capture_info_join(&one, &earlier);
    assert_int_equal(one.packets, 7);
    assert_int_equal(one.first_ns, 10);
    assert_int_equal(one.last_ns, 60);
    assert_int_equal(one.drops, 2);
    assert_true(one.drops_known && one.failed);
    pp_capture_info_join(&one, &later);
    assert_int_equal(one.last_ns, 80);
    assert_false(one.drops_known);
    assert_string_equal(one.error.text, "first");
}

static void of_losses_the_closest_may_be_any_two(void **state)
{
    (void)state;
    struct pp_live_account one = {.loss_count = PP_LOSSES_MAX}, other = {.loss_count = 1, .losses = {{7000, 7001, 5}}};
    for (uint32_t i = 0; i < PP_LOSSES_MAX; i++) one.losses[i] = (struct pp_loss){100 * i, 100 * i + 10, 1};
    one.losses[20].from_ns = one.losses[19].to_ns; /* nothing in between */
    account_join(&one, &other);
    assert_int_equal(one.loss_count, PP_LOSSES_MAX);
    assert_int_equal(one.losses[19].packets, 2);
    assert_int_equal(one.losses[PP_LOSSES_MAX - 1].packets, 5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(counts_that_wrap_go_on_in_64_bits),
        cmocka_unit_test(a_new_handle_counts_on_from_the_one_before),
        cmocka_unit_test(losses_without_a_pause_are_one_stretch),
        cmocka_unit_test(past_the_limit_the_closest_stretches_join_and_no_packet_is_forgotten),
        cmocka_unit_test(a_clock_set_back_makes_no_stretch_that_ends_before_it_begins),
        cmocka_unit_test(a_gap_is_as_bad_as_the_worst_that_was_in_it),
        cmocka_unit_test(a_change_of_name_within_a_gap_does_not_end_it),
        cmocka_unit_test(the_latest_gaps_are_listed_and_all_are_counted),
        cmocka_unit_test(accounts_of_one_interface_add_up_and_overlapping_losses_are_one),
        cmocka_unit_test(full_lists_of_losses_join_without_forgetting_a_packet),
        cmocka_unit_test(an_account_goes_on_where_an_earlier_one_stopped),
        cmocka_unit_test(captures_of_one_interface_add_up_and_one_that_failed_says_so),
        cmocka_unit_test(of_losses_the_closest_may_be_any_two),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
