/* The archive: ustar in gzip, without a time, an owner or a folder, so that equal contents are equal bytes. What is read may come from
 * anyone: of libarchive's many formats only these two are switched on, nothing is unpacked to disk, and sizes are bounded before memory is
 * asked for. */
#include "portproof/bundle.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "arena.h"
#include "clock.h"
#include "error.h"
#include "manifest.h"
#include "memory.h"
#include "text.h"

enum { FILE_MODE = 0644, READ_BYTES = 1 << 16 };

/* --- writing ------------------------------------------------------------------------------------------------------------- */

static la_ssize_t to_sink(struct archive *archive, void *context, const void *bytes, size_t size)
{
    const struct pp_sink *sink = context;
    if (sink->write(sink->context, bytes, size)) return (la_ssize_t)size;
    archive_set_error(archive, EIO, "cannot write it");
    return -1;
}

static bool add_file(struct archive *archive, const char *name, const char *bytes, size_t size, pp_time_ns time)
{
    struct archive_entry *entry = archive_entry_new();
    if (!entry) return false;
    archive_entry_set_pathname(entry, name);
    archive_entry_set_filetype(entry, AE_IFREG);
    archive_entry_set_perm(entry, FILE_MODE);
    archive_entry_set_size(entry, (la_int64_t)size);
    archive_entry_set_mtime(entry, (time_t)(time / NS_PER_S), 0);
    bool ok = archive_write_header(archive, entry) == ARCHIVE_OK && archive_write_data(archive, bytes, size) == (la_ssize_t)size;
    archive_entry_free(entry);
    return ok;
}

static bool open_writer(struct archive *archive, const struct pp_sink *sink)
{
    return archive_write_set_format_ustar(archive) == ARCHIVE_OK && archive_write_add_filter_gzip(archive) == ARCHIVE_OK &&
           archive_write_set_filter_option(archive, "gzip", "timestamp", NULL) == ARCHIVE_OK &&
           archive_write_set_bytes_in_last_block(archive, 1) == ARCHIVE_OK && /* no zeros behind its end */
           archive_write_open(archive, (void *)(uintptr_t)sink, NULL, to_sink, NULL) == ARCHIVE_OK;
}

bool pp_bundle_write(const struct pp_bundle *bundle, const struct pp_sink *sink, struct pp_error *error)
{
    char *manifest = pp_bundle_manifest(bundle);
    struct archive *archive = memory_is_left() ? archive_write_new() : NULL;
    bool ok = manifest && archive && open_writer(archive, sink) &&
              add_file(archive, PP_BUNDLE_MANIFEST, manifest, strlen(manifest), bundle->last_ns);
    for (size_t i = 0; ok && i < bundle->file_count; i++)
        ok = add_file(archive, bundle->files[i].name, bundle->files[i].bytes, bundle->files[i].size, bundle->last_ns);
    ok = ok && archive_write_close(archive) == ARCHIVE_OK;
    if (!ok) {
        const char *why = archive ? archive_error_string(archive) : NULL;
        error_at(error, 0, 0, "%s", why ? why : "out of memory");
    }
    archive_write_free(archive);
    free(manifest);
    return ok;
}

/* --- reading ------------------------------------------------------------------------------------------------------------- */

/* What libarchive says may quote the archive. */
static bool refuse(struct pp_error *error, struct archive *archive)
{
    enum { SAFE_MAX = 200 };
    char safe[SAFE_MAX];
    const char *why = archive_error_string(archive);
    escape_into(safe, sizeof safe, why ? why : "cannot read it", strlen(why ? why : "cannot read it"));
    return error_at(error, 0, 0, "not a bundle: %s; expected a .tar.gz that portproof wrote with --bundle", safe);
}

/* All of the current entry, at most `most` bytes; malloc'd. Sizes in headers are not believed. */
static bool read_entry(struct archive *archive, size_t most, struct text *out, struct pp_error *error)
{
    for (;;) {
        char *room = text_room(out, READ_BYTES);
        la_ssize_t got = room ? archive_read_data(archive, room, READ_BYTES) : 0;
        if (!room) return error_at(error, 0, 0, "out of memory");
        if (got < 0) return refuse(error, archive);
        text_end(out, room + got);
        if (got == 0) return true;
        if (out->length > most)
            return error_at(error, 0, 0, "its files are larger than %zu bytes, far too large for an archive of this size", most);
    }
}

static bool name_is_plain(const char *name)
{
    return name && *name && !strchr(name, '/') && strcmp(name, ".") != 0 && strcmp(name, "..") != 0;
}

/* Keep the entry that the archive stands before; the manifest goes to `manifest`. */
static bool take_entry(struct archive *archive, struct archive_entry *entry, struct pp_bundle *bundle, struct text *manifest, size_t *left,
                       struct pp_error *error)
{
    const char *name = archive_entry_pathname(entry);
    if (!name_is_plain(name) || archive_entry_filetype(entry) != AE_IFREG)
        return error_at(error, 0, 0, "an entry that is not a plain file without a folder; expected only such");
    if (strcmp(name, PP_BUNDLE_MANIFEST) == 0 && !manifest->length) return read_entry(archive, PP_BUNDLE_MANIFEST_MAX, manifest, error);
    if (bundle_file(bundle, name) || strcmp(name, PP_BUNDLE_MANIFEST) == 0)
        return error_at(error, 0, 0, "two files of the same name; expected each once");
    if (bundle->file_count == PP_BUNDLE_FILES_MAX)
        return error_at(error, 0, 0, "more than %d files; expected no more", PP_BUNDLE_FILES_MAX);
    struct text text;
    text_init(&text);
    bool ok = read_entry(archive, *left, &text, error);
    struct pp_bundle_file file = {.size = text.length, .state = PP_NOT_LISTED};
    if (ok) file.name = arena_copy(bundle->memory, name, strlen(name));
    if (ok) file.bytes = arena_copy(bundle->memory, text.bytes ? text.bytes : "", text.length);
    if (ok && (!file.name || !file.bytes)) ok = error_at(error, 0, 0, "out of memory");
    *left -= ok ? text.length : 0;
    text_finish(&text);
    if (ok) bundle->files[bundle->file_count++] = file;
    return ok;
}

/* So much may come out of an archive of this size. */
static size_t unpacked_most(size_t size)
{
    enum { SMALL = 1 << 20 };
    return size < PP_BUNDLE_BYTES_MAX / PP_BUNDLE_RATIO_MAX ? SMALL + size * PP_BUNDLE_RATIO_MAX : PP_BUNDLE_BYTES_MAX;
}

static bool read_archive(struct archive *archive, const char *bytes, size_t size, struct pp_bundle *bundle, struct text *manifest,
                         struct pp_error *error)
{
    size_t left = unpacked_most(size);
    struct archive_entry *entry;
    if (archive_read_support_format_tar(archive) != ARCHIVE_OK || archive_read_support_filter_gzip(archive) != ARCHIVE_OK)
        return error_at(error, 0, 0, "out of memory");
    if (archive_read_open_memory(archive, bytes, size) != ARCHIVE_OK) return refuse(error, archive);
    /* Where its memory runs out, libarchive writes through NULL, or takes a name for another. */
    while (memory_is_left() || error_at(error, 0, 0, "out of memory")) {
        int got = archive_read_next_header(archive, &entry);
        if (got == ARCHIVE_EOF)
            return manifest->length > 0 ||
                   error_at(error, 0, 0, "no " PP_BUNDLE_MANIFEST " in it; expected a .tar.gz that portproof wrote with --bundle");
        if (got != ARCHIVE_OK) return refuse(error, archive);
        if (!take_entry(archive, entry, bundle, manifest, &left, error)) return false;
    }
    return false;
}

struct pp_bundle *pp_bundle_read(const char *bytes, size_t size, struct pp_error *error)
{
    struct arena *arena = arena_create();
    struct pp_bundle *bundle = arena ? arena_alloc(arena, sizeof *bundle) : NULL;
    struct archive *archive = bundle && memory_is_left() ? archive_read_new() : NULL;
    struct text manifest;
    text_init(&manifest);
    if (archive) {
        bundle->memory = arena;
        bundle->files = arena_alloc(arena, 2 * PP_BUNDLE_FILES_MAX * sizeof *bundle->files);
    }
    bool ok = (archive && bundle->files) || error_at(error, 0, 0, "out of memory");
    ok = ok && read_archive(archive, bytes, size, bundle, &manifest, error) &&
         manifest_read(manifest.bytes, manifest.length, arena, bundle, error);
    if (ok && !(bundle->manifest = arena_copy(arena, manifest.bytes, manifest.length))) ok = error_at(error, 0, 0, "out of memory");
    text_finish(&manifest);
    archive_read_free(archive);
    if (ok) return bundle;
    arena_destroy(arena);
    return NULL;
}

void pp_bundle_destroy(struct pp_bundle *bundle)
{
    if (bundle) arena_destroy(bundle->memory);
}

const struct pp_bundle_file *pp_bundle_find(const struct pp_bundle *bundle, const char *name)
{
    const struct pp_bundle_file *file = bundle_file(bundle, name);
    return file && file->state != PP_NOT_THERE ? file : NULL;
}
