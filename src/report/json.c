/* portproof/report/1 (design 7): other programs live on it, so keys are only ever added. Members stand in a fixed order and
 * every list is sorted, so equal inputs give equal bytes. One function an object, or what several of them have in common. */
#include <stdio.h>

#include "address.h"
#include "clock.h"
#include "formats.h"
#include "json_writer.h"
#include "portproof/decode.h"

static void put_address(struct json_writer *w, const char *key, const struct pp_address *a)
{
    char out[ADDRESS_TEXT_MAX];
    put_string(w, key, address_text(a, out));
}

/* An address alone where it is all of it. */
static void put_prefix(struct json_writer *w, const char *key, const struct pp_prefix *prefix)
{
    char address[ADDRESS_TEXT_MAX], out[ADDRESS_TEXT_MAX + sizeof "/128"];
    bool whole = prefix->length == (prefix->address.family == PP_IPV4 ? 32 : 128);
    address_text(&prefix->address, address);
    snprintf(out, sizeof out, whole ? "%s" : "%s/%u", address, prefix->length);
    put_string(w, key, out);
}

static void put_roles(struct json_writer *w, const struct pp_report *r, pp_role_set roles)
{
    begin_list(w, "roles");
    for (unsigned i = 0; i < r->spec->role_count; i++)
        if (roles >> i & 1) put_string(w, NULL, r->spec->roles[i].name);
    end_list(w);
}

static void put_labels(struct json_writer *w, const char *key, unsigned labels)
{
    begin_list(w, key);
    for (unsigned i = 0; pp_label_name(i); i++)
        if (labels >> i & 1) put_string(w, NULL, pp_label_name(i));
    end_list(w);
}

static const char *row_id(const struct pp_report *r, uint16_t row) { return r->spec->rows[row].id; }

static void put_rules(struct json_writer *w, const struct pp_spec *spec)
{
    begin_object(w, "rules");
    put_string(w, "name", spec->name);
    put_string(w, "version", spec->version);
    put_string(w, "sha256", spec->sha256);
    put_count(w, "rows", spec->row_count);
    end_object(w);
}

static void put_host(struct json_writer *w, const struct pp_report *r, const struct pp_host *host)
{
    begin_object(w, NULL);
    put_string(w, "name", host->name);
    begin_list(w, "prefixes");
    for (uint16_t i = 0; i < host->prefix_count; i++) put_prefix(w, NULL, &host->prefixes[i]);
    end_list(w);
    put_roles(w, r, host->roles);
    end_object(w);
}

/* As the site file has it. Inferred hosts are named after their addresses, and say nothing of another report's. */
static void put_inventory(struct json_writer *w, const struct pp_report *r)
{
    begin_list(w, "inventory");
    for (uint32_t h = 0; h < r->site->host_count; h++) put_host(w, r, &r->site->hosts[h]);
    end_list(w);
}

static void put_site(struct json_writer *w, const struct pp_report *r)
{
    const struct pp_spec *spec = r->spec;
    const struct pp_site *s = r->site;
    static const char *const settings[] = {[PP_SET_AUTO] = "auto", [PP_SET_ON] = "on", [PP_SET_OFF] = "off"};
    begin_object(w, "site");
    put_string(w, "source", s->inferred ? "inferred" : "file");
    if (*s->sha256) put_string(w, "sha256", s->sha256);
    put_count(w, "hosts", s->host_count);
    begin_object(w, "features");
    for (uint16_t f = 0; f < spec->feature_count; f++)
        put_string(w, spec->features[f].name, settings[pp_site_feature(s, spec, f, PP_NONE)]);
    end_object(w);
    if (s->name) put_string(w, "name", s->name);
    if (!s->inferred) put_inventory(w, r);
    end_object(w);
}

void json_summary(struct json_writer *w, const struct pp_summary *s)
{
    begin_object(w, "summary");
    put_count(w, "expected", s->expected);
    put_count(w, "unexpected", s->unexpected);
    put_count(w, "got_through", s->got_through);
    put_count(w, "blocked", s->rows[PP_STATE_BLOCKED]);
    put_count(w, "missing", s->rows[PP_STATE_MISSING]);
    put_count(w, "undetermined", s->undetermined);
    put_count(w, "exempt", s->exempt);
    put_count(w, "out_of_scope", s->out_of_scope);
    put_count(w, "rows_expected", s->rows[PP_STATE_EXPECTED]);
    put_count(w, "rows_not_observable", s->rows[PP_STATE_NOT_OBSERVABLE]);
    put_count(w, "wide", s->wide);
    end_object(w);
}

static void put_edge_side(struct json_writer *w, const struct pp_report *r, const char *key, uint16_t host, uint16_t role)
{
    begin_object(w, key);
    if (host != PP_NONE) put_string(w, "name", pp_site_host_name(r->site, host));
    put_roles(w, r, UINT32_C(1) << role);
    end_object(w);
}

static void put_edge(struct json_writer *w, const struct pp_report *r, const struct pp_row *row, const struct pp_edge *e)
{
    begin_object(w, NULL);
    put_edge_side(w, r, "from", e->from, row->from);
    put_edge_side(w, r, "to", e->to, row->to);
    if (e->port) put_count(w, "port", e->port);
    put_string(w, "state", pp_state_name(e->state));
    put_boolean(w, "due", e->due);
    if (e->tried) put_string(w, "outcome", pp_outcome_name(e->outcome));
    put_count(w, "flows", e->flows);
    if (e->satisfied_by != PP_NONE) put_string(w, "satisfied_by", row_id(r, e->satisfied_by));
    put_labels(w, "notes", e->notes);
    end_object(w);
}

static void put_row(struct json_writer *w, const struct pp_report *report, uint16_t number)
{
    const struct pp_spec *spec = report->spec;
    const struct pp_row *r = &spec->rows[number];
    const struct pp_row_result *result = &report->rows[number];
    begin_object(w, NULL);
    put_string(w, "id", r->id);
    put_string(w, "state", pp_state_name(result->state));
    put_boolean(w, "due", result->due);
    put_string(w, "feature", spec->features[r->feature].name);
    put_string(w, "from", spec->roles[r->from].name);
    put_string(w, "to", spec->roles[r->to].name);
    put_string(w, "transport", pp_transport_name(r->transport));
    put_string(w, "ports", r->ports_text);
    if (r->encrypted_by != PP_NONE) put_string(w, "encrypted_by", row_id(report, r->encrypted_by));
    put_count(w, "flows", result->flows);
    put_count(w, "packets", result->packets);
    if (result->wide_flows) put_count(w, "wide_flows", result->wide_flows);
    /* Partners share their edges; these have the direction of the first of the two. */
    const struct pp_row *shown = r->partner != PP_NONE && r->partner < number ? &spec->rows[r->partner] : r;
    begin_list(w, "edges");
    for (uint32_t e = 0; e < result->edge_count; e++) put_edge(w, report, shown, &result->edges[e]);
    end_list(w);
    end_object(w);
}

/* The members of a party, in an object that is open. */
static void put_party_members(struct json_writer *w, const struct pp_report *r, const struct pp_party *p)
{
    if (p->address.family) put_address(w, "address", &p->address);
    if (p->name && *p->name) put_string(w, "name", p->name);
    put_roles(w, r, p->roles);
}

static void put_party(struct json_writer *w, const struct pp_report *r, const char *key, const struct pp_party *p)
{
    begin_object(w, key);
    put_party_members(w, r, p);
    end_object(w);
}

static void put_responder(struct json_writer *w, const struct pp_report *r, const struct pp_party *responder, bool has_port, uint16_t port)
{
    begin_object(w, "responder");
    put_party_members(w, r, responder);
    if (has_port) put_count(w, "port", port);
    end_object(w);
}

void json_answer(struct json_writer *w, const char *key, enum pp_answer a)
{
    if (a == PP_UNKNOWN)
        put_null(w, key);
    else
        put_boolean(w, key, a == PP_YES);
}

static void put_both_ways(struct json_writer *w, const char *key, const uint64_t n[2])
{
    begin_object(w, key);
    put_count(w, "forward", n[0]);
    put_count(w, "reverse", n[1]);
    end_object(w);
}

static void put_frame(struct json_writer *w, const char *key, uint64_t first_frame)
{
    begin_object(w, key);
    put_count(w, "capture", pp_frame_capture(first_frame));
    put_count(w, "number", pp_frame_number(first_frame));
    end_object(w);
}

static void put_readings(struct json_writer *w, const struct pp_report *r, const struct pp_finding *f)
{
    begin_list(w, "readings");
    for (unsigned i = 0; i < f->reading_count; i++) {
        begin_object(w, NULL);
        put_address(w, "initiator", &f->readings[i].initiator);
        put_address(w, "responder", &f->readings[i].responder);
        put_count(w, "port", f->readings[i].port);
        if (f->readings[i].row != PP_NONE) put_string(w, "row", row_id(r, f->readings[i].row));
        end_object(w);
    }
    end_list(w);
}

static void put_captures_seen(struct json_writer *w, uint64_t bits)
{
    begin_list(w, "seen_in");
    for (unsigned i = 0; i < 64; i++)
        if (bits >> i & 1) put_count(w, NULL, i);
    end_list(w);
}

/* Where a finding comes from, for those that rest on flows. */
static void put_evidence(struct json_writer *w, const struct pp_report *r, const struct pp_finding *f)
{
    if (f->reason != PP_REASON_FRAGMENT) {
        put_string(w, "basis", pp_basis_name(f->basis));
        put_string(w, "confidence", pp_confidence_name(f->basis));
    }
    if (f->reading_count) put_readings(w, r, f);
    put_captures_seen(w, f->seen_in);
    put_count(w, "flows", f->flows);
    if (f->initiators > 1) put_count(w, "initiators", f->initiators);
    if (f->transport == PP_TCP && f->has_port) put_count(w, "attempts", f->attempts);
    put_both_ways(w, "packets", f->packets);
    put_both_ways(w, "bytes", f->bytes);
    json_times(w, f->first_ns, f->last_ns);
    if (f->first_frame != UINT64_MAX) put_frame(w, "first_frame", f->first_frame);
    if (*f->community_id) put_string(w, "community_id", f->community_id);
}

/* "3/1" */
static void put_icmp(struct json_writer *w, const struct pp_finding *f)
{
    char icmp[sizeof "255/255"];
    snprintf(icmp, sizeof icmp, "%u/%u", f->icmp_type, f->icmp_code);
    put_string(w, "icmp", icmp);
}

void json_finding(struct json_writer *w, const char *key, const struct pp_report *r, const struct pp_finding *f)
{
    begin_object(w, key);
    put_string(w, "kind", pp_finding_kind_name(f->kind));
    if (f->reason != PP_REASON_NONE) put_string(w, "reason", pp_reason_name(f->reason));
    if (f->row != PP_NONE) put_string(w, "row", row_id(r, f->row));
    if (f->nearest_row != PP_NONE) put_string(w, "nearest_row", row_id(r, f->nearest_row));
    put_labels(w, "labels", f->labels);
    put_party(w, r, "initiator", &f->initiator);
    put_responder(w, r, &f->responder, f->has_port, f->port);
    put_string(w, "transport", pp_transport_name(f->transport));
    if (f->has_outcome) put_string(w, "outcome", pp_outcome_name(f->outcome));
    if (f->kind != PP_FIND_MISSING) json_answer(w, "got_through", f->got_through);
    if (f->blocked_by.family) put_address(w, "blocked_by", &f->blocked_by);
    if (f->has_icmp) put_icmp(w, f);
    if (f->kind == PP_FIND_BLOCKED) {
        put_party(w, r, "tried_by", &f->tried_by);
        put_party(w, r, "tried_at", &f->tried_at);
        put_count(w, "pairs", f->pairs);
    }
    if (f->companion != PP_NONE) put_string(w, "companion", r->spec->companions[f->companion].name);
    if (f->kind != PP_FIND_MISSING) put_evidence(w, r, f);
    put_string(w, "action", f->action);
    put_string(w, "brief", f->brief);
    put_string(w, "explanation", f->explanation);
    end_object(w);
}

static void put_conversation(struct json_writer *w, const struct pp_report *r, const struct pp_conversation *c)
{
    begin_object(w, NULL);
    if (c->row != PP_NONE) put_string(w, "row", row_id(r, c->row));
    put_party(w, r, "initiator", &c->initiator);
    put_responder(w, r, &c->responder, true, c->port);
    put_string(w, "transport", pp_transport_name((enum pp_transport)c->transport));
    put_string(w, "outcome", pp_outcome_name(c->outcome));
    if (c->row != PP_NONE) put_boolean(w, "after_encrypted", c->after_encrypted);
    put_count(w, "flows", c->flows);
    put_count(w, "packets", c->packets);
    json_times(w, c->first_ns, c->last_ns);
    end_object(w);
}

/* false: out of memory. */
static bool put_conversations(struct json_writer *w, const char *key, const struct pp_report *r,
                              bool (*make)(const struct pp_report *, struct pp_conversations *))
{
    struct pp_conversations all;
    if (!make(r, &all)) return false;
    begin_object(w, key);
    begin_list(w, "conversations");
    for (uint32_t i = 0; i < all.count; i++) put_conversation(w, r, &all.items[i]);
    end_list(w);
    put_count(w, "left_out", all.left_out);
    end_object(w);
    pp_conversations_finish(&all);
    return true;
}

static void put_totals(struct json_writer *w, const struct pp_totals *totals)
{
    begin_object(w, "account");
    put_count(w, "received", totals->received);
    put_count(w, "judged", totals->judged);
    put_count(w, "not_judged", totals->not_judged);
    put_count(w, "dropped", totals->dropped);
    end_object(w);
}

void json_fitness(struct json_writer *w, const struct pp_fitness *f)
{
    begin_object(w, "fitness");
    put_string(w, "grade", pp_grade_name(f->grade));
    begin_list(w, "notes");
    for (uint32_t i = 0; i < f->note_count; i++) put_string(w, NULL, f->notes[i]);
    end_list(w);
    put_share(w, "half_seen_share", f->half_seen_share);
    put_share(w, "truncated_share", f->truncated_share);
    begin_list(w, "gaps");
    for (uint32_t i = 0; i < f->gap_count; i++) {
        begin_object(w, NULL);
        json_time(w, "from", f->gaps[i].from_ns);
        json_time(w, "to", f->gaps[i].to_ns);
        end_object(w);
    }
    end_list(w);
    if (f->drops_known)
        put_count(w, "drops", f->drops);
    else
        put_null(w, "drops");
    if (f->totals.live) put_totals(w, &f->totals);
    end_object(w);
}

static void put_counters(struct json_writer *w, const struct pp_report *r, const struct pp_report_options *options)
{
    const struct pp_counters *c = r->counters;
    uint64_t frames = options->outside_time, filtered = 0;
    for (uint32_t i = 0; i < r->capture_count; i++) filtered += r->captures[i].filtered;
    for (unsigned i = 0; i < PP_DECODED_COUNT; i++) frames += c->by_result[i];
    begin_object(w, "counters");
    put_count(w, "frames", frames + filtered);
    for (unsigned i = 0; i < PP_DECODED_COUNT; i++) put_count(w, pp_decoded_name((enum pp_decoded)i), c->by_result[i]);
    put_count(w, "first_fragments", c->first_fragments);
    put_count(w, "filtered", filtered);
    put_count(w, "outside_time", options->outside_time);
    put_count(w, "cut", c->cut);
    put_count(w, "header_cut", c->header_cut);
    put_count(w, "tunnels", c->tunnels);
    put_count(w, "folded", c->folded[1] + c->folded[2] + c->folded[3]);
    put_count(w, "not_judged", c->not_judged);
    end_object(w);
}

void json_tool(struct json_writer *w, const struct pp_report_options *options)
{
    begin_object(w, "tool");
    put_string(w, "name", "portproof");
    put_string(w, "version", options->tool_version);
    end_object(w);
    begin_list(w, "options");
    for (size_t i = 0; i < options->option_count; i++) put_string(w, NULL, options->options[i]);
    end_list(w);
}

/* false: out of memory, or the sink stopped. */
static bool put_report(struct json_writer *w, const struct pp_report *r, const struct pp_report_options *options,
                       const struct pp_sink *sink)
{
    bool ok = true;
    begin_object(w, NULL);
    put_string(w, "schema", "portproof/report/1");
    json_tool(w, options);
    if (options->evidence_name) {
        begin_object(w, "evidence");
        put_string(w, "file", options->evidence_name);
        put_string(w, "digest", options->evidence_digest);
        end_object(w);
    }
    put_rules(w, r->spec);
    put_site(w, r);
    begin_list(w, "captures");
    for (uint32_t i = 0; i < r->capture_count; i++) json_capture(w, &r->captures[i]);
    end_list(w);
    put_string(w, "verdict", pp_compliance_name(r->verdict));
    begin_list(w, "verdict_reasons");
    for (uint32_t i = 0; i < r->verdict_reason_count; i++) put_string(w, NULL, r->verdict_reasons[i]);
    end_list(w);
    json_summary(w, &r->summary);
    begin_list(w, "rows");
    for (uint16_t i = 0; ok && i < r->spec->row_count; i++) put_row(w, r, i), ok = hand_over(w->out, sink);
    end_list(w);
    begin_list(w, "findings");
    for (uint32_t i = 0; ok && i < r->finding_count; i++) json_finding(w, NULL, r, &r->findings[i]), ok = hand_over(w->out, sink);
    end_list(w);
    ok = ok && put_conversations(w, "other_traffic", r, pp_list_other_traffic);
    ok = ok && put_conversations(w, "clear_text", r, pp_list_clear_text);
    json_fitness(w, &r->fitness);
    put_counters(w, r, options);
    end_object(w);
    return ok;
}

bool write_json(const struct pp_report *report, const struct pp_report_options *options, struct text *out, const struct pp_sink *sink)
{
    struct json_writer w;
    json_writer_init(&w, out);
    if (!put_report(&w, report, options, sink)) return false;
    text_add(out, "\n");
    return true;
}
