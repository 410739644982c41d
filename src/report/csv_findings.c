/* The findings as comma-separated values, a record each, for spreadsheets and databases: the members of a finding of the JSON report, flat.
 * A blocked edge is shown by the worst pair that tried, as in the report for a terminal. Lists stand in one field, with blanks between. */
#include <stdio.h>

#include "address.h"
#include "clock.h"
#include "csv.h"
#include "formats.h"

static const char HEADER[] =
    "kind reason row nearest_row labels initiator initiator_address initiator_roles responder responder_address "
    "responder_roles port transport outcome got_through blocked_by icmp basis confidence flows initiators attempts "
    "packets_forward packets_reverse bytes_forward bytes_reverse first last capture frame community_id action "
    "brief explanation";

enum { EVIDENCE_FIELDS = 14 };

static void add_address(struct csv *csv, const struct pp_address *address)
{
    char text[ADDRESS_TEXT_MAX];
    csv_string(csv, address->family ? address_text(address, text) : NULL);
}

static void add_labels(struct csv *csv, unsigned labels)
{
    struct text text;
    text_init(&text);
    for (unsigned i = 0; pp_label_name(i); i++)
        if (labels >> i & 1) text_printf(&text, text.length ? " %s" : "%s", pp_label_name(i));
    csv_text(csv, &text);
}

static void add_party(struct csv *csv, const struct pp_spec *spec, const struct pp_party *party)
{
    struct text roles;
    text_init(&roles);
    for (unsigned r = 0; r < spec->role_count; r++)
        if (party->roles >> r & 1) text_printf(&roles, roles.length ? " %s" : "%s", spec->roles[r].name);
    csv_string(csv, party->name);
    add_address(csv, &party->address);
    csv_text(csv, &roles);
}

static void add_row(struct csv *csv, const struct pp_spec *spec, uint16_t row)
{
    csv_string(csv, row == PP_NONE ? NULL : spec->rows[row].id);
}

static void add_outcome(struct csv *csv, const struct pp_finding *f)
{
    static const char *const answers[] = {[PP_NO] = "no", [PP_YES] = "yes", [PP_UNKNOWN] = "unknown"};
    char icmp[sizeof "type 255 code 255"] = ""; /* 3/13 would be a day in March */
    if (f->has_icmp) snprintf(icmp, sizeof icmp, "type %u code %u", f->icmp_type, f->icmp_code);
    csv_string(csv, f->has_outcome ? pp_outcome_name(f->outcome) : NULL);
    csv_string(csv, f->kind == PP_FIND_MISSING ? NULL : answers[f->got_through]);
    add_address(csv, &f->blocked_by);
    csv_string(csv, icmp);
}

/* Fourteen fields, empty where nothing was seen. */
static void add_evidence(struct csv *csv, const struct pp_report *report, const struct pp_finding *f)
{
    char time[TIME_TEXT_MAX];
    if (f->kind == PP_FIND_MISSING) {
        for (unsigned i = 0; i < EVIDENCE_FIELDS; i++) csv_empty(csv);
        return;
    }
    bool directed = f->reason != PP_REASON_FRAGMENT, timed = f->first_ns != PP_NO_FIRST, framed = f->first_frame != UINT64_MAX;
    csv_string(csv, directed ? pp_basis_name(f->basis) : NULL);
    csv_string(csv, directed ? pp_confidence_name(f->basis) : NULL);
    csv_count(csv, f->flows);
    if (f->initiators)
        csv_count(csv, f->initiators);
    else
        csv_empty(csv);
    if (f->transport == PP_TCP && f->has_port)
        csv_count(csv, f->attempts);
    else
        csv_empty(csv);
    for (unsigned way = 0; way < 2; way++) csv_count(csv, f->packets[way]);
    for (unsigned way = 0; way < 2; way++) csv_count(csv, f->bytes[way]);
    csv_string(csv, timed ? time_rfc3339(f->first_ns, time) : NULL);
    csv_string(csv, timed ? time_rfc3339(f->last_ns, time) : NULL);
    csv_string(csv, framed && pp_frame_capture(f->first_frame) < report->capture_count
                        ? report->captures[pp_frame_capture(f->first_frame)].name
                        : NULL);
    csv_empty(csv);
    if (framed) text_printf(csv->out, "%lu", (unsigned long)pp_frame_number(f->first_frame));
    csv_string(csv, f->community_id);
}

static void add_finding(struct csv *csv, const struct pp_report *report, const struct pp_finding *f)
{
    const struct pp_spec *spec = report->spec;
    bool tried = f->kind == PP_FIND_BLOCKED && f->tried_by.address.family;
    csv_string(csv, pp_finding_kind_name(f->kind));
    csv_string(csv, f->reason == PP_REASON_NONE ? NULL : pp_reason_name(f->reason));
    add_row(csv, spec, f->row);
    add_row(csv, spec, f->nearest_row);
    add_labels(csv, f->labels);
    add_party(csv, spec, tried ? &f->tried_by : &f->initiator);
    add_party(csv, spec, tried ? &f->tried_at : &f->responder);
    if (f->has_port)
        csv_count(csv, f->port);
    else
        csv_empty(csv);
    csv_string(csv, pp_transport_name(f->transport));
    add_outcome(csv, f);
    add_evidence(csv, report, f);
    csv_string(csv, f->action);
    csv_string(csv, f->brief);
    csv_string(csv, f->explanation);
    csv_end(csv);
}

bool write_csv(const struct pp_report *report, const struct pp_report_options *options, struct text *out, const struct pp_sink *sink)
{
    (void)options;
    struct csv csv = {.out = out};
    bool ok = true;
    csv_header(&csv, HEADER);
    for (uint32_t i = 0; ok && i < report->finding_count; i++) {
        add_finding(&csv, report, &report->findings[i]);
        ok = hand_over(out, sink);
    }
    return ok;
}
