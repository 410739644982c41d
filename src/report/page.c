#include "page.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { BELOW = 8 }; /* where words stand that find no room beside what they belong to */

const char *sign(const struct page *page, enum sign which)
{
    static const char *const signs[SIGN_COUNT][2] = {
        [SIGN_ARROW] = {"->", "→"}, [SIGN_BOTH_WAYS] = {"<->", "↔"}, [SIGN_GOOD] = {"+", "✔"}, [SIGN_BAD] = {"x", "✘"},
        [SIGN_OPEN] = {"o", "○"},   [SIGN_UNKNOWN] = {"?", "?"},     [SIGN_IDLE] = {".", "·"}, [SIGN_BETWEEN] = {"|", "·"},
    };
    return signs[which][page->options->utf8];
}

unsigned columns(const char *string)
{
    unsigned n = 0;
    for (; *string; string++) n += ((unsigned char)*string & 0xc0) != 0x80;
    return n;
}

static void ink_on(struct page *page, enum ink ink)
{
    static const char *const codes[INK_COUNT] = {
        [INK_BOLD] = "1", [INK_RED] = "1;31", [INK_GREEN] = "32", [INK_YELLOW] = "33", [INK_DIM] = "2"};
    if (page->options->color && codes[ink]) text_printf(page->out, "\x1b[%sm", codes[ink]);
}

static void ink_off(struct page *page, enum ink ink)
{
    if (page->options->color && ink != INK_PLAIN) text_add(page->out, "\x1b[0m");
}

void add_ink(struct page *page, enum ink ink, const char *string, unsigned width)
{
    ink_on(page, ink);
    text_add(page->out, string);
    ink_off(page, ink);
    for (unsigned n = columns(string); n < width; n++) text_add(page->out, " ");
}

static unsigned word_columns(const char *word, size_t length)
{
    unsigned n = 0;
    for (size_t i = 0; i < length; i++) n += ((unsigned char)word[i] & 0xc0) != 0x80;
    return n;
}

static unsigned longest_word(const char *words)
{
    unsigned longest = 0;
    for (size_t length; *words; words += length + strspn(words + length, " ")) {
        length = strcspn(words, " ");
        if (word_columns(words, length) > longest) longest = word_columns(words, length);
    }
    return longest;
}

unsigned begin_line(struct page *page, unsigned indent)
{
    struct text *out = page->out;
    while (out->length && out->bytes[out->length - 1] == ' ') out->bytes[--out->length] = '\0'; /* a column's padding */
    text_printf(out, "\n%*s", (int)indent, "");
    return indent;
}

void add_paragraph(struct page *page, unsigned at, unsigned indent, enum ink ink, const char *words)
{
    bool first = true;
    if (!words) words = ""; /* of a text that has none */
    if (indent > BELOW && indent + longest_word(words) > page->width)
        at = indent = begin_line(page, BELOW);
    else if (at > indent && at + word_columns(words, strcspn(words, " ")) > page->width)
        at = begin_line(page, indent);
    ink_on(page, ink);
    while (*words) {
        size_t length = strcspn(words, " ");
        unsigned n = word_columns(words, length);
        if (!first && at + 1 + n > page->width) {
            at = begin_line(page, indent);
            first = true;
        }
        if (!first) text_add(page->out, " ");
        for (size_t i = 0; i < length; i++) text_add_bytes(page->out, words[i] == KEEP[0] ? " " : words + i, 1);
        at += n + !first;
        first = false;
        words += length + strspn(words + length, " ");
    }
    ink_off(page, ink);
    text_add(page->out, "\n");
}

void add_heading(struct page *page, const char *words)
{
    text_add(page->out, "\n");
    add_ink(page, INK_BOLD, words, 0);
    text_add(page->out, "\n");
}

char *grouped(uint64_t n, char out[32])
{
    char digits[24];
    int length = snprintf(digits, sizeof digits, "%" PRIu64, n);
    char *at = out;
    for (int i = 0; i < length; i++) {
        if (i && (length - i) % 3 == 0) *at++ = ',';
        *at++ = digits[i];
    }
    *at = '\0';
    return out;
}
