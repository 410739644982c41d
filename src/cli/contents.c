#include "contents.h"

#include <stdlib.h>
#include <string.h>

static const char readme[] =
    "What portproof " PORTPROOF_VERSION " found, and what it takes to check that.\n"
    "\n"
    "  report.html, report.txt   the report, to be read\n"
    "  report.json, findings.csv the same for programs\n"
    "  " EVIDENCE_NAME "              the flows that were seen, without payload\n"
    "  " RULES_NAME ", " SITE_NAME "     the port list and the inventory that were judged by (no site: roles were inferred)\n"
    "  " PP_BUNDLE_MANIFEST "             SHA-256 of each file here, and of the captures, which are not here\n"
    "\n"
    "  portproof verify BUNDLE.tar.gz                judges the evidence again, and says whether the bytes are the same\n"
    "  portproof verify BUNDLE.tar.gz CAPTURE...     reads the captures again, too\n"
    "\n"
    "Whoever changes the captures, the evidence and the reports alike can make a bundle that agrees with itself: sign the archive, or\n"
    "keep its SHA-256 where others cannot change it.\n";

static const struct {
    const char *name, *format;
} documents[DOCUMENTS] = {{"report.txt", "text"}, {"report.html", "html"}, {"report.json", "json"}, {"findings.csv", "csv"}};

static bool to_text(void *context, const char *bytes, size_t size)
{
    struct text *text = context;
    text_add_bytes(text, bytes, size);
    return !text->failed;
}

static void add_file(struct contents *c, const char *name, const char *bytes, size_t size)
{
    c->files[c->bundle.file_count++] = (struct pp_bundle_file){.name = name, .bytes = bytes, .size = size};
}

/* Nothing of the terminal, the locale, the time zone or this machine is in them. */
static bool add_documents(struct contents *c, const struct pp_report *report, const char *digest)
{
    struct pp_report_options options = {.tool_version = PORTPROOF_VERSION,
                                        .site_name = report->site->inferred ? NULL : SITE_NAME,
                                        .options = c->bundle.options,
                                        .option_count = c->bundle.option_count,
                                        .evidence_name = EVIDENCE_NAME,
                                        .evidence_digest = digest,
                                        .outside_time = c->bundle.outside_time,
                                        .utf8 = true,
                                        .all = true};
    for (size_t i = 0; i < DOCUMENTS; i++) {
        size_t size;
        if (!pp_report_write(report, documents[i].format, &options, &c->documents[i], &size)) return false;
        add_file(c, documents[i].name, c->documents[i], size);
    }
    return true;
}

static bool add_captures(struct session *s, struct contents *c)
{
    uint32_t count;
    const struct pp_capture_info *captures = pp_audit_captures(s->audit, &count);
    c->captures = calloc(count + 1u, sizeof *c->captures);
    if (!c->captures) return false;
    for (uint32_t i = 0; i < count; i++) {
        c->captures[i] = (struct pp_bundle_capture){captures[i].name, captures[i].bytes, captures[i].sha256};
        if (captures[i].last_ns > c->bundle.last_ns) c->bundle.last_ns = captures[i].last_ns;
    }
    c->bundle.captures = c->captures;
    c->bundle.capture_count = count;
    return true;
}

bool contents_make(struct session *s, const struct pp_report *report, uint64_t outside_time, bool from_captures, const struct arguments *a,
                   struct contents *c)
{
    char digest[65];
    *c = (struct contents){.bundle = {.tool_version = PORTPROOF_VERSION,
                                      .verdict = pp_compliance_name(report->verdict),
                                      .options = a->record,
                                      .option_count = a->record_count,
                                      .outside_time = outside_time,
                                      .from_captures = from_captures,
                                      .last_ns = PP_NO_LAST}};
    c->bundle.files = c->files;
    text_init(&c->evidence);
    add_file(c, "README.txt", readme, sizeof readme - 1);
    bool ok = send_evidence(s, &(struct pp_sink){to_text, &c->evidence}, digest) && add_captures(s, c) && add_documents(c, report, digest);
    if (!ok) return complain("out of memory while making the bundle"), false;
    add_file(c, EVIDENCE_NAME, c->evidence.bytes, c->evidence.length);
    add_file(c, RULES_NAME, s->rules_text.bytes, s->rules_text.size);
    if (s->site) add_file(c, SITE_NAME, s->site_text.bytes, s->site_text.size);
    return true;
}

void contents_finish(struct contents *c)
{
    for (size_t i = 0; i < DOCUMENTS; i++) free(c->documents[i]);
    free(c->captures);
    text_finish(&c->evidence);
}
