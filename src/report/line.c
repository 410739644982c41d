/* A line of TSV, byte after byte into a buffer: a list has millions of them, and printf would take longer than everything before
 * it took over the capture. Octets are copied from a table of 256 words, other numbers written two digits at a time. */
#include "line.h"

#include <string.h>

#include "address.h"
#include "clock.h"
#include "digits.h"

void line_words_init(struct line_words *words)
{
    for (unsigned i = 0; i < 256; i++) {
        char *text = words->octets[i].text, *end = put_digits(text, i);
        *end++ = '.';
        words->octets[i].length = (uint8_t)(end - text);
    }
}

static inline char *put_address_tab(char *at, const struct line_words *words, const struct pp_address *address)
{
    if (address->family == PP_IPV4) {
        for (unsigned i = 0; i < 4; i++) {
            memcpy(at, words->octets[address->bytes[i]].text, 4);
            at += words->octets[address->bytes[i]].length;
        }
        at[-1] = '\t'; /* for the last dot */
        return at;
    }
    at = address_put(at, address);
    *at++ = '\t';
    return at;
}

char *put_ends(char *at, const struct line_words *words, const struct pp_flow *flow, unsigned from)
{
    for (unsigned i = 0; i < 2; i++) {
        at = put_address_tab(at, words, &flow->address[from ^ i]);
        at = put_digits(at, flow->port[from ^ i]);
        *at++ = '\t';
    }
    return at;
}

static char *put_time(char *at, pp_time_ns time)
{
    uint64_t seconds = time / NS_PER_S;
    if (seconds >= NS_PER_S && seconds < UINT64_C(10) * NS_PER_S) { /* 2001 to 2286: ten digits */
        *at++ = (char)('0' + seconds / NS_PER_S);
        at = put_nine(at, (uint32_t)(seconds % NS_PER_S));
    } else
        at = put_digits(at, seconds);
    *at++ = '.';
    return put_nine(at, (uint32_t)(time % NS_PER_S));
}

static char *put_times(char *at, const struct pp_flow_side *side)
{
    if (side->first_ns == PP_NO_FIRST) return memcpy(at, "-\t-\t", 4), at + 4;
    at = put_time(at, side->first_ns);
    *at++ = '\t';
    at = put_time(at, side->last_ns);
    *at++ = '\t';
    return at;
}

char *put_line(char *at, const struct line_words *words, const struct pp_flow *flow, unsigned from)
{
    static const char hex[] = "0123456789abcdef";
    const struct pp_flow_side *side = &flow->side[from];
    memcpy(at, flow->transport == PP_TCP ? "tcp\t" : "udp\t", 4);
    at = put_ends(at + 4, words, flow, from);
    at = put_digits(at, side->packets);
    *at++ = '\t';
    at = put_digits(at, side->bytes);
    *at++ = '\t';
    at = put_times(at, side);
    if (flow->transport == PP_TCP) {
        memcpy(at, "0x", 2);
        at[2] = hex[side->tcp_flags >> 4];
        at[3] = hex[side->tcp_flags & 15];
        at += 4;
    } else
        *at++ = '-';
    *at++ = '\n';
    return at;
}
