#include "sarif_parts.h"

#include <string.h>

#include "digest.h"

static const char SCHEMA[] = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";
static const char BUILTIN_RULES[] = "rules/tarantella.yaml";

void sarif_begin(struct json_writer *w, struct text *out)
{
    json_writer_init(w, out);
    begin_object(w, NULL);
    put_string(w, "$schema", SCHEMA);
    put_string(w, "version", "2.1.0");
    begin_list(w, "runs");
    begin_object(w, NULL);
}

void sarif_end(struct json_writer *w)
{
    end_object(w);
    end_list(w);
    end_object(w);
    text_add(w->out, "\n");
}

/* An object with one text; brackets would be links (SARIF 3.11.6). */
void sarif_message(struct json_writer *w, const char *key, const char *words)
{
    struct text text;
    text_init(&text);
    for (; *words; words++) {
        if (strchr("[]\\", *words)) text_add(&text, "\\");
        text_add_bytes(&text, words, 1);
    }
    begin_object(w, key);
    put_string(w, "text", text.bytes ? text.bytes : "");
    end_object(w);
    w->out->failed |= text.failed;
    text_finish(&text);
}

/* A row's id in the form that SARIF 3.49.7 has examples of: tta-ldap as TtaLdap. */
static void put_name(struct json_writer *w, const char *id)
{
    struct text name;
    bool starts = true;
    text_init(&name);
    for (; *id; starts = !((*id >= 'a' && *id <= 'z') || (*id >= 'A' && *id <= 'Z') || (*id >= '0' && *id <= '9')), id++) {
        char c = starts && *id >= 'a' && *id <= 'z' ? (char)(*id - 'a' + 'A') : *id;
        if (c != '-' && c != '_' && c != '.') text_add_bytes(&name, &c, 1);
    }
    if (name.length) put_string(w, "name", name.bytes);
    w->out->failed |= name.failed;
    text_finish(&name);
}

void sarif_rule(struct json_writer *w, const char *id, const char *brief, const char *full, const char *help)
{
    begin_object(w, NULL);
    put_string(w, "id", id);
    put_name(w, id);
    sarif_message(w, "shortDescription", brief ? brief : "");
    sarif_message(w, "fullDescription", full ? full : "");
    sarif_message(w, "help", help ? help : "");
}

/* A path as a URI reference (RFC 3986): what is not plain is percent-encoded, a colon too, which would make a scheme of what is before. */
static void put_uri(struct json_writer *w, const char *path)
{
    struct text uri;
    text_init(&uri);
    for (const unsigned char *c = (const unsigned char *)path; *c; c++) {
        bool plain = (*c >= 'a' && *c <= 'z') || (*c >= 'A' && *c <= 'Z') || (*c >= '0' && *c <= '9') || strchr("-._~/", *c);
        if (plain)
            text_printf(&uri, "%c", *c);
        else
            text_printf(&uri, "%%%02X", *c);
    }
    put_string(w, "uri", uri.bytes ? uri.bytes : "");
    w->out->failed |= uri.failed;
    text_finish(&uri);
}

void sarif_place(struct json_writer *w, const char *rules_path, uint32_t line)
{
    begin_object(w, "physicalLocation");
    begin_object(w, "artifactLocation");
    put_uri(w, rules_path ? rules_path : BUILTIN_RULES);
    end_object(w);
    begin_object(w, "region");
    put_count(w, "startLine", line);
    end_object(w);
    end_object(w);
}

void digest_add_string(struct digest *digest, const char *part) { digest_add(digest, part, strlen(part) + 1); }
