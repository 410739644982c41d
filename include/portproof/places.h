/* places: from spec and site, what to capture and where, before there is any packet. */
#ifndef PORTPROOF_PLACES_H
#define PORTPROOF_PLACES_H

#include "portproof/findings.h"

/** Where a capture sees edges: on one site entry, or on a host's own loopback (host PP_NONE). */
struct pp_place {
    uint16_t host;
    struct pp_row_set rows; /* rows of which it sees at least one edge */
    uint32_t edges;         /* edges it sees that no place before it does */
};

/** The fewest places (greedily) that together see every edge that can be due. *places is malloc'd. false: out of memory. */
bool pp_places(const struct pp_spec *spec, const struct pp_site *site, struct pp_place **places, size_t *count);

/** The libpcap filter that keeps what matters: everything from and to the site's entries with a telling role, and the ICMP errors
 * about it, also inside VLAN tags. Without a site: the narrow rows' ports. *out is malloc'd. false: out of memory. */
bool pp_capture_filter(const struct pp_spec *spec, const struct pp_site *site, char **out);

#endif
