/* iptables: one file for iptables-restore and ip6tables-restore alike, since each leaves out the lines that are marked for the other
 * (iptables(8), -4 and -6). The rules stand in a chain of their own. A comment is 256 bytes at most. */
#include <string.h>

#include "address.h"
#include "request.h"

enum { COMMENT_MAX = 240, NOTE_MAX = 900 };

/* One rule of the request is many of these: a line a pair of prefixes and a range of ports. */
struct pair {
    struct text *out;
    const char *chain;
    const struct pp_request_line *rule;
    const struct pp_prefix *from, *to;
    bool way_back;
};

static void add_prefix(struct text *out, const char *option, const struct pp_prefix *prefix)
{
    char address[ADDRESS_TEXT_MAX];
    text_printf(out, " %s %s/%u", option, address_text(&prefix->address, address), prefix->length);
}

static void add_rule(void *context, uint16_t first, uint16_t last)
{
    const struct pair *p = context;
    const char *transport = pp_transport_name(p->rule->transport);
    text_printf(p->out, "-%c -A %s", p->from->address.family == PP_IPV4 ? '4' : '6', p->chain);
    add_prefix(p->out, "-s", p->way_back ? p->to : p->from);
    add_prefix(p->out, "-d", p->way_back ? p->from : p->to);
    text_printf(p->out, " -p %s -m %s --%s %u", transport, transport, p->way_back ? "sport" : "dport", first);
    if (last != first) text_printf(p->out, ":%u", last);
    if (p->way_back && p->rule->transport == PP_TCP) text_add(p->out, " ! --syn"); /* it opens nothing */
    text_add(p->out, " -m comment --comment \"");
    add_comment(p->out, p->rule, p->way_back, COMMENT_MAX);
    text_printf(p->out, "\" -j %s\n", p->rule->accepts ? "ACCEPT" : "DROP");
}

static void add_pairs(struct text *out, const char *chain, const struct pp_request_line *rule, bool way_back)
{
    for (uint32_t f = 0; f < rule->from.count; f++)
        for (uint32_t t = 0; t < rule->to.count; t++) {
            struct pair pair = {out, chain, rule, &rule->from.prefixes[f], &rule->to.prefixes[t], way_back};
            each_range(&rule->ports, add_rule, &pair);
        }
}

static void add_note(struct text *out, const char *words)
{
    text_add(out, "# ");
    add_words(out, words, NOTE_MAX);
    text_add(out, "\n");
}

static void begin_chain(struct text *out, const char *chain, bool stateless)
{
    static const unsigned errors[] = {3, 11, 12}, errors6[] = {1, 2, 3, 4}; /* ICMP, ICMPv6: what tells of trouble on the way */
    if (!stateless) {
        text_printf(out, "-A %s -m conntrack --ctstate ESTABLISHED,RELATED -j ACCEPT\n", chain);
        return;
    }
    for (size_t i = 0; i < sizeof errors / sizeof *errors; i++)
        text_printf(out, "-4 -A %s -p icmp -m icmp --icmp-type %u -j ACCEPT\n", chain, errors[i]);
    for (size_t i = 0; i < sizeof errors6 / sizeof *errors6; i++)
        text_printf(out, "-6 -A %s -p ipv6-icmp -m icmp6 --icmpv6-type %u -j ACCEPT\n", chain, errors6[i]);
}

void write_iptables(const struct pp_request *request, const struct request_style *style, struct text *out)
{
    const char *chain = request->proposal ? "PORTPROOF-FIX" : "PORTPROOF";
    add_note(out, style->title);
    add_note(out, "for iptables-restore -n and ip6tables-restore -n");
    add_note(out, request->proposal ? "nothing jumps to this chain yet: iptables -I FORWARD -j PORTPROOF-FIX, and likewise ip6tables"
                                    : "nothing jumps to this chain yet: iptables -A FORWARD -j PORTPROOF, and likewise ip6tables");
    text_printf(out, "*filter\n:%s - [0:0]\n", chain);
    if (!request->proposal) begin_chain(out, chain, style->stateless);
    for (size_t i = 0; i < request->count; i++) {
        const struct pp_request_line *line = &request->lines[i];
        if (line->note) {
            add_note(out, line->note);
            continue;
        }
        add_pairs(out, chain, line, false);
        if (style->stateless && line->accepts && !line->one_way) add_pairs(out, chain, line, true);
    }
    if (!request->proposal) text_printf(out, "-A %s -j DROP\n", chain);
    text_add(out, "COMMIT\n");
}
