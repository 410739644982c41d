/* `portproof flows`: every flow, one a line. TSV has a file of its own; JSON lines and text, here, show whole flows with who opened
 * them, Zeek's conn_state and the Community ID. */
#include <inttypes.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "address.h"
#include "clock.h"
#include "flows.h"
#include "text.h"

enum { PIECE_BYTES = 65536 };

/* --- json lines ----------------------------------------------------------------------------------------------------- */

static json_t *json_time(pp_time_ns time)
{
    char out[TIME_TEXT_MAX];
    return time == PP_NO_FIRST || time == PP_NO_LAST ? json_null() : json_string(time_rfc3339(time, out));
}

static json_t *json_end(const struct pp_report *report, uint32_t number, uint16_t port)
{
    char out[ADDRESS_TEXT_MAX];
    const struct pp_seen *seen = &report->addresses[number];
    json_t *o = json_object();
    json_object_set_new(o, "address", json_string(address_text(&seen->address, out)));
    const char *name = pp_site_host_name(report->site, seen->entry.host);
    struct text safe;
    text_init(&safe);
    text_add_escaped(&safe, name, strlen(name));
    if (safe.length) json_object_set_new(o, "name", json_string(safe.bytes));
    text_finish(&safe);
    json_object_set_new(o, "port", json_integer(port));
    return o;
}

static json_t *json_side(const struct pp_flow *flow, unsigned side)
{
    const struct pp_flow_side *s = &flow->side[side];
    json_t *o = json_object();
    json_object_set_new(o, "packets", json_integer((json_int_t)s->packets));
    json_object_set_new(o, "bytes", json_integer((json_int_t)s->bytes));
    json_object_set_new(o, "first", json_time(s->first_ns));
    json_object_set_new(o, "last", json_time(s->last_ns));
    if (flow->transport == PP_TCP) {
        json_object_set_new(o, "tcp_flags", json_sprintf("0x%02x", s->tcp_flags));
        json_object_set_new(o, "syns", json_integer(s->syns));
    }
    return o;
}

static const char *const kind_names[] = {
    [PP_FLOW_EXACT] = "flow", [PP_FLOW_CONVERSATION] = "conversation", [PP_FLOW_CLASSES] = "port-classes", [PP_FLOW_NETWORKS] = "networks"};

static json_t *json_flow(const struct pp_report *report, const struct pp_flow *flow, const struct pp_judged *j)
{
    json_t *o = json_object();
    json_object_set_new(o, "transport", json_string(pp_transport_name(flow->transport)));
    json_object_set_new(o, "initiator", json_end(report, j->initiator_address, j->initiator_port));
    json_object_set_new(o, "responder", json_end(report, j->responder_address, j->responder_port));
    json_object_set_new(o, "basis", json_string(pp_basis_name(j->basis)));
    json_object_set_new(o, "confidence", json_string(pp_confidence_name(j->basis)));
    json_object_set_new(o, "outcome", json_string(pp_outcome_name(j->outcome)));
    json_object_set_new(o, "verdict", json_string(pp_flow_verdict_name(j->verdict)));
    if (j->row != PP_NONE) json_object_set_new(o, "row", json_string(report->spec->rows[j->row].id));
    if (j->verdict == PP_UNEXPECTED) json_object_set_new(o, "reason", json_string(pp_reason_name(j->reason)));
    json_object_set_new(o, "conn_state", json_string(pp_conn_state(flow, j->basis == PP_BASIS_NONE ? 2 : j->initiator)));
    if (flow->kind == PP_FLOW_EXACT) {
        char id[40];
        pp_community_id(flow, id);
        json_object_set_new(o, "community_id", json_string(id));
    } else
        json_object_set_new(o, "folded", json_string(kind_names[flow->kind]));
    json_object_set_new(o, "forward", json_side(flow, j->initiator));
    json_object_set_new(o, "reverse", json_side(flow, !j->initiator));
    if (flow->has_facts && flow->facts.icmp_packets)
        json_object_set_new(o, "icmp_errors", json_integer((json_int_t)flow->facts.icmp_packets));
    return o;
}

static int add_bytes(const char *bytes, size_t size, void *out)
{
    text_add_bytes(out, bytes, size);
    return 0;
}

static bool add_json_line(struct text *text, const struct pp_report *report, const struct pp_flow *flow, const struct pp_judged *j)
{
    json_t *o = json_flow(report, flow, j);
    bool ok = o && json_dump_callback(o, add_bytes, text, JSON_COMPACT) == 0;
    json_decref(o);
    text_add(text, "\n");
    return ok && !text->failed;
}

/* --- text ----------------------------------------------------------------------------------------------------------- */

static void add_end(struct text *text, const struct pp_report *report, uint32_t number, uint16_t port, int width)
{
    char address[ADDRESS_TEXT_MAX], end[ADDRESS_TEXT_MAX + 10];
    const struct pp_address *a = &report->addresses[number].address;
    snprintf(end, sizeof end, a->family == PP_IPV6 ? "[%s]:%u" : "%s:%u", address_text(a, address), port);
    text_printf(text, "%-*s", width, end);
}

static bool add_text_line(struct text *text, const struct pp_report *report, const struct pp_flow *flow, const struct pp_judged *j)
{
    char first[TIME_TEXT_MAX] = "-", id[40] = "-";
    pp_time_ns start = pp_flow_first_ns(flow);
    if (start != PP_NO_FIRST) time_rfc3339(start, first);
    if (flow->kind == PP_FLOW_EXACT) pp_community_id(flow, id);
    text_printf(text, "%-30s %-3s ", first, pp_transport_name(flow->transport));
    add_end(text, report, j->initiator_address, j->initiator_port, 21);
    text_printf(text, " %s ", j->basis == PP_BASIS_NONE ? "--" : "->");
    add_end(text, report, j->responder_address, j->responder_port, 21);
    text_printf(text, " %8" PRIu64 " %8" PRIu64 " %12" PRIu64 " %-6s %-9s %-12s %-18s %s\n", flow->side[j->initiator].packets,
                flow->side[!j->initiator].packets, flow->side[0].bytes + flow->side[1].bytes,
                pp_conn_state(flow, j->basis == PP_BASIS_NONE ? 2 : j->initiator), pp_outcome_name(j->outcome),
                pp_flow_verdict_name(j->verdict),
                j->row != PP_NONE             ? report->spec->rows[j->row].id
                : j->verdict == PP_UNEXPECTED ? pp_reason_name(j->reason)
                                              : "-",
                id);
    return !text->failed;
}

static bool write_each(const struct pp_flow_table *flows, const struct pp_report *report, const struct pp_sink *sink, const char *header,
                       bool (*add)(struct text *, const struct pp_report *, const struct pp_flow *, const struct pp_judged *))
{
    struct text text;
    text_init(&text);
    text_add(&text, header);
    bool ok = true;
    for (size_t i = 0; ok && i < pp_flow_count(flows); i++) {
        struct pp_flow flow;
        pp_flow_at(flows, i, &flow);
        ok = add(&text, report, &flow, &report->judged[i]);
        if (ok && text.length > PIECE_BYTES) {
            ok = sink->write(sink->context, text.bytes, text.length);
            text.length = 0;
        }
    }
    ok = ok && !text.failed && (!text.length || sink->write(sink->context, text.bytes, text.length));
    text_finish(&text);
    return ok;
}

static const char TEXT_HEADER[] = "first                          tp  initiator                responder               packets  replies    "
                                  "    bytes state  outcome   verdict      row or reason      community id\n";

bool pp_flows_write_threads(const struct pp_flow_table *flows, const struct pp_report *report, const char *format, unsigned threads,
                            const struct pp_sink *sink)
{
    if (strcmp(format, "tsv") == 0) return flows_tsv(flows, threads, sink);
    if (strcmp(format, "jsonl") == 0) return report && write_each(flows, report, sink, "", add_json_line);
    if (strcmp(format, "text") == 0) return report && write_each(flows, report, sink, TEXT_HEADER, add_text_line);
    return false;
}

bool pp_flows_write(const struct pp_flow_table *flows, const struct pp_report *report, const char *format, const struct pp_sink *sink)
{
    return pp_flows_write_threads(flows, report, format, 1, sink);
}
