#include "evidence.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "address.h"
#include "testing.h"

enum { EVIDENCES_MAX = 1024, TEXTS = 16, TEXT_MAX = 8192, WIRE_BYTES = 60, NINTH = 9 };
static const uint64_t NS_PER_MS = 1000000;
static const pp_time_ns START_NS = UINT64_C(1795168800000000000); /* 2026-11-20 10:00:00 UTC */

static struct evidence *all[EVIDENCES_MAX];
static size_t all_count;
static struct pp_spec *rules;

static void forget_judgement(struct evidence *e)
{
    pp_report_destroy(e->report);
    pp_port_index_destroy(e->inferred_index);
    pp_spec_destroy(e->inferred_spec);
    pp_site_destroy(e->inferred);
    e->report = NULL;
    e->inferred_index = NULL;
    e->inferred_spec = NULL;
    e->inferred = NULL;
}

static void forget_all(void)
{
    for (size_t i = 0; i < all_count; i++) {
        forget_judgement(all[i]);
        pp_flow_table_destroy(all[i]->flows);
        pp_port_index_destroy(all[i]->index);
        pp_spec_destroy(all[i]->spec);
        pp_site_destroy(all[i]->site);
        pp_spec_destroy(all[i]->own_rules);
        free(all[i]);
    }
    pp_spec_destroy(rules);
}

const struct pp_spec *builtin_rules(void)
{
    struct pp_error error;
    if (rules) return rules;
    atexit(forget_all);
    rules = pp_spec_parse(pp_builtin_rules, pp_builtin_rules_size, &error);
    assert_non_null(rules);
    return rules;
}

static uint8_t class_of(const void *index, enum pp_transport transport, uint16_t port) { return pp_port_class(index, transport, port); }

struct evidence *evidence_with(const struct pp_spec *spec, const char *site, uint32_t max_flows)
{
    struct pp_error error;
    builtin_rules();
    struct evidence *e = calloc(1, sizeof *e);
    assert_non_null(e);
    assert_true(all_count < EVIDENCES_MAX);
    e->rules = spec;
    all[all_count++] = e;
    if (site) {
        e->site = pp_site_parse(site, strlen(site), spec, &error);
        if (!e->site) fail_msg("%u:%u: %s in\n%s", error.line, error.column, error.text, site);
    }
    e->spec = e->site ? pp_spec_effective(spec, e->site->changes, e->site->change_count, pp_site_array_members(e->site, spec))
                      : pp_spec_effective(spec, NULL, 0, 1);
    e->index = pp_port_index_create(e->spec);
    struct pp_flow_options options = {.max_flows = max_flows, .port_class = class_of, .index = e->index};
    e->flows = pp_flow_table_create(&options);
    assert_true(e->index && e->flows);
    e->ends_ms = UINT64_MAX;
    e->until_ns = UINT64_MAX;
    e->capture_count = 1;
    return e;
}

struct evidence *evidence_by(const char *own, const char *site)
{
    struct pp_error error;
    struct pp_spec *spec = pp_spec_parse(own, strlen(own), &error);
    if (!spec) fail_msg("%u:%u: %s in\n%s", error.line, error.column, error.text, own);
    struct evidence *e = evidence_with(spec, site, 0);
    e->own_rules = spec;
    return e;
}

struct evidence *evidence(const char *site) { return evidence_with(builtin_rules(), site, 0); }

struct pp_address end_of(const struct evidence *e, const char *end)
{
    struct pp_address address;
    if (address_parse(end, &address)) return address;
    for (uint32_t h = 0; e->site && h < e->site->host_count; h++) {
        const struct pp_host *host = &e->site->hosts[h];
        if (strcmp(host->name, end) != 0) continue;
        address = host->prefixes[0].address;
        if (host->is_prefix) address.bytes[address.family == PP_IPV4 ? 3 : 15] |= NINTH;
        return address;
    }
    fail_msg("%s is neither an address nor in the site", end);
    return address;
}

/* --- packets ---------------------------------------------------------------------------------------------------------- */

struct pp_packet packet_of(const struct evidence *e, enum pp_transport transport, const char *from, uint16_t from_port, const char *to,
                           uint16_t to_port, uint8_t flags)
{
    struct pp_packet packet;
    struct pp_address source = end_of(e, from), destination = end_of(e, to);
    memset(&packet, 0, sizeof packet);
    memcpy(packet.source, source.bytes, 16);
    memcpy(packet.destination, destination.bytes, 16);
    packet.family = source.family;
    packet.transport = (uint8_t)transport;
    packet.source_port = from_port;
    packet.destination_port = to_port;
    packet.tcp_flags = flags;
    packet.wire_bytes = WIRE_BYTES;
    packet.marks = e->marks;
    packet.time_ns = e->timeless ? PP_NO_FIRST : START_NS + e->now_ms * NS_PER_MS;
    packet.source_class = pp_port_class(e->index, transport, from_port);
    packet.destination_class = pp_port_class(e->index, transport, to_port);
    return packet;
}

void put(struct evidence *e, struct pp_packet packet, enum pp_decoded result)
{
    uint8_t results[1] = {(uint8_t)result};
    packet.frame = ++e->frames;
    packet.capture = e->capture;
    if (e->capture >= e->capture_count) e->capture_count = e->capture + 1u;
    if (e->now_ms > e->last_ms) e->last_ms = e->now_ms;
    assert_true(pp_flow_table_add(e->flows, &packet, results, 1));
}

void tcp(struct evidence *e, const char *from, uint16_t from_port, const char *to, uint16_t to_port, uint8_t flags)
{
    struct pp_packet packet = packet_of(e, PP_TCP, from, from_port, to, to_port, flags);
    if (e->callback && flags & PP_PSH) {
        packet.callback_port = e->callback;
        e->callback = 0;
    }
    put(e, packet, PP_DECODED);
}

void udp(struct evidence *e, const char *from, uint16_t from_port, const char *to, uint16_t to_port)
{
    put(e, packet_of(e, PP_UDP, from, from_port, to, to_port, 0), PP_DECODED);
}

void wait_ms(struct evidence *e, uint64_t ms) { e->now_ms += ms; }

enum { STEP_MS = 5, PAUSE_MS = 1000 };

static void data(struct evidence *e, const char *from, uint16_t from_port, const char *to, uint16_t to_port)
{
    wait_ms(e, STEP_MS);
    tcp(e, from, from_port, to, to_port, PP_PSH | PP_ACK);
}

static void shake_hands(struct evidence *e, const char *from, uint16_t from_port, const char *to, uint16_t to_port)
{
    tcp(e, from, from_port, to, to_port, PP_SYN);
    wait_ms(e, STEP_MS);
    tcp(e, to, to_port, from, from_port, PP_SYN | PP_ACK);
    wait_ms(e, STEP_MS);
    tcp(e, from, from_port, to, to_port, PP_ACK);
}

void tcp_answered(struct evidence *e, const char *from, uint16_t from_port, const char *to, uint16_t to_port)
{
    shake_hands(e, from, from_port, to, to_port);
    tcp_midstream(e, from, from_port, to, to_port);
}

void tcp_silent(struct evidence *e, const char *from, uint16_t from_port, const char *to, uint16_t to_port)
{
    static const uint64_t waits[] = {0, 1000, 2000, 4000};
    for (size_t i = 0; i < sizeof waits / sizeof *waits; i++) {
        wait_ms(e, waits[i]);
        tcp(e, from, from_port, to, to_port, PP_SYN);
    }
    wait_ms(e, PAUSE_MS);
}

void tcp_refused(struct evidence *e, const char *from, uint16_t from_port, const char *to, uint16_t to_port)
{
    tcp(e, from, from_port, to, to_port, PP_SYN);
    wait_ms(e, STEP_MS);
    tcp(e, to, to_port, from, from_port, PP_RST | PP_ACK);
    wait_ms(e, PAUSE_MS);
}

void tcp_rejected(struct evidence *e, const char *from, uint16_t from_port, const char *to, uint16_t to_port, const char *device,
                  uint8_t type, uint8_t code)
{
    tcp(e, from, from_port, to, to_port, PP_SYN);
    wait_ms(e, STEP_MS);
    icmp_error(e, PP_TCP, from, from_port, to, to_port, device, type, code);
}

void tcp_midstream(struct evidence *e, const char *from, uint16_t from_port, const char *to, uint16_t to_port)
{
    data(e, from, from_port, to, to_port);
    data(e, to, to_port, from, from_port);
    wait_ms(e, PAUSE_MS);
}

void tcp_one_side(struct evidence *e, const char *from, uint16_t from_port, const char *to, uint16_t to_port)
{
    data(e, from, from_port, to, to_port);
    wait_ms(e, STEP_MS);
    tcp(e, from, from_port, to, to_port, PP_ACK);
    wait_ms(e, PAUSE_MS);
}

void tcp_announcing(struct evidence *e, const char *from, uint16_t from_port, const char *to, uint16_t to_port, uint16_t port, uint64_t ms)
{
    uint64_t began = e->now_ms;
    shake_hands(e, from, from_port, to, to_port);
    e->callback = port;
    data(e, from, from_port, to, to_port);
    e->now_ms = began + ms;
    tcp(e, to, to_port, from, from_port, PP_FIN | PP_ACK);
    e->now_ms = began + PAUSE_MS; /* what follows happens while the session lives */
}

void udp_exchange(struct evidence *e, const char *from, uint16_t from_port, const char *to, uint16_t to_port)
{
    udp(e, from, from_port, to, to_port);
    wait_ms(e, STEP_MS);
    udp(e, to, to_port, from, from_port);
    wait_ms(e, PAUSE_MS);
}

void udp_one_way(struct evidence *e, const char *from, uint16_t from_port, const char *to, uint16_t to_port)
{
    udp(e, from, from_port, to, to_port);
    wait_ms(e, PAUSE_MS);
}

void icmp_error(struct evidence *e, enum pp_transport transport, const char *from, uint16_t from_port, const char *to, uint16_t to_port,
                const char *device, uint8_t type, uint8_t code)
{
    struct pp_packet packet = packet_of(e, transport, from, from_port, to, to_port, transport == PP_TCP ? PP_SYN : 0);
    struct pp_address sender = end_of(e, device);
    packet.icmp_family = sender.family;
    memcpy(packet.icmp_sender, sender.bytes, 16);
    packet.icmp_type = type;
    packet.icmp_code = code;
    put(e, packet, PP_ICMP_ERROR);
    wait_ms(e, PAUSE_MS);
}

void later_fragment(struct evidence *e, enum pp_transport transport, const char *from, const char *to, uint32_t id)
{
    struct pp_packet packet = packet_of(e, transport, from, 0, to, 0, 0);
    packet.datagram_id = id;
    put(e, packet, PP_LATER_FRAGMENT);
}

void ping(struct evidence *e, const char *from, const char *to)
{
    struct pp_packet packet = packet_of(e, PP_TCP, from, 0, to, 0, 0);
    packet.transport = 1;
    put(e, packet, PP_OTHER_PROTOCOL);
}

void everyone_is_seen(struct evidence *e)
{
    for (uint32_t h = 0; h < e->site->host_count; h++) ping(e, e->site->hosts[h].name, e->site->hosts[h].name);
}

/* --- judging ------------------------------------------------------------------------------------------------------------ */

static void finish_captures(struct evidence *e)
{
    enum { MINUTE_MS = 60000 };
    uint64_t ends = e->ends_ms == UINT64_MAX ? e->last_ms + MINUTE_MS : e->ends_ms;
    for (uint32_t i = 0; i < e->capture_count; i++) {
        struct pp_capture_info *info = &e->captures[i];
        if (!info->name) info->name = "test.pcap";
        if (!info->format) info->format = "pcap";
        info->packets = e->frames;
        info->first_ns = START_NS;
        if (!info->last_ns || e->ends_ms == UINT64_MAX) info->last_ns = START_NS + ends * NS_PER_MS;
    }
}

static void infer(struct evidence *e)
{
    e->inferred = pp_infer_site(e->spec, e->index, e->flows);
    assert_non_null(e->inferred);
    e->inferred_spec = pp_spec_effective(e->rules, NULL, 0, pp_site_array_members(e->inferred, e->spec));
    e->inferred_index = pp_port_index_create(e->inferred_spec);
    assert_non_null(e->inferred_index);
}

const struct pp_report *judge(struct evidence *e)
{
    forget_judgement(e);
    finish_captures(e);
    assert_true(pp_flow_table_sort(e->flows));
    if (!e->site) infer(e);
    struct pp_assess_input input = {
        .spec = e->site ? e->spec : e->inferred_spec,
        .index = e->site ? e->index : e->inferred_index,
        .class_index = e->index,
        .site = e->site ? e->site : e->inferred,
        .flows = e->flows,
        .captures = e->captures,
        .capture_count = e->capture_count,
        .until_ns = e->until_ns,
    };
    e->report = pp_assess(&input);
    assert_non_null(e->report);
    return e->report;
}

static const struct pp_report *report_of(struct evidence *e) { return e->report ? e->report : judge(e); }

/* A few texts live at once, so that one assertion can hold two. */
struct out {
    char *at;
    size_t size;
};

static struct out new_text(void)
{
    static char texts[TEXTS][TEXT_MAX];
    static unsigned next;
    struct out out = {texts[next++ % TEXTS], 0};
    out.at[0] = '\0';
    return out;
}

static void say(struct out *out, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void say(struct out *out, const char *format, ...)
{
    va_list list;
    va_start(list, format);
    int length = vsnprintf(out->at + out->size, TEXT_MAX - out->size, format, list);
    va_end(list);
    out->size += (size_t)length;
    assert_true(out->size < TEXT_MAX);
}

static void say_address(struct out *out, const struct pp_report *report, const struct pp_address *address)
{
    char text[ADDRESS_TEXT_MAX];
    const char *name = pp_site_host_name(report->site, pp_site_find(report->site, address).host);
    say(out, "%s", *name ? name : address_text(address, text));
}

static void say_labels(struct out *out, unsigned labels)
{
    for (unsigned i = 0; pp_label_name(i); i++)
        if (labels >> i & 1) say(out, " %s", pp_label_name(i));
}

static const char *row_id(const struct pp_report *report, uint16_t row) { return row == PP_NONE ? "-" : report->spec->rows[row].id; }

static void say_decision(struct out *out, const struct pp_report *report, const struct pp_judged *j)
{
    say(out, " %s", pp_flow_verdict_name((enum pp_flow_verdict)j->verdict));
    if (j->verdict == PP_EXPECTED) say(out, " %s", row_id(report, j->row));
    if (j->verdict == PP_EXEMPT) say(out, " %s", report->site->waivers[j->waiver].reason);
    if (j->verdict == PP_UNDETERMINED) say(out, " %s", pp_reason_name((enum pp_reason)j->reason));
    if (j->verdict != PP_UNEXPECTED) return;
    say(out, " %s", pp_reason_name((enum pp_reason)j->reason));
    if (j->nearest_row != PP_NONE) say(out, " %s", row_id(report, j->nearest_row));
    if (j->companion != PP_NONE) say(out, " (%s)", report->spec->companions[j->companion].name);
}

const char *flow_text(struct evidence *e, const char *a, uint16_t port_a, const char *b, uint16_t port_b)
{
    const struct pp_report *report = report_of(e);
    struct pp_address ends[2] = {end_of(e, a), end_of(e, b)};
    struct out out = new_text();
    for (size_t i = 0; i < pp_flow_count(e->flows); i++) {
        struct pp_flow flow;
        pp_flow_at(e->flows, i, &flow);
        bool straight = !address_compare(&flow.address[0], &ends[0]) && !address_compare(&flow.address[1], &ends[1]) &&
                        flow.port[0] == port_a && flow.port[1] == port_b;
        bool turned = !address_compare(&flow.address[1], &ends[0]) && !address_compare(&flow.address[0], &ends[1]) &&
                      flow.port[1] == port_a && flow.port[0] == port_b;
        if (!straight && !turned) continue;
        const struct pp_judged *j = &report->judged[i];
        say(&out, "%s%s ", out.size ? "\n" : "", pp_basis_name((enum pp_basis)j->basis));
        say_address(&out, report, &report->addresses[j->initiator_address].address);
        say(&out, ">");
        say_address(&out, report, &report->addresses[j->responder_address].address);
        say(&out, ":%u %s", j->responder_port, pp_outcome_name((enum pp_outcome)j->outcome));
        say_decision(&out, report, j);
        say_labels(&out, j->labels);
    }
    return out.size ? out.at : "absent";
}

static uint16_t row_number(const struct pp_report *report, const char *id)
{
    uint16_t row = pp_spec_find_row(report->spec, id);
    if (row == PP_NONE) fail_msg("there is no row %s", id);
    return row;
}

static const char *entry_name(const struct pp_report *report, uint16_t host)
{
    return host == PP_NONE ? "*" : pp_site_host_name(report->site, host);
}

const char *row_text(struct evidence *e, const char *id)
{
    const struct pp_report *report = report_of(e);
    const struct pp_row_result *row = &report->rows[row_number(report, id)];
    struct out out = new_text();
    say(&out, "%s", pp_state_name(row->state));
    for (uint32_t i = 0; i < row->edge_count; i++) {
        const struct pp_edge *edge = &row->edges[i];
        say(&out, "%s %s>%s", i ? ";" : ":", entry_name(report, edge->from), entry_name(report, edge->to));
        if (edge->port) say(&out, ":%u", edge->port);
        say(&out, " %s", pp_state_name(edge->state));
        if (edge->tried) say(&out, " %s%s", pp_outcome_name(edge->outcome), edge->due ? "" : " not-due");
        if (edge->satisfied_by != PP_NONE) say(&out, " satisfied-by %s", row_id(report, edge->satisfied_by));
        say_labels(&out, edge->notes);
    }
    return out.at;
}

const char *state_text(struct evidence *e, const char *id)
{
    const struct pp_report *report = report_of(e);
    return pp_state_name(report->rows[row_number(report, id)].state);
}

static void say_party(struct out *out, const struct pp_report *report, const struct pp_party *party)
{
    if (*party->name) {
        say(out, "%s", party->name);
        return;
    }
    if (party->address.family) {
        say_address(out, report, &party->address);
        return;
    }
    for (unsigned r = 0, said = 0; r < report->spec->role_count; r++)
        if (party->roles >> r & 1) say(out, "%s%s", said++ ? "+" : "", report->spec->roles[r].name);
}

const char *findings_text(struct evidence *e)
{
    const struct pp_report *report = report_of(e);
    struct out out = new_text();
    for (uint32_t i = 0; i < report->finding_count; i++) {
        const struct pp_finding *f = &report->findings[i];
        say(&out, "%s%s", i ? "\n" : "", pp_finding_kind_name(f->kind));
        if (f->reason != PP_REASON_NONE) say(&out, " %s", pp_reason_name(f->reason));
        if (f->row != PP_NONE) say(&out, " %s", row_id(report, f->row));
        if (f->nearest_row != PP_NONE) say(&out, " %s", row_id(report, f->nearest_row));
        say(&out, " ");
        say_party(&out, report, &f->initiator);
        say(&out, ">");
        say_party(&out, report, &f->responder);
        if (f->has_port) say(&out, ":%u", f->port);
        if (f->has_outcome) say(&out, " %s", pp_outcome_name(f->outcome));
        say_labels(&out, f->labels);
    }
    return out.at;
}

const struct pp_finding *find_finding(struct evidence *e, enum pp_finding_kind kind)
{
    const struct pp_report *report = report_of(e);
    for (uint32_t i = 0; i < report->finding_count; i++)
        if (report->findings[i].kind == kind) return &report->findings[i];
    fail_msg("no %s among\n%s", pp_finding_kind_name(kind), findings_text(e));
    return NULL;
}

uint32_t count_kind(struct evidence *e, enum pp_finding_kind kind)
{
    const struct pp_report *report = report_of(e);
    uint32_t n = 0;
    for (uint32_t i = 0; i < report->finding_count; i++) n += report->findings[i].kind == kind;
    return n;
}

const char *verdict_text(struct evidence *e)
{
    const struct pp_report *report = report_of(e);
    struct out out = new_text();
    say(&out, "%s", pp_compliance_name(report->verdict));
    for (uint32_t i = 0; i < report->verdict_reason_count; i++) say(&out, "; %s", report->verdict_reasons[i]);
    return out.at;
}
