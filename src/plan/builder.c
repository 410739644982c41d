/* A test as it is kept: who, where, what to do, and what will be seen of it. */
#include "builder.h"

#include <string.h>

#include "address.h"
#include "text.h"
#include "words.h"

enum { NAMES_SHOWN = 4, ADDRESSES_SHOWN = 4 };

bool test_plan_skips(const struct pp_spec *spec, uint16_t row)
{
    return spec->rows[row].partner != PP_NONE && spec->rows[row].partner < row;
}

static const char *keep(struct plan_builder *b, struct text *text)
{
    const char *copy = text->failed ? NULL : arena_copy(b->arena, text->bytes ? text->bytes : "", text->length);
    b->out->memory = copy ? b->out->memory : NULL; /* sticky, as the arena's own failure is */
    text_finish(text);
    return copy ? copy : "";
}

const char *test_plan_safe(struct plan_builder *b, const char *string)
{
    struct text text;
    text_init(&text);
    if (string) text_add_escaped(&text, string, strlen(string));
    return keep(b, &text);
}

static bool is_named(const struct pp_host *host, const char *safe_name)
{
    struct text text;
    text_init(&text);
    text_add_escaped(&text, host->name, strlen(host->name));
    bool same = text.bytes && strcmp(text.bytes, safe_name) == 0;
    text_finish(&text);
    return same;
}

static const char *addresses_of(struct plan_builder *b, const char *name)
{
    struct text text;
    text_init(&text);
    for (uint32_t h = 0; *name && h < b->site->host_count; h++) {
        const struct pp_host *host = &b->site->hosts[h];
        if (!is_named(host, name)) continue;
        for (uint16_t i = 0; i < host->prefix_count && i < ADDRESSES_SHOWN; i++) {
            char address[ADDRESS_TEXT_MAX];
            const struct pp_prefix *prefix = &host->prefixes[i];
            text_printf(&text, i ? ", %s" : "%s", address_text(&prefix->address, address));
            if (host->is_prefix) text_printf(&text, "/%u", prefix->length);
        }
        if (host->prefix_count > ADDRESSES_SHOWN) text_printf(&text, " and %u more", host->prefix_count - ADDRESSES_SHOWN);
        break;
    }
    return keep(b, &text);
}

/* "tta1", or "any application-server (app1, app2)" */
static const char *who(struct plan_builder *b, const char *name, uint16_t role, bool loopback)
{
    struct text text;
    unsigned n = 0;
    if (*name) return name;
    text_init(&text);
    text_printf(&text, loopback ? "%s, on its own loopback" : "any %s", b->out->spec->roles[role].name);
    for (uint32_t h = 0; !loopback && h < b->site->host_count; h++) {
        const struct pp_host *host = &b->site->hosts[h];
        if (!(host->roles >> role & 1) || n++ >= NAMES_SHOWN) continue;
        text_add(&text, n == 1 ? " (" : ", ");
        text_add_escaped(&text, host->name, strlen(host->name));
    }
    if (n > NAMES_SHOWN) text_printf(&text, " and %u more", n - NAMES_SHOWN);
    if (n) text_add(&text, ")");
    return keep(b, &text);
}

static const char *action_of(struct plan_builder *b, const struct pp_row *row, const struct sides *sides)
{
    struct text text;
    text_init(&text);
    plan_add_action(&text, row, sides);
    return keep(b, &text);
}

static const char *sees(struct plan_builder *b, const struct pp_row *row, const struct sides *sides, const char *ports)
{
    struct text text;
    text_init(&text);
    plan_add_sees(&text, b->out->spec, row, sides, ports);
    return keep(b, &text);
}

/* Rows that stand in for this one, as far as the site has not switched them off. */
static const char *instead(struct plan_builder *b, uint16_t number)
{
    const struct pp_spec *spec = b->out->spec;
    const char *group = spec->rows[number].any_of;
    struct text text;
    text_init(&text);
    for (uint16_t r = 0; group && r < spec->row_count; r++)
        if (r != number && spec->rows[r].any_of && strcmp(spec->rows[r].any_of, group) == 0 &&
            pp_site_feature(b->site, spec, spec->rows[r].feature, PP_NONE) != PP_SET_OFF)
            text_printf(&text, text.length ? ", %s" : "%s", spec->rows[r].id);
    return keep(b, &text);
}

static bool has_room(struct plan_builder *b)
{
    if (b->out->count < b->room) return true;
    size_t room = b->room ? b->room * 2 : 64;
    struct pp_test *tests = arena_alloc(b->arena, room * sizeof *tests);
    if (!tests) return false;
    if (b->out->count) memcpy(tests, b->out->tests, b->out->count * sizeof *tests);
    b->out->tests = tests;
    b->room = room;
    return true;
}

bool test_plan_begin(struct plan_builder *b, const struct pp_spec *spec, const struct pp_site *site)
{
    *b = (struct plan_builder){.arena = arena_create(), .site = site};
    b->out = b->arena ? arena_alloc(b->arena, sizeof *b->out) : NULL;
    if (!b->out) return arena_destroy(b->arena), false;
    b->out->spec = spec;
    b->out->memory = b->arena;
    b->out->site_name = test_plan_safe(b, site->name);
    return true;
}

bool test_plan_add(struct plan_builder *b, const struct open_edge *edge)
{
    const struct pp_row *row = &b->out->spec->rows[edge->row];
    if (!has_room(b)) return false;
    struct pp_test *test = &b->out->tests[b->out->count++];
    *test = (struct pp_test){.row = edge->row, .state = edge->state, .from_name = edge->from, .to_name = edge->to};
    test->from = who(b, edge->from, row->from, row->loopback);
    test->to = who(b, edge->to, row->to, row->loopback);
    test->from_addresses = addresses_of(b, edge->from);
    test->to_addresses = addresses_of(b, edge->to);
    test->ports =
        edge->port ? arena_format(b->arena, "%u/%s", edge->port, pp_transport_name(row->transport)) : test_plan_safe(b, row->ports_text);
    struct sides sides = {{edge->from, b->out->spec->roles[row->from].name}, {edge->to, b->out->spec->roles[row->to].name}};
    test->action = action_of(b, row, &sides);
    test->sees = sees(b, row, &sides, test->ports ? test->ports : "");
    test->instead = instead(b, edge->row);
    return b->out->memory && !arena_failed(b->arena);
}

struct pp_test_plan *test_plan_end(struct plan_builder *b)
{
    if (b->out->memory && !arena_failed(b->arena)) return b->out;
    arena_destroy(b->arena);
    return NULL;
}

void pp_test_plan_destroy(struct pp_test_plan *plan)
{
    if (plan) arena_destroy(plan->memory);
}
