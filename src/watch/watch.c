/* A finding is known again by what it is about (kind, reason, rows, ends, port, outcome), never by counts or times, which grow. Of
 * each told one 64 bits of a keyed hash are kept. */
#include "portproof/watch.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "siphash.h"

enum { SLOTS_FIRST = 1024 };

struct row_state {
    uint64_t id;       /* hash of its id: rules may be read anew, and then a row is known again by that */
    uint8_t told, all; /* enum pp_state: as told last; as all time had it then */
};

/* What was told of a live capture. */
struct told_capture {
    uint64_t dropped, gaps;
    pp_time_ns lasting_ns; /* the gap that was told, and was not over: since when; PP_NO_FIRST: none */
};

struct pp_watch {
    struct told_capture *captures;
    uint32_t capture_count;
    struct siphash_key key;
    bool begun, joined; /* joined: the last report's findings were */
    enum pp_compliance verdict;
    struct row_state *rows;
    uint16_t row_count;
    uint64_t *known; /* hashes of told findings; 0: empty */
    size_t known_count, mask;
    uint64_t untold;
    struct pp_event *events;
    size_t count, room;
};

struct pp_watch *pp_watch_create(void)
{
    struct pp_watch *watch = calloc(1, sizeof *watch);
    if (!watch) return NULL;
    watch->key = siphash_key_make();
    watch->known = calloc(SLOTS_FIRST, sizeof *watch->known);
    watch->mask = SLOTS_FIRST - 1;
    if (watch->known) return watch;
    free(watch);
    return NULL;
}

void pp_watch_destroy(struct pp_watch *watch)
{
    if (!watch) return;
    free(watch->captures);
    free(watch->rows);
    free(watch->known);
    free(watch->events);
    free(watch);
}

static bool tell(struct pp_watch *watch, struct pp_event event)
{
    if (watch->count == watch->room) {
        size_t room = watch->room ? watch->room * 2 : 64;
        struct pp_event *events = realloc(watch->events, room * sizeof *events);
        if (!events) return false;
        watch->events = events;
        watch->room = room;
    }
    watch->events[watch->count++] = event;
    return true;
}

/* --- which finding it is ----------------------------------------------------------------------------------------------- */

static uint64_t hash_name(const struct pp_watch *watch, const char *name)
{
    uint64_t words[2] = {0};
    for (size_t left = name ? strlen(name) : 0, n; left; left -= n, name += n) {
        n = left < 8 ? left : 8;
        words[1] = 0;
        memcpy(&words[1], name, n);
        words[0] = siphash13(&watch->key, words, 2);
    }
    return words[0];
}

/* By its address; names and roles may be inferred, and change with every host that appears. Else by its name, else by its role. */
static uint64_t hash_party(const struct pp_watch *watch, const struct pp_party *party)
{
    uint64_t words[4] = {0};
    bool named = party->name && *party->name;
    memcpy(words, party->address.bytes, sizeof party->address.bytes);
    words[2] = party->address.family;
    if (!party->address.family) words[3] = named ? hash_name(watch, party->name) : party->roles;
    return siphash13(&watch->key, words, 4);
}

static uint64_t hash_row(const struct pp_watch *watch, const struct pp_spec *spec, uint16_t row)
{
    return row < spec->row_count ? hash_name(watch, spec->rows[row].id) : 0;
}

static uint64_t hash_finding(const struct pp_watch *watch, const struct pp_spec *spec, const struct pp_finding *f)
{
    const uint64_t words[] = {
        (uint64_t)f->kind << 56 | (uint64_t)f->reason << 48 | (uint64_t)f->transport << 40 | (uint64_t)f->outcome << 32 |
            (uint64_t)(f->waiver != PP_NONE) << 19 | (uint64_t)(f->companion != PP_NONE) << 18 | (uint64_t)f->has_outcome << 17 |
            (uint64_t)f->has_port << 16 | f->port,
        hash_row(watch, spec, f->row),
        hash_row(watch, spec, f->nearest_row),
        hash_party(watch, &f->initiator),
        hash_party(watch, &f->responder),
    };
    uint64_t hash = siphash13(&watch->key, words, sizeof words / sizeof *words);
    return hash ? hash : 1;
}

/* --- those that were told ------------------------------------------------------------------------------------------------- */

static uint64_t *slot_of(uint64_t *known, size_t mask, uint64_t hash)
{
    size_t at = (size_t)hash & mask;
    while (known[at] && known[at] != hash) at = (at + 1) & mask;
    return &known[at];
}

static bool grow(struct pp_watch *watch)
{
    size_t mask = watch->mask * 2 + 1;
    uint64_t *known = calloc(mask + 1, sizeof *known);
    if (!known) return false;
    for (size_t i = 0; i <= watch->mask; i++)
        if (watch->known[i]) *slot_of(known, mask, watch->known[i]) = watch->known[i];
    free(watch->known);
    watch->known = known;
    watch->mask = mask;
    return true;
}

/* Remember a finding; *fresh: it was not known. */
static bool remember(struct pp_watch *watch, uint64_t hash, bool *fresh)
{
    uint64_t *slot = slot_of(watch->known, watch->mask, hash);
    *fresh = !*slot;
    if (!*fresh) return true;
    if (watch->known_count == PP_WATCH_FINDINGS_MAX) {
        watch->untold++;
        return *fresh = false, true;
    }
    if (watch->known_count * 2 > watch->mask) {
        if (!grow(watch)) return false;
        slot = slot_of(watch->known, watch->mask, hash);
    }
    *slot = hash;
    watch->known_count++;
    return true;
}

/* --- one judgement after another -------------------------------------------------------------------------------------------- */

static struct row_state row_before(const struct pp_watch *watch, uint64_t id)
{
    for (uint16_t row = 0; row < watch->row_count; row++)
        if (watch->rows[row].id == id) return watch->rows[row];
    return (struct row_state){id, PP_STATE_OPTIONAL, PP_STATE_OPTIONAL};
}

static bool knows_rows(const struct pp_watch *watch, const struct pp_spec *spec)
{
    bool same = watch->rows && watch->row_count == spec->row_count;
    for (uint16_t row = 0; same && row < watch->row_count; row++) same = watch->rows[row].id == hash_row(watch, spec, row);
    return same;
}

/* At first, and when the rules were read anew. */
static bool learn_rows(struct pp_watch *watch, const struct pp_spec *spec)
{
    if (knows_rows(watch, spec)) return true;
    struct row_state *rows = malloc((spec->row_count + 1u) * sizeof *rows);
    if (!rows) return false;
    for (uint16_t row = 0; row < spec->row_count; row++) rows[row] = row_before(watch, hash_row(watch, spec, row));
    free(watch->rows);
    watch->rows = rows;
    watch->row_count = spec->row_count;
    return true;
}

static bool tell_verdict(struct pp_watch *watch, const struct pp_report *report)
{
    if (watch->begun && watch->verdict == report->verdict) return true;
    enum pp_compliance was = watch->begun ? watch->verdict : report->verdict;
    watch->begun = true;
    watch->verdict = report->verdict;
    return tell(watch, (struct pp_event){.kind = PP_EVENT_VERDICT, .verdict_was = was, .verdict_is = report->verdict});
}

/* --- captures that lose packets, or their interface -------------------------------------------------------------------------- */

static bool learn_captures(struct pp_watch *watch, uint32_t count)
{
    if (count <= watch->capture_count) return true;
    struct told_capture *captures = realloc(watch->captures, count * sizeof *captures);
    if (!captures) return false;
    watch->captures = captures;
    while (watch->capture_count < count) captures[watch->capture_count++] = (struct told_capture){.lasting_ns = PP_NO_FIRST};
    return true;
}

static bool tell_loss(struct pp_watch *watch, const struct pp_report *report, uint32_t number)
{
    const struct pp_live_account *account = &report->captures[number].account;
    struct told_capture *told = &watch->captures[number];
    uint64_t now = account->dropped + account->interface_dropped, before = told->dropped;
    told->dropped = now;
    if (now <= before) return true;
    return tell(watch, (struct pp_event){.kind = PP_EVENT_LOSS, .capture = number, .dropped = now - before});
}

/* Those that began since the judgement before, and the one that was told and is over. */
static bool tell_links(struct pp_watch *watch, const struct pp_report *report, uint32_t number)
{
    const struct pp_live_account *account = &report->captures[number].account;
    struct told_capture *told = &watch->captures[number];
    uint64_t fresh = account->gaps_in_all - told->gaps, first = account->gap_count > fresh ? account->gap_count - fresh : 0;
    told->gaps = account->gaps_in_all;
    pp_time_ns lasting = told->lasting_ns;
    bool ok = true;
    for (uint32_t i = 0; i < account->gap_count; i++) {
        const struct pp_link_gap *gap = &account->gaps[i];
        bool ended = lasting != PP_NO_FIRST && gap->from_ns == lasting && gap->to_ns != PP_NO_FIRST;
        if (ended) told->lasting_ns = PP_NO_FIRST;
        if (i < first && !ended) continue;
        if (gap->to_ns == PP_NO_FIRST) told->lasting_ns = gap->from_ns;
        ok &= tell(watch, (struct pp_event){.kind = PP_EVENT_LINK, .capture = number, .gap = *gap});
    }
    return ok;
}

static bool tell_captures(struct pp_watch *watch, const struct pp_report *report)
{
    bool ok = learn_captures(watch, report->capture_count);
    for (uint32_t i = 0; ok && i < report->capture_count; i++) ok = !report->captures[i].live || tell_loss(watch, report, i);
    for (uint32_t i = 0; ok && i < report->capture_count; i++) ok = !report->captures[i].live || tell_links(watch, report, i);
    return ok;
}

/* --- rows and findings --------------------------------------------------------------------------------------------------------- */

/* Nothing due and nothing seen, whether or not anything could be. */
static bool is_idle(enum pp_state state) { return state == PP_STATE_OPTIONAL || state == PP_STATE_NOT_APPLICABLE; }

/* What a row is now: what the window says, if anybody tried it there; else, if all time says something new, that; else as before. */
static enum pp_state state_now(struct row_state *row, enum pp_state all, const struct pp_report *window, uint16_t number)
{
    enum pp_state late = window ? window->rows[number].state : PP_STATE_OPTIONAL;
    bool changed = all != row->all;
    row->all = (uint8_t)all;
    if (late == PP_STATE_EXPECTED || late == PP_STATE_BLOCKED) return late;
    return changed ? all : (enum pp_state)row->told;
}

static bool tell_rows(struct pp_watch *watch, const struct pp_report *report, const struct pp_report *window)
{
    for (uint16_t number = 0; number < watch->row_count && number < report->spec->row_count; number++) {
        struct row_state *row = &watch->rows[number];
        enum pp_state was = row->told, is = state_now(row, report->rows[number].state, window, number);
        row->told = (uint8_t)is;
        if (was == is || (is_idle(was) && is_idle(is))) continue;
        if (!tell(watch, (struct pp_event){.kind = PP_EVENT_ROW, .row = number, .was = was, .is = is})) return false;
    }
    return true;
}

enum pp_state pp_watch_state(const struct pp_watch *watch, uint16_t row)
{
    return watch->rows && row < watch->row_count ? (enum pp_state)watch->rows[row].told : PP_STATE_OPTIONAL;
}

static bool tell_findings(struct pp_watch *watch, const struct pp_report *report)
{
    bool turned = report->findings_joined != watch->joined && report->findings_joined;
    watch->joined = report->findings_joined;
    for (uint32_t i = 0; i < report->finding_count; i++) {
        const struct pp_finding *finding = &report->findings[i];
        bool fresh;
        if (finding->kind == PP_FIND_MISSING) continue;
        uint64_t hash = hash_finding(watch, report->spec, finding);
        if (!remember(watch, hash, &fresh)) return false;
        if (fresh && !turned && !tell(watch, (struct pp_event){.kind = PP_EVENT_FINDING, .finding = finding, .identity = hash}))
            return false;
    }
    return true;
}

bool pp_watch_update(struct pp_watch *watch, const struct pp_report *report, const struct pp_report *window, const struct pp_event **events,
                     size_t *count)
{
    watch->count = 0;
    bool ok = learn_rows(watch, report->spec) && tell_verdict(watch, report) && tell_captures(watch, report) &&
              tell_rows(watch, report, window) && tell_findings(watch, report);
    *events = watch->events;
    *count = watch->count;
    return ok;
}

const struct pp_finding *pp_watch_find(const struct pp_watch *watch, const struct pp_report *report, uint64_t identity)
{
    for (uint32_t i = 0; i < report->finding_count; i++)
        if (report->findings[i].kind != PP_FIND_MISSING && hash_finding(watch, report->spec, &report->findings[i]) == identity)
            return &report->findings[i];
    return NULL;
}

uint64_t pp_watch_untold(const struct pp_watch *watch) { return watch->untold; }

static const char *const event_names[PP_EVENT_COUNT] = {[PP_EVENT_VERDICT] = "verdict",
                                                        [PP_EVENT_LOSS] = "loss",
                                                        [PP_EVENT_LINK] = "link",
                                                        [PP_EVENT_ROW] = "row",
                                                        [PP_EVENT_FINDING] = "finding"};

const char *pp_event_name(enum pp_event_kind kind) { return event_names[kind]; }
