#!/usr/bin/python3
"""Do JSON reports follow docs/report.schema.json?

usage: schema.py PORTPROOF SCHEMA CAPTURE...     judges every capture, also with the site file beside it, and checks the report
"""
import json
import pathlib
import subprocess
import sys

import jsonschema


def validator(schema_path):
    schema = json.loads(pathlib.Path(schema_path).read_text())
    jsonschema.Draft202012Validator.check_schema(schema)
    return jsonschema.Draft202012Validator(schema)


def complaints(check, report):
    return ["%s: %s" % ("/".join(map(str, error.absolute_path)), error.message[:200]) for error in check.iter_errors(report)]


def report_of(portproof, arguments):
    done = subprocess.run([portproof, "analyze", "--format", "json", *map(str, arguments)], capture_output=True, text=True, timeout=60)
    return json.loads(done.stdout)


def beside(capture):
    """The site file of a shipped capture, when it has one."""
    site = capture.parent / (capture.name.rsplit(".", 1)[0] + ".site.yaml")
    return [["--site", site]] if site.exists() else []


def main(portproof, schema_path, *captures):
    check, failed = validator(schema_path), 0
    for capture in map(pathlib.Path, captures):
        for options in [[], ["--hash"], *beside(capture)]:
            for why in complaints(check, report_of(portproof, [*options, capture])):
                failed += 1
                print("%s %s: %s" % (" ".join(map(str, options)), capture.name, why))
    return 1 if failed or not captures else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
