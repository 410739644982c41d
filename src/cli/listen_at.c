#define _GNU_SOURCE
#include "listen_at.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "address.h"

enum { WAITING_MAX = 16 /* connections that the system keeps until they are taken */ };

/* --- the address ------------------------------------------------------------------------------------------------------------- */

static bool parse_port(const char *text, uint16_t *port)
{
    size_t digits = strspn(text, "0123456789");
    unsigned long n = digits && digits <= 5 && !text[digits] ? strtoul(text, NULL, 10) : UINT16_MAX + 1UL;
    *port = (uint16_t)n;
    return n <= UINT16_MAX;
}

bool listen_at_parse(const char *text, struct pp_address *address, uint16_t *port)
{
    char host[ADDRESS_TEXT_MAX] = "127.0.0.1";
    bool bracket = *text == '[';
    const char *end = strchr(text, bracket ? ']' : ':');
    if (!end) return !bracket && parse_port(text, port) && address_parse(host, address);
    size_t length = (size_t)(end - text) - bracket;
    if (length >= sizeof host || (bracket && (!length || *++end != ':'))) return false;
    if (length && (bracket || strncmp(text, "localhost:", sizeof "localhost:" - 1) != 0)) {
        memcpy(host, text + bracket, length);
        host[length] = '\0';
    }
    return parse_port(end + 1, port) && address_parse(host, address) && (bracket == (address->family == PP_IPV6));
}

/* --- the token ---------------------------------------------------------------------------------------------------------------- */

static bool read_token(const char *path, char token[HTTP_TOKEN_MAX + 1])
{
    enum { OTHERS = S_IRWXG | S_IRWXO };
    char line[HTTP_TOKEN_MAX + 2]; /* one more than can be good */
    struct stat info;
    int file = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    if (file < 0) return complain("--listen-token-file %s: cannot open: %s", show(path), strerror(errno)), false;
    bool regular = fstat(file, &info) == 0 && S_ISREG(info.st_mode);
    ssize_t got = regular ? read(file, line, sizeof line) : 0;
    close(file);
    if (!regular)
        return complain("--listen-token-file %s: not a regular file; expected one with a token in its first line", show(path)), false;
    if (info.st_mode & OTHERS)
        return complain("--listen-token-file %s: others have rights to it (mode %04o); expected none (mode 0600 or 0400)", show(path),
                        (unsigned)info.st_mode & 07777),
               false;
    if (got < 0) return complain("--listen-token-file %s: cannot read: %s", show(path), strerror(errno)), false;
    size_t size = 0;
    while (size < (size_t)got && line[size] != '\n' && line[size] != '\r') size++;
    const char *wrong = http_token_wrong(line, size);
    if (wrong) return complain("--listen-token-file %s: %s", show(path), wrong), false;
    memcpy(token, line, size);
    token[size] = '\0';
    return true;
}

/* --- the socket --------------------------------------------------------------------------------------------------------------- */

union socket_address {
    struct sockaddr any;
    struct sockaddr_in ipv4;
    struct sockaddr_in6 ipv6;
};

static socklen_t to_socket_address(const struct pp_address *address, uint16_t port, union socket_address *out)
{
    *out = (union socket_address){0};
    if (address->family == PP_IPV4) {
        out->ipv4 = (struct sockaddr_in){.sin_family = AF_INET, .sin_port = htons(port)};
        memcpy(&out->ipv4.sin_addr, address->bytes, sizeof out->ipv4.sin_addr);
        return sizeof out->ipv4;
    }
    out->ipv6 = (struct sockaddr_in6){.sin6_family = AF_INET6, .sin6_port = htons(port)};
    memcpy(&out->ipv6.sin6_addr, address->bytes, sizeof out->ipv6.sin6_addr);
    return sizeof out->ipv6;
}

static int open_socket(const struct pp_address *address, uint16_t *port)
{
    union socket_address at;
    socklen_t size = to_socket_address(address, *port, &at);
    int yes = 1, listening = socket(at.any.sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    bool good = listening >= 0 && setsockopt(listening, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes) == 0 &&
                (address->family == PP_IPV4 || setsockopt(listening, IPPROTO_IPV6, IPV6_V6ONLY, &yes, sizeof yes) == 0) &&
                bind(listening, &at.any, size) == 0 && listen(listening, WAITING_MAX) == 0 && getsockname(listening, &at.any, &size) == 0;
    int why = errno;
    if (!good && listening >= 0) close(listening);
    *port = ntohs(address->family == PP_IPV4 ? at.ipv4.sin_port : at.ipv6.sin6_port);
    errno = why;
    return good ? listening : -1;
}

/* --- all of it ---------------------------------------------------------------------------------------------------------------- */

static bool read_options(struct listen_at *at, const struct arguments *a, uint16_t *port)
{
    if (!listen_at_parse(a->listen, &at->rules.address, port))
        return complain("--listen %s: expected an address and a port such as 127.0.0.1:8080, [::1]:8080 or 8080", show(a->listen)), false;
    if (!address_is_loopback(&at->rules.address) && !a->listen_token_file)
        return complain("--listen %s: not a loopback address; expected --listen-token-file FILE with it", show(a->listen)), false;
    if (a->listen_name && !http_is_name(a->listen_name))
        return complain("--listen-name %s: expected a host name", show(a->listen_name)), false;
    at->rules.name = a->listen_name;
    if (!a->listen_token_file) return true;
    at->rules.token = at->token;
    return read_token(a->listen_token_file, at->token);
}

bool listen_at_open(struct listen_at *at, const struct arguments *a)
{
    char address[ADDRESS_TEXT_MAX];
    uint16_t port;
    *at = (struct listen_at){.socket = -1};
    if (!read_options(at, a, &port)) return false;
    at->socket = open_socket(&at->rules.address, &port);
    if (at->socket < 0) return complain("--listen %s: cannot listen there: %s", show(a->listen), strerror(errno)), false;
    bool ipv6 = at->rules.address.family == PP_IPV6;
    snprintf(at->url, sizeof at->url, "http://%s%s%s:%u/", ipv6 ? "[" : "", address_text(&at->rules.address, address), ipv6 ? "]" : "",
             port);
    return true;
}

void listen_at_close(struct listen_at *at)
{
    if (at->socket >= 0) close(at->socket);
    at->socket = -1;
}
