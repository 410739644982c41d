/* The files of a keeper's folder: one a stretch of time, named by the number of the last stretch that is in it. */
#ifndef KEEP_FILES_H
#define KEEP_FILES_H

#include "portproof/keep.h"

enum { FILE_NAME_MAX = 64 };

struct kept_file {
    uint32_t first, last; /* stretches; a file whose stretches are in a later one was joined into it, and should be gone */
};

/** Made if need be, locked against other programs. -1: `error` says why. *lock: a descriptor to keep open. */
int folder_open(const char *path, int *lock, struct pp_error *error);
/** Numbers of the files there, sorted by `last`, malloc'd; leftovers of writes that did not end are removed. false: `error` says why. */
bool folder_list(int folder, uint32_t **numbers, size_t *count, struct pp_error *error);
char *file_name(uint32_t number, char out[FILE_NAME_MAX]);
/** Whole, malloc'd. NULL: `error` says why. */
uint8_t *file_read(int folder, uint32_t number, size_t *size, struct pp_error *error);
/** Beside, synced, renamed, and the folder synced. false: `error` says why, and the file is as it was. */
bool file_write(int folder, uint32_t number, const struct pp_evidence *evidence, struct pp_error *error);
/** Take a file out of the way that is not whole. */
bool file_set_aside(int folder, uint32_t number);
bool file_remove(int folder, uint32_t number);

#endif
