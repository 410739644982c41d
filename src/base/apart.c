#define _GNU_SOURCE
#include "apart.h"

#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

static const size_t MESSAGE_MOST = 16 << 20;

bool apart_begin(struct apart *apart, int kind, void (*serve)(int from, void *context), void *context)
{
    int ends[2];
    if (socketpair(AF_UNIX, kind | SOCK_CLOEXEC, 0, ends) != 0) return false;
    apart->socket = ends[0];
    apart->process = fork();
    if (apart->process == 0) {
        (void)close_range(STDERR_FILENO + 1, (unsigned)ends[1] - 1, 0);
        (void)close_range((unsigned)ends[1] + 1, UINT_MAX, 0);
        signal(SIGINT, SIG_IGN);
        signal(SIGTERM, SIG_IGN);
        signal(SIGPIPE, SIG_IGN);
        serve(ends[1], context);
        _exit(0);
    }
    int why = errno;
    close(ends[1]);
    if (apart->process < 0) close(ends[0]);
    errno = why;
    return apart->process > 0;
}

void apart_end(struct apart *apart, bool wait)
{
    close(apart->socket);
    while (wait && waitpid(apart->process, NULL, 0) < 0 && errno == EINTR) continue;
}

void apart_limit(unsigned seconds)
{
    const struct itimerval timer = {.it_value = {.tv_sec = seconds}};
    signal(SIGPROF, SIG_DFL);
    (void)setitimer(ITIMER_PROF, &timer, NULL);
}

static bool send_all(int to, const void *bytes, size_t size)
{
    const char *from = bytes;
    for (ssize_t sent; size; from += sent, size -= (size_t)sent) {
        sent = send(to, from, size, MSG_NOSIGNAL);
        if (sent < 0 && errno == EINTR) sent = 0;
        if (sent < 0) return false;
    }
    return true;
}

static bool receive_all(int from, void *bytes, size_t size)
{
    char *to = bytes;
    for (ssize_t got; size; to += got, size -= (size_t)got) {
        got = recv(from, to, size, 0);
        if (got == 0 || (got < 0 && errno != EINTR)) return false;
        if (got < 0) got = 0;
    }
    return true;
}

bool apart_send(int to, const void *bytes, size_t size)
{
    return size && size <= MESSAGE_MOST && send_all(to, &size, sizeof size) && send_all(to, bytes, size);
}

void *apart_receive(int from, size_t *size)
{
    if (!receive_all(from, size, sizeof *size) || !*size || *size > MESSAGE_MOST) return NULL;
    void *bytes = malloc(*size);
    if (bytes && receive_all(from, bytes, *size)) return bytes;
    free(bytes);
    return NULL;
}
