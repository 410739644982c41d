#!/usr/bin/python3
"""Do the numbers of a JSON report agree with the flows it was made of, and with each other?

usage: consistency.py PORTPROOF CAPTURE...     every capture, with and without the site file beside it, and past --max-flows

The summary is counted again from `flows --format jsonl`; findings, rows, edges, verdict and exit status must fit it.
"""
import collections
import json
import pathlib
import subprocess
import sys

sys.dont_write_bytecode = True
import schema  # noqa: E402

THROUGH = ("answered", "half-seen")
EXIT = {"compliant": 0, "non-compliant": 1, "inconclusive": 2}


def run(portproof, command, *arguments):
    done = subprocess.run([portproof, command, *map(str, arguments)], capture_output=True, text=True, timeout=60)
    return done.returncode, done.stdout


def summary_of(flows, report):
    """The summary, counted from the flows; rows, and fragments that are in no flow, from the report."""
    count = collections.Counter(flow["verdict"] for flow in flows)
    states = collections.Counter(row["state"] for row in report["rows"])
    orphans = sum(f["flows"] for f in report["findings"] if f.get("reason") == "fragment")
    return {
        "expected": count["expected"],
        "unexpected": count["unexpected"],
        "got_through": sum(f["verdict"] == "unexpected" and f["outcome"] in THROUGH for f in flows),
        "undetermined": count["undetermined"] + orphans,
        "exempt": count["exempt"],
        "out_of_scope": count["out-of-scope"],
        "blocked": states["blocked"],
        "missing": states["missing"],
    }


def finding_sums(report):
    """Flows behind the findings of each kind; those that got through apart."""
    sums = collections.Counter()
    for finding in report["findings"]:
        sums[finding["kind"]] += finding.get("flows", 0)
        sums[finding["kind"], finding.get("got_through")] += finding.get("flows", 0)
    return sums


def verdict_of(report):
    """What design 5.5 makes of the report's own numbers; None: inconclusive or compliant, which needs more than numbers."""
    summary, kinds = report["summary"], {f["kind"] for f in report["findings"]}
    if summary["got_through"] or summary["blocked"] or "waiver-expired" in kinds:
        return "non-compliant"
    doubts = summary["missing"] or summary["undetermined"] or report["site"]["source"] == "inferred" or report["fitness"]["grade"] == "poor"
    nothing = not any(row["state"] == "expected" for row in report["rows"])
    unseen = any(row["state"] == "not-observable" for row in report["rows"])
    return "inconclusive" if doubts or nothing or unseen else None


def edge_complaints(row):
    states = [edge["state"] for edge in row["edges"] if edge["due"]]
    worst = [state for state in ("blocked", "missing", "not-observable", "expected") if state in states][:1]
    if states and row["state"] != worst[0]:
        yield "row %s is %s, its worst due edge %s" % (row["id"], row["state"], worst[0])
    if sum(edge["flows"] for edge in row["edges"]) != row["flows"]:
        yield "row %s has %d flows, its edges others" % (row["id"], row["flows"])


def complaints(report, flows, status):
    summary, sums = report["summary"], finding_sums(report)
    for name, number in summary_of(flows, report).items():
        if summary[name] != number:
            yield "summary.%s is %d, the flows say %d" % (name, summary[name], number)
    for kind in ("unexpected", "undetermined"):
        if sums[kind] != summary[kind]:
            yield "findings hold %d %s flows, the summary %d" % (sums[kind], kind, summary[kind])
    if sums["unexpected", True] != summary["got_through"]:
        yield "findings let %d flows through, the summary %d" % (sums["unexpected", True], summary["got_through"])
    packets = sum(flow[side]["packets"] for flow in flows for side in ("forward", "reverse"))
    counters = report["counters"]
    if not 0 <= packets + counters["not_judged"] - counters["decoded"] <= (counters["icmp_errors"] if counters["not_judged"] else 0):
        yield "%d packets in flows, %d decoded" % (packets, counters["decoded"])
    wanted = verdict_of(report)
    if wanted and wanted != report["verdict"]:
        yield "verdict %s, the numbers say %s" % (report["verdict"], wanted)
    failed = any("error" in capture for capture in report["captures"])
    if status != (3 if failed else EXIT[report["verdict"]]):
        yield "exit status %d of a report that is %s" % (status, report["verdict"])
    if len(report["rows"]) != report["rules"]["rows"]:
        yield "%d rows of %d" % (len(report["rows"]), report["rules"]["rows"])
    blocked = {f["row"] for f in report["findings"] if f["kind"] == "blocked"}
    for row in report["rows"]:
        partner = {"rsa-tta-5500": "tta-rsa-udp"}.get(row["id"], row["id"])  # two rows, one conversation
        if (row["state"] == "blocked") != (partner in blocked):
            yield "row %s is %s, and its findings disagree" % (row["id"], row["state"])
        yield from edge_complaints(row)


def main(portproof, *captures):
    failed = 0
    for capture in map(pathlib.Path, captures):
        for options in [[], ["--max-flows", "16"], ["--decap"], *schema.beside(capture)]:
            status, text = run(portproof, "analyze", "--format", "json", *options, capture)
            flows = [json.loads(line) for line in run(portproof, "flows", "--format", "jsonl", *options, capture)[1].splitlines()]
            for why in complaints(json.loads(text), flows, status):
                failed += 1
                print("%s %s: %s" % (" ".join(map(str, options)), capture.name, why))
    return 1 if failed or not captures else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
