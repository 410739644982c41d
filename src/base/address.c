#include "address.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#include "digits.h"
#include "load.h"

static char *put_quad(char *at, const uint8_t bytes[4])
{
    for (unsigned i = 0; i < 4; i++) {
        if (i) *at++ = '.';
        at = put_digits(at, bytes[i]);
    }
    return at;
}

/* A group without leading zeros (RFC 5952 section 4.1). */
static char *put_group(char *at, unsigned group)
{
    static const char hex[] = "0123456789abcdef";
    if (group > 0xfff) *at++ = hex[group >> 12];
    if (group > 0xff) *at++ = hex[group >> 8 & 15];
    if (group > 0xf) *at++ = hex[group >> 4 & 15];
    *at++ = hex[group & 15];
    return at;
}

/* Groups that "::" stands for: the longest run of two and more zero groups, the first of equals (RFC 5952 section 4.2). */
static unsigned zero_run(const uint8_t bytes[16], unsigned *start)
{
    unsigned longest = 0;
    *start = 0;
    for (unsigned i = 0; i < 8; i++) {
        unsigned n = 0;
        while (i + n < 8 && load_be16(bytes + 2 * (i + n)) == 0) n++;
        if (n > longest) longest = n, *start = i;
        i += n;
    }
    return longest > 1 ? longest : 0;
}

/* Where the first six groups say that IPv4 is embedded, the last two are written as such (RFC 5952 section 5), as inet_ntop does. */
static bool is_embedded(const uint8_t bytes[16], unsigned start, unsigned zeros)
{
    return start == 0 && (zeros == 6 || (zeros == 5 && load_be16(bytes + 10) == 0xffff));
}

static char *put_groups(char *at, const uint8_t bytes[16])
{
    unsigned start, zeros = zero_run(bytes, &start);
    unsigned groups = is_embedded(bytes, start, zeros) ? 6 : 8;
    for (unsigned i = 0; i < groups; i++) {
        if (zeros && i == start) {
            *at++ = ':';
            i += zeros - 1;
            if (i == 7) *at++ = ':';
            continue;
        }
        if (i) *at++ = ':';
        at = put_group(at, load_be16(bytes + 2 * i));
    }
    if (groups == 8) return at;
    *at++ = ':';
    return put_quad(at, bytes + 12);
}

char *address_put(char *at, const struct pp_address *address)
{
    if (address->family == PP_IPV4) return put_quad(at, address->bytes);
    if (address->family == PP_IPV6) return put_groups(at, address->bytes);
    *at++ = '-';
    return at;
}

char *address_text(const struct pp_address *address, char out[ADDRESS_TEXT_MAX])
{
    *address_put(out, address) = '\0';
    return out;
}

bool address_parse(const char *text, struct pp_address *out)
{
    *out = (struct pp_address){0};
    if (inet_pton(AF_INET, text, out->bytes) == 1) return out->family = PP_IPV4, true;
    if (inet_pton(AF_INET6, text, out->bytes) == 1) return out->family = PP_IPV6, true;
    return false;
}

static bool bits_after(const struct pp_address *address, uint8_t length)
{
    for (unsigned bit = length; bit < (address->family == PP_IPV4 ? 32u : 128u); bit++)
        if (address->bytes[bit / 8] & (0x80u >> bit % 8)) return true;
    return false;
}

bool prefix_parse(const char *text, struct pp_address *out, uint8_t *length, bool *host_bits)
{
    char address[ADDRESS_TEXT_MAX];
    const char *slash = strchr(text, '/');
    size_t n = slash ? (size_t)(slash - text) : strlen(text);
    if (n >= sizeof address) return false;
    memcpy(address, text, n);
    address[n] = '\0';
    if (!address_parse(address, out)) return false;
    unsigned most = out->family == PP_IPV4 ? 32 : 128;
    unsigned long bits = most;
    if (slash) {
        char *end;
        if (slash[1] < '0' || slash[1] > '9') return false;
        bits = strtoul(slash + 1, &end, 10);
        if (*end || bits > most || (slash[1] == '0' && slash[2])) return false;
    }
    *length = (uint8_t)bits;
    *host_bits = bits_after(out, *length);
    return true;
}

bool prefix_holds(const struct pp_address *prefix, uint8_t length, const struct pp_address *address)
{
    if (prefix->family != address->family) return false;
    if (memcmp(prefix->bytes, address->bytes, length / 8u) != 0) return false;
    unsigned rest = length % 8u;
    return !rest || ((prefix->bytes[length / 8u] ^ address->bytes[length / 8u]) & (0xff00u >> rest) & 0xff) == 0;
}

int address_compare(const struct pp_address *a, const struct pp_address *b)
{
    if (a->family != b->family) return a->family < b->family ? -1 : 1;
    return memcmp(a->bytes, b->bytes, sizeof a->bytes);
}

bool address_is_loopback(const struct pp_address *address)
{
    static const uint8_t loopback6[16] = {[15] = 1};
    if (address->family == PP_IPV4) return address->bytes[0] == 127;
    return address->family == PP_IPV6 && memcmp(address->bytes, loopback6, 16) == 0;
}

bool address_is_group(const struct pp_address *address)
{
    static const uint8_t all_ones[4] = {255, 255, 255, 255};
    if (address->family == PP_IPV4) return (address->bytes[0] & 0xf0) == 0xe0 || memcmp(address->bytes, all_ones, 4) == 0;
    return address->family == PP_IPV6 && address->bytes[0] == 0xff;
}

static uint64_t load_be64(const uint8_t *bytes) { return (uint64_t)load_be32(bytes) << 32 | load_be32(bytes + 4); }

uint64_t address_high(const struct pp_address *address) { return load_be64(address->bytes); }
uint64_t address_low(const struct pp_address *address) { return load_be64(address->bytes + 8); }

uint64_t address_hash(const struct siphash_key *key, const struct pp_address *address)
{
    uint64_t words[3];
    memcpy(words, address->bytes, sizeof address->bytes);
    words[2] = address->family;
    return siphash13(key, words, 3);
}

struct pp_address address_from(uint8_t family, const uint8_t bytes[16])
{
    struct pp_address address = {.family = family};
    memcpy(address.bytes, bytes, 16);
    return address;
}
