#include <stdlib.h>
#include <string.h>

#include "address.h"
#include "inventory.h"
#include "text.h"
#include "yaml_quote.h"

static void write_prefixes(struct text *out, const struct pp_host *host)
{
    text_printf(out, ", %s: %s", host->is_prefix ? "prefix" : "address", host->prefix_count > 1 ? "[" : "");
    for (uint16_t i = 0; i < host->prefix_count; i++) {
        char address[ADDRESS_TEXT_MAX], value[ADDRESS_TEXT_MAX + 8];
        address_text(&host->prefixes[i].address, address);
        snprintf(value, sizeof value, host->is_prefix ? "%s/%u" : "%s", address, host->prefixes[i].length);
        if (i) text_add(out, ", ");
        if (strchr(value, ':'))
            yaml_quote(out, value); /* a colon ends a key in flow style */
        else
            text_add(out, value);
    }
    if (host->prefix_count > 1) text_add(out, "]");
}

static void write_features(struct text *out, const struct pp_spec *spec, const uint8_t features[PP_FEATURES_MAX])
{
    const char *between = "{";
    for (uint16_t i = 0; i < spec->feature_count; i++) {
        if (features[i] == PP_SET_AUTO) continue;
        text_printf(out, "%s%s: %s", between, spec->features[i].name, site_setting_names[features[i]]);
        between = ", ";
    }
    text_add(out, "}");
}

static bool has_features(const uint8_t features[PP_FEATURES_MAX])
{
    for (size_t i = 0; i < PP_FEATURES_MAX; i++)
        if (features[i] != PP_SET_AUTO) return true;
    return false;
}

static void write_host(struct text *out, const struct pp_spec *spec, const struct pp_host *host)
{
    const char *between = "";
    text_add(out, "  - {name: ");
    yaml_quote(out, host->name);
    write_prefixes(out, host);
    text_add(out, ", roles: [");
    for (uint16_t role = 0; role < spec->role_count; role++) {
        if (!(host->roles >> role & 1)) continue;
        text_printf(out, "%s%s", between, spec->roles[role].name);
        between = ", ";
    }
    text_printf(out, "]%s", host->primary ? ", primary: true" : "");
    if (has_features(host->features)) {
        text_add(out, ", features: ");
        write_features(out, spec, host->features);
    }
    text_add(out, "}\n");
}

/* A host is written under the name that its addresses have now: the name in the file may have joined another. */
static const char *end_text(const struct pp_site *site, const struct pp_waiver_end *end, const char *written)
{
    return end->kind == PP_WHO_HOST ? pp_site_host_name(site, end->index) : written;
}

static void write_waiver(struct text *out, const struct pp_site *site, const struct pp_waiver *waiver)
{
    const char *const keys[] = {"from", "to", "ports", "owner", "reason", "expires"};
    const char *const values[] = {
        end_text(site, &waiver->from, waiver->from_text),
        end_text(site, &waiver->to, waiver->to_text),
        waiver->ports_text,
        waiver->owner,
        waiver->reason,
        waiver->expires_text ? waiver->expires_text : "never",
    };
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        text_printf(out, "%s%s: ", i ? ", " : "  - {", keys[i]);
        yaml_quote(out, values[i]);
    }
    text_add(out, "}\n");
}

static void write_waivers(struct text *out, const struct pp_site *site)
{
    bool own = false, background = false;
    for (uint32_t i = 0; i < site->waiver_count; i++) {
        if (strcmp(site->waivers[i].origin, "background") == 0) {
            background = true;
            continue;
        }
        if (!own) text_add(out, "waivers:\n");
        own = true;
        write_waiver(out, site, &site->waivers[i]);
    }
    if (background) text_add(out, "include: [background]\n");
}

static void write_changes(struct text *out, const struct pp_site *site, const struct pp_spec *spec)
{
    const char *heading = "ports:\n";
    for (uint32_t i = 0; i < site->change_count; i++) {
        if (!site->changes[i].ports_set) continue;
        text_printf(out, "%s  %s: ", heading, spec->rows[site->changes[i].row].id);
        yaml_quote(out, site->changes[i].ports_text);
        text_add(out, "\n");
        heading = "";
    }
    heading = "coverage:\n";
    for (uint32_t i = 0; i < site->change_count; i++) {
        if (!site->changes[i].coverage_set) continue;
        text_printf(out, "%s  %s: %s\n", heading, spec->rows[site->changes[i].row].id, pp_coverage_name(site->changes[i].coverage));
        heading = "";
    }
}

bool pp_site_write(const struct pp_site *site, const struct pp_spec *spec, const char *const comments[], char **out, size_t *size)
{
    struct text text;
    text_init(&text);
    text_add(&text, "name: ");
    yaml_quote(&text, site->name);
    text_add(&text, "\nhosts:\n");
    for (uint32_t i = 0; i < site->host_count; i++) {
        if (!site->hosts[i].prefix_count) continue;
        if (comments && comments[i]) {
            text_add(&text, "  # ");
            text_add_escaped(&text, comments[i], strlen(comments[i]));
            text_add(&text, "\n");
        }
        write_host(&text, spec, &site->hosts[i]);
    }
    if (!site->host_count) text_add(&text, "  []\n");
    if (has_features(site->features)) {
        text_add(&text, "features: ");
        write_features(&text, spec, site->features);
        text_add(&text, "\n");
    }
    write_waivers(&text, site);
    if (site->array_members) text_printf(&text, "array_members: %u\n", site->array_members);
    write_changes(&text, site, spec);
    if (text.failed) return text_finish(&text), false;
    *out = text.bytes;
    *size = text.length;
    return true;
}
