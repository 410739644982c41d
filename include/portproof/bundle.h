/* bundle: what is needed to check a verdict later, in one .tar.gz: reports, evidence, rules, site, and a manifest with the SHA-256 of each
 * and of the captures. Equal contents are equal bytes, whenever they are written. */
#ifndef PORTPROOF_BUNDLE_H
#define PORTPROOF_BUNDLE_H

#include "portproof/base.h"

enum {
    PP_BUNDLE_FILES_MAX = 32,      /* a bundle with more is refused */
    PP_BUNDLE_BYTES_MAX = 1 << 30, /* of all its files, unpacked; a larger one is refused */
    PP_BUNDLE_RATIO_MAX = 200, /* likewise one that unpacks to more than so many times its size, so that a small archive fills no memory */
    PP_BUNDLE_MANIFEST_MAX = 4 << 20 /* likewise of its manifest */
};
#define PP_BUNDLE_MANIFEST "manifest.json"

/** What the manifest says of a file, and the archive has. */
enum pp_bundled { PP_AS_LISTED, PP_OTHER_BYTES, PP_NOT_LISTED, PP_NOT_THERE };

struct pp_bundle_file {
    const char *name; /* without folders */
    const char *bytes;
    size_t size;
    enum pp_bundled state; /* when read */
};

struct pp_bundle_capture {
    const char *name; /* as the report has it */
    uint64_t bytes;
    const char *sha256; /* "": not known */
};

struct pp_bundle {
    const char *tool_version;
    const char *verdict;        /* as in the report: for whoever opens the archive by hand */
    const char *const *options; /* that change meaning, as on the command line: "--filter=tcp" */
    size_t option_count;
    uint64_t outside_time;              /* packets that --from and --to left out */
    bool from_captures;                 /* else from evidence that was merged, and the captures are only named */
    pp_time_ns last_ns;                 /* the last packet, which is the date of the files; 0: none */
    struct pp_bundle_capture *captures; /* in the order in which they were read */
    size_t capture_count;
    struct pp_bundle_file *files;
    size_t file_count;
    const char *manifest; /* when read: its text */
    void *memory;         /* when read */
};

/** Write it. Everything is borrowed. false: *error says that memory is out, or that the sink stopped. */
bool pp_bundle_write(const struct pp_bundle *bundle, const struct pp_sink *sink, struct pp_error *error);

/** The manifest of these contents, JSON of schema portproof/bundle/1; malloc'd. NULL: out of memory. */
char *pp_bundle_manifest(const struct pp_bundle *bundle);

/** Read one from the bytes of an archive, which are borrowed for the call alone. Nothing is written to disk; an archive may hold anything.
 * Files that the manifest names and the archive lacks are there with PP_NOT_THERE. NULL: *error says what was found and expected. */
struct pp_bundle *pp_bundle_read(const char *bytes, size_t size, struct pp_error *error);
void pp_bundle_destroy(struct pp_bundle *bundle); /* one that was read; takes NULL */

/** A file of it by name; NULL: it has none, or only the manifest does. */
const struct pp_bundle_file *pp_bundle_find(const struct pp_bundle *bundle, const char *name);

#endif
