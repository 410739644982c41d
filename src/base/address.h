/* Addresses and prefixes as text and as values. */
#ifndef BASE_ADDRESS_H
#define BASE_ADDRESS_H

#include <stdbool.h>
#include <stddef.h>

#include "portproof/base.h"
#include "siphash.h"

enum { ADDRESS_TEXT_MAX = 46 };

/** Canonical text (RFC 5952 for IPv6); "-" for no address. Returns `out`. */
char *address_text(const struct pp_address *address, char out[ADDRESS_TEXT_MAX]);
/** The same without the final NUL; returns where the text ends. `at` has ADDRESS_TEXT_MAX bytes. */
char *address_put(char *at, const struct pp_address *address);
/** Dotted IPv4 or IPv6, nothing else; false when it is neither. */
bool address_parse(const char *text, struct pp_address *out);
/** address or address/length; *length is 32 or 128 when none is written. false: not one, or bits set after the length
 * are told apart by `*host_bits`. */
bool prefix_parse(const char *text, struct pp_address *out, uint8_t *length, bool *host_bits);
bool prefix_holds(const struct pp_address *prefix, uint8_t length, const struct pp_address *address);
/** IPv4 before IPv6, then by bytes: <0, 0, >0. */
int address_compare(const struct pp_address *a, const struct pp_address *b);
bool address_is_loopback(const struct pp_address *address);
/** Multicast (either family) or 255.255.255.255. */
bool address_is_group(const struct pp_address *address);
/** The two halves of an address as numbers that sort as its bytes do. */
uint64_t address_high(const struct pp_address *address);
uint64_t address_low(const struct pp_address *address);
/** For hash tables of what a site or a capture holds. */
uint64_t address_hash(const struct siphash_key *key, const struct pp_address *address);
struct pp_address address_from(uint8_t family, const uint8_t bytes[16]);

#endif
