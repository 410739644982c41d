/* portproof/report/1 (design 7): other programs live on it, so keys are only ever added. Members stand in a fixed order and
 * every list is sorted, so equal inputs give equal bytes. */
#include <jansson.h>
#include <math.h>
#include <string.h>

#include "address.h"
#include "clock.h"
#include "formats.h"
#include "portproof/decode.h"

/* Set a member; a NULL value (out of memory) shows in the end as a report that cannot be written. */
struct writer {
    const struct pp_report *report;
    bool failed;
};

static void put(struct writer *w, json_t *object, const char *key, json_t *value)
{
    if (!value || json_object_set_new(object, key, value) != 0) w->failed = true;
}

static void push(struct writer *w, json_t *array, json_t *value)
{
    if (!value || json_array_append_new(array, value) != 0) w->failed = true;
}

/* Any bytes: what is not printable text is escaped, so that neither JSON nor a terminal sees it raw. */
static json_t *safe(const char *string)
{
    struct text text;
    text_init(&text);
    text_add_escaped(&text, string, strlen(string));
    json_t *value = text.failed ? NULL : json_string(text.bytes ? text.bytes : "");
    text_finish(&text);
    return value;
}

static json_t *count(uint64_t n) { return json_integer((json_int_t)(n > INT64_MAX ? INT64_MAX : n)); }

static json_t *share(double x) { return json_real(round(x * 10000) / 10000); }

static json_t *when(pp_time_ns time)
{
    char out[TIME_TEXT_MAX];
    return json_string(time_rfc3339(time, out));
}

static void put_times(struct writer *w, json_t *object, pp_time_ns first, pp_time_ns last)
{
    if (first == PP_NO_FIRST) return;
    put(w, object, "first", when(first));
    put(w, object, "last", when(last));
}

static json_t *address(const struct pp_address *a)
{
    char out[ADDRESS_TEXT_MAX];
    return json_string(address_text(a, out));
}

static json_t *role_names(struct writer *w, pp_role_set roles)
{
    json_t *array = json_array();
    for (unsigned r = 0; r < w->report->spec->role_count; r++)
        if (roles >> r & 1) push(w, array, safe(w->report->spec->roles[r].name));
    return array;
}

static json_t *label_names(struct writer *w, unsigned labels)
{
    json_t *array = json_array();
    for (unsigned i = 0; pp_label_name(i); i++)
        if (labels >> i & 1) push(w, array, json_string(pp_label_name(i)));
    return array;
}

static const char *row_id(const struct writer *w, uint16_t row) { return w->report->spec->rows[row].id; }

static json_t *rules(struct writer *w)
{
    json_t *o = json_object();
    put(w, o, "name", safe(w->report->spec->name));
    put(w, o, "version", safe(w->report->spec->version));
    put(w, o, "sha256", json_string(w->report->spec->sha256));
    put(w, o, "rows", count(w->report->spec->row_count));
    return o;
}

static json_t *site(struct writer *w)
{
    static const char *const settings[] = {[PP_SET_AUTO] = "auto", [PP_SET_ON] = "on", [PP_SET_OFF] = "off"};
    const struct pp_site *s = w->report->site;
    json_t *o = json_object(), *features = json_object();
    put(w, o, "source", json_string(s->inferred ? "inferred" : "file"));
    if (*s->sha256) put(w, o, "sha256", json_string(s->sha256));
    put(w, o, "hosts", count(s->host_count));
    for (uint16_t f = 0; f < w->report->spec->feature_count; f++)
        put(w, features, w->report->spec->features[f].name, json_string(settings[pp_site_feature(s, w->report->spec, f, PP_NONE)]));
    put(w, o, "features", features);
    if (s->name) put(w, o, "name", safe(s->name));
    return o;
}

static json_t *capture(struct writer *w, const struct pp_capture_info *c)
{
    json_t *o = json_object(), *links = json_array();
    put(w, o, "name", safe(c->name));
    put(w, o, "bytes", count(c->bytes));
    put(w, o, "format", json_string(c->format));
    if (c->compression) put(w, o, "compression", json_string(c->compression));
    for (unsigned i = 0; i < c->link_count; i++) push(w, links, json_sprintf("%s (%u)", pp_link_name(c->link_types[i]), c->link_types[i]));
    put(w, o, "link_types", links);
    put(w, o, "snap_length", count(c->snap_length));
    put(w, o, "packets", count(c->packets));
    put_times(w, o, c->first_ns, c->last_ns);
    put(w, o, "drops", c->drops_known ? count(c->drops) : json_null());
    put(w, o, "truncated", json_boolean(c->truncated));
    if (c->filtered) put(w, o, "filtered", count(c->filtered));
    if (c->out_of_order) put(w, o, "out_of_order", count(c->out_of_order));
    if (c->failed) put(w, o, "error", safe(c->error.text));
    if (*c->sha256) put(w, o, "sha256", json_string(c->sha256));
    return o;
}

static json_t *summary(struct writer *w)
{
    const struct pp_summary *s = &w->report->summary;
    json_t *o = json_object();
    put(w, o, "expected", count(s->expected));
    put(w, o, "unexpected", count(s->unexpected));
    put(w, o, "got_through", count(s->got_through));
    put(w, o, "blocked", count(s->rows[PP_STATE_BLOCKED]));
    put(w, o, "missing", count(s->rows[PP_STATE_MISSING]));
    put(w, o, "undetermined", count(s->undetermined));
    put(w, o, "exempt", count(s->exempt));
    put(w, o, "out_of_scope", count(s->out_of_scope));
    put(w, o, "rows_expected", count(s->rows[PP_STATE_EXPECTED]));
    put(w, o, "rows_not_observable", count(s->rows[PP_STATE_NOT_OBSERVABLE]));
    put(w, o, "wide", count(s->wide));
    return o;
}

static json_t *edge_side(struct writer *w, uint16_t host, uint16_t role)
{
    json_t *o = json_object();
    if (host != PP_NONE) put(w, o, "name", safe(pp_site_host_name(w->report->site, host)));
    json_t *roles = json_array();
    push(w, roles, safe(w->report->spec->roles[role].name));
    put(w, o, "roles", roles);
    return o;
}

static json_t *edge(struct writer *w, const struct pp_row *row, const struct pp_edge *e)
{
    json_t *o = json_object();
    put(w, o, "from", edge_side(w, e->from, row->from));
    put(w, o, "to", edge_side(w, e->to, row->to));
    if (e->port) put(w, o, "port", count(e->port));
    put(w, o, "state", json_string(pp_state_name(e->state)));
    put(w, o, "due", json_boolean(e->due));
    if (e->tried) put(w, o, "outcome", json_string(pp_outcome_name(e->outcome)));
    put(w, o, "flows", count(e->flows));
    if (e->satisfied_by != PP_NONE) put(w, o, "satisfied_by", safe(row_id(w, e->satisfied_by)));
    put(w, o, "notes", label_names(w, e->notes));
    return o;
}

static json_t *row(struct writer *w, uint16_t number)
{
    const struct pp_row *r = &w->report->spec->rows[number];
    const struct pp_row_result *result = &w->report->rows[number];
    json_t *o = json_object(), *edges = json_array();
    put(w, o, "id", safe(r->id));
    put(w, o, "state", json_string(pp_state_name(result->state)));
    put(w, o, "due", json_boolean(result->due));
    put(w, o, "feature", safe(w->report->spec->features[r->feature].name));
    put(w, o, "from", safe(w->report->spec->roles[r->from].name));
    put(w, o, "to", safe(w->report->spec->roles[r->to].name));
    put(w, o, "transport", json_string(pp_transport_name(r->transport)));
    put(w, o, "ports", safe(r->ports_text));
    put(w, o, "flows", count(result->flows));
    put(w, o, "packets", count(result->packets));
    if (result->wide_flows) put(w, o, "wide_flows", count(result->wide_flows));
    /* Partners share their edges; these have the direction of the first of the two. */
    const struct pp_row *shown = r->partner != PP_NONE && r->partner < number ? &w->report->spec->rows[r->partner] : r;
    for (uint32_t e = 0; e < result->edge_count; e++) push(w, edges, edge(w, shown, &result->edges[e]));
    put(w, o, "edges", edges);
    return o;
}

static json_t *party(struct writer *w, const struct pp_party *p)
{
    json_t *o = json_object();
    if (p->address.family) put(w, o, "address", address(&p->address));
    if (p->name && *p->name) put(w, o, "name", safe(p->name));
    put(w, o, "roles", role_names(w, p->roles));
    return o;
}

static json_t *answer(enum pp_answer a) { return a == PP_UNKNOWN ? json_null() : json_boolean(a == PP_YES); }

static json_t *both_ways(struct writer *w, const uint64_t n[2])
{
    json_t *o = json_object();
    put(w, o, "forward", count(n[0]));
    put(w, o, "reverse", count(n[1]));
    return o;
}

static json_t *frame(struct writer *w, uint64_t first_frame)
{
    json_t *o = json_object();
    put(w, o, "capture", count(pp_frame_capture(first_frame)));
    put(w, o, "number", count(pp_frame_number(first_frame)));
    return o;
}

static json_t *readings(struct writer *w, const struct pp_finding *f)
{
    json_t *array = json_array();
    for (unsigned i = 0; i < f->reading_count; i++) {
        json_t *o = json_object();
        put(w, o, "initiator", address(&f->readings[i].initiator));
        put(w, o, "responder", address(&f->readings[i].responder));
        put(w, o, "port", count(f->readings[i].port));
        if (f->readings[i].row != PP_NONE) put(w, o, "row", safe(row_id(w, f->readings[i].row)));
        push(w, array, o);
    }
    return array;
}

static json_t *capture_list(struct writer *w, uint64_t bits)
{
    json_t *array = json_array();
    for (unsigned i = 0; i < 64; i++)
        if (bits >> i & 1) push(w, array, count(i));
    return array;
}

/* Where a finding comes from, for those that rest on flows. */
static void put_evidence(struct writer *w, json_t *o, const struct pp_finding *f)
{
    if (f->reason != PP_REASON_FRAGMENT) {
        put(w, o, "basis", json_string(pp_basis_name(f->basis)));
        put(w, o, "confidence", json_string(pp_confidence_name(f->basis)));
    }
    if (f->reading_count) put(w, o, "readings", readings(w, f));
    put(w, o, "seen_in", capture_list(w, f->seen_in));
    put(w, o, "flows", count(f->flows));
    if (f->initiators > 1) put(w, o, "initiators", count(f->initiators));
    if (f->transport == PP_TCP && f->has_port) put(w, o, "attempts", count(f->attempts));
    put(w, o, "packets", both_ways(w, f->packets));
    put(w, o, "bytes", both_ways(w, f->bytes));
    put_times(w, o, f->first_ns, f->last_ns);
    if (f->first_frame != UINT64_MAX) put(w, o, "first_frame", frame(w, f->first_frame));
    if (*f->community_id) put(w, o, "community_id", json_string(f->community_id));
}

static json_t *finding(struct writer *w, const struct pp_finding *f)
{
    json_t *o = json_object(), *responder = party(w, &f->responder);
    put(w, o, "kind", json_string(pp_finding_kind_name(f->kind)));
    if (f->reason != PP_REASON_NONE) put(w, o, "reason", json_string(pp_reason_name(f->reason)));
    if (f->row != PP_NONE) put(w, o, "row", safe(row_id(w, f->row)));
    if (f->nearest_row != PP_NONE) put(w, o, "nearest_row", safe(row_id(w, f->nearest_row)));
    put(w, o, "labels", label_names(w, f->labels));
    put(w, o, "initiator", party(w, &f->initiator));
    if (f->has_port) put(w, responder, "port", count(f->port));
    put(w, o, "responder", responder);
    put(w, o, "transport", json_string(pp_transport_name(f->transport)));
    if (f->has_outcome) put(w, o, "outcome", json_string(pp_outcome_name(f->outcome)));
    if (f->kind != PP_FIND_MISSING) put(w, o, "got_through", answer(f->got_through));
    if (f->blocked_by.family) put(w, o, "blocked_by", address(&f->blocked_by));
    if (f->has_icmp) put(w, o, "icmp", json_sprintf("%u/%u", f->icmp_type, f->icmp_code));
    if (f->kind == PP_FIND_BLOCKED) {
        put(w, o, "tried_by", party(w, &f->tried_by));
        put(w, o, "tried_at", party(w, &f->tried_at));
        put(w, o, "pairs", count(f->pairs));
    }
    if (f->companion != PP_NONE) put(w, o, "companion", safe(w->report->spec->companions[f->companion].name));
    if (f->kind != PP_FIND_MISSING) put_evidence(w, o, f);
    put(w, o, "action", json_string(f->action));
    put(w, o, "brief", safe(f->brief));
    put(w, o, "explanation", safe(f->explanation));
    return o;
}

static json_t *fitness(struct writer *w)
{
    const struct pp_fitness *f = &w->report->fitness;
    json_t *o = json_object(), *notes = json_array(), *gaps = json_array();
    put(w, o, "grade", json_string(pp_grade_name(f->grade)));
    for (uint32_t i = 0; i < f->note_count; i++) push(w, notes, safe(f->notes[i]));
    put(w, o, "notes", notes);
    put(w, o, "half_seen_share", share(f->half_seen_share));
    put(w, o, "truncated_share", share(f->truncated_share));
    for (uint32_t i = 0; i < f->gap_count; i++) {
        json_t *gap = json_object();
        put(w, gap, "from", when(f->gaps[i].from_ns));
        put(w, gap, "to", when(f->gaps[i].to_ns));
        push(w, gaps, gap);
    }
    put(w, o, "gaps", gaps);
    put(w, o, "drops", f->drops_known ? count(f->drops) : json_null());
    return o;
}

static json_t *counters(struct writer *w, const struct pp_report_options *options)
{
    const struct pp_counters *c = w->report->counters;
    json_t *o = json_object();
    uint64_t frames = options->outside_time, filtered = 0;
    for (uint32_t i = 0; i < w->report->capture_count; i++) filtered += w->report->captures[i].filtered;
    for (unsigned i = 0; i < PP_DECODED_COUNT; i++) frames += c->by_result[i];
    put(w, o, "frames", count(frames + filtered));
    for (unsigned i = 0; i < PP_DECODED_COUNT; i++) put(w, o, pp_decoded_name((enum pp_decoded)i), count(c->by_result[i]));
    put(w, o, "first_fragments", count(c->first_fragments));
    put(w, o, "filtered", count(filtered));
    put(w, o, "outside_time", count(options->outside_time));
    put(w, o, "cut", count(c->cut));
    put(w, o, "header_cut", count(c->header_cut));
    put(w, o, "tunnels", count(c->tunnels));
    put(w, o, "folded", count(c->folded[1] + c->folded[2] + c->folded[3]));
    put(w, o, "not_judged", count(c->not_judged));
    return o;
}

static json_t *report_object(struct writer *w, const struct pp_report_options *options)
{
    const struct pp_report *r = w->report;
    json_t *o = json_object(), *tool = json_object(), *list = json_array();
    put(w, o, "schema", json_string("portproof/report/1"));
    put(w, tool, "name", json_string("portproof"));
    put(w, tool, "version", json_string(options->tool_version));
    put(w, o, "tool", tool);
    for (size_t i = 0; i < options->option_count; i++) push(w, list, safe(options->options[i]));
    put(w, o, "options", list);
    put(w, o, "rules", rules(w));
    put(w, o, "site", site(w));
    put(w, o, "captures", list = json_array());
    for (uint32_t i = 0; i < r->capture_count; i++) push(w, list, capture(w, &r->captures[i]));
    put(w, o, "verdict", json_string(pp_compliance_name(r->verdict)));
    put(w, o, "verdict_reasons", list = json_array());
    for (uint32_t i = 0; i < r->verdict_reason_count; i++) push(w, list, safe(r->verdict_reasons[i]));
    put(w, o, "summary", summary(w));
    put(w, o, "rows", list = json_array());
    for (uint16_t i = 0; i < r->spec->row_count; i++) push(w, list, row(w, i));
    put(w, o, "findings", list = json_array());
    for (uint32_t i = 0; i < r->finding_count; i++) push(w, list, finding(w, &r->findings[i]));
    put(w, o, "fitness", fitness(w));
    put(w, o, "counters", counters(w, options));
    return o;
}

static int add_bytes(const char *bytes, size_t size, void *out)
{
    text_add_bytes(out, bytes, size);
    return ((struct text *)out)->failed ? -1 : 0;
}

bool write_json(const struct pp_report *report, const struct pp_report_options *options, struct text *out)
{
    struct writer w = {.report = report};
    json_t *o = report_object(&w, options);
    bool ok = o && !w.failed && json_dump_callback(o, add_bytes, out, JSON_INDENT(2) | JSON_REAL_PRECISION(6)) == 0;
    json_decref(o);
    if (ok) text_add(out, "\n");
    return ok;
}
