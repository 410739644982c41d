#include "request.h"

#include <stdio.h>
#include <string.h>

bool request_begin(struct request_builder *b)
{
    *b = (struct request_builder){.arena = arena_create()};
    b->out = b->arena ? arena_alloc(b->arena, sizeof *b->out) : NULL;
    if (!b->out) return arena_destroy(b->arena), false;
    b->out->memory = b->arena;
    return true;
}

struct pp_request_line *request_add(struct request_builder *b)
{
    if (b->out->count == b->room) {
        size_t room = b->room ? b->room * 2 : 64;
        struct pp_request_line *lines = arena_alloc(b->arena, room * sizeof *lines);
        if (!lines) return NULL;
        if (b->out->count) memcpy(lines, b->out->lines, b->out->count * sizeof *lines);
        b->out->lines = lines;
        b->room = room;
    }
    struct pp_request_line *line = &b->out->lines[b->out->count++];
    *line = (struct pp_request_line){.row = "", .reason = ""};
    return line;
}

bool request_note(struct request_builder *b, const char *format, ...)
{
    char words[1024];
    va_list args;
    va_start(args, format);
    vsnprintf(words, sizeof words, format, args);
    va_end(args);
    struct pp_request_line *line = request_add(b);
    if (line) line->note = arena_copy(b->arena, words, strlen(words));
    return line && line->note;
}

struct pp_request *request_end(struct request_builder *b)
{
    if (!arena_failed(b->arena)) {
        for (size_t i = 0; i < b->out->count; i++) b->out->rules += !b->out->lines[i].note;
        return b->out;
    }
    arena_destroy(b->arena);
    return NULL;
}

void pp_request_destroy(struct pp_request *request)
{
    if (request) arena_destroy(request->memory);
}

void add_words(struct text *out, const char *words, size_t most)
{
    static const char harmless[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789 .,:;()/_+-=";
    size_t length = strlen(words);
    bool cut = length > most;
    if (cut) length = most - 3;
    for (size_t i = 0; i < length; i++) text_add_bytes(out, strchr(harmless, words[i]) ? words + i : "_", 1);
    if (cut) text_add(out, "...");
}

void add_comment(struct text *out, const struct pp_request_line *line, bool way_back, size_t most)
{
    struct text words;
    text_init(&words);
    text_add(&words, *line->row ? line->row : "on no row");
    if (way_back) text_add(&words, " (way back)");
    if (*line->reason) text_printf(&words, ": %s", line->reason);
    if (words.bytes) add_words(out, words.bytes, most);
    out->failed |= words.failed;
    text_finish(&words);
}

void each_range(const struct pp_ports *ports, void (*each)(void *context, uint16_t first, uint16_t last), void *context)
{
    for (uint16_t i = 0; i < ports->count; i++) {
        const struct pp_port_range *range = &ports->ranges[i];
        if (range->step <= 1) {
            each(context, range->first, range->last);
            continue;
        }
        for (uint32_t port = range->first; port <= range->last; port += range->step) each(context, (uint16_t)port, (uint16_t)port);
    }
}

static const struct {
    const char *name;
    write_request *write;
} formats[] = {{"nftables", write_nftables}, {"iptables", write_iptables}, {"cisco-acl", write_cisco}, {"csv", write_request_csv}};

const char *pp_request_format(unsigned i) { return i < sizeof formats / sizeof *formats ? formats[i].name : NULL; }

bool pp_request_send(const struct pp_request *request, const char *format, bool stateless, const char *title, const struct pp_sink *sink)
{
    for (size_t i = 0; i < sizeof formats / sizeof *formats; i++) {
        if (strcmp(formats[i].name, format) != 0) continue;
        struct text out;
        text_init(&out);
        formats[i].write(request, &(struct request_style){stateless, title}, &out);
        bool ok = !out.failed && sink->write(sink->context, out.bytes ? out.bytes : "", out.length);
        text_finish(&out);
        return ok;
    }
    return false;
}
