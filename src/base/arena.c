#include "arena.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "memory.h"

#ifdef ARENA_ONE_BY_ONE /* each a block of its own: any of them can fail, and what lies beside it is nobody's */
enum { BLOCK_BYTES = 0 };
#else
enum { BLOCK_BYTES = 16384 };
#endif

struct block {
    struct block *next;
    size_t used, size;
    max_align_t bytes[];
};

struct arena {
    struct block *blocks;
    bool failed;
};

struct arena *arena_create(void) { return calloc(1, sizeof(struct arena)); }

void arena_destroy(struct arena *arena)
{
    if (!arena) return;
    while (arena->blocks) {
        struct block *next = arena->blocks->next;
        free(arena->blocks);
        arena->blocks = next;
    }
    free(arena);
}

static void *give_up(struct arena *arena)
{
    memory_failed();
    arena->failed = true;
    return NULL;
}

void *arena_alloc(struct arena *arena, size_t size)
{
    size_t align = _Alignof(max_align_t);
    if (size > SIZE_MAX / 2) return give_up(arena);
    size = (size + align - 1) & ~(align - 1);
    struct block *block = arena->blocks;
    if (!block || block->size - block->used < size) {
        size_t room = size > BLOCK_BYTES ? size : BLOCK_BYTES;
        block = calloc(1, sizeof *block + room);
        if (!block) return give_up(arena);
        block->size = room;
        block->next = arena->blocks;
        arena->blocks = block;
    }
    void *out = (char *)block->bytes + block->used;
    block->used += size;
    return out;
}

char *arena_copy(struct arena *arena, const char *text, size_t length)
{
    char *out = arena_alloc(arena, length + 1);
    if (out && length) memcpy(out, text, length);
    return out;
}

static char *format_into(struct arena *arena, const char *format, va_list args)
{
    va_list again;
    va_copy(again, args);
    int length = vsnprintf(NULL, 0, format, args);
    char *out = length < 0 ? NULL : arena_alloc(arena, (size_t)length + 1);
    if (out) vsnprintf(out, (size_t)length + 1, format, again);
    va_end(again);
    return out;
}

char *arena_format(struct arena *arena, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    char *out = format_into(arena, format, args);
    va_end(args);
    return out;
}

const char *arena_words(struct arena *arena, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    const char *out = format_into(arena, format, args);
    va_end(args);
    return out ? out : "";
}

bool arena_failed(const struct arena *arena) { return arena->failed; }
