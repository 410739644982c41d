/* Any bytes as evidence that somebody kept, with a digest that agrees: read or refused, and what is read can be sorted, joined into
 * itself, written, and read again as the same number of flows. No flow is of a capture
 * that the evidence does not have. */
#include "digest.h"
#include "fuzz.h"
#include "portproof/evidence.h"

static void check_again(const struct kept *out, const struct pp_flow_options *options, size_t flows, uint32_t captures)
{
    const void *bytes = out->bytes;
    struct pp_evidence again;
    struct pp_error error;
    bool read = pp_evidence_read(bytes, out->size, options, 0, &again, &error);
    must(read);
    if (!read) return;
    must(pp_flow_count(again.flows) == flows && again.capture_count == captures);
    pp_evidence_finish(&again);
}

static void check(struct pp_evidence *evidence, const struct pp_flow_options *options)
{
    struct kept out = {0};
    const struct pp_sink sink = {keep, &out};
    size_t count = pp_flow_count(evidence->flows);
    struct pp_flow_table *other = pp_flow_table_create(options);
    must(other);
    if (other) must(pp_flow_table_merge(other, evidence->flows) && pp_flow_table_sort(evidence->flows));
    for (size_t i = 0; i < count; i++) {
        struct pp_flow flow;
        pp_flow_at(evidence->flows, i, &flow);
        must(flow.first_frame == UINT64_MAX || pp_frame_capture(flow.first_frame) < evidence->capture_count);
        must(flow.transport == PP_TCP || flow.transport == PP_UDP);
    }
    (void)pp_flow_activity(evidence->flows);
    bool written = pp_evidence_write(evidence, &sink);
    must(written);
    if (written) check_again(&out, options, count, evidence->capture_count);
    pp_flow_table_destroy(other);
    free(out.bytes);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    struct pp_flow_options options = {.max_flows = 64};
    struct pp_evidence evidence;
    struct pp_error error;
    char hex[DIGEST_HEX_SIZE];
    uint8_t *copy = calloc(1, size + DIGEST_HEX_SIZE - 1);
    if (!copy) return 0;
    if (size) memcpy(copy, bytes, size);
    sha256_hex(copy, size, hex);
    memcpy(copy + size, hex, DIGEST_HEX_SIZE - 1);
    if (pp_evidence_read(copy, size + DIGEST_HEX_SIZE - 1, &options, 0, &evidence, &error)) {
        check(&evidence, &options);
        pp_evidence_finish(&evidence);
    }
    free(copy);
    return 0;
}
