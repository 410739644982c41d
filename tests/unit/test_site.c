#include "testing.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "address.h"
#include "clock.h"
#include "portproof/site.h"

static struct pp_spec *spec;

static int read_rules(void **state)
{
    struct pp_error error;
    (void)state;
    spec = pp_spec_parse(pp_builtin_rules, pp_builtin_rules_size, &error);
    return spec ? 0 : -1;
}

static int forget_rules(void **state)
{
    (void)state;
    pp_spec_destroy(spec);
    return 0;
}

static struct pp_site *parsed(const char *text)
{
    struct pp_error error;
    struct pp_site *site = pp_site_parse(text, strlen(text), spec, &error);
    if (!site) fail_msg("%u:%u: %s in\n%s", error.line, error.column, error.text, text);
    return site;
}

static struct pp_site_entry found(const struct pp_site *site, const char *text)
{
    struct pp_address address;
    assert_true(address_parse(text, &address));
    return pp_site_find(site, &address);
}

static pp_role_set roles(const char *first, const char *second)
{
    pp_role_set set = UINT32_C(1) << pp_spec_find_role(spec, first);
    return second ? set | UINT32_C(1) << pp_spec_find_role(spec, second) : set;
}

static void assert_found(const struct pp_site *site, const char *address, const char *name, pp_role_set held)
{
    struct pp_site_entry entry = found(site, address);
    assert_string_equal(pp_site_host_name(site, entry.host), name);
    assert_int_equal(entry.roles, held);
}

static enum pp_setting setting(const struct pp_site *site, const char *feature, uint16_t host)
{
    return pp_site_feature(site, spec, pp_spec_find_feature(spec, feature), host);
}

static char *written(const struct pp_site *site, const char *const comments[])
{
    char *text = NULL;
    size_t size = 0;
    assert_true(pp_site_write(site, spec, comments, &text, &size));
    assert_int_equal(strlen(text), size);
    return text;
}

static bool warns(const struct pp_site *site, uint32_t line, const char *text)
{
    for (uint32_t i = 0; i < site->warning_count; i++)
        if (site->warnings[i].line == line && strcmp(site->warnings[i].text, text) == 0) return true;
    for (uint32_t i = 0; i < site->warning_count; i++) print_message("%u: %s\n", site->warnings[i].line, site->warnings[i].text);
    return false;
}

static const char design[] =
    "name: Head office, after the move\n"
    "hosts:\n"
    "  - {name: tta1, address: 10.0.1.10, roles: [tarantella-server, web-server], primary: true}\n"
    "  - {name: tta2, address: [10.0.1.11, \"2001:db8:1::11\"], roles: [tarantella-server, web-server], features: {ssh: off}}\n"
    "  - {name: apps, prefix: 10.0.2.0/24, roles: [application-server]}\n"
    "  - {name: dc1, address: 10.0.3.5, roles: [windows-server, ldap-server]}\n"
    "  - {name: staff, prefix: [10.20.0.0/16, \"2001:db8:20::/48\"], roles: [client]}\n"
    "features: {security-pack: on, telnet: off, ldap: on}     # all others: auto\n"
    "waivers:\n"
    "  - {from: any, to: any, ports: 53/udp, owner: netops, reason: name service, expires: 2027-06-30}\n"
    "  - {from: staff, to: ldap-server, ports: 389, owner: hr, reason: \"phone book: all\", expires: never}\n"
    "  - {from: 10.9.0.0/16, to: \"2001:db8::1\", ports: any/tcp, owner: it, reason: backup, expires: 1999-12-31}\n"
    "include: [background]\n"
    "array_members: 2                                          # only where hosts do not tell\n"
    "ports: {client-aips: 443/tcp, app-tta-x11: \"6010-6099/tcp\"}  # where the site moved or narrowed a row\n"
    "coverage: {tta-ldap: once}                                # any one directory server will do\n";

static void the_site_of_the_design_is_read_without_a_warning(void **state)
{
    (void)state;
    struct pp_site *site = parsed(design);
    assert_string_equal(site->name, "Head office, after the move");
    assert_int_equal(site->host_count, 5);
    assert_int_equal(site->warning_count, 0);
    assert_int_equal(site->change_count, 3);
    assert_int_equal(strlen(site->sha256), 64);
    assert_found(site, "10.0.1.10", "tta1", roles("tarantella-server", "web-server"));
    assert_found(site, "2001:db8:1::11", "tta2", roles("tarantella-server", "web-server"));
    assert_found(site, "10.0.2.77", "apps", roles("application-server", NULL));
    assert_found(site, "2001:db8:20:ffff::1", "staff", roles("client", NULL));
    assert_found(site, "10.0.1.12", "", 0);
    assert_found(site, "2001:db8:21::1", "", 0);
    assert_int_equal(pp_site_array_members(site, spec), 2);
    assert_true(site->hosts[0].primary && !site->hosts[1].primary);
    assert_true(site->hosts[2].is_prefix && !site->hosts[0].is_prefix);
    pp_site_destroy(site);
}

static void waivers_hold_who_what_and_until_when(void **state)
{
    (void)state;
    struct pp_site *site = parsed(design);
    const struct pp_waiver *waivers = site->waivers;
    pp_time_ns day;
    assert_true(date_parse("2027-07-01", &day));
    assert_true(waivers[0].valid_until_ns == day);
    assert_int_equal(waivers[0].from.kind, PP_WHO_ANY);
    assert_int_equal(waivers[1].from.kind, PP_WHO_HOST);
    assert_string_equal(pp_site_host_name(site, waivers[1].from.index), "staff");
    assert_int_equal(waivers[1].to.kind, PP_WHO_ROLE);
    assert_int_equal(waivers[1].to.index, pp_spec_find_role(spec, "ldap-server"));
    assert_true(waivers[1].ports.tcp && waivers[1].ports.udp);
    assert_true(waivers[1].valid_until_ns == UINT64_MAX && !waivers[1].expires_text);
    assert_int_equal(waivers[2].from.kind, PP_WHO_PREFIX);
    assert_int_equal(waivers[2].from.prefix.length, 16);
    assert_int_equal(waivers[2].to.prefix.length, 128);
    assert_int_equal(pp_ports_size(&waivers[2].ports), 65536);
    assert_string_equal(waivers[2].origin, "site");
    assert_true(site->waiver_count > 6);
    for (uint32_t i = 3; i < site->waiver_count; i++) {
        assert_string_equal(waivers[i].origin, "background");
        assert_string_equal(waivers[i].owner, "background");
        assert_true(waivers[i].valid_until_ns == UINT64_MAX);
    }
    pp_site_destroy(site);
}

static void the_longest_prefix_replaces_shorter_ones(void **state)
{
    (void)state;
    struct pp_site *site = parsed("hosts:\n"
                                  "  - {name: all, prefix: 0.0.0.0/0, roles: client}\n"
                                  "  - {name: ten, prefix: 10.0.0.0/8, roles: ldap-server}\n"
                                  "  - {name: lan, prefix: 10.1.0.0/16, roles: windows-server}\n"
                                  "  - {name: one, address: 10.1.1.1, roles: application-server}\n"
                                  "  - {name: six, prefix: \"2001:db8::/33\", roles: client}\n"
                                  "  - {name: odd, prefix: 10.1.1.8/29, roles: portal-server}\n");
    assert_found(site, "11.1.1.1", "all", roles("client", NULL));
    assert_found(site, "10.2.1.1", "ten", roles("ldap-server", NULL));
    assert_found(site, "10.1.2.1", "lan", roles("windows-server", NULL));
    assert_found(site, "10.1.1.1", "one", roles("application-server", NULL));
    assert_found(site, "10.1.1.15", "odd", roles("portal-server", NULL));
    assert_found(site, "10.1.1.16", "lan", roles("windows-server", NULL));
    assert_found(site, "2001:db8:7fff::1", "six", roles("client", NULL));
    assert_found(site, "2001:db8:8000::1", "", 0);
    assert_true(warns(site, 5, "10.1.1.1 (one) lies in lan and loses its role windows-server: the longest prefix replaces shorter ones"));
    assert_true(warns(site, 4, "10.1.0.0 (lan) lies in ten and loses its role ldap-server: the longest prefix replaces shorter ones"));
    assert_int_equal(site->warning_count, 3);
    pp_site_destroy(site);
}

static void two_names_for_one_address_are_one_host_under_the_first(void **state)
{
    (void)state;
    struct pp_site *site = parsed("hosts:\n"
                                  "  - {name: tta1, address: [10.0.0.1, 10.0.0.1], roles: tarantella-server}\n"
                                  "  - {name: www, address: 10.0.0.1, roles: web-server, features: {http: off}}\n"
                                  "  - {name: both, address: [10.0.0.1, 10.0.0.2], roles: ldap-server}\n"
                                  "waivers:\n"
                                  "  - {from: www, to: any, ports: 1/tcp, owner: o, reason: r, expires: never}\n");
    struct pp_address address;
    assert_true(address_parse("10.0.0.1", &address));
    assert_found(site, "10.0.0.1", "tta1", roles("tarantella-server", "web-server") | roles("ldap-server", NULL));
    assert_found(site, "10.0.0.2", "both", roles("ldap-server", NULL));
    assert_int_equal(site->hosts[1].prefix_count, 0);
    assert_int_equal(site->hosts[1].roles, 0);
    assert_int_equal(site->hosts[2].prefix_count, 1);
    assert_int_equal(site->waivers[0].from.index, 0);
    assert_int_equal(setting(site, "http", 0), PP_SET_OFF);
    char *text = written(site, NULL);
    struct pp_site *again = parsed(text);
    assert_int_equal(again->host_count, 2);
    assert_string_equal(again->waivers[0].from_text, "tta1");
    free(text);
    pp_site_destroy(again);
    assert_true(warns(site, 3, "www has the addresses of tta1; its roles are joined under that name"));
    pp_site_destroy(site);
}

static void loopback_addresses_hold_the_loopback_roles(void **state)
{
    (void)state;
    struct pp_site *site = parsed("hosts: [{name: all, prefix: [0.0.0.0/0, \"::/0\"], roles: ldap-server}]");
    pp_role_set loopback = roles("client", "native-client") | roles("netlet-applet", NULL);
    static const char *const addresses[] = {"127.0.0.1", "127.9.9.9", "::1"};
    for (size_t i = 0; i < 3; i++) {
        assert_found(site, addresses[i], "", loopback);
        assert_true(found(site, addresses[i]).loopback);
    }
    assert_false(found(site, "::2").loopback);
    pp_site_destroy(site);
}

static void the_last_address_of_a_prefix_is_its_broadcast(void **state)
{
    (void)state;
    struct pp_site *site = parsed("hosts:\n"
                                  "  - {name: lan, prefix: [10.0.0.0/24, 10.0.1.0/31, \"2001:db8::/64\"], roles: client}\n"
                                  "  - {name: odd, address: 10.0.0.127, roles: client}\n"
                                  "  - {name: sub, prefix: 10.0.0.64/27, roles: client}\n");
    static const struct {
        const char *address;
        bool broadcast;
    } cases[] = {
        {"10.0.0.255", true},  {"10.0.0.254", false}, {"10.0.1.1", false},   {"2001:db8::ffff:ffff:ffff:ffff", false},
        {"10.0.0.127", false}, {"10.0.0.95", true},   {"10.9.9.255", false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct pp_address address;
        assert_true(address_parse(cases[i].address, &address));
        assert_int_equal(pp_site_is_broadcast(site, &address), cases[i].broadcast);
    }
    pp_site_destroy(site);
}

static void features_combine_host_site_preset_and_needs(void **state)
{
    (void)state;
    struct pp_site *site = parsed(design);
    assert_int_equal(setting(site, "security-pack", PP_NONE), PP_SET_ON);
    assert_int_equal(setting(site, "http", PP_NONE), PP_SET_AUTO);
    assert_int_equal(setting(site, "ssh", 0), PP_SET_AUTO);
    assert_int_equal(setting(site, "ssh", 1), PP_SET_OFF);
    assert_int_equal(setting(site, "array", PP_NONE), PP_SET_ON);
    assert_int_equal(setting(site, "wincenter", PP_NONE), PP_SET_OFF); /* telnet is off */
    pp_site_destroy(site);

    static const struct {
        const char *features;
        enum pp_setting wincenter;
    } cases[] = {
        {"{wincenter: on}", PP_SET_AUTO},
        {"{wincenter: on, telnet: on}", PP_SET_ON},
        {"{telnet: on}", PP_SET_AUTO},
        {"{wincenter: off, telnet: on}", PP_SET_OFF},
        {"{wincenter: yes, telnet: false}", PP_SET_OFF},
        {"{}", PP_SET_AUTO},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char text[256];
        snprintf(text, sizeof text, "hosts: [{name: a, address: 10.0.0.1, roles: tarantella-server}]\nfeatures: %s\n", cases[i].features);
        site = parsed(text);
        assert_int_equal(setting(site, "wincenter", PP_NONE), cases[i].wincenter);
        assert_int_equal(setting(site, "array", PP_NONE), PP_SET_AUTO);
        assert_int_equal(pp_site_array_members(site, spec), 1);
        pp_site_destroy(site);
    }
}

static void suspicious_sites_are_read_with_a_warning(void **state)
{
    (void)state;
    struct pp_site *site = parsed("hosts:\n"
                                  "  - {name: tta1, address: 10.0.0.1, roles: tarantella-server}\n"
                                  "  - {name: what, address: 10.0.0.2}\n"
                                  "  - {name: client, address: 10.0.0.3, roles: client}\n"
                                  "array_members: 3\n"
                                  "features:\n"
                                  "  ldap: on\n"
                                  "  array: on\n"
                                  "  netlet: on\n"
                                  "waivers:\n"
                                  "  - {from: client, to: any, ports: 1/tcp, owner: o, reason: r}\n"
                                  "  - {from: any, to: any, ports: any, owner: o, reason: r, expires: never}\n");
    assert_true(warns(site, 3, "what has no roles, so no row can expect anything of it"));
    assert_true(warns(site, 5, "array_members is 3, but the hosts tell of 1"));
    assert_true(warns(site, 7, "ldap is on, but nobody holds the role ldap-server that row tta-ldap needs"));
    assert_true(warns(site, 8, "array is on, but no two hosts could use row tta-tta-peer"));
    assert_true(warns(site, 9, "netlet is on, but nobody holds the role portal-server that row portal-tta-netlet needs"));
    assert_true(warns(site, 11, "client is a host and a role; the waiver means the host"));
    assert_true(warns(site, 11, "a waiver without expires; never is assumed"));
    assert_true(warns(site, 12, "a waiver from any to any on any port: nothing will be unexpected"));
    assert_int_equal(site->warning_count, 8);
    pp_site_destroy(site);
}

#define HOST "hosts: [{name: a, address: 10.0.0.1, roles: [tarantella-server]}]\n"

static void every_mistake_is_named_where_it_stands(void **state)
{
    (void)state;
    static const struct {
        const char *site;
        uint32_t line, column;
        const char *text;
    } cases[] = {
        {"name: x", 1, 1, "a site file without \"hosts\"; expected this key"},
        {"hosts: []", 1, 8, "0 hosts; expected 1 to 65534"},
        {"hosts: {a: b}", 1, 8, "a mapping; expected a list of hosts"},
        {"hots: []", 1, 1,
         "unknown key of a site file \"hots\"; did you mean \"hosts\"? expected one of name, hosts, features, waivers, include, "
         "array_members, ports, coverage"},
        {HOST HOST, 2, 1, "\"hosts\" a second time; expected it once"},
        {"hosts: [{name: a, adress: 10.0.0.1}]", 1, 19,
         "unknown key of a host \"adress\"; did you mean \"address\"? expected one of name, address, prefix, roles, primary, features"},
        {"hosts: [{name: a, roles: client}]", 1, 9, "a host without an address; expected the key address or prefix"},
        {"hosts: [{address: 10.0.0.1}]", 1, 9, "a host without \"name\"; expected this key"},
        {"hosts: [{name: any, address: 10.0.0.1}]", 1, 16, "\"any\"; expected another name: any stands for every host"},
        {"hosts: [{name: a, address: 10.0.0.300}]", 1, 28, "\"10.0.0.300\"; expected an IPv4 or IPv6 address, as in 10.0.1.10"},
        {"hosts: [{name: a, address: [10.0.0.1, web]}]", 1, 39, "\"web\"; expected an IPv4 or IPv6 address, as in 10.0.1.10"},
        {"hosts: [{name: a, address: 10.0.0.0/24}]", 1, 28, "\"10.0.0.0/24\"; expected an address; a prefix stands under the key prefix"},
        {"hosts: [{name: a, address: 127.0.0.1}]", 1, 28, "\"127.0.0.1\"; expected an address that only this host has"},
        {"hosts: [{name: a, address: 224.0.0.1}]", 1, 28, "\"224.0.0.1\"; expected an address that only this host has"},
        {"hosts: [{name: a, address: \"::\"}]", 1, 28, "\"::\"; expected an address that only this host has"},
        {"hosts: [{name: a, address: []}]", 1, 28, "0 addresses; expected 1 to 65535"},
        {"hosts: [{name: a, prefix: 10.0.0.0/33}]", 1, 27, "\"10.0.0.0/33\"; expected a prefix, as in 10.0.2.0/24 or 2001:db8::/48"},
        {"hosts: [{name: a, prefix: 10.0.1.5/24}]", 1, 27, "\"10.0.1.5/24\" has bits set after its length; expected 10.0.1.0/24"},
        {"hosts: [{name: a, prefix: \"2001:db8::1/64\"}]", 1, 27,
         "\"2001:db8::1/64\" has bits set after its length; expected 2001:db8::/64"},
        {"hosts: [{name: a, address: 10.0.0.1, prefix: 10.0.0.0/8}]", 1, 46, "both address and prefix; expected one of them, or two hosts"},
        {"hosts: [{name: a, address: 10.0.0.1, roles: [clinet]}]", 1, 46,
         "unknown role \"clinet\"; did you mean \"client\"? expected one of client, web-server, tarantella-server, application-server, "
         "windows-server, ldap-server, securid-server, portal-server, netlet-applet, native-client"},
        {"hosts:\n- {name: a, address: 10.0.0.1}\n- {name: a, address: 10.0.0.2}", 3, 10,
         "a second host of this name; expected another name, and line 2 has the first"},
        {"hosts: [{name: a, address: 10.0.0.1, roles: client, primary: true}]", 1, 62,
         "a primary without the role for it; expected tarantella-server among its roles"},
        {"hosts:\n- {name: a, address: 10.0.0.1, roles: tarantella-server, primary: true}\n"
         "- {name: b, address: 10.0.0.2, roles: tarantella-server, primary: true}",
         3, 67, "a second primary; expected one, and line 2 names the first"},
        {"hosts: [{name: a, prefix: 10.0.0.0/8, roles: tarantella-server, primary: true}]", 1, 74,
         "a whole prefix as primary; expected one host"},
        {HOST "features: {htpp: on}", 2, 12, NULL},
        {HOST "features: {http: maybe}", 2, 18, "\"maybe\"; expected on, off or auto"},
        {HOST "features: {http: on, http: off}", 2, 22, "\"http\" a second time; expected it once"},
        {HOST "features: [http]", 2, 11, "a list; expected a mapping of features to values"},
        {HOST "ports: {client-aip: 443/udp}", 2, 21, "udp ports for row client-aip; expected tcp ports"},
        {HOST "ports: {client-aip: 443/tcp and more}", 2, 33, "\"more\" in \"443/tcp and more\"; expected \"above\" after \"and\""},
        {HOST "ports: {client-app: 443/tcp}", 2, 9, NULL},
        {HOST "coverage: {tta-ldap: one}", 2, 22,
         "unknown coverage \"one\"; did you mean \"once\"? expected one of destination, source, pair, unordered-pair, port, once"},
        {HOST "coverage: {tta-ldap: [once]}", 2, 22, "a list; expected a coverage"},
        {HOST "ports: {client-aip: [443]}", 2, 21, "a list; expected ports, as in 443/tcp"},
        {HOST "ports: {tta-rsa-udp: 5501/tcp}", 2, 22, NULL},
        {HOST "features: {http: [on]}", 2, 18, "a list; expected on, off or auto"},
        {HOST "array_members: none", 2, 16, "\"none\"; expected a whole number from 1"},
        {HOST "array_members: 70000", 2, 16, "\"70000\"; expected at most 65535 members"},
        {HOST "include: [backgrund]", 2, 11,
         "unknown set of waivers \"backgrund\"; did you mean \"background\"? expected one of background"},
        {HOST "include: [background, background]", 2, 23, "\"background\" a second time; expected it once"},
        {HOST "include: other/site.yaml", 2, 10, "unknown set of waivers \"other/site.yaml\"; expected one of background"},
        {HOST "waivers: [{from: any, to: any, ports: 53, owner: o}]", 2, 11, "a waiver without \"reason\"; expected this key"},
        {HOST "waivers: [{from: any, to: any, owner: o, reason: r}]", 2, 11, "a waiver without \"ports\"; expected this key"},
        {HOST "waivers: [{from: servers, to: any, ports: 53, owner: o, reason: r}]", 2, 18,
         "\"servers\"; expected any, a role, a host name, an address or a prefix"},
        {HOST "waivers: [{from: any, to: web-sever, ports: 53, owner: o, reason: r}]", 2, 27,
         "\"web-sever\"; did you mean \"web-server\"? expected any, a role, a host name, an address or a prefix"},
        {HOST "waivers: [{from: any, to: 10.0.0.1/8, ports: 53, owner: o, reason: r}]", 2, 27,
         "\"10.0.0.1/8\"; expected a prefix without bits set after its length, or an address"},
        {HOST "waivers: [{from: any, to: any, ports: 53/tcpp, owner: o, reason: r}]", 2, 42,
         "\"tcpp\" in \"53/tcpp\"; expected tcp or udp"},
        {HOST "waivers: [{from: any, to: any, ports: 53, owner: o, reason: r, expires: 2027-06-31}]", 2, 73,
         "\"2027-06-31\"; expected a date that exists, as in 2027-06-30, or never"},
        {HOST "waivers: [{from: [any], to: any, ports: 53, owner: o, reason: r}]", 2, 18,
         "a list; expected any, a role, a host name, an address or a prefix"},
        {HOST "waivers: [{from: any, to: [any], ports: 53, owner: o, reason: r}]", 2, 27,
         "a list; expected any, a role, a host name, an address or a prefix"},
        {HOST "waivers: [{from: any, to: any, ports: [53], owner: o, reason: r}]", 2, 39, "a list; expected ports, as in 53/udp, or any"},
        {HOST "waivers: [{from: any, to: any, ports: \"4000/tcp, 4002/tcp ...\", owner: o, reason: r}]", 2, 39,
         "\"4000/tcp, 4002/tcp ...\"; expected all ports of the waiver, without \"...\""},
        {HOST "waivers: [{from: any, to: any, ports: 53, owner: o, reason: r, expires: [never]}]", 2, 73, NULL},
        {"hosts: [{name: [a], address: 10.0.0.1}]", 1, 16, "a list; expected a name of at most 128 bytes"},
        {HOST "waivers: [{from: any, to: any, ports: 53, owner: \"\", reason: r}]", 2, 50, "nothing; expected text"},
    };
    unsigned wrong = 0;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct pp_error error;
        if (pp_site_parse(cases[i].site, strlen(cases[i].site), spec, &error)) fail_msg("accepted: %s", cases[i].site);
        bool right =
            error.line == cases[i].line && error.column == cases[i].column && (!cases[i].text || strcmp(error.text, cases[i].text) == 0);
        if (right) continue;
        print_error("%s\n got %u:%u: %s\nwant %u:%u: %s\n", cases[i].site, error.line, error.column, error.text, cases[i].line,
                    cases[i].column, cases[i].text ? cases[i].text : "(any text)");
        wrong++;
    }
    assert_int_equal(wrong, 0);
}

static void names_and_numbers_have_their_limits(void **state)
{
    (void)state;
    static char text[65535 * 4 + 128];
    struct pp_error error;
    char name[130];
    memset(name, 'n', sizeof name);
    for (int length = 128; length <= 129; length++) {
        snprintf(text, sizeof text, "hosts: [{name: %.*s, address: 10.0.0.1}]", length, name);
        struct pp_site *site = pp_site_parse(text, strlen(text), spec, &error);
        assert_int_equal(site != NULL, length == 128);
        pp_site_destroy(site);
    }
    assert_non_null(strstr(error.text, "expected a name of at most 128 bytes"));
    size_t at = (size_t)snprintf(text, sizeof text, "hosts:\n");
    for (unsigned i = 0; i < 65535; i++) at += (size_t)snprintf(text + at, sizeof text - at, "- x\n");
    assert_null(pp_site_parse(text, at, spec, &error));
    assert_string_equal(error.text, "65535 hosts; expected 1 to 65534");
}

/* A row may be changed twice; a port without a transport is one of the row's. */
static void ports_and_coverage_of_one_row_are_one_change(void **state)
{
    (void)state;
    struct pp_site *site = parsed(HOST "ports: {client-aip: 443, tta-rsa-udp: 5501}\ncoverage: {client-aip: once}\n");
    assert_int_equal(site->change_count, 2);
    struct pp_spec *effective = pp_spec_effective(spec, site->changes, site->change_count, 1);
    const struct pp_row *aip = &effective->rows[pp_spec_find_row(spec, "client-aip")],
                        *securid = &effective->rows[pp_spec_find_row(spec, "tta-rsa-udp")];
    assert_string_equal(aip->ports_text, "443/tcp");
    assert_int_equal(aip->coverage, PP_ONCE);
    assert_string_equal(securid->ports_text, "5501/udp");
    pp_spec_destroy(effective);
    pp_site_destroy(site);
}

static void a_site_that_is_not_finished_knows_nobody(void **state)
{
    (void)state;
    struct pp_site *site = pp_site_create("nothing yet");
    struct pp_address address;
    assert_true(address_parse("10.0.0.255", &address));
    assert_int_equal(pp_site_find(site, &address).host, PP_NONE);
    assert_false(pp_site_is_broadcast(site, &address));
    assert_int_equal(pp_site_array_members(site, spec), 1);
    assert_int_equal(pp_site_feature(site, spec, spec->feature_count, 0), PP_SET_AUTO);
    char *text = written(site, NULL);
    assert_non_null(strstr(text, "hosts:\n  []\n"));
    free(text);
    pp_site_destroy(site);
}

/* What is on but cannot be; each role that nobody holds is told once. */
static void what_a_site_switches_on_and_cannot_have_is_warned_of(void **state)
{
    (void)state;
    struct pp_site *site = parsed("hosts:\n"
                                  "  - {name: apps, prefix: 10.0.0.0/24, roles: [tarantella-server, web-server]}\n"
                                  "  - {name: one, address: 10.0.0.9, roles: [application-server]}\n"
                                  "  - {name: wide, prefix: 10.0.0.0/16, roles: [client, ldap-server]}\n"
                                  "  - {name: wide2, prefix: 10.0.0.0/8, roles: [client, ldap-server]}\n"
                                  "array_members: 1\n"
                                  "features: {array: on, http: on, ldap: on, netlet: on}\n");
    assert_true(warns(site, 7, "netlet is on, but nobody holds the role portal-server that row portal-tta-netlet needs"));
    for (uint32_t i = 0; i < site->warning_count; i++) {
        assert_null(strstr(site->warnings[i].text, "array is on"));           /* a prefix is two hosts */
        assert_null(strstr(site->warnings[i].text, "http is on"));            /* clients need not be named */
        assert_null(strstr(site->warnings[i].text, "array_members is"));      /* as many as there are */
        assert_null(strstr(site->warnings[i].text, "loses its role client")); /* which surprises nobody */
        for (uint32_t k = 0; k < i; k++) assert_string_not_equal(site->warnings[i].text, site->warnings[k].text);
    }
    pp_site_destroy(site);
}

static void a_written_site_reads_back_the_same(void **state)
{
    (void)state;
    struct pp_site *site = parsed(design);
    char *first = written(site, NULL);
    struct pp_site *again = parsed(first);
    char *second = written(again, NULL);
    assert_string_equal(first, second);
    assert_int_equal(again->host_count, site->host_count);
    assert_int_equal(again->waiver_count, site->waiver_count);
    assert_int_equal(again->change_count, site->change_count);
    assert_string_equal(again->waivers[1].reason, "phone book: all");
    for (uint32_t i = 0; i < site->host_count; i++) {
        assert_int_equal(again->hosts[i].roles, site->hosts[i].roles);
        assert_int_equal(again->hosts[i].primary, site->hosts[i].primary);
        assert_memory_equal(again->hosts[i].features, site->hosts[i].features, PP_FEATURES_MAX);
    }
    free(first), free(second);
    pp_site_destroy(again);
    pp_site_destroy(site);
}

static void an_inferred_site_is_written_with_names_and_comments_of_any_kind(void **state)
{
    (void)state;
    static const char *const names[] = {"plain",     "on",          "10.0.0.1",    "a: b # c",    "tab\tand\nline",
                                        "quote\"\\", "caf\xc3\xa9", "-",           "nel\xc2\x85", "bom\xef\xbb\xbf",
                                        " lead",     "{x}",         "2001:db8::1", "null"};
    enum { COUNT = sizeof names / sizeof *names };
    const char *comments[COUNT] = {"answers on 5307\nname: evil", NULL};
    struct pp_site *site = pp_site_create("inferred: from traffic");
    assert_non_null(site);
    for (uint8_t i = 0; i < COUNT; i++) {
        uint8_t bytes[16] = {10, 0, 0, (uint8_t)(i + 1)};
        struct pp_address address = address_from(PP_IPV4, bytes);
        assert_true(pp_site_add(site, names[i], &address, UINT32_C(1) << i % 10, false));
    }
    assert_true(pp_site_finish(site, spec));
    assert_true(site->inferred);
    assert_found(site, "10.0.0.3", "10.0.0.1", UINT32_C(1) << 2);
    char *text = written(site, comments);
    struct pp_site *again = parsed(text);
    assert_string_equal(again->name, "inferred: from traffic");
    assert_int_equal(again->host_count, COUNT);
    for (uint32_t i = 0; i < COUNT; i++) {
        assert_string_equal(again->hosts[i].name, names[i]);
        assert_int_equal(again->hosts[i].roles, site->hosts[i].roles);
    }
    free(text);
    pp_site_destroy(again);
    pp_site_destroy(site);
}

static void a_site_of_thousands_of_hosts_is_searched_correctly(void **state)
{
    (void)state;
    struct pp_site *site = pp_site_create("many");
    for (uint32_t i = 0; i < 20000; i++) {
        uint8_t bytes[16] = {10, (uint8_t)(i * 7 >> 16), (uint8_t)(i * 7 >> 8), (uint8_t)(i * 7)};
        struct pp_address address = address_from(PP_IPV4, bytes);
        assert_true(pp_site_add(site, "host", &address, 1, false));
    }
    assert_true(pp_site_finish(site, spec));
    for (uint32_t i = 0; i < 140000; i++) {
        uint8_t bytes[16] = {10, (uint8_t)(i >> 16), (uint8_t)(i >> 8), (uint8_t)i};
        struct pp_address address = address_from(PP_IPV4, bytes);
        assert_int_equal(pp_site_find(site, &address).host, i % 7 ? PP_NONE : i / 7);
    }
    pp_site_destroy(site);
}

static void a_site_cut_at_any_byte_is_read_or_refused_but_never_over_read(void **state)
{
    (void)state;
    for (size_t size = 0; size <= strlen(design); size++) {
        struct pp_error error = {0};
        void *copy = exact_copy(design, size);
        struct pp_site *site = pp_site_parse(copy, size, spec, &error);
        if (!site) assert_true(error.text[0] && error.line > 0);
        pp_site_destroy(site);
        free(copy);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_site_of_the_design_is_read_without_a_warning),
        cmocka_unit_test(waivers_hold_who_what_and_until_when),
        cmocka_unit_test(the_longest_prefix_replaces_shorter_ones),
        cmocka_unit_test(two_names_for_one_address_are_one_host_under_the_first),
        cmocka_unit_test(loopback_addresses_hold_the_loopback_roles),
        cmocka_unit_test(the_last_address_of_a_prefix_is_its_broadcast),
        cmocka_unit_test(features_combine_host_site_preset_and_needs),
        cmocka_unit_test(suspicious_sites_are_read_with_a_warning),
        cmocka_unit_test(every_mistake_is_named_where_it_stands),
        cmocka_unit_test(names_and_numbers_have_their_limits),
        cmocka_unit_test(ports_and_coverage_of_one_row_are_one_change),
        cmocka_unit_test(a_site_that_is_not_finished_knows_nobody),
        cmocka_unit_test(what_a_site_switches_on_and_cannot_have_is_warned_of),
        cmocka_unit_test(a_written_site_reads_back_the_same),
        cmocka_unit_test(an_inferred_site_is_written_with_names_and_comments_of_any_kind),
        cmocka_unit_test(a_site_of_thousands_of_hosts_is_searched_correctly),
        cmocka_unit_test(a_site_cut_at_any_byte_is_read_or_refused_but_never_over_read),
    };
    return cmocka_run_group_tests(tests, read_rules, forget_rules);
}
