/* What became of an attempt (design 5.2), from the joined flags of both sides. */
#include <string.h>

#include "assess.h"

static const uint64_t SETTLES_NS = UINT64_C(3000000000); /* two retransmissions of a SYN (RFC 6298: 1 s, then 2 s) */

enum icmp_type { ICMP_UNREACHABLE = 3, ICMP6_UNREACHABLE = 1 };
enum { ICMP_PORT = 3, ICMP_FRAGMENTATION_NEEDED = 4, ICMP6_PORT = 4 };

/* Unreachable and prohibited block; too big, time exceeded and parameter problems do not (RFC 792, RFC 4443). */
static bool blocks(const struct pp_icmp_report *report)
{
    if (report->sender.family == PP_IPV4) return report->type == ICMP_UNREACHABLE && report->code != ICMP_FRAGMENTATION_NEEDED;
    return report->type == ICMP6_UNREACHABLE;
}

static bool is_port_unreachable(const struct pp_icmp_report *report)
{
    return report->sender.family == PP_IPV4 ? report->type == ICMP_UNREACHABLE && report->code == ICMP_PORT
                                            : report->type == ICMP6_UNREACHABLE && report->code == ICMP6_PORT;
}

static bool from_responder(const struct pp_flow *flow, const struct pp_icmp_report *report, unsigned initiator)
{
    return memcmp(&report->sender, &flow->address[!initiator], sizeof report->sender) == 0;
}

/* An error about the initiator's packet explains more than one about the reply; of these the first in order. */
const struct pp_icmp_report *blocking_report(const struct pp_flow *flow, unsigned initiator)
{
    const struct pp_icmp_report *best = NULL;
    for (unsigned i = 0; i < flow->facts.report_count; i++) {
        const struct pp_icmp_report *report = &flow->facts.reports[i];
        if (!blocks(report)) continue;
        if (!best || (best->quoted_side != initiator && report->quoted_side == initiator)) best = report;
    }
    return best;
}

static enum pp_outcome icmp_outcome(const struct pp_flow *flow, unsigned initiator)
{
    for (unsigned i = 0; flow->transport == PP_UDP && i < flow->facts.report_count; i++) {
        const struct pp_icmp_report *report = &flow->facts.reports[i];
        if (is_port_unreachable(report) && report->quoted_side == initiator && from_responder(flow, report, initiator)) return PP_REFUSED;
    }
    return blocking_report(flow, initiator) ? PP_REJECTED : PP_SILENT;
}

enum pp_outcome outcome_of(const struct pp_flow *flow, unsigned initiator)
{
    const struct pp_flow_side *i = &flow->side[initiator], *r = &flow->side[!initiator];
    if (flow->transport == PP_UDP) {
        if (r->packets) return i->packets ? PP_ANSWERED : PP_HALF_SEEN;
        return icmp_outcome(flow, initiator);
    }
    if (!r->packets && i->marks & PP_SIDE_BEYOND) return PP_HALF_SEEN;
    if (!i->packets && r->marks & PP_SIDE_BEYOND) return PP_HALF_SEEN;
    if (r->marks & PP_SIDE_BEYOND) return PP_ANSWERED;
    /* A SYN and then more than RSTs from the initiator: it was answered, the answer was not captured, and the RST is an end. */
    if (i->marks & PP_SIDE_SYN && i->marks & PP_SIDE_BEYOND) return PP_HALF_SEEN;
    if (r->tcp_flags & PP_RST) return PP_REFUSED;
    return icmp_outcome(flow, initiator);
}

uint64_t captures_of(const struct pp_flow *flow)
{
    uint64_t frame = flow->first_frame != UINT64_MAX ? flow->first_frame : flow->facts.icmp_first_frame;
    if (flow->has_facts && flow->facts.captures) return flow->facts.captures;
    uint16_t capture = frame == UINT64_MAX ? 0 : pp_frame_capture(frame);
    return UINT64_C(1) << (capture < PP_CAPTURES_TOLD_APART ? capture : PP_CAPTURES_TOLD_APART);
}

/* When the captures end that could have shown an answer to this flow. */
static pp_time_ns evidence_end(const struct assessment *a, const struct pp_flow *flow)
{
    uint64_t captures = captures_of(flow);
    pp_time_ns end = 0;
    for (uint32_t i = 0; i < a->in->capture_count; i++) {
        unsigned bit = i < PP_CAPTURES_TOLD_APART ? i : PP_CAPTURES_TOLD_APART;
        if (captures >> bit & 1 && a->in->captures[i].last_ns > end) end = a->in->captures[i].last_ns;
    }
    return end < a->in->until_ns ? end : a->in->until_ns;
}

bool is_too_late(const struct assessment *a, const struct pp_flow *flow, unsigned initiator)
{
    /* Known only from an ICMP error that is no block (packet too big): whether anything came back cannot be told. */
    if (!flow->side[0].packets && !flow->side[1].packets) return true;
    if (flow->transport != PP_TCP) return false;
    pp_time_ns first = flow->side[initiator].first_ns;
    if (first == PP_NO_FIRST) return true; /* no times at all: it cannot be told how long anybody waited */
    pp_time_ns end = evidence_end(a, flow);
    return end < first || end - first <= SETTLES_NS;
}

enum pp_answer got_through(enum pp_outcome outcome, uint8_t transport)
{
    if (outcome == PP_ANSWERED || outcome == PP_HALF_SEEN) return PP_YES;
    return outcome == PP_SILENT && transport == PP_UDP ? PP_UNKNOWN : PP_NO;
}
