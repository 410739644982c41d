#!/usr/bin/python3
"""Several threads share an interface by flow: all of them work, every packet is counted once, and the report is the one that a single
thread gives; also after the interface was removed and made again.

usage: threads.py PORTPROOF          exit status 77: no namespace can be made here (skipped)
"""
import os
import sys
import time

import namespace

FLOWS, FRAMES, AGAIN = 64, 40000, 2000


def send(count):
    raw = namespace.sender("left")
    frames = [namespace.udp_frame(20000 + i) for i in range(FLOWS)]
    for i in range(count):
        raw.send(frames[i % FLOWS])
    time.sleep(0.3)


def switches(process):
    """How often each thread waited for something, and it came."""
    waits = []
    for task in os.listdir("/proc/%d/task" % process):
        with open("/proc/%d/task/%s/status" % (process, task)) as status:
            waits += [int(line.split()[1]) for line in status if line.startswith("voluntary_ctxt_switches")]
    return waits


def run(portproof, threads):
    live = namespace.Live(portproof, "-i", "left", "-i", "right", "--threads", str(threads), "--filter", "udp port 9")
    send(FRAMES)
    waits = switches(live.process.pid)
    namespace.ip("link", "del", "left")
    time.sleep(0.8)
    namespace.veth("left", "right")
    time.sleep(1)
    send(AGAIN)
    report = live.stop()
    namespace.check_sums(report)
    return report, waits


def main(portproof):
    namespace.enter()
    namespace.veth("left", "right")
    alone, _ = run(portproof, 1)
    report, waits = run(portproof, 2)
    print(waits)
    if len(waits) != 2 or min(waits) < 3:
        return "the threads that worked: %s" % waits
    for capture in report["captures"]:
        account = capture["account"]
        if account["received"] != FRAMES + AGAIN or account["judged"] != FRAMES + AGAIN:
            return "%d were sent: %s" % (FRAMES + AGAIN, capture)
        if [gap["event"] for gap in capture["gaps"]] != ["removed"] or "to" not in capture["gaps"][0]:
            return "gaps: %s" % capture["gaps"]
    for key in ("summary", "rows", "verdict", "counters"):
        if report[key] != alone[key]:
            return "%s differs: %s, alone %s" % (key, report[key], alone[key])
    return 0


sys.exit(main(sys.argv[1]))
