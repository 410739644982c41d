#!/usr/bin/python3
"""The status page and the report, as a browser shows them: without a complaint, by themselves up to date, readable on every width, in
light and dark, and on paper; and what others named stays text.

usage: page.py PORTPROOF SOURCE_DIR          exit status 77: no namespace can be made here, or no browser is (skipped)
"""
import pathlib
import re
import subprocess
import sys
import tempfile
import time

import browser
import namespace
import status_server as server

IMAGE, SCRIPT = "<img src=x onerror=alert(1)>", "</script><script>alert(2)</script>"
SITE = """name: "%s"
hosts:
  - {name: "%s", address: 10.9.0.1, roles: [tarantella-server]}
  - {name: "\\" onmouseover=alert(3) x=\\"\\u202eb", address: 10.9.0.2, roles: [ldap-server]}
features: {ldap: on}
""" % (SCRIPT, IMAGE)
AA = 4.5
OUTSIDE = """return Array.from(document.querySelectorAll('table')).filter((table) => !table.closest('.scroll') &&
  table.getBoundingClientRect().right > table.parentElement.getBoundingClientRect().right + 1).map((table) => table.textContent.slice(0, 50))"""
PAGES_MAX = 9  # of the shipped capture's report, on paper


def looks_right(chromium, what):
    """Nothing wider than the window, and all text readable, whatever the reader prefers."""
    for width in (1400, 1280, 1100, 700, 400):
        chromium.resize(width)
        if (found := chromium.run("return document.documentElement.scrollWidth")) > width:
            return "%s is %d wide in a window of %d" % (what, found, width)
        if outside := chromium.run(OUTSIDE):
            return "%s, %d wide: tables that stand out of their boxes: %s" % (what, width, outside)
    for scheme in ("light", "dark"):
        chromium.prefer(scheme)
        contrast, text = chromium.run(browser.CONTRAST)
        print("%s, %s: the least contrast is %.1f (%s)" % (what, scheme, contrast, text))
        if contrast < AA:
            return "%s, %s: the contrast of %r is %.2f" % (what, scheme, text, contrast)
    chromium.resize(1400)
    return None


def nothing_ran(chromium, what, scripts):
    """What was named is text: no element came of it."""
    found = chromium.run("return [document.images.length, document.scripts.length, document.querySelectorAll('[onerror], [onmouseover]').length]")
    if found != [0, scripts, 0]:
        return "%s has images, scripts, handlers: %s" % (what, found)
    if complaints := chromium.complaints():
        return "%s: the console says %s" % (what, complaints)
    return None


def state_of(chromium, row):
    return chromium.run("const row = document.querySelector(`[data-row='${arguments[0]}']`); return row ? row.dataset.state : null", row)


def check_updates(chromium, page):
    server.until(lambda: page.ask("/healthz").status == 200, 10)  # before, a browser's console tells of 503
    chromium.open(page.url)
    chromium.run("window.sameAsBefore = true")
    if not server.until(lambda: state_of(chromium, "tta-ldap") in ("missing", "not-observable"), 20):
        return "tta-ldap is %s on the page: %s" % (state_of(chromium, "tta-ldap"), chromium.text("body"))
    server.hosts_talk(389)
    if not server.until(lambda: state_of(chromium, "tta-ldap") == "expected", 10):
        return "tta-ldap is still %s on the page" % state_of(chromium, "tta-ldap")
    if not chromium.run("return window.sameAsBefore === true"):
        return "the page was loaded anew"
    if not server.until(lambda: "✔ expected" in chromium.text("#events"), 5) or "live" not in chromium.text("#pulse"):
        return "events: %s, pulse: %s" % (chromium.text("#events"), chromium.text("#pulse"))
    if len(chromium.run("return Array.from(document.querySelectorAll('#rows tr'), (row) => row.dataset.row)")) != 30:
        return "not 30 rows: %s" % chromium.text("#rows")
    return None


def check_hostile(chromium):
    server.hosts_talk(9999, answered=False)
    if not server.until(lambda: "9999/tcp" in chromium.text("#findings"), 10):
        return "findings: %s" % chromium.text("#findings")
    for selector, name in (("#title", SCRIPT), ("#findings", IMAGE), ("#findings", '" onmouseover=alert(3) x="\\u{202e}b'), ("#events", IMAGE)):
        if name not in chromium.text(selector):
            return "%s does not show %s: %s" % (selector, name, chromium.text(selector))
    return nothing_ran(chromium, "the status page", 1)


def check_filter(chromium):
    shown = "return Array.from(document.querySelectorAll('#rows tr:not([hidden])'), (row) => row.dataset.row)"
    chromium.run("const field = document.getElementById('filter'); field.value = 'ldap 389'; field.dispatchEvent(new Event('input'))")
    if chromium.run(shown) != ["tta-ldap"]:
        return "filtered rows: %s" % chromium.run(shown)
    time.sleep(2.5)  # the page has asked again
    if chromium.run(shown) != ["tta-ldap"] or "9999/tcp" in chromium.text("#findings"):
        return "the filter does not last: %s, %s" % (chromium.run(shown), chromium.text("#findings"))
    chromium.run("const field = document.getElementById('filter'); field.value = ''; field.dispatchEvent(new Event('input'))")
    return None


def check_loss(chromium, page):
    """A page must not look alive when nobody answers any more."""
    page.end()
    alarm = "const alarm = document.getElementById('alarm'); return alarm.hidden ? '' : alarm.textContent"
    if not server.until(lambda: re.search(r"does not answer any more: last heard of \d+ s ago", chromium.run(alarm)), 15):
        return "no alarm: %s" % chromium.text("#pulse")
    chromium.open("about:blank")
    chromium.complaints()  # of connections refused
    return None


def check_served_report(chromium, page):
    chromium.open(page.url + "report.html")
    for name in (SCRIPT, IMAGE):
        if name not in chromium.text("body"):
            return "the report does not show %s" % name
    if not chromium.run("return !document.getElementById('controls').hidden"):
        return "the served report's policy keeps its own script out"
    if not chromium.run("return document.querySelectorAll('.map g.box').length"):
        return "no map was laid out in the sandbox: %s" % chromium.text("#map")
    return nothing_ran(chromium, "the served report", 1)


def check_file(chromium, portproof, top, folder):
    """A report of a capture, opened from a file; and printed."""
    report = pathlib.Path(folder) / "report.html"
    pcaps = pathlib.Path(top) / "pcaps"
    subprocess.run([*portproof.split(), "analyze", "--format", "html", "-o", str(report), "--site", str(pcaps / "after-migration.site.yaml"), str(pcaps / "after-migration.pcap")])
    chromium.open(report.as_uri())
    if "NON-COMPLIANT" not in chromium.text("h2") or "app1 → tta2" not in chromium.text("#first"):
        return "the report: %s" % chromium.text("body")[:500]
    if wrong := nothing_ran(chromium, "the report", 1) or looks_right(chromium, "the report"):
        return wrong
    if broken := chromium.run("return Array.from(document.querySelectorAll('a'), (a) => a.hash).filter((hash) => !document.getElementById(hash.slice(1)))"):
        return "links to nowhere: %s" % broken
    chromium.prefer("dark")
    pages = len(re.findall(rb"/Type\s*/Page\b", chromium.printed()))
    print("%d pages on paper" % pages)
    return None if 2 <= pages <= PAGES_MAX else "%d pages on paper" % pages


def check(chromium, portproof, top, folder):
    site = pathlib.Path(folder) / "site.yaml"
    site.write_text(SITE)
    page = server.Page(portproof, "127.0.0.1:0", "--site", str(site))
    try:
        wrong = check_updates(chromium, page) or check_hostile(chromium) or check_filter(chromium) or looks_right(chromium, "the status page")
        wrong = wrong or check_served_report(chromium, page)
        chromium.open(page.url)
        server.until(lambda: state_of(chromium, "tta-ldap"), 10)
        return wrong or check_loss(chromium, page) or check_file(chromium, portproof, top, folder)
    finally:
        if page.process.poll() is None:
            page.end()


def main(portproof, top):
    namespace.ip("link", "set", "lo", "up")
    for address in ("10.9.0.1/32", "10.9.0.2/32"):
        namespace.ip("address", "add", address, "dev", "lo")
    chromium = browser.Browser()
    try:
        with tempfile.TemporaryDirectory() as folder:
            return check(chromium, portproof, top, folder)
    finally:
        chromium.end()


if __name__ == "__main__":
    browser.needed()
    namespace.enter()
    sys.exit(main(*sys.argv[1:]))
