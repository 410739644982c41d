/* Site text: whatever is accepted is written as a site that is accepted again and is written the same. */
#include <stdlib.h>
#include <string.h>

#include "portproof/site.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    static struct pp_spec *spec;
    struct pp_error error;
    const void *text = bytes;
    if (!spec) spec = pp_spec_parse(pp_builtin_rules, pp_builtin_rules_size, &error);
    struct pp_site *site = pp_site_parse(text, size, spec, &error);
    if (!site) return 0;
    char *first, *second;
    size_t first_size, second_size;
    if (!pp_site_write(site, spec, NULL, &first, &first_size)) abort();
    struct pp_site *again = pp_site_parse(first, first_size, spec, &error);
    if (!again || !pp_site_write(again, spec, NULL, &second, &second_size)) abort();
    if (first_size != second_size || memcmp(first, second, first_size) != 0) abort();
    free(first);
    free(second);
    pp_site_destroy(again);
    pp_site_destroy(site);
    return 0;
}
