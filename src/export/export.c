/* The captures are read once more, packet by packet. What is kept of them is bounded: so many packets of so many findings; they are written
 * when all captures were read, a file a finding. */
#define _GNU_SOURCE
#include "portproof/export.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "address.h"
#include "error.h"
#include "pcapng_file.h"
#include "portproof/decode.h"
#include "text.h"
#include "wanted.h"

enum { CAPTURED_MOST = 65535, NAME_MOST = 120, SHOWN_MAX = 300 };

struct kept_frame {
    struct pp_frame frame; /* its bytes are owned */
    uint32_t size;         /* of them */
};

struct kept {
    struct kept_frame *frames;
    uint32_t count;
};

struct job {
    const struct pp_report *report;
    const struct pp_export_options *options;
    const char *const *paths;
    struct wanted *wanted;
    struct kept *kept; /* one a finding */
    uint32_t findings, most;
    int folder;
    struct pp_error *error;
};

/* A name of the user's, safe to print. */
static const char *shown(const char *name, char out[SHOWN_MAX])
{
    int why = errno;
    escape_into(out, SHOWN_MAX, name, strlen(name));
    errno = why;
    return out;
}

/* --- reading ----------------------------------------------------------------------------------------------------------------- */

static bool keep_frame(struct job *job, struct kept *kept, const struct pp_frame *frame, const struct pp_decode_options *decode)
{
    if (kept->count == job->most) return true;
    if (!kept->frames) kept->frames = calloc(job->most, sizeof *kept->frames);
    size_t headers = pp_headers_end(frame, decode), size = job->options->with_payload ? frame->captured : headers;
    if (size > CAPTURED_MOST) size = CAPTURED_MOST;
    uint8_t *bytes = kept->frames ? malloc(size + 1) : NULL;
    if (!bytes) return error_at(job->error, 0, 0, "out of memory");
    memcpy(bytes, frame->bytes, size);
    struct kept_frame *one = &kept->frames[kept->count++];
    *one = (struct kept_frame){.frame = *frame, .size = (uint32_t)size};
    one->frame.bytes = bytes;
    return true;
}

static bool read_capture(struct job *job, uint16_t index)
{
    const struct pp_export_options *options = job->options;
    struct pp_capture_options open = {.filter = options->filter, .index = index};
    struct pp_decode_options decode = {.decap = options->decap};
    struct pp_frame frames[PP_FRAME_BATCH];
    int descriptor = options->open ? options->open(options->open_context, index) : PP_OPEN_PATH;
    struct pp_capture *capture = pp_capture_open_descriptor(job->paths[index], descriptor, &open);
    bool ok = capture || error_at(job->error, 0, 0, "out of memory");
    for (size_t count; ok && (count = pp_capture_next(capture, frames, PP_FRAME_BATCH)) > 0;)
        for (size_t i = 0; ok && i < count; i++) {
            struct pp_packet packet;
            enum pp_decoded result = pp_decode(&frames[i], &decode, &packet);
            bool outside = packet.time_ns != PP_NO_FIRST && (packet.time_ns < options->from_ns || packet.time_ns > options->to_ns);
            if ((result != PP_DECODED && result != PP_ICMP_ERROR) || outside) continue;
            uint32_t finding = wanted_find(job->wanted, &packet);
            if (finding != NOBODY) ok = keep_frame(job, &job->kept[finding], &frames[i], &decode);
        }
    const struct pp_capture_info *info = capture ? pp_capture_info(capture) : NULL;
    if (ok && info->failed && !job->report->captures[index].failed)
        ok = error_at(job->error, 0, 0, "%s could not be read a second time: %s", shown(job->paths[index], (char[SHOWN_MAX]){0}),
                      info->error.text);
    pp_capture_close(capture);
    return ok;
}

/* --- writing ----------------------------------------------------------------------------------------------------------------- */

static const char *about(const struct job *job, const struct pp_finding *f)
{
    return f->kind == PP_FIND_BLOCKED ? job->report->spec->rows[f->row].id : pp_reason_name(f->reason);
}

/* 0003-unexpected-wrong-source-5427-tcp.pcapng; nothing of it but letters, digits and signs that any system takes. */
static void name_file(const struct job *job, uint32_t number, char name[NAME_MOST])
{
    const struct pp_finding *f = &job->report->findings[number];
    char raw[NAME_MOST];
    snprintf(raw, sizeof raw, "%04u-%s-%s-%u-%s", number + 1, pp_finding_kind_name(f->kind), about(job, f), f->port,
             f->transport == PP_UDP ? "udp" : "tcp");
    size_t n = 0;
    for (; raw[n] && n + sizeof ".pcapng" < NAME_MOST; n++) {
        char c = raw[n];
        bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
        name[n] = plain ? c : '_';
    }
    memcpy(name + n, ".pcapng", sizeof ".pcapng");
}

static void add_party(struct text *text, const struct pp_party *party)
{
    char address[ADDRESS_TEXT_MAX];
    if (party->name && *party->name) text_add_escaped(text, party->name, strlen(party->name));
    if (party->address.family) text_printf(text, party->name && *party->name ? " (%s)" : "%s", address_text(&party->address, address));
}

/* "finding 3: unexpected, wrong-source: staff (10.20.0.9) -> tta1 (10.0.1.10) 5427/tcp; nearest row tta-tta-peer; answered; …" */
static void describe(const struct job *job, uint32_t number, struct text *text)
{
    const struct pp_finding *f = &job->report->findings[number];
    const struct pp_spec *spec = job->report->spec;
    bool blocked = f->kind == PP_FIND_BLOCKED;
    text_printf(text, "portproof finding %u: %s", number + 1, pp_finding_kind_name(f->kind));
    if (!blocked) text_printf(text, ", %s", pp_reason_name(f->reason));
    text_add(text, ": ");
    add_party(text, blocked ? &f->tried_by : &f->initiator);
    text_add(text, " -> ");
    add_party(text, blocked ? &f->tried_at : &f->responder);
    text_printf(text, " %u/%s", f->port, f->transport == PP_UDP ? "udp" : "tcp");
    if (f->row != PP_NONE) text_printf(text, "; row %s", spec->rows[f->row].id);
    if (f->nearest_row != PP_NONE) text_printf(text, "; nearest row %s", spec->rows[f->nearest_row].id);
    if (f->brief) text_printf(text, "; %s", f->brief);
}

static void add_place(const struct job *job, struct text *text, const struct pp_frame *frame)
{
    const char *path = job->paths[frame->capture], *slash = strrchr(path, '/');
    path = slash ? slash + 1 : path;
    text_printf(text, "; frame %" PRIu64 " of ", frame->number);
    text_add_escaped(text, path, strlen(path));
}

static bool write_packets(const struct job *job, FILE *to, uint32_t number)
{
    const struct kept *kept = &job->kept[number];
    struct pcapng_file file;
    char application[64];
    snprintf(application, sizeof application, "portproof %s", job->options->tool_version);
    bool ok = pcapng_begin(&file, to, application);
    for (uint32_t i = 0; ok && i < kept->count; i++) {
        struct text comment;
        text_init(&comment);
        describe(job, number, &comment);
        add_place(job, &comment, &kept->frames[i].frame);
        errno = ENOMEM;
        ok = !comment.failed && pcapng_packet(&file, &kept->frames[i].frame, kept->frames[i].size, comment.bytes);
        text_finish(&comment);
    }
    return ok;
}

/* A file that stands in the way, or a link, is replaced, not written into. */
static bool write_file(struct job *job, uint32_t number)
{
    char name[NAME_MOST];
    const char *aside = "portproof.part"; /* a file is whole before it has its name */
    name_file(job, number, name);
    (void)unlinkat(job->folder, aside, 0);
    int descriptor = openat(job->folder, aside, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0666);
    FILE *to = descriptor >= 0 ? fdopen(descriptor, "wb") : NULL;
    bool ok = to && write_packets(job, to, number);
    int why = errno;
    if (to && fclose(to) != 0 && ok) ok = false, why = errno;
    if (ok && renameat(job->folder, aside, job->folder, name) != 0) ok = false, why = errno;
    if (ok) return true;
    if (descriptor >= 0) (void)unlinkat(job->folder, aside, 0);
    return error_at(job->error, 0, 0, "%s/%s: cannot write: %s", shown(job->options->folder, (char[SHOWN_MAX]){0}), name, strerror(why));
}

static bool open_folder(struct job *job)
{
    const char *folder = job->options->folder;
    job->folder = open(folder, O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (job->folder < 0 && errno == ENOENT && mkdir(folder, 0777) == 0) job->folder = open(folder, O_PATH | O_DIRECTORY | O_CLOEXEC);
    return job->folder >= 0 ||
           error_at(job->error, 0, 0, "%s: cannot make or open the folder: %s", shown(folder, (char[SHOWN_MAX]){0}), strerror(errno));
}

/* --- all of it --------------------------------------------------------------------------------------------------------------- */

static bool run(struct job *job, size_t count, uint32_t *files)
{
    bool ok = open_folder(job);
    for (size_t i = 0; ok && i < count && i < UINT16_MAX; i++) {
        if (strcmp(job->paths[i], "-") == 0)
            ok = error_at(job->error, 0, 0, "standard input cannot be read a second time; expected a file");
        else
            ok = read_capture(job, (uint16_t)i);
    }
    for (uint32_t i = 0; ok && i < job->findings; i++) {
        if (!job->kept[i].count) continue;
        ok = write_file(job, i);
        *files += ok;
    }
    return ok;
}

static void finish(struct job *job)
{
    for (uint32_t i = 0; job->kept && i < job->findings; i++) {
        for (uint32_t n = 0; n < job->kept[i].count; n++) free((void *)(uintptr_t)job->kept[i].frames[n].frame.bytes);
        free(job->kept[i].frames);
    }
    free(job->kept);
    wanted_destroy(job->wanted);
    if (job->folder >= 0) close(job->folder);
}

bool pp_export_packets(const struct pp_report *report, const char *const paths[], size_t count, const struct pp_export_options *options,
                       uint32_t *files, struct pp_error *error)
{
    struct job job = {.report = report,
                      .options = options,
                      .paths = paths,
                      .most = options->packets ? options->packets : PP_EXPORT_PACKETS_DEFAULT,
                      .findings = report->finding_count < PP_EXPORT_FINDINGS_MAX ? report->finding_count : PP_EXPORT_FINDINGS_MAX,
                      .folder = -1,
                      .error = error};
    *files = 0;
    job.kept = calloc(job.findings + 1u, sizeof *job.kept);
    job.wanted = job.kept ? wanted_create(report, job.findings) : NULL;
    bool ok = job.wanted ? run(&job, count, files) : error_at(error, 0, 0, "out of memory");
    finish(&job);
    return ok;
}
