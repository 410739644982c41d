"""The site as network namespaces: one a host, joined to the router's by a veth pair each, so that every packet passes the router."""
import pathlib
import re
import subprocess
import time

import yaml

from world import WORK, Missing

ROUTER, ROUTER_ADDRESS = "router", "10.0.0.1"
DENY = {"drop": "drop", "reject": "reject with icmpx admin-prohibited", "reset": "meta l4proto tcp reject with tcp reset"}
QUIET_SECONDS, SETTLE_SECONDS = 0.4, 10
CALLBACK = "600-1023"  # where rsh listens for its second connection; the site waives it


def command(*words, text=None):
    done = subprocess.run([str(word) for word in words], input=text, capture_output=True, text=True)
    if done.returncode:
        raise Missing("%s: %s" % (" ".join(map(str, words[:6])), done.stderr.strip()))
    return done.stdout


class Network:
    def __init__(self, site_file, rows):
        """Hosts and addresses are the site file's; rows are the rules', as `rules export` gives them."""
        self.hosts = {host["name"]: host for host in yaml.safe_load(site_file.read_text())["hosts"]}
        self.rows = {row["id"]: row for row in rows}
        self.inside_process = {}  # of each host one process that is always there
        command("ip", "netns", "add", ROUTER)
        self.inside_process[ROUTER] = subprocess.Popen(self.within(ROUTER, "sleep", "infinity")).pid
        self.inside(ROUTER, "sysctl", "-q", "net.ipv4.ip_forward=1", "net.ipv4.icmp_ratelimit=0", "net.ipv6.conf.all.disable_ipv6=1")
        for name in self.hosts:
            self.add(name)
        self.name_hosts()

    def address(self, name):
        return ROUTER_ADDRESS if name == ROUTER else self.hosts[name]["address"]

    def with_role(self, role):
        return [name for name, host in self.hosts.items() if role in host["roles"]]

    def add(self, name):
        """The router has one address on all its links, and a route to each host; a host reaches everybody by the router."""
        address = self.address(name)
        command("ip", "netns", "add", name)
        self.inside_process[name] = subprocess.Popen(self.within(name, "sleep", "infinity")).pid
        self.inside(name, "sysctl", "-q", "net.ipv4.tcp_synack_retries=1", "net.ipv6.conf.all.disable_ipv6=1")  # no run leaves anything for the next
        command("ip", "link", "add", "eth0", "netns", name, "type", "veth", "peer", "name", name, "netns", ROUTER)
        command("ip", "-n", ROUTER, "-batch", "-", text="address add %s/32 dev %s\nlink set %s up\nroute add %s/32 dev %s\n" % (
            ROUTER_ADDRESS, name, name, address, name))
        command("ip", "-n", name, "-batch", "-", text="link set lo up\naddress add %s/24 broadcast + dev eth0 noprefixroute\nlink set eth0 up\n"
                "route add %s dev eth0 scope link\nroute add default via %s\n" % (address, ROUTER_ADDRESS, ROUTER_ADDRESS))

    @staticmethod
    def name_hosts_file(hosts):
        return "127.0.0.1 localhost lab\n" + "".join("%s %s\n" % (host["address"], name) for name, host in hosts.items())

    def name_hosts(self):
        etc = WORK / "etc"
        (etc / "hosts").write_text(self.name_hosts_file(self.hosts))
        (etc / "nsswitch.conf").write_text("passwd: files\ngroup: files\nshadow: files\nhosts: files\nservices: files\nprotocols: files\n")

    @staticmethod
    def within(name, *words):
        return ["nsenter", "--net=/run/netns/" + name, *map(str, words)]

    def inside(self, name, *words, text=None):
        return command(*self.within(name, *words), text=text)

    def packets(self):
        """How many went through the router, all links together."""
        lines = pathlib.Path("/proc/%d/net/dev" % self.inside_process[ROUTER]).read_text().splitlines()[2:]
        return sum(int(words[2]) + int(words[10]) for words in (line.replace(":", " ").split() for line in lines))

    def settle(self):
        """Wait until nobody says anything, so that recordings that do not begin or end at the same instant hold the same packets."""
        end = time.monotonic() + SETTLE_SECONDS
        before, after = None, self.packets()
        while before != after and time.monotonic() < end:
            time.sleep(QUIET_SECONDS)
            before, after = after, self.packets()

    def ports(self, row):
        """A row's destination ports as nftables writes them."""
        words = self.rows[row]["ports"]
        numbers = re.findall(r"[0-9]+", words)
        last = "65535" if "and above" in words else numbers[-1]
        return numbers[0] if last == numbers[0] else "%s-%s" % (numbers[0], last)

    def allowed(self):
        """Every (row, source, destination) that the port list lets through the firewall."""
        for row in self.rows.values():
            if not row.get("loopback"):
                for source in self.with_role(row["from"]):
                    for target in self.with_role(row["to"]):
                        if source != target:
                            yield row["id"], source, target

    def rule(self, source, target, transport, ports, verdict="accept", side="dport"):
        return "ip saddr %s ip daddr %s %s %s %s %s" % (self.address(source), self.address(target), transport, side, ports, verdict)

    def set_firewall(self, breakage):
        """The port list as a firewall: what it has no row for is denied. A breakage forgets rows, opens holes, loses replies."""
        rules = [self.rule(target, source, self.rows[row]["transport"], self.ports(row), "drop", "sport") for row, source, target in breakage.lost]
        rules.append("ct state established,related accept")
        rules += [self.rule(source, target, "tcp", port) for source, target, port in breakage.opened]
        rules += [self.rule(source, target, self.rows[row]["transport"], self.ports(row))
                  for row, source, target in self.allowed() if (row, source, target) not in breakage.closed]
        rules += [self.rule(source, target, "tcp", CALLBACK) for source in self.with_role("application-server")
                  for target in self.with_role("tarantella-server")]
        rules.append(DENY[breakage.deny])
        self.inside(ROUTER, "nft", "-f", "-", text="flush ruleset\ntable inet site {\nchain forward {\n"
                    "type filter hook forward priority 0; policy drop;\n%s\n}\n}\n" % "\n".join(rules))


def until(true, seconds, step=0.02):
    """Wait until something holds; whether it did."""
    end = time.monotonic() + seconds
    while not true():
        if time.monotonic() > end:
            return False
        time.sleep(step)
    return True
