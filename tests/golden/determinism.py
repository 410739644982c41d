#!/usr/bin/python3
"""Equal evidence gives equal reports.

usage: determinism.py PORTPROOF SITE CAPTURE OTHER_CAPTURE     both captures as pcap with the same link type

The same input twice gives the same bytes; the number of threads changes nothing; the order of captures changes nothing but the
list of captures and what points into it; a capture cut in two files gives the same findings as the whole.
"""
import json
import pathlib
import struct
import subprocess
import sys
import tempfile

INTO_CAPTURES = ("seen_in", "first_frame")  # members that point into the list of captures


def analyze(portproof, site, *arguments):
    done = subprocess.run([portproof, "analyze", "-f", "json", "--site", site, *map(str, arguments)], capture_output=True, timeout=60)
    if done.returncode not in (0, 1, 2):
        sys.exit("exit status %d: %s" % (done.returncode, done.stderr.decode()))
    return done.stdout


def without_pointers(text):
    report = json.loads(text)
    del report["captures"]
    for finding in report["findings"]:
        for key in INTO_CAPTURES:
            finding.pop(key, None)
    return report


def records(data):
    at = 24
    while at < len(data):
        end = at + 16 + struct.unpack_from("<I", data, at + 8)[0]
        yield data[at:end]
        at = end


def split(capture, folder, ways):
    """The capture's packets dealt to files: halves one after the other, or every second packet."""
    data = capture.read_bytes()
    all_records = list(records(data))
    middle = len(all_records) // 2
    parts = (all_records[:middle], all_records[middle:]) if ways == "halves" else (all_records[::2], all_records[1::2])
    paths = []
    for number, part in enumerate(parts):
        paths.append(pathlib.Path(folder) / ("%s-%d.pcap" % (ways, number)))
        paths[-1].write_bytes(data[:24] + b"".join(part))
    return paths


def differences(a, b, path=""):
    if type(a) is not type(b):
        return ["%s: %s, not %s" % (path, b, a)]
    if isinstance(a, dict):
        return [d for key in sorted(set(a) | set(b)) for d in differences(a.get(key), b.get(key), path + "/" + key)]
    if isinstance(a, list) and len(a) == len(b):
        return [d for i, (x, y) in enumerate(zip(a, b)) for d in differences(x, y, "%s/%d" % (path, i))]
    return [] if a == b else ["%s: %s, not %s" % (path, b, a)]


def main(portproof, site, capture, other):
    capture, other = pathlib.Path(capture), pathlib.Path(other)
    failed = []
    once = analyze(portproof, site, capture)
    if once != analyze(portproof, site, capture):
        failed.append("a second run prints other bytes")
    for threads in (1, 2, 7):
        if once != analyze(portproof, site, "--threads", threads, capture):
            failed.append("--threads %d prints other bytes" % threads)
    forth, back = (without_pointers(analyze(portproof, site, *order)) for order in ((capture, other), (other, capture)))
    failed += ["the order of captures changes " + d for d in differences(forth, back)]
    with tempfile.TemporaryDirectory() as folder:
        for ways in ("halves", "every-second"):
            parts = without_pointers(analyze(portproof, site, *split(capture, folder, ways)))
            failed += ["cut into %s: %s" % (ways, d) for d in differences(without_pointers(once), parts)]
    print("\n".join(failed) or "ok")
    return 1 if failed else 0


sys.exit(main(*sys.argv[1:]))
