#define _GNU_SOURCE /* asprintf */
#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "cli.h"
#include "portproof/compare.h"

/* --- what is compared: reports, or captures that are judged here ------------------------------------------------------------------ */

static int by_name(const void *a, const void *b) { return strcmp(*(char *const *)a, *(char *const *)b); }

/* The files of a folder, in the order of their names; those that begin with a dot are not meant. */
static char **files_of(const char *folder, int *count)
{
    DIR *entries = opendir(folder);
    size_t room = 64;
    char **files = entries ? calloc(room, sizeof *files) : NULL;
    *count = 0;
    for (struct dirent *entry; files && (entry = readdir(entries)) != NULL;) {
        struct stat info;
        char *path = NULL;
        if (entry->d_name[0] == '.' || asprintf(&path, "%s/%s", folder, entry->d_name) < 0) continue;
        if ((size_t)*count == room) {
            char **larger = realloc(files, (room *= 2) * sizeof *files);
            if (larger) files = larger;
        }
        if (stat(path, &info) == 0 && S_ISREG(info.st_mode) && (size_t)*count < room)
            files[(*count)++] = path;
        else
            free(path);
    }
    if (entries) closedir(entries);
    if (files) qsort(files, (size_t)*count, sizeof *files, by_name);
    return files;
}

static void free_files(char **files, int count)
{
    for (int i = 0; i < count; i++) free(files[i]);
    free(files);
}

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
    struct stat info;
    char first = '\0';
    if (stat(operand, &info) == 0 && S_ISDIR(info.st_mode)) {
        int count;
        char **files = files_of(operand, &count);
        char *report = files && count ? judge(a, files, count, site, size) : NULL;
        if (!count) complain("%s: no files in it; expected captures", show(operand));
        free_files(files, count);
        return report;
    }
    FILE *file = fopen(operand, "rb");
    if (file && fread(&first, 1, 1, file) != 1) first = '{'; /* empty: the reader of reports says so */
    if (file) fclose(file);
    if (file && first != '{') return judge(a, &operand, 1, site, size);
    if (file && site) return complain("%s: a report, which was judged already; expected no site file with it", show(operand)), NULL;
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
