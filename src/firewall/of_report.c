/* What would put right what a report found: open what is blocked on the way, close what got through. The report is a file that somebody
 * hands in: nothing in it is believed to be as it should. */
#include <jansson.h>
#include <string.h>

#include "address.h"
#include "error.h"
#include "request.h"

enum { WORDS_MAX = 200, WORD_MAX = 80 };

static const char *string(const json_t *object, const char *key)
{
    const char *value = json_string_value(json_object_get(object, key));
    return value ? value : "";
}

static json_t *load(const char *bytes, size_t size, struct pp_error *error)
{
    json_error_t problem;
    char safe[WORDS_MAX];
    json_t *report = json_loadb(bytes, size, JSON_REJECT_DUPLICATES, &problem);
    if (!report) {
        escape_into(safe, sizeof safe, problem.text, strlen(problem.text));
        error_at(error, problem.line > 0 ? (uint32_t)problem.line : 1, problem.column > 0 ? (uint32_t)problem.column : 1,
                 "not JSON: %s; expected a report that portproof wrote with --format json", safe);
        return NULL;
    }
    const char *schema = string(report, "schema");
    if (strcmp(schema, "portproof/report/1") == 0 && json_is_array(json_object_get(report, "rows")) &&
        json_is_array(json_object_get(report, "findings")))
        return report;
    escape_into(safe, WORD_MAX, *schema ? schema : "none", strlen(*schema ? schema : "none"));
    error_at(error, 0, 0, "schema %s, or no rows and findings; expected a report of schema portproof/report/1", safe);
    json_decref(report);
    return NULL;
}

bool pp_report_rows_seen(const struct pp_spec *spec, const char *json, size_t size, bool *seen, struct pp_error *error)
{
    json_t *report = load(json, size, error), *row;
    size_t i;
    if (!report) return false;
    json_array_foreach(json_object_get(report, "rows"), i, row)
    {
        uint16_t number = pp_spec_find_row(spec, string(row, "id"));
        if (number != PP_NONE) seen[number] = json_integer_value(json_object_get(row, "flows")) > 0;
    }
    json_decref(report);
    return true;
}

static bool read_end(struct request_builder *b, const json_t *party, struct pp_rule_end *end)
{
    struct pp_address address;
    if (!address_parse(string(party, "address"), &address)) return false;
    end->name = arena_copy(b->arena, string(party, "name"), strlen(string(party, "name")));
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
    const char *transport = string(finding, "transport"), *row = string(finding, "row"), *reason = string(finding, "brief");
    *rule = (struct pp_request_line){.accepts = blocked, .transport = strcmp(transport, "udp") == 0 ? PP_UDP : PP_TCP};
    if (!*row) row = string(finding, "nearest_row");
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
    return request_note(b, "no rule for %s %s, %s: %s", string(finding, "kind"), string(finding, "row"), string(finding, "brief"), why);
}

static bool add_finding(struct request_builder *b, const json_t *finding)
{
    bool blocked = strcmp(string(finding, "kind"), "blocked") == 0;
    bool open = strcmp(string(finding, "kind"), "unexpected") == 0 && json_is_true(json_object_get(finding, "got_through"));
    json_int_t pairs = json_integer_value(json_object_get(finding, "pairs"));
    json_int_t initiators = json_integer_value(json_object_get(finding, "initiators"));
    struct pp_request_line rule;
    if (!blocked && !open) return true;
    if (blocked && strcmp(string(finding, "action"), "open") != 0) return add_note_of(b, finding, "a firewall does not put that right");
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
    json_t *report = load(json, size, error), *finding;
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
