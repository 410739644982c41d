/* Writing a pcapng file (draft-ietf-opsawg-pcapng): a section, interfaces as they are needed, packets with a comment. In the byte order
 * of this machine, which the file says; times in nanoseconds. */
#ifndef EXPORT_PCAPNG_FILE_H
#define EXPORT_PCAPNG_FILE_H

#include <stdio.h>

#include "portproof/frame.h"

enum { LINKS_MAX = 16 };

struct pcapng_file {
    FILE *to;
    uint16_t links[LINKS_MAX]; /* link type of each interface */
    uint32_t link_count;
};

/** false: errno says why. */
bool pcapng_begin(struct pcapng_file *file, FILE *to, const char *application);
/** The first `captured` bytes of a frame; `comment` is UTF-8. false: errno says why. */
bool pcapng_packet(struct pcapng_file *file, const struct pp_frame *frame, uint32_t captured, const char *comment);

#endif
