/* Who may talk to whom by rules and site, as the ends of a firewall's rule. */
#ifndef FIREWALL_SITE_RULES_H
#define FIREWALL_SITE_RULES_H

#include "request.h"

struct site_rules {
    struct request_builder *builder;
    const struct pp_spec *spec; /* effective */
    const struct pp_site *site;
    const bool *seen; /* rows that may pass with their feature on auto; NULL: none */
    bool primary_named;
};

struct site_rules site_rules_of(struct request_builder *builder, const struct pp_spec *spec, const struct pp_site *site, const bool *seen);
/** Whether the row lets one host talk to another. */
bool site_may_pass(const struct site_rules *s, uint16_t row, uint16_t from, uint16_t to);
/** The addresses of a family of one host. An end without any is no failure. false: out of memory. */
bool site_end_of_host(const struct site_rules *s, uint16_t host, enum pp_family family, struct pp_rule_end *end);
/** Those of all whom the row lets talk to `other`, or whom `other` may talk to. */
bool site_end_of_sources(const struct site_rules *s, uint16_t row, uint16_t other, enum pp_family family, struct pp_rule_end *end);
bool site_end_of_destinations(const struct site_rules *s, uint16_t row, uint16_t other, enum pp_family family, struct pp_rule_end *end);
/** Whoever has a name of his own is not of the prefix around him when portproof judges; a firewall cannot know that. Notes say so. */
bool site_warn_of_inner_hosts(const struct site_rules *s);

#endif
