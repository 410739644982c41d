#define _GNU_SOURCE
#include "files.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "error.h"

/* evidence-00000012.ppe; while it is written, evidence-00000012.ppe.tmp */
static const char prefix[] = "evidence-", suffix[] = ".ppe", aside[] = ".tmp";
enum { FOLDER_MODE = 0750, FILE_MODE = 0640 };

char *file_name(uint32_t number, char out[FILE_NAME_MAX])
{
    snprintf(out, FILE_NAME_MAX, "%s%08" PRIu32 "%s", prefix, number, suffix);
    return out;
}

int folder_open(const char *path, int *lock, struct pp_error *error)
{
    if (mkdir(path, FOLDER_MODE) != 0 && errno != EEXIST) return error_at(error, 0, 0, "cannot make the folder: %s", strerror(errno)), -1;
    int folder = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (folder < 0) return error_at(error, 0, 0, "cannot open the folder: %s", strerror(errno)), -1;
    *lock = openat(folder, "lock", O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, FILE_MODE);
    if (*lock >= 0 && flock(*lock, LOCK_EX | LOCK_NB) == 0) return folder;
    if (*lock < 0)
        error_at(error, 0, 0, "cannot write in the folder: %s", strerror(errno));
    else
        error_at(error, 0, 0, "another program keeps its evidence there; expected a folder of its own for each");
    if (*lock >= 0) close(*lock);
    *lock = -1;
    close(folder);
    return -1;
}

static bool number_of(const char *name, uint32_t *number, const char **rest)
{
    char *end;
    if (strncmp(name, prefix, sizeof prefix - 1) != 0) return false;
    const char *digits = name + sizeof prefix - 1;
    errno = 0;
    unsigned long n = strtoul(digits, &end, 10);
    if (errno || end == digits || *digits == '-' || *digits == '+' || n > UINT32_MAX) return false;
    if (strncmp(end, suffix, sizeof suffix - 1) != 0) return false;
    *number = (uint32_t)n;
    *rest = end + sizeof suffix - 1;
    return true;
}

static int by_number(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

static bool append(uint32_t **numbers, size_t *count, size_t *room, uint32_t number)
{
    if (*count == *room) {
        size_t more = *room ? *room * 2 : 64;
        uint32_t *larger = realloc(*numbers, more * sizeof **numbers);
        if (!larger) return false;
        *numbers = larger;
        *room = more;
    }
    (*numbers)[(*count)++] = number;
    return true;
}

bool folder_list(int folder, uint32_t **numbers, size_t *count, struct pp_error *error)
{
    int again = openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *entries = again >= 0 ? fdopendir(again) : NULL;
    size_t room = 0;
    bool ok = true;
    *numbers = NULL;
    *count = 0;
    if (!entries) return error_at(error, 0, 0, "cannot read the folder: %s", strerror(errno));
    for (struct dirent *entry; ok && (entry = readdir(entries)) != NULL;) {
        uint32_t number;
        const char *rest;
        if (!number_of(entry->d_name, &number, &rest)) continue;
        if (strcmp(rest, aside) == 0)
            (void)unlinkat(folder, entry->d_name, 0);
        else if (!*rest)
            ok = append(numbers, count, &room, number);
    }
    closedir(entries);
    if (!ok) return free(*numbers), error_at(error, 0, 0, "out of memory");
    if (*count) qsort(*numbers, *count, sizeof **numbers, by_number);
    return true;
}

static uint8_t *read_all(int descriptor, size_t size)
{
    uint8_t *bytes = malloc(size + 1);
    for (size_t at = 0; bytes && at < size;) {
        ssize_t got = read(descriptor, bytes + at, size - at);
        if (got < 0 && errno == EINTR) continue;
        if (got == 0) errno = EIO; /* shorter than it was a moment ago */
        if (got <= 0) return free(bytes), NULL;
        at += (size_t)got;
    }
    return bytes;
}

uint8_t *file_read(int folder, uint32_t number, size_t *size, struct pp_error *error)
{
    char name[FILE_NAME_MAX];
    struct stat info;
    int descriptor = openat(folder, file_name(number, name), O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
    uint8_t *bytes = NULL;
    if (descriptor >= 0 && fstat(descriptor, &info) == 0) {
        *size = (size_t)info.st_size;
        bytes = read_all(descriptor, *size);
    }
    if (!bytes) error_at(error, 0, 0, "%s: cannot read: %s", name, strerror(errno));
    if (descriptor >= 0) close(descriptor);
    return bytes;
}

static bool write_all(void *context, const char *bytes, size_t size)
{
    int descriptor = *(const int *)context;
    for (ssize_t wrote; size; bytes += wrote, size -= (size_t)wrote) {
        wrote = write(descriptor, bytes, size);
        if (wrote < 0 && errno == EINTR) wrote = 0;
        if (wrote < 0) return false;
    }
    return true;
}

/* Both the bytes and the name are on the disk when this says so. */
static bool write_and_sync(int folder, const char *temporary, const char *name, const struct pp_evidence *evidence)
{
    int descriptor = openat(folder, temporary, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, FILE_MODE);
    if (descriptor < 0) return false;
    struct pp_sink sink = {write_all, &descriptor};
    bool ok = pp_evidence_write(evidence, &sink) && fsync(descriptor) == 0;
    int why = errno;
    if (close(descriptor) != 0 && ok) ok = false, why = errno;
    if (ok && (renameat(folder, temporary, folder, name) != 0 || fsync(folder) != 0)) ok = false, why = errno;
    errno = why;
    return ok;
}

bool file_write(int folder, uint32_t number, const struct pp_evidence *evidence, struct pp_error *error)
{
    char name[FILE_NAME_MAX], temporary[FILE_NAME_MAX + sizeof aside];
    snprintf(temporary, sizeof temporary, "%s%s", file_name(number, name), aside);
    if (write_and_sync(folder, temporary, name, evidence)) return true;
    error_at(error, 0, 0, "%s: cannot write: %s", name, strerror(errno));
    (void)unlinkat(folder, temporary, 0);
    return false;
}

bool file_set_aside(int folder, uint32_t number)
{
    char name[FILE_NAME_MAX], bad[FILE_NAME_MAX + 8];
    snprintf(bad, sizeof bad, "%s.bad", file_name(number, name));
    return renameat(folder, name, folder, bad) == 0;
}

bool file_remove(int folder, uint32_t number)
{
    char name[FILE_NAME_MAX];
    return unlinkat(folder, file_name(number, name), 0) == 0;
}
