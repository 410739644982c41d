/* Community ID, version 1: a flow's name that other tools know too. */
#ifndef BASE_COMMUNITY_ID_H
#define BASE_COMMUNITY_ID_H

#include "portproof/base.h"

enum { COMMUNITY_ID_MAX = 40 };

/** Version 1, seed 0; the direction does not matter. Ports in host order. */
void community_id(const struct pp_address *a, uint16_t port_a, const struct pp_address *b, uint16_t port_b, uint8_t protocol,
                  char out[COMMUNITY_ID_MAX]);

#endif
