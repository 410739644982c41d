"""What the live tests share: a network namespace of their own, made anew and gone with the test; links in it; portproof listening.

The namespace holds nothing but what a test makes, so that traffic never leaves the machine."""
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time

SKIPPED = 77
ETHERTYPE_IPV4 = 0x0800


def enter():
    """Go on in a namespace of its own; exits with 77 where that is not allowed."""
    if os.environ.get("PORTPROOF_IN_NAMESPACE"):
        return
    probe = None
    if shutil.which("unshare") and shutil.which("ip"):
        probe = subprocess.run(["unshare", "--net", "ip", "link", "add", "probe", "type", "veth"], capture_output=True, text=True)
    if probe is None or probe.returncode:
        print("skipped: a network namespace with veth needs root, unshare and ip%s" % (": " + probe.stderr.strip() if probe else ""))
        sys.exit(SKIPPED)
    environment = dict(os.environ, PORTPROOF_IN_NAMESPACE="1")
    os.execvpe("unshare", ["unshare", "--net", sys.executable, *sys.argv], environment)


def ip(*words):
    subprocess.run(["ip", *words], check=True)


def try_ip(*words):
    return subprocess.run(["ip", *words], capture_output=True).returncode == 0


def quiet(interface):
    """No neighbour discovery: what a test counts is what it sent."""
    path = "/proc/sys/net/ipv6/conf/%s/disable_ipv6" % interface
    if os.path.exists(path):
        with open(path, "w") as setting:
            setting.write("1")


def veth(one, other):
    ip("link", "add", one, "type", "veth", "peer", "name", other)
    for interface in (one, other):
        quiet(interface)
    for interface in (one, other):
        ip("link", "set", interface, "up")


def udp_frame(source_port, destination_port=9, payload=18):
    """60 bytes of Ethernet, IPv4 and UDP without checksums, as an offloading sender would leave them."""
    udp = source_port.to_bytes(2, "big") + destination_port.to_bytes(2, "big") + (8 + payload).to_bytes(2, "big") + bytes(2)
    header = bytes([0x45, 0]) + (28 + payload).to_bytes(2, "big") + bytes([0, 0, 0, 0, 64, 17, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2])
    return bytes([2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1]) + ETHERTYPE_IPV4.to_bytes(2, "big") + header + udp + bytes(payload)


def sender(interface):
    raw = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
    raw.bind((interface, 0))
    return raw


def serve(listener):
    """Answer whoever connects with what they said, until the listener is closed."""
    while True:
        try:
            connection, _ = listener.accept()
        except OSError:
            return
        connection.sendall(connection.recv(64))
        connection.close()


class Live:
    """portproof live, until it listens; stop() gives its report."""

    def __init__(self, portproof, *options):
        self.process = subprocess.Popen([*portproof.split(), "live", "--format", "json", *options], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.words = ""
        while "live on" not in self.words:
            line = self.process.stderr.readline()
            if not line:
                sys.exit("portproof does not listen: " + self.words)
            self.words += line
        time.sleep(0.2)

    def told(self, event):
        """The JSON lines of a kind that were told, when it was stopped."""
        lines = [json.loads(line) for line in self.words.splitlines() if line.startswith("{")]
        return [line for line in lines if line["event"] == event]

    def signal(self, number):
        self.process.send_signal(number)

    def cpu_seconds(self):
        with open("/proc/%d/stat" % self.process.pid) as stat:
            fields = stat.read().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def end(self):
        """SIGTERM; gives what was printed, since the beginning, on standard error. The report comes within two seconds."""
        self.process.send_signal(signal.SIGTERM)
        begun = time.monotonic()
        self.out, words = self.process.communicate(timeout=30)
        self.words += words
        if time.monotonic() - begun > 2:
            sys.exit("the report took %.1f s" % (time.monotonic() - begun))
        return self.words

    def stop(self):
        """The same; gives the report."""
        self.end()
        if not self.out:
            sys.exit("no report: " + self.words)
        return json.loads(self.out)


def check_sums(report):
    """received = judged + not judged + dropped, of every capture and of all; and what was read is what is judged or not."""
    totals = dict.fromkeys(("received", "judged", "not_judged", "dropped"), 0)
    for capture in report["captures"]:
        account = capture["account"]
        reasons = sum(account["not_judged"].values())
        if account["received"] != account["judged"] + reasons + account["dropped"]:
            sys.exit("the sum does not hold: %s" % account)
        if capture["packets"] != account["judged"] + reasons - account["not_judged"]["discarded"]:
            sys.exit("packets are not accounted for: %s" % capture)
        if sum(loss["packets"] for loss in account["losses"]) != account["dropped"]:
            sys.exit("losses are not those dropped: %s" % account)
        for key in totals:
            totals[key] += reasons if key == "not_judged" else account[key]
    if report["fitness"]["account"] != totals:
        sys.exit("totals: %s, sum of the captures: %s" % (report["fitness"]["account"], totals))
