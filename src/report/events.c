/* What a watch tells, a line each: for people, or as JSON lines for programs. A finding is the same object as in the report. */
#include <string.h>

#include "clock.h"
#include "formats.h"
#include "json_writer.h"
#include "terminal.h"

/* --- json lines ---------------------------------------------------------------------------------------------------------- */

static void put_event(struct json_writer *w, const struct pp_report *r, const struct pp_event *event)
{
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
    case PP_EVENT_FINDING: json_finding(w, "finding", r, event->finding); break;
    case PP_EVENT_COUNT: break;
    }
}

static void add_json_event(struct text *text, const struct pp_report *r, const struct pp_event *event, pp_time_ns at)
{
    char when[TIME_TEXT_MAX];
    struct json_writer w;
    json_writer_init(&w, text);
    w.on_one_line = true;
    begin_object(&w, NULL);
    put_string(&w, "event", pp_event_name(event->kind));
    put_string(&w, "at", time_rfc3339(at, when));
    put_event(&w, r, event);
    end_object(&w);
    text_add(text, "\n");
}

/* --- text ------------------------------------------------------------------------------------------------------------------ */

static void add_event(struct text *text, const struct page *p, const struct pp_event *event)
{
    text_printf(text, "%-7s  ", pp_event_name(event->kind));
    switch (event->kind) {
    case PP_EVENT_VERDICT: text_add(text, pp_compliance_name(event->verdict_is)); break;
    case PP_EVENT_ROW:
        add_safe(text, p->report->spec->rows[event->row].id);
        text_printf(text, "  %s %s %s", pp_state_name(event->was), sign(p, SIGN_ARROW), pp_state_name(event->is));
        break;
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
