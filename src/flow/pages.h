/* Memory for many random accesses. */
#ifndef FLOW_PAGES_H
#define FLOW_PAGES_H

#include <stddef.h>

enum { PAGES_HUGE = 2 * 1024 * 1024 }; /* from this size on the kernel is asked for pages of this size */

/** Zeroed memory, aligned to a cache line. Large pieces are aligned so that the kernel can give huge pages, which spare most of
 * the address translations (a hint only; nothing depends on it), and are zeroed as they are touched, not here. NULL: none left. */
void *pages_take(size_t size);
/** Give back what pages_take(size) gave; takes NULL. */
void pages_give(void *memory, size_t size);

#endif
