#include "memory.h"

#include <stdatomic.h>
#include <stdlib.h>

static atomic_uint failures;

void memory_failed(void) { atomic_fetch_add_explicit(&failures, 1, memory_order_relaxed); }

unsigned memory_failures(void) { return atomic_load_explicit(&failures, memory_order_relaxed); }

void *memory_take(size_t size)
{
    void *memory = malloc(size);
    if (!memory) memory_failed();
    return memory;
}

bool memory_is_left(void)
{
    enum { ENOUGH = 4 << 20 };
    void *volatile memory = malloc(ENOUGH); /* volatile: a compiler may leave out what nobody looks at */
    if (!memory) return false;
    free(memory);
    return true;
}
