/* The server behind --listen: hands out finished documents, on a thread of its own, and nothing else. Everything is bounded: how many
 * connections, how large a request, how long it may take. */
#ifndef CLI_HTTP_H
#define CLI_HTTP_H

#include "http_rules.h"
#include "shelf.h"

enum {
    HTTP_CONNECTIONS_MAX = 32,
    HTTP_CONNECTIONS_OF_ONE_MAX = 8, /* of one address */
    HTTP_REQUESTS_MAX = 100,         /* of one connection; then it ends */
    HTTP_ASKING_S = 10,              /* from a connection's begin, or the answer before, to the end of a request's head */
    HTTP_ANSWERING_S = 30,           /* until the whole answer is taken */
};

struct http;

/** Serve what is on the shelf to who connects to the listening socket, which is the server's from here on. `rules` and `shelf` are
 * borrowed. NULL: it cannot be had (and the socket stays the caller's). */
struct http *http_start(int socket, const struct http_rules *rules, struct shelf *shelf);
/** End the connections that take too long; to be called a few times a second, by any thread. */
void http_turn(struct http *http);
void http_stop(struct http *http); /* takes NULL */

#endif
