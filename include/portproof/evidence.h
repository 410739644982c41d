/* evidence: what was seen, as bytes that can be kept, and joined again with what was seen before or elsewhere. A flow record is a join,
 * so pieces of evidence join in any order. */
#ifndef PORTPROOF_EVIDENCE_H
#define PORTPROOF_EVIDENCE_H

#include "portproof/capture.h"
#include "portproof/flow.h"

struct arena;

enum { PP_ORIGIN_SIZE = 33 };

struct pp_evidence {
    char origin[PP_ORIGIN_SIZE];  /* pieces of one origin are stretches of one body, whose later ones know the captures of all; "": none */
    uint32_t first, last;         /* numbers of the stretches of time that are joined in it */
    pp_time_ns from_ns, until_ns; /* the system's date: when the first began, as of when the last is known */
    char classes[65];             /* SHA-256 of what ports its folded flows know apart (pp_port_index_digest) */
    struct pp_capture_info *captures; /* their name and account; what is not known any more is left out */
    uint32_t capture_count;
    struct arena *names; /* what the captures' strings stand in, when it was read */
    struct pp_flow_table *flows;
};

enum { PP_EVIDENCE_CAPTURES_MAX = 1024, PP_CAPTURE_NAME_MAX = 4096 };

/** false: the sink stopped. */
bool pp_evidence_write(const struct pp_evidence *evidence, const struct pp_sink *sink);
/** *out's captures and flows are the caller's, see pp_evidence_finish. `base`: the number that flows know its first capture by from here
 * on. `options` NULL: no flows, just what is known of them. false: `error->text` says what is wrong with the bytes, or that memory is out,
 * and there is nothing in *out; errno is then EBADMSG or ENOMEM. */
bool pp_evidence_read(const uint8_t *bytes, size_t size, const struct pp_flow_options *options, uint32_t base, struct pp_evidence *out,
                      struct pp_error *error);
void pp_evidence_finish(struct pp_evidence *evidence);

#endif
