/* Loaded before the C library: the $FAIL_AT-th allocation of the whole process fails, whoever asks for it, libraries too, and the first
 * byte of the file $FAIL_SEEN says so. tests/hostile/libraries drives it. Allocations of libpcap's filter compiler
 * and of libarchive are left alone: they do not survive that one of theirs fails, and are not called where memory is short. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *old, size_t size);

static unsigned long fail_at;
static char *seen; /* a mapping, so that processes apart, which have no other file open, can say so too */
static atomic_ulong calls;

__attribute__((constructor)) static void begin(void)
{
    const char *at = getenv("FAIL_AT"), *to = getenv("FAIL_SEEN");
    int file = at && to ? open(to, O_RDWR | O_CLOEXEC) : -1;
    if (file < 0) return;
    seen = mmap(NULL, 1, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    close(file);
    if (seen != MAP_FAILED) fail_at = strtoul(at, NULL, 10); /* from here on; what was asked for before is the C library's own */
}

static bool is_spared(const void *caller)
{
    static const char *const libraries[] = {"libpcap", "libarchive"};
    Dl_info of;
    if (!dladdr(caller, &of) || !of.dli_fname) return false;
    for (size_t i = 0; i < sizeof libraries / sizeof *libraries; i++)
        if (strstr(of.dli_fname, libraries[i])) return true;
    return false;
}

static bool fails(const void *caller)
{
    if (!fail_at || is_spared(caller)) return false;
    if (atomic_fetch_add(&calls, 1) + 1 != fail_at) return false;
    *seen = 'x';
    errno = ENOMEM;
    return true;
}

void *malloc(size_t size) { return fails(__builtin_return_address(0)) ? NULL : __libc_malloc(size); }
void *calloc(size_t count, size_t size) { return fails(__builtin_return_address(0)) ? NULL : __libc_calloc(count, size); }
void *realloc(void *old, size_t size) { return fails(__builtin_return_address(0)) ? NULL : __libc_realloc(old, size); }
char *strdup(const char *text) /* which the C library would make by a malloc of its own */
{
    size_t size = strlen(text) + 1;
    char *copy = fails(__builtin_return_address(0)) ? NULL : __libc_malloc(size);
    return copy ? memcpy(copy, text, size) : NULL;
}
