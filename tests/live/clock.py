#!/usr/bin/python3
"""The system's date is set an hour back, and eighty years ahead, while portproof listens: nothing is told that would not have been told
without, times go on, and the report says so. Setting the date of the machine is nobody's right here, so a library between portproof and
the system says that it was; packets keep the stamps of before, as those do that wait in the ring.

usage: clock.py PORTPROOF          exit status 77: no namespace can be made here, or there is no C compiler (skipped)
"""
import datetime
import json
import os
import pathlib
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time

import namespace

SHIM = r"""
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

int clock_gettime(clockid_t clock, struct timespec *now)
{
    static int (*real)(clockid_t, struct timespec *);
    static struct timespec begun;
    if (!real) real = (int (*)(clockid_t, struct timespec *))dlsym(RTLD_NEXT, "clock_gettime");
    int status = real(clock, now);
    if (clock != CLOCK_REALTIME) return status;
    if (!begun.tv_sec) begun = *now;
    long running = now->tv_sec - begun.tv_sec;
    if (running >= 3 && running < 6) now->tv_sec += STEP;
    return status;
}
"""
STEPS = {"an hour back": -3600, "eighty years ahead": 80 * 365 * 86400}


def listen(portproof, library):
    # The address sanitizer wants to be the first library; here it is the second.
    environment = dict(os.environ, ASAN_OPTIONS="verify_asan_link_order=0", **({"LD_PRELOAD": library} if library else {}))
    live = subprocess.Popen([portproof, "live", "-i", "lo", "--refresh", "1s", "--window", "1h", "--events", "jsonl", "--duration", "8s", "--format", "json"],
                            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment)
    listener = socket.create_server(("127.0.0.1", 4000))
    threading.Thread(target=namespace.serve, args=(listener,), daemon=True).start()
    end = time.time() + 7.5
    time.sleep(1)
    while time.time() < end:
        with socket.create_connection(("127.0.0.1", 4000), timeout=2) as client:
            client.sendall(b"hello")
            client.recv(64)
        time.sleep(0.2)
    out, words = live.communicate(timeout=20)
    listener.shutdown(socket.SHUT_RDWR)
    listener.close()
    events = [json.loads(line) for line in words.splitlines() if line.startswith("{")]
    return json.loads(out), events


def told(events):
    return [{key: value for key, value in event.items() if key not in ("at", "finding")} for event in events]


def main(portproof):
    if not shutil.which("cc") and not shutil.which("gcc"):
        print("skipped: no C compiler")
        sys.exit(namespace.SKIPPED)
    namespace.ip("link", "set", "lo", "up")
    report, events = listen(portproof, None)
    wanted = told(events)
    if "clock_steps" in report["captures"][0] or not wanted:
        sys.exit("without a step: %s" % report["captures"][0])
    with tempfile.TemporaryDirectory() as folder:
        for name, step in STEPS.items():
            library = str(pathlib.Path(folder) / "shim.so")
            subprocess.run([shutil.which("gcc") or "cc", "-shared", "-fPIC", "-DSTEP=%d" % step, "-x", "c", "-", "-o", library, "-ldl"], input=SHIM, text=True, check=True)
            report, events = listen(portproof, library)
            if told(events) != wanted:
                sys.exit("%s: told %s, expected %s" % (name, told(events), wanted))
            capture = report["captures"][0]
            first, last = (datetime.datetime.fromisoformat(capture[key][:26]) for key in ("first", "last"))
            if not datetime.timedelta(seconds=5) < last - first < datetime.timedelta(seconds=10):
                sys.exit("%s: packets from %s to %s" % (name, first, last))
            if capture.get("clock_steps") != 2 or not any("date was set 2 times" in note for note in report["fitness"]["notes"]):
                sys.exit("%s: the report says nothing of it: %s" % (name, report["fitness"]["notes"]))
            if report["fitness"]["gaps"]:
                sys.exit("%s: gaps: %s" % (name, report["fitness"]["gaps"]))


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    namespace.enter()
    main(sys.argv[1])
