/* The comparison as SARIF 2.1.0: each thing to do is a result, an error where it is worse than before by it, else a warning. The rules are
 * the rows, and a result stands at its row's line of the rules file, as in the SARIF of a report. A fingerprint is made of what is to be
 * done, and where, not of counts or times. */
#include <string.h>

#include "digest.h"
#include "phrases.h"
#include "sarif_parts.h"

static const char UNLISTED[] = "not-on-the-list";

static void put_rule(struct json_writer *w, const char *id, const char *words)
{
    sarif_rule(w, id, words, words,
               "What is to be done for it stands with each result; portproof explain says what a row is for, and who may use it.");
    end_object(w);
}

static void put_driver(struct json_writer *w, const struct rendering *r)
{
    begin_object(w, "tool");
    begin_object(w, "driver");
    put_string(w, "name", "portproof");
    put_string(w, "version", r->options->tool_version);
    begin_list(w, "rules");
    for (size_t i = 0; i < r->c->row_count; i++) {
        const struct pp_row_change_seen *row = &r->c->rows[i];
        struct text words;
        if (row->edge) continue;
        text_init(&words);
        text_printf(&words, "%s to %s, %s", row->from, row->to, row->ports);
        put_rule(w, row->id, words.bytes ? words.bytes : "");
        text_finish(&words);
    }
    put_rule(w, UNLISTED, "Traffic that no row comes near to, or that uses an address of before the move");
    end_list(w);
    end_object(w);
    end_object(w);
}

/* A row's place among the rows; behind the last one: none. */
static size_t rule_of(const struct pp_comparison *c, const char *id)
{
    size_t place = 0;
    for (size_t i = 0; i < c->row_count; i++) {
        if (c->rows[i].edge) continue;
        if (strcmp(c->rows[i].id, id) == 0) return place;
        place++;
    }
    return place;
}

static uint32_t line_of(const struct pp_spec *spec, const char *id)
{
    uint16_t row = spec && *id ? pp_spec_find_row(spec, id) : PP_NONE;
    return row == PP_NONE ? 1 : spec->rows[row].line;
}

static void put_host(struct json_writer *w, const char *name)
{
    begin_object(w, NULL);
    put_string(w, "name", name);
    put_string(w, "kind", "host");
    end_object(w);
}

static void put_locations(struct json_writer *w, const struct rendering *r, const struct pp_to_do *t)
{
    begin_list(w, "locations");
    begin_object(w, NULL);
    sarif_place(w, r->options->rules_path, line_of(r->spec, t->row));
    begin_list(w, "logicalLocations");
    put_host(w, t->from);
    if (strcmp(t->from, t->to) != 0) put_host(w, t->to); /* elements must differ */
    end_list(w);
    end_object(w);
    end_list(w);
}

static void put_fingerprint(struct json_writer *w, const struct pp_to_do *t)
{
    const char *const parts[] = {t->anchor, t->action, t->row, t->from, t->to, t->service};
    char hex[DIGEST_HEX_SIZE];
    struct digest digest;
    digest_init(&digest);
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) digest_add_string(&digest, parts[i]);
    if (strcmp(t->anchor, "old-addresses") == 0) digest_add(&digest, t->why, strcspn(t->why, ";")); /* what became of it */
    digest_hex(&digest, hex);
    begin_object(w, "partialFingerprints");
    put_string(w, "portproof/to-do/v1", hex);
    end_object(w);
}

static void put_result(struct json_writer *w, const struct rendering *r, const struct pp_to_do *t)
{
    struct text message;
    size_t rule = rule_of(r->c, t->row);
    begin_object(w, NULL);
    put_string(w, "ruleId", *t->row ? t->row : UNLISTED);
    put_count(w, "ruleIndex", rule);
    put_string(w, "level", t->worse ? "error" : "warning");
    text_init(&message);
    text_printf(&message, "%s %s → %s %s: %s", t->action, t->from, t->to, t->service, t->why);
    sarif_message(w, "message", message.bytes ? message.bytes : "");
    text_finish(&message);
    put_locations(w, r, t);
    put_fingerprint(w, t);
    begin_object(w, "properties");
    put_string(w, "action", t->action);
    put_string(w, "about", t->anchor);
    end_object(w);
    end_object(w);
}

void comparison_sarif(const struct rendering *r)
{
    struct json_writer w;
    sarif_begin(&w, r->out);
    put_driver(&w, r);
    put_string(&w, "columnKind", "unicodeCodePoints");
    begin_list(&w, "results");
    for (size_t i = 0; i < r->c->to_do_count; i++) put_result(&w, r, &r->c->to_do[i]);
    end_list(&w);
    begin_object(&w, "properties");
    put_string(&w, "migration", pp_migration_name(r->c->migration));
    end_object(&w);
    sarif_end(&w);
}
