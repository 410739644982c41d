/* `portproof flows`: every flow, one a line. TSV has a file of its own; JSON lines and text, here, show whole flows with who opened
 * them, Zeek's conn_state and the Community ID. */
#include <string.h>

#include "address.h"
#include "clock.h"
#include "digits.h"
#include "flows.h"
#include "json_writer.h"
#include "text.h"

enum { PIECE_BYTES = 65536 };

/* --- json lines ----------------------------------------------------------------------------------------------------- */

static void put_time(struct json_writer *w, const char *key, pp_time_ns time)
{
    char out[TIME_TEXT_MAX];
    if (time == PP_NO_FIRST || time == PP_NO_LAST)
        put_null(w, key);
    else
        put_string(w, key, time_rfc3339(time, out));
}

static void put_end(struct json_writer *w, const char *key, const struct pp_report *report, uint32_t number, uint16_t port)
{
    char out[ADDRESS_TEXT_MAX];
    const struct pp_seen *seen = &report->addresses[number];
    const char *name = pp_site_host_name(report->site, seen->entry.host);
    begin_object(w, key);
    put_string(w, "address", address_text(&seen->address, out));
    if (*name) put_string(w, "name", name);
    put_count(w, "port", port);
    end_object(w);
}

static void put_side(struct json_writer *w, const char *key, const struct pp_flow *flow, unsigned side)
{
    static const char hex[] = "0123456789abcdef";
    const struct pp_flow_side *s = &flow->side[side];
    begin_object(w, key);
    put_count(w, "packets", s->packets);
    put_count(w, "bytes", s->bytes);
    put_time(w, "first", s->first_ns);
    put_time(w, "last", s->last_ns);
    if (flow->transport == PP_TCP) {
        const char flags[] = {'0', 'x', hex[s->tcp_flags >> 4], hex[s->tcp_flags & 15], '\0'};
        put_string(w, "tcp_flags", flags);
        put_count(w, "syns", s->syns);
    }
    end_object(w);
}

static void put_flow(struct json_writer *w, const struct pp_report *report, const struct pp_flow *flow, const struct pp_judged *j)
{
    static const char *const kind_names[] = {[PP_FLOW_EXACT] = "flow",
                                             [PP_FLOW_CONVERSATION] = "conversation",
                                             [PP_FLOW_CLASSES] = "port-classes",
                                             [PP_FLOW_NETWORKS] = "networks"};
    begin_object(w, NULL);
    put_string(w, "transport", pp_transport_name(flow->transport));
    put_end(w, "initiator", report, j->initiator_address, j->initiator_port);
    put_end(w, "responder", report, j->responder_address, j->responder_port);
    put_string(w, "basis", pp_basis_name(j->basis));
    put_string(w, "confidence", pp_confidence_name(j->basis));
    put_string(w, "outcome", pp_outcome_name(j->outcome));
    put_string(w, "verdict", pp_flow_verdict_name(j->verdict));
    if (j->row != PP_NONE) put_string(w, "row", report->spec->rows[j->row].id);
    if (j->verdict == PP_UNEXPECTED) put_string(w, "reason", pp_reason_name(j->reason));
    put_string(w, "conn_state", pp_conn_state(flow, j->basis == PP_BASIS_NONE ? 2 : j->initiator));
    if (flow->kind == PP_FLOW_EXACT) {
        char id[40];
        pp_community_id(flow, id);
        put_string(w, "community_id", id);
    } else
        put_string(w, "folded", kind_names[flow->kind]);
    put_side(w, "forward", flow, j->initiator);
    put_side(w, "reverse", flow, !j->initiator);
    if (flow->has_facts && flow->facts.icmp_packets) put_count(w, "icmp_errors", flow->facts.icmp_packets);
    end_object(w);
}

static bool add_json_line(struct text *text, const struct pp_report *report, const struct pp_flow *flow, const struct pp_judged *j)
{
    struct json_writer w;
    json_writer_init(&w, text);
    w.on_one_line = true;
    put_flow(&w, report, flow, j);
    text_add_bytes(text, "\n", 1);
    return !text->failed;
}

/* --- text ----------------------------------------------------------------------------------------------------------- */

enum { WIDEST = 30 }; /* columns of a time */

static void add_blanks(struct text *text, size_t count)
{
    static const char blanks[WIDEST + 1] = "                              ";
    text_add_bytes(text, blanks, count);
}

/* A column and a blank behind it; what is too long for it is not cut. */
static void add_left(struct text *text, unsigned width, const char *string)
{
    size_t length = strlen(string);
    text_add_bytes(text, string, length);
    if (length < width) add_blanks(text, width - length);
    add_blanks(text, 1);
}

static void add_right(struct text *text, unsigned width, uint64_t n)
{
    char digits[DIGITS_MAX];
    size_t length = (size_t)(put_digits(digits, n) - digits);
    if (length < width) add_blanks(text, width - length);
    text_add_bytes(text, digits, length);
    add_blanks(text, 1);
}

static void add_end(struct text *text, const struct pp_report *report, uint32_t number, uint16_t port)
{
    enum { WIDTH = 21, BRACKETS = 4 };
    char end[ADDRESS_TEXT_MAX + BRACKETS + DIGITS_MAX], *at = end;
    const struct pp_address *a = &report->addresses[number].address;
    if (a->family == PP_IPV6) *at++ = '[';
    at = address_put(at, a);
    if (a->family == PP_IPV6) *at++ = ']';
    *at++ = ':';
    *put_digits(at, port) = '\0';
    add_left(text, WIDTH, end);
}

static bool add_text_line(struct text *text, const struct pp_report *report, const struct pp_flow *flow, const struct pp_judged *j)
{
    char first[TIME_TEXT_MAX] = "-", id[40] = "-";
    pp_time_ns start = pp_flow_first_ns(flow);
    if (start != PP_NO_FIRST) time_rfc3339(start, first);
    if (flow->kind == PP_FLOW_EXACT) pp_community_id(flow, id);
    add_left(text, WIDEST, first);
    add_left(text, 3, pp_transport_name(flow->transport));
    add_end(text, report, j->initiator_address, j->initiator_port);
    add_left(text, 2, j->basis == PP_BASIS_NONE ? "--" : "->");
    add_end(text, report, j->responder_address, j->responder_port);
    add_right(text, 8, flow->side[j->initiator].packets);
    add_right(text, 8, flow->side[!j->initiator].packets);
    add_right(text, 12, flow->side[0].bytes + flow->side[1].bytes);
    add_left(text, 6, pp_conn_state(flow, j->basis == PP_BASIS_NONE ? 2 : j->initiator));
    add_left(text, 9, pp_outcome_name(j->outcome));
    add_left(text, 12, pp_flow_verdict_name(j->verdict));
    add_left(text, 18, j->row != PP_NONE ? report->spec->rows[j->row].id : j->verdict == PP_UNEXPECTED ? pp_reason_name(j->reason) : "-");
    text_add(text, id);
    text_add_bytes(text, "\n", 1);
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
