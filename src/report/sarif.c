/* SARIF 2.1.0 (OASIS), for whatever shows the results of checks beside a repository: what is blocked, and what is unexpected (with or
 * without a waiver that has expired). The rules are the rows of the port list, and every result stands at its row's line of the rules file,
 * since that is the text it goes against; a flow that is on no row goes against the list, whose rule comes last. Hosts are logical
 * locations. A result's fingerprint is made of what it is about (kind, row, hosts by name, port), not of counts, times or words, so that
 * the same trouble in tomorrow's capture is known as the same.
 *
 * Strings pass put_string as in the JSON report. Texts are plain: SARIF gives brackets a meaning (links) in messages, so they are escaped.
 */
#include <stdio.h>
#include <string.h>

#include "address.h"
#include "digest.h"
#include "formats.h"
#include "json_writer.h"
#include "sarif_parts.h"

static const char UNLISTED[] = "not-on-the-list";

static bool is_result(const struct pp_finding *f)
{
    return f->kind == PP_FIND_BLOCKED || f->kind == PP_FIND_UNEXPECTED || f->kind == PP_FIND_WAIVER_EXPIRED;
}

static uint16_t row_of(const struct pp_finding *f) { return f->row != PP_NONE ? f->row : f->nearest_row; }

/* What a rule is about in a line, what its row is for, and where it comes from; services that show results want all three. */
static void put_rule(struct json_writer *w, const struct pp_spec *spec, const struct pp_row *row)
{
    struct text words, help;
    text_init(&words);
    text_init(&help);
    text_printf(&words, "%s to %s, %s", spec->roles[row->from].name, spec->roles[row->to].name, row->ports_text);
    text_printf(&help, "Row %s of %s%s%s. %s", row->id, spec->title ? spec->title : spec->name, spec->source ? ", " : "",
                spec->source ? spec->source : "", row->purpose);
    sarif_rule(w, row->id, words.bytes, *row->purpose ? row->purpose : words.bytes, help.bytes);
    begin_object(w, "properties");
    put_string(w, "feature", spec->features[row->feature].name);
    put_count(w, "pageLine", row->page_line);
    end_object(w);
    end_object(w);
    w->out->failed |= words.failed || help.failed;
    text_finish(&words);
    text_finish(&help);
}

static void put_unlisted_rule(struct json_writer *w)
{
    static const char words[] = "Traffic between hosts of the list that none of its rows comes near to";
    sarif_rule(w, UNLISTED, words, words,
               "Close it, or give it a waiver in the site file, with an owner, a reason and a day on which it ends.");
    end_object(w);
}

static void put_driver(struct json_writer *w, const struct pp_report *report, const struct pp_report_options *options)
{
    begin_object(w, "tool");
    begin_object(w, "driver");
    put_string(w, "name", "portproof");
    put_string(w, "version", options->tool_version);
    begin_list(w, "rules");
    for (uint16_t r = 0; r < report->spec->row_count; r++) put_rule(w, report->spec, &report->spec->rows[r]);
    put_unlisted_rule(w);
    end_list(w);
    end_object(w);
    end_object(w);
}

static void put_host(struct json_writer *w, const struct pp_party *party)
{
    char address[ADDRESS_TEXT_MAX];
    bool named = party->name && *party->name;
    if (!named && !party->address.family) return; /* anybody who holds the role: no place */
    address_text(&party->address, address);
    begin_object(w, NULL);
    put_string(w, "name", named ? party->name : address);
    if (party->address.family) put_string(w, "fullyQualifiedName", address);
    put_string(w, "kind", "host");
    end_object(w);
}

static bool is_same(const struct pp_party *a, const struct pp_party *b)
{
    return address_compare(&a->address, &b->address) == 0 && strcmp(a->name ? a->name : "", b->name ? b->name : "") == 0;
}

static const struct pp_party *who(const struct pp_finding *f, bool initiates)
{
    bool tried = f->kind == PP_FIND_BLOCKED && f->tried_by.address.family;
    if (initiates) return tried ? &f->tried_by : &f->initiator;
    return tried ? &f->tried_at : &f->responder;
}

static void put_locations(struct json_writer *w, const struct pp_report *report, const struct pp_report_options *options,
                          const struct pp_finding *f)
{
    const struct pp_party *initiator = who(f, true), *responder = who(f, false);
    begin_list(w, "locations");
    begin_object(w, NULL);
    sarif_place(w, options->rules_path, row_of(f) == PP_NONE ? 1 : report->spec->rows[row_of(f)].line);
    begin_list(w, "logicalLocations");
    put_host(w, initiator);
    if (!is_same(initiator, responder)) put_host(w, responder); /* elements must differ */
    end_list(w);
    end_object(w);
    end_list(w);
}

/* Of an edge that coverage leaves open, the side that is left open is whoever tried first this time: it is not part of it. */
static void add_party_to_digest(struct digest *digest, const struct pp_party *party)
{
    char address[ADDRESS_TEXT_MAX];
    bool named = party->name && *party->name;
    digest_add_string(digest, named ? party->name : address_text(&party->address, address));
}

static void put_fingerprint(struct json_writer *w, const struct pp_report *report, const struct pp_finding *f)
{
    char hex[DIGEST_HEX_SIZE], numbers[64];
    struct digest digest;
    digest_init(&digest);
    digest_add_string(&digest, pp_finding_kind_name(f->kind));
    digest_add_string(&digest, pp_reason_name(f->reason));
    digest_add_string(&digest, row_of(f) == PP_NONE ? UNLISTED : report->spec->rows[row_of(f)].id);
    digest_add_string(&digest, f->companion == PP_NONE ? "" : report->spec->companions[f->companion].name);
    add_party_to_digest(&digest, &f->initiator);
    add_party_to_digest(&digest, &f->responder);
    snprintf(numbers, sizeof numbers, "%u/%u/%u/%u", f->has_port ? f->port : 0u, f->transport, f->labels & PP_LABEL_CALLBACK,
             f->kind == PP_FIND_BLOCKED ? 0u : f->initiator.address.family);
    digest_add_string(&digest, numbers);
    digest_hex(&digest, hex);
    begin_object(w, "partialFingerprints");
    put_string(w, "portproof/about/v1", hex);
    end_object(w);
}

/* What got through against the list, or does not get through in spite of it, is an error; what was tried and stopped is a warning. */
static const char *level(const struct pp_finding *f)
{
    return f->kind == PP_FIND_BLOCKED || f->got_through == PP_YES ? "error" : "warning";
}

static void put_result(struct json_writer *w, const struct pp_report *report, const struct pp_report_options *options,
                       const struct pp_finding *f)
{
    uint16_t row = row_of(f);
    begin_object(w, NULL);
    put_string(w, "ruleId", row == PP_NONE ? UNLISTED : report->spec->rows[row].id);
    put_count(w, "ruleIndex", row == PP_NONE ? report->spec->row_count : row);
    put_string(w, "level", level(f));
    sarif_message(w, "message", f->explanation ? f->explanation : f->brief);
    put_locations(w, report, options, f);
    put_fingerprint(w, report, f);
    begin_object(w, "properties");
    put_string(w, "kind", pp_finding_kind_name(f->kind));
    if (f->reason != PP_REASON_NONE) put_string(w, "reason", pp_reason_name(f->reason));
    put_string(w, "action", f->action);
    put_count(w, "flows", f->flows);
    end_object(w);
    end_object(w);
}

bool write_sarif(const struct pp_report *report, const struct pp_report_options *options, struct text *out, const struct pp_sink *sink)
{
    struct json_writer w;
    bool ok = true;
    sarif_begin(&w, out);
    put_driver(&w, report, options);
    put_string(&w, "columnKind", "unicodeCodePoints");
    begin_list(&w, "results");
    for (uint32_t i = 0; ok && i < report->finding_count; i++) {
        if (!is_result(&report->findings[i])) continue;
        put_result(&w, report, options, &report->findings[i]);
        ok = hand_over(out, sink);
    }
    end_list(&w);
    begin_object(&w, "properties");
    put_string(&w, "verdict", pp_compliance_name(report->verdict));
    end_object(&w);
    sarif_end(&w);
    return ok;
}
