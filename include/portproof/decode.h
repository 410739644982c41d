/* decode: frame → packet, or a counted reason why not. Allocates nothing, logs nothing, keeps nothing. */
#ifndef PORTPROOF_DECODE_H
#define PORTPROOF_DECODE_H

#include "portproof/frame.h"
#include "portproof/packet.h"

struct pp_decode_options {
    bool decap; /* go inside GRE, ERSPAN, IP-in-IP, 6in4, VXLAN, Geneve; default: the outermost IP header counts */
};

/** Decode one frame into `packet`, which is fully written whatever the result (unknown fields zero).
 * The result says which fields mean something; see enum pp_decoded. */
enum pp_decoded pp_decode(const struct pp_frame *frame, const struct pp_decode_options *options, struct pp_packet *packet);

/** How many of a frame's captured bytes are headers, up to the end of the transport header that pp_decode finds (of an ICMP error: the
 * quoted one): all before the payload. 0: there is no such header. */
size_t pp_headers_end(const struct pp_frame *frame, const struct pp_decode_options *options);

/** Pick the plain frames out of a batch of PP_FRAME_BATCH at most: `packets` takes one for each, in order, and `others` the positions
 * of all other frames, which are pp_decode's. Returns how many are plain. For a plain frame pp_decode finds the same, only slower. */
size_t pp_decode_plain(const struct pp_frame *frames, size_t count, struct pp_plain_packet *packets, uint16_t *others, size_t *other_count);

/** A packet that pp_decode found (PP_DECODED) as a plain one, which it is when it has nothing that a plain one cannot say: behind
 * VLAN tags, from a cooked or a raw capture. false: it has. */
bool pp_make_plain(const struct pp_packet *packet, struct pp_plain_packet *plain);

/** Whether decode reads this LINKTYPE_. */
bool pp_link_supported(uint16_t link_type);

/** The LINKTYPE_ name without its prefix ("ETHERNET"), or "unknown"; static. */
const char *pp_link_name(uint16_t link_type);

/** The snake_case name of a result, as in the report's counters; static. */
const char *pp_decoded_name(enum pp_decoded result);

#endif
