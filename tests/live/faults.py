#!/usr/bin/python3
"""Every call that live capture makes fails once, of each kind: sockets, libpcap, poll, memory, threads. Nothing crashes, leaks or hangs; what
cannot be had at the beginning ends the program with 3 and says why in a line, and whoever ends with a verdict has a report whose sums hold.

usage: faults.py PROGRAM [KIND,...]          PROGRAM of preset faults or coverage; exit status 77: no namespace can be made here (skipped)
"""
import errno
import json
import pathlib
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor

sys.dont_write_bytecode = True
sys.path.append(str(pathlib.Path(__file__).resolve().parent.parent / "hostile"))
import failing  # noqa: E402
import namespace  # noqa: E402

KINDS = {"network": errno.EPERM, "interrupted-network": errno.EINTR, "lost-network": errno.ENOBUFS, "poll": errno.EFAULT, "interrupted-poll": errno.EINTR,
         "pcap": errno.EPERM, "map": errno.ENOMEM, "thread": errno.EAGAIN, "memory": errno.ENOMEM}
HARMLESS = ("interrupted-poll", "map")
ANSWER_S = 20
SCENARIOS = {"plain": ["-i", "right"], "filtered": ["-i", "right", "--filter", "udp"], "any": ["-i", "any"], "shared": ["-i", "right", "--threads", "2"]}


def wrong(kind, status, hit, out, err):
    """What is wrong with one run; None: nothing."""
    words = err.decode(errors="replace")
    if status < 0 or status == failing.SANITIZER or "Sanitizer" in words or "runtime error" in words:
        return "ended by %d: %s" % (status, words[:3000])
    if status not in (0, 1, 2, 3):
        return "exit status %d" % status
    if status == 3 and not hit:
        return "fails where nothing failed: %s" % words[:300]
    if status == 3 and not [line for line in words.splitlines() if line.startswith("portproof: ") and "live on" not in line]:
        return "fails without a word"
    if hit and kind in HARMLESS and status == 3:
        return "nothing was lost, and yet: %s" % words[:300]
    if status == 3 and not out:
        return None
    try:
        report = json.loads(out)
        if status != 3:  # else what was read by then is reported, and something may be left in the ring
            namespace.check_sums(report)
            if not report["captures"][0]["packets"]:
                return "listens to nothing, and says nothing of it: %s" % report["captures"]
    except (ValueError, SystemExit) as why:
        return "ends with %d, and its report: %s" % (status, why)
    return None


def run_kind(program, name, kind):
    """The first call by each chain of callers fails, one a run."""
    words = [program, "live", "--format", "json", "--events", "none", "--duration", "1s", *SCENARIOS[name]]
    runs, bad, begun = 0, [], time.monotonic()
    for _, status, hit, out, err in failing.each_failure(words, kind.split("-")[-1], KINDS[kind], -8):
        took, begun = time.monotonic() - begun, time.monotonic()
        problem = "it took %.0f s" % took if took > ANSWER_S else wrong(kind, status, hit, out, err)
        if problem:
            bad.append("%s, %s %d: %s" % (name, kind, runs, problem))
        runs += hit
        if len(bad) == 5:
            break
    return runs, bad


def main(program, kinds):
    namespace.veth("left", "right")
    running = True

    def beacon():
        raw = namespace.sender("left")
        while running:
            raw.send(namespace.udp_frame(20000))
            time.sleep(0.005)

    thread = threading.Thread(target=beacon)
    thread.start()
    jobs = [(name, kind) for kind in kinds for name in (SCENARIOS if kind != "memory" else ["shared"])]
    try:
        with ThreadPoolExecutor(6) as pool:  # which wait, most of the time
            done = list(pool.map(lambda job: run_kind(program, *job), jobs))
    finally:
        running = False
        thread.join()
    bad = [problem for _, problems in done for problem in problems]
    for kind in kinds:
        failures = sum(runs for (_, of), (runs, _) in zip(jobs, done) if of == kind)
        print("%-20s %5d failures" % (kind, failures))
        if not failures:
            bad.append("no call of the kind %s failed: is the program of preset faults?" % kind)
    print("%d calls failed, %d wrong" % (sum(runs for runs, _ in done), len(bad)))
    return "\n".join(bad) or 0


if __name__ == "__main__":
    if len(sys.argv) not in (2, 3):
        sys.exit(__doc__)
    namespace.enter()
    sys.exit(main(sys.argv[1], sys.argv[2].split(",") if len(sys.argv) > 2 else list(KINDS)))
