/* One line of `flows --format tsv`: transport, source and its port, destination and its port, packets, bytes, first, last, flags. */
#ifndef REPORT_LINE_H
#define REPORT_LINE_H

#include "portproof/flow.h"

enum { LINE_BYTES_MAX = 256 }; /* two addresses and eight numbers: 4 + 2 * 46 + 2 * 6 + 2 * 21 + 2 * 31 + 5 at most */

/** What makes writing fast; one for all threads. */
struct line_words {
    struct {
        char text[7]; /* "10.": with the dot */
        uint8_t length;
    } octets[256];
};

void line_words_init(struct line_words *words);

/** What `from` sent to the other end, with a newline; returns the end of it. `at` has LINE_BYTES_MAX bytes. */
char *put_line(char *at, const struct line_words *words, const struct pp_flow *flow, unsigned from);

/** Source, port, destination, port, each with a tab behind it: what lines are sorted by, after the transport. */
char *put_ends(char *at, const struct line_words *words, const struct pp_flow *flow, unsigned from);

#endif
