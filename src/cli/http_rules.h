/* What a request must be to be answered; everything else is refused, with a reason. No I/O: the server (http.h) asks.
 *
 * Who listens on loopback is in reach of every page a browser on that machine shows. So a request must name us as its host (a name that
 * an attacker points at 127.0.0.1 is not ours: DNS rebinding), and none that a browser made for another site is answered. */
#ifndef CLI_HTTP_RULES_H
#define CLI_HTTP_RULES_H

#include <stdbool.h>
#include <stddef.h>

#include "portproof/base.h"

enum {
    HTTP_PATH_MAX = 256,
    HTTP_HEAD_MAX = 8192,  /* bytes of a request up to the empty line */
    HTTP_TOKEN_LEAST = 16, /* characters; guessing is then hopeless */
    HTTP_TOKEN_MAX = 512,
};

struct http_rules {
    struct pp_address address; /* where we listen */
    const char *name;          /* a host name of ours; NULL: none but localhost */
    const char *token;         /* that every request must have; NULL: none */
};

/** A request as it was sent. Strings that were not sent are NULL. */
struct http_request {
    const char *method, *target; /* target: not unescaped, with its query */
    size_t head_bytes;
    bool has_body;
    const char *host;
    unsigned hosts; /* how many times it was sent */
    const char *origin, *fetch_site;
    const char *token;          /* of "Bearer", or the password of "Basic" */
    struct pp_address answered; /* our address that the connection was made to; family 0: not known */
};

struct http_refusal {
    unsigned status; /* 0: it is not refused */
    const char *why; /* static, one line */
};

struct http_refusal http_check(const struct http_rules *rules, const struct http_request *request);

/** Whether the file's first line (`size` bytes) can be a token; NULL, or what is wrong: what was found; what was expected. */
const char *http_token_wrong(const char *line, size_t size);
/** Whether `name` can be a host name. */
bool http_is_name(const char *name);

#endif
