/* Evidence in files: written by analyze, merged and judged again by report. Pieces of evidence are a join, but a report lists captures, so
 * these are put into an order that does not depend on how they were given: by their first packet, then by name. */
#include <errno.h>
#include <jansson.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"
#include "clock.h"
#include "portproof/evidence.h"

enum { DIGEST = 64 };

/* --- writing ------------------------------------------------------------------------------------------------------------- */

struct keeping {
    struct output *out;
    char last[DIGEST + 1]; /* the digest is what is written last */
};

static bool keep(void *context, const char *bytes, size_t size)
{
    struct keeping *keeping = context;
    if (size == DIGEST) memcpy(keeping->last, bytes, DIGEST);
    return output_write(keeping->out, bytes, size);
}

bool write_evidence(struct session *s, struct arguments *a)
{
    if (!a->evidence) return true;
    struct keeping keeping = {.out = output_open(a->evidence)};
    struct pp_sink sink = {keep, &keeping};
    struct pp_evidence evidence = {.first = 1, .last = 1, .until_ns = time_of_day_ns(), .flows = pp_audit_flows(s->audit)};
    if (!keeping.out) return false;
    evidence.from_ns = evidence.until_ns;
    (void)pp_audit_flow_options(s->audit, evidence.classes);
    evidence.captures = (struct pp_capture_info *)(uintptr_t)pp_audit_captures(s->audit, &evidence.capture_count); /* only read */
    bool ok = pp_evidence_write(&evidence, &sink);
    ok = output_close(keeping.out, ok) && ok;
    if (ok) memcpy(a->evidence_digest, keeping.last, sizeof keeping.last);
    return ok;
}

/* --- reading ------------------------------------------------------------------------------------------------------------- */

struct piece {
    const char *named; /* on the command line */
    char *bytes;
    size_t size;
    const char *digest; /* the last bytes */
    pp_time_ns first_ns;
    char name[256]; /* of its first capture, as far as it matters */
    char origin[PP_ORIGIN_SIZE];
    uint32_t first, last; /* stretches of that origin */
    uint32_t base;        /* the number of its first capture here */
};

static void finish(struct piece *pieces, int count)
{
    for (int i = 0; pieces && i < count; i++) free(pieces[i].bytes);
    free(pieces);
}

/* A report names the evidence that lies beside it. */
static bool follow_report(struct piece *piece)
{
    json_error_t error;
    json_t *report = json_loadb(piece->bytes, piece->size, 0, &error);
    const char *file = NULL, *digest = NULL, *slash = strrchr(piece->named, '/');
    if (!report)
        return complain("%s: neither evidence nor a JSON report: line %d: %s", show(piece->named), error.line, show(error.text)), false;
    int folder = slash ? (int)(slash - piece->named) + 1 : 0;
    bool ok = json_unpack(report, "{s:{s:s, s:s}}", "evidence", "file", &file, "digest", &digest) == 0 && !strchr(file, '/') &&
              strlen(digest) == DIGEST;
    if (!ok) complain("%s: a report without evidence; expected one of analyze --evidence FILE", show(piece->named));
    char path[PATH_MAX];
    ok = ok && snprintf(path, sizeof path, "%.*s%s", folder, piece->named, file) < (int)sizeof path;
    free(piece->bytes);
    piece->bytes = ok ? read_bytes(path, &piece->size) : NULL;
    ok = ok && piece->bytes;
    if (ok && (piece->size < DIGEST || memcmp(piece->bytes + piece->size - DIGEST, digest, DIGEST) != 0))
        ok = (complain("%s: %s beside it is not the evidence that it was made from", show(piece->named), show(file)), false);
    json_decref(report);
    return ok;
}

static bool open_piece(struct piece *piece)
{
    struct pp_evidence head;
    struct pp_error error;
    piece->bytes = read_bytes(piece->named, &piece->size);
    if (!piece->bytes) return false;
    if (piece->size && *piece->bytes == '{' && !follow_report(piece)) return false;
    if (!pp_evidence_read((const uint8_t *)piece->bytes, piece->size, NULL, 0, &head, &error))
        return complain("%s: %s", show(piece->named), error.text), false;
    piece->digest = piece->bytes + piece->size - DIGEST;
    piece->first_ns = PP_NO_FIRST;
    for (uint32_t i = 0; i < head.capture_count; i++)
        if (head.captures[i].first_ns < piece->first_ns) piece->first_ns = head.captures[i].first_ns;
    memcpy(piece->origin, head.origin, sizeof piece->origin);
    piece->first = head.first;
    piece->last = head.last;
    if (head.capture_count) snprintf(piece->name, sizeof piece->name, "%s", head.captures[0].name);
    pp_evidence_finish(&head);
    return true;
}

static int by_time_and_name(const void *a, const void *b)
{
    const struct piece *x = a, *y = b;
    if (x->first_ns != y->first_ns) return x->first_ns < y->first_ns ? -1 : 1;
    int order = strcmp(x->name, y->name);
    if (!order) order = strcmp(x->origin, y->origin);
    if (order) return order;
    if (*x->origin && x->last != y->last) return x->last < y->last ? -1 : 1; /* the latest knows most of the captures */
    return memcmp(x->digest, y->digest, DIGEST);
}

/* What was folded by other classes of ports than those of now is folded on. */
static bool take_up(struct session *s, const struct piece *piece)
{
    struct pp_evidence evidence;
    struct pp_error error;
    char classes[DIGEST + 1];
    struct pp_flow_options options = pp_audit_flow_options(s->audit, classes);
    if (!pp_evidence_read((const uint8_t *)piece->bytes, piece->size, &options, piece->base, &evidence, &error))
        return complain("%s: %s", show(piece->named), error.text), false;
    bool ok = strcmp(evidence.classes, classes) == 0 || pp_flow_table_set_classes(evidence.flows, options.port_class, options.index);
    ok = ok && pp_audit_restore(s->audit, &evidence, piece->base);
    pp_evidence_finish(&evidence);
    return ok || (complain("report: out of memory"), false);
}

/* The piece that has all of this one in it; NULL: none. */
static const struct piece *whole_of(const struct piece *pieces, int count, const struct piece *piece)
{
    for (const struct piece *other = pieces; other < pieces + count; other++) {
        bool wider = *piece->origin && strcmp(other->origin, piece->origin) == 0 && other->first <= piece->first &&
                     other->last >= piece->last && (other->first < piece->first || other->last > piece->last);
        bool same = other < piece && memcmp(other->digest, piece->digest, DIGEST) == 0;
        if (wider || same) return other;
    }
    return NULL;
}

/* The same evidence twice would count twice. Pieces of one origin are next to each other, and have their captures in common. */
static bool take_all(struct session *s, struct piece *pieces, int count)
{
    const struct piece *before = NULL;
    bool ok = true;
    for (struct piece *piece = pieces; ok && piece < pieces + count; piece++) {
        const struct piece *whole = whole_of(pieces, count, piece);
        if (whole) {
            complain("%s: is in %s too; taken once", show(piece->named), show(whole->named));
            continue;
        }
        (void)pp_audit_captures(s->audit, &piece->base);
        if (before && *piece->origin && strcmp(before->origin, piece->origin) == 0) piece->base = before->base;
        ok = take_up(s, piece);
        before = piece;
    }
    return ok;
}

int run_report(struct arguments *a)
{
    struct session s;
    if (!format_known(a->format)) return EXIT_INPUT;
    if (!a->operand_count) return complain("report: no evidence named; see portproof report -h"), EXIT_INPUT;
    struct piece *pieces = calloc((size_t)a->operand_count, sizeof *pieces);
    bool ok = pieces || (complain("report: out of memory"), false);
    for (int i = 0; ok && i < a->operand_count; i++) {
        pieces[i].named = a->operands[i];
        ok = open_piece(&pieces[i]);
    }
    if (!ok || !session_open(&s, a)) return finish(pieces, a->operand_count), EXIT_INPUT;
    qsort(pieces, (size_t)a->operand_count, sizeof *pieces, by_time_and_name);
    ok = take_all(&s, pieces, a->operand_count);
    finish(pieces, a->operand_count);
    int status = ok ? session_report(&s, a) : EXIT_INPUT;
    session_close(&s);
    return status;
}
