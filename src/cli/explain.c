#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"
#include "ports.h"
#include "text.h"

struct question {
    const struct pp_spec *spec;
    const struct pp_site *site; /* or NULL */
    uint16_t port;
    bool tcp, udp;
};

static bool asks(const struct question *q, enum pp_transport transport) { return transport == PP_TCP ? q->tcp : q->udp; }

static bool row_holds(const struct question *q, const struct pp_row *row)
{
    return asks(q, row->transport) && pp_ports_hold(&row->ports, row->transport, q->port);
}

static bool companion_holds(const struct question *q, const struct pp_companion *c)
{
    return (q->tcp && pp_ports_hold(&c->ports, PP_TCP, q->port)) || (q->udp && pp_ports_hold(&c->ports, PP_UDP, q->port));
}

/* Words of the rules file, which may hold anything. */
static void add_words(struct text *out, const char *words) { text_add_escaped(out, words, strlen(words)); }

static bool append(void *text, const char *bytes, size_t size)
{
    text_add_bytes(text, bytes, size);
    return true;
}

static void explain_text(struct text *out, const struct question *q)
{
    unsigned rows = 0;
    const struct pp_sink sink = {append, out};
    text_printf(out, "%u%s\n", q->port, q->tcp && q->udp ? "" : q->tcp ? "/tcp" : "/udp");
    for (uint16_t r = 0; r < q->spec->row_count; r++) {
        if (!row_holds(q, &q->spec->rows[r])) continue;
        text_add(out, "\n");
        out->failed |= !pp_row_explain(q->spec, q->site, r, &sink);
        rows++;
    }
    if (!rows) text_printf(out, "\n  On no row of %s: whoever uses it between hosts of this list is unexpected.\n", q->spec->name);
    for (uint16_t c = 0; c < q->spec->companion_count; c++) {
        const struct pp_companion *companion = &q->spec->companions[c];
        if (!companion_holds(q, companion)) continue;
        text_printf(out, "\n  companion %s: ", companion->name);
        add_words(out, companion->title);
        if (companion->beside != PP_NONE) text_printf(out, "; seen beside %s", q->spec->rows[companion->beside].id);
        text_add(out, "\n    Labelled in reports, never excused: a waiver in the site file does that.\n");
    }
}

static void explain_json(struct text *out, const struct question *q)
{
    json_t *o = json_object(), *rows = json_array(), *companions = json_array();
    for (uint16_t r = 0; r < q->spec->row_count; r++) {
        const struct pp_row *row = &q->spec->rows[r];
        if (!row_holds(q, row)) continue;
        json_array_append_new(rows, json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:b}", "id", row->id, "from",
                                              q->spec->roles[row->from].name, "to", q->spec->roles[row->to].name, "transport",
                                              pp_transport_name(row->transport), "ports", row->ports_text, "feature",
                                              q->spec->features[row->feature].name, "purpose", row->purpose, "wide", row->wide));
    }
    for (uint16_t c = 0; c < q->spec->companion_count; c++)
        if (companion_holds(q, &q->spec->companions[c]))
            json_array_append_new(companions,
                                  json_pack("{s:s, s:s}", "name", q->spec->companions[c].name, "title", q->spec->companions[c].title));
    json_object_set_new(o, "port", json_integer(q->port));
    json_object_set_new(o, "rows", rows);
    json_object_set_new(o, "companions", companions);
    char *bytes = json_dumps(o, JSON_INDENT(2) | JSON_ENSURE_ASCII);
    text_add(out, bytes ? bytes : "");
    text_add(out, "\n");
    free(bytes);
    json_decref(o);
}

static bool parse_question(const char *text, struct question *q)
{
    struct pp_ports ports;
    const char *found, *expected;
    if (!ports_parse(text, &ports, &found, &expected)) return complain("%s: expected %s, as in 5427/tcp", show(text), expected), false;
    if (pp_ports_size(&ports) != 1) return complain("%s: more than one port; expected one, such as 5427/tcp", show(text)), false;
    *q = (struct question){.port = ports.ranges[0].first, .tcp = ports.tcp, .udp = ports.udp};
    return true;
}

int run_explain(struct arguments *a)
{
    struct question q;
    const char *format = a->format ? a->format : "text";
    if (strcmp(format, "text") != 0 && strcmp(format, "json") != 0)
        return complain("--format %s: expected text or json", show(format)), EXIT_INPUT;
    if (a->operand_count != 1) return complain("explain: expected one port, such as 5427/tcp"), EXIT_INPUT;
    if (!parse_question(a->operands[0], &q)) return EXIT_INPUT;
    struct pp_spec *spec = load_rules(a);
    struct pp_site *site = NULL;
    int status = EXIT_INPUT;
    if (spec && load_site(a, spec, &site)) {
        struct pp_spec *effective = effective_rules(spec, site);
        q.spec = effective;
        q.site = site;
        struct text out;
        text_init(&out);
        if (effective && strcmp(format, "json") == 0) explain_json(&out, &q);
        if (effective && strcmp(format, "text") == 0) explain_text(&out, &q);
        if (effective && !out.failed && write_out(a, out.bytes, out.length)) status = EXIT_OK;
        text_finish(&out);
        pp_spec_destroy(effective);
    }
    pp_site_destroy(site);
    pp_spec_destroy(spec);
    return status;
}
