/* What a judgement counts, in Prometheus' text format (version 0.0.4): one table of metrics, each with the function that writes its
 * samples. Names and labels are a contract as the report's keys are. */
#include <inttypes.h>
#include <string.h>

#include "clock.h"
#include "formats.h"
#include "portproof/decode.h"

struct sheet {
    struct text *out;
    const struct pp_moment *moment;
    const struct pp_report *report;
    const struct pp_report_options *options;
    const char *name; /* of the metric in hand */
};

struct label {
    const char *name, *value;
};
enum { LABELS_MAX = 3 };

/* A label's value: a backslash, a quote and a newline have an escape of their own; the latter was made visible before. */
static void add_label_value(struct text *out, const char *value)
{
    struct text safe;
    text_init(&safe);
    text_add_escaped(&safe, value, strlen(value));
    for (size_t i = 0; i < safe.length; i++) {
        if (safe.bytes[i] == '"' || safe.bytes[i] == '\\') text_add(out, "\\");
        text_add_bytes(out, safe.bytes + i, 1);
    }
    out->failed |= safe.failed;
    text_finish(&safe);
}

/* Labels end at the first without a name. */
static void sample(struct sheet *s, const struct label labels[LABELS_MAX], uint64_t value)
{
    text_add(s->out, s->name);
    for (unsigned i = 0; labels && i < LABELS_MAX && labels[i].name; i++) {
        text_printf(s->out, "%s%s=\"", i ? "," : "{", labels[i].name);
        add_label_value(s->out, labels[i].value);
        text_add(s->out, "\"");
    }
    text_printf(s->out, "%s %" PRIu64 "\n", labels ? "}" : "", value);
}
#define LABELS(...)                                                                                                                        \
    (const struct label[LABELS_MAX]) { __VA_ARGS__ }

/* --- the whole ------------------------------------------------------------------------------------------------------------ */

static void put_build(struct sheet *s)
{
    const struct pp_spec *spec = s->report->spec;
    sample(s, LABELS({"version", s->options->tool_version}, {"rules", spec->name}, {"rules_version", spec->version}), 1);
}

static void put_verdict(struct sheet *s)
{
    for (enum pp_compliance v = 0; v < PP_COMPLIANCE_COUNT; v++)
        sample(s, LABELS({"verdict", pp_compliance_name(v)}), s->report->verdict == v);
}

static void put_grade(struct sheet *s)
{
    for (enum pp_grade g = 0; g < PP_GRADE_COUNT; g++) sample(s, LABELS({"grade", pp_grade_name(g)}), s->report->fitness.grade == g);
}

static void put_flows(struct sheet *s) { sample(s, NULL, pp_flow_count(s->report->flows)); }

static void put_time(struct sheet *s, pp_time_ns time)
{
    text_printf(s->out, "%s %" PRIu64 ".%03" PRIu64 "\n", s->name, time / NS_PER_S, time % NS_PER_S / 1000000);
}

static void put_judged_at(struct sheet *s) { put_time(s, s->moment->at); }
static void put_since(struct sheet *s) { put_time(s, s->moment->since); }

/* Flows by what was made of them. */
static void put_flow_verdicts(struct sheet *s)
{
    const struct pp_summary *sum = &s->report->summary;
    const struct {
        enum pp_flow_verdict verdict;
        uint64_t flows;
    } counts[] = {{PP_EXPECTED, sum->expected},
                  {PP_UNEXPECTED, sum->unexpected},
                  {PP_UNDETERMINED, sum->undetermined},
                  {PP_EXEMPT, sum->exempt},
                  {PP_OUT_OF_SCOPE, sum->out_of_scope}};
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++)
        sample(s, LABELS({"verdict", pp_flow_verdict_name(counts[i].verdict)}), counts[i].flows);
}

static void put_got_through(struct sheet *s) { sample(s, NULL, s->report->summary.got_through); }

static void put_findings(struct sheet *s)
{
    uint64_t counts[PP_FINDING_KIND_COUNT] = {0};
    for (uint32_t i = 0; i < s->report->finding_count; i++) counts[s->report->findings[i].kind]++;
    for (enum pp_finding_kind kind = 0; kind < PP_FINDING_KIND_COUNT; kind++)
        sample(s, LABELS({"kind", pp_finding_kind_name(kind)}), counts[kind]);
}

/* --- rows ----------------------------------------------------------------------------------------------------------------- */

static enum pp_state state_of(const struct sheet *s, uint16_t row)
{
    return s->moment->watch ? pp_watch_state(s->moment->watch, row) : s->report->rows[row].state;
}

static void put_row_states(struct sheet *s)
{
    for (uint16_t row = 0; row < s->report->spec->row_count; row++)
        for (enum pp_state state = 0; state < PP_STATE_COUNT; state++)
            sample(s, LABELS({"row", s->report->spec->rows[row].id}, {"state", pp_state_name(state)}), state_of(s, row) == state);
}

static void put_row_packets(struct sheet *s)
{
    for (uint16_t row = 0; row < s->report->spec->row_count; row++)
        sample(s, LABELS({"row", s->report->spec->rows[row].id}), s->report->rows[row].packets);
}

static void put_row_flows(struct sheet *s)
{
    for (uint16_t row = 0; row < s->report->spec->row_count; row++)
        sample(s, LABELS({"row", s->report->spec->rows[row].id}), s->report->rows[row].flows);
}

/* --- interfaces: received = judged + not judged, by reason, + dropped --------------------------------------------------------- */

static void put_of_each(struct sheet *s, uint64_t (*count)(const struct pp_live_account *account))
{
    for (uint32_t i = 0; i < s->report->capture_count; i++)
        if (s->report->captures[i].live)
            sample(s, LABELS({"interface", s->report->captures[i].name}), count(&s->report->captures[i].account));
}

static uint64_t received_of(const struct pp_live_account *a) { return a->received; }
static uint64_t dropped_of(const struct pp_live_account *a) { return a->dropped; }
static uint64_t gaps_of(const struct pp_live_account *a) { return a->gaps_in_all; }
static uint64_t is_up(const struct pp_live_account *a) { return !a->gap_count || a->gaps[a->gap_count - 1].to_ns != PP_NO_FIRST; }
static void put_received(struct sheet *s) { put_of_each(s, received_of); }
static void put_judged(struct sheet *s) { put_of_each(s, pp_account_judged); }
static void put_dropped(struct sheet *s) { put_of_each(s, dropped_of); }
static void put_gaps(struct sheet *s) { put_of_each(s, gaps_of); }
static void put_up(struct sheet *s) { put_of_each(s, is_up); }

static void put_interface_dropped(struct sheet *s)
{
    for (uint32_t i = 0; i < s->report->capture_count; i++) {
        const struct pp_capture_info *c = &s->report->captures[i];
        if (c->live && c->account.interface_known) sample(s, LABELS({"interface", c->name}), c->account.interface_dropped);
    }
}

static void put_not_judged(struct sheet *s)
{
    for (uint32_t i = 0; i < s->report->capture_count; i++) {
        const struct pp_capture_info *c = &s->report->captures[i];
        const struct pp_live_account *a = &c->account;
        if (!c->live) continue;
        for (unsigned r = 0; r < PP_DECODED_COUNT; r++)
            if (r != PP_DECODED && r != PP_ICMP_ERROR)
                sample(s, LABELS({"interface", c->name}, {"reason", pp_decoded_name((enum pp_decoded)r)}), a->by_result[r]);
        sample(s, LABELS({"interface", c->name}, {"reason", "outside_time"}), a->outside_time);
        sample(s, LABELS({"interface", c->name}, {"reason", "no_room"}), a->no_room);
        sample(s, LABELS({"interface", c->name}, {"reason", "discarded"}), a->discarded);
    }
}

static const struct metric {
    const char *name, *type, *help;
    void (*put)(struct sheet *sheet);
} metrics[] = {
    {"portproof_build_info", "gauge", "The program and the rules it judges by; always 1.", put_build},
    {"portproof_verdict", "gauge", "1 for the verdict of all that was seen, 0 for the others.", put_verdict},
    {"portproof_row_state", "gauge", "1 for the state that a row of the port list is in now, 0 for the others.", put_row_states},
    {"portproof_row_packets_total", "counter", "Packets of the flows that a row explains.", put_row_packets},
    {"portproof_row_flows", "gauge", "Flows that a row explains.", put_row_flows},
    {"portproof_findings", "gauge", "Findings in the report, by kind.", put_findings},
    {"portproof_flows_judged", "gauge", "Flows, by what was made of them.", put_flow_verdicts},
    {"portproof_flows_got_through", "gauge", "Unexpected flows that were answered.", put_got_through},
    {"portproof_flows", "gauge", "Records in the flow table.", put_flows},
    {"portproof_fitness", "gauge", "1 for how far the evidence can be trusted, 0 for the other grades.", put_grade},
    {"portproof_interface_received_packets_total", "counter",
     "Packets the system counted for the capture: received = judged + not judged + dropped + what is not known yet.", put_received},
    {"portproof_interface_judged_packets_total", "counter", "Packets whose flow was judged.", put_judged},
    {"portproof_interface_not_judged_packets_total", "counter", "Packets that were not judged, by reason.", put_not_judged},
    {"portproof_interface_dropped_packets_total", "counter", "Packets the kernel dropped because the ring was full.", put_dropped},
    {"portproof_interface_lost_before_packets_total", "counter", "Packets the interface says it lost before the kernel counted them.",
     put_interface_dropped},
    {"portproof_interface_gaps_total", "counter", "Times in which the interface was not there to be listened to.", put_gaps},
    {"portproof_interface_up", "gauge", "1 while the interface is there to be listened to.", put_up},
    {"portproof_last_judgement_timestamp_seconds", "gauge", "When all this was judged, by the system's clock.", put_judged_at},
    {"portproof_start_timestamp_seconds", "gauge", "Since when it listens.", put_since},
};

bool pp_metrics_write(const struct pp_moment *moment, const struct pp_report_options *options, const struct pp_sink *sink)
{
    struct text text;
    text_init(&text);
    struct sheet sheet = {.out = &text, .moment = moment, .report = moment->report, .options = options};
    for (size_t i = 0; i < sizeof metrics / sizeof *metrics; i++) {
        sheet.name = metrics[i].name;
        text_printf(&text, "# HELP %s %s\n# TYPE %s %s\n", metrics[i].name, metrics[i].help, metrics[i].name, metrics[i].type);
        metrics[i].put(&sheet);
    }
    bool ok = !text.failed && sink->write(sink->context, text.bytes, text.length);
    text_finish(&text);
    return ok;
}
