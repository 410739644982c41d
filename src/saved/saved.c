#include "saved.h"

#include <string.h>

#include "error.h"
#include "portproof/spec.h"
#include "text.h"

const char *saved_string(const json_t *object, const char *key)
{
    const char *value = json_string_value(json_object_get(object, key));
    return value ? value : "";
}

json_t *saved_load(const char *bytes, size_t size, struct pp_error *error)
{
    enum { WORDS_MAX = 200, SCHEMA_MAX = 80 };
    json_error_t problem;
    char safe[WORDS_MAX];
    json_t *report = json_loadb(bytes, size, JSON_REJECT_DUPLICATES, &problem);
    if (!report) {
        escape_into(safe, sizeof safe, problem.text, strlen(problem.text));
        error_at(error, problem.line > 0 ? (uint32_t)problem.line : 1, problem.column > 0 ? (uint32_t)problem.column : 1,
                 "not JSON: %s; expected a report that portproof wrote with --format json", safe);
        return NULL;
    }
    const char *schema = saved_string(report, "schema");
    const size_t rows = json_array_size(json_object_get(report, "rows"));
    const bool is_report = strcmp(schema, "portproof/report/1") == 0 && json_is_array(json_object_get(report, "rows")) &&
                           json_is_array(json_object_get(report, "findings"));
    if (is_report && rows <= PP_ROWS_MAX) return report;
    if (!*schema) schema = "none";
    escape_into(safe, SCHEMA_MAX, schema, strlen(schema));
    if (is_report) /* whoever reads them looks for rows one by one */
        error_at(error, 0, 0, "%zu rows; expected a report of at most %d", rows, PP_ROWS_MAX);
    else
        error_at(error, 0, 0, "schema %s, or no rows and findings; expected a report of schema portproof/report/1", safe);
    json_decref(report);
    return NULL;
}
