#!/usr/bin/python3
"""As a service: what was kept outlives kill -9 at any moment, and is taken up; a full disk stops nobody; signals reload rules and site,
write a report, and end it; systemd is told.

usage: state.py PORTPROOF          exit status 77: no namespace can be made here (skipped)
"""
import json
import os
import pathlib
import random
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time

import namespace

SITE = """hosts:
  - {name: one, address: 10.0.0.1, roles: [client]}
  - {name: two, address: 10.0.0.2, roles: [tarantella-server]}
"""
KILLS = 8
OPTIONS = ["-i", "right", "--refresh", "1s", "--rotate", "2s", "--state-files", "3"]


class Sender(threading.Thread):
    """A packet every millisecond, until it is stopped; each its own flow."""

    def __init__(self):
        super().__init__(daemon=True)
        self.sent = 0
        self.running = True

    def run(self):
        raw = namespace.sender("left")
        while self.running:
            raw.send(namespace.udp_frame(1024 + self.sent % 60000))
            self.sent += 1
            time.sleep(0.001)

    def stop(self):
        self.running = False
        self.join()


def kept_files(state):
    return sorted(path.name for path in pathlib.Path(state).glob("*.ppe"))


def wait_for(what, condition, seconds=10):
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            sys.exit("not within %d s: %s" % (seconds, what))
        time.sleep(0.02)


def notify_socket(folder):
    path = str(pathlib.Path(folder) / "notify")
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    listener.bind(path)
    listener.settimeout(5)
    return path, listener


def kill_at_any_moment(portproof, folder):
    """Each run is told what it goes on from; that must never be less than what was kept when the one before was killed."""
    state = folder + "/kept"
    sender = Sender()
    sender.start()
    least = 0
    for number in range(KILLS):
        live = namespace.Live(portproof, *OPTIONS, "--state", state)
        if number:
            words = [line for line in live.words.splitlines() if "goes on from" in line]
            if not words:
                sys.exit("nothing was taken up: " + live.words)
            found = int(words[0].split("goes on from ")[1].split()[0])
            if found < least:
                sys.exit("%d packets were kept, %d had been before" % (found, least))
            least = found
        before = os.stat(state).st_mtime_ns
        wait_for("a file is written", lambda: os.stat(state).st_mtime_ns != before)
        time.sleep(random.random() * 1.2)
        live.signal(signal.SIGKILL)
        live.process.communicate()
        if len(kept_files(state)) > 3:
            sys.exit("more files than asked for: %s" % kept_files(state))
    sender.stop()
    live = namespace.Live(portproof, *OPTIONS, "--state", state)
    report = live.stop()
    namespace.check_sums(report)
    gaps = [gap["event"] for gap in report["captures"][0]["gaps"]]
    if len(report["captures"]) != 1 or gaps.count("not-listening") != KILLS:
        sys.exit("the times in which it did not run: %s" % gaps)
    if not least or not least <= report["captures"][0]["packets"] <= sender.sent:
        sys.exit("%d packets sent, %d in the report, %d kept" % (sender.sent, report["captures"][0]["packets"], least))
    if report["captures"][0]["packets"] < sender.sent // 4:
        sys.exit("of %d packets only %d are left" % (sender.sent, report["captures"][0]["packets"]))


def the_report_is_that_of_one_run(portproof, folder):
    """Two runs, one after the other, say of rows and flows what one would have said; so does what they kept."""
    state = folder + "/two"
    raw = namespace.sender("left")
    for part in range(2):
        live = namespace.Live(portproof, *OPTIONS, "--state", state)
        for port in range(500):
            raw.send(namespace.udp_frame(1024 + part * 250 + port, 161))
        report = live.stop()
        namespace.check_sums(report)
    if report["captures"][0]["packets"] != 1000 or report["counters"]["decoded"] != 1000:
        sys.exit("two runs of 500 packets: %s" % report["captures"][0])
    flows = sum(finding["flows"] for finding in report["findings"]) + report["summary"]["out_of_scope"] + report["summary"]["undetermined"]
    if flows != 750:
        sys.exit("750 flows were sent, the report has %d" % flows)


    merged = subprocess.run([portproof, "report", "--format", "json", *map(str, pathlib.Path(state).glob("*.ppe"))], capture_output=True, text=True)
    again = json.loads(merged.stdout)
    for part in ("summary", "counters", "rows", "findings"):
        if again[part] != report[part]:
            sys.exit("what is kept reads otherwise, %s: %s, expected %s" % (part, again[part], report[part]))
    if len(again["captures"]) != 1 or again["captures"][0]["account"] != report["captures"][0]["account"]:
        sys.exit("what is kept has other captures: %s" % again["captures"])


def full_disk(portproof, folder):
    mount = folder + "/small"
    os.mkdir(mount)
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=8m", "none", mount], capture_output=True).returncode:
        print("no tmpfs can be mounted here: the full disk is left out")
        return
    sender = Sender()
    try:
        live = namespace.Live(portproof, *OPTIONS, "--state", mount + "/state")
        sender.start()
        wait_for("a file is written", lambda: kept_files(mount + "/state"))
        with open(mount + "/ballast", "wb", buffering=0) as ballast:
            try:
                while True:
                    ballast.write(b"x" * 4096)
            except OSError:
                pass
        words = []
        reader = threading.Thread(target=lambda: words.extend(iter(live.process.stderr.readline, "")), daemon=True)
        reader.start()
        wait_for("that the disk is full is told", lambda: any("cannot write: No space left" in line for line in words), 15)
        os.unlink(mount + "/ballast")
        wait_for("that it writes again is told", lambda: any("written again" in line for line in words), 15)
        sender.stop()
        time.sleep(1.5)
        live.process.send_signal(signal.SIGTERM)
        live.process.stdout.read()
        live.process.wait(10)
        again = namespace.Live(portproof, *OPTIONS, "--state", mount + "/state")
        report = again.stop()
        if report["captures"][0]["packets"] != sender.sent:
            sys.exit("%d packets were sent, %d are left after the disk was full" % (sender.sent, report["captures"][0]["packets"]))
    finally:
        sender.running = False
        live.process.kill()
        subprocess.run(["umount", "-l", mount], check=True)


def signals(portproof, folder):
    site, report_file = pathlib.Path(folder) / "site.yaml", pathlib.Path(folder) / "report.json"
    site.write_text(SITE)
    path, listener = notify_socket(folder)
    os.environ["NOTIFY_SOCKET"] = path
    os.environ["WATCHDOG_USEC"] = "400000"
    live = namespace.Live(portproof, "-i", "right", "--refresh", "1s", "--site", str(site), "-o", str(report_file), "--events", "none")
    del os.environ["NOTIFY_SOCKET"], os.environ["WATCHDOG_USEC"]
    said = []

    def listen():
        try:
            while True:
                said.append(listener.recv(4096).decode())
        except OSError:
            pass

    threading.Thread(target=listen, daemon=True).start()
    words = []
    threading.Thread(target=lambda: words.extend(iter(live.process.stderr.readline, "")), daemon=True).start()
    wait_for("READY", lambda: any("READY=1" in one for one in said))
    wait_for("STATUS", lambda: any(one.startswith("STATUS=inconclusive") for one in said))
    seen = len([one for one in said if one == "WATCHDOG=1"])
    time.sleep(1)
    fed = len([one for one in said if one == "WATCHDOG=1"]) - seen
    if not 3 <= fed <= 8:
        sys.exit("the watchdog was fed %d times in a second, expected 5" % fed)
    raw = namespace.sender("left")
    raw.send(namespace.udp_frame(4711, 5427))
    time.sleep(0.3)
    live.signal(signal.SIGUSR1)
    wait_for("a report is written", report_file.exists)
    time.sleep(0.2)
    if json.loads(report_file.read_text())["site"]["hosts"] != 2:
        sys.exit("the report that SIGUSR1 asked for: %s" % report_file.read_text())
    site.write_text(SITE + "  - {name: three, address: 10.0.0.3, roles: [nobody]}\n")
    live.signal(signal.SIGHUP)
    wait_for("the mistake is told", lambda: any("nobody" in line for line in words) and any("keeps the rules" in line for line in words))
    replacement = pathlib.Path(folder) / "site.new"
    replacement.write_text(SITE + "  - {name: three, address: 10.0.0.3, roles: [client]}\n")
    replacement.rename(site)
    live.signal(signal.SIGHUP)
    wait_for("the new site is told", lambda: any("as they are now" in line for line in words))
    raw.send(namespace.udp_frame(4712, 5427))
    time.sleep(0.3)
    begun = time.monotonic()
    live.signal(signal.SIGTERM)
    status = live.process.wait(10)
    if time.monotonic() - begun > 2:
        sys.exit("SIGTERM took %.1f s" % (time.monotonic() - begun))
    report = json.loads(report_file.read_text())
    if report["site"]["hosts"] != 3 or report["counters"]["decoded"] != 2 or status != {"compliant": 0, "non-compliant": 1, "inconclusive": 2}[report["verdict"]]:
        sys.exit("the last report: %s, exit status %d" % (report, status))
    wait_for("STOPPING", lambda: "STOPPING=1" in said)
    listener.close()


def main(portproof):
    namespace.veth("left", "right")
    folder = tempfile.mkdtemp()
    try:
        kill_at_any_moment(portproof, folder)
        the_report_is_that_of_one_run(portproof, folder)
        full_disk(portproof, folder)
        signals(portproof, folder)
    finally:
        shutil.rmtree(folder)
    print("kept through %d kills" % KILLS)


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    namespace.enter()
    main(sys.argv[1])
