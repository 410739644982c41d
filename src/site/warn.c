/* What is allowed in a site file and yet is probably a slip. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "address.h"
#include "inventory.h"
#include "text.h"

enum { WARNING_MAX = 400, SHOWN_MAX = 80 };

void site_warn(struct inventory *inventory, uint32_t line, const char *format, ...)
{
    struct pp_site *site = inventory->site;
    char text[WARNING_MAX];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    struct pp_site_warning *warnings = site_grow(inventory->arena, site->warnings, site->warning_count, sizeof *warnings);
    const char *copy = arena_copy(inventory->arena, text, strlen(text));
    if (!warnings || !copy) return; /* the arena remembers, and parse says so */
    site->warnings = warnings;
    warnings[site->warning_count++] = (struct pp_site_warning){line, copy};
}

static bool holds(const struct pp_host *host, uint16_t role) { return host->roles >> role & 1; }

static bool anybody_holds(const struct inventory *inventory, uint16_t role)
{
    if (inventory->spec->roles[role].loopback) return true;
    for (uint32_t i = 0; i < inventory->site->host_count; i++)
        if (holds(&inventory->site->hosts[i], role)) return true;
    return false;
}

/* Two different entries, or two hosts of one prefix. */
static bool is_possible(const struct inventory *inventory, const struct pp_row *row)
{
    const struct pp_site *site = inventory->site;
    uint32_t from = 0, to = 0, both = 0;
    if (row->loopback) return true;
    for (uint32_t i = 0; i < site->host_count; i++) {
        bool is_from = holds(&site->hosts[i], row->from), is_to = holds(&site->hosts[i], row->to);
        if (is_from && is_to && site->hosts[i].is_prefix) return true;
        from += is_from, to += is_to, both += is_from && is_to;
    }
    if (inventory->spec->roles[row->from].loopback && !from) return to > 0; /* a client need not be named to be one */
    return from && to && !(both && from == 1 && to == 1);
}

static void warn_of_feature(struct inventory *inventory, uint16_t feature)
{
    const struct pp_spec *spec = inventory->spec;
    pp_role_set missing = 0;
    for (uint16_t i = 0; i < spec->row_count; i++) {
        const struct pp_row *row = &spec->rows[i];
        if (row->feature != feature) continue;
        if (is_possible(inventory, row)) continue;
        const uint16_t ends[] = {row->from, row->to};
        bool told = false;
        for (size_t end = 0; end < 2; end++) {
            if (anybody_holds(inventory, ends[end])) continue;
            if (!(missing >> ends[end] & 1))
                site_warn(inventory, inventory->feature_lines[feature], "%s is on, but nobody holds the role %s that row %s needs",
                          spec->features[feature].name, spec->roles[ends[end]].name, row->id);
            missing |= UINT32_C(1) << ends[end];
            told = true;
        }
        if (!told)
            site_warn(inventory, inventory->feature_lines[feature], "%s is on, but no two hosts could use row %s",
                      spec->features[feature].name, row->id);
    }
}

static void warn_of_features(struct inventory *inventory)
{
    for (uint16_t i = 0; i < inventory->spec->feature_count; i++)
        if (inventory->site->features[i] == PP_SET_ON) warn_of_feature(inventory, i);
}

/* A longer prefix replaces the roles of a shorter one that holds it. Losing a role that anyone may hold surprises nobody. */
static void warn_of_hidden_roles(struct inventory *inventory)
{
    const struct pp_site *site = inventory->site;
    const struct pp_spec *spec = inventory->spec;
    const struct lookup *lookup = site->lookup;
    for (uint32_t i = 0; i < lookup->slot_count; i++) {
        const struct slot *slot = &lookup->slots[i], *outer = site_lookup_find(lookup, &slot->address, slot->length);
        if (!outer || outer->host == slot->host) continue;
        const struct pp_host *inside = &site->hosts[slot->host], *around = &site->hosts[outer->host];
        for (uint16_t role = 0; role < spec->role_count; role++) {
            if (spec->roles[role].anyone || !holds(around, role) || holds(inside, role)) continue;
            char inner_name[SHOWN_MAX], outer_name[SHOWN_MAX], address[ADDRESS_TEXT_MAX];
            escape_into(inner_name, sizeof inner_name, inside->name, strlen(inside->name));
            escape_into(outer_name, sizeof outer_name, around->name, strlen(around->name));
            site_warn(inventory, inside->line, "%s (%s) lies in %s and loses its role %s: the longest prefix replaces shorter ones",
                      address_text(&slot->address, address), inner_name, outer_name, spec->roles[role].name);
        }
    }
}

static void warn_of_joined(struct inventory *inventory)
{
    const struct pp_site *site = inventory->site;
    const struct lookup *lookup = site->lookup;
    for (uint32_t i = 0; i < site->host_count; i++) {
        char first[SHOWN_MAX], second[SHOWN_MAX];
        const char *other = site->hosts[lookup->joined_into[i]].name;
        if (lookup->joined_into[i] == i) continue;
        site_warn(inventory, site->hosts[i].line, "%s has the addresses of %s; its roles are joined under that name",
                  escape_into(second, sizeof second, site->hosts[i].name, strlen(site->hosts[i].name)),
                  escape_into(first, sizeof first, other, strlen(other)));
    }
}

void site_warn_of_all(struct inventory *inventory)
{
    const struct lookup *lookup = inventory->site->lookup;
    uint16_t written = inventory->site->array_members;
    warn_of_joined(inventory);
    warn_of_hidden_roles(inventory);
    warn_of_features(inventory);
    if (written && lookup->members && written != lookup->members)
        site_warn(inventory, inventory->array_line, "array_members is %u, but the hosts tell of %u", written, lookup->members);
}
