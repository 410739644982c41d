/* A process apart answers whatever it is asked, ends when nobody asks any more, and takes nobody with it. */
#define _GNU_SOURCE
#include "apart.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "testing.h"

enum { LARGE = 3 << 20 };

static void echo(int from, void *context)
{
    size_t size;
    for (void *bytes; (bytes = apart_receive(from, &size)); free(bytes)) {
        *(char *)bytes ^= *(const char *)context;
        if (!apart_send(from, bytes, size)) return;
    }
}

TEST(what_is_asked_is_answered_whatever_its_size)
{
    static const size_t sizes[] = {1, 2, 4096, LARGE};
    char key = 0x55;
    struct apart apart;
    assert_true(apart_begin(&apart, SOCK_STREAM, echo, &key));
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        size_t size = sizes[i], got = 0;
        char *asked = malloc(size);
        memset(asked, (int)i, size);
        assert_true(apart_send(apart.socket, asked, size));
        char *answer = apart_receive(apart.socket, &got);
        assert_non_null(answer);
        assert_int_equal(got, size);
        asked[0] ^= key;
        assert_memory_equal(answer, asked, size);
        free(asked);
        free(answer);
    }
    apart_end(&apart, true);
    assert_true(waitpid(apart.process, NULL, 0) == -1 && errno == ECHILD); /* it was waited for */
}

static void die(int from, void *context)
{
    size_t size;
    free(apart_receive(from, &size));
    raise(*(const int *)context);
}

TEST(one_that_dies_takes_nobody_with_it)
{
    static const int signals[] = {SIGKILL, SIGSEGV, SIGABRT};
    const struct rlimit none = {0, 0};
    setrlimit(RLIMIT_CORE, &none);
    for (size_t i = 0; i < sizeof signals / sizeof *signals; i++) {
        struct apart apart;
        size_t size;
        int how = signals[i];
        assert_true(apart_begin(&apart, SOCK_STREAM, die, &how));
        assert_true(apart_send(apart.socket, "?", 1));
        assert_null(apart_receive(apart.socket, &size));
        assert_false(apart_send(apart.socket, "?", 1)); /* and no SIGPIPE */
        apart_end(&apart, true);
    }
}

static void spin(int from, void *context)
{
    (void)from, (void)context;
    apart_limit(1);
    for (volatile unsigned i = 0;; i++) continue;
}

TEST(one_that_goes_round_for_ever_ends_when_its_time_is_over)
{
    struct apart apart;
    size_t size;
    assert_true(apart_begin(&apart, SOCK_STREAM, spin, NULL));
    assert_null(apart_receive(apart.socket, &size));
    apart_end(&apart, true);
}

TEST(ctrl_c_is_for_whoever_asks)
{
    char key = 0;
    struct apart apart;
    size_t size;
    assert_true(apart_begin(&apart, SOCK_STREAM, echo, &key));
    assert_true(apart_send(apart.socket, "?", 1)); /* its answer says that it is past its beginning */
    free(apart_receive(apart.socket, &size));
    kill(apart.process, SIGINT);
    kill(apart.process, SIGTERM);
    assert_true(apart_send(apart.socket, "!", 1));
    char *answer = apart_receive(apart.socket, &size);
    assert_non_null(answer);
    assert_int_equal(*answer, '!');
    free(answer);
    apart_end(&apart, true);
}

static void lie(int from, void *context)
{
    static const size_t sizes[] = {SIZE_MAX, 0, 100};
    (void)send(from, &sizes[*(const size_t *)context], sizeof *sizes, MSG_NOSIGNAL);
    (void)send(from, "short", 5, MSG_NOSIGNAL);
}

TEST(a_size_that_cannot_be_is_no_answer)
{
    for (size_t i = 0; i < 3; i++) {
        struct apart apart;
        size_t size;
        assert_true(apart_begin(&apart, SOCK_STREAM, lie, &i));
        assert_null(apart_receive(apart.socket, &size));
        apart_end(&apart, true);
    }
    assert_false(apart_send(STDOUT_FILENO, "", 0));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_asked_is_answered_whatever_its_size),
        cmocka_unit_test(one_that_dies_takes_nobody_with_it),
        cmocka_unit_test(one_that_goes_round_for_ever_ends_when_its_time_is_over),
        cmocka_unit_test(ctrl_c_is_for_whoever_asks),
        cmocka_unit_test(a_size_that_cannot_be_is_no_answer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
