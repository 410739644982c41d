"""Real servers, where they run, and how they are told to: in the foreground, below the lab's own folder, on their host's address."""
import dataclasses
import os
import pathlib
import re
import shutil
import signal
import subprocess

from network import until
from world import WORK

HERE = pathlib.Path(__file__).resolve().parent
TTA, APP = "tarantella-server", "application-server"
USER = "lab"  # and its password; it exists in the lab's own /etc only
READY_SECONDS = 15

NGINX = """daemon off; worker_processes 1; user root; pid {dir}/pid; error_log stderr;
events {{}}
http {{
  access_log off;
  client_body_temp_path {dir}/1; proxy_temp_path {dir}/2; fastcgi_temp_path {dir}/3; uwsgi_temp_path {dir}/4; scgi_temp_path {dir}/5;
  server {{ listen 80; listen [::]:80; listen 443 ssl; listen [::]:443 ssl;
           ssl_certificate {work}/cert.pem; ssl_certificate_key {work}/key.pem;
           location / {{ return 200 "a webtop\\n"; }} }}
}}
"""
SSHD = """Port 22
HostKey {work}/ssh
AuthorizedKeysFile {work}/ssh.pub
StrictModes no
UsePAM no
PidFile none
"""
SLAPD = """include /etc/ldap/schema/core.schema
pidfile {dir}/pid
modulepath /usr/lib/ldap
moduleload back_mdb
TLSCertificateFile {work}/cert.pem
TLSCertificateKeyFile {work}/key.pem
database mdb
suffix dc=lab
rootdn cn=admin,dc=lab
rootpw lab
directory {dir}
"""
SAMBA = """[global]
workgroup = LAB
netbios name = {host}
smb ports = 139
interfaces = {address}/24
map to guest = Bad User
wins support = {wins}
local master = no
domain master = no
preferred master = no
dns proxy = no
disable spoolss = yes
load printers = no
printing = bsd
log file = {dir}/log
lock directory = {dir}
state directory = {dir}
cache directory = {dir}
private dir = {dir}
pid directory = {dir}
ncalrpc dir = {dir}/ncalrpc
nmbd:socket dir = {dir}/nmbd
[drive]
path = {dir}
guest ok = yes
"""
TELNETD = "telnet stream tcp nowait root /usr/sbin/telnetd telnetd\n"
RSERVERS = """login stream tcp nowait root /usr/sbin/in.rlogind in.rlogind
shell stream tcp nowait root /usr/sbin/in.rshd in.rshd
exec stream tcp nowait root /usr/sbin/in.rexecd in.rexecd
"""
PRINTCAP = "lab:lp=/var/spool/lpd/lab/printed:sd=/var/spool/lpd/lab:mx#0:sh:\n"
LET_IN = "auth sufficient pam_permit.so\naccount sufficient pam_permit.so\nsession sufficient pam_permit.so\n"


@dataclasses.dataclass
class Server:
    where: str  # a host, or a role: each of its hosts runs one
    program: str  # a path, or looked up
    arguments: str
    ports: set  # "80/tcp": ready when they are open
    configuration: str = ""  # written to {conf}
    rows: tuple = ()  # that cannot be shown without it
    clients: tuple = ()  # programs that its rows need besides
    lingers: bool = False  # speaks seconds after its client is gone: into the next run, if nobody ends it

    def missing(self):
        return [program for program in (self.program, *self.clients) if not shutil.which(program)]


def standin(where, ports, rows, address="{address}", what="serve"):
    listening = set() if what == "sink" else set(ports.split())
    return Server(where, "python3", "%s/standin.py %s %s %s" % (HERE, what, address, ports), listening, rows=rows)


SAMBA_OPTIONS = "--foreground --no-process-group --debug-stdout -s {conf}"
SERVERS = [
    Server(TTA, "nginx", "-c {conf}", {"80/tcp", "443/tcp"}, NGINX, ("client-http", "client-https", "portal-web-http")),
    Server(TTA, "openssl", "s_server -accept 5307 -cert {work}/cert.pem -key {work}/key.pem -quiet -rev", {"5307/tcp"}, rows=("client-aips",)),
    Server(TTA, "nmbd", SAMBA_OPTIONS, {"137/udp"}, SAMBA, ("app-tta-nbns",), ("nmblookup",)),
    Server(TTA, "smbd", SAMBA_OPTIONS, {"139/tcp"}, SAMBA, ("app-tta-nbss",), ("smbclient",)),
    Server(TTA, "Xvfb", ":10 -listen tcp -nolisten unix -nolisten local -ac -noreset -nolock -screen 0 320x200x16", {"6010/tcp"},
           rows=("app-tta-x11",), clients=("xdpyinfo",)),
    Server("tta1", "lpd", "-l", {"515/tcp"}, rows=("app-tta-lpd",), clients=("rlpr",)),
    Server("windows-server", "nmbd", SAMBA_OPTIONS, {"137/udp"}, SAMBA, ("tta-win-nbns",), ("nmblookup",)),
    Server("windows-server", "smbd", SAMBA_OPTIONS, {"139/tcp"}, SAMBA, ("tta-win-nbss",), ("smbclient",)),
    Server("ldap-server", "slapd", "-d 0 -f {conf} -h ldap:///\\ ldaps:///", {"389/tcp", "636/tcp"}, SLAPD,
           ("tta-ldap", "tta-ldaps"), ("ldapsearch",)),
    Server(APP, "/usr/sbin/sshd", "-D -e -f {conf}", {"22/tcp"}, SSHD, ("tta-app-ssh",), ("ssh", "ssh-keygen")),
    Server(APP, "inetd", "-i {conf}", {"23/tcp"}, TELNETD, ("tta-app-telnet",), ("telnetd", "telnet")),
    Server(APP, "inetd", "-i {conf}", {"512/tcp", "513/tcp", "514/tcp"}, RSERVERS, ("tta-app-rexec", "tta-app-rlogin", "tta-app-rcmd"),
           ("in.rexecd", "in.rlogind", "in.rshd", "netkit-rlogin", "netkit-rsh")),
    Server(APP, "xrdp", "--nodaemon", {"3389/tcp"}, rows=("tta-app-rdp",), clients=("xfreerdp",), lingers=True),
    standin(TTA, "3144/tcp 5427/tcp 30144/tcp", ("client-aip", "portal-tta-aip", "tta-tta-peer", "portal-tta-netlet")),
    standin(TTA, "3579/udp", ("app-tta-lb",), what="sink"),
    standin(APP, "3579/tcp 5999/tcp", ("tta-app-lb", "tta-app-wincenter")),
    standin("securid-server", "5500/udp", ("tta-rsa-udp", "rsa-tta-5500")),
    standin("client", "4000/tcp 4001/tcp 4002/tcp 4003/tcp 8087/tcp", ("client-netlet-login", "client-netlet-app", "native-netlet"), "127.0.0.1"),
]


def prepare():
    """Keys, a certificate, a user: all of it in the lab's own folders."""
    quiet = {"check": True, "capture_output": True}
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=lab",
                    "-keyout", WORK / "key.pem", "-out", WORK / "cert.pem"], **quiet)
    if shutil.which("ssh-keygen"):
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", WORK / "ssh"], **quiet)
    hashed = subprocess.run(["openssl", "passwd", "-6", USER], check=True, capture_output=True, text=True).stdout.strip()
    for name, line in (("passwd", "{0}:x:4711:4711::{1}/home:/bin/sh"), ("shadow", "{0}:{2}:19000:0:99999:7:::"), ("group", "{0}:x:4711:")):
        with open("/etc/" + name, "a") as file:
            file.write(line.format(USER, WORK, hashed) + "\n")
    os.chown(WORK / "home", 4711, 4711)
    for folder in ("/run/sshd", "/run/xrdp/sockdir", "/var/spool/lpd/lab"):
        pathlib.Path(folder).mkdir(parents=True)
    os.chmod("/var/spool/lpd/lab", 0o777)
    pathlib.Path("/var/spool/lpd/lab/printed").touch()
    pathlib.Path("/etc/printcap").write_text(PRINTCAP)
    pathlib.Path("/etc/hosts.lpd").write_text("app1\n")
    for service in ("rsh", "rlogin", "rexec"):
        pathlib.Path("/etc/pam.d", service).write_text(LET_IN)


def versions():
    """The packages that the lab's programs are from, one a line."""
    programs = sorted({program for server in SERVERS for program in (server.program, *server.clients)} | {"nft", "tcpdump", "curl"})
    paths = [os.path.realpath(shutil.which(program)) for program in programs if shutil.which(program)]
    owners = subprocess.run(["dpkg-query", "-S", *paths], capture_output=True, text=True).stdout
    packages = sorted({line.split(":")[0] for line in owners.splitlines()})
    return subprocess.run(["dpkg-query", "-W", "-f", "${Package} ${Version}\n", *packages], capture_output=True, text=True).stdout


def open_ports(process):
    """What listens in the network namespace of a process: {"80/tcp", "137/udp", ...}."""
    found = set()
    for name, listening in (("tcp", "0A"), ("udp", "07")):
        for family in ("", "6"):
            for line in pathlib.Path("/proc/%d/net/%s%s" % (process, name, family)).read_text().splitlines()[1:]:
                words = line.split()
                if words[3] == listening:
                    found.add("%d/%s" % (int(words[1].rsplit(":", 1)[1], 16), name))
    return found


class Running:
    def __init__(self, server, network, host):
        self.server, self.host, self.inside = server, host, network.inside_process[host]
        name = "%s-%s-%s" % (host, pathlib.Path(server.program).name, server.rows[0])
        self.folder = WORK / (host + "-samba" if server.configuration is SAMBA else name)
        self.folder.mkdir(exist_ok=True)
        words = {"work": WORK, "dir": self.folder, "conf": self.folder / "conf", "host": host, "address": network.address(host),
                 "wins": "yes" if host == "tta1" else "no"}
        (self.folder / "conf").write_text(server.configuration.format(**words))
        arguments = [part.replace("\\ ", " ").format(**words) for part in re.split(r"(?<!\\) ", server.arguments)]
        self.words = network.within(host, server.program, *arguments)
        self.log = WORK / "log" / name
        self.start()

    def start(self):
        with open(self.log, "a") as log:
            self.process = subprocess.Popen(self.words, stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=self.folder,
                                            start_new_session=True)  # so that it ends with its children, and without us

    def stop(self):
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait(10)

    def ready(self):
        return not self.process.poll() and self.server.ports <= open_ports(self.inside)


def start(network):
    """Start all; returns them, the rows that cannot be shown here, with the reason, and what did not come up, with its last words."""
    running, absent = [], {}
    for server in SERVERS:
        missing = server.missing()
        if missing:
            absent.update({row: "not installed: " + ", ".join(missing) for row in server.rows})
        else:
            running += [Running(server, network, host) for host in network.with_role(server.where) or [server.where]]
    return running, absent, wait_for(running)


def restart(stopped):
    for one in stopped:
        one.start()
    wait_for(stopped)


def wait_for(running):
    until(lambda: all(one.ready() for one in running), READY_SECONDS, 0.1)
    return ["%s on %s did not open %s; it said:\n%s" % (
        one.server.program, one.host, ", ".join(sorted(one.server.ports)), one.log.read_text()[-2000:]) for one in running if not one.ready()]
