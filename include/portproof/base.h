/* Plain values that every stage of portproof shares: addresses, transports, times, errors.
 *
 * Byte order: ports are in host order everywhere; addresses are bytes in network order.
 * Times: nanoseconds since the Unix epoch on the capture's own clock. */
#ifndef PORTPROOF_BASE_H
#define PORTPROOF_BASE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** Transports that are judged; the values are the IP protocol numbers. Everything else is counted only. */
enum pp_transport { PP_TCP = 6, PP_UDP = 17 };

enum pp_family { PP_IPV4 = 4, PP_IPV6 = 6 };

/** An IPv4 or IPv6 address. Unused bytes are zero, so two equal addresses are equal bytes. */
struct pp_address {
    uint8_t family;    /* enum pp_family; 0: no address */
    uint8_t bytes[16]; /* network order; IPv4 uses the first four */
};

/** Nanoseconds since 1970-01-01 UTC on the capture's clock; saturates, never wraps (year 2554). */
typedef uint64_t pp_time_ns;

/* "No time": neutral for a minimum and for a maximum, so that packets without a time
 * (pcapng simple packets) join with the others without a special case. */
#define PP_NO_FIRST UINT64_MAX
#define PP_NO_LAST UINT64_C(0)

/** "No such row, host, feature": every index in portproof that may be absent uses this. */
enum { PP_NONE = 0xffff };

enum { PP_ERROR_TEXT_MAX = 512 };

/** Where and why something was refused. `text` is one line, escaped, without the file's name. */
struct pp_error {
    uint32_t line, column; /* from 1; 0: not a place in a text */
    uint64_t offset;       /* byte offset in a capture file; UINT64_MAX: none */
    char text[PP_ERROR_TEXT_MAX];
};

/** Where bytes go, piece by piece, since there may be many. false from `write` stops. It is called by one thread at a time, not
 * always the same one. */
struct pp_sink {
    bool (*write)(void *context, const char *bytes, size_t size);
    void *context;
};

/** Three-way answer for things that a capture may be unable to tell. */
enum pp_answer { PP_NO = 0, PP_YES = 1, PP_UNKNOWN = 2 };

#endif
