/* Captures that are being made. A lane is what one thread reads: one capture of every interface, pumped together, a batch of each in turn,
 * into a flow table of its own. Captures of the same interface share its packets by flow; since a flow record is a join, it does not
 * matter who got which. Whoever judges takes the lanes' tables away and joins them, while they go on with new ones. */
#define _POSIX_C_SOURCE 200809L
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "audit_inside.h"
#include "clock.h"
#include "error.h"

/* --- what is known ------------------------------------------------------------------------------------------------------ */

static struct pp_capture_info info_of(const struct input *input)
{
    struct pp_capture_info info = *pp_capture_info(input->capture);
    memcpy(info.account.by_result, input->fate.by_result, sizeof info.account.by_result);
    info.account.outside_time = input->fate.outside_time;
    info.account.no_room = input->fate.no_room;
    note_unsupported(&info, input);
    return info;
}

/* The first lane's info, the others' joined to it; the name was kept when it was attached. Under the lane's lock. The system is asked for
 * its counts first: as of a second ago it had received less than was judged since. */
static void refresh_infos(struct pp_audit *audit, const struct lane *lane)
{
    for (uint32_t i = 0; i < lane->count; i++) {
        if (!__atomic_load_n(&audit->finishing, __ATOMIC_RELAXED)) pp_capture_update_drops(lane->inputs[i].capture);
        struct pp_capture_info *kept = &audit->captures[lane->inputs[i].index], now = info_of(&lane->inputs[i]);
        now.name = kept->name;
        if (lane == audit->lanes[0])
            *kept = now;
        else
            pp_capture_info_join(kept, &now);
    }
}

/* Take a lane's table away and join it to the first one's. false: out of memory. */
static bool gather(struct pp_audit *audit, struct lane *lane)
{
    struct worker *worker = lane->worker;
    struct pp_flow_table *next = new_table(audit);
    pthread_mutex_lock(&lane->lock);
    refresh_infos(audit, lane);
    struct pp_flow_table *taken = worker->flows;
    if (next) worker->flows = next;
    pthread_mutex_unlock(&lane->lock);
    if (!next) return false;
    bool ok = pp_flow_table_merge(audit->first->flows, taken);
    pp_flow_table_destroy(taken);
    return ok;
}

bool live_turn(struct pp_audit *audit)
{
    bool ok = true;
    if (audit->lane_count) refresh_infos(audit, audit->lanes[0]);
    for (uint32_t i = 1; ok && i < audit->lane_count; i++) ok = gather(audit, audit->lanes[i]);
    if (!audit->slices || !ok) return ok;
    if (audit->options.keeps && !audit->fresh) audit->fresh = new_table(audit);
    if (audit->options.keeps && !audit->fresh) return false;
    /* By a clock that only goes forward: steps of the date make no window longer or shorter. */
    ok = pp_slices_turn(audit->slices, audit->flows, audit->fresh, steady_ns());
    audit->first->flows = pp_slices_now(audit->slices);
    return ok;
}

/* --- attaching ---------------------------------------------------------------------------------------------------------- */

static struct lane *make_lane(struct pp_audit *audit)
{
    struct lane *lane = calloc(1, sizeof *lane);
    struct pp_flow_table *flows = lane && audit->lane_count ? new_table(audit) : NULL;
    if (lane) lane->worker = audit->lane_count ? new_worker(audit, flows) : audit->first;
    if (!lane || !lane->worker) return pp_flow_table_destroy(flows), free(lane), NULL;
    pthread_mutex_init(&lane->lock, NULL);
    return audit->lanes[audit->lane_count++] = lane;
}

/* Into the first lane that has no capture of the interface yet. `fate`: what became of packets before, NULL: there were none. */
static bool attach(struct pp_audit *audit, struct pp_capture *capture, uint32_t index, const struct pp_live_account *fate)
{
    struct lane *lane = NULL;
    for (uint32_t i = 0; i < audit->lane_count && !lane; i++)
        if (audit->lanes[i]->count < audit->interface_count) lane = audit->lanes[i];
    if (!lane && audit->lane_count < PP_THREADS_MAX) lane = make_lane(audit);
    if (!lane) return pp_capture_close(capture), false;
    struct input *input = &lane->inputs[lane->count++];
    *input = (struct input){.capture = capture, .index = index};
    if (fate) input->fate = *fate;
    return true;
}

bool pp_audit_attach(struct pp_audit *audit, struct pp_capture *capture)
{
    uint32_t index = pp_audit_next_index(audit, pp_capture_info(capture)->name);
    bool restored = index < audit->restored;
    struct pp_capture_info *info = restored ? &audit->captures[index] : NULL;
    if (!restored && audit->interface_count < PP_LIVE_MAX) info = add_info(audit);
    if (!info || audit->interface_count == PP_LIVE_MAX) return pp_capture_close(capture), false;
    struct pp_capture_info before = *info;
    if (restored) pp_capture_resume(capture, &before);
    struct input input = {.capture = capture};
    keep_info(audit, info, &input);
    audit->interface_count++;
    audit->attached_last = index;
    return attach(audit, capture, index, restored ? &before.account : NULL);
}

bool pp_audit_attach_beside(struct pp_audit *audit, struct pp_capture *capture)
{
    struct pp_capture_info now = *pp_capture_info(capture);
    pp_capture_info_join(&audit->captures[audit->attached_last], &now); /* it may have failed to open */
    return attach(audit, capture, audit->attached_last, NULL);
}

/* --- reading ------------------------------------------------------------------------------------------------------------ */

/* The table's counters tell what became of a batch. */
static bool judge_live(struct worker *worker, struct input *input, size_t count)
{
    const struct pp_flow_table *flows = worker->flows;
    struct pp_counters before = *pp_flow_counters(flows);
    uint64_t outside = worker->outside_time;
    bool ok = judge_batch(worker, input, count);
    const struct pp_counters *after = pp_flow_counters(flows);
    for (unsigned i = 0; i < PP_DECODED_COUNT; i++) input->fate.by_result[i] += after->by_result[i] - before.by_result[i];
    input->fate.no_room += after->not_judged - before.not_judged;
    input->fate.outside_time += worker->outside_time - outside;
    return ok;
}

enum { WAIT_MS = 200 };

/* One wait for all captures of a lane, then a batch of each. *running: some go on. */
static bool pump(struct lane *lane, uint32_t most_ms, bool *running)
{
    struct pp_capture *captures[PP_LIVE_MAX];
    for (uint32_t i = 0; i < lane->count; i++) captures[i] = lane->inputs[i].capture;
    bool ok = pp_capture_wait(captures, lane->count, (int)most_ms);
    *running = false;
    pthread_mutex_lock(&lane->lock);
    for (uint32_t i = 0; ok && i < lane->count; i++) {
        size_t count = pp_capture_next(captures[i], lane->worker->frames, PP_FRAME_BATCH);
        ok = !count || judge_live(lane->worker, &lane->inputs[i], count);
        *running |= pp_capture_position(captures[i]) != 0;
    }
    pthread_mutex_unlock(&lane->lock);
    return ok;
}

/* Let nothing more in, and read what is left. */
static bool finish(struct lane *lane)
{
    bool ok = true, running = lane->count > 0;
    pthread_mutex_lock(&lane->lock);
    for (uint32_t i = 0; i < lane->count; i++) pp_capture_finish_live(lane->inputs[i].capture);
    pthread_mutex_unlock(&lane->lock);
    while (ok && running) ok = pump(lane, WAIT_MS, &running);
    return ok;
}

static void *run_lane(void *argument)
{
    struct lane *lane = argument;
    struct pp_audit *audit = lane->worker->audit;
    bool ok = true, running = true;
    while (ok && running && !__atomic_load_n(&audit->finishing, __ATOMIC_RELAXED)) ok = pump(lane, WAIT_MS, &running);
    if (!ok || !finish(lane)) __atomic_store_n(&lane->worker->failed, true, __ATOMIC_RELAXED);
    return NULL;
}

/* Signals are the calling thread's. A thread that cannot be started is missed: its share of the packets would be lost. */
static bool start_lanes(struct pp_audit *audit)
{
    sigset_t all, before;
    bool ok = true;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    for (uint32_t i = 1; ok && i < audit->lane_count; i++) {
        struct lane *lane = audit->lanes[i];
        if (!lane->started) ok = lane->started = pthread_create(&lane->worker->thread, NULL, run_lane, lane) == 0;
    }
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return ok;
}

bool pp_audit_pump(struct pp_audit *audit, uint32_t most_ms)
{
    bool running = false;
    uint32_t wait_ms = audit->options.wait_ms ? audit->options.wait_ms : WAIT_MS;
    if (!audit->lane_count) return false;
    bool ok = audit->lane_count == 1 || start_lanes(audit);
    for (uint32_t i = 1; i < audit->lane_count; i++) ok &= !__atomic_load_n(&audit->lanes[i]->worker->failed, __ATOMIC_RELAXED);
    ok = ok && pump(audit->lanes[0], most_ms < wait_ms ? most_ms : wait_ms, &running);
    audit->first->failed |= !ok; /* so that whoever ends now knows that it is early */
    return ok && running;
}

/* --- the end ------------------------------------------------------------------------------------------------------------ */

static bool stop_lanes(struct pp_audit *audit)
{
    bool ok = true;
    __atomic_store_n(&audit->finishing, true, __ATOMIC_RELAXED);
    for (uint32_t i = 1; i < audit->lane_count; i++) {
        struct lane *lane = audit->lanes[i];
        if (lane->started) pthread_join(lane->worker->thread, NULL);
        lane->started = false;
        ok &= !lane->worker->failed;
    }
    return ok;
}

void live_end(struct pp_audit *audit)
{
    stop_lanes(audit);
    for (uint32_t i = 0; i < audit->lane_count; i++) {
        struct lane *lane = audit->lanes[i];
        for (uint32_t k = 0; k < lane->count; k++) pp_capture_close(lane->inputs[k].capture);
        audit->outside_time += lane->worker->outside_time;
        lane->worker->outside_time = 0;
        if (i) {
            pp_flow_table_destroy(lane->worker->flows);
            free_worker(lane->worker);
        }
        pthread_mutex_destroy(&lane->lock);
        free(lane);
    }
    audit->lane_count = audit->interface_count = 0;
    audit->finishing = false;
}

/* What is judged now may lack packets of any of them. */
static void note_early_end(struct pp_audit *audit, const struct lane *lane)
{
    for (uint32_t i = 0; i < lane->count; i++) {
        struct pp_capture_info *info = &audit->captures[lane->inputs[i].index];
        if (info->failed) continue;
        info->failed = true;
        error_offset(&info->error, UINT64_MAX,
                     "could not be listened to any further: memory or a thread was not to be had; some packets are not judged");
    }
}

bool pp_audit_detach(struct pp_audit *audit)
{
    if (!audit->lane_count) return true;
    __atomic_store_n(&audit->finishing, true, __ATOMIC_RELAXED); /* all lanes at about the same time */
    bool ok = finish(audit->lanes[0]) && !audit->first->failed;
    ok &= stop_lanes(audit);
    refresh_infos(audit, audit->lanes[0]);
    for (uint32_t i = 1; i < audit->lane_count; i++) ok &= gather(audit, audit->lanes[i]);
    if (!ok) note_early_end(audit, audit->lanes[0]);
    audit->first->failed = false;
    live_end(audit);
    return ok;
}
