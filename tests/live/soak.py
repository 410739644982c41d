#!/usr/bin/python3
"""Half an hour as a service: traffic, a link that goes away now and then, rules read anew, reports asked for, pages fetched. Resident memory
and descriptors are the same at the end as when all tables had filled; nothing is lost, and the account agrees.

usage: soak.py PORTPROOF [MINUTES]          default 30; at least 6; not part of ctest
"""
import json
import os
import pathlib
import signal
import statistics
import sys
import tempfile
import threading
import time
import urllib.request

import namespace

WINDOW_S = 60            # tables have filled twice this after the beginning
FLOWS = 20000
PER_SECOND = 2000
SITE = """hosts:
  - {name: one, address: 10.0.0.1, roles: [client]}
  - {name: two, address: 10.0.0.2, roles: [tarantella-server]}
"""


def send(running):
    raw, sent = namespace.sender("left"), 0
    frames = [namespace.udp_frame(1024 + number, 5427 + number % 40) for number in range(FLOWS)]
    while running.is_set():
        begun = time.monotonic()
        for number in range(PER_SECOND // 20):
            try:
                raw.send(frames[(sent + number) % FLOWS])
            except OSError:  # the link is down
                break
        sent += PER_SECOND // 20
        time.sleep(max(0, 0.05 - (time.monotonic() - begun)))


def resident(process):
    """Bytes, without what is mapped of files and the kernel's ring."""
    for line in pathlib.Path("/proc/%d/status" % process.pid).read_text().splitlines():
        if line.startswith("RssAnon"):
            return int(line.split()[1]) * 1024
    return 0


def descriptors(process):
    return len(os.listdir("/proc/%d/fd" % process.pid))


def listening_on(words):
    return words.split("http://")[1].split("/")[0]


def main(portproof, minutes):
    namespace.ip("link", "set", "lo", "up")
    namespace.veth("left", "right")
    running = threading.Event()
    running.set()
    samples = []
    with tempfile.TemporaryDirectory() as folder:
        site, report_file = pathlib.Path(folder) / "site.yaml", pathlib.Path(folder) / "report.json"
        site.write_text(SITE)
        live = namespace.Live(portproof, "-i", "right", "--site", str(site), "--refresh", "2s", "--window", "%ds" % WINDOW_S, "--state", folder + "/state", "--rotate", "1m",
                              "--state-files", "5", "--threads", "2", "--events", "none", "-o", str(report_file), "--listen", "127.0.0.1:0")
        threading.Thread(target=lambda: [None for _ in live.process.stderr], daemon=True).start()
        address = listening_on(live.words)
        threading.Thread(target=send, args=(running,), daemon=True).start()
        begun, turn = time.monotonic(), 0
        while time.monotonic() < begun + minutes * 60:
            time.sleep(5)
            turn += 1
            for path in ("/status.json", "/metrics", "/report.json", "/report.html"):
                try:
                    urllib.request.urlopen("http://%s%s" % (address, path), timeout=10).read()
                except OSError as problem:
                    print("%s: %s" % (path, problem))
            if turn % 6 == 0:
                live.signal(signal.SIGHUP)
            if turn % 6 == 3:
                live.signal(signal.SIGUSR1)
            if turn % 24 == 12:
                namespace.ip("link", "set", "left", "down")
                time.sleep(1)
                namespace.ip("link", "set", "left", "up")
            samples.append((time.monotonic() - begun, resident(live.process), descriptors(live.process)))
            if turn % 12 == 0:
                print("%5.0f s  %6.1f MiB  %d descriptors" % (samples[-1][0], samples[-1][1] / 2**20, samples[-1][2]), flush=True)
        cpu = live.cpu_seconds()
        running.clear()
        live.process.send_signal(signal.SIGTERM)
        live.process.wait(10)
        report = json.loads(report_file.read_text())
    namespace.check_sums(report)
    filled = [sample for sample in samples if sample[0] > 3 * WINDOW_S]
    third = len(filled) // 3
    early, late = (statistics.median(sample[1] for sample in part) for part in (filled[:third], filled[-third:]))
    fds = {sample[2] for sample in filled}
    account = report["captures"][0]["account"]
    print("resident %.1f MiB in the first third, %.1f in the last; descriptors %s; %d packets, %d dropped, %d gaps; %.1f s of CPU in %.0f minutes"
          % (early / 2**20, late / 2**20, sorted(fds), account["received"], account["dropped"], report["captures"][0]["gaps_in_all"], cpu, minutes))
    if late > early * 1.03 + 1e6:
        sys.exit("resident memory grows")
    if max(fds) - min(fds) > 2:
        sys.exit("descriptors: %s" % sorted(fds))
    if account["dropped"]:
        sys.exit("packets were dropped")


if __name__ == "__main__":
    if not 2 <= len(sys.argv) <= 3:
        sys.exit(__doc__)
    namespace.enter()
    main(sys.argv[1], max(6, float(sys.argv[2])) if len(sys.argv) == 3 else 30)
