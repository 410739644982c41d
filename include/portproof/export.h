/* export: the packets behind findings, as captures for Wireshark: one pcapng a finding, every packet with a comment that says which
 * finding it is evidence for. The captures are read once more, so they must be files. */
#ifndef PORTPROOF_EXPORT_H
#define PORTPROOF_EXPORT_H

#include "portproof/findings.h"

enum { PP_EXPORT_PACKETS_DEFAULT = 20, PP_EXPORT_FINDINGS_MAX = 1000 /* the most important; further ones have no file */ };

struct pp_export_options {
    const char *folder;        /* made if it is not there; files of the same names are replaced */
    uint32_t packets;          /* the first ones of each finding; 0: PP_EXPORT_PACKETS_DEFAULT */
    bool with_payload;         /* else frames are cut behind the transport header */
    bool decap;                /* as the report was judged */
    const char *filter;        /* likewise; NULL: none */
    pp_time_ns from_ns, to_ns; /* likewise */
    const char *tool_version;
    int (*open)(void *context, size_t index); /* as in pp_audit_options */
    void *open_context;
};

/** Write the packets of every unexpected and every blocked finding of a report over these captures, in the order in which they were read.
 * *files: how many were written. false: `error->text` says why not all. */
bool pp_export_packets(const struct pp_report *report, const char *const paths[], size_t count, const struct pp_export_options *options,
                       uint32_t *files, struct pp_error *error);

#endif
