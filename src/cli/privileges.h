/* What the program gives up once its devices are open, before the first packet is read: packets come from anyone, and whoever
 * found a mistake in reading them should find nothing to use it for.
 *
 *   capabilities    all but CAP_NET_RAW: an interface that was removed and made again has to be opened again
 *   no_new_privs    no program run from here gains any
 *   Landlock        no file can be opened but to read what the system says of network devices and the folders of the rules and the site,
 *                   and to write in the folders of the output and the state; no TCP; no other process to signal
 *   seccomp         system calls that listening, judging and writing a report need, and no others: no exec, no new socket but a
 *                   packet socket; with `http` also what serving connections needs, to a socket that listens already
 */
#ifndef CLI_PRIVILEGES_H
#define CLI_PRIVILEGES_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>

enum { PRIVILEGES_TEXT_MAX = 256 };

/** What is needed later on, and therefore kept. NULL: nothing of the kind. */
struct privileges_kept {
    const char *output;       /* a file that is written, aside and renamed */
    const char *folder;       /* a folder in which files are written, aside and renamed */
    const char *state;        /* a folder in which files are read and written */
    const char *rules, *site; /* files that are read again when SIGHUP asks for it */
    bool http;                /* connections are accepted and answered */
};

/** The folder that a file is in; of a name without one the current folder. Returns `folder`. */
char *folder_of(const char *path, char folder[PATH_MAX]);

/** false: something of the above could not be done; `missing` says what, and all the rest is done. There is no way back. */
bool drop_privileges(const struct privileges_kept *kept, char missing[PRIVILEGES_TEXT_MAX]);

#endif
