"""The firewall breaks while portproof listens on the router: the row that worked is told to have stopped working, and no other."""
import json
import signal
import subprocess
import time

import clients
from network import ROUTER, until
from world import WORK

WINDOW_SECONDS, TOLD_SECONDS = 8, 30


def told(words):
    """(row, what it was, what it is) of each line so far."""
    lines = [json.loads(line) for line in words.read_text().splitlines(keepends=True) if line.startswith("{") and line.endswith("\n")]
    return [(line["row"], line["was"], line["is"]) for line in lines if line["event"] == "row"]


def complain(portproof, site, network, healthy, breakage, absent):
    network.set_firewall(healthy)
    network.settle()
    lines, words = WORK / "meanwhile.jsonl", WORK / "log" / "meanwhile"
    with open(lines, "w") as out, open(words, "w") as log:
        live = subprocess.Popen(network.within(ROUTER, portproof, "live", "-i", "any", "--site", site, "--events", "jsonl", "--refresh", "1s",
                                               "--window", "%ds" % WINDOW_SECONDS, "--format", "json", "-o", WORK / "meanwhile.json"),
                                stdin=subprocess.DEVNULL, stdout=out, stderr=log)
    if not until(lambda: "live on" in words.read_text(), 10):
        yield "live did not start: " + words.read_text()
    rows = {row for row, _, _ in breakage.closed}
    clients.drive(network, [client for client in clients.CLIENTS if client.row not in absent])
    if not until(lambda: rows <= {row for row, _, state in told(lines) if state == "expected"}, 5):
        yield "not told to work: %s of %s" % (rows, told(lines))
    network.set_firewall(breakage)
    end = time.monotonic() + TOLD_SECONDS
    while not stopped(lines) and time.monotonic() < end:
        clients.drive(network, [client for client in clients.CLIENTS if client.row in rows], breakage.broken())
    live.send_signal(signal.SIGINT)
    live.wait(20)
    if stopped(lines) != rows:
        yield "told to have stopped working: %s, not %s" % (stopped(lines), rows)


def stopped(lines):
    return {row for row, was, state in told(lines) if (was, state) == ("expected", "blocked")}
