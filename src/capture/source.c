#define _DEFAULT_SOURCE /* mmap, madvise */
#include "source.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "error.h"
#include "guard.h"
#include "hasher.h"
#include "inflate.h"
#include "pump.h"

enum {
    CHUNK_BYTES = 256 * 1024,  /* read from a stream at once */
    WINDOW_BYTES = 1024 * 1024 /* where a sliding window begins; it grows to the largest record met, no further */
};

static bool refuse(struct source *source, uint64_t offset, const char *text, const char *detail)
{
    source->failed = source->ended = true;
    return error_offset(&source->error, offset, "%s%s", text, detail);
}

bool input_more(struct source *source)
{
    struct input *input = &source->input;
    if (input->left) return true;
    if (input->ended || input->map || input->fd < 0) { /* a mapped file was all there from the beginning */
        input->ended = true;
        return false;
    }
    ssize_t got;
    do got = read(input->fd, input->chunk, CHUNK_BYTES);
    while (got < 0 && errno == EINTR);
    if (got < 0) return refuse(source, input->read_bytes, "cannot read: ", strerror(errno));
    if (got == 0) {
        input->ended = true;
        return false;
    }
    input->at = input->chunk;
    input->left = (size_t)got;
    input->read_bytes += (size_t)got;
    if (input->hashing) digest_add(&input->digest, input->chunk, (size_t)got);
    return true;
}

/* Decide by the first bytes whether to decompress, and whether there is a window at all or the map is it. */
static bool begin(struct source *source)
{
    struct input *input = &source->input;
    if (!input_more(source)) {
        return source->failed ? false : refuse(source, 0, "empty file: 0 bytes; expected a pcap or pcapng capture", "");
    }
    source->compression = inflater_recognise(input->at, input->left);
    if (input->map && !source->compression) {
        source->bytes = input->map;
        source->size = input->map_size;
        source->ended = true;
        return true;
    }
    source->buffer = malloc(WINDOW_BYTES);
    source->room = WINDOW_BYTES;
    source->bytes = source->buffer;
    if (source->compression) source->inflater = inflater_create(source->compression);
    if (!source->buffer || (source->compression && !source->inflater)) return refuse(source, 0, "out of memory", "");
    if (source->inflater) source->pump = pump_create(source);
    return true;
}

static bool map_file(struct source *source, const struct stat *as)
{
    struct input *input = &source->input;
    size_t size = (size_t)as->st_size;
    struct opened *opened = calloc(1, sizeof *opened);
    void *map = opened ? mmap(NULL, size, PROT_READ, MAP_PRIVATE, input->fd, 0) : MAP_FAILED;
    if (map == MAP_FAILED) return free(opened), false;
    (void)madvise(map, size, MADV_SEQUENTIAL); /* a hint; without it the file is read all the same */
    opened->as = *as;
    opened->guard = guard_add(map, size, &opened->gone);
    input->map = input->at = map;
    input->map_size = input->left = size;
    input->opened = opened; /* and the descriptor stays open, for windows */
    if (input->hashing) input->hasher = hasher_create(input->fd, size);
    return true;
}

static void init(struct source *source, bool hash)
{
    *source = (struct source){.input = {.fd = -1, .hashing = hash}};
    if (hash) digest_init(&source->input.digest);
}

bool source_open_descriptor(struct source *source, int descriptor, bool hash)
{
    int why = errno;
    init(source, hash);
    struct input *input = &source->input;
    struct stat status;
    input->fd = descriptor;
    if (input->fd < 0) return refuse(source, UINT64_MAX, "cannot open: ", strerror(why));
    if (fstat(input->fd, &status) != 0) return refuse(source, UINT64_MAX, "cannot open: ", strerror(errno));
    if (S_ISDIR(status.st_mode)) return refuse(source, UINT64_MAX, "is a directory; expected a capture file", "");
    bool mappable = S_ISREG(status.st_mode) && status.st_size > 0 && (uint64_t)status.st_size <= SIZE_MAX / 2 &&
                    input->fd != STDIN_FILENO; /* that may stand in mid-file */
    if (mappable && map_file(source, &status)) return begin(source);
    input->chunk = malloc(CHUNK_BYTES);
    if (!input->chunk) return refuse(source, 0, "out of memory", "");
    return begin(source);
}

bool source_open(struct source *source, const char *path, bool hash)
{
    return source_open_descriptor(source, strcmp(path, "-") == 0 ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC), hash);
}

bool source_open_memory(struct source *source, const uint8_t *bytes, size_t size, bool hash)
{
    init(source, hash);
    source->input.map = source->input.at = bytes;
    source->input.map_size = source->input.left = size;
    return begin(source);
}

void source_close(struct source *source)
{
    struct input *input = &source->input;
    pump_destroy(source->pump);
    hasher_destroy(input->hasher);
    if (input->opened) {
        guard_remove(input->opened->guard);
        munmap((void *)(uintptr_t)input->map, input->map_size);
        free(input->opened);
    }
    if (input->fd >= 0 && input->fd != STDIN_FILENO) close(input->fd);
    free(input->chunk);
    free(source->buffer);
    inflater_destroy(source->inflater);
}

/* Room for at least one more byte. The window doubles only when it is full, so that a length that lies allocates nothing. */
static bool make_room(struct source *source)
{
    if (source->size < source->room) return true;
    uint8_t *larger = realloc(source->buffer, source->room * 2);
    if (!larger) return refuse(source, source_offset(source), "out of memory", "");
    source->bytes = source->buffer = larger;
    source->room *= 2;
    return true;
}

static void append_stored(struct source *source)
{
    struct input *input = &source->input;
    if (!input_more(source)) {
        source->ended = true;
        return;
    }
    size_t room = source->room - source->size, n = input->left < room ? input->left : room;
    memcpy(source->buffer + source->size, input->at, n);
    source->size += n;
    input->at += n;
    input->left -= n;
}

const uint8_t *source_fill(struct source *source, size_t n)
{
    source->waiting = source->held && !source->ended;
    if (source->held || source->ended) return NULL;
    if (source->at) {
        source->size -= source->at;
        memmove(source->buffer, source->buffer + source->at, source->size);
        source->base += source->at;
        source->at = 0;
    }
    while (source->size < n && !source->ended) {
        if (!make_room(source)) break;
        uint8_t *free_at = source->buffer + source->size;
        if (source->pump)
            source->size += pump_read(source->pump, source, free_at, source->room - source->size);
        else if (source->inflater)
            source->size += inflater_read(source->inflater, source, free_at, source->room - source->size);
        else
            append_stored(source);
    }
    return source->size >= n ? source->bytes : NULL;
}

uint64_t source_bytes(const struct source *source)
{
    if (source->pump) return pump_bytes(source->pump);
    return source->input.map ? source->input.map_size : source->input.read_bytes;
}

uint64_t source_position(const struct source *source)
{
    if (source->pump) return pump_position(source->pump);
    if (source->input.map && !source->compression) return source->at;
    return source_bytes(source) - source->input.left;
}

void source_digest(struct source *source, char out[DIGEST_HEX_SIZE])
{
    struct input *input = &source->input;
    out[0] = '\0';
    if (source->pump) {
        pump_digest(source->pump, out);
        return;
    }
    if (!input->hashing) return;
    if (input->hasher) {
        hasher_digest(input->hasher, out);
        return;
    }
    if (input->map)
        digest_add(&input->digest, input->map, input->map_size);
    else if (!input->ended)
        return;
    digest_hex(&input->digest, out);
    input->hashing = false;
}

const char *source_changed(const struct source *source, char *out, size_t size)
{
    if (source->pump) return pump_changed(source->pump, out, size);
    const struct opened *opened = source->input.opened;
    struct stat now;
    if (!opened || fstat(source->input.fd, &now) != 0) return NULL;
    const struct stat *as = &opened->as;
    long long was = as->st_size, is = now.st_size;
    if (is < was)
        snprintf(out, size, "it shrank from %lld to %lld bytes while it was read", was, is);
    else if (is > was)
        snprintf(out, size, "it grew from %lld to %lld bytes while it was read", was, is);
    else if (atomic_load(&opened->gone))
        snprintf(out, size, "some of its %lld bytes could not be read", was);
    else if (as->st_mtim.tv_sec != now.st_mtim.tv_sec || as->st_mtim.tv_nsec != now.st_mtim.tv_nsec)
        snprintf(out, size, "it was written to while it was read");
    else if (now.st_nlink == 0 && as->st_nlink > 0)
        snprintf(out, size, "it was removed, or another put in its place, while it was read");
    else
        return NULL;
    return out;
}
