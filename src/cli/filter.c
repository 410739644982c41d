#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"
#include "portproof/places.h"
#include "text.h"

static void add_place(struct text *out, const struct pp_spec *spec, const struct pp_site *site, const struct pp_place *place, size_t number)
{
    text_printf(out, "%2zu  on ", number);
    if (place->host == PP_NONE)
        text_add(out, "a client's own loopback interface");
    else {
        const char *name = pp_site_host_name(site, place->host);
        if (site->hosts[place->host].is_prefix) text_add(out, "each host of ");
        text_add_escaped(out, name, strlen(name));
        text_add(out, ", or on a mirror port in front of it");
    }
    text_printf(out, ": %u possible connection%s%s, on the rows\n      ", place->edges, place->edges == 1 ? "" : "s",
                number > 1 ? " that no place above sees" : "");
    unsigned n = 0;
    for (uint16_t r = 0; r < spec->row_count; r++)
        if (pp_row_set_has(&place->rows, r)) text_printf(out, n++ ? ", %s" : "%s", spec->rows[r].id);
    text_add(out, "\n");
}

/* Without a site file: what the filter leaves out, and what to do about it. */
static void add_advice(struct text *out, const struct pp_spec *spec)
{
    unsigned n = 0;
    text_add(out, "\n");
    for (uint16_t r = 0; r < spec->row_count; r++)
        if (spec->rows[r].wide) text_printf(out, n++ ? ", %s" : "Not in it, for they have too many ports: %s", spec->rows[r].id);
    if (n) text_add(out, ".\n");
    text_add(out, "With --site FILE the filter follows the hosts, and so sees every row and unexpected ports too, and the places to\n"
                  "capture at are named.\n");
}

static json_t *json_place(const struct pp_spec *spec, const struct pp_site *site, const struct pp_place *place)
{
    json_t *o = json_object(), *rows = json_array();
    if (place->host == PP_NONE)
        json_object_set_new(o, "loopback", json_true());
    else
        json_object_set_new(o, "host", json_string(show(pp_site_host_name(site, place->host))));
    for (uint16_t r = 0; r < spec->row_count; r++)
        if (pp_row_set_has(&place->rows, r)) json_array_append_new(rows, json_string(spec->rows[r].id));
    json_object_set_new(o, "rows", rows);
    json_object_set_new(o, "edges", json_integer(place->edges));
    return o;
}

static void render(struct text *out, const char *format, const struct pp_spec *spec, const struct pp_site *site, const char *filter,
                   const struct pp_place *places, size_t count)
{
    if (strcmp(format, "json") == 0) {
        json_t *o = json_object(), *list = json_array();
        json_object_set_new(o, "filter", json_string(filter));
        for (size_t i = 0; i < count; i++) json_array_append_new(list, json_place(spec, site, &places[i]));
        json_object_set_new(o, "places", list);
        char *bytes = json_dumps(o, JSON_INDENT(2));
        text_add(out, bytes ? bytes : "");
        free(bytes);
        json_decref(o);
    } else
        text_add(out, filter);
    text_add(out, "\n");
    if (strcmp(format, "text") != 0) return;
    if (!site) {
        add_advice(out, spec);
        return;
    }
    text_add(out, "\nWhere to capture, so that every due row is seen:\n");
    for (size_t i = 0; i < count; i++) add_place(out, spec, site, &places[i], i + 1);
}

int run_filter(struct arguments *a)
{
    const char *format = a->format ? a->format : "text";
    if (strcmp(format, "text") != 0 && strcmp(format, "bpf") != 0 && strcmp(format, "json") != 0)
        return complain("--format %s: expected text, bpf or json", show(format)), EXIT_INPUT;
    if (a->operand_count) return complain("filter: %s: expected no operand", show(a->operands[0])), EXIT_INPUT;
    struct pp_spec *spec = load_rules(a);
    struct pp_site *site = NULL;
    int status = EXIT_INPUT;
    if (spec && load_site(a, spec, &site)) {
        struct pp_spec *effective = effective_rules(spec, site);
        char *filter = NULL;
        struct pp_place *places = NULL;
        size_t count = 0;
        struct text out;
        text_init(&out);
        if (effective && pp_capture_filter(effective, site, &filter) && (!site || pp_places(effective, site, &places, &count))) {
            render(&out, format, effective, site, filter, places, count);
            if (!out.failed && write_out(a, out.bytes, out.length)) status = EXIT_OK;
        } else
            complain("out of memory");
        text_finish(&out);
        free(filter);
        free(places);
        pp_spec_destroy(effective);
    }
    pp_site_destroy(site);
    pp_spec_destroy(spec);
    return status;
}
