/* Fragments: which datagrams showed later fragments, and whether the one with the ports was seen. Bounded. */
#ifndef FLOW_DATAGRAMS_H
#define FLOW_DATAGRAMS_H

#include "portproof/flow.h"
#include "siphash.h"

enum {
    DATAGRAMS_MAX = 65536, /* datagrams followed; fragments of further ones are counted as lost */
    ADDRESSES_MAX = 65536, /* addresses seen outside flows; further ones are counted as lost */
};

struct datagrams {
    struct pp_datagram *items;
    uint32_t *slots; /* number + 1; 0: empty */
    uint32_t count, room;
    uint32_t mask;
};

bool datagrams_join(struct datagrams *datagrams, const struct siphash_key *key, const struct pp_datagram *one, uint64_t *lost);
void datagrams_finish(struct datagrams *datagrams);

struct addresses {
    struct pp_address *items;
    uint32_t *slots;
    uint32_t count, room;
    uint32_t mask;
};

bool addresses_add(struct addresses *addresses, const struct siphash_key *key, const struct pp_address *address, uint64_t *lost);
void addresses_finish(struct addresses *addresses);

#endif
