/* Times: as text (only UTC, so that equal inputs give equal bytes wherever they are read), and what time it is. */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include <stdbool.h>
#include <stddef.h>

#include "portproof/base.h"

enum { TIME_TEXT_MAX = 40, NS_PER_S = 1000000000, NS_PER_MS = 1000000 };

/** Of a clock that only goes forward, at the pace of seconds, whatever is done to the system's date. Its beginning means nothing. */
uint64_t steady_ns(void);
/** The same, going on while the system sleeps. */
uint64_t boot_ns(void);
/** The system's date, which may be set at any time. */
pp_time_ns time_of_day_ns(void);

/** RFC 3339, UTC, nine decimals: 2026-11-20T09:58:11.000000000Z. Returns `out`. */
char *time_rfc3339(pp_time_ns time, char out[TIME_TEXT_MAX]);
/** For people: 2026-11-20 09:58:11 UTC, or in the local zone when `local`. */
char *time_readable(pp_time_ns time, bool local, char out[TIME_TEXT_MAX]);
/** Seconds with nine decimals: 1763632691.000000000. */
char *time_seconds(pp_time_ns time, char out[TIME_TEXT_MAX]);
/** "840 ms", "7 s", "14 min 02 s", "3 h 05 min", "2 d 04 h". */
char *duration_readable(uint64_t ns, char out[TIME_TEXT_MAX]);
/** RFC 3339 (with Z, an offset, or nothing for UTC; a date alone is its first instant), or seconds since the epoch. */
bool time_parse(const char *text, pp_time_ns *out);
/** A calendar date; false unless it exists. *out is its first instant, UTC. */
bool date_parse(const char *text, pp_time_ns *out);

#endif
