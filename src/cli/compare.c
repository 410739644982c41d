#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli.h"
#include "files.h"
#include "portproof/compare.h"

/* --- what is compared: reports, or captures that are judged here ------------------------------------------------------------------ */

/* A JSON report of captures, malloc'd. NULL: a message was printed. */
static char *judge(const struct arguments *a, char **captures, int count, const char *site, size_t *size)
{
    struct arguments mine = *a;
    struct session s;
    char *bytes = NULL;
    mine.site = site;
    mine.operands = captures;
    mine.operand_count = count;
    if (!session_open(&s, &mine)) return NULL;
    bool ok = session_read(&s, &mine) && !s.failed; /* what is not whole may not be compared: what is missing there would be lost here */
    const struct pp_report *report = ok ? pp_audit_judge(s.audit) : NULL;
    struct pp_report_options options = {.tool_version = PORTPROOF_VERSION};
    if (ok && (!report || !pp_report_write(report, "json", &options, &bytes, size))) complain("compare: out of memory");
    session_close(&s);
    return bytes;
}

/* By content: a report, else a capture; a folder: all captures in it. */
static char *load_side(const struct arguments *a, char *operand, const char *site, size_t *size)
{
    int count;
    char first = '\0', *const *files = input_folder(operand, &count);
    if (files && !count) return complain("%s: no files in it; expected captures", show(operand)), NULL;
    if (files) return judge(a, (char **)(uintptr_t)files, count, site, size);
    int file = strcmp(operand, "-") == 0 ? -1 : input_descriptor(operand); /* standard input: a report */
    if (file >= 0 && read(file, &first, 1) != 1) first = '{';              /* empty: the reader of reports says so */
    if (file >= 0) close(file);
    if (file >= 0 && first != '{') return judge(a, &operand, 1, site, size);
    if (file >= 0 && site) return complain("%s: a report, which was judged already; expected no site file with it", show(operand)), NULL;
    return read_bytes(operand, size);
}

/* OLD=NEW, as given; the strings are taken apart in place. false: a message was printed. */
static bool read_renames(const struct arguments *a, struct pp_rename renames[RENAMES_MAX])
{
    for (uint32_t i = 0; i < a->rename_count; i++) {
        char *equals = strchr(a->renames[i], '=');
        if (!equals || equals == a->renames[i] || !equals[1])
            return complain("compare: --map %s: expected OLD=NEW, the names of one host in the two sites", show(a->renames[i])), false;
        *equals = '\0';
        renames[i] = (struct pp_rename){a->renames[i], equals + 1};
    }
    return true;
}

static bool comparison_format_known(const char *format)
{
    for (unsigned i = 0; pp_comparison_format(i); i++)
        if (strcmp(format, pp_comparison_format(i)) == 0) return true;
    complain("--format %s: expected text, json, html, csv, junit, sarif or markdown", show(format));
    return false;
}

static int write_comparison(const struct arguments *a, const struct pp_comparison *c, const char *format)
{
    struct pp_report_options options = {0};
    struct pp_spec *spec = load_rules(a); /* SARIF points to their lines */
    terminal_options(a, &options);
    struct output *out = spec ? output_open(a->output) : NULL;
    struct pp_sink sink = {output_write, out};
    bool ok = out && pp_comparison_send(c, spec, format, &options, &sink);
    ok = out && output_close(out, ok) && ok;
    pp_spec_destroy(spec);
    return !ok ? EXIT_INPUT : pp_comparison_is_worse(c) ? 1 : EXIT_OK;
}

int run_compare(struct arguments *a)
{
    const char *format = a->format ? a->format : "text";
    if (!comparison_format_known(format)) return EXIT_INPUT;
    if (a->operand_count != 2)
        return complain("compare: expected two, BEFORE and AFTER: each a JSON report, a capture, or a folder of captures"), EXIT_INPUT;
    size_t sizes[2] = {0};
    struct pp_rename renames[RENAMES_MAX];
    if (!read_renames(a, renames)) return EXIT_INPUT;
    char *texts[2] = {load_side(a, a->operands[0], a->site_before, &sizes[0]), NULL};
    if (texts[0]) texts[1] = load_side(a, a->operands[1], a->site_after, &sizes[1]);
    struct pp_error error;
    unsigned which;
    struct pp_comparison *c =
        texts[1] ? pp_compare(texts[0], sizes[0], texts[1], sizes[1], renames, a->rename_count, &error, &which) : NULL;
    int status = EXIT_INPUT;
    if (c)
        status = write_comparison(a, c, format);
    else if (texts[1] && error.line)
        complain("%s:%u:%u: %s", show(a->operands[which]), error.line, error.column, error.text);
    else if (texts[1])
        complain("%s: %s", show(a->operands[which]), error.text);
    pp_comparison_destroy(c);
    free(texts[0]);
    free(texts[1]);
    return status;
}
