#!/usr/bin/python3
"""What a system really says when an interface cannot be listened to, told in a line; interfaces without Ethernet; and news of links that were lost
because there were too many of them while the program stood still.

usage: refusals.py PORTPROOF          exit status 77: no namespace can be made here (skipped)
"""
import shutil
import signal
import subprocess
import sys
import time

import namespace


def refused(portproof, wanted, *options, before=()):
    run = subprocess.run([*before, *portproof.split(), "live", "--duration", "1s", *options], capture_output=True, text=True, timeout=60)
    if run.returncode != 3 or wanted not in run.stderr:
        sys.exit("%s: exit status %d, %s; wanted: %s" % (options, run.returncode, run.stderr, wanted))


def cannot_be_opened(portproof):
    refused(portproof, "no such interface; 'ip link' lists them", "-i", "none")
    refused(portproof, "no such interface", "-i", "right", "-i", "none")
    refused(portproof, "the interface is down; bring it up with", "-i", "asleep")
    refused(portproof, "bad filter expression", "-i", "right", "--filter", "port and")
    if shutil.which("setpriv"):
        caps = "-net_raw,-net_admin"
        refused(portproof, "no permission: run as root", "-i", "right", before=["setpriv", "--bounding-set", caps, "--inh-caps", caps])


def without_ethernet(portproof):
    """Raw IP, where libpcap reads."""
    if not namespace.try_ip("tuntap", "add", "raw", "mode", "tun"):
        print("no tun here")
        return
    namespace.ip("link", "set", "raw", "up")
    refused(portproof, "bad filter expression", "-i", "raw", "--filter", "ether host 2:0:0:0:0:1")
    live = namespace.Live(portproof, "-i", "raw", "--filter", "udp", "--snap-length", "64")
    report = live.stop()
    namespace.check_sums(report)
    if not report["captures"][0]["link_types"][0].startswith("RAW"):
        sys.exit("link types: %s" % report["captures"][0])


def lost_news(portproof):
    """So much happens to another link that there is no room for the news of ours."""
    live = namespace.Live(portproof, "-i", "right", "--events", "jsonl", "--refresh", "1s")
    live.signal(signal.SIGSTOP)
    changes = "".join("link set other %s\n" % ("down" if i % 2 else "up") for i in range(600))
    subprocess.run(["ip", "-batch", "-"], input=changes, text=True, check=True)
    namespace.ip("link", "set", "right", "down")
    time.sleep(0.2)
    live.signal(signal.SIGCONT)
    time.sleep(2.5)
    namespace.ip("link", "set", "right", "up")
    time.sleep(1)
    report = live.stop()
    namespace.check_sums(report)
    gaps = report["captures"][0]["gaps"]
    if not gaps or gaps[0]["event"] != "down" or "to" not in gaps[-1]:
        sys.exit("gaps: %s" % gaps)


def main(portproof):
    namespace.veth("left", "right")
    namespace.veth("other", "its-peer")
    namespace.ip("link", "add", "asleep", "type", "veth", "peer", "name", "asleep-peer")
    cannot_be_opened(portproof)
    without_ethernet(portproof)
    lost_news(portproof)


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    namespace.enter()
    main(sys.argv[1])
