/* A process apart, for what may take its process with it: a library that does not survive its memory running out, a command to be run. It
 * is begun while processes may still be made, and ends when nobody can ask it any more. Ctrl-C is for whoever asks. */
#ifndef BASE_APART_H
#define BASE_APART_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct apart {
    int socket;
    pid_t process;
};

/** Begin one, on a socket of `kind`, SOCK_STREAM or SOCK_SEQPACKET: it calls `serve` with its own end of it, which is all that is open
 * there beside standard input, output and errors, and ends. false, with errno: it could not be had. */
bool apart_begin(struct apart *apart, int kind, void (*serve)(int from, void *context), void *context);
/** Nobody asks any more; `wait`: until it has ended. */
void apart_end(struct apart *apart, bool wait);

/** In it: end when it has taken so much processor time from now on. */
void apart_limit(unsigned seconds);

/* Over SOCK_STREAM, in either direction: a size, and as many bytes. Never raises SIGPIPE. */

/** false: the other end is gone. */
bool apart_send(int to, const void *bytes, size_t size);
/** The bytes, to be freed; at least one. NULL: the other end is gone, or memory ran out. */
void *apart_receive(int from, size_t *size);

#endif
