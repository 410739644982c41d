/* Zeek's conn_state, as the list of flows has it, from the joined flags of both ends. */
#include <string.h>

#include "portproof/findings.h"
#include "testing.h"

/* What an end sent: nothing, a SYN, a SYN+ACK, data; and how it ended. */
enum sent { NOTHING = 0, SYN = 1, ANSWER = 2, DATA = 4, FIN = 8, RST = 16 };

static struct pp_flow_side side_of(unsigned sent)
{
    struct pp_flow_side side = {.packets = sent != NOTHING};
    if (sent & SYN) side.marks |= PP_SIDE_SYN;
    if (sent & ANSWER) side.marks |= PP_SIDE_SYN_ACK | PP_SIDE_BEYOND;
    if (sent & (DATA | FIN)) side.marks |= PP_SIDE_BEYOND;
    if (sent & FIN) side.tcp_flags |= PP_FIN;
    if (sent & RST) side.tcp_flags |= PP_RST;
    return side;
}

struct sent_case {
    unsigned initiator, responder;
    const char *state;
};

static void assert_states(enum pp_transport transport, const struct sent_case *cases, size_t count)
{
    for (size_t i = 0; i < count; i++)
        for (unsigned initiator = 0; initiator < 2; initiator++) { /* whichever end is the lower one */
            struct pp_flow flow = {.transport = (uint8_t)transport};
            flow.side[initiator] = side_of(cases[i].initiator);
            flow.side[!initiator] = side_of(cases[i].responder);
            const char *state = pp_conn_state(&flow, initiator);
            if (strcmp(state, cases[i].state) != 0) fail_msg("case %zu: %s instead of %s", i, state, cases[i].state);
        }
}

TEST(every_way_a_tcp_connection_goes_has_its_state)
{
    static const struct sent_case cases[] = {
        {SYN, NOTHING, "S0"},
        {SYN | FIN, NOTHING, "SH"},
        {SYN | RST, NOTHING, "RSTOS0"},
        {SYN, RST, "REJ"},
        {SYN | RST, RST, "REJ"},
        {SYN, RST | DATA, "OTH"}, /* it was not refused: the other end had said something before its reset */
        {SYN, DATA, "OTH"},
        {SYN | DATA, ANSWER, "S1"},
        {SYN | DATA | FIN, ANSWER, "S2"},
        {SYN | DATA, ANSWER | FIN, "S3"},
        {SYN | DATA | FIN, ANSWER | FIN, "SF"},
        {SYN | RST, ANSWER, "RSTO"},
        {SYN | RST, ANSWER | RST, "RSTO"},
        {SYN | DATA, ANSWER | RST, "RSTR"},
        {NOTHING, ANSWER, "OTH"},
        {NOTHING, ANSWER | FIN, "SHR"},
        {DATA, ANSWER | FIN, "OTH"},
        {NOTHING, ANSWER | RST, "RSTRH"},
        {DATA, ANSWER | RST, "RSTRH"},
        {DATA, DATA, "OTH"}, /* in mid-stream */
        {DATA | FIN, DATA | FIN, "OTH"},
        {NOTHING, NOTHING, "OTH"}, /* known from an ICMP error only */
    };
    assert_states(PP_TCP, cases, sizeof cases / sizeof *cases);
}

TEST(udp_is_answered_or_not_or_seen_from_its_responder_alone)
{
    static const struct sent_case cases[] = {{DATA, DATA, "SF"}, {DATA, NOTHING, "S0"}, {NOTHING, DATA, "SHR"}, {NOTHING, NOTHING, "OTH"}};
    assert_states(PP_UDP, cases, sizeof cases / sizeof *cases);
}

TEST(where_nobody_knows_who_opened_it_no_state_is_made_up)
{
    struct pp_flow flow = {.transport = PP_TCP, .side = {side_of(SYN), side_of(ANSWER)}};
    assert_string_equal(pp_conn_state(&flow, 2), "OTH");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_way_a_tcp_connection_goes_has_its_state),
        cmocka_unit_test(udp_is_answered_or_not_or_seen_from_its_responder_alone),
        cmocka_unit_test(where_nobody_knows_who_opened_it_no_state_is_made_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
