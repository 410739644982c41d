#!/usr/bin/python3
"""A process that is stopped while packets flood a small ring loses some, and says exactly how many.

usage: loss.py PORTPROOF          exit status 77: no namespace can be made here (skipped)
"""
import signal
import sys
import time

import namespace

FLOOD, AFTER = 60000, 500


def main(portproof):
    namespace.enter()
    namespace.veth("left", "right")
    live = namespace.Live(portproof, "-i", "left", "-i", "right", "--ring-size", "512K", "--filter", "udp port 9", "--refresh", "1s", "--events", "jsonl")
    left, frame = namespace.sender("left"), namespace.udp_frame(20000)
    live.signal(signal.SIGSTOP)
    for _ in range(FLOOD):
        left.send(frame)
    time.sleep(1.5)
    live.signal(signal.SIGCONT)
    time.sleep(1.5)
    for i in range(AFTER):
        left.send(frame)
        if i % 20 == 19:
            time.sleep(0.02)  # so small a ring is soon full again where others take the processor
    report = live.stop()
    namespace.check_sums(report)
    account = report["captures"][0]["account"]
    print(account)
    if account["received"] != FLOOD + AFTER:
        return "%d were sent, and %d received" % (FLOOD + AFTER, account["received"])
    if not 0 < account["dropped"] < FLOOD or account["judged"] != FLOOD + AFTER - account["dropped"]:
        return "account: %s" % account
    if len(account["losses"]) != 1 or report["captures"][0]["drops"] != account["dropped"]:
        return "losses: %s" % report["captures"][0]
    for capture in report["captures"]:
        told = [event for event in live.told("loss") if event["capture"] == capture["name"]]
        if sum(event["dropped"] for event in told) != capture["account"]["dropped"] or (told and told[-1]["dropped_in_all"] != capture["account"]["dropped"]):
            return "%s: told %s" % (capture["account"], told)
    if report["fitness"]["grade"] != "poor" or report["verdict"] != "inconclusive":
        return "so much was lost, and yet: %s" % report["fitness"]
    return 0


sys.exit(main(sys.argv[1]))
