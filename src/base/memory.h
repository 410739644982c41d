/* Memory that could not be had, counted for the whole process. What is made of many small texts and values cannot ask each of them whether
 * it is whole: whoever hands it on compares the count with that of before. */
#ifndef BASE_MEMORY_H
#define BASE_MEMORY_H

#include <stdbool.h>
#include <stddef.h>

/** Some memory could not be had, and something is not whole because of it. */
void memory_failed(void);
/** How often so far, in all threads. */
unsigned memory_failures(void);
/** malloc, which counts. */
void *memory_take(size_t size);
/** Whether 4 MiB could be had now: to be asked before a library that does not survive its memory running out, and takes less. */
bool memory_is_left(void);

#endif
