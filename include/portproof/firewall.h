/* firewall: the change that a port list and a site ask for, as rules in a firewall's own syntax. A proposal for whoever runs the firewall:
 * nothing here is ever loaded by portproof. */
#ifndef PORTPROOF_FIREWALL_H
#define PORTPROOF_FIREWALL_H

#include "portproof/site.h"

/** One side of a rule: addresses of one family, and what they are called. */
struct pp_rule_end {
    const char *name;
    struct pp_prefix *prefixes;
    uint32_t count;
};

/** A line of the request: words about what follows, or a rule. Strings are of which nothing is known; each format makes them harmless. */
struct pp_request_line {
    const char *note;   /* NULL: a rule */
    const char *row;    /* id of the row; "" when there is none */
    const char *reason; /* beside the row's id in the rule's comment; may be "" */
    bool accepts;       /* else drops */
    bool one_way;       /* nothing ever comes back */
    enum pp_transport transport;
    struct pp_ports ports;
    struct pp_rule_end from, to; /* of one family */
};

struct pp_request {
    bool proposal; /* some rules to be put before those that are there; else all that may pass, and nothing else does */
    struct pp_request_line *lines;
    size_t count, rules;
    void *memory;
};

/** What may pass by rules and site: rows whose feature is on between the two hosts; with `seen` (one per row, or NULL) also those that are
 * not off and were seen. `spec` is effective. NULL: out of memory. */
struct pp_request *pp_request_of_site(const struct pp_spec *spec, const struct pp_site *site, const bool *seen);
/** What would open what a JSON report (portproof/report/1) has as blocked on the way, and close what got through. With `site` (and `spec`,
 * effective; else both NULL) a rule that opens covers the whole edge, not just the pair of addresses that the report names. NULL: *error
 * says what was found and what was expected. */
struct pp_request *pp_request_of_report(const char *json, size_t size, const struct pp_spec *spec, const struct pp_site *site,
                                        struct pp_error *error);
/** Which rows a JSON report has flows of, into `seen`, one per row of the rules. false: *error says why not. */
bool pp_report_rows_seen(const struct pp_spec *spec, const char *json, size_t size, bool *seen, struct pp_error *error);
void pp_request_destroy(struct pp_request *request); /* takes NULL */

/** As "nftables", "iptables" (for iptables-restore and ip6tables-restore alike), "cisco-acl" or "csv". `stateless`: the way back has rules
 * of its own. `title` stands at the top. false: unknown format, out of memory, or the sink stopped. */
bool pp_request_send(const struct pp_request *request, const char *format, bool stateless, const char *title, const struct pp_sink *sink);
/** The formats' names, for a usage message; NULL past the last. */
const char *pp_request_format(unsigned i);

#endif
