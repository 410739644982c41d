/* Each of the 30 published rows: one test that turns it expected, one that turns it blocked (all of them can be), one that turns it
 * missing. Hosts, ports and pictures are made from the spec itself, so that a row that is added is tested. */
#include <stdio.h>
#include <string.h>

#include "evidence.h"
#include "testing.h"

enum { EPHEMERAL = 50000, PUBLISHED_ROWS = 30 };

/* A host for each of the row's two roles, with the row's feature on and all it needs. */
static struct evidence *site_of(const struct pp_row *row)
{
    const struct pp_spec *spec = builtin_rules();
    char site[4096];
    int n =
        snprintf(site, sizeof site,
                 "hosts:\n  - {name: from, address: 10.1.0.1, roles: %s}\n  - {name: to, address: 10.1.0.2, roles: %s}\nfeatures: {%s: on",
                 spec->roles[row->from].name, spec->roles[row->to].name, spec->features[row->feature].name);
    for (unsigned f = 0; f < spec->feature_count; f++)
        if (spec->features[row->feature].needs >> f & 1)
            n += snprintf(site + n, sizeof site - (size_t)n, ", %s: on", spec->features[f].name);
    n += snprintf(site + n, sizeof site - (size_t)n, "%s}\n", row->from == row->to ? "" : ", array: off");
    assert_true(n < (int)sizeof site);
    return evidence(site);
}

static const char *from_of(const struct pp_row *row) { return row->loopback ? "127.0.0.1" : "from"; }
static const char *to_of(const struct pp_row *row) { return row->loopback ? "127.0.0.1" : "to"; }

static uint16_t port_of(const struct pp_row *row) { return row->ports.ranges[0].first; }

static void assert_one(struct evidence *e, const struct pp_row *row, const char *state)
{
    if (strcmp(state_text(e, row->id), state) != 0) fail_msg("%s is not %s but %s", row->id, state, row_text(e, row->id));
    if (row->partner != PP_NONE) assert_string_equal(state_text(e, builtin_rules()->rows[row->partner].id), state);
}

TEST(there_are_thirty_rows) { assert_int_equal(builtin_rules()->row_count, PUBLISHED_ROWS); }

TEST(every_row_turns_expected_by_its_own_traffic)
{
    for (uint16_t r = 0; r < builtin_rules()->row_count; r++) {
        const struct pp_row *row = &builtin_rules()->rows[r];
        struct evidence *e = site_of(row);
        if (row->transport == PP_TCP)
            tcp_answered(e, from_of(row), EPHEMERAL, to_of(row), port_of(row));
        else if (row->one_way)
            udp_one_way(e, from_of(row), EPHEMERAL, to_of(row), port_of(row));
        else
            udp_exchange(e, from_of(row), EPHEMERAL, to_of(row), port_of(row));
        assert_one(e, row, "expected");
        assert_int_equal(e->report->summary.expected, 1);
        assert_int_equal(e->report->summary.rows[PP_STATE_EXPECTED], row->partner == PP_NONE ? 1 : 2);
        for (uint32_t i = 0; i < e->report->finding_count; i++) assert_int_not_equal(e->report->findings[i].kind, PP_FIND_UNEXPECTED);
    }
}

TEST(every_tcp_row_turns_expected_in_mid_stream_unless_it_is_wide_and_met_from_a_known_port)
{
    for (uint16_t r = 0; r < builtin_rules()->row_count; r++) {
        const struct pp_row *row = &builtin_rules()->rows[r];
        if (row->transport != PP_TCP) continue;
        struct evidence *e = site_of(row);
        tcp_midstream(e, to_of(row), port_of(row), from_of(row), row->wide ? 5000 : EPHEMERAL);
        assert_one(e, row, "expected");
        assert_int_equal(e->report->judged[0].basis, PP_BASIS_ROW);
    }
}

TEST(every_row_turns_blocked_by_a_refusal)
{
    for (uint16_t r = 0; r < builtin_rules()->row_count; r++) {
        const struct pp_row *row = &builtin_rules()->rows[r];
        struct evidence *e = site_of(row);
        if (row->transport == PP_TCP)
            tcp_refused(e, from_of(row), EPHEMERAL, to_of(row), port_of(row));
        else
            udp_one_way(e, from_of(row), EPHEMERAL, to_of(row), port_of(row));
        if (row->transport == PP_UDP) icmp_error(e, PP_UDP, from_of(row), EPHEMERAL, to_of(row), port_of(row), to_of(row), 3, 3);
        assert_one(e, row, "blocked");
        assert_int_equal(e->report->verdict, PP_NON_COMPLIANT);
        assert_int_equal(find_finding(e, PP_FIND_BLOCKED)->outcome, PP_REFUSED);
    }
}

TEST(every_row_turns_blocked_by_a_rejection_on_the_way)
{
    for (uint16_t r = 0; r < builtin_rules()->row_count; r++) {
        const struct pp_row *row = &builtin_rules()->rows[r];
        struct evidence *e = site_of(row);
        icmp_error(e, row->transport, from_of(row), EPHEMERAL, to_of(row), port_of(row), "10.0.0.1", 3, 13);
        assert_one(e, row, "blocked");
        assert_int_equal(find_finding(e, PP_FIND_BLOCKED)->outcome, PP_REJECTED);
    }
}

TEST(every_row_but_one_way_ones_turns_blocked_by_silence)
{
    for (uint16_t r = 0; r < builtin_rules()->row_count; r++) {
        const struct pp_row *row = &builtin_rules()->rows[r];
        struct evidence *e = site_of(row);
        if (row->transport == PP_TCP)
            tcp_silent(e, from_of(row), EPHEMERAL, to_of(row), port_of(row));
        else
            udp_one_way(e, from_of(row), EPHEMERAL, to_of(row), port_of(row));
        assert_one(e, row, row->one_way ? "expected" : "blocked");
    }
}

TEST(every_row_that_is_due_turns_missing_when_nobody_tries)
{
    for (uint16_t r = 0; r < builtin_rules()->row_count; r++) {
        const struct pp_row *row = &builtin_rules()->rows[r];
        struct evidence *e = site_of(row);
        ping(e, from_of(row), to_of(row));
        assert_one(e, row, "missing");
        uint16_t told = row->partner < r ? row->partner : r; /* of one conversation one row tells */
        uint32_t findings = 0;
        for (uint32_t i = 0; i < e->report->finding_count; i++)
            findings += e->report->findings[i].kind == PP_FIND_MISSING && e->report->findings[i].row == told;
        assert_int_equal(findings, row->coverage == PP_EACH_PORT ? row->ports.per_member : 1);
    }
}

TEST(every_row_that_is_due_turns_not_observable_when_nobody_is_seen)
{
    for (uint16_t r = 0; r < builtin_rules()->row_count; r++)
        assert_one(site_of(&builtin_rules()->rows[r]), &builtin_rules()->rows[r], "not-observable");
}

TEST(every_row_turned_round_is_not_expected_by_it)
{
    for (uint16_t r = 0; r < builtin_rules()->row_count; r++) {
        const struct pp_row *row = &builtin_rules()->rows[r];
        if (row->from == row->to || row->loopback || row->partner != PP_NONE) continue;
        struct evidence *e = site_of(row);
        if (row->transport == PP_TCP)
            tcp_answered(e, to_of(row), EPHEMERAL, from_of(row), port_of(row));
        else
            udp_exchange(e, to_of(row), EPHEMERAL, from_of(row), port_of(row));
        const struct pp_finding *f = find_finding(e, PP_FIND_UNEXPECTED);
        if (row->transport == PP_TCP) assert_int_equal(f->reason, row->wide ? PP_UNLISTED_PORT : PP_REVERSED);
    }
}

TEST(every_row_whose_feature_is_off_makes_its_traffic_unexpected)
{
    const struct pp_spec *spec = builtin_rules();
    for (uint16_t r = 0; r < spec->row_count; r++) {
        const struct pp_row *row = &spec->rows[r];
        if (row->loopback) continue; /* on loopback nothing else is judged while it is off */
        char site[1024];
        snprintf(
            site, sizeof site,
            "hosts:\n  - {name: from, address: 10.1.0.1, roles: %s}\n  - {name: to, address: 10.1.0.2, roles: %s}\nfeatures: {%s: off}\n",
            spec->roles[row->from].name, spec->roles[row->to].name, spec->features[row->feature].name);
        struct evidence *e = evidence(site);
        if (row->transport == PP_TCP)
            tcp_answered(e, "from", EPHEMERAL, "to", port_of(row));
        else
            udp_exchange(e, "from", EPHEMERAL, "to", port_of(row));
        assert_int_equal(find_finding(e, PP_FIND_UNEXPECTED)->reason, row->wide ? PP_UNLISTED_PORT : PP_FEATURE_OFF);
        assert_one(e, row, "not-applicable");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(there_are_thirty_rows),
        cmocka_unit_test(every_row_turns_expected_by_its_own_traffic),
        cmocka_unit_test(every_tcp_row_turns_expected_in_mid_stream_unless_it_is_wide_and_met_from_a_known_port),
        cmocka_unit_test(every_row_turns_blocked_by_a_refusal),
        cmocka_unit_test(every_row_turns_blocked_by_a_rejection_on_the_way),
        cmocka_unit_test(every_row_but_one_way_ones_turns_blocked_by_silence),
        cmocka_unit_test(every_row_that_is_due_turns_missing_when_nobody_tries),
        cmocka_unit_test(every_row_that_is_due_turns_not_observable_when_nobody_is_seen),
        cmocka_unit_test(every_row_turned_round_is_not_expected_by_it),
        cmocka_unit_test(every_row_whose_feature_is_off_makes_its_traffic_unexpected),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
