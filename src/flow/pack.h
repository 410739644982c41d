/* A flow table as bytes, to be kept and joined again. */
#ifndef FLOW_PACK_H
#define FLOW_PACK_H

#include "packer.h"
#include "portproof/flow.h"

/** All that pp_flow_table_merge would take from the table. Of a sorted table equal flows are equal bytes, in whatever order packets came
 * and tables were merged. Sets packer->failed when memory is out. */
void flow_pack(const struct pp_flow_table *table, struct packer *packer);
/** Which captures flows may name, and from what number on these are counted now. */
struct pack_captures {
    uint32_t count, base;
};

/** The same table again. NULL: the bytes contradict themselves (unpacker->failed), or
 * memory is out. */
struct pp_flow_table *flow_unpack(struct unpacker *unpacker, struct pack_captures captures, const struct pp_flow_options *options);

#endif
