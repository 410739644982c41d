/* Site text: whatever is accepted is written as a site that is accepted again and is written the same. */
#include "fuzz.h"
#include "portproof/site.h"

static void check_again(const struct pp_spec *spec, const char *first, size_t first_size)
{
    struct pp_error error;
    char *second = NULL;
    size_t second_size = 0;
    struct pp_site *again = pp_site_parse(first, first_size, spec, &error);
    must(again && pp_site_write(again, spec, NULL, &second, &second_size));
    must(second && first_size == second_size && memcmp(first, second, first_size) == 0);
    free(second);
    pp_site_destroy(again);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    static struct pp_spec *spec;
    struct pp_error error;
    const void *text = bytes;
    char *first = NULL;
    size_t first_size = 0;
    if (!spec) {
        bool before = memory_pause(true);
        spec = pp_spec_parse(pp_builtin_rules, pp_builtin_rules_size, &error);
        memory_pause(before);
    }
    struct pp_site *site = pp_site_parse(text, size, spec, &error);
    if (!site) return 0;
    bool written = pp_site_write(site, spec, NULL, &first, &first_size);
    must(written);
    if (written) check_again(spec, first, first_size);
    free(first);
    pp_site_destroy(site);
    return 0;
}
