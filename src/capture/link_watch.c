#define _GNU_SOURCE
#include "link_watch.h"

#include <errno.h>
#include <linux/filter.h>
#include <linux/if_packet.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { MESSAGE_MAX = 32768, LOWER_UP = 1 << 16 /* IFF_LOWER_UP, which <net/if.h> does not have */ };

struct news {
    struct link_watch *watch;
    void (*changed)(void *context, const struct link_state *before);
    void *context;
};

/* --- what a message says ------------------------------------------------------------------------------------------------ */

static void take_statistics(struct link_state *state, const struct rtattr *attribute)
{
    struct rtnl_link_stats64 statistics = {0};
    size_t size = RTA_PAYLOAD(attribute);
    memcpy(&statistics, RTA_DATA(attribute), size < sizeof statistics ? size : sizeof statistics);
    state->counts = true;
    state->missed = statistics.rx_missed_errors + statistics.rx_fifo_errors; /* what libpcap makes ps_ifdrop of */
}

static void take_attribute(struct link_state *state, const struct rtattr *attribute)
{
    if (attribute->rta_type == IFLA_IFNAME)
        snprintf(state->name, sizeof state->name, "%.*s", (int)RTA_PAYLOAD(attribute), (const char *)RTA_DATA(attribute));
    if (attribute->rta_type == IFLA_STATS64) take_statistics(state, attribute);
}

static struct link_state state_of(const struct nlmsghdr *message)
{
    const struct ifinfomsg *link = NLMSG_DATA(message);
    struct link_state state = {
        .index = link->ifi_index,
        .up = link->ifi_flags & IFF_UP,
        .carrier = link->ifi_flags & LOWER_UP,
        .loopback = link->ifi_flags & IFF_LOOPBACK,
    };
    const uint8_t *at = (const uint8_t *)message + NLMSG_SPACE(sizeof *link), *end = (const uint8_t *)message + message->nlmsg_len;
    while (end - at >= (ptrdiff_t)sizeof(struct rtattr)) { /* the system's macros mix signs */
        const struct rtattr *attribute = (const void *)at;
        if (attribute->rta_len < sizeof *attribute || attribute->rta_len > end - at) break;
        take_attribute(&state, attribute);
        at += RTA_ALIGN(attribute->rta_len);
    }
    return state;
}

static void become(const struct news *news, const struct link_state *now)
{
    struct link_state before = news->watch->now, *state = &news->watch->now;
    *state = *now;
    if (!*state->name) memcpy(state->name, before.name, sizeof state->name);
    if (!state->counts && state->index == before.index) { /* a message need not say everything */
        state->counts = before.counts;
        state->missed = before.missed;
    }
    news->changed(news->context, &before);
}

static void become_absent(const struct news *news)
{
    struct link_state gone = {.index = 0};
    memcpy(gone.name, news->watch->now.name, sizeof gone.name);
    become(news, &gone);
}

/* Ours is the interface that had the index; when that is gone, the next one of the name it had, or of the name the user gave. */
static bool is_ours(const struct link_watch *watch, const struct link_state *state)
{
    if (watch->now.index) return state->index == watch->now.index;
    return strcmp(state->name, watch->now.name) == 0 || strcmp(state->name, watch->wanted) == 0;
}

static void read_message(const struct news *news, const struct nlmsghdr *message)
{
    struct link_watch *watch = news->watch;
    if (message->nlmsg_type == NLMSG_ERROR && message->nlmsg_len >= NLMSG_LENGTH(sizeof(struct nlmsgerr))) {
        const struct nlmsgerr *error = NLMSG_DATA(message);
        if (error->error == -ENODEV && watch->now.index) become_absent(news); /* the answer to what was asked */
        return;
    }
    if (message->nlmsg_type != RTM_NEWLINK && message->nlmsg_type != RTM_DELLINK) return;
    const struct ifinfomsg *link = NLMSG_DATA(message);
    if (message->nlmsg_len < NLMSG_LENGTH(sizeof *link) || link->ifi_family != AF_UNSPEC) return; /* not a bridge's word on its port */
    struct link_state state = state_of(message);
    if (!is_ours(watch, &state)) return;
    if (message->nlmsg_type == RTM_NEWLINK)
        become(news, &state);
    else if (watch->now.index)
        become_absent(news);
}

/* --- the socket --------------------------------------------------------------------------------------------------------- */

/* Returns false when there is nothing more to read now. */
static bool read_datagram(const struct news *news)
{
    _Alignas(struct nlmsghdr) char bytes[MESSAGE_MAX];
    ssize_t size = recv(news->watch->fd, bytes, sizeof bytes, MSG_DONTWAIT);
    if (size < 0 && errno == ENOBUFS) { /* news were lost: ask how things stand */
        link_watch_ask(news->watch);
        return true;
    }
    if (size < 0) return errno == EINTR;
    size_t at = 0, end = (size_t)size;
    while (at < end && end - at >= sizeof(struct nlmsghdr)) { /* the last one may end before its padding, which the macros do not see */
        const struct nlmsghdr *message = (const void *)(bytes + at);
        if (message->nlmsg_len < sizeof *message || message->nlmsg_len > end - at) break;
        if (message->nlmsg_seq == news->watch->asked) news->watch->asked = 0;
        read_message(news, message);
        at += NLMSG_ALIGN((size_t)message->nlmsg_len);
    }
    return true;
}

void link_watch_read(struct link_watch *watch, void (*changed)(void *context, const struct link_state *before), void *context)
{
    struct news news = {watch, changed, context};
    while (watch->fd >= 0 && read_datagram(&news)) continue;
}

void link_watch_await(struct link_watch *watch, int timeout_ms, void (*changed)(void *context, const struct link_state *before),
                      void *context)
{
    struct pollfd ready = {.fd = watch->fd, .events = POLLIN};
    if (watch->fd < 0) return;
    while (watch->asked && poll(&ready, 1, timeout_ms) > 0) link_watch_read(watch, changed, context);
}

void link_watch_ask(struct link_watch *watch)
{
    struct {
        struct nlmsghdr header;
        struct ifinfomsg link;
        struct rtattr attribute;
        char name[PP_INTERFACE_NAME_MAX];
    } ask = {.header = {.nlmsg_len = NLMSG_LENGTH(sizeof ask.link), .nlmsg_type = RTM_GETLINK, .nlmsg_flags = NLM_F_REQUEST},
             .link.ifi_index = watch->now.index};
    if (watch->fd < 0) return;
    if (!watch->now.index) { /* by name: the latest one it had */
        ask.attribute = (struct rtattr){.rta_len = (unsigned short)RTA_LENGTH(sizeof ask.name), .rta_type = IFLA_IFNAME};
        memcpy(ask.name, watch->now.name, sizeof ask.name);
        ask.header.nlmsg_len = sizeof ask;
    }
    watch->sequence = watch->sequence == UINT32_MAX ? 1 : watch->sequence + 1; /* 0 is what nobody asked for */
    watch->asked = ask.header.nlmsg_seq = watch->sequence;
    if (send(watch->fd, &ask, ask.header.nlmsg_len, MSG_DONTWAIT) < 0) watch->asked = 0;
}

static void ignore(void *context, const struct link_state *before) { (void)context, (void)before; }

bool link_watch_begin(struct link_watch *watch, const char *name)
{
    enum { ANSWER_MS = 1000 };
    *watch = (struct link_watch){.fd = -1};
    int index = (int)if_nametoindex(name); /* knows alternative names too */
    if (!index) return true;
    watch->fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
    struct sockaddr_nl address = {.nl_family = AF_NETLINK, .nl_groups = RTMGRP_LINK};
    if (watch->fd < 0 || bind(watch->fd, (const struct sockaddr *)&address, sizeof address) != 0) return link_watch_end(watch), false;
    snprintf(watch->wanted, sizeof watch->wanted, "%s", name);
    snprintf(watch->now.name, sizeof watch->now.name, "%s", name);
    watch->now.index = index;
    link_watch_ask(watch);
    link_watch_await(watch, ANSWER_MS, ignore, NULL);
    return true;
}

void link_watch_end(struct link_watch *watch)
{
    int why = errno;
    if (watch->fd >= 0) close(watch->fd);
    watch->fd = -1;
    errno = why;
}

/* --- the packet socket -------------------------------------------------------------------------------------------------- */

/* Of each packet the first `most` bytes. */
static bool take(int fd, uint32_t most)
{
    struct sock_filter all = BPF_STMT(BPF_RET | BPF_K, most);
    struct sock_fprog program = {1, &all};
    return setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof program) == 0;
}

bool packet_socket_shut(int fd) { return take(fd, 0); }
bool packet_socket_open(int fd, uint32_t most) { return take(fd, most); }

bool packet_socket_join(int fd, uint16_t group, bool ignore_outgoing)
{
    enum { IGNORE_OUTGOING = 0x4000 }; /* PACKET_FANOUT_FLAG_IGNORE_OUTGOING: of a group, not of its sockets */
    unsigned type = PACKET_FANOUT_HASH | PACKET_FANOUT_FLAG_ROLLOVER | (ignore_outgoing ? IGNORE_OUTGOING : 0);
    unsigned argument = group | type << 16;
    return setsockopt(fd, SOL_PACKET, PACKET_FANOUT, &argument, sizeof argument) == 0;
}

bool packet_socket_ignore_outgoing(int fd)
{
    int yes = 1;
    return setsockopt(fd, SOL_PACKET, PACKET_IGNORE_OUTGOING, &yes, sizeof yes) == 0;
}

bool packet_socket_failed(int fd)
{
    int error = 0;
    socklen_t size = sizeof error;
    return getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size) != 0 || error != 0;
}
