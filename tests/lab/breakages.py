"""The ways in which firewalls get broken by a migration, one run each, and what a report must say of each."""
import dataclasses

from network import ROUTER

TO_CLIENTS = ("client-http", "client-https", "client-aip", "client-aips")
REVERSE = ("app-tta-nbns", "app-tta-nbss", "app-tta-lpd", "app-tta-x11", "app-tta-lb")
ONE_WAY_ROWS = ("app-tta-lb",)  # silence back is healthy there: a router that sees the datagram arrive cannot tell


@dataclasses.dataclass
class Breakage:
    name: str
    about: str
    closed: list = dataclasses.field(default_factory=list)  # (row, from, to) that the firewall forgets
    closed_ipv6: list = dataclasses.field(default_factory=list)  # those that it forgets for IPv6; clients get by over IPv4
    deny: str = "drop"  # what it does to packets that it has no rule for
    stopped: list = dataclasses.field(default_factory=list)  # (host, program, rows): a server that does not run, and no firewall's fault
    lost: list = dataclasses.field(default_factory=list)  # (row, from, to) whose replies it drops
    opened: list = dataclasses.field(default_factory=list)  # (from, to, port) that it lets through and should not
    translated: list = dataclasses.field(default_factory=list)  # (row, from, to) whose source becomes the router
    unexpected: list = dataclasses.field(default_factory=list)  # (from, to, port, reason) that must be reported to have got through
    seen_at: str = ROUTER  # where the breakage can be seen

    def broken(self):
        """What must be reported as blocked: {(row, from, to): (outcome, who the packets say is in the way; None: nobody)}."""
        found = {edge: ("silent", None) for edge in self.lost + self.closed_ipv6}
        for edge in self.closed:
            if self.deny == "reset":
                found[edge] = ("refused", edge[2])  # forged in its name
            elif self.deny == "reject":
                found[edge] = ("rejected", ROUTER)
            elif edge[0] not in ONE_WAY_ROWS:
                found[edge] = ("silent", None)
        found.update({edge: ("refused", edge[2]) for _, _, edges in self.stopped for edge in edges})
        return found


HEALTHY = Breakage("healthy", "The firewall is the port list.")
DROPPED = Breakage("dropped", "LDAP from one array member is dropped.", closed=[("tta-ldap", "tta1", "ldap1")])
BREAKAGES = [
    DROPPED,
    Breakage("rejected", "Print jobs to the primary are rejected with ICMP.", closed=[("app-tta-lpd", "app1", "tta1")], deny="reject"),
    Breakage("reset", "Terminal services are answered with a forged reset.", closed=[("tta-app-rdp", "tta1", "app1")], deny="reset"),
    Breakage("member-forgotten", "Clients reach one array member and not the other.", closed=[(row, "client1", "tta2") for row in TO_CLIENTS]),
    Breakage("reverse-forgotten", "Rows from the application server back to the array are forgotten.",
             closed=[(row, "app1", "tta1") for row in REVERSE]),
    Breakage("reverse-rejected", "The same, rejected with ICMP.", closed=[(row, "app1", "tta1") for row in REVERSE], deny="reject"),
    Breakage("not-started", "The domain controller's file service does not run.",
             stopped=[("dc1", "smbd", [("tta-win-nbss", member, "dc1") for member in ("tta1", "tta2")])]),
    Breakage("peer-one-way", "The array members reach each other one way only.", closed=[("tta-tta-peer", "tta1", "tta2")]),
    Breakage("peer-open", "Clients reach the array's own port.", opened=[("client1", "tta1", 5427)],
             unexpected=[("client1", "tta1", 5427, "wrong-source")]),
    Breakage("translated", "The router puts its own address on connections to client drives.", translated=[("app-tta-nbss", "app1", "tta1")],
             unexpected=[(ROUTER, "tta1", 139, "wrong-source")], seen_at="tta1"),
    Breakage("ipv6-dropped", "HTTPS over IPv6 is dropped; browsers fall back to IPv4.", closed_ipv6=[("client-https", "client1", "tta1")]),
    Breakage("replies-lost", "Replies of LDAPS to one member are dropped: only that member can tell.", lost=[("tta-ldaps", "tta1", "ldap1")],
             seen_at="tta1"),
]
