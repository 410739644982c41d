#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <langinfo.h>
#include <limits.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "cli.h"
#include "digest.h"
#include "files.h"
#include "memory.h"
#include "text.h"

enum { TEXT_BYTES_MAX = 16 << 20, SHOWN_MAX = 1024, SHOWN_BUFFERS = 4 };
enum { VIEW_WAIT_MS = 50 }; /* so soon a key is heard */

static void (*complaints_taker)(void *context, const char *line);
static void *complaints_context;

void complain_to(void (*taker)(void *context, const char *line), void *context)
{
    complaints_taker = taker;
    complaints_context = context;
}

static bool has_complained;

bool complained(void) { return has_complained; }

void complain(const char *format, ...)
{
    va_list args;
    has_complained = true;
    va_start(args, format);
    if (complaints_taker) {
        char line[SHOWN_MAX];
        vsnprintf(line, sizeof line, format, args);
        complaints_taker(complaints_context, line);
        va_end(args);
        return;
    }
    fputs("portproof: ", stderr);
    vfprintf(stderr, format, args);
    fputc('\n', stderr);
    va_end(args);
}

const char *show(const char *string)
{
    if (string && !*string) return "\"\""; /* a message that names nothing helps nobody */
    static char buffers[SHOWN_BUFFERS][SHOWN_MAX];
    static unsigned next;
    return escape_into(buffers[next++ % SHOWN_BUFFERS], SHOWN_MAX, string ? string : "", string ? strlen(string) : 0);
}

/* --- texts in --------------------------------------------------------------------------------------------------------- */

/* As much as is asked for, unless the file ends; -1: errno says why. Signals may come between. */
static ssize_t read_some(int descriptor, char *bytes, size_t size)
{
    size_t at = 0;
    while (at < size) {
        ssize_t got = read(descriptor, bytes + at, size - at);
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return -1;
        if (got == 0) break;
        at += (size_t)got;
    }
    return (ssize_t)at;
}

/* A whole file, with a NUL behind it; more than `most` bytes are one too many. */
static char *read_whole(int descriptor, const char *path, size_t most, size_t *size)
{
    size_t room = 1 << 16;
    char *bytes = memory_take(room + 1);
    *size = 0;
    while (bytes) {
        ssize_t got = read_some(descriptor, bytes + *size, room - *size);
        if (got < 0) {
            complain("%s: cannot read it: %s", show(path), strerror(errno));
            return free(bytes), NULL;
        }
        *size += (size_t)got;
        if (*size < room || *size > most) break;
        char *larger = room > SIZE_MAX / 2 - 1 ? NULL : realloc(bytes, (room *= 2) + 1);
        if (!larger) free(bytes);
        bytes = larger;
    }
    if (!bytes) return complain("%s: out of memory", show(path)), NULL;
    bytes[*size] = '\0';
    return bytes;
}

static char *read_at_most(const char *path, size_t most, size_t *size)
{
    struct stat info;
    int descriptor = input_descriptor(path);
    if (descriptor < 0) return complain("%s: cannot open: %s", show(path), strerror(errno)), NULL;
    char *bytes = NULL;
    if (fstat(descriptor, &info) == 0 && S_ISDIR(info.st_mode))
        complain("%s: is a directory; expected a file", show(path));
    else
        bytes = read_whole(descriptor, path, most, size);
    close(descriptor);
    return bytes;
}

char *read_text(const char *path, size_t *size)
{
    char *bytes = read_at_most(path, TEXT_BYTES_MAX, size);
    if (!bytes || *size <= TEXT_BYTES_MAX) return bytes;
    complain("%s: larger than 16 MiB; expected a text file of that size at most", show(path));
    return free(bytes), NULL;
}

char *read_bytes(const char *path, size_t *size) { return read_at_most(path, SIZE_MAX, size); }

static void complain_at(const char *path, const struct pp_error *error)
{
    if (error->line)
        complain("%s:%u:%u: %s", show(path), error->line, error->column, error->text);
    else
        complain("%s: %s", show(path), error->text);
}

static bool has_builtin_rules(const struct arguments *a) { return !a->rules || strcmp(a->rules, "tarantella") == 0; }

/* Text of a file, or what is given in its place. */
static bool take_text(const char *path, const struct given *instead, struct given *out)
{
    if (!instead || !instead->bytes) return (out->bytes = read_text(path, &out->size)) != NULL;
    *out = (struct given){malloc(instead->size + 1), instead->size};
    if (!out->bytes) return complain("%s: out of memory", show(path)), false;
    memcpy(out->bytes, instead->bytes, instead->size);
    out->bytes[out->size] = '\0';
    return true;
}

static struct pp_spec *take_rules(const struct arguments *a, struct given *text)
{
    struct given builtin = {(char *)(uintptr_t)pp_builtin_rules, pp_builtin_rules_size}; /* copied, not written to */
    const char *name = has_builtin_rules(a) ? "built-in rules" : a->rules;
    struct pp_error error = {0};
    if (!take_text(name, has_builtin_rules(a) ? &builtin : &a->rules_given, text)) return NULL;
    struct pp_spec *spec = pp_spec_parse(text->bytes, text->size, &error);
    if (!spec) complain_at(name, &error);
    return spec;
}

static bool take_site(const struct arguments *a, const struct pp_spec *spec, struct pp_site **site, struct given *text)
{
    struct pp_error error = {0};
    *site = NULL;
    if (!a->site) return true;
    if (!take_text(a->site, &a->site_given, text)) return false;
    *site = pp_site_parse(text->bytes, text->size, spec, &error);
    if (!*site) complain_at(a->site, &error);
    return *site != NULL;
}

struct pp_spec *load_rules(const struct arguments *a)
{
    struct given text = {0};
    struct pp_spec *spec = take_rules(a, &text);
    free(text.bytes);
    return spec;
}

bool load_site(const struct arguments *a, const struct pp_spec *spec, struct pp_site **site)
{
    struct given text = {0};
    bool ok = take_site(a, spec, site, &text);
    free(text.bytes);
    return ok;
}

struct pp_spec *effective_rules(const struct pp_spec *spec, const struct pp_site *site)
{
    return site ? pp_spec_effective(spec, site->changes, site->change_count, pp_site_array_members(site, spec))
                : pp_spec_effective(spec, NULL, 0, 1);
}

/* --- bytes out -------------------------------------------------------------------------------------------------------- */

/* What is written comes in large pieces (a whole report, some hundred kilobytes of flows), which go to the system as they are. */
struct output {
    int descriptor;
    char *path, *aside; /* NULL for standard output */
    int failed;         /* errno of the write that failed, or 0 */
    unsigned failures;  /* of memory, until then: what is written after more of them is not whole */
};

bool has_output_file(const struct arguments *a) { return a->output && strcmp(a->output, "-") != 0; }

/* A name of its own: one that was killed may have left its file, and had this process's number. Never a file that is there, nor through a
 * link. */
static int open_aside(struct output *out)
{
    enum { TRIES = 100 };
    int descriptor = -1;
    for (unsigned i = 0; i < TRIES && descriptor < 0; i++) {
        free(out->aside);
        if (asprintf(&out->aside, "%s.%ld-%u.tmp", out->path, (long)getpid(), i) < 0) return out->aside = NULL, -1;
        descriptor = open(out->aside, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
        if (descriptor < 0 && errno != EEXIST) break;
    }
    return descriptor;
}

struct output *output_make(const char *path)
{
    struct output *out = calloc(1, sizeof *out);
    if (!out) return complain("out of memory"), NULL;
    out->failures = files_are_open() ? 0 : memory_failures(); /* one command, one output: all that failed may be missing in it */
    if (!path || strcmp(path, "-") == 0) {
        out->descriptor = STDOUT_FILENO;
        return out;
    }
    struct stat info;
    const char *why = lstat(path, &info) != 0  ? NULL
                      : S_ISDIR(info.st_mode)  ? "is a directory; expected a file to write"
                      : !S_ISREG(info.st_mode) ? "is not a regular file; expected a file to write"
                                               : NULL;
    if (why) {
        complain("%s: %s", show(path), why);
        free(out);
        return NULL;
    }
    out->path = strdup(path);
    out->descriptor = out->path ? open_aside(out) : -1;
    if (out->descriptor >= 0) return out;
    complain("%s: cannot write: %s", show(path), strerror(errno));
    free(out->path);
    free(out->aside);
    free(out);
    return NULL;
}

void output_unlink(const struct output *out) { unlink(out->aside); }

bool output_write(void *output, const char *bytes, size_t size)
{
    struct output *out = output;
    while (size) {
        ssize_t written = write(out->descriptor, bytes, size); /* a pipe may take less than all, a signal may come between */
        if (written < 0 && errno == EINTR) continue;
        if (written <= 0) {
            if (!out->failed) out->failed = written < 0 ? errno : EIO;
            return false;
        }
        bytes += written;
        size -= (size_t)written;
    }
    return true;
}

bool output_close(struct output *out, bool keep)
{
    if (!out->failed && keep && memory_failures() != out->failures) out->failed = ENOMEM;
    int why = out->failed;
    bool ok = !why;
    if (out->aside) {
        ok = ok && keep && fsync(out->descriptor) == 0;
        if (!ok && !why) why = errno;
        if (close(out->descriptor) != 0 && ok) why = errno, ok = false;
        if (ok && rename(out->aside, out->path) != 0) why = errno, ok = false;
        if (!ok) unlink(out->aside);
    }
    /* A reader that went away (head, less) is no failure worth a message. */
    has_complained |= why == EPIPE;
    if (!ok && (keep || out->failed) && why != EPIPE)
        complain("%s: cannot write: %s", show(out->path ? out->path : "standard output"), strerror(why));
    free(out->path);
    free(out->aside);
    free(out);
    return ok;
}

bool write_out(const struct arguments *a, const char *bytes, size_t size)
{
    struct output *out = output_open(a->output);
    if (!out) return false;
    bool ok = output_write(out, bytes, size);
    return output_close(out, ok) && ok;
}

void terminal_options(const struct arguments *a, struct pp_report_options *options)
{
    bool terminal = !a->output && isatty(STDOUT_FILENO);
    struct winsize size;
    options->tool_version = PORTPROOF_VERSION;
    options->utf8 = strcmp(nl_langinfo(CODESET), "UTF-8") == 0;
    options->color = strcmp(a->color, "always") == 0 || (strcmp(a->color, "auto") == 0 && terminal && !getenv("NO_COLOR"));
    options->width = a->width;
    if (!a->width && terminal && ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0) options->width = size.ws_col;
    options->local_time = !a->utc;
    options->all = a->all;
    options->strict = a->strict;
    if (!has_builtin_rules(a)) options->rules_path = a->rules;
    if (a->site) {
        const char *slash = strrchr(a->site, '/');
        options->site_name = slash ? slash + 1 : a->site;
    }
    if (a->evidence && *a->evidence_digest) {
        const char *slash = strrchr(a->evidence, '/');
        options->evidence_name = slash ? slash + 1 : a->evidence;
        options->evidence_digest = a->evidence_digest;
    }
    options->options = a->record;
    options->option_count = a->record_count;
}

bool format_known(const char *format)
{
    for (unsigned i = 0; pp_report_format(i); i++)
        if (!format || strcmp(format, pp_report_format(i)) == 0) return true;
    complain("--format %s: expected text, json, html, csv, csv-rows, junit, sarif or markdown", show(format));
    return false;
}

/* --- a session over captures -------------------------------------------------------------------------------------------- */

struct progress {
    struct timespec started, drawn;
    bool shown;
};

static double seconds_since(const struct timespec *then)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)(now.tv_sec - then->tv_sec) + (double)(now.tv_nsec - then->tv_nsec) / 1e9;
}

/* A bar once the work takes more than a second; ten times a second is plenty. */
static void draw_progress(void *context, const char *capture, uint64_t position, uint64_t total)
{
    enum { BAR = 30 };
    struct progress *p = context;
    if (seconds_since(&p->started) < 1 || (p->shown && seconds_since(&p->drawn) < 0.1)) return;
    clock_gettime(CLOCK_MONOTONIC, &p->drawn);
    p->shown = true;
    const char *slash = strrchr(capture, '/');
    int done = total ? (int)(position >= total ? BAR : position * BAR / total) : 0;
    fprintf(stderr, "\r[%.*s%*s] %5.1f %% of %s\x1b[K", done, "##############################", BAR - done, "",
            total ? (double)position * 100 / (double)total : 0, show(slash ? slash + 1 : capture));
}

static void clear_progress(const struct progress *p)
{
    if (p->shown) fputs("\r\x1b[K", stderr);
}

static struct progress progress;

int open_operand(void *context, size_t index)
{
    const struct arguments *a = context;
    const char *path = a->operands[index];
    return strcmp(path, "-") == 0 ? PP_OPEN_PATH : input_descriptor(path);
}

bool session_open(struct session *s, struct arguments *a)
{
    *s = (struct session){0};
    struct pp_error error;
    if (a->filter && !pp_capture_check_filter(a->filter, &error)) return complain("--filter: %s", error.text), false;
    s->spec = take_rules(a, &s->rules_text);
    if (!s->spec || !take_site(a, s->spec, &s->site, &s->site_text)) return session_close(s), false;
    struct pp_audit_options options = {.filter = a->filter,
                                       .from_ns = a->from_ns,
                                       .to_ns = a->to_ns,
                                       .max_flows = a->max_flows,
                                       .decap = a->decap,
                                       .hash = a->hash,
                                       .window_ns = a->window_ns,
                                       .keeps = a->state != NULL,
                                       .wait_ms = a->view ? VIEW_WAIT_MS : 0,
                                       .threads = a->threads,
                                       .open = open_operand,
                                       .open_context = a};
    if (!a->quiet && isatty(STDERR_FILENO)) {
        options.progress = draw_progress;
        options.progress_context = &progress;
        clock_gettime(CLOCK_MONOTONIC, &progress.started);
    }
    s->audit = pp_audit_create(s->spec, s->site, &options);
    if (s->audit) return true;
    complain("out of memory, or rules whose ports need too many pages in the port index");
    return session_close(s), false;
}

void complain_captures(struct session *s)
{
    uint32_t count;
    const struct pp_capture_info *captures = pp_audit_captures(s->audit, &count);
    for (uint32_t i = 0; i < count; i++) {
        if (!captures[i].failed) continue;
        s->failed = true;
        complain("%s: %s", show(captures[i].name), captures[i].error.text);
    }
}

bool session_read(struct session *s, struct arguments *a)
{
    bool ok = pp_audit_read(s->audit, a->names ? a->names : (const char *const *)a->operands, (size_t)a->operand_count);
    clear_progress(&progress);
    if (!ok) complain("out of memory: the flows do not fit; try a smaller --max-flows");
    complain_captures(s);
    return ok;
}

void session_close(struct session *s)
{
    pp_audit_destroy(s->audit);
    pp_site_destroy(s->site);
    pp_spec_destroy(s->spec);
    free(s->rules_text.bytes);
    free(s->site_text.bytes);
    *s = (struct session){0};
}

bool write_report(const struct pp_report *report, uint64_t outside_time, const struct arguments *a)
{
    struct pp_report_options options = {.outside_time = outside_time};
    terminal_options(a, &options);
    struct output *out = output_open(a->output);
    if (!out) return false;
    struct pp_sink sink = {output_write, out};
    bool ok = pp_report_send(report, a->format ? a->format : "text", &options, &sink);
    if (!ok && !out->failed) complain("out of memory while writing");
    return output_close(out, ok) && ok;
}

const struct pp_report *session_judge(struct session *s)
{
    const struct pp_report *report = pp_audit_judge(s->audit);
    if (!report) complain("out of memory while judging");
    return report;
}

int session_report(struct session *s, struct arguments *a)
{
    const struct pp_report *report = session_judge(s);
    return report && write_report(report, pp_audit_outside_time(s->audit), a) ? pp_exit_status(report) : EXIT_INPUT;
}

bool hash_file(const char *path, char hex[DIGEST_HEX_SIZE])
{
    enum { PIECE_BYTES = 1 << 16 };
    char piece[PIECE_BYTES];
    struct digest digest;
    int descriptor = input_descriptor(path);
    if (descriptor < 0) return complain("%s: cannot open: %s", show(path), strerror(errno)), false;
    digest_init(&digest);
    ssize_t got;
    while ((got = read_some(descriptor, piece, sizeof piece)) > 0) digest_add(&digest, piece, (size_t)got);
    if (got < 0) complain("%s: cannot read it: %s", show(path), strerror(errno));
    close(descriptor);
    digest_hex(&digest, hex);
    return got == 0;
}
