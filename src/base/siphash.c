#define _DEFAULT_SOURCE /* getentropy */
#include "siphash.h"

#include <unistd.h>

struct siphash_key siphash_key_make(void)
{
    struct siphash_key key = {0}; /* the memory sanitizer does not know getentropy */
    if (getentropy(&key, sizeof key) != 0) key = (struct siphash_key){(uintptr_t)&key, (uintptr_t)siphash_key_make};
    return key;
}
