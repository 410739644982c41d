/* Any two texts as reports to compare. The input is split at its first NUL. */
#include <string.h>

#include "portproof/compare.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const uint8_t *cut = memchr(data, 0, size);
    size_t first = cut ? (size_t)(cut - data) : size;
    struct pp_error error;
    unsigned which;
    pp_comparison_destroy(pp_compare((const char *)data, first, (const char *)data + (cut ? first + 1 : 0), cut ? size - first - 1 : first,
                                     NULL, 0, &error, &which));
    return 0;
}
