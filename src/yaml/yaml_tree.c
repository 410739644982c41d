/* libyaml's events, one handler each, build the tree; the stack of open lists and mappings is an array, so that its
 * size is the limit of nesting. Events rather than libyaml's document: only they still know an alias from its target,
 * and the limits hold while reading, not after. */
#include "yaml_tree.h"

#include <string.h>

#include <yaml.h>

#include "error.h"

struct builder {
    yaml_parser_t parser;
    struct arena *arena;
    struct pp_error *error;
    struct yaml_node *root;
    struct yaml_node *open[YAML_DEPTH_MAX]; /* lists and mappings not yet closed, outermost first */
    struct yaml_node *last[YAML_DEPTH_MAX]; /* their last child so far */
    struct yaml_node *key[YAML_DEPTH_MAX];  /* a mapping's key that waits for its value */
    unsigned depth;
    uint32_t nodes;
    bool ended;
};

static uint32_t place(size_t from_zero) { return from_zero < UINT32_MAX ? (uint32_t)from_zero + 1 : UINT32_MAX; }

static bool refuse(struct builder *builder, const yaml_event_t *event, const char *text)
{
    return error_at(builder->error, place(event->start_mark.line), place(event->start_mark.column), "%s", text);
}

static struct yaml_node *make_node(struct builder *builder, const yaml_event_t *event, enum yaml_kind kind)
{
    if (++builder->nodes > YAML_NODES_MAX) {
        refuse(builder, event, "more than 1048576 values; expected a smaller file");
        return NULL;
    }
    struct yaml_node *node = arena_alloc(builder->arena, sizeof *node);
    if (!node) {
        refuse(builder, event, "out of memory");
        return NULL;
    }
    *node = (struct yaml_node){.kind = kind, .text = "", .line = place(event->start_mark.line), .column = place(event->start_mark.column)};
    node->text_column = node->column;
    return node;
}

/* Hang a finished scalar, or a list or mapping just opened, under what is open. */
static bool attach(struct builder *builder, const yaml_event_t *event, struct yaml_node *node)
{
    if (!builder->depth) return builder->root = node, true;
    unsigned top = builder->depth - 1;
    struct yaml_node *parent = builder->open[top];
    if (parent->kind == YAML_IS_MAPPING && !builder->key[top]) {
        if (node->kind != YAML_IS_TEXT) return refuse(builder, event, "a list or mapping as a key; expected a name");
        builder->key[top] = node;
        return true;
    }
    node->key = builder->key[top];
    builder->key[top] = NULL;
    *(builder->last[top] ? &builder->last[top]->next : &parent->first) = node;
    builder->last[top] = node;
    parent->count++;
    return true;
}

static bool on_scalar(struct builder *builder, const yaml_event_t *event)
{
    if (event->data.scalar.anchor) return refuse(builder, event, "an anchor; expected plain values, without & and *");
    if (event->data.scalar.tag) return refuse(builder, event, "a tag; expected plain values, without !");
    if (memchr(event->data.scalar.value, '\0', event->data.scalar.length)) return refuse(builder, event, "a NUL character; expected text");
    struct yaml_node *node = make_node(builder, event, YAML_IS_TEXT);
    if (!node) return false;
    char *text = arena_alloc(builder->arena, event->data.scalar.length + 1);
    if (!text) return refuse(builder, event, "out of memory");
    memcpy(text, event->data.scalar.value, event->data.scalar.length);
    node->text = text;
    bool quoted = event->data.scalar.style != YAML_PLAIN_SCALAR_STYLE;
    size_t columns = event->end_mark.column - event->start_mark.column;
    node->one_line = event->start_mark.line == event->end_mark.line && columns == event->data.scalar.length + (quoted ? 2 : 0);
    if (quoted && node->one_line) node->text_column++;
    return attach(builder, event, node);
}

static bool open_node(struct builder *builder, const yaml_event_t *event, enum yaml_kind kind)
{
    if (builder->depth == YAML_DEPTH_MAX)
        return refuse(builder, event, "lists and mappings nested deeper than 16; expected a flatter file");
    struct yaml_node *node = make_node(builder, event, kind);
    if (!node || !attach(builder, event, node)) return false;
    builder->open[builder->depth] = node;
    builder->last[builder->depth] = builder->key[builder->depth] = NULL;
    builder->depth++;
    return true;
}

static bool on_list(struct builder *builder, const yaml_event_t *event)
{
    if (event->data.sequence_start.anchor) return refuse(builder, event, "an anchor; expected plain values, without & and *");
    if (event->data.sequence_start.tag) return refuse(builder, event, "a tag; expected plain values, without !");
    return open_node(builder, event, YAML_IS_LIST);
}

static bool on_mapping(struct builder *builder, const yaml_event_t *event)
{
    if (event->data.mapping_start.anchor) return refuse(builder, event, "an anchor; expected plain values, without & and *");
    if (event->data.mapping_start.tag) return refuse(builder, event, "a tag; expected plain values, without !");
    return open_node(builder, event, YAML_IS_MAPPING);
}

static bool on_close(struct builder *builder, const yaml_event_t *event)
{
    (void)event;
    builder->depth--;
    return true;
}

static bool on_alias(struct builder *builder, const yaml_event_t *event)
{
    return refuse(builder, event, "an alias; expected plain values, without & and *");
}

static bool on_document(struct builder *builder, const yaml_event_t *event)
{
    return !builder->root || refuse(builder, event, "a second document; expected one");
}

static bool on_end(struct builder *builder, const yaml_event_t *event)
{
    builder->ended = true;
    return builder->root || refuse(builder, event, "an empty file; expected a mapping");
}

static bool on_nothing(struct builder *builder, const yaml_event_t *event)
{
    (void)builder;
    (void)event;
    return true;
}

static bool (*const handlers[])(struct builder *, const yaml_event_t *) = {
    [YAML_NO_EVENT] = on_nothing,           [YAML_STREAM_START_EVENT] = on_nothing,
    [YAML_STREAM_END_EVENT] = on_end,       [YAML_DOCUMENT_START_EVENT] = on_document,
    [YAML_DOCUMENT_END_EVENT] = on_nothing, [YAML_ALIAS_EVENT] = on_alias,
    [YAML_SCALAR_EVENT] = on_scalar,        [YAML_SEQUENCE_START_EVENT] = on_list,
    [YAML_SEQUENCE_END_EVENT] = on_close,   [YAML_MAPPING_START_EVENT] = on_mapping,
    [YAML_MAPPING_END_EVENT] = on_close,
};

/* libyaml gives bytes that are not UTF-8, or not printable, an offset only. */
static bool reader_error(const yaml_parser_t *parser, const char *text, size_t size, struct pp_error *error)
{
    uint32_t line = 1, column = 1;
    for (size_t i = 0; i < size && i < parser->problem_offset; i++) {
        column++;
        if (text[i] == '\n') line++, column = 1;
    }
    return error_at(error, line, column, "%s; expected printable text in UTF-8", parser->problem ? parser->problem : "unreadable bytes");
}

static bool syntax_error(const yaml_parser_t *parser, const char *text, size_t size, struct pp_error *error)
{
    if (parser->error == YAML_MEMORY_ERROR) return error_at(error, 0, 0, "out of memory");
    if (parser->error == YAML_READER_ERROR) return reader_error(parser, text, size, error);
    return error_at(error, place(parser->problem_mark.line), place(parser->problem_mark.column), "%s%s%s; expected well-formed YAML",
                    parser->problem ? parser->problem : "a syntax error", parser->context ? " " : "",
                    parser->context ? parser->context : "");
}

static bool build(struct builder *builder, const char *text, size_t size)
{
    while (!builder->ended) {
        yaml_event_t event;
        if (!yaml_parser_parse(&builder->parser, &event)) return syntax_error(&builder->parser, text, size, builder->error);
        bool good = handlers[event.type](builder, &event);
        yaml_event_delete(&event);
        if (!good) return false;
    }
    return true;
}

struct yaml_node *yaml_tree_load(const char *text, size_t size, struct arena *arena, struct pp_error *error)
{
    struct builder builder = {.arena = arena, .error = error};
    if (size > YAML_BYTES_MAX) {
        error_at(error, 0, 0, "%zu bytes; expected at most %d", size, YAML_BYTES_MAX);
        return NULL;
    }
    if (!yaml_parser_initialize(&builder.parser)) {
        error_at(error, 0, 0, "out of memory");
        return NULL;
    }
    const void *input = text; /* libyaml wants unsigned char */
    yaml_parser_set_encoding(&builder.parser, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(&builder.parser, input, size);
    bool good = build(&builder, text, size);
    yaml_parser_delete(&builder.parser);
    return good ? builder.root : NULL;
}
