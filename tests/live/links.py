#!/usr/bin/python3
"""An interface that goes down, loses its carrier, changes its name, is removed and made again: each is in the report with its time,
capture goes on by itself within two seconds, and waiting costs no processor time.

usage: links.py PORTPROOF          exit status 77: no namespace can be made here (skipped)
"""
import datetime
import sys
import threading
import time

import namespace

RESUME_MAX_S = 2
IDLE_S, IDLE_CPU_MAX = 3, 0.3  # of processor time while the link is gone: whoever spins takes all three
RATE_S = 0.02


class Beacon:
    """A frame every 20 ms, whenever the interface takes it; remembers when it could send."""

    def __init__(self, interface):
        self.interface, self.sent, self.going = interface, [], True
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()

    def run(self):
        raw = None
        while self.going:
            try:
                raw = raw or namespace.sender(self.interface)
                raw.send(namespace.udp_frame(20000))
                self.sent.append(time.time())
            except OSError:  # the link is not there; a new one wants a new socket
                raw = None
            time.sleep(RATE_S)

    def stop(self):
        self.going = False
        self.thread.join()


def seconds(text):
    whole, fraction = text.rstrip("Z").split(".")
    return datetime.datetime.fromisoformat(whole + "+00:00").timestamp() + float("0." + fraction)


def happen(live):
    """What happens to the interface; returns when each thing was over, by event."""
    over = {}
    namespace.ip("link", "set", "left", "down")
    time.sleep(0.4)
    namespace.ip("link", "set", "left", "up")
    over["down"] = time.time()
    time.sleep(0.6)
    namespace.ip("link", "set", "right", "down")
    time.sleep(0.4)
    namespace.ip("link", "set", "right", "up")
    over["no-carrier"] = time.time()
    time.sleep(0.6)
    namespace.ip("link", "set", "left", "down")
    namespace.ip("link", "set", "left", "name", "other")
    namespace.ip("link", "set", "other", "up")
    over["renamed"] = time.time()
    time.sleep(0.6)
    if namespace.try_ip("link", "set", "other", "name", "left"):  # while it is up, which newer kernels allow
        over["live"] = True
    else:
        namespace.ip("link", "set", "other", "down")
        namespace.ip("link", "set", "other", "name", "left")
        namespace.ip("link", "set", "left", "up")
    time.sleep(0.6)
    namespace.ip("link", "del", "left")
    time.sleep(1)
    before = live.cpu_seconds()
    time.sleep(IDLE_S)
    over["cpu"] = live.cpu_seconds() - before
    namespace.veth("left", "right")
    over["removed"] = time.time()
    time.sleep(RESUME_MAX_S)
    return over


def check_gaps(capture, over):
    gaps = capture["gaps"]
    print([(gap["event"], round(seconds(gap["to"]) - seconds(gap["from"]), 3)) for gap in gaps])
    events = [gap["event"] for gap in gaps]
    wanted = ["down", "no-carrier", "down", "renamed"] + ([] if "live" in over else ["down"]) + ["renamed", "removed"]
    if events != wanted:
        return "events: %s" % gaps
    for gap in gaps:
        if "to" not in gap:
            return "it goes on: %s" % gap
    by_event = {gap["event"]: gap for gap in reversed(gaps)}  # the first of each
    for event in ("down", "no-carrier", "removed"):
        late = seconds(by_event[event]["to"]) - over[event]
        print("%-10s gap of %.3f s, over %.3f s after the link was up" % (event, seconds(by_event[event]["to"]) - seconds(by_event[event]["from"]), late))
        if late > RESUME_MAX_S:
            return "capture resumed %.1f s late: %s" % (late, by_event[event])
    if by_event["renamed"]["interface"] != "other" or gaps[-1]["interface"] != "left":
        return "names: %s" % gaps
    return None


def check_packets(capture, beacon):
    """Every frame sent while no gap was on was received."""
    gaps = [(seconds(gap["from"]) - 0.1, seconds(gap["to"]) + 0.05) for gap in capture["gaps"]]
    surely = sum(not any(begin <= sent <= end for begin, end in gaps) for sent in beacon.sent)
    if not surely <= capture["account"]["received"] <= len(beacon.sent) or surely < 100:
        return "%d of %d frames were sent outside all gaps, %d were received" % (surely, len(beacon.sent), capture["account"]["received"])
    return None


def main(portproof):
    namespace.enter()
    namespace.veth("left", "right")
    live = namespace.Live(portproof, "-i", "left", "--filter", "udp port 9", "--refresh", "1s", "--events", "jsonl")
    beacon = Beacon("left")
    time.sleep(0.5)
    over = happen(live)
    beacon.stop()
    report = live.stop()
    namespace.check_sums(report)
    capture = report["captures"][0]
    print("%.3f s of processor time in %d s without the link" % (over["cpu"], IDLE_S))
    if over["cpu"] > IDLE_CPU_MAX:
        return "it spins while the link is gone"
    if "error" in capture or report["fitness"]["grade"] == "good":
        return "capture: %s, %s" % (capture, report["fitness"])
    if "error" in capture:
        return "capture: %s" % capture
    told = live.told("link")
    if {event["from"] for event in told if "to" in event} != {gap["from"] for gap in capture["gaps"]}:
        return "gaps: %s, told: %s" % (capture["gaps"], told)
    if not any(event["link"] == "removed" and "to" not in event for event in told):
        return "that the interface was gone was told only when it was back: %s" % told
    return check_gaps(capture, over) or check_packets(capture, beacon) or 0


sys.exit(main(sys.argv[1]))
