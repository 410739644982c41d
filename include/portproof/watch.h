/* watch: what is new since the judgement before. Whoever listens for hours judges again and again, and wants to be told of what
 * changed, once: a verdict, packets that were lost, a link that went away, the state of a row, a finding that was not there. */
#ifndef PORTPROOF_WATCH_H
#define PORTPROOF_WATCH_H

#include "portproof/findings.h"

enum pp_event_kind {
    PP_EVENT_VERDICT, /* another verdict; the first one too */
    PP_EVENT_LOSS,    /* live: packets were dropped since the judgement before */
    PP_EVENT_LINK,    /* live: an interface could not be listened to any more; and again, with its end, once it can be */
    PP_EVENT_ROW,     /* another state of a row; at first all rows are optional */
    PP_EVENT_FINDING, /* a finding that no judgement before had; those of a missing row are told by its state */
    PP_EVENT_COUNT
};

struct pp_event {
    enum pp_event_kind kind;
    enum pp_compliance verdict_was, verdict_is; /* PP_EVENT_VERDICT; at first both are the same */
    uint32_t capture;                           /* PP_EVENT_LOSS, PP_EVENT_LINK: index into the report's captures */
    uint64_t dropped;                           /* PP_EVENT_LOSS: since the judgement before; the capture has all of them */
    struct pp_link_gap gap;                     /* PP_EVENT_LINK */
    uint16_t row;                               /* PP_EVENT_ROW: index into the spec's rows */
    enum pp_state was, is;
    const struct pp_finding *finding; /* PP_EVENT_FINDING: the report's */
    uint64_t identity;                /* PP_EVENT_FINDING: what pp_watch_find knows it by */
};

struct pp_watch;
enum { PP_WATCH_FINDINGS_MAX = 100000 }; /* told findings that are remembered; new ones past them are counted, not told */

struct pp_watch *pp_watch_create(void);        /* NULL: out of memory */
void pp_watch_destroy(struct pp_watch *watch); /* takes NULL */

/** What `report` (and `window`, the same of late; NULL: none) has that those before had not, in this order: verdict, losses, links, rows,
 * findings (by importance). *events is the watch's, valid until the next call, and points into the report. Findings past the report's own
 * limit are joined into coarser ones: the first report that has them so is taken as told. Rules and site may change in between: a row is
 * known again by its id. false: out of memory; what was told is told. */
bool pp_watch_update(struct pp_watch *watch, const struct pp_report *report, const struct pp_report *window, const struct pp_event **events,
                     size_t *count);

/** The state of a row as it was told last. While nobody tries a row in the window, it stays what it was, unless all time says something
 * new of it. */
enum pp_state pp_watch_state(const struct pp_watch *watch, uint16_t row);

/** A finding that was told, as a later report has it; NULL: that one has none like it. */
const struct pp_finding *pp_watch_find(const struct pp_watch *watch, const struct pp_report *report, uint64_t identity);

/** New findings that were not told. */
uint64_t pp_watch_untold(const struct pp_watch *watch);

const char *pp_event_name(enum pp_event_kind kind); /* "verdict", "loss", "link", "row", "finding" */

#endif
