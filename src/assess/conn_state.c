/* Zeek's conn_state from joined flags. Zeek follows a state machine in packet order; a join has no order, so a flow whose
 * five-tuple was used twice shows the sum of both. */
#include "community_id.h"
#include "portproof/findings.h"

const char *pp_conn_state(const struct pp_flow *flow, unsigned initiator)
{
    if (initiator > 1) return "OTH";
    const struct pp_flow_side *o = &flow->side[initiator], *r = &flow->side[!initiator];
    if (!o->packets && !r->packets) return "OTH"; /* known from an ICMP error only */
    if (flow->transport == PP_UDP) return o->packets && r->packets ? "SF" : o->packets ? "S0" : "SHR";
    bool syn = o->marks & PP_SIDE_SYN, answer = r->marks & PP_SIDE_SYN_ACK;
    bool o_fin = o->tcp_flags & PP_FIN, r_fin = r->tcp_flags & PP_FIN, o_rst = o->tcp_flags & PP_RST, r_rst = r->tcp_flags & PP_RST;
    if (syn && !answer) {
        if (r_rst && !(r->marks & PP_SIDE_BEYOND)) return "REJ";
        if (o_rst) return "RSTOS0";
        return r->packets ? "OTH" : o_fin ? "SH" : "S0";
    }
    if (!syn && answer) return r_rst ? "RSTRH" : r_fin && !o->packets ? "SHR" : "OTH";
    if (!syn) return "OTH";
    if (o_rst) return "RSTO";
    if (r_rst) return "RSTR";
    return o_fin && r_fin ? "SF" : o_fin ? "S2" : r_fin ? "S3" : "S1";
}

void pp_community_id(const struct pp_flow *flow, char out[40])
{
    community_id(&flow->address[0], flow->port[0], &flow->address[1], flow->port[1], flow->transport, out);
}
