/* What a report says of traffic that is in no finding, and of clear text that goes on although it need not. */
#include <stdio.h>
#include <string.h>

#include "address.h"
#include "evidence.h"
#include "testing.h"

typedef bool list(const struct pp_report *report, struct pp_conversations *out);

/* "10.20.0.9>10.0.1.10:3144/tcp client-aip answered x2" for each, in their order; a + behind a downgrade. */
static const char *words(struct evidence *e, list *make)
{
    static char text[2048];
    struct pp_conversations all;
    const struct pp_report *report = judge(e);
    size_t at = 0;
    assert_true(make(report, &all));
    text[0] = '\0';
    for (uint32_t i = 0; i < all.count; i++) {
        const struct pp_conversation *c = &all.items[i];
        char from[ADDRESS_TEXT_MAX], to[ADDRESS_TEXT_MAX];
        at += (size_t)snprintf(text + at, sizeof text - at, "%s%s>%s:%u/%s %s%s%s x%u%s", i ? ", " : "",
                               address_text(&c->initiator.address, from), address_text(&c->responder.address, to), c->port,
                               pp_transport_name(c->transport == PP_TCP ? PP_TCP : PP_UDP),
                               c->row == PP_NONE ? "" : report->spec->rows[c->row].id, c->row == PP_NONE ? "" : " ",
                               pp_outcome_name(c->outcome), (unsigned)c->flows, c->after_encrypted ? "+" : "");
    }
    assert_int_equal(all.left_out, 0);
    pp_conversations_finish(&all);
    return text;
}

TEST(what_is_out_of_scope_between_two_hosts_is_listed_with_its_count_most_first)
{
    struct evidence *e = evidence(SMALL_SITE);
    tcp_silent(e, "10.20.0.9", 40000, "192.0.2.5", 443);
    tcp_silent(e, "10.20.0.9", 40001, "192.0.2.5", 443);
    tcp_answered(e, "10.20.0.9", 40002, "192.0.2.5", 443);
    udp_exchange(e, "192.0.2.7", 40000, "192.0.2.5", 53);
    assert_string_equal(words(e, pp_list_other_traffic), "10.20.0.9>192.0.2.5:443/tcp silent x2, 192.0.2.7>192.0.2.5:53/udp answered x1, "
                                                         "10.20.0.9>192.0.2.5:443/tcp answered x1");
}

TEST(what_is_judged_or_goes_to_many_or_stays_on_a_host_is_not_listed)
{
    struct evidence *e = evidence(SMALL_SITE "features: {ldap: on}\n");
    tcp_answered(e, "10.20.0.9", 40000, "10.0.1.10", 5307);
    tcp_answered(e, "192.0.2.7", 40000, "10.0.1.10", 22);
    udp_one_way(e, "10.20.0.9", 137, "10.20.255.255", 137);
    udp_one_way(e, "10.20.0.9", 5353, "224.0.0.251", 5353);
    tcp_answered(e, "127.0.0.1", 40000, "127.0.0.1", 8080);
    assert_string_equal(words(e, pp_list_other_traffic), "");
}

TEST(what_is_waived_is_listed_where_one_end_is_no_server)
{
    struct evidence *e = evidence(SMALL_SITE "waivers:\n  - {from: any, to: any, ports: 9/tcp, owner: o, reason: r}\n");
    tcp_answered(e, "10.0.1.10", 40000, "192.0.2.5", 9);
    tcp_answered(e, "10.0.1.10", 40000, "10.0.3.6", 9);
    assert_string_equal(words(e, pp_list_other_traffic), "10.0.1.10>192.0.2.5:9/tcp answered x1");
}

TEST(clear_text_is_listed_once_the_encrypted_row_is_on_or_in_use)
{
    struct evidence *e = evidence(SMALL_SITE);
    tcp_answered(e, "10.20.0.9", 40000, "10.0.1.10", 80);
    tcp_answered(e, "10.0.1.10", 40000, "10.0.2.5", 23);
    assert_string_equal(words(e, pp_list_clear_text), "");
    tcp_answered(e, "10.20.0.8", 40000, "10.0.1.10", 443);
    assert_string_equal(words(e, pp_list_clear_text), "10.20.0.9>10.0.1.10:80/tcp client-http answered x1");
    e = evidence(SMALL_SITE "features: {ssh: on}\n");
    tcp_answered(e, "10.0.1.10", 40000, "10.0.2.5", 23);
    tcp_answered(e, "10.0.2.5", 40000, "10.0.1.10", 6010);
    assert_string_equal(words(e, pp_list_clear_text),
                        "10.0.2.5>10.0.1.10:6010/tcp app-tta-x11 answered x1, 10.0.1.10>10.0.2.5:23/tcp tta-app-telnet answered x1");
}

TEST(clear_text_that_is_switched_off_and_goes_on_is_listed)
{
    struct evidence *e = evidence(SMALL_SITE "features: {telnet: off, ssh: on}\n");
    tcp_answered(e, "10.0.1.10", 40000, "10.0.2.5", 23);
    assert_string_equal(words(e, pp_list_clear_text), "10.0.1.10>10.0.2.5:23/tcp tta-app-telnet answered x1");
}

/* Trap 6. */
TEST(a_downgrade_is_told_when_the_encrypted_connection_of_the_same_client_came_first)
{
    struct evidence *e = evidence(SMALL_SITE "features: {security-pack: on}\n");
    tcp_answered(e, "10.20.0.8", 40001, "10.0.1.10", 3144);
    tcp_answered(e, "10.20.0.9", 40000, "10.0.1.10", 5307);
    tcp_answered(e, "10.20.0.9", 40001, "10.0.1.10", 3144);
    tcp_answered(e, "10.20.0.8", 40000, "10.0.1.10", 5307);
    tcp_answered(e, "10.20.0.7", 40000, "10.0.1.10", 3144);
    tcp_answered(e, "10.20.0.9", 40002, "10.0.1.10", 443);
    tcp_answered(e, "10.20.0.9", 40003, "10.0.1.10", 80);
    assert_string_equal(words(e, pp_list_clear_text), "10.20.0.9>10.0.1.10:80/tcp client-http answered x1, "
                                                      "10.20.0.7>10.0.1.10:3144/tcp client-aip answered x1, "
                                                      "10.20.0.8>10.0.1.10:3144/tcp client-aip answered x1, "
                                                      "10.20.0.9>10.0.1.10:3144/tcp client-aip answered x1+");
}

TEST(a_list_is_bounded_and_says_how_many_flows_are_not_in_it)
{
    struct evidence *e = evidence(SMALL_SITE);
    struct pp_conversations all;
    for (unsigned i = 0; i < 2500; i++) {
        char from[32];
        snprintf(from, sizeof from, "192.0.%u.%u", 2 + i / 250, 1 + i % 250);
        udp_exchange(e, from, 40000, "10.20.0.9", 53);
        if (i == 2000) udp_exchange(e, from, 40001, "10.20.0.9", 53);
    }
    assert_true(pp_list_other_traffic(judge(e), &all));
    assert_int_equal(all.count, PP_CONVERSATIONS_MAX);
    assert_int_equal(all.items[0].flows, 2);
    assert_int_equal(all.left_out, 2501 - 1001);
    pp_conversations_finish(&all);
}

TEST(what_a_host_says_to_another_of_its_own_addresses_is_not_listed)
{
    struct evidence *e = evidence(SMALL_SITE "  - {name: pc, address: [10.30.0.1, 10.30.0.2], roles: client}\n"
                                             "  - {name: lab, prefix: 10.31.0.0/24, roles: client}\n");
    tcp_answered(e, "10.30.0.1", 40000, "10.30.0.2", 25);
    tcp_answered(e, "127.0.0.1", 40000, "127.0.0.2", 25);
    tcp_answered(e, "10.31.0.1", 40000, "10.31.0.2", 25); /* two hosts of one prefix */
    assert_string_equal(words(e, pp_list_other_traffic), "10.31.0.1>10.31.0.2:25/tcp answered x1");
}

TEST(conversations_between_two_hosts_are_told_apart_by_port_transport_and_outcome)
{
    enum { PORTS = 400 };
    struct evidence *e = evidence(SMALL_SITE);
    struct pp_conversations all;
    for (unsigned round = 0; round < 2; round++)
        for (unsigned i = 0; i < PORTS; i++) {
            uint16_t from = (uint16_t)(50000 + i + round * 1000), port = (uint16_t)(100 + i);
            if (i % 4 == 0) tcp_answered(e, "10.20.0.9", from, "192.0.2.5", port);
            if (i % 4 == 0) tcp_refused(e, "10.20.0.9", (uint16_t)(from + 500), "192.0.2.5", port);
            udp_exchange(e, "10.20.0.9", (uint16_t)(30000 + i), "192.0.2.5", port);
        }
    assert_true(pp_list_other_traffic(judge(e), &all));
    assert_int_equal(all.count, PORTS + PORTS / 4 * 2);
    for (uint32_t i = 0; i < all.count; i++) assert_int_equal(all.items[i].flows, all.items[i].transport == PP_TCP ? 2 : 1);
    pp_conversations_finish(&all);
}

TEST(a_conversation_known_from_an_icmp_error_lasts_as_long_as_that_and_without_a_time_not_at_all)
{
    struct evidence *e = evidence(SMALL_SITE), *timeless = evidence(SMALL_SITE);
    struct pp_conversations all;
    timeless->timeless = true;
    icmp_error(e, PP_TCP, "10.20.0.9", 40000, "192.0.2.5", 25, "10.0.0.1", 3, 13);
    icmp_error(e, PP_TCP, "10.20.0.9", 40000, "192.0.2.5", 25, "10.0.0.1", 3, 13);
    icmp_error(timeless, PP_TCP, "10.20.0.9", 40000, "192.0.2.5", 25, "10.0.0.1", 3, 13);
    assert_true(pp_list_other_traffic(judge(e), &all));
    assert_int_equal(all.items[0].last_ns - all.items[0].first_ns, 1000000000);
    assert_int_equal(all.items[0].packets, 0);
    pp_conversations_finish(&all);
    assert_true(pp_list_other_traffic(judge(timeless), &all));
    assert_true(all.items[0].first_ns == PP_NO_FIRST && all.items[0].last_ns == PP_NO_LAST);
    pp_conversations_finish(&all);
}

TEST(flows_of_more_conversations_than_are_told_apart_are_counted)
{
    enum { TOLD_APART = 65536, MORE = 100 };
    struct evidence *e = evidence(SMALL_SITE);
    struct pp_conversations all;
    for (uint32_t i = 0; i < TOLD_APART + MORE; i++) {
        struct pp_packet packet = packet_of(e, PP_UDP, "10.20.0.9", 40000, "11.0.0.0", 25, 0);
        packet.destination[1] = (uint8_t)(i >> 16);
        packet.destination[2] = (uint8_t)(i >> 8);
        packet.destination[3] = (uint8_t)i;
        put(e, packet, PP_DECODED);
    }
    assert_true(pp_list_other_traffic(judge(e), &all));
    assert_int_equal(all.count, PP_CONVERSATIONS_MAX);
    assert_int_equal(all.left_out, TOLD_APART + MORE - PP_CONVERSATIONS_MAX);
    pp_conversations_finish(&all);
}

TEST(clear_text_is_listed_beside_an_encrypted_row_that_is_used_though_it_is_not_due)
{
    struct evidence *e = evidence("hosts:\n  - {name: tta1, address: 10.0.1.10, roles: [tarantella-server, web-server]}\n");
    tcp_answered(e, "127.0.0.1", 40000, "10.0.1.10", 80);
    assert_string_equal(words(e, pp_list_clear_text), "");
    tcp_answered(e, "127.0.0.1", 40001, "10.0.1.10", 443);
    assert_string_equal(words(e, pp_list_clear_text), "127.0.0.1>10.0.1.10:80/tcp client-http answered x1");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_out_of_scope_between_two_hosts_is_listed_with_its_count_most_first),
        cmocka_unit_test(what_is_judged_or_goes_to_many_or_stays_on_a_host_is_not_listed),
        cmocka_unit_test(what_is_waived_is_listed_where_one_end_is_no_server),
        cmocka_unit_test(clear_text_is_listed_once_the_encrypted_row_is_on_or_in_use),
        cmocka_unit_test(clear_text_that_is_switched_off_and_goes_on_is_listed),
        cmocka_unit_test(a_downgrade_is_told_when_the_encrypted_connection_of_the_same_client_came_first),
        cmocka_unit_test(a_list_is_bounded_and_says_how_many_flows_are_not_in_it),
        cmocka_unit_test(what_a_host_says_to_another_of_its_own_addresses_is_not_listed),
        cmocka_unit_test(conversations_between_two_hosts_are_told_apart_by_port_transport_and_outcome),
        cmocka_unit_test(a_conversation_known_from_an_icmp_error_lasts_as_long_as_that_and_without_a_time_not_at_all),
        cmocka_unit_test(flows_of_more_conversations_than_are_told_apart_are_counted),
        cmocka_unit_test(clear_text_is_listed_beside_an_encrypted_row_that_is_used_though_it_is_not_due),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
