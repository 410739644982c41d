/* What would put right what a report found: open what is blocked on the way, close what got through. The report is a file that somebody
 * hands in: nothing in it is believed to be as it should. */
#include <string.h>

#include "address.h"
#include "error.h"
#include "request.h"
#include "saved.h"

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

static bool add_note_of(struct request_builder *b, const json_t *finding, const char *why)
{
    return request_note(b, "no rule for %s %s, %s: %s", saved_string(finding, "kind"), saved_string(finding, "row"),
                        saved_string(finding, "brief"), why);
}

static bool add_finding(struct request_builder *b, const json_t *finding)
{
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
    if (pairs > 1 && !request_note(b, "%d pairs of addresses were blocked here, of which the next rule opens one; see rules export",
                                   pairs > INT32_MAX ? INT32_MAX : (int)pairs))
        return false;
    if (initiators > 1 &&
        !request_note(b, "%d initiators were seen, of whom the next rule stops one", initiators > INT32_MAX ? INT32_MAX : (int)initiators))
        return false;
    struct pp_request_line *line = request_add(b);
    if (line) *line = rule;
    return line != NULL;
}

struct pp_request *pp_request_of_report(const char *json, size_t size, struct pp_error *error)
{
    struct request_builder b;
    json_t *report = saved_load(json, size, error), *finding;
    size_t i;
    bool ok = true;
    if (!report) return NULL;
    error_at(error, 0, 0, "out of memory");
    if (!request_begin(&b)) return json_decref(report), NULL;
    b.out->proposal = true;
    json_array_foreach(json_object_get(report, "findings"), i, finding) ok = ok && add_finding(&b, finding);
    json_decref(report);
    struct pp_request *request = request_end(&b);
    if (ok) return request;
    pp_request_destroy(request);
    return NULL;
}
