#include <string.h>

#include "contents.h"
#include "digest.h"

struct hashing {
    struct output *out;
    struct digest digest;
};

static bool write_hashing(void *context, const char *bytes, size_t size)
{
    struct hashing *hashing = context;
    digest_add(&hashing->digest, bytes, size);
    return output_write(hashing->out, bytes, size);
}

bool write_bundle(struct session *s, const struct pp_report *report, bool from_captures, const struct arguments *a)
{
    struct contents contents;
    struct hashing hashing = {.out = NULL};
    struct pp_error error;
    char sha256[DIGEST_HEX_SIZE];
    if (!a->bundle) return true;
    bool ok = contents_make(s, report, from_captures ? pp_audit_outside_time(s->audit) : 0, from_captures, a, &contents) &&
              (hashing.out = output_open(a->bundle)) != NULL;
    if (hashing.out) {
        digest_init(&hashing.digest);
        ok = pp_bundle_write(&contents.bundle, &(struct pp_sink){write_hashing, &hashing}, &error);
        if (!ok) complain("%s: %s", show(a->bundle), error.text);
        ok = output_close(hashing.out, ok) && ok;
        digest_hex(&hashing.digest, sha256);
        if (ok && !a->quiet)
            complain("%s: %zu files and a manifest; to sign: sha256 %s", show(a->bundle), contents.bundle.file_count, sha256);
    }
    contents_finish(&contents);
    return ok;
}
