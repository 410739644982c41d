/* verify: what is in a bundle is made once more, from its evidence and from the captures, and compared byte by byte. */
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "contents.h"
#include "digest.h"

enum answer { SAME, DIFFERS, NOT_DONE };
static const char *const answers[] = {[SAME] = "same", [DIFFERS] = "differs", [NOT_DONE] = "not done"};

enum { CHECKS = 4 };

/* One thing that was looked at, and what came of it. */
struct check {
    const char *what;
    enum answer answer;
    struct text words;
};

struct verification {
    const char *path;
    struct pp_bundle *bundle;
    struct check checks[CHECKS];
    size_t count;
};

static struct check *begin_check(struct verification *v, const char *what)
{
    struct check *check = &v->checks[v->count++];
    *check = (struct check){.what = what};
    text_init(&check->words);
    return check;
}

/* A name, between those before and after it. */
static void add_name(struct text *words, const char *name)
{
    if (words->length) text_add(words, ", ");
    text_add_escaped(words, name, strlen(name));
}

/* --- what the manifest says -------------------------------------------------------------------------------------------------- */

static void check_files(struct verification *v)
{
    static const char *const wrong[] = {[PP_OTHER_BYTES] = "other bytes than listed",
                                        [PP_NOT_LISTED] = "not in the manifest",
                                        [PP_NOT_THERE] = "in the manifest, but not in the archive"};
    struct check *check = begin_check(v, "files");
    for (size_t i = 0; i < v->bundle->file_count; i++) {
        const struct pp_bundle_file *file = &v->bundle->files[i];
        if (file->state == PP_AS_LISTED) continue;
        check->answer = DIFFERS;
        add_name(&check->words, file->name);
        text_printf(&check->words, ": %s", wrong[file->state]);
    }
    if (check->answer == SAME) text_printf(&check->words, "%zu, each with the SHA-256 that the manifest lists", v->bundle->file_count);
}

/* --- made once more ---------------------------------------------------------------------------------------------------------- */

/* Compare with what the bundle has; its own manifest too, which names the captures and the options. */
static void compare_contents(const struct verification *v, const struct contents *made, struct check *check)
{
    size_t same = 0;
    char *manifest = pp_bundle_manifest(&made->bundle);
    for (size_t i = 0; i < made->bundle.file_count; i++) {
        const struct pp_bundle_file *file = &made->files[i], *other = pp_bundle_find(v->bundle, file->name);
        if (other && other->size == file->size && memcmp(other->bytes, file->bytes, file->size) == 0)
            same++;
        else
            add_name(&check->words, file->name);
    }
    if (!manifest || strcmp(manifest, v->bundle->manifest) != 0) add_name(&check->words, PP_BUNDLE_MANIFEST);
    free(manifest);
    if (check->words.length) {
        check->answer = DIFFERS;
        text_add(&check->words, ": other bytes");
    } else
        text_printf(&check->words, "judged again: %zu files and the manifest come out the same", same);
}

static struct given given_of(const struct pp_bundle *bundle, const char *name)
{
    const struct pp_bundle_file *file = pp_bundle_find(bundle, name);
    return file ? (struct given){(char *)(uintptr_t)file->bytes, file->size} : (struct given){0}; /* only read */
}

/* The arguments of then, as far as they change meaning. false: a message was printed. */
static bool arguments_of_then(const struct verification *v, const struct arguments *now, struct arguments *then)
{
    enum { WORDS_MAX = 16 };
    static const struct command recorded = {.name = "verify", .options = "btmd"};
    char *words[WORDS_MAX + 1] = {(char *)(uintptr_t) "verify"};
    int count = 1;
    bool help = false;
    for (size_t i = 0; i < v->bundle->option_count; i++) {
        if (count == WORDS_MAX || strncmp(v->bundle->options[i], "--", 2) != 0 || strcmp(v->bundle->options[i], "--require-sandbox") == 0)
            return complain("%s: its manifest has options that no run has", show(v->path)), false;
        words[count++] = (char *)(uintptr_t)v->bundle->options[i];
    }
    if (!parse_arguments(&recorded, count, words, then, &help) || help) return false;
    then->rules_given = given_of(v->bundle, RULES_NAME);
    then->site_given = given_of(v->bundle, SITE_NAME);
    if (!then->rules_given.bytes) return complain("%s: no " RULES_NAME " in it; expected the rules it was judged by", show(v->path)), false;
    then->rules = RULES_NAME;
    then->site = then->site_given.bytes ? SITE_NAME : NULL;
    then->hash = true;
    then->quiet = now->quiet;
    then->threads = now->threads;
    return true;
}

static bool judge_again(struct verification *v, struct session *s, const struct arguments *then, uint64_t outside_time, struct check *check)
{
    struct contents made;
    const struct pp_report *report = session_judge(s);
    if (!report) return false;
    bool ok = contents_make(s, report, outside_time, v->bundle->from_captures, then, &made);
    if (ok) compare_contents(v, &made, check);
    contents_finish(&made);
    if (ok && check->answer == DIFFERS && s->failed) /* and it was said why */
        ok = (complain("%s: not compared: not all could be read again", show(v->path)), false);
    return ok;
}

static bool check_evidence(struct verification *v, struct arguments *then)
{
    struct check *check = begin_check(v, "evidence");
    const struct pp_bundle_file *evidence = pp_bundle_find(v->bundle, EVIDENCE_NAME);
    struct session s;
    if (!evidence) return complain("%s: no " EVIDENCE_NAME " in it", show(v->path)), false;
    if (!session_open(&s, then)) return false;
    bool ok = take_evidence(&s, EVIDENCE_NAME, evidence->bytes, evidence->size) && judge_again(v, &s, then, v->bundle->outside_time, check);
    session_close(&s);
    return ok;
}

/* --- the captures ------------------------------------------------------------------------------------------------------------ */

struct candidate {
    char sha256[DIGEST_HEX_SIZE];
    bool known; /* as one of the bundle's captures */
};

static struct candidate *hash_all(const struct arguments *a)
{
    struct candidate *all = calloc((size_t)a->operand_count, sizeof *all);
    for (int i = 1; all && i < a->operand_count; i++) {
        if (hash_file(a->operands[i], all[i].sha256)) continue;
        free(all);
        return NULL;
    }
    if (!all) complain("verify: out of memory");
    return all;
}

/* Which file each capture of the evidence is; the check says what is missing, and what is none of them. */
static void match_captures(const struct pp_evidence *evidence, const struct arguments *a, struct candidate *all, char **paths,
                           struct check *check)
{
    for (uint32_t i = 0; i < evidence->capture_count; i++) {
        const struct pp_capture_info *capture = &evidence->captures[i];
        for (int k = 1; k < a->operand_count; k++) {
            if (strcmp(capture->sha256, all[k].sha256) != 0) continue;
            paths[i] = a->operands[k];
            all[k].known = true;
        }
        if (paths[i]) continue;
        check->answer = NOT_DONE;
        add_name(&check->words, capture->name);
        text_add(&check->words, *capture->sha256 ? " is not among the files" : " has no SHA-256 to know it by");
    }
    for (int k = 1; k < a->operand_count; k++) {
        if (all[k].known) continue;
        check->answer = DIFFERS;
        add_name(&check->words, a->operands[k]);
        text_add(&check->words, " is none of the captures");
    }
    if (check->answer == SAME)
        text_printf(&check->words, "%u of %u found, by their SHA-256", evidence->capture_count, evidence->capture_count);
}

/* Under the names of then, in the order of then. */
static bool read_again(struct verification *v, const struct pp_evidence *evidence, struct arguments *then, char **paths)
{
    struct check *check = begin_check(v, "read again");
    const char **names = calloc(evidence->capture_count + 1u, sizeof *names);
    struct session s;
    if (!names) return complain("verify: out of memory"), false;
    for (uint32_t i = 0; i < evidence->capture_count; i++) names[i] = evidence->captures[i].name;
    then->names = names;
    then->operands = paths;
    then->operand_count = (int)evidence->capture_count;
    bool ok = session_open(&s, then);
    if (ok) {
        ok = session_read(&s, then) && judge_again(v, &s, then, pp_audit_outside_time(s.audit), check);
        session_close(&s);
    }
    free(names);
    return ok;
}

static bool match_and_read(struct verification *v, const struct pp_evidence *evidence, struct arguments *then, const struct arguments *a,
                           struct check *check)
{
    char **paths = calloc(evidence->capture_count + 1u, sizeof *paths);
    struct candidate *all = paths ? hash_all(a) : NULL;
    bool ok = all != NULL;
    if (ok) match_captures(evidence, a, all, paths, check);
    if (ok && check->answer == SAME) ok = read_again(v, evidence, then, paths);
    free(all);
    free(paths);
    return ok;
}

/* The evidence has their names and digests; by now it is known that the manifest has the same. */
static bool check_captures(struct verification *v, struct arguments *then, const struct arguments *a)
{
    struct check *check = begin_check(v, "captures");
    const struct pp_bundle_file *file = pp_bundle_find(v->bundle, EVIDENCE_NAME);
    struct pp_evidence evidence;
    struct pp_error error;
    if (a->operand_count == 1 || !v->bundle->from_captures) {
        check->answer = NOT_DONE;
        text_add(&check->words, v->bundle->from_captures ? "not named, so not read again" : "it was made from evidence, not from captures");
        return true;
    }
    if (!pp_evidence_read((const uint8_t *)file->bytes, file->size, NULL, 0, &evidence, &error))
        return complain(EVIDENCE_NAME ": %s", error.text), false;
    bool ok = match_and_read(v, &evidence, then, a, check);
    pp_evidence_finish(&evidence);
    return ok;
}

/* --- the whole --------------------------------------------------------------------------------------------------------------- */

static bool is_same(const struct verification *v)
{
    for (size_t i = 0; i < v->count; i++)
        if (v->checks[i].answer == DIFFERS) return false;
    return true;
}

static void verify_text(struct text *out, const struct verification *v)
{
    const char *slash = strrchr(v->path, '/');
    text_add_escaped(out, slash ? slash + 1 : v->path, strlen(slash ? slash + 1 : v->path));
    text_add(out, ": portproof ");
    text_add_escaped(out, v->bundle->tool_version, strlen(v->bundle->tool_version));
    text_add(out, " found ");
    text_add_escaped(out, v->bundle->verdict, strlen(v->bundle->verdict));
    text_printf(out, " in %zu capture%s\n", v->bundle->capture_count, v->bundle->capture_count == 1 ? "" : "s");
    for (size_t i = 0; i < v->count; i++)
        text_printf(out, "  %-9s %-11s %s\n", answers[v->checks[i].answer], v->checks[i].what, v->checks[i].words.bytes);
    if (is_same(v))
        text_add(out, v->checks[v->count - 1].answer == NOT_DONE ? "THE SAME BYTES, as far as the evidence goes\n" : "THE SAME BYTES\n");
    else if (strcmp(v->bundle->tool_version, PORTPROOF_VERSION) != 0)
        text_add(out,
                 "NOT THE SAME BYTES; another version of portproof made them, and this one, " PORTPROOF_VERSION ", may say it otherwise\n");
    else
        text_add(out, "NOT THE SAME BYTES\n");
}

static void verify_json(struct text *out, const struct verification *v)
{
    json_t *checks = json_array();
    for (size_t i = 0; i < v->count; i++)
        json_array_append_new(checks, json_pack("{s:s, s:s, s:s}", "check", v->checks[i].what, "answer",
                                                v->checks[i].answer == NOT_DONE ? "not-done" : answers[v->checks[i].answer], "words",
                                                v->checks[i].words.bytes));
    json_t *o = json_pack("{s:s, s:b, s:s, s:s, s:s, s:o}", "schema", "portproof/verify/1", "same", is_same(v), "verdict",
                          v->bundle->verdict, "made_by", v->bundle->tool_version, "verified_by", PORTPROOF_VERSION, "checks", checks);
    char *bytes = o ? json_dumps(o, JSON_INDENT(2)) : NULL;
    text_add(out, bytes ? bytes : "");
    text_add(out, "\n");
    free(bytes);
    json_decref(o);
}

static int write_verification(const struct verification *v, const struct arguments *a, bool json)
{
    struct text out;
    text_init(&out);
    if (json)
        verify_json(&out, v);
    else
        verify_text(&out, v);
    bool ok = !out.failed && write_out(a, out.bytes, out.length);
    text_finish(&out);
    return !ok ? EXIT_INPUT : is_same(v) ? EXIT_OK : 1;
}

static struct pp_bundle *load_bundle(const char *path)
{
    struct pp_error error;
    size_t size;
    char *bytes = read_bytes(path, &size);
    struct pp_bundle *bundle = bytes ? pp_bundle_read(bytes, size, &error) : NULL;
    if (bytes && !bundle) complain("%s: %s", show(path), error.text);
    free(bytes);
    return bundle;
}

int run_verify(struct arguments *a)
{
    const char *format = a->format ? a->format : "text";
    struct arguments then;
    int status = EXIT_INPUT;
    if (strcmp(format, "text") != 0 && strcmp(format, "json") != 0)
        return complain("--format %s: expected text or json", show(format)), EXIT_INPUT;
    if (!a->operand_count) return complain("verify: no bundle named; see portproof verify -h"), EXIT_INPUT;
    struct verification v = {.path = a->operands[0], .bundle = load_bundle(a->operands[0])};
    if (!v.bundle) return EXIT_INPUT;
    check_files(&v);
    if (arguments_of_then(&v, a, &then) && check_evidence(&v, &then) && check_captures(&v, &then, a))
        status = write_verification(&v, a, strcmp(format, "json") == 0);
    for (size_t i = 0; i < v.count; i++) text_finish(&v.checks[i].words);
    pp_bundle_destroy(v.bundle);
    return status;
}
