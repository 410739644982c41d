#!/usr/bin/python3
"""The status server: its documents are there, valid, and follow what happens; whoever asks in any other way than plainly is refused,
and nobody can hold it up.

usage: listen.py PORTPROOF REPORT_SCHEMA STATUS_SCHEMA          exit status 77: no namespace can be made here (skipped)
"""
import base64
import http.client
import json
import os
import pathlib
import shutil
import socket
import subprocess
import sys
import tempfile
import time

import jsonschema

import namespace
import status_server as server

TOKEN = "correct-horse-battery"
SLOW_MOST_S = 15


def valid(schema, text):
    jsonschema.Draft202012Validator(json.loads(pathlib.Path(schema).read_text())).validate(json.loads(text))


# --- the documents ---


def row_state(page):
    answer = page.ask("/status.json")
    if answer.status != 200:
        return None
    return {row["id"]: row["state"] for row in json.loads(answer.body)["rows"]}["tta-ldap"]


def check_start(page):
    """Nothing was judged yet: said so by everything but the page itself."""
    for path in ("/healthz", "/status.json", "/metrics", "/report.json", "/report.html"):
        answer = page.ask(path)
        if answer.status != 503 or not answer.getheader("Retry-After"):
            return "%s before the first judgement: %d" % (path, answer.status)
    if page.ask("/").status != 200:
        return "no page before the first judgement"
    if not server.until(lambda: page.ask("/healthz").status == 200, 10):
        return "it never was well"
    return None


def check_follows(page):
    if not server.until(lambda: row_state(page) in ("missing", "not-observable"), 5):
        return "tta-ldap is %s before anybody tried" % row_state(page)
    server.hosts_talk(389)
    if not server.until(lambda: row_state(page) == "expected", 5):
        return "tta-ldap is %s though it was answered" % row_state(page)
    status = json.loads(page.ask("/status.json").body)
    if not any(event["event"] == "row" and event["row"] == "tta-ldap" and event["is"] == "expected" for event in status["events"]):
        return "events: %s" % status["events"]
    server.hosts_talk(9999, answered=False)
    found = lambda: json.loads(page.ask("/status.json").body)["findings"]  # noqa: E731
    if not server.until(lambda: any("9999/tcp" in finding["pair"] for finding in found()), 5):
        return "findings: %s" % found()
    return None


def metric(text, name):
    lines = [line.rsplit(" ", 1) for line in text.splitlines() if not line.startswith("#")]
    return {key: float(value) for key, value in lines if key.startswith(name)}


def check_metrics(page):
    answer = page.ask("/metrics")
    text = answer.body.decode()
    if answer.getheader("Content-Type") != "text/plain; version=0.0.4; charset=utf-8":
        return "metrics are %s" % answer.getheader("Content-Type")
    if metric(text, 'portproof_row_state{row="tta-ldap",state="expected"}') != {'portproof_row_state{row="tta-ldap",state="expected"}': 1}:
        return "the row's state: %s" % text
    if sum(metric(text, "portproof_verdict").values()) != 1 or sum(metric(text, "portproof_row_state").values()) != 30:
        return "not one verdict, or not one state a row: %s" % text
    count = lambda name: sum(metric(text, "portproof_interface_%s_packets_total" % name).values())  # noqa: E731
    waiting = count("received") - count("judged") - count("not_judged") - count("dropped")
    if not 0 <= waiting <= 100 or not count("judged"):
        return "the sum does not hold: %s of %s packets are nowhere" % (waiting, count("received"))
    if shutil.which("promtool"):
        checked = subprocess.run(["promtool", "check", "metrics"], input=text, capture_output=True, text=True)
        if checked.returncode or checked.stdout or checked.stderr:
            return "promtool: %s%s" % (checked.stdout, checked.stderr)
    else:
        print("promtool is not here: the metrics' format was not checked")
    return None


def check_documents(page, report_schema, status_schema):
    valid(report_schema, page.ask("/report.json").body)
    valid(status_schema, page.ask("/status.json").body)
    report = page.ask("/report.html")
    if report.getheader("Content-Type") != "text/html; charset=utf-8" or b"<!DOCTYPE html>" not in report.body or b"tta-ldap" not in report.body:
        return "report.html: %s" % report.getheaders()
    for path in ("/", "/status.json", "/report.html", "/report.json", "/metrics", "/healthz", "/nothing"):
        got, head = page.ask(path), page.ask(path, "HEAD")
        names = [{name for name, _ in answer.getheaders()} for answer in (got, head)]
        if head.body or names[0] != names[1] or got.status != head.status or got.getheader("Content-Type") != head.getheader("Content-Type"):
            return "HEAD of %s: %s, GET: %s" % (path, head.getheaders(), got.getheaders())
        for name, value in (("Cache-Control", "no-store"), ("X-Content-Type-Options", "nosniff"), ("X-Frame-Options", "DENY"),
                            ("Referrer-Policy", "no-referrer"), ("Cross-Origin-Resource-Policy", "same-origin")):
            if got.getheader(name) != value:
                return "%s of %s is %s" % (name, path, got.getheader(name))
        if "default-src 'none'" not in got.getheader("Content-Security-Policy") or got.getheader("Access-Control-Allow-Origin"):
            return "%s may be read by others: %s" % (path, got.getheaders())
    return check_metrics(page)


# --- who is refused ---


def check_refusals(page):
    ours = ("Host", page.name)
    table = [
        # what                              status, method, path, headers (body)
        ("a plain request", 200, "GET", "/healthz", []),
        ("localhost", 200, "GET", "/healthz", [("Host", "localhost")]),
        ("localhost behind a tunnel", 200, "GET", "/healthz", [("Host", "localhost:9000")]),
        ("IPv6 loopback", 200, "GET", "/healthz", [("Host", "[::1]:%d" % page.port)]),
        ("the name of --listen-name", 200, "GET", "/healthz", [("Host", "Monitor.example")]),
        ("a request of the page itself", 200, "GET", "/status.json", [("Sec-Fetch-Site", "same-origin"), ("Origin", "http://" + page.name), ours]),
        ("an address typed by hand", 200, "GET", "/", [("Sec-Fetch-Site", "none")]),
        ("another host", 421, "GET", "/healthz", [("Host", "evil.example")]),
        ("a name that ends like ours", 421, "GET", "/healthz", [("Host", "notlocalhost")]),
        ("a name that begins like ours", 421, "GET", "/healthz", [("Host", "localhost.evil.example:%d" % page.port)]),
        ("another address", 421, "GET", "/healthz", [("Host", "10.9.0.1:%d" % page.port)]),
        ("a host that is none", 421, "GET", "/healthz", [("Host", "localhost:80:80")]),
        ("two hosts", 400, "GET", "/healthz", [ours, ("Host", "localhost")]),
        ("a script of another site", 403, "GET", "/status.json", [("Origin", "http://evil.example")]),
        ("a script of a page without a site", 403, "GET", "/status.json", [("Origin", "null")]),
        ("a script of another port", 403, "GET", "/status.json", [("Origin", "http://127.0.0.1:1"), ours]),
        ("cross-site", 403, "GET", "/status.json", [("Sec-Fetch-Site", "cross-site")]),
        ("same-site", 403, "GET", "/status.json", [("Sec-Fetch-Site", "same-site")]),
        ("POST", 405, "POST", "/status.json", []),
        ("PUT", 405, "PUT", "/status.json", []),
        ("DELETE", 405, "DELETE", "/status.json", []),
        ("OPTIONS", 405, "OPTIONS", "/status.json", []),
        ("a method nobody knows", 405, "BREW", "/", []),
        ("an unknown path", 404, "GET", "/favicon.ico", []),
        ("a path above", 404, "GET", "/../status.json", []),
        ("an escaped path", 404, "GET", "/status%2ejson", []),
        ("a path with more behind", 404, "GET", "/status.json/", []),
        ("a query", 400, "GET", "/status.json?x=1", []),
        ("a path of 257 bytes", 414, "GET", "/" + 256 * "a", []),
        ("a path of 256 bytes", 404, "GET", "/" + 255 * "a", []),
        ("a body", 413, "GET", "/status.json", [("Content-Length", "5")], b"hello"),
        ("a body in pieces", 413, "GET", "/status.json", [("Transfer-Encoding", "chunked")], b"5\r\nhello\r\n0\r\n\r\n"),
        ("9,000 bytes of headers", 431, "GET", "/status.json", [("X-Large", 9000 * "x")]),
    ]
    for what, status, method, path, headers, *body in table:
        answer = page.ask(path, method, headers, *body)
        if answer.status != status:
            return "%s: %d, expected %d: %s" % (what, answer.status, status, answer.body[:200])
        if status == 405 and answer.getheader("Allow") != "GET, HEAD":
            return "%s: no Allow" % what
    return None


def check_raw(page):
    """Bytes that http.client would not send: refused or dropped, and the next one is served."""
    ours = b"Host: " + page.name.encode() + b"\r\n"
    table = [
        ("no host", b"GET /healthz HTTP/1.1\r\n\r\n", b" 400 "),
        ("HTTP/1.0 without a host", b"GET /healthz HTTP/1.0\r\n\r\n", b" 400 "),
        ("20,000 bytes of headers", b"GET / HTTP/1.1\r\n" + ours + b"X: " + 20000 * b"x" + b"\r\n\r\n", b" 4"),
        ("a path of 20,000 bytes", b"GET /" + 20000 * b"x" + b" HTTP/1.1\r\n" + ours + b"\r\n", b" 4"),
        ("a whole address as the path", b"GET http://evil.example/healthz HTTP/1.1\r\n" + ours + b"Connection: close\r\n\r\n", b" 404 "),
        ("zeros", bytes(4096), b""),
        ("noise", os.urandom(4096) + b"\r\n\r\n", b""),
        ("another protocol", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(500), b""),
        ("two requests at once", b"GET /healthz HTTP/1.1\r\n" + ours + b"\r\nGET /healthz HTTP/1.1\r\n" + ours + b"Connection: close\r\n\r\n", b"ok\nHTTP/1.1 200"),
        ("a request and noise", b"GET /healthz HTTP/1.1\r\n" + ours + b"\r\n" + bytes(range(256)) * 40 + b"\r\n\r\n", b""),
        ("a body that is a request", b"GET /healthz HTTP/1.1\r\n" + ours + b"Content-Length: 30\r\n\r\nGET /status.json HTTP/1.1\r\n\r\n\r\n", b" 413 "),
    ]
    for what, sent, wanted in table:
        got = page.say(sent)
        if not got and len(sent) > 16384:  # cut off in the middle, which may come before what was answered
            continue
        if wanted not in got or (b" 413 " in got and got.count(b"HTTP/1.1") != 1):
            return "%s: %s" % (what, got[:300])
        if page.ask("/healthz").status != 200:
            return "not well after %s" % what
    return None


# --- who would hold it up ---


def ended(connection):
    """Whether the other side has closed it."""
    connection.settimeout(0.01)
    try:
        return connection.recv(1) == b""
    except socket.timeout:
        return False
    except OSError:
        return True


def check_many(page):
    """Eight connections of an address, thirty-two in all; when they are gone, all is as before."""
    same = [socket.create_connection((page.host, page.port)) for _ in range(40)]
    time.sleep(0.5)
    left = sum(not ended(connection) for connection in same)
    if left > 8 or left < 4:
        return "%d of 40 connections of one address are served" % left
    others = [socket.create_connection((page.host, page.port), source_address=("127.0.0.%d" % (2 + i // 8), 0)) for i in range(56)]
    for connection in others:
        connection.settimeout(1)
        connection.sendall(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")
    time.sleep(1)
    served = 0
    for connection in others:
        connection.settimeout(0.05)
        try:
            served += b" 200 " in connection.recv(4096)
        except OSError:
            pass
    if not 16 <= served <= 32:
        return "%d of 56 connections of seven addresses are served at once" % served
    for connection in same + others:
        connection.close()
    if not server.until(lambda: page.ask("/healthz").status == 200, 5):
        return "nobody is served any more"
    return None


def check_long(page):
    """A connection is kept for more than one request, but not for ever."""
    connection = http.client.HTTPConnection(page.host, page.port, timeout=10)
    connection.auto_open = 0
    connection.connect()
    for count in range(1, 200):
        connection.request("GET", "/healthz")
        answer = connection.getresponse()
        answer.read()
        if answer.getheader("Connection") == "close":
            break
    connection.close()
    return None if 2 <= count <= 100 else "%d requests on one connection" % count


def check_child(page):
    """The child that runs commands was made first, and has no part in the socket."""
    listening = [line.split() for line in open("/proc/net/tcp").readlines()[1:]]
    inode = next(fields[9] for fields in listening if fields[3] == "0A" and int(fields[1].split(":")[1], 16) == page.port)
    holders = {}
    for process in filter(str.isdigit, os.listdir("/proc")):
        try:
            links = [os.readlink("/proc/%s/fd/%s" % (process, number)) for number in os.listdir("/proc/%s/fd" % process)]
            parent = int(open("/proc/%s/stat" % process).read().rsplit(")", 1)[1].split()[1])
        except (OSError, IndexError):
            continue
        holders[int(process)] = ("socket:[%s]" % inode in links, parent)
    children = [process for process, (_, parent) in holders.items() if parent == page.process.pid]
    if not children or not holders[page.process.pid][0]:
        return "no child, or nobody listens: %s" % holders
    return "the child has the socket" if any(holders[child][0] for child in children) else None


def check_slow(page):
    """A byte a second of a request that never ends; and a connection that says nothing: both are cut."""
    slow, silent = (socket.create_connection((page.host, page.port)) for _ in range(2))
    begun, request = time.monotonic(), iter(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nX-Slow: " + 200 * b"x")
    gone = {}
    while len(gone) < 2 and time.monotonic() - begun < SLOW_MOST_S:
        for name, connection in (("slow", slow), ("silent", silent)):
            if name not in gone and ended(connection):
                gone[name] = time.monotonic() - begun
        if "slow" not in gone:
            try:
                slow.sendall(bytes([next(request)]))
            except OSError:
                gone["slow"] = time.monotonic() - begun
        time.sleep(0.5)
    print("cut after", {name: round(seconds, 1) for name, seconds in gone.items()})
    if len(gone) < 2:
        return "after %d s still there: not all of slow and silent are in %s" % (SLOW_MOST_S, gone)
    if min(gone.values()) < 5:
        return "cut too early: %s" % gone
    return None


def check_end(page):
    """SIGTERM with a request half said."""
    slow = socket.create_connection((page.host, page.port))
    slow.sendall(b"GET /status.json HT")
    took = page.end()
    if took > 2:
        return "it took %.1f s to end with a connection open" % took
    return None


# --- tokens ---


def refused(portproof, *options):
    done = subprocess.run([*portproof.split(), "live", "-i", "lo", "--duration", "5s", *options], capture_output=True, text=True, timeout=20)
    if done.returncode != 3 or done.stderr.count("\n") != 1:
        return "no one-line refusal of %s: %d %s" % (options, done.returncode, done.stderr)
    return done.stderr


def check_refused_options(portproof, folder):
    token, open_token, short = (pathlib.Path(folder) / name for name in ("token", "open", "short"))
    open_token.write_text(TOKEN + "\n")
    open_token.chmod(0o644)
    short.write_text("short\n")
    short.chmod(0o600)
    token.write_text(TOKEN + "\nnot this\n")
    token.chmod(0o600)
    table = [
        (["--listen", "0.0.0.0:0"], "not a loopback address; expected --listen-token-file"),
        (["--listen", "[::]:0"], "not a loopback address; expected --listen-token-file"),
        (["--listen", "10.9.0.1:0", "--listen-token-file", str(open_token)], "mode 0644"),
        (["--listen", "10.9.0.1:0", "--listen-token-file", str(short)], "fewer than 16 characters"),
        (["--listen", "0", "--listen-token-file", folder], "not a regular file"),
        (["--listen", "0", "--listen-token-file", folder + "/none"], "cannot open"),
        (["--listen", "::1:80"], "expected an address and a port"),
        (["--listen", "65536"], "expected an address and a port"),
        (["--listen", "evil.example:80"], "expected an address and a port"),
        (["--listen", "192.0.2.1:0", "--listen-token-file", str(token)], "cannot listen there"),
        (["--listen", "0", "--listen-name", "a b"], "expected a host name"),
        (["--listen-name", "a"], "expected --listen"),
    ]
    for options, words in table:
        said = refused(portproof, *options)
        if words not in said:
            return "%s: %s" % (options, said)
    return None


def check_token(portproof, folder):
    """Off loopback every request needs the token, that for /healthz too; also as a browser sends it."""
    page = server.Page(portproof, "10.9.0.1:0", "--listen-token-file", folder + "/token")
    basic = lambda user, password: ("Authorization", "Basic " + base64.b64encode(("%s:%s" % (user, password)).encode()).decode())  # noqa: E731
    server.until(lambda: page.ask("/healthz", headers=[basic("", TOKEN)]).status == 200, 10)
    table = [
        ("no token", 401, []),
        ("the token", 200, [("Authorization", "Bearer " + TOKEN)]),
        ("the token as the password", 200, [basic("anybody", TOKEN)]),
        ("another token", 401, [("Authorization", "Bearer " + TOKEN[:-1] + "x")]),
        ("part of it", 401, [("Authorization", "Bearer " + TOKEN[:-1])]),
        ("more than it", 401, [("Authorization", "Bearer " + TOKEN + TOKEN)]),
        ("an empty one", 401, [("Authorization", "Bearer ")]),
        ("the token as the user", 401, [basic(TOKEN, "")]),
        ("no base64", 401, [("Authorization", "Basic !!!!")]),
        ("the token, but another host", 421, [("Authorization", "Bearer " + TOKEN), ("Host", "evil.example")]),
        ("the second line", 401, [("Authorization", "Bearer not this")]),
    ]
    for path in ("/healthz", "/status.json", "/", "/nothing"):
        for what, status, headers in table:
            answer = page.ask(path, headers=headers)
            if answer.status != (404 if path == "/nothing" and status == 200 else status):
                return "%s with %s: %d" % (path, what, answer.status)
            if answer.status == 401 and not answer.getheader("WWW-Authenticate").startswith("Basic"):
                return "a browser is not asked for the token: %s" % answer.getheaders()
    page.end()
    return None


def check_everywhere(portproof, folder):
    """On all addresses, the one that was asked is ours, and no other."""
    page = server.Page(portproof, "0.0.0.0:0", "--listen-token-file", folder + "/token")
    page.host = "10.9.0.1"
    token = ("Authorization", "Bearer " + TOKEN)
    for host, status in (("10.9.0.1:%d" % page.port, 200), ("10.9.0.2:%d" % page.port, 421), ("evil.example", 421)):
        server.until(lambda: page.ask("/healthz", headers=[token, ("Host", host)]).status == status, 5)
        answer = page.ask("/healthz", headers=[token, ("Host", host)])
        if answer.status != status:
            return "asked as %s: %d" % (host, answer.status)
    page.end()
    return None


def main(portproof, report_schema, status_schema):
    namespace.ip("link", "set", "lo", "up")
    for address in ("10.9.0.1/32", "10.9.0.2/32"):
        namespace.ip("address", "add", address, "dev", "lo")
    with tempfile.TemporaryDirectory() as folder:
        site = pathlib.Path(folder) / "site.yaml"
        site.write_text(server.SITE)
        page = server.Page(portproof, "127.0.0.1:0", "--site", str(site), "--listen-name", "monitor.example", "--require-sandbox", "--hook", "cat >/dev/null")
        wrong = (check_start(page) or check_follows(page) or check_documents(page, report_schema, status_schema) or check_refusals(page) or
                 check_raw(page) or check_long(page) or check_child(page) or check_many(page) or check_slow(page) or check_end(page))
        if page.process.poll() is None:
            page.end()
        return wrong or check_refused_options(portproof, folder) or check_token(portproof, folder) or check_everywhere(portproof, folder)


if __name__ == "__main__":
    namespace.enter()
    sys.exit(main(*sys.argv[1:]))
