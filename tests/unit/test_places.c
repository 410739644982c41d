/* What to capture, and where, so that every row that can be due is seen (issue 2 G, `portproof filter`). */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "evidence.h"
#include "portproof/places.h"
#include "testing.h"

/* "tta1 tta-app-telnet,tta-app-lb; *": places in their order with the rows of `of_interest` that each sees; "*" is the loopback. */
static const char *places_text(const char *site, const char *const *of_interest)
{
    static char text[4096];
    struct evidence *e = evidence(site);
    struct pp_place *places;
    size_t count;
    assert_true(pp_places(e->spec, e->site, &places, &count));
    text[0] = '\0';
    for (size_t i = 0; i < count; i++) {
        const char *name = places[i].host == PP_NONE ? "*" : pp_site_host_name(e->site, places[i].host);
        snprintf(text + strlen(text), sizeof text - strlen(text), "%s%s", i ? "; " : "", name);
        unsigned n = 0;
        for (uint16_t r = 0; r < e->spec->row_count; r++)
            for (const char *const *id = of_interest; *id; id++)
                if (pp_row_set_has(&places[i].rows, r) && strcmp(e->spec->rows[r].id, *id) == 0)
                    snprintf(text + strlen(text), sizeof text - strlen(text), "%s%s", n++ ? "," : " ", *id);
    }
    free(places);
    return text;
}

#define assert_places(site, text, ...) assert_string_equal(places_text(site, (const char *const[]){__VA_ARGS__, NULL}), text)

#define ARRAY                                                                                                                              \
    "hosts:\n"                                                                                                                             \
    "  - {name: app1, address: 10.0.2.5, roles: application-server}\n"                                                                     \
    "  - {name: tta1, address: 10.0.1.10, roles: tarantella-server}\n"

TEST(a_few_places_see_every_row_and_the_loopback_is_one_of_them)
{
    assert_places(ARRAY, "app1 tta-app-ssh,app-tta-lpd; *", "tta-app-ssh", "app-tta-lpd", "tta-ldap");
}

TEST(a_row_that_only_the_primary_uses_is_not_looked_for_elsewhere)
{
    assert_places(ARRAY "  - {name: tta2, address: 10.0.1.11, roles: tarantella-server, primary: true}\n"
                        "  - {name: app2, address: 10.0.2.6, roles: application-server}\n"
                        "features: {netlet: off, netlet-native-client: off}\n",
                  "tta2 tta-app-ssh,tta-app-lb; tta1 tta-app-ssh", "tta-app-ssh", "tta-app-lb");
}

TEST(a_row_that_is_off_is_not_looked_for_but_on_the_host_that_has_it_on)
{
    assert_places(ARRAY "features: {telnet: off}\n", "app1; *", "tta-app-telnet");
    assert_places("hosts:\n"
                  "  - {name: app1, address: 10.0.2.5, roles: application-server, features: {telnet: on}}\n"
                  "  - {name: tta1, address: 10.0.1.10, roles: tarantella-server}\n"
                  "features: {telnet: off}\n",
                  "app1 tta-app-telnet; *", "tta-app-telnet");
}

TEST(hosts_without_an_address_family_in_common_are_not_looked_for)
{
    assert_places("hosts:\n"
                  "  - {name: app1, address: \"2001:db8::5\", roles: application-server}\n"
                  "  - {name: tta1, address: 10.0.1.10, roles: tarantella-server}\n",
                  "*", "tta-app-ssh");
}

/* 40 million pairs to look at would be noticed: the work grows with the pairs that rows join, not with places times pairs. */
TEST(five_thousand_hosts_are_no_trouble)
{
    enum { HOSTS = 5000, SERVERS = 20 };
    char *site = malloc(HOSTS * 96 + 64);
    assert_non_null(site);
    size_t n = (size_t)sprintf(site, "hosts:\n");
    for (unsigned i = 0; i < HOSTS; i++)
        n += (size_t)sprintf(site + n, "  - {name: h%u, address: 10.1.%u.%u, roles: %s}\n", i, i >> 8, i & 255,
                             i < SERVERS ? "tarantella-server" : "application-server");
    struct evidence *e = evidence(site);
    struct pp_place *places;
    size_t count;
    assert_true(pp_places(e->spec, e->site, &places, &count));
    assert_int_equal(count, SERVERS + 1); /* each server, and the loopback */
    free(places);
    free(site);
}

TEST(a_filter_without_a_site_holds_every_port_of_every_narrow_row)
{
    static const char rules[] =
        "name: two\ntitle: Two\nversion: \"1\"\nsource: here\n"
        "roles:\n  - {name: a, title: A}\n  - {name: b, title: B}\n"
        "features:\n  - {name: f, title: F}\n"
        "rows:\n"
        "  - {id: one, page_line: 1, group: g, from: a, to: b, transport: tcp, ports: 443/tcp, feature: f, coverage: pair, purpose: p, "
        "when: w, exercise: e}\n"
        "  - {id: two, page_line: 2, group: g, from: b, to: a, transport: tcp, ports: \"443/tcp, 8443/tcp\", feature: f, coverage: pair, "
        "purpose: p, when: w, exercise: e}\n";
    struct pp_error error;
    struct pp_spec *spec = pp_spec_parse(rules, sizeof rules - 1, &error);
    if (!spec) fail_msg("%s", error.text);
    char *filter;
    assert_true(pp_capture_filter(spec, NULL, &filter));
    assert_int_equal(strncmp(filter, "tcp port 443 or tcp port 8443 or icmp", 37), 0);
    assert_true(pp_capture_check_filter(filter, &error));
    free(filter);
    pp_spec_destroy(spec);
}

TEST(a_filter_for_a_site_holds_every_host_and_prefix_whose_roles_tell_something)
{
    struct evidence *e = evidence("hosts:\n"
                                  "  - {name: app1, address: [10.0.2.5, \"2001:db8::5\"], roles: application-server}\n"
                                  "  - {name: farm, prefix: [10.0.3.0/24, \"2001:db8:3::/48\"], roles: ldap-server}\n"
                                  "  - {name: staff, prefix: 10.20.0.0/16, roles: client}\n"
                                  "  - {name: printer, address: 10.0.9.9}\n");
    struct pp_error error;
    char *filter;
    assert_true(pp_capture_filter(e->spec, e->site, &filter));
    static const char hosts[] = "host 10.0.2.5 or host 2001:db8::5 or net 10.0.3.0/24 or net 2001:db8:3::/48 or icmp";
    assert_int_equal(strncmp(filter, hosts, sizeof hosts - 1), 0);
    assert_non_null(strstr(filter, " or (vlan and (host 10.0.2.5 or "));
    assert_null(strstr(filter, "10.20."));
    assert_null(strstr(filter, "10.0.9.9"));
    assert_true(pp_capture_check_filter(filter, &error));
    free(filter);
}

TEST(a_filter_without_a_site_holds_ranges_and_ports_of_either_transport_once_and_nothing_of_wide_rows)
{
    char *filter;
    struct pp_error error;
    struct evidence *e = evidence(ARRAY "ports: {app-tta-x11: 6000-6063/tcp, tta-ldap: 6000-6063/tcp, tta-app-ssh: 6000/tcp, "
                                        "app-tta-lb: 22/udp, tta-app-telnet: 6000-6010/tcp, tta-app-rlogin: 6001-6063/tcp}\n");
    assert_true(pp_capture_filter(e->spec, NULL, &filter));
    const char *range = strstr(filter, "tcp portrange 6000-6063 or ");
    assert_non_null(range);
    assert_ptr_equal(strstr(range + 1, "tcp portrange 6000-6063 or "),
                     strstr(strstr(filter, "(vlan and ("), "tcp portrange 6000-6063 or "));
    assert_non_null(strstr(filter, "tcp port 6000 or "));
    assert_non_null(strstr(filter, "tcp portrange 6000-6010 or "));
    assert_non_null(strstr(filter, "tcp portrange 6001-6063 or "));
    assert_non_null(strstr(filter, "udp port 22 or "));
    assert_null(strstr(filter, "65535"));
    assert_true(pp_capture_check_filter(filter, &error));
    free(filter);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_few_places_see_every_row_and_the_loopback_is_one_of_them),
        cmocka_unit_test(a_row_that_only_the_primary_uses_is_not_looked_for_elsewhere),
        cmocka_unit_test(a_row_that_is_off_is_not_looked_for_but_on_the_host_that_has_it_on),
        cmocka_unit_test(hosts_without_an_address_family_in_common_are_not_looked_for),
        cmocka_unit_test(five_thousand_hosts_are_no_trouble),
        cmocka_unit_test(a_filter_without_a_site_holds_every_port_of_every_narrow_row),
        cmocka_unit_test(a_filter_for_a_site_holds_every_host_and_prefix_whose_roles_tell_something),
        cmocka_unit_test(a_filter_without_a_site_holds_ranges_and_ports_of_either_transport_once_and_nothing_of_wide_rows),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
