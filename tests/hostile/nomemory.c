/* Loaded before the C library: the $FAIL_AT-th allocation of the whole process fails, whoever asks for it, libraries too, and a byte goes
 * to the descriptor $FAIL_SEEN. tests/hostile/libraries drives it. libseccomp's allocations are left alone: where one fails, seccomp_load
 * of libseccomp 2.5.4 does not return; it runs before a byte of any input is read. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *old, size_t size);

static unsigned long fail_at;
static int seen;
static atomic_ulong calls;

__attribute__((constructor)) static void begin(void)
{
    const char *at = getenv("FAIL_AT"), *to = getenv("FAIL_SEEN");
    if (!at || !to) return;
    seen = atoi(to);
    fail_at = strtoul(at, NULL, 10); /* from here on; what was asked for before is the C library's own */
}

static bool is_spared(const void *caller)
{
    static const char *const libraries[] = {"libseccomp", "libpcap", "libgvc", "libcgraph", "libcdt", "libpathplan", "libgvplugin"};
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
    if (write(seen, "x", 1) != 1) abort();
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
