/* --listen: at every judgement all documents are made, whole, and put on the shelf; who asks is handed what is there. So nobody who asks
 * ever touches the report, or makes anything happen. */
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "digest.h"
#include "http.h"
#include "listen_at.h"
#include "monitor.h"
#include "text.h"

extern const char status_page[];
extern const size_t status_page_size;

enum place { PAGE, STATUS, METRICS, REPORT_JSON, REPORT_HTML };
_Static_assert(REPORT_HTML + 1 == SHELF_PLACES, "a place for each document");
enum { STALE_REFRESHES = 3, STALE_LEAST_S = 30 }; /* without a judgement for so long: /healthz says that something hangs */

struct listen {
    bool quiet;
    uint64_t refresh_ns;
    pp_time_ns since;
    struct listen_at at;
    struct shelf shelf;
    struct http *http;
    struct pp_told *told;
    struct text page_policy, report_policy; /* Content-Security-Policy of the two pages */
    struct pp_report_options options;
};

/* --- what a page may do -------------------------------------------------------------------------------------------------------- */

/* The page's own <style> or <script>, by its hash: no other is ever run. Nothing where it has none. */
static void add_source(struct text *policy, const char *page, const char *tag, const char *directive)
{
    char open[16], close[16], hash[DIGEST_BASE64_SIZE];
    snprintf(open, sizeof open, "<%s>", tag);
    snprintf(close, sizeof close, "</%s>", tag);
    const char *begin = strstr(page, open), *end = begin ? strstr(begin, close) : NULL;
    if (!end) return;
    begin += strlen(open);
    sha256_base64(begin, (size_t)(end - begin), hash);
    text_printf(policy, "; %s 'sha256-%s'", directive, hash);
}

static void make_policy(struct text *policy, const char *page)
{
    text_add(policy, "default-src 'none'");
    add_source(policy, page, "style", "style-src");
    add_source(policy, page, "script", "script-src");
    text_add(policy, "; connect-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'");
}

/* --- the documents --------------------------------------------------------------------------------------------------------------- */

static bool add_bytes(void *text, const char *bytes, size_t size)
{
    text_add_bytes(text, bytes, size);
    return !((struct text *)text)->failed;
}

static bool put(struct listen *these, enum place place, const char *type, struct text *policy, struct text *document)
{
    return shelf_put(&these->shelf, place, type, policy ? policy->bytes : NULL, document);
}

static bool put_page(struct listen *these)
{
    struct text page;
    text_init(&page);
    text_add_bytes(&page, status_page, status_page_size);
    make_policy(&these->page_policy, status_page);
    return !these->page_policy.failed && put(these, PAGE, "text/html; charset=utf-8", &these->page_policy, &page);
}

static bool put_reports(struct listen *these, const struct pp_report *report)
{
    struct text json, html;
    text_init(&json);
    text_init(&html);
    bool ok = pp_report_send(report, "json", &these->options, &(struct pp_sink){add_bytes, &json});
    ok = put(these, REPORT_JSON, "application/json", NULL, &json) && ok;
    ok = pp_report_send(report, "html", &these->options, &(struct pp_sink){add_bytes, &html}) && ok;
    if (html.bytes && !these->report_policy.length) make_policy(&these->report_policy, html.bytes); /* its style is always the same */
    return put(these, REPORT_HTML, "text/html; charset=utf-8", &these->report_policy, &html) && ok;
}

/* Without the memory for a document the old one stays; listening goes on. */
static bool listen_show(void *self, const struct judgement *j)
{
    struct listen *these = self;
    struct text status, metrics;
    text_init(&status);
    text_init(&metrics);
    bool ok = pp_told_add(these->told, j->report, j->events, j->event_count, j->at);
    const struct pp_moment moment = {.report = j->report,
                                     .watch = j->watch,
                                     .told = these->told,
                                     .row_rates = j->row_rates,
                                     .at = j->at,
                                     .since = these->since,
                                     .refresh_ns = these->refresh_ns,
                                     .untold = pp_watch_untold(j->watch)};
    ok = pp_status_write(&moment, &these->options, &(struct pp_sink){add_bytes, &status}) && ok;
    ok = put(these, STATUS, "application/json", NULL, &status) && ok;
    ok = pp_metrics_write(&moment, &these->options, &(struct pp_sink){add_bytes, &metrics}) && ok;
    ok = put(these, METRICS, "text/plain; version=0.0.4; charset=utf-8", NULL, &metrics) && ok;
    ok = put_reports(these, j->report) && ok;
    if (ok)
        shelf_judged(&these->shelf, steady_ns());
    else
        complain("live: out of memory for the status page; it shows what was there before");
    return true;
}

/* --- the outlet ------------------------------------------------------------------------------------------------------------------ */

static bool listen_start(void *self)
{
    struct listen *these = self;
    these->since = time_of_day_ns();
    these->http = http_start(these->at.socket, &these->at.rules, &these->shelf);
    if (!these->http) return complain("--listen: the server cannot start"), false;
    these->at.socket = -1; /* the server's */
    if (!these->quiet) complain("live: status page on %s", these->at.url);
    return true;
}

static bool listen_turn(void *self) { return http_turn(((struct listen *)self)->http), true; }

static void listen_end(void *self)
{
    struct listen *these = self;
    http_stop(these->http);
    listen_at_close(&these->at);
    shelf_finish(&these->shelf);
    pp_told_destroy(these->told);
    text_finish(&these->page_policy);
    text_finish(&these->report_policy);
    free(these);
}

static void name_places(struct shelf *shelf)
{
    static const char *const paths[] = {
        [PAGE] = "/", [STATUS] = "/status.json", [METRICS] = "/metrics", [REPORT_JSON] = "/report.json", [REPORT_HTML] = "/report.html"};
    memcpy(shelf->paths, paths, sizeof paths);
}

bool listen_begin(struct outlet *outlet, const struct arguments *a)
{
    if (!a->listen && (a->listen_token_file || a->listen_name))
        return complain("live: --listen-token-file and --listen-name say how --listen answers; expected --listen ADDR:PORT with them"),
               false;
    if (!a->listen) return true;
    struct listen *these = calloc(1, sizeof *these);
    if (!these || !shelf_init(&these->shelf)) return free(these), complain("live: out of memory"), false;
    these->at.socket = -1;
    these->quiet = a->quiet;
    these->refresh_ns = refresh_interval_ns(a);
    these->shelf.stale_ns = STALE_REFRESHES * these->refresh_ns;
    if (these->shelf.stale_ns < (uint64_t)STALE_LEAST_S * NS_PER_S) these->shelf.stale_ns = (uint64_t)STALE_LEAST_S * NS_PER_S;
    terminal_options(a, &these->options);
    name_places(&these->shelf);
    these->told = pp_told_create();
    if (!these->told || !put_page(these)) return listen_end(these), complain("live: out of memory"), false;
    if (!listen_at_open(&these->at, a)) return listen_end(these), false;
    *outlet = (struct outlet){.self = these, .start = listen_start, .turn = listen_turn, .show = listen_show, .end = listen_end};
    return true;
}
