/* All words of the view pass put(), which lets nothing through that a terminal would obey, whatever a packet, a site file or a list of
 * rules holds: what is no printable character is spelled out, or is a question mark. Signs and words say everything that colours say. */
#define _GNU_SOURCE
#define NCURSES_NOMACROS
#define NCURSES_WIDECHAR 1
#include "view_words.h"

#include <curses.h>
#include <limits.h>
#include <string.h>
#include <wchar.h>
#include <wctype.h>

static attr_t attributes(const struct view *view, enum ink ink)
{
    static const struct {
        short color, behind;  /* -1: the terminal's own */
        attr_t with, without; /* colours */
    } inks[INK_COUNT] = {[INK_PLAIN] = {-1, -1, A_NORMAL, A_NORMAL},
                         [INK_STRONG] = {-1, -1, A_BOLD, A_BOLD},
                         [INK_GOOD] = {COLOR_GREEN, -1, A_NORMAL, A_NORMAL},
                         [INK_BAD] = {COLOR_RED, -1, A_BOLD, A_BOLD},
                         [INK_OPEN] = {COLOR_YELLOW, -1, A_NORMAL, A_NORMAL},
                         [INK_QUIET] = {-1, -1, A_DIM, A_NORMAL},
                         [INK_BAR] = {COLOR_WHITE, COLOR_BLUE, A_BOLD, A_REVERSE},
                         [INK_CHOSEN] = {-1, -1, A_REVERSE, A_REVERSE}};
    static bool made;
    if (!view->colors) return inks[ink].without;
    if (!made) {
        bool own = use_default_colors() == OK;
        for (int i = 0; i < INK_COUNT; i++)
            init_pair((short)(i + 1), inks[i].color < 0 && !own ? COLOR_WHITE : inks[i].color,
                      inks[i].behind < 0 && !own ? COLOR_BLACK : inks[i].behind);
        made = true;
    }
    return inks[ink].with | (attr_t)COLOR_PAIR((int)ink + 1);
}

/* The next character: how many bytes it has, and its columns; *out is what to show of it. Where the locale has no UTF-8, what is beyond
 * ASCII is one question mark a character. */
static size_t next_character(const struct view *view, const char *bytes, wchar_t *out, int *width)
{
    mbstate_t state = {0};
    unsigned char first = (unsigned char)*bytes;
    size_t length = 1;
    *out = first < 0x80 ? first : L'?';
    if (view->utf8 && first >= 0x80) {
        length = mbrtowc(out, bytes, strlen(bytes), &state);
        if (length == 0 || length > MB_LEN_MAX) length = 1, *out = L'?';
    } else
        while (!view->utf8 && first >= 0xc0 && ((unsigned char)bytes[length] & 0xc0) == 0x80) length++;
    *width = iswprint((wint_t)*out) ? wcwidth(*out) : -1;
    if (*width < 0) *out = L'?', *width = 1;
    return length;
}

int width_of(const struct view *view, const char *words, size_t length)
{
    int sum = 0, width;
    wchar_t shown;
    for (size_t at = 0; at < length && words[at]; sum += width) at += next_character(view, words + at, &shown, &width);
    return sum;
}

static int put_safe(const struct view *view, int y, int x, int end, const char *words)
{
    bool cut = x + width_of(view, words, SIZE_MAX) > end;
    int last = cut ? end - 1 : end, width;
    wchar_t shown[2] = {0};
    while (*words) {
        size_t length = next_character(view, words, shown, &width);
        if (x + width > last) break;
        mvaddnwstr(y, x, shown, 1);
        x += width;
        words += length;
    }
    if (cut && x < end) mvaddnwstr(y, x++, view->utf8 ? L"…" : L"~", 1);
    return x;
}

int put(const struct view *view, int y, int x, int end, enum ink ink, const char *words)
{
    struct text safe;
    if (end > COLS) end = COLS;
    if (x >= end || y >= LINES) return x;
    text_init(&safe);
    text_add_escaped(&safe, words, strlen(words));
    attrset((int)attributes(view, ink));
    x = put_safe(view, y, x, end, safe.bytes ? safe.bytes : "");
    text_finish(&safe);
    return x;
}

void put_right(const struct view *view, int y, int end, int width, enum ink ink, const char *words)
{
    int n = width_of(view, words, SIZE_MAX);
    put(view, y, end - (n < width ? n : width), end, ink, words);
}

void paint_line(const struct view *view, int y, enum ink ink)
{
    attrset((int)attributes(view, ink));
    mvhline(y, 0, ' ', COLS);
}

/* NOLINTNEXTLINE(misc-no-recursion): three digits a level */
void add_grouped(struct text *text, uint64_t n)
{
    if (n >= 1000) add_grouped(text, n / 1000);
    text_printf(text, n >= 1000 ? ",%03u" : "%u", (unsigned)(n % 1000));
}

void put_text(const struct view *view, int y, int x, enum ink ink, struct text *text)
{
    put(view, y, x, COLS, ink, text->bytes ? text->bytes : "");
    text_finish(text);
}

size_t fitting(const struct view *view, const char *line, size_t length, int width)
{
    if (width_of(view, line, length) <= width) return length;
    size_t fits = 0, word = 0;
    int sum = 0, one;
    wchar_t shown;
    while (fits < length) {
        size_t bytes = next_character(view, line + fits, &shown, &one);
        if (sum + one > width) break;
        if (line[fits] == ' ') word = fits;
        sum += one;
        fits += bytes;
    }
    size_t lead = strspn(line, " ");
    return word > lead ? word : fits ? fits : 1;
}
