/* What every unit test includes: cmocka with the headers it wants before it, and small helpers. */
#ifndef SUPPORT_TESTING_H
#define SUPPORT_TESTING_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/** A test; its name is the sentence. */
#define TEST(name) static void name(__attribute__((unused)) void **state)

/** Read a whole file; aborts the test when it cannot. Free the result. */
char *read_file(const char *path, size_t *size);
/** A heap copy of exactly `size` bytes, so that the sanitizer sees the first byte read past the end. Free it. */
uint8_t *exact_copy(const void *bytes, size_t size);

#endif
