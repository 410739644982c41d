/* A main for the targets where libFuzzer has none: it runs the target on every file named, and on all in the folders named, each as an
 * exact-size heap copy; ctest replays the corpora with it, under every compiler. Built by AFL++ and started by afl-fuzz it takes its inputs
 * from there, thousands a process. */
#include <dirent.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fuzz.h"

#ifdef __AFL_COMPILER
__AFL_FUZZ_INIT();
#endif

enum { PATH_BYTES = 4096, INPUT_MOST = 1 << 26 };

static unsigned long ran;

static void run(const uint8_t *bytes, size_t size)
{
    uint8_t *copy = malloc(size ? size : 1);
    if (!copy) exit(1);
    if (size) memcpy(copy, bytes, size);
    LLVMFuzzerTestOneInput(copy, size);
    free(copy);
    ran++;
}

static void run_file(const char *path)
{
    FILE *file = fopen(path, "rb");
    uint8_t *bytes = malloc(INPUT_MOST);
    if (!file || !bytes) {
        fprintf(stderr, "cannot read %s\n", path);
        exit(1);
    }
    size_t size = fread(bytes, 1, INPUT_MOST, file);
    fclose(file);
    if (getenv("FUZZ_VERBOSE")) fprintf(stderr, "%s\n", path);
    run(bytes, size);
    free(bytes);
}

static void run_path(const char *path)
{
    struct stat info;
    char inside[PATH_BYTES];
    DIR *folder;
    if (stat(path, &info) == 0 && S_ISDIR(info.st_mode) && (folder = opendir(path))) {
        for (struct dirent *entry; (entry = readdir(folder));) {
            if (entry->d_name[0] == '.') continue;
            snprintf(inside, sizeof inside, "%s/%s", path, entry->d_name);
            run_path(inside);
        }
        closedir(folder);
        return;
    }
    run_file(path);
}

int main(int argc, char **argv)
{
#ifdef __AFL_COMPILER
    enum { INPUTS_A_PROCESS = 10000 };
    if (argc == 1) {
        __AFL_INIT();
        const uint8_t *bytes = __AFL_FUZZ_TESTCASE_BUF;
        while (__AFL_LOOP(INPUTS_A_PROCESS)) run(bytes, (size_t)__AFL_FUZZ_TESTCASE_LEN);
        return 0;
    }
#endif
    for (int i = 1; i < argc; i++) run_path(argv[i]);
    printf("%lu inputs\n", ran);
    return ran ? 0 : 1;
}
