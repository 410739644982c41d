/* What the system says of one interface over rtnetlink: up, down, renamed, gone, back again; and what it lost itself. libpcap tells
 * some of it, late, and by the name the interface had. */
#ifndef CAPTURE_LINK_WATCH_H
#define CAPTURE_LINK_WATCH_H

#include "portproof/capture.h"

struct link_state {
    int index; /* 0: there is no such interface */
    bool up, carrier, loopback;
    bool counts; /* `missed` is known */
    uint64_t missed;
    char name[PP_INTERFACE_NAME_MAX]; /* the latest, when it is gone */
};

struct link_watch {
    int fd;                             /* to poll; -1: nothing to watch ("any", or not an interface at all) */
    uint32_t sequence, asked;           /* of the last question; of the one that is open, or 0 */
    char wanted[PP_INTERFACE_NAME_MAX]; /* the name the user gave */
    struct link_state now;
};

/** Begin to watch, and ask how the interface is; false: the system does not let us, errno says why. */
bool link_watch_begin(struct link_watch *watch, const char *name);
void link_watch_end(struct link_watch *watch);
/** Ask again; the answer comes like any other news. */
void link_watch_ask(struct link_watch *watch);
/** Take in all news; `changed` is called for each, in order, with the state before it and watch->now. Does not wait. */
void link_watch_read(struct link_watch *watch, void (*changed)(void *context, const struct link_state *before), void *context);
/** The same, but wait for what was asked; `timeout_ms` at most. */
void link_watch_await(struct link_watch *watch, int timeout_ms, void (*changed)(void *context, const struct link_state *before),
                      void *context);

/* What libpcap has no call for. */

/** Let no further packet into a packet socket: what is in its ring stays. (Another libpcap filter would throw that away.) */
bool packet_socket_shut(int fd);
/** Let packets in again, all of them, but of each no more than `most` bytes: the ring then holds the more of them. */
bool packet_socket_open(int fd, uint32_t most);
/** Share the packets with all sockets of this group, by flow; false: errno says why. */
bool packet_socket_join(int fd, uint16_t group, bool ignore_outgoing);
/** Take what is sent over loopback once, as it arrives; libpcap throws the other copy away, after it was counted. false: not this kernel;
 * then it goes on doing so. */
bool packet_socket_ignore_outgoing(int fd);
/** Whether something is wrong with the socket, which is said once. */
bool packet_socket_failed(int fd);

#endif
