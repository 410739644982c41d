/* Times of pcapng, apart from its blocks so that tests can reach the arithmetic. */
#ifndef CAPTURE_PCAPNG_H
#define CAPTURE_PCAPNG_H

#include "portproof/base.h"

/** `units` of if_tsresol `resolution` (10^-n, or 2^-n with the high bit set) plus if_tsoffset seconds, in nanoseconds;
 * saturates at 0 and just below PP_NO_FIRST. */
pp_time_ns pcapng_time(uint64_t units, uint8_t resolution, int64_t offset_s);

#endif
