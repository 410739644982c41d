/* Evidence in files: written by analyze, merged and judged again by report. Pieces of evidence are a join, but a report lists captures, so
 * these are put into an order that does not depend on how they were given: by their first packet, then by name. */
#include <errno.h>
#include <jansson.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"
#include "portproof/evidence.h"

enum { DIGEST = 64 };

/* --- writing ------------------------------------------------------------------------------------------------------------- */

struct keeping {
    const struct pp_sink *to;
    char *last; /* the digest is what is written last */
};

static bool keep(void *context, const char *bytes, size_t size)
{
    struct keeping *keeping = context;
    if (size == DIGEST) memcpy(keeping->last, bytes, DIGEST);
    return keeping->to->write(keeping->to->context, bytes, size);
}

/* Its time is that of its packets: the date of the run would make other bytes of the same captures. */
static void date(struct pp_evidence *evidence)
{
    pp_time_ns first = PP_NO_FIRST, last = PP_NO_LAST;
    for (uint32_t i = 0; i < evidence->capture_count; i++) {
        if (evidence->captures[i].first_ns < first) first = evidence->captures[i].first_ns;
        if (evidence->captures[i].last_ns > last) last = evidence->captures[i].last_ns;
    }
    evidence->from_ns = first == PP_NO_FIRST ? 0 : first;
    evidence->until_ns = last;
}

bool send_evidence(struct session *s, const struct pp_sink *sink, char digest[DIGEST + 1])
{
    struct keeping keeping = {sink, digest};
    struct pp_evidence evidence = {.first = 1, .last = 1, .flows = pp_audit_flows(s->audit)};
    digest[0] = digest[DIGEST] = '\0';
    (void)pp_audit_flow_options(s->audit, evidence.classes);
    evidence.captures = (struct pp_capture_info *)(uintptr_t)pp_audit_captures(s->audit, &evidence.capture_count); /* only read */
    date(&evidence);
    return pp_evidence_write(&evidence, &(struct pp_sink){keep, &keeping});
}

bool write_evidence(struct session *s, struct arguments *a)
{
    char digest[DIGEST + 1];
    struct output *out = a->evidence ? output_open(a->evidence) : NULL;
    if (!out) return !a->evidence;
    bool ok = send_evidence(s, &(struct pp_sink){output_write, out}, digest);
    ok = output_close(out, ok) && ok;
    if (ok) memcpy(a->evidence_digest, digest, sizeof digest);
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

/* What was folded by other classes of ports than those of now is folded on. `base`: the number of its first capture here. */
static bool take_up(struct session *s, const char *named, const char *bytes, size_t size, uint32_t base)
{
    struct pp_evidence evidence;
    struct pp_error error;
    char classes[DIGEST + 1];
    struct pp_flow_options options = pp_audit_flow_options(s->audit, classes);
    if (!pp_evidence_read((const uint8_t *)bytes, size, &options, base, &evidence, &error))
        return complain("%s: %s", show(named), error.text), false;
    bool ok = strcmp(evidence.classes, classes) == 0 || pp_flow_table_set_classes(evidence.flows, options.port_class, options.index);
    ok = ok && pp_audit_restore(s->audit, &evidence, base);
    pp_evidence_finish(&evidence);
    return ok || (complain("%s: out of memory", show(named)), false);
}

bool take_evidence(struct session *s, const char *named, const char *bytes, size_t size) { return take_up(s, named, bytes, size, 0); }

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
        ok = take_up(s, piece->named, piece->bytes, piece->size, piece->base);
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
    const struct pp_report *report = ok ? session_judge(&s) : NULL;
    ok = report && write_report(report, 0, a) && write_bundle(&s, report, false, a);
    int status = ok ? pp_exit_status(report) : EXIT_INPUT;
    session_close(&s);
    return status;
}
