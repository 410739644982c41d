#!/usr/bin/python3
"""portproof over real captures from the field, which are not shipped: shared/check/flows-against-truth. Skipped (77) when the folder is
not there; PORTPROOF_SHARED names another.

usage: real_captures.py PORTPROOF SHARED
"""
import os
import pathlib
import subprocess
import sys

SKIPPED = 77


def main(portproof, shared):
    shared = pathlib.Path(os.environ.get("PORTPROOF_SHARED", shared))
    if not shared.is_dir():
        print("skipped: %s is not there; PORTPROOF_SHARED names the folder of real captures" % shared)
        return SKIPPED
    return subprocess.run([shared / "check/flows-against-truth", portproof]).returncode


sys.exit(main(*sys.argv[1:]))
