#include "state.h"

#include <stdlib.h>

#include "clock.h"
#include "portproof/keep.h"

enum { LAST_WRITE_MS = 1000 };

struct state {
    struct pp_keeper *keeper;
    const char *folder;
    bool started, failing; /* failing: and it was said */
};

static bool take_up(struct session *s, const struct arguments *a, struct pp_evidence *found)
{
    char until[TIME_TEXT_MAX];
    if (!found->flows) return true;
    bool ok = pp_audit_restore(s->audit, found, 0);
    uint64_t packets = 0;
    for (uint32_t i = 0; i < found->capture_count; i++) packets += found->captures[i].packets;
    if (ok && found->capture_count && !a->quiet)
        complain("live: goes on from %llu packets that %s keeps until %s", (unsigned long long)packets, show(a->state),
                 time_readable(found->until_ns, !a->utc, until));
    pp_evidence_finish(found);
    return ok || (complain("live: out of memory"), false);
}

bool state_open(struct session *s, const struct arguments *a)
{
    struct pp_error error;
    struct pp_evidence found;
    uint32_t set_aside;
    char classes[65];
    if (!a->state) return true;
    struct state *state = calloc(1, sizeof *state);
    if (!state) return complain("live: out of memory"), false;
    struct pp_keeper_options options = {.folder = a->state,
                                        .stretch_ns = a->rotate_ns ? a->rotate_ns : STRETCH_DEFAULT_S * UINT64_C(1000000000),
                                        .files = a->state_files ? a->state_files : STATE_FILES_DEFAULT,
                                        .flows = pp_audit_flow_options(s->audit, classes),
                                        .classes = classes};
    state->folder = a->state;
    state->keeper = pp_keeper_open(&options, &found, &set_aside, &error);
    s->state = state;
    if (!state->keeper) return complain("--state %s: %s", show(a->state), error.text), false;
    if (set_aside) complain("--state %s: %s; set aside as .bad, %u in all", show(a->state), error.text, set_aside);
    return take_up(s, a, &found);
}

bool state_start(struct session *s)
{
    if (!s->state) return true;
    s->state->started = pp_keeper_start(s->state->keeper);
    return s->state->started || (complain("live: no thread for --state can be had"), false);
}

static void tell(struct state *state)
{
    struct pp_keeper_state now;
    char since[TIME_TEXT_MAX];
    pp_keeper_state(state->keeper, &now);
    if (now.failing == state->failing) return;
    state->failing = now.failing;
    if (now.failing)
        complain("--state %s: %s; goes on listening, and tries again", show(state->folder), now.error);
    else
        complain("--state %s: can be written again; it could not since %s, and nothing is missing", show(state->folder),
                 time_readable(now.failing_since_ns, false, since));
}

void state_keep(struct session *s)
{
    if (!s->state) return;
    uint32_t count;
    const struct pp_capture_info *captures = pp_audit_captures(s->audit, &count);
    struct pp_flow_table *fresh = pp_audit_take_new(s->audit);
    if (!fresh || !pp_keeper_add(s->state->keeper, fresh, captures, count))
        complain("--state %s: out of memory; what was seen lately is not kept", show(s->state->folder));
    tell(s->state);
}

bool state_rules_changed(struct session *s)
{
    char classes[65];
    if (!s->state) return true;
    struct pp_flow_options flows = pp_audit_flow_options(s->audit, classes);
    return pp_keeper_set_classes(s->state->keeper, &flows, classes);
}

void state_close(struct session *s)
{
    struct pp_keeper_state now;
    if (!s->state) return;
    if (s->state->started) {
        state_keep(s);
        if (!pp_keeper_flush(s->state->keeper, LAST_WRITE_MS)) {
            pp_keeper_state(s->state->keeper, &now);
            complain("--state %s: the last part is not kept: %s", show(s->state->folder),
                     now.failing ? now.error : "the disk took too long");
        }
    }
    pp_keeper_close(s->state->keeper);
    free(s->state);
    s->state = NULL;
}
