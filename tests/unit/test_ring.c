/* The ring of a packet socket, played by the test: what a kernel writes there is read, and what no kernel writes leads nowhere. */
#define _GNU_SOURCE /* memfd_create */
#include "ring.h"

#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "testing.h"

enum {
    BLOCK = 256 << 10,
    FIRST = 48, /* where the first packet of a block begins */
    FRAME_AT = sizeof(struct tpacket3_hdr) + sizeof(struct sockaddr_ll) + 18,
    PACKET = 256, /* from one packet to the next */
};

/* As ring_map leaves it: so many blocks of exactly their size, and the kernel's. */
static struct ring ring_of(uint32_t blocks)
{
    struct ring ring = {.bytes = (size_t)blocks * BLOCK, .blocks = blocks};
    ring.at = aligned_alloc(4096, ring.bytes);
    assert_non_null(ring.at);
    memset(ring.at, 0, ring.bytes);
    return ring;
}

static struct tpacket_hdr_v1 *block_header(const struct ring *ring, uint32_t block)
{
    return &((struct tpacket_block_desc *)(void *)(ring->at + (size_t)block * BLOCK))->hdr.bh1;
}

static struct tpacket3_hdr *packet_header(const struct ring *ring, uint32_t block, uint32_t packet)
{
    return (struct tpacket3_hdr *)(void *)(ring->at + (size_t)block * BLOCK + FIRST + (size_t)packet * PACKET);
}

/* A block full of `packets`, each of 60 bytes that say which it is, and handed over. */
static void fill(const struct ring *ring, uint32_t block, uint32_t packets)
{
    struct tpacket_hdr_v1 *header = block_header(ring, block);
    for (uint32_t i = 0; i < packets; i++) {
        struct tpacket3_hdr *packet = packet_header(ring, block, i);
        *packet = (struct tpacket3_hdr){
            .tp_next_offset = PACKET, .tp_sec = 10, .tp_nsec = i, .tp_snaplen = 60, .tp_len = 1500, .tp_mac = FRAME_AT};
        memset((uint8_t *)packet + FRAME_AT, (int)(16 * block + i), 60);
    }
    header->num_pkts = packets;
    header->offset_to_first_pkt = FIRST;
    header->block_status = TP_STATUS_USER;
}

static void a_block_is_given_back_when_the_batch_after_its_last_frame_is_asked_for(void **state)
{
    (void)state;
    struct ring ring = ring_of(2);
    struct pp_frame frames[8];
    assert_int_equal(ring_read(&ring, frames, 8), 0); /* it is the kernel's */
    fill(&ring, 0, 3);
    fill(&ring, 1, 1);
    assert_int_equal(ring_read(&ring, frames, 2), 2);
    assert_int_equal(frames[1].bytes[0], 1);
    assert_int_equal(frames[1].captured, 60);
    assert_int_equal(frames[1].wire, 1500);
    assert_int_equal(frames[1].link_type, 1);
    assert_true(frames[1].time_ns == UINT64_C(10000000001));
    assert_int_equal(ring_read(&ring, frames, 8), 1);
    assert_int_equal(frames[0].bytes[0], 2);
    assert_int_equal(block_header(&ring, 0)->block_status, TP_STATUS_USER); /* the frame still lies in it */
    assert_int_equal(ring_read(&ring, frames, 8), 1);
    assert_int_equal(frames[0].bytes[0], 16);
    assert_int_equal(block_header(&ring, 0)->block_status, TP_STATUS_KERNEL);
    assert_int_equal(ring_read(&ring, frames, 8), 0);
    fill(&ring, 0, 1); /* and around again */
    assert_int_equal(ring_read(&ring, frames, 0), 0);
    assert_int_equal(ring_read(&ring, frames, 8), 1);
    free(ring.at);
}

static void a_tag_is_put_back_where_there_is_room_for_it_and_a_frame_to_have_it(void **state)
{
    (void)state;
    static const struct {
        uint32_t status, snap;
        uint16_t mac;
        unsigned tag; /* 0: none */
    } cases[] = {
        {TP_STATUS_VLAN_VALID, 60, FRAME_AT, ETH_P_8021Q},
        {TP_STATUS_VLAN_VALID | TP_STATUS_VLAN_TPID_VALID, 60, FRAME_AT, ETH_P_8021AD},
        {0, 60, FRAME_AT, 0},
        {TP_STATUS_VLAN_VALID, 12, FRAME_AT, ETH_P_8021Q},
        {TP_STATUS_VLAN_VALID, 11, FRAME_AT, 0},
        {TP_STATUS_VLAN_VALID, 60, FRAME_AT - 14, ETH_P_8021Q},
        {TP_STATUS_VLAN_VALID, 60, FRAME_AT - 15, 0}, /* it would lie over the header in front */
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct ring ring = ring_of(1);
        struct pp_frame frame;
        fill(&ring, 0, 1);
        struct tpacket3_hdr *header = packet_header(&ring, 0, 0);
        header->tp_status = cases[i].status;
        header->tp_snaplen = cases[i].snap;
        header->tp_mac = cases[i].mac;
        header->hv1.tp_vlan_tci = 0x2007;
        header->hv1.tp_vlan_tpid = ETH_P_8021AD;
        for (unsigned k = 0; k < 60; k++) ((uint8_t *)header)[cases[i].mac + k] = (uint8_t)(100 + k);
        assert_int_equal(ring_read(&ring, &frame, 1), 1);
        assert_int_equal(frame.captured, cases[i].snap + (cases[i].tag ? 4 : 0));
        assert_int_equal(frame.wire, 1500 + (cases[i].tag ? 4 : 0));
        for (unsigned k = 0; k < 11; k++) assert_int_equal(frame.bytes[k], 100 + k);
        if (cases[i].tag) {
            assert_int_equal(frame.bytes[12] << 8 | frame.bytes[13], cases[i].tag);
            assert_int_equal(frame.bytes[14] << 8 | frame.bytes[15], 0x2007);
        }
        free(ring.at);
    }
}

static void a_packet_that_does_not_lie_in_its_block_ends_the_block(void **state)
{
    (void)state;
    static const struct {
        uint32_t next;
        uint16_t mac;
        uint32_t snap;
    } lies[] = {
        {BLOCK - FIRST, FRAME_AT, 60}, {UINT32_MAX - 4096, FRAME_AT, 60}, {BLOCK - FIRST - sizeof(struct tpacket3_hdr), FRAME_AT, 60},
        {PACKET, FRAME_AT, BLOCK},     {PACKET, FRAME_AT, UINT32_MAX},
    };
    for (size_t i = 0; i < sizeof lies / sizeof *lies; i++) {
        struct ring ring = ring_of(2);
        struct pp_frame frames[8];
        fill(&ring, 0, 4);
        fill(&ring, 1, 1);
        packet_header(&ring, 0, 0)->tp_next_offset = lies[i].next;
        if (lies[i].next == BLOCK - FIRST - sizeof(struct tpacket3_hdr)) /* all but the frame fits */
            *(struct tpacket3_hdr *)(void *)(ring.at + BLOCK - sizeof(struct tpacket3_hdr)) = (struct tpacket3_hdr){.tp_mac = FRAME_AT};
        packet_header(&ring, 0, 1)->tp_mac = lies[i].mac;
        packet_header(&ring, 0, 1)->tp_snaplen = lies[i].snap;
        assert_int_equal(ring_read(&ring, frames, 8), 1);
        assert_int_equal(ring_read(&ring, frames, 8), 1); /* the next block is read all the same */
        assert_int_equal(frames[0].bytes[0], 16);
        assert_int_equal(block_header(&ring, 0)->block_status, TP_STATUS_KERNEL);
        free(ring.at);
    }
}

static void only_a_ring_of_the_size_and_version_asked_for_is_mapped(void **state)
{
    (void)state;
    struct ring ring;
    int file = memfd_create("ring", 0);
    assert_int_equal(ftruncate(file, 2 * BLOCK), 0);
    assert_false(ring_map(&ring, file, 2 * BLOCK)); /* TPACKET_V1 */
    assert_null(ring.at);
    const uint32_t version = TPACKET_V3;
    assert_int_equal(pwrite(file, &version, sizeof version, 0), sizeof version);
    assert_true(ring_map(&ring, file, 2 * BLOCK - 1)); /* whole blocks */
    assert_int_equal(ring.blocks, 2);
    ring_unmap(&ring);
    assert_null(ring.at);
    ring_unmap(&ring);
    close(file);
    assert_false(ring_map(&ring, file, 2 * BLOCK)); /* nothing to map */
    assert_null(ring.at);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_block_is_given_back_when_the_batch_after_its_last_frame_is_asked_for),
        cmocka_unit_test(a_tag_is_put_back_where_there_is_room_for_it_and_a_frame_to_have_it),
        cmocka_unit_test(a_packet_that_does_not_lie_in_its_block_ends_the_block),
        cmocka_unit_test(only_a_ring_of_the_size_and_version_asked_for_is_mapped),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
