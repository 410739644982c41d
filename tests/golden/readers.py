#!/usr/bin/python3
"""Every format read by somebody else's reader, and compared with the JSON report; with names that try to be a formula, a tag, a table's
cell or a mention, too.

usage: readers.py PORTPROOF PCAPS csv|junit|sarif|sarif-validator|markdown|plan|compare        exit status 77: no reader for it here (skipped)
"""
import base64
import csv
import hashlib
import html.parser
import io
import json
import pathlib
import re
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as xml

sys.dont_write_bytecode = True
import schema  # noqa: E402

HERE = pathlib.Path(__file__).resolve().parent
TOP = HERE.parent.parent
SKIPPED = 77
CAPTURES = ["after-migration", "every-row", "signatures-of-a-block", "trap-05-callbacks", "asymmetric", "trap-10-loopback", "nat"]
HOSTILE = {
    "tta1": r'"=cmd|\"/c calc\"!A0"',
    "tta2": r'"<script>alert(1)</script>"',
    "tta3": r'"a|b `c` [d](http://e.example) ![f](g) @everyone #1"',
    "app1": r'"+1 & ]]> \x01 \u202e"',
    "dc1": r'"*_~\\|"',
    "ldap1": r'"-- @here"',
    "staff": r'"\tx\r\n# head"',
    "rsa1": r'"</td></table><img src=x onerror=alert(1)>"',
}
FORMULA = re.compile(r"^[ ]*[=+@\t\r-]")


def fail(*words):
    sys.exit(" ".join(str(word) for word in words))


class Report:
    """One capture judged, in whichever format."""

    def __init__(self, portproof, capture, site, *options):
        self.command = [portproof, "analyze", "--site", site, *options, capture]
        self.json = json.loads(self.write("json"))
        self.rows = {row["id"]: row for row in self.json["rows"]}

    def write(self, format, *options):
        done = subprocess.run([*self.command, *options, "--format", format], capture_output=True, timeout=60, cwd=TOP)
        if done.returncode > 2 or done.stderr:
            fail(format, "exit", done.returncode, done.stderr)
        return done.stdout


def reports(portproof, pcaps):
    for name in CAPTURES:
        capture = next(path for path in pcaps.glob(name + ".pcap*"))
        yield Report(portproof, capture, pcaps / (name + ".site.yaml"))
    text = (pcaps / "after-migration.site.yaml").read_text()
    for name, hostile in HOSTILE.items():
        text = text.replace("{name: %s," % name, "{name: %s," % hostile)
    with tempfile.NamedTemporaryFile("w", suffix=".yaml") as site:
        site.write(text)
        site.flush()
        yield Report(portproof, pcaps / "after-migration.pcap", site.name)


# --- CSV ------------------------------------------------------------------------------------------------------------------


def records(text):
    text = text.decode()
    if text.count("\r\n") != text.count("\n") or text.count("\r") != text.count("\n") or not text.endswith("\r\n"):
        fail("csv: lines that do not end in CRLF")
    lines = list(csv.DictReader(io.StringIO(text, newline=""), strict=True))
    for line in lines:
        for field, value in line.items():
            if field is None or value is None:
                fail("csv: a record of another length:", line)
            if FORMULA.match(value) or any(ord(c) < 32 for c in value):
                fail("csv: a field that a spreadsheet runs:", repr(value))
    return lines


def same(what, found, expected):
    if found != expected:
        fail("%s: %r, the JSON report has %r" % (what, found, expected))


def undefused(value):
    return value[1:] if value.startswith("'") else value


def check_csv(report):
    findings = records(report.write("csv"))
    same("csv findings", len(findings), len(report.json["findings"]))
    for line, f in zip(findings, report.json["findings"]):
        who = f["tried_by"] if "tried_by" in f else f["initiator"]
        same("kind", line["kind"], f["kind"])
        same("row", line["row"], f.get("row", ""))
        same("initiator", undefused(line["initiator"]), who.get("name", ""))
        same("roles", line["initiator_roles"].split(), who["roles"])
        same("port", line["port"], str(f["responder"].get("port", "")))
        same("flows", line["flows"], str(f.get("flows", "")))
        same("forward", line["packets_forward"], str(f["packets"]["forward"]) if "packets" in f else "")
        same("last", line["last"], f.get("last", ""))
        same("capture", undefused(line["capture"]), report.json["captures"][f["first_frame"]["capture"]]["name"] if "first_frame" in f else "")
        if re.fullmatch(r"[0-9]+[/:.-][0-9]+", line["icmp"]):
            fail("csv: spreadsheets take it for a date, or a number:", line["icmp"])
        same("frame", line["frame"], str(f["first_frame"]["number"]) if "first_frame" in f else "")
        same("community_id", line["community_id"], f.get("community_id", ""))
        same("brief", undefused(line["brief"]), f["brief"])
        same("explanation", undefused(line["explanation"]), f["explanation"])
    rows = records(report.write("csv-rows"))
    same("csv rows", [(r["row"], r["state"], r["ports"], r["flows"]) for r in rows],
         [(r["id"], r["state"], r["ports"], str(r["flows"])) for r in report.json["rows"]])
    for line in rows:
        edges = report.rows[line["row"]]["edges"]
        same("edges", line["edges"], str(len(edges)))
        same("missing edges", line["edges_missing"], str(sum(e["state"] == "missing" for e in edges)))


# --- JUnit ----------------------------------------------------------------------------------------------------------------

# Element: its attributes (with ! the required ones) and its children, as the schema of Jenkins' xUnit plugin has them.
JUNIT = {
    "testsuites": ("name time tests failures errors skipped", "testsuite"),
    "testsuite": ("!name !tests failures errors skipped time", "properties testcase system-out"),
    "properties": ("", "property"),
    "property": ("!name !value", ""),
    "testcase": ("!name !classname time", "failure skipped"),
    "failure": ("message type", ""),
    "skipped": ("message", ""),
    "system-out": ("", ""),
}


def check_shape(element):
    attributes, children = JUNIT[element.tag]
    known = {a.strip("!") for a in attributes.split()}
    required = {a[1:] for a in attributes.split() if a.startswith("!")}
    if not required <= set(element.attrib) <= known:
        fail("junit:", element.tag, element.attrib)
    order = [children.split().index(child.tag) for child in element]
    if order != sorted(order):
        fail("junit: order of", [child.tag for child in element])
    for child in element:
        check_shape(child)


def fate(case):
    return next((child.tag for child in case), "passed")


def check_junit(report):
    for strict in (False, True):
        root = xml.fromstring(report.write("junit", *(["--strict"] if strict else [])))
        check_shape(root)
        suite = root.find("testsuite")
        cases = suite.findall("testcase")
        same("cases", [case.get("name") for case in cases], [row["id"] for row in report.json["rows"]])
        expected = {"expected": "passed", "blocked": "failure", "missing": "failure", "not-observable": "failure" if strict else "skipped",
                    "optional": "skipped", "not-applicable": "skipped"}
        for case in cases:
            same(case.get("name"), fate(case), expected[report.rows[case.get("name")]["state"]])
            if fate(case) != "passed" and not case[0].get("message"):
                fail("junit: no reason for", case.get("name"))
        for one in (root, suite):
            same("tests", int(one.get("tests")), len(cases))
            same("failures", int(one.get("failures")), sum(fate(case) == "failure" for case in cases))
            same("skipped", int(one.get("skipped")), sum(fate(case) == "skipped" for case in cases))
        properties = {p.get("name"): p.get("value") for p in suite.find("properties")}
        same("verdict", properties["verdict"], report.json["verdict"])
        same("holes", suite.find("system-out").text.count("got through: "),
             sum(f["kind"] == "unexpected" and f["got_through"] is True for f in report.json["findings"]))


# --- SARIF ----------------------------------------------------------------------------------------------------------------


def check_sarif(report):
    import jsonschema

    sarif = json.loads(report.write("sarif"))
    schema = json.loads((HERE / "sarif.schema.json").read_text())
    jsonschema.Draft202012Validator(schema, format_checker=jsonschema.FormatChecker()).validate(sarif)
    run = sarif["runs"][0]
    rules, lines = run["tool"]["driver"]["rules"], (TOP / "rules/tarantella.yaml").read_text().splitlines()
    about = [f for f in report.json["findings"] if f["kind"] in ("blocked", "unexpected", "waiver-expired")]
    same("results", len(run["results"]), len(about))
    for result, f in zip(run["results"], about):
        row = f.get("row", f.get("nearest_row", "not-on-the-list"))
        same("rule", (result["ruleId"], rules[result["ruleIndex"]]["id"]), (row, row))
        place = result["locations"][0]["physicalLocation"]
        same("file", place["artifactLocation"]["uri"], "rules/tarantella.yaml")
        if row != "not-on-the-list" and "id: %s" % row not in lines[place["region"]["startLine"] - 1]:
            fail("sarif: line %d is not that of %s" % (place["region"]["startLine"], row))
        same("level", result["level"], "error" if f["kind"] == "blocked" or f["got_through"] else "warning")
        same("message", re.sub(r"\\([\[\]\\])", r"\1", result["message"]["text"]), f["explanation"])
    marks = [tuple(result["partialFingerprints"].items()) for result in run["results"]]
    if len(set(marks)) != len(marks):
        fail("sarif: two results with one fingerprint")


VALIDATOR = TOP / "build/node/node_modules/@microsoft/sarif-multitool-linux"
ACCEPTED = {"SARIF2005"}  # no informationUri: the program has no home page to name


def validate(files):
    """What Microsoft's SARIF Multitool says of files, that is an error or a warning, by the standard and by what GitHub asks for."""
    folder = pathlib.Path(files[0]).parent
    command = [VALIDATOR / "Sarif.Multitool", "validate", *files, "--output", folder / "said", "--log", "ForceOverwrite",
               "--rule-kind", "Sarif;Ghas", "--level", "Error;Warning"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, env={"DOTNET_SYSTEM_GLOBALIZATION_INVARIANT": "1", "HOME": str(folder)})
    if "Analysis completed successfully" not in done.stdout:
        fail("sarif: the validator says", done.returncode, done.stdout, done.stderr)
    return [line for line in done.stdout.splitlines() if re.search(r": (error|warning) [A-Z]+[0-9]+:", line) and not any(rule in line for rule in ACCEPTED)]


def check_sarif_validator(all_reports):
    """The schema as OASIS has it, and a validator that is nobody's here."""
    import jsonschema

    if not (VALIDATOR / "Sarif.Multitool").exists():
        print("skipped: no SARIF Multitool in build/node; tools/setup check installs it")
        sys.exit(SKIPPED)
    oasis = jsonschema.Draft202012Validator(json.loads((VALIDATOR / "sarif-2.1.0.json").read_text(encoding="utf-8-sig")), format_checker=jsonschema.FormatChecker())
    with tempfile.TemporaryDirectory() as folder:
        files = []
        for number, report in enumerate(all_reports):
            files.append(pathlib.Path(folder) / ("%d.sarif" % number))
            files[-1].write_bytes(report.write("sarif"))
            oasis.validate(json.loads(files[-1].read_bytes()))
        said = validate(files)
        if said:
            fail("sarif: the validator says", "\n".join(said))
        broken = pathlib.Path(folder) / "broken.sarif"
        broken.write_bytes(files[0].read_bytes().replace(b'"ruleIndex"', b'"ruleindex"'))
        if not validate([broken]):
            fail("sarif: the validator finds nothing wrong in a key that does not exist")


# --- Markdown -------------------------------------------------------------------------------------------------------------


def check_markdown(report):
    try:
        import markdown
    except ImportError:
        print("skipped: python3-markdown is not installed")
        sys.exit(SKIPPED)
    text = report.write("markdown", "--all").decode()
    page = xml.fromstring("<page>%s</page>" % markdown.markdown(text, extensions=["tables"]).replace("&nbsp;", " "))
    allowed = {"page", "h1", "h2", "ul", "li", "p", "table", "thead", "tbody", "tr", "th", "td", "strong"}
    found = {element.tag for element in page.iter()}
    if not found <= allowed:
        fail("markdown: elements that nobody meant:", found - allowed)
    words = "".join(page.itertext())
    if re.search(r"[@#!][A-Za-z0-9\[]", words):
        fail("markdown: a mention, or a reference:", re.search(r".{9}[@#!][A-Za-z0-9\[]", words)[0])
    tables = page.findall("table")
    sizes = [len(table.find("tbody").findall("tr")) for table in tables]
    same("tables", sizes, [n for n in (len(report.rows), len(report.json["findings"])) if n])
    for table in tables:
        for line in table.iter("tr"):
            same("cells", len(line), len(table.find("thead").find("tr")))
    tasks = [f for f in report.json["findings"] if f["kind"] in ("blocked", "missing", "waiver-expired") or
             f["kind"] == "unexpected" and f["got_through"] is not False]
    same("tasks", sum((li.text or "").startswith("[ ] ") for li in page.iter("li")), len(tasks))
    names = {f[side].get("name") for f in report.json["findings"] for side in ("initiator", "responder")} - {None}
    for name in names:
        if name not in words.replace("\u200b", ""):
            fail("markdown: the name %r is not there as it is written" % name)


# --- the test plan ----------------------------------------------------------------------------------------------------------


def plan(report, *operands):
    site = report.command[report.command.index("--site") + 1]
    texts = {}
    for format in ("json", "csv", "markdown"):
        command = [report.command[0], "plan", "--site", site, "--format", format, *operands]
        texts[format] = subprocess.run(command, capture_output=True, check=True, timeout=60, cwd=TOP).stdout
    wrong = schema.complaints(schema.validator(TOP / "docs/plan.schema.json"), json.loads(texts["json"]))
    if wrong:
        fail("plan: not by its schema:", wrong)
    tests = json.loads(texts["json"])["tests"]
    keys = ("row", "state", "from", "to", "ports", "action", "sees")
    same("plan as csv", [[undefused(line[key]) for key in keys] for line in records(texts["csv"])], [[test[key] for key in keys] for test in tests])
    same("plan as markdown", texts["markdown"].count(b"\n- [ ] "), len(tests))
    same("rows in markdown", texts["markdown"].count(b"\n## "), len({test["row"] for test in tests}))
    return tests


def still_open(report, states):
    """Edges that a plan must have; what two rows see of one conversation is planned once."""
    edges, seconds = [], {"rsa-tta-5500"}
    for row in report.json["rows"]:
        edges += [row["id"] for edge in row["edges"] if edge["due"] and edge["state"] in states and row["id"] not in seconds]
    return edges


def check_plan(report):
    with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
        json.dump(report.json, file)
        file.flush()
        tests = plan(report, file.name)
    same("plan of a report", [test["row"] for test in tests], still_open(report, ("missing", "not-observable")))
    nothing = Report(report.command[0], TOP / "pcaps/no-packets.pcap", report.command[report.command.index("--site") + 1])
    same("plan of a site", [test["row"] for test in plan(report)], still_open(nothing, ("missing", "not-observable")))


# --- comparisons ------------------------------------------------------------------------------------------------------------


PAIRS = [("before-migration", "after-migration"), ("moved-before", "moved-after"), ("moved-after", "moved-before"), ("every-row", "nat")]


class Comparison:
    """Two captures compared, in whichever format."""

    def __init__(self, portproof, *arguments):
        self.command = [portproof, "compare", *map(str, arguments)]
        self.json = json.loads(self.write("json"))

    def write(self, format, *options):
        done = subprocess.run([*self.command, *options, "--format", format], capture_output=True, timeout=60, cwd=TOP)
        if done.returncode > 1 or done.stderr:
            fail(format, "exit", done.returncode, done.stderr)
        if hasattr(self, "json"):
            same("exit status", done.returncode, int(self.json["worse"]))
        return done.stdout


def hostile_site(pcaps, name, folder):
    """The names of both sites, made hostile in the same way, so that they still match."""
    text = (pcaps / (name + ".site.yaml")).read_text()
    for plain, hostile in HOSTILE.items():
        text = text.replace("{name: %s," % plain, "{name: %s," % hostile)
    path = pathlib.Path(folder) / (name + ".yaml")
    path.write_text(text)
    return path


def comparisons(portproof, pcaps, folder):
    for before, after in PAIRS:
        captures = [next(pcaps.glob(name + ".pcap*")) for name in (before, after)]
        for site in (lambda name: pcaps / (name + ".site.yaml"), lambda name: hostile_site(pcaps, name, folder)):
            yield Comparison(portproof, "--site-before", site(before), "--site-after", site(after), *captures)
    yield Comparison(portproof, *(pcaps / (name + ".pcap") for name in PAIRS[0]))


def changes(comparison):
    """Every row and every edge, in their order."""
    for row in comparison.json["rows"]:
        yield ("row", row["id"], row)
        yield from (("edge", row["id"], edge) for edge in row["edges"])


def compare_csv(c):
    lines = records(c.write("csv"))
    kinds = {kind: [line for line in lines if line["kind"] == kind] for kind in ("row", "edge", "host", "hole", "old-address", "clear-text")}
    same("records", sum(map(len, kinds.values())), len(lines))
    same("rows and edges", [(line["kind"], line["row"], line["change"], line["before"], line["after"]) for line in lines if line["kind"] in ("row", "edge")],
         [(kind, id, what["change"], what["before"], what["after"]) for kind, id, what in changes(c)])
    same("hosts", [(undefused(line["from"]), line["change"], line["after"]) for line in kinds["host"]],
         [(host["name"], host["change"], host.get("after", "")) for host in c.json["hosts"]])
    same("holes", [(undefused(line["from"]), undefused(line["to"]), line["service"]) for line in kinds["hole"]],
         [(hole["from"], hole["to"], hole["service"]) for hole in c.json["holes"]])
    for kind, key in (("old-address", "old_addresses"), ("clear-text", "clear_text")):
        told = [line for line in kinds[kind] if line["change"] == "remains"]
        same(kind, [(undefused(line["from"]), undefused(line["to"]), line["flows"], line["last"]) for line in told],
             [(talk["from"], talk["to"], str(talk["flows"]), talk.get("last", "")) for talk in c.json[key]["conversations"]])
        same(kind + " unknown", len(kinds[kind]) - len(told), int(not c.json[key]["known"] or c.json[key]["left_out"] > 0))


def compare_junit(c):
    worse = ("lost", "blocked", "refused")
    for strict in (False, True):
        root = xml.fromstring(c.write("junit", *(["--strict"] if strict else [])))
        check_shape(root)
        cases = root.find("testsuite").findall("testcase")
        same("cases", [case.get("name") for case in cases[:-3]], [row["id"] for row in c.json["rows"]])
        fates = {"kept": "passed", "gained": "passed", "replaced": "passed", "still-blocked": "failure" if strict else "skipped"}
        for case, row in zip(cases, c.json["rows"]):
            same(case.get("name"), fate(case), "failure" if row["change"] in worse else fates.get(row["change"], "skipped"))
        same("holes", fate(cases[-3]), "failure" if c.json["summary"]["holes_opened"] else "passed")
        for case, key in zip(cases[-2:], ("old_addresses", "clear_text")):
            talks = c.json[key]
            left = "failure" if strict else "skipped"
            same(key, fate(case), "skipped" if not talks["known"] else left if talks["conversations"] else "passed")
        for one in (root, root.find("testsuite")):
            same("tests", int(one.get("tests")), len(cases))
            same("failures", int(one.get("failures")), sum(fate(case) == "failure" for case in cases))
            same("skipped", int(one.get("skipped")), sum(fate(case) == "skipped" for case in cases))
        if not strict:
            same("worse", any(fate(case) == "failure" for case in cases), c.json["worse"])


def compare_sarif(c):
    import jsonschema

    sarif = json.loads(c.write("sarif"))
    schema = json.loads((HERE / "sarif.schema.json").read_text())
    jsonschema.Draft202012Validator(schema, format_checker=jsonschema.FormatChecker()).validate(sarif)
    run = sarif["runs"][0]
    rules, lines = run["tool"]["driver"]["rules"], (TOP / "rules/tarantella.yaml").read_text().splitlines()
    same("results", len(run["results"]), len(c.json["to_do"]))
    for result, task in zip(run["results"], c.json["to_do"]):
        row = task.get("row", "not-on-the-list")
        same("rule", (result["ruleId"], rules[result["ruleIndex"]]["id"]), (row, row))
        same("level", result["level"], "error" if task["worse"] else "warning")
        line = result["locations"][0]["physicalLocation"]["region"]["startLine"]
        if row != "not-on-the-list" and "id: %s" % row not in lines[line - 1]:
            fail("sarif: line %d is not that of %s" % (line, row))
        if task["why"] not in re.sub(r"\\([\[\]\\])", r"\1", result["message"]["text"]):
            fail("sarif:", result["message"]["text"], "does not say", task["why"])
    marks = [tuple(result["partialFingerprints"].items()) for result in run["results"]]
    same("different fingerprints", len(set(marks)), len(marks))


def compare_markdown(c):
    import markdown

    text = c.write("markdown", "--all").decode()
    page = xml.fromstring("<page>%s</page>" % markdown.markdown(text, extensions=["tables"]).replace("&nbsp;", " "))
    allowed = {"page", "h1", "h2", "ul", "li", "p", "table", "thead", "tbody", "tr", "th", "td"}
    found = {element.tag for element in page.iter()}
    if not found <= allowed:
        fail("markdown: elements that nobody meant:", found - allowed)
    words = "".join(page.itertext())
    if re.search(r"[@#!][A-Za-z0-9\[]", words):
        fail("markdown: a mention, or a reference:", re.search(r".{0,9}[@#!][A-Za-z0-9\[]", words)[0])
    same("tasks", sum((li.text or "").startswith("[ ] ") for li in page.iter("li")), len(c.json["to_do"]))
    j = c.json
    sizes = [len(j["hosts"]), len(j["rows"]), len(j["holes"]), len(j["old_addresses"]["conversations"]), len(j["clear_text"]["conversations"])]
    same("tables", [len(table.find("tbody").findall("tr")) for table in page.findall("table")], [n for n in sizes if n])
    for host in j["hosts"]:
        if host["name"] not in words.replace("\u200b", ""):
            fail("markdown: the name %r is not there as it is written" % host["name"])


class Elements(html.parser.HTMLParser):
    """What a browser's own rules would make of it, near enough: every tag, attribute and text."""

    def __init__(self, text):
        super().__init__(convert_charrefs=True)
        self.tags, self.ids, self.links, self.kinds, self.words, self.open, self.handlers = [], [], [], [], [], [], []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attributes):
        self.tags.append(tag)
        values = dict(attributes)
        self.handlers += [name for name, _ in attributes if name.startswith("on") or name in ("src", "style")]
        self.ids += [values["id"]] if "id" in values else []
        self.links += [values["href"]] if tag == "a" else []
        self.kinds += [values["data-kind"]] if "data-kind" in values else []
        if tag not in ("meta", "link", "input", "br"):
            self.open.append(tag)

    def handle_endtag(self, tag):
        same("the element that ends", tag, self.open.pop() if self.open else None)

    def handle_data(self, data):
        if not self.open or self.open[-1] not in ("style", "script"):
            self.words.append(data)


def compare_html(c):
    text = c.write("html", "--all").decode()
    page, j = Elements(text), c.json
    same("open elements", page.open, [])
    same("handlers and sources", page.handlers, [])
    same("scripts, styles, pictures", [page.tags.count(tag) for tag in ("script", "style", "img", "iframe", "object", "svg")], [1, 1, 0, 0, 0, 0])
    same("names used twice", len(page.ids), len(set(page.ids)))
    if not {link[1:] for link in page.links} <= set(page.ids):
        fail("html: a link to nowhere:", page.links)
    policy = re.search(r"Content-Security-Policy\" content=\"([^\"]*)\"", text)[1]
    for tag in ("style", "script"):
        inside = re.search("<%s>(.*?)</%s>" % (tag, tag), text, re.S)[1].encode()
        if base64.b64encode(hashlib.sha256(inside).digest()).decode() not in policy:
            fail("html: the policy does not let in its own", tag)
    same("to do", page.kinds.count("to do"), len(j["to_do"]))
    same("holes", sum(kind.startswith("hole") for kind in page.kinds), len(j["holes"]))
    same("old addresses", page.kinds.count("old address"), len(j["old_addresses"]["conversations"]))
    same("clear text", page.kinds.count("clear text"), len(j["clear_text"]["conversations"]))
    words = "".join(page.words)
    for name in [host["name"] for host in j["hosts"]] + [row["id"] for row in j["rows"]] + j["reasons"]:
        if name not in words:
            fail("html: %r is not there" % name)


def check_comparison(c):
    schema = json.loads((TOP / "docs/compare.schema.json").read_text())
    import jsonschema

    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.Draft202012Validator(schema).validate(c.json)
    summary = {change: sum(row["change"] == change for row in c.json["rows"]) for change in c.json["summary"] if not change.startswith("holes")}
    same("summary", {change: n for change, n in c.json["summary"].items() if not change.startswith("holes")}, summary)
    for check in (compare_csv, compare_junit, compare_sarif, compare_html):
        check(c)
    try:
        import markdown  # noqa: F401
    except ImportError:
        print("markdown not read: python3-markdown is not installed")
        return
    compare_markdown(c)


def main(portproof, pcaps, what):
    if what == "sarif-validator":
        check_sarif_validator(reports(portproof, pathlib.Path(pcaps)))
        return 0
    if what == "compare":
        with tempfile.TemporaryDirectory() as folder:
            for comparison in comparisons(portproof, pathlib.Path(pcaps), folder):
                check_comparison(comparison)
        return 0
    check = {"csv": check_csv, "junit": check_junit, "sarif": check_sarif, "markdown": check_markdown, "plan": check_plan}[what]
    for report in reports(portproof, pathlib.Path(pcaps)):
        check(report)
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
