/* A report in which whatever has a name (rows, roles, hosts, owners, captures, options, what went wrong) is called by the input's bytes, in
 * every format: nothing that a terminal obeys comes out, JSON and CSV are well formed, and no name opens a tag or ends an attribute.
 *
 * Every name stands between two words that nothing else has, so that its traces are found in the output. Input: names, each up to a NUL. */
#include "output.h"
#include "portproof/report.h"

enum { NAMES = 6, NAME_MOST = 256 };

#define BEFORE "QzzQ"
#define BEHIND "QyyQ"

static const char RULES[] =
    "name: shop\ntitle: t\nversion: \"3\"\nsource: s\nroles:\n  - {name: browser, title: Browser, anyone: true}\n  - {name: front, title: "
    "Front}\n"
    "  - {name: db, title: Database}\nfeatures:\n  - {name: sales, title: Selling}\n  - {name: storage, title: Storing}\nrows:\n"
    "  - {id: browser-front, page_line: 1, group: a, from: browser, to: front, transport: tcp, ports: 443/tcp, feature: sales, coverage: "
    "destination, "
    "purpose: Buy., when: always, exercise: \"Buy at {to}.\"}\n"
    "  - {id: front-db, page_line: 2, group: a, from: front, to: db, transport: tcp, ports: 5432/tcp, feature: storage, coverage: pair, "
    "purpose: Store., when: always, exercise: \"Order at {from}.\"}\n"
    "  - {id: db-log, page_line: 3, group: b, from: db, to: front, transport: udp, ports: 514/udp, feature: storage, coverage: source, "
    "one_way: true, "
    "purpose: Log., when: always, exercise: \"Wait.\"}\n";
static const char SITE[] =
    "name: s\nhosts:\n  - {name: f1, address: 10.0.1.10, roles: [front]}\n  - {name: f2, address: 10.0.1.11, roles: [front]}\n"
    "  - {name: d1, address: 10.0.3.6, roles: db}\n  - {name: all, prefix: 10.9.0.0/16, roles: browser}\nfeatures: {storage: on}\n"
    "waivers:\n  - {from: any, to: any, ports: 9/udp, owner: o, reason: r, expires: 2020-01-01}\n";

static char names[NAMES][NAME_MOST + sizeof BEFORE BEHIND];
static struct pp_spec *spec;
static struct pp_site *site;
static struct pp_port_index *port_index;
static struct pp_flow_table *flows;
static struct pp_report *report;
static struct pp_capture_info captures[1];

static void add(uint64_t at, const uint8_t from[4], uint16_t from_port, const uint8_t to[4], uint16_t to_port, uint8_t transport,
                uint8_t flags)
{
    struct pp_packet p;
    uint8_t result = PP_DECODED;
    memset(&p, 0, sizeof p);
    memcpy(p.source, from, 4);
    memcpy(p.destination, to, 4);
    p.family = PP_IPV4;
    p.transport = transport;
    p.source_port = from_port;
    p.destination_port = to_port;
    p.tcp_flags = flags;
    p.wire_bytes = 60;
    p.frame = at;
    p.time_ns = UINT64_C(1795168800000000000) + at * 1000000000;
    must(pp_flow_table_add(flows, &p, &result, 1));
}

static void add_traffic(void)
{
    static const uint8_t front[] = {10, 0, 1, 10}, db[] = {10, 0, 3, 6}, browser[] = {10, 9, 0, 5}, other[] = {192, 0, 2, 1};
    add(1, browser, 40000, front, 443, PP_TCP, PP_SYN);
    add(2, front, 443, browser, 40000, PP_TCP, PP_SYN | PP_ACK);
    add(3, front, 40001, db, 5432, PP_TCP, PP_SYN);
    add(4, front, 40001, db, 5432, PP_TCP, PP_SYN);
    add(5, other, 40003, front, 4711, PP_TCP, PP_SYN);
    add(6, front, 4711, other, 40003, PP_TCP, PP_SYN | PP_ACK);
    add(7, front, 40004, db, 9, PP_UDP, 0);
    add(8, db, 9, front, 40004, PP_UDP, 0);
}

/* Every free text of spec and site, as if somebody had got it past their readers. Names of rows, roles and features are letters. */
static void rename_all(void)
{
    unsigned next = 0;
    spec->title = spec->version = spec->source = names[0];
    for (unsigned i = 0; i < spec->role_count; i++) spec->roles[i].title = names[next++ % NAMES];
    for (unsigned i = 0; i < spec->feature_count; i++) spec->features[i].title = names[next++ % NAMES];
    for (unsigned i = 0; i < spec->row_count; i++) {
        struct pp_row *row = &spec->rows[i];
        row->purpose = row->condition = names[next++ % NAMES];
        row->exercise = row->from_title = row->to_title = names[next++ % NAMES];
    }
    site->name = names[1];
    for (uint32_t i = 0; i < site->host_count; i++) site->hosts[i].name = names[next++ % NAMES];
    for (uint32_t i = 0; i < site->waiver_count; i++) site->waivers[i].owner = site->waivers[i].reason = names[2];
    captures[0].name = names[3];
}

static void make_report(void)
{
    struct pp_error error;
    const struct pp_flow_options options = {0};
    bool before = memory_pause(true);
    spec = pp_spec_parse(RULES, sizeof RULES - 1, &error);
    must(spec);
    site = pp_site_parse(SITE, sizeof SITE - 1, spec, &error);
    must(site);
    port_index = pp_port_index_create(spec);
    flows = pp_flow_table_create(&options);
    add_traffic();
    must(pp_flow_table_sort(flows));
    captures[0] =
        (struct pp_capture_info){.name = "x", .format = "pcap", .packets = 8, .first_ns = UINT64_C(1795168801000000000), .failed = true};
    captures[0].last_ns = captures[0].first_ns + UINT64_C(60000000000);
    struct pp_assess_input input = {.spec = spec,
                                    .index = port_index,
                                    .class_index = port_index,
                                    .site = site,
                                    .flows = flows,
                                    .captures = captures,
                                    .capture_count = 1,
                                    .until_ns = UINT64_MAX};
    report = pp_assess(&input);
    must(report);
    rename_all();
    memory_pause(before);
}

/* Between the two words of a name (where its end was not cut off) there is none of these bytes. */
static void check_names(const char *text, const char *forbidden)
{
    for (const char *at = text; (at = strstr(at, BEFORE)); at++) {
        const char *name = at + sizeof BEFORE - 1, *end = strstr(name, BEHIND), *next = strstr(name, BEFORE);
        if (!end || (next && next < end)) continue;
        must(strcspn(name, forbidden) >= (size_t)(end - name));
    }
}

static void check_format(const char *format, const char *text, size_t size)
{
    must(strlen(text) == size && is_harmless(text, size, "\r\n"));
    if (strcmp(format, "json") == 0 || strcmp(format, "sarif") == 0) check_json(text, size);
    if (strncmp(format, "csv", 3) == 0) check_csv(text, size);
    if (strcmp(format, "html") == 0 || strcmp(format, "junit") == 0) check_names(text, "<>\"'`");
    if (strcmp(format, "markdown") == 0) check_names(text, "<>\"'`|[]*_");
}

static void take_names(struct draw in)
{
    for (unsigned i = 0; i < NAMES; i++) {
        size_t length = 0;
        char *at = names[i] + sizeof BEFORE - 1;
        memcpy(names[i], BEFORE, sizeof BEFORE - 1);
        for (uint8_t byte; length < NAME_MOST && (byte = next8(&in)) != 0;) at[length++] = (char)byte;
        memcpy(at + length, BEHIND, sizeof BEHIND);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    if (!report) make_report();
    take_names((struct draw){bytes, size});
    snprintf(captures[0].error.text, sizeof captures[0].error.text, "%s", "cannot read");
    const char *const options[] = {names[4]};
    const struct pp_report_options how = {.tool_version = "0",
                                          .site_name = names[5],
                                          .options = options,
                                          .option_count = 1,
                                          .utf8 = true,
                                          .all = size & 1,
                                          .width = 60 + (unsigned)(size % 80),
                                          .rules_path = names[3]};
    for (unsigned i = 0; pp_report_format(i); i++) {
        char *text = NULL;
        size_t length = 0;
        bool ok = pp_report_write(report, pp_report_format(i), &how, &text, &length);
        must(ok);
        if (ok) check_format(pp_report_format(i), text, length);
        free(text);
    }
    return 0;
}
