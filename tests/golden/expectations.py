#!/usr/bin/python3
"""Does a scenario's capture show what the scenario expects of it?

usage: expectations.py PORTPROOF SCENARIO...     pcaps/NAME.scenario.yaml, with NAME.pcap(ng) and maybe NAME.site.yaml beside it

Each line of `expect:` is one fact about the report; the first word says of what:
  verdict, exit, fitness   the word itself
  summary                  counts, as in the report
  row                      the row's id; then any of its members, as in {row: tta-ldap, state: blocked}
  edge                     the row's id; then from, to (names), note, and any member of the edge
  finding                  the kind; then any of its members. initiator and responder are names or addresses; port, label
                           (null: none), readings (row ids) are short for what they say. count: how many findings fit
  flow                     "a:1 -> b:2" with the scenario's host names; then any member of `flows --format jsonl`
  note, no-note            part of one of the notes on fitness, or of none

Facts under `not_yet:` are right but known not to hold; one that holds fails the test, so that it is moved to `expect:`.
"""
import ipaddress
import json
import pathlib
import re
import subprocess
import sys

import yaml


def run(portproof, arguments):
    done = subprocess.run([portproof, *map(str, arguments)], capture_output=True, text=True, timeout=60)
    if done.returncode == 3:
        sys.exit("portproof %s: %s" % (" ".join(map(str, arguments)), done.stderr))
    return done


class Results:
    """What portproof says of a scenario's capture."""

    def __init__(self, portproof, path):
        stem = path.name.removesuffix(".scenario.yaml")
        self.scenario = yaml.safe_load(path.read_text())
        capture = next(path.parent / (stem + end) for end in (".pcap", ".pcapng") if (path.parent / (stem + end)).exists())
        site = path.parent / (stem + ".site.yaml")
        common = (["--site", site] if site.exists() else []) + list(self.scenario.get("with", []))
        done = run(portproof, ["analyze", "--format", "json", *common, capture])
        self.exit, self.report = done.returncode, json.loads(done.stdout)
        lines = run(portproof, ["flows", "--format", "jsonl", *common, capture]).stdout.splitlines()
        self.flows = [json.loads(line) for line in lines]

    def is_host(self, name, text):
        """Whether an address is one of a host's, or the host is called so."""
        addresses = self.scenario["hosts"].get(name, name)
        addresses = addresses if isinstance(addresses, list) else [addresses]
        return text in [str(ipaddress.ip_address(a)) for a in addresses if re.match(r"[\d:]|[a-f]+\d*:", str(a))]


def holds(actual, wanted):
    """Every member that is wanted is there and equal; members of members too."""
    if isinstance(wanted, dict):
        return isinstance(actual, dict) and all(holds(actual.get(key), value) for key, value in wanted.items())
    return actual == wanted or (wanted is not None and str(actual) == str(wanted) and not isinstance(wanted, bool))


def party_holds(results, party, wanted):
    return party.get("name") == wanted or results.is_host(wanted, party.get("address"))


def finding_holds(results, finding, wanted):
    short = {
        "initiator": lambda w: party_holds(results, finding["initiator"], w),
        "responder": lambda w: party_holds(results, finding["responder"], w),
        "port": lambda w: finding["responder"].get("port") == w,
        "label": lambda w: not finding["labels"] if w is None else w in finding["labels"],
        "readings": lambda w: sorted(r.get("row") for r in finding.get("readings", [])) == sorted(w),
    }
    return all(short[key](value) if key in short else holds(finding.get(key), value) for key, value in wanted.items())


def edge_holds(edge, wanted):
    short = {
        "from": lambda w: edge["from"].get("name") == w,
        "to": lambda w: edge["to"].get("name") == w,
        "note": lambda w: w in edge["notes"],
    }
    return all(short[key](value) if key in short else holds(edge.get(key), value) for key, value in wanted.items())


def end_holds(results, end, text):
    name, port = text.rsplit(":", 1)
    return results.is_host(name, end["address"]) and end["port"] == int(port)


def found_instead(holds_now, otherwise):
    """What to show of a fact: nothing when it holds."""
    return None if holds_now else otherwise


def check_row(results, row_id, fact):
    row = next(r for r in results.report["rows"] if r["id"] == row_id)
    return found_instead(holds(row, fact), {key: value for key, value in row.items() if key in fact})


def check_edge(results, row_id, fact):
    edges = next(r for r in results.report["rows"] if r["id"] == row_id)["edges"]
    return found_instead(any(edge_holds(edge, fact) for edge in edges), edges)


def check_finding(results, kind, fact):
    count = fact.pop("count", None)
    of_kind = [f for f in results.report["findings"] if f["kind"] == kind]
    fitting = sum(finding_holds(results, f, fact) for f in of_kind)
    return found_instead(fitting == count if count is not None else fitting, "%d of %s" % (fitting, of_kind))


def check_flow(results, ends, fact):
    a, b = (end.strip() for end in ends.split("->"))
    found = [f for f in results.flows if end_holds(results, f["initiator"], a) and end_holds(results, f["responder"], b)]
    return found_instead(any(holds(f, fact) for f in found), found or "no such flow among %s" % results.flows)


def check_note(results, words, _):
    notes = results.report["fitness"]["notes"]
    return found_instead(any(words in note for note in notes), notes)


def check_value(value_of):
    return lambda results, wanted, _: found_instead(holds(value_of(results), wanted), value_of(results))


CHECKS = {
    "verdict": check_value(lambda results: results.report["verdict"]),
    "exit": check_value(lambda results: results.exit),
    "fitness": check_value(lambda results: results.report["fitness"]["grade"]),
    "summary": check_value(lambda results: results.report["summary"]),
    "row": check_row,
    "edge": check_edge,
    "finding": check_finding,
    "flow": check_flow,
    "note": check_note,
    "no-note": lambda results, words, rest: found_instead(check_note(results, words, rest) is not None, results.report["fitness"]["notes"]),
}


def check(results, fact):
    """None when the fact holds; else what was found instead."""
    rest = dict(fact)
    kind = next(iter(fact))
    return CHECKS[kind](results, rest.pop(kind), rest)


def main(portproof, *paths):
    failed = 0
    for path in map(pathlib.Path, paths):
        results = Results(portproof, path)
        facts = results.scenario.get("expect", [])
        if not facts:
            failed += 1
            print("%s expects nothing" % path.name)
        for fact in facts:
            found = check(results, fact)
            if found is not None:
                failed += 1
                print("%s\n  expected %s\n  found    %s" % (path.name, json.dumps(fact), json.dumps(found)))
        for fact in results.scenario.get("not_yet", []):
            if check(results, fact) is None:
                failed += 1
                print("%s\n  holds now, move it to expect: %s" % (path.name, json.dumps(fact)))
            else:
                print("%s\n  known not to hold yet: %s" % (path.name, json.dumps(fact)))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
