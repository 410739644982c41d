/* What is shown while somebody listens: the status page's document and Prometheus' metrics, without a server. */
#define _POSIX_C_SOURCE 200809L
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "evidence.h"
#include "portproof/report.h"
#include "testing.h"
#include "text.h"

enum { SECOND = 1000000000 };

static bool add_bytes(void *text, const char *bytes, size_t size) { return text_add_bytes(text, bytes, size), true; }

struct listener {
    struct pp_watch *watch;
    struct pp_told *told;
    double rates[PP_ROWS_MAX];
    struct pp_moment moment;
};

static void begin(struct listener *l)
{
    *l = (struct listener){.watch = pp_watch_create(), .told = pp_told_create()};
    l->moment = (struct pp_moment){.watch = l->watch, .told = l->told, .row_rates = l->rates, .refresh_ns = SECOND};
}

static void end(struct listener *l)
{
    pp_watch_destroy(l->watch);
    pp_told_destroy(l->told);
}

static void judge_at(struct listener *l, struct evidence *e, const struct pp_report *window, uint64_t second)
{
    const struct pp_event *events;
    size_t count;
    l->moment.report = judge(e);
    l->moment.at = (pp_time_ns)second * SECOND;
    assert_true(pp_watch_update(l->watch, l->moment.report, window, &events, &count));
    assert_true(pp_told_add(l->told, l->moment.report, events, count, l->moment.at));
}

static const struct pp_report_options options = {.tool_version = "0.0.0"};

static json_t *status(struct listener *l)
{
    struct text text;
    text_init(&text);
    assert_true(pp_status_write(&l->moment, &options, &(struct pp_sink){add_bytes, &text}));
    assert_ptr_equal(strchr(text.bytes, '\n'), text.bytes + text.length - 1); /* on one line */
    json_t *tree = json_loads(text.bytes, JSON_REJECT_DUPLICATES, NULL);
    assert_non_null(tree);
    text_finish(&text);
    return tree;
}

static char *metrics(struct listener *l)
{
    struct text text;
    text_init(&text);
    assert_true(pp_metrics_write(&l->moment, &options, &(struct pp_sink){add_bytes, &text}));
    return text.bytes;
}

static const json_t *row(const json_t *tree, const char *id)
{
    size_t i;
    const json_t *each;
    json_array_foreach(json_object_get(tree, "rows"), i,
                       each) if (strcmp(json_string_value(json_object_get(each, "id")), id) == 0) return each;
    return NULL;
}

static const char *word(const json_t *object, const char *key) { return json_string_value(json_object_get(object, key)); }

TEST(a_row_is_in_the_state_it_is_in_now_and_says_since_when)
{
    struct evidence *e = evidence(SMALL_SITE), *late = evidence(SMALL_SITE);
    struct listener l;
    begin(&l);
    tcp_answered(e, "10.0.1.10", 40000, "10.0.3.6", 389);
    judge_at(&l, e, NULL, 1000);
    json_t *first = status(&l);
    assert_string_equal(word(row(first, "tta-ldap"), "state"), "expected");
    assert_string_equal(word(row(first, "tta-ldap"), "changed"), "1970-01-01T00:16:40.000000000Z");
    assert_null(word(row(first, "tta-ldaps"), "changed"));
    json_decref(first);
    tcp_silent(late, "10.0.1.10", 40001, "10.0.3.6", 389);
    tcp_silent(e, "10.0.1.10", 40001, "10.0.3.6", 389);
    judge_at(&l, e, judge(late), 1010);
    json_t *second = status(&l);
    assert_string_equal(word(row(second, "tta-ldap"), "state"), "blocked");
    assert_string_equal(word(row(second, "tta-ldap"), "overall"), "expected");
    assert_string_equal(word(row(second, "tta-ldap"), "changed"), "1970-01-01T00:16:50.000000000Z");
    json_decref(second);
    char *text = metrics(&l);
    assert_non_null(strstr(text, "portproof_row_state{row=\"tta-ldap\",state=\"blocked\"} 1\n"));
    assert_non_null(strstr(text, "portproof_row_state{row=\"tta-ldap\",state=\"expected\"} 0\n"));
    free(text);
    end(&l);
}

TEST(a_rate_is_what_it_was_given)
{
    struct evidence *e = evidence(SMALL_SITE);
    struct listener l;
    begin(&l);
    judge_at(&l, e, NULL, 1);
    l.rates[0] = 12345.5;
    json_t *tree = status(&l);
    assert_true(json_number_value(json_object_get(json_array_get(json_object_get(tree, "rows"), 0), "packets_per_second")) == 12345.5);
    assert_true(json_number_value(json_object_get(json_array_get(json_object_get(tree, "rows"), 1), "packets_per_second")) == 0);
    json_decref(tree);
    end(&l);
}

/* One new finding a judgement, for longer than events are kept. */
TEST(the_latest_events_are_kept_and_all_are_counted)
{
    struct evidence *e = evidence(SMALL_SITE);
    struct listener l;
    begin(&l);
    for (uint16_t i = 0; i < PP_TOLD_MAX + 20; i++) {
        char from[32];
        snprintf(from, sizeof from, "10.20.1.%u", i % 250 + 1);
        tcp_answered(e, from, 40000, "10.0.1.10", (uint16_t)(20000 + i));
        judge_at(&l, e, NULL, 100 + i);
    }
    json_t *tree = status(&l);
    const json_t *events = json_object_get(tree, "events");
    assert_int_equal(json_array_size(events), PP_TOLD_MAX);
    assert_int_equal(json_integer_value(json_object_get(tree, "events_in_all")), PP_TOLD_MAX + 20 + 1); /* and the first verdict */
    assert_non_null(strstr(word(json_object_get(json_array_get(events, 0), "finding"), "pair"), "20219/tcp"));
    assert_non_null(strstr(word(json_object_get(json_array_get(events, PP_TOLD_MAX - 1), "finding"), "pair"), "20020/tcp"));
    json_decref(tree);
    end(&l);
}

TEST(more_events_at_once_than_are_kept_leave_the_last)
{
    struct evidence *e = evidence(SMALL_SITE);
    struct listener l;
    begin(&l);
    for (uint16_t i = 0; i < 3 * PP_TOLD_MAX; i++) tcp_answered(e, "10.20.1.1", 40000, "10.0.1.10", (uint16_t)(20000 + i));
    judge_at(&l, e, NULL, 100);
    json_t *tree = status(&l);
    assert_int_equal(json_array_size(json_object_get(tree, "events")), PP_TOLD_MAX);
    assert_int_equal(json_integer_value(json_object_get(tree, "events_in_all")), 3 * PP_TOLD_MAX + 1);
    assert_int_equal(json_array_size(json_object_get(tree, "findings")), 200);
    assert_int_equal(json_integer_value(json_object_get(tree, "findings_in_all")), 3 * PP_TOLD_MAX);
    json_decref(tree);
    end(&l);
}

TEST(labels_of_metrics_are_escaped)
{
    struct evidence *e = evidence(SMALL_SITE);
    struct listener l;
    begin(&l);
    tcp_answered(e, "10.20.1.1", 40000, "10.0.1.10", 5307);
    e->captures[0].name = "a\"b\\c\nd\xff";
    e->captures[0].live = true;
    judge_at(&l, e, NULL, 100);
    char *text = metrics(&l);
    assert_non_null(strstr(text, "portproof_interface_received_packets_total{interface=\"a\\\"b\\\\c\\\\x0ad\\\\xff\"} 0\n"));
    free(text);
    end(&l);
}

/* Every line is a comment of a metric that follows, or a sample of the metric whose comments stand above it. */
TEST(every_sample_stands_below_its_help_and_type)
{
    struct evidence *e = evidence(SMALL_SITE);
    struct listener l;
    begin(&l);
    tcp_answered(e, "10.20.1.1", 40000, "10.0.1.10", 5307);
    e->captures[0].live = true;
    judge_at(&l, e, NULL, 100);
    char *text = metrics(&l), name[128] = "", *rest = NULL;
    unsigned samples = 0;
    for (char *line = strtok_r(text, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
        if (strncmp(line, "# HELP ", 7) == 0)
            snprintf(name, sizeof name, "%.*s", (int)strcspn(line + 7, " "), line + 7);
        else if (strncmp(line, "# TYPE ", 7) == 0)
            assert_memory_equal(line + 7, name, strlen(name));
        else {
            assert_int_equal(strcspn(line, "{ "), strlen(name));
            assert_memory_equal(line, name, strlen(name));
            samples++;
        }
    }
    assert_true(samples > 250);
    free(text);
    end(&l);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_row_is_in_the_state_it_is_in_now_and_says_since_when),
        cmocka_unit_test(a_rate_is_what_it_was_given),
        cmocka_unit_test(the_latest_events_are_kept_and_all_are_counted),
        cmocka_unit_test(more_events_at_once_than_are_kept_leave_the_last),
        cmocka_unit_test(labels_of_metrics_are_escaped),
        cmocka_unit_test(every_sample_stands_below_its_help_and_type),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
