/* Extended access lists of Cisco IOS: one for IPv4, with inverse masks, and one for IPv6. An access list knows no connections: the way back
 * is needed somewhere, and --stateless writes it. Remarks are 100 bytes at most, and a question mark asks for help; add_words lets none
 * pass. */
#include <string.h>

#include "address.h"
#include "request.h"

enum { REMARK_MAX = 96 };

struct pair {
    struct text *out;
    const struct pp_request_line *rule;
    const struct pp_prefix *from, *to;
    bool way_back;
};

static void add_end(struct text *out, const struct pp_prefix *prefix)
{
    char address[ADDRESS_TEXT_MAX];
    address_text(&prefix->address, address);
    if (prefix->length == (prefix->address.family == PP_IPV4 ? 32 : 128)) {
        text_printf(out, " host %s", address);
        return;
    }
    if (prefix->address.family == PP_IPV6) {
        text_printf(out, " %s/%u", address, prefix->length);
        return;
    }
    uint32_t wild = prefix->length ? UINT32_MAX >> prefix->length : UINT32_MAX;
    text_printf(out, " %s %u.%u.%u.%u", address, wild >> 24, wild >> 16 & 255, wild >> 8 & 255, wild & 255);
}

static void add_ports(struct text *out, uint16_t first, uint16_t last)
{
    if (first == last)
        text_printf(out, " eq %u", first);
    else
        text_printf(out, " range %u %u", first, last);
}

static void add_rule(void *context, uint16_t first, uint16_t last)
{
    const struct pair *p = context;
    text_printf(p->out, " %s %s", p->rule->accepts ? "permit" : "deny", pp_transport_name(p->rule->transport));
    add_end(p->out, p->way_back ? p->to : p->from);
    if (p->way_back) add_ports(p->out, first, last);
    add_end(p->out, p->way_back ? p->from : p->to);
    if (!p->way_back) add_ports(p->out, first, last);
    if (p->way_back && p->rule->transport == PP_TCP) text_add(p->out, " established");
    text_add(p->out, "\n");
}

static void add_remark(struct text *out, const char *words)
{
    text_add(out, " remark ");
    add_words(out, words, REMARK_MAX);
    text_add(out, "\n");
}

static void add_pairs(struct text *out, const struct pp_request_line *rule, bool way_back)
{
    text_add(out, " remark ");
    add_comment(out, rule, way_back, REMARK_MAX);
    text_add(out, "\n");
    for (uint32_t f = 0; f < rule->from.count; f++)
        for (uint32_t t = 0; t < rule->to.count; t++) {
            struct pair pair = {out, rule, &rule->from.prefixes[f], &rule->to.prefixes[t], way_back};
            each_range(&rule->ports, add_rule, &pair);
        }
}

static void add_list(const struct pp_request *request, const struct request_style *style, enum pp_family family, struct text *out)
{
    bool v4 = family == PP_IPV4;
    text_printf(out, "%s PORTPROOF%s%s\n", v4 ? "ip access-list extended" : "ipv6 access-list", request->proposal ? "-FIX" : "",
                v4 ? "" : "-V6");
    add_remark(out, style->title);
    if (!style->stateless) add_remark(out, "the way there alone; --stateless adds the way back");
    for (size_t i = 0; i < request->count; i++) {
        const struct pp_request_line *line = &request->lines[i];
        if (line->note && v4) add_remark(out, line->note);
        if (line->note || line->from.prefixes[0].address.family != family) continue;
        add_pairs(out, line, false);
        if (style->stateless && line->accepts && !line->one_way) add_pairs(out, line, true);
    }
    if (request->proposal) return;
    if (style->stateless && v4) text_add(out, " permit icmp any any unreachable\n permit icmp any any time-exceeded\n");
    if (style->stateless && !v4)
        text_add(out, " permit icmp any any unreachable\n permit icmp any any packet-too-big\n permit icmp any any time-exceeded\n");
    if (!v4) text_add(out, " permit icmp any any nd-na\n permit icmp any any nd-ns\n");
    text_add(out, v4 ? " deny ip any any log\n" : " deny ipv6 any any log\n");
}

void write_cisco(const struct pp_request *request, const struct request_style *style, struct text *out)
{
    add_list(request, style, PP_IPV4, out);
    text_add(out, "!\n");
    add_list(request, style, PP_IPV6, out);
}
