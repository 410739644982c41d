/* Unexpected flows that got through, on one side and not on the other. */
#include <string.h>

#include "comparison.h"

static bool is_hole(const json_t *finding)
{
    return strcmp(saved_string(finding, "kind"), "unexpected") == 0 && json_is_true(json_object_get(finding, "got_through"));
}

/* Names where there are any, else addresses: what stays the same across a move. */
static const char *end_of(struct builder *b, const json_t *finding, const char *end, bool before)
{
    const json_t *party = json_object_get(finding, end);
    const char *name = host_name(b, party, before), *address = member(b, party, "address");
    return *name ? name : *address ? address : "anybody";
}

static const char *hole_text(struct builder *b, const json_t *finding, bool before)
{
    return arena_words(b->arena, "%s -> %s %s %s", end_of(b, finding, "initiator", before), end_of(b, finding, "responder", before),
                       service_of(b, finding), member(b, finding, "reason"));
}

static bool name_holes(struct builder *b, unsigned side, struct names *names)
{
    const json_t *findings = json_object_get(b->report[side], "findings");
    size_t i;
    json_t *finding;
    if (!names_init(b, names, json_array_size(findings))) return false;
    json_array_foreach(findings, i, finding)
    {
        if (!is_hole(finding)) continue;
        struct known one = {hole_text(b, finding, side == 0), "", finding};
        if (!one.name) return false;
        names->in_order[names->count++] = one;
    }
    names_sort(names);
    return true;
}

static const char *old_host_of(const struct builder *b, const json_t *finding)
{
    struct old_holder holder;
    if (old_holder_of(b, saved_string(json_object_get(finding, "responder"), "address"), &holder)) return holder.name;
    return old_holder_of(b, saved_string(json_object_get(finding, "initiator"), "address"), &holder) ? holder.name : "";
}

static bool add_hole(struct builder *b, const char *text, const json_t *finding, bool opened)
{
    struct pp_comparison *out = b->out;
    struct pp_hole *holes = next_item(b, out->holes, &out->hole_count, sizeof *holes);
    if (!holes) return false;
    out->holes = holes;
    holes[out->hole_count - 1] = (struct pp_hole){.text = text,
                                                  .from = end_of(b, finding, "initiator", !opened),
                                                  .to = end_of(b, finding, "responder", !opened),
                                                  .from_shown = party_shown(b, json_object_get(finding, "initiator")),
                                                  .to_shown = party_shown(b, json_object_get(finding, "responder")),
                                                  .service = service_of(b, finding),
                                                  .reason = member(b, finding, "reason"),
                                                  .row = member(b, finding, "nearest_row"),
                                                  .why = member(b, finding, "brief"),
                                                  .old_host = opened ? old_host_of(b, finding) : "",
                                                  .opened = opened};
    if (opened)
        out->opened++;
    else
        out->closed++;
    return true;
}

/* Those that only one side has, each once: opened ones first, in the order of the report. */
bool compare_holes(struct builder *b)
{
    struct names holes[2];
    if (!name_holes(b, 0, &holes[0]) || !name_holes(b, 1, &holes[1])) return false;
    for (unsigned n = 2; n > 0; n--) {
        const unsigned side = n - 1;
        for (size_t i = 0; i < holes[side].count; i++) {
            const struct known *hole = &holes[side].in_order[i];
            struct known *one = names_find(&holes[side], hole->name);
            if (*one->state) continue;
            one->state = "told";
            if (!names_find(&holes[!side], hole->name) && !add_hole(b, hole->name, hole->what, side == 1)) return false;
        }
    }
    return true;
}
