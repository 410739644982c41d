/* Any bytes as a bundle, or as the manifest of one whose archive is good, or as the entries of one whose manifest is good: read, or refused
 * with words; of what is read each file is in one state, bounded, and called by a plain name. The first byte picks. (libarchive is not
 * instrumented: of the archive's own bytes only what gets past it is explored.) */
#include <archive.h>
#include <archive_entry.h>

#include "output.h"
#include "portproof/bundle.h"

enum { RAW, MANIFEST, ENTRIES, WAYS };

static la_ssize_t collect(struct archive *archive, void *context, const void *bytes, size_t size)
{
    (void)archive;
    return keep(context, bytes, size) ? (la_ssize_t)size : -1;
}

static bool add_entry(struct archive *archive, const char *name, unsigned type, const void *bytes, size_t size)
{
    struct archive_entry *entry = archive_entry_new();
    if (!entry) return false;
    archive_entry_copy_pathname(entry, name);
    archive_entry_set_filetype(entry, type);
    archive_entry_set_perm(entry, 0644);
    archive_entry_set_size(entry, (la_int64_t)size);
    bool ok = archive_write_header(archive, entry) == ARCHIVE_OK && (!size || archive_write_data(archive, bytes, size) >= 0);
    archive_entry_free(entry);
    return ok;
}

static const char GOOD[] =
    "{\"schema\": \"portproof/bundle/1\", \"tool\": {\"name\": \"portproof\", \"version\": \"0\"}, \"verdict\": \"x\", "
    "\"made_from\": \"captures\", \"options\": [], \"outside_time\": 0, \"captures\": [], \"files\": "
    "[{\"name\": \"a\", \"bytes\": 1, \"sha256\": \"ca978112ca1bbdcafac231b39a23dc4da786eff8147c4ff4b4c1b1b5dc2f1e4a\"}]}";

/* Entries: a type, a name up to a NUL, how many bytes. */
static void add_entries(struct archive *archive, struct draw in)
{
    static const unsigned types[] = {AE_IFREG, AE_IFREG, AE_IFREG, AE_IFDIR, AE_IFLNK, AE_IFIFO};
    while (in.left) {
        char name[64];
        size_t length = 0;
        uint8_t type = next8(&in);
        for (uint8_t byte; length < sizeof name - 1 && (byte = next8(&in)) != 0;) name[length++] = (char)byte;
        name[length] = '\0';
        size_t size = next8(&in) % 200;
        if (size > in.left) size = in.left;
        if (types[type % 6] != AE_IFREG) size = 0;
        if (!add_entry(archive, name, types[type % 6], in.at, size)) break;
        in.at += size;
        in.left -= size;
    }
}

static struct kept make_archive(unsigned way, struct draw in)
{
    struct kept out = {0};
    struct archive *archive = archive_write_new();
    if (!archive || archive_write_set_format_ustar(archive) != ARCHIVE_OK || archive_write_add_filter_none(archive) != ARCHIVE_OK ||
        archive_write_set_bytes_per_block(archive, 512) != ARCHIVE_OK ||
        archive_write_open(archive, &out, NULL, collect, NULL) != ARCHIVE_OK) {
        archive_write_free(archive);
        return out;
    }
    if (way == MANIFEST) {
        add_entry(archive, PP_BUNDLE_MANIFEST, AE_IFREG, in.at, in.left);
        add_entry(archive, "a", AE_IFREG, "a", 1);
        add_entry(archive, "report.json", AE_IFREG, "{}", 2);
    } else {
        add_entry(archive, PP_BUNDLE_MANIFEST, AE_IFREG, GOOD, sizeof GOOD - 1);
        add_entries(archive, in);
    }
    archive_write_close(archive);
    archive_write_free(archive);
    return out;
}

static void check_bundle(const struct pp_bundle *bundle)
{
    must(bundle->file_count <= 2 * PP_BUNDLE_FILES_MAX && bundle->manifest && bundle->tool_version && bundle->verdict);
    for (size_t i = 0; i < bundle->file_count; i++) {
        const struct pp_bundle_file *file = &bundle->files[i];
        const struct pp_bundle_file *found = pp_bundle_find(bundle, file->name);
        must(file->name && file->bytes && file->state <= PP_NOT_THERE && (found == NULL) == (file->state == PP_NOT_THERE));
        must(!found || found->size == file->size);
        if (file->state != PP_NOT_THERE) must(file->name[0] && !strchr(file->name, '/') && strcmp(file->name, "..") != 0);
    }
    for (size_t i = 0; i < bundle->option_count; i++) must(bundle->options[i]);
    for (size_t i = 0; i < bundle->capture_count; i++) must(bundle->captures[i].name && bundle->captures[i].sha256);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    struct pp_error error = {.text = ""};
    if (!size) return 0;
    struct draw in = {bytes + 1, size - 1};
    struct kept made = {0};
    const void *archive = in.at;
    size_t archive_size = in.left;
    if (bytes[0] % WAYS != RAW) {
        made = make_archive(bytes[0] % WAYS, in);
        archive = made.bytes;
        archive_size = made.size;
    }
    struct pp_bundle *bundle = archive ? pp_bundle_read(archive, archive_size, &error) : NULL;
    if (bundle)
        check_bundle(bundle);
    else
        must(!archive || (error.text[0] && is_harmless(error.text, strlen(error.text), "")));
    pp_bundle_destroy(bundle);
    free(made.bytes);
    return 0;
}
