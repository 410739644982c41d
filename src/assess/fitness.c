/* How far the capture can be trusted (design 2, 5.5): loss, truncation, gaps, one-sidedness, what it could not see. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "assess.h"
#include "clock.h"

enum { NOTES_MAX = 32, GAPS_MAX = 100, PERCENT = 100 }; /* notes past them are not made, but count towards the grade */
static const uint64_t GAP_NS = UINT64_C(120000000000);  /* AIP keep-alives come every 100 s: a live session leaves no longer gap */

static void note(struct assessment *a, enum pp_grade at_best, const char *text)
{
    struct pp_fitness *f = &a->report->fitness;
    if (at_best > f->grade) f->grade = at_best;
    if (text && f->note_count < NOTES_MAX) f->notes[f->note_count++] = text;
}

static bool above_one_percent(uint64_t part, uint64_t whole) { return part > whole / PERCENT; }

static void judge_drops(struct assessment *a)
{
    struct pp_fitness *f = &a->report->fitness;
    uint64_t packets = 0;
    bool all_known = a->in->capture_count > 0;
    for (uint32_t i = 0; i < a->in->capture_count; i++) {
        const struct pp_capture_info *c = &a->in->captures[i];
        packets += c->packets;
        if (c->drops_known) f->drops += c->drops;
        all_known &= c->drops_known;
        f->drops_known |= c->drops_known;
    }
    if (f->drops)
        note(a, above_one_percent(f->drops, packets + f->drops) ? PP_POOR : PP_LIMITED,
             arena_format(a->arena, "%" PRIu64 " packet%s lost while capturing (%.2f %%); what %s held cannot be told", f->drops,
                          f->drops == 1 ? " was" : "s were", (double)f->drops * PERCENT / (double)(packets + f->drops),
                          f->drops == 1 ? "it" : "they"));
    if (!all_known && packets) note(a, PP_GOOD, "loss while capturing is unknown: this format does not carry it");
}

uint64_t pp_account_judged(const struct pp_live_account *account)
{
    return account->by_result[PP_DECODED] + account->by_result[PP_ICMP_ERROR] - account->no_room;
}

static void note_gaps(struct assessment *a, const struct pp_capture_info *c)
{
    const struct pp_live_account *account = &c->account;
    const struct pp_link_gap *last = NULL;
    uint64_t lasted = 0;
    uint32_t count = 0;
    char duration[TIME_TEXT_MAX], from[TIME_TEXT_MAX];
    for (uint32_t i = 0; i < account->gap_count; i++) {
        const struct pp_link_gap *gap = &account->gaps[i];
        if (gap->event == PP_LINK_RENAMED)
            note(a, PP_GOOD, arena_format(a->arena, "%s is now called %s", c->name, gap->name));
        else {
            count++;
            last = gap;
            pp_time_ns to = gap->to_ns == PP_NO_FIRST ? account->until_ns : gap->to_ns;
            lasted += to > gap->from_ns ? to - gap->from_ns : 0;
        }
    }
    if (!last) return;
    time_readable(last->from_ns, false, from);
    note(a, PP_LIMITED,
         arena_format(a->arena,
                      "%s could not be listened to for %s in all (%u gap%s, the last from %s: %s%s); what went by then is unknown", c->name,
                      duration_readable(lasted, duration), count, count == 1 ? "" : "s", from, pp_link_event_name(last->event),
                      last->to_ns == PP_NO_FIRST ? ", which lasts" : ""));
}

/* The sums are whole at the end of a capture only; while it runs, some packets wait in the ring. */
static void judge_live(struct assessment *a)
{
    struct pp_totals *totals = &a->report->fitness.totals;
    for (uint32_t i = 0; i < a->in->capture_count; i++) {
        const struct pp_capture_info *c = &a->in->captures[i];
        const struct pp_live_account *account = &c->account;
        if (!c->live) continue;
        uint64_t judged = pp_account_judged(account);
        totals->live = true;
        totals->received += account->received;
        totals->judged += judged;
        totals->dropped += account->dropped;
        totals->not_judged += c->packets + account->discarded - judged;
        if (!account->interface_known)
            note(a, PP_GOOD, arena_format(a->arena, "%s: packets lost by the interfaces themselves are not known of", c->name));
        note_gaps(a, c);
        if (account->clock_steps)
            note(a, PP_GOOD,
                 arena_format(a->arena,
                              "the system's date was set %" PRIu64 " time%s while %s was listened to; times are as if it had not been",
                              account->clock_steps, account->clock_steps == 1 ? "" : "s", c->name));
    }
}

static void judge_truncation(struct assessment *a)
{
    const struct pp_counters *c = a->report->counters;
    uint64_t frames = 0;
    for (unsigned i = 0; i < PP_DECODED_COUNT; i++) frames += c->by_result[i];
    a->report->fitness.truncated_share = frames ? (double)c->header_cut / (double)frames : 0;
    if (c->header_cut)
        note(a, above_one_percent(c->header_cut, frames) ? PP_POOR : PP_LIMITED,
             arena_format(a->arena,
                          "%" PRIu64 " of %" PRIu64 " frames %s cut inside a header that was needed: capture with a larger snap length",
                          c->header_cut, frames, c->header_cut == 1 ? "was" : "were"));
    for (uint32_t i = 0; i < a->in->capture_count; i++)
        for (uint32_t k = 0; k < i; k++)
            if (strcmp(a->in->captures[i].name, a->in->captures[k].name) == 0) {
                note(a, PP_GOOD,
                     arena_format(a->arena,
                                  "captures %u and %u have the same name: if they are the same file, packets are counted twice (no verdict "
                                  "depends on counts)",
                                  k + 1, i + 1));
                break;
            }
    for (uint32_t i = 0; i < a->in->capture_count; i++)
        if (a->in->captures[i].failed) note(a, PP_LIMITED, arena_format(a->arena, "capture %u was not read to its end", i + 1));
    if (c->by_result[PP_UNSUPPORTED_LINK])
        note(a, PP_LIMITED,
             arena_format(a->arena, "%" PRIu64 " frame%s of a link type that is not read", c->by_result[PP_UNSUPPORTED_LINK],
                          c->by_result[PP_UNSUPPORTED_LINK] == 1 ? "" : "s"));
    uint64_t absurd = c->by_result[PP_MALFORMED] + c->by_result[PP_TOO_DEEP];
    if (absurd)
        note(a, PP_GOOD,
             arena_format(a->arena,
                          absurd == 1 ? "%" PRIu64 " frame contradicts itself or nests too deep, and was not judged"
                                      : "%" PRIu64 " frames contradict themselves or nest too deep, and were not judged",
                          absurd));
    if (c->tunnels && !a->in->decap)
        note(a, PP_LIMITED,
             arena_format(a->arena, "%" PRIu64 " frame%s a tunnel that was not entered; see what is inside with --decap", c->tunnels,
                          c->tunnels == 1 ? " carries" : "s carry"));
    if (c->later_fragments)
        note(a, PP_GOOD,
             arena_format(a->arena, "%" PRIu64 " later fragment%s no ports, which were not guessed", c->later_fragments,
                          c->later_fragments == 1 ? " carries" : "s carry"));
}

static void judge_one_sidedness(struct assessment *a)
{
    uint64_t judged = 0, half = 0;
    for (size_t i = 0; i < a->count; i++) {
        if (a->judged[i].verdict == PP_OUT_OF_SCOPE) continue;
        judged++;
        half += a->judged[i].outcome == PP_HALF_SEEN;
    }
    a->report->fitness.half_seen_share = judged ? (double)half / (double)judged : 0;
    if (half)
        note(a, half * 10 > judged ? PP_LIMITED : PP_GOOD,
             arena_format(a->arena,
                          "%" PRIu64 " of %" PRIu64 " flow%s seen from one side only: asymmetric routing, or one leg of a mirror port",
                          half, judged,
                          judged == 1 ? " was"
                          : half == 1 ? "s was"
                                      : "s were"));
}

static bool judge_gaps(struct assessment *a)
{
    struct pp_fitness *f = &a->report->fitness;
    struct pp_activity activity = pp_flow_activity(a->in->flows);
    f->gaps = arena_alloc(a->arena, GAPS_MAX * sizeof *f->gaps);
    if (!f->gaps) return false;
    uint32_t all = 0;
    for (size_t i = 1; i < activity.count; i++) {
        uint64_t silent = (activity.buckets[i] - activity.buckets[i - 1] - 1) * activity.width_ns;
        if (silent < GAP_NS) continue;
        if (f->gap_count < GAPS_MAX)
            f->gaps[f->gap_count++] =
                (struct pp_gap){(activity.buckets[i - 1] + 1) * activity.width_ns, activity.buckets[i] * activity.width_ns};
        all++;
    }
    if (all) note(a, PP_GOOD, arena_format(a->arena, "%u gap%s of two minutes or more without any packet", all, all == 1 ? "" : "s"));
    return true;
}

static void judge_visibility(struct assessment *a)
{
    const struct pp_site *site = a->in->site;
    uint32_t unseen = 0;
    const char *first = "";
    for (uint32_t h = 0; h < site->host_count; h++)
        if (!a->visible[h] && site->hosts[h].roles && !unseen++) first = site->hosts[h].name;
    if (unseen == 1) note(a, PP_GOOD, arena_format(a->arena, "%s was never seen: nothing can be said of it", first));
    if (unseen > 1)
        note(a, PP_GOOD,
             arena_format(a->arena, "%u entries of the inventory were never seen, %s first: nothing can be said of them", unseen, first));
}

static void judge_limits(struct assessment *a)
{
    const struct pp_counters *c = a->report->counters;
    if (c->folded[PP_FLOW_CONVERSATION])
        note(a, PP_GOOD,
             arena_format(a->arena, "%" PRIu64 " flows were folded into conversations to stay within --max-flows; no verdict changes",
                          c->folded[PP_FLOW_CONVERSATION]));
    if (c->folded[PP_FLOW_CLASSES])
        note(a, PP_LIMITED,
             arena_format(a->arena, "%" PRIu64 " flows without a proven direction were folded by port class to stay within --max-flows",
                          c->folded[PP_FLOW_CLASSES]));
    if (c->folded[PP_FLOW_NETWORKS])
        note(a, PP_POOR,
             arena_format(a->arena, "%" PRIu64 " flows were folded by network to stay within --max-flows: single hosts are lost",
                          c->folded[PP_FLOW_NETWORKS]));
    if (c->not_judged)
        note(a, PP_POOR, arena_format(a->arena, "%" PRIu64 " packets were not judged: no room within --max-flows", c->not_judged));
    if (c->datagrams_lost)
        note(a, PP_LIMITED,
             arena_format(a->arena, "%" PRIu64 " fragments could not be followed: too many datagrams at once", c->datagrams_lost));
    if (c->facts_lost)
        note(a, PP_LIMITED, arena_format(a->arena, "%" PRIu64 " ICMP errors or announced ports could not be kept", c->facts_lost));
}

bool judge_fitness(struct assessment *a)
{
    struct pp_fitness *f = &a->report->fitness;
    f->notes = arena_alloc(a->arena, NOTES_MAX * sizeof *f->notes);
    if (!f->notes) return false;
    judge_drops(a);
    judge_live(a);
    judge_truncation(a);
    judge_one_sidedness(a);
    if (!judge_gaps(a)) return false;
    judge_visibility(a);
    judge_limits(a);
    return true;
}
