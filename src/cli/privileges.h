/* What the program gives up once its devices are open, before the first packet is read: packets come from anyone, and whoever
 * found a mistake in reading them should find nothing to use it for.
 *
 *   capabilities    all but CAP_NET_RAW: an interface that was removed and made again has to be opened again
 *   no_new_privs    no program run from here gains any
 *   Landlock        no file can be opened but to read what the system says of network devices, and to write in the folders that
 *                   are named; no TCP; no other process to signal
 *   seccomp         system calls that listening, judging and writing a report need, and no others: no exec, no new socket but a
 *                   packet socket
 */
#ifndef CLI_PRIVILEGES_H
#define CLI_PRIVILEGES_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>

enum { PRIVILEGES_TEXT_MAX = 256 };

/** What is kept. */
struct access {
    const char *const *writable; /* folders in which files may be made, written, renamed and removed */
    size_t writable_count;
};

/** The folder that a file is in; of a name without one the current folder. Returns `folder`. */
char *folder_of(const char *path, char folder[PATH_MAX]);

/** false: something of the above could not be done; `missing` says what, and all
 * the rest is done. There is no way back. */
bool drop_privileges(const struct access *access, char missing[PRIVILEGES_TEXT_MAX]);

#endif
