/* The account of a live capture: what the kernel counted, when it lost packets, when the interface was not there. No I/O. */
#ifndef CAPTURE_ACCOUNT_H
#define CAPTURE_ACCOUNT_H

#include "portproof/capture.h"

/** What pcap_stats said last. Its counts have 32 bits and wrap: some 8,000 s at half a million packets a second. */
struct kernel_counts {
    uint32_t received, dropped; /* received: with those dropped */
    pp_time_ns read_ns;
};

/** A new handle counts from 0. */
void account_restart(struct kernel_counts *last, pp_time_ns now);
/** Take in new counts, which went on by less than 2^32 since the last; a loss is put down to the time in between. */
void account_add(struct pp_live_account *account, struct kernel_counts *last, uint32_t received, uint32_t dropped, pp_time_ns now);

/** The interface has another name now. Within a gap that takes no time; else it begins one, until capture goes on. */
void account_renamed(struct pp_live_account *account, const char *name, pp_time_ns now);
/** A gap begins, or the one that lasts is worse than was known. */
void account_gap_begin(struct pp_live_account *account, enum pp_link_event event, const char *name, pp_time_ns now);
/** The gap that lasts ends; none: nothing happens. */
void account_gap_end(struct pp_live_account *account, const char *name, pp_time_ns now);

/** Go on with an account of which `packets` were handed over before its program ended, however that was; `fresh`: of the handle that was
 * opened just now. */
void account_resume(struct pp_live_account *account, uint64_t packets, const struct pp_live_account *fresh, const char *name,
                    pp_time_ns now);

/** Add up two accounts of one interface; the gaps are the first one's. */
void account_join(struct pp_live_account *account, const struct pp_live_account *other);

#endif
