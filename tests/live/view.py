#!/usr/bin/python3
"""The full-screen view, in a terminal that tmux plays: what stands on it, what its keys do, sizes, terminals that can do little, one that
goes away, and names that would like to be obeyed.

usage: view.py PORTPROOF CASE          exit status 77: no namespace can be made here, or no tmux (skipped)
"""
import json
import os
import pathlib
import pty
import re
import select
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time

import namespace

SITE = """name: two hosts
hosts:
  - {name: tta1, address: 10.9.0.1, roles: [tarantella-server]}
  - {name: %s, address: 10.9.0.2, roles: [ldap-server]}
features: {ldap: on}
"""
PURPOSE = "directory server"  # of row tta-ldap, as the page writes it
LDAP = 389
REFRESH = ["--refresh", "1s", "--duration", "60s"]


class Screen:
    """portproof live on lo in a terminal; its folder is its current one, and has its process's number and exit status."""

    all = []

    def __init__(self, portproof, folder, *options, size=(80, 24), term="screen-256color", name="ldap1", before="", locale="C.UTF-8"):
        self.folder, self.socket = pathlib.Path(folder), os.path.join(folder, "tmux-%d" % len(Screen.all))
        Screen.all.append(self)
        (self.folder / "site.yaml").write_text(SITE % name)
        self.command = "cd %s; %s echo $$ >pid; export TERM=%s LC_ALL=%s; %s live -i lo --site site.yaml %s; echo $? >exit; sleep 60" % (
            folder, before, term, locale, os.path.abspath(portproof), " ".join([*REFRESH, *options]))
        self.tmux("-f", "/dev/null", "new-session", "-d", "-x", str(size[0]), "-y", str(size[1]), "sh", "-c", self.command)

    def tmux(self, *words):
        return subprocess.run(["tmux", "-S", self.socket, *words], capture_output=True, text=True, env=dict(os.environ, LC_ALL="C.UTF-8")).stdout

    def keys(self, *keys):
        self.tmux("send-keys", *keys)

    def text(self, *options):
        return self.tmux("capture-pane", "-p", *options)

    def wait(self, *words, seconds=10, without=()):
        """Until the screen has all of the words (regular expressions), and none of the others."""
        end = time.time() + seconds
        while time.time() < end:
            shown = self.text()
            if all(re.search(word, shown, re.M) for word in words) and not any(re.search(word, shown, re.M) for word in without):
                return shown
            time.sleep(0.1)
        sys.exit("not on the screen: %s, or still there: %s\n%s" % (list(words), list(without), self.text()))

    def resize(self, columns, lines):
        self.tmux("resize-window", "-x", str(columns), "-y", str(lines))

    def process(self):
        """Of portproof, whose shell it is."""
        shell = (self.folder / "pid").read_text().strip()
        return int(subprocess.run(["ps", "-o", "pid=", "--ppid", shell], capture_output=True, text=True).stdout.split()[0])

    def exit_status(self, seconds=10):
        end = time.time() + seconds
        while time.time() < end:
            written = (self.folder / "exit").read_text() if (self.folder / "exit").exists() else ""
            if written:
                return int(written)
            time.sleep(0.1)
        sys.exit("it does not end\n" + self.text())

    def close(self):
        self.tmux("kill-server")


def ask():
    with socket.create_connection(("10.9.0.2", LDAP), timeout=2, source_address=("10.9.0.1", 0)):
        pass


def ask_until(event):
    while not event.wait(0.2):
        ask()


def listen():
    for address in ("10.9.0.1/32", "10.9.0.2/32"):
        namespace.ip("address", "add", address, "dev", "lo")
    return socket.create_server(("10.9.0.2", LDAP))


def cpu_seconds(process):
    fields = pathlib.Path("/proc/%d/stat" % process).read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def is_there(process):
    return os.path.exists("/proc/%d" % process)


def shows_and_explains(portproof, folder):
    screen = Screen(portproof, folder)
    screen.wait(r"^INCONCLUSIVE +0 of 30 rows expected", r"^.\? not-observable tta-ldap ", r"^received 0 = ", "^fitness ", r"^>ROWS 1-\d+ of 30", "^ NEWS ")
    going = threading.Event()
    threading.Thread(target=ask_until, args=(going,), daemon=True).start()
    shown = screen.wait(r"^COMPLIANT +1 of 30 rows expected", r"^.✔ expected +tta-ldap +389/tcp +[\d.]+ +\d+ +\d+ s$", r" row +tta-ldap +.* → expected")
    going.set()
    if len(shown.splitlines()) != 24 or max(map(len, shown.splitlines())) > 80:
        return "it is not 80 by 24: %s" % shown
    screen.keys("Enter")
    screen.wait("^ ROW", PURPOSE, "tta1 → ldap1 \d+ flow", without=("NEWS",))
    screen.keys("Escape")
    screen.keys("/", "ldaps")
    screen.wait("show lines with: ldaps", "ROWS 1-1 of 1", " tta-ldaps ", without=("client-aips",))
    screen.keys("Escape")
    screen.wait("ROWS 1-.. of 30")
    screen.keys("/", "ldap1", "Enter")
    screen.wait("ROWS 1-1 of 1, with .ldap1.", " tta-ldap ")
    screen.keys("Escape")
    screen.wait("client-aips", "ROWS 1-.. of 30")
    screen.keys("o")
    screen.wait("as listed", "client-http ")
    screen.keys("p")
    screen.wait("THE PLAN", "Nothing is left to be exercised")
    screen.keys("?")
    screen.wait("HELP", "explain the line")
    screen.keys("q")  # the help
    screen.wait("NEWS", without=("explain the line",))
    screen.keys("q")
    status = screen.exit_status()
    ended = screen.wait("^ +✔ expected +tta-ldap", without=("^>ROWS",))
    screen.close()
    return None if status == 0 else "exit status %d: %s" % (status, ended)


def explains_findings(portproof, folder):
    """What the hook's command prints has no place on the screen."""
    screen = Screen(portproof, folder, "--hook", "'echo NOISE; echo NOISE >&2; cat >>hooked'")
    screen.wait("ROWS 1-.. of 30")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        sender.bind(("10.9.0.1", 0))
        sender.sendto(b"on no row", ("10.9.0.2", 9))
    screen.wait(r" finding +\w+ +tta1 → ldap1 +9/udp")
    while not (screen.folder / "hooked").exists():
        time.sleep(0.1)
    screen.keys("Tab", "/", "finding", "Enter")
    screen.wait("^>NEWS 1-1 of 1")
    screen.keys("Enter")
    screen.wait("unlisted-port", "frame 1", "direction proven|direction inferred", "Community ID 1:")
    screen.keys("v")
    screen.wait("VERDICT", "WHAT THIS CAPTURE CANNOT TELL|INCONCLUSIVE")
    os.kill(screen.process(), signal.SIGINT)
    if screen.exit_status() not in (1, 2):
        return "exit status %d" % screen.exit_status()
    screen.wait("9/udp", without=("Esc back",))
    if "NOISE" in screen.text("-S", "-"):
        return "what the hook prints is shown: " + screen.text("-S", "-")
    modes = subprocess.run(["stty", "-a", "-F", screen.tmux("display-message", "-p", "#{pane_tty}").strip()], capture_output=True, text=True).stdout
    screen.close()
    return None if " icanon" in modes and " echo " in modes else "the terminal was left in other modes: " + modes


def saves(portproof, folder):
    screen = Screen(portproof, folder, "--format", "json", "--require-sandbox")
    screen.wait("ROWS 1-.. of 30")
    ask()
    screen.wait("expected +tta-ldap")
    screen.keys("s")
    screen.wait(r"the report so far is in portproof-\d{8}-\d{6}.json")
    (saved,) = screen.folder.glob("portproof-*.json")
    report = json.loads(saved.read_text())
    namespace.check_sums(report)
    rows = {row["id"]: row["state"] for row in report["rows"]}
    os.kill(screen.process(), signal.SIGTERM)
    screen.exit_status()
    told = screen.text("-S", "-")
    screen.close()
    if "portproof: the report so far is in" not in told:
        return "what was complained of is lost: " + told
    return None if rows["tta-ldap"] == "expected" and len(rows) == 30 else "what was saved: %s" % report


def survives_sizes(portproof, folder):
    screen = Screen(portproof, folder)
    screen.wait("ROWS 1-.. of 30")
    for columns, lines, words in ((40, 10, ["^INCONCLUSIVE", "^>ROWS 1-7 of 30"]), (20, 5, ["^INCONCLUSIVE", "^>ROWS"]), (10, 2, ["^too small"]), (1, 1, [""]),
                                  (200, 60, ["^>ROWS 1-30 of 30", "tarantella-server → ldap-server", "client → tarantella-server"]),
                                  (80, 12, ["^>ROWS", "^ NEWS"])):
        screen.resize(columns, lines)
        shown = screen.wait(*words)
        if max(map(len, shown.splitlines())) > columns:
            return "wider than %d: %s" % (columns, shown)
        screen.keys("Enter")
        time.sleep(0.3)
        screen.keys("Escape")
        time.sleep(0.3)
    screen.resize(80, 24)
    screen.wait("^>ROWS 1-.. of 30")
    screen.keys("v")
    screen.wait("^ VERDICT")
    screen.resize(40, 24)
    shown = screen.wait("^ VERDICT")
    screen.keys("q", "q")
    status = screen.exit_status()
    screen.close()
    return None if status == 2 else "exit status %d" % status


def stops_and_goes_on(portproof, folder):
    """Ctrl-Z, and fg, as in a shell of one's own."""
    screen = Screen(portproof, folder)
    screen.wait("^>ROWS")
    screen.tmux("new-window", "bash", "--norc", "-i")
    screen.keys(screen.command.replace("; sleep 60", ""), "Enter")
    screen.wait("^>ROWS 1-.. of 30")
    screen.keys("C-z")
    screen.wait("Stopped", without=("ROWS",))
    screen.keys("fg", "Enter")
    screen.wait("^portproof .* lo ", "^INCONCLUSIVE", "^>ROWS 1-.. of 30", without=("Stopped",))
    screen.keys("q")
    screen.wait("0 expected flows", without=("^>ROWS",))
    screen.keys("echo status=$?", "Enter")
    screen.wait("status=2")
    return None


def works_without(portproof, folder):
    screen = Screen(portproof, folder, locale="C", name="serveur-é")
    screen.wait(r"^portproof [\d.]+ \| lo \|", r"^>\? not-observable +tta-ldap", r"^ \. optional ")
    screen.keys("Enter")
    shown = screen.wait(r"serveur-\?")
    if not shown.isascii():
        return "more than ASCII where the locale has no more: " + shown
    for term, options in (("vt100", []), ("screen-256color", ["--color", "never"])):
        screen = Screen(portproof, folder, *options, term=term)
        screen.wait("^>ROWS 1-.. of 30", "^>. not-observable")
        colored = re.search(r"\x1b\[[\d;]*(?<!\d)[34][0-7]m", screen.text("-e"))
        screen.close()
        if colored:
            return "%s has colours: %r" % (term, colored.group())
    for term, options in (("dumb", []), ("no-such-terminal", []), ("screen-256color", ["--no-view"]), ("screen-256color", ["--events", "text"])):
        screen = Screen(portproof, folder, *options, term=term)
        screen.wait("live on lo", "row +tta-ldap +optional → not-observable", without=("ROWS",))
        screen.close()
    return None


def outlives_its_terminal(portproof, folder):
    screen = Screen(portproof, folder, before="trap '' HUP;")
    screen.wait("ROWS 1-.. of 30")
    process = screen.process()
    screen.close()
    gone = time.time()
    while is_there(process) and time.time() < gone + 5:
        time.sleep(0.1)
    if is_there(process):
        os.kill(process, signal.SIGKILL)
        return "without a terminal and a file it goes on, with %.1f s of processor time" % cpu_seconds(process)
    screen = Screen(portproof, folder, "--format", "json", "-o", "report.json", before="trap '' HUP; exec 2>words;")
    screen.wait("ROWS 1-.. of 30")
    process = screen.process()
    screen.close()
    time.sleep(1)
    before = cpu_seconds(process)
    ask()
    time.sleep(2)
    spent = cpu_seconds(process) - before
    os.kill(process, signal.SIGTERM)
    while is_there(process) and time.time() < gone + 30:
        time.sleep(0.1)
    report = json.loads((screen.folder / "report.json").read_text())
    words = (screen.folder / "words").read_text()
    if "the terminal went away; goes on" not in words or spent > 0.2:
        return "%.2f s of processor time in 2 s, and it said: %s" % (spent, words)
    return None if report["fitness"]["account"]["received"] > 0 else "it heard nothing: %s" % report


def obeys_no_name(portproof, folder):
    """Seen byte by byte, as the terminal gets them: tmux would not tell."""
    site = pathlib.Path(folder) / "site.yaml"
    site.write_text(SITE % '"ld\\e[31map\\e]0;owned\\a1"')
    child, terminal = pty.fork()
    if child == 0:
        os.environ.update(TERM="xterm", LC_ALL="C.UTF-8", LINES="24", COLUMNS="100")
        os.execl(portproof, portproof, "live", "-i", "lo", "--site", str(site), *REFRESH, "--color", "never")
    sent, keys, end = b"", [b"\r", b"v", b"p", b"\x1b", b"\t", b"\r", b"q", b"q"], time.time() + 12
    ask()
    next_key = time.time() + 3
    while time.time() < end:
        if select.select([terminal], [], [], 0.2)[0]:
            try:
                sent += os.read(terminal, 65536)
            except OSError:
                break
        if keys and time.time() > next_key:
            os.write(terminal, keys.pop(0))
            next_key = time.time() + 0.5
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    if rb"ld\x1b[31map\x1b]0;owned\x071" not in sent:
        return "the name is nowhere: %r" % sent[-4000:]
    for obeyed in (b"\x1b[31m", b"\x1b]", b"\x07"):
        if obeyed in sent:
            return "%r was sent to the terminal" % obeyed
    return None


def waits_for_nobody(portproof, folder):
    """A terminal that takes nothing more, as behind a connection that hangs: packets are read all the same, and it ends when told."""
    report = pathlib.Path(folder) / "report.json"
    (pathlib.Path(folder) / "site.yaml").write_text(SITE % "ldap1")
    child, terminal = pty.fork()
    if child == 0:
        os.environ.update(TERM="xterm", LC_ALL="C.UTF-8", LINES="40", COLUMNS="120")
        os.execl(portproof, portproof, "live", "-i", "lo", "--site", os.path.join(folder, "site.yaml"), "--ring-size", "4M", *REFRESH, "--filter", "udp",
                 "--format", "json", "-o", str(report))
    time.sleep(1.5)
    sent, begun = 0, time.time()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        while time.time() < begun + 8:
            sender.sendto(b"hello", ("10.9.0.2", LDAP))
            sent += 1
            if sent % 50 == 0:
                os.write(terminal, b"?" if sent % 100 else b"v")  # another screen each time, and nobody reads it
            time.sleep(0.0002)
    os.kill(child, signal.SIGTERM)
    ended = time.time()
    while os.waitpid(child, os.WNOHANG)[0] == 0:
        if time.time() > ended + 5:
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)
            return "it waits for its terminal"
        time.sleep(0.05)
    account = json.loads(report.read_text())["captures"][0]["account"]
    print("%d sent, %s" % (sent, {key: account[key] for key in ("received", "judged", "dropped")}))
    return None if account["dropped"] == 0 and account["judged"] >= sent else "it stopped reading: %s" % account


CASES = {"shows": shows_and_explains, "findings": explains_findings, "saves": saves, "sizes": survives_sizes, "without": works_without, "gone": outlives_its_terminal,
         "names": obeys_no_name, "hangs": waits_for_nobody, "stops": stops_and_goes_on}


def main(portproof, case):
    if not shutil.which("tmux"):
        print("skipped: no tmux here")
        return namespace.SKIPPED
    namespace.enter()
    namespace.ip("link", "set", "lo", "up")
    with tempfile.TemporaryDirectory() as folder, listen():
        try:
            return CASES[case](os.path.abspath(portproof), folder)
        finally:
            for screen in Screen.all:
                screen.close()


sys.exit(main(*sys.argv[1:]))
