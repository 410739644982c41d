/* The order of the whole, on one page:
 *
 *     capture ──frame──▶ decode ──packet──▶ flow table ──flows──▶ assess ──findings──▶ report
 *                                    ▲                      ▲
 *                         spec ─▶ port index           spec + site
 *
 * The stages do not know each other; this file hands the values from one to the next. */
#include "portproof/audit.h"

#include <stdlib.h>
#include <string.h>

#include "arena.h"
#include "error.h"
#include "portproof/decode.h"

struct pp_audit {
    struct pp_audit_options options;
    struct arena *arena;
    const struct pp_spec *rules; /* as published */
    const struct pp_site *site;  /* given; NULL: inferred at judging */
    struct pp_spec *spec;        /* with the site's changes: what packets are classed with */
    struct pp_port_index *index;
    struct pp_flow_table *flows;
    struct pp_capture *live;
    struct pp_capture_info *captures;
    uint32_t capture_count, capture_room;
    uint64_t outside_time;
    uint64_t unsupported_frames; /* of the current capture */
    uint16_t unsupported_link;
    /* Made by judging, replaced by the next. */
    struct pp_site *inferred;
    struct pp_spec *inferred_spec;
    struct pp_port_index *inferred_index;
    struct pp_report *report;
    /* One batch on its way. */
    struct pp_frame frames[PP_FRAME_BATCH];
    struct pp_packet packets[PP_FRAME_BATCH];
    uint8_t results[PP_FRAME_BATCH];
};

static uint8_t class_of(const void *index, enum pp_transport transport, uint16_t port) { return pp_port_class(index, transport, port); }

static struct pp_spec *spec_for(const struct pp_audit *audit, const struct pp_site *site)
{
    if (!site) return pp_spec_effective(audit->rules, NULL, 0, 1);
    return pp_spec_effective(audit->rules, site->changes, site->change_count, pp_site_array_members(site, audit->rules));
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
    struct pp_flow_options flow_options = {.max_flows = options->max_flows, .port_class = class_of, .index = audit->index};
    audit->flows = audit->index ? pp_flow_table_create(&flow_options) : NULL;
    if (audit->arena && audit->flows) return audit;
    pp_audit_destroy(audit);
    return NULL;
}

static void forget_judgement(struct pp_audit *audit)
{
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
    pp_capture_close(audit->live);
    pp_flow_table_destroy(audit->flows);
    pp_port_index_destroy(audit->index);
    pp_spec_destroy(audit->spec);
    arena_destroy(audit->arena);
    free(audit->captures);
    free(audit);
}

/* Decode a batch; packets outside --from and --to are dropped here. Returns how many remain. */
static size_t decode_batch(struct pp_audit *audit, size_t count)
{
    struct pp_decode_options options = {.decap = audit->options.decap};
    size_t kept = 0;
    for (size_t i = 0; i < count; i++) {
        struct pp_packet *packet = &audit->packets[kept];
        audit->results[kept] = (uint8_t)pp_decode(&audit->frames[i], &options, packet);
        if (packet->time_ns != PP_NO_FIRST && (packet->time_ns < audit->options.from_ns || packet->time_ns > audit->options.to_ns)) {
            audit->outside_time++;
            continue;
        }
        if (audit->results[kept] == PP_DECODED) {
            packet->source_class = pp_port_class(audit->index, packet->transport, packet->source_port);
            packet->destination_class = pp_port_class(audit->index, packet->transport, packet->destination_port);
        }
        if (audit->results[kept] == PP_UNSUPPORTED_LINK) {
            audit->unsupported_frames++;
            audit->unsupported_link = audit->frames[i].link_type;
        }
        kept++;
    }
    return kept;
}

static bool judge_batch(struct pp_audit *audit, size_t count)
{
    return pp_flow_table_add(audit->flows, audit->packets, audit->results, decode_batch(audit, count));
}

/* Room for one more capture's facts; they outlive the capture, so its name is copied. */
static struct pp_capture_info *add_info(struct pp_audit *audit)
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

static void keep_info(struct pp_audit *audit, struct pp_capture_info *info, const struct pp_capture *capture)
{
    *info = *pp_capture_info(capture);
    info->name = arena_copy(audit->arena, info->name, strlen(info->name));
    if (!info->name) info->name = "";
    if (!audit->unsupported_frames || info->failed) return;
    info->failed = true;
    error_at(&info->error, 0, 0, "unsupported link type %s (%u): %llu of %llu frames were not read", pp_link_name(audit->unsupported_link),
             audit->unsupported_link, (unsigned long long)audit->unsupported_frames, (unsigned long long)info->packets);
}

bool pp_audit_read(struct pp_audit *audit, const char *path)
{
    struct pp_capture_info *info = add_info(audit);
    if (!info) return false;
    struct pp_capture_options options = {
        .filter = audit->options.filter, .hash = audit->options.hash, .index = (uint16_t)(audit->capture_count - 1)};
    struct pp_capture *capture = pp_capture_open(path, &options);
    if (!capture) return audit->capture_count--, false;
    audit->unsupported_frames = 0;
    bool ok = true;
    for (size_t count; ok && (count = pp_capture_next(capture, audit->frames, PP_FRAME_BATCH)) > 0;) {
        ok = judge_batch(audit, count);
        if (audit->options.progress)
            audit->options.progress(audit->options.progress_context, path, pp_capture_position(capture), pp_capture_info(capture)->bytes);
    }
    keep_info(audit, info, capture);
    pp_capture_close(capture);
    return ok;
}

bool pp_audit_attach(struct pp_audit *audit, struct pp_capture *capture)
{
    audit->live = capture;
    audit->unsupported_frames = 0;
    struct pp_capture_info *info = add_info(audit);
    if (info) keep_info(audit, info, capture);
    return info != NULL;
}

bool pp_audit_pump(struct pp_audit *audit)
{
    size_t count = pp_capture_next(audit->live, audit->frames, PP_FRAME_BATCH);
    return (!count || judge_batch(audit, count)) && !pp_capture_info(audit->live)->failed;
}

void pp_audit_detach(struct pp_audit *audit)
{
    if (!audit->live) return;
    pp_capture_update_drops(audit->live);
    keep_info(audit, &audit->captures[audit->capture_count - 1], audit->live);
    pp_capture_close(audit->live);
    audit->live = NULL;
}

const struct pp_capture_info *pp_audit_captures(const struct pp_audit *audit, uint32_t *count)
{
    *count = audit->capture_count;
    return audit->captures;
}

struct pp_flow_table *pp_audit_flows(struct pp_audit *audit) { return pp_flow_table_sort(audit->flows) ? audit->flows : NULL; }

/* Without a site file: who is who, and then the spec for as many array members as that shows. */
static bool infer(struct pp_audit *audit)
{
    audit->inferred = pp_infer_site(audit->rules, audit->index, audit->flows);
    audit->inferred_spec = audit->inferred ? spec_for(audit, audit->inferred) : NULL;
    audit->inferred_index = audit->inferred_spec ? pp_port_index_create(audit->inferred_spec) : NULL;
    return audit->inferred_index != NULL;
}

const struct pp_report *pp_audit_judge(struct pp_audit *audit)
{
    forget_judgement(audit);
    if (!pp_flow_table_sort(audit->flows) || (!audit->site && !infer(audit))) return NULL;
    struct pp_assess_input input = {
        .spec = audit->site ? audit->spec : audit->inferred_spec,
        .index = audit->site ? audit->index : audit->inferred_index,
        .class_index = audit->index,
        .site = audit->site ? audit->site : audit->inferred,
        .flows = audit->flows,
        .captures = audit->captures,
        .capture_count = audit->capture_count,
        .decap = audit->options.decap,
        .until_ns = audit->options.to_ns,
    };
    audit->report = pp_assess(&input);
    return audit->report;
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
