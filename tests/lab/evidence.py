"""What is recorded while clients run: by tcpdump into a file and by `portproof live` at the same time, at each of three places."""
import json
import re
import signal
import subprocess

from network import ROUTER, until
from world import WORK

PLACES = {ROUTER: "any", "tta1": "eth0", "client1": "lo"}
SNAP_LENGTH = 256  # as live takes by default
START_SECONDS = 10
# What may differ between a report on a file and one on an interface: what the input is called, whether it tells what was lost,
# and the kernel's two stamps and places of one packet: of two that come at once on two processors, each socket may count another first.
OWN = ("captures", "options", "account", "drops", "first", "last", "first_frame")
LOSS_UNKNOWN = re.compile("loss while capturing is unknown|.* packets lost by the interfaces themselves are not known")


class Recording:
    def __init__(self, portproof, site, network, place):
        self.portproof, self.site = portproof, site
        self.file, self.live_report = WORK / (place + ".pcap"), WORK / (place + ".live.json")
        self.words = [WORK / "log" / (place + kind) for kind in (".tcpdump", ".live")]
        commands = [["tcpdump", "-i", PLACES[place], "-n", "-s", SNAP_LENGTH, "-U", "-Z", "root", "--time-stamp-precision=nano",
                     "--immediate-mode", *(["-y", "LINUX_SLL"] if PLACES[place] == "any" else []), "-w", self.file],
                    [portproof, "live", "-i", PLACES[place], "--site", site, "--format", "json"]]
        self.processes = []
        for command, words in zip(commands, self.words):
            with open(words, "w") as log, open(self.live_report, "w") as report:
                self.processes.append(subprocess.Popen(network.within(place, *command), stdin=subprocess.DEVNULL, stdout=report, stderr=log))

    def started(self):
        return all(re.search(r"listening on|live on", words.read_text()) for words in self.words)

    def stop(self):
        for process in self.processes:
            process.send_signal(signal.SIGINT)
        for process in self.processes:
            process.wait(20)

    def live(self):
        return json.loads(self.live_report.read_text())

    def analyzed(self, *more):
        return analyze(self.portproof, self.site, self.file, *more)[0]


def analyze(portproof, site, *files):
    done = subprocess.run([portproof, "analyze", "--site", site, "--format", "json", *files], capture_output=True, text=True, timeout=60)
    if not done.stdout:
        raise AssertionError("analyze: exit status %d: %s" % (done.returncode, done.stderr))
    return json.loads(done.stdout), done.returncode


def record(portproof, site, network):
    """Start recording everywhere; {place: Recording}."""
    places = {place: Recording(portproof, site, network, place) for place in PLACES}
    if not until(lambda: all(one.started() for one in places.values()), START_SECONDS):
        raise AssertionError("recording did not start: " + "; ".join(words.read_text() for one in places.values() for words in one.words))
    return places


def differences(one, other, path=""):
    """Where two reports say different things, as `path: this, that`."""
    if isinstance(one, dict) and isinstance(other, dict):
        for key in sorted((set(one) | set(other)) - set(OWN)):
            yield from differences(one.get(key), other.get(key), path + "/" + key)
    elif isinstance(one, list) and isinstance(other, list):
        one, other = ([item for item in items if not LOSS_UNKNOWN.match(str(item))] for items in (one, other))
        if len(one) != len(other):
            yield "%s: %d of them, %d" % (path, len(one), len(other))
        for at, (left, right) in enumerate(zip(one, other)):
            yield from differences(left, right, "%s/%d" % (path, at))
    elif one != other:
        yield "%s: %.200r, %.200r" % (path, one, other)
