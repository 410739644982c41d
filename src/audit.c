/* The order of the whole, on one page:
 *
 *     capture ──frame──▶ decode ──packet──▶ flow table ──flows──▶ assess ──findings──▶ report
 *                                    ▲                      ▲
 *                         spec ─▶ port index           spec + site
 *
 * The stages do not know each other; this file hands the values from one to the next. */
#include "audit_inside.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "arena.h"
#include "error.h"
#include "parallel.h"

static uint8_t class_of(const void *index, enum pp_transport transport, uint16_t port) { return pp_port_class(index, transport, port); }

struct pp_spec *spec_for(const struct pp_audit *audit, const struct pp_site *site)
{
    if (!site) return pp_spec_effective(audit->rules, NULL, 0, 1);
    return pp_spec_effective(audit->rules, site->changes, site->change_count, pp_site_array_members(site, audit->rules));
}

struct pp_flow_options flow_options(const struct pp_audit *audit)
{
    return (struct pp_flow_options){.max_flows = audit->options.max_flows, .port_class = class_of, .index = audit->index};
}

struct pp_flow_table *new_table(const struct pp_audit *audit)
{
    struct pp_flow_options options = flow_options(audit);
    return audit->index ? pp_flow_table_create(&options) : NULL;
}

static struct pp_slices *new_slices(const struct pp_audit *audit)
{
    struct pp_flow_options options = flow_options(audit);
    return pp_slices_create(&options, audit->options.window_ns);
}

struct worker *new_worker(struct pp_audit *audit, struct pp_flow_table *flows)
{
    struct worker *worker = flows ? calloc(1, sizeof *worker) : NULL;
    if (!worker) return NULL;
    worker->audit = audit;
    worker->flows = flows;
    worker->chunk = pp_chunk_create();
    if (worker->chunk) return worker;
    free(worker);
    return NULL;
}

void free_worker(struct worker *worker)
{
    if (!worker) return;
    pp_chunk_destroy(worker->chunk);
    free(worker);
}

struct pp_audit *pp_audit_create(const struct pp_spec *spec, const struct pp_site *site, const struct pp_audit_options *options)
{
    struct pp_audit *audit = calloc(1, sizeof *audit);
    if (!audit) return NULL;
    audit->options = *options;
    audit->rules = spec;
    audit->site = site;
    audit->arena = arena_create();
    audit->spec = spec_for(audit, site);
    audit->index = audit->spec ? pp_port_index_create(audit->spec) : NULL;
    audit->flows = new_table(audit);
    audit->slices = audit->flows && options->window_ns ? new_slices(audit) : NULL;
    audit->first = new_worker(audit, audit->slices ? pp_slices_now(audit->slices) : audit->flows);
    pthread_mutex_init(&audit->lock, NULL);
    if (audit->arena && audit->flows && audit->first && (audit->slices || !options->window_ns)) return audit;
    pp_audit_destroy(audit);
    return NULL;
}

void forget_judgement(struct pp_audit *audit)
{
    pp_report_destroy(audit->window_report);
    pp_flow_table_destroy(audit->window_flows);
    audit->window_report = NULL;
    audit->window_flows = NULL;
    pp_report_destroy(audit->report);
    pp_port_index_destroy(audit->inferred_index);
    pp_spec_destroy(audit->inferred_spec);
    pp_site_destroy(audit->inferred);
    audit->report = NULL;
    audit->inferred_index = NULL;
    audit->inferred_spec = NULL;
    audit->inferred = NULL;
}

void pp_audit_destroy(struct pp_audit *audit)
{
    if (!audit) return;
    forget_judgement(audit);
    live_end(audit);
    free_worker(audit->first);
    pp_slices_destroy(audit->slices);
    pp_flow_table_destroy(audit->flows);
    pp_flow_table_destroy(audit->fresh);
    pthread_mutex_destroy(&audit->lock);
    pp_port_index_destroy(audit->index);
    pp_port_index_destroy(audit->index_before);
    pp_spec_destroy(audit->spec);
    arena_destroy(audit->arena);
    free(audit->captures);
    free(audit);
}

static bool outside_time(struct worker *worker, pp_time_ns time)
{
    const struct pp_audit_options *options = &worker->audit->options;
    bool outside = time != PP_NO_FIRST && (time < options->from_ns || time > options->to_ns);
    worker->outside_time += outside;
    return outside;
}

/* What --from and --to leave of the plain packets. */
static size_t keep_plain_in_time(struct worker *worker, size_t count)
{
    size_t kept = 0;
    if (!worker->audit->options.from_ns && worker->audit->options.to_ns == UINT64_MAX) return count;
    for (size_t i = 0; i < count; i++)
        if (!outside_time(worker, worker->plain[i].time_ns)) worker->plain[kept++] = worker->plain[i];
    return kept;
}

/* Decode the frames that are not plain, layer by layer. What comes out plain joins the others that are, the rest stands in
 * `packets`, without what --from and --to leave out. Returns how many these are. */
static size_t decode_others(struct worker *worker, struct input *input, size_t count, size_t *plain)
{
    const struct pp_audit *audit = worker->audit;
    struct pp_decode_options options = {.decap = audit->options.decap};
    size_t kept = 0;
    for (size_t i = 0; i < count; i++) {
        const struct pp_frame *frame = &worker->frames[worker->others[i]];
        struct pp_packet *packet = &worker->packets[kept];
        enum pp_decoded result = pp_decode(frame, &options, packet);
        if (outside_time(worker, packet->time_ns)) continue;
        if (result == PP_DECODED && pp_make_plain(packet, &worker->plain[*plain])) {
            ++*plain;
            continue;
        }
        if (result == PP_DECODED) {
            packet->source_class = pp_port_class(audit->index, packet->transport, packet->source_port);
            packet->destination_class = pp_port_class(audit->index, packet->transport, packet->destination_port);
        } else if (result == PP_UNSUPPORTED_LINK) {
            __atomic_add_fetch(&input->unsupported_frames, 1, __ATOMIC_RELAXED);
            __atomic_store_n(&input->unsupported_link, frame->link_type, __ATOMIC_RELAXED);
        }
        worker->results[kept++] = (uint8_t)result;
    }
    return kept;
}

/* Plain packets go their own way; a flow record is a join, so that they may pass the others. */
bool judge_batch(struct worker *worker, struct input *input, size_t count)
{
    size_t others, plain = pp_decode_plain(worker->frames, count, worker->plain, worker->others, &others);
    plain = keep_plain_in_time(worker, plain);
    if (others) others = decode_others(worker, input, others, &plain);
    pp_port_classes(worker->audit->index, worker->plain, plain);
    return pp_flow_table_add_plain(worker->flows, worker->plain, plain) &&
           (!others || pp_flow_table_add(worker->flows, worker->packets, worker->results, others));
}

/* Room for one more capture's facts; they outlive the capture, so its name is copied. */
struct pp_capture_info *add_info(struct pp_audit *audit)
{
    if (audit->capture_count == audit->capture_room) {
        uint32_t room = audit->capture_room ? audit->capture_room * 2 : 8;
        struct pp_capture_info *captures = realloc(audit->captures, room * sizeof *captures);
        if (!captures) return NULL;
        audit->captures = captures;
        audit->capture_room = room;
    }
    return &audit->captures[audit->capture_count++];
}

void note_unsupported(struct pp_capture_info *info, const struct input *input)
{
    if (!input->unsupported_frames || info->failed) return;
    info->failed = true;
    error_at(&info->error, 0, 0, "unsupported link type %s (%u): %llu of %llu frames were not read", pp_link_name(input->unsupported_link),
             input->unsupported_link, (unsigned long long)input->unsupported_frames, (unsigned long long)info->packets);
}

void keep_info(struct pp_audit *audit, struct pp_capture_info *info, const struct input *input)
{
    *info = *pp_capture_info(input->capture);
    info->name = arena_copy(audit->arena, info->name, strlen(info->name));
    if (!info->name) info->name = "";
    note_unsupported(info, input);
}

/* --- reading captures, by several threads -------------------------------------------------------------------------------
 *
 * All threads read pieces of the current capture; when there are no more, they go on to the next one. A capture that does not
 * come in pieces (compressed, standard input, filtered) is one thread's, and the others go on at once. Flow tables are joined at
 * the end: a flow record is a join, so neither the number of threads nor who took what shows. */

/* Open the next path; false: none is left, or memory is out. Under the lock. */
static bool open_next(struct pp_audit *audit, bool *failed)
{
    if (audit->path_next == audit->path_count) return false;
    struct input *input = &audit->inputs[audit->path_next];
    struct pp_capture_options options = {
        .filter = audit->options.filter, .hash = audit->options.hash, .index = (uint16_t)(audit->first_index + audit->path_next)};
    *input = (struct input){.path = audit->paths[audit->path_next]};
    int descriptor = audit->options.open ? audit->options.open(audit->options.open_context, audit->path_next) : PP_OPEN_PATH;
    input->capture = pp_capture_open_descriptor(input->path, descriptor, &options);
    if (!input->capture) return *failed = true, false;
    audit->current = (uint32_t)audit->path_next++;
    return true;
}

/* The last one out of a capture keeps what is known of it, and closes it. Under the lock. */
static void leave(struct pp_audit *audit, struct input *input)
{
    if (--input->readers || !input->exhausted) return;
    keep_info(audit, &audit->captures[audit->first_index + (uint32_t)(input - audit->inputs)], input);
    pp_capture_close(input->capture);
    input->capture = NULL;
}

enum { FOR_ONE_BYTES = 4 * 1024 * 1024 }; /* a smaller capture is one thread's: others would only wait for its few pieces */

/* The capture to read next, or to help with; *whole: all of it. NULL: nothing is left. Under the lock. */
static struct input *enter(struct worker *worker, bool *whole)
{
    struct pp_audit *audit = worker->audit;
    bool is_first = audit->path_next == 0;
    if ((is_first || audit->inputs[audit->current].exhausted) && !open_next(audit, &worker->failed)) return NULL;
    struct input *input = &audit->inputs[audit->current];
    input->readers++;
    *whole = !pp_capture_splits(input->capture) || pp_capture_info(input->capture)->bytes <= FOR_ONE_BYTES;
    input->exhausted = *whole; /* for everybody else */
    return input;
}

static void tell_progress(const struct worker *worker, const struct input *input)
{
    const struct pp_audit_options *options = &worker->audit->options;
    if (options->progress && worker == worker->audit->first)
        options->progress(options->progress_context, input->path, pp_capture_position(input->capture),
                          pp_capture_info(input->capture)->bytes);
}

static void read_whole(struct worker *worker, struct input *input)
{
    for (size_t count; !worker->failed && (count = pp_capture_next(input->capture, worker->frames, PP_FRAME_BATCH)) > 0;) {
        worker->failed = !judge_batch(worker, input, count);
        tell_progress(worker, input);
    }
}

static void read_pieces(struct worker *worker, struct input *input)
{
    while (!worker->failed && pp_capture_take(input->capture, worker->chunk)) {
        for (size_t count; !worker->failed && (count = pp_chunk_next(worker->chunk, worker->frames, PP_FRAME_BATCH)) > 0;)
            worker->failed = !judge_batch(worker, input, count);
        pp_capture_give(input->capture, worker->chunk);
        tell_progress(worker, input);
    }
    if (worker->failed) pp_capture_abandon(input->capture, worker->chunk);
}

static void *run_worker(void *argument)
{
    struct worker *worker = argument;
    struct pp_audit *audit = worker->audit;
    struct input *input;
    pthread_mutex_lock(&audit->lock);
    for (bool whole; !worker->failed && (input = enter(worker, &whole)) != NULL;) {
        pthread_mutex_unlock(&audit->lock);
        if (whole)
            read_whole(worker, input);
        else
            read_pieces(worker, input);
        pthread_mutex_lock(&audit->lock);
        input->exhausted = true;
        leave(audit, input);
    }
    pthread_mutex_unlock(&audit->lock);
    return NULL;
}

/* Start a further worker; NULL when there is no memory or no thread for it, which costs time only. */
static struct worker *start_worker(struct pp_audit *audit)
{
    struct pp_flow_table *flows = new_table(audit);
    struct worker *worker = new_worker(audit, flows);
    if (worker && pthread_create(&worker->thread, NULL, run_worker, worker) == 0) return worker;
    free_worker(worker);
    pp_flow_table_destroy(flows);
    return NULL;
}

static bool join_worker(struct pp_audit *audit, struct worker *worker)
{
    pthread_join(worker->thread, NULL);
    bool ok = !worker->failed && pp_flow_table_merge(audit->flows, worker->flows);
    audit->outside_time += worker->outside_time;
    pp_flow_table_destroy(worker->flows);
    free_worker(worker);
    return ok;
}

/* More threads help once there is more than one piece to take. */
static bool worth_threads(const struct pp_audit *audit)
{
    enum { SMALL_BYTES = 4 * 1024 * 1024 };
    uint64_t bytes = 0;
    for (size_t i = 0; i < audit->path_count; i++) {
        struct stat info;
        if (stat(audit->paths[i], &info) == 0) bytes += (uint64_t)info.st_size;
    }
    return bytes > SMALL_BYTES || audit->options.threads > 1;
}

static bool reserve_infos(struct pp_audit *audit, size_t count)
{
    audit->first_index = audit->capture_count;
    for (size_t i = 0; i < count; i++) {
        struct pp_capture_info *info = add_info(audit);
        if (!info) return false;
        *info = (struct pp_capture_info){.name = "", .format = "unknown", .first_ns = PP_NO_FIRST};
    }
    return true;
}

/* Memory ran out: whatever is judged now may lack packets of any of them. */
static void note_loss(struct pp_audit *audit)
{
    for (uint32_t i = audit->first_index; i < audit->capture_count; i++) {
        struct pp_capture_info *info = &audit->captures[i];
        if (info->failed) continue;
        info->failed = info->truncated = true;
        error_at(&info->error, 0, 0, "memory ran out; some of its packets are not judged");
    }
}

bool pp_audit_read(struct pp_audit *audit, const char *const paths[], size_t count)
{
    struct worker *others[PP_THREADS_MAX] = {NULL};
    audit->paths = paths;
    audit->path_count = count;
    audit->path_next = 0;
    audit->inputs = calloc(count + 1, sizeof *audit->inputs);
    bool ok = audit->inputs && reserve_infos(audit, count);
    unsigned threads = ok && worth_threads(audit) ? thread_count(audit->options.threads, PP_THREADS_MAX) : 1;
    for (unsigned i = 1; i < threads; i++) others[i] = start_worker(audit);
    if (ok) run_worker(audit->first);
    for (unsigned i = 1; i < threads; i++)
        if (others[i]) ok &= join_worker(audit, others[i]);
    ok = ok && !audit->first->failed;
    for (size_t i = 0; audit->inputs && i < count; i++) pp_capture_close(audit->inputs[i].capture); /* left behind when memory ran out */
    if (!ok) note_loss(audit);
    free(audit->inputs);
    audit->inputs = NULL;
    audit->outside_time += audit->first->outside_time;
    audit->first->outside_time = 0;
    return ok;
}

const struct pp_capture_info *pp_audit_captures(const struct pp_audit *audit, uint32_t *count)
{
    *count = audit->capture_count;
    return audit->captures;
}

struct pp_flow_table *pp_audit_flows(struct pp_audit *audit) { return audit->flows; }

/* Without a site file: who is who, and then the spec for as many array members as that shows. */
static bool infer(struct pp_audit *audit, struct pp_census *census)
{
    audit->inferred = census ? pp_infer_site_and_census(audit->rules, audit->index, audit->flows, census) : NULL;
    audit->inferred_spec = audit->inferred ? spec_for(audit, audit->inferred) : NULL;
    audit->inferred_index = audit->inferred_spec ? pp_port_index_create(audit->inferred_spec) : NULL;
    return audit->inferred_index != NULL;
}

/* Of these flows; the site and the rules that go with it are known by now. */
static struct pp_report *assess(const struct pp_audit *audit, struct pp_flow_table *flows, struct pp_census *census)
{
    struct pp_assess_input input = {
        .spec = audit->site ? audit->spec : audit->inferred_spec,
        .index = audit->site ? audit->index : audit->inferred_index,
        .class_index = audit->index,
        .site = audit->site ? audit->site : audit->inferred,
        .flows = flows,
        .captures = audit->captures,
        .capture_count = audit->capture_count,
        .decap = audit->options.decap,
        .until_ns = audit->options.to_ns,
        .threads = thread_count(audit->options.threads, PP_THREADS_MAX),
        .census = census,
    };
    return pp_assess(&input);
}

const struct pp_report *pp_audit_judge(struct pp_audit *audit)
{
    forget_judgement(audit);
    if (!live_turn(audit)) return NULL;
    struct pp_census *census = audit->site ? NULL : pp_census_create();
    if (pp_flow_table_sort(audit->flows) && (audit->site || infer(audit, census))) audit->report = assess(audit, audit->flows, census);
    pp_census_destroy(census);
    return audit->report;
}

const struct pp_report *pp_audit_judge_window(struct pp_audit *audit)
{
    if (audit->window_report || !audit->report || !audit->slices) return audit->window_report;
    audit->window_flows = new_table(audit);
    if (audit->window_flows && pp_slices_join(audit->slices, audit->window_flows) && pp_flow_table_sort(audit->window_flows))
        audit->window_report = assess(audit, audit->window_flows, NULL);
    return audit->window_report;
}

uint64_t pp_audit_outside_time(const struct pp_audit *audit) { return audit->outside_time; }

int pp_exit_status(const struct pp_report *report)
{
    enum { COMPLIANT = 0, NON_COMPLIANT = 1, INCONCLUSIVE = 2, UNREADABLE = 3 };
    static const int status[PP_COMPLIANCE_COUNT] = {
        [PP_COMPLIANT] = COMPLIANT, [PP_NON_COMPLIANT] = NON_COMPLIANT, [PP_INCONCLUSIVE] = INCONCLUSIVE};
    for (uint32_t i = 0; i < report->capture_count; i++)
        if (report->captures[i].failed) return UNREADABLE;
    return status[report->verdict];
}
