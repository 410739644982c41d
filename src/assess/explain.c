/* Findings in words: what happened, and what to do about it. Names come from the site file and may hold anything; every
 * report format escapes them for itself. */
#include <inttypes.h>
#include <string.h>

#include "address.h"
#include "assess.h"
#include "clock.h"
#include "text.h"

/* Only what blocks is told in words: the one type of either family that says unreachable (RFC 792, RFC 4443). */
static const char *icmp_words(uint8_t family, uint8_t code)
{
    static const char *const unreachable4[] = {[0] = "network unreachable",
                                               [1] = "host unreachable",
                                               [2] = "protocol unreachable",
                                               [3] = "port unreachable",
                                               [5] = "source route failed",
                                               [6] = "network unknown",
                                               [7] = "host unknown",
                                               [9] = "network administratively prohibited",
                                               [10] = "host administratively prohibited",
                                               [11] = "network unreachable for this type of service",
                                               [12] = "host unreachable for this type of service",
                                               [13] = "communication administratively prohibited"};
    static const char *const unreachable6[] = {[0] = "no route to destination",
                                               [1] = "communication administratively prohibited",
                                               [2] = "beyond scope of source address",
                                               [3] = "address unreachable",
                                               [4] = "port unreachable",
                                               [5] = "source address failed policy",
                                               [6] = "reject route"};
    const char *words = NULL;
    if (family == PP_IPV4 && code < sizeof unreachable4 / sizeof *unreachable4) words = unreachable4[code];
    if (family == PP_IPV6 && code < sizeof unreachable6 / sizeof *unreachable6) words = unreachable6[code];
    return words ? words : "unreachable";
}

/* "tta1 (10.0.1.10)"; only the address, or only the name, of who has no other. */
static void add_party(struct text *text, const struct pp_party *party)
{
    char address[ADDRESS_TEXT_MAX];
    if (party->address.family) {
        address_text(&party->address, address);
        if (!*party->name)
            text_add(text, address);
        else
            text_printf(text, "%s (%s)", party->name, address);
        return;
    }
    text_add(text, party->name);
}

static void add_service(struct text *text, const struct pp_finding *f)
{
    text_printf(text, "%u/%s", f->port, pp_transport_name(f->transport));
}

/* Many initiators that are joined in one line have no address left, and those of them that are in no inventory no role. */
static bool is_many(const struct pp_finding *f) { return f->initiators > 1; }
static bool is_many_strangers(const struct pp_finding *f) { return is_many(f) && !f->initiator.roles; }

static const char *row_id(const struct assessment *a, uint16_t row) { return a->in->spec->rows[row].id; }
static const char *role_name(const struct assessment *a, uint16_t role) { return a->in->spec->roles[role].name; }

static const char *article(const char *noun) { return strchr("aeiou", noun[0]) ? "an" : "a"; }

/* No route, or nobody home: not what a firewall says (RFC 792, RFC 4443). */
static bool is_unreachable(const struct pp_finding *f)
{
    if (f->blocked_by.family == PP_IPV6) return f->icmp_code == 0 || f->icmp_code == 3;
    return f->icmp_code <= 1 || (f->icmp_code >= 5 && f->icmp_code <= 7) || f->icmp_code == 11 || f->icmp_code == 12;
}

static void add_attempts(struct text *text, const struct pp_finding *f)
{
    char duration[TIME_TEXT_MAX];
    uint64_t n = f->attempts ? f->attempts : f->packets[0];
    text_printf(text, "%" PRIu64 " %s%s", n, f->attempts ? "attempt" : "packet", n == 1 ? "" : "s");
    if (f->first_ns != PP_NO_FIRST && f->last_ns > f->first_ns)
        text_printf(text, " over %s", duration_readable(f->last_ns - f->first_ns, duration));
}

/* The picture of what became of it. */
static void add_picture(struct text *text, const struct pp_finding *f, const struct pp_party *responder)
{
    char device[ADDRESS_TEXT_MAX];
    switch (f->outcome) {
    case PP_ANSWERED: text_add(text, "answered"); break;
    case PP_HALF_SEEN: text_add(text, "half seen: only one side's packets were captured, but they show that the other side answers"); break;
    case PP_REFUSED:
        if (f->transport == PP_TCP)
            text_add(text, "refused with a reset by ");
        else
            text_add(text, "refused (ICMP port unreachable) by ");
        add_party(text, responder);
        break;
    case PP_REJECTED: {
        bool itself = memcmp(&f->blocked_by, &responder->address, sizeof f->blocked_by) == 0;
        text_printf(text, "rejected by %s%s (ICMP %s)", itself ? "the destination's own firewall, " : "",
                    address_text(&f->blocked_by, device), icmp_words(f->blocked_by.family, f->icmp_code));
        break;
    }
    case PP_SILENT:
    case PP_OUTCOME_COUNT: add_attempts(text, f); text_add(text, ", no answer");
    }
}

static void explain_blocked(struct assessment *a, struct text *text, struct pp_finding *f)
{
    add_picture(text, f, &f->tried_at);
    f->action = f->outcome == PP_REFUSED ? "start" : "open";
    if (f->outcome == PP_REFUSED)
        text_add(text, f->transport == PP_TCP ? ": nothing listens there, or a firewall forges the reset. Start the service, or allow "
                                              : ": nothing listens there. Start the service that answers ");
    else if (f->outcome == PP_REJECTED && is_unreachable(f)) {
        f->action = "mend";
        text_add(text, ": there is no route, or the host is down. Mend that, and see that the way is open for ");
    } else
        text_add(text, f->outcome == PP_REJECTED ? ". Allow " : ": dropped on the way, or the host is down. Allow ");
    add_service(text, f);
    text_add(text, " from ");
    add_party(text, f->initiator.address.family || *f->initiator.name ? &f->initiator : &f->tried_by);
    text_add(text, " to ");
    add_party(text, f->responder.address.family || *f->responder.name ? &f->responder : &f->tried_at);
    text_printf(text, " (row %s).", row_id(a, f->row));
    bool over6 = f->tried_at.address.family == PP_IPV6;
    if (f->labels & PP_LABEL_OTHER_FAMILY)
        text_printf(text, " Over IPv%c it works: the rules for IPv%c were forgotten, and whoever tries it first waits.", over6 ? '4' : '6',
                    over6 ? '6' : '4');
    if (f->pairs > 1) text_printf(text, " %u pairs of addresses are affected; this is the first.", f->pairs);
}

/* "a client", "an application-server", or the host's name; a party of a missing edge has the role of its row. */
static void add_somebody(const struct assessment *a, struct text *text, const struct pp_party *party)
{
    if (*party->name) {
        text_add(text, party->name);
        return;
    }
    unsigned role = 0;
    while (!(party->roles >> role & 1)) role++;
    const char *name = a->in->spec->roles[role].name;
    text_printf(text, "%s %s", article(name), name);
}

/* The row's own words, which every row has, with {from} and {to} replaced. */
static void add_exercise(const struct assessment *a, struct text *text, const struct pp_finding *f)
{
    const char *words = a->in->spec->rows[f->row].exercise;
    while (*words) {
        if (strncmp(words, "{from}", 6) == 0) {
            add_somebody(a, text, &f->initiator);
            words += 6;
        } else if (strncmp(words, "{to}", 4) == 0) {
            add_somebody(a, text, &f->responder);
            words += 4;
        } else
            text_add_bytes(text, words++, 1);
    }
}

static void explain_missing(struct assessment *a, struct text *text, struct pp_finding *f)
{
    f->action = "test";
    if (f->pairs > 1) text_printf(text, "%u pairs of hosts were due. ", f->pairs);
    text_add(text, "Nobody tried it in this capture, though both sides were visible. ");
    text_add(text, "To exercise it: ");
    size_t before = text->length;
    add_exercise(a, text, f);
    if (!text->failed) f->exercise = arena_copy(a->arena, text->bytes + before, text->length - before);
}

/* What to do about a flow nobody wants: it got through, or something already stopped it. */
static const char *remedy(const struct pp_finding *f)
{
    return f->got_through == PP_NO        ? "It was stopped; find out why it is tried"
           : f->got_through == PP_UNKNOWN ? "Find out whether it gets through, and close it"
                                          : "Close it";
}

/* What the nearest row would have wanted. */
static void add_reason(const struct assessment *a, struct text *text, const struct pp_finding *f)
{
    const struct pp_row *row = &a->in->spec->rows[f->nearest_row == PP_NONE ? 0 : f->nearest_row]; /* reasons that name a row have one */
    const char *from = role_name(a, row->from), *to = role_name(a, row->to);
    switch (f->reason) {
    case PP_FEATURE_OFF:
        text_printf(text, "row %s would allow it, but its feature %s is off at this site. %s, or switch the feature on in the site file.",
                    row->id, a->in->spec->features[row->feature].name, remedy(f));
        break;
    case PP_REVERSED:
        text_printf(text, "row %s runs the other way, from %s to %s. %s; a firewall rule may have been written the wrong way round.",
                    row->id, from, to, remedy(f));
        break;
    case PP_WRONG_TRANSPORT:
        text_printf(text, "row %s allows this port over %s, not over %s. %s.", row->id, pp_transport_name(row->transport),
                    pp_transport_name(f->transport), remedy(f));
        break;
    case PP_WRONG_SOURCE:
        text_printf(text, "only %s %s may connect here (row %s). %s; or, if ", article(from), from, row->id, remedy(f));
        if (is_many(f))
            text_add(text, "one of them");
        else
            add_party(text, &f->initiator);
        text_printf(text, " is %s %s under a new or translated address, add it to the site file.", article(from), from);
        break;
    case PP_WRONG_DESTINATION:
        text_printf(text, "row %s allows this port only towards %s %s. %s; or, if ", row->id, article(to), to, remedy(f));
        add_party(text, &f->responder);
        text_add(text, " is one, add it to the site file.");
        break;
    case PP_UNLISTED_PORT:
        text_printf(text, "no row of the list joins these hosts on this port. %s, or waive it with an owner and a reason.", remedy(f));
        break;
    case PP_UNKNOWN_HOST:
        if (is_many_strangers(f)) {
            text_printf(text,
                        "none of the initiators has a role in the inventory. %s; or name them in the site file, if they belong there.",
                        remedy(f));
            break;
        }
        add_party(text, f->initiator.roles ? &f->responder : &f->initiator);
        text_printf(text, " has no role in the inventory. %s; or name it in the site file, if it belongs there.", remedy(f));
        break;
    default: break;
    }
}

static void explain_unexpected(struct assessment *a, struct text *text, struct pp_finding *f)
{
    add_picture(text, f, &f->responder);
    text_add(text, "; ");
    add_reason(a, text, f);
    f->action = f->got_through == PP_NO ? "stop" : f->got_through == PP_UNKNOWN ? "settle" : "close";
    if (f->labels & PP_LABEL_CALLBACK)
        text_add(text, " It is the connection back that a remote-shell session announced; the list does not name it.");
    if (f->companion != PP_NONE) text_printf(text, " Known side traffic: %s.", a->in->spec->companions[f->companion].title);
    if (f->labels & (PP_LABEL_CALLBACK | PP_LABEL_COMPANION)) f->action = "decide";
    if (f->initiators > 1) text_printf(text, " %" PRIu64 " initiators are joined in this line.", f->initiators);
}

static void explain_undetermined(struct assessment *a, struct text *text, struct pp_finding *f)
{
    f->action = "settle";
    if (f->reason == PP_REASON_FRAGMENT) {
        text_printf(text,
                    f->packets[0] == 1 ? "%" PRIu64 " fragment whose first part, the one with the ports, was never captured. "
                                       : "%" PRIu64 " fragments whose first part, the one with the ports, was never captured. ",
                    f->packets[0]);
        text_add(text, "Capture where no fragment takes another path, or with no filter on ports.");
        return;
    }
    text_add(text, "The capture does not show who opened this connection: ");
    for (unsigned i = 0; i < f->reading_count; i++) {
        char from[ADDRESS_TEXT_MAX], to[ADDRESS_TEXT_MAX];
        const struct pp_reading *r = &f->readings[i];
        text_printf(text, "%sit is %s%s if %s opened it to %s port %u", i ? ", " : "", r->row == PP_NONE ? "waived" : "row ",
                    r->row == PP_NONE ? "" : row_id(a, r->row), address_text(&r->initiator, from), address_text(&r->responder, to),
                    r->port);
    }
    text_add(text, ". Capture it from its start.");
}

static void explain_expired(struct assessment *a, struct text *text, struct pp_finding *f)
{
    const struct pp_waiver *w = &a->in->site->waivers[f->waiver];
    f->action = "renew";
    text_printf(text, "The waiver of %s for %s (\"%s\") ended on %s. Renew it, or close the traffic.", w->owner, w->ports_text, w->reason,
                w->expires_text);
}

/* --- in a few words -------------------------------------------------------------------------------------------------- */

static void add_brief_reason(const struct assessment *a, struct text *text, const struct pp_finding *f)
{
    const struct pp_row *row = &a->in->spec->rows[f->nearest_row == PP_NONE ? 0 : f->nearest_row]; /* reasons that name a row have one */
    const struct pp_party *stranger = f->initiator.roles ? &f->responder : &f->initiator;
    char address[ADDRESS_TEXT_MAX];
    switch (f->reason) {
    case PP_FEATURE_OFF: text_printf(text, "feature %s is off here (%s)", a->in->spec->features[row->feature].name, row->id); break;
    case PP_REVERSED: text_printf(text, "%s runs the other way", row->id); break;
    case PP_WRONG_TRANSPORT:
        text_printf(text, "%s is %s, not %s", row->id, pp_transport_name(row->transport), pp_transport_name(f->transport));
        break;
    case PP_WRONG_SOURCE:
        text_printf(text, "only %s %s may connect here (%s)", article(role_name(a, row->from)), role_name(a, row->from), row->id);
        break;
    case PP_WRONG_DESTINATION:
        text_printf(text, "only towards %s %s (%s)", article(role_name(a, row->to)), role_name(a, row->to), row->id);
        break;
    case PP_UNLISTED_PORT: text_add(text, "on no row between these hosts"); break;
    case PP_UNKNOWN_HOST:
        if (is_many_strangers(f))
            text_add(text, "the initiators are not in the inventory");
        else
            text_printf(text, "%s is not in the inventory", address_text(&stranger->address, address));
        break;
    default: break;
    }
}

static void add_brief(struct assessment *a, struct text *text, const struct pp_finding *f)
{
    switch (f->kind) {
    case PP_FIND_BLOCKED:
        add_picture(text, f, &f->tried_at);
        if (f->labels & PP_LABEL_OTHER_FAMILY)
            text_printf(text, "; over IPv%c it works", f->tried_at.address.family == PP_IPV6 ? '4' : '6');
        break;
    case PP_FIND_UNEXPECTED:
        if (f->outcome == PP_HALF_SEEN)
            text_add(text, "half seen");
        else
            add_picture(text, f, &f->responder);
        text_add(text, f->labels & PP_LABEL_CALLBACK ? "; called back by a remote shell, " : "; ");
        add_brief_reason(a, text, f);
        break;
    case PP_FIND_WAIVER_EXPIRED:
        text_printf(text, "the waiver of %s ended on %s", a->in->site->waivers[f->waiver].owner,
                    a->in->site->waivers[f->waiver].expires_text);
        break;
    case PP_FIND_UNDETERMINED:
        text_add(text, f->reason == PP_REASON_FRAGMENT ? "fragments without their first part" : "who opened it is not known");
        break;
    case PP_FIND_MISSING:
    case PP_FINDING_KIND_COUNT: text_add(text, "never tried");
    }
}

static const char *keep(struct assessment *a, struct text *text)
{
    const char *kept = text->failed ? NULL : arena_copy(a->arena, text->bytes ? text->bytes : "", text->length);
    text_finish(text);
    return kept ? kept : "";
}

void explain_finding(struct assessment *a, struct pp_finding *f)
{
    static void (*const explain[PP_FINDING_KIND_COUNT])(struct assessment *, struct text *,
                                                        struct pp_finding *) = {[PP_FIND_BLOCKED] = explain_blocked,
                                                                                [PP_FIND_UNEXPECTED] = explain_unexpected,
                                                                                [PP_FIND_WAIVER_EXPIRED] = explain_expired,
                                                                                [PP_FIND_UNDETERMINED] = explain_undetermined,
                                                                                [PP_FIND_MISSING] = explain_missing};
    struct text text;
    text_init(&text);
    explain[f->kind](a, &text, f);
    if (text.length && text.bytes[0] >= 'a' && text.bytes[0] <= 'z') text.bytes[0] = (char)(text.bytes[0] - 'a' + 'A');
    f->explanation = keep(a, &text);
    add_brief(a, &text, f);
    f->brief = keep(a, &text);
}
