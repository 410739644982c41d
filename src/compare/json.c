/* portproof/compare/1 (docs/compare.schema.json): everything that was compared; keys are only ever added. */
#include <string.h>

#include "clock.h"
#include "json_writer.h"
#include "phrases.h"

static void put_time(struct json_writer *w, const char *key, pp_time_ns time)
{
    char out[TIME_TEXT_MAX];
    if (time != PP_NO_FIRST) put_string(w, key, time_rfc3339(time, out));
}

static void put_some(struct json_writer *w, const char *key, const char *string)
{
    if (*string) put_string(w, key, string);
}

static void put_both(struct json_writer *w, const char *key, const char *before, const char *after)
{
    begin_object(w, key);
    put_string(w, "before", before);
    put_string(w, "after", after);
    end_object(w);
}

static void put_side(struct json_writer *w, const char *key, const struct pp_compared *side)
{
    begin_object(w, key);
    put_string(w, "site", side->site);
    put_string(w, "captures", side->captures);
    put_string(w, "verdict", side->verdict);
    put_boolean(w, "inferred", side->inferred);
    if (side->first_ns != PP_NO_FIRST) {
        put_time(w, "first", side->first_ns);
        put_time(w, "last", side->last_ns);
    }
    end_object(w);
}

static void put_change(struct json_writer *w, const struct pp_row_change_seen *r)
{
    if (r->edge)
        put_string(w, "edge", r->edge);
    else
        put_string(w, "id", r->id);
    put_string(w, "from", r->from);
    put_string(w, "to", r->to);
    if (!r->edge) put_string(w, "ports", r->ports);
    put_string(w, "before", r->before);
    put_string(w, "after", r->after);
    put_string(w, "change", pp_change_name(r->change));
    put_some(w, "outcome_before", r->outcome_before);
    put_some(w, "outcome", r->outcome);
}

static void put_rows(struct json_writer *w, const struct pp_comparison *c)
{
    begin_list(w, "rows");
    for (size_t i = 0; i < c->row_count;) {
        begin_object(w, NULL);
        put_change(w, &c->rows[i++]);
        begin_list(w, "edges");
        for (; i < c->row_count && c->rows[i].edge; i++) {
            begin_object(w, NULL);
            put_change(w, &c->rows[i]);
            end_object(w);
        }
        end_list(w);
        end_object(w);
    }
    end_list(w);
}

static void put_holes(struct json_writer *w, const struct pp_comparison *c)
{
    begin_list(w, "holes");
    for (size_t i = 0; i < c->hole_count; i++) {
        const struct pp_hole *h = &c->holes[i];
        begin_object(w, NULL);
        put_string(w, "hole", h->text);
        put_string(w, "change", h->opened ? "opened" : "closed");
        put_string(w, "from", h->from);
        put_string(w, "to", h->to);
        put_string(w, "service", h->service);
        put_string(w, "reason", h->reason);
        put_some(w, "nearest_row", h->row);
        put_string(w, "why", h->why);
        put_some(w, "old_address_of", h->old_host);
        end_object(w);
    }
    end_list(w);
}

static void put_hosts(struct json_writer *w, const struct pp_comparison *c)
{
    begin_list(w, "hosts");
    for (size_t i = 0; i < c->host_count; i++) {
        const struct pp_host_change *h = &c->hosts[i];
        begin_object(w, NULL);
        put_string(w, "name", h->name);
        put_some(w, "old_name", h->old_name);
        put_string(w, "change", pp_move_name(h->move));
        put_some(w, "before", h->before);
        put_some(w, "after", h->after);
        put_count(w, "edges_working", h->works);
        put_count(w, "edges_broken", h->broken);
        end_object(w);
    }
    end_list(w);
}

static void put_talk(struct json_writer *w, const struct pp_talk *t)
{
    begin_object(w, NULL);
    put_string(w, "from", t->from);
    put_some(w, "from_addresses", t->from_addresses);
    put_string(w, "to", t->to);
    put_some(w, "to_address", t->to_addresses);
    put_string(w, "service", t->service);
    if (*t->host) {
        put_string(w, "host", t->host);
        put_string(w, "old_address", t->old_address);
        put_string(w, "now", t->now);
        put_string(w, "direction", t->from_old ? "from" : "to");
    }
    if (*t->row) {
        put_string(w, "row", t->row);
        put_string(w, "encrypted_by", t->encrypted_by);
        put_boolean(w, "encrypted_since_the_move", t->since);
        put_boolean(w, "after_encrypted", t->after_encrypted);
    }
    put_some(w, "outcome", t->outcome);
    put_boolean(w, "answered", t->answered);
    put_count(w, "flows", t->flows);
    put_time(w, "first", t->first_ns);
    put_time(w, "last", t->last_ns);
    end_object(w);
}

static void put_talks(struct json_writer *w, const char *key, const struct pp_talks *talks)
{
    begin_object(w, key);
    put_boolean(w, "known", !*talks->unknown);
    put_some(w, "why_not", talks->unknown);
    begin_list(w, "conversations");
    for (size_t i = 0; i < talks->count; i++) put_talk(w, &talks->items[i]);
    end_list(w);
    put_count(w, "left_out", talks->left_out);
    end_object(w);
}

static void put_to_do(struct json_writer *w, const struct pp_comparison *c)
{
    begin_list(w, "to_do");
    for (size_t i = 0; i < c->to_do_count; i++) {
        const struct pp_to_do *t = &c->to_do[i];
        begin_object(w, NULL);
        put_string(w, "action", t->action);
        put_string(w, "from", t->from);
        put_string(w, "to", t->to);
        put_string(w, "service", t->service);
        put_some(w, "row", t->row);
        put_string(w, "why", t->why);
        put_boolean(w, "worse", t->worse);
        end_object(w);
    }
    end_list(w);
}

static void put_summary(struct json_writer *w, const struct pp_comparison *c)
{
    begin_object(w, "summary");
    for (unsigned i = 0; i < PP_CHANGE_COUNT; i++) put_count(w, pp_change_name((enum pp_change)i), c->count[i]);
    put_count(w, "holes_opened", c->opened);
    put_count(w, "holes_closed", c->closed);
    end_object(w);
}

void comparison_json(const struct rendering *r)
{
    const struct pp_comparison *c = r->c;
    char reasons[REASONS_MAX][REASON_MAX];
    unsigned count = migration_reasons(c, reasons);
    struct json_writer w;
    json_writer_init(&w, r->out);
    begin_object(&w, NULL);
    put_string(&w, "schema", "portproof/compare/1");
    begin_object(&w, "tool");
    put_string(&w, "name", "portproof");
    put_string(&w, "version", r->options->tool_version);
    end_object(&w);
    put_boolean(&w, "names_inferred", c->inferred);
    put_string(&w, "migration", pp_migration_name(c->migration));
    put_boolean(&w, "worse", pp_comparison_is_worse(c));
    begin_list(&w, "reasons");
    for (unsigned i = 0; i < count; i++) put_string(&w, NULL, reasons[i]);
    end_list(&w);
    put_both(&w, "verdict", c->side[0].verdict, c->side[1].verdict);
    put_side(&w, "before", &c->side[0]);
    put_side(&w, "after", &c->side[1]);
    put_summary(&w, c);
    put_to_do(&w, c);
    put_hosts(&w, c);
    put_rows(&w, c);
    put_holes(&w, c);
    put_talks(&w, "old_addresses", &c->old_addresses);
    put_talks(&w, "clear_text", &c->clear_text);
    end_object(&w);
    text_add(r->out, "\n");
}
