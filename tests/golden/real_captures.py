#!/usr/bin/python3
"""portproof over real and broken captures from the field, which are not shipped.

usage: real_captures.py PORTPROOF SHARED SCHEMA truth|robust

truth: shared/check/flows-against-truth. robust: analyze every file of shared/captures and shared/malformed: an exit status that is
promised, in time, a report that follows the schema, and nothing on standard error but portproof's own lines. Skipped (77) when
the folder is not there; PORTPROOF_SHARED names another.
"""
import concurrent.futures
import json
import os
import pathlib
import subprocess
import sys
import time

sys.dont_write_bytecode = True
import schema  # noqa: E402

SKIPPED, SECONDS = 77, 10


def what_is_wrong(portproof, check, path):
    start = time.monotonic()
    try:
        done = subprocess.run([portproof, "analyze", "-f", "json", path], capture_output=True, timeout=SECONDS)
    except subprocess.TimeoutExpired:
        return ["longer than %d s" % SECONDS]
    wrong = [] if done.returncode in (0, 1, 2, 3) else ["exit status %d" % done.returncode]
    try:
        wrong += ["stderr: %s" % line for line in done.stderr.decode().splitlines() if not line.startswith("portproof: ")]
        report = json.loads(done.stdout)
        wrong += schema.complaints(check, report)
        failed = any("error" in capture for capture in report["captures"])
        if failed != (done.returncode == 3):
            wrong.append("exit status %d with captures %s" % (done.returncode, [c.get("error") for c in report["captures"]]))
    except ValueError as why:
        wrong.append("output: %s" % why)
    if time.monotonic() - start > SECONDS:
        wrong.append("%.1f s" % (time.monotonic() - start))
    return wrong


def robust(portproof, shared, schema_path):
    check, failed = schema.validator(schema_path), 0
    paths = [path for folder in ("captures", "malformed") for path in sorted((shared / folder).rglob("*"))
             if path.is_file() and path.suffix != ".tsv"]
    with concurrent.futures.ThreadPoolExecutor() as pool:
        for path, wrong in zip(paths, pool.map(lambda path: what_is_wrong(portproof, check, path), paths)):
            failed += bool(wrong)
            for line in wrong:
                print("%s: %s" % (path.relative_to(shared), line))
    print("%d of %d files failed" % (failed, len(paths)))
    return 1 if failed or not paths else 0


def main(portproof, shared, schema_path, what):
    shared = pathlib.Path(os.environ.get("PORTPROOF_SHARED", shared))
    if not shared.is_dir():
        print("skipped: %s is not there; PORTPROOF_SHARED names the folder of real captures" % shared)
        return SKIPPED
    if what == "robust":
        return robust(portproof, shared, schema_path)
    return subprocess.run([shared / "check/flows-against-truth", portproof]).returncode


sys.exit(main(*sys.argv[1:]))
