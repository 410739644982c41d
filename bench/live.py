#!/usr/bin/python3
"""tools/bench live: measure portproof while it listens, beside what else listens, in a network namespace of its own (needs root).

A sender fills one end of a virtual link as fast as it takes frames; what is measured listens on the other. Everything runs in turns,
round after round; medians count, and only ratios within one run. bench/README.md teaches how to read it."""
import argparse
import json
import os
import re
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections import namedtuple
from pathlib import Path

TOP = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(TOP / "tests" / "live"))
import namespace  # noqa: E402  (a namespace with a link in it, as the live tests make it)

BUILD = TOP / "build" / "bench"
FLOWS = 10_000
REFRESH_S = 1
READY_S = 10
DRAINED_S = 0.7             # until a ring is empty
LATE_S = 0.05               # what may come on top of the refresh interval
FINDINGS = 300              # whose latency is measured

Listener = namedtuple("Listener", "name program package command ready ends")
Run = namedtuple("Run", "sent seconds received lost cpu")


def listeners(portproof, folder):
    live = (portproof, "live", "-i", "right", "--format", "json", "--events", "none")
    return {one.name: one for one in (
        Listener("portproof", portproof, None, live, "live on", signal.SIGTERM),
        Listener("portproof, 2 threads", portproof, None, live + ("--threads", "2"), "live on", signal.SIGTERM),
        Listener("tcpdump -w /dev/null", "tcpdump", "tcpdump", ("tcpdump", "-n", "-i", "right", "-w", "/dev/null"), "listening on", signal.SIGTERM),
        Listener("dumpcap", "dumpcap", "wireshark-common", ("dumpcap", "-q", "-i", "right", "-w", "/dev/null"), "File: ", signal.SIGTERM),
        Listener("softflowd", "softflowd", "softflowd", ("softflowd", "-d", "-i", "right", "-p", folder + "/pid", "-c", folder + "/ctl"), "starting data collection", signal.SIGTERM),
    )}


def say(*words):
    print(*words, file=sys.stderr, flush=True)


# --- one listener, one blast ----------------------------------------------------------------------------------------------

class Reading(threading.Thread):
    """All that a process says, as it comes."""

    def __init__(self, stream):
        super().__init__(daemon=True)
        self.stream, self.lines = stream, []
        self.start()

    @property
    def text(self):
        return "".join(self.lines)

    def run(self):
        for line in self.stream:
            self.lines.append(line)


def start(listener, cpu):
    words = list(listener.command)
    if cpu is not None:
        words = ["taskset", "-c", str(cpu), *words]
    process = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    out, err = Reading(process.stdout), Reading(process.stderr)
    end = time.monotonic() + READY_S
    while not re.search(listener.ready, err.text + out.text):
        if process.poll() is not None or time.monotonic() > end:
            process.kill()
            process.wait()
            raise OSError("%s does not listen: %s" % (listener.name, (err.text + out.text).strip()[-200:]))
        time.sleep(0.02)
    time.sleep(0.3)
    return process, out, err


def blast(packets, cpu, seed):
    words = [str(BUILD / "blast"), "left", str(packets), str(FLOWS), str(seed)]
    done = subprocess.run(["taskset", "-c", str(cpu), *words] if cpu is not None else words, capture_output=True, text=True, check=True)
    sent, seconds = done.stdout.split()
    return int(sent), float(seconds)


def counted(name, out, err):
    """(received, lost) as the program itself says; None: it does not say."""
    if name.startswith("portproof"):
        account = json.loads(out)["captures"][0]["account"]
        return account["received"], account["dropped"]
    if name.startswith("tcpdump"):
        return tuple(int(re.search(r"(\d+) packets? %s" % what, err).group(1)) for what in ("received by filter", "dropped by kernel"))
    if name.startswith("dumpcap"):
        found = re.search(r"received/dropped on interface '\S+': (\d+)/(\d+)", out + err)
        return int(found.group(1)) + int(found.group(2)), int(found.group(2))
    return None, None


def cpu_seconds(process):
    """Of all its threads, so far; to the nanosecond, where getrusage may go by ticks."""
    total = 0
    for task in Path("/proc/%d/task" % process.pid).iterdir():
        total += int((task / "schedstat").read_text().split()[0])
    return total / 1e9


def measure(listener, packets, cpus, seed):
    process, out, err = start(listener, cpus[1])
    try:
        before = cpu_seconds(process)
        sent, seconds = blast(packets, cpus[0], seed)
        time.sleep(DRAINED_S)
        cpu = cpu_seconds(process) - before  # neither making the ring nor writing a report is part of it
    finally:
        process.send_signal(listener.ends)
    process.wait(30)
    out.join(), err.join()
    received, lost = counted(listener.name, out.text, err.text)
    return Run(sent, seconds, received, lost, cpu)


# --- how long until it is told ----------------------------------------------------------------------------------------------

def latencies(portproof):
    """Seconds from a packet that makes a new finding to the line that tells it."""
    live = subprocess.Popen([portproof, "live", "-i", "right", "--refresh", "%ds" % REFRESH_S, "--events", "jsonl", "--format", "json", "--site", SITE],
                            stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    told, sent = {}, {}

    def listen():
        for line in live.stderr:
            if line.startswith("{"):
                finding = json.loads(line).get("finding")
                if finding:
                    told[finding["responder"]["port"]] = time.monotonic()

    threading.Thread(target=listen, daemon=True).start()
    time.sleep(1)
    raw = namespace.sender("left")
    for number in range(FINDINGS):
        port = 20000 + number
        sent[port] = time.monotonic()
        raw.send(namespace.udp_frame(port, port))
        time.sleep(0.0137)
    time.sleep(2 * REFRESH_S)
    live.send_signal(signal.SIGTERM)
    live.wait(10)
    return sorted(told[port] - sent[port] for port in sent if port in told)


# --- all of it ----------------------------------------------------------------------------------------------------------------

def install(args):
    missing = [one.package for one in listeners("portproof", "").values() if one.package and not shutil.which(one.program)]
    if missing and not args.no_install:
        subprocess.run(["apt-get", "install", "-y", "-qq", "--no-install-recommends", *missing], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)


def build():
    words = ["cc", "-O2", "-std=c17", str(TOP / "bench" / "blast.c"), "-o", str(BUILD / "blast")]
    steps = (["cmake", "-S", TOP, "-B", BUILD, "-G", "Ninja", "-DCMAKE_BUILD_TYPE=Release", "-DPORTPROOF_TESTS=OFF", "-DPORTPROOF_BENCH=ON"], ["cmake", "--build", BUILD], words)
    for step in steps:
        done = subprocess.run(step, capture_output=True, text=True, check=False)
        if done.returncode:
            sys.exit(done.stdout + done.stderr + "tools/bench live: the build failed")


def median(values):
    known = [value for value in values if value is not None]
    return statistics.median(known) if known else None


def measure_all(args, known, cpus, title, names):
    runs = {}
    for number in range(args.rounds):
        for name in names:
            say("%s: round %d of %d, %s" % (title, number + 1, args.rounds, name))
            try:
                runs.setdefault(name, []).append(measure(known[name], args.packets, cpus, number + 1))
            except (OSError, subprocess.SubprocessError, AttributeError, ValueError) as problem:
                say("  %s: %s" % (name, problem))
    return runs


def write_runs(title, runs):
    print("\n" + title)
    print("  %-22s %12s %14s %16s %18s" % ("", "sent a s", "lost, median", "lost, most", "CPU s a million"))
    for name, them in runs.items():
        lost = [run.lost for run in them]
        print("  %-22s %12s %14s %16s %18.4f" % (name, format(int(median([run.sent / run.seconds for run in them])), ","), median(lost) if median(lost) is not None else "not said",
                                               max(one for one in lost if one is not None) if median(lost) is not None else "-", median([run.cpu / run.sent * 1e6 for run in them])))


def ratio(runs, other):
    if other not in runs or "portproof" not in runs:
        return None
    return median([run.cpu / run.sent for run in runs["portproof"]]) / median([run.cpu / run.sent for run in runs[other]])


def write_bars(free, crowded, late):
    bars = []
    lost = [run.lost for run in free.get("portproof", ())]
    bars.append(("packets lost at full speed", "0 in every run", max(lost) if lost else None, lost and max(lost) == 0))
    for other, most in (("tcpdump -w /dev/null", 0.5), ("softflowd", 0.2)):
        got = ratio(free, other)
        bars.append(("CPU a packet, against " + other, "≤ %g" % most, None if got is None else "%.2f" % got, got is not None and got <= most))
    if "portproof" in crowded and "dumpcap" in crowded:
        ours, theirs = (median([run.lost / run.sent for run in crowded[name]]) for name in ("portproof", "dumpcap"))
        bars.append(("lost with sender and listener on one core", "≤ dumpcap's %.1f %%" % (theirs * 100), "%.1f %%" % (ours * 100), ours <= theirs))
    if late:
        slow = late[min(len(late) - 1, int(len(late) * 0.99))]
        bars.append(("99 %% of findings told within (of %d)" % len(late), "≤ %.2f s" % (REFRESH_S + LATE_S), "%.3f s" % slow, slow <= REFRESH_S + LATE_S and len(late) == FINDINGS))
    print("\nbars")
    for what, needs, got, reached in bars:
        print("  %s %-46s %24s %12s  %s" % ("✔" if reached else "✘", what, needs, "-" if got is None else got, "reached" if reached else "not reached"))
    return bars


def main():
    parser = argparse.ArgumentParser(prog="tools/bench live", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--packets", type=int, default=3_000_000, metavar="N", help="frames a run (default 3000000)")
    parser.add_argument("--rounds", type=int, default=5, metavar="N", help="how often everything runs (default 5)")
    parser.add_argument("--portproof", metavar="PROGRAM", help="measure this one instead of the one built here")
    parser.add_argument("--json", metavar="FILE", help="write every run there too")
    parser.add_argument("--no-install", action="store_true", help="install nothing")
    args = parser.parse_args()
    namespace.enter()
    args.portproof = args.portproof or str(BUILD / "portproof")
    install(args)
    build()
    namespace.veth("left", "right")
    with tempfile.TemporaryDirectory() as folder:
        global SITE
        SITE = folder + "/site.yaml"
        Path(SITE).write_text("hosts:\n  - {name: one, address: 10.0.0.1, roles: [client]}\n  - {name: two, address: 10.0.0.2, roles: [tarantella-server]}\n")
        known = {name: one for name, one in listeners(args.portproof, folder).items() if shutil.which(one.program)}
        free = measure_all(args, known, (None, None), "at full speed", known)
        crowded = measure_all(args, known, (1, 1), "on one core", [name for name in ("portproof", "tcpdump -w /dev/null", "dumpcap") if name in known])
        late = latencies(args.portproof)
    processor = re.search(r"model name\s*: (.*)", Path("/proc/cpuinfo").read_text())
    print("machine    %s, %d processors, Linux %s" % (processor.group(1) if processor else "unknown", os.cpu_count(), os.uname().release))
    print("date       %s" % time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime()))
    print("command    tools/bench live --packets %d --rounds %d" % (args.packets, args.rounds))
    write_runs("at full speed: %s 60-byte frames of %s flows" % (format(args.packets, ","), format(FLOWS, ",")), free)
    write_runs("sender and listener on one core", crowded)
    bars = write_bars(free, crowded, late)
    if args.json:
        runs = {title: {name: [run._asdict() for run in them] for name, them in runs.items()} for title, runs in (("free", free), ("one core", crowded))}
        Path(args.json).write_text(json.dumps({"runs": runs, "latencies": late, "bars": bars}, indent=1))


if __name__ == "__main__":
    main()
