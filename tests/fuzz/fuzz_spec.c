/* Rules text: whatever is accepted exports to YAML that is accepted again and means the same, by its JSON. A port index can be compiled
 * from it, and answers for any port. */
#include "fuzz.h"
#include "portproof/spec.h"

static void check_again(const struct pp_spec *spec, const char *yaml, size_t yaml_size)
{
    struct pp_error error;
    char *json = NULL, *json_again = NULL;
    size_t json_size = 0, again_size = 0;
    struct pp_spec *again = pp_spec_parse(yaml, yaml_size, &error);
    must(again);
    if (again) {
        memcpy(again->sha256, spec->sha256, sizeof again->sha256);
        must(pp_spec_export(spec, PP_SPEC_JSON, &json, &json_size));
        must(pp_spec_export(again, PP_SPEC_JSON, &json_again, &again_size));
        must(json && json_again && json_size == again_size && memcmp(json, json_again, json_size) == 0);
    }
    free(json);
    free(json_again);
    pp_spec_destroy(again);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    struct pp_error error;
    const void *text = bytes;
    char *yaml = NULL;
    size_t yaml_size = 0;
    struct pp_spec *spec = pp_spec_parse(text, size, &error);
    if (!spec) return 0;
    bool written = pp_spec_export(spec, PP_SPEC_YAML, &yaml, &yaml_size);
    must(written);
    if (written) check_again(spec, yaml, yaml_size);
    free(yaml);
    struct pp_port_index *ports = pp_port_index_create(spec);
    must(ports);
    for (unsigned port = 0; ports && port < 65536; port += 1 + port / 8) {
        (void)pp_port_class(ports, PP_TCP, (uint16_t)port);
        (void)pp_port_class(ports, PP_UDP, (uint16_t)port);
    }
    pp_port_index_destroy(ports);
    pp_spec_destroy(spec);
    return 0;
}
