/* Files that the arguments name, opened before anything is read: "open, drop, read" (ARCHITECTURE.md). From then on a command asks here for
 * what is open already; with its privileges dropped it could not open anything else. One process runs one command, so there is one set. */
#ifndef CLI_FILES_H
#define CLI_FILES_H

#include "cli.h"
#include "privileges.h"

/** Open the inputs and make the outputs of a command. false: a message was printed, or an output cannot be written. */
bool files_open(const struct arguments *arguments);
/** Whether this command's files were opened here. */
bool files_are_open(void);
/** Drop all privileges but what using them needs. false: a message was printed. */
bool files_confine(const struct arguments *arguments, const char *command);
/** Drop all privileges but these; says what could not be done. false: --require-sandbox, and not all could. */
bool confine(struct privileges_kept *kept, const char *command, const struct arguments *arguments);
/** Take away the outputs that nobody has written, and close everything. */
void files_close(void);

/** A file that was opened, as an input of its own to be closed, at its beginning. "-" is standard input, where it stands. -1 with errno: it
 * could not be opened. One that was not named by the arguments, or is no regular file, is opened now. */
int input_descriptor(const char *path);
/** The files in a folder that is an operand, in the order of their names, without those that begin with a dot; ours. NULL: it is no
 * folder. */
char *const *input_folder(const char *path, int *count);

#endif
