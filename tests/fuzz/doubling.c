/* Between libFuzzer and a target in the build `fuzz-quadratic`: no input may cost more than in proportion to its length.
 *
 * An input is a place, a length and bytes (or, for seeds, four bytes of ones: every element of a list, every line). The piece there is
 * repeated until there are 1, 2 … 64 KiB, and each of these is run with its work counted: every load and store of instrumented code,
 * and the bytes that memcpy and its like go over (ld --wrap). That count is the same on every machine, however busy. When twice the input
 * costs more than three times the work more, twice in a row, with at least WORK_LEAST for every byte, the target aborts: n log n stays
 * below that, and a limit that is passed once shows once. Libraries that are not instrumented (libyaml, jansson, zlib) are seen by the
 * processor's time of this thread instead: the same rule, for tens of milliseconds and more, the least of three runs. */
#define _POSIX_C_SOURCE 199309L
#include <time.h>

#include "fuzz.h"

int fuzz_target(const uint8_t *bytes, size_t size);
size_t LLVMFuzzerMutate(uint8_t *bytes, size_t size, size_t most);
size_t LLVMFuzzerCustomMutator(uint8_t *bytes, size_t size, size_t most, unsigned seed);

enum { HEADER = 4, SIZES = 7, LOOKED_AT = 4, SMALLEST = 1 << 10, SHORT = 256, WORK_LEAST = 64, GROWTH = 3, TIMES = 3 };
static const uint64_t SLOW_NS = 60 * 1000000, ENOUGH_NS = 250 * 1000000;

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

/* Of the last LOOKED_AT sizes. */
static bool grows_too_fast(const uint64_t *cost, unsigned sizes)
{
    if (sizes < LOOKED_AT) return false;
    for (unsigned i = sizes - LOOKED_AT + 2; i < sizes; i++)
        if (cost[i] <= cost[i - 1] || cost[i - 1] <= cost[i - 2] || cost[i] - cost[i - 1] <= GROWTH * (cost[i - 1] - cost[i - 2]))
            return false;
    return true;
}

/* The place behind the next byte that ends something in JSON, YAML or a list of names. */
static size_t behind_separator(const uint8_t *bytes, size_t size, size_t from)
{
    while (from < size && !(bytes[from] < 0x80 && strchr(",[\n", bytes[from]))) from++;
    return from < size ? from + 1 : size;
}

static void check_piece(const uint8_t *bytes, size_t size, size_t at, size_t length)
{
    uint64_t works[SIZES], times[SIZES] = {0};
    unsigned n = 0;
    for (; n < SIZES && (n == 0 || times[n - 1] < ENOUGH_NS); n++) { /* what takes long shows before the largest */
        struct cost cost = cost_of(bytes, size, at, length, (size_t)SMALLEST << n, 1);
        works[n] = cost.work;
        times[n] = cost.ns;
    }
    if (works[n - 1] / ((size_t)SMALLEST << (n - 1)) >= WORK_LEAST && grows_too_fast(works, n)) {
        fprintf(stderr, "work grows too fast: %lu %lu %lu, %zu bytes at %zu\n", works[n - 3], works[n - 2], works[n - 1], length, at);
        abort();
    }
    if (times[n - 1] < SLOW_NS || !grows_too_fast(times, n)) return;
    for (unsigned i = 0; i < n; i++) times[i] = cost_of(bytes, size, at, length, (size_t)SMALLEST << i, TIMES).ns;
    if (times[n - 1] < SLOW_NS || !grows_too_fast(times, n)) return;
    fprintf(stderr, "time grows too fast: %lu %lu %lu ns, %zu bytes at %zu\n", times[n - 3], times[n - 2], times[n - 1], length, at);
    abort();
}

/* Every piece between two separators of a short input. */
static void check_elements(const uint8_t *bytes, size_t size)
{
    for (size_t at = 0, end; at < size; at = end) {
        end = behind_separator(bytes, size, at);
        check_piece(bytes, size, at, end - at);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    static const uint8_t all_elements[HEADER] = {0xff, 0xff, 0xff, 0xff};
    static bool warm;
    if (size <= HEADER) return 0;
    const uint8_t *header = bytes;
    bytes += HEADER;
    size -= HEADER;
    if (!warm) fuzz_target(bytes, size); /* what is made once for all inputs */
    warm = true;
    if (memcmp(header, all_elements, HEADER) == 0 && size <= SHORT) {
        check_elements(bytes, size);
        return 0;
    }
    size_t at = (size_t)(header[0] << 8 | header[1]) % size;
    check_piece(bytes, size, at, 1u + (size_t)(header[2] << 8 | header[3]) % (size - at));
    return 0;
}

/* Half of the time a piece of the input is doubled, or another one is to be repeated; else as libFuzzer does. */
size_t LLVMFuzzerCustomMutator(uint8_t *bytes, size_t size, size_t most, unsigned seed)
{
    if (size <= HEADER || seed & 1) return LLVMFuzzerMutate(bytes, size, most);
    if (seed & 2) {
        uint32_t dice = seed * 2654435761u;
        size_t place = (dice >> 8) % (size - HEADER), behind = size - HEADER - place, most_piece = dice & 1 && behind > 16 ? 16 : behind;
        size_t piece = (dice >> 20) % most_piece;
        if (dice & 2) { /* an element of a list, a line */
            const uint8_t *text = bytes + HEADER;
            size_t begins = behind_separator(text, size - HEADER, place), ends = behind_separator(text, size - HEADER, begins + piece);
            if (ends > begins) place = begins, piece = ends - begins - 1;
        }
        const uint8_t header[HEADER] = {(uint8_t)(place >> 8), (uint8_t)place, (uint8_t)(piece >> 8), (uint8_t)piece};
        memcpy(bytes, header, HEADER);
        return size;
    }
    size_t at = HEADER + (seed >> 2) % (size - HEADER), length = 1 + (seed >> 10) % (size - at);
    if (size + length > most) return LLVMFuzzerMutate(bytes, size, most);
    memmove(bytes + at + length, bytes + at, size - at);
    return size + length;
}
