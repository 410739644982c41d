/* What a watch tells, a line each: for people, or as JSON lines for programs. A finding is the same object as in the report. */
#include <inttypes.h>
#include <string.h>

#include "clock.h"
#include "formats.h"
#include "json_writer.h"
#include "terminal.h"

static uint64_t dropped_in_all(const struct pp_report *r, uint32_t capture)
{
    return r->captures[capture].account.dropped + r->captures[capture].account.interface_dropped;
}

/* --- json lines ---------------------------------------------------------------------------------------------------------- */

void json_event(struct json_writer *w, const struct pp_report *r, const struct pp_event *event, pp_time_ns at)
{
    char when[TIME_TEXT_MAX];
    put_string(w, "event", pp_event_name(event->kind));
    put_string(w, "at", time_rfc3339(at, when));
    switch (event->kind) {
    case PP_EVENT_VERDICT:
        put_string(w, "was", pp_compliance_name(event->verdict_was));
        put_string(w, "is", pp_compliance_name(event->verdict_is));
        break;
    case PP_EVENT_ROW:
        put_string(w, "row", r->spec->rows[event->row].id);
        put_string(w, "was", pp_state_name(event->was));
        put_string(w, "is", pp_state_name(event->is));
        break;
    case PP_EVENT_LOSS:
        put_string(w, "capture", r->captures[event->capture].name);
        put_count(w, "dropped", event->dropped);
        put_count(w, "dropped_in_all", dropped_in_all(r, event->capture));
        break;
    case PP_EVENT_LINK:
        put_string(w, "capture", r->captures[event->capture].name);
        put_string(w, "link", pp_link_event_name(event->gap.event));
        put_string(w, "interface", event->gap.name);
        put_string(w, "from", time_rfc3339(event->gap.from_ns, when));
        if (event->gap.to_ns != PP_NO_FIRST) put_string(w, "to", time_rfc3339(event->gap.to_ns, when));
        break;
    case PP_EVENT_FINDING:
    case PP_EVENT_COUNT: break; /* a finding is told whole, or in short */
    }
}

static void add_json_event(struct text *text, const struct pp_report *r, const struct pp_event *event, pp_time_ns at)
{
    struct json_writer w;
    json_writer_init(&w, text);
    w.on_one_line = true;
    begin_object(&w, NULL);
    json_event(&w, r, event, at);
    if (event->kind == PP_EVENT_FINDING) json_finding(&w, "finding", r, event->finding);
    end_object(&w);
    text_add(text, "\n");
}

/* --- text ------------------------------------------------------------------------------------------------------------------ */

static void add_link(struct text *text, const struct pp_event *event)
{
    const struct pp_link_gap *gap = &event->gap;
    char lasted[TIME_TEXT_MAX];
    add_safe(text, event->gap.name);
    text_printf(text, "  %s", pp_link_event_name(gap->event));
    if (gap->to_ns == PP_NO_FIRST)
        text_add(text, "; what goes by is not seen until it is back");
    else if (gap->event != PP_LINK_RENAMED || gap->to_ns != gap->from_ns)
        text_printf(text, " for %s, and listened to again", duration_readable(gap->to_ns - gap->from_ns, lasted));
}

static void add_event(struct text *text, const struct page *p, const struct pp_event *event)
{
    text_printf(text, "%-7s  ", pp_event_name(event->kind));
    switch (event->kind) {
    case PP_EVENT_VERDICT: text_add(text, pp_compliance_name(event->verdict_is)); break;
    case PP_EVENT_ROW:
        add_safe(text, p->report->spec->rows[event->row].id);
        text_printf(text, "  %s %s %s", pp_state_name(event->was), sign(p, SIGN_ARROW), pp_state_name(event->is));
        break;
    case PP_EVENT_LOSS:
        add_safe(text, p->report->captures[event->capture].name);
        text_printf(text, "  %" PRIu64 " packet%s dropped since the judgement before, %" PRIu64 " in all", event->dropped,
                    event->dropped == 1 ? "" : "s", dropped_in_all(p->report, event->capture));
        break;
    case PP_EVENT_LINK: add_link(text, event); break;
    case PP_EVENT_FINDING:
        text_printf(text, "%s  ", event->finding->action);
        add_pair(p, text, event->finding);
        text_add(text, "  ");
        add_safe(text, event->finding->brief);
        break;
    case PP_EVENT_COUNT: break;
    }
}

static void add_text_event(struct text *text, const struct page *p, const struct pp_event *event, pp_time_ns at)
{
    char when[TIME_TEXT_MAX];
    text_printf(text, "%s  ", time_readable(at, p->options->local_time, when));
    add_event(text, p, event);
    text_add(text, "\n");
}

bool pp_event_write(const struct pp_report *report, const struct pp_event *event, const struct pp_report_options *options,
                    const struct pp_sink *sink)
{
    struct text text;
    const struct page page = {.report = report, .options = options, .out = &text};
    text_init(&text);
    add_event(&text, &page, event);
    return send_and_finish(&text, sink);
}

bool pp_events_write(const struct pp_report *report, const struct pp_event *events, size_t count, pp_time_ns at, const char *format,
                     const struct pp_report_options *options, const struct pp_sink *sink)
{
    struct text text;
    const struct page page = {.report = report, .options = options, .out = &text};
    bool json = strcmp(format, "jsonl") == 0;
    if (!json && strcmp(format, "text") != 0) return false;
    text_init(&text);
    for (size_t i = 0; i < count; i++) {
        if (json)
            add_json_event(&text, report, &events[i], at);
        else
            add_text_event(&text, &page, &events[i], at);
    }
    return send_and_finish(&text, sink);
}
