/* The latest events, each kept as the JSON it will be shown as: the report they point into is gone with the next judgement. */
#include "told.h"

#include <stdlib.h>

#include "clock.h"
#include "formats.h"
#include "terminal.h"

struct pp_told {
    struct text events[PP_TOLD_MAX]; /* a ring; event n, from 0, is in n % PP_TOLD_MAX */
    uint64_t count;
    pp_time_ns changed[PP_ROWS_MAX];
};

struct pp_told *pp_told_create(void) { return calloc(1, sizeof(struct pp_told)); }

void pp_told_destroy(struct pp_told *told)
{
    for (unsigned i = 0; told && i < PP_TOLD_MAX; i++) text_finish(&told->events[i]);
    free(told);
}

void told_finding(struct json_writer *w, const char *key, const struct pp_report *r, const struct pp_finding *f)
{
    const struct pp_report_options options = {.utf8 = true};
    const struct page page = {.report = r, .options = &options};
    char when[TIME_TEXT_MAX];
    struct text pair;
    text_init(&pair);
    add_pair(&page, &pair, f);
    begin_object(w, key);
    put_string(w, "kind", pp_finding_kind_name(f->kind));
    if (f->reason != PP_REASON_NONE) put_string(w, "reason", pp_reason_name(f->reason));
    if (f->row != PP_NONE) put_string(w, "row", r->spec->rows[f->row].id);
    put_string(w, "action", f->action);
    put_string(w, "pair", pair.bytes ? pair.bytes : "");
    put_string(w, "brief", f->brief);
    put_string(w, "explanation", f->explanation);
    if (f->kind != PP_FIND_MISSING) {
        json_answer(w, "got_through", f->got_through);
        put_count(w, "flows", f->flows);
        if (f->last_ns != PP_NO_LAST) put_string(w, "last", time_rfc3339(f->last_ns, when));
    }
    end_object(w);
    w->out->failed |= pair.failed;
    text_finish(&pair);
}

static void put_event(struct json_writer *w, const struct pp_report *r, const struct pp_event *event, pp_time_ns at)
{
    begin_object(w, NULL);
    json_event(w, r, event, at);
    if (event->kind == PP_EVENT_FINDING) told_finding(w, "finding", r, event->finding);
    end_object(w);
}

bool pp_told_add(struct pp_told *told, const struct pp_report *report, const struct pp_event *events, size_t count, pp_time_ns at)
{
    bool ok = true;
    for (size_t i = 0; i < count; i++) {
        if (events[i].kind == PP_EVENT_ROW) told->changed[events[i].row] = at;
        if (count - i > PP_TOLD_MAX) { /* newer ones would take its place at once */
            told->count++;
            continue;
        }
        struct text *text = &told->events[told->count++ % PP_TOLD_MAX];
        struct json_writer w;
        text_finish(text);
        json_writer_init(&w, text);
        w.on_one_line = true;
        put_event(&w, report, &events[i], at);
        if (!text->failed) continue;
        text_finish(text);
        ok = false;
    }
    return ok;
}

void told_put(const struct pp_told *told, struct json_writer *w)
{
    uint64_t kept = !told ? 0 : told->count < PP_TOLD_MAX ? told->count : PP_TOLD_MAX;
    for (uint64_t i = 1; i <= kept; i++) {
        const struct text *event = &told->events[(told->count - i) % PP_TOLD_MAX];
        if (event->bytes) put_written(w, NULL, event->bytes, event->length);
    }
}

uint64_t told_in_all(const struct pp_told *told) { return told ? told->count : 0; }

pp_time_ns told_row_changed(const struct pp_told *told, uint16_t row) { return told ? told->changed[row] : PP_NO_LAST; }
