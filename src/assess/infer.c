/* Who is who, read off the traffic when there is no site file (design 5.6). Only answered flows speak; wide rows do not. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "address.h"
#include "assess.h"

struct inference {
    const struct pp_spec *spec;
    const struct pp_port_index *index;
    struct pp_flow_table *flows;
    struct directory directory; /* roles gather in seen[].entry.roles */
    pp_role_set anchors;        /* roles whose holders tell what their peers are */
    pp_role_set *anchored;      /* by address: the anchors it holds by the rules alone */
};

/* One answered flow read in one direction. */
struct view {
    uint32_t initiator, responder;
    uint16_t port;
    enum pp_transport transport;
};

static bool on_narrow_row(const struct inference *in, enum pp_transport transport, uint16_t port)
{
    const struct pp_row_set *rows = pp_class_rows(in->index, pp_port_class(in->index, transport, port));
    for (uint16_t r = 0; r < in->spec->row_count; r++)
        if (pp_row_set_has(rows, r) && !in->spec->rows[r].wide) return true;
    return false;
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

static bool view_flow(struct inference *in, size_t number, struct view *view, bool *useful)
{
    struct pp_flow flow;
    pp_flow_at(in->flows, number, &flow);
    unsigned responder = responder_of(in, &flow);
    *useful = false;
    for (unsigned e = 0; e < 2; e++)
        if (address_is_group(&flow.address[e]) || address_is_loopback(&flow.address[e])) return true;
    if (responder > 1) return true;
    enum pp_outcome outcome = outcome_of(&flow, !responder);
    if (outcome != PP_ANSWERED && outcome != PP_HALF_SEEN) return true;
    *useful = true;
    *view = (struct view){.port = flow.port[responder], .transport = flow.transport};
    return directory_add(&in->directory, NULL, &flow.address[!responder], &view->initiator) &&
           directory_add(&in->directory, NULL, &flow.address[responder], &view->responder);
}

static pp_role_set *roles_of(struct inference *in, uint32_t address) { return &in->directory.seen[address].entry.roles; }

static void infer_end(struct inference *in, const struct pp_inference *rule, uint32_t end, uint32_t peer)
{
    if (!rule->peer_roles || *roles_of(in, peer) & rule->peer_roles) *roles_of(in, end) |= rule->roles;
}

/* The rules file's own inferences; returns whether one spoke of this port. */
static bool apply_rules(struct inference *in, const struct view *v, bool with_peers)
{
    bool spoke = false;
    for (unsigned i = 0; i < in->spec->inference_count; i++) {
        const struct pp_inference *rule = &in->spec->inferences[i];
        if (!pp_ports_hold(&rule->ports, v->transport, v->port)) continue;
        spoke = true;
        if ((rule->peer_roles != 0) != with_peers) continue;
        if (rule->who != PP_INFER_INITIATOR) infer_end(in, rule, v->responder, v->initiator);
        if (rule->who != PP_INFER_RESPONDER) infer_end(in, rule, v->initiator, v->responder);
    }
    return spoke;
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
    const struct pp_row_set *rows = pp_class_rows(in->index, pp_port_class(in->index, v->transport, v->port));
    for (uint16_t r = 0; r < in->spec->row_count; r++) {
        const struct pp_row *row = &in->spec->rows[r];
        if (!pp_row_set_has(rows, r) || row->wide || row->loopback) continue;
        if (in->anchored[v->initiator] >> row->from & 1) *roles_of(in, v->responder) |= UINT32_C(1) << row->to;
        if (in->anchored[v->responder] >> row->to & 1) *roles_of(in, v->initiator) |= UINT32_C(1) << row->from;
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
    for (unsigned pass = 0; pass < 2; pass++) {
        if (pass == 1 && !drop_anchors(in)) return false;
        for (size_t i = 0; i < count; i++) {
            struct view v;
            bool useful;
            if (!view_flow(in, i, &v, &useful)) return false;
            if (useful && !apply_rules(in, &v, pass == 1) && pass == 1) apply_rows(in, &v);
        }
    }
    return true;
}

static int compare_seen(const void *x, const void *y)
{
    return address_compare(&((const struct pp_seen *)x)->address, &((const struct pp_seen *)y)->address);
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

static bool add_group(struct inference *in, struct pp_site *site, struct kinds *kinds, pp_role_set roles)
{
    struct pp_address *addresses = calloc(GROUP_MAX, sizeof *addresses);
    uint16_t count = 0;
    bool ok = addresses != NULL;
    for (uint32_t i = 0; ok && i <= in->directory.count; i++) {
        bool end = i == in->directory.count;
        if (!end && in->directory.seen[i].entry.roles == roles) addresses[count++] = in->directory.seen[i].address;
        if (!count || (!end && count < GROUP_MAX)) continue;
        char name[80];
        name_host(in, roles, kinds, true, name);
        ok = pp_site_add_group(site, name, addresses, count, roles);
        count = 0;
    }
    free(addresses);
    return ok;
}

static bool add_hosts(struct inference *in, struct pp_site *site, struct kinds *kinds)
{
    struct pp_seen *seen = in->directory.seen;
    if (in->directory.count) qsort(seen, in->directory.count, sizeof *seen, compare_seen);
    for (uint32_t i = 0; i < in->directory.count; i++) {
        struct kind *kind = seen[i].entry.roles ? kind_of(kinds, seen[i].entry.roles) : NULL;
        if (kind) kind->count++;
    }
    for (uint32_t i = 0; i < in->directory.count; i++) {
        char name[80];
        if (!seen[i].entry.roles) continue;
        struct kind *kind = kind_of(kinds, seen[i].entry.roles);
        if (kind && kind->count > HOSTS_NAMED_MAX) continue;
        name_host(in, seen[i].entry.roles, kinds, false, name);
        if (!pp_site_add(site, name, &seen[i].address, seen[i].entry.roles, false)) return false;
    }
    for (unsigned k = 0; k < kinds->count; k++)
        if (kinds->items[k].count > HOSTS_NAMED_MAX && !add_group(in, site, kinds, kinds->items[k].roles)) return false;
    return true;
}

struct pp_site *pp_infer_site(const struct pp_spec *spec, const struct pp_port_index *index, struct pp_flow_table *flows)
{
    struct inference in = {.spec = spec, .index = index, .flows = flows, .anchors = anchor_roles(spec)};
    struct pp_site *site = pp_site_create("inferred from traffic");
    struct kinds *kinds = calloc(1, sizeof *kinds);
    bool ok = site && kinds && infer_roles(&in) && add_hosts(&in, site, kinds) && pp_site_finish(site, spec);
    directory_finish(&in.directory);
    free(in.anchored);
    free(kinds);
    if (ok) return site;
    pp_site_destroy(site);
    return NULL;
}
