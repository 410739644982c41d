/* portproof: the table of its commands. */
#include <jansson.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"
#include "files.h"
#include "memory.h"

/* Options: s site, r rules, f format, o output, b filter, t time window, u utc, q quiet, c color and width, m max-flows, d decap,
 * e evidence, B bundle, C compare, h hash, a all and strict, n threads, i live ones, S stats and seen, F stateless. */
const struct command commands[] = {
    {"analyze", "CAPTURE...", "verdict and findings from capture files, or - for standard input",
     "Reads pcap and pcapng, plain or in gzip or zstd. Several captures are one body of evidence.\n"
     "Without --site roles are inferred from the traffic, and the verdict is never compliant.\n"
     "Formats: text, json, html, csv (findings), csv-rows, junit, sarif, markdown.\n"
     "Exit status: 0 compliant, 1 non-compliant, 2 inconclusive, 3 bad usage or input.\n",
     "srfobtuqcmdhaneB", 0, run_analyze},
    {"report", "EVIDENCE|REPORT.json...", "several runs of analyze as one: days, sensors, captures of before",
     "Reads what analyze --evidence wrote (or the JSON report beside it) and what live --state keeps, in any order; judges all of it\n"
     "together, by the site and the rules of now. Captures that overlap do no harm to the verdict, but count twice.\n"
     "Formats and exit status: as for analyze.\n",
     "srfouqcmanB", FOLLOWS_REPORTS, run_report},
    {"live", "-i INTERFACE", "the same, while traffic goes by, until Ctrl-C or --duration",
     "On a terminal it fills the screen: the verdict, the rows as they are now, what is new; ? there shows the keys, q ends it. With\n"
     "--no-view, --events or -q, in the background, and where standard input or output is no terminal, there are lines instead.\n"
     "Formats of the report: text, json, html, csv (findings), csv-rows, junit, sarif, markdown.\n",
     "srfobuqcmdani", OPENS_ITSELF, run_live},
    {"flows", "CAPTURE...", "every flow, one a line", "Formats: text, jsonl, tsv.\n", "srfobtuqmdn", 0, run_flows},
    {"discover", "CAPTURE...", "a site file inferred from traffic, to correct", "", "robtqmdn", 0, run_discover},
    {"explain", "PORT[/tcp|/udp]", "what a port is for, and who may use it", "Formats: text, json.\n", "srfo", 0, run_explain},
    {"compare", "BEFORE AFTER", "two reports, row by row, across a migration",
     "Each is a JSON report, a capture, or a folder of captures, which are judged by the site file of their side. Hosts are matched by\n"
     "name, so addresses may change; what still goes to old addresses, and clear text that remains beside encryption, is told as\n"
     "something to do.\n"
     "Formats: text, json, html, csv, junit, sarif, markdown.\n"
     "Exit status: 0 nothing lost (whatever is left to do), 1 a row that worked does not any more, or a new hole, 3 bad usage or input.\n",
     "focCruqan", LISTS_FOLDERS, run_compare},
    {"verify", "BUNDLE [CAPTURE...]", "whether a bundle's verdict is what its evidence, and its captures, give",
     "Judges again the evidence that analyze --bundle kept, by the rules and the site of then, and, when all captures are named (by any\n"
     "name: they are known by their SHA-256), reads these again too; and says which bytes are the same.\nFormats: text, json.\n"
     "Exit status: 0 the same bytes, 1 not, 3 bad usage or input.\n",
     "foqn", RENDERS_AGAIN, run_verify},
    {"plan", "[REPORT.json]", "what to do, and where, so that every due row is seen to work",
     "Needs --site. With a report: only what that has as due, and missing or not observable.\nFormats: text, json, markdown, csv.\n",
     "srfoc", 0, run_plan},
    {"rules", "list|check|export [FILE]", "the port list itself",
     "Formats of export: yaml, tsv, json; and, with --site, nftables, iptables, cisco-acl, csv: the firewall rules for what is to pass.\n"
     "check --stats prints the port index's sizes.\n",
     "srfoFS", 0, run_rules},
    {"fix", "REPORT.json", "firewall rules that would open what is blocked, and close what got through",
     "A proposal, to be read before it is used. The report has one pair of addresses of what is blocked; with --site the rules open it "
     "for\n"
     "all addresses that the site has on both sides. Formats: nftables, iptables, cisco-acl, csv.\n",
     "srfoF", 0, run_fix},
    {"site", "check FILE", "the inventory, with warnings", "", "r", 0, run_site},
    {"filter", "", "the tcpdump filter that captures what matters, and where to capture",
     "Formats: text (filter and places), bpf (the filter alone), json.\n", "srfo", 0, run_filter},
};
const size_t command_count = sizeof commands / sizeof *commands;

static void print_usage(FILE *to)
{
    fprintf(to, "portproof %s: proves from packets whether a site follows a published port list\n\n", PORTPROOF_VERSION);
    for (size_t i = 0; i < command_count; i++)
        fprintf(to, "  portproof %-9s %-26s %s\n", commands[i].name, commands[i].operands, commands[i].summary);
    fprintf(to, "\n  portproof COMMAND -h      the options of a command\n  portproof --version\n");
}

/* Open what the arguments name, give up what is not needed any more, and only then read. */
static int run(const struct command *command, struct arguments *arguments)
{
    if (command->habits & OPENS_ITSELF) return command->run(arguments);
    (void)pp_capture_guard(); /* without it a file that shrinks ends the program, which is no reason not to start */
    bool ready = files_open(arguments) && files_confine(arguments, command->name);
    int status = ready ? command->run(arguments) : EXIT_INPUT;
    files_close();
    if (status == EXIT_INPUT && !complained()) complain("%s: out of memory", command->name);
    return status;
}

int main(int argc, char **argv)
{
    setlocale(LC_CTYPE, "");
    json_set_alloc_funcs(memory_take, free); /* a tree that lost a branch is not written */
    if (argc < 2) {
        print_usage(stderr);
        return EXIT_INPUT;
    }
    if (strcmp(argv[1], "--version") == 0 || strcmp(argv[1], "-V") == 0) {
        printf("portproof %s\n", PORTPROOF_VERSION);
        return EXIT_OK;
    }
    if (strcmp(argv[1], "-h") == 0 || strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "help") == 0) {
        print_usage(stdout);
        return EXIT_OK;
    }
    for (size_t i = 0; i < command_count; i++) {
        if (strcmp(argv[1], commands[i].name) != 0) continue;
        struct arguments arguments;
        bool help = false;
        if (!parse_arguments(&commands[i], argc - 1, argv + 1, &arguments, &help)) return EXIT_INPUT;
        if (!help) return run(&commands[i], &arguments);
        print_help(stdout, &commands[i]);
        return EXIT_OK;
    }
    complain("%s: no such command; expected one of analyze, report, live, flows, discover, explain, compare, verify, plan, rules, fix, "
             "site, filter",
             show(argv[1]));
    return EXIT_INPUT;
}
