/* Linked into the program of the preset `faults` (ld --wrap): the k-th call of a kind fails, for every k in turn, each in a process of its
 * own that is forked before main. tests/hostile/faults drives it.
 *
 * $FAIL=KIND:ERROR:FIRST:STEP (STEP -N: instead of each k-th call, the first by each chain of N callers) and $FAIL_TO (a descriptor for
 * results), $FAIL_GO (one for orders: a byte lets the next one run). A result is a line "k status hit outsize errsize" and then what was
 * written to standard output and standard error. `hit` is 0 once the kind is called fewer than k times: then that was all. */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <execinfo.h>
#include <fcntl.h>
#include <jansson.h>
#include <pcap.h>
#include <poll.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { CALLERS_MAX = 32, SKIPPED = 2, WAYS = 1 << 16 }; /* callers that make a way; fails() and what wraps the call are none */

static char kind[16];
static int failure;
static int by_way; /* callers that make a way; 0: each k-th call */
static unsigned long fail_at;
static atomic_ulong calls;
static _Atomic(int) *hit;       /* shared with the parent */
static _Atomic(uint64_t) *ways; /* likewise: those that have failed, a set of hashes */

static bool is_new_way(void)
{
    void *callers[SKIPPED + CALLERS_MAX];
    int count = backtrace(callers, SKIPPED + by_way);
    uint64_t hash = 0xcbf29ce484222325;
    for (int i = SKIPPED; i < count; i++) hash = (hash ^ (uintptr_t)callers[i]) * 0x100000001b3;
    for (size_t at = (hash ^ hash >> 32) % WAYS;; at = (at + 1) % WAYS) {
        uint64_t found = 0;
        if (atomic_compare_exchange_strong(&ways[at], &found, hash)) return true;
        if (found == hash) return false;
    }
}

/* Whether this call is the one. */
static bool fails(const char *of)
{
    if (!fail_at || strcmp(kind, of) != 0) return false;
    if (by_way ? *hit || !is_new_way() : atomic_fetch_add(&calls, 1) + 1 != fail_at) return false;
    *hit = 1;
    errno = failure;
    return true;
}

/* --- memory -------------------------------------------------------------------------------------------------------------- */

#define REAL(type, name, ...)                                                                                                              \
    type __real_##name(__VA_ARGS__);                                                                                                       \
    type __wrap_##name(__VA_ARGS__);                                                                                                       \
    type __wrap_##name(__VA_ARGS__)

REAL(void *, malloc, size_t size) { return fails("memory") ? NULL : __real_malloc(size); }
REAL(void *, calloc, size_t count, size_t size) { return fails("memory") ? NULL : __real_calloc(count, size); }
REAL(void *, realloc, void *old, size_t size) { return fails("memory") ? NULL : __real_realloc(old, size); }
REAL(void *, aligned_alloc, size_t alignment, size_t size) { return fails("memory") ? NULL : __real_aligned_alloc(alignment, size); }
REAL(char *, strdup, const char *text) { return fails("memory") ? NULL : __real_strdup(text); }
REAL(int, pthread_create, pthread_t *t, const pthread_attr_t *a, void *(*run)(void *), void *context)
{
    return fails("thread") ? EAGAIN : __real_pthread_create(t, a, run, context);
}
int __wrap_asprintf(char **out, const char *format, ...);
int __wrap_asprintf(char **out, const char *format, ...)
{
    va_list args;
    if (fails("memory")) return -1;
    va_start(args, format);
    int length = vasprintf(out, format, args);
    va_end(args);
    return length;
}

/* --- files: by the names they have where offsets are of 64 bits (_FILE_OFFSET_BITS)
 * --------------------------------------------------------------------------------------------------------------- */

int __real_open64(const char *path, int flags, ...);
int __wrap_open64(const char *path, int flags, ...);
int __wrap_open64(const char *path, int flags, ...)
{
    va_list args;
    va_start(args, flags);
    mode_t mode = flags & O_CREAT ? va_arg(args, mode_t) : 0;
    va_end(args);
    return fails("open") ? -1 : __real_open64(path, flags, mode);
}
int __real_openat64(int folder, const char *path, int flags, ...);
int __wrap_openat64(int folder, const char *path, int flags, ...);
int __wrap_openat64(int folder, const char *path, int flags, ...)
{
    va_list args;
    va_start(args, flags);
    mode_t mode = flags & O_CREAT ? va_arg(args, mode_t) : 0;
    va_end(args);
    return fails("open") ? -1 : __real_openat64(folder, path, flags, mode);
}
REAL(FILE *, fdopen, int descriptor, const char *mode) { return fails("open") ? NULL : __real_fdopen(descriptor, mode); }
REAL(DIR *, opendir, const char *path) { return fails("open") ? NULL : __real_opendir(path); }
REAL(ssize_t, read, int descriptor, void *bytes, size_t size)
{
    if (fails("short-read")) size = size ? 1 : 0;
    return fails("read") ? -1 : __real_read(descriptor, bytes, size);
}
REAL(ssize_t, pread64, int descriptor, void *bytes, size_t size, off_t at)
{
    if (fails("short-read")) size = size ? 1 : 0;
    return fails("read") ? -1 : __real_pread64(descriptor, bytes, size, at);
}
REAL(size_t, fread, void *bytes, size_t size, size_t count, FILE *file)
{
    if (!fails("read")) return __real_fread(bytes, size, count, file);
    file->_flags |= _IO_ERR_SEEN; /* as glibc does */
    return 0;
}
REAL(ssize_t, write, int descriptor, const void *bytes, size_t size)
{
    if (fails("short-write")) size = size ? 1 : 0;
    return fails("write") ? -1 : __real_write(descriptor, bytes, size);
}
REAL(size_t, fwrite, const void *bytes, size_t size, size_t count, FILE *file)
{
    return strcmp(kind, "write") == 0 && failure != EINTR && fails("write") ? 0 : __real_fwrite(bytes, size, count, file);
}
REAL(int, fsync, int descriptor) { return fails("sync") ? -1 : __real_fsync(descriptor); }
REAL(int, close, int descriptor)
{
    bool failed = fails("close");
    int status = __real_close(descriptor); /* it is closed all the same */
    if (failed) errno = failure;
    return failed ? -1 : status;
}
REAL(int, fclose, FILE *file)
{
    bool failed = fails("close");
    int status = __real_fclose(file);
    if (failed) errno = failure;
    return failed ? EOF : status;
}
REAL(int, fflush, FILE *file) { return strcmp(kind, "write") == 0 && failure != EINTR && fails("write") ? EOF : __real_fflush(file); }
REAL(DIR *, fdopendir, int descriptor) { return fails("open") ? NULL : __real_fdopendir(descriptor); }
REAL(int, pipe2, int ends[2], int flags) { return fails("open") ? -1 : __real_pipe2(ends, flags); }
REAL(int, renameat, int from_folder, const char *from, int to_folder, const char *to)
{
    return fails("rename") ? -1 : __real_renameat(from_folder, from, to_folder, to);
}
REAL(int, rename, const char *from, const char *to) { return fails("rename") ? -1 : __real_rename(from, to); }
REAL(int, fstat64, int descriptor, struct stat *info) { return fails("stat") ? -1 : __real_fstat64(descriptor, info); }
REAL(int, stat64, const char *path, struct stat *info) { return fails("stat") ? -1 : __real_stat64(path, info); }
REAL(int, lstat64, const char *path, struct stat *info) { return fails("stat") ? -1 : __real_lstat64(path, info); }
REAL(int, mkdir, const char *path, mode_t mode) { return fails("open") ? -1 : __real_mkdir(path, mode); }
REAL(void *, mmap64, void *at, size_t size, int protection, int flags, int descriptor, off_t offset)
{
    return fails(descriptor < 0 ? "memory" : "map") ? MAP_FAILED : __real_mmap64(at, size, protection, flags, descriptor, offset);
}

/* --- sockets; what libpcap asks of the system itself is not wrapped ----------------------------------------------------------------------
 */

REAL(int, socket, int domain, int type, int protocol) { return fails("network") ? -1 : __real_socket(domain, type, protocol); }
REAL(int, bind, int fd, const struct sockaddr *address, socklen_t size) { return fails("network") ? -1 : __real_bind(fd, address, size); }
REAL(ssize_t, send, int fd, const void *bytes, size_t size, int flags)
{
    return fails("network") ? -1 : __real_send(fd, bytes, size, flags);
}
REAL(ssize_t, recv, int fd, void *bytes, size_t size, int flags) { return fails("network") ? -1 : __real_recv(fd, bytes, size, flags); }
REAL(int, setsockopt, int fd, int level, int name, const void *value, socklen_t size)
{
    return fails("network") ? -1 : __real_setsockopt(fd, level, name, value, size);
}
REAL(int, getsockopt, int fd, int level, int name, void *value, socklen_t *size)
{
    return fails("network") ? -1 : __real_getsockopt(fd, level, name, value, size);
}
REAL(int, poll, struct pollfd *ready, nfds_t count, int ms) { return fails("poll") ? -1 : __real_poll(ready, count, ms); }
REAL(pcap_t *, pcap_create, const char *name, char *error)
{
    if (!fails("pcap")) return __real_pcap_create(name, error);
    strcpy(error, "failed on purpose");
    return NULL;
}
REAL(int, pcap_activate, pcap_t *pcap) { return fails("pcap") ? PCAP_ERROR_PERM_DENIED : __real_pcap_activate(pcap); }
REAL(int, pcap_setfilter, pcap_t *pcap, struct bpf_program *program) { return fails("pcap") ? -1 : __real_pcap_setfilter(pcap, program); }
REAL(int, pcap_stats, pcap_t *pcap, struct pcap_stat *stat) { return fails("pcap") ? -1 : __real_pcap_stats(pcap, stat); }
REAL(int, pcap_dispatch, pcap_t *pcap, int count, pcap_handler handler, u_char *user)
{
    return fails("pcap") ? -1 : __real_pcap_dispatch(pcap, count, handler, user);
}
REAL(int, pcap_setnonblock, pcap_t *pcap, int yes, char *error)
{
    if (!fails("pcap")) return __real_pcap_setnonblock(pcap, yes, error);
    strcpy(error, "failed on purpose");
    return -1;
}

/* --- every k ------------------------------------------------------------------------------------------------------------- */

static void copy(int from, int to)
{
    char bytes[65536];
    lseek(from, 0, SEEK_SET);
    for (ssize_t got; (got = __real_read(from, bytes, sizeof bytes)) > 0;)
        for (ssize_t at = 0, put; at < got && (put = __real_write(to, bytes + at, (size_t)(got - at))) > 0; at += put) continue;
}

/* One child; true in it. */
static bool run_one(unsigned long k, int to)
{
    int out = memfd_create("out", 0), err = memfd_create("err", 0), status = 0;
    char line[128];
    struct stat sizes[2];
    *hit = 0;
    pid_t child = fork();
    if (child == 0) {
        dup2(out, STDOUT_FILENO);
        dup2(err, STDERR_FILENO);
        __real_close(out);
        __real_close(err);
        fail_at = k;
        return true;
    }
    waitpid(child, &status, 0);
    __real_fstat64(out, &sizes[0]);
    __real_fstat64(err, &sizes[1]);
    int length = snprintf(line, sizeof line, "%lu %d %d %lld %lld\n", k, WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status), *hit,
                          (long long)sizes[0].st_size, (long long)sizes[1].st_size);
    if (__real_write(to, line, (size_t)length) != length) exit(1);
    copy(out, to);
    copy(err, to);
    __real_close(out);
    __real_close(err);
    return false;
}

__attribute__((constructor)) static void every_k(void)
{
    const char *order = getenv("FAIL"), *to = getenv("FAIL_TO"), *go = getenv("FAIL_GO");
    unsigned long first;
    long step;
    char byte;
    if (!order || !to || !go || sscanf(order, "%15[^:]:%d:%lu:%ld", kind, &failure, &first, &step) != 4) return;
    json_set_alloc_funcs(__wrap_malloc, free);
    by_way = step < 0 ? (int)(step < -CALLERS_MAX ? CALLERS_MAX : -step) : 0;
    hit = __real_mmap64(NULL, sizeof *hit, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    ways = __real_mmap64(NULL, WAYS * sizeof *ways, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    backtrace((void *[1]){NULL}, 1); /* the first time it asks for memory */
    for (unsigned long k = first;; k += by_way ? 1 : (unsigned long)step) {
        if (__real_read(atoi(go), &byte, 1) != 1) _exit(0);
        if (run_one(k, atoi(to))) return;
    }
}

/* What is written after the program's end (a profile) is not its own. */
__attribute__((destructor)) static void end(void) { fail_at = 0; }
