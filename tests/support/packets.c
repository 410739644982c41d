#include "packets.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "plain.h"
#include "testing.h"

void add(struct bytes *bytes, const void *what, size_t size)
{
    assert_true(bytes->size + size <= BYTES_MAX);
    memcpy(bytes->at + bytes->size, what, size);
    bytes->size += size;
}

void add_zeros(struct bytes *bytes, size_t size)
{
    static const uint8_t zeros[BYTES_MAX];
    add(bytes, zeros, size);
}

void add_be16(struct bytes *bytes, unsigned value) { add(bytes, (uint8_t[]){(uint8_t)(value >> 8), (uint8_t)value}, 2); }

void add_be32(struct bytes *bytes, uint32_t value)
{
    add_be16(bytes, value >> 16);
    add_be16(bytes, value & 0xffff);
}

void add_u16(struct bytes *bytes, unsigned value)
{
    if (bytes->big_endian)
        add_be16(bytes, value);
    else
        add(bytes, (uint8_t[]){(uint8_t)value, (uint8_t)(value >> 8)}, 2);
}

void add_u32(struct bytes *bytes, uint32_t value)
{
    add_u16(bytes, bytes->big_endian ? value >> 16 : value & 0xffff);
    add_u16(bytes, bytes->big_endian ? value & 0xffff : value >> 16);
}

void add_u64(struct bytes *bytes, uint64_t value)
{
    add_u32(bytes, (uint32_t)(bytes->big_endian ? value >> 32 : value));
    add_u32(bytes, (uint32_t)(bytes->big_endian ? value : value >> 32));
}

void add_ethernet(struct bytes *bytes, unsigned ethertype)
{
    add(bytes, "\x02\0\0\0\0\x02\x02\0\0\0\0\x01", 12);
    add_be16(bytes, ethertype);
}

void add_vlan(struct bytes *bytes, unsigned ethertype)
{
    add_be16(bytes, 100);
    add_be16(bytes, ethertype);
}

void add_ipv4_fragment(struct bytes *bytes, unsigned protocol, size_t payload, unsigned id, unsigned place)
{
    add(bytes, "\x45\0", 2);
    add_be16(bytes, (unsigned)(20 + payload));
    add_be16(bytes, id);
    add_be16(bytes, place);
    add(bytes, (uint8_t[]){64, (uint8_t)protocol, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2}, 12);
}

void add_ipv4(struct bytes *bytes, unsigned protocol, size_t payload) { add_ipv4_fragment(bytes, protocol, payload, 7, 0x4000); }

void add_ipv6(struct bytes *bytes, unsigned next, size_t payload)
{
    add(bytes, "\x60\0\0\0", 4);
    add_be16(bytes, (unsigned)payload);
    add(bytes, (uint8_t[]){(uint8_t)next, 64}, 2);
    for (uint8_t last = 1; last <= 2; last++) {
        add(bytes, "\x20\x01\x0d\xb8", 4);
        add_zeros(bytes, 11);
        add(bytes, &last, 1);
    }
}

void add_extension(struct bytes *bytes, unsigned next) { add(bytes, (uint8_t[]){(uint8_t)next, 0, 1, 4, 0, 0, 0, 0}, 8); }

static void add_ports(struct bytes *bytes, unsigned source, unsigned destination)
{
    add_be16(bytes, source);
    add_be16(bytes, destination);
    bytes->ports_end = bytes->size;
}

void add_tcp(struct bytes *bytes, unsigned source, unsigned destination, unsigned flags)
{
    add_ports(bytes, source, destination);
    add_zeros(bytes, 8);
    add(bytes, (uint8_t[]){5 << 4, (uint8_t)flags, 1, 0, 0, 0, 0, 0}, 8);
}

void add_udp(struct bytes *bytes, unsigned source, unsigned destination, size_t payload)
{
    add_ports(bytes, source, destination);
    add_be16(bytes, (unsigned)(8 + payload));
    add_be16(bytes, 0);
}

struct pp_frame frame_of(const struct bytes *bytes, uint16_t link_type)
{
    return (struct pp_frame){.bytes = bytes->at,
                             .captured = (uint32_t)bytes->size,
                             .wire = (uint32_t)bytes->size,
                             .time_ns = 1,
                             .number = 1,
                             .link_type = link_type};
}

enum pp_decoded decode_cut(const struct bytes *bytes, size_t captured, uint16_t link_type, bool decap, struct pp_packet *packet)
{
    uint8_t *copy = exact_copy(bytes->at, captured);
    struct pp_frame frame = frame_of(bytes, link_type);
    frame.bytes = copy;
    frame.captured = (uint32_t)captured;
    memset(packet, 0xa5, sizeof *packet); /* decode must write all of it */
    enum pp_decoded result = pp_decode(&frame, &(struct pp_decode_options){.decap = decap}, packet);
    struct pp_plain_packet plain;
    uint16_t others[1];
    size_t other_count;
    if (pp_decode_plain(&frame, 1, &plain, others, &other_count)) assert_true(plain_agrees(&plain, result, packet));
    free(copy);
    return result;
}

enum pp_decoded decode_whole(const struct bytes *bytes, uint16_t link_type, struct pp_packet *packet)
{
    return decode_cut(bytes, bytes->size, link_type, false, packet);
}

void add_pcap_header(struct bytes *bytes, uint32_t magic, unsigned minor, uint32_t snap, uint32_t link_field)
{
    add_u32(bytes, magic);
    add_u16(bytes, 2);
    add_u16(bytes, minor);
    add_u64(bytes, 0);
    add_u32(bytes, snap);
    add_u32(bytes, link_field);
}

void add_record(struct bytes *bytes, uint32_t seconds, uint32_t fraction, const struct bytes *packet)
{
    add_u32(bytes, seconds);
    add_u32(bytes, fraction);
    add_u32(bytes, (uint32_t)packet->size);
    add_u32(bytes, (uint32_t)packet->size);
    add(bytes, packet->at, packet->size);
}

size_t begin_block(struct bytes *bytes, uint32_t type)
{
    size_t start = bytes->size;
    add_u32(bytes, type);
    add_u32(bytes, 0);
    return start;
}

void end_block(struct bytes *bytes, size_t start)
{
    add_zeros(bytes, (4 - (bytes->size - start) % 4) % 4);
    uint32_t total = (uint32_t)(bytes->size - start + 4);
    add_u32(bytes, total);
    memcpy(bytes->at + start + 4, bytes->at + bytes->size - 4, 4);
}

void add_section(struct bytes *bytes)
{
    size_t start = begin_block(bytes, 0x0a0d0d0a);
    add_u32(bytes, 0x1a2b3c4d);
    add_u16(bytes, 1);
    add_u16(bytes, 0);
    add_u64(bytes, UINT64_MAX);
    end_block(bytes, start);
}

void add_option(struct bytes *bytes, unsigned code, const void *value, size_t size)
{
    add_u16(bytes, code);
    add_u16(bytes, (unsigned)size);
    add(bytes, value, size);
    add_zeros(bytes, (4 - size % 4) % 4);
}

void add_option64(struct bytes *bytes, unsigned code, uint64_t value)
{
    add_u16(bytes, code);
    add_u16(bytes, 8);
    add_u64(bytes, value);
}

void add_interface_block(struct bytes *bytes, unsigned link_type, uint32_t snap)
{
    size_t start = begin_block(bytes, 1);
    add_u16(bytes, link_type);
    add_u16(bytes, 0);
    add_u32(bytes, snap);
    end_block(bytes, start);
}

void add_enhanced(struct bytes *bytes, uint32_t interface, uint64_t time, const struct bytes *packet)
{
    size_t start = begin_block(bytes, 6);
    add_u32(bytes, interface);
    add_u32(bytes, (uint32_t)(time >> 32));
    add_u32(bytes, (uint32_t)time);
    add_u32(bytes, (uint32_t)packet->size);
    add_u32(bytes, (uint32_t)packet->size);
    add(bytes, packet->at, packet->size);
    end_block(bytes, start);
}

const char *shared_folder(void)
{
    static char path[4096];
    const char *given = getenv("PORTPROOF_SHARED");
    snprintf(path, sizeof path, "%s", given ? given : SOURCE_DIR "/../shared");
    char index[4200];
    snprintf(index, sizeof index, "%s/malformed/INDEX.tsv", path);
    FILE *file = fopen(index, "r");
    if (!file) {
        fprintf(stderr, "no %s (set PORTPROOF_SHARED): nothing to read\n", index);
        return NULL;
    }
    fclose(file);
    return path;
}
