/* Proof from inside: loaded into the program (LD_PRELOAD), it tries to get out in every thread that reads or writes a byte of what was
 * analysed: at the start of each thread, and when the main thread writes a report; and in the process that lays out maps, when it is
 * asked to. What it could do goes to the file $INSIDE. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { ROOM = 1 << 16 };

/* A mapping: a process apart has no file open to say it to. */
static struct said {
    atomic_uint used;
    char text[];
} * said;
static pid_t first;

__attribute__((constructor)) static void remember(void)
{
    const char *to = getenv("INSIDE");
    int file = to ? open(to, O_RDWR | O_CLOEXEC) : -1;
    first = getpid();
    if (file < 0) abort();
    said = mmap(NULL, ROOM, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    close(file);
    if (said == MAP_FAILED) abort();
}

static void say(const char *text)
{
    size_t size = strlen(text);
    unsigned at = atomic_fetch_add(&said->used, (unsigned)size);
    if (at + size <= ROOM - sizeof *said) memcpy(said->text + at, text, size);
}

static bool opens(const char *path, int flags)
{
    long descriptor = syscall(SYS_openat, AT_FDCWD, path, flags, 0600);
    if (descriptor >= 0) syscall(SYS_close, descriptor);
    return descriptor >= 0;
}

static bool runs(void)
{
    char *const words[] = {"true", NULL};
    long child = syscall(SYS_fork); /* not vfork: nothing of this process may be lost if it works */
    if (child == 0) {
        syscall(SYS_execve, "/bin/true", words, NULL);
        syscall(SYS_exit_group, 1);
    }
    return child > 0;
}

static void try_everything(const char *where)
{
    const struct {
        const char *name;
        bool got_through;
    } tries[] = {
        {"reads /etc/shadow", opens("/etc/shadow", O_RDONLY)},
        {"reads /etc/passwd", opens("/etc/passwd", O_RDONLY)},
        {"runs a program", runs()},
        {"opens an internet socket", syscall(SYS_socket, AF_INET, SOCK_STREAM, 0) >= 0},
        {"opens a unix socket", syscall(SYS_socket, AF_UNIX, SOCK_STREAM, 0) >= 0},
        {"opens a packet socket", syscall(SYS_socket, AF_PACKET, SOCK_RAW, 0) >= 0},
        {"writes in /tmp", opens("/tmp/portproof-got-out", O_WRONLY | O_CREAT)},
        {"writes in the current folder", opens("portproof-got-out", O_WRONLY | O_CREAT)},
        {"maps memory to execute", mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) != MAP_FAILED},
    };
    char line[128];
    size_t kept_in = 0;
    for (size_t i = 0; i < sizeof tries / sizeof *tries; i++) {
        kept_in += !tries[i].got_through;
        snprintf(line, sizeof line, "%s: %s\n", where, tries[i].name);
        if (tries[i].got_through) say(line);
    }
    snprintf(line, sizeof line, "%s: kept in %zu of %zu\n", where, kept_in, sizeof tries / sizeof *tries);
    say(line);
}

struct start {
    void *(*run)(void *);
    void *context;
};

static void *begin(void *context)
{
    struct start start = *(struct start *)context;
    free(context);
    try_everything("thread");
    return start.run(start.context);
}

int pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*run)(void *), void *context)
{
    int (*real)(pthread_t *, const pthread_attr_t *, void *(*)(void *), void *);
    *(void **)&real = dlsym(RTLD_NEXT, "pthread_create");
    struct start *start = malloc(sizeof *start);
    *start = (struct start){run, context};
    return real(thread, attributes, begin, start);
}

/* A process apart is asked by recv. The first process is told by recv what to give up, before it does. */
ssize_t recv(int descriptor, void *bytes, size_t size, int flags)
{
    static atomic_bool tried;
    if (getpid() != first && !atomic_exchange(&tried, true)) try_everything("apart");
    return syscall(SYS_recvfrom, descriptor, bytes, size, flags, NULL, NULL);
}

ssize_t write(int descriptor, const void *bytes, size_t size)
{
    static atomic_bool tried;
    if (getpid() == first && !atomic_exchange(&tried, true)) try_everything("main");
    return syscall(SYS_write, descriptor, bytes, size);
}
