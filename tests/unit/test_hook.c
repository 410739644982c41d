/* A hook's command is run for what it is handed, on its standard input and one at a time, never more often than promised; nothing that is
 * handed over is ever read by a shell, and handing over never waits. */
#define _GNU_SOURCE
#include "hook.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "cli.h"
#include "testing.h"

void complain(const char *format, ...) /* of the command line, which is not linked here */ { (void)format; }

static char path[] = BINARY_DIR "/hook-XXXXXX";

static const char *written(void)
{
    static char text[65536];
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    text[fread(text, 1, sizeof text - 1, file)] = '\0';
    fclose(file);
    return text;
}

/* The child that serves the hook is ours to wait for. */
static void end(struct hook *hook)
{
    hook_end(hook);
    assert_true(wait(NULL) > 0);
}

static struct hook *begin(const char *command)
{
    char whole[1024];
    fclose(fopen(path, "wb"));
    snprintf(whole, sizeof whole, "%s >>%s", command, path);
    struct hook *hook = hook_begin(whole, false);
    assert_non_null(hook);
    return hook;
}

static void a_command_gets_the_line_on_its_input(void **state)
{
    (void)state;
    static const char line[] = "{\"event\":\"finding\",\"name\":\"$(touch x) `id` ; rm -rf\"}\n";
    struct hook *hook = begin("cat");
    hook_send(hook, line, sizeof line - 1);
    end(hook);
    assert_string_equal(written(), line);
}

static void no_more_than_so_many_a_minute_are_run(void **state)
{
    (void)state;
    struct hook *hook = begin("cat");
    for (unsigned i = 0; i < 3 * HOOK_RUNS_A_MINUTE; i++) hook_send(hook, "x\n", 2);
    end(hook);
    assert_int_equal(strlen(written()), 2 * HOOK_RUNS_A_MINUTE);
}

static void what_was_left_out_is_told_to_the_next(void **state)
{
    (void)state;
    static char long_line[70000];
    memset(long_line, 'x', sizeof long_line);
    struct hook *hook = begin("cat >/dev/null; echo $PORTPROOF_SUPPRESSED");
    hook_send(hook, "x\n", 2);
    hook_send(hook, long_line, sizeof long_line); /* longer than any finding: left out */
    hook_send(hook, long_line, sizeof long_line);
    hook_send(hook, "x\n", 2);
    end(hook);
    assert_string_equal(written(), "0\n2\n");
}

static void handing_over_never_waits_for_a_slow_command(void **state)
{
    (void)state;
    struct timespec before, after;
    struct hook *hook = begin("sleep 0.2; echo");
    clock_gettime(CLOCK_MONOTONIC, &before);
    for (unsigned i = 0; i < 20000; i++) hook_send(hook, "a line that is not read for a while\n", 36);
    clock_gettime(CLOCK_MONOTONIC, &after);
    assert_in_range(after.tv_sec - before.tv_sec, 0, 2); /* so many runs take four seconds */
    hook_end(hook);
    assert_int_equal(waitpid(-1, NULL, WNOHANG), 0); /* it is still at work, and will end by itself */
}

static void a_command_that_does_not_read_is_no_mistake(void **state)
{
    (void)state;
    static char line[60000];
    memset(line, 'x', sizeof line);
    struct hook *hook = begin("echo done");
    hook_send(hook, line, sizeof line);
    hook_send(hook, line, sizeof line);
    end(hook);
    assert_string_equal(written(), "done\ndone\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_command_gets_the_line_on_its_input),        cmocka_unit_test(no_more_than_so_many_a_minute_are_run),
        cmocka_unit_test(what_was_left_out_is_told_to_the_next),       cmocka_unit_test(a_command_that_does_not_read_is_no_mistake),
        cmocka_unit_test(handing_over_never_waits_for_a_slow_command),
    };
    close(mkstemp(path));
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    unlink(path);
    return failed;
}
