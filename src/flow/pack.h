/* A flow table as bytes, to be kept and joined again. */
#ifndef FLOW_PACK_H
#define FLOW_PACK_H

#include "packer.h"
#include "portproof/flow.h"

/** All that pp_flow_table_merge would take from the table. */
void flow_pack(const struct pp_flow_table *table, struct packer *packer);
/** The same table again. `captures`: how many captures its flows may name. NULL: the bytes contradict themselves (unpacker->failed), or
 * memory is out. */
struct pp_flow_table *flow_unpack(struct unpacker *unpacker, uint32_t captures, const struct pp_flow_options *options);

#endif
