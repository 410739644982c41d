/* What would put right what a report found: open what is blocked on the way, close what got through. The report is a file that somebody
 * hands in: nothing in it is believed to be as it should.
 *
 * The report has one pair of addresses of a blocked edge, the worst. With the site at hand the rule is the edge's: each side that the edge
 * names with all its addresses of the pair's family, a side that coverage leaves open with all who may stand there. What is to be closed
 * was one pair, with or without a site. */
#include <string.h>

#include "address.h"
#include "error.h"
#include "saved.h"
#include "site_rules.h"

bool pp_report_rows_seen(const struct pp_spec *spec, const char *json, size_t size, bool *seen, struct pp_error *error)
{
    json_t *report = saved_load(json, size, error), *row;
    size_t i;
    if (!report) return false;
    json_array_foreach(json_object_get(report, "rows"), i, row)
    {
        uint16_t number = pp_spec_find_row(spec, saved_string(row, "id"));
        if (number != PP_NONE) seen[number] = json_integer_value(json_object_get(row, "flows")) > 0;
    }
    json_decref(report);
    return true;
}

static bool read_end(struct request_builder *b, const json_t *party, struct pp_rule_end *end)
{
    struct pp_address address;
    if (!address_parse(saved_string(party, "address"), &address)) return false;
    end->name = arena_copy(b->arena, saved_string(party, "name"), strlen(saved_string(party, "name")));
    end->prefixes = arena_alloc(b->arena, sizeof *end->prefixes);
    if (!end->prefixes) return false;
    end->prefixes[0] = (struct pp_prefix){address, address.family == PP_IPV4 ? 32 : 128};
    end->count = 1;
    return true;
}

/* The rule of a finding; false when it does not have the addresses and the port that one needs. */
static bool read_rule(struct request_builder *b, const json_t *finding, bool blocked, struct pp_request_line *rule)
{
    const json_t *responder = json_object_get(finding, "responder");
    json_int_t port = json_integer_value(json_object_get(responder, "port"));
    const char *transport = saved_string(finding, "transport"), *row = saved_string(finding, "row"),
               *reason = saved_string(finding, "brief");
    *rule = (struct pp_request_line){.accepts = blocked, .transport = strcmp(transport, "udp") == 0 ? PP_UDP : PP_TCP};
    if (!*row) row = saved_string(finding, "nearest_row");
    if (port <= 0 || port > UINT16_MAX || (strcmp(transport, "udp") != 0 && strcmp(transport, "tcp") != 0)) return false;
    rule->ports = (struct pp_ports){.count = 1, .ranges[0] = {(uint16_t)port, (uint16_t)port, 1}};
    rule->row = arena_copy(b->arena, row, strlen(row));
    rule->reason = arena_copy(b->arena, reason, strlen(reason));
    return read_end(b, json_object_get(finding, blocked ? "tried_by" : "initiator"), &rule->from) &&
           read_end(b, blocked ? json_object_get(finding, "tried_at") : responder, &rule->to) &&
           rule->from.prefixes[0].address.family == rule->to.prefixes[0].address.family;
}

/* --- the edge behind the pair -------------------------------------------------------------------------------------------------- */

struct fix {
    struct request_builder *builder;
    struct site_rules site; /* .site NULL: none given */
};

/* The host of the site that has an address of the report; PP_NONE. */
static uint16_t host_of(const struct fix *fix, const struct pp_rule_end *end)
{
    return pp_site_find(fix->site.site, &end->prefixes[0].address).host;
}

static bool names_side(const json_t *finding, const char *side) { return *saved_string(json_object_get(finding, side), "name") != '\0'; }

/* Both sides as the row has them between those who tried; a side that is left open is everybody's whom the other may talk to. Where both
 * are, whoever tried is enough: one edge is all that the row needs then. */
static bool fill_edge(const struct fix *fix, const json_t *finding, uint16_t row, struct pp_request_line *rule)
{
    const struct site_rules *s = &fix->site;
    uint16_t from = host_of(fix, &rule->from), to = host_of(fix, &rule->to);
    enum pp_family family = rule->from.prefixes[0].address.family;
    bool any_from = !names_side(finding, "initiator"), any_to = !names_side(finding, "responder");
    if (any_from == any_to) any_from = any_to = false;
    bool ok = any_from ? site_end_of_sources(s, row, to, family, &rule->from) : site_end_of_host(s, from, family, &rule->from);
    return ok && (any_to ? site_end_of_destinations(s, row, from, family, &rule->to) : site_end_of_host(s, to, family, &rule->to));
}

/* A rule made of the pair becomes the edge's. What the site does not know stays as the report has it, and that is said. */
static bool widen(const struct fix *fix, const json_t *finding, struct pp_request_line *rule)
{
    uint16_t row = pp_spec_find_row(fix->site.spec, rule->row), from = host_of(fix, &rule->from), to = host_of(fix, &rule->to);
    bool known = row != PP_NONE && from != PP_NONE && to != PP_NONE && fix->site.spec->rows[row].transport == rule->transport;
    if (!known || !site_may_pass(&fix->site, row, from, to))
        return request_note(fix->builder, "by this site %s does not join the two: the next rule opens what the report has, one pair",
                            rule->row);
    const struct pp_row *r = &fix->site.spec->rows[row];
    if (!fill_edge(fix, finding, row, rule)) return false;
    rule->one_way = r->one_way;
    if (!r->wide) {
        rule->ports = r->ports;
        return true;
    }
    return request_note(fix->builder,
                        "%s has %u ports, of which the next rule opens the one that was tried; narrow them in the site file (ports)", r->id,
                        pp_ports_size(&r->ports));
}

static bool says_so(const struct fix *fix, bool blocked, json_int_t pairs, json_int_t initiators)
{
    if (blocked && pairs > 1 && !fix->site.site)
        return request_note(fix->builder,
                            "%d pairs of addresses were blocked here, of which the next rule opens one; --site FILE opens all",
                            pairs > INT32_MAX ? INT32_MAX : (int)pairs);
    return initiators <= 1 || request_note(fix->builder, "%d initiators were seen, of whom the next rule stops one",
                                           initiators > INT32_MAX ? INT32_MAX : (int)initiators);
}

/* --- a finding --------------------------------------------------------------------------------------------------------------- */

static bool add_note_of(struct request_builder *b, const json_t *finding, const char *why)
{
    return request_note(b, "no rule for %s %s, %s: %s", saved_string(finding, "kind"), saved_string(finding, "row"),
                        saved_string(finding, "brief"), why);
}

static bool add_finding(const struct fix *fix, const json_t *finding)
{
    struct request_builder *b = fix->builder;
    bool blocked = strcmp(saved_string(finding, "kind"), "blocked") == 0;
    bool open = strcmp(saved_string(finding, "kind"), "unexpected") == 0 && json_is_true(json_object_get(finding, "got_through"));
    json_int_t pairs = json_integer_value(json_object_get(finding, "pairs"));
    json_int_t initiators = json_integer_value(json_object_get(finding, "initiators"));
    struct pp_request_line rule;
    if (!blocked && !open) return true;
    if (blocked && strcmp(saved_string(finding, "action"), "open") != 0)
        return add_note_of(b, finding, "a firewall does not put that right");
    if (!read_rule(b, finding, blocked, &rule))
        return add_note_of(b, finding, "the report has no single pair of addresses and port for it");
    if (!says_so(fix, blocked, pairs, initiators)) return false;
    if (blocked && fix->site.site && !widen(fix, finding, &rule)) return false;
    struct pp_request_line *line = request_add(b);
    if (line) *line = rule;
    return line != NULL;
}

/* Whatever was tried and is not off may pass: with a feature on auto it is due because it was tried. */
static bool know_site(struct fix *fix, const struct pp_spec *spec, const struct pp_site *site)
{
    bool *tried = arena_alloc(fix->builder->arena, (spec->row_count + 1u) * sizeof *tried);
    if (!tried) return false;
    for (uint16_t r = 0; r < spec->row_count; r++) tried[r] = true;
    fix->site = site_rules_of(fix->builder, spec, site, tried);
    return true;
}

static bool note_other_site(const struct fix *fix, const json_t *report)
{
    const char *judged_by = saved_string(json_object_get(report, "site"), "sha256");
    return strcmp(judged_by, fix->site.site->sha256) == 0 ||
           request_note(fix->builder, "warning: this is not the site file that the report was judged by; the rules are those of this one");
}

struct pp_request *pp_request_of_report(const char *json, size_t size, const struct pp_spec *spec, const struct pp_site *site,
                                        struct pp_error *error)
{
    struct request_builder b;
    struct fix fix = {.builder = &b};
    json_t *report = saved_load(json, size, error), *finding;
    size_t i;
    if (!report) return NULL;
    error_at(error, 0, 0, "out of memory");
    if (!request_begin(&b)) return json_decref(report), NULL;
    b.out->proposal = true;
    bool ok = !site || (know_site(&fix, spec, site) && note_other_site(&fix, report));
    for (int pass = site ? 0 : 1; pass < 2; pass++) /* a rule for a whole prefix must not let pass what another stops */
        json_array_foreach(json_object_get(report, "findings"), i, finding)
        {
            bool blocked = strcmp(saved_string(finding, "kind"), "blocked") == 0;
            if (!site || blocked == (pass == 1)) ok = ok && add_finding(&fix, finding);
        }
    ok = ok && (!site || site_warn_of_inner_hosts(&fix.site));
    json_decref(report);
    struct pp_request *request = request_end(&b);
    if (ok) return request;
    pp_request_destroy(request);
    return NULL;
}
