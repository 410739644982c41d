#include "csv.h"

#include <inttypes.h>
#include <string.h>

#include "digits.h"

void csv_empty(struct csv *csv)
{
    if (csv->follows) text_add(csv->out, ",");
    csv->follows = true;
}

/* A tab or a carriage return at the beginning is as dangerous, and is escaped by then. Blanks before a formula do not save it. */
static bool is_formula(const char *bytes) { return strchr("=+-@", bytes[strspn(bytes, " ")]) && bytes[strspn(bytes, " ")]; }

static void add_quoted(struct text *out, const char *bytes, size_t length)
{
    text_add(out, "\"");
    for (size_t i = 0; i < length; i++) text_add_bytes(out, bytes[i] == '"' ? "\"\"" : bytes + i, bytes[i] == '"' ? 2 : 1);
    text_add(out, "\"");
}

void csv_string(struct csv *csv, const char *string)
{
    struct text safe;
    csv_empty(csv);
    if (!string || !*string) return;
    text_init(&safe);
    text_add(&safe, "'");
    text_add_escaped(&safe, string, strlen(string));
    csv->out->failed |= safe.failed;
    if (safe.length > 1) {
        unsigned skip = is_formula(safe.bytes + 1) ? 0 : 1;
        const char *bytes = safe.bytes + skip;
        bool quoted = strpbrk(bytes, ",\"") || bytes[0] == ' ' || safe.bytes[safe.length - 1] == ' ';
        if (quoted)
            add_quoted(csv->out, bytes, safe.length - skip);
        else
            text_add_bytes(csv->out, bytes, safe.length - skip);
    }
    text_finish(&safe);
}

void csv_text(struct csv *csv, struct text *text)
{
    csv_string(csv, text->bytes);
    csv->out->failed |= text->failed;
    text_finish(text);
}

void csv_count(struct csv *csv, uint64_t n)
{
    char digits[DIGITS_MAX];
    csv_empty(csv);
    text_add_bytes(csv->out, digits, (size_t)(put_digits(digits, n) - digits));
}

void csv_end(struct csv *csv)
{
    text_add(csv->out, "\r\n");
    csv->follows = false;
}

void csv_header(struct csv *csv, const char *names)
{
    for (size_t length; *names; names += length + strspn(names + length, " ")) {
        length = strcspn(names, " ");
        csv_empty(csv);
        text_add_bytes(csv->out, names, length);
    }
    csv_end(csv);
}
