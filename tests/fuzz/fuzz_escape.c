/* Any bytes as a name, through every way by which names leave the program: what comes out is harmless where it goes (terminal, JSON, CSV,
 * HTML, Markdown, YAML, a firewall's comment), and a reader that is not ours gets back from each the same visible text. A name that is
 * harmless by itself comes out of the terminal's way unchanged. */
#include "csv.h"
#include "json_writer.h"
#include "markdown.h"
#include "markup.h"
#include "output.h"
#include "request.h"
#include "text.h"
#include "yaml_quote.h"
#include "yaml_tree.h"

static void check_terminal(const char *name, const struct text *safe)
{
    enum { ROOM = 24 };
    char cut[ROOM];
    size_t size = strlen(name);
    must(!safe->failed && is_harmless(safe->bytes ? safe->bytes : "", safe->length, ""));
    if (is_harmless(name, size, "") && size) {
        bool noncharacters = memchr(name, 0xef, size) != NULL; /* U+FFF0 and on are escaped too */
        must(noncharacters || (safe->length == size && memcmp(safe->bytes, name, size) == 0));
    }
    escape_into(cut, sizeof cut, name, size);
    must(strlen(cut) < ROOM && strncmp(cut, safe->bytes ? safe->bytes : "", strlen(cut)) == 0 && is_harmless(cut, strlen(cut), ""));
    must(strlen(cut) == safe->length || strlen(cut) + 12 > ROOM - 1);
}

static void check_json_string(const char *name, const char *safe)
{
    struct text out;
    struct json_writer w;
    text_init(&out);
    json_writer_init(&w, &out);
    begin_object(&w, NULL);
    put_string(&w, "name", name);
    end_object(&w);
    must(!out.failed);
    if (!out.failed) {
        check_json(out.bytes, out.length);
        json_t *value = json_loadb(out.bytes, out.length, 0, NULL);
        const char *read = json_string_value(json_object_get(value, "name"));
        must(read && strcmp(read, safe) == 0);
        json_decref(value);
    }
    text_finish(&out);
}

static void check_csv_string(const char *name, const char *safe)
{
    struct text out;
    struct csv csv = {.out = &out};
    text_init(&out);
    csv_header(&csv, "a b c");
    csv_string(&csv, "x");
    csv_string(&csv, name);
    csv_string(&csv, "y");
    csv_end(&csv);
    must(!out.failed);
    if (!out.failed) {
        const char *at = out.bytes + sizeof "a,b,c\r\nx," - 1;
        char *field = malloc(out.length + 1);
        size_t length = 0;
        check_csv(out.bytes, out.length);
        must(field && csv_field(&at, out.bytes + out.length, field, &length));
        size_t skip = length == strlen(safe) + 1 && field[0] == '\'';
        must(field && length - skip == strlen(safe) && memcmp(field + skip, safe, length - skip) == 0);
        free(field);
    }
    text_finish(&out);
}

/* Character references read as a browser does; &#8203; stands for nothing visible. */
static size_t read_references(const char *at, size_t size, char *out)
{
    static const struct {
        const char *name, *value;
    } names[] = {{"&amp;", "&"}, {"&lt;", "<"}, {"&gt;", ">"}, {"&quot;", "\""}, {"&#8203;", ""}};
    size_t length = 0;
    for (size_t i = 0; i < size;) {
        bool found = false;
        for (size_t k = 0; k < sizeof names / sizeof *names && !found; k++) {
            if (strncmp(at + i, names[k].name, strlen(names[k].name)) != 0) continue;
            for (const char *c = names[k].value; *c; c++) out[length++] = *c;
            i += strlen(names[k].name);
            found = true;
        }
        unsigned number;
        int used = 0;
        if (!found && at[i] == '&') {
            must(sscanf(at + i, "&#%u;%n", &number, &used) == 1 && used > 0 && number < 0x80);
            out[length++] = (char)number;
            i += used > 0 ? (size_t)used : 1;
        } else if (!found) {
            out[length++] = at[i++];
        }
    }
    return length;
}

static void check_markup(const char *name, const char *safe, const char *before, void (*add)(struct text *, const char *),
                         const char *forbidden)
{
    struct text out;
    text_init(&out);
    text_add(&out, before);
    size_t first = out.length;
    add(&out, name);
    must(!out.failed);
    if (!out.failed && out.bytes) {
        const char *bytes = out.bytes + first;
        size_t size = out.length - first;
        char *read = malloc(size + 1);
        must(is_harmless(bytes, size, "") && strcspn(bytes, forbidden) == size);
        must(read && read_references(bytes, size, read) == strlen(safe) && memcmp(read, safe, strlen(safe)) == 0);
        free(read);
    }
    text_finish(&out);
}

static void check_words(const char *name)
{
    enum { MOST = 40 };
    struct text out;
    text_init(&out);
    add_words(&out, name, MOST);
    must(!out.failed && out.length <= MOST);
    if (!out.failed && out.bytes)
        must(strcspn(out.bytes, "\"'`\\$#{}<>|&!*?[]~\n\r\t") == out.length && is_harmless(out.bytes, out.length, ""));
    text_finish(&out);
}

/* Only texts that a YAML reader took are ever written as YAML: UTF-8, without the characters that YAML knows not at all. */
static void check_yaml(const char *name)
{
    struct text out;
    struct pp_error error;
    uint32_t point = 0;
    const void *bytes = name;
    for (size_t i = 0, n; name[i]; i += n) {
        n = utf8_length((const uint8_t *)bytes + i, strlen(name) - i, &point);
        if (!n) return;
    }
    text_init(&out);
    text_add(&out, "a: ");
    yaml_quote(&out, name);
    text_add(&out, "\n");
    struct arena *arena = arena_create();
    must(!out.failed && arena);
    if (!out.failed && arena) {
        must(is_harmless(out.bytes, out.length - 1, ""));
        const struct yaml_node *node = yaml_tree_load(out.bytes, out.length, arena, &error);
        must(node && node->first && node->first->kind == YAML_IS_TEXT && strcmp(node->first->text, name) == 0);
    }
    arena_destroy(arena);
    text_finish(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    struct text safe;
    char *name = malloc(size + 1);
    if (!name) return 0;
    if (size) memcpy(name, bytes, size);
    name[size] = '\0'; /* a name ends at its first NUL */
    text_init(&safe);
    text_add_escaped(&safe, name, strlen(name));
    const char *shown = safe.bytes ? safe.bytes : "";
    check_terminal(name, &safe);
    check_json_string(name, shown);
    check_csv_string(name, shown);
    check_markup(name, shown, "\n", add_html, "<>\"'`");
    check_markup(name, shown, "\n", add_markdown, "<>\"'`\\*_{}[]|~$@^=!");
    check_markup(name, shown, "", add_markdown, "<>\"'`\\*_{}[]|~$@^=!");
    check_words(name);
    check_yaml(name);
    text_finish(&safe);
    free(name);
    return 0;
}
