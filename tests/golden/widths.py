#!/usr/bin/python3
"""The text report keeps to its width and to the locale's characters, and says nothing twice.

usage: widths.py PORTPROOF CAPTURE...
"""
import os
import pathlib
import re
import subprocess
import sys

sys.dont_write_bytecode = True
import schema  # noqa: E402

WIDTHS = (60, 80, 100, 140)
PORTS = re.compile(r" (\.\.\.|to 65535/udp|and above)$")


def report(portproof, options, capture, locale):
    environment = {**os.environ, "LC_ALL": locale, "TZ": "UTC"}
    done = subprocess.run([portproof, "analyze", *map(str, options), str(capture)], capture_output=True, env=environment, timeout=60)
    return done.stdout


def complaints(text, width):
    lines = text.split("\n")
    for line in lines:
        # Two columns of grace: the id of a row and its ports as the page writes them stand on one line.
        if len(line) > width + (2 if PORTS.search(line) else 0):
            yield "%d columns: %s" % (len(line), line)
        if line != line.rstrip():
            yield "ends in blanks: %r" % line
    for first, second in zip(lines, lines[1:]):
        if first and first == second:
            yield "twice: %s" % first


def main(portproof, *captures):
    failed = 0
    for capture in map(pathlib.Path, captures):
        for options in [[], *schema.beside(capture)]:
            for width in WIDTHS:
                why = list(complaints(report(portproof, [*options, "--width", width, "--all"], capture, "C.UTF-8").decode(), width))
                plain = report(portproof, [*options, "--width", width], capture, "C")
                why += complaints(plain.decode("latin-1"), width)
                why += ["not ASCII: %r" % line for line in plain.splitlines() if not line.isascii()]
                for each in why:
                    failed += 1
                    print("%s at %d: %s" % (capture.name, width, each))
    return 1 if failed or not captures else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
