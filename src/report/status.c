/* portproof/status/1: what a status page shows of one judgement. Polled every few seconds, so its size is bounded: findings past
 * STATUS_FINDINGS_MAX are only counted here, and stand in the report. */
#include "clock.h"
#include "formats.h"
#include "told.h"

enum { STATUS_FINDINGS_MAX = 200 };

static void put_time(struct json_writer *w, const char *key, pp_time_ns time)
{
    char out[TIME_TEXT_MAX];
    put_string(w, key, time_rfc3339(time, out));
}

static void put_row(struct json_writer *w, const struct pp_moment *m, uint16_t number)
{
    const struct pp_spec *spec = m->report->spec;
    const struct pp_row *row = &spec->rows[number];
    const struct pp_row_result *result = &m->report->rows[number];
    pp_time_ns changed = told_row_changed(m->told, number);
    begin_object(w, NULL);
    put_string(w, "id", row->id);
    put_string(w, "state", pp_state_name(m->watch ? pp_watch_state(m->watch, number) : result->state));
    put_string(w, "overall", pp_state_name(result->state));
    put_boolean(w, "due", result->due);
    put_string(w, "from", spec->roles[row->from].name);
    put_string(w, "to", spec->roles[row->to].name);
    put_string(w, "transport", pp_transport_name(row->transport));
    put_string(w, "ports", row->ports_text);
    put_string(w, "purpose", row->purpose);
    put_share(w, "packets_per_second", m->row_rates ? m->row_rates[number] : 0);
    put_count(w, "packets", result->packets);
    put_count(w, "flows", result->flows);
    if (changed != PP_NO_LAST) put_time(w, "changed", changed);
    end_object(w);
}

static void put_captures(struct json_writer *w, const struct pp_report *r)
{
    begin_list(w, "captures");
    for (uint32_t i = 0; i < r->capture_count; i++) {
        const struct pp_capture_info *c = &r->captures[i];
        begin_object(w, NULL);
        put_string(w, "name", c->name);
        put_count(w, "packets", c->packets);
        if (c->failed) put_string(w, "error", c->error.text);
        if (c->live) {
            json_account(w, &c->account);
            json_link_gaps(w, &c->account);
        }
        end_object(w);
    }
    end_list(w);
}

static void put_head(struct json_writer *w, const struct pp_moment *m, const struct pp_report_options *options)
{
    const struct pp_report *r = m->report;
    put_string(w, "schema", "portproof/status/1");
    json_tool(w, options);
    put_time(w, "at", m->at);
    put_time(w, "since", m->since);
    put_count(w, "refresh_ms", m->refresh_ns / 1000000);
    begin_object(w, "rules");
    put_string(w, "name", r->spec->name);
    put_string(w, "version", r->spec->version);
    put_count(w, "rows", r->spec->row_count);
    end_object(w);
    begin_object(w, "site");
    put_string(w, "source", r->site->inferred ? "inferred" : "file");
    if (options->site_name) put_string(w, "file", options->site_name);
    if (r->site->name) put_string(w, "name", r->site->name);
    put_count(w, "hosts", r->site->host_count);
    end_object(w);
}

static void put_findings(struct json_writer *w, const struct pp_moment *m)
{
    const struct pp_report *r = m->report;
    begin_list(w, "findings");
    for (uint32_t i = 0; i < r->finding_count && i < STATUS_FINDINGS_MAX; i++) told_finding(w, NULL, r, &r->findings[i]);
    end_list(w);
    put_count(w, "findings_in_all", r->finding_count);
    begin_list(w, "events");
    told_put(m->told, w);
    end_list(w);
    put_count(w, "events_in_all", told_in_all(m->told));
    put_count(w, "untold", m->untold);
}

bool pp_status_write(const struct pp_moment *m, const struct pp_report_options *options, const struct pp_sink *sink)
{
    const struct pp_report *r = m->report;
    struct text text;
    struct json_writer w;
    text_init(&text);
    json_writer_init(&w, &text);
    w.on_one_line = true;
    begin_object(&w, NULL);
    put_head(&w, m, options);
    put_string(&w, "verdict", pp_compliance_name(r->verdict));
    begin_list(&w, "verdict_reasons");
    for (uint32_t i = 0; i < r->verdict_reason_count; i++) put_string(&w, NULL, r->verdict_reasons[i]);
    end_list(&w);
    json_summary(&w, &r->summary);
    begin_list(&w, "rows");
    for (uint16_t i = 0; i < r->spec->row_count; i++) put_row(&w, m, i);
    end_list(&w);
    put_findings(&w, m);
    json_fitness(&w, &r->fitness);
    put_captures(&w, r);
    put_count(&w, "flows", pp_flow_count(r->flows));
    end_object(&w);
    text_add(&text, "\n");
    bool ok = !text.failed && sink->write(sink->context, text.bytes, text.length);
    text_finish(&text);
    return ok;
}
