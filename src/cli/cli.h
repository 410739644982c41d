/* The command line: the only place that prints or exits. One file a subcommand, one table of them in main.c. */
#ifndef CLI_CLI_H
#define CLI_CLI_H

#include <stdio.h>

#include "portproof/audit.h"
#include "portproof/report.h"

enum { EXIT_OK = 0, EXIT_INPUT = 3 }; /* 3: bad usage, unreadable or corrupt input (design 5.5) */

enum { RENAMES_MAX = 256 };

/** A text, malloc'd. */
struct given {
    char *bytes;
    size_t size;
};

/** All options of all commands; each command says which ones it takes. */
struct arguments {
    const char *site, *rules, *format, *output, *filter, *color;
    const char *from_text, *to_text;
    pp_time_ns from_ns, to_ns;
    uint64_t duration_ns, refresh_ns, window_ns, rotate_ns;
    const char *hook, *state, *evidence, *export_folder, *bundle, *seen;
    char evidence_digest[65]; /* of what was written there */
    const char *listen, *listen_token_file, *listen_name;
    const char *events; /* "text", "jsonl", "none" */
    uint32_t max_flows, threads, width, snap_length, ring_bytes, state_files, packets_per_finding;
    bool utc, quiet, decap, hash, all, stats, not_promiscuous, require_sandbox, until_complete, no_view, with_payload, strict, stateless;
    bool view; /* live: the terminal shows it, screen by screen; see view_possible */
    const char *interfaces[PP_LIVE_MAX];
    uint32_t interface_count;
    char **operands;
    int operand_count;
    const char *site_before, *site_after; /* compare */
    char *renames[RENAMES_MAX];           /* OLD=NEW */
    uint32_t rename_count;
    unsigned habits;                      /* of the command */
    struct given rules_given, site_given; /* verify: texts of its own, in place of those that --rules and --site name */
    const char *const *names;             /* verify: what the operands are called in reports; NULL: as they are */
    const char *record[16];               /* options that change meaning, for the report */
    size_t record_count;
};

struct command {
    const char *name;
    const char *operands; /* for the usage line */
    const char *summary;  /* one line */
    const char *details;  /* what -h adds; may be "" */
    const char *options;  /* letters of the options it takes, see options.c */
    enum {
        LISTS_FOLDERS = 1,   /* a folder among its operands stands for the files in it */
        FOLLOWS_REPORTS = 2, /* a report among its operands names evidence beside it */
        OPENS_ITSELF = 4,    /* its files, and gives up its privileges by itself */
        RENDERS_AGAIN = 8    /* reports in every format, whatever its own */
    } habits;
    int (*run)(struct arguments *arguments);
};

extern const struct command commands[];
extern const size_t command_count;

/** Read the options of a command. false: a message was printed; exit with EXIT_INPUT. */
bool parse_arguments(const struct command *command, int argc, char **argv, struct arguments *arguments, bool *help);
void print_help(FILE *to, const struct command *command);

/** One line on standard error, "portproof: …"; untrusted parts must be escaped by the caller (see show). */
void complain(const char *format, ...) __attribute__((format(printf, 1, 2)));
/** Whether anything was said with it so far. */
bool complained(void);
/** Let somebody else have these lines, without the program's name and the end of the line; NULL: standard error again. */
void complain_to(void (*taker)(void *context, const char *line), void *context);
/** A string of which nothing is known, made safe for a terminal; one of four rotating buffers. */
const char *show(const char *string);

/** Read a whole text file, at most 16 MiB. NULL: a message was printed. */
char *read_text(const char *path, size_t *size);
/** Read a whole file, or standard input for "-", of any size that memory has room for. NULL: a message was printed. */
char *read_bytes(const char *path, size_t *size);
/** The built-in rules, or those of --rules. NULL: a message was printed. */
struct pp_spec *load_rules(const struct arguments *arguments);
/** The site of --site; *site NULL when none is named. false: a message was printed. */
bool load_site(const struct arguments *arguments, const struct pp_spec *spec, struct pp_site **site);
/** The rules with the site's changes, for as many members of the array as it has; site NULL: as written. NULL: out of memory. */
struct pp_spec *effective_rules(const struct pp_spec *spec, const struct pp_site *site);

/** Bytes to standard output or to the file of -o (written aside and renamed). Returns false after a message. */
struct output;
struct output *output_open(const char *path); /* what files_open has made already, or: */
struct output *output_make(const char *path);
void output_unlink(const struct output *output);                 /* what was written aside; of a file. Safe in a signal's handler */
bool output_write(void *output, const char *bytes, size_t size); /* fits pp_sink */
bool output_close(struct output *output, bool keep);
bool write_out(const struct arguments *arguments, const char *bytes, size_t size);

/** Whether --format names a report format (NULL does); a message when it does not. */
bool format_known(const char *format);
/** Whether -o names a file. */
bool has_output_file(const struct arguments *arguments);

/** What the terminal behind standard output can show. */
void terminal_options(const struct arguments *arguments, struct pp_report_options *options);

struct state;

/** Rules, site and an audit over all operands, as every command that reads captures needs them. */
struct session {
    struct pp_spec *spec;
    struct pp_site *site;
    struct pp_audit *audit;
    struct given rules_text, site_text; /* what spec and site were made from; without bytes: no site */
    struct state *state;                /* --state; NULL: none */
    bool failed;                        /* some capture could not be read to its end */
};
bool session_open(struct session *session, struct arguments *arguments);
/** pp_audit_options.open for the operands of these arguments: what is to be read is open already. */
int open_operand(void *arguments, size_t index);
/** Read every operand; what is wrong with one is said on standard error. false: out of memory. */
bool session_read(struct session *session, struct arguments *arguments);
void session_close(struct session *session);
/** Write the evidence where --evidence says. Nothing to do without it. false: a message was printed. */
bool write_evidence(struct session *session, struct arguments *arguments);
/** The evidence, and the digest that it ends with. It depends on nothing but what was read. false: the sink stopped. */
bool send_evidence(struct session *session, const struct pp_sink *sink, char digest[65]);
/** Take up evidence that stands in memory; `named` for messages. false: a message was printed. */
bool take_evidence(struct session *session, const char *named, const char *bytes, size_t size);
/** Judge what was read. NULL: a message was printed. */
const struct pp_report *session_judge(struct session *session);
/** Judge, render and write; returns the exit status. */
int session_report(struct session *session, struct arguments *arguments);
/** Render and write as the arguments say; `outside_time`: packets that --from and --to left out. false: a message was printed. */
bool write_report(const struct pp_report *report, uint64_t outside_time, const struct arguments *arguments);
/** Say on standard error what is wrong with the captures. */
void complain_captures(struct session *session);

/** Write the bundle that --bundle asks for. Nothing to do without it. false: a message was printed. */
bool write_bundle(struct session *session, const struct pp_report *report, bool from_captures, const struct arguments *arguments);
/** The digest of a file's bytes. false: a message was printed. */
bool hash_file(const char *path, char hex[65]);

int run_analyze(struct arguments *arguments);
int run_report(struct arguments *arguments);
int run_live(struct arguments *arguments);
int run_flows(struct arguments *arguments);
int run_discover(struct arguments *arguments);
int run_explain(struct arguments *arguments);
int run_compare(struct arguments *arguments);
int run_verify(struct arguments *arguments);
int run_plan(struct arguments *arguments);
int run_rules(struct arguments *arguments);
int run_fix(struct arguments *arguments);
int run_site(struct arguments *arguments);
int run_filter(struct arguments *arguments);

#endif
