/* Valid captures cut at every byte, and with each of their first 512 bytes changed by 01, 80 and FF: through reader, decoder and flow
 * table, in exact-size copies, so that the sanitizer sees the first byte too many. Now and then the same bytes are also read as a file,
 * which is mapped, and from standard input, which is not: the three must give the same frames and the same error.
 *
 *     cuts STEP CAPTURE...      each STEP-th cut and change */
#define _DEFAULT_SOURCE /* mkstemp */
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "digest.h"
#include "portproof/capture.h"
#include "portproof/decode.h"
#include "portproof/flow.h"

enum { FLIPPED = 512, COMPARED_OF = 499, CAPTURE_BYTES_MAX = 200000 };

static unsigned long inputs, compared;

/* What a reader says of a capture, in a digest: every frame, and how it ended. */
static void tell(struct pp_capture *capture, struct pp_flow_table *table, char hex[DIGEST_HEX_SIZE])
{
    static struct pp_frame frames[PP_FRAME_BATCH];
    static struct pp_packet packets[PP_FRAME_BATCH];
    static uint8_t results[PP_FRAME_BATCH];
    struct pp_decode_options options = {.decap = true};
    struct digest digest;
    digest_init(&digest);
    for (size_t count; (count = pp_capture_next(capture, frames, PP_FRAME_BATCH)) > 0;) {
        for (size_t i = 0; i < count; i++) {
            const uint64_t facts[] = {frames[i].number, frames[i].time_ns, frames[i].captured, frames[i].wire, frames[i].link_type};
            digest_add(&digest, facts, sizeof facts);
            digest_add(&digest, frames[i].bytes, frames[i].captured);
            results[i] = (uint8_t)pp_decode(&frames[i], &options, &packets[i]);
        }
        if (table && !pp_flow_table_add(table, packets, results, count)) abort();
    }
    const struct pp_capture_info *info = pp_capture_info(capture);
    digest_add(&digest, info->error.text, info->failed ? strlen(info->error.text) : 0);
    digest_add(&digest, &info->packets, sizeof info->packets);
    digest_add(&digest, info->format, strlen(info->format));
    digest_hex(&digest, hex);
    pp_capture_close(capture);
}

static void compare_ways(const uint8_t *bytes, size_t size, const char *want)
{
    char path[] = "/tmp/portproof-cut-XXXXXX", hex[2][DIGEST_HEX_SIZE];
    int fd = mkstemp(path), saved = dup(STDIN_FILENO);
    if (fd < 0 || write(fd, bytes, size) != (ssize_t)size) abort();
    tell(pp_capture_open(path, NULL), NULL, hex[0]);
    if (lseek(fd, 0, SEEK_SET) != 0 || dup2(fd, STDIN_FILENO) < 0) abort();
    tell(pp_capture_open("-", NULL), NULL, hex[1]);
    dup2(saved, STDIN_FILENO);
    close(saved);
    close(fd);
    unlink(path);
    compared++;
    if (strcmp(hex[0], want) == 0 && strcmp(hex[1], want) == 0) return;
    fprintf(stderr, "memory, file and standard input differ in %zu bytes\n", size);
    abort();
}

static void run(const uint8_t *bytes, size_t size)
{
    uint8_t *exact = malloc(size ? size : 1);
    struct pp_flow_table *table = pp_flow_table_create(&(struct pp_flow_options){.max_flows = 1000});
    char hex[DIGEST_HEX_SIZE];
    if (!exact || !table) abort();
    memcpy(exact, bytes, size);
    tell(pp_capture_open_memory("cut", exact, size, NULL), table, hex);
    if (inputs++ % COMPARED_OF == 0) compare_ways(exact, size, hex);
    pp_flow_table_destroy(table);
    free(exact);
}

static void cut_and_change(uint8_t *bytes, size_t size, size_t step)
{
    static const uint8_t changes[] = {0x01, 0x80, 0xff};
    for (size_t cut = inputs % step; cut <= size; cut += step) run(bytes, cut);
    for (size_t at = 0; at < size && at < FLIPPED; at++)
        for (size_t c = at % step ? 3 : 0; c < 3; c++) {
            bytes[at] ^= changes[c];
            run(bytes, size);
            bytes[at] ^= changes[c];
        }
}

int main(int argc, char **argv)
{
    static uint8_t bytes[CAPTURE_BYTES_MAX];
    size_t step = argc > 1 ? strtoul(argv[1], NULL, 10) : 0;
    int captures = 0;
    if (!step || argc < 3) return fprintf(stderr, "usage: cuts STEP CAPTURE...\n"), 2;
    for (int i = 2; i < argc; i++) {
        FILE *file = fopen(argv[i], "rb");
        size_t size = file ? fread(bytes, 1, sizeof bytes, file) : 0;
        if (!file) return fprintf(stderr, "%s: cannot open\n", argv[i]), 1;
        fclose(file);
        if (size == sizeof bytes) continue; /* too large for every cut */
        cut_and_change(bytes, size, step);
        captures++;
    }
    printf("%d captures, %lu inputs, %lu of them also as file and standard input\n", captures, inputs, compared);
    return 0;
}
