/* What rtnetlink says of an interface, said here by the test over a socket of its own: whatever a message holds, leaves out or claims, and
 * what the system may refuse. */
#define _GNU_SOURCE
#include "link_watch.h"

#include <errno.h>
#include <linux/if_packet.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "testing.h"

enum { LOWER_UP = 1 << 16, STATISTICS = sizeof(struct rtnl_link_stats64) };

/* --- the system, as far as the watch asks it -------------------------------------------------------------------------------- */

static struct {
    int index;        /* of any name */
    int socket, said; /* that it gets; where the test speaks */
    bool no_socket, no_bind, no_send;
    int receive_fails; /* once, with this */
} host;

unsigned __wrap_if_nametoindex(const char *name);
unsigned __wrap_if_nametoindex(const char *name) { return *name ? (unsigned)host.index : 0; }
int __wrap_bind(int fd, const struct sockaddr *address, socklen_t size);
int __wrap_bind(int fd, const struct sockaddr *address, socklen_t size)
{
    assert_true(fd >= 0 && address && size);
    if (host.no_bind) errno = EPERM;
    return host.no_bind ? -1 : 0;
}
int __real_socket(int domain, int type, int protocol);
int __wrap_socket(int domain, int type, int protocol);
int __wrap_socket(int domain, int type, int protocol)
{
    if (domain != AF_NETLINK) return __real_socket(domain, type, protocol);
    if (host.no_socket) errno = EMFILE;
    return host.no_socket ? -1 : host.socket;
}
ssize_t __real_send(int fd, const void *bytes, size_t size, int flags);
ssize_t __wrap_send(int fd, const void *bytes, size_t size, int flags);
ssize_t __wrap_send(int fd, const void *bytes, size_t size, int flags)
{
    if (host.no_send && fd == host.socket) errno = ENOBUFS;
    return host.no_send && fd == host.socket ? -1 : __real_send(fd, bytes, size, flags);
}
ssize_t __real_recv(int fd, void *bytes, size_t size, int flags);
ssize_t __wrap_recv(int fd, void *bytes, size_t size, int flags);
ssize_t __wrap_recv(int fd, void *bytes, size_t size, int flags)
{
    if (!host.receive_fails || fd != host.socket) return __real_recv(fd, bytes, size, flags);
    errno = host.receive_fails;
    host.receive_fails = 0;
    return -1;
}

static void begin_system(void)
{
    int ends[2];
    assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, ends), 0);
    memset(&host, 0, sizeof host);
    host.index = 7;
    host.socket = ends[0];
    host.said = ends[1];
}

/* --- messages ------------------------------------------------------------------------------------------------------------- */

struct message {
    _Alignas(struct nlmsghdr) uint8_t bytes[1024];
};

static struct nlmsghdr *header_of(struct message *message) { return (struct nlmsghdr *)(void *)message->bytes; }

static struct message link_message(unsigned type, int index, unsigned flags)
{
    struct message message = {{0}};
    const struct ifinfomsg link = {.ifi_index = index, .ifi_flags = flags};
    *header_of(&message) = (struct nlmsghdr){.nlmsg_len = NLMSG_LENGTH(sizeof link), .nlmsg_type = (uint16_t)type, .nlmsg_seq = 1};
    memcpy(message.bytes + NLMSG_HDRLEN, &link, sizeof link);
    return message;
}

static void add_attribute(struct message *message, unsigned type, const void *value, size_t size)
{
    size_t at = NLMSG_ALIGN(header_of(message)->nlmsg_len);
    const struct rtattr attribute = {.rta_len = (uint16_t)RTA_LENGTH(size), .rta_type = (uint16_t)type};
    memcpy(message->bytes + at, &attribute, sizeof attribute);
    memcpy(message->bytes + at + RTA_LENGTH(0), value, size);
    header_of(message)->nlmsg_len = (uint32_t)(at + RTA_LENGTH(size));
}

static struct message named(unsigned type, int index, unsigned flags, const char *name)
{
    struct message message = link_message(type, index, flags);
    add_attribute(&message, IFLA_IFNAME, name, strlen(name) + 1);
    return message;
}

static struct message error_message(int error)
{
    struct message message = {{0}};
    const struct nlmsgerr what = {.error = error};
    *header_of(&message) = (struct nlmsghdr){.nlmsg_len = NLMSG_LENGTH(sizeof what), .nlmsg_type = NLMSG_ERROR, .nlmsg_seq = 1};
    memcpy(message.bytes + NLMSG_HDRLEN, &what, sizeof what);
    return message;
}

static void say(const struct message *message)
{
    uint32_t size = ((const struct nlmsghdr *)(const void *)message->bytes)->nlmsg_len;
    assert_int_equal(__real_send(host.said, message->bytes, size, 0), size);
}

/* --- the watch ------------------------------------------------------------------------------------------------------------ */

static unsigned changes;
static struct link_state last_before;
static void changed(void *context, const struct link_state *before)
{
    (void)context;
    changes++;
    last_before = *before;
}

static void hear(struct link_watch *watch, struct message message)
{
    say(&message);
    link_watch_read(watch, changed, NULL);
}

/* A watch of "eth0", which is interface 7, up and running; three packets missed. */
static struct link_watch begin_watch(void)
{
    struct link_watch watch;
    struct rtnl_link_stats64 statistics = {.rx_missed_errors = 1, .rx_fifo_errors = 2};
    struct message answer = named(RTM_NEWLINK, 7, IFF_UP | LOWER_UP, "eth0");
    add_attribute(&answer, IFLA_STATS64, &statistics, sizeof statistics);
    begin_system();
    say(&answer);
    assert_true(link_watch_begin(&watch, "eth0"));
    assert_int_equal(watch.asked, 0); /* it was answered */
    assert_int_equal(watch.now.index, 7);
    assert_true(watch.now.up && watch.now.carrier && !watch.now.loopback && watch.now.counts);
    assert_int_equal(watch.now.missed, 3);
    changes = 0;
    return watch;
}

static void end_watch(struct link_watch *watch)
{
    link_watch_end(watch);
    assert_int_equal(watch->fd, -1);
    link_watch_end(watch);
    close(host.said);
}

static void what_a_message_leaves_out_stays_as_it_was(void **state)
{
    (void)state;
    struct link_watch watch = begin_watch();
    hear(&watch, link_message(RTM_NEWLINK, 7, IFF_UP));
    assert_int_equal(changes, 1);
    assert_string_equal(watch.now.name, "eth0");
    assert_true(watch.now.counts && watch.now.missed == 3);
    assert_true(last_before.carrier && !watch.now.carrier);
    struct message other = link_message(RTM_NEWLINK, 7, IFF_UP);
    add_attribute(&other, IFLA_MTU, &(uint32_t){1500}, 4);
    hear(&watch, other);
    assert_string_equal(watch.now.name, "eth0");
    end_watch(&watch);
}

static void statistics_may_be_of_an_older_or_a_newer_system(void **state)
{
    (void)state;
    struct link_watch watch = begin_watch();
    uint8_t longer[STATISTICS + 32];
    memset(longer, 0, sizeof longer);
    struct rtnl_link_stats64 statistics = {.rx_missed_errors = 10, .rx_fifo_errors = 20};
    memcpy(longer, &statistics, sizeof statistics);
    struct message newer = link_message(RTM_NEWLINK, 7, IFF_UP), older = newer;
    add_attribute(&newer, IFLA_STATS64, longer, sizeof longer);
    hear(&watch, newer);
    assert_int_equal(watch.now.missed, 30);
    add_attribute(&older, IFLA_STATS64, longer, 8); /* received packets alone */
    hear(&watch, older);
    assert_int_equal(watch.now.missed, 0);
    end_watch(&watch);
}

static void attributes_whose_lengths_lie_end_the_list(void **state)
{
    (void)state;
    static const uint16_t lengths[] = {0, 3, 9, 1000, 0xffff}; /* of eight bytes that are there */
    for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
        struct link_watch watch = begin_watch();
        struct message message = link_message(RTM_NEWLINK, 7, IFF_UP);
        size_t at = NLMSG_ALIGN(header_of(&message)->nlmsg_len);
        add_attribute(&message, IFLA_IFNAME, "bad", 4);
        memcpy(message.bytes + at, &lengths[i], sizeof lengths[i]);
        hear(&watch, message);
        assert_int_equal(changes, 1);
        assert_string_equal(watch.now.name, "eth0");
        end_watch(&watch);
    }
}

static void messages_that_are_not_of_our_link_change_nothing(void **state)
{
    (void)state;
    struct link_watch watch = begin_watch();
    hear(&watch, named(RTM_NEWLINK, 8, 0, "eth0"));
    hear(&watch, named(RTM_DELLINK, 8, 0, "eth1"));
    hear(&watch, named(RTM_NEWADDR, 7, 0, "eth0"));
    struct message bridge = named(RTM_DELLINK, 7, 0, "eth0");
    bridge.bytes[NLMSG_HDRLEN] = AF_BRIDGE;
    hear(&watch, bridge);
    struct message few = link_message(RTM_DELLINK, 7, 0);
    header_of(&few)->nlmsg_len = NLMSG_LENGTH(sizeof(struct ifinfomsg) - 1);
    hear(&watch, few);
    struct message no_error = error_message(-ENODEV);
    header_of(&no_error)->nlmsg_len = NLMSG_LENGTH(sizeof(struct nlmsgerr) - 4);
    hear(&watch, no_error);
    hear(&watch, error_message(-EPERM));
    assert_int_equal(changes, 0);
    assert_int_equal(watch.now.index, 7);
    end_watch(&watch);
}

static void messages_whose_lengths_lie_are_the_last_of_their_datagram(void **state)
{
    (void)state;
    static const uint32_t lengths[] = {0, 15, 1000, 0xffffffff};
    for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
        struct link_watch watch = begin_watch();
        struct message two = link_message(RTM_NEWLINK, 7, 0), second = two;
        size_t size = header_of(&two)->nlmsg_len;
        memcpy(two.bytes + size, second.bytes, size);
        assert_int_equal(__real_send(host.said, two.bytes, 2 * size, 0), 2 * size);
        link_watch_read(&watch, changed, NULL);
        assert_int_equal(changes, 2);
        memcpy(two.bytes + size, &lengths[i], sizeof lengths[i]);
        assert_int_equal(__real_send(host.said, two.bytes, 2 * size, 0), 2 * size);
        link_watch_read(&watch, changed, NULL);
        assert_int_equal(changes, 3);
        assert_int_equal(__real_send(host.said, two.bytes, size + 4, 0), size + 4); /* a header's beginning */
        link_watch_read(&watch, changed, NULL);
        assert_int_equal(changes, 4);
        end_watch(&watch);
    }
}

static void a_link_that_is_gone_comes_back_under_the_name_it_had_or_the_one_that_was_asked_for(void **state)
{
    (void)state;
    static const char *const names[] = {"lan0", "eth0"};
    for (unsigned i = 0; i < 2; i++) {
        struct link_watch watch = begin_watch();
        hear(&watch, named(RTM_NEWLINK, 7, IFF_UP, "lan0"));
        hear(&watch, named(RTM_DELLINK, 7, 0, "lan0"));
        assert_int_equal(watch.now.index, 0);
        assert_string_equal(watch.now.name, "lan0");
        assert_int_equal(changes, 2);
        hear(&watch, named(RTM_DELLINK, 9, 0, "lan0")); /* gone already */
        hear(&watch, error_message(-ENODEV));           /* the answer, when it is asked for */
        hear(&watch, named(RTM_NEWLINK, 9, IFF_UP, "lan1"));
        assert_int_equal(changes, 2);
        hear(&watch, named(RTM_NEWLINK, 9, IFF_UP | IFF_LOOPBACK, names[i]));
        assert_int_equal(watch.now.index, 9);
        assert_false(watch.now.counts); /* another one's */
        assert_true(watch.now.loopback);
        assert_string_equal(watch.now.name, names[i]);
        end_watch(&watch);
    }
}

static void the_answer_that_there_is_no_such_link_is_news_too(void **state)
{
    (void)state;
    struct link_watch watch = begin_watch();
    hear(&watch, error_message(-ENODEV));
    assert_int_equal(watch.now.index, 0);
    assert_int_equal(changes, 1);
    struct {
        struct nlmsghdr header;
        struct ifinfomsg link;
        struct rtattr attribute;
        char name[PP_INTERFACE_NAME_MAX];
    } asked;
    while (__real_recv(host.said, &asked, sizeof asked, MSG_DONTWAIT) > 0) continue;
    link_watch_ask(&watch); /* by name from now on */
    assert_int_equal(__real_recv(host.said, &asked, sizeof asked, MSG_DONTWAIT), sizeof asked);
    assert_int_equal(asked.link.ifi_index, 0);
    assert_string_equal(asked.name, "eth0");
    end_watch(&watch);
}

static void news_that_were_lost_are_asked_for(void **state)
{
    (void)state;
    struct link_watch watch = begin_watch();
    uint32_t before = watch.sequence;
    host.receive_fails = ENOBUFS;
    link_watch_read(&watch, changed, NULL);
    assert_int_equal(watch.sequence, before + 1);
    assert_int_equal(watch.asked, watch.sequence);
    struct message answer = named(RTM_NEWLINK, 7, 0, "eth0");
    header_of(&answer)->nlmsg_seq = watch.sequence;
    host.receive_fails = EINTR; /* is no end of the news */
    hear(&watch, answer);
    assert_int_equal(watch.asked, 0);
    assert_false(watch.now.up);
    end_watch(&watch);
}

static void an_answer_is_waited_for_no_longer_than_was_said(void **state)
{
    (void)state;
    struct link_watch watch = begin_watch();
    link_watch_ask(&watch);
    link_watch_await(&watch, 10, changed, NULL);
    assert_true(watch.asked); /* still */
    host.no_send = true;
    link_watch_ask(&watch);
    assert_false(watch.asked); /* nothing to wait for */
    watch.sequence = UINT32_MAX;
    host.no_send = false;
    link_watch_ask(&watch);
    assert_int_equal(watch.asked, 1); /* 0 is what nobody asked for */
    end_watch(&watch);
}

static void what_is_no_interface_is_not_watched(void **state)
{
    (void)state;
    struct link_watch watch;
    begin_system();
    host.index = 0;
    assert_true(link_watch_begin(&watch, "any"));
    assert_int_equal(watch.fd, -1);
    link_watch_ask(&watch);
    link_watch_read(&watch, changed, NULL);
    link_watch_await(&watch, 1000, changed, NULL);
    assert_false(watch.asked);
    close(host.socket);
    close(host.said);
}

static void a_system_that_does_not_let_us_watch_is_an_error_that_says_why(void **state)
{
    (void)state;
    struct link_watch watch;
    begin_system();
    host.no_socket = true;
    assert_false(link_watch_begin(&watch, "eth0"));
    assert_int_equal(errno, EMFILE);
    host.no_socket = false;
    host.no_bind = true;
    assert_false(link_watch_begin(&watch, "eth0"));
    assert_int_equal(errno, EPERM);
    assert_int_equal(watch.fd, -1); /* and it is closed */
    close(host.said);
}

static void what_is_wrong_with_a_socket_is_said_once(void **state)
{
    (void)state;
    struct sockaddr_in nobody = {.sin_family = AF_INET, .sin_port = htons(9), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_DGRAM, 0), file = dup(STDIN_FILENO);
    assert_false(packet_socket_failed(fd));
    assert_int_equal(connect(fd, (const struct sockaddr *)&nobody, sizeof nobody), 0);
    (void)send(fd, "x", 1, 0);
    usleep(20000);
    assert_true(packet_socket_failed(fd)); /* refused */
    assert_false(packet_socket_failed(fd));
    assert_false(packet_socket_join(fd, 1, false) || packet_socket_join(fd, 1, true)); /* no packet socket */
    assert_false(packet_socket_ignore_outgoing(fd));
    close(fd);
    close(file);
    assert_true(packet_socket_failed(file));
    assert_false(packet_socket_shut(file) || packet_socket_open(file, 100));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_a_message_leaves_out_stays_as_it_was),
        cmocka_unit_test(statistics_may_be_of_an_older_or_a_newer_system),
        cmocka_unit_test(attributes_whose_lengths_lie_end_the_list),
        cmocka_unit_test(messages_that_are_not_of_our_link_change_nothing),
        cmocka_unit_test(messages_whose_lengths_lie_are_the_last_of_their_datagram),
        cmocka_unit_test(a_link_that_is_gone_comes_back_under_the_name_it_had_or_the_one_that_was_asked_for),
        cmocka_unit_test(the_answer_that_there_is_no_such_link_is_news_too),
        cmocka_unit_test(news_that_were_lost_are_asked_for),
        cmocka_unit_test(an_answer_is_waited_for_no_longer_than_was_said),
        cmocka_unit_test(what_is_no_interface_is_not_watched),
        cmocka_unit_test(a_system_that_does_not_let_us_watch_is_an_error_that_says_why),
        cmocka_unit_test(what_is_wrong_with_a_socket_is_said_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
