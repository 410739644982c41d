#include "inflate.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#define ZLIB_CONST /* so that next_in may point at a read-only map */
#include <zlib.h>
#include <zstd.h>

#include "error.h"
#include "load.h"
#include "source.h"

struct inflater {
    size_t (*read)(struct inflater *inflater, struct source *source, uint8_t *out, size_t room);
    z_stream zlib;
    ZSTD_DStream *zstd;
    bool between; /* members or frames: the data may end here */
};

static void stop(struct source *source, const char *text, const char *detail)
{
    source->ended = source->failed = true;
    error_offset(&source->error, source_bytes(source) - source->input.left, "%s%s", text, detail);
}

/* The stored bytes are at an end: a good one only between members. */
static void at_end(const struct inflater *inflater, struct source *source)
{
    source->ended = true;
    if (source->failed || inflater->between) return;
    source->cut = true;
    stop(source, source->compression, " data ends early: the file was cut");
}

/* After a member may come another, or zeros up to a block boundary (tape, some writers). Anything else is noted. */
static bool next_member(struct inflater *inflater, struct source *source)
{
    struct input *input = &source->input;
    for (;;) {
        if (!input_more(source)) {
            at_end(inflater, source);
            return false;
        }
        if (*input->at) break;
        input->at++;
        input->left--;
    }
    if (*input->at != 0x1f) {
        stop(source, "bytes after the gzip data do not belong to it and were ignored", "");
        return false;
    }
    inflateReset(&inflater->zlib);
    inflater->between = false;
    return true;
}

static size_t gzip_read(struct inflater *inflater, struct source *source, uint8_t *out, size_t room)
{
    z_stream *zlib = &inflater->zlib;
    struct input *input = &source->input;
    if (inflater->between && !next_member(inflater, source)) return 0;
    if (!input_more(source)) {
        at_end(inflater, source);
        return 0;
    }
    uInt in = input->left < UINT_MAX ? (uInt)input->left : UINT_MAX;
    uInt want = room < UINT_MAX ? (uInt)room : UINT_MAX;
    zlib->next_in = input->at;
    zlib->avail_in = in;
    zlib->next_out = out;
    zlib->avail_out = want;
    int status = inflate(zlib, Z_NO_FLUSH);
    input->at += in - zlib->avail_in;
    input->left -= in - zlib->avail_in;
    if (status == Z_STREAM_END)
        inflater->between = true;
    else if (status != Z_OK && status != Z_BUF_ERROR)
        stop(source, "corrupt gzip data: ", zlib->msg ? zlib->msg : "not deflated");
    return want - zlib->avail_out;
}

static size_t zstd_read(struct inflater *inflater, struct source *source, uint8_t *out, size_t room)
{
    struct input *input = &source->input;
    /* A full window may have left decompressed bytes inside, so without input ask once more before calling it the end. */
    bool more = input_more(source);
    ZSTD_inBuffer from = {input->at, more ? input->left : 0, 0};
    ZSTD_outBuffer to = {out, room, 0};
    if (!more && inflater->between) {
        at_end(inflater, source);
        return 0;
    }
    size_t status = ZSTD_decompressStream(inflater->zstd, &to, &from);
    input->at += from.pos;
    input->left -= from.pos;
    if (ZSTD_isError(status)) {
        stop(source, "corrupt zstd data: ", ZSTD_getErrorName(status));
    } else {
        inflater->between = status == 0;
        if (!more && to.pos == 0) at_end(inflater, source);
    }
    return to.pos;
}

const char *inflater_recognise(const uint8_t *bytes, size_t size)
{
    if (size >= 2 && bytes[0] == 0x1f && bytes[1] == 0x8b) return "gzip";
    if (size < 4) return NULL;
    uint32_t magic = load_le32(bytes);
    return magic == ZSTD_MAGICNUMBER || (magic & ZSTD_MAGIC_SKIPPABLE_MASK) == ZSTD_MAGIC_SKIPPABLE_START ? "zstd" : NULL;
}

struct inflater *inflater_create(const char *compression)
{
    struct inflater *inflater = calloc(1, sizeof *inflater);
    if (!inflater) return NULL;
    bool ready;
    if (strcmp(compression, "gzip") == 0) {
        inflater->read = gzip_read;
        ready = inflateInit2(&inflater->zlib, 15 + 16) == Z_OK; /* the largest window; a gzip header, nothing else */
    } else {
        inflater->read = zstd_read;
        inflater->zstd = ZSTD_createDStream();
        ready = inflater->zstd;
    }
    if (ready) return inflater;
    inflater_destroy(inflater);
    return NULL;
}

void inflater_destroy(struct inflater *inflater)
{
    if (!inflater) return;
    if (inflater->read == gzip_read) inflateEnd(&inflater->zlib);
    ZSTD_freeDStream(inflater->zstd);
    free(inflater);
}

size_t inflater_read(struct inflater *inflater, struct source *source, uint8_t *out, size_t room)
{
    return inflater->read(inflater, source, out, room);
}
