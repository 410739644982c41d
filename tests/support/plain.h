/* Whether a plain packet says what the walk over the layers says of the same frame; for tests and fuzzers. */
#ifndef SUPPORT_PLAIN_H
#define SUPPORT_PLAIN_H

#include <string.h>

#include "portproof/decode.h"

static inline bool plain_agrees(const struct pp_plain_packet *plain, enum pp_decoded result, const struct pp_packet *packet)
{
    const unsigned kept = PP_MARK_LINK_GROUP | PP_MARK_CUT;
    return result == PP_DECODED && packet->family == PP_IPV4 && plain->time_ns == packet->time_ns &&
           plain->frame == ((uint64_t)packet->capture << 48 | packet->frame) && memcmp(plain->addresses, packet->source, 4) == 0 &&
           memcmp(plain->addresses + 4, packet->destination, 4) == 0 && plain->ports[0] == packet->source_port &&
           plain->ports[1] == packet->destination_port && plain->wire_bytes == packet->wire_bytes &&
           plain->transport == packet->transport && plain->tcp_flags == packet->tcp_flags && plain->marks == (packet->marks & kept) &&
           !(packet->marks & ~(kept | PP_MARK_PAYLOAD)) && !packet->callback_port && !packet->datagram_id;
}

#endif
