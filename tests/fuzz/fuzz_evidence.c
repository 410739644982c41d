/* Any bytes as evidence that somebody kept, with a digest that agrees: read or refused, and what is read can be sorted, joined into
 * itself, written, and read again as the same number of flows. */
#include <stdlib.h>
#include <string.h>

#include "digest.h"
#include "portproof/evidence.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct written {
    uint8_t *bytes;
    size_t size;
};

static bool append(void *context, const char *bytes, size_t size)
{
    struct written *w = context;
    uint8_t *larger = realloc(w->bytes, w->size + size + 1);
    if (!larger) abort();
    memcpy(larger + w->size, bytes, size);
    w->bytes = larger;
    w->size += size;
    return true;
}

static void check(struct pp_evidence *evidence, const struct pp_flow_options *options)
{
    struct written out = {0};
    struct pp_sink sink = {append, &out};
    struct pp_evidence again;
    struct pp_error error;
    size_t count = pp_flow_count(evidence->flows);
    struct pp_flow_table *other = pp_flow_table_create(options);
    if (!other || !pp_flow_table_merge(other, evidence->flows) || !pp_flow_table_sort(evidence->flows)) abort();
    for (size_t i = 0; i < count; i++) {
        struct pp_flow flow;
        pp_flow_at(evidence->flows, i, &flow);
    }
    (void)pp_flow_activity(evidence->flows);
    if (!pp_evidence_write(evidence, &sink) || !pp_evidence_read(out.bytes, out.size, options, 0, &again, &error)) abort();
    if (pp_flow_count(again.flows) != count || again.capture_count != evidence->capture_count) abort();
    pp_evidence_finish(&again);
    pp_flow_table_destroy(other);
    free(out.bytes);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct pp_flow_options options = {.max_flows = 64};
    struct pp_evidence evidence;
    struct pp_error error;
    char hex[DIGEST_HEX_SIZE];
    uint8_t *bytes = malloc(size + DIGEST_HEX_SIZE);
    if (!bytes) return 0;
    if (size) memcpy(bytes, data, size);
    sha256_hex(bytes, size, hex);
    memcpy(bytes + size, hex, DIGEST_HEX_SIZE - 1);
    if (pp_evidence_read(bytes, size + DIGEST_HEX_SIZE - 1, &options, 0, &evidence, &error)) {
        check(&evidence, &options);
        pp_evidence_finish(&evidence);
    }
    free(bytes);
    return 0;
}
