/* Telling systemd: that the service is ready, how it stands, and that it still reads packets (sd_notify(3), NOTIFY_SOCKET and
 * WATCHDOG_USEC). The socket is opened before privileges go, and only sent to afterwards; libsystemd would open one for every message,
 * which is not allowed any more. */
#define _GNU_SOURCE
#include <errno.h>
#include <inttypes.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "clock.h"
#include "monitor.h"
#include "text.h"

struct notify {
    int to;
    uint64_t every_ns, next_ns; /* of the watchdog; every_ns 0: there is none */
};

/* What cannot be said is not worth stopping for. */
static void say(const struct notify *notify, const char *message)
{
    (void)send(notify->to, message, strlen(message), MSG_DONTWAIT | MSG_NOSIGNAL);
}

static bool notify_start(void *self)
{
    say(self, "READY=1\nSTATUS=listening; nothing is judged yet");
    return true;
}

/* Called by the loop that reads packets: a watchdog that were fed by anything else would not notice that it hangs. */
static bool notify_turn(void *self)
{
    struct notify *notify = self;
    uint64_t now = steady_ns();
    if (!notify->every_ns || now < notify->next_ns) return true;
    notify->next_ns = now + notify->every_ns;
    say(notify, "WATCHDOG=1");
    return true;
}

static bool notify_show(void *self, const struct judgement *j)
{
    const struct pp_summary *summary = &j->report->summary;
    const struct pp_totals *totals = &j->report->fitness.totals;
    struct text text;
    text_init(&text);
    text_printf(&text,
                "STATUS=%s: %u of %u rows expected, %u blocked, %u missing; %" PRIu64 " unexpected flows; %" PRIu64
                " packets judged, %" PRIu64 " dropped",
                pp_compliance_name(j->report->verdict), summary->rows[PP_STATE_EXPECTED], j->report->spec->row_count,
                summary->rows[PP_STATE_BLOCKED], summary->rows[PP_STATE_MISSING], summary->unexpected, totals->judged, totals->dropped);
    if (!text.failed) say(self, text.bytes);
    text_finish(&text);
    return true;
}

static void notify_end(void *self)
{
    struct notify *notify = self;
    say(notify, "STOPPING=1");
    close(notify->to);
    free(notify);
}

/* The service manager's pace is halved, as its manual asks. */
static uint64_t watchdog_ns(void)
{
    const char *usec = getenv("WATCHDOG_USEC"), *pid = getenv("WATCHDOG_PID");
    if (!usec || (pid && strtol(pid, NULL, 10) != (long)getpid())) return 0;
    return strtoull(usec, NULL, 10) * 1000 / 2;
}

static int connect_to(const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    size_t length = strlen(path);
    if (!length || length >= sizeof address.sun_path) return errno = EINVAL, -1;
    memcpy(address.sun_path, path, length);
    if (*path == '@') address.sun_path[0] = '\0'; /* a name that is no file's */
    int to = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (to < 0) return -1;
    if (connect(to, (const struct sockaddr *)&address, (socklen_t)(offsetof(struct sockaddr_un, sun_path) + length)) == 0) return to;
    int why = errno;
    close(to);
    errno = why;
    return -1;
}

bool notify_begin(struct outlet *outlet, const struct arguments *a)
{
    const char *path = getenv("NOTIFY_SOCKET");
    (void)a;
    if (!path || !*path) return true;
    struct notify *notify = calloc(1, sizeof *notify);
    if (!notify) return complain("live: out of memory"), false;
    notify->to = connect_to(path);
    if (notify->to < 0) {
        complain("live: NOTIFY_SOCKET %s: %s", show(path), strerror(errno));
        return free(notify), false;
    }
    notify->every_ns = watchdog_ns();
    *outlet = (struct outlet){.self = notify, .start = notify_start, .turn = notify_turn, .show = notify_show, .end = notify_end};
    return true;
}
