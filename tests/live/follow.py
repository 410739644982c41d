#!/usr/bin/python3
"""What is new is told while portproof listens: a row that works, and that it has stopped working, though one old answer stays in the
report for ever. The lines are JSON, the report goes to its file.

usage: follow.py PORTPROOF          exit status 77: no namespace can be made here (skipped)
"""
import json
import pathlib
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time

import namespace

NETLET = 4000  # row client-netlet-login, on a client's own loopback
WINDOW_S = 2


def ask():
    with socket.create_connection(("127.0.0.1", NETLET), timeout=2) as client:
        client.sendall(b"hello")
        return client.recv(64)


def wait_for(lines, wanted, seconds):
    """The first line that has all of `wanted`; None when none comes in time."""
    end = time.time() + seconds
    while time.time() < end:
        for line in list(lines):
            if all(line.get(key) == value for key, value in wanted.items()):
                return line
        time.sleep(0.05)
    return None


def collect(stream, lines):
    for line in stream:
        lines.append(json.loads(line))


def main(portproof):
    namespace.ip("link", "set", "lo", "up")
    with tempfile.TemporaryDirectory() as folder:
        report = pathlib.Path(folder) / "report.json"
        live = subprocess.Popen([*portproof.split(), "live", "-i", "lo", "--refresh", "1s", "--window", "%ds" % WINDOW_S, "--events", "jsonl", "--format", "json",
                                 "-o", str(report)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        lines = []
        threading.Thread(target=collect, args=(live.stdout, lines), daemon=True).start()
        time.sleep(0.5)
        listener = socket.create_server(("127.0.0.1", NETLET))
        threading.Thread(target=namespace.serve, args=(listener,), daemon=True).start()
        ask()
        row = {"event": "row", "row": "client-netlet-login"}
        if not wait_for(lines, {**row, "was": "optional", "is": "expected"}, 10):
            return "that the row works was not told: %s" % lines
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        stopped = time.time()
        while time.time() < stopped + 3 * WINDOW_S and not wait_for(lines, {**row, "was": "expected", "is": "blocked"}, 0.3):
            try:
                ask()
                return "the server still answers"
            except OSError:
                pass
        if not wait_for(lines, {**row, "was": "expected", "is": "blocked"}, 5):
            return "that the row has stopped working was not told: %s" % lines
        live.send_signal(signal.SIGTERM)
        _, words = live.communicate(timeout=20)
        told = [line for line in lines if line["event"] == "row" and line["row"] == row["row"]]
        if len(told) != 2:
            return "a change was told more than once: %s" % told
        result = json.loads(report.read_text())
        state = next(r["state"] for r in result["rows"] if r["id"] == row["row"])
        if state != "expected":
            return "the report of all time says %s (%s)" % (state, words)
    return None


if __name__ == "__main__":
    namespace.enter()
    sys.exit(main(sys.argv[1]))
