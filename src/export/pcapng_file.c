#define _POSIX_C_SOURCE 200809L
#include "pcapng_file.h"

#include <errno.h>
#include <string.h>

enum {
    SECTION = 0x0a0d0d0a,
    BYTE_ORDER = 0x1a2b3c4d,
    INTERFACE = 1,
    PACKET = 6,
    OPTION_COMMENT = 1,
    OPTION_APPLICATION = 4,
    OPTION_RESOLUTION = 9,
    NANOSECONDS = 9,
    COMMENT_MOST = 4096,
};

/* Blocks and options are padded to four bytes. */
static size_t padded(size_t size) { return (size + 3) & ~(size_t)3; }

static bool put(FILE *to, const void *bytes, size_t size)
{
    static const char zeros[4];
    size_t padding = padded(size) - size;
    return (!size || fwrite(bytes, size, 1, to) == 1) && (!padding || fwrite(zeros, padding, 1, to) == 1);
}

static bool put_u32(FILE *to, uint32_t value) { return put(to, &value, sizeof value); }

/* The option, and the end of options. */
static bool put_option(FILE *to, uint16_t code, const void *bytes, size_t size)
{
    const uint16_t head[2] = {code, (uint16_t)size};
    return put(to, head, sizeof head) && put(to, bytes, size) && put_u32(to, 0);
}

static size_t option_size(size_t size) { return 4 + padded(size) + 4; }

bool pcapng_begin(struct pcapng_file *file, FILE *to, const char *application)
{
    const uint16_t version[2] = {1, 0};
    const uint64_t unknown_length = UINT64_MAX;
    size_t length = strlen(application);
    uint32_t size = (uint32_t)(28 + option_size(length));
    *file = (struct pcapng_file){.to = to};
    return put_u32(to, SECTION) && put_u32(to, size) && put_u32(to, BYTE_ORDER) && put(to, version, sizeof version) &&
           put(to, &unknown_length, sizeof unknown_length) && put_option(to, OPTION_APPLICATION, application, length) && put_u32(to, size);
}

static bool put_interface(FILE *to, uint16_t link_type)
{
    const uint16_t link[2] = {link_type, 0};
    const uint8_t resolution = NANOSECONDS;
    uint32_t size = (uint32_t)(20 + option_size(1));
    return put_u32(to, INTERFACE) && put_u32(to, size) && put(to, link, sizeof link) && put_u32(to, 0) &&
           put_option(to, OPTION_RESOLUTION, &resolution, 1) && put_u32(to, size);
}

static bool interface_of(struct pcapng_file *file, uint16_t link_type, uint32_t *number)
{
    for (*number = 0; *number < file->link_count; ++*number)
        if (file->links[*number] == link_type) return true;
    if (file->link_count == LINKS_MAX) return errno = EOVERFLOW, false;
    file->links[file->link_count++] = link_type;
    return put_interface(file->to, link_type);
}

bool pcapng_packet(struct pcapng_file *file, const struct pp_frame *frame, uint32_t captured, const char *comment)
{
    uint32_t interface;
    size_t length = strnlen(comment, COMMENT_MOST);
    uint32_t size = (uint32_t)(32 + padded(captured) + option_size(length));
    pp_time_ns time = frame->time_ns == PP_NO_FIRST ? 0 : frame->time_ns;
    FILE *to = file->to;
    return interface_of(file, frame->link_type, &interface) && put_u32(to, PACKET) && put_u32(to, size) && put_u32(to, interface) &&
           put_u32(to, (uint32_t)(time >> 32)) && put_u32(to, (uint32_t)time) && put_u32(to, captured) && put_u32(to, frame->wire) &&
           put(to, frame->bytes, captured) && put_option(to, OPTION_COMMENT, comment, length) && put_u32(to, size);
}
