/* While `live` listens: judge again and again, and tell what is new, a line each. */
#ifndef CLI_FOLLOW_H
#define CLI_FOLLOW_H

#include "cli.h"

enum { REFRESH_DEFAULT_S = 10, WINDOW_DEFAULT_S = 900 };

struct follow;

/** Lines go to standard output when the report goes to a file, else to standard error. *follow: NULL when nothing is to be told, nor
 * waited for. false: a message was printed. */
bool follow_begin(struct follow **follow, const struct arguments *arguments);
/** Judge and tell, if it is time. false: every due row is decided, which was waited for; or memory is out, or nobody takes the lines
 * any more (a message was printed). */
bool follow_now(struct follow *follow, struct session *session, uint64_t steady_ns);
void follow_end(struct follow *follow); /* takes NULL */

#endif
