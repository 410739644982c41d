/* "portproof/evidence/1" and a line's end; the head; the captures; the flow table (flow/pack.h); a digest of it all. */
#include "portproof/evidence.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "arena.h"
#include "error.h"
#include "memory.h"
#include "pack.h"

static const char magic[] = "portproof/evidence/1\n";
enum { MAGIC_BYTES = sizeof magic - 1, CLASSES_SIZE = sizeof((struct pp_evidence *)0)->classes };

/* --- accounts ------------------------------------------------------------------------------------------------------------- */

static void pack_losses(struct packer *p, const struct pp_live_account *account)
{
    pack_number(p, account->loss_count);
    for (uint32_t i = 0; i < account->loss_count; i++) {
        pack_number(p, account->losses[i].from_ns);
        pack_number(p, account->losses[i].to_ns);
        pack_number(p, account->losses[i].packets);
    }
    pack_number(p, account->gap_count);
    for (uint32_t i = 0; i < account->gap_count; i++) {
        pack_number(p, account->gaps[i].from_ns);
        pack_number(p, account->gaps[i].to_ns);
        pack_number(p, account->gaps[i].event);
        pack_string(p, account->gaps[i].name);
    }
}

static void unpack_losses(struct unpacker *u, struct pp_live_account *account)
{
    account->loss_count = (uint32_t)unpack_number_to(u, PP_LOSSES_MAX);
    for (uint32_t i = 0; i < account->loss_count; i++) {
        account->losses[i].from_ns = unpack_number(u);
        account->losses[i].to_ns = unpack_number(u);
        account->losses[i].packets = unpack_number(u);
    }
    account->gap_count = (uint32_t)unpack_number_to(u, PP_LINK_GAPS_MAX);
    for (uint32_t i = 0; i < account->gap_count; i++) {
        account->gaps[i].from_ns = unpack_number(u);
        account->gaps[i].to_ns = unpack_number(u);
        account->gaps[i].event = (enum pp_link_event)unpack_number_to(u, PP_LINK_EVENT_COUNT - 1);
        unpack_string(u, account->gaps[i].name, sizeof account->gaps[i].name);
    }
}

/* Numbers that stand for themselves, in this order. */
#define ACCOUNT_NUMBERS(account)                                                                                                           \
    {                                                                                                                                      \
        &(account)->received, &(account)->dropped, &(account)->discarded, &(account)->interface_dropped, &(account)->gaps_in_all,          \
            &(account)->until_ns, &(account)->outside_time, &(account)->no_room, &(account)->clock_steps                                   \
    }

static void pack_account(struct packer *p, const struct pp_live_account *account)
{
    const uint64_t *const numbers[] = ACCOUNT_NUMBERS(account);
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) pack_number(p, *numbers[i]);
    pack_number(p, account->interface_known);
    pack_number(p, PP_DECODED_COUNT);
    for (unsigned i = 0; i < PP_DECODED_COUNT; i++) pack_number(p, account->by_result[i]);
    pack_losses(p, account);
}

static void unpack_account(struct unpacker *u, struct pp_live_account *account)
{
    uint64_t *const numbers[] = ACCOUNT_NUMBERS(account);
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) *numbers[i] = unpack_number(u);
    account->interface_known = unpack_number_to(u, 1);
    u->failed |= unpack_number(u) != PP_DECODED_COUNT;
    for (unsigned i = 0; i < PP_DECODED_COUNT; i++) account->by_result[i] = unpack_number(u);
    unpack_losses(u, account);
}

/* --- captures ------------------------------------------------------------------------------------------------------------- */

#define INFO_NUMBERS(info)                                                                                                                 \
    {                                                                                                                                      \
        &(info)->bytes, &(info)->packets, &(info)->filtered, &(info)->cut, &(info)->first_ns, &(info)->last_ns, &(info)->drops,            \
            &(info)->out_of_order                                                                                                          \
    }

static void pack_info(struct packer *p, const struct pp_capture_info *info)
{
    const uint64_t *const numbers[] = INFO_NUMBERS(info);
    pack_string(p, info->name);
    pack_string(p, info->format);
    pack_string(p, info->compression ? info->compression : "");
    pack_string(p, info->sha256);
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) pack_number(p, *numbers[i]);
    pack_number(p, info->link_count);
    for (unsigned i = 0; i < info->link_count; i++) pack_number(p, info->link_types[i]);
    pack_number(p, info->snap_length);
    pack_number(p, (unsigned)info->drops_known | (unsigned)info->truncated << 1 | (unsigned)info->failed << 2 | (unsigned)info->live << 3);
    if (info->failed) pack_string(p, info->error.text);
    if (info->live) pack_account(p, &info->account);
}

/* A string that lives as long as the evidence: its room is at the end of the captures. */
static const char *unpack_kept(struct unpacker *u, struct arena *arena, size_t most)
{
    char text[PP_CAPTURE_NAME_MAX];
    unpack_string(u, text, most);
    const char *kept = arena_copy(arena, text, strlen(text));
    if (kept) return kept;
    memory_failed();
    u->failed = true;
    return "";
}

static void unpack_info(struct unpacker *u, struct arena *arena, struct pp_capture_info *info)
{
    uint64_t *const numbers[] = INFO_NUMBERS(info);
    info->name = unpack_kept(u, arena, PP_CAPTURE_NAME_MAX);
    info->format = unpack_kept(u, arena, 32);
    info->compression = unpack_kept(u, arena, 32);
    if (!*info->compression) info->compression = NULL;
    unpack_string(u, info->sha256, sizeof info->sha256);
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) *numbers[i] = unpack_number(u);
    info->link_count = (uint16_t)unpack_number_to(u, PP_CAPTURE_LINKS_MAX);
    for (unsigned i = 0; i < info->link_count; i++) info->link_types[i] = (uint16_t)unpack_number_to(u, UINT16_MAX);
    info->snap_length = (uint32_t)unpack_number_to(u, UINT32_MAX);
    unsigned flags = (unsigned)unpack_number_to(u, 15);
    info->drops_known = flags & 1;
    info->truncated = flags & 2;
    info->failed = flags & 4;
    info->live = flags & 8;
    info->error.offset = UINT64_MAX;
    if (info->failed) unpack_string(u, info->error.text, sizeof info->error.text);
    if (info->live) unpack_account(u, &info->account);
}

static bool unpack_infos(struct unpacker *u, struct pp_evidence *evidence)
{
    uint32_t count = (uint32_t)unpack_number_to(u, PP_EVIDENCE_CAPTURES_MAX);
    evidence->captures = calloc(count + 1u, sizeof *evidence->captures);
    evidence->names = arena_create();
    if (!evidence->captures || !evidence->names) return false;
    for (uint32_t i = 0; i < count && !u->failed; i++) unpack_info(u, evidence->names, &evidence->captures[i]);
    evidence->capture_count = count;
    return true;
}

/* --- all of it ------------------------------------------------------------------------------------------------------------ */

bool pp_evidence_write(const struct pp_evidence *evidence, const struct pp_sink *sink)
{
    struct packer packer;
    packer_init(&packer, sink->write, sink->context);
    pack_bytes(&packer, magic, MAGIC_BYTES);
    pack_string(&packer, evidence->origin);
    pack_number(&packer, evidence->first);
    pack_number(&packer, evidence->last);
    pack_number(&packer, evidence->from_ns);
    pack_number(&packer, evidence->until_ns);
    pack_string(&packer, evidence->classes);
    pack_number(&packer, evidence->capture_count);
    for (uint32_t i = 0; i < evidence->capture_count; i++) pack_info(&packer, &evidence->captures[i]);
    flow_pack(evidence->flows, &packer);
    return packer_finish(&packer);
}

static bool unpack_head(struct unpacker *u, struct pp_evidence *evidence)
{
    char found[MAGIC_BYTES];
    unpack_bytes(u, found, sizeof found);
    unpack_string(u, evidence->origin, sizeof evidence->origin);
    evidence->first = (uint32_t)unpack_number_to(u, UINT32_MAX);
    evidence->last = (uint32_t)unpack_number_to(u, UINT32_MAX);
    u->failed |= evidence->last < evidence->first;
    evidence->from_ns = unpack_number(u);
    evidence->until_ns = unpack_number(u);
    unpack_string(u, evidence->classes, CLASSES_SIZE);
    return unpack_infos(u, evidence) && !u->failed;
}

static bool unpack_all(struct unpacker *u, const struct pp_flow_options *options, uint32_t base, struct pp_evidence *evidence)
{
    if (!unpack_head(u, evidence)) return false;
    u->failed |= base + evidence->capture_count > PP_EVIDENCE_CAPTURES_MAX;
    if (u->failed) return false;
    evidence->flows = flow_unpack(u, (struct pack_captures){evidence->capture_count, base}, options);
    u->failed |= evidence->flows && u->cursor.left > 0;
    return evidence->flows && !u->failed;
}

bool pp_evidence_read(const uint8_t *bytes, size_t size, const struct pp_flow_options *options, uint32_t base, struct pp_evidence *out,
                      struct pp_error *error)
{
    struct unpacker unpacker;
    const unsigned failures = memory_failures();
    *out = (struct pp_evidence){0};
    errno = EBADMSG;
    if (size < MAGIC_BYTES || memcmp(bytes, magic, MAGIC_BYTES) != 0)
        return error_at(error, 0, 0, "not evidence of portproof; expected it to begin with portproof/evidence/1");
    if (!unpacker_init(&unpacker, bytes, size))
        return error_at(error, 0, 0, "not whole: the digest at its end is not that of its %zu bytes", size);
    if (options ? unpack_all(&unpacker, options, base, out) : unpack_head(&unpacker, out)) return true;
    pp_evidence_finish(out);
    const bool contradicts = unpacker.failed && memory_failures() == failures;
    errno = contradicts ? EBADMSG : ENOMEM;
    if (!contradicts) return error_at(error, 0, 0, "out of memory");
    return error_offset(error, unpacked(&unpacker), "contradicts itself before byte %" PRIu64, unpacked(&unpacker));
}

void pp_evidence_finish(struct pp_evidence *evidence)
{
    pp_flow_table_destroy(evidence->flows);
    arena_destroy(evidence->names);
    free(evidence->captures);
    *evidence = (struct pp_evidence){0};
}
