/* A finding joins flows that agree in what it is about, so a flow's finding is found by that: sorted once, looked up for every flow. The
 * flows' five-tuples then stand in a hash table, which every packet of the second reading asks. */
#include "wanted.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "siphash.h"

/* What a finding is about, and what a flow shows. Of blocked ones the ends and the port say it all: the row need not be the flow's own (the
 * two SecurID rows are one conversation), and the worst outcome of a pair is the finding's. */
struct subject {
    uint8_t kind, transport, outcome, callback;
    uint16_t port, why, companion;
    struct pp_address initiator, responder;
    uint32_t finding;
};

struct tuple {
    struct pp_address address[2]; /* the lower (address, port) first */
    uint16_t port[2];
    uint8_t transport;
    uint32_t finding; /* NOBODY: an empty slot */
};

struct wanted {
    struct siphash_key key;
    struct subject *subjects;
    uint32_t subject_count;
    struct tuple *slots;
    size_t mask, count;
};

static int compare_subjects(const void *a, const void *b)
{
    const struct subject *x = a, *y = b;
    int order = memcmp(&x->initiator, &y->initiator, sizeof x->initiator);
    if (!order) order = memcmp(&x->responder, &y->responder, sizeof x->responder);
    if (!order) order = (int)x->port - (int)y->port;
    if (!order) order = (int)x->transport - (int)y->transport;
    if (!order) order = (int)x->kind - (int)y->kind;
    if (!order) order = (int)x->why - (int)y->why;
    if (!order) order = (int)x->callback - (int)y->callback;
    if (!order) order = (int)x->companion - (int)y->companion;
    return order ? order : (int)x->outcome - (int)y->outcome;
}

static bool subject_of_finding(const struct pp_finding *f, uint32_t number, struct subject *out)
{
    bool blocked = f->kind == PP_FIND_BLOCKED;
    const struct pp_party *from = blocked ? &f->tried_by : &f->initiator, *to = blocked ? &f->tried_at : &f->responder;
    if ((!blocked && f->kind != PP_FIND_UNEXPECTED) || !from->address.family || !to->address.family) return false;
    *out = (struct subject){.kind = (uint8_t)f->kind,
                            .transport = f->transport,
                            .outcome = blocked ? 0 : (uint8_t)f->outcome,
                            .callback = blocked ? 0 : f->labels & PP_LABEL_CALLBACK,
                            .companion = blocked ? 0 : f->companion,
                            .port = f->port,
                            .why = blocked ? 0 : (uint16_t)f->reason,
                            .initiator = from->address,
                            .responder = to->address,
                            .finding = number};
    return true;
}

static bool subject_of_flow(const struct pp_report *report, const struct pp_judged *judged, struct subject *out)
{
    bool unexpected = judged->verdict == PP_UNEXPECTED;
    bool blocked = judged->verdict == PP_EXPECTED && judged->outcome != PP_ANSWERED && judged->outcome != PP_HALF_SEEN;
    if (!unexpected && !blocked) return false;
    *out = (struct subject){.kind = unexpected ? PP_FIND_UNEXPECTED : PP_FIND_BLOCKED,
                            .transport = judged->transport,
                            .outcome = blocked ? 0 : judged->outcome,
                            .callback = blocked ? 0 : judged->labels & PP_LABEL_CALLBACK,
                            .companion = blocked ? 0 : judged->companion,
                            .port = judged->responder_port,
                            .why = blocked ? 0 : judged->reason,
                            .initiator = report->addresses[judged->initiator_address].address,
                            .responder = report->addresses[judged->responder_address].address};
    return true;
}

/* --- five-tuples ------------------------------------------------------------------------------------------------------------- */

static uint64_t hash_tuple(const struct wanted *wanted, const struct tuple *tuple)
{
    uint64_t words[6] = {0};
    memcpy(words, tuple->address[0].bytes, 16);
    memcpy(words + 2, tuple->address[1].bytes, 16);
    words[4] = (uint64_t)tuple->port[0] << 32 | tuple->port[1];
    words[5] = (uint64_t)tuple->transport << 8 | tuple->address[0].family;
    return siphash13(&wanted->key, words, 6);
}

static bool same(const struct tuple *a, const struct tuple *b)
{
    return a->transport == b->transport && a->port[0] == b->port[0] && a->port[1] == b->port[1] &&
           memcmp(a->address, b->address, sizeof a->address) == 0;
}

static struct tuple *slot_of(const struct wanted *wanted, const struct tuple *tuple)
{
    size_t at = (size_t)hash_tuple(wanted, tuple) & wanted->mask;
    while (wanted->slots[at].finding != NOBODY && !same(&wanted->slots[at], tuple)) at = (at + 1) & wanted->mask;
    return &wanted->slots[at];
}

static struct tuple *empty_slots(size_t count)
{
    struct tuple *slots = malloc(count * sizeof *slots);
    for (size_t i = 0; slots && i < count; i++) slots[i].finding = NOBODY;
    return slots;
}

static bool grow(struct wanted *wanted)
{
    struct wanted larger = *wanted;
    larger.mask = wanted->mask * 2 + 1;
    larger.slots = empty_slots(larger.mask + 1);
    if (!larger.slots) return false;
    for (size_t i = 0; i <= wanted->mask; i++)
        if (wanted->slots[i].finding != NOBODY) *slot_of(&larger, &wanted->slots[i]) = wanted->slots[i];
    free(wanted->slots);
    *wanted = larger;
    return true;
}

static bool add(struct wanted *wanted, const struct tuple *tuple)
{
    if (wanted->count * 2 > wanted->mask && !grow(wanted)) return false;
    struct tuple *slot = slot_of(wanted, tuple);
    wanted->count += slot->finding == NOBODY;
    *slot = *tuple;
    return true;
}

/* Flows stand in the canonical order of ends already. */
static bool add_flow(struct wanted *wanted, const struct pp_flow *flow, uint32_t finding)
{
    struct tuple tuple = {.port = {flow->port[0], flow->port[1]}, .transport = flow->transport, .finding = finding};
    memcpy(tuple.address, flow->address, sizeof tuple.address);
    return flow->kind != PP_FLOW_EXACT || add(wanted, &tuple);
}

static bool add_flows(struct wanted *wanted, const struct pp_report *report)
{
    size_t count = pp_flow_count(report->flows);
    bool ok = true;
    for (size_t i = 0; ok && i < count; i++) {
        struct subject subject;
        if (!subject_of_flow(report, &report->judged[i], &subject)) continue;
        const struct subject *found =
            bsearch(&subject, wanted->subjects, wanted->subject_count, sizeof *wanted->subjects, compare_subjects);
        struct pp_flow flow;
        if (!found) continue;
        pp_flow_at(report->flows, i, &flow);
        ok = add_flow(wanted, &flow, found->finding);
    }
    return ok;
}

struct wanted *wanted_create(const struct pp_report *report, uint32_t findings)
{
    enum { SLOTS_FIRST = 1024 };
    struct wanted *wanted = calloc(1, sizeof *wanted);
    if (!wanted) return NULL;
    wanted->key = siphash_key_make();
    wanted->mask = SLOTS_FIRST - 1;
    wanted->slots = empty_slots(SLOTS_FIRST);
    wanted->subjects = calloc(findings + 1u, sizeof *wanted->subjects);
    bool ok = wanted->slots && wanted->subjects;
    for (uint32_t i = 0; ok && i < findings; i++)
        wanted->subject_count += subject_of_finding(&report->findings[i], i, &wanted->subjects[wanted->subject_count]);
    if (ok) qsort(wanted->subjects, wanted->subject_count, sizeof *wanted->subjects, compare_subjects);
    if (ok && add_flows(wanted, report)) return wanted;
    wanted_destroy(wanted);
    return NULL;
}

void wanted_destroy(struct wanted *wanted)
{
    if (!wanted) return;
    free(wanted->subjects);
    free(wanted->slots);
    free(wanted);
}

uint32_t wanted_find(const struct wanted *wanted, const struct pp_packet *packet)
{
    struct tuple tuple = {.transport = packet->transport};
    int order = memcmp(packet->source, packet->destination, 16);
    bool swap = order > 0 || (order == 0 && packet->source_port > packet->destination_port);
    tuple.address[swap].family = tuple.address[!swap].family = packet->family;
    memcpy(tuple.address[swap].bytes, packet->source, 16);
    memcpy(tuple.address[!swap].bytes, packet->destination, 16);
    tuple.port[swap] = packet->source_port;
    tuple.port[!swap] = packet->destination_port;
    return slot_of(wanted, &tuple)->finding;
}
