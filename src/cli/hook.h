/* --hook: a command that is run for every new finding, with the finding as JSON on its standard input.
 *
 * The program that listens gives up starting programs, so a child made before that does it. It runs one command at a time and so many
 * a minute, whatever is sent; what that leaves out is counted, and the next command is told (PORTPROOF_SUPPRESSED). Nothing of a packet
 * is ever part of the command. */
#ifndef CLI_HOOK_H
#define CLI_HOOK_H

#include <stdbool.h>
#include <stddef.h>

enum { HOOK_RUNS_A_MINUTE = 20 };

struct hook;

/** `command` is the shell's to read; `silent`: nobody sees what it prints. NULL: it cannot be had; a message was printed. */
struct hook *hook_begin(const char *command, bool silent);
/** Hand over a line of JSON; never waits. What the child has no room for is counted as left out. */
void hook_send(struct hook *hook, const char *line, size_t size);
/** Let the child end when it has run what it was handed. Takes NULL. */
void hook_end(struct hook *hook);

#endif
