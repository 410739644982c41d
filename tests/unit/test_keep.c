/* A folder that keeps evidence: whatever happens in between, all that was kept is there, once, in no more files than asked for. */
#define _GNU_SOURCE
#include "portproof/keep.h"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "evidence.h"
#include "files.h"
#include "tables.h"
#include "testing.h"

enum { MOST_MS = 20000, FILES = 3 };
static char folder[64];
static const char no_classes[65] = "";

static int make_folder(void **state)
{
    (void)state;
    snprintf(folder, sizeof folder, "/tmp/portproof-keep-XXXXXX");
    return mkdtemp(folder) ? 0 : -1;
}

static char *path_of(const char *name)
{
    static char path[512];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    return path;
}

static unsigned count_files(const char *end)
{
    unsigned count = 0;
    DIR *entries = opendir(folder);
    assert_non_null(entries);
    for (struct dirent *e; (e = readdir(entries)) != NULL;) {
        size_t length = strlen(e->d_name);
        count += length > strlen(end) && strcmp(e->d_name + length - strlen(end), end) == 0;
    }
    closedir(entries);
    return count;
}

static int remove_folder(void **state)
{
    (void)state;
    DIR *entries = opendir(folder);
    for (struct dirent *e; entries && (e = readdir(entries)) != NULL;)
        if (e->d_name[0] != '.') unlink(path_of(e->d_name));
    if (entries) closedir(entries);
    return rmdir(folder);
}

/* Every write begins another stretch. */
static struct pp_keeper *open_keeper(struct pp_evidence *found, uint32_t *set_aside)
{
    struct pp_error error;
    struct pp_keeper_options options = {.folder = folder, .stretch_ns = 1, .files = FILES, .classes = no_classes};
    struct pp_keeper *keeper = pp_keeper_open(&options, found, set_aside, &error);
    if (!keeper) fail_msg("%s", error.text);
    return keeper;
}

static struct pp_keeper *start_keeper(struct pp_evidence *found)
{
    uint32_t set_aside;
    struct pp_keeper *keeper = open_keeper(found, &set_aside);
    assert_int_equal(set_aside, 0);
    assert_true(pp_keeper_start(keeper));
    return keeper;
}

static void hand_over(struct pp_keeper *keeper, uint16_t port)
{
    struct pp_capture_info info = {.name = "eth0", .format = "live", .live = true, .packets = port};
    struct pp_flow_table *flows = new_table(0);
    add_one(flows, syn(1, port, 2, 80, PP_SYN));
    assert_true(pp_keeper_add(keeper, flows, &info, 1));
}

static struct pp_flow_table *table_of(uint16_t first, uint16_t last)
{
    struct pp_flow_table *flows = new_table(0);
    for (uint16_t port = first; port <= last; port++) add_one(flows, syn(1, port, 2, 80, PP_SYN));
    return flows;
}

/* What is there is all of it, each packet once. */
static void assert_kept(struct pp_evidence *found, uint16_t first, uint16_t last)
{
    struct pp_flow_table *wanted = table_of(first, last);
    assert_same(found->flows, wanted);
    assert_int_equal(found->capture_count, 1);
    assert_int_equal(found->captures[0].packets, last);
    pp_flow_table_destroy(wanted);
    pp_evidence_finish(found);
}

TEST(a_run_goes_on_from_what_the_run_before_had_kept)
{
    struct pp_evidence found;
    struct pp_keeper *keeper = start_keeper(&found);
    assert_int_equal(found.capture_count, 0);
    pp_evidence_finish(&found);
    for (uint16_t port = 1000; port < 1004; port++) {
        hand_over(keeper, port);
        assert_true(pp_keeper_flush(keeper, MOST_MS));
    }
    pp_keeper_close(keeper);
    keeper = start_keeper(&found);
    assert_kept(&found, 1000, 1003);
    hand_over(keeper, 1004);
    assert_true(pp_keeper_flush(keeper, MOST_MS));
    pp_keeper_close(keeper);
    keeper = start_keeper(&found);
    assert_kept(&found, 1000, 1004);
    pp_keeper_close(keeper);
}

TEST(there_are_never_more_files_than_asked_for_and_none_of_it_is_forgotten)
{
    struct pp_evidence found;
    struct pp_keeper *keeper = start_keeper(&found);
    pp_evidence_finish(&found);
    for (uint16_t port = 2000; port < 2040; port++) {
        hand_over(keeper, port);
        assert_true(pp_keeper_flush(keeper, MOST_MS));
        assert_true(count_files(".ppe") <= FILES);
    }
    struct pp_keeper_state now;
    pp_keeper_state(keeper, &now);
    assert_int_equal(now.files, FILES);
    assert_false(now.failing);
    pp_keeper_close(keeper);
    keeper = start_keeper(&found);
    assert_kept(&found, 2000, 2039);
    pp_keeper_close(keeper);
}

TEST(what_comes_faster_than_the_disk_is_kept_all_the_same)
{
    struct pp_evidence found;
    struct pp_keeper *keeper = start_keeper(&found);
    pp_evidence_finish(&found);
    for (uint16_t port = 2000; port < 2500; port++) hand_over(keeper, port);
    assert_true(pp_keeper_flush(keeper, MOST_MS));
    pp_keeper_close(keeper);
    keeper = start_keeper(&found);
    assert_kept(&found, 2000, 2499);
    pp_keeper_close(keeper);
}

static void copy_file(const char *from, const char *to)
{
    size_t size;
    char *bytes = read_file(path_of(from), &size);
    FILE *out = fopen(path_of(to), "wb");
    assert_non_null(out);
    assert_int_equal(fwrite(bytes, 1, size, out), size);
    fclose(out);
    free(bytes);
}

TEST(a_file_that_was_joined_and_not_yet_removed_does_not_count_twice)
{
    struct pp_evidence found;
    struct pp_keeper *keeper = start_keeper(&found);
    pp_evidence_finish(&found);
    for (uint16_t port = 1000; port < 1000 + FILES; port++) {
        hand_over(keeper, port);
        assert_true(pp_keeper_flush(keeper, MOST_MS));
    }
    copy_file("evidence-00000001.ppe", "saved");
    hand_over(keeper, 1000 + FILES); /* the first two are joined now */
    assert_true(pp_keeper_flush(keeper, MOST_MS));
    pp_keeper_close(keeper);
    copy_file("saved", "evidence-00000001.ppe"); /* as if killed before it was removed */
    keeper = start_keeper(&found);
    assert_kept(&found, 1000, 1000 + FILES);
    assert_int_not_equal(access(path_of("evidence-00000001.ppe"), F_OK), 0);
    pp_keeper_close(keeper);
}

TEST(a_write_that_never_ended_leaves_nothing_behind)
{
    struct pp_evidence found;
    struct pp_keeper *keeper = start_keeper(&found);
    pp_evidence_finish(&found);
    hand_over(keeper, 1000);
    assert_true(pp_keeper_flush(keeper, MOST_MS));
    pp_keeper_close(keeper);
    copy_file("evidence-00000001.ppe", "evidence-00000002.ppe.tmp");
    assert_int_equal(truncate(path_of("evidence-00000002.ppe.tmp"), 100), 0);
    keeper = start_keeper(&found);
    assert_kept(&found, 1000, 1000);
    assert_int_equal(count_files(".tmp"), 0);
    pp_keeper_close(keeper);
}

TEST(a_file_that_is_not_whole_is_set_aside_and_named_and_the_others_count)
{
    struct pp_evidence found;
    struct pp_keeper *keeper = start_keeper(&found);
    uint32_t set_aside;
    pp_evidence_finish(&found);
    for (uint16_t port = 1000; port < 1002; port++) {
        hand_over(keeper, port);
        assert_true(pp_keeper_flush(keeper, MOST_MS));
    }
    pp_keeper_close(keeper);
    assert_int_equal(truncate(path_of("evidence-00000001.ppe"), 100), 0);
    keeper = open_keeper(&found, &set_aside);
    assert_int_equal(set_aside, 1);
    assert_int_equal(count_files(".bad"), 1);
    assert_kept(&found, 1001, 1001);
    pp_keeper_close(keeper);
}

TEST(a_full_disk_stops_nobody_and_nothing_is_missing_when_there_is_room_again)
{
    struct pp_evidence found;
    struct pp_keeper *keeper = start_keeper(&found);
    struct pp_keeper_state now;
    struct rlimit before, full = {0, RLIM_INFINITY};
    pp_evidence_finish(&found);
    hand_over(keeper, 1000);
    assert_true(pp_keeper_flush(keeper, MOST_MS));
    signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    full.rlim_max = before.rlim_max;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &full), 0);
    hand_over(keeper, 1001);
    assert_false(pp_keeper_flush(keeper, MOST_MS));
    hand_over(keeper, 1002);
    assert_false(pp_keeper_flush(keeper, MOST_MS));
    pp_keeper_state(keeper, &now);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
    assert_true(now.failing);
    assert_int_equal(now.failures, 2);
    assert_non_null(strstr(now.error, "evidence-00000002.ppe: cannot write"));
    assert_int_equal(count_files(".tmp"), 0);
    hand_over(keeper, 1003);
    assert_true(pp_keeper_flush(keeper, MOST_MS));
    pp_keeper_state(keeper, &now);
    assert_false(now.failing);
    pp_keeper_close(keeper);
    keeper = start_keeper(&found);
    assert_kept(&found, 1000, 1003);
    pp_keeper_close(keeper);
}

TEST(a_folder_is_one_programs_alone)
{
    struct pp_evidence found;
    struct pp_error error;
    uint32_t set_aside;
    struct pp_keeper_options options = {.folder = folder, .stretch_ns = 1, .files = FILES, .classes = no_classes};
    struct pp_keeper *keeper = start_keeper(&found);
    pp_evidence_finish(&found);
    assert_null(pp_keeper_open(&options, &found, &set_aside, &error));
    assert_non_null(strstr(error.text, "another program"));
    pp_keeper_close(keeper);
    options.folder = "/proc/no/such";
    assert_null(pp_keeper_open(&options, &found, &set_aside, &error));
    assert_non_null(strstr(error.text, "cannot make the folder"));
}

TEST(a_link_in_the_folder_is_not_followed)
{
    struct pp_evidence found;
    struct pp_keeper *keeper = start_keeper(&found);
    char target[512];
    pp_evidence_finish(&found);
    snprintf(target, sizeof target, "%s", path_of("target"));
    assert_int_equal(symlink(target, path_of("evidence-00000001.ppe.tmp")), 0);
    hand_over(keeper, 1000);
    assert_false(pp_keeper_flush(keeper, MOST_MS)); /* and the link is gone */
    assert_int_not_equal(access(target, F_OK), 0);
    hand_over(keeper, 1001);
    assert_true(pp_keeper_flush(keeper, MOST_MS));
    pp_keeper_close(keeper);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_run_goes_on_from_what_the_run_before_had_kept, make_folder, remove_folder),
        cmocka_unit_test_setup_teardown(there_are_never_more_files_than_asked_for_and_none_of_it_is_forgotten, make_folder, remove_folder),
        cmocka_unit_test_setup_teardown(what_comes_faster_than_the_disk_is_kept_all_the_same, make_folder, remove_folder),
        cmocka_unit_test_setup_teardown(a_file_that_was_joined_and_not_yet_removed_does_not_count_twice, make_folder, remove_folder),
        cmocka_unit_test_setup_teardown(a_write_that_never_ended_leaves_nothing_behind, make_folder, remove_folder),
        cmocka_unit_test_setup_teardown(a_file_that_is_not_whole_is_set_aside_and_named_and_the_others_count, make_folder, remove_folder),
        cmocka_unit_test_setup_teardown(a_full_disk_stops_nobody_and_nothing_is_missing_when_there_is_room_again, make_folder,
                                        remove_folder),
        cmocka_unit_test_setup_teardown(a_folder_is_one_programs_alone, make_folder, remove_folder),
        cmocka_unit_test_setup_teardown(a_link_in_the_folder_is_not_followed, make_folder, remove_folder),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
