#define _DEFAULT_SOURCE
#include "ring.h"

#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <string.h>
#include <sys/mman.h>

enum {
    BLOCK_BYTES = 256 << 10, /* libpcap: the smallest power of two that holds its largest snap length */
    LINK_ETHERNET = 1,
    HEADER_BYTES = sizeof(struct tpacket3_hdr) + sizeof(struct sockaddr_ll), /* what the kernel puts in front of a frame, at least */
    TAG_BYTES = 4,
    TAG_AT = 12,        /* behind both addresses */
    AHEAD_BYTES = 2048, /* a dozen small frames with their headers: enough to hide a miss */
    LINE = 64,
};

bool ring_map(struct ring *ring, int fd, uint32_t wanted)
{
    uint32_t blocks = (wanted + BLOCK_BYTES - 1) / BLOCK_BYTES;
    size_t bytes = (size_t)blocks * BLOCK_BYTES;
    *ring = (struct ring){0};
    /* The kernel maps nothing but all of the ring: another size, because memory was short, is refused. */
    void *at = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (at == MAP_FAILED) return false;
    const struct tpacket_block_desc *first = at;
    if (first->version != TPACKET_V3) {
        munmap(at, bytes);
        return false;
    }
    *ring = (struct ring){.at = at, .bytes = bytes, .blocks = blocks};
    return true;
}

void ring_unmap(struct ring *ring)
{
    if (ring->at) munmap(ring->at, ring->bytes);
    *ring = (struct ring){0};
}

static struct tpacket_block_desc *block_of(const struct ring *ring)
{
    return (struct tpacket_block_desc *)(void *)(ring->at + (size_t)ring->block * BLOCK_BYTES);
}

/* The frames handed out last are done with. */
static void give_back(struct ring *ring)
{
    if (!ring->held || ring->left) return;
    __atomic_store_n(&block_of(ring)->hdr.bh1.block_status, TP_STATUS_KERNEL, __ATOMIC_RELEASE);
    ring->block = (ring->block + 1) % ring->blocks;
    ring->held = false;
}

static bool take_block(struct ring *ring)
{
    struct tpacket_block_desc *block = block_of(ring);
    if (!(__atomic_load_n(&block->hdr.bh1.block_status, __ATOMIC_ACQUIRE) & TP_STATUS_USER)) return false;
    ring->held = true;
    ring->left = block->hdr.bh1.num_pkts;
    ring->packet = (uint8_t *)block + block->hdr.bh1.offset_to_first_pkt;
    return true;
}

/* Room for it was left in front of the frame when libpcap made the ring. */
static uint8_t *put_tag_back(const struct tpacket3_hdr *header, uint8_t *frame)
{
    uint16_t type = header->tp_status & TP_STATUS_VLAN_TPID_VALID ? header->hv1.tp_vlan_tpid : ETH_P_8021Q;
    uint32_t tag = header->hv1.tp_vlan_tci;
    memmove(frame - TAG_BYTES, frame, TAG_AT);
    uint8_t *at = frame - TAG_BYTES + TAG_AT;
    at[0] = (uint8_t)(type >> 8);
    at[1] = (uint8_t)type;
    at[2] = (uint8_t)(tag >> 8);
    at[3] = (uint8_t)tag;
    return frame - TAG_BYTES;
}

/* false: it does not lie in its block, which no kernel does; the rest of the block is not handed out, and counted as such. */
static bool read_packet(const struct ring *ring, struct pp_frame *frame)
{
    const struct tpacket3_hdr *header = (const struct tpacket3_hdr *)(const void *)ring->packet;
    size_t at = (size_t)(ring->packet - (const uint8_t *)block_of(ring));
    if (at > BLOCK_BYTES - sizeof *header || header->tp_mac > BLOCK_BYTES - at || header->tp_snaplen > BLOCK_BYTES - at - header->tp_mac)
        return false;
    uint8_t *bytes = ring->packet + header->tp_mac;
    bool tagged = header->tp_status & TP_STATUS_VLAN_VALID && header->tp_snaplen >= TAG_AT && header->tp_mac >= HEADER_BYTES + TAG_BYTES;
    if (tagged) bytes = put_tag_back(header, bytes);
    *frame = (struct pp_frame){
        .bytes = bytes,
        .captured = header->tp_snaplen + (tagged ? TAG_BYTES : 0u),
        .wire = header->tp_len + (tagged ? TAG_BYTES : 0u),
        .time_ns = (uint64_t)header->tp_sec * 1000000000u + header->tp_nsec,
        .link_type = LINK_ETHERNET,
    };
    return true;
}

static void ask_for(const uint8_t *at)
{
    for (unsigned i = 0; i < 3; i++) __builtin_prefetch(at + i * LINE);
}

size_t ring_read(struct ring *ring, struct pp_frame *frames, size_t max)
{
    size_t count = 0;
    give_back(ring);
    if (!ring->held && !take_block(ring)) return 0;
    while (count < max && ring->left) {
        ask_for(ring->packet + AHEAD_BYTES); /* no address is wrong to ask for */
        if (!read_packet(ring, &frames[count])) {
            ring->left = 0;
            break;
        }
        count++;
        ring->left--;
        ring->packet += ((const struct tpacket3_hdr *)(const void *)ring->packet)->tp_next_offset;
    }
    return count;
}
