#!/usr/bin/python3
"""portproof as a user without any privilege but CAP_NET_RAW: it listens, confines itself, opens an interface again that was removed
and made anew, and writes its report where that user may write. Where it may not, it says so before it listens.

usage: alone.py PORTPROOF          exit status 77: no namespace can be made here (skipped)
"""
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time

import namespace

NOBODY = 65534
AS_NOBODY = "setpriv --reuid %d --regid %d --clear-groups --inh-caps -all,+net_raw --ambient-caps +net_raw" % (NOBODY, NOBODY)
FRAMES = 50


def send(interface):
    raw = namespace.sender(interface)
    for _ in range(FRAMES):
        raw.send(namespace.udp_frame(20000))
    time.sleep(0.3)


def check_report(program, report):
    live = namespace.Live(AS_NOBODY + " " + program, "-i", "left", "--require-sandbox", "-o", report, "--filter", "udp port 9")
    send("left")
    namespace.ip("link", "del", "left")
    time.sleep(0.5)
    namespace.veth("left", "right")
    time.sleep(0.6)
    send("left")
    words = live.end()
    found = json.loads(pathlib.Path(report).read_text())
    namespace.check_sums(found)
    account = found["captures"][0]["account"]
    if account["judged"] != 2 * FRAMES or found["captures"][0]["gaps"][0]["event"] != "removed":
        return "captures: %s" % found["captures"]
    return "it warns: " + words if "warning" in words else None


def check_refusal(program, report):
    done = subprocess.run([*(AS_NOBODY + " " + program).split(), "live", "-i", "left", "--duration", "1s", "-o", report], capture_output=True, text=True)
    if done.returncode != 3 or "cannot write" not in done.stderr or "live on" in done.stderr:
        return "a report that cannot be written: %s" % done
    return None


def main(portproof):
    namespace.enter()
    if not shutil.which("setpriv"):
        print("skipped: no setpriv here")
        return namespace.SKIPPED
    namespace.veth("left", "right")
    with tempfile.TemporaryDirectory() as folder:
        program, own = os.path.join(folder, "portproof"), os.path.join(folder, "own")
        shutil.copy(portproof, program)
        os.chmod(folder, 0o755)
        os.mkdir(own)
        os.chown(own, NOBODY, NOBODY)
        return check_report(program, os.path.join(own, "report.json")) or check_refusal(program, os.path.join(folder, "report.json")) or 0


sys.exit(main(sys.argv[1]))
