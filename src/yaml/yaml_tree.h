/* A YAML document as a tree whose every node knows its place in the text. The only stage naming libyaml.
 *
 * Less than YAML on purpose: one document, no anchors, no aliases, no tags, keys are plain text. Scalars stay the text
 * that was written: `on`, `1.0` and `2027-06-30` mean what the reader of the key says, never what YAML guesses. */
#ifndef YAML_TREE_H
#define YAML_TREE_H

#include "arena.h"
#include "portproof/base.h"

enum {
    YAML_BYTES_MAX = 16 << 20, /* larger texts are refused unread */
    YAML_NODES_MAX = 1 << 20,  /* more scalars, lists and mappings: refused */
    YAML_DEPTH_MAX = 16,       /* deeper nesting: refused */
};

enum yaml_kind { YAML_IS_TEXT, YAML_IS_LIST, YAML_IS_MAPPING };

struct yaml_node {
    enum yaml_kind kind;
    uint32_t line, column;          /* from 1 */
    uint32_t text_column;           /* column of the text's first character: behind the quote, when there is one */
    bool one_line;                  /* the text stands on one line, as written: columns inside it can be counted */
    const char *text;               /* YAML_IS_TEXT: valid UTF-8 without NUL inside, ends with NUL; else "" */
    struct yaml_node *key;          /* of a value in a mapping */
    struct yaml_node *first, *next; /* children in written order: list items, or the values of a mapping */
    uint32_t count;                 /* children */
};

/** Read a text. NULL and *error on the first mistake. The tree lives in the arena; `text` is not kept. */
struct yaml_node *yaml_tree_load(const char *text, size_t size, struct arena *arena, struct pp_error *error);

#endif
