#include "packer.h"

#include <string.h>

enum { DIGEST_BYTES = DIGEST_HEX_SIZE - 1 };

void packer_init(struct packer *packer, bool (*write)(void *context, const char *bytes, size_t size), void *context)
{
    packer->write = write;
    packer->context = context;
    packer->used = 0;
    packer->failed = false;
    digest_init(&packer->digest);
}

static void flush(struct packer *packer)
{
    if (!packer->failed) packer->failed = !packer->write(packer->context, packer->buffer, packer->used);
    packer->used = 0;
}

void pack_bytes(struct packer *packer, const void *bytes, size_t size)
{
    const char *from = bytes;
    for (size_t n; size; size -= n, from += n) {
        n = sizeof packer->buffer - packer->used;
        if (n > size) n = size;
        memcpy(packer->buffer + packer->used, from, n);
        packer->used += n;
        if (packer->used < sizeof packer->buffer) continue;
        digest_add(&packer->digest, packer->buffer, packer->used);
        flush(packer);
    }
}

void pack_number(struct packer *packer, uint64_t number)
{
    uint8_t bytes[NUMBER_MOST];
    size_t n = 0;
    for (; number >= 0x80; number >>= 7) bytes[n++] = (uint8_t)(number | 0x80);
    bytes[n++] = (uint8_t)number;
    pack_bytes(packer, bytes, n);
}

void pack_string(struct packer *packer, const char *string)
{
    size_t length = strlen(string);
    pack_number(packer, length);
    pack_bytes(packer, string, length);
}

bool packer_finish(struct packer *packer)
{
    char hex[DIGEST_HEX_SIZE];
    digest_add(&packer->digest, packer->buffer, packer->used);
    digest_hex(&packer->digest, hex);
    flush(packer);
    if (!packer->failed) packer->failed = !packer->write(packer->context, hex, DIGEST_BYTES);
    return !packer->failed;
}

bool unpacker_init(struct unpacker *unpacker, const uint8_t *bytes, size_t size)
{
    char hex[DIGEST_HEX_SIZE];
    *unpacker = (struct unpacker){.failed = true};
    if (size < DIGEST_BYTES) return false;
    sha256_hex(bytes, size - DIGEST_BYTES, hex);
    if (memcmp(hex, bytes + size - DIGEST_BYTES, DIGEST_BYTES) != 0) return false;
    *unpacker = (struct unpacker){.cursor = {bytes, size - DIGEST_BYTES}, .size = size - DIGEST_BYTES};
    return true;
}

void unpack_bytes(struct unpacker *unpacker, void *bytes, size_t size)
{
    const uint8_t *from;
    unpacker->failed |= !take(&unpacker->cursor, size, &from);
    if (unpacker->failed)
        memset(bytes, 0, size);
    else
        memcpy(bytes, from, size);
}

uint64_t unpack_number(struct unpacker *unpacker)
{
    uint64_t number = 0;
    const uint8_t *byte;
    for (unsigned shift = 0; !unpacker->failed && shift < 64; shift += 7) {
        if (!take(&unpacker->cursor, 1, &byte)) break;
        uint64_t bits = *byte & 0x7f;
        if (shift == 63 && bits > 1) break; /* of the tenth byte one bit is left */
        number |= bits << shift;
        if (!(*byte & 0x80)) return number;
    }
    unpacker->failed = true;
    return 0;
}

uint64_t unpack_number_to(struct unpacker *unpacker, uint64_t most)
{
    uint64_t number = unpack_number(unpacker);
    if (number <= most) return number;
    unpacker->failed = true;
    return 0;
}

void unpack_string(struct unpacker *unpacker, char *string, size_t size)
{
    size_t length = (size_t)unpack_number_to(unpacker, size - 1);
    unpack_bytes(unpacker, string, length);
    string[length] = '\0';
}
