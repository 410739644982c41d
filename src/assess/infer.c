/* Who is who, read off the traffic when there is no site file (design 5.6). Only answered flows speak; wide rows do not. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "address.h"
#include "assess.h"
#include "keyed.h"

enum { TELLS_NOTHING = 2 }; /* in place of the end that opened a flow */

/* One answered flow read in one direction. */
struct view {
    uint32_t initiator, responder;
    uint16_t port;
    uint8_t transport;
};

/* What flows tell gathers in the census: of each flow its ends and how it is read, of each address its host in the end. */
struct inference {
    const struct pp_spec *spec;
    const struct pp_port_index *index;
    struct pp_flow_table *flows;
    struct pp_census *census;
    struct port_sets rules;     /* inferences that speak of a port */
    uint64_t with_peers;        /* inferences that ask for roles of the other end */
    struct pp_row_set telling;  /* narrow rows between hosts */
    bool named[PP_CLASSES_MAX]; /* by port class: a narrow row names the port */
    pp_role_set anchors;        /* roles whose holders tell what their peers are */
    pp_role_set *roles;         /* by address: what it holds */
    pp_role_set *anchored;      /* by address: the anchors it holds by the rules alone */
    struct keyed *sorted;       /* the addresses in order: roles and number */
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

/* Number the ends of a block of flows, and keep who opened those that tell anything. */
static bool view_block(struct inference *in, size_t first, size_t count)
{
    struct pp_flow flows[FLOW_BLOCK];
    uint32_t ends[FLOW_BLOCK][2];
    for (size_t i = 0; i < count; i++) pp_flow_at(in->flows, first + i, &flows[i]);
    if (!directory_add_ends(&in->census->directory, NULL, flows, count, ends)) return false;
    for (size_t i = 0; i < count; i++) {
        struct pp_judged *j = &in->census->judged[first + i];
        unsigned responder = telling_responder(in, &flows[i]);
        hold_ends(j, ends[i]);
        j->initiator = (uint8_t)(responder < 2 ? !responder : TELLS_NOTHING);
        if (responder > 1) continue;
        j->responder_port = flows[i].port[responder];
        j->transport = flows[i].transport;
    }
    return true;
}

/* A flow that was viewed. */
static struct view view_of(const struct pp_judged *j)
{
    uint32_t ends[2] = {j->initiator_address, j->responder_address};
    return (struct view){ends[j->initiator], ends[!j->initiator], j->responder_port, j->transport};
}

static pp_role_set *roles_of(struct inference *in, uint32_t address) { return &in->roles[address]; }

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
static void drop_anchors(struct inference *in)
{
    for (uint32_t i = 0; i < in->census->directory.count; i++) in->anchored[i] = in->roles[i] & in->anchors;
}

static bool make_roles(struct inference *in)
{
    size_t count = in->census->directory.count;
    in->roles = calloc(count + 1, sizeof *in->roles);
    in->anchored = calloc(count + 1, sizeof *in->anchored);
    return in->roles && in->anchored;
}

static bool infer_roles(struct inference *in)
{
    size_t count = pp_flow_count(in->flows);
    for (size_t i = 0; i < count; i += FLOW_BLOCK)
        if (!view_block(in, i, count - i < FLOW_BLOCK ? count - i : FLOW_BLOCK)) return false;
    if (!make_roles(in)) return false;
    for (size_t i = 0; i < count; i++) {
        if (in->census->judged[i].initiator == TELLS_NOTHING) continue;
        struct view v = view_of(&in->census->judged[i]);
        apply_rules(in, &v, port_sets_at(&in->rules, v.transport, v.port) & ~in->with_peers);
    }
    drop_anchors(in);
    for (size_t i = 0; i < count; i++) {
        if (in->census->judged[i].initiator == TELLS_NOTHING) continue;
        struct view v = view_of(&in->census->judged[i]);
        uint64_t rules = port_sets_at(&in->rules, v.transport, v.port);
        if (rules)
            apply_rules(in, &v, rules & in->with_peers);
        else
            apply_rows(in, &v);
    }
    return true;
}

/* The addresses in order, each with its roles beside it. false: out of memory. */
static bool sort_addresses(struct inference *in)
{
    const struct pp_seen *seen = in->census->directory.seen;
    size_t count = in->census->directory.count;
    struct keyed *items = malloc((2 * count + 1) * sizeof *items);
    if (!items) return false;
    in->sorted = items;
    for (uint32_t i = 0; i < count; i++) items[i] = (struct keyed){address_low(&seen[i].address), i};
    keyed_sort(items, items + count, count);
    for (uint32_t i = 0; i < count; i++) items[i].key = address_high(&seen[items[i].number].address);
    keyed_sort(items, items + count, count);
    for (uint32_t i = 0; i < count; i++) items[i].key = seen[items[i].number].address.family;
    keyed_sort(items, items + count, count);
    for (uint32_t i = 0; i < count; i++) items[i].key = in->roles[items[i].number];
    return true;
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

/* "tarantella-1", "client-12", "client-hosts-1": the most telling role the host holds, without "-server" (names of roles have at most 48
 * letters), and a running number. */
static void name_host(const struct inference *in, pp_role_set roles, struct kinds *kinds, bool group, char out[80])
{
    unsigned role = 0;
    pp_role_set telling = roles & telling_roles(in->spec), pick = roles & in->anchors ? roles & in->anchors : telling ? telling : roles;
    while (!(pick >> role & 1)) role++;
    const char *name = in->spec->roles[role].name, *tail = strstr(name, "-server");
    int length = tail && !tail[7] ? (int)(tail - name) : (int)strlen(name);
    snprintf(out, 80, "%.*s%s-%u", length, name, group ? "-hosts" : "", ++kinds->numbers[role]);
}

/* The addresses of a kind, up to GROUP_MAX of them from *at on, under one name; *at moves behind them. */
static bool add_group(struct inference *in, struct pp_site *site, struct kinds *kinds, pp_role_set roles, uint32_t *at,
                      struct pp_address addresses[GROUP_MAX])
{
    struct pp_seen *seen = in->census->directory.seen;
    uint16_t count = 0, host = (uint16_t)site->host_count;
    for (; *at < in->census->directory.count && count < GROUP_MAX; ++*at) {
        if (in->sorted[*at].key != roles) continue;
        struct pp_seen *one = &seen[in->sorted[*at].number];
        addresses[count++] = one->address;
        one->entry = (struct pp_site_entry){.host = host, .roles = roles};
    }
    char name[80];
    if (!count) return true;
    name_host(in, roles, kinds, true, name);
    return pp_site_add_group(site, name, addresses, count, roles);
}

static bool add_groups(struct inference *in, struct pp_site *site, struct kinds *kinds, pp_role_set roles)
{
    struct pp_address *addresses = malloc(GROUP_MAX * sizeof *addresses);
    bool ok = addresses != NULL;
    for (uint32_t at = 0; ok && at < in->census->directory.count;) ok = add_group(in, site, kinds, roles, &at, addresses);
    free(addresses);
    return ok;
}

static bool add_hosts(struct inference *in, struct pp_site *site, struct kinds *kinds)
{
    struct pp_seen *seen = in->census->directory.seen;
    uint32_t count = in->census->directory.count;
    for (uint32_t i = 0; i < count; i++) {
        pp_role_set roles = (pp_role_set)in->sorted[i].key;
        struct kind *kind = roles ? kind_of(kinds, roles) : NULL;
        if (kind) kind->count++;
    }
    for (uint32_t i = 0; i < count; i++) {
        char name[80];
        pp_role_set roles = (pp_role_set)in->sorted[i].key;
        struct kind *kind = roles ? kind_of(kinds, roles) : NULL;
        if (!roles || (kind && kind->count > HOSTS_NAMED_MAX)) continue;
        struct pp_seen *one = &seen[in->sorted[i].number];
        name_host(in, roles, kinds, false, name);
        one->entry = (struct pp_site_entry){.host = (uint16_t)site->host_count, .roles = roles};
        if (!pp_site_add(site, name, &one->address, roles, false)) return false;
    }
    for (unsigned k = 0; k < kinds->count; k++)
        if (kinds->items[k].count > HOSTS_NAMED_MAX && !add_groups(in, site, kinds, kinds->items[k].roles)) return false;
    return true;
}

/* What pp_site_find would say of every address: the hosts are known, all that is left is what the spec says of loopback ones. */
static void close_census(struct inference *in, const struct pp_site *site)
{
    struct directory *d = &in->census->directory;
    for (uint32_t i = 0; i < d->count; i++)
        if (address_is_loopback(&d->seen[i].address)) d->seen[i].entry = pp_site_find(site, &d->seen[i].address);
    in->census->site = site;
}

struct pp_site *pp_infer_site_and_census(const struct pp_spec *spec, const struct pp_port_index *index, struct pp_flow_table *flows,
                                         struct pp_census *census)
{
    struct inference in = {.spec = spec, .index = index, .flows = flows, .census = census, .anchors = anchor_roles(spec)};
    struct pp_site *site = pp_site_create("inferred from traffic");
    struct kinds *kinds = calloc(1, sizeof *kinds);
    census->judged = calloc(pp_flow_count(flows) + 1, sizeof *census->judged);
    bool ok = site && kinds && census->judged && port_sets_init(&in.rules);
    if (ok) prepare(&in);
    ok = ok && infer_roles(&in) && sort_addresses(&in) && add_hosts(&in, site, kinds) && pp_site_finish(site, spec);
    if (ok) close_census(&in, site);
    port_sets_finish(&in.rules);
    free(in.roles);
    free(in.anchored);
    free(in.sorted);
    free(kinds);
    if (ok) return site;
    pp_site_destroy(site);
    return NULL;
}

struct pp_site *pp_infer_site(const struct pp_spec *spec, const struct pp_port_index *index, struct pp_flow_table *flows)
{
    struct pp_census *census = pp_census_create();
    struct pp_site *site = census ? pp_infer_site_and_census(spec, index, flows, census) : NULL;
    pp_census_destroy(census);
    return site;
}
