#define _GNU_SOURCE
#include "files.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

enum { OUTPUTS_MAX = 3 };

/* An input by the name that the arguments have for it. */
struct input_file {
    const char *path;
    int descriptor; /* -1: `error` says why not; or, without an error, it is to be opened when it is read: a FIFO must not be waited for now
                     */
    int error;
};

struct input_directory {
    const char *path;
    char **files;
    int count;
};

static struct {
    struct input_file *inputs;
    size_t input_count, input_room;
    struct input_directory *folders;
    size_t folder_count;
    struct output *outputs[OUTPUTS_MAX];
    const char *output_paths[OUTPUTS_MAX];
    size_t output_count;
    const char *export_folder;
    bool open;
    bool reports;        /* JSON reports name evidence that lies beside them */
    bool names_services; /* a filter may name ports and hosts */
} files;

/* --- inputs -------------------------------------------------------------------------------------------------------------- */

static struct input_file *find_input(const char *path)
{
    for (size_t i = 0; i < files.input_count; i++)
        if (strcmp(files.inputs[i].path, path) == 0) return &files.inputs[i];
    return NULL;
}

static bool add_input(const char *path)
{
    struct stat info;
    if (!path || strcmp(path, "-") == 0 || find_input(path)) return true;
    if (files.input_count == files.input_room) {
        size_t room = files.input_room ? files.input_room * 2 : 16;
        struct input_file *larger = realloc(files.inputs, room * sizeof *larger);
        if (!larger) return complain("out of memory"), false;
        files.inputs = larger;
        files.input_room = room;
    }
    struct input_file *input = &files.inputs[files.input_count++];
    *input = (struct input_file){.path = path, .descriptor = -1};
    if (stat(path, &info) != 0)
        input->error = errno;
    else if (S_ISREG(info.st_mode) || S_ISDIR(info.st_mode)) { /* a folder is refused when it is read */
        input->descriptor = open(path, O_RDONLY | O_CLOEXEC);
        if (input->descriptor < 0 && errno != EMFILE && errno != ENFILE) input->error = errno; /* too many: opened when it is read */
    }
    return true;
}

static int by_name(const void *a, const void *b) { return strcmp(*(char *const *)a, *(char *const *)b); }

/* The regular files of a folder. */
static bool list_folder(struct input_directory *folder)
{
    DIR *entries = opendir(folder->path);
    bool ok = entries || (complain("%s: cannot open: %s", show(folder->path), strerror(errno)), false);
    size_t room = 0;
    for (struct dirent *entry; ok && (entry = readdir(entries)) != NULL;) {
        struct stat info;
        char *path = NULL;
        if (entry->d_name[0] == '.') continue;
        if ((size_t)folder->count == room) {
            char **larger = realloc(folder->files, (room = room ? room * 2 : 64) * sizeof *larger);
            if (!larger) return closedir(entries), complain("out of memory"), false;
            folder->files = larger;
        }
        if (asprintf(&path, "%s/%s", folder->path, entry->d_name) < 0)
            ok = (complain("out of memory"), false);
        else if (stat(path, &info) == 0 && S_ISREG(info.st_mode))
            folder->files[folder->count++] = path;
        else
            free(path);
    }
    if (entries) closedir(entries);
    if (folder->count) qsort(folder->files, (size_t)folder->count, sizeof *folder->files, by_name);
    for (int i = 0; ok && i < folder->count; i++) ok = add_input(folder->files[i]);
    return ok;
}

static bool add_operands(const struct arguments *a)
{
    bool ok = true;
    files.folders = calloc((size_t)a->operand_count + 1, sizeof *files.folders);
    if (!files.folders) return complain("out of memory"), false;
    for (int i = 0; ok && i < a->operand_count; i++) {
        struct stat info;
        if ((a->habits & LISTS_FOLDERS) && stat(a->operands[i], &info) == 0 && S_ISDIR(info.st_mode)) {
            files.folders[files.folder_count] = (struct input_directory){.path = a->operands[i]};
            ok = list_folder(&files.folders[files.folder_count++]);
        } else
            ok = add_input(a->operands[i]);
    }
    return ok;
}

/* Every capture stays open. */
static void allow_many_files(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
    limit.rlim_cur = limit.rlim_max;
    (void)setrlimit(RLIMIT_NOFILE, &limit);
}

int input_descriptor(const char *path)
{
    const struct input_file *input = find_input(path);
    if (strcmp(path, "-") == 0) return fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 0);
    if (input && input->error) return errno = input->error, -1;
    if (!input || input->descriptor < 0) return open(path, O_RDONLY | O_CLOEXEC);
    int descriptor = fcntl(input->descriptor, F_DUPFD_CLOEXEC, 0);
    if (descriptor >= 0) (void)lseek(descriptor, 0, SEEK_SET); /* it shares its place with those before */
    return descriptor;
}

char *const *input_folder(const char *path, int *count)
{
    static char *none[1];
    for (size_t i = 0; i < files.folder_count; i++) {
        if (strcmp(files.folders[i].path, path) != 0) continue;
        *count = files.folders[i].count;
        return files.folders[i].files ? files.folders[i].files : none;
    }
    return NULL;
}

/* --- outputs ------------------------------------------------------------------------------------------------------------- */

/* Ctrl-C in the middle of a long run leaves nothing half written behind. */
static void leave(int signal_number)
{
    for (size_t i = 0; i < files.output_count; i++) output_unlink(files.outputs[i]);
    signal(signal_number, SIG_DFL);
    raise(signal_number);
}

static bool add_output(const char *path)
{
    if (!path || strcmp(path, "-") == 0) return true;
    for (size_t i = 0; i < files.output_count; i++)
        if (strcmp(files.output_paths[i], path) == 0)
            return complain("%s: to be written twice; expected a file for each", show(path)), false;
    struct output *output = output_make(path);
    if (!output) return false;
    files.output_paths[files.output_count] = path;
    files.outputs[files.output_count++] = output;
    return true;
}

static bool make_export_folder(const char *folder)
{
    files.export_folder = folder;
    if (!folder || mkdir(folder, 0777) == 0 || errno == EEXIST) return true;
    return complain("%s: cannot make the folder: %s", show(folder), strerror(errno)), false;
}

struct output *output_open(const char *path)
{
    for (size_t i = 0; path && i < files.output_count; i++) {
        if (strcmp(files.output_paths[i], path) != 0) continue;
        struct output *output = files.outputs[i];
        files.output_paths[i] = files.output_paths[--files.output_count];
        files.outputs[i] = files.outputs[files.output_count];
        return output;
    }
    return output_make(path);
}

/* --- all of them --------------------------------------------------------------------------------------------------------- */

bool files_open(const struct arguments *a)
{
    static const int signals[] = {SIGINT, SIGTERM, SIGHUP};
    allow_many_files();
    files.open = true;
    files.reports = a->habits & FOLLOWS_REPORTS;
    files.names_services = a->filter != NULL;
    if (!add_input(a->rules) || !add_input(a->site) || !add_input(a->site_before) || !add_input(a->site_after) || !add_input(a->seen) ||
        !add_operands(a))
        return false;
    if (!add_output(a->output) || !add_output(a->evidence) || !add_output(a->bundle) || !make_export_folder(a->export_folder)) return false;
    for (size_t i = 0; files.output_count && i < sizeof signals / sizeof *signals; i++) {
        struct sigaction action = {.sa_handler = leave}, before;
        if (sigaction(signals[i], NULL, &before) == 0 && before.sa_handler == SIG_DFL) (void)sigaction(signals[i], &action, NULL);
    }
    return true;
}

static void grant_files(struct privileges_kept *kept)
{
    static const char *const databases[] = {"/etc/services", "/etc/protocols", "/etc/hosts",
                                            "/etc/networks", "/etc/ethers",    "/etc/nsswitch.conf"};
    for (size_t i = 0; files.names_services && i < sizeof databases / sizeof *databases; i++)
        privileges_grant(kept, GRANT_READ, databases[i]);
    for (size_t i = 0; i < files.input_count; i++) {
        if (files.inputs[i].descriptor < 0 && !files.inputs[i].error) privileges_grant(kept, GRANT_READ, files.inputs[i].path);
        if (files.reports) privileges_grant(kept, GRANT_READ_BESIDE, files.inputs[i].path);
    }
    for (size_t i = 0; i < files.output_count; i++) privileges_grant(kept, GRANT_REPLACE, files.output_paths[i]);
    if (files.export_folder) privileges_grant(kept, GRANT_WRITE, files.export_folder);
}

bool files_are_open(void) { return files.open; }

/* Whether an HTML report may be written. */
static bool draws(const struct arguments *a)
{
    return a->bundle || a->listen || (a->format && strcmp(a->format, "html") == 0) || (a->habits & RENDERS_AGAIN);
}

bool confine(struct privileges_kept *kept, const char *command, const struct arguments *a)
{
    char missing[PRIVILEGES_TEXT_MAX];
#ifdef PORTPROOF_UNCONFINED /* builds that look for leaks, write down what was covered, or name the lines of a finding, when they end */
    free(kept->grants);
    return true;
#endif
    if (draws(a)) kept->begin_apart = pp_report_draw_apart;
    if (drop_privileges(kept, missing)) return true;
    if (a->require_sandbox)
        complain("%s: cannot confine itself: %s", command, missing);
    else if (!a->quiet)
        complain("%s: warning: goes on without %s; see --require-sandbox", command, missing);
    return !a->require_sandbox;
}

bool files_confine(const struct arguments *a, const char *command)
{
    struct privileges_kept kept = {0};
    grant_files(&kept);
    return confine(&kept, command, a);
}

void files_close(void)
{
    pp_report_draw_end();
    while (files.output_count) output_close(files.outputs[--files.output_count], false);
    for (size_t i = 0; i < files.input_count; i++)
        if (files.inputs[i].descriptor >= 0) close(files.inputs[i].descriptor);
    for (size_t i = 0; i < files.folder_count; i++) {
        for (int k = 0; k < files.folders[i].count; k++) free(files.folders[i].files[k]);
        free(files.folders[i].files);
    }
    free(files.folders);
    free(files.inputs);
    memset(&files, 0, sizeof files);
}
