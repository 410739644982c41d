/* `portproof flows`: every flow, one a line. TSV is for other tools (and for checking us): directed five-tuples, sorted
 * bytewise. JSON lines and text show whole flows with who opened them, Zeek's conn_state and the Community ID. */
#include <inttypes.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "address.h"
#include "clock.h"
#include "load.h"
#include "portproof/report.h"
#include "text.h"

enum { PIECE_BYTES = 65536 };

/* --- tsv ------------------------------------------------------------------------------------------------------------ */

/* printf takes longer over a million lines than everything before it took over the capture; these few do not. */
static char *put_text(char *at, const char *string)
{
    size_t length = strlen(string);
    memcpy(at, string, length);
    return at + length;
}

static char *put_number(char *at, uint64_t n)
{
    char digits[20];
    size_t i = sizeof digits;
    do digits[--i] = (char)('0' + n % 10);
    while (n /= 10);
    memcpy(at, digits + i, sizeof digits - i);
    return at + (sizeof digits - i);
}

static char *put_address(char *at, const struct pp_address *address)
{
    char text[ADDRESS_TEXT_MAX];
    if (address->family != PP_IPV4) return put_text(at, address_text(address, text));
    for (unsigned i = 0; i < 4; i++) {
        if (i) *at++ = '.';
        at = put_number(at, address->bytes[i]);
    }
    return at;
}

static char *put_time(char *at, pp_time_ns time)
{
    at = put_number(at, time / NS_PER_S);
    *at++ = '.';
    uint64_t fraction = time % NS_PER_S;
    for (unsigned i = 9; i-- > 0; fraction /= 10) at[i] = (char)('0' + fraction % 10);
    return at + 9;
}

static void add_line(struct text *text, const struct pp_flow *flow, unsigned from)
{
    enum { LINE_MAX_BYTES = 256 }; /* two addresses and eight numbers: 4 + 2 * 46 + 2 * 6 + 2 * 21 + 2 * 31 + 5 at most */
    static const char hex[] = "0123456789abcdef";
    const struct pp_flow_side *side = &flow->side[from];
    char line[LINE_MAX_BYTES], *at = put_text(line, flow->transport == PP_TCP ? "tcp\t" : "udp\t");
    for (unsigned i = 0; i < 2; i++) {
        at = put_address(at, &flow->address[from ^ i]);
        *at++ = '\t';
        at = put_number(at, flow->port[from ^ i]);
        *at++ = '\t';
    }
    at = put_number(at, side->packets);
    *at++ = '\t';
    at = put_number(at, side->bytes);
    *at++ = '\t';
    at = side->first_ns == PP_NO_FIRST ? put_text(at, "-") : put_time(at, side->first_ns);
    *at++ = '\t';
    at = side->first_ns == PP_NO_FIRST ? put_text(at, "-") : put_time(at, side->last_ns);
    *at++ = '\t';
    if (flow->transport == PP_TCP) {
        at = put_text(at, "0x");
        *at++ = hex[side->tcp_flags >> 4];
        *at++ = hex[side->tcp_flags & 15];
    } else
        *at++ = '-';
    *at++ = '\n';
    text_add_bytes(text, line, (size_t)(at - line));
}

/* Lines are told apart by their addresses, nearly always: the 16 bytes behind "tcp\t" stand beside the pointer, in an order
 * that two comparisons of numbers find. */
struct line {
    uint64_t key[2];
    const char *bytes;
    size_t length;
};

static uint64_t key_at(const char *bytes, size_t length, size_t from)
{
    uint8_t word[8] = {0};
    if (from < length) memcpy(word, bytes + from, length - from < 8 ? length - from : 8);
    return (uint64_t)load_be32(word) << 32 | load_be32(word + 4);
}

static int compare_lines(const void *x, const void *y)
{
    const struct line *a = x, *b = y;
    if (a->bytes[0] == b->bytes[0]) { /* "tcp" or "udp" */
        if (a->key[0] != b->key[0]) return a->key[0] < b->key[0] ? -1 : 1;
        if (a->key[1] != b->key[1]) return a->key[1] < b->key[1] ? -1 : 1;
    }
    int order = memcmp(a->bytes, b->bytes, a->length < b->length ? a->length : b->length);
    return order ? order : (a->length > b->length) - (a->length < b->length);
}

static bool write_lines(struct text *text, size_t count, const struct pp_sink *sink)
{
    struct line *lines = calloc(count + 1, sizeof *lines);
    if (!lines) return false;
    const char *at = text->bytes, *end = text->bytes + text->length;
    for (size_t i = 0; i < count; i++) {
        size_t length = (size_t)((const char *)memchr(at, '\n', (size_t)(end - at)) - at) + 1;
        lines[i] = (struct line){{key_at(at, length, 4), key_at(at, length, 12)}, at, length};
        at += length;
    }
    if (count) qsort(lines, count, sizeof *lines, compare_lines);
    bool ok = true;
    for (size_t i = 0; ok && i < count; i++) ok = sink->write(sink->context, lines[i].bytes, lines[i].length);
    free(lines);
    return ok;
}

static bool write_tsv(const struct pp_flow_table *flows, const struct pp_sink *sink)
{
    static const char header[] = "transport\tsrc\tsport\tdst\tdport\tpackets\tbytes\tfirst\tlast\ttcp_flags\n";
    struct text text;
    text_init(&text);
    size_t count = 0;
    for (size_t i = 0; i < pp_flow_count(flows); i++) {
        struct pp_flow flow;
        pp_flow_at(flows, i, &flow);
        /* An end that talks to itself on one port has one direction only: side 0. */
        for (unsigned side = 0; side < 2; side++)
            if (flow.side[side].packets) add_line(&text, &flow, side), count++;
    }
    bool ok = !text.failed && sink->write(sink->context, header, sizeof header - 1) && write_lines(&text, count, sink);
    text_finish(&text);
    return ok;
}

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

bool pp_flows_write(const struct pp_flow_table *flows, const struct pp_report *report, const char *format, const struct pp_sink *sink)
{
    if (strcmp(format, "tsv") == 0) return write_tsv(flows, sink);
    if (strcmp(format, "jsonl") == 0) return report && write_each(flows, report, sink, "", add_json_line);
    if (strcmp(format, "text") == 0) return report && write_each(flows, report, sink, TEXT_HEADER, add_text_line);
    return false;
}
