/* Who is who, read off the traffic when there is no site file (design 5.6). Only answered flows speak; wide rows do not. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "address.h"
#include "assess.h"
#include "keyed.h"

/* One answered flow read in one direction. */
struct view {
    uint32_t initiator, responder;
    uint16_t port;
    uint8_t transport;
};

struct inference {
    const struct pp_spec *spec;
    const struct pp_port_index *index;
    struct pp_flow_table *flows;
    struct directory directory; /* roles gather in seen[].entry.roles */
    struct port_sets rules;     /* inferences that speak of a port */
    uint64_t with_peers;        /* inferences that ask for roles of the other end */
    struct pp_row_set telling;  /* narrow rows between hosts */
    bool named[PP_CLASSES_MAX]; /* by port class: a narrow row names the port */
    struct view *views;
    size_t view_count, view_room;
    pp_role_set anchors;   /* roles whose holders tell what their peers are */
    pp_role_set *anchored; /* by address: the anchors it holds by the rules alone */
};

static void prepare(struct inference *in)
{
    const struct pp_spec *spec = in->spec;
    struct pp_row_set narrow = {{0}};
    for (uint16_t r = 0; r < spec->row_count; r++) {
        if (spec->rows[r].wide) continue;
        pp_row_set_add(&narrow, r);
        if (!spec->rows[r].loopback) pp_row_set_add(&in->telling, r);
    }
    for (unsigned c = 0; c < pp_port_index_stats(in->index).classes; c++) {
        struct pp_row_set rows = rows_in_both(narrow, pp_class_rows(in->index, (uint8_t)c));
        in->named[c] = !pp_row_set_empty(&rows);
    }
    for (unsigned i = 0; i < spec->inference_count; i++) {
        port_sets_add(&in->rules, i, &spec->inferences[i].ports);
        if (spec->inferences[i].peer_roles) in->with_peers |= UINT64_C(1) << i;
    }
}

static bool on_narrow_row(const struct inference *in, enum pp_transport transport, uint16_t port)
{
    return in->named[pp_port_class(in->index, transport, port)];
}

/* Which end answers: by the handshake, else by the one port of the two that a narrow row names, else (name service talks
 * from 137 to 137) for UDP by the first packet. 2: cannot be told. */
static unsigned responder_of(const struct inference *in, const struct pp_flow *flow)
{
    if (flow->kind == PP_FLOW_CONVERSATION) return !flow->initiator;
    if (flow->kind != PP_FLOW_EXACT) return 2;
    if (flow->transport == PP_TCP) {
        unsigned initiator = pp_handshake_initiator(flow->side[0].marks, flow->side[1].marks);
        if (initiator < 2) return !initiator;
    }
    bool named[2] = {on_narrow_row(in, flow->transport, flow->port[0]), on_narrow_row(in, flow->transport, flow->port[1])};
    if (named[0] != named[1]) return named[1];
    unsigned first = flow->transport == PP_UDP && named[0] ? by_first_packet(flow) : 2;
    return first < 2 ? !first : 2;
}

/* Which end answers, if the flow tells anything: it was answered, between two hosts. 2: it does not. */
static unsigned telling_responder(const struct inference *in, const struct pp_flow *flow)
{
    unsigned responder = responder_of(in, flow);
    for (unsigned e = 0; e < 2; e++)
        if (address_is_group(&flow->address[e]) || address_is_loopback(&flow->address[e])) return 2;
    if (responder > 1) return 2;
    enum pp_outcome outcome = outcome_of(flow, !responder);
    return outcome == PP_ANSWERED || outcome == PP_HALF_SEEN ? responder : 2;
}

static bool reserve_views(struct inference *in, size_t more)
{
    if (in->view_room - in->view_count >= more) return true;
    size_t room = 2 * in->view_room + more;
    struct view *views = realloc(in->views, room * sizeof *views);
    if (!views) return false;
    in->views = views;
    in->view_room = room;
    return true;
}

/* Keep what a block of flows tells. */
static bool view_block(struct inference *in, size_t first, size_t count)
{
    struct pp_flow flows[FLOW_BLOCK];
    uint8_t responders[FLOW_BLOCK];
    uint32_t ends[FLOW_BLOCK][2];
    size_t kept = 0;
    for (size_t i = 0; i < count; i++) {
        pp_flow_at(in->flows, first + i, &flows[kept]);
        responders[kept] = (uint8_t)telling_responder(in, &flows[kept]);
        kept += responders[kept] < 2;
    }
    if (!directory_add_ends(&in->directory, NULL, flows, kept, ends) || !reserve_views(in, kept)) return false;
    for (size_t i = 0; i < kept; i++) {
        unsigned r = responders[i];
        in->views[in->view_count++] = (struct view){ends[i][!r], ends[i][r], flows[i].port[r], flows[i].transport};
    }
    return true;
}

static pp_role_set *roles_of(struct inference *in, uint32_t address) { return &in->directory.seen[address].entry.roles; }

static void infer_end(struct inference *in, const struct pp_inference *rule, uint32_t end, uint32_t peer)
{
    if (!rule->peer_roles || *roles_of(in, peer) & rule->peer_roles) *roles_of(in, end) |= rule->roles;
}

/* Some of the rules file's own inferences. */
static void apply_rules(struct inference *in, const struct view *v, uint64_t rules)
{
    for (; rules; rules &= rules - 1) {
        const struct pp_inference *rule = &in->spec->inferences[__builtin_ctzll(rules)];
        if (rule->who != PP_INFER_INITIATOR) infer_end(in, rule, v->responder, v->initiator);
        if (rule->who != PP_INFER_RESPONDER) infer_end(in, rule, v->initiator, v->responder);
    }
}

static pp_role_set primary_roles(const struct pp_spec *spec)
{
    pp_role_set roles = 0;
    for (unsigned r = 0; r < spec->role_count; r++)
        if (spec->roles[r].primary) roles |= UINT32_C(1) << r;
    return roles;
}

/* Who tells what its peers are: the servers of the array; in a list without one, whoever the rules recognise by himself. */
static pp_role_set anchor_roles(const struct pp_spec *spec)
{
    pp_role_set roles = primary_roles(spec);
    if (roles) return roles;
    for (unsigned i = 0; i < spec->inference_count; i++)
        if (!spec->inferences[i].peer_roles) roles |= spec->inferences[i].roles;
    return roles & telling_roles(spec);
}

/* The other end of a narrow row's flow with an anchor (a server of the array) has that row's role. */
static void apply_rows(struct inference *in, const struct view *v)
{
    pp_role_set initiator = in->anchored[v->initiator], responder = in->anchored[v->responder];
    if (!initiator && !responder) return;
    struct pp_row_set rows = rows_in_both(in->telling, pp_class_rows(in->index, pp_port_class(in->index, v->transport, v->port)));
    FOR_EACH_ROW (r, &rows) {
        const struct pp_row *row = &in->spec->rows[r];
        if (initiator >> row->from & 1) *roles_of(in, v->responder) |= UINT32_C(1) << row->to;
        if (responder >> row->to & 1) *roles_of(in, v->initiator) |= UINT32_C(1) << row->from;
    }
}

/* What the first pass found stands still during the second, so that the order of the flows does not matter. */
static bool drop_anchors(struct inference *in)
{
    in->anchored = calloc(in->directory.count + 1u, sizeof *in->anchored);
    for (uint32_t i = 0; in->anchored && i < in->directory.count; i++) in->anchored[i] = in->directory.seen[i].entry.roles & in->anchors;
    return in->anchored != NULL;
}

static bool infer_roles(struct inference *in)
{
    size_t count = pp_flow_count(in->flows);
    for (size_t i = 0; i < count; i += FLOW_BLOCK)
        if (!view_block(in, i, count - i < FLOW_BLOCK ? count - i : FLOW_BLOCK)) return false;
    for (size_t i = 0; i < in->view_count; i++) {
        const struct view *v = &in->views[i];
        apply_rules(in, v, port_sets_at(&in->rules, v->transport, v->port) & ~in->with_peers);
    }
    if (!drop_anchors(in)) return false;
    for (size_t i = 0; i < in->view_count; i++) {
        const struct view *v = &in->views[i];
        uint64_t rules = port_sets_at(&in->rules, v->transport, v->port);
        if (rules)
            apply_rules(in, v, rules & in->with_peers);
        else
            apply_rows(in, v);
    }
    return true;
}

/* The addresses in order. NULL: out of memory. */
static uint32_t *order_addresses(const struct inference *in)
{
    const struct pp_seen *seen = in->directory.seen;
    size_t count = in->directory.count;
    struct keyed *items = malloc((2 * count + 1) * sizeof *items);
    uint32_t *order = malloc((count + 1) * sizeof *order);
    if (!items || !order) return free(items), free(order), NULL;
    for (uint32_t i = 0; i < count; i++) items[i] = (struct keyed){address_low(&seen[i].address), i};
    keyed_sort(items, items + count, count);
    for (uint32_t i = 0; i < count; i++) items[i].key = address_high(&seen[items[i].number].address);
    keyed_sort(items, items + count, count);
    for (uint32_t i = 0; i < count; i++) items[i].key = seen[items[i].number].address.family;
    keyed_sort(items, items + count, count);
    for (uint32_t i = 0; i < count; i++) order[i] = items[i].number;
    free(items);
    return order;
}

/* --- from roles to a site ------------------------------------------------------------------------------------------- */

enum {
    HOSTS_NAMED_MAX = 1000, /* hosts of the same roles that get a name each; more of them share one (a scan, or a very large site) */
    GROUP_MAX = 60000,      /* addresses under one name */
    KINDS_MAX = 1024,       /* distinct sets of roles; hosts of further ones are named one by one */
};

/* The hosts that hold the same roles. */
struct kind {
    pp_role_set roles;
    uint32_t count;
};

struct kinds {
    struct kind items[KINDS_MAX];
    unsigned count;
    unsigned numbers[PP_ROLES_MAX]; /* running number of a role's names */
};

static struct kind *kind_of(struct kinds *kinds, pp_role_set roles)
{
    for (unsigned k = 0; k < kinds->count; k++)
        if (kinds->items[k].roles == roles) return &kinds->items[k];
    if (kinds->count == KINDS_MAX) return NULL;
    kinds->items[kinds->count] = (struct kind){.roles = roles};
    return &kinds->items[kinds->count++];
}

/* "tarantella-1", "client-12", "client-hosts-1": the most telling role the host holds, without "-server", and a running number. */
static void name_host(const struct inference *in, pp_role_set roles, struct kinds *kinds, bool group, char out[80])
{
    unsigned role = 0;
    pp_role_set telling = roles & telling_roles(in->spec), pick = roles & in->anchors ? roles & in->anchors : telling ? telling : roles;
    while (!(pick >> role & 1)) role++;
    const char *name = in->spec->roles[role].name, *tail = strstr(name, "-server");
    int length = tail && !tail[7] ? (int)(tail - name) : (int)strlen(name);
    snprintf(out, 80, "%.*s%s-%u", length > 60 ? 60 : length, name, group ? "-hosts" : "", ++kinds->numbers[role]);
}

static bool add_group(struct inference *in, struct pp_site *site, const uint32_t *order, struct kinds *kinds, pp_role_set roles)
{
    struct pp_address *addresses = calloc(GROUP_MAX, sizeof *addresses);
    uint16_t count = 0;
    bool ok = addresses != NULL;
    for (uint32_t i = 0; ok && i <= in->directory.count; i++) {
        bool end = i == in->directory.count;
        const struct pp_seen *seen = end ? NULL : &in->directory.seen[order[i]];
        if (seen && seen->entry.roles == roles) addresses[count++] = seen->address;
        if (!count || (!end && count < GROUP_MAX)) continue;
        char name[80];
        name_host(in, roles, kinds, true, name);
        ok = pp_site_add_group(site, name, addresses, count, roles);
        count = 0;
    }
    free(addresses);
    return ok;
}

static bool add_hosts(struct inference *in, struct pp_site *site, const uint32_t *order, struct kinds *kinds)
{
    for (uint32_t i = 0; i < in->directory.count; i++) {
        pp_role_set roles = *roles_of(in, order[i]);
        struct kind *kind = roles ? kind_of(kinds, roles) : NULL;
        if (kind) kind->count++;
    }
    for (uint32_t i = 0; i < in->directory.count; i++) {
        char name[80];
        pp_role_set roles = *roles_of(in, order[i]);
        if (!roles) continue;
        struct kind *kind = kind_of(kinds, roles);
        if (kind && kind->count > HOSTS_NAMED_MAX) continue;
        name_host(in, roles, kinds, false, name);
        if (!pp_site_add(site, name, &in->directory.seen[order[i]].address, roles, false)) return false;
    }
    for (unsigned k = 0; k < kinds->count; k++)
        if (kinds->items[k].count > HOSTS_NAMED_MAX && !add_group(in, site, order, kinds, kinds->items[k].roles)) return false;
    return true;
}

struct pp_site *pp_infer_site(const struct pp_spec *spec, const struct pp_port_index *index, struct pp_flow_table *flows)
{
    struct inference in = {.spec = spec, .index = index, .flows = flows, .anchors = anchor_roles(spec)};
    struct pp_site *site = pp_site_create("inferred from traffic");
    struct kinds *kinds = calloc(1, sizeof *kinds);
    uint32_t *order = NULL;
    bool ok = site && kinds && port_sets_init(&in.rules);
    if (ok) prepare(&in);
    ok = ok && infer_roles(&in) && (order = order_addresses(&in)) && add_hosts(&in, site, order, kinds) && pp_site_finish(site, spec);
    directory_finish(&in.directory);
    port_sets_finish(&in.rules);
    free(in.views);
    free(in.anchored);
    free(order);
    free(kinds);
    if (ok) return site;
    pp_site_destroy(site);
    return NULL;
}
