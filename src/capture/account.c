#include "account.h"

#include <stdio.h>
#include <string.h>

#include "wraps.h"

void account_restart(struct kernel_counts *last, pp_time_ns now) { *last = (struct kernel_counts){.read_ns = now}; }

/* Of all neighbours the two with the least time between them become one. */
static void join_closest(struct pp_live_account *account)
{
    struct pp_loss *losses = account->losses;
    uint32_t closest = 1;
    uint64_t least = UINT64_MAX;
    for (uint32_t i = 1; i < account->loss_count; i++) {
        uint64_t between = losses[i].from_ns > losses[i - 1].to_ns ? losses[i].from_ns - losses[i - 1].to_ns : 0;
        if (between < least) {
            least = between;
            closest = i;
        }
    }
    losses[closest - 1].to_ns = losses[closest].to_ns;
    losses[closest - 1].packets += losses[closest].packets;
    memmove(&losses[closest], &losses[closest + 1], (--account->loss_count - closest) * sizeof *losses);
}

static void add_loss(struct pp_live_account *account, pp_time_ns from, pp_time_ns to, uint64_t packets)
{
    if (!packets) return;
    if (to < from) from = to; /* the clock was set back */
    struct pp_loss *latest = account->loss_count ? &account->losses[account->loss_count - 1] : NULL;
    if (latest && latest->to_ns == from) {
        latest->to_ns = to;
        latest->packets += packets;
        return;
    }
    if (account->loss_count == PP_LOSSES_MAX) join_closest(account);
    account->losses[account->loss_count++] = (struct pp_loss){from, to, packets};
}

WRAPS void account_add(struct pp_live_account *account, struct kernel_counts *last, uint32_t received, uint32_t dropped, pp_time_ns now)
{
    uint32_t lost = dropped - last->dropped; /* modulo 2^32, as the counts are */
    account->received += (uint32_t)(received - last->received);
    account->dropped += lost;
    add_loss(account, last->read_ns, now, lost);
    *last = (struct kernel_counts){received, dropped, now};
}

static void add_gap(struct pp_live_account *account, enum pp_link_event event, const char *name, pp_time_ns from, pp_time_ns to)
{
    if (account->gap_count == PP_LINK_GAPS_MAX) memmove(account->gaps, account->gaps + 1, --account->gap_count * sizeof *account->gaps);
    struct pp_link_gap *gap = &account->gaps[account->gap_count++];
    *gap = (struct pp_link_gap){.from_ns = from, .to_ns = to, .event = event};
    snprintf(gap->name, sizeof gap->name, "%s", name);
    account->gaps_in_all++;
}

/* The one that lasts; a change of name may have come after it. */
static struct pp_link_gap *lasting(struct pp_live_account *account)
{
    for (uint32_t i = account->gap_count; i > 0; i--)
        if (account->gaps[i - 1].to_ns == PP_NO_FIRST) return &account->gaps[i - 1];
    return NULL;
}

void account_renamed(struct pp_live_account *account, const char *name, pp_time_ns now)
{
    add_gap(account, PP_LINK_RENAMED, name, now, lasting(account) ? now : PP_NO_FIRST);
}

void account_gap_begin(struct pp_live_account *account, enum pp_link_event event, const char *name, pp_time_ns now)
{
    struct pp_link_gap *gap = lasting(account);
    if (!gap)
        add_gap(account, event, name, now, PP_NO_FIRST);
    else if (event > gap->event)
        gap->event = event;
}

void account_gap_end(struct pp_live_account *account, const char *name, pp_time_ns now)
{
    struct pp_link_gap *gap = lasting(account);
    if (!gap) return;
    gap->to_ns = now < gap->from_ns ? gap->from_ns : now; /* unless the clock was set back */
    snprintf(gap->name, sizeof gap->name, "%s", name);
}

/* Counts are read once a second, so those of the kernel may be behind. */
void account_resume(struct pp_live_account *account, uint64_t packets, const struct pp_live_account *fresh, const char *name,
                    pp_time_ns now)
{
    pp_time_ns ended = account->until_ns;
    uint64_t gone = account->dropped + account->discarded + packets;
    if (account->received < gone) account->received = gone;
    uint64_t lost = account->received - gone;
    account->dropped += lost;
    add_loss(account, ended, ended, lost);
    struct pp_link_gap *open = lasting(account);
    if (open) open->to_ns = ended;
    add_gap(account, PP_LINK_NOT_LISTENING, name, ended, now < ended ? ended : now);
    for (uint32_t i = 0; i < fresh->gap_count; i++)
        add_gap(account, fresh->gaps[i].event, fresh->gaps[i].name, fresh->gaps[i].from_ns, fresh->gaps[i].to_ns);
    account->received += fresh->received;
    account->dropped += fresh->dropped;
    account->interface_known = fresh->interface_known;
    account->until_ns = now;
}

/* Stretches in order of time; those that overlap become one. */
static void insert_loss(struct pp_live_account *account, const struct pp_loss *loss)
{
    struct pp_loss *losses = account->losses;
    uint32_t at = account->loss_count;
    if (at == PP_LOSSES_MAX) {
        join_closest(account);
        at--;
    }
    for (; at > 0 && losses[at - 1].from_ns > loss->from_ns; at--) losses[at] = losses[at - 1];
    losses[at] = *loss;
    account->loss_count++;
    for (uint32_t i = at ? at : 1; i < account->loss_count && i <= at + 1; i++) {
        if (losses[i].from_ns > losses[i - 1].to_ns) continue;
        if (losses[i].to_ns > losses[i - 1].to_ns) losses[i - 1].to_ns = losses[i].to_ns;
        losses[i - 1].packets += losses[i].packets;
        memmove(&losses[i], &losses[i + 1], (--account->loss_count - i) * sizeof *losses);
        i--;
    }
}

void account_join(struct pp_live_account *account, const struct pp_live_account *other)
{
    account->received += other->received;
    account->dropped += other->dropped;
    account->discarded += other->discarded;
    account->outside_time += other->outside_time;
    account->no_room += other->no_room;
    for (unsigned i = 0; i < PP_DECODED_COUNT; i++) account->by_result[i] += other->by_result[i];
    for (uint32_t i = 0; i < other->loss_count; i++) insert_loss(account, &other->losses[i]);
}

void pp_capture_info_join(struct pp_capture_info *info, const struct pp_capture_info *other)
{
    info->bytes += other->bytes;
    info->packets += other->packets;
    info->filtered += other->filtered;
    info->cut += other->cut;
    info->out_of_order += other->out_of_order;
    if (other->first_ns < info->first_ns) info->first_ns = other->first_ns;
    if (other->last_ns > info->last_ns) info->last_ns = other->last_ns;
    info->drops_known &= other->drops_known;
    info->drops += other->account.dropped; /* what the interface lost is the same for both */
    account_join(&info->account, &other->account);
    if (!info->failed && other->failed) {
        info->failed = true;
        info->error = other->error;
    }
}
