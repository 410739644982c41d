/* What the program gives up once all that it was told to use is open, before the first byte of it is read: packets and files come from
 * anyone, and whoever found a mistake in reading them should find nothing to use it for.
 *
 *   capabilities    all; but CAP_NET_RAW for live, since an interface that was removed and made again has to be opened again
 *   no_new_privs    no program run from here gains any
 *   Landlock        no file can be opened but what was granted, and what the system says of processors and network devices; no TCP; no
 *                   other process to signal
 *   seccomp         system calls that reading, judging and writing a report need, and no others: no exec, no socket; for live a packet
 *                   socket; with `http` also what serving connections needs, to a socket that listens already
 */
#ifndef CLI_PRIVILEGES_H
#define CLI_PRIVILEGES_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>

enum { PRIVILEGES_TEXT_MAX = 256 };

enum grant_kind {
    GRANT_READ,         /* a file, or whatever is below a folder */
    GRANT_READ_BESIDE,  /* what is in the folder that a file is in */
    GRANT_REPLACE,      /* a file that is open already is given its name in the folder of the name */
    GRANT_WRITE_BESIDE, /* files are written, aside and renamed, in the folder that a file is in */
    GRANT_WRITE,        /* files are written in a folder */
    GRANT_READ_WRITE    /* files are read and written in a folder */
};

struct grant {
    enum grant_kind kind;
    const char *path;
};

/** What is needed later on, and therefore kept. */
struct privileges_kept {
    struct grant *grants; /* malloc'd by privileges_grant */
    size_t grant_count, grant_room;
    bool failed;                                /* memory was out; drop_privileges says so */
    bool live;                                  /* packet sockets are opened */
    bool http;                                  /* connections are accepted and answered */
    bool (*begin_apart)(bool (*confine)(void)); /* NULL, or begins a process that is asked later on, and confines itself by this */
};

/** One more; `path` is borrowed until drop_privileges. NULL and "-" grant nothing. */
void privileges_grant(struct privileges_kept *kept, enum grant_kind kind, const char *path);

/** The folder that a file is in; of a name without one the current folder. Returns `folder`. */
char *folder_of(const char *path, char folder[PATH_MAX]);

/** Frees the grants. false: something of the above could not be done; `missing` says what, and all the rest is done. There is no way
 * back. To be called before the process has threads. */
bool drop_privileges(struct privileges_kept *kept, char missing[PRIVILEGES_TEXT_MAX]);

#endif
