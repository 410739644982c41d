#define _GNU_SOURCE
#include "privileges.h"

#include <cap-ng.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/ethtool.h>
#include <linux/filter.h>
#include <linux/landlock.h>
#include <linux/netlink.h>
#include <linux/seccomp.h>
#include <linux/sockios.h>
#include <sched.h>
#include <seccomp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "apart.h"
#include "memory.h"

static void add_missing(char missing[PRIVILEGES_TEXT_MAX], const char *what, int error)
{
    size_t length = strlen(missing);
    snprintf(missing + length, PRIVILEGES_TEXT_MAX - length, "%s%s (%s)", length ? ", " : "", what, strerror(error));
}

/* --- capabilities ------------------------------------------------------------------------------------------------------- */

static bool writes(enum grant_kind kind) { return kind != GRANT_READ && kind != GRANT_READ_BESIDE; }

static bool in_folder(enum grant_kind kind) { return kind == GRANT_READ || kind == GRANT_WRITE || kind == GRANT_READ_WRITE; }

/* Root may be told to write in a folder of somebody else's, where it cannot without this. */
static bool needs_override(const struct privileges_kept *kept)
{
    char folder[PATH_MAX];
    bool needed = false;
    if (!capng_have_capability(CAPNG_EFFECTIVE, CAP_DAC_OVERRIDE)) return false;
    if (capng_update(CAPNG_DROP, CAPNG_EFFECTIVE, CAP_DAC_OVERRIDE) != 0 || capng_apply(CAPNG_SELECT_CAPS) != 0) return false;
    for (size_t i = 0; !kept->live && i < kept->grant_count; i++) {
        const struct grant *grant = &kept->grants[i];
        if (!writes(grant->kind)) continue;
        const char *path = in_folder(grant->kind) ? grant->path : folder_of(grant->path, folder);
        needed |= faccessat(AT_FDCWD, path, W_OK | X_OK, AT_EACCESS) != 0 && errno == EACCES;
    }
    return needed;
}

static bool drop_capabilities(const struct privileges_kept *kept, char missing[PRIVILEGES_TEXT_MAX])
{
    bool raw = capng_get_caps_process() == 0 && kept->live && capng_have_capability(CAPNG_PERMITTED, CAP_NET_RAW);
    bool bounding =
        capng_have_capability(CAPNG_EFFECTIVE, CAP_SETPCAP); /* without it the bounding set stays; no_new_privs holds all the same */
    bool override = needs_override(kept);
    capng_clear(CAPNG_SELECT_ALL);
    if (raw && capng_update(CAPNG_ADD, CAPNG_EFFECTIVE | CAPNG_PERMITTED, CAP_NET_RAW) != 0) return false;
    if (override && capng_update(CAPNG_ADD, CAPNG_EFFECTIVE | CAPNG_PERMITTED, CAP_DAC_OVERRIDE) != 0) return false;
    errno = 0;
    if (capng_apply(bounding ? CAPNG_SELECT_ALL : CAPNG_SELECT_CAPS | CAPNG_SELECT_AMBIENT) != 0) return false;
    if (override) add_missing(missing, "giving up CAP_DAC_OVERRIDE: the output folder is somebody else's", EACCES);
    return true;
}

/* --- Landlock ----------------------------------------------------------------------------------------------------------- */

/* The ABI grows with the kernel, the system's header need not keep up: as the kernel's documentation has them. */
enum {
    FS_ABI_1 = (1 << 13) - 1,           /* execute … make_sym */
    FS_REFER = 1 << 13,                 /* ABI 2 */
    FS_TRUNCATE = 1 << 14,              /* ABI 3 */
    FS_IOCTL_DEVICE = 1 << 15,          /* ABI 5 */
    NET_BIND_AND_CONNECT_TCP = 3,       /* ABI 4 */
    SCOPE_ABSTRACT_UNIX_AND_SIGNAL = 3, /* ABI 6 */
};

struct rules {
    uint64_t files, network, scope;
};

static struct rules all_rules(int abi, size_t *size)
{
    struct rules rules = {.files = FS_ABI_1};
    if (abi >= 2) rules.files |= FS_REFER;
    if (abi >= 3) rules.files |= FS_TRUNCATE;
    if (abi >= 5) rules.files |= FS_IOCTL_DEVICE;
    if (abi >= 4) rules.network = NET_BIND_AND_CONNECT_TCP;
    if (abi >= 6) rules.scope = SCOPE_ABSTRACT_UNIX_AND_SIGNAL;
    *size = abi >= 6 ? sizeof rules : abi >= 4 ? 2 * sizeof(uint64_t) : sizeof(uint64_t);
    return rules;
}

/* What is not there allows nothing, which is no reason to stop: using it will say why it cannot. */
static bool allow(int ruleset, const char *path, uint64_t access)
{
    struct landlock_path_beneath_attr beneath = {.allowed_access = access, .parent_fd = open(path, O_PATH | O_CLOEXEC)};
    if (beneath.parent_fd < 0) return true;
    bool good = syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &beneath, 0) == 0;
    int why = errno;
    close(beneath.parent_fd);
    errno = why;
    return good;
}

char *folder_of(const char *path, char folder[PATH_MAX])
{
    const char *slash = strrchr(path, '/');
    if (slash)
        snprintf(folder, PATH_MAX, "%.*s", slash == path ? 1 : (int)(slash - path), path);
    else
        memcpy(folder, ".", 2);
    return folder;
}

static bool allow_granted(int ruleset, const struct grant *grant, uint64_t truncate)
{
    const uint64_t reading = LANDLOCK_ACCESS_FS_READ_FILE, replacing = LANDLOCK_ACCESS_FS_REMOVE_FILE | LANDLOCK_ACCESS_FS_MAKE_REG,
                   writing = replacing | LANDLOCK_ACCESS_FS_WRITE_FILE | truncate;
    const uint64_t access[] = {[GRANT_READ] = reading,         [GRANT_READ_BESIDE] = reading, [GRANT_REPLACE] = replacing,
                               [GRANT_WRITE_BESIDE] = writing, [GRANT_WRITE] = writing,       [GRANT_READ_WRITE] = reading | writing};
    char folder[PATH_MAX];
    return allow(ruleset, in_folder(grant->kind) ? grant->path : folder_of(grant->path, folder), access[grant->kind]);
}

static bool restrict_files(const struct privileges_kept *kept)
{
    size_t size;
    int abi = (int)syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
    if (abi < 1) return false;
    struct rules rules = all_rules(abi, &size);
    int ruleset = (int)syscall(SYS_landlock_create_ruleset, &rules, size, 0);
    if (ruleset < 0) return false;
    bool good = allow(ruleset, "/sys/devices", LANDLOCK_ACCESS_FS_READ_FILE); /* how many processors there are */
    /* How a switch tags its frames, when its interface is opened again. */
    if (kept->live) good = good && allow(ruleset, "/sys/class/net", LANDLOCK_ACCESS_FS_READ_FILE);
    for (size_t i = 0; i < kept->grant_count; i++) good = good && allow_granted(ruleset, &kept->grants[i], rules.files & FS_TRUNCATE);
    good = good && syscall(SYS_landlock_restrict_self, ruleset, 0) == 0;
    int why = errno;
    close(ruleset);
    errno = why;
    return good;
}

/* --- seccomp ------------------------------------------------------------------------------------------------------------ */

static const int plain_calls[] = {
    /* memory */
    SCMP_SYS(brk), SCMP_SYS(munmap), SCMP_SYS(mremap), SCMP_SYS(madvise),
    /* threads that judge, and the end */
    SCMP_SYS(futex), SCMP_SYS(set_robust_list), SCMP_SYS(rseq), SCMP_SYS(sched_getaffinity), SCMP_SYS(sched_yield), SCMP_SYS(getpid),
    SCMP_SYS(gettid), SCMP_SYS(tgkill), SCMP_SYS(exit), SCMP_SYS(exit_group), SCMP_SYS(rt_sigaction), SCMP_SYS(rt_sigprocmask),
    SCMP_SYS(rt_sigreturn), SCMP_SYS(sigaltstack), SCMP_SYS(restart_syscall), SCMP_SYS(getrandom),
    /* time */
    SCMP_SYS(clock_gettime), SCMP_SYS(clock_nanosleep), SCMP_SYS(nanosleep), SCMP_SYS(gettimeofday), SCMP_SYS(time), SCMP_SYS(setitimer),
    /* descriptors; which files, Landlock says */
    SCMP_SYS(read), SCMP_SYS(readv), SCMP_SYS(pread64), SCMP_SYS(write), SCMP_SYS(writev), SCMP_SYS(lseek), SCMP_SYS(close),
    SCMP_SYS(fstat), SCMP_SYS(newfstatat), SCMP_SYS(stat), SCMP_SYS(lstat), SCMP_SYS(statx), SCMP_SYS(open), SCMP_SYS(openat),
    SCMP_SYS(fcntl), SCMP_SYS(fsync), SCMP_SYS(rename), SCMP_SYS(renameat), SCMP_SYS(renameat2), SCMP_SYS(unlink), SCMP_SYS(unlinkat),
    SCMP_SYS(poll), SCMP_SYS(ppoll), SCMP_SYS(uname), SCMP_SYS(sysinfo)};

/* The packet socket of an interface that came back, and rtnetlink. */
static const int live_calls[] = {SCMP_SYS(bind),     SCMP_SYS(setsockopt), SCMP_SYS(getsockopt), SCMP_SYS(getsockname),
                                 SCMP_SYS(recvfrom), SCMP_SYS(recvmsg),    SCMP_SYS(sendto),     SCMP_SYS(eventfd2)};

/* Connections to a socket that listens already: taking them, answering them, ending them. */
static const int http_calls[] = {SCMP_SYS(accept4), SCMP_SYS(accept), SCMP_SYS(sendmsg), SCMP_SYS(shutdown)};

/* A process apart, that is there already. */
static const int asking_calls[] = {SCMP_SYS(sendto), SCMP_SYS(recvfrom), SCMP_SYS(wait4)};

/* Of a terminal (its modes and size, never its input), and of an interface. */
static const unsigned long controls[] = {TCGETS,       TCSETS,        TCSETSW,      TCSETSF,    TCFLSH,      TIOCGWINSZ,
                                         SIOCGIFINDEX, SIOCGIFHWADDR, SIOCGIFFLAGS, SIOCGIFMTU, SIOCGIFNAME, SIOCETHTOOL};

/* Conditions on a call's argument, from 0. */
static struct scmp_arg_cmp equal(unsigned argument, uint64_t value)
{
    return (struct scmp_arg_cmp){.arg = argument, .op = SCMP_CMP_EQ, .datum_a = value};
}

static struct scmp_arg_cmp masked(unsigned argument, uint64_t mask, uint64_t value)
{
    return (struct scmp_arg_cmp){.arg = argument, .op = SCMP_CMP_MASKED_EQ, .datum_a = mask, .datum_b = value};
}

/* Memory, but nothing new to execute. */
static bool allow_memory(scmp_filter_ctx filter)
{
    struct scmp_arg_cmp data = masked(2, PROT_EXEC, 0);
    return seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(mmap), 1, data) == 0 &&
           seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(mprotect), 1, data) == 0;
}

/* Threads, but no processes. clone3 keeps its flags where a filter cannot see them: without it libc takes clone. */
static bool allow_threads(scmp_filter_ctx filter)
{
    return seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(clone), 1, masked(0, CLONE_THREAD, CLONE_THREAD)) == 0 &&
           seccomp_rule_add(filter, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(clone3), 0) == 0;
}

/* A packet socket, and the one through which libpcap asks for the kinds of time stamps when it opens an interface again. */
static bool allow_sockets(scmp_filter_ctx filter)
{
    return seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(socket), 1, equal(0, AF_PACKET)) == 0 &&
           seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(socket), 2, equal(0, AF_NETLINK), equal(2, NETLINK_GENERIC)) == 0;
}

static bool allow_calls(scmp_filter_ctx filter, const int calls[], size_t count)
{
    bool good = true;
    for (size_t i = 0; good && i < count; i++) {
        int status = seccomp_rule_add(filter, SCMP_ACT_ALLOW, calls[i], 0);
        good = status == 0 || status == -EDOM; /* not a call of this machine */
    }
    return good;
}

/* Ctrl-Z: the view leaves the screen first, and then stops this process itself. */
static bool allow_stopping(scmp_filter_ctx filter, pid_t process)
{
    return seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(kill), 2, equal(0, (uint64_t)process), equal(1, SIGTSTP)) == 0;
}

struct wanted {
    const struct privileges_kept *kept;
    pid_t process;
};

static bool allow_all(scmp_filter_ctx filter, const struct wanted *wanted)
{
    const struct privileges_kept *kept = wanted->kept;
    bool good = allow_memory(filter) && allow_threads(filter);
    good = good && allow_calls(filter, plain_calls, sizeof plain_calls / sizeof *plain_calls);
    if (kept->live)
        good = good && allow_sockets(filter) && allow_stopping(filter, wanted->process) &&
               allow_calls(filter, live_calls, sizeof live_calls / sizeof *live_calls);
    if (kept->http) good = good && allow_calls(filter, http_calls, sizeof http_calls / sizeof *http_calls);
    if (kept->begin_apart) good = good && allow_calls(filter, asking_calls, sizeof asking_calls / sizeof *asking_calls);
    for (size_t i = 0; good && i < sizeof controls / sizeof *controls; i++)
        good = seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(ioctl), 1, equal(1, controls[i])) == 0;
    return good;
}

/* Of `written` as many bytes as there are; 0: it cannot be made. */
static size_t write_program(const struct wanted *wanted, struct sock_filter written[BPF_MAXINSNS])
{
    int ends[2];
    scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ERRNO(EPERM));
    if (!filter || !allow_all(filter, wanted) || pipe2(ends, O_CLOEXEC) != 0 || seccomp_export_bpf(filter, ends[1]) != 0) return 0;
    ssize_t size = read(ends[0], written, BPF_MAXINSNS * sizeof *written);
    return size > 0 ? (size_t)size : 0;
}

/* Where its memory runs out, libseccomp 2.5.4 ends its process, goes round for ever, or leaves out calls and says nothing. So it works in
 * a process of its own, which has more memory than it takes, and what it says twice is believed. */
static void serve_program(int to, void *context)
{
    static struct sock_filter once[BPF_MAXINSNS], twice[BPF_MAXINSNS];
    if (!memory_is_left()) return;
    apart_limit(2);
    size_t size = write_program(context, once);
    if (size && write_program(context, twice) == size && memcmp(once, twice, size) == 0) (void)apart_send(to, once, size);
}

static struct sock_fprog program; /* NULL: it could not be made */

static bool make_program(const struct privileges_kept *kept)
{
    uint32_t action = SECCOMP_RET_ERRNO; /* where the call is emulated, an older way would restrict the emulator */
    struct wanted wanted = {kept, getpid()};
    struct apart apart;
    size_t size;
    if (syscall(SYS_seccomp, SECCOMP_GET_ACTION_AVAIL, 0, &action) != 0) return false;
    if (!apart_begin(&apart, SOCK_STREAM, serve_program, &wanted)) return false;
    program.filter = apart_receive(apart.socket, &size);
    apart_end(&apart, true);
    if (!program.filter) return errno = ENOMEM, false;
    program.len = (unsigned short)(size / sizeof *program.filter);
    return true;
}

static bool restrict_calls(void) { return syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program) == 0; }

/* --- all of it ---------------------------------------------------------------------------------------------------------- */

#ifdef __SANITIZE_ADDRESS__
/* The leak checker traces its own process at the end, which is not allowed any more. */
static bool restricted;
int __lsan_is_turned_off(void);
int __lsan_is_turned_off(void) { return restricted; }
#endif

void privileges_grant(struct privileges_kept *kept, enum grant_kind kind, const char *path)
{
    if (!path || strcmp(path, "-") == 0) return;
    if (kept->grant_count == kept->grant_room) {
        size_t room = kept->grant_room ? kept->grant_room * 2 : 16;
        struct grant *larger = realloc(kept->grants, room * sizeof *larger);
        if (!larger) {
            kept->failed = true;
            return;
        }
        kept->grants = larger;
        kept->grant_room = room;
    }
    kept->grants[kept->grant_count++] = (struct grant){kind, path};
}

bool drop_privileges(struct privileges_kept *kept, char missing[PRIVILEGES_TEXT_MAX])
{
    *missing = '\0';
    tzset(); /* reads the zone's file, which cannot be opened later */
    if (kept->failed) add_missing(missing, "memory for all that is needed", ENOMEM);
    if (!drop_capabilities(kept, missing)) add_missing(missing, "capabilities", errno);
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) add_missing(missing, "no_new_privs", errno);
    if (!restrict_files(kept)) add_missing(missing, "Landlock", errno);
    bool made = make_program(kept);
    if (made && kept->begin_apart) (void)kept->begin_apart(restrict_calls); /* all the rest of this it has, too */
    if (!made || !restrict_calls()) add_missing(missing, "seccomp", errno);
    free(program.filter);
#ifdef __SANITIZE_ADDRESS__
    restricted = true;
#endif
    free(kept->grants);
    *kept = (struct privileges_kept){0};
    return !*missing;
}
