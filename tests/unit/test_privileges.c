/* Proved from inside: each attempt is made in a process of its own, first as it is, where it gets through, then with its privileges
 * dropped, where it must not. */
#define _GNU_SOURCE
#include "privileges.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/netlink.h>
#include <net/ethernet.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "testing.h"

enum { GOT_THROUGH = 1, KEPT_OUT = 0, NOT_CONFINED = 2, PATH_ROOM = 128 };
static bool confinable; /* an old kernel has no Landlock: nothing to prove there but that it says so */
static char inside[] = "/tmp/portproof-inside-XXXXXX", outside[] = "/tmp/portproof-outside-XXXXXX";

static const char *path(const char *folder, const char *name)
{
    static char buffers[2][PATH_ROOM];
    static unsigned next;
    char *out = buffers[next++ % 2];
    snprintf(out, PATH_ROOM, "%s/%s", folder, name);
    return out;
}

static bool opens(const char *file, int flags)
{
    int descriptor = open(file, flags | O_CLOEXEC, 0600);
    if (descriptor >= 0) close(descriptor);
    return descriptor >= 0;
}

static bool has_socket(int family, int type, int protocol)
{
    int descriptor = socket(family, type, protocol);
    if (descriptor >= 0) close(descriptor);
    return descriptor >= 0;
}

/* --- what must not be possible ------------------------------------------------------------------------------------------ */

static bool reads_the_shadow_file(void) { return opens("/etc/shadow", O_RDONLY); }
static bool reads_what_anyone_may(void) { return opens("/etc/passwd", O_RDONLY); }
static bool lists_a_folder(void) { return opens("/etc", O_RDONLY | O_DIRECTORY); }
static bool reads_the_output_folder(void) { return opens(path(inside, "report.json"), O_RDONLY); }
static bool runs_a_program(void)
{
    execl("/bin/sh", "sh", "-c", "exit 1", (char *)NULL); /* GOT_THROUGH */
    return false;
}
static bool makes_a_process(void)
{
    long child = syscall(SYS_fork);
    if (child == 0) _exit(0);
    return child > 0;
}
static bool connects_over_ipv4(void) { return has_socket(AF_INET, SOCK_STREAM, 0); }
static bool sends_over_ipv6(void) { return has_socket(AF_INET6, SOCK_DGRAM, 0); }
static bool opens_a_unix_socket(void) { return has_socket(AF_UNIX, SOCK_STREAM, 0); }
static bool opens_a_raw_ip_socket(void) { return has_socket(AF_INET, SOCK_RAW, IPPROTO_ICMP); }
static bool changes_routes(void) { return has_socket(AF_NETLINK, SOCK_RAW, 0); }
static bool writes_elsewhere(void) { return opens(path(outside, "new"), O_WRONLY | O_CREAT); }
static bool overwrites_elsewhere(void) { return opens(path(outside, "old"), O_WRONLY); }
static bool empties_elsewhere(void) { return truncate(path(outside, "old"), 0) == 0; }
static bool moves_something_elsewhere(void) { return rename(path(inside, "report.json"), path(outside, "moved")) == 0; }
static bool makes_a_folder(void) { return mkdir(path(inside, "folder"), 0700) == 0; }
static bool makes_a_link(void) { return symlink("/etc/shadow", path(inside, "link")) == 0; }
static bool changes_a_mode(void) { return chmod(path(inside, "report.json"), 0666) == 0; }
static bool signals_another(void) { return kill(getppid(), 0) == 0; }
static bool executes_what_it_wrote(void)
{
    return mmap(NULL, 4096, PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) != MAP_FAILED;
}
static bool changes_its_root(void) { return chroot(inside) == 0; }

/* --- what must ---------------------------------------------------------------------------------------------------------- */

static bool writes_a_report(void)
{
    int descriptor = open(path(inside, "aside"), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    bool good = descriptor >= 0 && write(descriptor, "{}", 2) == 2 && fsync(descriptor) == 0 && close(descriptor) == 0;
    return good && rename(path(inside, "aside"), path(inside, "report.json")) == 0;
}
static bool gives_it_its_name(void) { return rename(path(inside, "aside"), path(inside, "report.json")) == 0; }
static void *nothing(void *context) { return context; }
static bool judges_on_threads(void)
{
    pthread_t thread;
    return pthread_create(&thread, NULL, nothing, NULL) == 0 && pthread_join(thread, NULL) == 0;
}
static bool counts_processors(void) { return opens("/sys/devices/system/cpu/online", O_RDONLY); }
static bool opens_an_interface_again(void) { return has_socket(AF_PACKET, SOCK_RAW, htons(ETH_P_ALL)); }

/* --- what only a server may ------------------------------------------------------------------------------------------------ */

static int listening = -1; /* opened before */

static bool takes_a_connection(void)
{
    int connection = accept4(listening, NULL, NULL, SOCK_CLOEXEC);
    bool good = connection >= 0 && shutdown(connection, SHUT_RDWR) == 0;
    return good && close(connection) == 0;
}

/* --- in a process of its own --------------------------------------------------------------------------------------------- */

/* How it is confined: not at all, or as a command that reads files, that listens, that listens and serves a page. */
enum confinement { FREE, FILES, LIVE, SERVING };

static bool confine_as(enum confinement confinement)
{
    char missing[PRIVILEGES_TEXT_MAX];
    struct privileges_kept kept = {.live = confinement >= LIVE, .http = confinement == SERVING};
    privileges_grant(&kept, confinement == FILES ? GRANT_REPLACE : GRANT_WRITE_BESIDE, path(inside, "report.json"));
    if (confinement == FREE || drop_privileges(&kept, missing)) return true;
    (void)!write(STDERR_FILENO, missing, strlen(missing));
    return false;
}

struct
try {
    bool (*get_through)(void);
    bool got_through;
};

static void *run_try(void *context)
{
    struct try *try = context;
    try->got_through = try->get_through();
    return NULL;
}

/* In the process's only thread, or in one that it starts later. */
static int attempt_as(bool (*get_through)(void), enum confinement confinement, bool in_thread)
{
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        struct try try = {.get_through = get_through};
        pthread_t thread;
        if (!confine_as(confinement)) _exit(NOT_CONFINED);
        if (!in_thread)
            run_try(&try);
        else if (pthread_create(&thread, NULL, run_try, &try) != 0 || pthread_join(thread, NULL) != 0)
            _exit(NOT_CONFINED);
        _exit(try.got_through ? GOT_THROUGH : KEPT_OUT);
    }
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

static void restore_files(void)
{
    unlink(path(outside, "new"));
    unlink(path(outside, "moved"));
    unlink(path(inside, "link"));
    rmdir(path(inside, "folder"));
    assert_true(opens(path(outside, "old"), O_WRONLY | O_CREAT) && opens(path(inside, "report.json"), O_WRONLY | O_CREAT));
}

struct what {
    const char *name;
    bool (*get_through)(void);
    bool root; /* only root can show that it would get through */
};
#define WHAT(function) #function, function

static void nothing_gets_out_once_privileges_are_dropped(void **state)
{
    (void)state;
    if (!confinable) skip();
    static const struct what whats[] = {
        {WHAT(reads_the_shadow_file), true},    {WHAT(reads_what_anyone_may), false},  {WHAT(lists_a_folder), false},
        {WHAT(reads_the_output_folder), false}, {WHAT(runs_a_program), false},         {WHAT(makes_a_process), false},
        {WHAT(connects_over_ipv4), false},      {WHAT(sends_over_ipv6), false},        {WHAT(opens_a_unix_socket), false},
        {WHAT(opens_a_raw_ip_socket), true},    {WHAT(changes_routes), false},         {WHAT(writes_elsewhere), false},
        {WHAT(overwrites_elsewhere), false},    {WHAT(empties_elsewhere), false},      {WHAT(moves_something_elsewhere), false},
        {WHAT(makes_a_folder), false},          {WHAT(makes_a_link), false},           {WHAT(changes_a_mode), false},
        {WHAT(signals_another), false},         {WHAT(executes_what_it_wrote), false}, {WHAT(changes_its_root), true},
    };
    for (size_t i = 0; i < sizeof whats / sizeof *whats; i++) {
        restore_files();
        if (!whats[i].root || geteuid() == 0)
            if (attempt_as(whats[i].get_through, FREE, false) != GOT_THROUGH) fail_msg("%s fails anyway: it proves nothing", whats[i].name);
        for (unsigned how = 0; how < 4; how++) {
            restore_files();
            if (attempt_as(whats[i].get_through, how & 1 ? FILES : LIVE, how & 2) != KEPT_OUT) fail_msg("%s gets through", whats[i].name);
        }
    }
}

static bool opens_a_file_in_the_output_folder(void) { return opens(path(inside, "report.json"), O_WRONLY); }
static bool makes_a_file_in_the_output_folder(void) { return opens(path(inside, "another"), O_WRONLY | O_CREAT); }
static bool opens_a_packet_socket(void) { return has_socket(AF_PACKET, SOCK_RAW, htons(ETH_P_ALL)); }
static bool asks_for_interfaces(void) { return has_socket(AF_NETLINK, SOCK_RAW, NETLINK_GENERIC); }

/* A command that reads files has opened what it writes, and has to give it its name. */
static void reading_files_needs_no_socket_and_no_other_file_to_write(void **state)
{
    (void)state;
    if (!confinable) skip();
    static const struct what whats[] = {{WHAT(opens_a_file_in_the_output_folder), false},
                                        {WHAT(makes_a_file_in_the_output_folder), false},
                                        {WHAT(opens_a_packet_socket), true},
                                        {WHAT(asks_for_interfaces), false}};
    for (size_t i = 0; i < sizeof whats / sizeof *whats; i++) {
        restore_files();
        if (!whats[i].root || geteuid() == 0) assert_int_equal(attempt_as(whats[i].get_through, LIVE, true), GOT_THROUGH);
        unlink(path(inside, "another"));
        if (attempt_as(whats[i].get_through, FILES, true) != KEPT_OUT) fail_msg("%s gets through", whats[i].name);
    }
    restore_files();
    assert_true(opens(path(inside, "aside"), O_WRONLY | O_CREAT));
    assert_int_equal(attempt_as(gives_it_its_name, FILES, false), GOT_THROUGH);
}

static void what_listening_and_reporting_need_still_works(void **state)
{
    (void)state;
    if (!confinable) skip();
    static const struct what whats[] = {{WHAT(writes_a_report), false},
                                        {WHAT(judges_on_threads), false},
                                        {WHAT(counts_processors), false},
                                        {WHAT(opens_an_interface_again), true}};
    restore_files();
    for (size_t i = 0; i < sizeof whats / sizeof *whats; i++) {
        if (whats[i].root && geteuid() != 0) continue;
        if (attempt_as(whats[i].get_through, LIVE, false) != GOT_THROUGH) fail_msg("%s does not work any more", whats[i].name);
    }
}

/* A listening socket, and somebody who connects to it: before anything is given up. */
static int connect_to_loopback(void)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    int client = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    listening = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    bool good = bind(listening, (struct sockaddr *)&address, size) == 0 && listen(listening, 4) == 0 &&
                getsockname(listening, (struct sockaddr *)&address, &size) == 0 && connect(client, (struct sockaddr *)&address, size) == 0;
    assert_true(good);
    return client;
}

static void connections_are_taken_only_where_a_page_is_served(void **state)
{
    (void)state;
    if (!confinable) skip();
    int client = connect_to_loopback();
    assert_int_equal(attempt_as(takes_a_connection, SERVING, false), GOT_THROUGH);
    close(client);
    close(listening);
    client = connect_to_loopback();
    assert_int_equal(attempt_as(takes_a_connection, LIVE, false), KEPT_OUT);
    assert_int_equal(attempt_as(connects_over_ipv4, SERVING, false), KEPT_OUT);
    close(client);
    close(listening);
}

static unsigned long long status_field(pid_t process, const char *field, int base)
{
    char name[64], line[256];
    unsigned long long value = ~0ULL;
    snprintf(name, sizeof name, "/proc/%d/status", (int)process);
    FILE *file = fopen(name, "r");
    assert_non_null(file);
    while (fgets(line, sizeof line, file))
        if (strncmp(line, field, strlen(field)) == 0 && line[strlen(field)] == ':') value = strtoull(line + strlen(field) + 1, NULL, base);
    fclose(file);
    return value;
}

static void assert_capabilities(bool live)
{
    enum { NET_RAW = 1 << 13, FILTERED = 2 };
    int ready[2], go[2];
    char byte = 0;
    assert_true(pipe(ready) == 0 && pipe(go) == 0);
    pid_t child = fork();
    if (child == 0) {
        byte = (char)confine_as(live ? LIVE : FILES);
        _exit(write(ready[1], &byte, 1) == 1 && read(go[0], &byte, 1) == 1 ? 0 : 1);
    }
    assert_int_equal(read(ready[0], &byte, 1), 1);
    assert_int_equal(byte, true);
    static const char *const sets[] = {"CapInh", "CapAmb"}, *const kept[] = {"CapPrm", "CapEff"};
    for (unsigned i = 0; i < 2; i++) {
        assert_int_equal(status_field(child, sets[i], 16), 0);
        assert_int_equal(status_field(child, kept[i], 16) & ~(unsigned long long)(live ? NET_RAW : 0), 0);
    }
    if (geteuid() == 0) assert_int_equal(status_field(child, "CapBnd", 16), 0);
    assert_int_equal(status_field(child, "NoNewPrivs", 10), 1);
    assert_int_equal(status_field(child, "Seccomp", 10), FILTERED);
    assert_int_equal(write(go[1], &byte, 1), 1);
    assert_int_equal(waitpid(child, NULL, 0), child);
}

static void only_listening_keeps_a_capability_the_one_to_open_packet_sockets(void **state)
{
    (void)state;
    if (!confinable) skip();
    assert_capabilities(true);
    assert_capabilities(false);
}

static int make_folders(void **state)
{
    (void)state;
    if (!mkdtemp(inside) || !mkdtemp(outside)) return -1;
    confinable = attempt_as(counts_processors, LIVE, false) != NOT_CONFINED;
    return 0;
}

static int remove_folders(void **state)
{
    (void)state;
    restore_files();
    unlink(path(outside, "old"));
    unlink(path(inside, "report.json"));
    return rmdir(inside) == 0 && rmdir(outside) == 0 ? 0 : -1;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_gets_out_once_privileges_are_dropped),
        cmocka_unit_test(what_listening_and_reporting_need_still_works),
        cmocka_unit_test(connections_are_taken_only_where_a_page_is_served),
        cmocka_unit_test(reading_files_needs_no_socket_and_no_other_file_to_write),
        cmocka_unit_test(only_listening_keeps_a_capability_the_one_to_open_packet_sockets),
    };
    return cmocka_run_group_tests(tests, make_folders, remove_folders);
}
