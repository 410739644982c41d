/* compare: two reports (portproof/report/1), row by row, across a migration. Hosts are matched by name, so addresses may change. */
#ifndef PORTPROOF_COMPARE_H
#define PORTPROOF_COMPARE_H

#include "portproof/base.h"

enum pp_change {
    PP_KEPT,        /* expected before and after */
    PP_GAINED,      /* expected now, not before */
    PP_LOST,        /* expected before; now missing, not observable, or gone */
    PP_NOW_BLOCKED, /* blocked now, not before */
    PP_STILL_BLOCKED,
    PP_NO_LONGER_BLOCKED, /* blocked before; now neither blocked nor expected */
    PP_SWITCHED_OFF,      /* expected or blocked before; not applicable any more, since its feature is off or nobody holds its roles */
    PP_UNCHANGED,         /* neither expected nor blocked, before and after */
    PP_CHANGE_COUNT
};
const char *pp_change_name(enum pp_change change);

struct pp_row_change_seen {
    const char *id;             /* of the row */
    const char *edge;           /* "tta1 -> ldap1"; NULL: the row as a whole */
    const char *before, *after; /* states; "absent" when the report does not have it */
    const char *outcome;        /* of a blocked edge, after: "silent", "refused" …; "" where there is none */
    enum pp_change change;
};

/** A host that has another name after the move. */
struct pp_rename {
    const char *before, *after;
};

/** An unexpected flow that got through in one of the two. */
struct pp_hole {
    const char *text;
    bool opened; /* else closed */
};

struct pp_comparison {
    const char *verdict_before, *verdict_after;
    bool inferred;                   /* names in one of the two were inferred: the same name need not be the same host */
    struct pp_row_change_seen *rows; /* rows in the order of AFTER, each followed by its edges that changed */
    size_t row_count;
    struct pp_hole *holes;
    size_t hole_count;
    size_t count[PP_CHANGE_COUNT]; /* rows by change */
    void *memory;
};

/** Compare two reports given as text. NULL: *error says what was found and what was expected, and *which is 0 for `before`, 1 for `after`.
 */
struct pp_comparison *pp_compare(const char *before, size_t before_size, const char *after, size_t after_size,
                                 const struct pp_rename *renames, size_t rename_count, struct pp_error *error, unsigned *which);
void pp_comparison_destroy(struct pp_comparison *comparison); /* takes NULL */

/** Whether something that worked does not any more, or a hole opened. */
bool pp_comparison_is_worse(const struct pp_comparison *comparison);

#endif
