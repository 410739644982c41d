/* nftables: one table, whose forward chain lets nothing pass but what stands in it. It is made anew in one transaction whenever the file is
 * loaded. A proposal is a chain that nobody jumps to yet.
 *
 * Comments are 128 bytes at most for nft, and stand in quotes that nothing in them can close (add_words). */
#include <string.h>

#include "address.h"
#include "request.h"

enum { COMMENT_MAX = 120, NOTE_MAX = 900 };

static void add_set(struct text *out, const struct pp_rule_end *end)
{
    char address[ADDRESS_TEXT_MAX];
    text_add(out, "{ ");
    for (uint32_t i = 0; i < end->count; i++) {
        const struct pp_prefix *p = &end->prefixes[i];
        text_printf(out, i ? ", %s" : "%s", address_text(&p->address, address));
        if (p->length < (p->address.family == PP_IPV4 ? 32 : 128)) text_printf(out, "/%u", p->length);
    }
    text_add(out, " }");
}

static void add_range(void *text, uint16_t first, uint16_t last)
{
    struct text *out = text;
    text_add(out, !out->length || out->bytes[out->length - 1] == ' ' ? "" : ", ");
    text_printf(out, first == last ? "%u" : "%u-%u", first, last);
}

static void add_rule(struct text *out, const struct pp_request_line *rule, bool way_back)
{
    const char *ip = rule->from.prefixes[0].address.family == PP_IPV4 ? "ip" : "ip6", *transport = pp_transport_name(rule->transport);
    text_printf(out, "\t\t%s saddr ", ip);
    add_set(out, way_back ? &rule->to : &rule->from);
    text_printf(out, " %s daddr ", ip);
    add_set(out, way_back ? &rule->from : &rule->to);
    text_printf(out, " %s %s { ", transport, way_back ? "sport" : "dport");
    each_range(&rule->ports, add_range, out);
    text_add(out, " }");
    if (way_back && rule->transport == PP_TCP) text_add(out, " tcp flags & (syn | ack) != syn"); /* it opens nothing */
    text_printf(out, " counter %s comment \"", rule->accepts ? "accept" : "drop");
    add_comment(out, rule, way_back, COMMENT_MAX);
    text_add(out, "\"\n");
}

static void add_note(struct text *out, const char *indent, const char *words)
{
    text_printf(out, "%s# ", indent);
    add_words(out, words, NOTE_MAX);
    text_add(out, "\n");
}

static void begin_chain(struct text *out, bool proposal, bool stateless)
{
    const char *table = proposal ? "portproof_proposal" : "portproof";
    text_printf(out, "table inet %s {\n}\ndelete table inet %s\ntable inet %s {\n", table, table, table);
    if (proposal) {
        text_add(out, "\tchain proposal {\n");
        return;
    }
    text_add(out, "\tchain forward {\n\t\ttype filter hook forward priority filter; policy drop;\n");
    if (!stateless) {
        text_add(out, "\t\tct state established,related counter accept\n");
        return;
    }
    text_add(out, "\t\ticmp type { destination-unreachable, time-exceeded, parameter-problem } counter accept\n"
                  "\t\ticmpv6 type { destination-unreachable, packet-too-big, time-exceeded, parameter-problem } counter accept\n");
}

void write_nftables(const struct pp_request *request, const struct request_style *style, struct text *out)
{
    add_note(out, "", style->title);
    add_note(out, "",
             request->proposal ? "rules to be put before those that decide now; this chain does nothing until it is jumped to"
                               : "forwarded traffic only; what is not in it is dropped. Check it with nft -c -f FILE");
    begin_chain(out, request->proposal, style->stateless);
    for (size_t i = 0; i < request->count; i++) {
        const struct pp_request_line *line = &request->lines[i];
        if (line->note) {
            add_note(out, "\t\t", line->note);
            continue;
        }
        add_rule(out, line, false);
        if (style->stateless && line->accepts && !line->one_way) add_rule(out, line, true);
    }
    text_add(out, "\t}\n}\n");
}
