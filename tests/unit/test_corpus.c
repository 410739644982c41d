/* Every file in shared/: the malformed ones keep the outcome that their index states, and none of them, nor any real
 * capture, makes a sanitizer complain. Skipped where shared/ is not there. */
#define _DEFAULT_SOURCE /* opendir */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "captures.h"
#include "testing.h"

static bool is_folder(const char *path)
{
    struct stat status;
    return stat(path, &status) == 0 && S_ISDIR(status.st_mode);
}

/* Read every file of a folder, and of folders in it that are no truth. Returns how many. */
static unsigned walk_folder(const char *folder, unsigned depth)
{
    unsigned files = 0;
    DIR *directory = opendir(folder);
    if (!directory) return 0;
    for (struct dirent *entry; (entry = readdir(directory));) {
        char path[4096];
        if (entry->d_name[0] == '.' || strcmp(entry->d_name, "truth") == 0) continue;
        snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
        if (is_folder(path)) {
            if (depth > 0) files += walk_folder(path, depth - 1);
            continue;
        }
        struct reading r;
        read_all(pp_capture_open(path, NULL), &r);
        if (strchr(r.info.error.text, '\n') || strchr(r.info.error.text, '\x1b')) fail_msg("%s: an error of one line", path);
        files++;
    }
    closedir(directory);
    return files;
}

static void every_malformed_and_every_real_capture_is_read(void **state)
{
    (void)state;
    const char *shared = shared_folder();
    if (!shared) skip();
    char path[4096];
    snprintf(path, sizeof path, "%s/malformed", shared);
    assert_true(walk_folder(path, 3) > 100);
    snprintf(path, sizeof path, "%s/captures", shared);
    assert_true(walk_folder(path, 1) > 50);
}

/* The number that follows `before` in `text`, thousands separated or not; -1: none. */
static long number_after(const char *text, const char *before)
{
    const char *at = strstr(text, before);
    if (!at) return -1;
    at += strlen(before);
    if (*at < '0' || *at > '9') return -1;
    long value = 0;
    for (; (*at >= '0' && *at <= '9') || (*at == ',' && at[1] >= '0' && at[1] <= '9'); at++) {
        if (*at != ',') value = value * 10 + (*at - '0');
    }
    return value;
}

/* "expect: accept 53 packets, …", "expect: 1 packet then …", "expect: reject". */
static void check_expectation(const char *file, const char *expected, const struct reading *r)
{
    long accepted = number_after(expected, "accept "), stopped = number_after(expected, "expect: ");
    if (accepted < 0) accepted = number_after(expected, "accept, ");
    bool good = true;
    if (strcmp(expected, "expect: reject") == 0)
        good = r->info.failed && r->frames == 0;
    else if (stopped >= 0 && strstr(expected, " packet")) {
        good = (long)r->frames == stopped && (r->info.failed || !strstr(expected, "then"));
    } else if (accepted >= 0 && !strstr(expected, "reject"))
        good = (long)r->frames == accepted && !r->info.failed;
    else if (strncmp(expected, "expect: accept", 14) == 0 && !strstr(expected, "or "))
        good = r->frames > 0 || strstr(expected, "0 packets");
    if (!good) fail_msg("%s: %zu packets, '%s'; %s", file, r->frames, r->info.error.text, expected);
}

static void the_stated_outcomes_hold(void **state)
{
    (void)state;
    const char *shared = shared_folder();
    if (!shared) skip();
    char path[4096], line[8192];
    snprintf(path, sizeof path, "%s/malformed/INDEX.tsv", shared);
    FILE *index = fopen(path, "r");
    assert_non_null(index);
    unsigned checked = 0;
    while (fgets(line, sizeof line, index)) {
        char *file = strtok(line, "\t"), *expected = NULL;
        for (char *field; (field = strtok(NULL, "\t"));) {
            if (strstr(field, "expect: ")) expected = strstr(field, "expect: ");
        }
        if (!expected || strncmp(file, "synthetic/", 10) != 0) continue;
        struct reading r;
        snprintf(path, sizeof path, "%s/malformed/%s", shared, file);
        read_all(pp_capture_open(path, NULL), &r);
        check_expectation(file, expected, &r);
        checked++;
    }
    fclose(index);
    assert_true(checked > 150);
}

/* Files whose expectation is about decoding: how many frames must come out how. */
static const struct {
    const char *file;
    enum pp_decoded result;
    size_t frames;
} decodings[] = {
    {"vlan_x8.pcap", PP_DECODED, 1},
    {"vlan_x64.pcap", PP_TOO_DEEP, 1},
    {"vlan_x15000.pcap", PP_TOO_DEEP, 1},
    {"qinq_8.pcap", PP_DECODED, 1},
    {"mpls_x16.pcap", PP_DECODED, 1},
    {"mpls_x64.pcap", PP_TOO_DEEP, 1},
    {"mpls_x4000.pcap", PP_TOO_DEEP, 1},
    {"ip6_dstopt_x9.pcap", PP_DECODED, 1},
    {"ip6_dstopt_x64.pcap", PP_TOO_DEEP, 1},
    {"ip6_dstopt_x8000.pcap", PP_TOO_DEEP, 1},
    {"ip6_hbh_x64.pcap", PP_TOO_DEEP, 1},
    {"ip6_frag_nested.pcap", PP_TOO_DEEP, 1},
    {"ip6_frag_atomic.pcap", PP_DECODED, 1},
    {"ip6_frag_nonfirst.pcap", PP_LATER_FRAGMENT, 1},
    {"ip6_none.pcap", PP_OTHER_PROTOCOL, 1},
    {"raw_ver.pcap", PP_DECODED, 1},
    {"ip4_ver.pcap", PP_DECODED, 1},
    {"rec_zero.pcap", PP_TRUNCATED, 1000},
    {"tcp_flags.pcap", PP_DECODED, 256},
    {"frag_tiny.pcap", PP_LATER_FRAGMENT, 1},
    {"frag_flood_20k.pcap", PP_DECODED, 20000},
    {"ip4_opts.pcap", PP_DECODED, 7},
    {"lt_null_family.pcap", PP_DECODED, 8},
    {"sf_lt_unknown.pcap", PP_UNSUPPORTED_LINK, 1},
    {"tunnel_port_lie.pcap", PP_DECODED, 2},
    {"ports_edge.pcap", PP_DECODED, 9},
};

static void decodings_of_the_synthetic_files_hold(void **state)
{
    (void)state;
    const char *shared = shared_folder();
    if (!shared) skip();
    for (size_t i = 0; i < sizeof decodings / sizeof *decodings; i++) {
        char path[4096];
        struct reading r;
        snprintf(path, sizeof path, "%s/malformed/synthetic/%s", shared, decodings[i].file);
        read_all(pp_capture_open(path, NULL), &r);
        if (r.results[decodings[i].result] != decodings[i].frames) {
            fail_msg("%s: %zu %s", decodings[i].file, r.results[decodings[i].result], pp_decoded_name(decodings[i].result));
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_malformed_and_every_real_capture_is_read),
        cmocka_unit_test(the_stated_outcomes_hold),
        cmocka_unit_test(decodings_of_the_synthetic_files_hold),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
