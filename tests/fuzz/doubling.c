/* Between libFuzzer and a target in the build `fuzz-quadratic`: no input may cost more than in proportion to its length.
 *
 * An input is a place, a length and bytes. The piece there is repeated until there are 8, 16, 32 and 64 KiB, and each of these is run with
 * its work counted: every load and store of instrumented code, and the bytes that memcpy and its like go over (ld --wrap). That count is
 * the same on every machine, however busy. When twice the input costs more than three times the work more, twice in a row, with at least
 * WORK_LEAST for every byte, the target aborts: n log n stays below that, and a limit that is passed once shows once. Libraries that are
 * not instrumented (libyaml, jansson, zlib) are seen by the processor's time of this thread instead: the same rule, for tens of
 * milliseconds and more, the least of three runs. */
#define _POSIX_C_SOURCE 199309L
#include <time.h>

#include "fuzz.h"

int fuzz_target(const uint8_t *bytes, size_t size);
size_t LLVMFuzzerMutate(uint8_t *bytes, size_t size, size_t most);
size_t LLVMFuzzerCustomMutator(uint8_t *bytes, size_t size, size_t most, unsigned seed);

enum { HEADER = 4, SIZES = 4, SMALLEST = 8 << 10, WORK_LEAST = 64, GROWTH = 3, TIMES = 3 };
static const uint64_t SLOW_NS = 60 * 1000000;

static uint64_t work;

#define COUNTER(name, type)                                                                                                                \
    void name(type *at);                                                                                                                   \
    void name(type *at)                                                                                                                    \
    {                                                                                                                                      \
        (void)at;                                                                                                                          \
        work++;                                                                                                                            \
    }
COUNTER(__sanitizer_cov_load1, uint8_t)
COUNTER(__sanitizer_cov_load2, uint16_t)
COUNTER(__sanitizer_cov_load4, uint32_t)
COUNTER(__sanitizer_cov_load8, uint64_t)
COUNTER(__sanitizer_cov_load16, __int128)
COUNTER(__sanitizer_cov_store1, uint8_t)
COUNTER(__sanitizer_cov_store2, uint16_t)
COUNTER(__sanitizer_cov_store4, uint32_t)
COUNTER(__sanitizer_cov_store8, uint64_t)
COUNTER(__sanitizer_cov_store16, __int128)

#define WRAP(type, name, ...)                                                                                                              \
    type __real_##name(__VA_ARGS__);                                                                                                       \
    type __wrap_##name(__VA_ARGS__);                                                                                                       \
    type __wrap_##name(__VA_ARGS__)
enum { BYTES_AT_ONCE = 16 };
WRAP(void *, memcpy, void *to, const void *from, size_t n) { return work += n / BYTES_AT_ONCE, __real_memcpy(to, from, n); }
WRAP(void *, memmove, void *to, const void *from, size_t n) { return work += n / BYTES_AT_ONCE, __real_memmove(to, from, n); }
WRAP(int, memcmp, const void *a, const void *b, size_t n) { return work += n / BYTES_AT_ONCE, __real_memcmp(a, b, n); }
WRAP(void *, memchr, const void *at, int byte, size_t n) { return work += n / BYTES_AT_ONCE, __real_memchr(at, byte, n); }
WRAP(size_t, strlen, const char *text)
{
    size_t n = __real_strlen(text);
    work += n / BYTES_AT_ONCE;
    return n;
}

static uint64_t thread_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

struct cost {
    uint64_t work, ns;
};

/* The input with the piece repeated until it is of this size. */
static struct cost cost_of(const uint8_t *bytes, size_t size, size_t at, size_t length, size_t wanted, unsigned times)
{
    uint8_t *grown = malloc(wanted + size);
    struct cost cost = {0, UINT64_MAX};
    if (!grown) exit(1);
    size_t n = at;
    memcpy(grown, bytes, at);
    while (n + (size - at) < wanted && length) {
        memcpy(grown + n, bytes + at, length);
        n += length;
    }
    memcpy(grown + n, bytes + at, size - at);
    for (unsigned i = 0; i < times; i++) {
        uint64_t before = thread_ns();
        work = 0;
        fuzz_target(grown, n + size - at);
        cost.work = work;
        uint64_t ns = thread_ns() - before;
        if (ns < cost.ns) cost.ns = ns;
    }
    free(grown);
    return cost;
}

static bool grows_too_fast(const uint64_t cost[SIZES])
{
    for (unsigned i = 2; i < SIZES; i++)
        if (cost[i] <= cost[i - 1] || cost[i - 1] <= cost[i - 2] || cost[i] - cost[i - 1] <= GROWTH * (cost[i - 1] - cost[i - 2]))
            return false;
    return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    static bool warm;
    uint64_t works[SIZES], times[SIZES];
    if (size <= HEADER) return 0;
    size_t at = (size_t)(bytes[0] << 8 | bytes[1]) % (size - HEADER),
           length = 1u + (size_t)(bytes[2] << 8 | bytes[3]) % (size - HEADER - at);
    bytes += HEADER;
    size -= HEADER;
    if (!warm) fuzz_target(bytes, size); /* what is made once for all inputs */
    warm = true;
    for (unsigned i = 0; i < SIZES; i++) {
        struct cost cost = cost_of(bytes, size, at, length, (size_t)SMALLEST << i, 1);
        works[i] = cost.work;
        times[i] = cost.ns;
    }
    const size_t largest = (size_t)SMALLEST << (SIZES - 1);
    if (works[SIZES - 1] / largest >= WORK_LEAST && grows_too_fast(works)) {
        fprintf(stderr, "work grows too fast: %lu %lu %lu %lu\n", works[0], works[1], works[2], works[3]);
        abort();
    }
    if (times[SIZES - 1] < SLOW_NS || !grows_too_fast(times)) return 0;
    for (unsigned i = 0; i < SIZES; i++) times[i] = cost_of(bytes, size, at, length, (size_t)SMALLEST << i, TIMES).ns;
    if (times[SIZES - 1] < SLOW_NS || !grows_too_fast(times)) return 0;
    fprintf(stderr, "time grows too fast: %lu %lu %lu %lu ns\n", times[0], times[1], times[2], times[3]);
    abort();
}

/* Half of the time a piece of the input is doubled, or another one is to be repeated; else as libFuzzer does. */
size_t LLVMFuzzerCustomMutator(uint8_t *bytes, size_t size, size_t most, unsigned seed)
{
    if (size <= HEADER || seed & 1) return LLVMFuzzerMutate(bytes, size, most);
    if (seed & 2) { /* pieces are short more often than not: an element of a list, an option, a header */
        uint32_t dice = seed * 2654435761u;
        size_t place = (dice >> 8) % (size - HEADER), behind = size - HEADER - place, most_piece = dice & 3 && behind > 16 ? 16 : behind;
        size_t piece = (dice >> 20) % most_piece;
        const uint8_t header[HEADER] = {(uint8_t)(place >> 8), (uint8_t)place, (uint8_t)(piece >> 8), (uint8_t)piece};
        memcpy(bytes, header, HEADER);
        return size;
    }
    size_t at = HEADER + (seed >> 2) % (size - HEADER), length = 1 + (seed >> 10) % (size - at);
    if (size + length > most) return LLVMFuzzerMutate(bytes, size, most);
    memmove(bytes + at + length, bytes + at, size - at);
    return size + length;
}
