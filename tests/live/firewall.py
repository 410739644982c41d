#!/usr/bin/python3
"""Firewall rules are loaded by the firewalls they are written for, and then let pass what the port list expects and nothing else: between
two hosts, and a router that forwards for them, each in a network namespace of its own.

usage: firewall.py PORTPROOF SOURCE_DIR          exit status 77: no namespaces, or no nft, here (skipped)
"""
import json
import os
import pathlib
import shutil
import socket
import subprocess
import sys
import tempfile
import time

import namespace

TTA, APP = ("10.0.1.10", "2001:db8:1::10"), ("10.0.2.21", "2001:db8:2::21")
ROUTERS = {TTA: ("10.0.1.1", "2001:db8:1::1"), APP: ("10.0.2.1", "2001:db8:2::1")}
SITE = """
name: Two hosts
hosts:
  - {name: tta1, address: ["10.0.1.10", "2001:db8:1::10"], roles: [tarantella-server], primary: true}
  - {name: app1, address: ["10.0.2.21", "2001:db8:2::21"], roles: [application-server]}
features: {ssh: on, x11: on, load-balancing: on, telnet: off}
ports: {app-tta-x11: "6010-6099/tcp"}
"""
NO_WAIT = "/proc/sys/net/ipv6/conf/default/accept_dad"  # nobody else can have the address
WAITS = {True: 5, False: 0.4}  # seconds: for what is to pass, on a busy machine; a dropped packet is known by nothing coming

# from, to, transport, port, source port, whether it passes. Port 0 of the source: any.
TRIES = [
    ("tta", "app", "tcp", 22, 0, True),
    ("app", "tta", "tcp", 22, 0, False),      # reversed
    ("tta", "app", "tcp", 23, 0, False),      # its feature is off
    ("app", "tta", "tcp", 6010, 0, True),     # X11 comes back
    ("app", "tta", "tcp", 6099, 0, True),
    ("app", "tta", "tcp", 6100, 0, False),    # past the range
    ("tta", "app", "tcp", 6010, 0, False),
    ("app", "tta", "tcp", 40000, 22, False),  # from the port whose replies may pass
    ("tta", "app", "tcp", 3579, 0, True),
    ("app", "tta", "udp", 3579, 0, True),
    ("tta", "app", "udp", 3579, 0, False),
]
PORTS = {transport: sorted({port for _, _, kind, port, _, _ in TRIES if kind == transport}) for transport in ("tcp", "udp")}


def family(address):
    return socket.AF_INET6 if ":" in address else socket.AF_INET


# --- at the ends ------------------------------------------------------------------------------------------------------------


def serve(addresses):
    """Answer on every port; UDP is answered too, and what arrived is printed."""
    import selectors

    sockets = selectors.DefaultSelector()
    for address in addresses:
        for port in PORTS["tcp"]:
            listener = socket.create_server((address, port), family=family(address), reuse_port=True)
            sockets.register(listener, selectors.EVENT_READ, "tcp")
        for port in PORTS["udp"]:
            bound = socket.socket(family(address), socket.SOCK_DGRAM)
            bound.bind((address, port))
            sockets.register(bound, selectors.EVENT_READ, "udp")
    print("ready", flush=True)
    while True:
        for key, _ in sockets.select():
            if key.data == "tcp":
                connection, _ = key.fileobj.accept()
                connection.sendall(b"hello")
                connection.close()
            else:
                words, _ = key.fileobj.recvfrom(64)
                print(words.decode(), flush=True)


def connect(address, port, source_port, wait):
    with socket.socket(family(address), socket.SOCK_STREAM) as client:
        client.settimeout(wait)
        client.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        if source_port:
            client.bind(("::" if ":" in address else "0.0.0.0", source_port))
        try:
            client.connect((address, port))
            print(client.recv(16) == b"hello")
        except OSError:
            print(False)


def send(address, port, words):
    with socket.socket(family(address), socket.SOCK_DGRAM) as client:
        client.sendto(words.encode(), (address, port))


# --- the network ------------------------------------------------------------------------------------------------------------


class Host:
    """A namespace, a link to the router, and a server in it."""

    def __init__(self, name, addresses):
        self.addresses = addresses
        self.holder = subprocess.Popen(["unshare", "--net", "sleep", "100"])
        own = os.readlink("/proc/self/ns/net")
        while os.readlink("/proc/%d/ns/net" % self.holder.pid) == own:
            time.sleep(0.01)
        self.run("sh", "-c", "echo 0 > " + NO_WAIT)
        namespace.ip("link", "add", name, "type", "veth", "peer", "name", "eth0", "netns", str(self.holder.pid))
        for router in ROUTERS[addresses]:
            namespace.ip("address", "add", router + ("/64" if ":" in router else "/24"), "dev", name, *(["nodad"] if ":" in router else []))
        namespace.ip("link", "set", name, "up")
        self.run("ip", "link", "set", "lo", "up")
        for address in addresses:
            self.run("ip", "address", "add", address + ("/64" if ":" in address else "/24"), "dev", "eth0", *(["nodad"] if ":" in address else []))
        self.run("ip", "link", "set", "eth0", "up")
        for router in ROUTERS[addresses]:
            self.run("ip", "-6" if ":" in router else "-4", "route", "add", "default", "via", router)
        self.heard = tempfile.TemporaryFile("w+")
        self.server = subprocess.Popen([*self.inside, sys.executable, __file__, "serve", *addresses], stdout=self.heard)
        while "ready" not in self.said():
            if self.server.poll() is not None:
                sys.exit("%s: its server ended" % name)
            time.sleep(0.02)

    @property
    def inside(self):
        return ["nsenter", "--net=/proc/%d/ns/net" % self.holder.pid]

    def run(self, *command):
        return subprocess.run([*self.inside, *command], check=True, stdout=subprocess.PIPE, text=True, timeout=20).stdout

    def said(self):
        self.heard.seek(0)
        return self.heard.read()

    def end(self):
        for process in (self.server, self.holder):
            process.kill()
            process.wait()


def passes(hosts, of, to, transport, port, source_port, address, number, expected):
    if transport == "tcp":
        words = hosts[of].run(sys.executable, __file__, "connect", address, str(port), str(source_port), str(WAITS[expected]))
        return words.strip() == "True"
    words = "packet %s" % number
    hosts[of].run(sys.executable, __file__, "send", address, str(port), words)
    until = time.monotonic() + WAITS[expected]
    while time.monotonic() < until:
        if words + "\n" in hosts[to].said():
            return True
        time.sleep(0.02)
    return False


def check_traffic(hosts, what):
    for number, (of, to, transport, port, source_port, expected) in enumerate(TRIES):
        for version, address in enumerate(hosts[to].addresses):
            name = "%s: %s to %s %s, %d/%s from %d" % (what, of, to, address, port, transport, source_port)
            if passes(hosts, of, to, transport, port, source_port, address, "%s %d %d" % (what, number, version), expected) != expected:
                sys.exit("%s: expected to %s" % (name, "pass" if expected else "be dropped"))


# --- the firewalls ----------------------------------------------------------------------------------------------------------


def written(portproof, *arguments):
    return subprocess.run([portproof, *arguments], check=True, capture_output=True, timeout=60).stdout


def load(command, rules, name):
    done = subprocess.run(command, input=rules, capture_output=True, timeout=60)
    if done.returncode:
        sys.exit("%s, %s: %s" % (name, " ".join(command), done.stderr.decode()))


def check_all_load(portproof, top, iptables):
    sites = [(["--site", str(path)]) for path in sorted((top / "pcaps").glob("*.site.yaml"))]
    bad = top / "tests/golden/bad"
    sites += [["--site", str(bad / name)] for name in ("overlap.site.yaml", "several.site.yaml")]
    sites.append(["--rules", str(bad / "hostile.rules.yaml"), "--site", str(bad / "hostile.site.yaml")])
    for site in sites:
        for more in ([], ["--stateless"]):
            load(["nft", "-c", "-f", "-"], written(portproof, "rules", "export", "--format", "nftables", *more, *site), site[-1])
            rules = written(portproof, "rules", "export", "--format", "iptables", *more, *site)
            for restore in iptables:
                load([restore, "--test", "-n"], rules, site[-1])
    cases = [(name, top / "pcaps" / (name + ".site.yaml")) for name in ("after-migration", "ipv6-only", "signatures-of-a-block", "trap-08-icmp-quotes-a-syn")]
    with tempfile.NamedTemporaryFile("w+", suffix=".json") as report:
        for name, site in [*cases, ("after-migration", bad / "several.site.yaml")]:
            check_fix(portproof, top / "pcaps" / (name + ".pcap"), site, report, iptables)


def check_fix(portproof, pcap, site, report, iptables):
    """A rule for every finding that asks for one, with the site at hand or without, which the firewalls take."""
    judged = subprocess.run([portproof, "analyze", "-f", "json", "--site", site, pcap], capture_output=True)
    report.seek(0)
    report.truncate()
    report.write(judged.stdout.decode())
    report.flush()
    findings = json.loads(judged.stdout)["findings"]
    drops = sum(f["kind"] == "unexpected" and f["got_through"] is True for f in findings)
    opens = sum(f["kind"] == "blocked" and f["action"] == "open" for f in findings)
    for more in ([], ["--site", str(site)]):
        rules = written(portproof, "fix", *more, report.name)
        if (rules.count(b" drop comment "), rules.count(b" accept comment ")) != (drops, opens):
            sys.exit("fix of %s: expected %d drops and %d accepts:\n%s" % (pcap, drops, opens, rules.decode()))
        load(["nft", "-c", "-f", "-"], rules, str(site))
        for restore in iptables:
            load([restore, "--test", "-n"], written(portproof, "fix", "--format", "iptables", *more, report.name), str(site))


# A server that stands nowhere else tried, and was dropped: the report has one pair of the edge between two prefixes.
EDGE_SITE = """
hosts:
  - {name: servers, prefix: [10.0.1.0/24, "2001:db8:1::/64"], roles: [tarantella-server]}
  - {name: apps, prefix: [10.0.2.0/24, "2001:db8:2::/64"], roles: [application-server]}
"""
BLOCKED = {"schema": "portproof/report/1", "rows": [], "findings": [{
    "kind": "blocked", "row": "tta-app-ssh", "action": "open", "brief": "no answer", "pairs": 9, "transport": "tcp", "initiator": {"roles": ["tarantella-server"]},
    "responder": {"name": "apps", "roles": ["application-server"], "port": 22}, "tried_by": {"address": "10.0.1.77", "name": "servers"},
    "tried_at": {"address": "10.0.2.88", "name": "apps"}}]}
ALL_STOPPED = b"table inet stopped { chain forward { type filter hook forward priority filter; policy drop; ct state established accept; jump proposal; }; chain proposal { }; }"


def check_edge(portproof, folder, hosts):
    """With the site a proposal opens the whole edge; without it, the pair that the report has."""
    report, site = folder / "report.json", folder / "edge.site.yaml"
    report.write_text(json.dumps(BLOCKED))
    site.write_text(EDGE_SITE)
    for more, expected in ([], False), (["--site", str(site)], True):
        rules = written(portproof, "fix", *more, str(report)).decode()
        load(["nft", "-f", "-"], ALL_STOPPED, "stopped")
        load(["nft", "-f", "-"], "".join("add rule inet stopped proposal %s\n" % line for line in rules.splitlines() if " accept comment " in line).encode(), "proposal")
        for port, wanted in ((22, expected), (23, False)):
            if passes(hosts, "tta", "app", "tcp", port, 0, APP[0], "", wanted) != wanted:
                sys.exit("fix %s: port %d is expected to %s:\n%s" % (" ".join(more), port, "pass" if wanted else "be dropped", rules))
        subprocess.run(["nft", "flush", "ruleset"], check=True)


def check_firewalls(portproof, site, hosts, iptables):
    check = ("rules", "export", "--site", site, "--format")
    for more in ([], ["--stateless"]):
        rules = written(portproof, *check, "nftables", *more)
        for _ in range(2):  # again: the table is made anew
            load(["nft", "-f", "-"], rules, site)
        check_traffic(hosts, "nftables" + " ".join(more))
        subprocess.run(["nft", "flush", "ruleset"], check=True)
        if not iptables:
            continue
        for restore in iptables:
            load([restore, "-n"], written(portproof, *check, "iptables", *more), site)
            subprocess.run([restore.replace("-restore", ""), "-A", "FORWARD", "-j", "PORTPROOF"], check=True)
        check_traffic(hosts, "iptables" + " ".join(more))
        subprocess.run(["nft", "flush", "ruleset"], check=True)


def main(portproof, top):
    namespace.enter()
    if not shutil.which("nft") or not shutil.which("nsenter"):
        print("skipped: nft (Debian's nftables) or nsenter is not installed")
        return namespace.SKIPPED
    iptables = [name for name in ("iptables-restore", "ip6tables-restore") if shutil.which(name)]
    check_all_load(portproof, pathlib.Path(top), iptables)
    for path, value in (("/proc/sys/net/ipv4/ip_forward", "1"), ("/proc/sys/net/ipv6/conf/all/forwarding", "1"), (NO_WAIT, "0")):
        with open(path, "w") as setting:
            setting.write(value)
    hosts = {}
    try:
        hosts["tta"] = Host("tta", TTA)
        hosts["app"] = Host("app", APP)
        for of, to, transport, port, _, _ in TRIES:
            for address in hosts[to].addresses:
                if not passes(hosts, of, to, transport, port, 0, address, "first %s %d" % (address, port), True):
                    sys.exit("without rules nothing passes from %s to %s %s, %d/%s" % (of, to, address, port, transport))
        with tempfile.NamedTemporaryFile("w", suffix=".yaml") as site:
            site.write(SITE)
            site.flush()
            check_firewalls(portproof, site.name, hosts, iptables)
        with tempfile.TemporaryDirectory() as folder:
            check_edge(portproof, pathlib.Path(folder), hosts)
    finally:
        for host in hosts.values():
            host.end()
    return 0


COMMANDS = {
    "serve": lambda *addresses: serve(addresses),
    "connect": lambda address, port, source_port, wait: connect(address, int(port), int(source_port), float(wait)),
    "send": lambda address, port, words: send(address, int(port), words),
}
if sys.argv[1] in COMMANDS:
    COMMANDS[sys.argv[1]](*sys.argv[2:])
else:
    sys.exit(main(*sys.argv[1:]))
