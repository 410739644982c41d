#define _GNU_SOURCE
#include "hook.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "apart.h"
#include "cli.h"
#include "clock.h"

enum { LINE_MOST = 64 * 1024 };
static const uint64_t MINUTE_NS = 60 * UINT64_C(1000000000);

struct hook {
    struct apart apart; /* is sent messages, each a number of findings left out before it and a line */
    uint32_t left_out;
};

/* --- the child --------------------------------------------------------------------------------------------------------- */

/* Whether another run is within bounds: the ring holds when the last HOOK_RUNS_A_MINUTE ones began. */
static bool may_run(uint64_t runs[HOOK_RUNS_A_MINUTE], unsigned *next)
{
    uint64_t now = steady_ns();
    if (runs[*next] && now - runs[*next] < MINUTE_NS) return false;
    runs[*next] = now + !now;
    *next = (*next + 1) % HOOK_RUNS_A_MINUTE;
    return true;
}

static void exec_command(const char *command, int input, uint32_t suppressed)
{
    char number[16];
    snprintf(number, sizeof number, "%u", suppressed);
    dup2(input, STDIN_FILENO);
    setenv("PORTPROOF_SUPPRESSED", number, 1);
    execl("/bin/sh", "sh", "-c", command, (char *)NULL);
    _exit(127);
}

/* A command that does not read its input to the end is no mistake. */
static void feed(int to, const char *line, size_t size)
{
    for (ssize_t wrote; size; line += wrote, size -= (size_t)wrote) {
        wrote = write(to, line, size);
        if (wrote < 0 && errno == EINTR) wrote = 0;
        if (wrote < 0) return;
    }
}

static void run(const char *command, const char *line, size_t size, uint32_t suppressed)
{
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0) return;
    pid_t child = fork();
    if (child == 0) exec_command(command, ends[0], suppressed);
    close(ends[0]);
    if (child > 0) feed(ends[1], line, size);
    close(ends[1]);
    while (child > 0 && waitpid(child, NULL, 0) < 0 && errno == EINTR) continue;
}

struct what {
    const char *command;
    bool silent;
};

static void serve(int from, void *context)
{
    const struct what *what = context;
    static char message[sizeof(uint32_t) + LINE_MOST];
    uint64_t runs[HOOK_RUNS_A_MINUTE] = {0};
    unsigned next = 0;
    uint32_t suppressed = 0, before;
    int nowhere = what->silent ? open("/dev/null", O_WRONLY | O_CLOEXEC) : -1;
    for (int shown = STDOUT_FILENO; nowhere >= 0 && shown <= STDERR_FILENO; shown++) dup2(nowhere, shown);
    for (ssize_t got; (got = recv(from, message, sizeof message, 0)) != 0;) {
        if (got < (ssize_t)sizeof before) continue; /* interrupted */
        memcpy(&before, message, sizeof before);
        suppressed += before;
        if (!may_run(runs, &next)) {
            suppressed++;
            continue;
        }
        run(what->command, message + sizeof before, (size_t)got - sizeof before, suppressed);
        suppressed = 0;
    }
}

/* --- who listens ------------------------------------------------------------------------------------------------------- */

struct hook *hook_begin(const char *command, bool silent)
{
    struct what what = {command, silent};
    struct hook *hook = calloc(1, sizeof *hook);
    if (hook && apart_begin(&hook->apart, SOCK_SEQPACKET, serve, &what)) return hook;
    complain("--hook: %s", strerror(errno));
    free(hook);
    return NULL;
}

void hook_send(struct hook *hook, const char *line, size_t size)
{
    char message[sizeof hook->left_out + LINE_MOST];
    if (size > LINE_MOST) {
        hook->left_out++;
        return;
    }
    memcpy(message, &hook->left_out, sizeof hook->left_out);
    memcpy(message + sizeof hook->left_out, line, size);
    if (sendto(hook->apart.socket, message, sizeof hook->left_out + size, MSG_DONTWAIT | MSG_NOSIGNAL, NULL, 0) < 0)
        hook->left_out++;
    else
        hook->left_out = 0;
}

void hook_end(struct hook *hook)
{
    if (!hook) return;
    apart_end(&hook->apart, false);
    free(hook);
}
