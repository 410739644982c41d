/* A request in the making, and what the formats share. */
#ifndef FIREWALL_REQUEST_H
#define FIREWALL_REQUEST_H

#include "arena.h"
#include "portproof/firewall.h"
#include "text.h"

struct request_builder {
    struct arena *arena;
    struct pp_request *out;
    size_t room;
};

bool request_begin(struct request_builder *builder); /* false: out of memory */
/** A line to be filled in; NULL: out of memory. */
struct pp_request_line *request_add(struct request_builder *builder);
bool request_note(struct request_builder *builder, const char *format, ...) __attribute__((format(printf, 2, 3)));
struct pp_request *request_end(struct request_builder *builder); /* NULL when memory ran out */

/** Words for a comment of any syntax: letters, digits and marks that mean nothing anywhere; all others become '_'. `most` bytes at most. */
void add_words(struct text *out, const char *words, size_t most);
/** Reason and row as one comment, cut likewise. */
void add_comment(struct text *out, const struct pp_request_line *line, bool way_back, size_t most);

/** Call `each` for every range of the ports, those with steps port by port. */
void each_range(const struct pp_ports *ports, void (*each)(void *context, uint16_t first, uint16_t last), void *context);

/* The formats. */
struct request_style {
    bool stateless;
    const char *title;
};
typedef void write_request(const struct pp_request *request, const struct request_style *style, struct text *out);
write_request write_nftables, write_iptables, write_cisco, write_request_csv;

#endif
