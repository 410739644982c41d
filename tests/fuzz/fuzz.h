/* What every fuzz target shares: its one function, the bytes of its input as values, and must(), which says what has to hold.
 *
 * In the build `fuzz-memory` allocations fail at random. There a target must neither crash nor leak, but what it computes may be
 * incomplete from the first failure on: must() is then silent, so every target goes on, or frees what it has, where something is NULL. */
#ifndef FUZZ_H
#define FUZZ_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

/* failing_memory.c has them in the build `fuzz-memory`; elsewhere they are not there. */
extern bool fuzz_memory_failed(void) __attribute__((weak));
extern bool fuzz_memory_pause(bool pause) __attribute__((weak));

/** Whether some memory could not be had since this input began. */
static inline bool memory_is_out(void) { return fuzz_memory_failed && fuzz_memory_failed(); }
/** While what is made once for all inputs is made, memory is there. Returns what was before. */
static inline bool memory_pause(bool pause) { return fuzz_memory_pause ? fuzz_memory_pause(pause) : false; }

/* A table of few flows is a few pages of a large stretch; with huge pages clearing it is all that a target would do. */
__attribute__((constructor)) static void use_small_pages(void) { prctl(PR_SET_THP_DISABLE, 1, 0, 0, 0); }

/** The claim a target makes. */
#define must(holds)                                                                                                                        \
    do {                                                                                                                                   \
        if (!(holds) && !memory_is_out()) {                                                                                                \
            fprintf(stderr, "%s:%d: does not hold: %s\n", __FILE__, __LINE__, #holds);                                                     \
            abort();                                                                                                                       \
        }                                                                                                                                  \
    } while (0)

/** An input as values; past its end all are zero. */
struct draw {
    const uint8_t *at;
    size_t left;
};

static inline uint8_t next8(struct draw *in)
{
    if (!in->left) return 0;
    in->left--;
    return *in->at++;
}
static inline uint16_t next16(struct draw *in)
{
    unsigned high = next8(in);
    return (uint16_t)(high << 8 | next8(in));
}
static inline uint32_t next32(struct draw *in)
{
    uint32_t high = next16(in);
    return high << 16 | next16(in);
}

/** Bytes that something writes, all of them. */
struct kept {
    char *bytes; /* NUL-terminated once anything was kept */
    size_t size, room;
};

static inline bool keep(void *context, const char *bytes, size_t size)
{
    struct kept *kept = context;
    if (kept->size + size + 1 > kept->room) {
        size_t room = (kept->size + size + 1) * 2;
        char *larger = realloc(kept->bytes, room);
        if (!larger) return false;
        kept->bytes = larger;
        kept->room = room;
    }
    if (size) memcpy(kept->bytes + kept->size, bytes, size);
    kept->size += size;
    kept->bytes[kept->size] = '\0';
    return true;
}

#endif
