/* Rules text: whatever is accepted exports to YAML that is accepted again and means the same. */
#include <stdlib.h>
#include <string.h>

#include "portproof/spec.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    struct pp_error error;
    const void *text = bytes;
    struct pp_spec *spec = pp_spec_parse(text, size, &error);
    if (!spec) return 0;
    char *yaml, *json, *json_again;
    size_t yaml_size, json_size, again_size;
    if (!pp_spec_export(spec, PP_SPEC_YAML, &yaml, &yaml_size) || !pp_spec_export(spec, PP_SPEC_JSON, &json, &json_size)) abort();
    struct pp_spec *again = pp_spec_parse(yaml, yaml_size, &error);
    if (!again) abort();
    memcpy(again->sha256, spec->sha256, sizeof again->sha256);
    if (!pp_spec_export(again, PP_SPEC_JSON, &json_again, &again_size)) abort();
    if (json_size != again_size || memcmp(json, json_again, json_size) != 0) abort();
    free(yaml);
    free(json);
    free(json_again);
    pp_spec_destroy(again);
    pp_spec_destroy(spec);
    return 0;
}
