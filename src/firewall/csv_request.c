/* A request as comma-separated values: what a firewall engineer is asked for, one line a rule; addresses with blanks between them. What a
 * note says of the request is no rule, and is left out. */
#include "address.h"
#include "csv.h"
#include "request.h"

static void add_addresses(struct csv *csv, const struct pp_rule_end *end)
{
    struct text text;
    text_init(&text);
    for (uint32_t i = 0; i < end->count; i++) {
        char address[ADDRESS_TEXT_MAX];
        text_printf(&text, i ? " %s/%u" : "%s/%u", address_text(&end->prefixes[i].address, address), end->prefixes[i].length);
    }
    csv_text(csv, &text);
}

static void add_range(void *context, uint16_t first, uint16_t last)
{
    struct text *text = context;
    if (text->length) text_add(text, " ");
    text_printf(text, first == last ? "%u" : "%u-%u", first, last);
}

static void add_rule(struct csv *csv, const struct pp_request_line *rule, bool way_back)
{
    struct text ports;
    text_init(&ports);
    each_range(&rule->ports, add_range, &ports);
    csv_string(csv, rule->row);
    csv_string(csv, rule->accepts ? "accept" : "drop");
    csv_string(csv, way_back ? "back" : "there");
    csv_string(csv, pp_transport_name(rule->transport));
    csv_string(csv, way_back ? rule->to.name : rule->from.name);
    add_addresses(csv, way_back ? &rule->to : &rule->from);
    csv_string(csv, way_back ? ports.bytes : "any");
    csv_string(csv, way_back ? rule->from.name : rule->to.name);
    add_addresses(csv, way_back ? &rule->from : &rule->to);
    csv_string(csv, way_back ? "any" : ports.bytes);
    csv_string(csv, rule->reason);
    csv_end(csv);
    csv->out->failed |= ports.failed;
    text_finish(&ports);
}

void write_request_csv(const struct pp_request *request, const struct request_style *style, struct text *out)
{
    struct csv csv = {.out = out};
    csv_header(&csv, "row action way transport source source_addresses source_ports destination destination_addresses destination_ports "
                     "reason");
    for (size_t i = 0; i < request->count; i++) {
        const struct pp_request_line *line = &request->lines[i];
        if (line->note) continue;
        add_rule(&csv, line, false);
        if (style->stateless && line->accepts && !line->one_way) add_rule(&csv, line, true);
    }
}
