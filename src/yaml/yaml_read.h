/* Reading a tree into structs by tables: one row per key, with the function that reads it and where its value goes.
 *
 * Every function returns false after setting the error: "what was found; what was expected", at its place. */
#ifndef YAML_READ_H
#define YAML_READ_H

#include "yaml_tree.h"

struct yaml_reading {
    struct arena *arena;    /* where texts are copied to */
    struct pp_error *error; /* the first mistake */
    void *context;          /* for the caller's own reading functions */
};

/** A key of a mapping. */
struct yaml_key {
    const char *name;
    bool (*read)(struct yaml_reading *reading, const struct yaml_node *value, void *field);
    size_t offset; /* of the field in the struct that yaml_read_mapping fills */
    bool required;
};

/** Check that every key is known and written once and that none is missing; then read them in the order of the table
 * (not of the text), so that later rows of the table may rely on earlier ones. `what` names the mapping in errors. */
bool yaml_read_mapping(struct yaml_reading *reading, const struct yaml_node *node, const char *what, const struct yaml_key *keys,
                       size_t count, void *into);

/** A mapping whose keys are names from a list, each at most once: calls `read` with the name's index. */
bool yaml_read_named(struct yaml_reading *reading, const struct yaml_node *node, const char *what, const char *const *names, size_t count,
                     bool (*read)(struct yaml_reading *reading, const struct yaml_node *value, size_t index, void *into), void *into);

/** One value or a list of values: calls `read` for each. */
bool yaml_read_each(struct yaml_reading *reading, const struct yaml_node *node, const char *expected,
                    bool (*read)(struct yaml_reading *reading, const struct yaml_node *value, void *into), void *into);

/* Readers for the table. */
bool yaml_read_text(struct yaml_reading *reading, const struct yaml_node *node, void *field);  /* const char *, not empty */
bool yaml_read_name(struct yaml_reading *reading, const struct yaml_node *node, void *field);  /* const char *: a-z, 0-9, - */
bool yaml_read_flag(struct yaml_reading *reading, const struct yaml_node *node, void *field);  /* bool: yes|no|true|false|on|off */
bool yaml_read_count(struct yaml_reading *reading, const struct yaml_node *node, void *field); /* uint32_t, from 1 */

/** The index of a text among names; false, with the nearest known name in the error, when it is none of them. */
bool yaml_read_choice(struct yaml_reading *reading, const struct yaml_node *node, const char *what, const char *const *names, size_t count,
                      size_t *out);

bool yaml_expect_text(struct yaml_reading *reading, const struct yaml_node *node, const char *expected);
bool yaml_expect_list(struct yaml_reading *reading, const struct yaml_node *node, const char *expected);
bool yaml_expect_mapping(struct yaml_reading *reading, const struct yaml_node *node, const char *expected);

/** "<what was found>; expected <expected>": names the text, or says list, mapping or nothing. */
bool yaml_unexpected(struct yaml_reading *reading, const struct yaml_node *node, const char *expected);
/** An error at a node, in the caller's words; texts from the file must have gone through escape_into. */
bool yaml_wrong(struct yaml_reading *reading, const struct yaml_node *node, const char *format, ...) __attribute__((format(printf, 3, 4)));
/** The same at a place inside a node's text, `at` bytes from its start. */
bool yaml_wrong_inside(struct yaml_reading *reading, const struct yaml_node *node, size_t at, const char *expected);

/** The value of a key of a mapping, or NULL. */
const struct yaml_node *yaml_value(const struct yaml_node *mapping, const char *key);

/** The name nearest to a text (a slip of the pen away), or NULL. */
const char *yaml_nearest(const char *text, const char *const *names, size_t count);

#endif
