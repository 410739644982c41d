#include "http_rules.h"

#include <string.h>
#include <strings.h>

#include "address.h"

enum { NAME_MAX_BYTES = 253 };

/* --- whose name is it --------------------------------------------------------------------------------------------------------- */

/* "name", "name:80", "[::1]:80" → the name, without brackets. false: it is none of these. */
static bool host_name(const char *host, char name[NAME_MAX_BYTES + 1])
{
    bool bracket = *host == '[';
    size_t length = strcspn(host + bracket, bracket ? "]" : ":");
    const char *rest = host + bracket + length;
    if (!length || length > NAME_MAX_BYTES || (bracket && *rest++ != ']')) return false;
    memcpy(name, host + bracket, length);
    name[length] = '\0';
    if (bracket != (strchr(name, ':') != NULL)) return false;
    if (!*rest) return true;
    size_t digits = strspn(rest + 1, "0123456789"); /* which port does not matter: a tunnel has its own */
    return *rest == ':' && digits >= 1 && digits <= 5 && !rest[1 + digits];
}

static bool is_ours(const struct http_rules *rules, const struct http_request *request, const char *name)
{
    struct pp_address address;
    if (strcasecmp(name, "localhost") == 0 || (rules->name && strcasecmp(name, rules->name) == 0)) return true;
    if (!address_parse(name, &address)) return false;
    return strcmp(name, "127.0.0.1") == 0 || strcmp(name, "::1") == 0 || address_compare(&address, &rules->address) == 0 ||
           (request->answered.family && address_compare(&address, &request->answered) == 0);
}

/* --- the checks, each of one thing ---------------------------------------------------------------------------------------------- */

static bool head_is_large(const struct http_rules *rules, const struct http_request *r)
{
    return (void)rules, r->head_bytes > HTTP_HEAD_MAX;
}
static bool names_no_host(const struct http_rules *rules, const struct http_request *r) { return (void)rules, r->hosts != 1 || !r->host; }

static bool names_another_host(const struct http_rules *rules, const struct http_request *r)
{
    char name[NAME_MAX_BYTES + 1];
    return !host_name(r->host, name) || !is_ours(rules, r, name);
}

static bool comes_from_another_site(const struct http_rules *rules, const struct http_request *r)
{
    static const char scheme[] = "http://";
    (void)rules;
    if (r->fetch_site && strcmp(r->fetch_site, "same-origin") != 0 && strcmp(r->fetch_site, "none") != 0) return true;
    return r->origin && (strncmp(r->origin, scheme, sizeof scheme - 1) != 0 || strcasecmp(r->origin + sizeof scheme - 1, r->host) != 0);
}

/* Takes as long whatever the token is; how long what was given is, its sender knows. */
static bool has_no_token(const struct http_rules *rules, const struct http_request *r)
{
    if (!rules->token) return false;
    if (!r->token) return true;
    size_t size = strlen(rules->token), given = strlen(r->token);
    volatile unsigned char differs = size != given;
    for (size_t i = 0; i < given; i++) differs = differs | (unsigned char)(r->token[i] ^ rules->token[i % size]);
    return differs;
}

static bool is_no_reading(const struct http_rules *rules, const struct http_request *r)
{
    return (void)rules, strcmp(r->method, "GET") != 0 && strcmp(r->method, "HEAD") != 0;
}

static bool has_body(const struct http_rules *rules, const struct http_request *r) { return (void)rules, r->has_body; }
static bool is_long(const struct http_rules *rules, const struct http_request *r) { return (void)rules, strlen(r->target) > HTTP_PATH_MAX; }
static bool has_query(const struct http_rules *rules, const struct http_request *r) { return (void)rules, strchr(r->target, '?') != NULL; }

/* In this order: whoever may not ask learns nothing of what there is. */
static const struct {
    bool (*breaks)(const struct http_rules *rules, const struct http_request *request);
    struct http_refusal refusal;
} checks[] = {
    {head_is_large, {431, "more than 8192 bytes before the empty line; expected a plain request"}},
    {names_no_host, {400, "no Host, or several; expected one"}},
    {names_another_host, {421, "a Host that is not ours; expected localhost, our address, or the name of --listen-name"}},
    {comes_from_another_site, {403, "made for another site; expected a request of this page, or of a program"}},
    {has_no_token, {401, "no token, or a wrong one; expected Authorization: Bearer TOKEN, or the token as the password"}},
    {is_no_reading, {405, "nothing can be done here; expected GET or HEAD"}},
    {has_body, {413, "a request with a body; expected none"}},
    {is_long, {414, "a path of more than 256 bytes; expected one of those on the status page"}},
    {has_query, {400, "a query; expected none"}},
};

struct http_refusal http_check(const struct http_rules *rules, const struct http_request *request)
{
    for (size_t i = 0; i < sizeof checks / sizeof *checks; i++)
        if (checks[i].breaks(rules, request)) return checks[i].refusal;
    return (struct http_refusal){0};
}

/* --- what may be a token, or a name ---------------------------------------------------------------------------------------------- */

const char *http_token_wrong(const char *line, size_t size)
{
    if (size < HTTP_TOKEN_LEAST) return "a first line of fewer than 16 characters; expected a token of 16 to 512";
    if (size > HTTP_TOKEN_MAX) return "a first line of more than 512 characters; expected a token of 16 to 512";
    for (size_t i = 0; i < size; i++)
        if (line[i] <= ' ' || line[i] > '~') return "a token with a blank or a character that is not ASCII; expected neither";
    return NULL;
}

bool http_is_name(const char *name)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-.";
    size_t length = strlen(name);
    return length && length <= NAME_MAX_BYTES && strspn(name, letters) == length;
}
