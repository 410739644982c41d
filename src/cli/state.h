/* --state: the evidence is kept in a folder, and a run goes on from what the run before it had kept, however that ended. */
#ifndef CLI_STATE_H
#define CLI_STATE_H

#include "cli.h"

enum { STRETCH_DEFAULT_S = 3600, STATE_FILES_DEFAULT = 48 };

/** Read what is kept into the session, before any interface is opened. Nothing to do without --state. false: a message was printed. */
bool state_open(struct session *session, const struct arguments *arguments);
/** Once privileges are dropped. */
bool state_start(struct session *session);
/** After the session was judged: hand over what is new. Says when nothing could be kept, and when it could again. */
void state_keep(struct session *session);
/** Other rules were set. */
bool state_rules_changed(struct session *session);
/** After the last judgement: hand over the rest and wait until it is on the disk, a second at most. */
void state_close(struct session *session);

#endif
