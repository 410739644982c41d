#define _DEFAULT_SOURCE /* <pcap.h> wants u_int and its like */
#include "filter.h"

#include <stdlib.h>
#include <string.h>

#include <pcap.h>

#include "error.h"
#include "memory.h"
#include "text.h"

enum { FILTER_SNAP_LENGTH = 262144, LINK_ETHERNET = 1, LINK_RAW_OPENBSD = 14, LINK_RAW = 101 };

struct filter_program {
    struct filter_program *next;
    struct bpf_program code;
    uint16_t link_type;
};

/* Files carry LINKTYPE_ values, libpcap's compiler wants this system's DLT_; they differ for raw IP only. */
static int dlt_of(uint16_t link_type) { return link_type == LINK_RAW || link_type == LINK_RAW_OPENBSD ? DLT_RAW : link_type; }

static bool compile(const char *expression, uint16_t link_type, struct bpf_program *code, struct pp_error *error)
{
    /* Where its memory runs out, the compiler's scanner ends the process. */
    pcap_t *dead = memory_is_left() ? pcap_open_dead(dlt_of(link_type), FILTER_SNAP_LENGTH) : NULL;
    if (!dead) return error_offset(error, UINT64_MAX, "out of memory");
    bool good = pcap_compile(dead, code, expression, 1, PCAP_NETMASK_UNKNOWN) == 0;
    if (!good) {
        char why[256];
        escape_into(why, sizeof why, pcap_geterr(dead), strlen(pcap_geterr(dead)));
        if (link_type == LINK_ETHERNET)
            error_offset(error, UINT64_MAX, "bad filter expression: %s", why);
        else
            error_offset(error, UINT64_MAX, "bad filter expression: %s (for link type %u)", why, link_type);
    }
    pcap_close(dead);
    return good;
}

bool pp_capture_check_filter(const char *filter, struct pp_error *error)
{
    struct bpf_program code;
    if (!compile(filter, LINK_ETHERNET, &code, error)) return false;
    pcap_freecode(&code);
    return true;
}

bool filter_init(struct filter *filter, const char *expression)
{
    *filter = (struct filter){0};
    if (!expression) return true;
    filter->expression = strdup(expression);
    return filter->expression;
}

void filter_finish(struct filter *filter)
{
    for (struct filter_program *program = filter->programs, *next; program; program = next) {
        next = program->next;
        pcap_freecode(&program->code);
        free(program);
    }
    free(filter->expression);
}

/* The program of a link type goes to the front, so that a run of one link type finds it at once. */
bool filter_prepare(struct filter *filter, uint16_t link_type, struct pp_error *error)
{
    for (struct filter_program **at = &filter->programs; *at; at = &(*at)->next) {
        struct filter_program *found = *at;
        if (found->link_type != link_type) continue;
        *at = found->next;
        found->next = filter->programs;
        filter->programs = found;
        return true;
    }
    struct filter_program *program = calloc(1, sizeof *program);
    if (!program) return error_offset(error, UINT64_MAX, "out of memory");
    if (!compile(filter->expression, link_type, &program->code, error)) {
        free(program);
        return false;
    }
    program->link_type = link_type;
    program->next = filter->programs;
    filter->programs = program;
    return true;
}

bool filter_passes(struct filter *filter, const struct pp_frame *frame, bool *failed, struct pp_error *error)
{
    if (!filter->programs || filter->programs->link_type != frame->link_type) {
        *failed = !filter_prepare(filter, frame->link_type, error);
        if (*failed) return false;
    }
    return bpf_filter(filter->programs->code.bf_insns, frame->bytes, frame->wire, frame->captured);
}
