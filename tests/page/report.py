#!/usr/bin/python3
"""The report of HTML as somebody reads it who got the file: searched, filtered, sorted, linked into, with the keyboard, without scripts, on
every width, in light and dark, and on paper.

usage: report.py PORTPROOF SOURCE_DIR          exit status 77: there is no browser (skipped)
"""
import pathlib
import re
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "live"))
import browser  # noqa: E402

AA, WIDTHS, PAGES = 4.5, (1400, 1200, 1000, 640, 400), range(2, 10)  # 640: a window of 1280 at 200 %
ORDER = "verdict first ordered blocked holes not-proven limits matrix rows map timeline evidence"  # domain.md, "What the report owes its readers"
TAB, ENTER = "\ue004", "\ue007"
VISIBLE = "return Array.from(document.querySelectorAll(arguments[0]), (node) => node).filter((node) => node.checkVisibility()).map((node) => node.textContent)"
SET = """const field = document.forms.controls.elements[arguments[0]];
field.value = arguments[1];
field.dispatchEvent(new Event("input", {bubbles: true}));
return new Promise((done) => setTimeout(() => done(field.value), 250))"""
FINDINGS = "return Array.from(document.querySelectorAll('article.finding'), (node) => ({...node.dataset, id: node.id, section: node.closest('section').id}))"
PRINTED = "return Array.from(document.querySelectorAll('[data-kind]')).filter((node) => getComputedStyle(node).display === 'none').length"


def visible(chromium, selector):
    return chromium.run(VISIBLE, selector)


def set_to(chromium, field, value):
    assert chromium.run(SET, field, value) == value, "%s has no %s" % (field, value)


def check_filters(chromium):
    everything = len(visible(chromium, "[data-kind]"))
    for field, value, selector in (("find", "5427 ANSWERED", "article.finding"), ("kind", "got through", "article.finding"), ("host", "win1", "article.finding"),
                                   ("row", "tta-ldap", "tr[data-row]")):
        set_to(chromium, field, value)
        found = visible(chromium, selector)
        assert found and len(visible(chromium, "[data-kind]")) < everything, "%s %s shows %s" % (field, value, found)
        assert field == "kind" or all(word.lower() in text.lower() for text in found for word in value.split()), found
        assert "%d entries" % everything in chromium.text("#shown"), chromium.text("#shown")
        set_to(chromium, field, "")
    set_to(chromium, "find", "no such thing")
    assert not visible(chromium, "[data-kind]") and not visible(chromium, ".group h3"), "something is left"
    chromium.run("document.querySelector('#controls [type=reset]').click()")
    assert chromium.run("return new Promise((done) => setTimeout(() => done(document.querySelectorAll('[data-kind][hidden]').length), 50))") == 0


def check_paper(chromium):
    """What a filter hides is printed all the same."""
    set_to(chromium, "find", "no such thing")
    chromium.post(chromium.session + "/goog/cdp/execute", {"cmd": "Emulation.setEmulatedMedia", "params": {"media": "print"}})
    assert chromium.run(PRINTED) == 0, "%d entries are not printed" % chromium.run(PRINTED)
    whole = chromium.run("const style = (selector) => getComputedStyle(document.querySelector(selector)); return [style('.rows thead').breakInside, style('.rows thead button').display, style('.finding').breakInside, style('.finding').contentVisibility]")
    assert whole == ["avoid", "contents", "avoid", "visible"], "headers that are not repeated, or findings that are cut: %s" % whole
    chromium.post(chromium.session + "/goog/cdp/execute", {"cmd": "Emulation.setEmulatedMedia", "params": {"media": ""}})
    set_to(chromium, "find", "")
    chromium.prefer("dark")
    pages = len(re.findall(rb"/Type\s*/Page\b", chromium.printed()))
    print("%d pages on paper" % pages)
    assert pages in PAGES, "%d pages" % pages


def check_sorting(chromium):
    flows = "return Array.from(document.querySelectorAll('table.rows tbody tr'), (row) => Number(row.cells[4].dataset.sort))"
    button = "document.querySelectorAll('table.rows thead button')[4]"
    for state in ("ascending", "descending"):
        chromium.run(button + ".click()")
        found = chromium.run(flows)
        assert found == sorted(found, reverse=state == "descending") and len(found) == 30, found
        assert chromium.run("return %s.parentElement.getAttribute('aria-sort')" % button) == state


def check_order(chromium):
    """Findings by whatever is asked for, all in one section; by severity they stand where they stood."""
    by_severity = chromium.run(FINDINGS)
    keys = {"first": lambda f: float(f.get("first", "inf")), "packets": lambda f: -float(f.get("packets", -1)), "row": lambda f: f.get("row", "~"),
            "host": lambda f: (f.get("from", "~"), f.get("to", "~"))}
    for order, key in keys.items():
        set_to(chromium, "order", order)
        found = chromium.run(FINDINGS)
        assert {f["section"] for f in found} == {"ordered"} and len(found) == len(by_severity), "by %s: %s" % (order, found)
        assert list(map(key, found)) == sorted(map(key, found)), "by %s: %s" % (order, found)
        assert "by " in chromium.text("#ordered h2") and not visible(chromium, "#holes h2")
    set_to(chromium, "find", "5427")
    assert 0 < len(visible(chromium, "#ordered article")) < len(by_severity), "a filter does nothing in another order"
    chromium.run("document.querySelector('nav a[href=\"#holes\"]').click(); return new Promise((done) => setTimeout(done, 250))")
    assert visible(chromium, "#holes h2") and chromium.run(FINDINGS) == by_severity, "a link to a section that is not there in this order"
    set_to(chromium, "order", "packets")
    chromium.run("document.querySelector('#controls [type=reset]').click(); location.hash = ''; return new Promise((done) => setTimeout(done, 250))")
    assert chromium.run(FINDINGS) == by_severity
    chromium.run("document.forms.controls.elements.order.focus()")
    chromium.press("p")
    assert chromium.text("#ordered h2") == "Findings by packets" and visible(chromium, "#ordered article"), "not by the keyboard"
    set_to(chromium, "order", "")


def check_sections(chromium):
    """In domain.md's order; each finding has its row's text, its hosts with addresses, times, frame, packets and what its direction rests on."""
    sections = chromium.run("return Array.from(document.querySelectorAll('main > section'), (node) => node.id)")
    assert sections == ORDER.split(), sections
    for finding in chromium.run("return Array.from(document.querySelectorAll('article.finding'), (node) => [node.dataset.kind, node.textContent, Array.from(node.querySelectorAll('dt'), (term) => term.textContent)])"):
        kind, text, terms = finding
        wanted = {"from", "to"} | (set() if kind == "missing" else {"seen", "first frame", "packets", "direction"})
        assert wanted <= set(terms) and ({"row", "nearest row"} & set(terms) or "10.0.9.8" in text), finding
        assert re.search(r"[0-9]\.[0-9]|::", text), finding
    evidence = chromium.text("#evidence")
    for words in ("bytes", "format", "SHA-256", "link type", "snap length", "first packet", "last packet", "packets", "version", "program", "options"):
        assert words in evidence, "no %s in the evidence" % words


def check_out_of_sight(chromium):
    """What is not laid out yet is found by the browser's own search."""
    assert chromium.run("return getComputedStyle(document.querySelector('.finding')).contentVisibility") == "auto"
    chromium.run("scrollTo(0, 0); getSelection().removeAllRanges()")
    assert chromium.run("const last = Array.from(document.querySelectorAll('article.finding')).pop(); return window.find('Object Manager') && last.contains(getSelection().anchorNode)")


def check_links(chromium, url):
    """A link into the report leads to its finding, whatever a filter hides."""
    name = chromium.run("return document.querySelectorAll('article.finding')[3].id")
    assert re.fullmatch("f-[0-9a-f]{12,}", name), name
    set_to(chromium, "order", "host")
    set_to(chromium, "find", "no such thing")
    chromium.run("location.hash = arguments[0]; return new Promise((done) => setTimeout(done, 100))", "#" + name)
    shown = chromium.run("return Array.from(document.querySelectorAll('article.finding')).filter((node) => node.checkVisibility()).map((node) => node.id)")
    assert shown == [name], shown
    assert chromium.run("const top = document.querySelector(':target').getBoundingClientRect().top; return top >= 0 && top < innerHeight")
    assert chromium.run("return getComputedStyle(document.querySelector(':target')).outlineStyle") == "solid"
    chromium.open("about:blank")
    chromium.open(url + "#" + name)
    assert chromium.run("return document.querySelector(':target').id") == name
    chromium.open("about:blank")
    chromium.open(url + "#%zz")  # no link of ours
    nowhere = chromium.run("return Array.from(document.querySelectorAll('a'), (a) => a.hash.slice(1)).filter((name) => !document.getElementById(name))")
    assert not nowhere, nowhere
    double = chromium.run("const names = Array.from(document.querySelectorAll('[id]'), (node) => node.id); return names.length - new Set(names).size")
    assert double == 0, "%d names are used twice" % double


def check_keyboard(chromium):
    """Tab reaches every control, each shows that it is reached, and Enter does what a click does."""
    wanted = set(chromium.run("return Array.from(document.querySelectorAll('#controls input, #controls select, #controls button, thead button'), (node) => (node.name || '') + node.textContent)"))
    chromium.run("document.activeElement.blur(); getSelection().removeAllRanges(); scrollTo(0, 0)")
    reached = set()
    for _ in range(chromium.run("return Array.from(document.querySelectorAll('a[href], button, input, select, [tabindex]')).filter((node) => node.checkVisibility()).length")):
        chromium.press(TAB)
        name, outline = chromium.run("const node = document.activeElement; return [(node.name || '') + node.textContent, getComputedStyle(node).outlineStyle]")
        assert outline != "none", "nothing shows that %s is reached" % name[:60]
        reached.add(name)
        if name == "State":
            chromium.press(ENTER)
            assert chromium.run("return document.activeElement.parentElement.getAttribute('aria-sort')") == "ascending"
    assert wanted <= reached, wanted - reached


def check_looks(chromium):
    for width in WIDTHS:
        chromium.resize(width)
        found = chromium.run("return document.documentElement.scrollWidth")
        assert found <= width, "%d wide in a window of %d" % (found, width)
    chromium.resize(1200)
    for scheme in ("light", "dark"):
        chromium.prefer(scheme)
        contrast, text = chromium.run(browser.CONTRAST)
        print("%s: the least contrast is %.1f (%s)" % (scheme, contrast, text))
        assert contrast >= AA, "%s: the contrast of %r is %.2f" % (scheme, text, contrast)


def check_names(chromium):
    """Every control has a name, every header a scope, and headings go down one step at a time."""
    nameless = chromium.run("return Array.from(document.querySelectorAll('input, select'), (node) => node).filter((node) => !node.labels.length).length")
    scopeless = chromium.run("return document.querySelectorAll('th:not([scope])').length")
    levels = chromium.run("return Array.from(document.querySelectorAll('h1, h2, h3, h4'), (node) => Number(node.tagName[1]))")
    assert (nameless, scopeless, levels[0]) == (0, 0, 1), (nameless, scopeless, levels)


def check_pictures(chromium):
    """The matrix has every row of the list; the timeline has a line for each that was tried, and signs for what was in vain."""
    counts = chromium.run("return Array.from(document.querySelectorAll('.states li'), (node) => Number(node.textContent.match(/\\d+/)[0]))")
    assert sum(counts) == 30, counts
    assert visible(chromium, "#timeline tbody tr") and chromium.run("return document.querySelectorAll('#timeline svg text').length") >= 4
    drawn = chromium.run("return ['expected', 'blocked', 'unexpected', 'missing', 'box'].map((kind) => document.querySelectorAll(`.map g.${kind}`).length)")
    assert all(drawn), "the map has so many of each: %s" % drawn
    dashes = chromium.run("return ['expected', 'blocked', 'unexpected', 'missing'].map((kind) => getComputedStyle(document.querySelector(`.map .${kind} .line`)).strokeDasharray)")
    assert len(set(dashes)) == 4, "lines that look alike: %s" % dashes
    outside = chromium.run("const map = document.querySelector('.map').getBoundingClientRect(); return Array.from(document.querySelectorAll('.map .box'), (box) => box.getBoundingClientRect()).filter((box) => box.left < map.left || box.right > map.right || box.top < map.top || box.bottom > map.bottom).length")
    assert outside == 0, "%d boxes stand out of the map" % outside
    away = chromium.run("return Array.from(document.querySelectorAll('#timeline rect')).filter((bar) => bar.getBBox().x < 0 || bar.getBBox().x + bar.getBBox().width > bar.parentElement.clientWidth + 1).length")
    assert away == 0, "%d bars stand out of the picture" % away


def check_without_script(chromium, url):
    chromium.post(chromium.session + "/goog/cdp/execute", {"cmd": "Emulation.setScriptExecutionDisabled", "params": {"value": True}})
    chromium.open(url)
    chromium.post(chromium.session + "/goog/cdp/execute", {"cmd": "Emulation.setScriptExecutionDisabled", "params": {"value": False}})
    assert chromium.run("return document.getElementById('controls').hidden && !document.querySelector('button:not([type=reset])')"), "controls without a script"
    assert len(visible(chromium, "table.rows tbody tr")) == 30


def check(chromium, url):
    chromium.open(url)
    chromium.resize(1200)
    assert chromium.run("return document.scripts.length") == 1
    check_filters(chromium)
    check_paper(chromium)
    check_sorting(chromium)
    check_sections(chromium)
    check_order(chromium)
    check_out_of_sight(chromium)
    check_links(chromium, url)
    chromium.open("about:blank")
    chromium.open(url)
    check_keyboard(chromium)
    check_names(chromium)
    check_pictures(chromium)
    check_looks(chromium)
    complaints = chromium.complaints()
    assert not complaints, complaints
    check_without_script(chromium, url)


def check_comparison(chromium, url):
    """The page of a comparison: the verdict and the first thing to do on the first screen, filters, links, widths, paper, and no script."""
    chromium.open(url)
    chromium.resize(1200)
    assert chromium.run("return document.scripts.length") == 1
    below = chromium.run("return document.querySelector('#first li').getBoundingClientRect().bottom")
    assert below < 720, "the first thing to do ends at %d" % below
    everything = visible(chromium, "[data-kind]")
    for field, value, selector in (("kind", "old address", "#old-addresses article"), ("row", "client-aip", "#clear-text article"), ("host", "tta1", "#hosts tr[data-kind]"),
                                   ("find", "192.168.12.22", "#old-addresses article")):
        set_to(chromium, field, value)
        found = visible(chromium, selector)
        assert found and len(visible(chromium, "[data-kind]")) < len(everything), "%s %s shows %s" % (field, value, found)
        set_to(chromium, field, "")
    set_to(chromium, "find", "no such thing")
    chromium.post(chromium.session + "/goog/cdp/execute", {"cmd": "Emulation.setEmulatedMedia", "params": {"media": "print"}})
    assert chromium.run(PRINTED) == 0, "%d entries are not printed" % chromium.run(PRINTED)
    chromium.post(chromium.session + "/goog/cdp/execute", {"cmd": "Emulation.setEmulatedMedia", "params": {"media": ""}})
    set_to(chromium, "find", "")
    nowhere = chromium.run("return Array.from(document.querySelectorAll('a'), (a) => a.hash.slice(1)).filter((name) => !document.getElementById(name))")
    assert not nowhere, nowhere
    check_names(chromium)
    check_looks(chromium)
    assert not chromium.complaints()
    chromium.post(chromium.session + "/goog/cdp/execute", {"cmd": "Emulation.setScriptExecutionDisabled", "params": {"value": True}})
    chromium.open(url)
    chromium.post(chromium.session + "/goog/cdp/execute", {"cmd": "Emulation.setScriptExecutionDisabled", "params": {"value": False}})
    assert visible(chromium, "[data-kind]") == everything and chromium.run("return document.getElementById('controls').hidden")


def main(portproof, top):
    pcaps = pathlib.Path(top) / "pcaps"
    with tempfile.TemporaryDirectory() as folder:
        chromium = browser.Browser()
        try:
            for name, kind in (("after-migration", "pcap"), ("every-row", "pcapng"), ("cut-and-lossy", "pcapng"), ("trap-05-callbacks", "pcap")):
                report = pathlib.Path(folder) / (name + ".html")
                subprocess.run([portproof, "analyze", "-f", "html", "-o", report, "--site", pcaps / (name + ".site.yaml"), pcaps / ("%s.%s" % (name, kind))],
                               check=False, stderr=subprocess.DEVNULL)
                if name == "after-migration":
                    check(chromium, report.as_uri())
                    continue
                chromium.open(report.as_uri())
                check_looks(chromium)
                assert not chromium.complaints()
                if name == "trap-05-callbacks":  # what a label explains stands by itself
                    assert "unlisted-port, callback" in chromium.text("h3"), chromium.text("h3")
            page = pathlib.Path(folder) / "compare.html"
            sites = ["--site-before", pcaps / "moved-before.site.yaml", "--site-after", pcaps / "moved-after.site.yaml"]
            subprocess.run([portproof, "compare", "-f", "html", "-o", page, *sites, pcaps / "moved-before.pcap", pcaps / "moved-after.pcap"], check=True)
            check_comparison(chromium, page.as_uri())
        finally:
            chromium.end()


if __name__ == "__main__":
    browser.needed()
    main(*sys.argv[1:])
