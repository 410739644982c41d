/* The comparison as comma-separated values, a record for each thing that changed or is to be told; `kind` says which. */
#include "csv.h"

#include <string.h>

#include "clock.h"
#include "phrases.h"

static const char HEADER[] =
    "kind change row from from_addresses to to_addresses service before after outcome_before outcome answered flows first last note";

struct record {
    const char *kind, *change, *row, *from, *from_addresses, *to, *to_addresses, *service, *before, *after, *outcome_before, *outcome;
    const struct pp_talk *talk; /* NULL: none */
};

static void add_record(const struct rendering *r, const struct record *one, struct text *note)
{
    struct csv csv = {.out = r->out};
    char time[TIME_TEXT_MAX];
    const char *const fields[] = {one->kind,         one->change,  one->row,    one->from,  one->from_addresses, one->to,
                                  one->to_addresses, one->service, one->before, one->after, one->outcome_before, one->outcome};
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++) csv_string(&csv, fields[i]);
    if (one->talk) {
        csv_string(&csv, one->talk->answered ? "yes" : "no");
        csv_count(&csv, one->talk->flows);
        csv_string(&csv, one->talk->first_ns == PP_NO_FIRST ? NULL : time_rfc3339(one->talk->first_ns, time));
        csv_string(&csv, one->talk->last_ns == PP_NO_FIRST ? NULL : time_rfc3339(one->talk->last_ns, time));
    } else
        for (unsigned i = 0; i < 4; i++) csv_empty(&csv);
    csv_text(&csv, note);
    csv_end(&csv);
}

static void add_row(const struct rendering *r, const struct pp_row_change_seen *row)
{
    struct text note;
    text_init(&note);
    add_record(r,
               &(struct record){.kind = row->edge ? "edge" : "row",
                                .change = pp_change_name(row->change),
                                .row = row->id,
                                .from = row->from,
                                .to = row->to,
                                .service = row->edge && !strstr(row->edge, " -> ") ? row->edge : row->ports,
                                .before = row->before,
                                .after = row->after,
                                .outcome_before = row->outcome_before,
                                .outcome = row->outcome},
               &note);
}

static void add_host(const struct rendering *r, const struct pp_host_change *h)
{
    struct text note;
    text_init(&note);
    text_printf(&note, "%u edges work, %u do not", h->works, h->broken);
    if (*h->old_name) text_printf(&note, "; was called %s", h->old_name);
    add_record(r,
               &(struct record){.kind = "host", .change = pp_move_name(h->move), .from = h->name, .before = h->before, .after = h->after},
               &note);
}

static void add_hole(const struct rendering *r, const struct pp_hole *h)
{
    struct text note;
    text_init(&note);
    text_printf(&note, "%s: %s", h->reason, h->why);
    if (*h->old_host) text_printf(&note, "; an old address of %s", h->old_host);
    add_record(
        r,
        &(struct record){
            .kind = "hole", .change = h->opened ? "opened" : "closed", .row = h->row, .from = h->from, .to = h->to, .service = h->service},
        &note);
}

static void add_talks(const struct rendering *r, const char *kind, const struct pp_talks *talks)
{
    struct text note;
    for (size_t i = 0; i < talks->count; i++) {
        const struct pp_talk *t = &talks->items[i];
        text_init(&note);
        add_talk_note(&note, t);
        add_record(r,
                   &(struct record){kind, "remains", t->row, t->from, t->from_addresses, t->to, t->to_addresses, t->service, "", "", "",
                                    t->outcome, t},
                   &note);
    }
    text_init(&note);
    add_unknown(&note, talks);
    if (note.length)
        add_record(r, &(struct record){.kind = kind, .change = "unknown"}, &note);
    else
        text_finish(&note);
}

void comparison_csv(const struct rendering *r)
{
    const struct pp_comparison *c = r->c;
    struct csv csv = {.out = r->out};
    csv_header(&csv, HEADER);
    for (size_t i = 0; i < c->host_count; i++) add_host(r, &c->hosts[i]);
    for (size_t i = 0; i < c->row_count; i++) add_row(r, &c->rows[i]);
    for (size_t i = 0; i < c->hole_count; i++) add_hole(r, &c->holes[i]);
    add_talks(r, "old-address", &c->old_addresses);
    add_talks(r, "clear-text", &c->clear_text);
}
