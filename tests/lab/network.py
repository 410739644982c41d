"""The site as network namespaces: one a host, joined to the router's by a veth pair each, so that every packet passes the router."""
import pathlib
import re
import subprocess
import time

import yaml

from world import WORK, Missing

ROUTER = "router"
ROUTER_ADDRESSES = ["10.0.0.1", "2001:db8::1"]  # the same on all its links
NO_CHATTER = ("accept_ra=0", "router_solicitations=0", "accept_dad=0")
# Who has which hardware address is told, not asked: questions fall into one of two recordings that start at the same time.
HOST_LINK = """address add {own}
route add {router} dev eth0
route add default via {router} dev eth0
neighbour add {router} lladdr {mac} dev eth0 nud permanent
"""
ROUTER_LINK = """address add {own} dev {name} {nodad}
route add {host} dev {name}
neighbour add {host} lladdr {mac} dev {name} nud permanent
"""
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
        self.inside(ROUTER, "sysctl", "-q", "net.ipv4.ip_forward=1", "net.ipv4.icmp_ratelimit=0", "net.ipv6.conf.all.forwarding=1", *self.quiet())
        for name in self.hosts:
            self.add(name)
        (WORK / "etc" / "hosts").write_text("127.0.0.1 localhost lab\n" + "".join(
            "%s %s\n" % (address, name) for name in self.hosts for address in self.addresses(name)))
        (WORK / "etc" / "nsswitch.conf").write_text("".join(
            "%s: files\n" % table for table in ("passwd", "group", "shadow", "hosts", "services", "protocols")))

    @staticmethod
    def quiet():
        return ["net.ipv6.conf.%s.%s" % (which, setting) for which in ("all", "default") for setting in NO_CHATTER]

    def addresses(self, name):
        """IPv4 first; some have no IPv6."""
        if name == ROUTER:
            return ROUTER_ADDRESSES
        address = self.hosts[name]["address"]
        return address if isinstance(address, list) else [address]

    def address(self, name):
        return self.addresses(name)[0]

    def with_role(self, role):
        return [name for name, host in self.hosts.items() if role in host["roles"]]

    def add(self, name):
        """The router has a route to each host, and a host reaches everybody by the router."""
        command("ip", "netns", "add", name)
        self.inside_process[name] = subprocess.Popen(self.within(name, "sleep", "infinity")).pid
        self.inside(name, "sysctl", "-q", "net.ipv4.tcp_synack_retries=1", *self.quiet())  # no run leaves anything for the next
        if len(self.addresses(name)) == 1:
            self.inside(name, "sysctl", "-q", "net.ipv6.conf.all.disable_ipv6=1", "net.ipv6.conf.default.disable_ipv6=1")
        here, there = ("02:00:00:00:%02x:%02x" % (side, len(self.inside_process)) for side in (0, 1))
        command("ip", "link", "add", "eth0", "address", here, "netns", name, "type", "veth", "peer", "name", name, "address", there, "netns", ROUTER)
        command("ip", "-n", name, "link", "set", "lo", "up")
        for end, device in ((name, "eth0"), (ROUTER, name)):
            command("ip", "-n", end, "link", "set", device, "up")
        for address, router in zip(self.addresses(name), ROUTER_ADDRESSES):
            own, nodad = ("/24 broadcast + dev eth0 noprefixroute", "") if "." in address else ("/128 dev eth0 nodad", "nodad")
            command("ip", "-n", name, "-batch", "-", text=HOST_LINK.format(own=address + own, router=router, mac=there))
            command("ip", "-n", ROUTER, "-batch", "-", text=ROUTER_LINK.format(own=router, nodad=nodad, host=address, name=name, mac=here))

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

    def rules(self, source, target, match, verdict="accept", families=(0, 1)):
        """One a family that both have."""
        pairs = list(zip(self.addresses(source), self.addresses(target)))
        words = ("ip", "ip6")
        return ["%s saddr %s %s daddr %s %s %s" % (words[family], pairs[family][0], words[family], pairs[family][1], match, verdict)
                for family in families if family < len(pairs)]

    def match(self, row, side="dport"):
        return "%s %s %s" % (self.rows[row]["transport"], side, self.ports(row))

    def forward_chain(self, breakage):
        """The port list as a firewall: what it has no row for is denied. A breakage forgets rows, opens holes, loses replies."""
        chain = [rule for row, source, target in breakage.lost for rule in self.rules(target, source, self.match(row, "sport"), "drop")]
        chain.append("ct state established,related accept")
        for source, target, port in breakage.opened:
            chain += self.rules(source, target, "tcp dport %d" % port)
        for row, source, target in self.allowed():
            if (row, source, target) not in breakage.closed:
                chain += self.rules(source, target, self.match(row), families=(0,) if (row, source, target) in breakage.closed_ipv6 else (0, 1))
        for source in self.with_role("application-server"):
            for target in self.with_role("tarantella-server"):
                chain += self.rules(source, target, "tcp dport " + CALLBACK)
        return [*chain, DENY[breakage.deny]]

    def set_firewall(self, breakage):
        translated = [rule for row, source, target in breakage.translated for rule in self.rules(source, target, self.match(row), "masquerade", (0,))]
        self.inside(ROUTER, "nft", "-f", "-", text="""flush ruleset
table inet site {
chain forward { type filter hook forward priority 0; policy drop;
%s
}
chain leave { type nat hook postrouting priority srcnat;
%s
}
}
""" % ("\n".join(self.forward_chain(breakage)), "\n".join(translated)))


def until(true, seconds, step=0.02):
    """Wait until something holds; whether it did."""
    end = time.monotonic() + seconds
    while not true():
        if time.monotonic() > end:
            return False
        time.sleep(step)
    return True
