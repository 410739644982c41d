/* portproof/report/1: what is said of a capture, and of the account of a live one. */
#include <stdio.h>

#include "clock.h"
#include "formats.h"
#include "json_writer.h"
#include "portproof/decode.h"

enum { LINK_TEXT_MAX = 64 }; /* a link type's name and number */

void json_time(struct json_writer *w, const char *key, pp_time_ns time)
{
    char out[TIME_TEXT_MAX];
    put_string(w, key, time_rfc3339(time, out));
}

void json_times(struct json_writer *w, pp_time_ns first, pp_time_ns last)
{
    if (first == PP_NO_FIRST) return;
    json_time(w, "first", first);
    json_time(w, "last", last);
}

static void put_losses(struct json_writer *w, const struct pp_live_account *a)
{
    begin_list(w, "losses");
    for (uint32_t i = 0; i < a->loss_count; i++) {
        begin_object(w, NULL);
        json_time(w, "from", a->losses[i].from_ns);
        json_time(w, "to", a->losses[i].to_ns);
        put_count(w, "packets", a->losses[i].packets);
        end_object(w);
    }
    end_list(w);
}

/* received = judged + the sum of not_judged + dropped */
void json_account(struct json_writer *w, const struct pp_live_account *a)
{
    begin_object(w, "account");
    put_count(w, "received", a->received);
    put_count(w, "judged", pp_account_judged(a));
    begin_object(w, "not_judged");
    for (unsigned i = 0; i < PP_DECODED_COUNT; i++)
        if (i != PP_DECODED && i != PP_ICMP_ERROR) put_count(w, pp_decoded_name((enum pp_decoded)i), a->by_result[i]);
    put_count(w, "outside_time", a->outside_time);
    put_count(w, "no_room", a->no_room);
    put_count(w, "discarded", a->discarded);
    end_object(w);
    put_count(w, "dropped", a->dropped);
    if (a->interface_known)
        put_count(w, "interface_dropped", a->interface_dropped);
    else
        put_null(w, "interface_dropped");
    put_losses(w, a);
    end_object(w);
}

void json_link_gaps(struct json_writer *w, const struct pp_live_account *a)
{
    if (a->clock_steps) put_count(w, "clock_steps", a->clock_steps);
    put_count(w, "gaps_in_all", a->gaps_in_all);
    begin_list(w, "gaps");
    for (uint32_t i = 0; i < a->gap_count; i++) {
        const struct pp_link_gap *gap = &a->gaps[i];
        begin_object(w, NULL);
        put_string(w, "event", pp_link_event_name(gap->event));
        put_string(w, "interface", gap->name);
        json_time(w, "from", gap->from_ns);
        if (gap->to_ns != PP_NO_FIRST) json_time(w, "to", gap->to_ns);
        end_object(w);
    }
    end_list(w);
}

void json_capture(struct json_writer *w, const struct pp_capture_info *c)
{
    begin_object(w, NULL);
    put_string(w, "name", c->name);
    put_count(w, "bytes", c->bytes);
    put_string(w, "format", c->format);
    if (c->compression) put_string(w, "compression", c->compression);
    begin_list(w, "link_types");
    for (unsigned i = 0; i < c->link_count; i++) {
        char link[LINK_TEXT_MAX];
        snprintf(link, sizeof link, "%s (%u)", pp_link_name(c->link_types[i]), c->link_types[i]);
        put_string(w, NULL, link);
    }
    end_list(w);
    put_count(w, "snap_length", c->snap_length);
    put_count(w, "packets", c->packets);
    json_times(w, c->first_ns, c->last_ns);
    if (c->drops_known)
        put_count(w, "drops", c->drops);
    else
        put_null(w, "drops");
    put_boolean(w, "truncated", c->truncated);
    if (c->filtered) put_count(w, "filtered", c->filtered);
    if (c->out_of_order) put_count(w, "out_of_order", c->out_of_order);
    if (c->failed) put_string(w, "error", c->error.text);
    if (*c->sha256) put_string(w, "sha256", c->sha256);
    if (c->live) {
        json_account(w, &c->account);
        json_link_gaps(w, &c->account);
    }
    end_object(w);
}
