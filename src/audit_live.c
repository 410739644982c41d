/* Captures that are being made: pumped together, a batch of each in turn. */
#define _POSIX_C_SOURCE 200809L
#include <string.h>
#include <time.h>

#include "audit_inside.h"

/* What is known of a live capture now; its name was kept when it was attached. */
static void refresh_info(struct pp_audit *audit, const struct input *input)
{
    struct pp_capture_info *info = &audit->captures[input->index];
    const char *name = info->name;
    *info = *pp_capture_info(input->capture);
    info->name = name;
    memcpy(info->account.by_result, input->fate.by_result, sizeof info->account.by_result);
    info->account.outside_time = input->fate.outside_time;
    info->account.no_room = input->fate.no_room;
    note_unsupported(info, input);
}

/* Slices end by a clock that only goes forward: steps of the day's clock make no window longer or shorter. */
static uint64_t steady_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

bool live_turn(struct pp_audit *audit)
{
    for (uint32_t i = 0; i < audit->live_count; i++) refresh_info(audit, &audit->lives[i]);
    if (!audit->slices) return true;
    bool ok = pp_slices_turn(audit->slices, audit->flows, steady_ns());
    audit->first->flows = pp_slices_now(audit->slices);
    return ok;
}

bool pp_audit_attach(struct pp_audit *audit, struct pp_capture *capture)
{
    struct pp_capture_info *info = audit->live_count < PP_LIVE_MAX ? add_info(audit) : NULL;
    if (!info) return pp_capture_close(capture), false;
    struct input *input = &audit->lives[audit->live_count++];
    *input = (struct input){.capture = capture, .index = audit->capture_count - 1};
    keep_info(audit, info, input);
    return true;
}

/* The table's counters tell what became of a batch. */
static bool judge_live(struct pp_audit *audit, struct input *input, size_t count)
{
    const struct pp_flow_table *flows = audit->first->flows;
    struct pp_counters before = *pp_flow_counters(flows);
    uint64_t outside = audit->first->outside_time;
    bool ok = judge_batch(audit->first, input, count);
    const struct pp_counters *after = pp_flow_counters(flows);
    for (unsigned i = 0; i < PP_DECODED_COUNT; i++) input->fate.by_result[i] += after->by_result[i] - before.by_result[i];
    input->fate.no_room += after->not_judged - before.not_judged;
    input->fate.outside_time += audit->first->outside_time - outside;
    return ok;
}

/* One wait for all captures, then a batch of each. *running: some go on. */
static bool pump(struct pp_audit *audit, bool *running)
{
    enum { WAIT_MS = 200 };
    struct pp_capture *captures[PP_LIVE_MAX];
    for (uint32_t i = 0; i < audit->live_count; i++) captures[i] = audit->lives[i].capture;
    bool ok = pp_capture_wait(captures, audit->live_count, WAIT_MS);
    *running = false;
    for (uint32_t i = 0; ok && i < audit->live_count; i++) {
        size_t count = pp_capture_next(captures[i], audit->first->frames, PP_FRAME_BATCH);
        ok = !count || judge_live(audit, &audit->lives[i], count);
        *running |= pp_capture_position(captures[i]) != 0;
    }
    return ok;
}

bool pp_audit_pump(struct pp_audit *audit)
{
    bool running;
    return pump(audit, &running) && running;
}

bool pp_audit_detach(struct pp_audit *audit)
{
    bool ok = true, running = audit->live_count > 0;
    for (uint32_t i = 0; i < audit->live_count; i++) pp_capture_finish_live(audit->lives[i].capture);
    while (ok && running) ok = pump(audit, &running);
    for (uint32_t i = 0; i < audit->live_count; i++) {
        refresh_info(audit, &audit->lives[i]);
        pp_capture_close(audit->lives[i].capture);
    }
    audit->live_count = 0;
    audit->outside_time += audit->first->outside_time;
    audit->first->outside_time = 0;
    return ok;
}
