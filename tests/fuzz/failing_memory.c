/* Between libFuzzer and a target in the build `fuzz-memory`: allocations fail at random. The first two bytes of an input are the seed and
 * how often: each allocation fails with a chance of one in 2^(0..7), or from one number on all of them do; the rest is the target's. Only
 * calls of our own objects are wrapped (ld --wrap), and jansson's and libarchive's not: their failures are tests/hostile/faults'. */
#define _GNU_SOURCE
#include <errno.h>
#include <stdarg.h>
#include <stddef.h>
#include <sys/mman.h>

#include "fuzz.h"

int fuzz_target(const uint8_t *bytes, size_t size);

static _Thread_local bool failing, failed; /* other threads' (decompression, judging) memory is there */
static uint64_t state;
static uint32_t mask, from, calls;

bool fuzz_memory_failed(void) { return failed; }

bool fuzz_memory_pause(bool pause)
{
    bool before = !failing;
    failing = !pause;
    return before;
}

static bool fails(void)
{
    if (!failing) return false;
    state = state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    bool now = from ? ++calls >= from : !(state >> 40 & mask);
    failed |= now;
    if (now) errno = ENOMEM;
    return now;
}

#define WRAP(type, name, ...)                                                                                                              \
    type __real_##name(__VA_ARGS__);                                                                                                       \
    type __wrap_##name(__VA_ARGS__);                                                                                                       \
    type __wrap_##name(__VA_ARGS__)

WRAP(void *, malloc, size_t size) { return fails() ? NULL : __real_malloc(size); }
WRAP(void *, calloc, size_t count, size_t size) { return fails() ? NULL : __real_calloc(count, size); }
WRAP(void *, realloc, void *old, size_t size) { return fails() ? NULL : __real_realloc(old, size); }
WRAP(void *, aligned_alloc, size_t alignment, size_t size) { return fails() ? NULL : __real_aligned_alloc(alignment, size); }
WRAP(char *, strdup, const char *text) { return fails() ? NULL : __real_strdup(text); }
WRAP(void *, mmap, void *at, size_t size, int protection, int flags, int descriptor, off_t offset)
{
    return descriptor < 0 && fails() ? MAP_FAILED : __real_mmap(at, size, protection, flags, descriptor, offset);
}
int __wrap_asprintf(char **out, const char *format, ...);
int __wrap_asprintf(char **out, const char *format, ...)
{
    va_list args;
    if (fails()) return -1;
    va_start(args, format);
    int length = vasprintf(out, format, args);
    va_end(args);
    return length;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    if (size < 2) return 0;
    state = (uint64_t)bytes[0] << 32 | bytes[1];
    mask = (1u << (bytes[1] & 7)) - 1;
    from = bytes[1] & 8 ? 1u + bytes[0] : 0;
    calls = 0;
    failed = false;
    failing = bytes[1] != 0xff; /* with this seed none fails */
    int result = fuzz_target(bytes + 2, size - 2);
    failing = false;
    return result;
}
