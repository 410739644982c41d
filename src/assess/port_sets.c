/* Which of up to 64 sets of ports hold a port, as bits. Half a megabyte a transport, of which only the pages of ports that some
 * set names are ever made. */
#include <stdlib.h>

#include "assess.h"

enum { PORTS = 65536 };

bool port_sets_init(struct port_sets *sets)
{
    sets->bits = calloc(2 * PORTS, sizeof *sets->bits);
    return sets->bits != NULL;
}

void port_sets_finish(struct port_sets *sets) { free(sets->bits); }

void port_sets_add(struct port_sets *sets, unsigned number, const struct pp_ports *ports)
{
    for (unsigned r = 0; r < ports->count; r++) {
        const struct pp_port_range *range = &ports->ranges[r];
        for (uint32_t port = range->first; port <= range->last; port += range->step) {
            if (ports->tcp) sets->bits[port] |= UINT64_C(1) << number;
            if (ports->udp) sets->bits[PORTS + port] |= UINT64_C(1) << number;
        }
    }
}

uint64_t port_sets_at(const struct port_sets *sets, enum pp_transport transport, uint16_t port)
{
    return sets->bits[(transport == PP_UDP ? PORTS : 0u) + port];
}
