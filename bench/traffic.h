/* Invented traffic, the same for the same seed: clients of 10.20.0.0/16 talk to 64 Tarantella servers in 10.0.1.0/24.
 *
 * Flows are numbered; what a flow is (ends, transport, service port) follows from its number, so only its state is kept.
 * Flows begin one by one, every second packet, until all have begun; all other packets belong to any flow that has begun,
 * each equally likely. That is the hard case for a flow table: real traffic comes in trains, which caches like.
 * A TCP flow begins with SYN, SYN+ACK and ACK; then three of five packets come from the server. Frames have the size the mix
 * asks for, handshakes too: where 60 bytes are not enough, the SYN carries data, as RFC 9293 section 3.4 allows. */
#ifndef BENCH_TRAFFIC_H
#define BENCH_TRAFFIC_H

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum {
    FRAME_MAX = 1514, FRAME_LEAST = 60,
    IMIX = 12,                  /* frames after which the mix of sizes repeats, in another order */
    ETHERNET = 14, IPV4 = 20, TCP = 20, UDP = 8,
    CLIENTS = 65536, SERVERS = 64,
    CLIENT_PORTS = 32768,       /* from here on */
    UDP_PER_CENT = 20,
    PAYLOAD_POOL = 65536,       /* payload is cut from a pool of so many invented bytes */
};

enum traffic_kind { TRAFFIC_FLOWS, TRAFFIC_FLOOD, TRAFFIC_RANDOM, TRAFFIC_COLLIDING };

struct traffic_flow { uint32_t sequence[2]; uint8_t begun; };

struct traffic {
    enum traffic_kind kind;
    uint64_t seed, random, made;
    uint32_t flows, begun;
    uint16_t frame_bytes;       /* 0: IMIX 7:4:1 of 60, 590 and 1514 bytes */
    uint16_t sizes[IMIX];
    struct traffic_flow *state;
    uint8_t pool[PAYLOAD_POOL + FRAME_MAX];
};

static inline uint64_t mix64(uint64_t x) /* splitmix64's finaliser */
{
    x += UINT64_C(0x9e3779b97f4a7c15);
    x = (x ^ x >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    x = (x ^ x >> 27) * UINT64_C(0x94d049bb133111eb);
    return x ^ x >> 31;
}

static inline uint64_t traffic_random(struct traffic *t) { return mix64(t->random++); }
/* 0 … n - 1 */
static inline uint32_t traffic_below(struct traffic *t, uint32_t n) { return (uint32_t)((traffic_random(t) >> 32) * n >> 32); }

static inline bool traffic_init(struct traffic *t, enum traffic_kind kind, uint32_t flows, uint16_t frame_bytes, uint64_t seed)
{
    static const uint16_t imix[IMIX] = {60, 60, 60, 60, 60, 60, 60, 590, 590, 590, 590, FRAME_MAX};
    *t = (struct traffic){.kind = kind, .seed = mix64(seed), .random = mix64(~seed), .flows = flows, .frame_bytes = frame_bytes};
    memcpy(t->sizes, imix, sizeof imix);
    for (size_t i = 0; i + 8 <= sizeof t->pool; i += 8) {
        uint64_t word = traffic_random(t);
        memcpy(t->pool + i, &word, 8);
    }
    t->state = calloc(flows, sizeof *t->state);
    return t->state != NULL;
}

static inline void traffic_finish(struct traffic *t) { free(t->state); }

static inline void put16(uint8_t *p, unsigned value) { p[0] = (uint8_t)(value >> 8), p[1] = (uint8_t)value; }
static inline void put32(uint8_t *p, uint32_t value) { put16(p, value >> 16), put16(p + 2, value & 0xffff); }

static inline uint16_t traffic_size(struct traffic *t)
{
    if (t->frame_bytes) return t->frame_bytes;
    unsigned place = (unsigned)(t->made % IMIX);
    if (place == 0)
        for (uint32_t i = IMIX - 1; i > 0; i--) { /* another order every time, so that nothing can learn it */
            uint32_t j = traffic_below(t, i + 1);
            uint16_t size = t->sizes[i];
            t->sizes[i] = t->sizes[j], t->sizes[j] = size;
        }
    return t->sizes[place];
}

/* What a flow is. */
struct traffic_ends { uint32_t client, server; uint16_t client_port, server_port; bool udp; };

/* Five-tuples at random, or such that many a hash without a key maps to one value: a pair's exclusive or and sum are always the same, and what
 * differs in an address are its high bits alone. */
static inline struct traffic_ends traffic_tuples(const struct traffic *t, uint32_t flow, uint64_t hash)
{
    if (t->kind == TRAFFIC_RANDOM)
        return (struct traffic_ends){.client = (uint32_t)hash, .server = (uint32_t)(hash >> 32), .client_port = (uint16_t)mix64(hash), .server_port = 5307};
    uint32_t client = flow << 12 | flow >> 20;
    return (struct traffic_ends){.client = client, .server = ~client, .client_port = 4096, .server_port = 5307};
}

static inline struct traffic_ends traffic_ends(const struct traffic *t, uint32_t flow)
{
    /* Rows of rules/tarantella.yaml; the more frequent ones stand more often. */
    static const uint16_t tcp[] = {443, 443, 443, 443, 5307, 5307, 5307, 5307, 3144, 3144, 80, 80, 139, 515, 3579, 6010};
    static const uint16_t udp[] = {137, 137, 3579, 5500};
    uint64_t hash = mix64(t->seed + flow);
    if (t->kind == TRAFFIC_RANDOM || t->kind == TRAFFIC_COLLIDING) return traffic_tuples(t, flow, hash);
    uint32_t client = (uint32_t)(flow + t->seed) % CLIENTS, round = flow / CLIENTS; /* round: so that no two flows are the same */
    struct traffic_ends e = {.udp = hash % 100 < UDP_PER_CENT};
    e.client = UINT32_C(0x0a140000) | (client * 40503u & 0xffff);
    e.client_port = (uint16_t)(CLIENT_PORTS + (mix64(t->seed ^ client) + round) % CLIENT_PORTS);
    e.server = UINT32_C(0x0a000100) + 1 + (uint32_t)(hash >> 8) % SERVERS;
    e.server_port = e.udp ? udp[(hash >> 40) % 4] : tcp[(hash >> 40) % 16];
    return e;
}

/* Ethernet and IPv4 up to the transport; the IPv4 checksum is right, those of the transports are left 0. */
static inline void traffic_headers(uint8_t *frame, uint16_t size, const struct traffic_ends *e, bool answer, uint16_t id)
{
    static const uint8_t client_mac[6] = {2, 0, 0, 0, 0, 1}, server_mac[6] = {2, 0, 0, 0, 0, 2};
    memcpy(frame, answer ? client_mac : server_mac, 6);
    memcpy(frame + 6, answer ? server_mac : client_mac, 6);
    put16(frame + 12, 0x0800);
    uint8_t *ip = frame + ETHERNET;
    static const uint8_t start[12] = {0x45, 0, 0, 0, 0, 0, 0x40, 0, 64, 0, 0, 0};
    memcpy(ip, start, sizeof start);
    put16(ip + 2, (unsigned)size - ETHERNET);
    put16(ip + 4, id);
    ip[9] = e->udp ? 17 : 6;
    put32(ip + 12, answer ? e->server : e->client);
    put32(ip + 16, answer ? e->client : e->server);
    uint32_t sum = 0;
    for (unsigned i = 0; i < IPV4; i += 2) sum += (uint32_t)ip[i] << 8 | ip[i + 1];
    sum = (sum & 0xffff) + (sum >> 16);
    put16(ip + 10, ~(sum + (sum >> 16)) & 0xffff);
    uint8_t *ports = ip + IPV4;
    put16(ports, answer ? e->server_port : e->client_port);
    put16(ports + 2, answer ? e->client_port : e->server_port);
}

static inline void traffic_tcp(struct traffic_flow *state, uint8_t *segment, uint16_t payload, bool answer)
{
    enum { SYN = 2, PSH = 8, ACK = 16 };
    bool opening = state->begun < 2;
    uint8_t flags = state->begun == 0 ? SYN : state->begun == 1 ? SYN | ACK : state->begun == 2 ? ACK : ACK | PSH;
    put32(segment + 4, state->sequence[answer]);
    put32(segment + 8, flags & ACK ? state->sequence[!answer] : 0);
    state->sequence[answer] += payload + (opening ? 1u : 0u);
    segment[12] = 5 << 4;
    segment[13] = flags;
    put16(segment + 14, 65535);
    put32(segment + 16, 0);
}

/* A SYN from a source that nobody has seen before, to port 443. */
static inline uint16_t traffic_flood(struct traffic *t, uint8_t *frame)
{
    enum { SOURCES_FIRST = 0x0b000000 }; /* 11.0.0.0, and 2,097,152,000 addresses on: a step that has no divisor in common with that */
    uint64_t step = (t->made * UINT64_C(1234567891) + t->seed % 1000) % UINT64_C(1610612736);
    struct traffic_ends e = {.client = SOURCES_FIRST + (uint32_t)step, .server = UINT32_C(0x0a000101), .server_port = 443,
                             .client_port = (uint16_t)(1024 + mix64(t->seed ^ t->made) % 64512)};
    traffic_headers(frame, FRAME_LEAST, &e, false, (uint16_t)t->made);
    struct traffic_flow fresh = {.sequence = {(uint32_t)mix64(t->made), 0}};
    memset(frame + ETHERNET + IPV4 + TCP, 0, FRAME_LEAST - ETHERNET - IPV4 - TCP);
    traffic_tcp(&fresh, frame + ETHERNET + IPV4, 0, false);
    t->made++;
    return FRAME_LEAST;
}

/** The next frame, FRAME_MAX bytes at most; returns its size. */
static inline uint16_t traffic_next(struct traffic *t, uint8_t *frame)
{
    if (t->kind == TRAFFIC_FLOOD) return traffic_flood(t, frame);
    uint32_t flow = t->begun < t->flows && t->made % 2 == 0 ? t->begun++ : traffic_below(t, t->begun);
    uint16_t size = traffic_size(t);
    struct traffic_ends e = traffic_ends(t, flow);
    struct traffic_flow *state = &t->state[flow];
    bool answer = state->begun == 1 || (state->begun > 2 && traffic_below(t, 5) < 3);
    if (state->begun == 0) state->sequence[0] = (uint32_t)mix64(t->seed ^ flow), state->sequence[1] = ~state->sequence[0];
    uint16_t headers = (uint16_t)(ETHERNET + IPV4 + (e.udp ? UDP : TCP)), payload = (uint16_t)(size - headers);
    traffic_headers(frame, size, &e, answer, (uint16_t)t->made);
    if (e.udp) put16(frame + ETHERNET + IPV4 + 4, payload + (unsigned)UDP), put16(frame + ETHERNET + IPV4 + 6, 0);
    else traffic_tcp(state, frame + ETHERNET + IPV4, payload, answer);
    memcpy(frame + headers, t->pool + traffic_below(t, PAYLOAD_POOL), payload);
    if (state->begun < 3) state->begun++;
    t->made++;
    return size;
}

/* The capture formats' headers, little-endian as most machines write them. */
static inline void little32(uint8_t *p, uint32_t value) { p[0] = (uint8_t)value, p[1] = (uint8_t)(value >> 8), p[2] = (uint8_t)(value >> 16), p[3] = (uint8_t)(value >> 24); }

enum { PCAP_HEADER = 24, PCAP_RECORD = 16, PCAPNG_HEADER = 28 + 20, PCAPNG_RECORD = 28, TRAFFIC_RECORD_MAX = PCAPNG_RECORD + FRAME_MAX + 2 + 4 };

static inline size_t traffic_file_header(uint8_t *p, bool pcapng)
{
    static const uint32_t pcap[] = {0xa1b2c3d4, 2 | 4 << 16, 0, 0, 262144, 1};
    static const uint32_t ng[] = {0x0a0d0d0a, 28, 0x1a2b3c4d, 1, 0xffffffff, 0xffffffff, 28, 1, 20, 1, 262144, 20};
    size_t words = pcapng ? PCAPNG_HEADER / 4 : PCAP_HEADER / 4;
    for (size_t i = 0; i < words; i++) little32(p + 4 * i, pcapng ? ng[i] : pcap[i]);
    return 4 * words;
}

/** The next record, TRAFFIC_RECORD_MAX bytes at most; returns its size. `time_us`: since 1970. */
static inline size_t traffic_record(struct traffic *t, uint8_t *p, bool pcapng, uint64_t time_us)
{
    if (!pcapng) {
        uint16_t size = traffic_next(t, p + PCAP_RECORD);
        little32(p, (uint32_t)(time_us / 1000000)), little32(p + 4, (uint32_t)(time_us % 1000000));
        little32(p + 8, size), little32(p + 12, size);
        return (size_t)PCAP_RECORD + size;
    }
    uint16_t size = traffic_next(t, p + PCAPNG_RECORD);
    uint32_t padded = (size + 3u) & ~3u, total = PCAPNG_RECORD + padded + 4;
    memset(p + PCAPNG_RECORD + size, 0, padded - size);
    little32(p, 6), little32(p + 4, total), little32(p + 8, 0);
    little32(p + 12, (uint32_t)(time_us >> 32)), little32(p + 16, (uint32_t)time_us);
    little32(p + 20, size), little32(p + 24, size);
    little32(p + PCAPNG_RECORD + padded, total);
    return total;
}

#endif
