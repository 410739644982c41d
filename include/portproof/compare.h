/* compare: two reports (portproof/report/1), row by row, across a migration. Hosts are matched by name, so addresses may change. */
#ifndef PORTPROOF_COMPARE_H
#define PORTPROOF_COMPARE_H

#include "portproof/report.h"

enum pp_change {
    PP_KEPT,        /* expected before and after */
    PP_GAINED,      /* expected now, not before */
    PP_LOST,        /* expected before; now missing, not observable, or gone */
    PP_NOW_BLOCKED, /* blocked now, not before */
    PP_NOW_REFUSED, /* the same, and the hosts themselves refuse: nobody listens there */
    PP_STILL_BLOCKED,
    PP_NO_LONGER_BLOCKED, /* blocked before; now neither blocked nor expected */
    PP_REPLACED,          /* clear text that is gone where the row that encrypts it took over; how that works is told there */
    PP_SWITCHED_OFF,      /* expected or blocked before; not applicable any more: its feature is off, nobody holds its roles, or its host is
                             gone and no new host has a role of it */
    PP_UNCHANGED,         /* neither expected nor blocked, before and after */
    PP_CHANGE_COUNT
};
const char *pp_change_name(enum pp_change change);

/** What became of the migration. */
enum pp_migration {
    PP_MIGRATION_DONE,       /* nothing lost, and nothing to do */
    PP_MIGRATION_UNFINISHED, /* nothing lost by whole rows, and something to do */
    PP_MIGRATION_WORSE,      /* a row that worked does not any more, or a hole opened */
    PP_MIGRATION_COUNT
};
const char *pp_migration_name(enum pp_migration migration);

/* All strings are safe to print, and never NULL; "" where there is none. */

/** One of the two reports. */
struct pp_compared {
    const char *site;     /* what it is called; of an inferred one, or one without a name, the first capture */
    const char *captures; /* "monday.pcap", "monday.pcap and 2 more" */
    const char *verdict;
    bool inferred;
    pp_time_ns first_ns, last_ns; /* of all captures; PP_NO_FIRST: no times */
};

struct pp_row_change_seen {
    const char *id;                       /* of the row */
    const char *edge;                     /* "tta1 -> ldap1"; NULL: the row as a whole */
    const char *from, *to;                /* "tta1", "any client"; of a row: its roles */
    const char *ports;                    /* "389/tcp" */
    const char *before, *after;           /* states; "absent" when the report does not have it */
    const char *outcome_before, *outcome; /* of an edge that was tried: "answered", "silent", "refused" … */
    enum pp_change change;
};

/** A host that has another name after the move. */
struct pp_rename {
    const char *before, *after;
};

/** An unexpected flow that got through in one of the two. */
struct pp_hole {
    const char *text;                  /* "app2 -> tta1 22/tcp reversed" */
    const char *from, *to, *service;   /* names where there are any, else addresses; "22/tcp" */
    const char *from_shown, *to_shown; /* with the address, where the name stands for several */
    const char *reason, *row, *why;    /* row: the nearest one */
    const char *old_host;              /* an end is an old address of it */
    bool opened;                       /* else closed */
};

enum pp_move { PP_MOVED, PP_STAYED, PP_NEW, PP_GONE, PP_MOVE_COUNT };
const char *pp_move_name(enum pp_move move);

struct pp_host_change {
    const char *name, *old_name; /* old_name: of one that was renamed */
    const char *before, *after;  /* its addresses: "10.0.1.10, 2001:db8:1::10" */
    enum pp_move move;
    unsigned works, broken; /* edges that name it: expected now; blocked now, or lost */
};

/** Traffic after the move: to or from an old address, or in clear text. Flows of the same names, service and outcome are joined. */
struct pp_talk {
    const char *from, *to;                     /* names where there are any, else addresses */
    const char *from_addresses, *to_addresses; /* at most three, and how many more; "" where the name is one */
    const char *service;                       /* "443/tcp" */
    const char *outcome;
    bool answered;
    uint64_t flows;
    pp_time_ns first_ns, last_ns; /* PP_NO_FIRST: not known */
    /* to or from an old address */
    const char *host, *old_address, *now; /* who had it, and where that is now; now "": nowhere */
    bool from_old;                        /* the old address opened it */
    /* clear text */
    const char *row, *encrypted_by;
    bool since;           /* encryption was neither on nor seen before the move */
    bool after_encrypted; /* a legal downgrade: an encrypted connection of the same client came first */
};

struct pp_talks {
    struct pp_talk *items;
    size_t count;
    const char *unknown; /* why it cannot be told; "": it can */
    uint64_t left_out;   /* flows that the report counts and does not list */
};

/** Something to do, worst first. */
struct pp_to_do {
    const char *action; /* "open", "close", "move", "encrypt", "test" … */
    const char *from, *to, *service;
    const char *row, *why;
    const char *anchor; /* the section that tells more */
    bool worse;         /* by this it is worse than before */
};

struct pp_comparison {
    struct pp_compared side[2]; /* before, after */
    enum pp_migration migration;
    bool inferred;                   /* names in one of the two were inferred: the same name need not be the same host */
    struct pp_row_change_seen *rows; /* rows in the order of AFTER, each followed by its edges that changed or are blocked */
    size_t row_count;
    size_t count[PP_CHANGE_COUNT]; /* rows by change */
    struct pp_hole *holes;
    size_t hole_count, opened, closed;
    struct pp_host_change *hosts; /* in the order of AFTER, then those that are gone */
    size_t host_count, moves[PP_MOVE_COUNT];
    struct pp_talks old_addresses, clear_text;
    struct pp_to_do *to_do;
    size_t to_do_count;
    void *memory;
};

/** Compare two reports given as text. NULL: *error says what was found and what was expected, and *which is 0 for `before`, 1 for `after`.
 */
struct pp_comparison *pp_compare(const char *before, size_t before_size, const char *after, size_t after_size,
                                 const struct pp_rename *renames, size_t rename_count, struct pp_error *error, unsigned *which);
void pp_comparison_destroy(struct pp_comparison *comparison); /* takes NULL */

/** Whether something that worked does not any more, or a hole opened. */
bool pp_comparison_is_worse(const struct pp_comparison *comparison);

/** As "text", "json" (portproof/compare/1, docs/compare.schema.json), "html", "csv", "junit", "sarif" or "markdown". `spec`: the rules
 * whose lines SARIF points to; NULL: none. false: unknown format, out of memory, or the sink stopped. */
bool pp_comparison_send(const struct pp_comparison *comparison, const struct pp_spec *spec, const char *format,
                        const struct pp_report_options *options, const struct pp_sink *sink);
/** The formats' names, for a usage message; NULL past the last. */
const char *pp_comparison_format(unsigned i);

#endif
