/* Files that change while they are mapped: what shrinks reads as zeros and is said, and what is none of our business is not. */
#define _GNU_SOURCE /* memfd_create */
#include "guard.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "portproof/capture.h"
#include "source.h"
#include "testing.h"

enum { SIZE = 1 << 20, PAGE = 4096 };

static int file_of(char path[32], size_t size)
{
    strcpy(path, "/tmp/portproof-XXXXXX");
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_int_equal(ftruncate(fd, (off_t)size), 0);
    assert_int_equal(pwrite(fd, "\xd4\xc3\xb2\xa1", 4, 0), 4);
    return fd;
}

static void a_file_that_shrinks_reads_as_zeros_from_there_on(void **state)
{
    (void)state;
    char path[32], words[128];
    int fd = file_of(path, SIZE);
    struct source source;
    assert_true(pp_capture_guard()); /* the tests' own handler is the one before */
    assert_int_equal(pwrite(fd, "behind", 6, SIZE / 2), 6);
    assert_true(source_open(&source, path, false));
    assert_null(source_changed(&source, words, sizeof words));
    assert_string_equal((const char *)source.bytes + SIZE / 2, "behind");
    assert_int_equal(ftruncate(fd, PAGE), 0);
    assert_false(source_gone(&source));
    assert_int_equal(source.bytes[SIZE / 2], 0);
    assert_true(source_gone(&source));
    assert_int_equal(source.bytes[0], 0xd4); /* what is there is there */
    assert_string_equal(source_changed(&source, words, sizeof words), "it shrank from 1048576 to 4096 bytes while it was read");
    assert_int_equal(ftruncate(fd, SIZE), 0); /* as large as before, and yet */
    assert_string_equal(source_changed(&source, words, sizeof words), "some of its 1048576 bytes could not be read");
    source_close(&source);
    close(fd);
    unlink(path);
}

static void whatever_happens_to_a_file_is_said_in_words(void **state)
{
    (void)state;
    static const char *const wanted[] = {NULL,
                                         "it grew from 1048576 to 1048577 bytes while it was read",
                                         "it was written to while it was read",
                                         "it was written to while it was read",
                                         "it was removed, or another put in its place, while it was read",
                                         NULL};
    for (unsigned i = 0; i < sizeof wanted / sizeof *wanted; i++) {
        char path[32], words[128], open_path[64];
        int fd = file_of(path, SIZE);
        struct source source;
        struct stat status;
        assert_int_equal(fstat(fd, &status), 0);
        struct timespec times[2] = {status.st_atim, status.st_mtim};
        if (i == 5) unlink(path); /* before it is opened: nothing that happened while it was read */
        snprintf(open_path, sizeof open_path, "/proc/self/fd/%d", fd);
        assert_true(source_open(&source, open_path, false));
        if (i == 1) assert_int_equal(ftruncate(fd, SIZE + 1), 0);
        if (i == 2) times[1].tv_nsec = (times[1].tv_nsec + 1) % 1000000000;
        if (i == 3) times[1].tv_sec++;
        if (i == 2 || i == 3) assert_int_equal(futimens(fd, times), 0);
        if (i == 4) unlink(path);
        const char *said = source_changed(&source, words, sizeof words);
        if (wanted[i])
            assert_string_equal(said, wanted[i]);
        else
            assert_null(said);
        source_close(&source);
        close(fd);
        unlink(path);
    }
}

/* A file without anything in it, mapped: whoever reads it gets SIGBUS. */
static const volatile char *empty_map(void)
{
    int fd = memfd_create("empty", 0);
    void *map = mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE, fd, 0);
    assert_true(fd >= 0 && map != MAP_FAILED);
    close(fd);
    return map;
}

static const uint8_t no_map[1];
static sigjmp_buf back;
static volatile sig_atomic_t handled, with_place;

static void other_handler(int number, siginfo_t *info, void *context)
{
    (void)context;
    handled = number;
    with_place = info->si_code > 0;
    if (with_place) siglongjmp(back, 1);
}

static void plain_handler(int number)
{
    handled = number;
    siglongjmp(back, 1);
}

static void what_is_not_under_guard_goes_to_the_handler_before(void **state)
{
    (void)state;
    const volatile char *map = empty_map();
    const struct sigaction theirs = {.sa_sigaction = other_handler, .sa_flags = SA_SIGINFO}, plain = {.sa_handler = plain_handler};
    atomic_bool gone = false;
    int other_place = guard_add((const char *)(uintptr_t)map + 2 * (uintptr_t)PAGE, PAGE, &gone);
    int before_it = guard_add((const char *)(uintptr_t)map - 2 * (uintptr_t)PAGE, PAGE, &gone), none = guard_add(no_map, 1, &gone);
    guard_remove(none);
    for (unsigned i = 0; i < 2; i++) {
        handled = 0;
        assert_int_equal(sigaction(SIGBUS, i ? &plain : &theirs, NULL), 0);
        assert_true(pp_capture_guard());
        if (!sigsetjmp(back, 1)) (void)*map;
        assert_int_equal(handled, SIGBUS);
        if (i) continue;
        assert_true(with_place);
        raise(SIGBUS); /* sent by somebody: no place of ours */
        assert_false(with_place);
    }
    assert_false(gone);
    guard_remove(other_place);
    guard_remove(before_it);
    munmap((void *)(uintptr_t)map, PAGE);
}

static void without_a_handler_before_the_program_ends_as_it_would_have(void **state)
{
    (void)state;
    for (unsigned is_sent = 0; is_sent < 2; is_sent++) {
        pid_t child = fork();
        int status;
        if (child == 0) {
            (void)signal(SIGBUS, SIG_DFL);
            if (!pp_capture_guard()) _exit(1);
            if (!is_sent) (void)*empty_map();
            raise(SIGBUS);
            raise(SIGBUS); /* the first one took our handler away */
            _exit(2);
        }
        assert_int_equal(waitpid(child, &status, 0), child);
        assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGBUS);
    }
}

static void past_the_limit_mappings_are_not_under_guard_and_places_are_used_again(void **state)
{
    (void)state;
    static int guards[GUARDS_MAX];
    static uint8_t place[1];
    atomic_bool gone = false;
    for (unsigned i = 0; i < GUARDS_MAX; i++) assert_true((guards[i] = guard_add(place, 1, &gone)) != NO_GUARD);
    assert_int_equal(guard_add(place, 1, &gone), NO_GUARD);
    guard_remove(NO_GUARD);
    guard_remove(guards[17]);
    assert_int_equal(guard_add(place, 1, &gone), guards[17]);
    for (unsigned i = 0; i < GUARDS_MAX; i++) guard_remove(guards[i]);
    assert_false(gone);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_file_that_shrinks_reads_as_zeros_from_there_on),
        cmocka_unit_test(whatever_happens_to_a_file_is_said_in_words),
        cmocka_unit_test(what_is_not_under_guard_goes_to_the_handler_before),
        cmocka_unit_test(without_a_handler_before_the_program_ends_as_it_would_have),
        cmocka_unit_test(past_the_limit_mappings_are_not_under_guard_and_places_are_used_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
