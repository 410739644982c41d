/* Captures that put pressure on memory and time, the same bytes for the same arguments; to standard output.
 *
 *     make-hostile flood SOURCES           SYNs from so many sources, and among them 1,000 sessions that are answered and go on
 *     make-hostile tuples COUNT PATTERN    a packet each of so many five-tuples: random, or of a pattern that weak hashes map to few values
 *     make-hostile addresses COUNT         a packet each to so many IPv6 addresses that have one value under a hash without a key
 *     make-hostile fragments COUNT         first fragments of datagrams that never end
 *     make-hostile frames COUNT KIND N     frames with N VLAN tags, MPLS labels, IPv6 extension headers, bytes of IPv4 or TCP options */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SECOND = 1763632691, ETHERNET = 14, ROOM = 65536, SESSIONS = 1000 };

static uint8_t frame[ROOM];
static size_t used;
static uint64_t written;

static void put8(uint8_t value) { frame[used++] = value; }
static void put16(uint16_t value) { put8((uint8_t)(value >> 8)), put8((uint8_t)value); }
static void put32(uint32_t value) { put16((uint16_t)(value >> 16)), put16((uint16_t)value); }

static void write_le(const uint32_t *words, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const uint8_t bytes[4] = {(uint8_t)words[i], (uint8_t)(words[i] >> 8), (uint8_t)(words[i] >> 16), (uint8_t)(words[i] >> 24)};
        fwrite(bytes, 1, 4, stdout);
    }
}

static void begin_file(void)
{
    const uint32_t header[] = {0xa1b2c3d4, 2 | 4 << 16, 0, 0, 262144, 1};
    write_le(header, 6);
}

static void end_frame(void)
{
    const uint32_t record[] = {SECOND + (uint32_t)(written / 20000), (uint32_t)(written % 20000) * 50, (uint32_t)used, (uint32_t)used};
    write_le(record, 4);
    fwrite(frame, 1, used, stdout);
    written++;
}

static void begin_frame(uint16_t type)
{
    used = 0;
    put32(0x02000000), put32(0x00010200), put32(0x00000002);
    put16(type);
}

static void put_ipv4(uint32_t from, uint32_t to, uint8_t protocol, uint16_t payload, uint16_t id, uint16_t fragment, unsigned options)
{
    put8((uint8_t)(0x45 + options / 4)), put8(0);
    put16((uint16_t)(20 + options + payload));
    put16(id), put16(fragment);
    put8(64), put8(protocol), put16(0);
    put32(from), put32(to);
    for (unsigned i = 0; i < options; i++) put8(1); /* no operation */
}

static void put_tcp(uint16_t from, uint16_t to, uint8_t flags, unsigned options)
{
    put16(from), put16(to);
    put32(1), put32(flags & 0x10);
    put8((uint8_t)((5 + options / 4) << 4)), put8(flags);
    put16(8192), put32(0);
    for (unsigned i = 0; i < options; i++) put8(1);
}

static void tcp_frame(uint32_t from, uint16_t from_port, uint32_t to, uint16_t to_port, uint8_t flags)
{
    begin_frame(0x0800);
    put_ipv4(from, to, 6, 20, 0, 0, 0);
    put_tcp(from_port, to_port, flags, 0);
    end_frame();
}

static uint32_t scramble(uint32_t x) /* one to one */
{
    x ^= x >> 16, x *= 0x7feb352du, x ^= x >> 15, x *= 0x846ca68bu;
    return x ^ x >> 16;
}

/* --- kinds --------------------------------------------------------------------------------------------------------------- */

enum { SERVER = 0x0a000110, CLIENTS = 0x0a140000, SYN = 2, SYN_ACK = 0x12, ACK = 0x10 };

static void session_step(unsigned session, unsigned step)
{
    uint32_t client = CLIENTS + session;
    uint16_t port = (uint16_t)(20000 + session);
    if (step == 0)
        tcp_frame(client, port, SERVER, 5307, SYN);
    else if (step % 2)
        tcp_frame(SERVER, 5307, client, port, step == 1 ? SYN_ACK : ACK);
    else
        tcp_frame(client, port, SERVER, 5307, ACK);
}

static void flood(uint32_t sources)
{
    uint32_t every = sources / (SESSIONS * 10);
    if (!every) every = 1;
    unsigned done = 0;
    for (; done < SESSIONS * 3; done++) session_step(done % SESSIONS, done / SESSIONS); /* established before it begins */
    for (uint32_t i = 0; i < sources; i++) {
        uint32_t source = scramble(i);
        tcp_frame(source, (uint16_t)(1024 + scramble(source) % 60000), SERVER, 5307, SYN);
        if (i % every == 0 && done < SESSIONS * 10) session_step(done % SESSIONS, done / SESSIONS), done++;
    }
    while (done < SESSIONS * 10) session_step(done % SESSIONS, done / SESSIONS), done++;
}

static void tuples(uint32_t count, const char *pattern)
{
    for (uint32_t i = 0; i < count; i++) {
        uint32_t from = scramble(i), to = scramble(~i);
        uint16_t from_port = (uint16_t)scramble(i + 7), to_port = 5307;
        if (strcmp(pattern, "xor") == 0) from = 0x0a000000 + i, to = 0x0b000000 ^ i, from_port = 1024; /* from ^ to is always the same */
        if (strcmp(pattern, "sum") == 0) from = 0x0a000000 + i, to = 0x0bffffff - i, from_port = 1024;
        if (strcmp(pattern, "stride") == 0) from = i << 12, to = i >> 20, from_port = 4096;
        if (strcmp(pattern, "ports") == 0) from = 0x0a000000 + (i >> 16), to = SERVER, from_port = (uint16_t)i, to_port = (uint16_t)~i;
        tcp_frame(from, from_port, to, to_port, SYN);
    }
}

/* Those whose hash has the same 32 low bits, and beyond them a number: the hash is undone, which can be done when no key is in it. */
static void addresses(uint32_t count)
{
    const uint64_t factor = UINT64_C(0xd6e8feb86659fd93), family = 6;
    uint64_t inverse = factor, second = family;
    for (unsigned i = 0; i < 6; i++) inverse *= 2 - factor * inverse; /* Newton: twice as many right bits each time */
    for (unsigned i = 0; i < 2; i++) second ^= second >> 32, second *= factor, second ^= second >> 32;
    for (uint32_t i = 0; i < count; i++) {
        uint64_t first = (uint64_t)i << 32 | 0x5eed5eed;
        first ^= first >> 32, first *= inverse, first ^= first >> 32;
        first -= second;
        begin_frame(0x86dd);
        put32(0x60000000), put16(20), put8(6), put8(64);
        for (unsigned k = 0; k < 4; k++) put32(0); /* from :: */
        for (unsigned k = 0; k < 8; k++) put8((uint8_t)(first >> 8 * k));
        put32(0), put32(0);
        put_tcp(1024, 5307, SYN, 0);
        end_frame();
    }
}

static void fragments(uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        begin_frame(0x0800);
        put_ipv4(CLIENTS + (i >> 16), SERVER, 17, 16, (uint16_t)i, i % 2 ? 0x2000 : 0x2002, 0);
        for (unsigned k = 0; k < 4; k++) put32(i % 2 ? 0x14bb14bb : 0);
        end_frame();
    }
}

static void frames(uint32_t count, const char *kind, unsigned n)
{
    for (uint32_t i = 0; i < count; i++) {
        if (strcmp(kind, "vlan") == 0) {
            begin_frame(n ? 0x8100 : 0x0800);
            for (unsigned k = 0; k < n; k++) put16((uint16_t)k), put16(k + 1 < n ? 0x8100 : 0x0800);
        } else if (strcmp(kind, "mpls") == 0) {
            begin_frame(0x8847);
            for (unsigned k = 0; k < n; k++) put32((k << 12 & 0xfffff000) | (k + 1 == n) << 8 | 64);
        } else
            begin_frame(strcmp(kind, "ipv6") == 0 ? 0x86dd : 0x0800);
        if (strcmp(kind, "ipv6") == 0) {
            put32(0x60000000), put16((uint16_t)(8 * n + 20)), put8(n ? 60 : 6), put8(64);
            for (unsigned k = 0; k < 8; k++) put32(0x20010db8 + k);
            for (unsigned k = 0; k < n; k++) put8(k + 1 < n ? 60 : 6), put8(0), put8(1), put8(4), put32(0);
            put_tcp((uint16_t)(1024 + i % 1000), 5307, SYN, 0);
        } else {
            unsigned ip = strcmp(kind, "ip-options") == 0 ? n : 0, tcp = strcmp(kind, "tcp-options") == 0 ? n : 0;
            put_ipv4(CLIENTS + i % 1000, SERVER, 6, (uint16_t)(20 + tcp), 0, 0, ip);
            put_tcp((uint16_t)(1024 + i % 1000), 5307, SYN, tcp);
        }
        end_frame();
    }
}

int main(int argc, char **argv)
{
    uint32_t count = argc > 2 ? (uint32_t)strtoul(argv[2], NULL, 10) : 0;
    if (!count) return fputs("usage: see the top of make-hostile.c\n", stderr), 2;
    begin_file();
    if (strcmp(argv[1], "flood") == 0) flood(count);
    if (strcmp(argv[1], "tuples") == 0 && argc > 3) tuples(count, argv[3]);
    if (strcmp(argv[1], "addresses") == 0) addresses(count);
    if (strcmp(argv[1], "fragments") == 0) fragments(count);
    if (strcmp(argv[1], "frames") == 0 && argc > 4) frames(count, argv[3], (unsigned)strtoul(argv[4], NULL, 10));
    return fflush(stdout) == 0 && !ferror(stdout) ? 0 : 1;
}
