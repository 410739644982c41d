/* What a report of an earlier run left open. The report is a file that somebody hands in: nothing in it is believed to be as it should. */
#include <string.h>

#include "builder.h"
#include "error.h"
#include "saved.h"
#include "text.h"

enum { WORD_MAX = 80 };

static const char *open_state(const json_t *edge)
{
    const char *state = saved_string(edge, "state");
    if (!json_is_true(json_object_get(edge, "due"))) return NULL;
    return strcmp(state, "missing") == 0 ? "missing" : strcmp(state, "not-observable") == 0 ? "not-observable" : NULL;
}

static bool add_row(struct plan_builder *b, const json_t *row, struct pp_error *error)
{
    const char *id = saved_string(row, "id");
    uint16_t number = pp_spec_find_row(b->out->spec, id);
    size_t i;
    json_t *edge;
    if (number == PP_NONE) {
        char safe[WORD_MAX];
        if (!*id) id = "without a name";
        escape_into(safe, sizeof safe, id, strlen(id));
        return error_at(error, 0, 0, "row %s, which the rules do not have; expected a report made with the same rules", safe);
    }
    if (test_plan_skips(b->out->spec, number)) return true;
    json_array_foreach(json_object_get(row, "edges"), i, edge)
    {
        json_int_t port = json_integer_value(json_object_get(edge, "port"));
        struct open_edge open = {.row = number, .state = open_state(edge), .port = port > 0 && port <= UINT16_MAX ? (uint16_t)port : 0};
        if (!open.state) continue;
        open.from = test_plan_safe(b, saved_string(json_object_get(edge, "from"), "name"));
        open.to = test_plan_safe(b, saved_string(json_object_get(edge, "to"), "name"));
        if (!test_plan_add(b, &open)) return error_at(error, 0, 0, "out of memory");
    }
    return true;
}

struct pp_test_plan *pp_test_plan_of_report(const struct pp_spec *spec, const struct pp_site *site, const char *json, size_t size,
                                            struct pp_error *error)
{
    struct plan_builder b;
    json_t *report = saved_load(json, size, error), *row;
    size_t i;
    bool ok = true;
    if (!report) return NULL;
    if (!test_plan_begin(&b, spec, site)) {
        json_decref(report);
        return error_at(error, 0, 0, "out of memory"), NULL;
    }
    b.out->of_report = true;
    json_array_foreach(json_object_get(report, "rows"), i, row) ok = ok && add_row(&b, row, error);
    json_decref(report);
    struct pp_test_plan *plan = test_plan_end(&b);
    if (!plan) error_at(error, 0, 0, "out of memory");
    if (!ok) pp_test_plan_destroy(plan);
    return ok ? plan : NULL;
}
