/* libmicrohttpd reads and writes; here stands what it is not to do.
 *
 * Its time limit is of silence: a client that sends a byte a second keeps its connection for ever. So every connection has a visit (who,
 * since when, asking or answered), and http_turn shuts down the sockets of those that take too long, whereupon the library ends them.
 * The library says that a connection is over before it closes the socket, so under the lock a socket is never another's. */
#define _GNU_SOURCE
#include "http.h"

#include <microhttpd.h>
#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>

#include "address.h"
#include "clock.h"

enum { MEMORY_OF_ONE = 16 * 1024 /* a request's head and an answer's; a larger head is refused by the library itself */ };

struct visit {
    bool there, answering;
    int socket;
    unsigned requests;
    uint64_t since_ns; /* of asking, or of answering */
};

struct http {
    struct MHD_Daemon *daemon;
    const struct http_rules *rules;
    struct shelf *shelf;
    pthread_mutex_t lock; /* of the visits */
    struct visit visits[HTTP_CONNECTIONS_MAX];
};

/* --- visits ------------------------------------------------------------------------------------------------------------------ */

static void begin_visit(struct http *http, struct MHD_Connection *connection, void **context)
{
    const union MHD_ConnectionInfo *info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
    pthread_mutex_lock(&http->lock);
    for (unsigned i = 0; info && !*context && i < HTTP_CONNECTIONS_MAX; i++) {
        if (http->visits[i].there) continue;
        http->visits[i] = (struct visit){.there = true, .socket = info->connect_fd, .since_ns = steady_ns()};
        *context = &http->visits[i];
    }
    pthread_mutex_unlock(&http->lock);
}

static void on_connection(void *self, struct MHD_Connection *connection, void **context, enum MHD_ConnectionNotificationCode code)
{
    struct http *http = self;
    struct visit *visit = *context;
    if (code == MHD_CONNECTION_NOTIFY_STARTED) {
        *context = NULL;
        begin_visit(http, connection, context);
    } else if (visit) {
        pthread_mutex_lock(&http->lock);
        visit->there = false;
        pthread_mutex_unlock(&http->lock);
        *context = NULL;
    }
}

static struct visit *visit_of(struct MHD_Connection *connection)
{
    const union MHD_ConnectionInfo *info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
    return info ? info->socket_context : NULL;
}

static void turn_visit(struct http *http, struct visit *visit, bool answering)
{
    pthread_mutex_lock(&http->lock);
    visit->answering = answering;
    visit->since_ns = steady_ns();
    visit->requests += answering;
    pthread_mutex_unlock(&http->lock);
}

static void on_completed(void *self, struct MHD_Connection *connection, void **target, enum MHD_RequestTerminationCode code)
{
    struct visit *visit = visit_of(connection);
    (void)code;
    free(*target);
    *target = NULL;
    if (visit) turn_visit(self, visit, false);
}

void http_turn(struct http *http)
{
    uint64_t now = steady_ns();
    pthread_mutex_lock(&http->lock);
    for (unsigned i = 0; i < HTTP_CONNECTIONS_MAX; i++) {
        const struct visit *visit = &http->visits[i];
        uint64_t most = (uint64_t)(visit->answering ? HTTP_ANSWERING_S : HTTP_ASKING_S) * NS_PER_S;
        if (visit->there && now > visit->since_ns && now - visit->since_ns > most) shutdown(visit->socket, SHUT_RDWR);
    }
    pthread_mutex_unlock(&http->lock);
}

/* --- what was asked ------------------------------------------------------------------------------------------------------------ */

static enum MHD_Result on_header(void *into, enum MHD_ValueKind kind, const char *name, const char *value)
{
    struct http_request *request = into;
    (void)kind;
    if (!value) value = "";
    if (strcasecmp(name, MHD_HTTP_HEADER_HOST) == 0) request->host = value, request->hosts++;
    if (strcasecmp(name, MHD_HTTP_HEADER_ORIGIN) == 0) request->origin = value;
    if (strcasecmp(name, "Sec-Fetch-Site") == 0) request->fetch_site = value;
    if (strcasecmp(name, MHD_HTTP_HEADER_TRANSFER_ENCODING) == 0) request->has_body = true;
    if (strcasecmp(name, MHD_HTTP_HEADER_CONTENT_LENGTH) == 0 && strcmp(value, "0") != 0) request->has_body = true;
    if (strcasecmp(name, MHD_HTTP_HEADER_AUTHORIZATION) == 0 && strncasecmp(value, "Bearer ", 7) == 0) request->token = value + 7;
    return MHD_YES;
}

static struct pp_address own_address(int socket)
{
    union {
        struct sockaddr any;
        struct sockaddr_in ipv4;
        struct sockaddr_in6 ipv6;
    } at = {0};
    socklen_t size = sizeof at;
    struct pp_address address = {0};
    if (getsockname(socket, &at.any, &size) != 0) return address;
    address.family = at.any.sa_family == AF_INET ? PP_IPV4 : PP_IPV6;
    if (address.family == PP_IPV4)
        memcpy(address.bytes, &at.ipv4.sin_addr, sizeof at.ipv4.sin_addr);
    else
        memcpy(address.bytes, &at.ipv6.sin6_addr, sizeof at.ipv6.sin6_addr);
    return address;
}

static struct http_refusal check(struct http *http, struct MHD_Connection *connection, const struct visit *visit, const char *method,
                                 const char *target)
{
    struct http_request request = {.method = method, .target = target, .answered = own_address(visit->socket)};
    char *password = NULL;
    MHD_get_connection_values(connection, MHD_HEADER_KIND, on_header, &request);
    const union MHD_ConnectionInfo *head = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_REQUEST_HEADER_SIZE);
    if (head) request.head_bytes = head->header_size;
    char *user = http->rules->token && !request.token ? MHD_basic_auth_get_username_password(connection, &password) : NULL;
    if (password) request.token = password;
    struct http_refusal refusal = http_check(http->rules, &request);
    MHD_free(user);
    MHD_free(password);
    return refusal;
}

/* --- the answer ---------------------------------------------------------------------------------------------------------------- */

/* Queues it and lets it go. */
static enum MHD_Result answer(struct MHD_Connection *connection, const struct visit *visit, unsigned status, struct MHD_Response *response,
                              const char *type, const char *policy)
{
    static const char *const always[][2] = {
        {"Cache-Control", "no-store"},      {"Cross-Origin-Resource-Policy", "same-origin"}, {"Cross-Origin-Opener-Policy", "same-origin"},
        {"Referrer-Policy", "no-referrer"}, {"X-Content-Type-Options", "nosniff"},           {"X-Frame-Options", "DENY"},
    };
    if (!response) return MHD_NO;
    bool good = MHD_add_response_header(response, "Content-Type", type) == MHD_YES;
    good &= MHD_add_response_header(response, "Content-Security-Policy", policy ? policy : "default-src 'none'; frame-ancestors 'none'") ==
            MHD_YES;
    for (size_t i = 0; i < sizeof always / sizeof *always; i++)
        good &= MHD_add_response_header(response, always[i][0], always[i][1]) == MHD_YES;
    if (visit->requests >= HTTP_REQUESTS_MAX) good &= MHD_add_response_header(response, "Connection", "close") == MHD_YES;
    if (status == MHD_HTTP_METHOD_NOT_ALLOWED) good &= MHD_add_response_header(response, "Allow", "GET, HEAD") == MHD_YES;
    if (status == MHD_HTTP_SERVICE_UNAVAILABLE) good &= MHD_add_response_header(response, "Retry-After", "2") == MHD_YES;
    if (status == MHD_HTTP_UNAUTHORIZED)
        good &= MHD_add_response_header(response, "WWW-Authenticate", "Basic realm=\"portproof\", charset=\"UTF-8\"") == MHD_YES &&
                MHD_add_response_header(response, "WWW-Authenticate", "Bearer realm=\"portproof\"") == MHD_YES;
    enum MHD_Result result = good ? MHD_queue_response(connection, status, response) : MHD_NO;
    MHD_destroy_response(response);
    return result;
}

static enum MHD_Result answer_line(struct MHD_Connection *connection, const struct visit *visit, unsigned status, const char *line)
{
    char text[256];
    int length = snprintf(text, sizeof text, "%s\n", line);
    struct MHD_Response *response = MHD_create_response_from_buffer((size_t)length, text, MHD_RESPMEM_MUST_COPY);
    return answer(connection, visit, status, response, "text/plain; charset=utf-8", NULL);
}

static enum MHD_Result answer_health(struct http *http, struct MHD_Connection *connection, const struct visit *visit)
{
    char line[96];
    uint64_t age = shelf_age(http->shelf);
    if (age == UINT64_MAX) return answer_line(connection, visit, MHD_HTTP_SERVICE_UNAVAILABLE, "starting: nothing was judged yet");
    if (age <= http->shelf->stale_ns) return answer_line(connection, visit, MHD_HTTP_OK, "ok");
    snprintf(line, sizeof line, "stale: judged %llu s ago", (unsigned long long)(age / NS_PER_S));
    return answer_line(connection, visit, MHD_HTTP_SERVICE_UNAVAILABLE, line);
}

static enum MHD_Result answer_document(struct http *http, struct MHD_Connection *connection, const struct visit *visit, const char *path)
{
    struct document *document = NULL;
    if (strcmp(path, "/healthz") == 0) return answer_health(http, connection, visit);
    switch (shelf_take(http->shelf, path, &document)) {
    case SHELF_TAKEN: break;
    case SHELF_NOT_YET: return answer_line(connection, visit, MHD_HTTP_SERVICE_UNAVAILABLE, "starting: nothing was judged yet");
    case SHELF_NO_SUCH_PATH:
        return answer_line(connection, visit, MHD_HTTP_NOT_FOUND,
                           "no such document; expected /, /status.json, /metrics, /report.json, /report.html or /healthz");
    }
    struct MHD_Response *response =
        MHD_create_response_from_buffer_with_free_callback_cls(document->size, document->bytes, document_give_back, document);
    if (!response) document_give_back(document);
    return answer(connection, visit, MHD_HTTP_OK, response, document->type, document->policy);
}

/* The target as it was sent, for the request's handler. */
static void *on_target(void *self, const char *target, struct MHD_Connection *connection)
{
    (void)self;
    (void)connection;
    return strdup(target);
}

/* Called when the head is there, and again when so is the whole request; one that is refused is answered at once, which ends the
 * connection behind the answer. */
static enum MHD_Result on_request(void *self, struct MHD_Connection *connection, const char *path, const char *method, const char *version,
                                  const char *upload, size_t *upload_size, void **target)
{
    struct http *http = self;
    struct visit *visit = visit_of(connection);
    (void)version;
    (void)upload;
    if (!visit || !*target || *upload_size) return MHD_NO;
    if (!visit->answering) {
        turn_visit(http, visit, true);
        struct http_refusal refusal = check(http, connection, visit, method, *target);
        return refusal.status ? answer_line(connection, visit, refusal.status, refusal.why) : MHD_YES;
    }
    return answer_document(http, connection, visit, path);
}

/* Paths are compared as they were sent. */
static size_t leave_as_is(void *self, struct MHD_Connection *connection, char *string)
{
    (void)self;
    (void)connection;
    return strlen(string);
}

/* --- its thread ----------------------------------------------------------------------------------------------------------------- */

/* Signals are for the thread that listens to packets. */
static struct MHD_Daemon *start_daemon(struct http *http, int socket)
{
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    struct MHD_Daemon *daemon = MHD_start_daemon(
        MHD_USE_POLL_INTERNAL_THREAD | MHD_USE_ITC, 0, NULL, NULL, on_request, http, MHD_OPTION_LISTEN_SOCKET, socket,
        MHD_OPTION_CONNECTION_LIMIT, (unsigned)HTTP_CONNECTIONS_MAX, MHD_OPTION_PER_IP_CONNECTION_LIMIT,
        (unsigned)HTTP_CONNECTIONS_OF_ONE_MAX, MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)HTTP_ASKING_S, MHD_OPTION_CONNECTION_MEMORY_LIMIT,
        (size_t)MEMORY_OF_ONE, MHD_OPTION_STRICT_FOR_CLIENT, 1, MHD_OPTION_UNESCAPE_CALLBACK, leave_as_is, NULL,
        MHD_OPTION_URI_LOG_CALLBACK, on_target, NULL, MHD_OPTION_NOTIFY_CONNECTION, on_connection, http, MHD_OPTION_NOTIFY_COMPLETED,
        on_completed, http, MHD_OPTION_END);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return daemon;
}

struct http *http_start(int socket, const struct http_rules *rules, struct shelf *shelf)
{
    struct http *http = calloc(1, sizeof *http);
    if (!http) return NULL;
    http->rules = rules;
    http->shelf = shelf;
    pthread_mutex_init(&http->lock, NULL);
    http->daemon = start_daemon(http, socket);
    if (http->daemon) return http;
    http_stop(http);
    return NULL;
}

void http_stop(struct http *http)
{
    if (!http) return;
    if (http->daemon) MHD_stop_daemon(http->daemon);
    pthread_mutex_destroy(&http->lock);
    free(http);
}
