/* Random packets, tables filled with them in any order, and all that a table shows as bytes. */
#ifndef SUPPORT_TABLES_H
#define SUPPORT_TABLES_H

#include "portproof/flow.h"

/** Of the random numbers; the same seed gives the same packets in every run. */
extern uint64_t seed;
uint32_t any(uint32_t below);

enum { CAPTURES = 80 }; /* as many as random packets come from */
struct pp_packet random_packet(uint64_t frame, uint8_t *result);
void shuffle(struct pp_packet *packets, uint8_t *results, size_t count);
/** A TCP packet between two IPv4 addresses in host order, at a fixed time. */
struct pp_packet syn(uint32_t from, uint16_t from_port, uint32_t to, uint16_t to_port, uint8_t flags);

struct pp_flow_table *new_table(uint32_t max_flows);
void add_one(struct pp_flow_table *table, struct pp_packet packet);
/** Spread over several tables at random, which are merged in a random order. */
struct pp_flow_table *split_and_merge(struct pp_packet *packets, uint8_t *results, size_t count);

/** Everything a table shows, as bytes on the heap. */
struct view {
    uint8_t *at;
    size_t size, room;
};
struct view view_of(struct pp_flow_table *table);
void assert_same(struct pp_flow_table *a, struct pp_flow_table *b);

#endif
