/* Frames and capture files for tests, put together front to back. Sizes that a header states are given by the caller, so
 * that a test can lie. */
#ifndef SUPPORT_PACKETS_H
#define SUPPORT_PACKETS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "portproof/decode.h"

enum { BYTES_MAX = 8192 };

struct bytes {
    uint8_t at[BYTES_MAX];
    size_t size;
    size_t ports_end; /* where the last TCP or UDP ports added end */
    bool big_endian;  /* of the u16, u32, u64 that files use; packets are always in network order */
};

void add(struct bytes *bytes, const void *what, size_t size);
void add_zeros(struct bytes *bytes, size_t size);
void add_be16(struct bytes *bytes, unsigned value);
void add_be32(struct bytes *bytes, uint32_t value);
void add_u16(struct bytes *bytes, unsigned value);
void add_u32(struct bytes *bytes, uint32_t value);
void add_u64(struct bytes *bytes, uint64_t value);

void add_ethernet(struct bytes *bytes, unsigned ethertype);
void add_vlan(struct bytes *bytes, unsigned ethertype);
/** From 10.0.0.1 to 10.0.0.2. */
void add_ipv4(struct bytes *bytes, unsigned protocol, size_t payload);
/** `place`: the fragment field, flags and offset. */
void add_ipv4_fragment(struct bytes *bytes, unsigned protocol, size_t payload, unsigned id, unsigned place);
/** From 2001:db8::1 to 2001:db8::2. */
void add_ipv6(struct bytes *bytes, unsigned next, size_t payload);
/** Eight bytes of any extension header but AH and fragment. */
void add_extension(struct bytes *bytes, unsigned next);
void add_tcp(struct bytes *bytes, unsigned source, unsigned destination, unsigned flags);
void add_udp(struct bytes *bytes, unsigned source, unsigned destination, size_t payload);

/** The whole as a frame. */
struct pp_frame frame_of(const struct bytes *bytes, uint16_t link_type);
/** Decode a heap copy of exactly the first `captured` bytes, so that the sanitizer sees an over-read. */
enum pp_decoded decode_cut(const struct bytes *bytes, size_t captured, uint16_t link_type, bool decap, struct pp_packet *packet);
enum pp_decoded decode_whole(const struct bytes *bytes, uint16_t link_type, struct pp_packet *packet);

void add_pcap_header(struct bytes *bytes, uint32_t magic, unsigned minor, uint32_t snap, uint32_t link_field);
void add_record(struct bytes *bytes, uint32_t seconds, uint32_t fraction, const struct bytes *packet);

/** Begin a pcapng block; end_block fills in both lengths. */
size_t begin_block(struct bytes *bytes, uint32_t type);
void end_block(struct bytes *bytes, size_t start);
void add_section(struct bytes *bytes);
void add_option(struct bytes *bytes, unsigned code, const void *value, size_t size);
void add_option64(struct bytes *bytes, unsigned code, uint64_t value);
/** An interface without options. */
void add_interface_block(struct bytes *bytes, unsigned link_type, uint32_t snap);
/** An enhanced packet without options. */
void add_enhanced(struct bytes *bytes, uint32_t interface, uint64_t time, const struct bytes *packet);

/** shared/ beside the source tree, or $PORTPROOF_SHARED; NULL, and a message, when it is not there. Static. */
const char *shared_folder(void);

#endif
