/* A source: the bytes of a capture as a window that a reader looks into and steps through.
 *
 * A plain file is mapped and the window is the whole of it; nothing is copied. A compressed or streamed capture has a
 * window that slides: peek() reads on until what is asked for is whole and contiguous. Sliding moves bytes, so while
 * frames that point into the window are with the caller (`held`) peek() refuses and says `waiting` instead; the reader
 * then ends its batch and is called again. A reader must therefore peek a record whole before it takes any of it. */
#ifndef CAPTURE_SOURCE_H
#define CAPTURE_SOURCE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

#include "digest.h"
#include "portproof/base.h"

struct hasher;
struct inflater;
struct pump;

/* A mapped file as it was when it was opened. */
struct opened {
    struct stat as;
    atomic_bool gone; /* it has less by now, and reads as zeros there (guard.h) */
    int guard;        /* of the mapping of the whole */
};

/* The bytes as stored. */
struct input {
    const uint8_t *at; /* not consumed yet */
    size_t left;
    const uint8_t *map; /* the whole file; NULL when streaming */
    size_t map_size;
    struct opened *opened; /* `map` is ours; NULL: it is not, or there is none */
    int fd;                /* streaming; -1: none */
    uint8_t *chunk;
    uint64_t read_bytes; /* of a stream */
    bool ended, hashing;
    struct digest digest;  /* of a stream, as it is read */
    struct hasher *hasher; /* of a mapped file; NULL: none */
};

struct source {
    const uint8_t *bytes; /* the window */
    size_t size, at;
    uint64_t base;   /* place of bytes[0] in the decompressed stream */
    bool held;       /* the window must not move */
    bool waiting;    /* the last peek failed only because of that */
    bool ended;      /* no byte will follow the window */
    bool cut;        /* ... because compressed data ends early */
    bool failed;     /* ... because of `error` */
    uint8_t *buffer; /* owns the window unless mapped */
    size_t room;
    struct input input;
    struct inflater *inflater; /* NULL: as stored, or the pump's */
    struct pump *pump;         /* decompresses ahead, and has the input; NULL: nothing to decompress, or no thread for it */
    const char *compression;
    struct pp_error error;
};

/** Open a path or "-". false: source->error. In either case source_close frees it. */
bool source_open(struct source *source, const char *path, bool hash);
/** Of a file that was opened before: the source's from here on. -1: it could not be opened, errno says why. */
bool source_open_descriptor(struct source *source, int descriptor, bool hash);
bool source_open_memory(struct source *source, const uint8_t *bytes, size_t size, bool hash);
void source_close(struct source *source);

/** The slow half of peek. */
const uint8_t *source_fill(struct source *source, size_t n);

/** The next `n` bytes, contiguous, without stepping past them. NULL: fewer are left, or `waiting`. */
static inline const uint8_t *peek(struct source *source, size_t n)
{
    return n <= source->size - source->at ? source->bytes + source->at : source_fill(source, n);
}

/** Step past bytes that peek has shown. */
static inline void advance(struct source *source, size_t n) { source->at += n; }

static inline uint64_t source_offset(const struct source *source) { return source->base + source->at; }
static inline size_t source_left(const struct source *source) { return source->size - source->at; }

/** Bytes as stored: how many there are (of a stream: were read), and how far the reader is in them. */
uint64_t source_bytes(const struct source *source);
uint64_t source_position(const struct source *source);
/** SHA-256 of the bytes as stored; empty when not asked for, or when a stream was not read to its end. */
void source_digest(struct source *source, char out[DIGEST_HEX_SIZE]);

/** Whether bytes of a mapped file were no longer there when they were read. */
static inline bool source_gone(const struct source *source) { return source->input.opened && atomic_load(&source->input.opened->gone); }
/** What happened to a mapped file since it was opened, in words for an error; NULL: nothing. */
const char *source_changed(const struct source *source, char *out, size_t size);

/** More stored bytes; false at the end, or on failure (source->failed). */
bool input_more(struct source *source);

#endif
