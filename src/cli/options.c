#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"
#include "clock.h"
#include "portproof/keep.h"

enum {
    OPTION_MAX_FLOWS_LEAST = 16,
    RING_LEAST = 512 << 10, /* two of libpcap's blocks: with one the kernel has nowhere to write while it is read */
    RING_MOST = 1 << 30,
};

struct known {
    char letter;          /* which commands take it, see main.c */
    const char *name;     /* long option */
    int short_name;       /* or 0 */
    const char *argument; /* NULL: none */
    const char *help;
    const char *expected; /* what a value must be; NULL: anything will do */
    bool (*set)(struct arguments *arguments, const char *value);
};

static bool number(const char *value, uint32_t least, uint32_t most, uint32_t *out)
{
    char *end;
    errno = 0;
    unsigned long n = strtoul(value, &end, 10);
    if (errno || end == value || *end || value[0] == '-' || n < least || n > most) return false;
    *out = (uint32_t)n;
    return true;
}

/* 90s, 15m, 2h, 1d */
static bool parse_duration(const char *value, uint64_t *out)
{
    static const struct {
        char unit;
        uint32_t seconds;
    } units[] = {{'s', 1}, {'m', 60}, {'h', 3600}, {'d', 86400}};
    char *end;
    errno = 0;
    unsigned long n = strtoul(value, &end, 10);
    if (errno || end == value || value[0] == '-' || n == 0 || n > 1000000) return false;
    for (size_t i = 0; i < sizeof units / sizeof *units; i++)
        if (*end == units[i].unit && !end[1]) return *out = (uint64_t)n * units[i].seconds * NS_PER_S, true;
    return false;
}

/* 65536, 512K, 16M */
static bool parse_size(const char *value, uint32_t least, uint32_t most, uint32_t *out)
{
    char *end;
    errno = 0;
    unsigned long n = strtoul(value, &end, 10);
    unsigned long unit = *end == 'K' ? 1UL << 10 : *end == 'M' ? 1UL << 20 : 1;
    if (errno || end == value || value[0] == '-' || (*end && (unit == 1 || end[1]))) return false;
    if (n > most / unit || n * unit < least) return false;
    *out = (uint32_t)(n * unit);
    return true;
}

static bool set_site(struct arguments *a, const char *v) { return a->site = v, true; }
static bool set_rules(struct arguments *a, const char *v) { return a->rules = v, true; }
static bool set_format(struct arguments *a, const char *v) { return a->format = v, true; }
static bool set_output(struct arguments *a, const char *v) { return a->output = v, true; }
static bool set_filter(struct arguments *a, const char *v) { return a->filter = v, true; }
static bool set_interface(struct arguments *a, const char *v)
{
    if (a->interface_count == PP_LIVE_MAX) return false;
    for (uint32_t i = 0; i < a->interface_count; i++)
        if (strcmp(a->interfaces[i], v) == 0) return false;
    a->interfaces[a->interface_count++] = v;
    return true;
}
static bool set_from(struct arguments *a, const char *v) { return a->from_text = v, time_parse(v, &a->from_ns); }
static bool set_to(struct arguments *a, const char *v) { return a->to_text = v, time_parse(v, &a->to_ns); }
static bool set_utc(struct arguments *a, const char *v) { return (void)v, a->utc = true; }
static bool set_quiet(struct arguments *a, const char *v) { return (void)v, a->quiet = true; }
static bool set_decap(struct arguments *a, const char *v) { return (void)v, a->decap = true; }
static bool set_hash(struct arguments *a, const char *v) { return (void)v, a->hash = true; }
static bool set_all(struct arguments *a, const char *v) { return (void)v, a->all = true; }
static bool set_strict(struct arguments *a, const char *v) { return (void)v, a->strict = true; }
static bool set_stateless(struct arguments *a, const char *v) { return (void)v, a->stateless = true; }
static bool set_seen(struct arguments *a, const char *v) { return a->seen = v, *v != '\0'; }
static bool set_stats(struct arguments *a, const char *v) { return (void)v, a->stats = true; }
static bool set_max_flows(struct arguments *a, const char *v) { return number(v, OPTION_MAX_FLOWS_LEAST, 1000000000, &a->max_flows); }
static bool set_threads(struct arguments *a, const char *v) { return number(v, 1, 1024, &a->threads); }
static bool set_width(struct arguments *a, const char *v) { return number(v, 60, 1000, &a->width); }
static bool set_snap_length(struct arguments *a, const char *v) { return number(v, 64, 262144, &a->snap_length); }
static bool set_ring_size(struct arguments *a, const char *v) { return parse_size(v, RING_LEAST, RING_MOST, &a->ring_bytes); }
static bool set_not_promiscuous(struct arguments *a, const char *v) { return (void)v, a->not_promiscuous = true; }
static bool set_require_sandbox(struct arguments *a, const char *v) { return (void)v, a->require_sandbox = true; }
static bool set_duration(struct arguments *a, const char *v) { return parse_duration(v, &a->duration_ns); }
static bool set_refresh(struct arguments *a, const char *v) { return parse_duration(v, &a->refresh_ns); }
static bool set_window(struct arguments *a, const char *v) { return parse_duration(v, &a->window_ns); }
static bool set_state(struct arguments *a, const char *v) { return a->state = v, *v != '\0'; }
static bool set_rotate(struct arguments *a, const char *v) { return parse_duration(v, &a->rotate_ns); }
static bool set_state_files(struct arguments *a, const char *v)
{
    return number(v, PP_KEEP_FILES_LEAST, PP_KEEP_FILES_MOST, &a->state_files);
}
static bool set_export(struct arguments *a, const char *v) { return a->export_folder = v, *v != '\0'; }
static bool set_packets_per_finding(struct arguments *a, const char *v) { return number(v, 1, 100000, &a->packets_per_finding); }
static bool set_with_payload(struct arguments *a, const char *v) { return (void)v, a->with_payload = true; }
static bool set_site_before(struct arguments *a, const char *v) { return a->site_before = v, true; }
static bool set_site_after(struct arguments *a, const char *v) { return a->site_after = v, true; }
static bool set_map(struct arguments *a, const char *v)
{
    if (a->rename_count == RENAMES_MAX) return false;
    a->renames[a->rename_count++] = (char *)(uintptr_t)v; /* an argument of main, which may be written to */
    return true;
}
static bool set_evidence(struct arguments *a, const char *v) { return a->evidence = v, *v != '\0' && strcmp(v, "-") != 0; }
static bool set_bundle(struct arguments *a, const char *v)
{
    a->bundle = v;
    a->hash = true; /* it says by which captures it was made */
    return *v != '\0' && strcmp(v, "-") != 0;
}
static bool set_until_complete(struct arguments *a, const char *v) { return (void)v, a->until_complete = true; }
static bool set_hook(struct arguments *a, const char *v) { return a->hook = v, *v != '\0'; }
static bool set_listen(struct arguments *a, const char *v) { return a->listen = v, *v != '\0'; }
static bool set_listen_token_file(struct arguments *a, const char *v) { return a->listen_token_file = v, *v != '\0'; }
static bool set_listen_name(struct arguments *a, const char *v) { return a->listen_name = v, *v != '\0'; }
static bool set_no_view(struct arguments *a, const char *v) { return (void)v, a->no_view = true; }
static bool set_events(struct arguments *a, const char *v)
{
    a->events = v;
    return strcmp(v, "text") == 0 || strcmp(v, "jsonl") == 0 || strcmp(v, "none") == 0;
}
static bool set_color(struct arguments *a, const char *v)
{
    a->color = v;
    return strcmp(v, "auto") == 0 || strcmp(v, "always") == 0 || strcmp(v, "never") == 0;
}

static const struct known known[] = {
    {'s', "site", 0, "FILE", "who is who: hosts, roles, features, waivers", NULL, set_site},
    {'r', "rules", 0, "NAME|FILE", "the port list; default tarantella, which is built in", NULL, set_rules},
    {'f', "format", 'f', "FORMAT", "output format", NULL, set_format},
    {'o', "output", 'o', "FILE", "write there instead of to standard output", NULL, set_output},
    {'b', "filter", 0, "EXPR", "judge only packets that this libpcap filter takes", NULL, set_filter},
    {'t', "from", 0, "TIME", "judge nothing before; RFC 3339, or seconds since 1970", "a time such as 2026-11-20T09:58:11Z", set_from},
    {'t', "to", 0, "TIME", "judge nothing after", "a time such as 2026-11-20T09:58:11Z", set_to},
    {'m', "max-flows", 0, "N", "bound the memory: past N flows they fold; default 4000000", "a number from 16 to 1000000000",
     set_max_flows},
    {'d', "decap", 0, NULL, "judge what is inside GRE, ERSPAN, IP-in-IP, 6in4, VXLAN and Geneve", NULL, set_decap},
    {'C', "site-before", 0, "FILE", "who was who, when BEFORE is captures", NULL, set_site_before},
    {'C', "site-after", 0, "FILE", "who is who, when AFTER is captures", NULL, set_site_after},
    {'C', "map", 0, "OLD=NEW", "a host that has another name in AFTER; may be given more than once", "256 at most", set_map},
    {'e', "export-packets", 0, "DIR", "also write there the packets of every unexpected and blocked finding, a pcapng each", "a folder",
     set_export},
    {'e', "packets-per-finding", 0, "N", "how many of each; default 20", "a number from 1 to 100000", set_packets_per_finding},
    {'e', "with-payload", 0, NULL, "whole frames; without it they are cut behind their headers", NULL, set_with_payload},
    {'e', "evidence", 0, "FILE", "also write what was seen there, for portproof report to merge and judge again", "a file", set_evidence},
    {'B', "bundle", 0, "FILE.tar.gz", "also write there all that portproof verify needs to check the verdict later", "a file", set_bundle},
    {'h', "hash", 0, NULL, "put the captures' SHA-256 into the report", NULL, set_hash},
    {'i', "interface", 'i', "INTERFACE", "where to capture; may be given more than once; \"any\" for all", "16 different ones at most",
     set_interface},
    {'i', "duration", 0, "TIME", "stop after, for example, 90s, 15m, 2h", "a time such as 90s, 15m or 2h", set_duration},
    {'i', "until-complete", 0, NULL, "stop as soon as every due row is decided; --duration is then the deadline", NULL, set_until_complete},
    {'i', "deadline", 0, "TIME", "the same as --duration", "a time such as 90s, 15m or 2h", set_duration},
    {'i', "state", 0, "DIR", "keep the evidence there; a run goes on from what the one before had kept", "a folder", set_state},
    {'i', "rotate", 0, "TIME", "begin another file in --state this often; default 1h", "a time such as 15m or 1d", set_rotate},
    {'i', "state-files", 0, "N", "at most so many files in --state; the oldest are joined; default 48", "a number from 2 to 10000",
     set_state_files},
    {'i', "refresh", 0, "TIME", "judge, and tell what is new, this often; default 10s, with the view 2s", "a time such as 10s or 1m",
     set_refresh},
    {'i', "window", 0, "TIME", "tell rows that stopped working: what was seen this long before is judged too; default 15m",
     "a time such as 15m or 2h", set_window},
    {'i', "events", 0, "FORMAT", "how what is new is told: text, jsonl or none", "text, jsonl or none", set_events},
    {'i', "no-view", 0, NULL, "lines instead of the full-screen view that a terminal gets", NULL, set_no_view},
    {'i', "hook", 0, "COMMAND", "run this for every new finding, with the finding as JSON on its standard input", "a command", set_hook},
    {'i', "listen", 0, "ADDR:PORT", "serve a status page, /metrics, /report.json and /report.html there; PORT alone is loopback",
     "an address and a port such as 127.0.0.1:8080, [::1]:8080 or 8080", set_listen},
    {'i', "listen-token-file", 0, "FILE", "ask for the token in this file's first line; off loopback there must be one", "a file",
     set_listen_token_file},
    {'i', "listen-name", 0, "NAME", "answer to this host name too, beside addresses and localhost", "a host name", set_listen_name},
    {'i', "snap-length", 0, "BYTES", "bytes of each packet to look at; default 256", "a number from 64 to 262144", set_snap_length},
    {'i', "ring-size", 0, "BYTES", "what the kernel keeps until it is read, of each interface; default 16M",
     "a size such as 512K or 16M, 1024M at most", set_ring_size},
    {'i', "no-promiscuous", 0, NULL, "only what the interface would take anyway", NULL, set_not_promiscuous},
    {'n', "threads", 0, "N", "how many threads may work; results are the same", "a number from 1 to 1024", set_threads},
    {'a', "all", 0, NULL, "leave no line out of the text report", NULL, set_all},
    {'a', "strict", 0, NULL, "junit: what could not be seen, or is only left to do, fails, too", NULL, set_strict},
    {'u', "utc", 0, NULL, "times in UTC (JSON always is)", NULL, set_utc},
    {'c', "color", 0, "WHEN", "auto, always or never", "auto, always or never", set_color},
    {'c', "width", 0, "COLUMNS", "width of the text report; default the terminal's, or 100", "a number from 60 to 1000", set_width},
    {'*', "require-sandbox", 0, NULL, "refuse to read anything where privileges cannot all be dropped", NULL, set_require_sandbox},
    {'q', "quiet", 'q', NULL, "no progress on standard error", NULL, set_quiet},
    {'F', "stateless", 0, NULL, "firewall rules for the way back, too", NULL, set_stateless},
    {'S', "seen", 0, "REPORT.json", "firewall rules also for rows on auto that this report has flows of", "a file", set_seen},
    {'S', "stats", 0, NULL, "sizes of the port index", NULL, set_stats},
};
enum { KNOWN = sizeof known / sizeof *known, LONG_FIRST = 256 };

static bool takes(const struct command *command, const struct known *option)
{
    return option->letter == '*' || strchr(command->options, option->letter);
}

void print_help(FILE *to, const struct command *command)
{
    fprintf(to, "usage: portproof %s [OPTION...] %s\n%s.\n\n", command->name, command->operands, command->summary);
    for (size_t i = 0; i < KNOWN; i++) {
        if (!takes(command, &known[i])) continue;
        char left[64];
        snprintf(left, sizeof left, "%s%c%s--%s%s%s", known[i].short_name ? "-" : "  ", known[i].short_name ? known[i].short_name : ' ',
                 known[i].short_name ? ", " : " ", known[i].name, known[i].argument ? " " : "", known[i].argument ? known[i].argument : "");
        fprintf(to, "  %-30s %s\n", left, known[i].help);
    }
    if (*command->details) fprintf(to, "\n%s", command->details);
}

/* Options that change what the report says, for its own record. */
static void record(struct arguments *a)
{
    static char buffers[4][1024];
    size_t n = 0;
    const struct {
        const char *name, *value;
    } with_value[] = {{"--filter", a->filter}, {"--from", a->from_text}, {"--to", a->to_text}};
    for (size_t i = 0; i < 3; i++) {
        if (!with_value[i].value) continue;
        snprintf(buffers[i], sizeof *buffers, "%s=%s", with_value[i].name, with_value[i].value);
        a->record[n++] = buffers[i];
    }
    if (a->decap) a->record[n++] = "--decap";
    if (a->max_flows) {
        snprintf(buffers[3], sizeof *buffers, "--max-flows=%u", a->max_flows);
        a->record[n++] = buffers[3];
    }
    a->record_count = n;
}

static const struct known *find_known(int code)
{
    for (size_t i = 0; i < KNOWN; i++)
        if (code == LONG_FIRST + (int)i || (known[i].short_name && code == known[i].short_name)) return &known[i];
    return NULL;
}

bool parse_arguments(const struct command *command, int argc, char **argv, struct arguments *a, bool *help)
{
    struct option options[KNOWN + 2] = {0};
    char letters[2 * KNOWN + 4] = ":h";
    for (size_t i = 0; i < KNOWN; i++) {
        options[i] = (struct option){known[i].name, known[i].argument ? required_argument : no_argument, NULL, LONG_FIRST + (int)i};
        if (known[i].short_name) {
            size_t n = strlen(letters);
            letters[n] = (char)known[i].short_name;
            letters[n + 1] = known[i].argument ? ':' : '\0';
        }
    }
    options[KNOWN] = (struct option){"help", no_argument, NULL, 'h'};
    *a = (struct arguments){.to_ns = UINT64_MAX, .color = "auto", .habits = command->habits};
    optind = 0; /* getopt begins anew: verify has words of its own read */
    for (int code; (code = getopt_long(argc, argv, letters, options, NULL)) != -1;) {
        if (code == 'h') return *help = true;
        const struct known *option = find_known(code);
        if (!option || !takes(command, option)) {
            const char *what = argv[optind - 1];
            complain(code == ':' ? "%s: %s needs a value; see portproof %s -h" : "%s: %s is not an option here; see portproof %s -h",
                     command->name, show(what), command->name);
            return false;
        }
        if (!option->set(a, optarg)) {
            complain("%s: --%s %s: expected %s", command->name, option->name, show(optarg),
                     option->expected ? option->expected : "another value");
            return false;
        }
    }
    if (a->from_ns > a->to_ns) return complain("%s: --from is after --to: nothing would be judged", command->name), false;
    a->operands = argv + optind;
    a->operand_count = argc - optind;
    record(a);
    return true;
}
