/* What a bundle holds, made from a session: by analyze and report to write it, and by verify to see whether the same comes out again. */
#ifndef CLI_CONTENTS_H
#define CLI_CONTENTS_H

#include "cli.h"
#include "portproof/bundle.h"
#include "text.h"

#define EVIDENCE_NAME "evidence.ppe"
#define RULES_NAME "rules.yaml"
#define SITE_NAME "site.yaml"

enum { DOCUMENTS = 4, CONTENTS_MAX = DOCUMENTS + 4 };

struct contents {
    struct pp_bundle bundle; /* its strings are ours, the session's, the arguments' and the report's */
    struct pp_bundle_file files[CONTENTS_MAX];
    struct pp_bundle_capture *captures;
    char *documents[DOCUMENTS];
    struct text evidence;
};

/** false: a message was printed. In either case contents_finish frees what there is. */
bool contents_make(struct session *session, const struct pp_report *report, uint64_t outside_time, bool from_captures,
                   const struct arguments *arguments, struct contents *contents);
void contents_finish(struct contents *contents);

#endif
