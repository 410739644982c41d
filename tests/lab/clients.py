"""Real clients, one for each row and pair of hosts; whether they got what they came for is the truth that reports are held against."""
import dataclasses
import os
import pathlib
import signal
import subprocess
import time

from world import WORK

HERE = pathlib.Path(__file__).resolve().parent
PATIENT_SECONDS, HOPELESS_SECONDS = 15, 5
MEMBERS = ("tta1", "tta2")
CALL = "python3 %s/standin.py " % HERE


@dataclasses.dataclass(frozen=True)
class Client:
    row: str
    source: str
    target: str
    command: str  # for the shell; {to} is the target's address

    def run(self, network, log):
        words = network.within(self.source, "sh", "-c", self.command.format(to=network.address(self.target), name=self.target, work=WORK))
        return subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True)


def of(row, sources, targets, command):
    return [Client(row, source, target, command) for source in sources for target in targets if source != target]


SMB = "echo ls | smbclient //{name}/drive -I {to} -p 139 -N"
CLIENTS = [
    *of("client-http", ["client1"], MEMBERS, "curl -sf http://{to}/"),
    *of("client-https", ["client1"], MEMBERS, "curl -skf https://{name}/"),
    *of("client-aip", ["client1"], MEMBERS, CALL + "call {to} 3144/tcp"),
    *of("client-aips", ["client1"], MEMBERS, r"printf 'abc\nCLOSE\n' | openssl s_client -quiet -connect {to}:5307 | grep cba"),
    *of("tta-app-ssh", MEMBERS, ["app1"],
        "ssh -i {work}/ssh -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -o BatchMode=yes lab@{to} true"),
    *of("tta-app-telnet", ["tta1"], ["app1"], "sleep 1.5 | telnet {to} | grep login:"),
    *of("tta-app-rexec", ["tta1"], ["app1"], CALL + "rexec {to} lab lab 'echo in' | grep in"),
    *of("tta-app-rlogin", ["tta1"], ["app1"], "{{ sleep 1; echo exit; sleep 1; }} | script -qec 'netkit-rlogin -l lab {to}' /dev/null"),
    *of("tta-app-rcmd", ["tta1"], ["app1"], "netkit-rsh -l lab {to} echo in | grep in"),
    *of("app-tta-nbns", ["app1"], ["tta1"], "nmblookup -r -U {to} tta1 | grep '^{to} tta1'"),
    *of("tta-win-nbns", MEMBERS, ["dc1"], "nmblookup -A {to} | grep -i dc1"),
    *of("app-tta-nbss", ["app1"], ["tta1"], SMB),
    *of("tta-win-nbss", MEMBERS, ["dc1"], SMB),
    *of("app-tta-lpd", ["app1"], ["tta1"], "rlpr -H {to} -P lab /etc/hostname"),
    *of("tta-ldap", MEMBERS, ["ldap1"], "ldapsearch -x -H ldap://{to} -D cn=admin,dc=lab -w lab -b '' -s base"),
    *of("tta-ldaps", MEMBERS, ["ldap1"], "LDAPTLS_REQCERT=never ldapsearch -x -H ldaps://{to} -D cn=admin,dc=lab -w lab -b '' -s base"),
    *of("tta-rsa-udp", MEMBERS, ["rsa1"], CALL + "call {to} 5500/udp"),
    *of("tta-app-rdp", ["tta1"], ["app1"], "DISPLAY=127.0.0.1:10 xfreerdp /v:{to} /u:lab /p:lab /cert:ignore +auth-only"),
    *of("tta-app-lb", ["tta1"], ["app1"], CALL + "call {to} 3579/tcp"),
    *of("app-tta-lb", ["app1"], ["tta1"], CALL + "tell {to} 3579/udp"),
    *of("tta-app-wincenter", ["tta1"], ["app1"], CALL + "call {to} 5999/tcp"),
    *of("app-tta-x11", ["app1"], ["tta1"], "DISPLAY={to}:10 xdpyinfo"),
    *of("tta-tta-peer", MEMBERS, MEMBERS, CALL + "call {to} 5427/tcp"),
    *of("portal-web-http", ["portal1"], MEMBERS, "curl -sf http://{to}/"),
    *of("portal-tta-aip", ["portal1"], MEMBERS, CALL + "call {to} 3144/tcp"),
    *of("portal-tta-netlet", ["portal1"], MEMBERS, CALL + "call {to} 30144/tcp"),
    *[Client(row, "client1", "client1", CALL + "call 127.0.0.1 %d/tcp" % port) for row, port in (
        ("client-netlet-login", 4000), ("client-netlet-app", 4001), ("client-netlet-login", 4002), ("client-netlet-app", 4003),
        ("native-netlet", 8087))],
]
LAST = Client("portal-web-http", "portal1", "tta1", "curl -sf http://{to}/")  # shows that time went on after the last attempt


def drive(network, clients, hopeless=()):
    """Run them all at once; {client: (whether it succeeded, the file with what it said)}. Nobody waits long for hopeless edges."""
    began = time.monotonic()
    started = []
    for number, client in enumerate(clients):
        words = WORK / "log" / ("client-%d" % number)
        with open(words, "w") as log:
            started.append((client, client.run(network, log), words))
    outcome = {}
    for client, process, words in started:
        try:
            seconds = HOPELESS_SECONDS if (client.row, client.source, client.target) in hopeless else PATIENT_SECONDS
            good = process.wait(max(0.01, began + seconds - time.monotonic())) == 0
        except subprocess.TimeoutExpired:
            good = False
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        outcome[client] = (good, words)
    return outcome
