/* Which packets are wanted: five-tuples of the flows behind findings. */
#ifndef EXPORT_WANTED_H
#define EXPORT_WANTED_H

#include "portproof/findings.h"
#include "portproof/packet.h"

#define NOBODY UINT32_MAX /* no finding */

struct wanted;

/** Of the first `findings` findings of a report. NULL: out of memory. */
struct wanted *wanted_create(const struct pp_report *report, uint32_t findings);
void wanted_destroy(struct wanted *wanted); /* takes NULL */
/** The finding that a packet, in either direction, is evidence for; NOBODY: none. */
uint32_t wanted_find(const struct wanted *wanted, const struct pp_packet *packet);

#endif
