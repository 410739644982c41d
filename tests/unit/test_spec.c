#define _DEFAULT_SOURCE /* strsep */
#include "testing.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "portproof/spec.h"

static struct pp_spec *parsed(const char *text, size_t size)
{
    struct pp_error error;
    struct pp_spec *spec = pp_spec_parse(text, size, &error);
    if (!spec) fail_msg("%u:%u: %s", error.line, error.column, error.text);
    return spec;
}

static struct pp_spec *builtin(void) { return parsed(pp_builtin_rules, pp_builtin_rules_size); }

static const struct pp_row *row_of(const struct pp_spec *spec, const char *id)
{
    uint16_t row = pp_spec_find_row(spec, id);
    assert_int_not_equal(row, PP_NONE);
    return &spec->rows[row];
}

static char *exported(const struct pp_spec *spec, enum pp_spec_format format)
{
    char *text = NULL;
    size_t size = 0;
    assert_true(pp_spec_export(spec, format, &text, &size));
    assert_int_equal(strlen(text), size);
    return text;
}

/* The page's lines are "source | destination | ports | purpose |". */
static char *next_cell(char **line)
{
    char *cell = *line, *end = strstr(cell, " |");
    if (!end) fail_msg("no cell in \"%s\"", cell);
    *end = '\0';
    *line = end + 2 + (end[2] == ' ');
    return cell;
}

static bool is_heading(const char *line)
{
    return strncmp(line, "Source |", 8) == 0 || strncmp(line, "---|", 4) == 0 || !strstr(line, " | ");
}

static void every_row_of_the_page_is_one_row_of_the_rules_word_for_word(void **state)
{
    (void)state;
    struct pp_spec *spec = builtin();
    size_t size;
    char *page = read_file(SOURCE_DIR "/tests/data/ports-page.txt", &size), *rest = page;
    uint32_t number = 0, rows = 0;
    for (char *line; (line = strsep(&rest, "\n"));) {
        number++;
        if (is_heading(line)) continue;
        const struct pp_row *row = NULL;
        for (uint16_t i = 0; i < spec->row_count; i++) {
            if (spec->rows[i].page_line != number) continue;
            assert_null(row);
            row = &spec->rows[i];
        }
        if (!row) fail_msg("line %u of the page has no row", number);
        assert_string_equal(next_cell(&line), row->from_title);
        assert_string_equal(next_cell(&line), row->to_title);
        assert_string_equal(next_cell(&line), row->ports_text);
        assert_string_equal(next_cell(&line), row->purpose);
        rows++;
    }
    assert_int_equal(rows, 30);
    assert_int_equal(spec->row_count, 30);
    free(page);
    pp_spec_destroy(spec);
}

static void the_rows_export_as_the_table_of_rows(void **state)
{
    (void)state;
    static const char *const paths[] = {SOURCE_DIR "/tests/data/rows.tsv", SOURCE_DIR "/../shared/spec/rows.tsv"};
    struct pp_spec *spec = builtin();
    char *tsv = exported(spec, PP_SPEC_TSV);
    for (size_t i = 0; i < 2; i++) {
        size_t size;
        FILE *file = fopen(paths[i], "rb");
        if (!file && i > 0) continue; /* the published copy is not everywhere */
        fclose(file);
        char *rows = read_file(paths[i], &size);
        assert_string_equal(tsv, rows);
        free(rows);
    }
    free(tsv);
    pp_spec_destroy(spec);
}

static void what_the_page_does_not_say_is_in_the_rules(void **state)
{
    (void)state;
    struct pp_spec *spec = builtin();
    assert_int_equal(row_of(spec, "tta-app-lb")->primary, PP_PRIMARY_FROM);
    assert_int_equal(row_of(spec, "app-tta-lb")->primary, PP_PRIMARY_TO);
    assert_true(row_of(spec, "app-tta-lb")->one_way);
    assert_ptr_equal(&spec->rows[row_of(spec, "tta-rsa-udp")->partner], row_of(spec, "rsa-tta-5500"));
    assert_ptr_equal(&spec->rows[row_of(spec, "rsa-tta-5500")->partner], row_of(spec, "tta-rsa-udp"));
    static const char *const clear[][2] = {{"client-http", "client-https"},   {"client-aip", "client-aips"},
                                           {"tta-app-telnet", "tta-app-ssh"}, {"tta-app-rexec", "tta-app-ssh"},
                                           {"tta-app-rlogin", "tta-app-ssh"}, {"tta-app-rcmd", "tta-app-ssh"},
                                           {"app-tta-x11", "tta-app-ssh"},    {"tta-ldap", "tta-ldaps"}};
    for (size_t i = 0; i < sizeof clear / sizeof *clear; i++)
        assert_ptr_equal(&spec->rows[row_of(spec, clear[i][0])->encrypted_by], row_of(spec, clear[i][1]));
    assert_int_equal(row_of(spec, "client-https")->encrypted_by, PP_NONE);
    assert_true(row_of(spec, "client-aip")->downgrade);
    assert_false(row_of(spec, "client-http")->downgrade);
    unsigned wide = 0, loopback = 0, callback = 0;
    for (uint16_t i = 0; i < spec->row_count; i++) {
        wide += spec->rows[i].wide;
        loopback += spec->rows[i].loopback;
        callback += spec->rows[i].announces_callback;
        assert_non_null(strstr(spec->rows[i].exercise, "."));
    }
    assert_int_equal(wide, 2);
    assert_int_equal(loopback, 3);
    assert_int_equal(callback, 2);
    assert_true(row_of(spec, "tta-rsa-udp")->wide && row_of(spec, "app-tta-x11")->wide);
    assert_false(row_of(spec, "portal-tta-netlet")->loopback);
    assert_int_equal(spec->features[pp_spec_find_feature(spec, "array")].preset, PP_FEATURE_ARRAY);
    assert_int_equal(spec->features[pp_spec_find_feature(spec, "wincenter")].needs, UINT64_C(1) << pp_spec_find_feature(spec, "telnet"));
    assert_true(spec->roles[pp_spec_find_role(spec, "client")].anyone);
    assert_int_equal(pp_spec_find_role(spec, "printer"), PP_NONE);
    assert_int_equal(pp_spec_find_row(spec, "client-ftp"), PP_NONE);
    assert_int_equal(strlen(spec->sha256), 64);
    pp_spec_destroy(spec);
}

static void an_exported_spec_reads_back_equal(void **state)
{
    (void)state;
    struct pp_spec *spec = builtin();
    char *yaml = exported(spec, PP_SPEC_YAML), *json = exported(spec, PP_SPEC_JSON);
    struct pp_spec *again = parsed(yaml, strlen(yaml));
    memcpy(again->sha256, spec->sha256, sizeof again->sha256); /* the text differs in layout and comments */
    char *json_again = exported(again, PP_SPEC_JSON);
    assert_string_equal(json, json_again);
    free(yaml), free(json), free(json_again);
    pp_spec_destroy(again);
    pp_spec_destroy(spec);
}

static void a_site_moves_narrows_and_extends_rows(void **state)
{
    (void)state;
    struct pp_spec *spec = builtin();
    struct pp_row_change changes[2] = {
        {.row = pp_spec_find_row(spec, "app-tta-x11"),
         .ports_set = true,
         .ports_text = "6010-6099/tcp",
         .ports = {.ranges = {{6010, 6099, 1}}, .count = 1, .tcp = true}},
        {.row = pp_spec_find_row(spec, "tta-ldap"), .coverage_set = true, .coverage = PP_ONCE},
    };
    struct pp_spec *site = pp_spec_effective(spec, changes, 2, 3);
    assert_non_null(site);
    assert_false(row_of(site, "app-tta-x11")->wide);
    assert_string_equal(row_of(site, "app-tta-x11")->ports_text, "6010-6099/tcp");
    assert_int_equal(row_of(site, "tta-ldap")->coverage, PP_ONCE);
    assert_int_equal(row_of(site, "client-netlet-app")->ports.ranges[0].last, 4005);
    assert_int_equal(pp_ports_size(&row_of(site, "client-netlet-app")->ports), 3);
    assert_int_equal(pp_ports_size(&row_of(spec, "client-netlet-app")->ports), 1);
    assert_true(row_of(spec, "app-tta-x11")->wide);
    pp_spec_destroy(site);
    pp_spec_destroy(spec);
}

/* A small rules file, one key or value a line, in which each mistake replaces one line. */
static const char *const small[] = {
    "name: small",
    "title: A small example",
    "version: 1",
    "source: nowhere",
    "roles:",
    "  - {name: client, title: Client, anyone: true}",
    "  - {name: server, title: Server, primary: true}",
    "features:",
    "  - {name: web, title: Web}",
    "  - {name: mail, title: Mail, needs: web}",
    "rows:",
    "  - id: one",
    "    page_line: 1",
    "    group: all",
    "    from: client",
    "    to: server",
    "    transport: tcp",
    "    ports: 80/tcp",
    "    feature: web",
    "    coverage: destination",
    "    purpose: To read.",
    "    when: always",
    "    exercise: Read.",
    "  - {id: two, page_line: 2, group: all, from: client, to: server, transport: udp, ports: 81/udp, feature: mail, any_of: some,",
    "     coverage: pair, purpose: x, when: y, exercise: z, partner: three}",
    "  - {id: three, page_line: 3, group: all, from: server, to: client, transport: udp, ports: 82/udp, feature: mail, any_of: some,",
    "     coverage: pair, purpose: x, when: y, exercise: z, partner: two, primary: from}",
    "companions:",
    "  - {name: dns, title: DNS, ports: 53, beside: one, from: [client, server]}",
    "infer:",
    "  - {who: responder, ports: 80/tcp, roles: server}",
};
enum { SMALL_LINES = sizeof small / sizeof *small, SMALL_MAX = 4096 };

static size_t small_with(char *out, size_t line, const char *instead)
{
    size_t at = 0;
    for (size_t i = 0; i < SMALL_LINES; i++) at += (size_t)snprintf(out + at, SMALL_MAX - at, "%s\n", i + 1 == line ? instead : small[i]);
    return at;
}

static void every_mistake_is_named_where_it_stands(void **state)
{
    (void)state;
    static const struct {
        size_t line;
        const char *instead;
        uint32_t at_line, at_column;
        const char *text;
    } cases[] = {
        {2, "titel: x", 2, 1,
         "unknown key of a rules file \"titel\"; did you mean \"title\"? expected one of name, title, version, source, roles, "
         "features, rows, companions, infer"},
        {2, "name: again", 2, 1, "\"name\" a second time; expected it once"},
        {2, "", 1, 1, "a rules file without \"title\"; expected this key"},
        {1, "name: Not A Name", 1, 7, "\"Not A Name\"; expected a name of small letters, digits and hyphens, at most 48"},
        {2, "title:", 2, 7, "nothing; expected text"},
        {2, "title: [a]", 2, 8, "a list; expected text"},
        {2, "title: &x y", 2, 8, "an anchor; expected plain values, without & and *"},
        {2, "title: *x", 2, 8, "an alias; expected plain values, without & and *"},
        {2, "title: !!str x", 2, 8, "a tag; expected plain values, without !"},
        {2, "? [a]", 2, 3, "a list or mapping as a key; expected a name"},
        {2, "title: \"a\\0b\"", 2, 8, "a NUL character; expected text"},
        {2, "title: \"open", 31, 0, NULL},
        {2, "title: \x1b", 2, 8, "control characters are not allowed; expected printable text in UTF-8"},
        {2, "title: \xff", 2, 8, "invalid leading UTF-8 octet; expected printable text in UTF-8"},
        {6, "  - {name: server, title: Client}", 7, 12, "\"server\" a second time; expected names that differ"},
        {6, "  - {name: client, title: Client, anyone: maybe}", 6, 43, "\"maybe\"; expected true or false"},
        {6, "  - {name: client, title: Client, primary: true}", 7, 44, "a second role with a primary; expected one"},
        {6, "  - client", 6, 5, "\"client\"; expected a role: a mapping of keys to values"},
        {10, "  - {name: mail, title: Mail, needs: wbe}", 10, 38,
         "unknown feature \"wbe\"; did you mean \"web\"? expected one of web, mail"},
        {10, "  - {name: mail, title: Mail, needs: mail}", 10, 38, "feature mail needs itself in the end; expected no circle"},
        {10, "  - {name: mail, title: Mail, preset: on}", 10, 39, "unknown preset \"on\"; expected one of auto, array"},
        {12, "  - id: two", 24, 10, "\"two\" a second time; expected ids that differ"},
        {13, "    page_line: zero", 13, 16, "\"zero\"; expected a whole number from 1"},
        {13, "    page_line: 0", 13, 16, "\"0\"; expected a whole number from 1"},
        {15, "    from: clinet", 15, 11, "unknown role \"clinet\"; did you mean \"client\"? expected one of client, server"},
        {15, "    from: printer", 15, 11, "unknown role \"printer\"; expected one of client, server"},
        {17, "    transport: udp", 17, 16, "transport udp with tcp ports; expected tcp"},
        {17, "    transport: sctp", 17, 16, "unknown transport \"sctp\"; did you mean \"tcp\"? expected one of tcp, udp"},
        {18, "    ports: 80", 18, 12, "ports without a transport; expected /tcp after each port"},
        {18, "    ports: 70000/tcp", 18, 12, "\"70000/tcp\"; expected a port from 1 to 65535"},
        {18, "    ports: 80/tcp, 0/tcp", 18, 20, "\"0/tcp\" in \"80/tcp, 0/tcp\"; expected a port from 1 to 65535"},
        {18, "    ports: \"90-80/tcp\"", 18, 16, "\"80/tcp\" in \"90-80/tcp\"; expected a last port not below the first"},
        {18, "    ports: 80/", 18, 15, "\"80/\" ends early; expected tcp or udp"},
        {19, "    feature: www", 19, 14, "unknown feature \"www\"; expected one of web, mail"},
        {19, "    # no feature", 12, 5, "a row without \"feature\"; expected this key"},
        {20, "    coverage: each", 20, 15,
         "unknown coverage \"each\"; expected one of destination, source, pair, unordered-pair, port, once"},
        {22, "    when: {a: b}", 22, 11, "a mapping; expected text"},
        {14, "    group: all\n    any_of: alone", 15, 13, "group \"alone\" of one row; expected another row with the same any_of"},
        {14, "    group: all\n    partner: two", 15, 14,
         "partner two, which does not name one as its own; expected two rows that name each other"},
        {14, "    group: all\n    partner: tow", 15, 14, "unknown row \"tow\"; did you mean \"two\"? expected one of one, two, three"},
        {14, "    group: all\n    encrypted_by: tow", 15, 19, "unknown row \"tow\"; did you mean \"two\"? expected one of one, two, three"},
        {14, "    group: all\n    encrypted_by: one", 15, 19,
         "encrypted_by one, which is clear text by its own encrypted_by; expected a row that is encrypted"},
        {14, "    group: all\n    downgrade: true", 15, 16, "downgrade without encrypted_by; expected the row that it begins as"},
        {14, "    group: all\n    primary: from", 15, 14,
         "an end whose role has no primary; expected the other end, or primary: true on the role"},
        {29, "  - {name: dns, title: DNS, ports: 53, beside: four}", 29, 48, "unknown row \"four\"; expected one of one, two, three"},
        {31, "  - {who: server, ports: 80/tcp, roles: server}", 31, 11,
         "unknown end of a flow \"server\"; expected one of responder, initiator, either"},
        {14, "    group: all\n    partner: one", 15, 14,
         "partner one, which does not name one as its own; expected two rows that name each other"},
        {14, "    group: all\n    primary: middle", 15, 14, "unknown primary end \"middle\"; expected one of none, from, to"},
        {18, "    ports: [80]", 18, 12, "a list; expected ports, as in 80/tcp"},
        {18, "    ports: 80/udp", 17, 16, "transport tcp with udp ports; expected udp"},
        {10, "  - {name: web, title: Web}", 10, 12, "\"web\" a second time; expected names that differ"},
        {10, "  - {name: mail, title: Mail, preset: auto, needs: mail}", 10, 52,
         "feature mail needs itself in the end; expected no circle"},
        {27, "     coverage: pair, purpose: x, when: y, exercise: z, partner: two, primary: to}", 27, 79,
         "an end whose role has no primary; expected the other end, or primary: true on the role"},
        {29, "  - {name: dns, title: DNS, ports: 53, from: [clinet]}", 29, 47,
         "unknown role \"clinet\"; did you mean \"client\"? expected one of client, server"},
        {29, "  - {name: dns, title: DNS, ports: 53}\n  - {name: dns, title: DNS, ports: 54}", 30, 12,
         "\"dns\" a second time; expected names that differ"},
        {31, "  - {who: either, ports: 80/tcp, roles: server}\n---\nname: x", 32, 1, "a second document; expected one"},
    };
    char text[SMALL_MAX];
    unsigned wrong = 0;
    size_t length = small_with(text, 0, NULL);
    pp_spec_destroy(parsed(text, length));
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct pp_error error;
        length = small_with(text, cases[i].line, cases[i].instead);
        if (pp_spec_parse(text, length, &error)) fail_msg("accepted: %s", cases[i].instead);
        if (!cases[i].text) continue;
        if (strcmp(error.text, cases[i].text) == 0 && error.line == cases[i].at_line && error.column == cases[i].at_column) continue;
        print_error("%s\n got %u:%u: %s\nwant %u:%u: %s\n", cases[i].instead, error.line, error.column, error.text, cases[i].at_line,
                    cases[i].at_column, cases[i].text);
        wrong++;
    }
    assert_int_equal(wrong, 0);
}

static void an_empty_or_enormous_text_is_refused(void **state)
{
    (void)state;
    struct pp_error error;
    assert_null(pp_spec_parse("", 0, &error));
    assert_string_equal(error.text, "an empty file; expected a mapping");
    assert_null(pp_spec_parse("- a", 3, &error));
    assert_string_equal(error.text, "a list; expected a rules file: a mapping of keys to values");
    assert_null(pp_spec_parse("x", (size_t)1 << 30, &error)); /* refused by its size, unread */
    char deep[256];
    memset(deep, '[', sizeof deep);
    assert_null(pp_spec_parse(deep, sizeof deep, &error));
    assert_string_equal(error.text, "lists and mappings nested deeper than 16; expected a flatter file");
}

static void more_rows_than_a_row_set_holds_are_refused(void **state)
{
    (void)state;
    static char text[SMALL_MAX + 257 * 5 + 1];
    struct pp_error error;
    size_t at = 0;
    for (size_t i = 0; i < 11; i++) at += (size_t)snprintf(text + at, sizeof text - at, "%s\n", small[i]);
    for (size_t i = 0; i < 257; i++) at += (size_t)snprintf(text + at, sizeof text - at, " - x\n");
    assert_null(pp_spec_parse(text, at, &error));
    assert_string_equal(error.text, "257 rows; expected at most 256");
}

/* A list of so many of the same, in place of one line of the small rules. */
static void assert_too_many(size_t line, const char *item, unsigned count, const char *expected)
{
    static char text[SMALL_MAX + 65536], list[65536];
    struct pp_error error;
    size_t at = 0, length = 0;
    for (unsigned i = 0; i < count; i++) length += (size_t)snprintf(list + length, sizeof list - length, item, i);
    for (size_t i = 0; i < SMALL_LINES; i++) at += (size_t)snprintf(text + at, sizeof text - at, "%s\n", i + 1 == line ? list : small[i]);
    assert_null(pp_spec_parse(text, at, &error));
    assert_string_equal(error.text, expected);
}

static void more_than_there_is_room_for_is_refused(void **state)
{
    (void)state;
    assert_too_many(6, "  - {name: r%u, title: R}\n", PP_ROLES_MAX + 1, "34 roles; expected at most 32");
    assert_too_many(9, "  - {name: f%u, title: F}\n", PP_FEATURES_MAX + 1, "66 features; expected at most 64");
    assert_too_many(29, "  - {name: c%u, title: C, ports: 53}\n", PP_COMPANIONS_MAX + 1, "65 companions; expected at most 64");
    assert_too_many(31, "  - {who: either, ports: 8%u/tcp, roles: server}\n", PP_COMPANIONS_MAX + 1, "65 inferences; expected at most 64");
}

/* A page of ports is stored once for each set of rows and places on it. */
static void ports_scattered_over_too_many_pages_are_refused(void **state)
{
    (void)state;
    static char text[65536];
    struct pp_error error;
    size_t at = 0;
    for (size_t i = 0; i < 11; i++) at += (size_t)snprintf(text + at, sizeof text - at, "%s\n", small[i]);
    for (unsigned row = 0; row < 16; row++) {
        at += (size_t)snprintf(text + at, sizeof text - at,
                               "  - {id: r%u, page_line: 1, group: all, from: client, to: server, transport: tcp, "
                               "feature: web, coverage: pair, purpose: x, when: y, exercise: z, ports: \"",
                               row);
        for (unsigned i = 0; i < 10; i++) /* each on another page, and at another place there */
            at += (size_t)snprintf(text + at, sizeof text - at, "%s%u/tcp", i ? ", " : "", (row * 10 + i) * 257 + 1);
        at += (size_t)snprintf(text + at, sizeof text - at, "\"}\n");
    }
    assert_null(pp_spec_parse(text, at, &error));
    assert_string_equal(error.text, "ports too scattered to index; expected fewer different sets of rows on a port");
}

static void what_is_not_there_has_a_name_and_no_rows(void **state)
{
    (void)state;
    struct pp_spec *spec = builtin();
    struct pp_port_index *index = pp_port_index_create(spec);
    assert_non_null(index);
    assert_string_equal(pp_coverage_name(PP_COVERAGE_COUNT), "unknown");
    assert_string_equal(pp_transport_name((enum pp_transport)1), "other");
    assert_int_equal(pp_port_class(index, (enum pp_transport)1, 80), 0);
    const struct pp_row_change change = {.row = spec->row_count, .coverage_set = true};
    struct pp_spec *same = pp_spec_effective(spec, &change, 1, 0); /* a row that is not there, an array of nobody */
    assert_int_equal(same->array_members, 1);
    for (uint16_t i = 0; i < spec->row_count; i++) assert_int_equal(same->rows[i].coverage, spec->rows[i].coverage);
    pp_spec_destroy(same);
    pp_port_index_destroy(index);
    pp_spec_destroy(spec);
}

/* The page's words for an end, where they are not the role's. */
static void titles_of_ends_are_exported_and_read_back(void **state)
{
    (void)state;
    char text[SMALL_MAX];
    struct pp_spec *spec = parsed(text, small_with(text, 14, "    group: all\n    from_title: Who asks\n    to_title: Who answers"));
    char *yaml = exported(spec, PP_SPEC_YAML);
    struct pp_spec *again = parsed(yaml, strlen(yaml));
    assert_string_equal(again->rows[0].from_title, "Who asks");
    assert_string_equal(again->rows[0].to_title, "Who answers");
    assert_string_equal(again->rows[1].from_title, "Client");
    free(yaml);
    pp_spec_destroy(again);
    pp_spec_destroy(spec);
}

static void rules_cut_at_any_byte_are_read_or_refused_but_never_over_read(void **state)
{
    (void)state;
    char text[SMALL_MAX];
    size_t length = small_with(text, 0, NULL);
    for (size_t size = 0; size < length + pp_builtin_rules_size; size += size < length ? 1 : 211) {
        struct pp_error error = {0};
        bool is_small = size < length;
        size_t part = is_small ? size : size - length;
        void *copy = exact_copy(is_small ? text : pp_builtin_rules, part);
        struct pp_spec *spec = pp_spec_parse(copy, part, &error);
        if (!spec) assert_true(error.text[0] && error.line > 0);
        pp_spec_destroy(spec);
        free(copy);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_row_of_the_page_is_one_row_of_the_rules_word_for_word),
        cmocka_unit_test(the_rows_export_as_the_table_of_rows),
        cmocka_unit_test(what_the_page_does_not_say_is_in_the_rules),
        cmocka_unit_test(an_exported_spec_reads_back_equal),
        cmocka_unit_test(a_site_moves_narrows_and_extends_rows),
        cmocka_unit_test(every_mistake_is_named_where_it_stands),
        cmocka_unit_test(an_empty_or_enormous_text_is_refused),
        cmocka_unit_test(more_rows_than_a_row_set_holds_are_refused),
        cmocka_unit_test(more_than_there_is_room_for_is_refused),
        cmocka_unit_test(ports_scattered_over_too_many_pages_are_refused),
        cmocka_unit_test(what_is_not_there_has_a_name_and_no_rows),
        cmocka_unit_test(titles_of_ends_are_exported_and_read_back),
        cmocka_unit_test(rules_cut_at_any_byte_are_read_or_refused_but_never_over_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
