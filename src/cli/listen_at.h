/* Where --listen listens: the address read, the socket opened, the token read. All of it before privileges are dropped. */
#ifndef CLI_LISTEN_AT_H
#define CLI_LISTEN_AT_H

#include "cli.h"
#include "http_rules.h"

enum { LISTEN_URL_MAX = 128 };

struct listen_at {
    int socket; /* listens, does not block, is not inherited; -1: none */
    struct http_rules rules;
    char token[HTTP_TOKEN_MAX + 1];
    char url[LISTEN_URL_MAX]; /* with the port that the system chose */
};

/** false: a message was printed, and nothing is open. */
bool listen_at_open(struct listen_at *at, const struct arguments *arguments);
void listen_at_close(struct listen_at *at);

/** "127.0.0.1:8080", "[::1]:8080", "localhost:8080", ":8080", "8080". false: none of these. */
bool listen_at_parse(const char *text, struct pp_address *address, uint16_t *port);

#endif
