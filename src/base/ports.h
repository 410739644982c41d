/* Ports as the page, rules and site files write them. */
#ifndef BASE_PORTS_H
#define BASE_PORTS_H

#include "portproof/spec.h"
#include "text.h"

/** Read one of
 *    80/tcp   443/tcp, 8443/tcp   6010-6099/tcp   1024/udp to 65535/udp   6010/tcp and above
 *    4000/tcp, 4002/tcp ...       (a series; step from the first two, bounded by the array's members)
 *    53                           (no transport: both)
 *    any, any/tcp                 (every port, 0 too)
 * Every port of one text has the same transport, and none is named twice.
 * On failure *found is where in `text` it went wrong and *expected what would have been right; *out is untouched. */
bool ports_parse(const char *text, struct pp_ports *out, const char **found, const char **expected);

/** The shortest text that ports_parse reads back as the same ports. */
void ports_write(struct text *out, const struct pp_ports *ports);

/** A series gets `members` ports (at least 1, and none above 65535); any other ports stay as they are. */
void ports_extend(struct pp_ports *ports, uint16_t members);

#endif
