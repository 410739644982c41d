/* What leads to a finding, and what it can be found by: anchors for links from outside, keys and controls for the page's script.
 *
 * An anchor is the beginning of a SHA-256 of what the finding is about: kind, reason, row, both sides, port, transport, and what else
 * tells findings apart. Counts and times are not in it, so the same thing has the same anchor in next week's report. Two findings that
 * agree in all of it, or whose digests happen to, are numbered in their order. */
#include <inttypes.h>
#include <stdlib.h>

#include "address.h"
#include "clock.h"
#include "digest.h"
#include "html.h"

enum { ANCHOR_DIGITS = 12, ANCHOR_BITS = 4 * ANCHOR_DIGITS }; /* two of 10,000 findings share one once in five million reports */

static void add_party(struct text *about, const struct pp_party *party)
{
    char address[ADDRESS_TEXT_MAX];
    text_printf(about, "|%s|%s|%x", address_text(&party->address, address), party->address.family ? "" : party->name, party->roles);
}

static void add_about(struct text *about, const struct pp_spec *spec, const struct pp_finding *f)
{
    bool is_edge = f->kind == PP_FIND_BLOCKED || f->kind == PP_FIND_MISSING; /* one finding an edge, whatever became of it */
    uint16_t row = f->row != PP_NONE ? f->row : f->nearest_row;
    text_printf(about, "%s|%s|%s|%u|%u|", pp_finding_kind_name(f->kind), pp_reason_name(f->reason),
                row != PP_NONE ? spec->rows[row].id : "", f->has_port ? f->port : 0u, f->transport);
    if (!is_edge) text_printf(about, "%u|%u", f->labels, f->has_outcome ? f->outcome + 1u : 0);
    add_party(about, &f->initiator);
    add_party(about, &f->responder);
}

struct numbered {
    uint64_t anchor;
    uint32_t finding;
};

static int by_anchor(const void *a, const void *b)
{
    const struct numbered *x = a, *y = b;
    if (x->anchor != y->anchor) return x->anchor < y->anchor ? -1 : 1;
    return (x->finding > y->finding) - (x->finding < y->finding);
}

static bool digest_all(const struct pp_report *r, struct numbered *all)
{
    struct text about;
    text_init(&about);
    for (uint32_t i = 0; i < r->finding_count && !about.failed; i++) {
        char hex[DIGEST_HEX_SIZE];
        about.length = 0;
        add_about(&about, r->spec, &r->findings[i]);
        if (about.failed) break;
        sha256_hex(about.bytes, about.length, hex);
        hex[ANCHOR_DIGITS] = '\0';
        all[i] = (struct numbered){strtoull(hex, NULL, 16), i};
    }
    bool ok = !about.failed;
    text_finish(&about);
    return ok;
}

uint64_t *html_anchors(const struct pp_report *r)
{
    uint64_t *anchors = calloc(r->finding_count + 1u, sizeof *anchors);
    struct numbered *all = calloc(r->finding_count + 1u, sizeof *all);
    if (!anchors || !all || !digest_all(r, all)) return free(all), free(anchors), NULL;
    qsort(all, r->finding_count, sizeof *all, by_anchor);
    uint64_t same = 0;
    for (uint32_t i = 0; i < r->finding_count; i++) {
        same = i && all[i].anchor == all[i - 1].anchor ? same + 1 : 0;
        anchors[all[i].finding] = all[i].anchor | same << ANCHOR_BITS;
    }
    free(all);
    return anchors;
}

void add_anchor(struct page *p, uint32_t finding) { text_printf(p->out, "f-%0*" PRIx64, ANCHOR_DIGITS, p->anchors[finding]); }

static const char *kind_words(const struct pp_finding *f)
{
    return f->kind == PP_FIND_UNEXPECTED && f->got_through == PP_YES ? "got through" : pp_finding_kind_name(f->kind);
}

static void add_host_key(struct page *p, const char *key, const struct pp_party *party)
{
    char address[ADDRESS_TEXT_MAX];
    if (!party->address.family && !*party->name) return;
    text_printf(p->out, " data-%s=\"", key);
    add_html(p->out, *party->name ? party->name : address_text(&party->address, address));
    text_add(p->out, "\"");
}

void add_filter_keys(struct page *p, const struct pp_finding *f)
{
    uint16_t row = f->row != PP_NONE ? f->row : f->nearest_row;
    text_printf(p->out, " data-kind=\"%s\"", kind_words(f));
    if (row != PP_NONE) {
        text_add(p->out, " data-row=\"");
        add_html(p->out, p->report->spec->rows[row].id);
        text_add(p->out, "\"");
    }
    bool tried = f->tried_by.address.family; /* a side that coverage leaves open is who tried */
    add_host_key(p, "from", tried ? &f->tried_by : &f->initiator);
    add_host_key(p, "to", tried ? &f->tried_at : &f->responder);
}

void add_sort_keys(struct page *p, const struct pp_finding *f)
{
    if (f->first_ns != PP_NO_FIRST)
        text_printf(p->out, " data-first=\"%" PRIu64 ".%09" PRIu64 "\"", f->first_ns / NS_PER_S, f->first_ns % NS_PER_S);
    if (f->kind != PP_FIND_MISSING) text_printf(p->out, " data-packets=\"%" PRIu64 "\"", f->packets[0] + f->packets[1]);
}
