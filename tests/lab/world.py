"""A world of the lab's own: mount, process and network namespaces that end with the process that made them.

What the lab mounts, writes below /run, /etc and /var, or starts is seen by nobody else, and the kernel takes all of it away when
the first process in there ends, however it ends. So nothing has to be cleaned up by hand, and kill -9 is no special case.
"""
import ctypes
import os
import pathlib
import signal
import socket
import subprocess
import sys

NAMESPACES = {"mount": 0x00020000, "uts": 0x04000000, "ipc": 0x08000000, "pid": 0x20000000, "net": 0x40000000}  # CLONE_NEW…
PR_SET_PDEATHSIG = 1
EMPTY = ["/run", "/var/log", "/var/spool", "/var/tmp"]  # folders of the machine that daemons write to
WORK = pathlib.Path("/run/lab")


class Missing(Exception):
    """Something that the lab cannot do without is not there: skipped, not failed."""


def wait_for(child):
    """Be the one outside: end with the world, and end it when told to."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_: os.kill(child, signal.SIGKILL))
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    sys.exit(status if status >= 0 else 128 - status)


def mount(*arguments):
    done = subprocess.run(["mount", *arguments], capture_output=True, text=True)
    if done.returncode:
        raise Missing("private mounts: " + done.stderr.strip())


def enter():
    """Returns in the first process of a new world; the process that called it waits for that one, and exits with its status."""
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(sum(NAMESPACES.values())) != 0:
        raise Missing("namespaces: unshare: " + os.strerror(ctypes.get_errno()))
    child = os.fork()
    if child:
        wait_for(child)
    libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    mount("--make-rprivate", "/")
    mount("-t", "proc", "proc", "/proc")
    for folder in EMPTY:
        mount("-t", "tmpfs", "-o", "mode=755", "tmpfs", folder)
    (WORK / "tmp").mkdir(parents=True)
    (WORK / "log").mkdir()
    subprocess.run(["cp", "-a", "/etc", WORK / "etc"], check=True)
    mount("--bind", str(WORK / "etc"), "/etc")
    socket.sethostname("lab")
    os.environ.update(PATH="/usr/sbin:/usr/bin:/sbin:/bin", TMPDIR=str(WORK / "tmp"), HOME=str(WORK / "home"), LC_ALL="C.UTF-8", TZ="UTC")
    (WORK / "home").mkdir()
    (WORK / "etc" / "hostname").write_text("lab\n")
