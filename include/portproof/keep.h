/* keep: a folder in which evidence outlives the program. Whoever listens hands over what was seen since the last time, and a thread of the
 * keeper's own writes it: the file of the stretch of time that runs is written anew, beside, synced, and renamed, so that whatever
 * happens there is a whole one. After some time another stretch begins. There are never more files than asked for: the two oldest become
 * one, and nothing that was kept is forgotten.
 *
 * A folder that cannot be written to (it is full, say) stops nobody: what was handed over stays with the keeper, which tries again with
 * the next, and says since when nothing was kept. */
#ifndef PORTPROOF_KEEP_H
#define PORTPROOF_KEEP_H

#include "portproof/evidence.h"

struct pp_keeper;

enum { PP_KEEP_FILES_LEAST = 2, PP_KEEP_FILES_MOST = 10000 };

struct pp_keeper_options {
    const char *folder;  /* made if it is not there */
    uint64_t stretch_ns; /* of how long a time one file is; counted by a clock that only goes forward */
    uint32_t files;      /* how many at most; PP_KEEP_FILES_LEAST at least */
    struct pp_flow_options flows;
    const char *classes; /* pp_port_index_digest of flows.index */
};

/** Open the folder for this program alone, and read what it holds: *found is all of it joined (capture_count 0: nothing was kept yet),
 * the caller's to finish. A file that is not whole is set aside under another name; *set_aside counts them, and `error->text` then names
 * the last one. NULL: `error->text` says why. */
struct pp_keeper *pp_keeper_open(const struct pp_keeper_options *options, struct pp_evidence *found, uint32_t *set_aside,
                                 struct pp_error *error);
/** Begin the thread. false: it cannot be had. */
bool pp_keeper_start(struct pp_keeper *keeper);
/** Hand over flows (the keeper's from here on) and what is known of all captures by now; their strings are borrowed until
 * pp_keeper_close. Does not wait. false: out of memory; the flows are not kept. */
bool pp_keeper_add(struct pp_keeper *keeper, struct pp_flow_table *flows, const struct pp_capture_info *captures, uint32_t count);
/** Other classes of ports from here on. Takes until the file being written is. */
bool pp_keeper_set_classes(struct pp_keeper *keeper, const struct pp_flow_options *flows, const char *classes);

struct pp_keeper_state {
    pp_time_ns kept_until_ns; /* the system's date; all that was handed over by then is on the disk. 0: nothing is yet */
    bool failing;             /* the last write failed */
    pp_time_ns failing_since_ns;
    uint64_t writes, failures; /* in all */
    uint32_t files;
    char error[PP_ERROR_TEXT_MAX]; /* of the last failure, with the file's name */
};
void pp_keeper_state(struct pp_keeper *keeper, struct pp_keeper_state *out);

/** Wait until all that was handed over was written or could not be, `most_ms` at most. true: it is on the disk. */
bool pp_keeper_flush(struct pp_keeper *keeper, uint32_t most_ms);
/** End; what is not written by now is not kept. Takes NULL. */
void pp_keeper_close(struct pp_keeper *keeper);

#endif
