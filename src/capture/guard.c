#define _GNU_SOURCE
#include "guard.h"

#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "portproof/capture.h"

/* Written by any thread, read by the handler: `begin` is set last and cleared first. */
struct guarded {
    atomic_uintptr_t begin; /* 0: free; 1: being filled in */
    atomic_uintptr_t end;
    _Atomic(atomic_bool *) gone;
};

static struct guarded guards[GUARDS_MAX];
static atomic_uint highest; /* guards from here on were never used */
static struct sigaction before;
static uintptr_t page_bytes;

static struct guarded *guard_of(uintptr_t address)
{
    unsigned count = atomic_load(&highest);
    for (unsigned i = 0; i < count; i++) {
        uintptr_t begin = atomic_load(&guards[i].begin);
        if (begin > 1 && address >= begin && address < atomic_load(&guards[i].end)) return &guards[i];
    }
    return NULL;
}

/* What lies behind the place is behind the end of the file too, or cannot be read: all of it becomes zeros at once. */
static void on_bus_error(int number, siginfo_t *info, void *context)
{
    uintptr_t at = (uintptr_t)info->si_addr / page_bytes * page_bytes;
    struct guarded *guard = info->si_code > 0 ? guard_of((uintptr_t)info->si_addr) : NULL;
    if (guard) {
        uintptr_t end = atomic_load(&guard->end);
        void *map = mmap((void *)at, end - at, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
        if (map != MAP_FAILED) {
            atomic_store(atomic_load(&guard->gone), true);
            return;
        }
    }
    if ((before.sa_flags & SA_SIGINFO) && before.sa_sigaction) {
        before.sa_sigaction(number, info, context);
        return;
    }
    (void)sigaction(number, &before, NULL); /* and the place is read again: as it would have been without us */
}

bool pp_capture_guard(void)
{
    struct sigaction action = {.sa_sigaction = on_bus_error, .sa_flags = SA_SIGINFO | SA_NODEFER};
    page_bytes = (uintptr_t)sysconf(_SC_PAGESIZE);
    sigemptyset(&action.sa_mask);
    return sigaction(SIGBUS, &action, &before) == 0;
}

int guard_add(const void *map, size_t size, atomic_bool *gone)
{
    for (unsigned i = 0; i < GUARDS_MAX; i++) {
        uintptr_t none = 0;
        if (!atomic_compare_exchange_strong(&guards[i].begin, &none, 1)) continue;
        atomic_store(&guards[i].end, (uintptr_t)map + size);
        atomic_store(&guards[i].gone, gone);
        atomic_store(&guards[i].begin, (uintptr_t)map);
        for (unsigned count = atomic_load(&highest); count <= i && !atomic_compare_exchange_weak(&highest, &count, i + 1);) continue;
        return (int)i;
    }
    return NO_GUARD;
}

void guard_remove(int guard)
{
    if (guard != NO_GUARD) atomic_store(&guards[guard].begin, 0);
}
