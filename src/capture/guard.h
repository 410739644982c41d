/* A mapped file that shrinks raises SIGBUS where its bytes are read. Mappings that are under guard read as zeros from there on, and say so.
 *
 * A signal's handler belongs to the whole process, so a library must not take it unasked: pp_capture_guard installs it
 * (portproof/capture.h). What is not under guard goes on to the handler that was there before. */
#ifndef CAPTURE_GUARD_H
#define CAPTURE_GUARD_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

enum {
    GUARDS_MAX = 4096, /* mappings at a time: windows, and files that are open; further ones are not under guard */
    NO_GUARD = -1,
};

/** Put a mapping under guard; *gone becomes true when its file has less. Returns its number, or NO_GUARD. */
int guard_add(const void *map, size_t size, atomic_bool *gone);
/** Before it is unmapped. Takes NO_GUARD. */
void guard_remove(int guard);

#endif
